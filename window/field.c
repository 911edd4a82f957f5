/* field - a value of a line becomes a value of its column's type.
 *
 * The rules are Flink's JSON format's, made stricter where it is lax; the
 * manual page's INPUT section lists them.
 *
 * SPDX-License-Identifier: ISC */
#include "window/field.h"

#include <string.h>
#include <strings.h>

#include "lib/csv.h"
#include "lib/floating.h"
#include "lib/json.h"
#include "lib/units.h"

/* One value on its way from the line to its column. */
struct reading {
	const struct field *f;
	const struct cell *cell;
	const struct field_env *env;
	struct value *out;
	struct fault *fault; /* or NULL */
};

static int
bad(const struct reading *r, const char *what)
{
	return fault_set(r->fault, 0, what);
}

static bool
is_scalar(const struct reading *r)
{
	return r->cell->kind == CELL_NUMBER || r->cell->kind == CELL_TEXT;
}

static struct span
text_of(const struct reading *r)
{
	if (r->cell->doubled != '\0')
		return csv_text(r->cell, r->env->scratch);
	return json_text(r->cell, r->env->scratch);
}

/* Text of a number may have characters up to U+0020 around it. */
static struct span
trim(struct span s)
{
	while (s.n > 0 && (unsigned char)s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

static bool
has_fraction(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '.' || s.p[i] == 'e' || s.p[i] == 'E')
			return true;
	return false;
}

/* A JSON float in an integer column is a DOUBLE: its range first, then cut. */
static int
read_integer(const struct reading *r)
{
	int64_t most = type_integer_max(r->f->type.kind), i;
	bool cut = r->cell->kind == CELL_NUMBER && has_fraction(r->cell->raw);
	struct fault why;
	double d;

	if (!is_scalar(r))
		return bad(r, "not a whole number");
	if (cut) {
		/* The end of BIGINT is no double: 2^63 is already outside. */
		if (!floating_parse_double(r->cell->raw, false, &d) ||
		    d < -(double)most - 1 ||
		    (most == INT64_MAX ? d >= 0x1p63 : d > (double)most))
			return bad(r, "out of the type's range");
		i = (int64_t)d;
	} else if (units_integer(trim(text_of(r)), &i, &why) == -1) {
		return bad(r, why.what);
	} else if (i > most || i < -most - 1) {
		return bad(r, "out of the type's range");
	}
	*r->out = (struct value){ .kind = VALUE_INT, .i = i };
	return 0;
}

static int
read_floating(const struct reading *r)
{
	bool lenient = r->cell->kind == CELL_TEXT;
	float single;

	if (!is_scalar(r))
		return bad(r, "not a number");
	r->out->kind = VALUE_DOUBLE;
	if (r->f->type.kind == TYPE_DOUBLE) {
		if (floating_parse_double(text_of(r), lenient, &r->out->d))
			return 0;
	} else if (floating_parse_float(text_of(r), lenient, &single)) {
		r->out->d = (double)single;
		return 0;
	}
	return bad(r, lenient ? "not a number, or out of the type's range"
			      : "out of the type's range");
}

static int
set_decimal(const struct reading *r, enum decimal_parsed parsed,
    const struct decimal *d)
{
	if (parsed == DECIMAL_BAD)
		return bad(r, "not a number");
	if (parsed == DECIMAL_OK) {
		r->out->kind = VALUE_DECIMAL;
		r->out->scale = d->scale;
		r->out->units = d->units;
	}
	return 0;
}

static int
read_decimal(const struct reading *r)
{
	struct decimal d = { 0 };

	if (!is_scalar(r))
		return bad(r, "not a number");
	return set_decimal(r,
	    decimal_parse(text_of(r), r->cell->kind == CELL_TEXT,
		r->f->type.precision, r->f->type.scale, &d),
	    &d);
}

/* Objects and arrays are text without blanks, anything else as it stands. */
static int
read_text(const struct reading *r)
{
	struct buf *scratch = r->env->scratch;
	size_t start = scratch->n;

	r->out->kind = VALUE_TEXT;
	if (r->cell->kind != CELL_ARRAY && r->cell->kind != CELL_OBJECT) {
		r->out->text = text_of(r);
		return 0;
	}
	json_write_compact(scratch, r->cell->raw);
	r->out->text = (struct span){ scratch->p + start, scratch->n - start };
	return 0;
}

/* Any scalar is taken: true is what reads "true" in any case. */
static int
read_boolean(const struct reading *r)
{
	struct span text;

	if (r->cell->kind == CELL_ARRAY || r->cell->kind == CELL_OBJECT)
		return bad(r, "neither true nor false");
	text = trim(text_of(r));
	r->out->kind = VALUE_BOOL;
	r->out->i = text.n == 4 && strncasecmp(text.p, "true", 4) == 0;
	return 0;
}

/* A decimal number of units since 1970 as ms, cut toward the past. */
static int
decimal_time(
    struct decimal d, enum time_unit unit, int64_t *ms, struct fault *fault)
{
	/* 10^-3, 1, 10^3, 10^6 units a ms: a shift of the decimal point. */
	static const int shift[] = {
		[TIME_S] = -3, [TIME_MS] = 0, [TIME_US] = 3, [TIME_NS] = 6
	};
	int scale = d.scale + shift[unit];
	int128 q = d.units;

	if (scale < 0) {
		if (q > (int128)FIELD_TIME_MAX_MS ||
		    q < -(int128)FIELD_TIME_MAX_MS)
			return fault_set(fault, 0, "a time out of range");
		q *= decimal_pow10(-scale);
	} else if (scale > 0) {
		/* Of more than 38 decimals only the sign is left. */
		int128 pow =
		    scale > DECIMAL_DIGITS_MAX ? 0 : decimal_pow10(scale);

		if (pow == 0)
			q = q < 0 ? -1 : 0;
		else
			q = q / pow - (q % pow < 0);
	}
	if (q > (int128)FIELD_TIME_MAX_MS || q < -(int128)FIELD_TIME_MAX_MS)
		return fault_set(fault, 0, "a time out of range");
	*ms = (int64_t)q;
	return 0;
}

/* As timestamp_parse() binds dates, 0001 to 9999: numbers that are none of
 * their years are mostly of another unit. */
static int
check_years(int64_t ms, enum time_unit unit, struct fault *fault)
{
	static const char *const after[] = {
		"beyond the year 9999 in seconds; try --time-unit ms, us or ns",
		("beyond the year 9999 in milliseconds; try --time-unit us or "
		 "ns"),
		"beyond the year 9999 in microseconds; try --time-unit ns",
		"beyond the year 9999",
	};

	if (ms > TIMESTAMP_LAST_MS)
		return fault_set(fault, 0, after[unit]);
	if (ms < TIMESTAMP_FIRST_MS)
		return fault_set(fault, 0, "before the year 0001");
	return 0;
}

static int
number_time(const struct field *f, struct span text,
    const struct field_env *env, int64_t *ms, struct fault *fault)
{
	struct decimal d = { 0 };
	enum decimal_parsed parsed = decimal_parse_any(text, true, &d);

	if (parsed != DECIMAL_OK)
		return fault_set(fault, 0, "a time out of range");
	if (decimal_time(d, env->unit, ms, fault) == -1)
		return -1;
	return f->is_time ? check_years(*ms, env->unit, fault) : 0;
}

bool
field_is_digits(struct span text)
{
	const char *p = text.p, *end = p + text.n;
	int parts = 0;

	if (p < end && (*p == '+' || *p == '-'))
		p++;
	for (const char *start = p; p <= end; p++) {
		if (p < end && *p >= '0' && *p <= '9')
			continue;
		if (p == start || (p < end && (*p != '.' || parts == 1)))
			return false;
		parts++;
		start = p + 1;
	}
	return true;
}

int
field_time_text(const struct field *f, struct span text,
    const struct field_env *env, int64_t *ms, bool *zoned, struct fault *fault)
{
	if (f->is_time && env->format != NULL)
		return time_format_read(
		    env->format, text, env->now_ms, ms, zoned, fault);
	if (timestamp_parse(text, ms, zoned, fault) == 0)
		return 0;
	*zoned = true;
	return field_is_digits(text) ? number_time(f, text, env, ms, fault)
	                             : -1;
}

static int
text_time(const struct field *f, struct span text, const struct field_env *env,
    bool local, int64_t *ms, struct fault *fault)
{
	bool zoned;

	if (field_time_text(f, text, env, ms, &zoned, fault) == -1)
		return -1;
	if (zoned && local)
		*ms = zone_local_ms(env->zone, *ms);
	else if (!zoned && !local)
		*ms = zone_instant_ms(env->zone, *ms);
	return 0;
}

/* A number that a format is to read, such as 20261128. */
static bool
number_is_text(const struct reading *r)
{
	return r->cell->kind == CELL_NUMBER && r->f->is_time &&
	       r->env->format != NULL;
}

static int
read_timestamp(const struct reading *r)
{
	bool local = r->f->type.kind == TYPE_TIMESTAMP;
	int64_t *ms = &r->out->i;

	r->out->kind = VALUE_INT;
	if (r->cell->kind == CELL_TEXT || number_is_text(r))
		return text_time(r->f, text_of(r), r->env, local, ms, r->fault);
	if (r->cell->kind != CELL_NUMBER)
		return bad(r, "neither a time nor a number");
	if (number_time(r->f, r->cell->raw, r->env, ms, r->fault) == -1)
		return -1;
	if (local)
		*ms = zone_local_ms(r->env->zone, *ms);
	return 0;
}

static int
read_date(const struct reading *r)
{
	r->out->kind = VALUE_INT;
	if (r->cell->kind != CELL_TEXT)
		return bad(r, "not a date, YYYY-MM-DD");
	return timestamp_parse_date(text_of(r), &r->out->i, r->fault);
}

/* Whole seconds, whatever the precision: so Flink's JSON format reads it. */
static int
read_time_of_day(const struct reading *r)
{
	r->out->kind = VALUE_INT;
	if (r->cell->kind != CELL_TEXT)
		return bad(r, "not a time, HH:MM:SS");
	if (timestamp_parse_time(text_of(r), &r->out->i, r->fault) == -1)
		return -1;
	r->out->i -= r->out->i % 1000;
	return 0;
}

/* What a cell of CSV is where nothing says so: what JSON would have it be. */
static enum cell_kind
bare_kind(struct span text)
{
	struct json_scan s = { text.p, text.p + text.n, text.p, 0, NULL };
	struct cell literal;

	if (text.n == 0 || strchr("-0123456789tf", text.p[0]) == NULL ||
	    json_scan_value(&s, &literal) == -1 || s.p < s.end)
		return CELL_TEXT;
	return literal.kind;
}

static int
read_any(const struct reading *as_it_stands)
{
	struct reading reading = *as_it_stands, *r = &reading;
	struct cell literal = *r->cell;
	struct decimal d = { 0 };

	if (literal.bare) {
		literal.kind = bare_kind(literal.raw);
		r->cell = &literal;
	}
	if (r->cell->kind == CELL_NUMBER && !number_is_text(r))
		return set_decimal(
		    r, decimal_parse_any(r->cell->raw, false, &d), &d);
	if (r->f->number_only)
		return bad(r, "not a number");
	if (r->cell->kind != CELL_TRUE && r->cell->kind != CELL_FALSE)
		return read_text(r);
	r->out->kind = VALUE_BOOL;
	r->out->i = r->cell->kind == CELL_TRUE;
	return 0;
}

static int (*const read_type[TYPE_KINDS])(const struct reading *) = {
	[TYPE_ANY] = read_any,
	[TYPE_BOOLEAN] = read_boolean,
	[TYPE_TINYINT] = read_integer,
	[TYPE_SMALLINT] = read_integer,
	[TYPE_INT] = read_integer,
	[TYPE_BIGINT] = read_integer,
	[TYPE_FLOAT] = read_floating,
	[TYPE_DOUBLE] = read_floating,
	[TYPE_DECIMAL] = read_decimal,
	[TYPE_CHAR] = read_text,
	[TYPE_VARCHAR] = read_text,
	[TYPE_STRING] = read_text,
	[TYPE_DATE] = read_date,
	[TYPE_TIME] = read_time_of_day,
	[TYPE_TIMESTAMP] = read_timestamp,
	[TYPE_TIMESTAMP_LTZ] = read_timestamp,
};

/* True for one of --null. */
static bool
stands_for_null(const struct reading *r)
{
	size_t before = r->env->scratch->n;
	bool found = false;

	for (size_t i = 0; i < r->env->nnull && is_scalar(r) && !found; i++) {
		found = span_is(text_of(r), r->env->null[i]);
		/* It is decoded once more as a value. */
		r->env->scratch->n = before;
	}
	return found;
}

int
field_read(const struct field *f, const struct cell *cell,
    const struct field_env *env, struct value *out, struct fault *fault)
{
	struct reading r = { f, cell, env, out, fault };
	bool is_null = cell->kind == CELL_MISSING || cell->kind == CELL_NULL ||
	               stands_for_null(&r);

	out->kind = VALUE_NULL;
	if (!is_null && read_type[f->type.kind](&r) == -1)
		return -1;
	if (out->kind == VALUE_NULL && f->type.not_null)
		return bad(&r,
		    cell->kind == CELL_MISSING ? "missing, but NOT NULL"
		    : cell->kind == CELL_NULL  ? "null, but NOT NULL"
					       : "does not fit, but NOT NULL");
	return out->kind == VALUE_NULL && !is_null;
}

int
field_time(const struct field *f, const struct value *v,
    const struct field_env *env, int64_t *ms, struct fault *fault)
{
	struct decimal d;

	switch (v->kind) {
	case VALUE_NULL:
		return fault_set(fault, 0, "an event time must not be null");
	case VALUE_BOOL:
		return fault_set(fault, 0, "neither a time nor a number");
	case VALUE_TEXT: /* of an object or an array, too */
		if (env->format == NULL && v->text.n > 0 &&
		    strchr("{[", v->text.p[0]) != NULL)
			return fault_set(
			    fault, 0, "neither a time nor a number");
		return text_time(f, v->text, env, false, ms, fault);
	case VALUE_INT:
		if (!type_is_integer(f->type.kind)) {
			*ms =
			    f->type.kind == TYPE_DATE ? v->i * 86400000 : v->i;
			return 0;
		}
		d = (struct decimal){ v->i, 0 };
		break;
	case VALUE_DECIMAL:
		d = value_decimal(v);
		break;
	case VALUE_DOUBLE:
		if (!(f->type.kind == TYPE_FLOAT
			    ? floating_float_to_decimal(
				  (float)v->d, DECIMAL_DIGITS_MAX, 15, &d)
			    : floating_to_decimal(
				  v->d, DECIMAL_DIGITS_MAX, 15, &d)))
			return fault_set(fault, 0, "a time out of range");
		break;
	default:
		return fault_set(fault, 0, "neither a time nor a number");
	}
	return decimal_time(d, env->unit, ms, fault) == -1
	           ? -1
	           : check_years(*ms, env->unit, fault);
}
