/* flink - window's queries as a job for Apache Flink.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/flink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/path.h"
#include "windowpipe/flink_notes.h"
#include "windowpipe/flink_table.h"
#include "windowpipe/flink_zone.h"

struct asked {
	size_t number; /* 1: results, 2: results_2 */
	struct options o;
	struct query q;
	struct flink_source source;
	struct flink_table *table;
	struct asked *next;
};

struct flink_job {
	const struct flink_wish *wish;
	struct arena arena;
	struct asked *first;
	struct flink_table *tables;
};

/* A query as it is written. */
struct writer {
	struct buf *out;
	const struct asked *a;
	const struct query *q;
	bool outer; /* results have names: they are made further in */
};

/* --- windows -------------------------------------------------------------- */

/* What group windows cannot do. */
static bool
is_tables(const struct query *q)
{
	return q->grid.kind == KIND_CUMULATE || q->ranking.most > 0 ||
	       (q->processing_time && q->grid.offset_ms != 0);
}

/* Windows begin that much later than those that the SQL has. */
static int64_t
shift_of(const struct writer *w)
{
	return w->q->processing_time ? 0 : w->q->grid.offset_ms;
}

static void
add_time(struct writer *w)
{
	flink_table_add_time(w->a->table, &w->a->source, w->out);
}

static const char *
kind_name(const struct query *q)
{
	static const char *const names[] = { "", "TUMBLE", "HOP", "CUMULATE",
		"SESSION" };

	return names[q->grid.kind];
}

/* Slide or step and size, as both forms of the windows have them. */
static void
add_sizes(struct writer *w)
{
	const struct grid *g = &w->q->grid;

	if (g->kind == KIND_HOP || g->kind == KIND_CUMULATE) {
		flink_add_interval(w->out, g->slide_ms);
		buf_add_text(w->out, ", ");
	}
	flink_add_interval(w->out, g->size_ms);
}

/* "TUMBLE(`ts`, INTERVAL '10' SECOND)"; suffix: "_START", "_END". */
static void
add_group_window(struct writer *w, const char *suffix)
{
	buf_addf(w->out, "%s%s(", kind_name(w->q), suffix);
	add_time(w);
	buf_add_text(w->out, ", ");
	add_sizes(w);
	buf_add_char(w->out, ')');
}

/* A bound of the SQL's windows; shifted: of window's. */
static void
add_bound(struct writer *w, bool is_start, bool shifted)
{
	const char *name = is_start ? "window_start" : "window_end";

	if (w->outer || is_tables(w->q))
		flink_add_name(w->out, name);
	else
		add_group_window(w, is_start ? "_START" : "_END");
	if (shifted)
		flink_add_shift(w->out, -shift_of(w));
}

/* Seconds since 1970 in the session's zone, and what is beyond them. */
static void
add_epoch(struct writer *w, bool is_start)
{
	static const int times[] = { 1, 1000, 1000000, 1000000000 };
	const struct grid *g = &w->q->grid;
	int unit = times[w->q->unit];

	buf_add_text(w->out, "UNIX_TIMESTAMP(DATE_FORMAT(");
	add_bound(w, is_start, true);
	buf_add_text(w->out, ", 'yyyy-MM-dd HH:mm:ss'))");
	if (unit == 1)
		return;
	buf_addf(w->out, " * %d", unit);
	if (g->kind != KIND_SESSION && g->size_ms % 1000 == 0 &&
	    g->slide_ms % 1000 == 0 && g->offset_ms % 1000 == 0)
		return;
	buf_add_text(w->out, " + MOD(EXTRACT(MILLISECOND FROM ");
	add_bound(w, is_start, true);
	buf_addf(w->out, ") + 1000, 1000) * %d", unit / 1000);
}

/* --- values --------------------------------------------------------------- */

static void
add_field(struct writer *w, int field)
{
	flink_source_add(
	    (void *)(uintptr_t)&w->a->source, w->out, w->q->fields[field].name);
}

static void
add_filter(struct writer *w, const char *text)
{
	flink_add_expression(w->out, span_of(text), flink_source_add,
	    (void *)(uintptr_t)&w->a->source);
}

