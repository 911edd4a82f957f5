/* check - who we are, where we would write, and how the stream is.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_CHECK_H
#define KINESIS_PUT_CHECK_H

#include "kinesis-put/options.h"
#include "lib/diag.h"

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
