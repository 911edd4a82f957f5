/* metadata - arrival, shard, number and key of a record within its rows.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/metadata.h"

#include <string.h>

#include "lib/json.h"
#include "lib/timestamp.h"

enum key { TIMESTAMP, SHARD_ID, SEQUENCE_NUMBER, PARTITION_KEY, KEYS };

/* The first three as Flink's connectors name them. */
static const char *const names[KEYS] = { "timestamp", "shard-id",
	"sequence-number", "partition-key" };

const char *
metadata_take(struct metadata *m, const char *text, const char **remedy)
{
	const char *colon = strchr(text, ':');
	size_t n = colon == NULL ? strlen(text) : (size_t)(colon - text);
	int key = 0;

	while (key < KEYS && !span_is((struct span){ text, n }, names[key]))
		key++;
	*remedy = "give timestamp, shard-id, sequence-number or partition-key,"
		  " and behind a colon the member's name if it has another";
	if (key == KEYS || (colon != NULL && colon[1] == '\0'))
		return "unknown metadata";
	*remedy = "leave some out";
	if (m->n == METADATA_MAX)
		return "more than 16 of these";
	m->member[m->n++] = (struct metadata_member){ .key = key,
		.name = colon == NULL ? names[key] : colon + 1 };
	return NULL;
}

void
metadata_write(const struct metadata *m, struct buf *b, const char *shard,
    const struct answer_record *r, struct span key)
{
	for (size_t i = 0; i < m->n; i++) {
		if (i > 0)
			buf_add_char(b, ',');
		json_write_text(b, span_of(m->member[i].name));
		buf_add_char(b, ':');
		switch ((enum key)m->member[i].key) {
		case TIMESTAMP:
			buf_add_char(b, '"');
			timestamp_write(b, r->arrival_ms, true);
			buf_add_char(b, '"');
			break;
		case SHARD_ID:
			json_write_text(b, span_of(shard));
			break;
		case SEQUENCE_NUMBER:
			json_write_text(b, r->sequence);
			break;
		case PARTITION_KEY:
		case KEYS:
			json_write_text(b, key);
			break;
		}
	}
}

void
metadata_add_line(struct buf *b, struct span line, struct span members)
{
	const char *begin = json_skip_blanks(line.p, line.p + line.n);
	const char *end = line.p + line.n, *inner;

	while (end > begin && strchr(" \t\r", end[-1]) != NULL)
		end--;
	if (members.n == 0 || end - begin < 2 || *begin != '{' ||
	    end[-1] != '}') {
		buf_add_span(b, line);
		return;
	}
	/* Of an empty object no comma parts them. */
	inner = json_skip_blanks(begin + 1, end - 1);
	buf_add(b, line.p, (size_t)(end - 1 - line.p));
	if (inner != end - 1)
		buf_add_char(b, ',');
	buf_add_span(b, members);
	buf_add(b, end - 1, (size_t)(line.p + line.n - (end - 1)));
}
