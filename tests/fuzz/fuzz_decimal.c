/* fuzz_decimal - decimal_parse agrees with long-hand arithmetic on the digits,
 * and what is written reads back.
 * Input: a byte that sets lenient, precision, scale, then the text.
 * SPDX-License-Identifier: ISC */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "lib/decimal.h"
#include "lib/floating.h"

enum { TEXT_MAX = 4096, HEAD = 3, SHIFT_MAX = 8192 };

/* digits x 10^exponent, by a reading of its own. */
struct longhand {
	bool negative;
	char digits[TEXT_MAX + SHIFT_MAX + 2];
	int n;
	int exponent;
};

static bool
read_exponent(const char *p, struct longhand *l)
{
	bool negative = *p == '-';
	int v = 0;

	p += *p == '-' || *p == '+';
	if (*p == '\0')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		v = v > 100000 ? v : v * 10 + *p - '0';
	l->exponent += negative ? -v : v;
	return *p == '\0';
}

/* A text that holds no NUL and, where it may, no blanks around it. */
static bool
read_longhand(const char *p, bool lenient, struct longhand *l)
{
	int whole = 0, part = 0;
	const char *first;
	bool point;

	*l = (struct longhand){ .negative = *p == '-' };
	p += *p == '-' || (lenient && *p == '+');
	for (first = p; *p >= '0' && *p <= '9'; p++, whole++)
		l->digits[l->n++] = *p;
	point = *p == '.';
	for (p += point; point && *p >= '0' && *p <= '9'; p++, part++)
		l->digits[l->n++] = *p;
	l->exponent = -part;
	if (whole + part == 0)
		return false;
	if (!lenient && (whole == 0 || (point && part == 0)))
		return false;
	if (!lenient && whole > 1 && *first == '0')
		return false;
	if (*p == 'e' || *p == 'E')
		return read_exponent(p + 1, l);
	return *p == '\0';
}

static bool
is_zero(const struct longhand *l)
{
	for (int i = 0; i < l->n; i++)
		if (l->digits[i] != '0')
			return false;
	return true;
}

/* Adds one to the digits, as on paper. */
static void
count_up(struct longhand *l)
{
	int i = l->n - 1;

	for (; i >= 0 && l->digits[i] == '9'; i--)
		l->digits[i] = '0';
	if (i >= 0) {
		l->digits[i]++;
		return;
	}
	memmove(l->digits + 1, l->digits, (size_t)l->n);
	l->digits[0] = '1';
	l->n++;
}

/* To units of 10^-scale; false without room. */
static bool
round_longhand(struct longhand *l, int precision, int scale, int128 *units)
{
	int shift = l->exponent + scale, first = 0;
	bool up;

	*units = 0;
	if (is_zero(l))
		return true;
	if (shift > SHIFT_MAX)
		return false;
	for (; shift > 0; shift--)
		l->digits[l->n++] = '0';
	if (-shift > l->n)
		return true;
	up = shift < 0 && l->digits[l->n + shift] >= '5';
	l->n += shift;
	if (up)
		count_up(l);
	while (first < l->n && l->digits[first] == '0')
		first++;
	if (l->n - first > precision)
		return false;
	for (; first < l->n; first++)
		*units = *units * 10 + (l->digits[first] - '0');
	if (l->negative)
		*units = -*units;
	return true;
}

static void
check_declared(
    struct span s, const char *trimmed, bool lenient, int precision, int scale)
{
	static struct longhand l;
	struct decimal d;
	enum decimal_parsed got =
	    decimal_parse(s, lenient, precision, scale, &d);
	int128 units;

	if (!read_longhand(trimmed, lenient, &l)) {
		HOLDS(got == DECIMAL_BAD);
		return;
	}
	if (!round_longhand(&l, precision, scale, &units)) {
		HOLDS(got == DECIMAL_NULL);
		return;
	}
	HOLDS(got == DECIMAL_OK);
	HOLDS(d.scale == scale);
	HOLDS(d.units == units);
}

static void
check_texts(struct decimal d)
{
	struct buf b = { 0 };
	struct decimal back;
	double v;

	decimal_write(&b, d);
	HOLDS(decimal_parse_any(buf_span(&b), false, &back) == DECIMAL_OK);
	HOLDS(back.units == d.units && back.scale == d.scale);
	HOLDS(floating_parse_double(buf_span(&b), false, &v));
	HOLDS(v == decimal_to_double(d));
	buf_clear(&b);
	decimal_write_flink(&b, d);
	HOLDS(decimal_parse_any(buf_span(&b), false, &back) == DECIMAL_OK);
	HOLDS(back.units == d.units && back.scale == d.scale);
	buf_free(&b);
}

static void
check_undeclared(struct span s, const char *trimmed, bool lenient)
{
	static struct longhand l;
	struct decimal d;
	enum decimal_parsed got = decimal_parse_any(s, lenient, &d);
	int128 units;

	HOLDS(read_longhand(trimmed, lenient, &l) == (got != DECIMAL_BAD));
	if (got != DECIMAL_OK)
		return;
	HOLDS(d.scale == 0 || d.units % 10 != 0);
	check_texts(d);
	/* Cut to fewer decimals only where there is no room for more. */
	if (d.scale < DECIMAL_DIGITS_MAX &&
	    round_longhand(&l, DECIMAL_DIGITS_MAX, d.scale + 1, &units))
		HOLDS(units == d.units * 10);
}

/* The text without what lenient skips; false if a NUL would end it early. */
static bool
trim(struct span s, bool lenient, char to[TEXT_MAX + 1])
{
	while (lenient && s.n > 0 && (unsigned char)s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (lenient && s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return strlen(to) == s.n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	char trimmed[TEXT_MAX + 1];
	bool lenient;
	int precision, scale;
	struct span s;

	if (n < HEAD || n - HEAD > TEXT_MAX)
		return 0;
	lenient = input[0] % 2 == 1;
	precision = input[1] % DECIMAL_DIGITS_MAX + 1;
	scale = input[2] % (precision + 1);
	s = (struct span){ (const char *)input + HEAD, n - HEAD };
	if (!trim(s, lenient, trimmed))
		return 0;
	check_declared(s, trimmed, lenient, precision, scale);
	check_undeclared(s, trimmed, lenient);
	return 0;
}
