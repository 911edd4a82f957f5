/* pack - records within a record, as Amazon's Producer Library packs them.
 * SPDX-License-Identifier: ISC */
#include "aws/pack.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "lib/array.h"
#include "lib/utf8.h"

static const char magic[] = "\xf3\x89\x9a\xc2";
enum { MAGIC_BYTES = 4, MD5_BYTES = 16 };

/* Of AggregatedRecord, and of its Record: the numbers of the fields. */
enum { FIELD_KEY = 1, FIELD_RECORD = 3, FIELD_KEY_INDEX = 1, FIELD_DATA = 3 };

/* Kinds of fields on the wire. */
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct field {
	uint64_t number;
	unsigned wire;
	uint64_t value;    /* of a varint */
	struct span bytes; /* of what has a length */
};

static bool
take_varint(struct span *s, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; shift < 64 && s->n > 0; shift += 7) {
		unsigned char c = (unsigned char)*s->p++;

		s->n--;
		*out |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return true;
	}
	return false;
}

static bool
take_bytes(struct span *s, uint64_t n, struct span *out)
{
	if (n > s->n)
		return false;
	*out = (struct span){ s->p, (size_t)n };
	*s = (struct span){ s->p + n, s->n - (size_t)n };
	return true;
}

/* The field that the message begins with; false: that is none. */
static bool
take_field(struct span *s, struct field *f)
{
	uint64_t n;

	*f = (struct field){ 0 };
	if (!take_varint(s, &n))
		return false;
	f->number = n >> 3;
	f->wire = n & 7;
	switch (f->wire) {
	case WIRE_VARINT:
		return take_varint(s, &f->value);
	case WIRE_64:
		return take_bytes(s, 8, &f->bytes);
	case WIRE_32:
		return take_bytes(s, 4, &f->bytes);
	case WIRE_BYTES:
		return take_varint(s, &n) && take_bytes(s, n, &f->bytes);
	default:
		return false;
	}
}

/* A Record: its data, and where its key is in the table. */
static bool
read_record(struct span s, uint64_t *index, struct span *data)
{
	bool has_index = false, has_data = false;
	struct field f;

	while (s.n > 0) {
		if (!take_field(&s, &f))
			return false;
		if (f.number == FIELD_KEY_INDEX && f.wire == WIRE_VARINT) {
			*index = f.value;
			has_index = true;
		} else if (f.number == FIELD_DATA && f.wire == WIRE_BYTES) {
			*data = f.bytes;
			has_data = true;
		}
	}
	return has_index && has_data;
}

static int
read_keys(struct pack *p, struct fault *fault)
{
	struct span s = p->rest;
	struct field f;

	while (s.n > 0) {
		if (!take_field(&s, &f))
			return fault_set(fault, 0, "it is no protobuf");
		if (f.number != FIELD_KEY || f.wire != WIRE_BYTES)
			continue;
		if (!utf8_is_valid(f.bytes))
			return fault_set(fault, 0, "a key is not UTF-8");
		if (array_room(p->keys, p->cap, p->nkeys + 1) == -1)
			return fault_set(fault, 0, "out of memory");
		p->keys[p->nkeys++] = f.bytes;
	}
	return 0;
}

static int
check_records(const struct pack *p, struct fault *fault)
{
	struct span s = p->rest, data;
	uint64_t index;
	struct field f;

	while (s.n > 0 && take_field(&s, &f)) {
		if (f.number != FIELD_RECORD || f.wire != WIRE_BYTES)
			continue;
		if (!read_record(f.bytes, &index, &data))
			return fault_set(
			    fault, 0, "a record in it lacks data or key");
		if (index >= p->nkeys)
			return fault_set(fault, 0,
			    "a record in it names a key that is not there");
	}
	return 0;
}

enum pack_kind
pack_open(struct pack *p, struct span data, struct fault *fault)
{
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (data.n < MAGIC_BYTES + MD5_BYTES ||
	    memcmp(data.p, magic, MAGIC_BYTES) != 0)
		return PACK_NONE;
	p->nkeys = 0;
	p->rest = (struct span){ data.p + MAGIC_BYTES,
		data.n - MAGIC_BYTES - MD5_BYTES };
	if (EVP_Digest(p->rest.p, p->rest.n, md5, &n, EVP_md5(), NULL) != 1 ||
	    n != MD5_BYTES)
		fault_set(fault, 0, "this OpenSSL refuses MD5");
	else if (memcmp(md5, p->rest.p + p->rest.n, MD5_BYTES) != 0)
		fault_set(fault, 0, "its checksum is wrong");
	else if (read_keys(p, fault) == 0 && check_records(p, fault) == 0)
		return PACK_GOOD;
	return PACK_BAD;
}

void
pack_free(struct pack *p)
{
	free(p->keys);
	*p = (struct pack){ 0 };
}

bool
pack_next(struct pack *p, struct span *key, struct span *data)
{
	uint64_t index;
	struct field f;

	while (p->rest.n > 0 && take_field(&p->rest, &f)) {
		if (f.number != FIELD_RECORD || f.wire != WIRE_BYTES ||
		    !read_record(f.bytes, &index, data))
			continue;
		*key = p->keys[index];
		return true;
	}
	return false;
}
