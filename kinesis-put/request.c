/* request - the body of PutRecords, written record by record.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/request.h"

#include <openssl/evp.h>

#include "aws/service.h"
#include "kinesis-put/pool.h"
#include "lib/json.h"

void
request_begin(struct buf *b, const struct arn *arn)
{
	service_add_stream(b, arn);
	buf_add_text(b, ",\"Records\":[");
}

/* No record comes near what an int can say: limits.h. */
void
request_add(struct buf *b, struct span key, struct span hash, struct span data)
{
	static const char open[] = "{\"Data\":\"";
	static const char middle[] = "\",\"PartitionKey\":";
	size_t coded = (data.n + 2) / 3 * 4; /* base64, and a NUL behind it */
	size_t n = sizeof open + coded + 1 + sizeof middle;
	char *p = buf_room(b, n), *start = p;

	if (p == NULL)
		return;
	memcpy(p, open, sizeof open - 1);
	p += sizeof open - 1;
	(void)EVP_EncodeBlock(
	    (unsigned char *)p, (const unsigned char *)data.p, (int)data.n);
	p += coded;
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
