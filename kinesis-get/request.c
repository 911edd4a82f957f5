/* request - the bodies of what the service is asked.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/request.h"

#include "aws/reading.h"

/* At a record of which more is to come, or behind one, or where it begins. */
static void
write_iterator(struct buf *b, const struct shard *s, const struct arn *arn)
{
	struct span last = shard_last(s);
	bool is_part = s->done > 0 && s->answer.n == 0;

	if (last.n > 0)
		reading_ask_iterator_by(b, arn, s->id,
		    is_part ? "AT_SEQUENCE_NUMBER" : "AFTER_SEQUENCE_NUMBER",
		    last);
	else if (s->place == PLACE_TIME)
		reading_ask_iterator_at(b, arn, s->id, s->place_ms);
	else
		reading_ask_iterator(b, arn, s->id,
		    s->place == PLACE_LATEST ? "LATEST" : "TRIM_HORIZON");
}

void
request_write(struct buf *b, const struct ask *a, const struct options *o,
    struct span token)
{
	const struct arn *arn = &o->service.arn;

	switch (a->kind) {
	case ASK_SUMMARY:
		service_add_stream(b, arn);
		buf_add_char(b, '}');
		break;
	case ASK_SHARDS:
		reading_ask_shards(
		    b, arn, o->from == FROM_TIME ? o->from_ms : -1, token);
		break;
	case ASK_ITERATOR:
		write_iterator(b, a->shard, arn);
		break;
	case ASK_RECORDS:
		reading_ask_records(
		    b, arn, buf_span(&a->shard->iterator), a->shard->limit);
		break;
	}
}
