/* json_lines - lines of JSON checked by the bits of 64 bytes at a time.
 * SPDX-License-Identifier: ISC */
#include "lib/json_lines.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "lib/block.h"
#include "lib/json.h"

/*
 * Of each block lib/json_mask.h tells what its bytes are.  What the grammar
 * says of neighbours is then said of whole masks: "a colon stands where a key
 * has ended" is two masks that are equal.  Between two neighbours there may be
 * blanks; follow() steps over them, by an addition whose carry runs through
 * the blanks and stops behind them.  Only brackets, words and escapes are
 * looked at one by one.
 *
 * (Bits of 64 bytes, quotes by exclusive or of all before: Langdale, Lemire,
 * "Parsing gigabytes of JSON per second", VLDB Journal 28, 2019.)
 */

/* From a key's first byte on eight are read, and a colon behind it. */
enum { CAREFUL_BYTES = 16 };

/* Where a block's bytes are, and where they stand in the text: of the last one
 * that is not the same. */
struct block {
	const char *bytes, *text;
};

/* How much is looked at at once. */
typedef size_t look_fn(struct json_lines *, const char *bytes, const char *text,
    const struct json_masks *, const uint64_t *wrong, size_t at, size_t n);

static struct {
	json_mask_reader *reader;
	look_fn *look; /* NULL: a block */
} way;

static void choose_way(void);

void
json_lines_begin(struct json_lines *l, const struct json_paths *paths,
    const char *p, const char *end)
{
	if (way.reader == NULL)
		choose_way();
	l->paths = paths;
	l->begin = l->done = l->base = p;
	l->end = end;
	l->bad = l->pair = l->key = NULL;
	l->open_end = p == end || end[-1] != '\n';
	l->depth = 0;
	l->braces = 0;
	l->any_first = paths->nfirsts <= JSON_MASK_FIRSTS ? 0 : ~(uint64_t)0;
	l->carry = (struct json_carry){ 0 };
	l->at = l->n = 0;
	l->left = 0;
	l->late = NULL;
	l->level = 0;
	/* Where brackets are not marked, all keys that are are the line's. */
	l->node[0] = paths->levels > 1 ? -1 : 0;
	l->inner_at = NULL;
}

void
json_lines_free(struct json_lines *l)
{
	buf_free(&l->scratch);
}

/* --- masks ---------------------------------------------------------------- */

/* What comes behind runs that begin at those bits. */
static inline uint64_t
behind_run(uint64_t *carry, uint64_t begins, uint64_t run)
{
	uint64_t sum;

	*carry = __builtin_add_overflow(begins, run, &sum);
	return sum & ~run;
}

static inline unsigned
first_of(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask);
}

/* All bits from that one on. */
static inline uint64_t
from(unsigned bit)
{
	return ~(uint64_t)0 << bit;
}

/* --- texts ---------------------------------------------------------------- */

/* At the u of an escape. */
static bool
unicode_is_right(struct json_lines *l, const char *p)
{
	unsigned unit, low;

	if (p == l->pair)
		return true;
	unit = json_hex4(p + 1, l->end);
	if (unit < 0xd800 || (unit > 0xdfff && unit < JSON_NO_HEX))
		return true;
	if (unit > 0xdbff || l->end - p < 11 || p[5] != '\\' || p[6] != 'u')
		return false;
	l->pair = p + 6;
	low = json_hex4(p + 7, l->end);
	return low >= 0xdc00 && low <= 0xdfff;
}

/* The bytes that a backslash escapes: behind an odd number of them. */
static uint64_t
escaped_bytes(uint64_t *carry, uint64_t backslash)
{
	static const uint64_t odd = 0xaaaaaaaaaaaaaaaau;
	uint64_t first = *carry, escapes;

	/* In a run of them every other one escapes: a subtraction tells the
	 * runs that begin at odd places from the others. */
	escapes = backslash & ~first;
	escapes = ((escapes << 1 | odd) - escapes) ^ odd;
	*carry = (escapes & backslash) >> 63;
	return escapes ^ (backslash | first);
}

/* Those of them that are wrong. */
static uint64_t
check_escapes(struct json_lines *l, struct block b, uint64_t escaped)
{
	static const char kind[256] = { ['"'] = 1,
		['\\'] = 1,
		['/'] = 1,
		['b'] = 1,
		['f'] = 1,
		['n'] = 1,
		['r'] = 1,
		['t'] = 1,
		['u'] = 2 };
	uint64_t wrong = 0;

	for (; escaped != 0; escaped &= escaped - 1) {
		unsigned i = first_of(escaped);
		char k = kind[(unsigned char)b.bytes[i]];

		if (k != 1 && (k == 0 || !unicode_is_right(l, b.text + i)))
			wrong |= (uint64_t)1 << i;
	}
	return wrong;
}

