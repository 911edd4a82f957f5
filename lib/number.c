/* number - the parts of the text of a number.
 * SPDX-License-Identifier: ISC */
#include "lib/number.h"

#include "lib/ascii.h"

#define EXPONENT_MAX INT64_C(1000000000000000)

static bool
is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

static struct span
trim(struct span s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
take(struct span *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

static struct span
take_digits(struct span *s)
{
	struct span digits = { s->p, 0 };

	while (s->n > 0 && ascii_is_digit(s->p[0])) {
		s->p++;
		s->n--;
		digits.n++;
	}
	return digits;
}

/* What follows the e: false where it is no integer. */
static bool
take_exponent(struct span *s, int64_t *exponent)
{
	bool negative = take(s, '-');
	struct span digits;
	int64_t v = 0;

	if (!negative)
		take(s, '+');
	digits = take_digits(s);
	for (size_t i = 0; i < digits.n && v < EXPONENT_MAX; i++)
		v = v * 10 + (digits.p[i] - '0');
	if (v > EXPONENT_MAX)
		v = EXPONENT_MAX;
	*exponent = negative ? -v : v;
	return digits.n > 0;
}

static void
cut_last_zeros(struct span *digits)
{
	while (digits->n > 0 && digits->p[digits->n - 1] == '0')
		digits->n--;
}

static void
cut_first_zeros(struct span *digits, int64_t *point)
{
	while (digits->n > 0 && digits->p[0] == '0') {
		digits->p++;
		digits->n--;
		--*point;
	}
}

static void
cut_zeros(struct number *n)
{
	cut_last_zeros(&n->part);
	if (n->part.n == 0)
		cut_last_zeros(&n->whole);
	cut_first_zeros(&n->whole, &n->point);
	if (n->whole.n == 0)
		cut_first_zeros(&n->part, &n->point);
	if (n->part.n == 0 && n->whole.n == 0)
		n->point = 0;
}

bool
number_scan(struct span s, bool lenient, struct number *out)
{
	struct number n = { 0 };
	int64_t exponent = 0;
	bool point;

	if (lenient)
		s = trim(s);
	n.is_negative = take(&s, '-');
	if (lenient && !n.is_negative)
		take(&s, '+');
	n.whole = take_digits(&s);
	point = take(&s, '.');
	if (point)
		n.part = take_digits(&s);
	if (n.whole.n + n.part.n == 0)
		return false;
	if (!lenient &&
	    (n.whole.n == 0 || (n.whole.n > 1 && n.whole.p[0] == '0') ||
		(point && n.part.n == 0)))
		return false;
	if ((take(&s, 'e') || take(&s, 'E')) && !take_exponent(&s, &exponent))
		return false;
	n.point = (int64_t)n.whole.n + exponent;
	cut_zeros(&n);
	*out = n;
	return s.n == 0;
}
