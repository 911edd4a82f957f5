/* cast - implicit casts of INSERT INTO.
 *
 * Source: Apache Flink 1.20, the cast rules of functions/casting; seen on Flink
 * itself.
 *
 * SPDX-License-Identifier: ISC */
#include "window/cast.h"

#include "lib/floating.h"
#include "lib/utf8.h"

static bool
is_floating(enum type_kind kind)
{
	return kind == TYPE_FLOAT || kind == TYPE_DOUBLE;
}

size_t
cast_room(const struct value *v, struct type to)
{
	size_t room = v->kind == VALUE_TEXT ? v->text.n : 400;

	if (to.kind == TYPE_CHAR)
		room += (size_t)to.precision;
	return room;
}

static void
set_decimal(struct value *v, struct decimal d, struct type to)
{
	struct decimal out;

	if (!decimal_rescale(d, to.precision, to.scale, &out)) {
		v->kind = VALUE_NULL;
		return;
	}
	v->kind = VALUE_DECIMAL;
	v->scale = out.scale;
	v->units = out.units;
}

/*
 * Flink divides the units of a DECIMAL of up to 18 digits in DOUBLE, which
 * rounds twice above 2^53, and makes a FLOAT of the DOUBLE.
 */
static double
decimal_as(const struct value *v, struct type from, enum type_kind to)
{
	struct decimal d = value_decimal(v);

	/* A key comes without its trailing zeros; the column's scale counts. */
	if (from.kind == TYPE_DECIMAL && from.precision <= 18)
		return (double)(int64_t)(d.units *
					 decimal_pow10(from.scale - d.scale)) /
		       (double)(int64_t)decimal_pow10(from.scale);
	if (from.kind != TYPE_DECIMAL && to == TYPE_FLOAT)
		return (double)decimal_to_float(d);
	return decimal_to_double(d);
}

/* A number of any kind to a number type that is not an integer. */
static void
cast_number(struct value *v, struct type from, struct type to)
{
	struct decimal d;

	if (to.kind != TYPE_DECIMAL) {
		/* An integer as DOUBLE and then as FLOAT would round twice. */
		if (v->kind == VALUE_INT)
			v->d = to.kind == TYPE_FLOAT ? (double)(float)v->i
			                             : (double)v->i;
		else if (v->kind == VALUE_DECIMAL)
			v->d = decimal_as(v, from, to.kind);
		if (to.kind == TYPE_FLOAT)
			v->d = (double)(float)v->d;
		v->kind = VALUE_DOUBLE;
	} else if (v->kind == VALUE_INT) {
		set_decimal(v, (struct decimal){ v->i, 0 }, to);
	} else if (v->kind == VALUE_DECIMAL) {
		set_decimal(v, value_decimal(v), to);
	} else if (floating_to_decimal(v->d, to.precision, to.scale, &d)) {
		set_decimal(v, d, to);
	} else {
		v->kind = VALUE_NULL;
	}
}

/* An undeclared number to an integer type: cut, null if too large. */
static void
cut_to_integer(struct value *v, enum type_kind kind)
{
	int64_t most = type_integer_max(kind);
	int128 i = v->units / decimal_pow10(v->scale);

	if (i > most || i < -(int128)most - 1) {
		v->kind = VALUE_NULL;
		return;
	}
	v->kind = VALUE_INT;
	v->i = (int64_t)i;
}

/* Cuts to, and for CHAR fills up to, that many characters. */
static void
fit_text(struct value *v, struct type to, struct buf *scratch)
{
	const char *p = v->text.p, *end = p + v->text.n;
	size_t start = scratch->n;
	int chars = 0;

	if (to.kind == TYPE_STRING)
		return;
	while (p < end && chars < to.precision) {
		size_t n = utf8_length(p, end);

		p += n == 0 ? 1 : n;
		chars++;
	}
	v->text.n = (size_t)(p - v->text.p);
	if (to.kind != TYPE_CHAR || chars == to.precision)
		return;
	buf_add_span(scratch, v->text);
	for (; chars < to.precision; chars++)
		buf_add_char(scratch, ' ');
	v->text = (struct span){ scratch->p + start, scratch->n - start };
}

static void
any_to_text(struct value *v, struct type to, struct buf *scratch)
{
	size_t start = scratch->n;

	if (v->kind != VALUE_TEXT) {
		value_write_plain(scratch, v, TYPE_ANY);
		v->kind = VALUE_TEXT;
		v->text =
		    (struct span){ scratch->p + start, scratch->n - start };
	}
	fit_text(v, to, scratch);
}

/* To fewer fraction digits the rest is cut, toward 1970. */
static void
cast_time(
    struct value *v, struct type from, struct type to, const struct zone *zone)
{
	static const int64_t unit_ms[] = { 1000, 100, 10 };

	if (from.kind == TYPE_TIMESTAMP && to.kind == TYPE_TIMESTAMP_LTZ)
		v->i = zone_instant_ms(zone, v->i);
	else if (from.kind == TYPE_TIMESTAMP_LTZ && to.kind == TYPE_TIMESTAMP)
		v->i = zone_local_ms(zone, v->i);
	if (to.precision < from.precision && to.precision < 3)
		v->i -= v->i % unit_ms[to.precision];
}

static void
cast_any(struct value *v, struct type to, struct buf *scratch)
{
	if (type_is_text(to.kind)) {
		any_to_text(v, to, scratch);
	} else if (v->kind == VALUE_BOOL && to.kind == TYPE_BOOLEAN) {
		return;
	} else if (v->kind == VALUE_DECIMAL && type_is_integer(to.kind)) {
		cut_to_integer(v, to.kind);
	} else if (v->kind == VALUE_DECIMAL && type_is_number(to.kind)) {
		cast_number(v, (struct type){ .kind = TYPE_ANY }, to);
	} else {
		v->kind = VALUE_NULL;
	}
}

bool
cast_changes(struct type from, struct type to)
{
	if (to.kind == TYPE_ANY)
		return false;
	if (from.kind == TYPE_ANY || to.kind == TYPE_DECIMAL)
		return true;
	/* At one declared length text is neither cut nor filled. */
	if (type_is_text(to.kind))
		return from.kind != to.kind || from.precision != to.precision;
	if (type_is_timestamp(to.kind))
		return from.kind != to.kind || to.precision < from.precision;
	return is_floating(to.kind) && from.kind != to.kind;
}

void
cast_value(struct value *v, struct type from, struct type to,
    const struct zone *zone, struct buf *scratch)
{
	if (v->kind == VALUE_NULL || !cast_changes(from, to))
		return;
	if (from.kind == TYPE_ANY)
		cast_any(v, to, scratch);
	else if (type_is_text(to.kind))
		fit_text(v, to, scratch);
	else if (type_is_timestamp(to.kind))
		cast_time(v, from, to, zone);
	else
		cast_number(v, from, to);
}