/*
 * UTF-8 (RFC 3629): where bytes above 0x7f must follow is the bits of those
 * that lead, moved; behind four of them the second byte has bounds of its own.
 */
static uint64_t
check_utf8(struct json_carry *c, const char *bytes, uint64_t high)
{
	uint64_t cont = 0, lead3 = 0, lead4 = 0, wrong = 0, below_a0 = 0,
		 below_90 = 0, e0 = 0, ed = 0, f0 = 0, f4 = 0, lead, must;

	/* Signed: 0x80 is -128, 0xc0 is -64. */
	for (int i = 0; i < JSON_MASK_BYTES; i += BLOCK_WIDTH) {
		block16 x = block_load(bytes + i);

		cont |= block_mask((block16)(x < -64)) << i;
		lead3 |= block_mask((block16)(x >= -32)) << i;
		lead4 |= block_mask((block16)(x >= -16)) << i;
		wrong |= block_mask((block16)((x == -64) | (x == -63) |
					      ((x > -12) & (x < 0))))
		         << i;
		below_a0 |= block_mask((block16)(x < -96)) << i;
		below_90 |= block_mask((block16)(x < -112)) << i;
		e0 |= block_mask((block16)(x == -32)) << i;
		ed |= block_mask((block16)(x == -19)) << i;
		f0 |= block_mask((block16)(x == -16)) << i;
		f4 |= block_mask((block16)(x == -12)) << i;
	}
	lead = high & ~cont;
	lead3 &= high;
	lead4 &= high;
	must = lead << 1 | lead3 << 2 | lead4 << 3 | c->follow;
	c->follow = lead >> 63 | lead3 >> 62 | lead4 >> 61;
	wrong |= must ^ cont;
	wrong |= (e0 << 1 | (c->second & 1)) & below_a0;
	wrong |= (ed << 1 | (c->second >> 1 & 1)) & ~below_a0;
	wrong |= (f0 << 1 | (c->second >> 2 & 1)) & below_90;
	wrong |= (f4 << 1 | (c->second >> 3 & 1)) & ~below_90;
	c->second = e0 >> 63 | ed >> 63 << 1 | f0 >> 63 << 2 | f4 >> 63 << 3;
	return wrong;
}

/* --- numbers and words ---------------------------------------------------- */

/* The bits of true, false and null; what else begins with no digit is wrong. */
static uint64_t
words(struct json_lines *l, const char *text, uint64_t begins, uint64_t *wrong)
{
	uint64_t word = l->carry.word;

	l->carry.word = 0;
	for (; begins != 0; begins &= begins - 1) {
		unsigned i = first_of(begins);
		const char *p = text + i;
		uint64_t bits = 0;

		/* Behind a word there is a bracket at least. */
		if (l->end - p > 4) {
			if (memcmp(p, "true", 4) == 0 ||
			    memcmp(p, "null", 4) == 0)
				bits = 0xf;
			else if (memcmp(p, "false", 5) == 0)
				bits = 0x1f;
		}
		if (bits == 0)
			*wrong |= (uint64_t)1 << i;
		word |= bits << i;
		if (i > 0)
			l->carry.word |= bits >> (64 - i);
	}
	return word;
}

/*
 * Exponents: rest is what is within numbers besides digits, points and minus
 * signs.  *sign: the minus signs that may stand there.
 */
static uint64_t
exponents(struct json_carry *c, const char *bytes, uint64_t rest,
    uint64_t digit, uint64_t before, uint64_t dot, uint64_t minus,
    uint64_t *sign)
{
	uint64_t e = 0, plus = 0, behind, power, wrong;

	for (uint64_t left = rest; left != 0; left &= left - 1) {
		unsigned i = first_of(left);

		if ((bytes[i] | 0x20) == 'e')
			e |= (uint64_t)1 << i;
		else if (bytes[i] == '+')
			plus |= (uint64_t)1 << i;
	}
	behind = e << 1 | c->exponent;
	c->exponent = e >> 63;
	wrong = rest & ~(e | plus);
	wrong |= e & ~(digit << 1 | before);
	wrong |= plus & ~behind;
	*sign = (plus | minus) & behind;
	wrong |= behind & ~(digit | *sign);
	power = (behind & digit) | *sign << 1 | c->sign;
	wrong |= power & ~digit;
	c->sign = *sign >> 63;
	/* Its digits end where neither point nor e is. */
	return wrong |
	       (behind_run(&c->power, power | c->power, digit) & (dot | e));
}

