/* writer - records become lines.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/writer.h"

#include <unistd.h>

#include "kinesis-get/gunzip.h"
#include "lib/base64.h"
#include "lib/json.h"
#include "lib/take.h"
#include "lib/timestamp.h"
#include "lib/utf8.h"

/* One record, out of a pack or by itself. */
struct item {
	const char *shard;
	const struct answer_record *record; /* the one that it came in */
	struct span key;
	struct span data;
	bool packed;
	uint64_t sub; /* its place in a pack */
};

int
writer_open(struct writer *w, const struct options *opt)
{
	*w = (struct writer){ .opt = opt };
	out_init(&w->out, STDOUT_FILENO, "stdout");
	if (opt->rejects == NULL)
		return 0;
	if (out_open_option(&w->rejects, "rejects", opt->rejects) == -1)
		return -1;
	w->keeps_rejects = true;
	return 0;
}

/* --- one record ----------------------------------------------------------- */

static void
add_envelope(struct buf *b, const struct item *i)
{
	buf_add_text(b, "{\"shard\":");
	json_write_text(b, span_of(i->shard));
	buf_add_text(b, ",\"sequence\":\"");
	buf_add_span(b, i->record->sequence);
	buf_add_char(b, '"');
	if (i->packed) {
		buf_add_text(b, ",\"sub\":");
		buf_add_u64(b, i->sub);
	}
	buf_add_text(b, ",\"arrival\":\"");
	timestamp_write(b, i->record->arrival_ms, true);
	buf_add_text(b, "\",\"key\":");
	json_write_text(b, i->key);
	if (utf8_is_valid(i->data)) {
		buf_add_text(b, ",\"data\":");
		json_write_text(b, i->data);
	} else {
		buf_add_text(b, ",\"data_base64\":\"");
		base64_encode(b, i->data);
		buf_add_char(b, '"');
	}
	buf_add_char(b, '}');
}

/* Lines as they stand, but for what is added to objects; one without anything
 * in it is none. */
static void
add_lines(struct out *out, struct span data, struct span members)
{
	struct span line;

	while (take_part(&data, '\n', &line))
		if (line.n > 0 && !span_is(line, "\r")) {
			metadata_add_line(&out->line, line, members);
			(void)out_end_line(out); /* a failure sticks */
		}
}

/* With --rejects it goes there, in its envelope; else it ends the run. */
static void
reject(struct writer *w, const struct item *i, const char *why)
{
	struct diag_at at = { .source = i->shard };

	w->rejected++;
	diag_error(&at, "record %.*s: %s%s", (int)i->record->sequence.n,
	    i->record->sequence.p, why,
	    w->keeps_rejects ? ""
			     : "; --rejects FILE keeps such records, and "
			       "--envelope writes them");
	if (!w->keeps_rejects) {
		w->failed = true;
		return;
	}
	add_envelope(&w->rejects.line, i);
	(void)out_end_line(&w->rejects); /* a failure sticks */
}

static void
write_item(struct writer *w, struct item *i)
{
	struct fault f;

	w->records++;
	if (w->opt->gunzip && gunzip_is(i->data)) {
		if (gunzip(i->data, &w->opened, &f) == -1) {
			reject(w, i, f.what);
			return;
		}
		i->data = buf_span(&w->opened);
	}
	if (w->opt->envelope) {
		add_envelope(&w->out.line, i);
		(void)out_end_line(&w->out); /* a failure sticks */
	} else if (!utf8_is_valid(i->data)) {
		reject(w, i,
		    gunzip_is(i->data) ? "the data are gzip; --gunzip opens it"
				       : "the data are not UTF-8 text");
		return;
	} else {
		buf_clear(&w->members);
		metadata_write(&w->opt->metadata, &w->members, i->shard,
		    i->record, i->key);
		w->out.line.failed |= w->members.failed;
		add_lines(&w->out, i->data, buf_span(&w->members));
	}
	w->bytes += i->data.n;
}

/* --- a record of the stream ----------------------------------------------- */

bool
writer_is_full(const struct writer *w)
{
	return w->records - w->rejected >= w->opt->max_records;
}

static bool
write_pack(struct writer *w, struct item *i, uint64_t *done)
{
	for (i->sub = 0; pack_next(&w->pack, &i->key, &i->data); i->sub++) {
		if (i->sub < *done)
			continue;
		if (writer_is_full(w) || w->failed)
			return false;
		i->packed = true;
		write_item(w, i);
		if (!w->failed)
			*done = i->sub + 1;
	}
	return !w->failed;
}

bool
writer_add(struct writer *w, const char *shard, const struct answer_record *r,
    uint64_t *done)
{
	struct item i = { .shard = shard, .record = r, .data = r->data };
	struct fault f;

	buf_clear(&w->key);
	i.key = json_text(&r->key, &w->key);
	switch (pack_open(&w->pack, r->data, &f)) {
	case PACK_GOOD:
		if (!write_pack(w, &i, done))
			return false;
		break;
	case PACK_BAD:
		if (!w->opt->envelope) {
			w->records++;
			reject(w, &i, f.what);
			break;
		}
		/* FALLTHROUGH */
	case PACK_NONE:
		if (writer_is_full(w))
			return false;
		write_item(w, &i);
		break;
	}
	if (!w->failed)
		*done = 0;
	return !w->failed;
}

int
writer_flush(struct writer *w)
{
	int rc = w->keeps_rejects ? out_flush(&w->rejects) : 0;

	return out_flush(&w->out) == -1 ? -1 : rc;
}

enum status
writer_close(struct writer *w)
{
	enum status status = STATUS_OK;

	if (w->opt == NULL)
		return STATUS_OK;
	if (out_close(&w->out) == -1)
		status = out_complain(&w->out);
	if (w->keeps_rejects && out_close(&w->rejects) == -1)
		status = status_worse(status, out_complain(&w->rejects));
	if (w->rejected > 0)
		status = status_worse(status, STATUS_DATA);
	pack_free(&w->pack);
	buf_free(&w->opened);
	buf_free(&w->key);
	buf_free(&w->members);
	w->opt = NULL;
	return status;
}
