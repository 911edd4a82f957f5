/* swar - numbers and seconds read eight bytes at a time ("SIMD within a
 * register"), for step and shape.
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
 * Some digits among eight bytes, each times its weight: every other byte by
 * itself.  The products meet in the highest 16 bits; what else a multiplication
 * makes must stay below 2^16 in each 16 bits below, so that nothing is carried.
 * So it does for four digits of a number, and for "SS.mmm" below 60.000.
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

/* The digit at byte `at` counts weight. */
static inline void
swar_few_add(struct swar_few *few, size_t at, uint64_t weight)
{
	size_t lane = at / 2 * 16;

	if (at % 2 == 0) {
		few->even |= (uint64_t)0x0f << lane;
		few->even_weights |= weight << (48 - lane);
	} else {
		few->odd |= (uint64_t)0x0f << lane;
		few->odd_weights |= weight << (48 - lane);
	}
}

/*
 * The digits at p, behind n others that make units; returns what follows them,
 * or NULL: more than 18.
 */
static inline const char *
swar_digits(const char *p, uint64_t *units, int *n)
{
	for (;; p += 8, *n += 8) {
		uint64_t x = swar_load(p) ^ 0x3030303030303030u;
		uint64_t ends = swar_not_digits(x);
		int k = ends == 0 ? 8 : __builtin_ctzll(ends) / 8;

		if (*n + k > 18)
			return NULL;
		if (k == 0)
			return p;
		*units = *units * (uint64_t)swar_pow10[k] +
		         swar_eight(x << (64 - 8 * k));
		if (k < 8) {
			*n += k;
			return p + k;
		}
	}
}

/* A JSON number of up to 18 digits without an exponent.  Returns what follows
 * it, or NULL: no such number. */
static inline const char *
swar_number(const char *p, struct swar_number *n)
{
	bool negative = *p == '-';
	const char *start = p + negative, *q;
	uint64_t units = 0;

	n->digits = 0;
	q = swar_digits(start, &units, &n->digits);
	if (q == NULL || q == start || (*start == '0' && q - start > 1))
		return NULL;
	n->scale = n->digits;
	if (*q == '.') {
		q = swar_digits(q + 1, &units, &n->digits);
		if (q == NULL || n->digits == n->scale)
			return NULL;
	}
	if ((*q | 0x20) == 'e')
		return NULL;
	n->scale = n->digits - n->scale;
	n->units = negative ? -(int64_t)units : (int64_t)units;
	return q;
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

/* ":SS.mmm" at p: the milliseconds of the minute, or -1. */
static inline int32_t
swar_seconds(const char *p)
{
	/* ':' '0' '0' '.' '0' '0' '0' */
	uint64_t x = (swar_load(p) << 8 >> 8) ^ 0x003030302e30303au, five;

	/* Bit 7 says which byte is above 0, 5, 9, 0, 9, 9, 9. */
	if (((x | (x + 0x007676767f767a7fu)) & 0x0080808080808080u) != 0)
		return -1;
	/* SS and mmm side by side are one number. */
	five = (x >> 8 & 0xffff) | (x >> 16 & 0xffffff0000u);
	return (int32_t)swar_eight(five << 24);
}

#else

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
	uint16_t weight[8];
};

static inline int64_t
swar_few(const char *p, const struct swar_few *few)
{
	int64_t v = 0;

	for (int i = 0; i < 8; i++)
		v += (p[i] & 0x0f) * few->weight[i];
	return v;
}

static inline void
swar_few_add(struct swar_few *few, size_t at, uint64_t weight)
{
	few->weight[at] = (uint16_t)weight;
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
	if (p[0] != ':' || p[3] != '.' || p[1] > '5')
		return -1;
	for (int i = 1; i < 7; i++)
		if (i != 3 && !swar_is_digit(p[i]))
			return -1;
	return ((p[1] - '0') * 10 + (p[2] - '0')) * 1000 + (p[4] - '0') * 100 +
	       (p[5] - '0') * 10 + (p[6] - '0');
}

#endif

/* Whole digits, and behind a point fraction more: SWAR_FEW, all in all. */
static inline struct swar_few
swar_few_of(size_t whole, size_t fraction)
{
	struct swar_few few = { 0 };
	uint64_t weight = 1;

	for (size_t i = whole + fraction; i-- > 0; weight *= 10)
		swar_few_add(&few, i < whole ? i : i + 1, weight);
	return few;
}

/* ":SS", and of ".mmm" the first n digits: milliseconds. */
static inline struct swar_few
swar_few_seconds(size_t n)
{
	struct swar_few few = { 0 };
	uint64_t weight = 100;

	swar_few_add(&few, 1, 10000);
	swar_few_add(&few, 2, 1000);
	for (size_t i = 0; i < n && i < 3; i++, weight /= 10)
		swar_few_add(&few, 4 + i, weight);
	return few;
}

static inline bool
swar_two_digits(const char *p, int *v)
{
	if (!swar_is_digit(p[0]) || !swar_is_digit(p[1]))
		return false;
	*v = (p[0] - '0') * 10 + (p[1] - '0');
	return true;
}

#endif
