/* reply - the answer to PutRecords: one verdict a record.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_REPLY_H
#define KINESIS_PUT_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/fault.h"
#include "lib/span.h"

/*
 * What became of a record.  The spans point into the body, raw: shard is set
 * where it was stored, code and message where not.  stored is true only where
 * the entry has a sequence number and no error; neither of them leaves code
 * empty, and the record is to be sent again.
 */
struct reply_entry {
	struct span shard;
	struct span code;
	struct span message;
	bool stored;
};

/*
 * Reads the body of a 200 into n entries, one for each record of the request,
 * in its order.  null is the same as absent; FailedRecordCount is not
 * trusted, and what else the answer holds is skipped.  -1 with a fault: not
 * JSON, no "Records", or another number of them than n: nothing can be paired
 * then, and any of the records may have been stored.
 */
int
reply_read(struct span body, struct reply_entry *, size_t n, struct fault *);

#endif
