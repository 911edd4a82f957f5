/* answer - what the service's answers say.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/answer.h"

#include <stdlib.h>

#include "lib/array.h"
#include "lib/base64.h"
#include "lib/json.h"
#include "lib/number.h"

/* --- objects and arrays --------------------------------------------------- */

/* At the value of a member; leaves the scan behind it. */
typedef int member_fn(void *ctx, struct json_scan *, struct span key);

/* At an object: each member in turn.  -1 with a fault. */
static int
read_object(struct json_scan *s, member_fn *member, void *ctx)
{
	struct cell key;

	if (!json_scan_is(s, '{'))
		return json_scan_fault(s, "an object is missing");
	json_scan_blanks(s);
	if (json_scan_is(s, '}'))
		return 0;
	for (;;) {
		if (json_scan_key(s, &key) == -1 ||
		    member(ctx, s, key.raw) == -1)
			return -1;
		json_scan_blanks(s);
		if (!json_scan_is(s, ','))
			break;
		json_scan_blanks(s);
	}
	return json_scan_is(s, '}') ? 0 : json_scan_fault(s, "'}' is missing");
}

typedef int element_fn(void *ctx, struct json_scan *);

static int
read_array(struct json_scan *s, element_fn *element, void *ctx)
{
	if (!json_scan_is(s, '['))
		return json_scan_fault(s, "an array is missing");
	json_scan_blanks(s);
	if (json_scan_is(s, ']'))
		return 0;
	for (;;) {
		if (element(ctx, s) == -1)
			return -1;
		json_scan_blanks(s);
		if (!json_scan_is(s, ','))
			break;
		json_scan_blanks(s);
	}
	return json_scan_is(s, ']') ? 0 : json_scan_fault(s, "']' is missing");
}

/* A whole answer: one object, and nothing else. */
static int
read_answer(struct span body, member_fn *member, void *ctx, struct fault *f)
{
	const char *p = body.n == 0 ? "" : body.p;
	struct json_scan s = { p, p + body.n, p, 0, f };

	json_scan_blanks(&s);
	if (read_object(&s, member, ctx) == -1)
		return -1;
	json_scan_blanks(&s);
	return s.p == s.end ? 0 : json_scan_fault(&s, "text after the object");
}

/* --- values --------------------------------------------------------------- */

static int
skip(struct json_scan *s)
{
	return json_scan_value(s, NULL);
}

/* A text as JSON has it; empty for null. */
static int
read_text(struct json_scan *s, struct span *out)
{
	struct cell c;

	if (json_scan_value(s, &c) == -1)
		return -1;
	*out = (struct span){ 0 };
	if (c.kind == CELL_TEXT)
		*out = c.raw;
	else if (c.kind != CELL_NULL)
		return json_scan_fault(s, "a text is missing");
	return 0;
}

/* A text in which no character needs a backslash, of 1 to max bytes. */
static int
read_name(struct json_scan *s, size_t max, struct span *out)
{
	struct cell c;

	if (json_scan_value(s, &c) == -1)
		return -1;
	*out = (struct span){ 0 };
	if (c.kind == CELL_NULL)
		return 0;
	if (c.kind != CELL_TEXT || c.escaped || c.raw.n == 0 || c.raw.n > max)
		return json_scan_fault(s, "a name is missing");
	*out = c.raw;
	return 0;
}

static int
read_sequence(struct json_scan *s, struct span *out)
{
	if (read_name(s, SEQUENCE_MAX, out) == -1)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (!ascii_is_digit(out->p[i]))
			return json_scan_fault(
			    s, "a sequence number is not digits");
	return 0;
}

/*
 * A number times 10^scale, rounded; null is 0.  1732863600.123, scale 3, is
 * 1732863600123, and so is 1.732863600123E9.
 */
static int
read_scaled(struct json_scan *s, int scale, int64_t *out)
{
	enum { DIGITS_MAX = 18 };
	struct number n;
	struct cell c;
	int64_t point, v = 0;

	if (json_scan_value(s, &c) == -1)
		return -1;
	*out = 0;
	if (c.kind == CELL_NULL)
		return 0;
	if (c.kind != CELL_NUMBER || !number_scan(c.raw, false, &n))
		return json_scan_fault(s, "a number is missing");
	point = n.point + scale;
	if (point > DIGITS_MAX)
		return json_scan_fault(s, "a number is out of range");
	for (int64_t i = 0; i < point; i++)
		v = v * 10 + number_digit(&n, (size_t)i);
	v += point >= 0 && number_digit(&n, (size_t)point) >= 5;
	*out = n.is_negative ? -v : v;
	return 0;
}

/* --- GetRecords ----------------------------------------------------------- */

/* In place: what is decoded is shorter, and begins where its text began. */
static int
read_data(struct json_scan *s, struct buf *body, struct record *r)
{
	struct cell c;
	char *start;
	ssize_t n;

	if (json_scan_value(s, &c) == -1)
		return -1;
	if (c.kind != CELL_TEXT)
		return json_scan_fault(s, "\"Data\" is not a text");
	start = body->p + (c.raw.p - body->p);
	if (c.escaped) { /* "\/" is a way to write '/' */
		struct buf plain = { 0 };
		struct span text = json_text(&c, &plain);

		n = plain.failed ? -1 : base64_decode(text, plain.p);
		if (n > 0)
			memcpy(start, plain.p, (size_t)n);
		buf_free(&plain);
	} else {
		n = base64_decode(c.raw, start);
	}
	if (n == -1)
		return json_scan_fault(s, "\"Data\" is not base64");
	r->data = (struct span){ start, (size_t)n };
	return 0;
}