/*
 * Flink 1.20.0 forgets the FILTER of these (FLINK-38400), and in table
 * functions one whose condition is the first column that is aggregated
 * (FLINK-30687).
 */
static bool
loses_filter(const struct query *q, const struct agg *agg)
{
	return is_tables(q) || strncmp(agg->flink, "VAR_", 4) == 0 ||
	       strncmp(agg->flink, "STDDEV_", 7) == 0;
}

static void
add_call(struct writer *w, const struct agg_call *call)
{
	bool cases = call->filter != NULL && loses_filter(w->q, call->agg);

	buf_add_text(w->out, call->agg->flink);
	if (cases) {
		buf_add_text(w->out, "CASE WHEN ");
		add_filter(w, call->filter);
		buf_add_text(w->out, " THEN ");
	}
	if (call->field == -1)
		buf_add_char(w->out, cases ? '1' : '*');
	else
		add_field(w, call->field);
	buf_add_text(w->out, cases ? " END" : "");
	if (call->agg->has_quantile) {
		buf_add_text(w->out, ", ");
		decimal_write(w->out, call->quantile);
	}
	buf_add_char(w->out, ')');
	if (call->filter != NULL && !cases) {
		buf_add_text(w->out, " FILTER (WHERE ");
		add_filter(w, call->filter);
		buf_add_char(w->out, ')');
	}
}

