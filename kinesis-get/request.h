/* request - the bodies of what the service is asked.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_REQUEST_H
#define KINESIS_GET_REQUEST_H

#include "kinesis-get/options.h"
#include "kinesis-get/shards.h"

/*
 * Writes the call as JSON.  Pure.  A shard is asked for an iterator behind what
 * is here of it, written or not, or, where nothing is, where it begins; token
 * is that of the next page of ListShards, or empty.
 */
void request_write(struct buf *, const struct ask *, const struct options *,
    struct span token);

#endif
