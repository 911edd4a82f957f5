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

/* " \ / b f n r t, as json_firsts_set() has them. */
static const struct json_firsts escapes = { { '"', '\\', '/', 'b', 'f', 'n',
						'r', 't' },
	{ [2] = 0x49, [4] = 0x80, [6] = 0x10, [12] = 2, [14] = 0x20, [15] = 4 },
	{ [2] = 0x05, [5] = 0x02, [6] = 0x38, [7] = 0xc0 } };

static void
read_none(const char *p, size_t n, const struct json_firsts *first,
    struct json_masks *out)
{
	*out = (struct json_masks){ 0 };
	for (size_t i = 0; i < n * JSON_MASK_BYTES; i++) {
		unsigned char c = (unsigned char)p[i];
		size_t k = i / JSON_MASK_BYTES;
		uint64_t bit = (uint64_t)1 << i % JSON_MASK_BYTES;

		out->quote[k] |= c == '"' ? bit : 0;
		out->backslash[k] |= c == '\\' ? bit : 0;
		out->control[k] |= c < ' ' ? bit : 0;
		out->high[k] |= c > 0x7f ? bit : 0;
		out->newline[k] |= c == '\n' ? bit : 0;
		out->space[k] |= c == ' ' ? bit : 0;
		out->comma[k] |= c == ',' ? bit : 0;
		out->colon[k] |= c == ':' ? bit : 0;
		out->open[k] |= c == '{' || c == '[' ? bit : 0;
		out->close[k] |= c == '}' || c == ']' ? bit : 0;
		out->digit[k] |= c >= '0' && c <= '9' ? bit : 0;
		out->zero[k] |= c == '0' ? bit : 0;
		out->dot[k] |= c == '.' ? bit : 0;
		out->minus[k] |= c == '-' ? bit : 0;
		out->first[k] |=
		    memchr(first->byte, c, JSON_MASK_FIRSTS) ? bit : 0;
		out->escape[k] |=
		    memchr(escapes.byte, c, JSON_MASK_FIRSTS) ? bit : 0;
	}
	for (size_t k = 0; k < n; k++)
		if (out->backslash[k] == 0)
			out->escape[k] = 0;
}

#if defined(__x86_64__) || defined(__aarch64__)
/*
 * The same for a processor that compares many bytes at once: block is its 64
 * bytes in vectors, all() is a byte of a table in each of a vector's; is() and
 * within() compare all of them, with y, or whether x - low is at most most;
 * high() has their highest bits; asked() tells those that are asked for.  A
 * brace is its bracket with the bit of ' ' set.
 */
#define TIMES4(c)  c, c, c, c
#define TIMES16(c) TIMES4(c), TIMES4(c), TIMES4(c), TIMES4(c)
#define ALL(c)                                                                 \
	{                                                                      \
		TIMES16(c), TIMES16(c), TIMES16(c), TIMES16(c)                 \
	}

/* A table: what is made of constants compilers make anew for each block. */
static const struct {
	char quote[64], backslash[64], null[64], control[64], newline[64];
	char space[64], comma[64], colon[64], open[64], close[64];
	char zero[64], nine[64], dot[64], minus[64], low[64];
} all __attribute__((aligned(64))) = { ALL('"'), ALL('\\'), ALL(0),
	ALL(' ' - 1), ALL('\n'), ALL(' '), ALL(','), ALL(':'), ALL('{'),
	ALL('}'), ALL('0'), ALL(9), ALL('.'), ALL('-'), ALL(15) };

#define READER(way, target)                                                    \
	static target void read_##way(const char *p, size_t n,                 \
	    const struct json_firsts *first, struct json_masks *out)           \
	{                                                                      \
		way##_bytes of[JSON_MASK_FIRSTS];                              \
		way##_bytes escape[JSON_MASK_FIRSTS];                          \
                                                                               \
		way##_ask(of, first);                                          \
		way##_ask(escape, &escapes);                                   \
		for (size_t i = 0; i < n; i++, p += JSON_MASK_BYTES) {         \
			struct way##_block x = way##_load(p);                  \
			struct way##_block low =                               \
			    way##_or(&x, way##_all(all.space));                \
                                                                               \
			out->quote[i] = way##_is(&x, way##_all(all.quote));    \
			out->backslash[i] =                                    \
			    way##_is(&x, way##_all(all.backslash));            \
			out->control[i] = way##_within(                        \
			    &x, way##_all(all.null), way##_all(all.control));  \
			out->high[i] = way##_high(&x);                         \
			out->newline[i] =                                      \
			    way##_is(&x, way##_all(all.newline));              \
			out->space[i] = way##_is(&x, way##_all(all.space));    \
			out->comma[i] = way##_is(&x, way##_all(all.comma));    \
			out->colon[i] = way##_is(&x, way##_all(all.colon));    \
			out->open[i] = way##_is(&low, way##_all(all.open));    \
			out->close[i] = way##_is(&low, way##_all(all.close));  \
			out->digit[i] = way##_within(                          \
			    &x, way##_all(all.zero), way##_all(all.nine));     \
			out->zero[i] = way##_is(&x, way##_all(all.zero));      \
			out->dot[i] = way##_is(&x, way##_all(all.dot));        \
			out->minus[i] = way##_is(&x, way##_all(all.minus));    \
			out->first[i] = way##_asked(&x, of);                   \
			if (out->backslash[i] != 0)                            \
				out->escape[i] = way##_asked(&x, escape);      \
		}                                                              \
	}
