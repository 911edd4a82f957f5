/* arrived - what has come to where a job's results go.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_ARRIVED_H
#define WINDOWPIPE_ARRIVED_H

#include <stdbool.h>

#include "lib/buf.h"
#include "windowpipe/ledger.h"
#include "windowpipe/local.h"

/*
 * Adds, for each stream and file: how many records went there, and the last
 * three.  The streams of a local Kinesis are of this run alone, and are read
 * back.  False where one cannot be, which has been told.
 */
bool arrived_write(const struct ledger *, const struct local *, struct buf *);

#endif
