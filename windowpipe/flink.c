/* flink - window's queries as Apache Flink's SQL.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/flink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/path.h"
#include "window/cast.h"
#include "window/options.h"

/* A column of the source; its type is a guess where none was declared. */
struct flink_source {
	const char *path; /* canonical */
	struct type type;
	bool guessed;
	struct span expression; /* of a computed one */
};

struct flink_sql {
	struct buf *out;
	const struct query *q;
	bool typed;
	struct flink_source *sources; /* the declared ones first; owned */
	size_t nsources;
	bool outer;           /* results have names: they are made further in */
	bool computed_time;   /* the time is a column of its own, */
	struct buf time_name; /* of this name; owned */
};

/* --- names, types, intervals ---------------------------------------------- */

/* In backticks, always: what is reserved differs from version to version. */
static void
add_name(struct buf *out, const char *name)
{
	buf_add_char(out, '`');
	for (; *name != '\0'; name++) {
		if (*name == '`')
			buf_add_char(out, '`');
		buf_add_char(out, *name);
	}
	buf_add_char(out, '`');
}

/* The part of a canonical path at *path, unquoted; moves *path past its dot. */
static void
take_part(const char **path, struct buf *part)
{
	size_t at = 0;

	(void)path_key(span_of(*path), &at, part, NULL);
	*path += at;
}

/* A canonical path: `device`.`id`. */
static void
add_field(struct buf *out, const char *path)
{
	struct buf part = { 0 };

	for (bool first = true; *path != '\0'; first = false) {
		take_part(&path, &part);
		if (!first)
			buf_add_char(out, '.');
		add_name(out, buf_text(&part) == NULL ? "" : part.p);
	}
	buf_free(&part);
}

/*
 * INTERVAL '10' SECOND: in the largest unit that fits; more than two digits
 * must be asked for.
 */
static void
add_interval(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "DAY" }, { 3600000, "HOUR" },
		{ 60000, "MINUTE" }, { 1000, "SECOND" } };
	size_t i = 0;
	int64_t size = ms < 0 ? -ms : ms, whole;
	int digits = 1;

	while (i < 3 && ms % units[i].ms != 0)
		i++;
	whole = size / units[i].ms;
	buf_addf(out, "INTERVAL '%s%" PRId64, ms < 0 ? "-" : "", whole);
	if (ms % units[i].ms != 0)
		buf_addf(out, ".%03" PRId64, size % 1000);
	buf_addf(out, "' %s", units[i].name);
	for (; whole >= 10; whole /= 10)
		digits++;
	if (digits > 2)
		buf_addf(out, "(%d)", digits);
}

static void
add_type(struct buf *out, struct type type)
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

/* --- what was not declared ----------------------------------------------- */

/* Numbers where numbers are computed with, else what --into says, or text. */
static struct type
guess(const struct query *q, int field)
{
	static const struct type number = { TYPE_DECIMAL, 38, 6, false };
	/* Undeclared, it is an instant, or counts the units given. */
	static const struct type time = { TYPE_TIMESTAMP_LTZ, 3, 0, false };
	static const struct type epoch = { TYPE_BIGINT, 0, 0, false };
	static const struct type text = { TYPE_STRING, 0, 0, false };

	if (field == q->time_field)
		return q->unit_given ? epoch : time;
	if (q->fields[field].number_only)
		return number;
	for (size_t i = 0; i < q->nout; i++) {
		const struct out_column *c = &q->out[i];
		struct type to = c->to;

		to.not_null = false;
		if (c->source == OUT_KEY && to.kind != TYPE_ANY &&
		    q->keys[c->index].field == field)
			return to;
	}
	for (size_t i = 0; i < q->ncalls; i++)
		if (q->calls[i].field == field &&
		    q->calls[i].agg->takes_numbers)
			return number;
	return text;
}

static const struct flink_source *
source_of(const struct flink_sql *s, int field)
{
	for (size_t i = 0; i < s->nsources; i++)
		if (path_same(s->sources[i].path, s->q->fields[field].name))
			return &s->sources[i];
	return NULL;
}

