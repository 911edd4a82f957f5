/* delivery - the loop: read, send, take answers, until all is settled.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_DELIVERY_H
#define KINESIS_PUT_DELIVERY_H

#include "kinesis-put/options.h"
#include "lib/diag.h"

/*
 * Delivers standard input.  Says what went wrong, prints the account where it
 * is wanted.  signals_open() has been called; *signal_number is set to the one
 * that asked to stop, 0 where none did.
 */
enum status deliver(struct options *, int *signal_number);

#endif
