/* reading - what a stream is asked for its shards and records, and its answers.
 * SPDX-License-Identifier: ISC */
#include "aws/reading.h"

#include <inttypes.h>
#include <stdlib.h>

#include "aws/members.h"
#include "aws/service.h"
#include "lib/array.h"
#include "lib/json.h"
#include "lib/wide.h"

/* --- the bodies of calls -------------------------------------------------- */

static void
add_time(struct buf *b, int64_t ms)
{
	buf_addf(
	    b, "\"Timestamp\":%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
}

void
reading_ask_shards(
    struct buf *b, const struct arn *arn, int64_t from_ms, struct span token)
{
	if (token.n > 0) {
		buf_add_text(b, "{\"NextToken\":\"");
		buf_add_span(b, token);
		buf_add_text(b, "\"}");
		return;
	}
	service_add_stream(b, arn);
	if (from_ms >= 0) {
		buf_add_text(
		    b, ",\"ShardFilter\":{\"Type\":\"FROM_TIMESTAMP\",");
		add_time(b, from_ms);
		buf_add_text(b, "}");
	}
	buf_add_text(b, ",\"MaxResults\":1000}");
}

static void
begin_iterator(
    struct buf *b, const struct arn *arn, const char *shard, const char *type)
{
	service_add_stream(b, arn);
	buf_addf(
	    b, ",\"ShardId\":\"%s\",\"ShardIteratorType\":\"%s\"", shard, type);
}

void
reading_ask_iterator(
    struct buf *b, const struct arn *arn, const char *shard, const char *type)
{
	begin_iterator(b, arn, shard, type);
	buf_add_char(b, '}');
}

void
reading_ask_iterator_at(
    struct buf *b, const struct arn *arn, const char *shard, int64_t ms)
{
	begin_iterator(b, arn, shard, "AT_TIMESTAMP");
	buf_add_char(b, ',');
	add_time(b, ms);
	buf_add_char(b, '}');
}

void
reading_ask_iterator_by(struct buf *b, const struct arn *arn, const char *shard,
    const char *type, struct span sequence)
{
	begin_iterator(b, arn, shard, type);
	buf_add_text(b, ",\"StartingSequenceNumber\":\"");
	buf_add_span(b, sequence);
	buf_add_text(b, "\"}");
}

void
reading_ask_records(
    struct buf *b, const struct arn *arn, struct span iterator, int64_t limit)
{
	buf_add_char(b, '{');
	if (arn->text.n > 0) {
		buf_add_text(b, "\"StreamARN\":\"");
		buf_add_span(b, arn->text);
		buf_add_text(b, "\",");
	}
	buf_add_text(b, "\"ShardIterator\":\"");
	buf_add_span(b, iterator);
	buf_addf(b, "\",\"Limit\":%" PRId64 "}", limit);
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
		return members_digits(s, &l->first);
	if (!span_is(key, "EndingSequenceNumber"))
		return members_skip(s);
	if (members_digits(s, &end) == -1)
		return -1;
	l->closed = end.n > 0;
	return 0;
}

enum { HASH_KEY_DIGITS = 39 };

uint64_t
reading_place(struct span digits)
{
	uint128 whole = 0;

	for (size_t i = 0; i < digits.n && i < HASH_KEY_DIGITS; i++)
		whole = whole * 10 + (unsigned)(digits.p[i] - '0');
	return (uint64_t)(whole >> 64);
}

static int
keys_member(void *ctx, struct json_scan *s, struct span key)
{
	struct listed *l = ctx;
	bool is_first = span_is(key, "StartingHashKey");
	struct span digits;

	if (!is_first && !span_is(key, "EndingHashKey"))
		return members_skip(s);
	if (members_digits(s, &digits) == -1)
		return -1;
	if (digits.n > 0)
		*(is_first ? &l->first_place : &l->last_place) =
		    reading_place(digits);
	return 0;
}

static int
shard_member(void *ctx, struct json_scan *s, struct span key)
{
	struct page_reader *r = ctx;

	if (span_is(key, "ShardId"))
		return members_name(s, SHARD_ID_MAX, &r->shard->id);
	if (span_is(key, "ParentShardId"))
		return members_name(s, SHARD_ID_MAX, &r->shard->parents[0]);
	if (span_is(key, "AdjacentParentShardId"))
		return members_name(s, SHARD_ID_MAX, &r->shard->parents[1]);
	if (span_is(key, "SequenceNumberRange"))
		return members_object(s, range_member, r->shard);
	if (span_is(key, "HashKeyRange"))
		return members_object(s, keys_member, r->shard);
	return members_skip(s);
}

static int
shard_element(void *ctx, struct json_scan *s)
{
	struct page_reader *r = ctx;
	struct page *p = r->page;

	if (array_room(p->shards, p->cap, p->n + 1) == -1)
		return json_scan_fault(s, "out of memory");
	r->shard = &p->shards[p->n];
	*r->shard = (struct listed){ .last_place = UINT64_MAX };
	if (members_object(s, shard_member, r) == -1)
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
		return members_array(s, shard_element, r);
	if (span_is(key, "NextToken"))
		return members_text(s, &r->page->token);
	return members_skip(s);
}

int
page_read(struct page *p, struct span body, struct fault *f)
{
	struct page_reader r = { .page = p };

	p->n = 0;
	p->token = (struct span){ 0 };
	return members_whole(body, page_member, &r, f);
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
	return span_is(key, "ShardIterator") ? members_text(s, ctx)
	                                     : members_skip(s);
}

int
reading_iterator(struct span body, struct span *iterator, struct fault *f)
{
	*iterator = (struct span){ 0 };
	if (members_whole(body, iterator_member, iterator, f) == -1)
		return -1;
	return iterator->n > 0 ? 0 : fault_set(f, 0, "no \"ShardIterator\"");
}

static int
summary_member(void *ctx, struct json_scan *s, struct span key)
{
	struct summary *y = ctx;
	int64_t hours;

	if (span_is(key, "StreamARN"))
		return members_text(s, &y->arn);
	if (span_is(key, "StreamCreationTimestamp"))
		return members_number(s, 3, &y->created_ms);
	if (!span_is(key, "RetentionPeriodHours"))
		return members_skip(s);
	if (members_number(s, 0, &hours) == -1)
		return -1;
	if (hours < 0 || hours > INT64_MAX / (3600 * 1000))
		return json_scan_fault(s, "a number is out of range");
	y->retention_ms = hours * 3600 * 1000;
	return 0;
}

static int
description_member(void *ctx, struct json_scan *s, struct span key)
{
	if (span_is(key, "StreamDescriptionSummary"))
		return members_object(s, summary_member, ctx);
	return members_skip(s);
}

int
reading_summary(struct span body, struct summary *y, struct fault *f)
{
	*y = (struct summary){ 0 };
	if (members_whole(body, description_member, y, f) == -1)
		return -1;
	return y->arn.n > 0 ? 0 : fault_set(f, 0, "no \"StreamARN\"");
}

int
sequence_order(struct span a, struct span b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return span_order(a, b);
}
