/* flink_source - the table that is read, in Flink's SQL.
 * SPDX-License-Identifier: ISC */
#include "window/flink_inner.h"

#include <stdlib.h>

/* --- what was not declared ----------------------------------------------- */

static bool
is_ordered(const struct agg_call *call)
{
	return call->agg->bind == agg_bind_min ||
	       call->agg->bind == agg_bind_max;
}

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
		if (q->calls[i].field == field && is_ordered(&q->calls[i]))
			return number;
	return text;
}

const struct flink_source *
flink_source_of(const struct flink_sql *s, int field)
{
	for (size_t i = 0; i < s->nsources; i++)
		if (column_same_name(
			s->sources[i].path, s->q->fields[field].name))
			return &s->sources[i];
	return NULL;
}

bool
flink_find_sources(struct flink_sql *s, const struct columns *from)
{
	s->sources = calloc(from->n + s->q->nfields + 1, sizeof *s->sources);
	if (s->sources == NULL)
		return false;
	for (size_t i = 0; i < from->n; i++)
		if (from->col[i].type.kind != TYPE_ANY)
			s->sources[s->nsources++] =
			    (struct flink_source){ from->col[i].name,
				    from->col[i].type, false };
	for (size_t i = 0; i < s->q->nfields; i++)
		if (flink_source_of(s, (int)i) == NULL)
			s->sources[s->nsources++] =
			    (struct flink_source){ s->q->fields[i].name,
				    guess(s->q, (int)i), true };
	/* TO_TIMESTAMP() takes text, and is what takes a format. */
	for (size_t i = 0; s->q->time_format != NULL && i < s->nsources; i++)
		if (column_same_name(s->sources[i].path,
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
		flink_take_part(&a, &x);
		flink_take_part(&b, &y);
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
			flink_take_part(&rest, &part);
		buf_add_text(s->out, first ? "" : ", ");
		first = false;
		flink_add_name(s->out, buf_text(&part) == NULL ? "" : part.p);
		buf_add_char(s->out, ' ');
		if (*rest != '\0') {
			buf_add_text(s->out, "ROW<");
			add_columns(s, c->path, depth + 1);
			buf_add_char(s->out, '>');
		} else {
			flink_add_type(s->out, c->type);
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

		flink_take_part(&path, &part);
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

	flink_add_name(s->out, name == NULL ? "" : name);
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
		flink_add_field(s->out, path);
		buf_add_text(s->out, " AS DECIMAL(20, 6)) * 1000, 3)");
		return;
	}
	buf_addf(s->out, "TO_TIMESTAMP(%s", f == NULL ? "REPLACE(" : "");
	flink_add_field(s->out, path);
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
		flink_add_field(s->out, time->path);
		buf_add_text(s->out, s->q->unit == TIME_S && has_decimals
					 ? " * 1000, 3)"
					 : factor[s->q->unit]);
	} else if (type_is_text(kind)) {
		add_text_time(s, time->path);
	} else if (time->type.precision > 3 || kind == TYPE_DATE) {
		buf_add_text(s->out, "CAST(");
		flink_add_field(s->out, time->path);
		buf_addf(s->out, " AS %s(3))",
		    type_kind_name(kind == TYPE_DATE ? TYPE_TIMESTAMP : kind));
	} else {
		flink_add_field(s->out, time->path);
	}
}

void
flink_add_time(struct flink_sql *s)
{
	const struct query *q = s->q;

	if (q->processing_time || s->computed_time)
		add_time_name(s);
	else
		flink_add_field(s->out, q->fields[q->time_field].name);
}

static bool
is_timestamp(enum type_kind kind)
{
	return kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;
}

void
flink_add_source(struct flink_sql *s)
{
	const struct query *q = s->q;
	const struct flink_source *time =
	    q->processing_time ? NULL : flink_source_of(s, q->time_field);

	buf_add_text(s->out, "CREATE TABLE readings (");
	add_columns(s, "", 0);
	if (time == NULL) {
		buf_add_text(s->out, s->nsources > 0 ? ", " : "");
		name_time(s, "proc_time");
		add_time_name(s);
		buf_add_text(s->out, " AS PROCTIME()");
	} else {
		/* A watermark is for a column of the table, of ms at most. */
		s->computed_time = !is_timestamp(time->type.kind) ||
		                   time->type.precision > 3 ||
		                   strchr(time->path, '.') != NULL;
		if (s->computed_time)
			add_computed_time(s, time);
		buf_add_text(s->out, ",\n  WATERMARK FOR ");
		flink_add_time(s);
		buf_add_text(s->out, " AS ");
		flink_add_time(s);
		if (q->by_rows && q->delay_ms > 0) {
			buf_add_text(s->out, " - ");
			flink_add_interval(s->out, q->delay_ms);
		}
	}
	buf_addf(s->out,
	    ")\nWITH ('connector' = 'filesystem', 'path' = '${input}', "
	    "'format' = 'json', 'json.timestamp-format.standard' = "
	    "'ISO-8601'%s);\n",
	    q->on_bad == ON_BAD_NULL ? ", 'json.ignore-parse-errors' = 'true'"
				     : "");
}