static bool
is_result(const struct query *q, const char *name)
{
	for (size_t i = 0; i < q->nkeys; i++)
		if (strcmp(q->keys[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < q->ncalls; i++)
		if (strcmp(q->calls[i].name, name) == 0)
			return true;
	return false;
}

/* Underscores tell it from the results beside it. */
static void
add_rank_name(struct writer *w)
{
	struct buf name = { 0 };

	buf_add_text(&name, "rank");
	while (buf_text(&name) != NULL && is_result(w->q, name.p))
		buf_add_char(&name, '_');
	flink_add_name(w->out, buf_text(&name) == NULL ? "" : name.p);
	w->out->failed |= name.failed;
	buf_free(&name);
}

/* A result as the query makes it, or by its name. */
static void
add_own(struct writer *w, enum out_source source, int index, bool shifted)
{
	const struct query *q = w->q;

	if (source == OUT_FIELD)
		add_field(w, index);
	else if (source == OUT_RANK)
		add_rank_name(w);
	else if (source != OUT_KEY && source != OUT_AGG)
		add_bound(w, source == OUT_START, shifted);
	else if (w->outer)
		flink_add_name(w->out, source == OUT_KEY
					   ? q->keys[index].name
					   : q->calls[index].name);
	else if (source == OUT_KEY)
		add_field(w, q->keys[index].field);
	else
		add_call(w, &q->calls[index]);
}

/* A result that an expression names. */
static void
add_result_name(void *writer, struct buf *out, const char *path)
{
	struct writer *w = writer;
	struct buf name = { 0 };
	bool is_start, is_bound;

	flink_take_part(&path, &name);
	is_start = span_is(buf_span(&name), "window_start");
	is_bound = is_start || span_is(buf_span(&name), "window_end");
	if (is_bound && shift_of(w) != 0) {
		buf_add_char(out, '(');
		add_bound(w, is_start, true);
		buf_add_char(out, ')');
	} else {
		flink_add_name(out, buf_text(&name) == NULL ? "" : name.p);
	}
	out->failed |= name.failed;
	buf_free(&name);
}

/* --- the types of results ------------------------------------------------- */

/* The type of a call's result, where its field's type is a guess too. */
static struct type
result_type(const struct asked *a, int call_index)
{
	struct agg_call call = a->q.calls[call_index];

	if (call.field != -1)
		call.in = flink_source_type(&a->source, call.field);
	(void)agg_bind(&call); /* a guess is a number where it must be */
	return call.out;
}

static struct type
own_type(const struct asked *a, const struct out_column *c)
{
	struct type type = c->from;

	if (c->source == OUT_KEY)
		return flink_source_type(&a->source, a->q.keys[c->index].field);
	if (c->source == OUT_AGG)
		return result_type(a, c->index);
	if (c->source == OUT_FIELD && query_expression(&a->q, c).n == 0)
		return flink_source_type(&a->source, c->index);
	/* Of undeclared values it is as good a guess as any. */
	if (type.kind == TYPE_ANY)
		type = (struct type){ TYPE_DECIMAL, 38, 6, false };
	return type;
}

static struct type
sink_type(const struct asked *a, const struct out_column *c)
{
	struct type type = c->to.kind == TYPE_ANY ? own_type(a, c) : c->to;

	/* NOT NULL is the user's word only in --into. */
	type.not_null = a->o.words.into != NULL && c->to.not_null;
	return type;
}

/* Flink casts as we do but from other texts to CHAR, which it pads. */
static bool
needs_cast(struct type from, struct type to)
{
	return !sql_type_assignable(from, to) ||
	       (to.kind == TYPE_CHAR && from.kind != TYPE_CHAR);
}

/* Columns that have no counterpart are left out. */
static bool
is_said(const struct out_column *c)
{
	return c->source != OUT_REVISION;
}

/* --- the query ------------------------------------------------------------ */

static void
add_result(struct writer *w, const struct out_column *c)
{
	struct type to = sink_type(w->a, c);
	bool cast = needs_cast(own_type(w->a, c), to);
	struct span text = query_expression(w->q, c);

	if (query_is_bound(c) && to.kind == TYPE_BIGINT) {
		add_epoch(w, c->source == OUT_START);
		return;
	}
	if (cast)
		buf_add_text(w->out, "CAST(");
	if (text.n > 0 && c->source == OUT_FIELD)
		flink_add_expression(w->out, text, flink_source_add,
		    (void *)(uintptr_t)&w->a->source);
	else if (text.n > 0)
		flink_add_expression(w->out, text, add_result_name, w);
	else
		add_own(w, c->source, c->index, true);
	if (cast) {
		to.not_null = false;
		buf_add_text(w->out, " AS ");
		flink_add_type(w->out, to);
		buf_add_char(w->out, ')');
	}
}

static void
add_table_function(struct writer *w)
{
	const struct query *q = w->q;

	buf_addf(w->out, "TABLE(%s(TABLE ", kind_name(q));
	flink_table_add_name(w->a->table, w->out);
	if (q->grid.kind == KIND_SESSION && q->nkeys > 0)
		buf_add_text(w->out, " PARTITION BY (");
	for (size_t i = 0; q->grid.kind == KIND_SESSION && i < q->nkeys; i++) {
		buf_add_text(w->out, i == 0 ? "" : ", ");
		add_field(w, q->keys[i].field);
	}
	if (q->grid.kind == KIND_SESSION && q->nkeys > 0)
		buf_add_char(w->out, ')');
	buf_add_text(w->out, ", DESCRIPTOR(");
	add_time(w);
	buf_add_text(w->out, "), ");
	add_sizes(w);
	if (q->grid.offset_ms != 0 && shift_of(w) == 0) {
		buf_add_text(w->out, ", ");
		flink_add_interval(w->out, q->grid.offset_ms);
	}
	buf_add_text(w->out, "))");
}

static void
add_from(struct writer *w)
{
	const struct query *q = w->q;

	buf_add_text(w->out, "\nFROM ");
	if (is_tables(q))
		add_table_function(w);
	else
		flink_table_add_name(w->a->table, w->out);
	if (q->where != NULL) {
		buf_add_text(w->out, "\nWHERE ");
		add_filter(w, q->where_text);
	}
	if (q->each)
		return;
	buf_add_text(w->out, "\nGROUP BY ");
	if (is_tables(q))
		buf_add_text(w->out, "window_start, window_end");
	else
		add_group_window(w, "");
	for (size_t i = 0; i < q->nkeys; i++) {
		buf_add_text(w->out, ", ");
		add_field(w, q->keys[i].field);
	}
}

/* The SELECT of what --into picks, from the query or from what it gives. */
static void
add_picked(struct writer *w)
{
	const char *between = "\nSELECT ";

	for (size_t i = 0; i < w->q->nout; i++) {
		if (!is_said(&w->q->out[i]))
			continue;
		buf_add_text(w->out, between);
		between = ", ";
		add_result(w, &w->q->out[i]);
	}
}

/* Names of results are known around the query only. */
static void
add_named(struct writer *w)
{
	const struct query *q = w->q;
	bool first = true;

	w->outer = false;
	buf_add_text(w->out, "(SELECT ");
	for (size_t i = 0; i < q->nresults; i++) {
		const struct result_column *r = &q->results[i];

		if (r->source == OUT_REVISION || r->source == OUT_RANK)
			continue;
		buf_add_text(w->out, first ? "" : ", ");
		first = false;
		add_own(w, r->source, r->index, false);
		buf_add_text(w->out, " AS ");
		w->outer = true;
		add_own(w, r->source, r->index, false);
		w->outer = false;
	}
	add_from(w);
	buf_add_char(w->out, ')');
	w->outer = true;
	if (q->having != NULL) {
		buf_add_text(w->out, "\nWHERE ");
		flink_add_expression(
		    w->out, span_of(q->having_text), add_result_name, w);
	}
}

/* By the results, then by the keys: so that each has a rank of its own. */
static void
add_order(struct writer *w)
{
	const struct query *q = w->q;
	const struct ranking *r = &q->ranking;

	for (size_t i = 0; i < r->nby; i++) {
		const struct result_column *c = &q->results[r->by[i].result];

		buf_add_text(w->out, i == 0 ? "" : ", ");
		add_own(w, c->source, c->index, false);
		buf_add_text(w->out, r->by[i].smallest ? " ASC" : " DESC");
	}
	for (size_t i = 0; i < q->nkeys; i++) {
		buf_add_text(w->out, ", ");
		flink_add_name(w->out, q->keys[i].name);
		buf_add_text(w->out, " ASC");
	}
}

static void
add_ranked(struct writer *w)
{
	const struct ranking *r = &w->q->ranking;

	buf_add_text(w->out, "(SELECT *, ROW_NUMBER() OVER (PARTITION BY "
			     "window_start, window_end");
	for (size_t i = 0; i < r->nkeys; i++) {
		buf_add_text(w->out, ", ");
		flink_add_name(w->out, w->q->keys[r->keys[i]].name);
	}
	buf_add_text(w->out, " ORDER BY ");
	add_order(w);
	buf_add_text(w->out, ") AS ");
	add_rank_name(w);
	buf_add_text(w->out, "\nFROM ");
	add_named(w);
	buf_add_text(w->out, ")\nWHERE ");
	add_rank_name(w);
	buf_addf(w->out, " <= %zu", r->most);
}

static void
add_insert(struct buf *out, const struct asked *a)
{
	const struct query *q = &a->q;
	struct writer w = { .out = out, .a = a, .q = q };

	buf_add_text(out, "\nINSERT INTO results");
	if (a->number > 1)
		buf_addf(out, "_%zu", a->number);
	w.outer = q->nmade > 0 || q->having != NULL || q->ranking.most > 0;
	add_picked(&w);
	if (w.outer) {
		buf_add_text(out, "\nFROM ");
		if (q->ranking.most > 0)
			add_ranked(&w);
		else
			add_named(&w);
	} else {
		add_from(&w);
	}
	buf_add_text(out, ";\n");
}

/* --- the sink ------------------------------------------------------------- */

static void
add_sink(struct buf *out, const struct asked *a)
{
	bool plain = false;
	const char *between = "";
	char name[40];

	snprintf(name, sizeof name, a->number > 1 ? "results_%zu" : "results",
	    a->number);
	buf_addf(out, "\nCREATE TABLE %s (", name);
	for (size_t i = 0; i < a->q.nout; i++) {
		const struct out_column *c = &a->q.out[i];
		struct type type = sink_type(a, c);

		if (!is_said(c))
			continue;
		plain |= type.kind == TYPE_DECIMAL &&
		         a->q.form.decimal == DECIMAL_PLAIN;
		buf_addf(out, "%s\n  ", between);
		between = ",";
		flink_add_name(out, c->name);
		buf_add_char(out, ' ');
		flink_add_type(out, type);
	}
	buf_addf(out,
	    "\n) WITH (\n  'connector' = 'filesystem',\n"
	    "  'path' = '${%s.path:-%s}',\n  'format' = 'json',\n"
	    "  'json.timestamp-format.standard' = '%s'",
	    name, name,
	    a->q.form.timestamps == TIMESTAMPS_SQL ? "SQL" : "ISO-8601");
	if (plain)
		buf_add_text(out, ",\n  'json.encode.decimal-as-plain-number' "
				  "= 'true'");
	buf_add_text(out, "\n);\n");
}

/* --- settings ------------------------------------------------------------- */

/* Time stands until the rows end. */
static bool
stands(const struct query *q)
{
	return q->time_field != -1 && !q->by_rows;
}

/* All queries of a job have one zone, mode and timeout. */
static int
check_settings(const struct flink_job *job)
{
	const struct query *one = &job->first->q;

	for (const struct asked *a = job->first->next; a; a = a->next) {
		const char *what = NULL;

		if ((a->q.zone == NULL) != (one->zone == NULL) ||
		    (one->zone != NULL &&
			strcmp(a->q.zone_name, one->zone_name) != 0))
			what = "--timezone";
		else if (stands(&a->q) != stands(one))
			what = "--delay all";
		else if (a->q.idle_ms != one->idle_ms)
			what = "--idle-timeout";
		if (what == NULL)
			continue;
		diag_error(NULL,
		    "query %zu has another %s than the first, but a job has "
		    "one; write a job for each",
		    a->number, what);
		return -1;
	}
	return 0;
}

/* No note: who knows the rows knows whether it is so. */
static void
add_times(struct buf *out, const struct flink_job *job)
{
	const char *between = job->wish->times_sql ? " " : "T";
	bool reads = false;

	for (const struct asked *a = job->first; a != NULL; a = a->next) {
		if (a->q.input.kind == INPUT_CSV)
			between = " ";
		for (size_t i = 0; i < a->source.n; i++)
			reads |=
			    a->source.column[i].expression.n == 0 &&
			    type_is_timestamp(a->source.column[i].type.kind);
	}
	if (reads)
		buf_addf(out,
		    "-- A TIMESTAMP must be written 2026-01-31%s23:59:59, a "
		    "TIMESTAMP_LTZ with Z behind\n-- it: what window reads "
		    "besides ends the job in Flink.  See --times.\n",
		    between);
}

static void
add_settings(struct buf *out, const struct flink_job *job)
{
	const struct query *q = &job->first->q;

	flink_zone_add(out, q);
	if (q->idle_ms > 0)
		buf_addf(out,
		    "SET 'table.exec.source.idle-timeout' = '%" PRId64
		    " ms';\n",
		    q->idle_ms);
	/* A step that no watermark takes, which begins at 1970. */
	if (stands(q))
		buf_add_text(out,
		    "SET 'pipeline.auto-watermark-interval' = '36500 d';\n");
	if (!job->wish->exact)
		return;
	buf_add_text(out, "SET 'parallelism.default' = '1';\n");
	if (!stands(q))
		buf_add_text(
		    out, "SET 'pipeline.auto-watermark-interval' = '0 ms';\n");
	/* Two would count late rows after they have been aggregated once. */
	buf_add_text(
	    out, "SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';\n");
}

/* --- the job -------------------------------------------------------------- */

/* What is wrong with window's options, window says. */
static int
read_query(struct asked *a, const char *const *option, size_t n)
{
	static char program[] = "window";
	char **argv = calloc(n + 2, sizeof *argv);
	const char *own = diag_program();
	int rc;

	if (argv == NULL) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	argv[0] = program;
	for (size_t i = 0; i < n; i++)
		argv[i + 1] = (char *)(uintptr_t)option[i];
	diag_init(program);
	rc = options_parse(&a->o, (int)n + 1, argv);
	if (rc == 0)
		rc = query_init(&a->q, &a->o.words);
	diag_init(own);
	free(argv);
	if (rc == 0 && a->o.explain != EXPLAIN_NOT) {
		diag_error(NULL, "--explain asks window for its plan, of which "
				 "nothing would be in the job; leave it out");
		rc = -1;
	}
	return rc;
}

/* What window reads, and a table of Flink's cannot hold. */
static int
check_columns(const struct flink_source *s)
{
	char one[DIAG_QUOTE_MAX], other[DIAG_QUOTE_MAX];

	for (size_t i = 0; i < s->n; i++) {
		const char *a = s->column[i].path;

		(void)diag_quote(one, span_of(a));
		if (s->q->input.kind == INPUT_CSV && flink_is_nested(a)) {
			diag_error(NULL,
			    "%s would be a part of a column in Flink; "
			    "put its name in quotes, '\"%s\"'",
			    one, a);
			return -1;
		}
		for (size_t k = 0; k < s->n; k++) {
			const char *b = s->column[k].path;

			if (i == k || !flink_paths_touch(a, b) ||
			    path_same(a, b) || strlen(a) > strlen(b))
				continue;
			diag_error(NULL,
			    "Flink has %s either as a value or as a row with "
			    "%s in it; leave one of them out",
			    one, diag_quote(other, span_of(b)));
			return -1;
		}
	}
	return 0;
}

static int
add_query(struct flink_job *job, const char *const *option, size_t n)
{
	struct asked *a = calloc(1, sizeof *a), **last = &job->first;
	struct buf guesses = { 0 };
	int rc = -1;

	if (a == NULL) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	for (a->number = 1; *last != NULL; last = &(*last)->next)
		a->number++;
	*last = a;
	if (read_query(a, option, n) == -1)
		return -1;
	if (!flink_source_init(&a->source, &a->q, is_tables(&a->q))) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	if (check_columns(&a->source) == -1)
		return -1;
	a->source.times_sql = job->wish->times_sql;
	if (!job->wish->guess && flink_notes_find_guesses(&a->source, &guesses))
		diag_error(NULL,
		    "Flink needs types, and these columns have none: %s; "
		    "declare them with --from, or let --guess do it",
		    buf_text(&guesses) == NULL ? "" : guesses.p);
	else if ((a->table = flink_table_share(
		      &job->tables, &job->arena, &a->source)) == NULL)
		diag_error(NULL, "out of memory");
	else
		rc = 0;
	buf_free(&guesses);
	return rc;
}

/* "--" stands between queries. */
static int
add_queries(struct flink_job *job, const struct opt_texts *options)
{
	size_t from = 0;

	for (size_t i = 0; i <= options->n; i++) {
		if (i < options->n && strcmp(options->text[i], "--") != 0)
			continue;
		if (add_query(job, options->text + from, i - from) == -1)
			return -1;
		from = i + 1;
	}
	return 0;
}

static void
write_job(struct flink_job *job, struct buf *out)
{
	add_times(out, job);
	add_settings(out, job);
	for (struct flink_table *t = job->tables; t != NULL; t = t->next) {
		if (!flink_table_name(t, &job->arena))
			out->failed = true;
		else
			flink_table_write(t, out);
	}
	for (const struct asked *a = job->first; a != NULL; a = a->next)
		add_sink(out, a);
	for (const struct asked *a = job->first; a != NULL && !out->failed;
	     a = a->next)
		add_insert(out, a);
}

int
flink_write(struct buf *sql, struct buf *notes, size_t *nnotes,
    const struct flink_wish *wish, const struct opt_texts *options)
{
	struct flink_job job = { .wish = wish };
	struct flink_notes all = { .flink2 = wish->flink2 };
	struct asked *next;
	int rc = -1;

	if (add_queries(&job, options) == 0 && check_settings(&job) == 0) {
		for (const struct asked *a = job.first; a != NULL; a = a->next)
			flink_notes_add(
			    &all, &a->o, &a->source, is_tables(&a->q));
		write_job(&job, sql);
		buf_add_span(notes, buf_span(&all.text));
		notes->failed |= all.text.failed;
		*nnotes = all.n;
		rc = 0;
	}
	for (struct asked *a = job.first; a != NULL; a = next) {
		next = a->next;
		flink_source_free(&a->source);
		query_free(&a->q);
		options_free(&a->o);
		free(a);
	}
	buf_free(&all.text);
	arena_free(&job.arena);
	return rc;
}
