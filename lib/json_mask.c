/* json_mask - 64 bytes of JSON looked at at once, in each processor's way.
 *
 * All do the same comparisons; they differ in how many bytes one instruction
 * compares.
 *
 * SPDX-License-Identifier: ISC */
#include "lib/json_mask.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

static void
read_none(const char *p, size_t n, const char first[JSON_MASK_FIRSTS],
    struct json_mask *out)
{
	for (; n > 0; n--, out++) {
		struct json_mask m = { 0 };

		for (int i = 0; i < JSON_MASK_BYTES; i++) {
			unsigned char c = (unsigned char)*p++;
			uint64_t bit = (uint64_t)1 << i;

			m.quote |= c == '"' ? bit : 0;
			m.backslash |= c == '\\' ? bit : 0;
			m.control |= c < ' ' ? bit : 0;
			m.high |= c > 0x7f ? bit : 0;
			m.newline |= c == '\n' ? bit : 0;
			m.space |= c == ' ' ? bit : 0;
			m.comma |= c == ',' ? bit : 0;
			m.colon |= c == ':' ? bit : 0;
			m.open |= c == '{' || c == '[' ? bit : 0;
			m.close |= c == '}' || c == ']' ? bit : 0;
			m.digit |= c >= '0' && c <= '9' ? bit : 0;
			m.zero |= c == '0' ? bit : 0;
			m.dot |= c == '.' ? bit : 0;
			m.minus |= c == '-' ? bit : 0;
			m.first |= memchr(first, c, JSON_MASK_FIRSTS) ? bit : 0;
		}
		*out = m;
	}
}

#if defined(__x86_64__) || defined(__aarch64__)
/*
 * The same for a processor that compares many bytes at once: block is its 64
 * bytes in vectors, is() and within() compare all of them, with c, or with the
 * n values from low on; high() has their highest bits.  A brace is its bracket
 * with the bit of ' ' set.
 */
#define READER(way, target)                                                    \
	static target void read_##way(const char *p, size_t n,                 \
	    const char first[JSON_MASK_FIRSTS], struct json_mask *out)         \
	{                                                                      \
		for (; n > 0; n--, p += JSON_MASK_BYTES, out++) {              \
			struct way##_block x = way##_load(p);                  \
			struct way##_block low = way##_or(&x, ' ');            \
                                                                               \
			out->quote = way##_is(&x, '"');                        \
			out->backslash = way##_is(&x, '\\');                   \
			out->control = way##_within(&x, 0, ' ');               \
			out->high = way##_high(&x);                            \
			out->newline = way##_is(&x, '\n');                     \
			out->space = way##_is(&x, ' ');                        \
			out->comma = way##_is(&x, ',');                        \
			out->colon = way##_is(&x, ':');                        \
			out->open = way##_is(&low, '{');                       \
			out->close = way##_is(&low, '}');                      \
			out->digit = way##_within(&x, '0', 10);                \
			out->zero = way##_is(&x, '0');                         \
			out->dot = way##_is(&x, '.');                          \
			out->minus = way##_is(&x, '-');                        \
			out->first =                                           \
			    way##_is(&x, first[0]) | way##_is(&x, first[1]) |  \
			    way##_is(&x, first[2]) | way##_is(&x, first[3]);   \
		}                                                              \
	}
#endif

#if defined(__x86_64__)

struct sse2_block {
	__m128i part[4];
};

static inline struct sse2_block
sse2_load(const char *p)
{
	const __m128i *v = (const __m128i *)(const void *)p;

	return (
	    struct sse2_block){ { _mm_loadu_si128(v), _mm_loadu_si128(v + 1),
	    _mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3) } };
}

static inline struct sse2_block
sse2_or(const struct sse2_block *x, char c)
{
	__m128i y = _mm_set1_epi8(c);

	return (struct sse2_block){ { _mm_or_si128(x->part[0], y),
	    _mm_or_si128(x->part[1], y), _mm_or_si128(x->part[2], y),
	    _mm_or_si128(x->part[3], y) } };
}

