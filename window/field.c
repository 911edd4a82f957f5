/* field - a value of a line becomes a value of its column's type.
 *
 * The rules are Flink's JSON format's, made stricter where it is lax; the
 * manual page's INPUT section lists them.
 *
 * SPDX-License-Identifier: ISC */
#include "window/field.h"

#include <string.h>

#include "lib/floating.h"
#include "lib/json.h"
#include "lib/units.h"

struct range {
	int64_t min, max;
};

static const struct range integer_range[TYPE_KINDS] = {
	[TYPE_TINYINT] = { INT8_MIN, INT8_MAX },
	[TYPE_SMALLINT] = { INT16_MIN, INT16_MAX },
	[TYPE_INT] = { INT32_MIN, INT32_MAX },
	[TYPE_BIGINT] = { INT64_MIN, INT64_MAX },
};

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

/* A JSON float in an integer column: as DOUBLE, range first, then cut. */
static int
read_float_into_integer(struct span raw, const struct range *range,
    struct value *out, struct fault *fault)
{
	double d;

	/* The upper end of BIGINT is no double: 2^63 is already outside. */
	if (!floating_parse_double(raw, false, &d) || d < (double)range->min ||
	    (range->max == INT64_MAX ? d >= 0x1p63 : d > (double)range->max))
		return fault_set(fault, 0, "out of the type's range");
	*out = (struct value){ .kind = VALUE_INT, .i = (int64_t)d };
	return 0;
}

static int
read_integer(const struct field *f, const struct cell *cell,
    const struct field_env *env, struct value *out, struct fault *fault)
{
	const struct range *range = &integer_range[f->type.kind];
	struct span text;
	int64_t i;

	if (cell->kind == CELL_NUMBER) {
		text = cell->raw;
		if (has_fraction(text))
			return read_float_into_integer(text, range, out, fault);
	} else if (cell->kind == CELL_TEXT) {
		text = trim(json_text(cell, env->scratch));
	} else {
		return fault_set(fault, 0, "not a whole number");
	}
	if (units_integer(text, &i, fault) == -1) {
		if (fault != NULL)
			fault->at = 0;
		return -1;
	}
	if (i < range->min || i > range->max)
		return fault_set(fault, 0, "out of the type's range");
	*out = (struct value){ .kind = VALUE_INT, .i = i };
	return 0;
}

static int
read_floating(const struct field *f, const struct cell *cell,
    const struct field_env *env, struct value *out, struct fault *fault)
{
	bool lenient = cell->kind == CELL_TEXT;
	struct span text;
	float single;

	if (cell->kind != CELL_NUMBER && cell->kind != CELL_TEXT)
		return fault_set(fault, 0, "not a number");
	text = json_text(cell, env->scratch);
	out->kind = VALUE_DOUBLE;
	if (f->type.kind == TYPE_DOUBLE) {
		if (floating_parse_double(text, lenient, &out->d))
			return 0;
	} else if (floating_parse_float(text, lenient, &single)) {
		out->d = (double)single;
		return 0;
	}
	return fault_set(fault, 0,
	    cell->kind == CELL_NUMBER
		? "out of the type's range"
		: "not a number, or out of the type's range");
}

static int
set_decimal(enum decimal_parsed parsed, const struct decimal *d,
    struct value *out, struct fault *fault)
{
	switch (parsed) {
	case DECIMAL_OK:
		out->kind = VALUE_DECIMAL;
		out->scale = d->scale;
		out->units = d->units;
		return 0;
	case DECIMAL_NULL:
		out->kind = VALUE_NULL;
		return 0;
	case DECIMAL_BAD:
		break;
	}
	return fault_set(fault, 0, "not a number");
}

static int
read_decimal(const struct field *f, const struct cell *cell,
    const struct field_env *env, struct value *out, struct fault *fault)
{
	struct decimal d = { 0 };

	if (cell->kind != CELL_NUMBER && cell->kind != CELL_TEXT)
		return fault_set(fault, 0, "not a number");
	return set_decimal(
	    decimal_parse(json_text(cell, env->scratch),
		cell->kind == CELL_TEXT, f->type.precision, f->type.scale, &d),
	    &d, out, fault);
}

static void
read_text(
    const struct cell *cell, const struct field_env *env, struct value *out)
{
	size_t start = env->scratch->n;

	out->kind = VALUE_TEXT;
	if (cell->kind == CELL_TEXT) {
		out->text = json_text(cell, env->scratch);
	} else if (cell->kind == CELL_ARRAY || cell->kind == CELL_OBJECT) {
		json_write_compact(env->scratch, cell->raw);
		out->text = (struct span){ env->scratch->p + start,
			env->scratch->n - start };
	} else {
		out->text = cell->raw;
	}
}

/* Any scalar is taken: true is what reads "true" in any case. */
static int
read_boolean(const struct cell *cell, const struct field_env *env,
    struct value *out, struct fault *fault)
{
	struct span text;

