/* json_look - what the grammar of JSON says of masks: of the masks of as many
 * blocks at a time as a vector has lanes.
 *
 * A part of json_lines.c, which includes it once for each LANES (a power of
 * two), with LANES_TARGET, the processor that it is for, and lanes_any_N(),
 * whether a bit is set in any lane.  One lane is plain C.
 *
 * Vectors are GCC's: + & | << are of each lane.  What one block tells the next
 * goes from lane to lane by up(), and from the last lane by the carry.
 *
 * SPDX-License-Identifier: ISC */

#ifdef LANES
#define LANES_FN static inline __attribute__((always_inline)) LANES_TARGET

#define LANES_PASTE(name, n) name##_##n
#define LANES_NAME(name, n)  LANES_PASTE(name, n)
#define vec                  LANES_NAME(vec, LANES)
#define any                  LANES_NAME(lanes_any, LANES)
#define up                   LANES_NAME(up, LANES)
#define load                 LANES_NAME(load, LANES)
#define store                LANES_NAME(store, LANES)
#define shift                LANES_NAME(shift, LANES)
#define add                  LANES_NAME(add, LANES)
#define parity               LANES_NAME(parity, LANES)
#define skip                 LANES_NAME(skip, LANES)
#define scalars              LANES_NAME(scalars, LANES)
#define read_brackets        LANES_NAME(read_brackets, LANES)
#define look_at              LANES_NAME(look_at, LANES)

/* A carry is of eight lanes; only the last counts for what comes next. */
#define LAST (JSON_LANES - LANES)

LANES_FN vec
load(const uint64_t *p)
{
	vec x;

	memcpy(&x, p, sizeof x);
	return x;
}

LANES_FN void
store(uint64_t *p, vec x)
{
	memcpy(p, &x, sizeof x);
}

/* Each lane's value in the next; the first's is the last of before. */
LANES_FN vec
up(vec before, vec x)
{
#if LANES == 8
	return (vec)_mm512_alignr_epi64((__m512i)x, (__m512i)before, 7);
#elif LANES == 4
	return __builtin_shufflevector(before, x, 3, 4, 5, 6);
#elif LANES == 2
	return __builtin_shufflevector(before, x, 1, 2);
#else
	(void)x;
	return before;
#endif
}

/* Every bit one place up, from block to block. */
LANES_FN vec
shift(uint64_t *carry, vec x)
{
	vec top = x >> 63, before = load(carry + LAST);

	store(carry + LAST, top);
	return x << 1 | up(before, top);
}

/* A sum of numbers of 64 bits a lane; of most lanes it is less. */
LANES_FN vec
add(uint64_t *carry, vec a, vec b)
{
	vec sum = a + b, out = ((a & b) | ((a | b) & ~sum)) >> 63;
	vec in = up(load(carry + LAST), out), over;

	do {
		vec next = sum + in;

		over = (sum & ~next) >> 63;
		out |= over;
		sum = next;
		in = up((vec){ 0 }, over);
	} while (any(in));
	store(carry + LAST, out);
	return sum;
}

/* Each bit the parity of those up to it, and of what is before: 0 or 1.  *last:
 * what is before the next. */
LANES_FN vec
parity(uint64_t before, vec x, vec *last)
{
	vec none = { 0 }, top;

	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	top = x >> 63;
#if LANES == 8
	top ^= up(none, top);
	top ^= (vec)_mm512_alignr_epi64((__m512i)top, (__m512i)none, 6);
	top ^= (vec)_mm512_alignr_epi64((__m512i)top, (__m512i)none, 4);
#elif LANES == 4
	top ^= up(none, top);
	top ^= __builtin_shufflevector(none, top, 2, 3, 4, 5);
#elif LANES == 2
	top ^= up(none, top);
#endif
	top ^= before;
	*last = top;
	return x ^ -up(none + before, top);
}

/* What comes next from there on, blanks apart, of which most rows have none. */
LANES_FN vec
skip(uint64_t *carry, vec next, vec blank, bool blanks)
{
	return blanks ? add(carry, next, blank) & ~blank : next;
}

/*
 * -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, in words: a point stands
 * behind a digit, and before one; a minus sign begins a number or an exponent;
 * 0 that begins a number is followed by no digit; behind a point and its digits
 * comes no other point.  Words and exponents are others().
 */
