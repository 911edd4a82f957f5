/* key - the values of the key columns as bytes that sort as the values do.
 *
 * A tag byte tells kind and, with it, the order among kinds.  Integers are
 * big-endian with the sign bit turned; doubles likewise, negative ones turned
 * whole.  A decimal is its sign, its exponent and its digits in pairs, so that
 * numbers of any scale compare.  A text ends with 00 00, and a
 * 00 inside it is 00 FF; the last column's text needs neither.
 *
 * SPDX-License-Identifier: ISC */
#include "window/key.h"

#include <string.h>

#include "lib/big.h"

enum tag {
	TAG_NULL = 1,
	TAG_FALSE,
	TAG_TRUE,
	TAG_INT,
	TAG_DOUBLE,
	TAG_NUMBER, /* a decimal */
	TAG_TEXT,
};

enum { NUMBER_EXPONENT_BIAS = 64 };

static void
put_64(struct buf *out, enum tag tag, uint64_t v)
{
	char *p = buf_room(out, 9);

	if (p == NULL)
		return;
	*p = (char)tag;
	big_put64(p + 1, v);
	out->n += 9;
}

static const uint64_t sign_bit = (uint64_t)1 << 63;

/* -0.0 lies below 0.0. */
static uint64_t
double_bits(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof bits);
	return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}

static double
bits_double(uint64_t bits)
{
	double d;

	bits = (bits & sign_bit) != 0 ? bits & ~sign_bit : ~bits;
	memcpy(&d, &bits, sizeof d);
	return d;
}

/*
 * value = 0.d1d2d3… * 10^exponent, d1 not 0.  Sign byte 0, 1, 2; of a number
 * that is not 0 the exponent and the digits in pairs, each plus one, ended by
 * a zero byte; of a negative one all that turned.
 */
static void
put_number(struct buf *out, const struct value *v)
{
	int128 units = v->units;
	uint128 u = units < 0 ? -(uint128)units : (uint128)units;
	unsigned char turn = units < 0 ? 0xff : 0;
	char *to = buf_room(out, 2 + 1 + DECIMAL_DIGITS_MAX / 2 + 1);
	int count, last;

	if (to == NULL)
		return;
	*to++ = TAG_NUMBER;
	*to++ = (char)(units < 0 ? 0 : units == 0 ? 1 : 2);
	out->n += 2;
	if (units == 0)
		return;
	count = decimal_digits(u);
	/* The last pair of an odd number of digits is filled up by a zero. */
	u *= count % 2 == 0 ? 1 : 10;
	last = (count + 1) / 2;
	*to = (char)((count - v->scale + NUMBER_EXPONENT_BIAS) ^ turn);
	/* Division of 128 bits is slow, and seldom needed for long. */
	for (int i = last; i > 0; i--) {
		unsigned pair;

		if (u > UINT64_MAX) {
			pair = (unsigned)(u % 100);
			u /= 100;
		} else {
			pair = (unsigned)((uint64_t)u % 100);
			u = (uint64_t)u / 100;
		}
		/* No pair of zeros is last. */
		if (pair == 0 && i == last)
			last--;
		to[i] = (char)((pair + 1) ^ turn);
	}
	to[last + 1] = (char)turn;
	out->n += (size_t)last + 2;
}

static void
put_text(struct buf *out, struct span text, bool last)
{
	const char *p = text.p, *end = text.p + text.n;

	buf_add_char(out, TAG_TEXT);
	if (last) {
		buf_add_span(out, text);
		return;
	}
	while (p < end) {
		const char *zero = memchr(p, 0, (size_t)(end - p));
		const char *stop = zero != NULL ? zero : end;

		buf_add(out, p, (size_t)(stop - p));
		if (zero != NULL)
			buf_add(out, "\0\xff", 2);
		p = zero != NULL ? zero + 1 : end;
	}
	buf_add(out, "\0\0", 2);
}

void
key_encode(struct buf *out, const struct value *v, bool last)
{
	switch (v->kind) {
	case VALUE_NULL:
		buf_add_char(out, TAG_NULL);
		break;
	case VALUE_BOOL:
		buf_add_char(out, v->i != 0 ? TAG_TRUE : TAG_FALSE);
		break;
	case VALUE_INT:
		put_64(out, TAG_INT, (uint64_t)v->i ^ sign_bit);
		break;
	case VALUE_DOUBLE:
		put_64(out, TAG_DOUBLE, double_bits(v->d));
		break;
	case VALUE_DECIMAL:
		put_number(out, v);
		break;
	case VALUE_TEXT:
		put_text(out, v->text, last);
		break;
	}
}

