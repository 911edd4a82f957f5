/* digits - the digits of numbers, written straight to where they go.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_DIGITS_H
#define LIB_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wide.h"

/*
 * Every function writes at to and returns just behind what it wrote, DIGITS_MAX
 * bytes at the most (but for digits_point()).
 */
enum { DIGITS_MAX = 48 };

/* v with its last scale digits behind a point: (4973, 2) is 49.73. */
char *digits_fixed(char *to, uint64_t v, bool negative, int scale);
char *digits_wide(char *to, int128 v, int scale);

/*
 * v / 10^scale as Java writes a DOUBLE or FLOAT of which these are the shortest
 * digits, 17 at the most: "100.0", "1.0E7", "1.0E-4".
 */
char *digits_floating(char *to, uint64_t v, bool negative, int scale);

/* n digits as a number, of which scale are decimals. */
char *digits_point(
    char *to, const char *digits, size_t n, bool negative, size_t scale);

/* The digits of v, so that they end before end; returns the first of them. */
char *digits_before(char *end, uint64_t v);

/* The two digits of 0..99. */
extern const char digits_pairs[200];

#endif