LANES_FN vec
scalars(struct json_lines *l, const char *bytes, const char *text,
    const struct json_masks *m, size_t at, vec scalar, vec begins)
{
	struct json_carry *c = &l->carry;
	vec digit = load(m->digit + at) & scalar;
	vec dot = load(m->dot + at) & scalar;
	vec minus = load(m->minus + at) & scalar;
	vec rest = scalar & ~(digit | dot | minus), sign = { 0 };
	vec wrong = { 0 }, lead, fraction, due;

	if (c->odd != 0 || any(rest)) {
		struct others o;

		store(o.begins, begins);
		store(o.digit, digit);
		store(o.dot, dot);
		store(o.minus, minus);
		store(o.rest, rest);
		store(o.sign, sign);
		store(o.wrong, wrong);
		/* What has just been stored by lanes is slow to load. */
		if (check_others(l, bytes, text, LANES, &o)) {
			sign = load(o.sign);
			wrong = load(o.wrong);
		}
	}
	minus &= ~sign;
	fraction = shift(c->fraction, dot);
	due = shift(c->minus, minus);
	wrong |= minus & ~begins;
	lead = (begins | due) & load(m->zero + at) & scalar;
	wrong |= (fraction | due) & ~digit;
	wrong |= shift(c->lead, lead) & digit;
	wrong |= dot & ~shift(c->digit, digit);
	return wrong | (add(c->fractions, fraction, digit) & ~digit & dot);
}

/*
 * Brackets close as they have opened; each belongs to what it encloses.  No
 * branch asks what a bracket is: nobody can foresee that.
 */
LANES_FN bool
read_brackets(struct json_lines *l, const char *bytes, struct brackets *all)
{
	uint64_t stack = l->braces;
	unsigned depth = l->depth, deepest = (unsigned)l->paths->levels + 1;
	uint64_t object = -(stack & 1), inside = -(uint64_t)(depth > 0);
	uint64_t deep = -(uint64_t)(depth >= deepest);
	bool good = true;

	for (size_t k = 0; k < LANES; k++, bytes += JSON_MASK_BYTES) {
		uint64_t close = all->close[k], left = all->open[k] | close;
		uint64_t stack_before = stack, wrong = 0;
		unsigned depth_before = depth, levels = 0;

		if (left == 0) {
			all->object[k] = object;
			all->inside[k] = inside;
			all->deep[k] = deep;
			continue;
		}
		do {
			unsigned i = first_of(left);
			/* 0 or 1, as brace. */
			uint64_t closes = close >> i & 1, before = stack;
			uint64_t behind = -((left & -left) << closes);
			uint64_t brace = (unsigned char)bytes[i] >> 5 & 1;
			/* Of what it encloses. */
			unsigned level = depth + 1 - (unsigned)closes;

			wrong |= closes & (brace ^ stack);
			/* A line is an object. */
			wrong |= (level == 1) & ~brace;
			levels |= level;
			stack = closes != 0 ? stack >> 1 : stack << 1 | brace;
			object ^= behind & -((stack ^ before) & 1);
			inside ^= level == 1 ? behind : 0;
			deep ^= level == deepest ? behind : 0;
			depth = level - (unsigned)closes;
			left &= left - 1;
		} while (left != 0);
		all->object[k] = object;
		all->inside[k] = inside;
		all->deep[k] = deep;
		levels &= ~(unsigned)JSON_LINES_DEPTH;
		if (__builtin_expect(((wrong & 1) | levels) != 0, 0)) {
			all->wrong[k] = wrong_bracket(bytes, all->open[k],
			    close, stack_before, depth_before);
			good = false;
		}
		object = -(stack & 1);
		inside = -(uint64_t)(depth > 0);
		deep = -(uint64_t)(depth >= deepest);
	}
	l->depth = depth;
	l->braces = stack;
	return good;
}

/* Marks what is found in the blocks of the at-th mask on; false: something is
 * wrong with them. */
