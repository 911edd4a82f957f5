/* calls - single calls of Kinesis: those that a script asks for, and those that
 * tell who we are, where we would write, and how the stream is.
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

/*
 * Prints provider, endpoint, region, the stream's state and whether records
 * may be put, a line each.  Reads only (DescribeStreamSummary), except with
 * CHECK_WRITE: one record with the key "windowpipe-check" is put then.  With
 * CHECK_CONFIG only what the configuration says: region, endpoint, and the
 * stream's ARN, with * for an account that is not known; nobody is asked.
 * STATUS_OK where the stream is there and ready as far as is known.
 */
enum status check(const struct options *);

#endif
