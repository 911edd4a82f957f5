/* answer - what GetRecords answers: read as it comes, record after record.
 * SPDX-License-Identifier: ISC */
#include "aws/answer.h"

#include <stdlib.h>

#include "aws/members.h"
#include "lib/base64.h"
#include "lib/json.h"

enum {
	PIECE_BYTES = 128 * 1024, /* read at once: a processor's cache has it */
	BLOCK_BYTES = 32 * 1024,
	APART_BYTES = 4 * 1024, /* larger data are no part of a block, at whose
	                           end there would be too much room left */
};

/* --- records, as bytes ---------------------------------------------------- */

struct answer_block {
	struct answer_block *next;
	size_t n, cap;
	char bytes[];
};

/* In front of its data, or of a pointer to them, its number and its key; not
 * aligned. */
struct head {
	int64_t arrival_ms;
	uint32_t data_n, key_n;
	uint8_t sequence_n;
	bool is_escaped;
};
_Static_assert(SEQUENCE_MAX <= UINT8_MAX, "the length of a number");

/* What a record takes of a block. */
static size_t
size_of(const struct head *h)
{
	return sizeof *h + h->sequence_n + h->key_n +
	       (h->data_n > APART_BYTES ? sizeof(char *) : h->data_n);
}

static const char *
read_head(const struct answer *a, struct head *h)
{
	const char *p = a->first->bytes + a->next;

	memcpy(h, p, sizeof *h);
	return p + sizeof *h;
}

struct answer_record
answer_first(const struct answer *a)
{
	struct head h;
	const char *p = read_head(a, &h), *data = p;

	if (h.data_n > APART_BYTES) {
		memcpy(&data, p, sizeof data);
		p += sizeof data;
	} else {
		p += h.data_n;
	}
	return (struct answer_record){ .data = { data, h.data_n },
		.sequence = { p, h.sequence_n },
		.key = { .kind = CELL_TEXT,
		    .escaped = h.is_escaped,
		    .raw = { p + h.sequence_n, h.key_n } },
		.arrival_ms = h.arrival_ms };
}

void
answer_drop(struct answer *a)
{
	struct answer_block *b = a->first;
	struct head h;
	const char *p = read_head(a, &h);

	if (h.data_n > APART_BYTES) {
		char *data;

		memcpy(&data, p, sizeof data);
		free(data);
	}
	a->next += size_of(&h);
	a->n--;
	if (a->next < b->n)
		return;
	a->first = b->next;
	a->next = 0;
	free(b);
}

void
answer_free(struct answer *a)
{
	while (a->n > 0)
		answer_drop(a);
	free(a->first); /* of a record that was not read to its end */
	buf_free(&a->iterator);
	buf_free(&a->rest);
	*a = (struct answer){ 0 };
}

/* Room for n bytes, behind all that is there; or NULL. */
static char *
room(struct answer *a, size_t n)
{
	struct answer_block *b = a->last;
	size_t cap = n < BLOCK_BYTES ? BLOCK_BYTES : n;

	if (a->first != NULL && n <= b->cap - b->n)
		return b->bytes + b->n;
	b = malloc(sizeof *b + cap);
	if (b == NULL)
		return NULL;
	*b = (struct answer_block){ .cap = cap };
	*(a->first == NULL ? &a->first : &a->last->next) = b;
	a->last = b;
	a->bytes += cap;
	return b->bytes;
}

/* A record as its text has it. */
struct raw_record {
	struct cell data, key;
	struct span sequence;
	int64_t arrival_ms;
};

/* How many bytes a text of base64 is; what is none may be any. */
static size_t
decoded_size(struct span text)
{
	size_t n = text.n / 4 * 3;

	if (text.n < 4 || text.p[text.n - 1] != '=')
		return n;
	return n - (text.p[text.n - 2] == '=' ? 2 : 1);
}

/* Behind those that are there. */
static int
keep(struct answer *a, struct json_scan *s, const struct raw_record *r,
    struct span text)
{
	struct head h = { .arrival_ms = r->arrival_ms,
		.data_n = (uint32_t)decoded_size(text),
		.key_n = (uint32_t)r->key.raw.n,
		.sequence_n = (uint8_t)r->sequence.n,
		.is_escaped = r->key.escaped };
	size_t size = size_of(&h);
	char *p = room(a, size), *data, *apart = NULL;

	if (h.data_n > APART_BYTES)
		apart = malloc(h.data_n);
	if (p == NULL || (h.data_n > APART_BYTES && apart == NULL)) {
		free(apart);
		return json_scan_fault(s, "out of memory");
	}
	memcpy(p, &h, sizeof h);
	p += sizeof h;
	data = apart != NULL ? apart : p;
	if (base64_decode(text, data) != (ssize_t)h.data_n) {
		free(apart);
		return json_scan_fault(s, "\"Data\" is not base64");
	}
	if (apart != NULL) {
		memcpy(p, &apart, sizeof apart);
		p += sizeof apart;
		a->bytes += h.data_n;
	} else {
		p += h.data_n;
	}
	memcpy(p, r->sequence.p, r->sequence.n);
	if (r->key.raw.n > 0)
		memcpy(p + r->sequence.n, r->key.raw.p, r->key.raw.n);
	a->last->n += size;
	a->last_sequence = (struct span){ p, r->sequence.n };
	a->last_ms = r->arrival_ms;
	a->data_bytes += h.data_n;
	a->n++;
	return 0;
}

