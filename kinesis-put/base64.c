/* base64 - bytes as base64 text (RFC 4648, section 4, with padding).
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/base64.h"

#include <stdint.h>

static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789+/";

static void
encode_plain(char *out, const uint8_t *in, size_t n)
{
	for (; n >= 3; n -= 3, in += 3, out += 4) {
		uint32_t v =
		    (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

		out[0] = digit[v >> 18];
		out[1] = digit[v >> 12 & 63];
		out[2] = digit[v >> 6 & 63];
		out[3] = digit[v & 63];
	}
	if (n == 0)
		return;
	uint32_t v =
	    (uint32_t)in[0] << 16 | (n == 2 ? (uint32_t)in[1] << 8 : 0);
	out[0] = digit[v >> 18];
	out[1] = digit[v >> 12 & 63];
	out[2] = n == 2 ? digit[v >> 6 & 63] : '=';
	out[3] = '=';
}

#if defined(__x86_64__)
#include <immintrin.h>

/*
 * Twelve bytes at a time; returns how many bytes were done, a multiple of
 * twelve.  Source: W. Mula, D. Lemire, "Faster Base64 Encoding and Decoding
 * using AVX2 Instructions" (2018), sections 3 and 4, in 128 bits.
 */
__attribute__((target("ssse3"))) static size_t
encode_ssse3(char *out, const uint8_t *in, size_t n)
{
	const __m128i order =
	    _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
	const __m128i shift = _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52,
	    '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	    '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
	size_t done = 0;

	/* A load takes 16 bytes, of which 12 are used. */
	for (; n - done >= 16; done += 12, out += 16) {
		__m128i v = _mm_shuffle_epi8(
		    _mm_loadu_si128((const __m128i *)(in + done)), order);
		__m128i high = _mm_mulhi_epu16(
		    _mm_and_si128(v, _mm_set1_epi32(0x0fc0fc00)),
		    _mm_set1_epi32(0x04000040));
		__m128i low = _mm_mullo_epi16(
		    _mm_and_si128(v, _mm_set1_epi32(0x003f03f0)),
		    _mm_set1_epi32(0x01000010));
		__m128i six = _mm_or_si128(high, low);
		__m128i kind = _mm_subs_epu8(six, _mm_set1_epi8(51));
		__m128i upper = _mm_cmpgt_epi8(_mm_set1_epi8(26), six);

		kind =
		    _mm_or_si128(kind, _mm_and_si128(upper, _mm_set1_epi8(13)));
		_mm_storeu_si128((__m128i *)out,
		    _mm_add_epi8(_mm_shuffle_epi8(shift, kind), six));
	}
	return done;
}
#endif

void
base64_encode(char *out, const char *in, size_t n)
{
	const uint8_t *p = (const uint8_t *)in;
	size_t done = 0;

#if defined(__x86_64__)
	if (n >= 16 && __builtin_cpu_supports("ssse3"))
		done = encode_ssse3(out, p, n);
#endif
	encode_plain(out + done / 3 * 4, p + done, n - done);
}