/* False: out of memory. */
static bool
find_sources(struct flink_sql *s)
{
	const struct columns *from = &s->q->from;

	s->sources = calloc(from->n + s->q->nall + 1, sizeof *s->sources);
	if (s->sources == NULL)
		return false;
	for (size_t i = 0; i < from->n; i++)
		if (from->col[i].type.kind != TYPE_ANY)
			s->sources[s->nsources++] =
			    (struct flink_source){ from->col[i].name,
				    from->col[i].type, false, { NULL, 0 } };
	for (size_t i = 0; i < s->q->nfields; i++)
		if (source_of(s, (int)i) == NULL)
			s->sources[s->nsources++] =
			    (struct flink_source){ s->q->fields[i].name,
				    guess(s->q, (int)i), true, { NULL, 0 } };
	for (size_t k = 0; k < s->q->ncomputed; k++) {
		int i = (int)(s->q->nfields + k);
		const struct field *f = &s->q->fields[i];

		if (s->q->computed[k].by == BY_FROM)
			s->sources[s->nsources++] =
			    (struct flink_source){ f->name,
				    f->type.kind == TYPE_ANY ? guess(s->q, i)
							     : f->type,
				    false, s->q->computed[k].text };
	}
	/* TO_TIMESTAMP() takes text, and is what takes a format. */
	for (size_t i = 0; s->q->time_format != NULL && i < s->nsources; i++)
		if (path_same(s->sources[i].path,
			s->q->fields[s->q->time_field].name))
			s->sources[i].type =
			    (struct type){ .kind = TYPE_STRING };
	return true;
}

/* --- the source ---------------------------------------------------------- */

/* True where both paths begin with the same n parts. */
static bool
same_start(const char *a, const char *b, int n)
{
	struct buf x = { 0 }, y = { 0 };
	bool same = true;

	for (; same && n > 0; n--) {
		take_part(&a, &x);
		take_part(&b, &y);
		same = span_equal(buf_span(&x), buf_span(&y));
	}
	buf_free(&x);
	buf_free(&y);
	return same;
}

/*
 * The columns whose paths begin as that of like does for depth parts: nested
 * ones are rows.
 */
static void
add_columns(struct flink_sql *s, const char *like, int depth)
{
	struct buf part = { 0 };
	bool first = true;

	for (size_t i = 0; i < s->nsources; i++) {
		const struct flink_source *c = &s->sources[i];
		const char *rest = c->path;
		bool again = !same_start(c->path, like, depth);

		for (size_t k = 0; k < i && !again; k++)
			again =
			    same_start(s->sources[k].path, c->path, depth + 1);
		if (again)
			continue;
		for (int n = 0; n <= depth; n++)
			take_part(&rest, &part);
		buf_add_text(s->out, first ? "" : ", ");
		first = false;
		add_name(s->out, buf_text(&part) == NULL ? "" : part.p);
		buf_add_char(s->out, ' ');
		if (c->expression.n > 0) {
			buf_add_text(s->out, "AS ");
			buf_add_span(s->out, c->expression);
		} else if (*rest != '\0') {
			buf_add_text(s->out, "ROW<");
			add_columns(s, c->path, depth + 1);
			buf_add_char(s->out, '>');
		} else {
			add_type(s->out, c->type);
		}
	}
	buf_free(&part);
}

static bool
is_column(const struct flink_sql *s, struct span name)
{
	struct buf part = { 0 };
	bool found = false;

	for (size_t i = 0; i < s->nsources && !found; i++) {
		const char *path = s->sources[i].path;

		take_part(&path, &part);
		found = span_equal(buf_span(&part), name);
	}
	buf_free(&part);
	return found;
}

/* The time's own column; underscores tell it from the input's. */
static void
name_time(struct flink_sql *s, const char *name)
{
	buf_add_text(&s->time_name, name);
	while (!s->time_name.failed && is_column(s, buf_span(&s->time_name)))
		buf_add_char(&s->time_name, '_');
}