static inline uint64_t
sse2_bits(__m128i a, __m128i b, __m128i c, __m128i d)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(a) |
	       (uint64_t)(unsigned)_mm_movemask_epi8(b) << 16 |
	       (uint64_t)(unsigned)_mm_movemask_epi8(c) << 32 |
	       (uint64_t)(unsigned)_mm_movemask_epi8(d) << 48;
}

static inline uint64_t
sse2_is(const struct sse2_block *x, char c)
{
	__m128i y = _mm_set1_epi8(c);

	return sse2_bits(_mm_cmpeq_epi8(x->part[0], y),
	    _mm_cmpeq_epi8(x->part[1], y), _mm_cmpeq_epi8(x->part[2], y),
	    _mm_cmpeq_epi8(x->part[3], y));
}

/* x - low is below n just where the lesser of it and n - 1 is itself. */
static inline __m128i
sse2_part_within(__m128i x, __m128i low, __m128i most)
{
	__m128i d = _mm_sub_epi8(x, low);

	return _mm_cmpeq_epi8(_mm_min_epu8(d, most), d);
}

static inline uint64_t
sse2_within(const struct sse2_block *x, int low, int n)
{
	__m128i l = _mm_set1_epi8((char)low), m = _mm_set1_epi8((char)(n - 1));

	return sse2_bits(sse2_part_within(x->part[0], l, m),
	    sse2_part_within(x->part[1], l, m),
	    sse2_part_within(x->part[2], l, m),
	    sse2_part_within(x->part[3], l, m));
}

static inline uint64_t
sse2_high(const struct sse2_block *x)
{
	return sse2_bits(x->part[0], x->part[1], x->part[2], x->part[3]);
}

READER(sse2, )

#define AVX2 __attribute__((target("avx2")))

struct avx2_block {
	__m256i part[2];
};

static inline AVX2 struct avx2_block
avx2_load(const char *p)
{
	const __m256i *v = (const __m256i *)(const void *)p;

	return (struct avx2_block){ { _mm256_loadu_si256(v),
	    _mm256_loadu_si256(v + 1) } };
}

static inline AVX2 struct avx2_block
avx2_or(const struct avx2_block *x, char c)
{
	__m256i y = _mm256_set1_epi8(c);

	return (struct avx2_block){ { _mm256_or_si256(x->part[0], y),
	    _mm256_or_si256(x->part[1], y) } };
}

static inline AVX2 uint64_t
avx2_bits(__m256i a, __m256i b)
{
	return (uint64_t)(unsigned)_mm256_movemask_epi8(a) |
	       (uint64_t)(unsigned)_mm256_movemask_epi8(b) << 32;
}

static inline AVX2 uint64_t
avx2_is(const struct avx2_block *x, char c)
{
	__m256i y = _mm256_set1_epi8(c);

	return avx2_bits(
	    _mm256_cmpeq_epi8(x->part[0], y), _mm256_cmpeq_epi8(x->part[1], y));
}

static inline AVX2 uint64_t
avx2_within(const struct avx2_block *x, int low, int n)
{
	__m256i l = _mm256_set1_epi8((char)low);
	__m256i m = _mm256_set1_epi8((char)(n - 1));
	__m256i a = _mm256_sub_epi8(x->part[0], l);
	__m256i b = _mm256_sub_epi8(x->part[1], l);

	return avx2_bits(_mm256_cmpeq_epi8(_mm256_min_epu8(a, m), a),
	    _mm256_cmpeq_epi8(_mm256_min_epu8(b, m), b));
}

static inline AVX2 uint64_t
avx2_high(const struct avx2_block *x)
{
	return avx2_bits(x->part[0], x->part[1]);
}

READER(avx2, AVX2)

#define AVX512 __attribute__((target("avx512bw")))

struct avx512_block {
	__m512i all;
};

static inline AVX512 struct avx512_block
avx512_load(const char *p)
{
	return (struct avx512_block){ _mm512_loadu_si512(p) };
}

static inline AVX512 struct avx512_block
avx512_or(const struct avx512_block *x, char c)
{
	return (struct avx512_block){ _mm512_or_si512(
	    x->all, _mm512_set1_epi8(c)) };
}

