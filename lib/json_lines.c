/* json_lines - lines of JSON checked by the bits of 64 bytes at a time.
 * SPDX-License-Identifier: ISC */
#include "lib/json_lines.h"

#include <string.h>

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

/* A mark: four times the offset from base, and what stands there. */
enum mark { MARK_KEY, MARK_NEWLINE, MARK_OPEN, MARK_CLOSE };

/* Where a block's bytes are, and where they stand in the text: of the last one
 * that is not the same. */
struct block {
	const char *bytes, *text;
};

static json_mask_reader *reader;

void
json_lines_begin(struct json_lines *l, const struct json_paths *paths,
    const char *p, const char *end)
{
	if (reader == NULL)
		reader = json_mask_reader_best();
	l->paths = paths;
	l->begin = l->done = l->base = p;
	l->end = end;
	l->bad = l->pair = l->key = NULL;
	l->open_end = p == end || end[-1] != '\n';
	l->depth = 0;
	l->braces = 0;
	l->any_first = paths->nfirsts <= JSON_FIRSTS_MAX ? 0 : ~(uint64_t)0;
	l->carry = (struct json_carry){ 0 };
	l->at = l->n = 0;
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

/* What comes next behind the ends, blanks apart, of which most rows have none.
 */
static inline uint64_t
follow(uint64_t *carry, uint64_t ends, uint64_t more, uint64_t blank)
{
	uint64_t next = ends << 1 | *carry | more, sum;
	bool goes_on;

	if (blank == 0) {
		*carry = ends >> 63;
		return next;
	}
	goes_on = __builtin_add_overflow(next, blank, &sum);
	*carry = ends >> 63 | goes_on;
	return sum & ~blank;
}

/* What comes behind runs that begin at those bits. */
static inline uint64_t
behind_run(uint64_t *carry, uint64_t begins, uint64_t run)
{
	uint64_t sum;

	*carry = __builtin_add_overflow(begins, run, &sum);
	return sum & ~run;
}

/* Each bit the parity of those up to it. */
static inline uint64_t
parity(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
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
    uint64_t digit, uint64_t dot, uint64_t minus, uint64_t *sign)
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
	wrong |= e & ~(digit << 1 | c->digit);
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

/*
 * -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, in words: a point stands
 * behind a digit, and before one; a minus sign begins a number or an exponent;
 * 0 that begins a number is followed by no digit; behind a point and its digits
 * comes no other point.
 */
static __attribute__((noinline)) uint64_t
check_scalars(struct json_lines *l, struct block b, const struct json_mask *m,
    uint64_t scalar, uint64_t begins)
{
	struct json_carry *c = &l->carry;
	uint64_t digit = m->digit & scalar, dot = m->dot & scalar,
		 minus = m->minus & scalar, word = 0, sign = 0, wrong = 0, rest,
		 lead, odd = begins & ~(digit | minus);

	if ((odd | c->word | c->word_before) != 0) {
		word = words(l, b.text, odd, &wrong);
		/* Behind a word its token is at its end. */
		wrong |= (word << 1 | c->word_before) & ~word & scalar;
		c->word_before = word >> 63;
	}
	rest = scalar & ~(digit | dot | minus | word);
	if ((rest | c->exponent | c->sign | c->power) != 0)
		wrong |= exponents(c, b.bytes, rest, digit, dot, minus, &sign);
	wrong |= dot & ~(digit << 1 | c->digit);
	wrong |= ((dot | minus) << 1 | c->digit_due) & ~digit;
	wrong |= minus & ~(begins | sign);
	lead = (begins | (minus & begins) << 1 | c->lead) & m->zero & scalar;
	wrong |= (lead << 1 | c->zero) & digit;
	wrong |= behind_run(&c->fraction, dot << 1 | c->fraction, digit) & dot;
	c->fraction |= dot >> 63;
	c->digit = digit >> 63;
	c->digit_due = (dot | minus) >> 63;
	c->lead = (minus & begins) >> 63;
	c->zero = lead >> 63;
	c->odd = c->word | c->word_before | c->exponent | c->sign | c->power |
	         c->fraction | c->digit_due | c->lead;
	return wrong;
}

/* The same where there is nothing but digits. */
static inline uint64_t
check_digits(
    struct json_carry *c, uint64_t digit, uint64_t begins, uint64_t zero)
{
	uint64_t lead = begins & zero, wrong = (lead << 1 | c->zero) & digit;

	c->digit = digit >> 63;
	c->zero = lead >> 63;
	return wrong;
}

/* --- brackets ------------------------------------------------------------- */

/* Whether what closes there closes what has just opened. */
static bool
is_empty(const struct json_lines *l, const char *p)
{
	while (p > l->begin && (p[-1] == ' ' || p[-1] == '\t' || p[-1] == '\r'))
		p--;
	return p > l->begin && (p[-1] == '{' || p[-1] == '[');
}

/* Brackets of a block; each belongs to what it encloses. */
struct brackets {
	uint64_t open, close;
	uint64_t object; /* which bytes are within braces, */
	uint64_t inside; /* within a line's own, */
	uint64_t deep;   /* and deeper than the paths look */
	uint64_t wrong;
};

/* The first of those brackets that is wrong: one is. */
static __attribute__((noinline)) uint64_t
wrong_bracket(struct block b, uint64_t open, uint64_t close, uint64_t stack,
    unsigned depth)
{
	uint64_t bit = 0;

	for (uint64_t left = open | close; left != 0; left &= left - 1) {
		uint64_t brace =
		    (unsigned char)b.bytes[first_of(left)] >> 5 & 1;

		bit = left & -left;
		if ((open & bit) != 0) {
			if (depth++ == JSON_LINES_DEPTH)
				break;
			stack = stack << 1 | brace;
		} else {
			if (depth-- == 0 || (stack & 1) != brace)
				break;
			stack >>= 1;
		}
	}
	return bit;
}

/*
 * Brackets close as they have opened.  No branch asks what a bracket is: nobody
 * can foresee that.  A call would be felt: what all holds would have to be in
 * memory.
 */
static inline __attribute__((always_inline)) void
read_brackets(struct json_lines *l, struct block b, struct brackets *all)
{
	uint64_t stack = l->braces, wrong = 0;
	unsigned depth = l->depth, deepest = (unsigned)l->paths->levels + 1;
	unsigned levels = 0;

	for (uint64_t left = all->open | all->close; left != 0;
	     left &= left - 1) {
		unsigned i = first_of(left);
		/* 0 or 1, as brace. */
		uint64_t closes = all->close >> i & 1, bit = left & -left;
		uint64_t behind = -(bit << closes), before = stack;
		uint64_t brace = (unsigned char)b.bytes[i] >> 5 & 1;
		/* Of what it encloses. */
		unsigned level = depth + 1 - (unsigned)closes;

		wrong |= closes & (brace ^ stack);
		levels |= level;
		stack = closes != 0 ? stack >> 1 : stack << 1 | brace;
		all->object ^= behind & -((stack ^ before) & 1);
		all->inside ^= level == 1 ? behind : 0;
		all->deep ^= level == deepest ? behind : 0;
		depth = level - (unsigned)closes;
	}
	/* A line is an object. */
	all->wrong =
	    all->inside & ~(all->inside << 1 | (l->depth > 0)) & ~all->object;
	if (__builtin_expect(
		(wrong | (levels & ~(unsigned)JSON_LINES_DEPTH)) != 0, 0))
		all->wrong |= wrong_bracket(
		    b, all->open, all->close, l->braces, l->depth);
	l->depth = depth;
	l->braces = stack;
}

/* --- a block -------------------------------------------------------------- */

/*
 * Keys with escapes may be any key: all of them are marked that stand where one
 * is wanted.  backslash: those within keys.
 */
static uint64_t
escaped_keys(
    struct json_lines *l, uint64_t backslash, uint64_t keys, uint64_t wanted)
{
	const char *marked = NULL;
	uint64_t found = 0;

	for (uint64_t left = backslash; left != 0; left &= left - 1) {
		uint64_t before = keys & ((left & -left) - 1);

		l->careful = true;
		if (before != 0)
			found |= (uint64_t)2 << (63 - __builtin_clzll(before));
		else if ((wanted & 1) != 0 && l->key != marked &&
			 l->base - l->key < INT32_MAX / 4) {
			marked = l->key;
			l->mark[l->n++] =
			    (int32_t)(l->key + 1 - l->base) * 4 + MARK_KEY;
		}
	}
	return found;
}

/* A key's mark is where its first byte stands. */
static inline void
mark_all(struct json_lines *l, struct block b, uint64_t keys, uint64_t newline,
    uint64_t open, uint64_t close)
{
	int32_t at = (int32_t)(b.text - l->base);
	size_t n = l->n;

	for (uint64_t left = keys | newline | open | close; left != 0;
	     left &= left - 1) {
		unsigned i = first_of(left);
		unsigned kind = (unsigned)(newline >> i & 1);

		if (((open | close) >> i & 1) != 0)
			kind = (close >> i & 1) != 0 ? MARK_CLOSE : MARK_OPEN;
		l->mark[n++] = (at + (int32_t)i) * 4 + (int32_t)kind;
	}
	l->n = n;
}

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

/* Closing brackets that are behind no value. */
static uint64_t
check_empty(const struct json_lines *l, const char *text, uint64_t close)
{
	uint64_t wrong = 0;

	for (; close != 0; close &= close - 1)
		if (!is_empty(l, text + first_of(close)))
			wrong |= close & -close;
	return wrong;
}

/* Marks what is found in a block; returns what is wrong. */
static inline __attribute__((always_inline)) uint64_t
look_at(struct json_lines *l, struct block b, const struct json_mask *m)
{
	struct json_carry *c = &l->carry;
	uint64_t quote = m->quote, wrong = 0, in, outside, opening, closing;
	uint64_t blank, comma, colon, scalar, behind, begins, after, due, keys;
	uint64_t newline, wanted, first, key_ends, key = c->key;
	struct brackets all = { 0 };

	if ((m->backslash | c->escaped) != 0) {
		uint64_t escaped = escaped_bytes(&c->escaped, m->backslash);

		wrong |= check_escapes(l, b, escaped);
		quote &= ~escaped;
	}
	if ((m->high | c->follow) != 0)
		wrong |= check_utf8(c, b.bytes, m->high);
	/* Within a text of no key, and nothing else. */
	if ((~c->in_text | quote | m->control | key) == 0)
		return wrong;
	in = parity(quote) ^ c->in_text;
	c->in_text = -(in >> 63);
	wrong |= in & m->control;
	opening = quote & in;
	closing = quote & ~in;
	outside = ~(in | quote);
	newline = m->newline & outside;
	all.open = m->open & outside;
	all.close = m->close & outside;
	comma = m->comma & outside;
	colon = m->colon & outside;
	blank = m->space & outside;
	if ((m->control & outside & ~newline) != 0)
		blank |= other_blanks(b.bytes, m->control & outside);

	scalar =
	    outside & ~(newline | comma | colon | all.open | all.close | blank);
	behind = scalar << 1 | c->scalar;
	begins = scalar & ~behind;
	wrong |= ((scalar & ~m->digit) | c->odd) != 0
	             ? check_scalars(l, b, m, scalar, begins)
	             : check_digits(c, scalar, begins, m->zero);
	c->scalar = scalar >> 63;

	/* A value stands behind none, a comma and a newline behind one, what
	 * closes behind one or what has opened. */
	after = follow(&c->ended, closing | all.close, behind & ~scalar, blank);
	wrong |= (opening | begins | all.open) & after;
	wrong |= (comma | newline) & ~after;
	if ((all.close & ~after) != 0)
		wrong |= check_empty(l, b.text, all.close & ~after);

	all.object = -(l->braces & 1);
	all.inside = -(uint64_t)(l->depth > 0);
	all.deep = -(uint64_t)(l->depth > (unsigned)l->paths->levels);
	if ((all.open | all.close) != 0) {
		read_brackets(l, b, &all);
		wrong |= all.wrong;
	}
	/* A line is a pair of braces, and blanks around it perhaps. */
	wrong |= ~(all.inside | newline | blank) | (newline & all.inside);
	wanted = all.inside & ~all.deep;

	/* Keys are due behind braces, and behind commas within them; where a
	 * key has ended a colon is, and nowhere else. */
	due = follow(&c->key_due, (all.open | comma) & all.object, 0, blank);
	wrong |= due & ~(opening | all.close);
	keys = due & opening;
	key_ends = behind_run(&c->key, keys | key, in) & closing;
	wrong |= follow(&c->key_ended, key_ends, 0, blank) ^ colon;

	first = (keys << 1 | c->key_first) & (m->first | l->any_first);
	c->key_first = keys >> 63;
	if ((m->backslash & (key_ends - (keys | key))) != 0)
		first |= escaped_keys(
		    l, m->backslash & (key_ends - (keys | key)), keys, wanted);
	if (keys != 0)
		l->key = b.text + (63 - __builtin_clzll(keys));
	if (l->paths->levels <= 1)
		mark_all(l, b, first & wanted, newline, 0, 0);
	else
		mark_all(l, b, first & wanted, newline, all.open & wanted,
		    all.close & wanted);
	return wrong;
}

/* The blocks that come next. */
static void
look(struct json_lines *l)
{
	struct json_mask masks[JSON_LINES_BLOCKS];
	char rest[JSON_MASK_BYTES] = { 0 };
	size_t left = (size_t)(l->end - l->done), n = left / JSON_MASK_BYTES;
	const char *bytes = l->done;
	uint64_t valid = from(0);

	if (n > JSON_LINES_BLOCKS)
		n = JSON_LINES_BLOCKS;
	if (n == 0) {
		/* The last block, and the last newline where it is missing. */
		memcpy(rest, l->done, left);
		if (l->open_end)
			rest[left] = '\n';
		if (left + l->open_end < JSON_MASK_BYTES)
			valid = ~from((unsigned)(left + l->open_end));
		l->open_end = false;
		bytes = rest;
		n = 1;
	}
	l->base = l->done;
	l->at = l->n = 0;
	l->careful =
	    bytes == rest || left - n * JSON_MASK_BYTES < CAREFUL_BYTES;
	reader(bytes, n, l->paths->first, masks);
	for (size_t i = 0; i < n && l->bad == NULL; i++) {
		struct block b = { bytes + i * JSON_MASK_BYTES,
			l->base + i * JSON_MASK_BYTES };
		uint64_t wrong = look_at(l, b, &masks[i]) & valid;

		if (wrong != 0)
			l->bad = b.text + first_of(wrong);
	}
	/* Nothing counts from there on. */
	while (l->bad != NULL && l->n > 0 &&
	       l->base + (l->mark[l->n - 1] >> 2) >= l->bad)
		l->n--;
	l->done += bytes == rest ? left : n * JSON_MASK_BYTES;
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
	uint64_t head;

	memcpy(&head, p, sizeof head);
	for (; i != -1; i = node->by_first) {
		node = &nodes[i];
		if (((head ^ node->head) & node->head_mask) != 0 ||
		    node->parent != in)
			continue;
		if (node->key_n >= sizeof head &&
		    ((size_t)(l->end - p) <= node->key_n + 1 ||
			memcmp(p, node->key, node->key_n) != 0 ||
			p[node->key_n] != '"'))
			continue;
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

static inline void
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
		const int32_t *mark = l->mark + l->at, *end = l->mark + l->n;
		int in = l->node[l->level];

		for (; mark < end; mark++) {
			const char *p = l->base + (*mark >> 2);
			enum mark kind = (enum mark)(*mark & 3);

			if (kind == MARK_KEY) {
				if (in != -1)
					take_key(l, in, p, values);
				continue;
			}
			if (kind == MARK_NEWLINE) {
				l->at = (size_t)(mark + 1 - l->mark);
				use_stand_ins(paths, values);
				return p < l->end ? p + 1 : p;
			}
			if (kind == MARK_OPEN)
				open_level(l, p);
			else
				l->level--;
			in = l->node[l->level];
		}
		l->at = l->n;
		if (l->bad != NULL || (l->done == l->end && !l->open_end))
			return NULL;
		look(l);
	}
}
