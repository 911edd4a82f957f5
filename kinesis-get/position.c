/* position - how far each shard has been read, in a file.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/position.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/array.h"

static int
shard_member(void *ctx, struct json_scan *s, struct span key)
{
	struct position_shard *p = ctx;
	struct cell c;

	if (span_is(key, "sequence"))
		return members_digits(s, &p->sequence);
	if (span_is(key, "sub"))
		return members_number(s, 0, &p->sub);
	if (span_is(key, "arrival"))
		return members_number(s, 0, &p->arrival_ms);
	if (span_is(key, "done")) {
		if (json_scan_value(s, &c) == -1)
			return -1;
		p->done = c.kind == CELL_TRUE;
		return 0;
	}
	if (!span_is(key, "from"))
		return members_skip(s);
	if (s->p < s->end && *s->p == 'n') /* null */
		return members_skip(s);
	return members_number(s, 0, &p->from_ms);
}

static int
shards_member(void *ctx, struct json_scan *s, struct span key)
{
	struct position *p = ctx;
	struct position_shard *one;

	if (array_room(p->shards, p->cap, p->n + 1) == -1)
		return json_scan_fault(s, "out of memory");
	one = &p->shards[p->n++];
	*one = (struct position_shard){ .id = key, .from_ms = -1 };
	if (members_object(s, shard_member, one) == -1)
		return -1;
	return one->sub >= 0 ? 0 : json_scan_fault(s, "\"sub\" is below 0");
}

static int
position_member(void *ctx, struct json_scan *s, struct span key)
{
	struct position *p = ctx;

	if (span_is(key, "stream"))
		return members_text(s, &p->arn);
	if (span_is(key, "created"))
		return members_number(s, 0, &p->created_ms);
	if (span_is(key, "shards"))
		return members_object(s, shards_member, p);
	return members_skip(s);
}

int
position_read(struct position *p, struct fault *f)
{
	p->n = 0;
	p->arn = (struct span){ 0 };
	if (members_whole(buf_span(&p->text), position_member, p, f) == -1)
		return -1;
	return p->arn.n > 0 ? 0 : fault_set(f, 0, "it names no stream");
}

void
position_free(struct position *p)
{
	buf_free(&p->text);
	free(p->shards);
	*p = (struct position){ 0 };
}

const struct position_shard *
position_of(const struct position *p, struct span id)
{
	for (size_t i = 0; i < p->n; i++)
		if (span_equal(p->shards[i].id, id))
			return &p->shards[i];
	return NULL;
}

void
position_begin(struct buf *b, struct span arn, int64_t created_ms)
{
	buf_add_text(b, "{\"stream\":\"");
	buf_add_span(b, arn);
	buf_addf(b, "\",\"created\":%" PRId64 ",\"shards\":{", created_ms);
}

void
position_add(struct buf *b, const struct position_shard *s)
{
	buf_add_text(b, b->p[b->n - 1] == '{' ? "\n\"" : ",\n\"");
	buf_add_span(b, s->id);
	buf_add_text(b, "\":{");
	if (s->done) {
		buf_add_text(b, "\"done\":true}");
	} else if (s->sequence.n > 0) {
		buf_add_text(b, "\"sequence\":\"");
		buf_add_span(b, s->sequence);
		buf_addf(b, "\",\"arrival\":%" PRId64, s->arrival_ms);
		if (s->sub > 0)
			buf_addf(b, ",\"sub\":%" PRId64, s->sub);
		buf_add_char(b, '}');
	} else if (s->from_ms >= 0) {
		buf_addf(b, "\"from\":%" PRId64 "}", s->from_ms);
	} else {
		buf_add_text(b, "\"from\":null}");
	}
}

void
position_end(struct buf *b)
{
	buf_add_text(b, "}}\n");
}