static inline AVX512 uint64_t
avx512_is(const struct avx512_block *x, char c)
{
	return _mm512_cmpeq_epi8_mask(x->all, _mm512_set1_epi8(c));
}

static inline AVX512 uint64_t
avx512_within(const struct avx512_block *x, int low, int n)
{
	return _mm512_cmple_epu8_mask(
	    _mm512_sub_epi8(x->all, _mm512_set1_epi8((char)low)),
	    _mm512_set1_epi8((char)(n - 1)));
}

static inline AVX512 uint64_t
avx512_high(const struct avx512_block *x)
{
	return _mm512_movepi8_mask(x->all);
}

READER(avx512, AVX512)

#elif defined(__aarch64__)

struct neon_block {
	uint8x16_t part[4];
};

static inline struct neon_block
neon_load(const char *p)
{
	const uint8_t *u = (const uint8_t *)p;

	return (struct neon_block){ { vld1q_u8(u), vld1q_u8(u + 16),
	    vld1q_u8(u + 32), vld1q_u8(u + 48) } };
}

static inline struct neon_block
neon_or(const struct neon_block *x, char c)
{
	uint8x16_t y = vdupq_n_u8((uint8_t)c);

	return (struct neon_block){ { vorrq_u8(x->part[0], y),
	    vorrq_u8(x->part[1], y), vorrq_u8(x->part[2], y),
	    vorrq_u8(x->part[3], y) } };
}

/* Each byte keeps its own bit, and neighbours are added up three times. */
static inline uint64_t
neon_bits(uint8x16_t p, uint8x16_t q, uint8x16_t r, uint8x16_t s)
{
	const uint8x16_t bit = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16,
		32, 64, 128 };
	uint8x16_t a = vpaddq_u8(vandq_u8(p, bit), vandq_u8(q, bit));
	uint8x16_t b = vpaddq_u8(vandq_u8(r, bit), vandq_u8(s, bit));

	a = vpaddq_u8(a, b);
	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(a, a)), 0);
}

static inline uint64_t
neon_is(const struct neon_block *x, char c)
{
	uint8x16_t y = vdupq_n_u8((uint8_t)c);

	return neon_bits(vceqq_u8(x->part[0], y), vceqq_u8(x->part[1], y),
	    vceqq_u8(x->part[2], y), vceqq_u8(x->part[3], y));
}

static inline uint64_t
neon_within(const struct neon_block *x, int low, int n)
{
	uint8x16_t l = vdupq_n_u8((uint8_t)low), m = vdupq_n_u8((uint8_t)n);

	return neon_bits(vcltq_u8(vsubq_u8(x->part[0], l), m),
	    vcltq_u8(vsubq_u8(x->part[1], l), m),
	    vcltq_u8(vsubq_u8(x->part[2], l), m),
	    vcltq_u8(vsubq_u8(x->part[3], l), m));
}

static inline uint64_t
neon_high(const struct neon_block *x)
{
	return neon_within(x, 0x80, 0x80);
}

READER(neon, )

#endif

json_mask_reader *
json_mask_reader_of(const char *name)
{
	if (strcmp(name, "none") == 0)
		return read_none;
#if defined(__x86_64__)
	if (strcmp(name, "sse2") == 0)
		return read_sse2;
	if (strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2"))
		return read_avx2;
	if (strcmp(name, "avx512") == 0 && __builtin_cpu_supports("avx512bw"))
		return read_avx512;
#elif defined(__aarch64__)
	if (strcmp(name, "neon") == 0)
		return read_neon;
#endif
	return NULL;
}

json_mask_reader *
json_mask_reader_best(void)
{
	static const char *const ways[] = { "avx512", "avx2", "sse2", "neon" };
	const char *wish = getenv("WINDOWPIPE_SIMD");
	json_mask_reader *reader = NULL;

	if (wish != NULL)
		reader = json_mask_reader_of(wish);
	for (size_t i = 0; reader == NULL && i < sizeof ways / sizeof *ways;
	     i++)
		reader = json_mask_reader_of(ways[i]);
	return reader != NULL ? reader : read_none;
}
