/* describe - a query as text: what a state is bound to.
 * SPDX-License-Identifier: ISC */
#include "window/describe.h"

#include <string.h>

#include "lib/diag.h"
#include "lib/take.h"
#include "lib/units.h"

/*
 * Said is what gives the state its meaning: which windows, which time, which
 * groups, which aggregates over values of which types, and the columns that
 * come of it.  Not said, so free to change from run to run, is what only
 * judges the rows to come (--delay, --idle-timeout, --max-ahead, --max-jump,
 * --max-line, --on-bad, --null) or the results (--having, --top), bounds what
 * is kept (--max-keys, --overflow), or says where and in which form results go
 * (--late, --rejects, --decimal, --timestamps, --output, --unsorted,
 * --at-eof).
 */

/* A name may hold a newline, in quotes; a line must not. */
static void
add_bytes(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n')
			buf_add_text(out, "\\n");
		else if (text.p[i] == '\\')
			buf_add_text(out, "\\\\");
		else
			buf_add_char(out, text.p[i]);
	}
}

/* "before", text and "after". */
static void
add(struct buf *out, const char *before, const char *text, const char *after)
{
	buf_add_text(out, before);
	add_bytes(out, span_of(text));
	buf_add_text(out, after);
}

static void
add_duration(struct buf *out, const char *name, int64_t ms)
{
	buf_addf(out, "%s ", name);
	units_add_duration(out, ms);
	buf_add_char(out, '\n');
}

static void
describe_windows(const struct query *q, struct buf *out)
{
	const struct grid *g = &q->grid;

	add_duration(out, window_kind_name(g->kind), g->size_ms);
	if (g->kind == KIND_HOP)
		add_duration(out, "slide", g->slide_ms);
	if (g->kind == KIND_CUMULATE)
		add_duration(out, "step", g->slide_ms);
	if (g->offset_ms != 0)
		add_duration(out, "offset", g->offset_ms);
	/* All names of UTC are one. */
	if (q->zone != NULL)
		buf_addf(out, "timezone %s\n", q->zone_name);
}

static void
describe_time(const struct query *q, struct buf *out)
{
	static const char *const units[] = { "s", "ms", "us", "ns" };

	if (q->processing_time)
		buf_add_text(out, "processing-time\n");
	else
		add(out, "event-time ", q->fields[q->time_field].name, "\n");
	if (q->unit != TIME_MS)
		buf_addf(out, "time-unit %s\n", units[q->unit]);
	if (q->time_format != NULL)
		add(out, "time-format ", q->time_format->text, "\n");
	if (q->lateness_ms >= 0)
		add_duration(out, "allowed-lateness", q->lateness_ms);
}

/* The name of the result, or field, that a column is; its own: of no other. */
static const char *
result_of(const struct query *q, const struct out_column *c)
{
	switch (c->source) {
	case OUT_KEY:
		return q->keys[c->index].name;
	case OUT_AGG:
		return q->calls[c->index].name;
	case OUT_FIELD:
		return q->fields[c->index].name;
	case OUT_START:
		return "window_start";
	case OUT_END:
		return "window_end";
	case OUT_REVISION:
		return "revision";
	case OUT_RANK:
		return "rank";
	case OUT_MADE:
		break;
	}
	return c->name;
}

static void
describe_columns(const struct query *q, struct buf *out)
{
	struct span text;

	for (size_t i = 0; i < q->nkeys; i++) {
		add(out, "key ", q->fields[q->keys[i].field].name, ":");
		add(out, "", q->keys[i].name, "\n");
	}
	for (size_t i = 0; i < q->ncalls; i++) {
		const struct agg_call *call = &q->calls[i];

		buf_addf(out, "%s ", call->agg->option);
		if (call->agg->has_quantile) {
			decimal_write(out, call->quantile);
			buf_add_char(out, ':');
		}
		if (call->field != -1)
			add(out, "", q->fields[call->field].name, ":");
		add(out, "", call->name, "\n");
		if (call->filter != NULL) {
			add(out, "filter ", call->name, ":");
			add(out, "", call->filter, "\n");
		}
	}
	for (size_t i = 0; i < q->nfields; i++) {
		const struct field *f = &q->fields[i];

		if (f->type.kind == TYPE_ANY && !f->type.not_null)
			continue;
		add(out, "from ", f->name, " ");
		type_write(out, f->type);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < q->ncomputed; i++) {
		const struct computed *c = &q->computed[i];

		if (c->by != BY_FROM)
			continue;
		add(out, "from ", q->fields[q->nfields + i].name, " AS ");
		add_bytes(out, c->text);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < q->nout; i++) {
		add(out, "into ", q->out[i].name, " ");
		type_write(out, q->out[i].to);
		text = query_expression(q, &q->out[i]);
		if (text.n == 0 &&
		    strcmp(result_of(q, &q->out[i]), q->out[i].name) != 0)
			text = span_of(result_of(q, &q->out[i]));
		if (text.n > 0) {
			buf_add_text(out, " AS ");
			add_bytes(out, text);
		}
		buf_add_char(out, '\n');
	}
}

void
describe_query(const struct query *q, struct buf *out)
{
	if (q->each) {
		buf_add_text(out, "each\n");
	} else {
		describe_windows(q, out);
		describe_time(q, out);
	}
	if (q->input.kind == INPUT_CSV)
		buf_add_text(out, "format csv\n");
	if (q->where != NULL)
		add(out, "where ", q->where_text, "\n");
	describe_columns(q, out);
}

/* --- what differs -------------------------------------------------------- */

static bool
has_line(struct span text, struct span wanted)
{
	struct span line;

	while (take_part(&text, '\n', &line))
		if (span_equal(line, wanted))
			return true;
	return false;
}

static struct span
option_of(struct span line)
{
	const char *blank = line.n == 0 ? NULL : memchr(line.p, ' ', line.n);

	if (blank != NULL)
		line.n = (size_t)(blank - line.p);
	return line;
}

static void
add_option(struct buf *out, struct span line)
{
	char quoted[DIAG_QUOTE_MAX];
	struct span name = option_of(line);

	buf_add_text(out, "--");
	/* Foreign bytes: the option's name is as doubtful as the value. */
	for (size_t i = 0; i < name.n && i < 30; i++)
		buf_add_char(out,
		    name.p[i] >= 'a' && name.p[i] <= 'z' ? name.p[i] : '-');
	if (name.n == line.n)
		return;
	buf_addf(out, " %s", diag_quote(quoted, span_from(line, name.n + 1)));
}

bool
describe_difference(struct span was, struct span is, struct buf *out)
{
	struct span before = { 0 }, now = { 0 };
	bool had, has;

	do {
		had = take_part(&was, '\n', &before);
		has = take_part(&is, '\n', &now);
	} while (had && has && span_equal(before, now));
	if (!had && !has)
		return false;
	if (had && has && !span_equal(option_of(before), option_of(now))) {
		/* One of the two is in its place, the other's is missing. */
		if (has_line(was, now))
			has = false;
		else if (has_line(is, before))
			had = false;
	}
	if (had) {
		buf_add_text(out, "it was made with ");
		add_option(out, before);
		buf_add_text(
		    out, has ? ", now it is " : ", which is not given now");
	}
	if (has)
		add_option(out, now);
	if (!had)
		buf_add_text(out, " is given, but it was made without");
	return true;
}