/* Scalars of some blocks; rest is neither digit, point nor minus sign.  sign
 * and wrong are 0, and are found: minus signs of exponents, and what is wrong.
 */
struct others {
	json_lanes begins, digit, dot, minus, rest;
	json_lanes sign, wrong;
};

/* Words, and what belongs to exponents; true: there is a sign or a fault. */
static __attribute__((noinline)) bool
check_others(struct json_lines *l, const char *bytes, const char *text,
    size_t n, struct others *o)
{
	struct json_carry *c = &l->carry;
	uint64_t found = 0;

	for (size_t k = 0; k < n; k++) {
		uint64_t digit = o->digit[k], dot = o->dot[k],
			 minus = o->minus[k], rest = o->rest[k], word = 0;
		uint64_t odd = o->begins[k] & ~(digit | minus), wrong = 0;
		size_t at = k * JSON_MASK_BYTES;

		if ((rest | c->odd) == 0)
			continue;
		if ((odd | c->word | c->word_before) != 0) {
			word = words(l, text + at, odd, &wrong);
			/* Behind a word its token is at its end. */
			wrong |= (word << 1 | c->word_before) & ~word &
			         (digit | dot | minus | rest);
			c->word_before = word >> 63;
			rest &= ~word;
		}
		if ((rest | c->exponent | c->sign | c->power) != 0) {
			uint64_t before = k > 0 ? o->digit[k - 1] >> 63
			                        : c->digit[JSON_LANES - 1];

			wrong |= exponents(c, bytes + at, rest, digit, before,
			    dot, minus, &o->sign[k]);
		}
		c->odd =
		    c->word | c->word_before | c->exponent | c->sign | c->power;
		o->wrong[k] = wrong;
		found |= wrong | o->sign[k];
	}
	return found != 0;
}

/* --- brackets ------------------------------------------------------------- */

/* Brackets of some blocks; each belongs to what it encloses. */
struct brackets {
	json_lanes open, close;
	json_lanes object; /* which bytes are within braces, */
	json_lanes inside; /* within a line's own, */
	json_lanes deep;   /* and deeper than the paths look */
	json_lanes wrong;  /* 0, and is found */
};

/* The first of those brackets that is wrong: one is. */
static __attribute__((noinline)) uint64_t
wrong_bracket(const char *bytes, uint64_t open, uint64_t close, uint64_t stack,
    unsigned depth)
{
	uint64_t bit = 0;

	for (uint64_t left = open | close; left != 0; left &= left - 1) {
		uint64_t brace = (unsigned char)bytes[first_of(left)] >> 5 & 1;

		bit = left & -left;
		if ((open & bit) != 0) {
			if (depth == JSON_LINES_DEPTH ||
			    (depth == 0 && brace == 0))
				break;
			depth++;
			stack = stack << 1 | brace;
		} else {
			if (depth-- == 0 || (stack & 1) != brace)
				break;
			stack >>= 1;
		}
	}
	return bit;
}

/* --- blocks --------------------------------------------------------------- */

/* The key that goes on from blocks before. */
static void
mark_key(struct json_lines *l)
{
	size_t at;

	if (l->key < l->base) {
		l->late = l->key;
		return;
	}
	at = (size_t)(l->key - l->base);
	l->marked[at / JSON_MASK_BYTES] |= (uint64_t)1 << at % JSON_MASK_BYTES;
}

static inline bool
lanes_any_1(uint64_t x)
{
	return x != 0;
}

typedef uint64_t vec_1;
#define LANES 1
#define LANES_TARGET
#include "lib/json_look.h"

#if defined(__SSE2__) || defined(__aarch64__)
typedef uint64_t vec_2 __attribute__((vector_size(16)));

static inline bool
lanes_any_2(vec_2 x)
{
	return (x[0] | x[1]) != 0;
}

#define LANES 2
#define LANES_TARGET
#include "lib/json_look.h"
#endif

#ifdef __x86_64__
#define LANES_TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt")))
typedef uint64_t vec_4 __attribute__((vector_size(32)));

