/* intake - lines of standard input become records.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/intake.h"

#include <errno.h>
#include <inttypes.h>

#include "kinesis-put/pool.h"
#include "kinesis-put/request.h"
#include "lib/foreign.h"

/* All of these come back from a spool. */
_Static_assert(WAL_KEY_MAX >= 4 * PUT_KEY_UNITS_MAX &&
		   (int)WAL_HASH_MAX >= PUT_HASH_DIGITS_MAX &&
		   WAL_FLAGS == (RECORD_RANDOM_KEY | RECORD_CR),
    "a spool would take them for damage");

int
intake_open(struct intake *in, struct options *opt,
    const struct intake_sink *sink, int fd)
{
	*in = (struct intake){ .opt = opt, .sink = *sink };
	if (lines_init(&in->lines, fd, "stdin", (size_t)opt->max_line) == 0) {
		lines_gather(&in->lines, opt->gather_ms);
		return 0;
	}
	diag_error(NULL, "cannot read stdin: %s", strerror(errno));
	return -1;
}

void
intake_close(struct intake *in)
{
	lines_free(&in->lines);
	buf_free(&in->scratch);
}

bool
intake_wants(const struct intake *in)
{
	return !in->ended && !in->stopped && !in->refused && !in->pending;
}

bool
intake_is_over(const struct intake *in)
{
	return in->refused || (!in->pending && (in->ended || in->stopped));
}

void
intake_read(struct intake *in, int64_t timeout_ms)
{
	switch (lines_fill(&in->lines, timeout_ms)) {
	case LINES_MORE:
		in->pending = true;
		break;
	case LINES_IDLE:
		break;
	case LINES_END:
		in->ended = true;
		break;
	case LINES_ERROR:
		in->ended = true;
		in->status = lines_complain(&in->lines);
		break;
	}
}

/* Says a bad line: what, which is freed, and which may hold a cure. */
static void
reject(struct intake *in, const struct line *l, size_t column, struct buf *what,
    bool cured)
{
	const struct diag_at at = { in->lines.name, l->number, column };
	const char *text = what->failed ? "out of memory" : buf_text(what);

	in->status = status_worse(in->status, STATUS_DATA);
	if (in->sink.completion->rejects.name != NULL) {
		diag_warn(&at, "%s; rejected", text);
	} else {
		diag_error(&at, "%s%s", text,
		    cured ? ""
			  : "; --rejects FILE keeps such lines and continues");
		in->refused = true;
	}
	buf_free(what);
}

static bool
reject_key(struct intake *in, const struct line *l, const char *field,
    const struct fault *f)
{
	char quoted[DIAG_QUOTE_MAX];
	struct buf what = { 0 };
	bool cured = false;

	if (field == NULL) {
		buf_addf(&what, "not a JSON object: %s", f->what);
		cured = foreign_add_remedy(
		    &what, l->text, f, l->number == 1, false);
	} else
		buf_addf(&what, "bad key field %s: %s",
		    diag_quote(quoted, span_of(field)), f->what);
	reject(in, l, f->at + 1, &what, cured);
	return false;
}

static bool
reject_size(struct intake *in, const struct line *l, size_t bytes)
{
	struct buf what = { 0 };

	buf_addf(&what,
	    "record is %zu bytes with its key; the stream accepts %" PRId64 " "
	    "(--max-record)",
	    bytes, in->opt->max_record);
	reject(in, l, 0, &what, false);
	return false;
}

/* The line's keys are in in->key then; false: it is rejected. */
static bool
read_key(struct intake *in, const struct line *l)
{
	struct options *o = in->opt;
	const char *field;
	struct fault f;
	size_t bytes;

	if (key_read(&o->keys, l->text, &in->scratch, &in->key, &field, &f) ==
	    -1)
		return reject_key(in, l, field, &f);
	if (in->key.cut && !in->cut_said) {
		const struct diag_at at = { in->lines.name, l->number, 0 };

		in->cut_said = true;
		diag_warn(&at, "key is longer than 256 characters and is cut "
			       "there, as all such keys are");
	}
	bytes = in->key.key.n + in->key.hash.n + l->text.n + o->newline;
	if (in->key.key.n == 0)
		bytes += RANDOM_KEY_BYTES;
	return bytes <= (size_t)o->max_record || reject_size(in, l, bytes);
}

static void
take_line(struct intake *in, const struct line *l, int64_t now_ms)
{
	struct wal_record w = { .line = l->number, .data = l->text };

	in->read++;
	if (!read_key(in, l)) {
		completion_reject_line(in->sink.completion, l->raw, true, true);
		return;
	}
	w.key = in->key.key;
	w.hash = in->key.hash;
	if (w.key.n == 0)
		w.flags |= RECORD_RANDOM_KEY;
	if (l->raw.n > l->text.n)
		w.flags |= RECORD_CR;
	in->sink.take(in->sink.ctx, &w, now_ms);
}

/* A piece of a line that is too long. */
static void
take_long(struct intake *in, const struct line *l)
{
	if (l->first) {
		struct buf what = { 0 };
		bool cured;

		in->read++;
		buf_addf(&what,
		    "line is longer than %" PRId64 " bytes (--max-line)",
		    in->opt->max_line);
		cured = foreign_add_remedy(
		    &what, l->raw, NULL, l->number == 1, false);
		reject(in, l, 0, &what, cured);
	}
	completion_reject_line(in->sink.completion, l->raw, l->first, l->last);
}

/* A row, or a piece of one. */
static void
take_row(struct intake *in, const struct line *l, int64_t now_ms)
{
	if (l->kind == LINE_LONG)
		take_long(in, l);
	else
		take_line(in, l, now_ms);
}

void
intake_take(struct intake *in, bool all, int64_t now_ms)
{
	struct line l;

	while (in->pending && !in->refused &&
	       (all || in->sink.has_room(in->sink.ctx))) {
		if (!lines_next(&in->lines, &l)) {
			in->pending = false;
			return;
		}
		switch (in->sink.judge == NULL
			    ? INTAKE_ROW
			    : in->sink.judge(in->sink.ctx, &l)) {
		case INTAKE_ROW:
			take_row(in, &l, now_ms);
			break;
		case INTAKE_CONTROL:
			break;
		case INTAKE_STOP:
			in->refused = true;
			break;
		}
	}
}

void
intake_remark(struct intake *in, int64_t now_ms, bool at_end)
{
	const struct absent *a = &in->opt->keys.absent;
	uint64_t count = a->left == 0 || a->looked == 0 ? 0 : at_end ? 2 : 1;

	in->remarks_due_ms = INT64_MAX;
	if (in->lines.regular && !at_end)
		return;
	if (notice_is_due(
		&in->absent_notice, count, now_ms, at_end, &in->remarks_due_ms))
		absent_say(a, in->read);
}

void
intake_end(struct intake *in)
{
	const struct diag_at at = { in->lines.name, in->lines.number + 1, 0 };
	size_t n = lines_ahead(&in->lines).n;

	if (!in->ended && !in->pending && n > 0)
		diag_warn(&at,
		    "the first %zu bytes of this line had been read when a "
		    "signal came; they are not sent",
		    n);
}
