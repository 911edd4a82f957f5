/* trickle - when to read again of input that comes little by little.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/trickle.h"

enum {
	GATHER_MS = 5,
	LINGER_PART = 20,     /* of --linger, at the most, is added to it */
	LITTLE_BYTES = 16384, /* a pipe holds 64 KiB: no writer is held back */
};

void
trickle_init(struct trickle *t, int64_t linger_ms, int64_t now_ms)
{
	int64_t gather_ms = linger_ms / LINGER_PART;

	if (gather_ms > GATHER_MS)
		gather_ms = GATHER_MS;
	*t = (struct trickle){
		.gather_ms = gather_ms,
		.since_ms = now_ms,
		.due_ms = now_ms,
	};
}

void
trickle_note(struct trickle *t, size_t bytes, int64_t now_ms)
{
	t->bytes += bytes;
	if (now_ms - t->since_ms < t->gather_ms)
		return;
	t->due_ms = t->bytes < LITTLE_BYTES ? now_ms + t->gather_ms : now_ms;
	t->since_ms = now_ms;
	t->bytes = 0;
}