LANES_FN bool
look_at(struct json_lines *l, const char *bytes, const char *text,
    const struct json_masks *m, const uint64_t *wrong_text, size_t at)
{
	struct json_carry *c = &l->carry;
	vec quote = load(m->quote + at), in, outside, opening, closing, wrong;
	vec blank, comma, colon, scalar, behind, begins, after, opened, due;
	vec newline, open, close, keys, run, inside, object, wanted, last;
	struct brackets all;
	uint64_t lane[LANES];
	bool blanks, key_goes_on;

	wrong = load(wrong_text + at);
	/* Within a text of no key, and nothing else. */
	if (c->in_text[JSON_LANES - 1] != 0 && c->key[JSON_LANES - 1] == 0 &&
	    !any(quote | load(m->control + at) | wrong)) {
		store(l->marked + at, quote);
		return true;
	}
	in = parity(c->in_text[JSON_LANES - 1], quote, &last);
	store(c->in_text + LAST, last);
	wrong |= in & load(m->control + at);
	opening = quote & in;
	closing = quote & ~in;
	outside = ~(in | quote);
	newline = load(m->newline + at) & outside;
	open = load(m->open + at) & outside;
	close = load(m->close + at) & outside;
	comma = load(m->comma + at) & outside;
	colon = load(m->colon + at) & outside;
	blank = load(m->space + at) & outside;
	blanks = c->blank[JSON_LANES - 1] >> 63 != 0 || any(blank);
	store(c->blank + LAST, blank);
	scalar = outside & ~(newline | comma | colon | open | close | blank);
	behind = shift(c->scalar, scalar);
	begins = scalar & ~behind;
	wrong |= scalars(l, bytes, text, m, at, scalar, begins);

	/* A value stands behind none, a comma and a newline behind one, what
	 * closes behind one or what has opened. */
	after = skip(c->after,
	    shift(c->ended, closing | close) | (behind & ~scalar), blank,
	    blanks);
	opened = skip(c->behind_open, shift(c->open, open), blank, blanks);
	wrong |= (opening | begins | open) & after;
	wrong |= (comma | newline) & ~after;
	wrong |= close & ~(after | opened);

	if (any(open | close)) {
		store(all.open, open);
		store(all.close, close);
		store(all.wrong, (vec){ 0 });
		if (!read_brackets(l, bytes, &all))
			wrong |= load(all.wrong);
		object = load(all.object);
		inside = load(all.inside);
		wanted = inside & ~load(all.deep);
	} else {
		object = (vec){ 0 } - (l->braces & 1);
		inside = (vec){ 0 } - (uint64_t)(l->depth > 0);
		wanted = l->depth <= (unsigned)l->paths->levels ? inside
		                                                : (vec){ 0 };
	}
	/* A line is a pair of braces, and blanks around it perhaps. */
	wrong |= ~(inside | newline | blank) | (newline & inside);

	/* Keys are due behind braces, and behind commas within them; where a
	 * key has ended a colon is, and nowhere else. */
	due = skip(c->key_due, shift(c->key_dues, (open | comma) & object),
	    blank, blanks);
	wrong |= due & ~(opening | close);
	keys = due & opening;
	key_goes_on = c->key[JSON_LANES - 1] != 0;
	run = add(c->key, keys, in);
	wrong |= colon ^ skip(c->behind_key, shift(c->key_ended, run & closing),
			     blank, blanks);

	/* Marked are those keys whose first byte, behind the quote, is one of
	 * those asked for; of keys with escapes nobody knows. */
	if (__builtin_expect(any(load(m->backslash + at) & in & ~run), 0)) {
		l->careful = true;
		store(lane, wanted);
		if (key_goes_on && (lane[0] & 1) != 0)
			mark_key(l);
	} else {
		keys &= load(m->first + at) >> 1 |
		        load(m->first + at + 1) << 63 | l->any_first;
	}
	if (c->key[JSON_LANES - 1] != 0) {
		store(lane, due & opening);
		for (size_t k = 0; k < LANES; k++)
			if (lane[k] != 0)
				l->key = text + k * JSON_MASK_BYTES + 63 -
				         __builtin_clzll(lane[k]);
	}
	if (l->paths->levels > 1)
		keys |= open | close;
	store(l->marked + at, (keys & wanted) | newline);
	if (__builtin_expect(any(wrong), 0)) {
		store(lane, wrong);
		for (size_t k = LANES; k-- > 0;)
			if (lane[k] != 0)
				l->bad = text + k * JSON_MASK_BYTES +
				         first_of(lane[k]);
		return false;
	}
	return true;
}

/* The same of n blocks, from which mask on it may be that LANES do not fit; up
 * to there. */
static LANES_TARGET size_t
LANES_NAME(look, LANES)(struct json_lines *l, const char *bytes,
    const char *text, const struct json_masks *m, const uint64_t *wrong_text,
    size_t at, size_t n)
{
	for (; at + LANES <= n; at += LANES)
		if (!look_at(l, bytes + at * JSON_MASK_BYTES,
			text + at * JSON_MASK_BYTES, m, wrong_text, at))
			return n;
	return at;
}

#undef LAST
#undef vec
#undef any
#undef up
#undef load
#undef store
#undef shift
#undef add
#undef parity
#undef skip
#undef scalars
#undef read_brackets
#undef look_at
#undef LANES_FN
#undef LANES_NAME
#undef LANES_PASTE
#undef LANES
#undef LANES_TARGET
#endif
