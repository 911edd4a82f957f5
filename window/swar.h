/* swar - numbers and seconds read eight bytes at a time ("SIMD within a
 * register"), for window/layout.c.
 *
 * All may load up to eight bytes from p on; LINES_PAD bytes behind the data
 * make that safe.  Little-endian machines only use the loads of eight; others
 * take the byte loops, which accept the same.
 *
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_SWAR_H
#define WINDOW_SWAR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* units / 10^scale; digits: how many were read. */
struct swar_number {
	int64_t units;
	int scale;
	int digits;
};

static const int64_t swar_pow10[] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
	10000000, 100000000, 1000000000, 10000000000, 100000000000,
	1000000000000, 10000000000000, 100000000000000, 1000000000000000,
	10000000000000000, 100000000000000000, 1000000000000000000 };

static inline bool
swar_is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/*
 * A JSON number of up to 18 digits without an exponent, byte by byte.  Returns
 * what follows it, or NULL: no such number.
 */
static inline const char *
swar_number(const char *p, struct swar_number *n)
{
	bool negative = *p == '-';
	const char *start = p + negative, *q = start;
	uint64_t units = 0; /* holds 19 digits: one too many is seen */
	int scale = 0;

	while (swar_is_digit(*q) && q - start <= 18)
		units = units * 10 + (uint64_t)(*q++ - '0');
	if (q == start || (*start == '0' && q - start > 1))
		return NULL;
	n->digits = (int)(q - start);
	if (*q == '.') {
		for (q++; swar_is_digit(*q) && n->digits + scale <= 18; q++) {
			units = units * 10 + (uint64_t)(*q - '0');
			scale++;
		}
		if (scale == 0)
			return NULL;
	}
	n->digits += scale;
	if (n->digits > 18 || swar_is_digit(*q) || *q == 'e' || *q == 'E')
		return NULL;
	n->units = negative ? -(int64_t)units : (int64_t)units;
	n->scale = scale;
	return q;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

static inline uint64_t
swar_load(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
	return x;
}

/*
 * Bit 7 of each byte of the result is set where the byte of x, xored with '0'
 * already, is no digit; what lies above the first such byte may be wrong where
 * that one is above 0x7f.
 */
static inline uint64_t
swar_not_digits(uint64_t x)
{
	return ((x + 0x7676767676767676u) | x) & 0x8080808080808080u;
}

/* Eight digits, each 0 to 9, the first in the lowest byte. */
static inline uint32_t
swar_eight(uint64_t x)
{
	x = x * 10 + (x >> 8);
	return (uint32_t)(((x & 0x000000ff000000ffu) * 0x000f424000000064u +
			      ((x >> 16) & 0x000000ff000000ffu) *
				  0x0000271000000001u) >>
			  32);
}

/* The n digits at p, 1 <= n <= 8, which are digits. */
static inline int64_t
swar_digits8(const char *p, unsigned n)
{
	return swar_eight((swar_load(p) ^ 0x3030303030303030u) << (64 - 8 * n));
}

/*
 * The digits of a number of up to eight bytes at p: those that low keeps, then
 * those behind the point, which come over it; left moves them to the end.
 */
static inline int64_t
swar_digits_around(const char *p, uint64_t low, int left)
{
	uint64_t x = swar_load(p) ^ 0x3030303030303030u;

	return swar_eight(((x & low) | ((x >> 8) & ~low)) << left);
}

/*
 * Up to four digits at any of eight bytes: every other byte by itself, each
 * times its weight.  The products of all come together in the highest 16 bits;
 * what lies below is less than 2^16 in each 16, so nothing is carried.
 */
struct swar_few {
	uint64_t even, odd; /* the digits' bits */
	uint64_t even_weights, odd_weights;
};

enum { SWAR_FEW = 4 };

static inline int64_t
swar_few(const char *p, const struct swar_few *few)
{
	uint64_t x = swar_load(p);

	return (int64_t)(((x & few->even) * few->even_weights +
			     ((x >> 8) & few->odd) * few->odd_weights) >>
			 48);
}

/* For whole digits, and behind a point fraction more: SWAR_FEW, all in all. */
static inline struct swar_few
swar_few_of(size_t whole, size_t fraction)
{
	struct swar_few few = { 0 };
	uint64_t weight = 1;

	for (size_t i = whole + fraction; i-- > 0; weight *= 10) {
		size_t at = i < whole ? i : i + 1, lane = at / 2 * 16;

		if (at % 2 == 0) {
			few.even |= (uint64_t)0x0f << lane;
			few.even_weights |= weight << (48 - lane);
		} else {
			few.odd |= (uint64_t)0x0f << lane;
			few.odd_weights |= weight << (48 - lane);
		}
	}
	return few;
}

/*
 * ":SS.mmm" at p, whose digits are digits and SS below 60: the milliseconds,
 * which are below 2^16, as swar_few() adds.
 */
static inline int32_t
swar_millis(const char *p)
{
	uint64_t x = swar_load(p);

	return (int32_t)(((x & 0x000f000f000f0000u) *
				 ((uint64_t)1000 << 32 | 100 << 16 | 1) +
			     (x >> 8 & 0x0000000f0000000fu) *
				 ((uint64_t)10000 << 48 | 10 << 16)) >>
			 48);
}

/* As swar_number(), for numbers that end within eight bytes; else NULL. */
static inline const char *
swar_number8(const char *p, struct swar_number *n)
{
	uint64_t x = swar_load(p) ^ 0x3030303030303030u, ends, low;
	int whole, length;

	ends = swar_not_digits(x);
	if (ends == 0)
		return NULL;
	whole = __builtin_ctzll(ends) / 8;
	/* '-' comes here, too. */
	if (whole == 0 || ((x & 0xff) == 0 && whole > 1))
		return NULL;
	length = whole;
	n->scale = 0;
	if (p[whole] == '.') {
		ends &= ends - 1;
		if (ends == 0)
			return NULL;
		length = __builtin_ctzll(ends) / 8 - 1;
		n->scale = length - whole;
		if (n->scale == 0)
			return NULL;
		/* The fraction moves over the point. */
		low = ((uint64_t)1 << 8 * whole) - 1;
		x = (x & low) | ((x >> 8) & ~low);
		p++;
	}
	if ((p[length] | 0x20) == 'e')
		return NULL;
	n->units = swar_eight(x << (64 - 8 * length));
	n->digits = length;
	return p + length;
}

/* ":SS.mmm" and a quote at p: the milliseconds of the minute, or -1. */
static inline int32_t
swar_seconds(const char *p)
{
	/* ':' '0' '0' '.' '0' '0' '0' '"' */
	uint64_t x = swar_load(p) ^ 0x223030302e30303au, five;

	/* Bit 7 says which byte is above 0, 5, 9, 0, 9, 9, 9, 0. */
	if (((x | (x + 0x7f7676767f767a7fu)) & 0x8080808080808080u) != 0)
		return -1;
	/* SS and mmm side by side are one number. */
	five = (x >> 8 & 0xffff) | (x >> 16 & 0xffffff0000u);
	return (int32_t)swar_eight(five << 24);
}

#else

static inline int64_t
swar_digits_around(const char *p, uint64_t low, int left)
{
	int64_t v = 0;

	for (int n = 8 - left / 8; n > 0; p++)
		if (swar_is_digit(*p)) {
			v = v * 10 + (*p - '0');
			n--;
		}
	(void)low;
	return v;
}

enum { SWAR_FEW = 4 };

struct swar_few {
	size_t whole, fraction;
};

static inline struct swar_few
swar_few_of(size_t whole, size_t fraction)
{
	return (struct swar_few){ whole, fraction };
}

static inline int64_t
swar_few(const char *p, const struct swar_few *few)
{
	int64_t v = 0;

	for (size_t i = 0; i < few->whole; i++)
		v = v * 10 + (*p++ - '0');
	for (size_t i = 0; i < few->fraction; i++)
		v = v * 10 + (*++p - '0');
	return v;
}

static inline int32_t
swar_millis(const char *p)
{
	return ((p[1] - '0') * 10 + (p[2] - '0')) * 1000 + (p[4] - '0') * 100 +
	       (p[5] - '0') * 10 + (p[6] - '0');
}

static inline int64_t
swar_digits8(const char *p, unsigned n)
{
	int64_t v = 0;

	while (n-- > 0)
		v = v * 10 + (*p++ - '0');
	return v;
}

static inline const char *
swar_number8(const char *p, struct swar_number *n)
{
	(void)p;
	(void)n;
	return NULL;
}

static inline int32_t
swar_seconds(const char *p)
{
	if (p[0] != ':' || p[3] != '.' || p[7] != '"' || p[1] > '5')
		return -1;
	for (int i = 1; i < 7; i++)
		if (i != 3 && !swar_is_digit(p[i]))
			return -1;
	return swar_millis(p);
}

#endif

static inline bool
swar_two_digits(const char *p, int *v)
{
	if (!swar_is_digit(p[0]) || !swar_is_digit(p[1]))
		return false;
	*v = (p[0] - '0') * 10 + (p[1] - '0');
	return true;
}

#endif
