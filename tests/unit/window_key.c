/* window_key - keys as bytes: they sort as the values do and read back.
 * SPDX-License-Identifier: ISC */
#include "window/key.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/random.h"

static struct value
null_value(void)
{
	return (struct value){ .kind = VALUE_NULL };
}

static struct value
bool_value(bool b)
{
	return (struct value){ .kind = VALUE_BOOL, .i = b };
}

static struct value
int_value(int64_t i)
{
	return (struct value){ .kind = VALUE_INT, .i = i };
}

static struct value
double_value(double d)
{
	return (struct value){ .kind = VALUE_DOUBLE, .d = d };
}

static struct value
decimal_value(int128 units, int scale)
{
	struct value v = { .kind = VALUE_DECIMAL, .scale = scale };

	v.units = units;
	return v;
}

static struct value
text_value(const char *p, size_t n)
{
	return (struct value){ .kind = VALUE_TEXT, .text = { p, n } };
}

/* Few different ones, so that equal values meet. */
static struct value
random_decimal(void)
{
	int digits = (int)random_from(1, 38);
	int128 units = 0;

	if (random_from(0, 1) == 0)
		return decimal_value(
		    random_from(-120, 120), (int)random_from(0, 3));
	for (int i = 0; i < digits; i++)
		units = units * 10 + (int128)random_from(0, 9);
	if (random_from(0, 3) == 0)
		units = units / 1000000 * 1000000;
	return decimal_value(
	    random_from(0, 1) == 0 ? units : -units, (int)random_from(0, 38));
}

static struct value
random_text(void)
{
	static char room[64][8];
	static int next;
	char *p = room[next++ % 64];
	size_t n = (size_t)random_from(0, 7);

	for (size_t i = 0; i < n; i++)
		p[i] = "\0\0\x01\x61\xff\xff"[random_from(0, 5)];
	return text_value(p, n);
}

static struct value
random_double(void)
{
	static const double some[] = { 0.0, -0.0, 1.0, -1.0, DBL_MIN, -DBL_MIN,
		DBL_MAX, -DBL_MAX, 5e-324, -5e-324, 1.5, -1.5 };

	if (random_from(0, 1) == 0)
		return double_value(some[random_from(0, 11)]);
	return double_value((double)random_from(-1000000, 1000000) / 7);
}

/* A value of one column: of one kind, or of an undeclared column's kinds. */
static struct value
random_value(int column)
{
	if (random_from(0, 9) == 0)
		return null_value();
	switch (column) {
	case 0:
		return int_value(random_from(0, 1) == 0
				     ? random_from(-3, 3)
				     : (int64_t)random_u64());
	case 1:
		return random_double();
	case 2:
		return random_decimal();
	case 3:
		return random_text();
	default:
		break;
	}
	switch (random_from(0, 3)) {
	case 0:
		return bool_value(random_from(0, 1) == 1);
	case 1:
		return random_text();
	default:
		return random_decimal();
	}
}

enum { COLUMNS = 5, MOST = 3 };

static int
sign(int i)
{
	return (i > 0) - (i < 0);
}

static int
order_all(const struct value *a, const struct value *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int order = value_order(&a[i], &b[i]);

		if (order != 0)
			return sign(order);
	}
	return 0;
}

static void
encode(struct buf *key, const struct value *v, size_t n)
{
	buf_clear(key);
	for (size_t i = 0; i < n; i++)
		key_encode(key, &v[i], i + 1 == n);
}

static void
order_of_bytes_is_order_of_values(void **state)
{
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct value x[MOST], y[MOST];
		size_t n = (size_t)random_from(1, MOST);

		for (size_t i = 0; i < n; i++) {
			int column = (int)random_from(0, COLUMNS - 1);

			x[i] = random_value(column);
			y[i] = random_from(0, 2) == 0 ? x[i]
			                              : random_value(column);
		}
		encode(&a, x, n);
		encode(&b, y, n);
		assert_int_equal(sign(span_order(buf_span(&a), buf_span(&b))),
		    order_all(x, y, n));
	}
	buf_free(&a);
	buf_free(&b);
}

static bool
is_stripped(const struct value *v)
{
	return v->kind != VALUE_DECIMAL || v->scale == 0 || v->units % 10 != 0;
}

static void
keys_read_back(void **state)
{
	struct buf key = { 0 }, scratch = { 0 };

	(void)state;
	for (int round = 0; round < 100000; round++) {
		struct value in[MOST], out[MOST];
		size_t n = (size_t)random_from(1, MOST);

		for (size_t i = 0; i < n; i++)
			in[i] = random_value((int)random_from(0, COLUMNS - 1));
		encode(&key, in, n);
		buf_clear(&scratch);
		buf_room(&scratch, key.n + 1);
		key_decode(buf_span(&key), out, n, &scratch);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(in[i].kind, out[i].kind);
			assert_int_equal(value_order(&in[i], &out[i]), 0);
			assert_true(is_stripped(&out[i]));
		}
	}
	buf_free(&key);
	buf_free(&scratch);
}

static void
numbers_of_any_scale_are_one_key(void **state)
{
	struct value a[] = { decimal_value(100, 2) },
		     b[] = { decimal_value(1, 0) };
	struct buf x = { 0 }, y = { 0 };

	(void)state;
	encode(&x, a, 1);
	encode(&y, b, 1);
	assert_true(span_equal(buf_span(&x), buf_span(&y)));
	a[0] = decimal_value(0, 7);
	b[0] = decimal_value(0, 0);
	encode(&x, a, 1);
	encode(&y, b, 1);
	assert_true(span_equal(buf_span(&x), buf_span(&y)));
	buf_free(&x);
	buf_free(&y);
}

static void
no_columns_are_no_bytes(void **state)
{
	struct buf scratch = { 0 };
	struct span none = { NULL, 0 };

	(void)state;
	key_decode(none, NULL, 0, &scratch);
	assert_int_equal(scratch.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_bytes_is_order_of_values),
		cmocka_unit_test(keys_read_back),
		cmocka_unit_test(numbers_of_any_scale_are_one_key),
		cmocka_unit_test(no_columns_are_no_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