/* --- its text ------------------------------------------------------------- */

static int
record_member(void *ctx, struct json_scan *s, struct span key)
{
	struct raw_record *r = ctx;

	if (span_is(key, "Data"))
		return json_scan_value(s, &r->data);
	if (span_is(key, "SequenceNumber"))
		return members_digits(s, &r->sequence);
	if (span_is(key, "ApproximateArrivalTimestamp"))
		return members_number(s, 3, &r->arrival_ms);
	if (span_is(key, "PartitionKey"))
		return json_scan_value(s, &r->key);
	return members_skip(s);
}

static int
read_record(struct answer *a, struct json_scan *s)
{
	struct raw_record r = { 0 };
	struct buf plain = { 0 };
	struct span text;
	int rc;

	if (members_object(s, record_member, &r) == -1)
		return -1;
	if (r.data.kind != CELL_TEXT || r.sequence.n == 0)
		return json_scan_fault(
		    s, "a record lacks its data or sequence number");
	if (r.key.kind != CELL_TEXT)
		r.key = (struct cell){ .kind = CELL_TEXT };
	text = json_text(&r.data, &plain); /* "\/" is a way to write '/' */
	rc = plain.failed ? json_scan_fault(s, "out of memory")
	                  : keep(a, s, &r, text);
	buf_free(&plain);
	return rc;
}

static int
read_iterator(struct answer *a, struct json_scan *s)
{
	struct span text;

	if (members_text(s, &text) == -1)
		return -1;
	buf_clear(&a->iterator);
	buf_add_span(&a->iterator, text);
	return a->iterator.failed ? json_scan_fault(s, "out of memory") : 0;
}

/* At the value of a member. */
static int
read_member(struct answer *a, struct json_scan *s, struct span key)
{
	int rc;

	a->at = ANSWER_MEMBERS;
	if (span_is(key, "Records")) {
		rc = json_scan_first(s, NULL);
		if (rc == 1)
			a->at = ANSWER_RECORD;
	} else if (span_is(key, "NextShardIterator")) {
		rc = read_iterator(a, s);
	} else if (span_is(key, "MillisBehindLatest")) {
		rc = members_number(s, 0, &a->behind_ms);
	} else {
		rc = members_skip(s);
	}
	/* A number may go on, and an array may be empty. */
	if (rc != -1 && s->p == s->end)
		return json_scan_fault(s, "it ends within a member");
	return rc;
}

/* On to the next record, or to what is behind the last, or member; -1: that is
 * not all here, or wrong. */
static int
step(struct answer *a, struct json_scan *s)
{
	struct cell key;
	int rc;

	switch (a->at) {
	case ANSWER_RECORD:
		a->at = ANSWER_RECORDS;
		return read_record(a, s);
	case ANSWER_RECORDS:
		rc = json_scan_next(s, NULL);
		a->at = rc == 1 ? ANSWER_RECORD : ANSWER_MEMBERS;
		return rc;
	case ANSWER_BEGINS:
		rc = json_scan_first(s, &key);
		break;
	default:
		rc = json_scan_next(s, &key);
		break;
	}
	a->at = ANSWER_ENDS;
	return rc == 1 ? read_member(a, s, key.raw) : rc;
}

/*
 * As far as there is something whole.  What is left is looked at again when it
 * has doubled: so a large record is not begun anew with each piece of it.
 */
static struct json_scan
read_on(struct answer *a, struct fault *f)
{
	struct json_scan s = json_scan_of(buf_span(&a->rest), f);
	const char *read = s.p;

	while (a->at != ANSWER_ENDS) {
		enum answer_at at = a->at;

		if (step(a, &s) == -1) {
			a->at = at;
			break;
		}
		read = s.p;
	}
	s.p = read;
	return s;
}

bool
answer_add(struct answer *a, struct span piece)
{
	struct json_scan s;
	struct fault f;
	size_t read;

	buf_add_span(&a->rest, piece);
	if (a->rest.failed)
		return false;
	if (a->rest.n < a->try_bytes)
		return true;
	s = read_on(a, &f);
	read = (size_t)(s.p - s.start);
	a->read_bytes += read;
	a->rest.n -= read;
	if (a->rest.n > 0)
		memmove(a->rest.p, a->rest.p + read, a->rest.n);
	a->try_bytes = 2 * a->rest.n;
	if (a->try_bytes < PIECE_BYTES)
		a->try_bytes = PIECE_BYTES;
	return true;
}

int
answer_end(struct answer *a, struct fault *f)
{
	struct json_scan s = read_on(a, f);
	bool is_whole = a->at == ANSWER_ENDS &&
	                json_scan_end(&s, "text after the object") == 0;

	if (!is_whole)
		f->at += a->read_bytes;
	buf_free(&a->rest);
	return is_whole ? 0 : -1;
}