static void
add_time_name(struct flink_sql *s)
{
	const char *name = buf_text(&s->time_name);

	add_name(s->out, name == NULL ? "" : name);
}

/* The pattern of Java's DateTimeFormatter, within quotes of SQL. */
static void
add_pattern(struct buf *out, const char *format)
{
	static const char letters[] = "YymbdjHIpMSfzZaw";
	static const char *const patterns[] = { "yyyy", "yy", "MM", "MMM", "dd",
		"DDD", "HH", "hh", "a", "mm", "ss", "SSS", "XX", "z", "EEE",
		"e" };

	buf_add_char(out, '\'');
	for (const char *p = format, *at; *p != '\0'; p++) {
		at = *p == '%' ? strchr(letters, p[1]) : NULL;
		if (*p == '%')
			p++;
		if (at != NULL)
			buf_add_text(out, patterns[at - letters]);
		else if (*p == '\'')
			buf_add_text(out, "''''");
		else if (strchr("[]{}#", *p) != NULL ||
			 ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z'))
			buf_addf(out, "''%c''", *p);
		else
			buf_add_char(out, *p);
	}
	buf_add_char(out, '\'');
}

/* Text becomes a time by its format, or as SQL writes times. */
static void
add_text_time(struct flink_sql *s, const char *path)
{
	const struct time_format *f = s->q->time_format;

	if (f != NULL && strncmp(f->text, "%s", 2) == 0) {
		buf_add_text(s->out, "TO_TIMESTAMP_LTZ(CAST(");
		add_field(s->out, path);
		buf_add_text(s->out, " AS DECIMAL(20, 6)) * 1000, 3)");
		return;
	}
	buf_addf(s->out, "TO_TIMESTAMP(%s", f == NULL ? "REPLACE(" : "");
	add_field(s->out, path);
	if (f == NULL) {
		buf_add_text(s->out, ", 'T', ' '))");
	} else {
		buf_add_text(s->out, ", ");
		add_pattern(s->out, f->text);
		buf_add_char(s->out, ')');
	}
}

/* Epoch and text become a time in a column of their own. */
static void
add_computed_time(struct flink_sql *s, const struct flink_source *time)
{
	static const char *const factor[] = { ", 0)", ", 3)", " / 1000, 3)",
		" / 1000000, 3)" };
	/* Flink cuts a DECIMAL to the unit: seconds would lose theirs. */
	bool has_decimals =
	    time->type.kind == TYPE_DECIMAL && time->type.scale > 0;
	enum type_kind kind = time->type.kind;

	name_time(s, "row_time");
	buf_add_text(s->out, ", ");
	add_time_name(s);
	buf_add_text(s->out, " AS ");
	if (type_is_number(kind)) {
		buf_add_text(s->out, "TO_TIMESTAMP_LTZ(");
		add_field(s->out, time->path);
		buf_add_text(s->out, s->q->unit == TIME_S && has_decimals
					 ? " * 1000, 3)"
					 : factor[s->q->unit]);
	} else if (type_is_text(kind)) {
		add_text_time(s, time->path);
	} else if (time->type.precision > 3 || kind == TYPE_DATE) {
		buf_add_text(s->out, "CAST(");
		add_field(s->out, time->path);
		buf_addf(s->out, " AS %s(3))",
		    type_kind_name(kind == TYPE_DATE ? TYPE_TIMESTAMP : kind));
	} else {
		add_field(s->out, time->path);
	}
}

/* The column of time; after add_source(). */
static void
add_time(struct flink_sql *s)
{
	const struct query *q = s->q;

	if (q->processing_time || s->computed_time)
		add_time_name(s);
	else
		add_field(s->out, q->fields[q->time_field].name);
}

static void
add_character(struct buf *out, const char *option, char c)
{
	buf_addf(out, ", 'csv.%s' = '%s%c'", option, c == '\'' ? "'" : "", c);
}

static void
add_csv(struct buf *out, const struct query *q)
{
	const struct csv *csv = &q->input.csv;

	buf_add_text(out, "'format' = 'csv'");
	if (csv->delimiter != ',')
		add_character(out, "field-delimiter", csv->delimiter);
	if (csv->quote == '\0')
		buf_add_text(out, ", 'csv.disable-quote-character' = 'true'");
	else if (csv->quote != '"')
		add_character(out, "quote-character", csv->quote);
	if (csv->comments)
		buf_add_text(out, ", 'csv.allow-comments' = 'true'");
	if (q->on_bad == ON_BAD_NULL)
		buf_add_text(out, ", 'csv.ignore-parse-errors' = 'true'");
	buf_add_text(out, ");\n");
}

static void
add_source(struct flink_sql *s)
{
	const struct query *q = s->q;
	const struct flink_source *time =
	    q->time_field == -1 ? NULL : source_of(s, q->time_field);

	buf_add_text(s->out, "CREATE TABLE readings (");
	add_columns(s, "", 0);
	if (q->processing_time) {
		buf_add_text(s->out, s->nsources > 0 ? ", " : "");
		name_time(s, "proc_time");
		add_time_name(s);
		buf_add_text(s->out, " AS PROCTIME()");
	} else if (time != NULL) {
		/* A watermark is for a column of the table, of ms at most. */
		s->computed_time = !type_is_timestamp(time->type.kind) ||
		                   time->type.precision > 3 ||
		                   strchr(time->path, '.') != NULL;
		if (s->computed_time)
			add_computed_time(s, time);
		buf_add_text(s->out, ",\n  WATERMARK FOR ");
		add_time(s);
		buf_add_text(s->out, " AS ");
		add_time(s);
		if (q->by_rows && q->delay_ms > 0) {
			buf_add_text(s->out, " - ");
			add_interval(s->out, q->delay_ms);
		}
	}
	buf_add_text(s->out,
	    ")\nWITH ('connector' = 'filesystem', 'path' = '${input}', ");
	if (q->input.kind == INPUT_CSV) {
		add_csv(s->out, q);
		return;
	}
	buf_addf(s->out,
	    "'format' = 'json', 'json.timestamp-format.standard' = "
	    "'ISO-8601'%s);\n",
	    q->on_bad == ON_BAD_NULL ? ", 'json.ignore-parse-errors' = 'true'"
				     : "");
}

/* --- the sink ------------------------------------------------------------ */

/* The type of a call's result, where its field's type is a guess too. */
static struct type
result_type(const struct flink_sql *s, int call_index)
{
	struct agg_call call = s->q->calls[call_index];

	if (call.field != -1)
		call.in = source_of(s, call.field)->type;
	(void)agg_bind(&call); /* a guess is a number where it must be */
	return call.out;
}

static struct type
own_type(const struct flink_sql *s, const struct out_column *c)
{
	struct type type = c->from;

	if (c->source == OUT_KEY)
		return source_of(s, s->q->keys[c->index].field)->type;
	if (c->source == OUT_AGG)
		return result_type(s, c->index);
	if (c->source == OUT_FIELD && query_expression(s->q, c).n == 0)
		return source_of(s, c->index)->type;
	/* Of undeclared values it is as good a guess as any. */
	if (type.kind == TYPE_ANY)
		type = (struct type){ TYPE_DECIMAL, 38, 6, false };
	return type;
}

static struct type
sink_type(const struct flink_sql *s, const struct out_column *c)
{
	struct type type = c->to.kind == TYPE_ANY ? own_type(s, c) : c->to;

	type.not_null = s->typed && c->to.not_null;
	return type;
}

/* Columns that have no counterpart are left out. */
static bool
is_said(const struct out_column *c)
{
	return c->source != OUT_REVISION && c->source != OUT_RANK;
}

static void
add_sink(struct flink_sql *s)
{
	bool plain = false, first = true;

	buf_add_text(s->out, "CREATE TABLE results (");
	for (size_t i = 0; i < s->q->nout; i++) {
		const struct out_column *c = &s->q->out[i];
		struct type type = sink_type(s, c);

		if (!is_said(c))
			continue;
		plain |= type.kind == TYPE_DECIMAL &&
		         s->q->form.decimal == DECIMAL_PLAIN;
		buf_add_text(s->out, first ? "" : ", ");
		first = false;
		add_name(s->out, c->name);
		buf_add_char(s->out, ' ');
		add_type(s->out, type);
	}
	buf_add_text(s->out,
	    ")\nWITH ('connector' = 'filesystem', 'path' = '${output}', "
	    "'format' = 'json', 'json.timestamp-format.standard' = ");
	buf_add_text(s->out,
	    s->q->form.timestamps == TIMESTAMPS_SQL ? "'SQL'" : "'ISO-8601'");
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
		add_interval(s->out, g->slide_ms);
		buf_add_text(s->out, ", ");
	}
	add_interval(s->out, g->size_ms);
}

