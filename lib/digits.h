/* digits - the digits of values, written straight into a row.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_DIGITS_H
#define LIB_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wide.h"

/*
 * Every function writes at to and returns just behind what it wrote; it may
 * scribble on up to DIGITS_PAD bytes behind that, which the caller has room
 * for. Of from, digits_put() may read as many bytes behind n.
 */
enum {
	DIGITS_PAD = 64,
	DIGITS_MAX = 48, /* bytes of any number that is written here */
};

char *digits_put_long(char *to, const char *from, size_t n);

static inline char *
digits_put(char *to, const char *from, size_t n)
{
	if (__builtin_expect(n > 64, 0))
		return digits_put_long(to, from, n);
	__builtin_memcpy(to, from, 32);
	if (n > 32)
		__builtin_memcpy(to + 32, from + 32, 32);
	return to + n;
}

/* v with its last scale digits behind a point: (4973, 2) is 49.73. */
char *digits_fixed(char *to, uint64_t v, bool negative, int scale);
char *digits_wide(char *to, int128 v, int scale);

/*
 * v / 10^scale, which has at most 15 digits, as Java writes a DOUBLE (or at
 * most 6, a FLOAT): "100.0", "1.0E7", "1.0E-4".  So few digits are always the
 * shortest that read back as the number, so no floating point is needed.
 */
char *digits_floating(char *to, int64_t v, int scale);

/* "2024-06-10", years 1 to 9999; "06:13:20". */
char *digits_date(char *to, int64_t days);
char *digits_clock(char *to, int64_t second_of_day);

/* The first digits (0 to 3) of ms, 0..999, as a fraction: ".5", "". */
char *digits_fraction(char *to, int64_t ms, int digits);

/* The two digits of 0..99. */
extern const char digits_pairs[200];

#endif
