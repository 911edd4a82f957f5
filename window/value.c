/* value - one value of a column.
 * SPDX-License-Identifier: ISC */
#include "window/value.h"

#include <stdlib.h>
#include <string.h>

#include "lib/floating.h"
#include "lib/json.h"
#include "lib/timestamp.h"

/* The bits of a double as an integer that sorts as the doubles do. */
static int64_t
double_rank(double d)
{
	int64_t bits;

	memcpy(&bits, &d, sizeof bits);
	return bits < 0 ? INT64_MIN - bits - 1 : bits;
}

int
value_order(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	switch (a->kind) {
	case VALUE_NULL:
		return 0;
	case VALUE_BOOL:
	case VALUE_INT:
		return (a->i > b->i) - (a->i < b->i);
	case VALUE_DOUBLE: {
		int64_t x = double_rank(a->d), y = double_rank(b->d);

		return (x > y) - (x < y);
	}
	case VALUE_DECIMAL:
		if (a->scale == b->scale)
			return (a->units > b->units) - (a->units < b->units);
		return decimal_order(value_decimal(a), value_decimal(b));
	case VALUE_TEXT:
		return span_order(a->text, b->text);
	}
	return 0;
}

static void
write_int(struct buf *out, int64_t i, enum type_kind type)
{
	switch (type) {
	case TYPE_DATE:
		timestamp_write_date(out, i);
		break;
	case TYPE_TIME:
		timestamp_write_time(out, i);
		break;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		timestamp_write(out, i, type == TYPE_TIMESTAMP_LTZ);
		break;
	default:
		buf_add_i64(out, i);
		break;
	}
}

static bool
is_time(enum type_kind type)
{
	return type == TYPE_DATE || type == TYPE_TIME ||
	       type == TYPE_TIMESTAMP || type == TYPE_TIMESTAMP_LTZ;
}

static bool
int_fits(int64_t i, enum type_kind type)
{
	static const int64_t day_ms = 86400000, far = (int64_t)1 << 62;

	if (type == TYPE_TIME)
		return i >= 0 && i < day_ms;
	if (type == TYPE_DATE)
		return i > -far / day_ms && i < far / day_ms;
	if (is_time(type))
		return i > -far && i < far;
	return type_is_integer(type);
}

bool
value_fits(const struct value *v, enum type_kind type)
{
	int128 over = decimal_pow10(DECIMAL_DIGITS_MAX);

	switch (v->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return type == TYPE_BOOLEAN || type == TYPE_ANY;
	case VALUE_INT:
		return int_fits(v->i, type);
	case VALUE_DOUBLE:
		return type == TYPE_FLOAT || type == TYPE_DOUBLE;
	case VALUE_DECIMAL:
		return (type == TYPE_DECIMAL || type == TYPE_ANY) &&
		       v->scale >= 0 && v->scale <= DECIMAL_DIGITS_MAX &&
		       v->units < over && v->units > -over;
	case VALUE_TEXT:
		return type_is_text(type) || type == TYPE_ANY;
	}
	return false;
}

void
value_write(struct buf *out, const struct value *v, enum type_kind type,
    enum decimal_form form)
{
	switch (v->kind) {
	case VALUE_NULL:
		buf_add_text(out, "null");
		break;
	case VALUE_BOOL:
		buf_add_text(out, v->i != 0 ? "true" : "false");
		break;
	case VALUE_INT:
		if (is_time(type))
			buf_add_char(out, '"');
		write_int(out, v->i, type);
		if (is_time(type))
			buf_add_char(out, '"');
		break;
	case VALUE_DOUBLE:
		if (type == TYPE_FLOAT)
			floating_write_float(out, (float)v->d);
		else
			floating_write_double(out, v->d);
		break;
	case VALUE_DECIMAL:
		if (form == DECIMAL_FLINK)
			decimal_write_flink(out, value_decimal(v));
		else
			decimal_write(out, value_decimal(v));
		break;
	case VALUE_TEXT:
		json_write_text(out, v->text);
		break;
	}
}

void
value_write_plain(struct buf *out, const struct value *v, enum type_kind type)
{
	if (v->kind == VALUE_TEXT)
		buf_add_span(out, v->text);
	else if (v->kind == VALUE_INT)
		write_int(out, v->i, type);
	else
		value_write(out, v, type, DECIMAL_PLAIN);
}

int
rows_init(struct rows *rows, size_t nfields)
{
	*rows = (struct rows){ .stride = nfields + 1 };
	rows->values =
	    calloc(2 * ROWS_MAX * rows->stride, sizeof *rows->values);
	if (rows->values == NULL)
		return -1;
	rows->kept = rows->values + ROWS_MAX * rows->stride;
	return 0;
}

void
rows_free(struct rows *rows)
{
	free(rows->values);
	rows->values = NULL;
}