/* "TUMBLE(`ts`, INTERVAL '10' SECOND)"; suffix: "_START", "_END". */
static void
add_group_window(struct flink_sql *s, const char *suffix)
{
	buf_addf(s->out, "%s%s(", kind_name(s->q), suffix);
	add_time(s);
	buf_add_text(s->out, ", ");
	add_sizes(s);
	buf_add_char(s->out, ')');
}

static void
add_call(struct flink_sql *s, const struct agg_call *call)
{
	buf_add_text(s->out, call->agg->flink);
	if (call->field == -1)
		buf_add_char(s->out, '*');
	else
		add_field(s->out, s->q->fields[call->field].name);
	if (call->agg->has_quantile) {
		buf_add_text(s->out, ", ");
		decimal_write(s->out, call->quantile);
	}
	buf_add_char(s->out, ')');
	if (call->filter != NULL)
		buf_addf(s->out, " FILTER (WHERE %s)", call->filter);
}

static void
add_bound(struct flink_sql *s, bool is_start)
{
	const char *name = is_start ? "window_start" : "window_end";

	if (s->outer)
		add_name(s->out, name);
	else if (is_tvf(s->q))
		buf_add_text(s->out, name);
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

/* A result as the query makes it, or by its name. */
static void
add_own(struct flink_sql *s, enum out_source source, int index)
{
	const struct query *q = s->q;

	if (source == OUT_FIELD)
		add_field(s->out, q->fields[index].name);
	else if (source != OUT_KEY && source != OUT_AGG)
		add_bound(s, source == OUT_START);
	else if (s->outer)
		add_name(s->out, source == OUT_KEY ? q->keys[index].name
						   : q->calls[index].name);
	else if (source == OUT_KEY)
		add_field(s->out, q->fields[q->keys[index].field].name);
	else
		add_call(s, &q->calls[index]);
}

static void
add_result(struct flink_sql *s, const struct out_column *c)
{
	struct type to = sink_type(s, c);
	bool cast = !sql_type_assignable(own_type(s, c), to);
	struct span text = query_expression(s->q, c);

	if (query_is_bound(c) && to.kind == TYPE_BIGINT) {
		add_epoch(s, c->source == OUT_START);
		return;
	}
	if (cast)
		buf_add_text(s->out, "CAST(");
	if (text.n > 0)
		buf_add_span(s->out, text);
	else
		add_own(s, c->source, c->index);
	if (cast) {
		to.not_null = false;
		buf_add_text(s->out, " AS ");
		add_type(s->out, to);
		buf_add_char(s->out, ')');
	}
}

static void
add_where(struct flink_sql *s)
{
	if (s->q->where != NULL)
		buf_addf(s->out, " WHERE %s", s->q->where_text);
}

static void
add_from(struct flink_sql *s)
{
	if (s->q->each) {
		buf_add_text(s->out, "\nFROM readings");
		add_where(s);
	} else if (!is_tvf(s->q)) {
		buf_add_text(s->out, "\nFROM readings");
		add_where(s);
		buf_add_text(s->out, " GROUP BY ");
		add_group_window(s, "");
	} else {
		buf_addf(s->out, "\nFROM TABLE(%s(TABLE readings, DESCRIPTOR(",
		    kind_name(s->q));
		add_time(s);
		buf_add_text(s->out, "), ");
		add_sizes(s);
		if (s->q->grid.offset_ms != 0) {
			buf_add_text(s->out, ", ");
			add_interval(s->out, s->q->grid.offset_ms);
		}
		buf_add_text(s->out, "))");
		add_where(s);
		buf_add_text(s->out, " GROUP BY window_start, window_end");
	}
	for (size_t i = 0; i < s->q->nkeys; i++) {
		buf_add_text(s->out, ", ");
		add_field(s->out, s->q->fields[s->q->keys[i].field].name);
	}
}

/* The SELECT of what --into picks, from the query or from what it gives. */
static void
add_picked(struct flink_sql *s)
{
	bool first = true;

	buf_add_text(s->out, "INSERT INTO results SELECT ");
	for (size_t i = 0; i < s->q->nout; i++) {
		if (!is_said(&s->q->out[i]))
			continue;
		buf_add_text(s->out, first ? "" : ", ");
		first = false;
		add_result(s, &s->q->out[i]);
	}
}

/* Names of results, which expressions have, are known around the query only. */
static void
add_nested(struct flink_sql *s)
{
	const struct query *q = s->q;
	bool first = true;

	s->outer = true;
	add_picked(s);
	s->outer = false;
	buf_add_text(s->out, "\nFROM (SELECT ");
	for (size_t i = 0; i < q->nresults; i++) {
		const struct result_column *r = &q->results[i];

		if (r->source == OUT_REVISION || r->source == OUT_RANK)
			continue;
		buf_add_text(s->out, first ? "" : ", ");
		first = false;
		add_own(s, r->source, r->index);
		buf_add_text(s->out, " AS ");
		s->outer = true;
		add_own(s, r->source, r->index);
		s->outer = false;
	}
	add_from(s);
	buf_add_char(s->out, ')');
	if (q->having != NULL)
		buf_addf(s->out, " WHERE %s", q->having_text);
}

/* --- what Flink has otherwise -------------------------------------------- */

static void
note_call(struct flink_sql *s, const struct agg *agg)
{
	if (agg->flink_note != NULL &&
	    !(agg->tumble_is_same && s->q->grid.kind == KIND_TUMBLE))
		buf_addf(s->out, "-- %s\n", agg->flink_note);
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

static const char *
result_name(const struct query *q, int result)
{
	const struct result_column *r = &q->results[result];

	switch (r->source) {
	case OUT_KEY:
		return q->keys[r->index].name;
	case OUT_AGG:
		return q->calls[r->index].name;
	default:
		return r->source == OUT_START ? "window_start" : "window_end";
	}
}

static void
note_top(struct flink_sql *s)
{
	const struct ranking *r = &s->q->ranking;

	if (r->most == 0)
		return;
	buf_add_text(s->out, "-- --top is not said here: SELECT * FROM (SELECT "
			     "*, ROW_NUMBER() OVER (PARTITION BY window_start, "
			     "window_end");
	for (size_t i = 0; i < r->nkeys; i++) {
		buf_add_text(s->out, ", ");
		add_name(s->out, s->q->keys[r->keys[i]].name);
	}
	buf_add_text(s->out, " ORDER BY ");
	for (size_t i = 0; i < r->nby; i++) {
		buf_add_text(s->out, i == 0 ? "" : ", ");
		add_name(s->out, result_name(s->q, r->by[i].result));
		buf_add_text(s->out, r->by[i].smallest ? "" : " DESC");
	}
	buf_addf(s->out, ") AS `rank` FROM the above) WHERE `rank` <= %zu\n",
	    r->most);
}

static void
add_notes(struct flink_sql *s)
{
	note_top(s);
	for (size_t i = 0; i < s->nsources; i++) {
		const struct flink_source *c = &s->sources[i];
		size_t at = s->out->n;

		if (!c->guessed)
			continue;
		buf_add_text(s->out, "-- ");
		add_field(s->out, c->path);
		/* A name may hold a newline, a comment not. */
		for (; at < s->out->n; at++)
			if (s->out->p[at] == '\n' || s->out->p[at] == '\r')
				s->out->p[at] = ' ';
		buf_add_text(s->out, " is not declared in --from; ");
		add_type(s->out, c->type);
		buf_add_text(s->out, " is a guess\n");
	}
	note_format(s, s->q->time_format);
	for (size_t i = 0; i < s->q->ncalls; i++)
		note_call(s, s->q->calls[i].agg);
	if (s->q->lateness_ms >= 0)
		buf_add_text(s->out, "-- --allowed-lateness and revision have "
				     "no counterpart\n");
	if (s->q->ahead_ms >= 0)
		buf_add_text(s->out, "-- --max-ahead has no counterpart\n");
	if (s->q->jump_ms >= 0)
		buf_add_text(s->out, "-- --max-jump has no counterpart\n");
	if (s->q->input.kind == INPUT_CSV && s->q->input.header == HEADER_YES)
		buf_add_text(s->out,
		    "-- --header: Flink reads no header; cut it off, "
		    "and keep the order of its columns here\n");
	if (s->q->form.kind != FORM_JSON)
		buf_add_text(s->out, "-- --output has no counterpart; 'format' "
				     "= 'csv' comes next to it\n");
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
	if (s->q->time_field != -1 && !s->q->by_rows)
		buf_add_text(
		    s->out, "SET 'execution.runtime-mode' = 'batch';\n");
	else if (s->q->time_field != -1)
		buf_add_text(s->out,
		    "SET 'pipeline.auto-watermark-interval' = '0 ms';\n");
}

/* typed: --into was given, so that NOT NULL is the user's word. */
static void
write_query(struct buf *out, const struct query *q, bool typed)
{
	struct flink_sql s = { .out = out, .q = q, .typed = typed };

	if (!find_sources(&s)) {
		out->failed = true;
		return;
	}
	add_notes(&s);
	add_settings(&s);
	add_source(&s);
	add_sink(&s);
	if (q->nmade > 0 || q->having != NULL) {
		add_nested(&s);
	} else {
		add_picked(&s);
		add_from(&s);
	}
	buf_add_text(out, ";\n");
	free(s.sources);
	buf_free(&s.time_name);
}

/* Names are the user's, and this may be a terminal. */
static void
mask(struct buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (((unsigned char)b->p[i] < 0x20 && b->p[i] != '\n') ||
		    b->p[i] == 0x7f)
			b->p[i] = '?';
}

/* What is wrong with window's options, window says. */
static int
read_query(struct options *o, struct query *q, const struct opt_texts *options)
{
	static char program[] = "window";
	char **argv = calloc(options->n + 2, sizeof *argv);
	const char *own = diag_program();
	int rc;

	if (argv == NULL) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	argv[0] = program;
	for (size_t i = 0; i < options->n; i++)
		argv[i + 1] = (char *)(uintptr_t)options->text[i];
	diag_init(program);
	rc = options_parse(o, (int)options->n + 1, argv);
	if (rc == 0)
		rc = query_init(q, &o->words);
	diag_init(own);
	free(argv);
	return rc;
}

int
flink_write(struct buf *out, const struct opt_texts *options)
{
	struct options o = { 0 };
	struct query q = { 0 };
	int rc = -1;

	if (read_query(&o, &q, options) == 0) {
		write_query(out, &q, o.words.into != NULL);
		mask(out);
		rc = 0;
	}
	query_free(&q);
	options_free(&o);
	return rc;
}
