/* flink_sql - a query as Apache Flink's SQL.
 * SPDX-License-Identifier: ISC */
#include "window/flink_sql.h"

#include <stdlib.h>
#include <string.h>

#include "window/cast.h"
#include "window/flink_inner.h"

/* --- the sink ------------------------------------------------------------ */

/* The type of a call's result, where its field's type is a guess too. */
static struct type
result_type(const struct flink_sql *s, int call_index)
{
	struct agg_call call = s->q->calls[call_index];

	if (call.field != -1)
		call.in = flink_source_of(s, call.field)->type;
	(void)call.agg->bind(&call); /* a guess is a number where it must be */
	return call.out;
}

static struct type
own_type(const struct flink_sql *s, const struct out_column *c)
{
	if (c->source == OUT_KEY)
		return flink_source_of(s, s->q->keys[c->index].field)->type;
	if (c->source == OUT_AGG)
		return result_type(s, c->index);
	return c->from;
}

static struct type
sink_type(const struct flink_sql *s, const struct out_column *c)
{
	struct type type = c->to.kind == TYPE_ANY ? own_type(s, c) : c->to;

	type.not_null = s->typed && c->to.not_null;
	return type;
}

static void
add_sink(struct flink_sql *s)
{
	bool plain = false, first = true;

	buf_add_text(s->out, "CREATE TABLE results (");
	for (size_t i = 0; i < s->q->nout; i++) {
		const struct out_column *c = &s->q->out[i];
		struct type type = sink_type(s, c);

		if (c->source == OUT_REVISION)
			continue;
		plain |= type.kind == TYPE_DECIMAL &&
		         s->q->decimal_form == DECIMAL_PLAIN;
		buf_add_text(s->out, first ? "" : ", ");
		first = false;
		flink_add_name(s->out, c->name);
		buf_add_char(s->out, ' ');
		flink_add_type(s->out, type);
	}
	buf_add_text(s->out,
	    ")\nWITH ('connector' = 'filesystem', 'path' = '${output}', "
	    "'format' = 'json', 'json.timestamp-format.standard' = "
	    "'ISO-8601'");
	if (plain)
		buf_add_text(
		    s->out, ", 'json.encode.decimal-as-plain-number' = 'true'");
	buf_add_text(s->out, ");\n");
}

/* --- the query ----------------------------------------------------------- */

static bool
is_tvf(const struct query *q)
{
	return q->grid.kind == KIND_CUMULATE || q->grid.offset_ms != 0;
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
add_sizes(struct flink_sql *s)
{
	const struct grid *g = &s->q->grid;

	if (g->kind == KIND_HOP || g->kind == KIND_CUMULATE) {
		flink_add_interval(s->out, g->slide_ms);
		buf_add_text(s->out, ", ");
	}
	flink_add_interval(s->out, g->size_ms);
}

/* "TUMBLE(`ts`, INTERVAL '10' SECOND)"; suffix: "_START", "_END". */
static void
add_group_window(struct flink_sql *s, const char *suffix)
{
	buf_addf(s->out, "%s%s(", kind_name(s->q), suffix);
	flink_add_time(s);
	buf_add_text(s->out, ", ");
	add_sizes(s);
	buf_add_char(s->out, ')');
}

static void
add_call(struct flink_sql *s, const struct agg_call *call)
{
	static const struct {
		const char *option, *function;
	} names[] = { { "count", "COUNT(" }, { "count-of", "COUNT(" },
		{ "sum", "SUM(" }, { "avg", "AVG(" }, { "min", "MIN(" },
		{ "max", "MAX(" }, { "first", "FIRST_VALUE(" },
		{ "last", "LAST_VALUE(" }, { "var-pop", "VAR_POP(" },
		{ "var-samp", "VAR_SAMP(" }, { "stddev-pop", "STDDEV_POP(" },
		{ "stddev-samp", "STDDEV_SAMP(" },
		{ "distinct", "COUNT(DISTINCT " },
		{ "approx-distinct", "COUNT(DISTINCT " },
		{ "quantile", "PERCENTILE(" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].option, call->agg->option) == 0)
			buf_add_text(s->out, names[i].function);
	if (call->field == -1)
		buf_add_char(s->out, '*');
	else
		flink_add_field(s->out, s->q->fields[call->field].name);
	if (call->agg->bind == agg_bind_quantile) {
		buf_add_text(s->out, ", ");
		decimal_write(s->out, call->quantile);
	}
	buf_add_char(s->out, ')');
}

