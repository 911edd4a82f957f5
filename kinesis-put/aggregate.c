/* aggregate - several records of one key as one.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/aggregate.h"

#include <openssl/evp.h>

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
