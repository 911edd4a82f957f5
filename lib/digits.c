/* digits - the digits of values.
 * SPDX-License-Identifier: ISC */
#include "lib/digits.h"

#include <string.h>

#include "lib/timestamp.h"

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
digits_put_long(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* Writes v so that it ends before end; returns its first digit. */
static char *
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

/* n digits at first, written as a number with scale of them decimals. */
static char *
place_point(char *to, const char *first, size_t n, bool negative, size_t scale)
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

	return place_point(
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
	return place_point(
	    to, first, (size_t)(end - first), v < 0, (size_t)scale);
}

char *
digits_floating(char *to, int64_t v, int scale)
{
	char digits[20 + 8]; /* and zeros up to the point behind them */
	char *end = digits + 20, *first;
	size_t n;
	int point; /* v is 0.DDD x 10^point */

	if (v == 0) {
		memcpy(to, "0.0", 3);
		return to + 3;
	}
	first = digits_before(end, v < 0 ? -(uint64_t)v : (uint64_t)v);
	point = (int)(end - first) - scale;
	while (end[-1] == '0')
		end--;
	n = (size_t)(end - first);
	if (point > -3 && point <= 7) {
		/* Plain, with one decimal at least. */
		while ((int)n < point + 1)
			first[n++] = '0';
		return place_point(
		    to, first, n, v < 0, (size_t)((int)n - point));
	}
	if (n == 1)
		first[n++] = '0';
	to = place_point(to, first, n, v < 0, n - 1);
	*to++ = 'E';
	point--;
	return digits_fixed(
	    to, (uint64_t)(point < 0 ? -point : point), point < 0, 0);
}

char *
digits_date(char *to, int64_t days)
{
	int64_t year;
	int month, day;

	timestamp_civil(days, &year, &month, &day);
	memcpy(to, digits_pairs + year / 100 * 2, 2);
	memcpy(to + 2, digits_pairs + year % 100 * 2, 2);
	to[4] = '-';
	memcpy(to + 5, digits_pairs + month * 2, 2);
	to[7] = '-';
	memcpy(to + 8, digits_pairs + day * 2, 2);
	return to + 10;
}

char *
digits_clock(char *to, int64_t second_of_day)
{
	uint32_t s = (uint32_t)second_of_day;

	memcpy(to, digits_pairs + s / 3600 * 2, 2);
	to[2] = ':';
	memcpy(to + 3, digits_pairs + s / 60 % 60 * 2, 2);
	to[5] = ':';
	memcpy(to + 6, digits_pairs + s % 60 * 2, 2);
	return to + 8;
}

char *
digits_fraction(char *to, int64_t ms, int digits)
{
	if (digits == 0)
		return to;
	*to++ = '.';
	to[0] = (char)('0' + ms / 100);
	memcpy(to + 1, digits_pairs + ms % 100 * 2, 2);
	return to + digits;
}
