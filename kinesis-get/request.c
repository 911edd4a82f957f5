/* request - the bodies of what the service is asked.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/request.h"

#include <inttypes.h>

static void
add_time(struct buf *b, int64_t ms)
{
	buf_addf(
	    b, "\"Timestamp\":%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
}

/*
 * All shards, or those that may hold records of --from's time on: a stream that
 * keeps a year may have thousands that closed long ago.
 */
static void
write_list(struct buf *b, const struct options *o, struct span token)
{
	if (token.n > 0) {
		buf_add_text(b, "{\"NextToken\":\"");
		buf_add_span(b, token);
		buf_add_text(b, "\"}");
		return;
	}
	service_add_stream(b, &o->service.arn);
	if (o->from == FROM_TIME) {
		buf_add_text(
		    b, ",\"ShardFilter\":{\"Type\":\"FROM_TIMESTAMP\",");
		add_time(b, o->from_ms);
		buf_add_text(b, "}");
	}
	buf_add_text(b, ",\"MaxResults\":1000}");
}

/* At a record of which more is to come, or behind one. */
static void
write_iterator(struct buf *b, const struct shard *s, const struct options *o)
{
	static const char *const type[] = {
		[PLACE_HORIZON] = "TRIM_HORIZON",
		[PLACE_LATEST] = "LATEST",
		[PLACE_TIME] = "AT_TIMESTAMP",
	};
	struct span last = shard_last(s);
	bool is_part = s->done > 0 && s->answer.n == 0;

	service_add_stream(b, &o->service.arn);
	buf_addf(b, ",\"ShardId\":\"%s\",\"ShardIteratorType\":\"", s->id);
	if (last.n > 0) {
		buf_add_text(b,
		    is_part ? "AT_SEQUENCE_NUMBER" : "AFTER_SEQUENCE_NUMBER");
		buf_add_text(b, "\",\"StartingSequenceNumber\":\"");
		buf_add_span(b, last);
		buf_add_text(b, "\"}");
		return;
	}
	buf_add_text(b, type[s->place]);
	buf_add_char(b, '"');
	if (s->place == PLACE_TIME) {
		buf_add_char(b, ',');
		add_time(b, s->place_ms);
	}
	buf_add_char(b, '}');
}

static void
write_records(struct buf *b, const struct shard *s, const struct options *o)
{
	const struct arn *arn = &o->service.arn;

	buf_add_char(b, '{');
	if (arn->text.n > 0) {
		buf_add_text(b, "\"StreamARN\":\"");
		buf_add_span(b, arn->text);
		buf_add_text(b, "\",");
	}
	buf_add_text(b, "\"ShardIterator\":\"");
	buf_add_span(b, buf_span(&s->iterator));
	buf_addf(b, "\",\"Limit\":%" PRId64 "}", s->limit);
}

void
request_write(struct buf *b, const struct ask *a, const struct options *o,
    struct span token)
{
	switch (a->kind) {
	case ASK_SUMMARY:
		service_add_stream(b, &o->service.arn);
		buf_add_char(b, '}');
		break;
	case ASK_SHARDS:
		write_list(b, o, token);
		break;
	case ASK_ITERATOR:
		write_iterator(b, a->shard, o);
		break;
	case ASK_RECORDS:
		write_records(b, a->shard, o);
		break;
	}
}
