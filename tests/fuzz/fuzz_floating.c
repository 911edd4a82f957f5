/* fuzz_floating - texts are read as strtod() reads them, and what is written
 * reads back and could not be shorter.
 * Input: a text; its first eight bytes are also the bits of a value.
 * SPDX-License-Identifier: ISC */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/floating.h"

enum { TEXT_MAX = 4096 };

static bool
same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static bool
same_float(float a, float b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

/* Only lenient: its texts are those of strtod(), less hex, NaN, infinity. */
static void
check_text(struct span s)
{
	char text[TEXT_MAX + 1], *end;
	bool is_number, ok;
	double want, d;
	float want_float, f;

	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (strspn(text, "0123456789+-.eE") != s.n)
		return;
	want = strtod(text, &end);
	want_float = strtof(text, NULL);
	is_number = s.n > 0 && *end == '\0';
	ok = floating_parse_double(s, true, &d);
	HOLDS(ok == (is_number && isfinite(want)));
	HOLDS(!ok || same_double(d, want));
	ok = floating_parse_float(s, true, &f);
	HOLDS(ok == (is_number && isfinite(want_float)));
	HOLDS(!ok || same_float(f, want_float));
	/* JSON's texts are among them. */
	if (floating_parse_double(s, false, &d))
		HOLDS(is_number && same_double(d, want));
}

/* Digits before the exponent, without the zeros around them. */
static int
count_digits(struct span s)
{
	int n = 0, zeros = 0;

	for (size_t i = 0; i < s.n && s.p[i] != 'E'; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || (n == 0 && s.p[i] == '0'))
			continue;
		n++;
		zeros = s.p[i] == '0' ? zeros + 1 : 0;
	}
	return n - zeros;
}

static void
check_double(double v)
{
	struct buf b = { 0 };
	struct decimal d, other;
	char shorter[64];
	double back;
	int digits;

	floating_write_double(&b, v);
	HOLDS(floating_parse_double(buf_span(&b), false, &back));
	HOLDS(same_double(back, v));
	digits = count_digits(buf_span(&b));
	for (int n = 1; n < digits; n++) {
		snprintf(shorter, sizeof shorter, "%.*e", n - 1, v);
		HOLDS(strtod(shorter, NULL) != v);
	}
	if (floating_to_decimal(v, DECIMAL_DIGITS_MAX, 9, &d)) {
		HOLDS(decimal_parse(buf_span(&b), false, DECIMAL_DIGITS_MAX, 9,
			  &other) == DECIMAL_OK);
		HOLDS(d.units == other.units && d.scale == other.scale);
	}
	buf_free(&b);
}

static void
check_float(float v)
{
	struct buf b = { 0 };
	char shorter[64];
	float back;
	int digits;

	floating_write_float(&b, v);
	HOLDS(floating_parse_float(buf_span(&b), false, &back));
	HOLDS(same_float(back, v));
	digits = count_digits(buf_span(&b));
	for (int n = 1; n < digits; n++) {
		snprintf(shorter, sizeof shorter, "%.*e", n - 1, (double)v);
		HOLDS(strtof(shorter, NULL) != v);
	}
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	double d;
	float f;

	if (n == 0 || n > TEXT_MAX)
		return 0;
	check_text((struct span){ (const char *)input, n });
	if (n < sizeof d)
		return 0;
	memcpy(&d, input, sizeof d);
	memcpy(&f, input, sizeof f);
	if (isfinite(d))
		check_double(d);
	if (isfinite(f))
		check_float(f);
	return 0;
}