/*
 * Behind the tag, up to end: what follows the number, or NULL where it is none:
 * key_is_valid() reads bytes of anybody's.
 */
static const char *
get_number(const char *p, const char *end, struct value *v)
{
	unsigned char turn = p < end && *p == 0 ? 0xff : 0;
	int exponent, count = 0;
	uint128 u = 0;

	v->kind = VALUE_DECIMAL;
	v->scale = 0;
	v->units = 0;
	if (p == end || (unsigned char)*p > 2)
		return NULL;
	if (*p++ == 1)
		return p;
	/* The exponent, the pairs, a zero. */
	if (end - p < 3)
		return NULL;
	exponent = ((unsigned char)*p++ ^ turn) - NUMBER_EXPONENT_BIAS;
	for (;;) {
		int pair = p == end ? -1 : (unsigned char)*p++ ^ turn;

		if (pair == 0)
			break;
		if (pair == -1 || pair > 100 || count > DECIMAL_DIGITS_MAX)
			return NULL;
		u = u * 100 + (unsigned)(pair - 1);
		count += 2;
	}
	/* Zeros that the pairs left out, or one that they padded. */
	for (; count < exponent; count++)
		u *= 10;
	for (; count > exponent && u % 10 == 0; count--)
		u /= 10;
	v->scale = count - exponent;
	v->units = turn != 0 ? -(int128)u : (int128)u;
	return p;
}

static const char *
get_text(const char *p, const char *end, bool last, struct span *text,
    struct buf *scratch)
{
	size_t start = scratch->n;

	if (last) {
		*text = (struct span){ p, (size_t)(end - p) };
		return end;
	}
	for (;;) {
		const char *zero =
		    p == end ? NULL : memchr(p, 0, (size_t)(end - p));

		if (zero == NULL || end - zero < 2 ||
		    (zero[1] != '\0' && zero[1] != '\xff'))
			return NULL;
		buf_add(scratch, p, (size_t)(zero - p));
		p = zero + 2;
		if (zero[1] == '\0')
			break;
		buf_add_char(scratch, '\0');
	}
	*text = (struct span){ scratch->p + start, scratch->n - start };
	return p;
}

/* One column's value: what follows it, or NULL where it is none. */
static const char *
get_value(const char *p, const char *end, bool last, struct value *v,
    struct buf *scratch)
{
	enum tag tag = p < end ? (enum tag) * p++ : 0;

	*v = (struct value){ .kind = VALUE_NULL };
	switch (tag) {
	case TAG_NULL:
		return p;
	case TAG_FALSE:
	case TAG_TRUE:
		*v = (struct value){ .kind = VALUE_BOOL, .i = tag == TAG_TRUE };
		return p;
	case TAG_INT:
	case TAG_DOUBLE:
		if (end - p < 8)
			return NULL;
		v->kind = tag == TAG_INT ? VALUE_INT : VALUE_DOUBLE;
		if (tag == TAG_INT)
			v->i = (int64_t)(big_get64(p) ^ sign_bit);
		else
			v->d = bits_double(big_get64(p));
		return p + 8;
	case TAG_NUMBER:
		return get_number(p, end, v);
	case TAG_TEXT:
		v->kind = VALUE_TEXT;
		return get_text(p, end, last, &v->text, scratch);
	}
	return NULL;
}

void
key_decode(struct span key, struct value *v, size_t n, struct buf *scratch)
{
	const char *p = key.p, *end = key.p + key.n;

	for (size_t i = 0; i < n; i++)
		p = get_value(p, end, i + 1 == n, &v[i], scratch);
}

bool
key_is_valid(struct span key, const enum type_kind *types, size_t n)
{
	const char *p = key.p, *end = key.p + key.n;
	struct buf scratch = { 0 };
	struct value v;

	for (size_t i = 0; p != NULL && i < n; i++) {
		p = get_value(p, end, i + 1 == n, &v, &scratch);
		if (p != NULL && !value_fits(&v, types[i]))
			p = NULL;
	}
	buf_free(&scratch);
	return p == end;
}
