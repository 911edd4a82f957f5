/* calls - calls of Kinesis for those who cannot sign: scripts.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_CALLS_H
#define KINESIS_PUT_CALLS_H

#include "kinesis-put/options.h"
#include "lib/diag.h"

/*
 * Reads lines "OPERATION {JSON}" from standard input, makes each call, and
 * prints one line for it before the next is read: the answer, or
 * {"error":CODE,"message":TEXT} where it was refused.  STATUS_OK where none
 * was refused, else STATUS_DATA.  *signal: what ended it early, or 0.
 */
enum status ask(const struct options *, int *signal);

#endif