struct records_reader {
	struct answer *answer;
	struct record *record; /* being read */
	bool has_data;
};

static int
record_member(void *ctx, struct json_scan *s, struct span key)
{
	struct records_reader *a = ctx;
	struct record *r = a->record;

	if (span_is(key, "Data")) {
		if (a->has_data) /* it lies where it was decoded */
			return json_scan_fault(s, "\"Data\" comes twice");
		a->has_data = true;
		return read_data(s, &a->answer->body, r);
	}
	if (span_is(key, "SequenceNumber"))
		return read_sequence(s, &r->sequence);
	if (span_is(key, "ApproximateArrivalTimestamp"))
		return read_scaled(s, 3, &r->arrival_ms);
	if (span_is(key, "PartitionKey"))
		return json_scan_value(s, &r->key);
	return skip(s);
}

static int
record_element(void *ctx, struct json_scan *s)
{
	struct records_reader *a = ctx;
	struct answer *answer = a->answer;

	if (array_room(answer->records, answer->cap, answer->n + 1) == -1)
		return json_scan_fault(s, "out of memory");
	a->record = &answer->records[answer->n];
	*a->record = (struct record){ 0 };
	a->has_data = false;
	if (read_object(s, record_member, a) == -1)
		return -1;
	if (!a->has_data || a->record->sequence.n == 0)
		return json_scan_fault(
		    s, "a record lacks its data or sequence number");
	if (a->record->key.kind != CELL_TEXT)
		a->record->key = (struct cell){ .kind = CELL_TEXT };
	answer->data_bytes += a->record->data.n;
	answer->n++;
	return 0;
}

static int
answer_member(void *ctx, struct json_scan *s, struct span key)
{
	struct records_reader *a = ctx;

	if (span_is(key, "Records"))
		return read_array(s, record_element, a);
	if (span_is(key, "NextShardIterator"))
		return read_text(s, &a->answer->next);
	if (span_is(key, "MillisBehindLatest"))
		return read_scaled(s, 0, &a->answer->behind_ms);
	return skip(s);
}

int
answer_read(struct answer *a, struct fault *f)
{
	struct records_reader r = { .answer = a };

	a->n = 0;
	a->next = (struct span){ 0 };
	a->behind_ms = 0;
	a->data_bytes = 0;
	return read_answer(buf_span(&a->body), answer_member, &r, f);
}

void
answer_free(struct answer *a)
{
	buf_free(&a->body);
	free(a->records);
	*a = (struct answer){ 0 };
}

/* --- ListShards ----------------------------------------------------------- */

enum { SHARD_ID_MAX = 128 }; /* says the model */

struct page_reader {
	struct page *page;
	struct listed *shard; /* being read */
};

static int
range_member(void *ctx, struct json_scan *s, struct span key)
{
	struct listed *l = ctx;
	struct span end;

	if (span_is(key, "StartingSequenceNumber"))
		return read_sequence(s, &l->first);
	if (!span_is(key, "EndingSequenceNumber"))
		return skip(s);
	if (read_sequence(s, &end) == -1)
		return -1;
	l->closed = end.n > 0;
	return 0;
}

static int
shard_member(void *ctx, struct json_scan *s, struct span key)
{
	struct page_reader *r = ctx;

	if (span_is(key, "ShardId"))
		return read_name(s, SHARD_ID_MAX, &r->shard->id);
	if (span_is(key, "ParentShardId"))
		return read_name(s, SHARD_ID_MAX, &r->shard->parents[0]);
	if (span_is(key, "AdjacentParentShardId"))
		return read_name(s, SHARD_ID_MAX, &r->shard->parents[1]);
	if (span_is(key, "SequenceNumberRange"))
		return read_object(s, range_member, r->shard);
	return skip(s);
}

static int
shard_element(void *ctx, struct json_scan *s)
{
	struct page_reader *r = ctx;
	struct page *p = r->page;

	if (array_room(p->shards, p->cap, p->n + 1) == -1)
		return json_scan_fault(s, "out of memory");
	r->shard = &p->shards[p->n];
	*r->shard = (struct listed){ 0 };
	if (read_object(s, shard_member, r) == -1)
		return -1;
	if (r->shard->id.n == 0)
		return json_scan_fault(s, "a shard has no name");
	p->n++;
	return 0;
}

static int
page_member(void *ctx, struct json_scan *s, struct span key)
{
	struct page_reader *r = ctx;

	if (span_is(key, "Shards"))
		return read_array(s, shard_element, r);
	if (span_is(key, "NextToken"))
		return read_text(s, &r->page->token);
	return skip(s);
}

int
page_read(struct page *p, struct span body, struct fault *f)
{
	struct page_reader r = { .page = p };

	p->n = 0;
	p->token = (struct span){ 0 };
	return read_answer(body, page_member, &r, f);
}

void
page_free(struct page *p)
{
	free(p->shards);
	*p = (struct page){ 0 };
}

/* --- small ones ----------------------------------------------------------- */

static int
iterator_member(void *ctx, struct json_scan *s, struct span key)
{
	return span_is(key, "ShardIterator") ? read_text(s, ctx) : skip(s);
}

int
answer_read_iterator(struct span body, struct span *iterator, struct fault *f)
{
	*iterator = (struct span){ 0 };
	if (read_answer(body, iterator_member, iterator, f) == -1)
		return -1;
	return iterator->n > 0 ? 0 : fault_set(f, 0, "no \"ShardIterator\"");
}

int
sequence_order(struct span a, struct span b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return span_order(a, b);
}
