/* reader - asks all shards for their records, as fast as they may be asked and
 * as they are wanted, and gives them out in order.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_READER_H
#define KINESIS_GET_READER_H

#include "kinesis-get/options.h"
#include "lib/diag.h"

/*
 * Reads the stream and writes its records to standard output, until it is over
 * or a signal asks to stop: *signal is its number then, else 0.
 */
enum status read_stream(const struct options *, int *signal);

#endif
