/* request - the body of PutRecords, written record by record, and the reply.
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

/* --- the reply ------------------------------------------------------------ */

/* Gives each member of an object to read(), which goes past its value. */
static int
read_members(struct json_scan *s,
    int (*read)(struct json_scan *, struct span key, void *), void *ctx)
{
	struct cell key;

	if (!json_scan_is(s, '{'))
		return json_scan_fault(s, "not an object");
	json_scan_blanks(s);
	if (json_scan_is(s, '}'))
		return 0;
	do {
		json_scan_blanks(s);
		if (json_scan_key(s, &key) == -1 || read(s, key.raw, ctx) == -1)
			return -1;
		json_scan_blanks(s);
	} while (json_scan_is(s, ','));
	return json_scan_is(s, '}') ? 0 : json_scan_fault(s, "'}' is missing");
}

/* What is no text is as good as absent. */
static int
read_entry(struct json_scan *s, struct span key, void *entry)
{
	struct reply_entry *e = entry;
	struct cell value;

	if (json_scan_value(s, &value) == -1)
		return -1;
	if (value.kind != CELL_TEXT)
		return 0;
	if (span_is(key, "SequenceNumber"))
		e->stored = value.raw.n > 0;
	else if (span_is(key, "ShardId"))
		e->shard = value.raw;
	else if (span_is(key, "ErrorCode"))
		e->code = value.raw;
	else if (span_is(key, "ErrorMessage"))
		e->message = value.raw;
	return 0;
}

struct reply {
	struct reply_entry *entry;
	size_t n;    /* as many as there are to be */
	size_t have; /* n + 1: there was no "Records" */
};

static int
read_reply(struct json_scan *s, struct span key, void *reply)
{
	struct reply *r = reply;

	if (!span_is(key, "Records"))
		return json_scan_value(s, NULL);
	r->have = 0;
	if (!json_scan_is(s, '['))
		return json_scan_fault(s, "\"Records\" is not an array");
	json_scan_blanks(s);
	if (json_scan_is(s, ']'))
		return 0;
	do {
		struct reply_entry *e = &r->entry[r->have];

		if (r->have++ == r->n)
			break;
		*e = (struct reply_entry){ 0 };
		json_scan_blanks(s);
		if (read_members(s, read_entry, e) == -1)
			return -1;
		e->stored = e->stored && e->code.n == 0;
		json_scan_blanks(s);
	} while (json_scan_is(s, ','));
	return json_scan_is(s, ']')
	           ? 0
	           : json_scan_fault(s, "not one verdict for each record");
}

int
reply_read(struct span body, struct reply_entry *e, size_t n, struct fault *f)
{
	struct json_scan s = { body.p, body.p + body.n, body.p, 0, f };
	struct reply r = { e, n, n + 1 };

	json_scan_blanks(&s);
	if (body.n == 0 || read_members(&s, read_reply, &r) == -1)
		return body.n == 0 ? fault_set(f, 0, "empty") : -1;
	json_scan_blanks(&s);
	if (s.p != s.end)
		return json_scan_fault(&s, "text after the object");
	if (r.have == n + 1)
		return json_scan_fault(&s, "no \"Records\"");
	return r.have == n
	           ? 0
	           : json_scan_fault(&s, "not one verdict for each record");
}
