/* request - PutRecords: its body, and the reply.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/request.h"

#include <openssl/evp.h>

#include "aws/service.h"
#include "lib/json.h"

void
request_begin(struct buf *b, const struct arn *arn)
{
	service_add_stream(b, arn);
	buf_add_text(b, ",\"Records\":[");
}

/* No record comes near what an int can say. */
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

/* --- several records of one key as one -------------------------------------
 */

static const char magic[] = "\xf3\x89\x9a\xc2";
enum { MAGIC_BYTES = 4, MD5_BYTES = 16 };

/* Tags of protobuf: field number << 3 | kind (0 varint, 2 bytes). */
enum {
	TAG_KEY = 1 << 3 | 2,
	TAG_HASH = 2 << 3 | 2,
	TAG_RECORD = 3 << 3 | 2,
	TAG_KEY_INDEX = 1 << 3,
	TAG_HASH_INDEX = 2 << 3,
	TAG_DATA = 3 << 3 | 2,
};

static size_t
varint_bytes(size_t n)
{
	size_t bytes = 1;

	while (n >= 0x80) {
		n >>= 7;
		bytes++;
	}
	return bytes;
}

static void
add_varint(struct buf *b, size_t n)
{
	while (n >= 0x80) {
		buf_add_char(b, (char)((n & 0x7f) | 0x80));
		n >>= 7;
	}
	buf_add_char(b, (char)n);
}

static size_t
text_bytes(size_t n)
{
	return 1 + varint_bytes(n) + n;
}

static void
add_text(struct buf *b, char tag, struct span s)
{
	buf_add_char(b, tag);
	add_varint(b, s.n);
	buf_add_span(b, s);
}

size_t
aggregate_head_bytes(size_t key_n, size_t hash_n)
{
	return MAGIC_BYTES + MD5_BYTES + key_n + hash_n + text_bytes(key_n) +
	       (hash_n > 0 ? text_bytes(hash_n) : 0);
}

/* A Record message, without its own tag and length. */
static size_t
message_bytes(size_t data_n, bool has_hash)
{
	return (has_hash ? 4 : 2) + text_bytes(data_n);
}

size_t
aggregate_member_bytes(size_t data_n, bool has_hash)
{
	return text_bytes(message_bytes(data_n, has_hash));
}

static void
add_member(struct buf *b, struct span data, bool has_hash)
{
	buf_add_char(b, TAG_RECORD);
	add_varint(b, message_bytes(data.n, has_hash));
	buf_add_char(b, TAG_KEY_INDEX);
	buf_add_char(b, 0);
	if (has_hash) {
		buf_add_char(b, TAG_HASH_INDEX);
		buf_add_char(b, 0);
	}
	add_text(b, TAG_DATA, data);
}

int
aggregate_write(struct buf *b, const struct pool *s, const struct record *first,
    struct span key)
{
	unsigned char md5[EVP_MAX_MD_SIZE];
	const struct record *r = first;
	unsigned n = 0;
	size_t start;

	buf_add(b, magic, MAGIC_BYTES);
	start = b->n;
	add_text(b, TAG_KEY, key);
	if (first->hash_n > 0)
		add_text(b, TAG_HASH, pool_hash(s, first));
	for (;;) {
		add_member(b, pool_data(s, r), first->hash_n > 0);
		if (r->member == RECORD_NONE)
			break;
		r = &s->rec[r->member];
	}
	if (b->failed)
		return 0; /* it is asked later */
	if (EVP_Digest(b->p + start, b->n - start, md5, &n, EVP_md5(), NULL) !=
		1 ||
	    n != MD5_BYTES)
		return -1;
	buf_add(b, md5, n);
	return 0;
}

bool
aggregate_works(void)
{
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	return EVP_Digest("", 0, md5, &n, EVP_md5(), NULL) == 1 &&
	       n == MD5_BYTES;
}

/* --- the reply ------------------------------------------------------------ */

/* What is no text is as good as absent. */
static int
read_entry(struct json_scan *s, struct reply_entry *e)
{
	struct cell key, value;
	int rc;

	*e = (struct reply_entry){ 0 };
	for (rc = json_scan_first(s, &key); rc == 1;
	     rc = json_scan_next(s, &key)) {
		if (json_scan_value(s, &value) == -1)
			return -1;
		if (value.kind != CELL_TEXT)
			continue;
		if (span_is(key.raw, "SequenceNumber"))
			e->sequence = value.raw;
		else if (span_is(key.raw, "ShardId"))
			e->shard = value.raw;
		else if (span_is(key.raw, "ErrorCode"))
			e->code = value.raw;
		else if (span_is(key.raw, "ErrorMessage"))
			e->message = value.raw;
	}
	e->stored = e->sequence.n > 0 && e->code.n == 0;
	return rc;
}

/* Exactly n of them. */
static int
read_entries(struct json_scan *s, struct reply_entry *e, size_t n)
{
	size_t have = 0;
	int rc;

	for (rc = json_scan_first(s, NULL); rc == 1 && have < n;
	     rc = json_scan_next(s, NULL), have++)
		if (read_entry(s, &e[have]) == -1)
			return -1;
	if (rc == 1 || (rc == 0 && have < n))
		rc = json_scan_fault(s, "not one verdict for each record");
	return rc;
}

int
reply_read(struct span body, struct reply_entry *e, size_t n, struct fault *f)
{
	struct json_scan s = json_scan_of(body, f);
	bool has_records = false;
	struct cell key;
	int rc;

	for (rc = json_scan_first(&s, &key); rc == 1;
	     rc = json_scan_next(&s, &key)) {
		bool here = span_is(key.raw, "Records");

		if (here ? read_entries(&s, e, n) == -1
			 : json_scan_value(&s, NULL) == -1)
			return -1;
		has_records |= here;
	}
	if (rc == -1 || json_scan_end(&s, "text after the object") == -1)
		return -1;
	return has_records ? 0 : json_scan_fault(&s, "no \"Records\"");
}
