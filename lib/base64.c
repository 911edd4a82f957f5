/* base64 - bytes as text of 64 characters, and back.
 * SPDX-License-Identifier: ISC */
#include "lib/base64.h"

#include <stdint.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "lib/block.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *b, struct span s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = (s.n + 2) / 3 * 4;
	char *to = buf_room(b, n);

	if (to == NULL || s.n == 0)
		return;
	for (size_t left = s.n; left > 0; p += 3, to += 4) {
		unsigned second = left > 1 ? p[1] : 0;
		unsigned third = left > 2 ? p[2] : 0;

		to[0] = letters[p[0] >> 2];
		to[1] = letters[(p[0] & 3U) << 4 | second >> 4];
		to[2] =
		    left > 1 ? letters[(second & 15) << 2 | third >> 6] : '=';
		to[3] = left > 2 ? letters[third & 63] : '=';
		left -= left < 3 ? left : 3;
	}
	b->n += n;
}

/* 0 to 63, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which the last ones may be padding; how many bytes. */
static int
decode_four(const char *p, bool is_last, char *out)
{
	int v[4], n = 3;
	uint32_t bits;

	if (is_last && p[3] == '=')
		n = p[2] == '=' ? 1 : 2;
	for (int i = 0; i < 4; i++) {
		v[i] = i > n ? 0 : value_of(p[i]);
		if (v[i] == -1)
			return -1;
	}
	bits = (uint32_t)v[0] << 18 | (uint32_t)v[1] << 12 |
	       (uint32_t)v[2] << 6 | (uint32_t)v[3];
	for (int i = 0; i < n; i++)
		out[i] = (char)(bits >> (16 - 8 * i));
	return n;
}

/* Character by character. */
static ssize_t
decode_plain(struct span s, char *out)
{
	char *to = out;

	if (s.n % 4 != 0)
		return -1;
	for (size_t i = 0; i < s.n; i += 4) {
		int n = decode_four(s.p + i, i + 4 == s.n, to);

		if (n == -1)
			return -1;
		to += n;
	}
	return to - out;
}

/*
 * Each of these decodes as much of the begin as can be in a hurry, at most up
 * to the first wrong character, and returns how many characters.  Not the end,
 * where padding may be and a byte too many would be felt.
 */

#ifdef __x86_64__

/*
 * Sixteen characters by tables of sixteen, which the low and the high half of a
 * byte are looked up in.  A byte is wrong just where both have a bit in common;
 * the high half, one more for '/', says how far it is from its value.  (Mula
 * and Lemire, Faster Base64 Encoding and Decoding Using AVX2 Instructions,
 * 2018.)
 */
__attribute__((target("ssse3"))) static size_t
decode_begin_ssse3(struct span s, char *out)
{
	const __m128i wrong_low = _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11,
	    0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
	const __m128i wrong_high = _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04,
	    0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
	const __m128i distance = _mm_setr_epi8(
	    0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m128i order = _mm_setr_epi8(
	    2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	const __m128i half = _mm_set1_epi8(0x0f);
	size_t i = 0;

	/* It writes four bytes more than there are: those of eight letters. */
	while (s.n - i >= BLOCK_WIDTH + 8) {
		__m128i x = _mm_loadu_si128((const __m128i *)(s.p + i));
		__m128i high = _mm_and_si128(_mm_srli_epi32(x, 4), half);
		__m128i low = _mm_and_si128(x, half);
		__m128i wrong = _mm_and_si128(_mm_shuffle_epi8(wrong_low, low),
		    _mm_shuffle_epi8(wrong_high, high));
		__m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('/'));
		__m128i v = _mm_add_epi8(
		    x, _mm_shuffle_epi8(distance, _mm_add_epi8(slash, high)));

		wrong = _mm_cmpeq_epi8(wrong, _mm_setzero_si128());
		if (_mm_movemask_epi8(wrong) != 0xffff)
			break;
		/* Of four values of six bits, two of twelve, one of 24. */
		v = _mm_maddubs_epi16(v, _mm_set1_epi32(0x01400140));
		v = _mm_madd_epi16(v, _mm_set1_epi32(0x00011000));
		_mm_storeu_si128(
		    (__m128i *)(out + i / 4 * 3), _mm_shuffle_epi8(v, order));
		i += BLOCK_WIDTH;
	}
	return i;
}

static size_t
decode_begin_wide(struct span s, char *out)
{
	return __builtin_cpu_supports("ssse3") ? decode_begin_ssse3(s, out) : 0;
}

#else

static size_t
decode_begin_wide(struct span s, char *out)
{
	(void)s, (void)out;
	return 0;
}

#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

typedef uint32_t lanes __attribute__((vector_size(BLOCK_WIDTH)));

/*
 * The values of 16 characters: each kind of character is a range of bytes, and
 * all of a range are as far from their values.
 *
 *	'A'..'Z'  65..90   less 65        '0'..'9'  48..57  and 4
 *	'a'..'z'  97..122  less 71        '+', '/'          and 19, and 16
 *
 * False where one of them is of no kind.
 */
static inline bool
values_of(block16 x, block16 *values)
{
	block16 large = (block16)((x >= 'A') & (x <= 'Z'));
	block16 small = (block16)((x >= 'a') & (x <= 'z'));
	block16 digit = (block16)((x >= '0') & (x <= '9'));
	block16 plus = (block16)(x == '+');
	block16 slash = (block16)(x == '/');

	*values = x + ((large & -65) | (small & -71) | (digit & 4) |
			  (plus & 19) | (slash & 16));
	return block_mask(large | small | digit | plus | slash) == 0xffff;
}

/*
 * Writes 12 bytes, and one more behind them.  Four values are a lane, the first
 * lowest: 00dddddd 00cccccc 00bbbbbb 00aaaaaa becomes the bytes aaaaaabb
 * bbbbcccc ccdddddd, in this order, which is the lowest first.
 */
static inline void
write_values(block16 values, char *out)
{
	lanes v = (lanes)values;
	lanes bits = v << 18 | (v << 4 & 0x3f000) | (v >> 10 & 0xfc0) | v >> 24;
	lanes bytes =
	    (bits >> 16 & 0xff) | (bits & 0xff00) | (bits & 0xff) << 16;

	for (int i = 0; i < 4; i++) {
		uint32_t one = bytes[i];

		memcpy(out + 3 * i, &one, sizeof one);
	}
}

static size_t
decode_begin(struct span s, char *out)
{
	size_t i = 0;
	block16 values;

	while (s.n - i >= BLOCK_WIDTH + 4) {
		if (!values_of(block_load(s.p + i), &values))
			break;
		write_values(values, out + i / 4 * 3);
		i += BLOCK_WIDTH;
	}
	return i;
}

#else

static size_t
decode_begin(struct span s, char *out)
{
	(void)s, (void)out;
	return 0;
}

#endif

ssize_t
base64_decode(struct span s, char *out)
{
	size_t done = 0;
	ssize_t rest;

	if (s.n % 4 == 0) {
		done = decode_begin_wide(s, out);
		done += decode_begin(span_from(s, done), out + done / 4 * 3);
	}
	rest = decode_plain(span_from(s, done), out + done / 4 * 3);
	return rest == -1 ? -1 : rest + (ssize_t)(done / 4 * 3);
}
