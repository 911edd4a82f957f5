/* digits - the digits of values.
 * SPDX-License-Identifier: ISC */
#include "lib/digits.h"

#include <string.h>

/* No NUL ends it: there is no room for one. */
const char digits_pairs[200] = "00010203040506070809"
			       "10111213141516171819"
			       "20212223242526272829"
			       "30313233343536373839"
			       "40414243444546474849"
			       "50515253545556575859"
			       "60616263646566676869"
			       "70717273747576777879"
			       "80818283848586878889"
			       "90919293949596979899";

char *
digits_before(char *end, uint64_t v)
{
	while (v >= 100) {
		end -= 2;
		memcpy(end, digits_pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10) {
		end -= 2;
		memcpy(end, digits_pairs + v * 2, 2);
	} else
		*--end = (char)('0' + v);
	return end;
}

char *
digits_point(char *to, const char *first, size_t n, bool negative, size_t scale)
{
	size_t whole = n > scale ? n - scale : 0;

	if (negative)
		*to++ = '-';
	if (whole == 0)
		*to++ = '0';
	memcpy(to, first, whole);
	to += whole;
	if (scale == 0)
		return to;
	*to++ = '.';
	for (size_t zeros = n < scale ? scale - n : 0; zeros > 0; zeros--)
		*to++ = '0';
	memcpy(to, first + whole, n - whole);
	return to + n - whole;
}

char *
digits_fixed(char *to, uint64_t v, bool negative, int scale)
{
	char digits[20], *end = digits + sizeof digits;
	char *first = digits_before(end, v);

	return digits_point(
	    to, first, (size_t)(end - first), negative, (size_t)scale);
}

char *
digits_wide(char *to, int128 v, int scale)
{
	const uint64_t cut = 10000000000000000000U; /* 10^19 */
	char digits[40], *end = digits + sizeof digits, *first;
	uint128 magnitude = v < 0 ? -(uint128)v : (uint128)v;

	if (magnitude < cut)
		return digits_fixed(to, (uint64_t)magnitude, v < 0, scale);
	first = digits_before(end, (uint64_t)(magnitude % cut));
	while (first > end - 19)
		*--first = '0';
	first = digits_before(first, (uint64_t)(magnitude / cut));
	return digits_point(
	    to, first, (size_t)(end - first), v < 0, (size_t)scale);
}

char *
digits_floating(char *to, uint64_t v, bool negative, int scale)
{
	char digits[20 + 8]; /* and zeros up to the point behind them */
	char *end = digits + 20, *first;
	size_t n;
	int point; /* v is 0.DDD x 10^point */

	first = digits_before(end, v);
	point = v == 0 ? 1 : (int)(end - first) - scale;
	while (end - first > 1 && end[-1] == '0')
		end--;
	n = (size_t)(end - first);
	if (point > -3 && point <= 7) {
		/* Plain, with one decimal at least. */
		while ((int)n < point + 1)
			first[n++] = '0';
		return digits_point(
		    to, first, n, negative, (size_t)((int)n - point));
	}
	if (n == 1)
		first[n++] = '0';
	to = digits_point(to, first, n, negative, n - 1);
	*to++ = 'E';
	point--;
	return digits_fixed(
	    to, (uint64_t)(point < 0 ? -point : point), point < 0, 0);
}
