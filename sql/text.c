/* text - the functions of texts.
 * SPDX-License-Identifier: ISC */
#include "sql/text.h"

#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

#include "lib/utf8.h"

/* Of a text that a function makes. */
enum { TEXT_MAX = 64 * 1024 * 1024 };

static const char too_long[] = "a text of more than 64 MiB";

/* --- characters ----------------------------------------------------------- */

static size_t
char_bytes(const char *p, const char *end)
{
	size_t n = utf8_length(p, end);

	return n == 0 ? 1 : n;
}

/* The n-th character, or the end. */
static const char *
skip_chars(struct span s, int64_t n)
{
	const char *p = s.p, *end = s.p + s.n;

	for (; n > 0 && p < end; n--)
		p += char_bytes(p, end);
	return p;
}

static struct span
between(const char *from, const char *to)
{
	return (struct span){ from, (size_t)(to - from) };
}

/* The last n characters of more than n. */
static struct span
last_chars(struct span s, int64_t n)
{
	return between(skip_chars(s, (int64_t)utf8_count(s) - n), s.p + s.n);
}

static unsigned
decode(const char *p, size_t n)
{
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned c = (unsigned char)*p & mask[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

static bool
is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* --- joined --------------------------------------------------------------- */

enum sql_step
sql_eval_concat(const struct sql_op *op, struct sql_run *r)
{
	size_t n = 0, at = 0;
	char *p;

	for (size_t i = 0; i < op->nargs; i++)
		n += op->arg[i]->text.n;
	if (n > TEXT_MAX)
		return sql_fail(r, too_long);
	p = sql_room(r, n);
	if (p == NULL)
		return SQL_FAIL;
	for (size_t i = 0; i < op->nargs; i++) {
		struct span s = op->arg[i]->text;

		if (s.n > 0)
			memcpy(p + at, s.p, s.n);
		at += s.n;
	}
	return sql_text(op, (struct span){ p, n });
}

/* Nulls are left out; where the separator is null, all is. */
enum sql_step
sql_eval_concat_ws(const struct sql_op *op, struct sql_run *r)
{
	struct buf b = { .max = TEXT_MAX };
	bool first = true;

	if (op->arg[0]->kind == VALUE_NULL)
		return sql_null(op);
	for (size_t i = 1; i < op->nargs; i++) {
		if (op->arg[i]->kind == VALUE_NULL)
			continue;
		if (!first)
			buf_add_span(&b, op->arg[0]->text);
		buf_add_span(&b, op->arg[i]->text);
		first = false;
	}
	return sql_text_of(op, r, &b);
}

/* --- upper and lower case ------------------------------------------------- */

/*
 * Characters that become several in upper case (Unicode 13,
 * SpecialCasing.txt), those that are in use.
 */
static const struct {
	unsigned c;
	const char *upper;
} special_upper[] = { { 0xdf, "SS" }, { 0x149, "\xca\xbcN" },
	{ 0x1f0, "J\xcc\x8c" }, { 0x390, "\xce\x99\xcc\x88\xcc\x81" },
	{ 0x3b0, "\xce\xa5\xcc\x88\xcc\x81" }, { 0x587, "\xd4\xb5\xd5\x92" },
	{ 0xfb00, "FF" }, { 0xfb01, "FI" }, { 0xfb02, "FL" }, { 0xfb03, "FFI" },
	{ 0xfb04, "FFL" }, { 0xfb05, "ST" }, { 0xfb06, "ST" } };

static locale_t
unicode(void)
{
	static locale_t locale;

	if (locale == (locale_t)0)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return locale;
}

static void
add_upper(struct buf *b, unsigned c, locale_t l)
{
	for (size_t i = 0; i < sizeof special_upper / sizeof *special_upper;
	     i++)
		if (special_upper[i].c == c) {
			buf_add_text(b, special_upper[i].upper);
			return;
		}
	utf8_add(b, l == (locale_t)0 ? c : (unsigned)towupper_l(c, l));
}

static bool
is_word_char(const char *p, const char *end, locale_t l)
{
	size_t n;

	if (p >= end)
		return false;
	n = char_bytes(p, end);
	return l != (locale_t)0 && iswalpha_l(decode(p, n), l) != 0;
}

/* A sigma at a word's end is written as one. */
static void
add_lower(struct buf *b, struct span s, const char *p, size_t n, locale_t l)
{
	unsigned c = decode(p, n);
	const char *before = p;

	if (c == 0x3a3) {
		do {
			before--;
		} while (before > s.p && !utf8_begins(*before));
		if (p > s.p && is_word_char(before, p, l) &&
		    !is_word_char(p + n, s.p + s.n, l)) {
			utf8_add(b, 0x3c2);
			return;
		}
	}
	if (c == 0x130) {
		buf_add_text(b, "i\xcc\x87");
		return;
	}
	utf8_add(b, l == (locale_t)0 ? c : (unsigned)towlower_l(c, l));
}

static enum sql_step
case_of_unicode(const struct sql_op *op, struct sql_run *r, struct span s)
{
	struct buf b = { .max = TEXT_MAX };
	locale_t l = unicode();

	for (const char *p = s.p, *end = s.p + s.n; p < end;) {
		size_t n = char_bytes(p, end);

		if (op->code)
			add_upper(&b, decode(p, n), l);
		else
			add_lower(&b, s, p, n, l);
		p += n;
	}
	return sql_text_of(op, r, &b);
}

/* code: 1 upper, 0 lower. */
static enum sql_step
eval_case(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text;
	char least = op->code ? 'a' : 'A', *p;

	if (!is_ascii(s))
		return case_of_unicode(op, r, s);
	p = sql_room(r, s.n);
	if (p == NULL)
		return SQL_FAIL;
	for (size_t i = 0; i < s.n; i++)
		p[i] = (unsigned char)(s.p[i] - least) < 26
		           ? (char)(s.p[i] ^ 0x20)
		           : s.p[i];
	return sql_text(op, (struct span){ p, s.n });
}

bool
sql_bind_case(struct sql_call *c)
{
	c->op.code = *c->function->name == 'U';
	c->op.eval = eval_case;
	return true;
}

/* Words are of ASCII letters and digits; all else is between them. */
enum sql_step
sql_eval_initcap(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text;
	char *p = sql_room(r, s.n);
	bool start = true;

	if (p == NULL)
		return SQL_FAIL;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z';

		p[i] = (start && lower) || (!start && upper) ? (char)(c ^ 0x20)
		                                             : c;
		start = !(lower || upper || (c >= '0' && c <= '9'));
	}
	return sql_text(op, (struct span){ p, s.n });
}

/* --- trimmed -------------------------------------------------------------- */

static bool
is_among(struct span set, const char *p, size_t n)
{
	for (const char *q = set.p, *end = set.p + set.n; q < end;) {
		size_t k = char_bytes(q, end);

		if (k == n && memcmp(p, q, n) == 0)
			return true;
		q += k;
	}
	return false;
}

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

/* Texts are behind op->jump, which no function but this sets: see bind. */
static enum sql_step
eval_trim(const struct sql_op *op, struct sql_run *r)
{
	size_t first = op->arg_type[0].kind == SQL_WORD;
	struct span s = op->arg[first]->text, set = { " ", 1 };

	(void)r;
	if (op->nargs > first + 1)
		set = op->arg[first + 1]->text;
	while ((op->code & TRIM_LEFT) && s.n > 0) {
		size_t n = char_bytes(s.p, s.p + s.n);

		if (!is_among(set, s.p, n))
			break;
		s.p += n;
		s.n -= n;
	}
	while ((op->code & TRIM_RIGHT) && s.n > 0) {
		size_t n = 1;

		while (n < s.n && !utf8_begins(s.p[s.n - n]))
			n++;
		if (!is_among(set, s.p + s.n - n, n))
			break;
		s.n -= n;
	}
	return sql_text(op, s);
}

bool
sql_bind_trim(struct sql_call *c)
{
	const char *name = c->function->name;
	struct span side = { 0 };

	c->op.eval = eval_trim;
	c->op.code = *name == 'L' ? TRIM_LEFT : TRIM_RIGHT;
	if (*name != 'T')
		return true;
	side = c->arg[0].value->text;
	c->op.code = span_is(side, "LEADING")    ? TRIM_LEFT
	             : span_is(side, "TRAILING") ? TRIM_RIGHT
	                                         : TRIM_LEFT | TRIM_RIGHT;
	return true;
}

/* --- parts ---------------------------------------------------------------- */

/* From a place, which counts from the end where it is negative. */
enum sql_step
sql_eval_substring(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text;
	int64_t at = op->arg[1]->i, count = INT64_MAX;
	const char *from;

	(void)r;
	if (op->nargs == 3)
		count = op->arg[2]->i;
	if (count < 0)
		return sql_null(op);
	if (at < 0) {
		int64_t chars = (int64_t)utf8_count(s);

		if (-at > chars)
			return sql_text(op, (struct span){ s.p, 0 });
		at += chars + 1;
	}
	from = skip_chars(s, at > 0 ? at - 1 : 0);
	s = between(from, s.p + s.n);
	return sql_text(op, between(s.p, skip_chars(s, count)));
}

enum sql_step
sql_eval_left(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text;

	(void)r;
	return sql_text(op, between(s.p, skip_chars(s, op->arg[1]->i)));
}

enum sql_step
sql_eval_right(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text;
	int64_t n = op->arg[1]->i;

	(void)r;
	if (n <= 0)
		return sql_text(op, (struct span){ s.p, 0 });
	return sql_text(op, last_chars(s, n));
}

enum sql_step
sql_eval_char_length(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_int(op, (int64_t)utf8_count(op->arg[0]->text));
}

/* The place of what from that one on, both from 1, in characters; 0: none. */
static int64_t
find(struct span s, struct span what, int64_t from)
{
	const char *p, *found;

	if (what.n == 0)
		return from < 1 ? 1 : 1;
	p = skip_chars(s, from - 1);
	if ((size_t)(s.p + s.n - p) < what.n)
		return 0;
	found = memmem(p, (size_t)(s.p + s.n - p), what.p, what.n);
	return found == NULL ? 0 : (int64_t)utf8_count(between(s.p, found)) + 1;
}

/* POSITION(what IN s), LOCATE(what, s[, from]). */
enum sql_step
sql_eval_position(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_int(op, find(op->arg[1]->text, op->arg[0]->text,
			       op->nargs == 3 ? op->arg[2]->i : 1));
}

/* The same read backwards: how many characters before the end it begins. */
static int64_t
find_last(struct span s, struct span what, int64_t from, int64_t nth)
{
	int64_t chars = (int64_t)utf8_count(s), here = chars + 1 - from;
	int64_t length = (int64_t)utf8_count(what);

	/* The occurrence ends at or before the from-th character from behind.
	 */
	for (here = chars - from + 1 - length + 1; here >= 1; here--) {
		const char *p = skip_chars(s, here - 1);

		if ((size_t)(s.p + s.n - p) >= what.n &&
		    memcmp(p, what.p, what.n) == 0 && --nth == 0)
			return here;
	}
	return 0;
}

enum sql_step
sql_eval_instr(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text, what = op->arg[1]->text;
	int64_t from = op->nargs > 2 ? op->arg[2]->i : 1, at = 0;
	int64_t nth = op->nargs > 3 ? op->arg[3]->i : 1;

	if (nth <= 0)
		return sql_fail(
		    r, "INSTR takes a positive number of occurrences");
	if (from == 0)
		return sql_int(op, 0);
	if (from < 0)
		return sql_int(op, find_last(s, what, -from, nth));
	for (; nth > 0; nth--) {
		at = find(s, what, from);
		if (at == 0)
			break;
		from = at + 1;
	}
	return sql_int(op, at);
}

/* --- made anew ------------------------------------------------------------ */

/* With nothing to look for, the replacement stands round each character. */
static void
replace_nothing(struct buf *b, struct span s, struct span by)
{
	buf_add_span(b, by);
	for (const char *p = s.p, *end = s.p + s.n; p < end && !b->failed;) {
		size_t n = char_bytes(p, end);

		buf_add(b, p, n);
		buf_add_span(b, by);
		p += n;
	}
}

enum sql_step
sql_eval_replace(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text, what = op->arg[1]->text;
	struct buf b = { .max = TEXT_MAX };
	const char *p = s.p, *end = s.p + s.n, *found;

	if (what.n == 0) {
		replace_nothing(&b, s, op->arg[2]->text);
		return sql_text_of(op, r, &b);
	}
	while ((size_t)(end - p) >= what.n &&
	       (found = memmem(p, (size_t)(end - p), what.p, what.n)) != NULL) {
		buf_add(&b, p, (size_t)(found - p));
		buf_add_span(&b, op->arg[2]->text);
		p = found + what.n;
	}
	if (p == s.p) {
		buf_free(&b);
		return sql_text(op, s);
	}
	buf_add(&b, p, (size_t)(end - p));
	return sql_text_of(op, r, &b);
}

/* --- units of UTF-16 ------------------------------------------------------ */

static int64_t
units(struct span s)
{
	int64_t n = (int64_t)utf8_count(s);

	for (size_t i = 0; i < s.n; i++)
		n += (unsigned char)s.p[i] >= 0xf0;
	return n;
}

/* Adds the units [from, to); half of a pair is a question mark. */
static void
add_units(struct buf *b, struct span s, int64_t from, int64_t to)
{
	int64_t at = 0;

	for (const char *p = s.p, *end = s.p + s.n; p < end && at < to;) {
		size_t n = char_bytes(p, end);
		int64_t wide = n == 4 ? 2 : 1;

		if (at >= from && at + wide <= to)
			buf_add(b, p, n);
		else if (at + wide > from && at < to)
			buf_add_char(b, '?');
		at += wide;
		p += n;
	}
}

enum sql_step
sql_eval_overlay(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text, by = op->arg[1]->text;
	int64_t at = op->arg[2]->i, all = units(s), n = units(by);
	struct buf b = { .max = TEXT_MAX };

	if (op->nargs == 4)
		n = op->arg[3]->i;
	if (at <= 0 || at > all)
		return sql_text(op, s);
	add_units(&b, s, 0, at - 1);
	buf_add_span(&b, by);
	if (n > 0 && n <= all - at)
		add_units(&b, s, at - 1 + n, all);
	return sql_text_of(op, r, &b);
}

/* So many units of pad, over and over. */
static void
add_pad(struct buf *b, struct span pad, int64_t n)
{
	int64_t one = units(pad);

	for (; n > one && !b->failed; n -= one)
		buf_add_span(b, pad);
	add_units(b, pad, 0, n);
}

static enum sql_step
pad(const struct sql_op *op, struct sql_run *r, bool left)
{
	struct span s = op->arg[0]->text, by = op->arg[2]->text;
	int64_t n = op->arg[1]->i, has = units(s);
	struct buf b = { .max = TEXT_MAX };

	if (n < 0 || by.n == 0)
		return sql_null(op);
	if (n > TEXT_MAX)
		return sql_fail(r, too_long);
	if (left && n > has)
		add_pad(&b, by, n - has);
	add_units(&b, s, 0, n);
	if (!left && n > has)
		add_pad(&b, by, n - has);
	return sql_text_of(op, r, &b);
}

enum sql_step
sql_eval_lpad(const struct sql_op *op, struct sql_run *r)
{
	return pad(op, r, true);
}

enum sql_step
sql_eval_rpad(const struct sql_op *op, struct sql_run *r)
{
	return pad(op, r, false);
}

enum sql_step
sql_eval_repeat(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text;
	int64_t n = op->arg[1]->i;
	char *p;

	if (n <= 0 || s.n == 0)
		return sql_text(op, (struct span){ s.p, 0 });
	if ((uint64_t)n > TEXT_MAX / s.n)
		return sql_fail(r, too_long);
	p = sql_room(r, s.n * (size_t)n);
	if (p == NULL)
		return SQL_FAIL;
	for (int64_t i = 0; i < n; i++)
		memcpy(p + (size_t)i * s.n, s.p, s.n);
	return sql_text(op, (struct span){ p, s.n * (size_t)n });
}

enum sql_step
sql_eval_reverse(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text;
	char *to = sql_room(r, s.n);

	if (to == NULL)
		return SQL_FAIL;
	for (size_t at = 0; at < s.n;) {
		size_t n = char_bytes(s.p + at, s.p + s.n);

		memcpy(to + s.n - at - n, s.p + at, n);
		at += n;
	}
	return sql_text(op, (struct span){ to, s.n });
}

/* --- codes ---------------------------------------------------------------- */

/* The first byte, which has a sign in Java. */
enum sql_step
sql_eval_ascii(const struct sql_op *op, struct sql_run *r)
{
	struct span s = op->arg[0]->text;

	(void)r;
	return sql_int(op, s.n == 0 ? 0 : (signed char)*s.p);
}

enum sql_step
sql_eval_chr(const struct sql_op *op, struct sql_run *r)
{
	struct buf b = { 0 };

	if (op->arg[0]->i >= 0)
		utf8_add(&b, (unsigned)(op->arg[0]->i & 0xff));
	return sql_text_of(op, r, &b);
}

/* The next blank of any kind; NULL: none. */
static const char *
find_blank(const char *p, const char *end)
{
	while (p < end && *p != ' ' && (*p < '\t' || *p > '\r') &&
	       (*p < 0x1c || *p > 0x1f))
		p++;
	return p == end ? NULL : p;
}

/* The index-th part, from 0; an empty separator is any blank. */
static enum sql_step
split(const struct sql_op *op, struct span s, struct span by, int64_t index)
{
	const char *p = s.p, *end = s.p + s.n, *found;

	if (index < 0 || s.n == 0)
		return sql_null(op);
	for (;; index--) {
		if (by.n == 0)
			found = find_blank(p, end);
		else
			found = (size_t)(end - p) >= by.n
			            ? memmem(p, (size_t)(end - p), by.p, by.n)
			            : NULL;
		if (index == 0)
			return sql_text(
			    op, between(p, found == NULL ? end : found));
		if (found == NULL)
			return sql_null(op);
		p = found + (by.n == 0 ? 1 : by.n);
	}
}

/* The separator is a text, or the code of a character below 256. */
enum sql_step
sql_eval_split_index(const struct sql_op *op, struct sql_run *r)
{
	const struct value *by = op->arg[1];
	struct span separator;
	char c[2];

	(void)r;
	if (by->kind == VALUE_TEXT)
		return split(op, op->arg[0]->text, by->text, op->arg[2]->i);
	if (by->i < 1 || by->i > 255)
		return sql_null(op);
	c[0] = (char)by->i;
	separator = (struct span){ c, 1 };
	if (by->i >= 0x80) {
		c[0] = (char)(0xc0 | by->i >> 6);
		c[1] = (char)(0x80 | (by->i & 0x3f));
		separator.n = 2;
	}
	return split(op, op->arg[0]->text, separator, op->arg[2]->i);
}