static inline LANES_TARGET bool
lanes_any_4(vec_4 x)
{
	return !_mm256_testz_si256((__m256i)x, (__m256i)x);
}

#define LANES 4
#include "lib/json_look.h"

#define LANES_TARGET __attribute__((target("avx512bw,avx2,bmi,bmi2,lzcnt")))
typedef uint64_t vec_8 __attribute__((vector_size(64)));

static inline LANES_TARGET bool
lanes_any_8(vec_8 x)
{
	return _mm512_test_epi64_mask((__m512i)x, (__m512i)x) != 0;
}

#define LANES 8
#include "lib/json_look.h"
#endif

/* Tabs and CR are few. */
static uint64_t
other_blanks(const char *bytes, uint64_t control)
{
	uint64_t blank = 0;

	for (; control != 0; control &= control - 1) {
		unsigned i = first_of(control);

		if (bytes[i] == '\t' || bytes[i] == '\r')
			blank |= (uint64_t)1 << i;
	}
	return blank;
}

/* What not every block has: escapes, characters above 0x7f, tabs and CR. */
static void
look_at_bytes(struct json_lines *l, struct block b, struct json_masks *m,
    uint64_t *wrong, size_t k)
{
	struct json_carry *c = &l->carry;

	wrong[k] = 0;
	if ((m->backslash[k] | c->escaped) != 0) {
		uint64_t escaped = escaped_bytes(&c->escaped, m->backslash[k]);

		wrong[k] |= check_escapes(l, b,
		    m->backslash[k] != 0 ? escaped & ~m->escape[k] : escaped);
		m->quote[k] &= ~escaped;
	}
	if ((m->high[k] | c->follow) != 0)
		wrong[k] |= check_utf8(c, b.bytes, m->high[k]);
	if ((m->control[k] ^ m->newline[k]) != 0)
		m->space[k] |= other_blanks(b.bytes, m->control[k]);
}

/* The blocks that come next. */
static void
look(struct json_lines *l)
{
	struct json_masks m;
	char rest[JSON_MASK_BYTES];
	size_t left = (size_t)(l->end - l->done), n = left / JSON_MASK_BYTES;
	size_t at = 0;
	const char *bytes = l->done;
	uint64_t wrong[JSON_MASK_BLOCKS];

	if (n > JSON_MASK_BLOCKS)
		n = JSON_MASK_BLOCKS;
	if (n == 0) {
		/* The last block, and the last newline where it is missing;
		 * blanks behind it are right. */
		memset(rest, ' ', sizeof rest);
		memcpy(rest, l->done, left);
		if (l->open_end)
			rest[left] = '\n';
		l->open_end = false;
		bytes = rest;
		n = 1;
	}
	l->base = l->done;
	l->at = 0;
	l->careful =
	    bytes == rest || left - n * JSON_MASK_BYTES < CAREFUL_BYTES;
	way.reader(bytes, n, &l->paths->first, &m);
	m.first[n] = from(0);
	for (size_t k = 0; k < n; k++)
		look_at_bytes(l,
		    (struct block){ bytes + k * JSON_MASK_BYTES,
			l->base + k * JSON_MASK_BYTES },
		    &m, wrong, k);
	if (way.look != NULL)
		at = way.look(l, bytes, l->base, &m, wrong, 0, n);
	look_1(l, bytes, l->base, &m, wrong, at, n);
	/* Nothing counts from there on. */
	if (l->bad != NULL) {
		at = (size_t)(l->bad - l->base);
		n = at / JSON_MASK_BYTES + 1;
		l->marked[n - 1] &= ~from(at % JSON_MASK_BYTES);
	}
	l->n = n;
	l->marked[n] = 0;
	l->left = l->marked[0];
	l->done += bytes == rest ? left : n * JSON_MASK_BYTES;
}

static void
choose_way(void)
{
	const char *name = json_mask_best();

	way.reader = json_mask_reader_of(name);
#if defined(__SSE2__) || defined(__aarch64__)
	if (strcmp(name, "sse2") == 0 || strcmp(name, "neon") == 0)
		way.look = look_2;
#endif
#ifdef __x86_64__
	if (strcmp(name, "avx2") == 0)
		way.look = look_4;
	if (strcmp(name, "avx512") == 0)
		way.look = look_8;
#endif
}

/* --- lines ---------------------------------------------------------------- */

/* The child of in whose key is behind the quote before p, or -1, by all its
 * bytes; *value is where its value begins. */