#endif

#if defined(__x86_64__)

typedef __m128i sse2_bytes;

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

static inline sse2_bytes
sse2_all(const char *p)
{
	return _mm_load_si128((const __m128i *)(const void *)p);
}

static inline struct sse2_block
sse2_or(const struct sse2_block *x, sse2_bytes y)
{
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
sse2_is(const struct sse2_block *x, sse2_bytes y)
{
	return sse2_bits(_mm_cmpeq_epi8(x->part[0], y),
	    _mm_cmpeq_epi8(x->part[1], y), _mm_cmpeq_epi8(x->part[2], y),
	    _mm_cmpeq_epi8(x->part[3], y));
}

/* x - low is at most that just where the lesser of both is itself. */
static inline __m128i
sse2_part_within(__m128i x, __m128i low, __m128i most)
{
	__m128i d = _mm_sub_epi8(x, low);

	return _mm_cmpeq_epi8(_mm_min_epu8(d, most), d);
}

static inline uint64_t
sse2_within(const struct sse2_block *x, sse2_bytes low, sse2_bytes most)
{
	return sse2_bits(sse2_part_within(x->part[0], low, most),
	    sse2_part_within(x->part[1], low, most),
	    sse2_part_within(x->part[2], low, most),
	    sse2_part_within(x->part[3], low, most));
}

/* Without tables each is compared. */
static inline void
sse2_ask(sse2_bytes *of, const struct json_firsts *first)
{
	for (int i = 0; i < JSON_MASK_FIRSTS; i++)
		of[i] = _mm_set1_epi8(first->byte[i]);
}

static inline __m128i
sse2_part_asked(__m128i x, const sse2_bytes *of)
{
	return _mm_or_si128(_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, of[0]),
					     _mm_cmpeq_epi8(x, of[1])),
				_mm_or_si128(_mm_cmpeq_epi8(x, of[2]),
				    _mm_cmpeq_epi8(x, of[3]))),
	    _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, of[4]),
			     _mm_cmpeq_epi8(x, of[5])),
		_mm_or_si128(
		    _mm_cmpeq_epi8(x, of[6]), _mm_cmpeq_epi8(x, of[7]))));
}

static inline uint64_t
sse2_asked(const struct sse2_block *x, const sse2_bytes *of)
{
	return sse2_bits(sse2_part_asked(x->part[0], of),
	    sse2_part_asked(x->part[1], of), sse2_part_asked(x->part[2], of),
	    sse2_part_asked(x->part[3], of));
}

static inline uint64_t
sse2_high(const struct sse2_block *x)
{
	return sse2_bits(x->part[0], x->part[1], x->part[2], x->part[3]);
}

READER(sse2, )

#define AVX2 __attribute__((target("avx2")))

typedef __m256i avx2_bytes;

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

static inline AVX2 avx2_bytes
avx2_all(const char *p)
{
	return _mm256_load_si256((const __m256i *)(const void *)p);
}

static inline AVX2 struct avx2_block
avx2_or(const struct avx2_block *x, avx2_bytes y)
{
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
avx2_is(const struct avx2_block *x, avx2_bytes y)
{
	return avx2_bits(
	    _mm256_cmpeq_epi8(x->part[0], y), _mm256_cmpeq_epi8(x->part[1], y));
}

static inline AVX2 uint64_t
avx2_within(const struct avx2_block *x, avx2_bytes low, avx2_bytes most)
{
	__m256i a = _mm256_sub_epi8(x->part[0], low);
	__m256i b = _mm256_sub_epi8(x->part[1], low);

	return avx2_bits(_mm256_cmpeq_epi8(_mm256_min_epu8(a, most), a),
	    _mm256_cmpeq_epi8(_mm256_min_epu8(b, most), b));
}

static inline AVX2 void
avx2_ask(avx2_bytes *of, const struct json_firsts *first)
{
	of[0] = _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)first->low));
	of[1] = _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)first->high));
	of[2] = avx2_all(all.low);
}

static inline AVX2 __m256i
avx2_part_not_asked(__m256i x, const avx2_bytes *of)
{
	__m256i low = _mm256_and_si256(x, of[2]);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(x, 4), of[2]);

	return _mm256_cmpeq_epi8(
	    _mm256_and_si256(_mm256_shuffle_epi8(of[0], low),
		_mm256_shuffle_epi8(of[1], high)),
	    _mm256_setzero_si256());
}

static inline AVX2 uint64_t
avx2_asked(const struct avx2_block *x, const avx2_bytes *of)
{
	return ~avx2_bits(avx2_part_not_asked(x->part[0], of),
	    avx2_part_not_asked(x->part[1], of));
}

