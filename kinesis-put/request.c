/* request - the body of PutRecords, written record by record.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/request.h"

#include "kinesis-put/base64.h"
#include "kinesis-put/store.h"
#include "lib/json.h"

void
request_begin(struct buf *b, struct span name, struct span arn)
{
	buf_add_char(b, '{');
	if (name.n > 0) {
		buf_add_text(b, "\"StreamName\":\"");
		buf_add_span(b, name);
		buf_add_text(b, "\",");
	}
	if (arn.n > 0) {
		buf_add_text(b, "\"StreamARN\":\"");
		buf_add_span(b, arn);
		buf_add_text(b, "\",");
	}
	buf_add_text(b, "\"Records\":[");
}

void
request_add(struct buf *b, struct span key, struct span hash, struct span data)
{
	static const char open[] = "{\"Data\":\"";
	static const char middle[] = "\",\"PartitionKey\":";
	size_t n = sizeof open + base64_size(data.n) + sizeof middle;
	char *p = buf_room(b, n), *start = p;

	if (p == NULL)
		return;
	memcpy(p, open, sizeof open - 1);
	p += sizeof open - 1;
	base64_encode(p, data.p, data.n);
	p += base64_size(data.n);
	memcpy(p, middle, sizeof middle - 1);
	p += sizeof middle - 1;
	b->n += (size_t)(p - start);
	json_write_text(b, key);
	if (hash.n > 0) {
		buf_add_text(b, ",\"ExplicitHashKey\":\"");
		buf_add_span(b, hash);
		buf_add_char(b, '"');
	}
	buf_add(b, "},", 2);
}

void
request_end(struct buf *b)
{
	/* The comma behind the last record makes room for the bracket. */
	if (!b->failed && b->n > 0 && b->p[b->n - 1] == ',')
		b->n--;
	buf_add(b, "]}", 2);
}

void
request_random_key(char *out, uint64_t random)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_";

	for (int i = 0; i < RANDOM_KEY_BYTES; i++, random >>= 6)
		out[i] = digit[random & 63];
}