static void
add_bound(struct flink_sql *s, bool is_start)
{
	if (is_tvf(s->q))
		buf_add_text(s->out, is_start ? "window_start" : "window_end");
	else
		add_group_window(s, is_start ? "_START" : "_END");
}

/* Seconds since 1970 in the session's zone, and what is beyond them. */
static void
add_epoch(struct flink_sql *s, bool is_start)
{
	static const int times[] = { 1, 1000, 1000000, 1000000000 };
	int unit = times[s->q->unit];

	buf_add_text(s->out, "UNIX_TIMESTAMP(DATE_FORMAT(");
	add_bound(s, is_start);
	buf_add_text(s->out, ", 'yyyy-MM-dd HH:mm:ss'))");
	if (unit == 1)
		return;
	buf_addf(s->out, " * %d + EXTRACT(MILLISECOND FROM ", unit);
	add_bound(s, is_start);
	buf_addf(s->out, ") * %d", unit / 1000);
}

static void
add_result(struct flink_sql *s, const struct out_column *c)
{
	struct type to = sink_type(s, c);
	bool cast = !cast_allowed(own_type(s, c), to);

	if (query_is_bound(c) && to.kind == TYPE_BIGINT) {
		add_epoch(s, c->source == OUT_START);
		return;
	}
	if (cast)
		buf_add_text(s->out, "CAST(");
	if (c->source == OUT_KEY)
		flink_add_field(
		    s->out, s->q->fields[s->q->keys[c->index].field].name);
	else if (c->source == OUT_AGG)
		add_call(s, &s->q->calls[c->index]);
	else
		add_bound(s, c->source == OUT_START);
	if (cast) {
		to.not_null = false;
		buf_add_text(s->out, " AS ");
		flink_add_type(s->out, to);
		buf_add_char(s->out, ')');
	}
}

static void
add_from(struct flink_sql *s)
{
	if (!is_tvf(s->q)) {
		buf_add_text(s->out, "\nFROM readings GROUP BY ");
		add_group_window(s, "");
	} else {
		buf_addf(s->out, "\nFROM TABLE(%s(TABLE readings, DESCRIPTOR(",
		    kind_name(s->q));
		flink_add_time(s);
		buf_add_text(s->out, "), ");
		add_sizes(s);
		if (s->q->grid.offset_ms != 0) {
			buf_add_text(s->out, ", ");
			flink_add_interval(s->out, s->q->grid.offset_ms);
		}
		buf_add_text(s->out, ")) GROUP BY window_start, window_end");
	}
	for (size_t i = 0; i < s->q->nkeys; i++) {
		buf_add_text(s->out, ", ");
		flink_add_field(s->out, s->q->fields[s->q->keys[i].field].name);
	}
	buf_add_text(s->out, ";\n");
}

/* --- what Flink has otherwise -------------------------------------------- */

static void
note_call(struct flink_sql *s, const struct agg_call *call)
{
	const char *option = call->agg->option;

	if (call->agg->bind == agg_bind_approx_distinct)
		buf_add_text(
		    s->out, "-- --approx-distinct is counted exactly here\n");
	if (call->agg->bind == agg_bind_quantile)
		buf_add_text(s->out,
		    "-- PERCENTILE is in Flink from 2.0 on; here a quantile "
		    "of more than 256 values is within 0.4%\n");
	if ((call->agg->bind == agg_bind_first ||
		call->agg->bind == agg_bind_last) &&
	    s->q->grid.kind != KIND_TUMBLE)
		buf_addf(s->out,
		    "-- --%s: Flink has %s_VALUE in TUMBLE alone\n", option,
		    option[0] == 'f' ? "FIRST" : "LAST");
}

static void
note_format(struct flink_sql *s, const struct time_format *f)
{
	if (f == NULL)
		return;
	if (strncmp(f->text, "%s", 2) != 0 &&
	    (strstr(f->text, "%z") != NULL || strstr(f->text, "%Z") != NULL))
		buf_add_text(s->out, "-- --time-format: TO_TIMESTAMP leaves "
				     "the zone of the text out\n");
	if (strstr(f->text, "%w") != NULL)
		buf_add_text(s->out, "-- --time-format: e counts weekdays as "
				     "the locale does\n");
	if (f->no_year)
		buf_add_text(s->out, "-- --time-format: TO_TIMESTAMP takes "
				     "1970 where there is no year\n");
	if (strstr(f->text, "%f") != NULL && strncmp(f->text, "%s", 2) != 0)
		buf_add_text(s->out, "-- --time-format: %f has three digits "
				     "here\n");
}