static inline AVX2 uint64_t
avx2_high(const struct avx2_block *x)
{
	return avx2_bits(x->part[0], x->part[1]);
}

READER(avx2, AVX2)

#define AVX512 __attribute__((target("avx512bw")))

typedef __m512i avx512_bytes;

struct avx512_block {
	__m512i all;
};

static inline AVX512 struct avx512_block
avx512_load(const char *p)
{
	return (struct avx512_block){ _mm512_loadu_si512(p) };
}

static inline AVX512 avx512_bytes
avx512_all(const char *p)
{
	return _mm512_load_si512(p);
}

static inline AVX512 struct avx512_block
avx512_or(const struct avx512_block *x, avx512_bytes y)
{
	return (struct avx512_block){ _mm512_or_si512(x->all, y) };
}

static inline AVX512 uint64_t
avx512_is(const struct avx512_block *x, avx512_bytes y)
{
	return _mm512_cmpeq_epi8_mask(x->all, y);
}

static inline AVX512 uint64_t
avx512_within(const struct avx512_block *x, avx512_bytes low, avx512_bytes most)
{
	return _mm512_cmple_epu8_mask(_mm512_sub_epi8(x->all, low), most);
}

static inline AVX512 void
avx512_ask(avx512_bytes *of, const struct json_firsts *first)
{
	of[0] = _mm512_broadcast_i32x4(
	    _mm_loadu_si128((const __m128i *)(const void *)first->low));
	of[1] = _mm512_broadcast_i32x4(
	    _mm_loadu_si128((const __m128i *)(const void *)first->high));
	of[2] = avx512_all(all.low);
}

static inline AVX512 uint64_t
avx512_asked(const struct avx512_block *x, const avx512_bytes *of)
{
	__m512i low = _mm512_and_si512(x->all, of[2]);
	__m512i high = _mm512_and_si512(_mm512_srli_epi16(x->all, 4), of[2]);

	return _mm512_test_epi8_mask(
	    _mm512_shuffle_epi8(of[0], low), _mm512_shuffle_epi8(of[1], high));
}

static inline AVX512 uint64_t
avx512_high(const struct avx512_block *x)
{
	return _mm512_movepi8_mask(x->all);
}

READER(avx512, AVX512)

#elif defined(__aarch64__)

typedef uint8x16_t neon_bytes;

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

static inline neon_bytes
neon_all(const char *p)
{
	return vld1q_u8((const uint8_t *)p);
}

static inline struct neon_block
neon_or(const struct neon_block *x, neon_bytes y)
{
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
neon_is(const struct neon_block *x, neon_bytes y)
{
	return neon_bits(vceqq_u8(x->part[0], y), vceqq_u8(x->part[1], y),
	    vceqq_u8(x->part[2], y), vceqq_u8(x->part[3], y));
}

static inline uint64_t
neon_within(const struct neon_block *x, neon_bytes low, neon_bytes most)
{
	return neon_bits(vcleq_u8(vsubq_u8(x->part[0], low), most),
	    vcleq_u8(vsubq_u8(x->part[1], low), most),
	    vcleq_u8(vsubq_u8(x->part[2], low), most),
	    vcleq_u8(vsubq_u8(x->part[3], low), most));
}

static inline void
neon_ask(neon_bytes *of, const struct json_firsts *first)
{
	of[0] = vld1q_u8(first->low);
	of[1] = vld1q_u8(first->high);
}

static inline uint8x16_t
neon_part_asked(uint8x16_t x, const neon_bytes *of)
{
	return vtstq_u8(vqtbl1q_u8(of[0], vandq_u8(x, vdupq_n_u8(15))),
	    vqtbl1q_u8(of[1], vshrq_n_u8(x, 4)));
}

static inline uint64_t
neon_asked(const struct neon_block *x, const neon_bytes *of)
{
	return neon_bits(neon_part_asked(x->part[0], of),
	    neon_part_asked(x->part[1], of), neon_part_asked(x->part[2], of),
	    neon_part_asked(x->part[3], of));
}

static inline uint64_t
neon_high(const struct neon_block *x)
{
	return neon_within(x, vdupq_n_u8(0x80), vdupq_n_u8(0x7f));
}

READER(neon, )

#endif

void
json_firsts_set(struct json_firsts *first, int i, char c)
{
	unsigned char bit = (unsigned char)(1 << i);

	first->byte[i] = c;
	first->low[(unsigned char)c & 15] |= bit;
	first->high[(unsigned char)c >> 4] |= bit;
}

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

const char *
json_mask_best(void)
{
	static const char *const ways[] = { "avx512", "avx2", "sse2", "neon" };
	const char *wish = getenv("WINDOWPIPE_SIMD");

	if (wish != NULL && json_mask_reader_of(wish) != NULL)
		return wish;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (json_mask_reader_of(ways[i]) != NULL)
			return ways[i];
	return "none";
}
