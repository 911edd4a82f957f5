/* flink_source - what a query of window's reads, as columns and expressions of
 * Flink's SQL.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/flink_source.h"

#include <stdlib.h>
#include <string.h>

#include "lib/path.h"
#include "windowpipe/flink_zone.h"

/* --- columns -------------------------------------------------------------- */

/* Numbers where numbers are computed with, else what --into says, or text. */
static struct type
guess(const struct query *q, int field)
{
	static const struct type number = { TYPE_DECIMAL, 38, 6, false };
	static const struct type epoch = { TYPE_BIGINT, 0, 0, false };
	static const struct type text = { TYPE_STRING, 0, 0, false };

	/* Text of any kind, a number too; with --time-unit it is a number. */
	if (field == q->time_field)
		return q->unit_given ? epoch : text;
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

static const struct flink_column *
find(const struct flink_source *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (path_same(s->column[i].path, path))
			return &s->column[i];
	return NULL;
}

const struct flink_column *
flink_source_column(const struct flink_source *s, int field)
{
	return find(s, s->q->fields[field].name);
}

static void
find_columns(struct flink_source *s)
{
	const struct query *q = s->q;

	for (size_t i = 0; i < q->from.n; i++)
		if (q->from.col[i].type.kind != TYPE_ANY)
			s->column[s->n++] =
			    (struct flink_column){ q->from.col[i].name,
				    q->from.col[i].type, false, { NULL, 0 } };
	for (size_t i = 0; i < q->nfields; i++)
		if (flink_source_column(s, (int)i) == NULL)
			s->column[s->n++] =
			    (struct flink_column){ q->fields[i].name,
				    guess(q, (int)i), true, { NULL, 0 } };
	for (size_t k = 0; k < q->ncomputed; k++) {
		int i = (int)(q->nfields + k);
		const struct field *f = &q->fields[i];

		if (q->computed[k].by == BY_FROM)
			s->column[s->n++] = (struct flink_column){ f->name,
				f->type.kind == TYPE_ANY ? guess(q, i)
							 : f->type,
				false, q->computed[k].text };
	}
}

/* A format is read by TO_TIMESTAMP(), which takes text. */
static bool
is_formatted(const struct flink_source *s, const struct flink_column *c)
{
	return c == s->time && s->q->time_format != NULL;
}

struct type
flink_source_type(const struct flink_source *s, int field)
{
	const struct flink_column *c = flink_source_column(s, field);
	struct type type = s->q->fields[field].type;

	return is_formatted(s, c) && type.kind != TYPE_ANY ? type : c->type;
}

/* --- the event time ------------------------------------------------------- */

/*
 * The pattern of Java's DateTimeFormatter, within quotes of SQL.  Letters that
 * stand for themselves are quoted as one: 'a''t' would be a't.
 */
static void
add_pattern(struct buf *out, const char *format)
{
	static const char letters[] = "YymbdjHIpMSfzZaw";
	static const char *const patterns[] = { "yyyy", "yy", "MM", "MMM", "dd",
		"DDD", "HH", "hh", "a", "mm", "ss", "SSS", "XX", "z", "EEE",
		"e" };

	bool quoted = false, quotes;

	buf_add_char(out, '\'');
	for (const char *p = format, *at; *p != '\0'; p++) {
		at = *p == '%' ? strchr(letters, p[1]) : NULL;
		if (*p == '%')
			p++;
		quotes = at == NULL &&
		         (strchr("[]{}#'", *p) != NULL ||
			     ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z'));
		if (quotes != quoted)
			buf_add_text(out, "''");
		quoted = quotes;
		if (at != NULL)
			buf_add_text(out, patterns[at - letters]);
		else if (*p == '\'')
			buf_add_text(out, "''''");
		else
			buf_add_char(out, *p);
	}
	buf_add_text(out, quoted ? "'''" : "'");
}

/* TO_TIMESTAMP_LTZ() cuts toward 1970, and takes seconds or milliseconds. */
static void
add_epoch(
    struct buf *out, enum time_unit unit, struct type type, struct span value)
{
	static const char *const to_ms[] = { " * 1000", "", " / 1000.0",
		" / 1000000.0" };
	bool whole = type_is_integer(type.kind);

	buf_add_text(out, "TO_TIMESTAMP_LTZ(");
	/* Of a DOUBLE the product would not be exact. */
	if (unit == TIME_S && type.kind != TYPE_DECIMAL) {
		buf_add_span(out, value);
		buf_add_text(out, ", 0)");
		return;
	}
	if (unit == TIME_MS && whole) {
		buf_add_span(out, value);
	} else {
		buf_add_text(out, "FLOOR(");
		buf_add_span(out, value);
		buf_addf(out, "%s)", to_ms[unit]);
	}
	buf_add_text(out, ", 3)");
}

/*
 * 2026-01-31T23:59:59.999, with a blank for the T, a date alone; in UTC also
 * with Z or an offset behind it.  In another zone what has one is null, and
 * ends the job: it would be read as if it had none.
 */
static void
add_spelled(struct buf *out, bool is_utc, struct span value)
{
#define OFFSET "'[T ][0-9:.]+ ?([+-])([0-9]{2}):?([0-9]{2})?$', "
	const char *p = value.p;
	int n = (int)value.n;

	if (!is_utc) {
		buf_addf(out, "TO_TIMESTAMP(REPLACE(%.*s, 'T', ' '))", n, p);
		return;
	}
	buf_addf(out,
	    "TIMESTAMPADD(MINUTE, -COALESCE(CAST(REGEXP_EXTRACT(%.*s, " OFFSET
	    "1) || REGEXP_EXTRACT(%.*s, " OFFSET "2) AS INT) * 60 + "
	    "CAST(REGEXP_EXTRACT(%.*s, " OFFSET
	    "1) || COALESCE(REGEXP_EXTRACT(%.*s, " OFFSET
	    "3), '0') AS INT), 0), TO_TIMESTAMP(REPLACE(REGEXP_EXTRACT(%.*s, "
	    "'^([-0-9]+([T ][0-9:.]+)?) ?(Z|[+-][0-9:]+)?$', 1), 'T', ' ')))",
	    n, p, n, p, n, p, n, p, n, p);
#undef OFFSET
}

/* Text as window reads an event time. */
static void
add_text_time(const struct flink_source *s, struct buf *out, struct span value)
{
	static const struct type decimal = { TYPE_DECIMAL, 38, 9, false };
	const struct time_format *f = s->q->time_format;
	bool is_utc = s->q->zone == NULL;
	struct buf number = { 0 };

	if (f != NULL && strncmp(f->text, "%s", 2) == 0) {
		buf_addf(&number, "CAST(%.*s AS DECIMAL(38, 9))", (int)value.n,
		    value.p);
		add_epoch(out, TIME_S, decimal, buf_span(&number));
	} else if (f != NULL) {
		buf_add_text(out, "TO_TIMESTAMP(");
		buf_add_span(out, value);
		buf_add_text(out, ", ");
		add_pattern(out, f->text);
		buf_add_char(out, ')');
	} else if (s->time->guessed) {
		buf_addf(&number, "CAST(%.*s AS DECIMAL(38, 9))", (int)value.n,
		    value.p);
		buf_addf(out,
		    "CASE WHEN REGEXP(%.*s, '^[+-]?[0-9]+([.][0-9]*)?$') THEN "
		    "CAST(",
		    (int)value.n, value.p);
		add_epoch(out, s->q->unit, decimal, buf_span(&number));
		buf_add_text(out, " AS TIMESTAMP(3)) ELSE ");
		add_spelled(out, is_utc, value);
		buf_add_text(out, " END");
	} else {
		add_spelled(out, is_utc, value);
	}
	out->failed |= number.failed;
	buf_free(&number);
}

/* Numbers are instants, like TIMESTAMP_LTZ; texts are read as local times. */
static bool
is_instant(const struct flink_source *s)
{
	enum type_kind kind = s->time->type.kind;

	return kind == TYPE_TIMESTAMP_LTZ || type_is_number(kind) ||
	       (s->q->time_format != NULL &&
		   strncmp(s->q->time_format->text, "%s", 2) == 0);
}

/* The event time of a row, of three digits of a second. */
static void
add_event_time(const struct flink_source *s, struct buf *out)
{
	const struct flink_column *c = s->time;
	enum type_kind kind = c->type.kind;
	struct buf value = { 0 };

	if (c->expression.n > 0) {
		buf_add_char(&value, '(');
		flink_add_expression(&value, c->expression,
		    flink_source_add_inner, (void *)(uintptr_t)s);
		buf_add_char(&value, ')');
	} else {
		flink_add_path(&value, c->path);
	}
	if (type_is_number(kind))
		add_epoch(out, s->q->unit, c->type, buf_span(&value));
	else if (type_is_text(kind))
		add_text_time(s, out, buf_span(&value));
	else if (c->type.precision > 3 || kind == TYPE_DATE)
		buf_addf(out, "CAST(%.*s AS %s(3))", (int)value.n, value.p,
		    type_kind_name(kind == TYPE_DATE ? TYPE_TIMESTAMP : kind));
	else
		buf_add_span(out, buf_span(&value));
	out->failed |= value.failed;
	buf_free(&value);
}

void
flink_source_add_time(const struct flink_source *s, struct buf *out)
{
	if (s->wall)
		buf_add_text(out, "CAST(");
	add_event_time(s, out);
	if (s->wall)
		buf_add_text(out, " AS TIMESTAMP(3))");
	flink_add_shift(out, s->shift_ms);
}

/* --- values --------------------------------------------------------------- */

static void
add_value(
    const struct flink_source *s, struct buf *out, const char *path, bool inner)
{
	const struct flink_column *c = find(s, path);
	struct type type;

	if (c != NULL && is_formatted(s, c) &&
	    s->q->fields[s->q->time_field].type.kind != TYPE_ANY) {
		type = s->q->fields[s->q->time_field].type;
		type.not_null = false;
		buf_add_text(out, "CAST(");
		add_event_time(s, out);
		buf_add_text(out, " AS ");
		flink_add_type(out, type);
		buf_add_char(out, ')');
	} else if (c != NULL && inner && c->expression.n > 0) {
		buf_add_char(out, '(');
		flink_add_expression(out, c->expression, flink_source_add_inner,
		    (void *)(uintptr_t)s);
		buf_add_char(out, ')');
	} else {
		flink_add_path(out, c == NULL ? path : c->path);
	}
}

void
flink_source_add(void *source, struct buf *out, const char *path)
{
	add_value(source, out, path, false);
}

void
flink_source_add_inner(void *source, struct buf *out, const char *path)
{
	add_value(source, out, path, true);
}

bool
flink_source_init(struct flink_source *s, const struct query *q, bool tables)
{
	*s = (struct flink_source){ .q = q };
	s->column = calloc(q->from.n + q->nall + 1, sizeof *s->column);
	if (s->column == NULL)
		return false;
	find_columns(s);
	if (q->time_field == -1)
		return true;
	s->time = flink_source_column(s, q->time_field);
	if (q->time_format != NULL)
		s->column[s->time - s->column].type =
		    (struct type){ .kind = TYPE_STRING };
	s->shift_ms = q->grid.offset_ms;
	s->wall = tables && is_instant(s) && flink_zone_is_fixed(q);
	/* A watermark is for a column of the table, of ms at most. */
	s->made = !type_is_timestamp(s->time->type.kind) ||
	          s->time->type.precision > 3 ||
	          strchr(s->time->path, '.') != NULL || s->wall ||
	          s->shift_ms != 0;
	return true;
}

void
flink_source_free(struct flink_source *s)
{
	free(s->column);
	*s = (struct flink_source){ 0 };
}