static void
add_notes(struct flink_sql *s)
{
	for (size_t i = 0; i < s->nsources; i++) {
		const struct flink_source *c = &s->sources[i];
		size_t at = s->out->n;

		if (!c->guessed)
			continue;
		buf_add_text(s->out, "-- ");
		flink_add_field(s->out, c->path);
		/* A name may hold a newline, a comment not. */
		for (; at < s->out->n; at++)
			if (s->out->p[at] == '\n' || s->out->p[at] == '\r')
				s->out->p[at] = ' ';
		buf_add_text(s->out, " is not declared in --from; ");
		flink_add_type(s->out, c->type);
		buf_add_text(s->out, " is a guess\n");
	}
	note_format(s, s->q->time_format);
	for (size_t i = 0; i < s->q->ncalls; i++)
		note_call(s, &s->q->calls[i]);
	if (s->q->lateness_ms >= 0)
		buf_add_text(s->out, "-- --allowed-lateness and revision have "
				     "no counterpart\n");
	if (s->q->ahead_ms >= 0)
		buf_add_text(s->out, "-- --max-ahead has no counterpart\n");
	if (s->q->jump_ms >= 0)
		buf_add_text(s->out, "-- --max-jump has no counterpart\n");
	if (s->q->nnull > 0)
		buf_add_text(s->out, "-- --null has no counterpart\n");
	if (s->q->idle_ms >= 0)
		buf_add_text(s->out, "-- --idle-timeout has no counterpart\n");
	if (s->q->at_eof == AT_EOF_DISCARD)
		buf_add_text(
		    s->out, "-- --at-eof discard has no counterpart\n");
}

/* Flink knows names, and fixed offsets as GMT+05:30 only. */
static void
add_zone(struct flink_sql *s)
{
	const char *name = s->q->zone_name;
	int64_t minutes;

	buf_add_text(s->out, "SET 'table.local-time-zone' = '");
	if (s->q->zone == NULL || strcmp(name, "Z") == 0) {
		buf_add_text(s->out, "UTC");
	} else if (name[0] == '+' || name[0] == '-') {
		minutes = zone_local_ms(s->q->zone, 0) / 60000;
		buf_addf(s->out, "GMT%c%02d:%02d", name[0],
		    abs((int)minutes) / 60, abs((int)minutes) % 60);
	} else {
		buf_add_text(s->out, name);
	}
	buf_add_text(s->out, "';\n");
}

static void
add_settings(struct flink_sql *s)
{
	if (is_tvf(s->q))
		buf_add_text(s->out,
		    "SET 'table.optimizer.agg-phase-strategy' = "
		    "'ONE_PHASE';\n");
	add_zone(s);
	buf_add_text(s->out, "SET 'parallelism.default' = '1';\n");
	/* In batch mode Flink sorts, and knows no late rows. */
	if (!s->q->processing_time && !s->q->by_rows)
		buf_add_text(
		    s->out, "SET 'execution.runtime-mode' = 'batch';\n");
	else if (!s->q->processing_time)
		buf_add_text(s->out,
		    "SET 'pipeline.auto-watermark-interval' = '0 ms';\n");
}

void
flink_sql_write(struct buf *out, const struct query *q,
    const struct columns *from, bool typed)
{
	struct flink_sql s = { .out = out, .q = q, .typed = typed };
	bool first = true;

	if (!flink_find_sources(&s, from)) {
		out->failed = true;
		return;
	}
	add_notes(&s);
	add_settings(&s);
	flink_add_source(&s);
	add_sink(&s);
	buf_add_text(out, "INSERT INTO results SELECT ");
	for (size_t i = 0; i < q->nout; i++) {
		if (q->out[i].source == OUT_REVISION)
			continue;
		buf_add_text(out, first ? "" : ", ");
		first = false;
		add_result(&s, &q->out[i]);
	}
	add_from(&s);
	free(s.sources);
	buf_free(&s.time_name);
}
