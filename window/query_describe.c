/* query_describe - the query as text: what a state is bound to.
 *
 * Said is what gives the state its meaning: which windows, which time, which
 * groups, which aggregates over values of which types, and the columns that
 * come of it.  Not said, so free to change from run to run, is what only
 * judges the rows to come (--delay, --idle-timeout, --max-ahead, --max-jump,
 * --max-line, --on-bad, --null), bounds what is kept (--max-keys, --overflow),
 * or says where and in which form results go (--late, --rejects, --decimal,
 * --unsorted, --at-eof).
 *
 * SPDX-License-Identifier: ISC */
#include <inttypes.h>

#include "lib/diag.h"
#include "window/query.h"

/* A name may hold a newline, in quotes; a line must not. */
static void
add_text(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			buf_add_text(out, "\\n");
		else if (*text == '\\')
			buf_add_text(out, "\\\\");
		else
			buf_add_char(out, *text);
	}
}

void
query_add_duration(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" },
		{ 1000, "s" }, { 1, "ms" } };
	size_t i = 0;

	while (ms % units[i].ms != 0)
		i++;
	if (ms == 0)
		i = 3;
	buf_addf(out, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
}

static void
add_duration(struct buf *out, const char *name, int64_t ms)
{
	buf_addf(out, "%s ", name);
	query_add_duration(out, ms);
	buf_add_char(out, '\n');
}

static void
describe_windows(const struct query *q, struct buf *out)
{
	const struct grid *g = &q->grid;
	static const char *const names[] = { "none", "tumble", "hop",
		"cumulate", "session" };

	add_duration(out, names[g->kind], g->size_ms);
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

	if (q->processing_time) {
		buf_add_text(out, "processing-time\n");
	} else {
		buf_add_text(out, "event-time ");
		add_text(out, q->fields[q->time_field].name);
		buf_add_char(out, '\n');
	}
	if (q->unit != TIME_MS)
		buf_addf(out, "time-unit %s\n", units[q->unit]);
	if (q->time_format != NULL) {
		buf_add_text(out, "time-format ");
		add_text(out, q->time_format->text);
		buf_add_char(out, '\n');
	}
	if (q->lateness_ms >= 0)
		add_duration(out, "allowed-lateness", q->lateness_ms);
}

static void
describe_groups(const struct query *q, struct buf *out)
{
	for (size_t i = 0; i < q->nkeys; i++) {
		buf_add_text(out, "key ");
		add_text(out, q->fields[q->keys[i].field].name);
		buf_add_char(out, ':');
		add_text(out, q->keys[i].name);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < q->ncalls; i++) {
		const struct agg_call *call = &q->calls[i];

		buf_addf(out, "%s ", call->agg->option);
		if (call->agg->bind == agg_bind_quantile) {
			decimal_write(out, call->quantile);
			buf_add_char(out, ':');
		}
		if (call->field != -1) {
			add_text(out, q->fields[call->field].name);
			buf_add_char(out, ':');
		}
		add_text(out, call->name);
		buf_add_char(out, '\n');
	}
}

void
query_describe(const struct query *q, struct buf *out)
{
	describe_windows(q, out);
	describe_time(q, out);
	describe_groups(q, out);
	for (size_t i = 0; i < q->nfields; i++) {
		const struct field *f = &q->fields[i];

		if (f->type.kind == TYPE_ANY && !f->type.not_null)
			continue;
		buf_add_text(out, "from ");
		add_text(out, f->name);
		buf_add_char(out, ' ');
		type_write(out, f->type);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < q->nout; i++) {
		buf_add_text(out, "into ");
		add_text(out, q->out[i].name);
		buf_add_char(out, ' ');
		type_write(out, q->out[i].to);
		buf_add_char(out, '\n');
	}
}

/* --- what differs -------------------------------------------------------- */

static bool
next_line(struct span *text, struct span *line)
{
	const char *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, '\n', text->n);
	line->p = text->p;
	line->n = end == NULL ? text->n : (size_t)(end - text->p);
	text->p += line->n + (end != NULL);
	text->n -= line->n + (end != NULL);
	return true;
}

static bool
has_line(struct span text, struct span wanted)
{
	struct span line;

	while (next_line(&text, &line))
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
	struct span name = option_of(line), value = line;

	buf_add_text(out, "--");
	/* Foreign bytes: the option's name is as doubtful as the value. */
	for (size_t i = 0; i < name.n && i < 30; i++)
		buf_add_char(out,
		    name.p[i] >= 'a' && name.p[i] <= 'z' ? name.p[i] : '-');
	if (name.n == line.n)
		return;
	value.p += name.n + 1;
	value.n -= name.n + 1;
	buf_addf(out, " %s", diag_quote(quoted, value));
}

bool
query_differs(struct span was, struct span is, struct buf *out)
{
	struct span old = { 0 }, new = { 0 };
	bool had, has;

	do {
		had = next_line(&was, &old);
		has = next_line(&is, &new);
	} while (had && has && span_equal(old, new));
	if (!had && !has)
		return false;
	if (had && has && !span_equal(option_of(old), option_of(new))) {
		/* One of the two is in its place, the other's is missing. */
		if (has_line(was, new))
			has = false;
		else if (has_line(is, old))
			had = false;
	}
	if (had) {
		buf_add_text(out, "it was made with ");
		add_option(out, old);
		buf_add_text(
		    out, has ? ", now it is " : ", which is not given now");
	}
	if (has)
		add_option(out, new);
	if (!had)
		buf_add_text(out, " is given, with which it was not made");
	return true;
}