static int
any_child(struct json_lines *l, int in, const char *p, const char **value)
{
	struct json_scan s = { p - 1, l->end, p, 0, NULL };
	struct cell key;

	if (json_scan_key(&s, &key) == -1)
		return -1;
	*value = s.p;
	buf_clear(&l->scratch);
	return json_node_child(l->paths, in, json_text(&key, &l->scratch));
}

/* The same for a key without escapes, by eight bytes at first. */
static inline int
child_at(const struct json_lines *l, int in, const char *p, const char **value)
{
	const struct json_node *nodes = l->paths->nodes, *node;
	int i = l->paths->by_first[(unsigned char)*p];
	uint64_t head, tail;

	memcpy(&head, p, sizeof head);
	for (; i != -1; i = node->by_first) {
		node = &nodes[i];
		if (((head ^ node->head) & node->head_mask) != 0 ||
		    node->parent != in)
			continue;
		if (node->key_n >= sizeof head) {
			if ((size_t)(l->end - p) <= node->key_n + 1)
				continue;
			memcpy(&tail, p + node->key_n - 7, sizeof tail);
			if (tail != node->tail ||
			    (node->key_n > 15 &&
				memcmp(p, node->key, node->key_n) != 0))
				continue;
		}
		p += node->key_n + 1;
		p = *p == ':' ? p : json_skip_blanks(p, l->end);
		*value = json_skip_blanks(p + 1, l->end);
		break;
	}
	return i;
}

/* A field that comes again makes what was found of it before undone. */
static void
forget(const struct json_paths *paths, int node, const char **values)
{
	if (paths->nodes[node].leaf != -1)
		values[paths->nodes[node].leaf] = NULL;
	for (int i = paths->nodes[node].child; i != -1;
	     i = paths->nodes[i].next)
		forget(paths, i, values);
}

static inline __attribute__((always_inline)) void
take_key(struct json_lines *l, int in, const char *p, const char **values)
{
	const struct json_node *node;
	const char *value;
	int i = l->careful ? any_child(l, in, p, &value)
	                   : child_at(l, in, p, &value);

	if (i == -1)
		return;
	node = &l->paths->nodes[i];
	if (node->child != -1) {
		forget(l->paths, i, values);
		l->inner = i;
		l->inner_at = value;
	}
	if (node->leaf != -1)
		values[node->leaf] = value;
}

static __attribute__((noinline)) void
take_late(struct json_lines *l, const char **values)
{
	if (l->node[l->level] != -1)
		take_key(l, l->node[l->level], l->late + 1, values);
	l->late = NULL;
}

/* A bracket within the levels of the paths: into an object that is wanted, or
 * into something that is not. */
static void
open_level(struct json_lines *l, const char *p)
{
	int node = p == l->inner_at && *p == '{' ? l->inner : -1;

	l->level++;
	l->node[l->level] = l->level == 1 ? 0 : node;
}

static void
use_stand_ins(const struct json_paths *paths, const char **values)
{
	for (size_t i = 0; i < paths->nstand_ins; i++) {
		const struct json_stand_in *s = &paths->stand_ins[i];

		if (values[s->leaf] == NULL)
			values[s->leaf] = values[s->other];
	}
}

const char *
json_lines_next(struct json_lines *l, const char **values)
{
	const struct json_paths *paths = l->paths;

	for (size_t i = 0; i < paths->leaves; i++)
		values[i] = NULL;
	for (;;) {
		size_t at = l->at;
		uint64_t left = l->left;
		int in = l->node[l->level];

		for (; at < l->n; left = l->marked[at]) {
			for (; left != 0; left &= left - 1) {
				const char *p = l->base + at * JSON_MASK_BYTES +
				                first_of(left);

				/* The last newline may be missing. */
				if (p == l->end || *p == '\n') {
					l->at = at;
					l->left = left & (left - 1);
					use_stand_ins(paths, values);
					return p < l->end ? p + 1 : p;
				}
				if (*p == '"') {
					if (in != -1)
						take_key(l, in, p + 1, values);
					continue;
				}
				if (*p == '{' || *p == '[')
					open_level(l, p);
				else
					l->level--;
				in = l->node[l->level];
			}
			at++;
		}
		l->at = at;
		l->left = 0;
		if (l->bad != NULL || (l->done == l->end && !l->open_end))
			return NULL;
		look(l);
		if (l->late != NULL)
			take_late(l, values);
	}
}
