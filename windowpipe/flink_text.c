/* flink_text - names, types, intervals and expressions as Flink's SQL has them.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/flink_text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/array.h"
#include "lib/path.h"
#include "sql/parser.h"

void
flink_add_name(struct buf *out, const char *name)
{
	buf_add_char(out, '`');
	for (; *name != '\0'; name++) {
		if (*name == '`')
			buf_add_char(out, '`');
		buf_add_char(out, *name);
	}
	buf_add_char(out, '`');
}

void
flink_take_part(const char **path, struct buf *part)
{
	size_t at = 0;

	(void)path_key(span_of(*path), &at, part, NULL);
	*path += at;
}

void
flink_add_path(struct buf *out, const char *path)
{
	struct buf part = { 0 };

	for (bool first = true; *path != '\0'; first = false) {
		flink_take_part(&path, &part);
		if (!first)
			buf_add_char(out, '.');
		flink_add_name(out, buf_text(&part) == NULL ? "" : part.p);
	}
	out->failed |= part.failed;
	buf_free(&part);
}

bool
flink_is_nested(const char *path)
{
	struct buf part = { 0 };

	flink_take_part(&path, &part);
	buf_free(&part);
	return *path != '\0';
}

bool
flink_take_same(const char **a, const char **b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same;

	flink_take_part(a, &x);
	flink_take_part(b, &y);
	same = span_equal(buf_span(&x), buf_span(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

bool
flink_paths_touch(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0')
		if (!flink_take_same(&a, &b))
			return false;
	return true;
}

/* Beyond three digits Flink computes with days only. */
static void
add_long_interval(struct buf *out, int64_t ms)
{
	int64_t size = ms < 0 ? -ms : ms;
	int digits = 1;

	for (int64_t days = size / 86400000; days >= 10; days /= 10)
		digits++;
	buf_addf(out,
	    "INTERVAL '%s%" PRId64 " %02d:%02d:%02d.%03d' DAY(%d) TO "
	    "SECOND(3)",
	    ms < 0 ? "-" : "", size / 86400000, (int)(size / 3600000 % 24),
	    (int)(size / 60000 % 60), (int)(size / 1000 % 60),
	    (int)(size % 1000), digits);
}

/* More than two digits must be asked for. */
void
flink_add_interval(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "DAY" }, { 3600000, "HOUR" },
		{ 60000, "MINUTE" }, { 1000, "SECOND" } };
	int64_t size = ms < 0 ? -ms : ms, whole;
	size_t i = 0;

	while (i < 3 && ms % units[i].ms != 0)
		i++;
	whole = size / units[i].ms;
	if (i > 0 && whole >= 1000) {
		add_long_interval(out, ms);
		return;
	}
	buf_addf(out, "INTERVAL '%s%" PRId64, ms < 0 ? "-" : "", whole);
	if (ms % units[i].ms != 0)
		buf_addf(out, ".%03" PRId64, size % 1000);
	buf_addf(out, "' %s", units[i].name);
	if (whole >= 100)
		buf_addf(out, "(%d)",
		    whole >= 100000  ? 6
		    : whole >= 10000 ? 5
		    : whole >= 1000  ? 4
				     : 3);
}

void
flink_add_shift(struct buf *out, int64_t ms)
{
	if (ms == 0)
		return;
	buf_add_text(out, ms > 0 ? " - " : " + ");
	flink_add_interval(out, ms > 0 ? ms : -ms);
}

void
flink_add_type(struct buf *out, struct type type)
{
	if (type.kind == TYPE_TIMESTAMP || type.kind == TYPE_TIMESTAMP_LTZ ||
	    type.kind == TYPE_TIME)
		buf_addf(
		    out, "%s(%d)", type_kind_name(type.kind), type.precision);
	else
		type_write(out, (struct type){ type.kind, type.precision,
				    type.scale, false });
	if (type.not_null)
		buf_add_text(out, " NOT NULL");
}

/* --- expressions ---------------------------------------------------------- */

struct places {
	const struct sql_node *
	    *node; /* columns, in the order of their places */
	size_t n, cap;
	bool failed;
};

static void
find_places(struct places *p, const struct sql_node *n)
{
	if (n->kind == SQL_COLUMN) {
		if (array_room(p->node, p->cap, p->n + 1) == -1)
			p->failed = true;
		else
			p->node[p->n++] = n;
	}
	for (size_t i = 0; i < n->nargs; i++)
		find_places(p, n->arg[i]);
}

static int
by_place(const void *a, const void *b)
{
	const struct sql_node *x = *(const struct sql_node *const *)a,
			      *y = *(const struct sql_node *const *)b;

	return (x->at > y->at) - (x->at < y->at);
}

static void
add_tokens(struct buf *out, struct span text, const struct places *p,
    flink_column_fn *add, void *ctx)
{
	size_t at = 0, next = 0, end = 0;
	struct sql_token t;

	while (t = sql_lex(text, &at), t.kind != SQL_END) {
		if (t.at > end && end > 0)
			buf_add_char(out, ' ');
		/* CASE x WHEN a has x once, its tree once for each WHEN. */
		while (next < p->n && p->node[next]->at < t.at)
			next++;
		if (next < p->n && p->node[next]->at == t.at) {
			add(ctx, out, p->node[next]->name.p);
			at = t.at + p->node[next]->length;
		} else {
			buf_add(out, text.p + t.at, t.n);
		}
		end = at;
	}
}

void
flink_add_expression(
    struct buf *out, struct span text, flink_column_fn *add, void *ctx)
{
	struct arena arena = { 0 };
	struct sql_errors errors = { 0 };
	const struct sql_node *n = sql_parse_all(text, &arena, &errors);
	struct places p = { 0 };

	if (n != NULL)
		find_places(&p, n);
	if (n == NULL || p.failed) {
		out->failed = true;
	} else {
		if (p.n > 0)
			qsort(p.node, p.n, sizeof(struct sql_node *), by_place);
		add_tokens(out, text, &p, add, ctx);
	}
	free(p.node);
	sql_errors_free(&errors);
	arena_free(&arena);
}