	if (cell->kind == CELL_ARRAY || cell->kind == CELL_OBJECT)
		return fault_set(fault, 0, "neither true nor false");
	text = trim(json_text(cell, env->scratch));
	out->kind = VALUE_BOOL;
	out->i = text.n == 4 && (text.p[0] | 0x20) == 't' &&
	         (text.p[1] | 0x20) == 'r' && (text.p[2] | 0x20) == 'u' &&
	         (text.p[3] | 0x20) == 'e';
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

	if (ms > 253402300799999)
		return fault_set(fault, 0, after[unit]);
	if (ms < -62135596800000)
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
number_is_text(
    const struct field *f, const struct cell *cell, const struct field_env *env)
{
	return cell->kind == CELL_NUMBER && f->is_time && env->format != NULL;
}

static int
read_timestamp(const struct field *f, const struct cell *cell,
    const struct field_env *env, struct value *out, struct fault *fault)
{
	bool local = f->type.kind == TYPE_TIMESTAMP;

	out->kind = VALUE_INT;
	if (cell->kind == CELL_TEXT || number_is_text(f, cell, env))
		return text_time(f, json_text(cell, env->scratch), env, local,
		    &out->i, fault);
	if (cell->kind != CELL_NUMBER)
		return fault_set(fault, 0, "neither a time nor a number");
	if (number_time(f, cell->raw, env, &out->i, fault) == -1)
		return -1;
	if (local)
		out->i = zone_local_ms(env->zone, out->i);
	return 0;
}

/* Whole seconds, whatever the precision: so Flink's JSON format reads it. */
static int
read_time_of_day(const struct cell *cell, const struct field_env *env,
    struct value *out, struct fault *fault)
{
	out->kind = VALUE_INT;
	if (cell->kind != CELL_TEXT)
		return fault_set(fault, 0, "not a time, HH:MM:SS");
	if (timestamp_parse_time(
		json_text(cell, env->scratch), &out->i, fault) == -1)
		return -1;
	out->i -= out->i % 1000;
	return 0;
}

static int
read_any(const struct field *f, const struct cell *cell,
    const struct field_env *env, struct value *out, struct fault *fault)
{
	struct decimal d = { 0 };

	if (cell->kind == CELL_NUMBER && !number_is_text(f, cell, env))
		return set_decimal(
		    decimal_parse_any(cell->raw, false, &d), &d, out, fault);
	if (f->number_only)
		return fault_set(fault, 0, "not a number");
	if (cell->kind == CELL_TRUE || cell->kind == CELL_FALSE) {
		out->kind = VALUE_BOOL;
		out->i = cell->kind == CELL_TRUE;
	} else {
		read_text(cell, env, out);
	}
	return 0;
}

static int
read_by_type(const struct field *f, const struct cell *cell,
    const struct field_env *env, struct value *out, struct fault *fault)
{
	switch (f->type.kind) {
	case TYPE_ANY:
		return read_any(f, cell, env, out, fault);
	case TYPE_BOOLEAN:
		return read_boolean(cell, env, out, fault);
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
	case TYPE_BIGINT:
		return read_integer(f, cell, env, out, fault);
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return read_floating(f, cell, env, out, fault);
	case TYPE_DECIMAL:
		return read_decimal(f, cell, env, out, fault);
	case TYPE_CHAR:
	case TYPE_VARCHAR:
	case TYPE_STRING:
		read_text(cell, env, out);
		return 0;
	case TYPE_DATE:
		out->kind = VALUE_INT;
		return cell->kind != CELL_TEXT
		           ? fault_set(fault, 0, "not a date, YYYY-MM-DD")
		           : timestamp_parse_date(
				 json_text(cell, env->scratch), &out->i, fault);
	case TYPE_TIME:
		return read_time_of_day(cell, env, out, fault);
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return read_timestamp(f, cell, env, out, fault);
	case TYPE_KINDS:
		break;
	}
	return fault_set(fault, 0, "no such type");
}

/* True for one of --null. */
static bool
stands_for_null(const struct cell *cell, const struct field_env *env)
{
	size_t before = env->scratch->n;
	bool found = false;

	if (env->nnull == 0 ||
	    (cell->kind != CELL_TEXT && cell->kind != CELL_NUMBER))
		return false;
	for (size_t i = 0; i < env->nnull && !found; i++) {
		found = span_is(json_text(cell, env->scratch), env->null[i]);
		/* It is decoded once more as a value. */
		env->scratch->n = before;
	}
	return found;
}

int
field_read(const struct field *f, const struct cell *cell,
    const struct field_env *env, struct value *out, struct fault *fault)
{
	bool is_null = cell->kind == CELL_MISSING || cell->kind == CELL_NULL ||
	               stands_for_null(cell, env);

	out->kind = VALUE_NULL;
	if (!is_null && read_by_type(f, cell, env, out, fault) == -1)
		return -1;
	if (out->kind == VALUE_NULL && f->type.not_null)
		return fault_set(fault, 0,
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
		if (v->text.n > 0 && strchr("{[", v->text.p[0]) != NULL)
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
