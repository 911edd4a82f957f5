/* pattern - LIKE, SIMILAR TO and regular expressions.
 * SPDX-License-Identifier: ISC */
#include "sql/pattern.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lib/buf.h"
#include "lib/utf8.h"

/* What a match may take: a pattern that explodes is told, not waited for. */
enum { STEPS_MAX = 2000000, HEAP_KIB_MAX = 20 * 1024 };

/* --- LIKE ----------------------------------------------------------------- */

/*
 * A pattern as bytes, each with what it is: itself, one character, any run.
 * Escapes are gone.
 */
struct like {
	char *p; /* owned */
	char *kind;
	size_t n;
};

enum { LIKE_BYTE = 0, LIKE_ONE = '_', LIKE_ANY = '%' };

static void
free_like(void *p)
{
	struct like *l = p;

	free(l->p);
	free(l->kind);
	free(l);
}

static const char bad_escape[] =
    "in the pattern _ or % or the escape itself must follow the escape";

/* NULL: *what says why, or no memory. */
static struct like *
new_like(struct span s, struct span escape, const char **what)
{
	struct like *l = calloc(1, sizeof *l);

	*what = "out of memory";
	if (l == NULL)
		return NULL;
	l->p = malloc(s.n + 1);
	l->kind = malloc(s.n + 1);
	if (l->p == NULL || l->kind == NULL) {
		free_like(l);
		return NULL;
	}
	for (size_t i = 0; i < s.n; i++) {
		char kind = s.p[i] == '_'   ? LIKE_ONE
		            : s.p[i] == '%' ? LIKE_ANY
		                            : LIKE_BYTE;

		if (escape.n > 0 && s.n - i >= escape.n &&
		    memcmp(s.p + i, escape.p, escape.n) == 0) {
			i += escape.n;
			if (i >= s.n ||
			    (s.p[i] != '_' && s.p[i] != '%' &&
				(s.n - i < escape.n || memcmp(s.p + i, escape.p,
							   escape.n) != 0))) {
				*what = bad_escape;
				free_like(l);
				return NULL;
			}
			kind = LIKE_BYTE;
		}
		l->p[l->n] = s.p[i];
		l->kind[l->n++] = kind;
	}
	return l;
}

/* What a _ does not stand for, as Java's point does not. */
static bool
ends_line(struct span s, size_t i)
{
	struct span rest = { s.p + i, s.n - i };

	return *rest.p == '\n' || *rest.p == '\r' ||
	       (rest.n >= 2 && memcmp(rest.p, "\xc2\x85", 2) == 0) ||
	       (rest.n >= 3 && (memcmp(rest.p, "\xe2\x80\xa8", 3) == 0 ||
				   memcmp(rest.p, "\xe2\x80\xa9", 3) == 0));
}

/* On a mismatch the last % takes one character more. */
static bool
like_matches(const struct like *l, struct span s)
{
	size_t i = 0, k = 0, star = SIZE_MAX, again = 0;

	while (i < s.n) {
		if (k < l->n && l->kind[k] == LIKE_ANY) {
			star = k++;
			again = i;
		} else if (k < l->n && l->kind[k] == LIKE_ONE &&
			   !ends_line(s, i)) {
			size_t n = utf8_length(s.p + i, s.p + s.n);

			i += n == 0 ? 1 : n;
			k++;
		} else if (k < l->n && l->p[k] == s.p[i] &&
			   l->kind[k] == LIKE_BYTE) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			size_t n = utf8_length(s.p + again, s.p + s.n);

			again += n == 0 ? 1 : n;
			i = again;
			k = star + 1;
		} else {
			return false;
		}
	}
	while (k < l->n && l->kind[k] == LIKE_ANY)
		k++;
	return k == l->n;
}

static enum sql_step
eval_like(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_bool(op, like_matches(op->data, op->arg[0]->text));
}

/* 'abc%', '%abc', '%abc%': code says which ends are open. */
enum { OPEN_LEFT = 1, OPEN_RIGHT = 2 };

static enum sql_step
eval_like_part(const struct sql_op *op, struct sql_run *r)
{
	const struct like *l = op->data;
	struct span s = op->arg[0]->text, part = { l->p, l->n };
	bool left = (op->code & OPEN_LEFT) != 0;
	bool right = (op->code & OPEN_RIGHT) != 0;

	(void)r;
	if (left && right)
		return sql_bool(op,
		    part.n == 0 || (s.n >= part.n && memmem(s.p, s.n, part.p,
							 part.n) != NULL));
	if (s.n < part.n || (s.n > part.n && !left && !right))
		return sql_bool(op, false);
	return sql_bool(op,
	    part.n == 0 ||
		memcmp(left ? s.p + s.n - part.n : s.p, part.p, part.n) == 0);
}

/* True where the pattern is a text with % at its ends alone: they are cut. */
static bool
simplify(struct like *l, int *code)
{
	size_t from = 0, to = l->n;

	*code = 0;
	while (from < to && l->kind[from] == LIKE_ANY) {
		from++;
		*code |= OPEN_LEFT;
	}
	if (from == to)
		*code |= *code != 0 ? OPEN_RIGHT : 0;
	while (to > from && l->kind[to - 1] == LIKE_ANY) {
		to--;
		*code |= OPEN_RIGHT;
	}
	for (size_t i = from; i < to; i++)
		if (l->kind[i] != LIKE_BYTE)
			return false;
	memmove(l->p, l->p + from, to - from);
	l->n = to - from;
	return true;
}

/* A pattern of the row: it is read anew each time. */
static enum sql_step
eval_like_any(const struct sql_op *op, struct sql_run *r)
{
	struct span escape =
	    op->nargs == 3 ? op->arg[2]->text : (struct span){ NULL, 0 };
	const char *what;
	struct like *l;
	bool truth;

	if (op->arg[1]->text.n == 0)
		return sql_bool(op, op->arg[0]->text.n == 0);
	l = new_like(op->arg[1]->text, escape, &what);
	if (l == NULL)
		return sql_fail(r, what);
	truth = like_matches(l, op->arg[0]->text);
	free_like(l);
	return sql_bool(op, truth);
}

bool
sql_bind_like(struct sql_call *c)
{
	struct span pattern, escape = { NULL, 0 };
	const char *what;
	struct like *l;

	c->op.eval = eval_like_any;
	if (c->nargs == 3) {
		if (!sql_call_text(c, 2, &escape))
			return c->arg[2].constant ||
			       sql_call_error(c, 2, "ESCAPE takes a constant");
		if (utf8_count(escape) != 1)
			return sql_call_error(
			    c, 2, "ESCAPE takes one character");
	}
	if (!sql_call_text(c, 1, &pattern))
		return true;
	l = new_like(pattern, escape, &what);
	if (l == NULL)
		return sql_call_error(c, 1, "%s", what);
	c->op.data = l;
	c->op.free_data = free_like;
	c->op.eval = simplify(l, &c->op.code) ? eval_like_part : eval_like;
	/* Flink takes the empty pattern for one that is open at both ends. */
	if (pattern.n == 0)
		c->op.code = OPEN_LEFT | OPEN_RIGHT;
	return true;
}

/* --- regular expressions -------------------------------------------------- */

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
};

static void
free_regex(void *p)
{
	struct regex *x = p;

	pcre2_match_context_free(x->context);
	pcre2_match_data_free(x->match);
	pcre2_code_free(x->code);
	free(x);
}

/* Bytes of {n}, {n,} or {n,m}; 0: it is none of them. */
static size_t
quantifier(struct span s)
{
	size_t i = 1, digits = 0;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		digits++;
	if (digits > 0 && i < s.n && s.p[i] == ',')
		for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9';)
			i++;
	return digits > 0 && i < s.n && s.p[i] == '}' ? i + 1 : 0;
}

/* Bytes of what a backslash begins: with a brace in it, or \Q to \E. */
static size_t
escaped(struct span s)
{
	const char *end = NULL;

	if (s.n > 1 && s.p[1] == 'Q')
		end = memmem(s.p, s.n, "\\E", 2);
	else if (s.n > 2 && s.p[2] == '{' && strchr("pPxoNgku", s.p[1]) != NULL)
		end = memchr(s.p, '}', s.n);
	else
		return s.n > 1 ? 2 : 1;
	return end == NULL ? s.n : (size_t)(end - s.p) + (*end == '}' ? 1 : 2);
}

/*
 * The pattern as all releases of PCRE2 read it: since 10.43 a{,2} and a{ 2 }
 * are quantifiers.  Such a brace is a character, as it was before.
 */
static void
add_plain_braces(struct buf *b, struct span s)
{
	size_t n;

	for (; s.n > 0; s.p += n, s.n -= n) {
		n = *s.p == '\\' ? escaped(s) : *s.p == '{' ? quantifier(s) : 1;
		if (n == 0) {
			buf_add_char(b, '\\');
			n = 1;
		}
		buf_add(b, s.p, n);
	}
}

static pcre2_code *
compile(struct span pattern, uint32_t options, int *code, PCRE2_SIZE *at,
    pcre2_compile_context *context)
{
	return pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
	    PCRE2_UTF | PCRE2_ALT_BSUX | options, code, at, context);
}

/* An error is told at argument i. */
static struct regex *
new_regex(struct sql_call *c, size_t i, struct span pattern, uint32_t options)
{
	struct regex *x = calloc(1, sizeof *x);
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_UCHAR why[200] = "";
	PCRE2_SIZE at = 0;
	struct buf plain = { 0 };
	int code = 0;

	add_plain_braces(&plain, pattern);
	if (x == NULL || context == NULL || plain.failed) {
		free(x);
		buf_free(&plain);
		pcre2_compile_context_free(context);
		sql_call_error(c, i, "out of memory");
		return NULL;
	}
	/* A point is no line's end, of any kind, as for Java. */
	pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
	pcre2_set_parens_nest_limit(context, 200);
	x->code = compile(plain.n == 0 ? pattern : buf_span(&plain), options,
	    &code, &at, context);
	/* The place of an error is one of the text as it was written. */
	if (x->code == NULL)
		pcre2_code_free(compile(pattern, options, &code, &at, context));
	buf_free(&plain);
	pcre2_compile_context_free(context);
	if (x->code == NULL) {
		pcre2_get_error_message(code, why, sizeof why);
		free_regex(x);
		sql_call_error(c, i,
		    "the pattern cannot be read, at its character %zu: %s",
		    utf8_count((struct span){
			pattern.p, at < pattern.n ? at : pattern.n }) +
			1,
		    (const char *)why);
		return NULL;
	}
	x->match = pcre2_match_data_create_from_pattern(x->code, NULL);
	x->context = pcre2_match_context_create(NULL);
	if (x->match == NULL || x->context == NULL) {
		free_regex(x);
		sql_call_error(c, i, "out of memory");
		return NULL;
	}
	pcre2_set_match_limit(x->context, STEPS_MAX);
	pcre2_set_heap_limit(x->context, HEAP_KIB_MAX);
	/* Where there is no JIT the match is slower, and the same. */
	(void)pcre2_jit_compile(x->code, PCRE2_JIT_COMPLETE);
	return x;
}

static bool
set_regex(struct sql_call *c, size_t i, struct span pattern, uint32_t options)
{
	c->op.data = new_regex(c, i, pattern, options);
	c->op.free_data = c->op.data == NULL ? NULL : free_regex;
	return c->op.data != NULL;
}

/* How many groups were set and one, 0: no match, -1: *r has failed. */
static int
match(const struct regex *x, struct span s, size_t from, uint32_t options,
    struct sql_run *r)
{
	PCRE2_SPTR p = (PCRE2_SPTR)(s.p == NULL ? "" : s.p);
	int n = pcre2_match(x->code, p, s.n, from, options | PCRE2_NO_UTF_CHECK,
	    x->match, x->context);

	if (n == PCRE2_ERROR_JIT_STACKLIMIT)
		n = pcre2_match(x->code, p, s.n, from,
		    options | PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, x->match,
		    x->context);
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	if (n < 0)
		sql_fail(r, "the pattern takes more than 2 million steps on"
			    " this text");
	return n < 0 ? -1 : n;
}

/* The constant pattern; false: it is null, then all is, or told. */
static bool
take_pattern(struct sql_call *c, size_t i, struct span *pattern, bool *null)
{
	*null = c->arg[i].constant && c->arg[i].value->kind == VALUE_NULL;
	if (*null)
		return false;
	return sql_call_text(c, i, pattern) ||
	       sql_call_error(c, i,
		   "%s takes a pattern that is a constant, as it is compiled"
		   " once",
		   c->function->name);
}

static enum sql_step
eval_null(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_null(op);
}

static enum sql_step
eval_match(const struct sql_op *op, struct sql_run *r)
{
	int n = match(op->data, op->arg[0]->text, 0, 0, r);

	return n < 0 ? SQL_FAIL : sql_bool(op, n > 0);
}

static enum sql_step
eval_false(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_bool(op, false);
}

bool
sql_bind_regexp(struct sql_call *c)
{
	struct span pattern;
	bool null;

	c->op.eval = eval_null;
	if (!take_pattern(c, 1, &pattern, &null))
		return null;
	c->op.eval = pattern.n == 0 ? eval_false : eval_match;
	return pattern.n == 0 || set_regex(c, 1, pattern, 0);
}

static enum sql_step
eval_extract(const struct sql_op *op, struct sql_run *r)
{
	const struct regex *x = op->data;
	struct span s = op->arg[0]->text;
	int64_t group = op->nargs == 3 ? op->arg[2]->i : 0;
	int n = match(x, s, 0, 0, r);
	PCRE2_SIZE *at;

	if (n <= 0)
		return n < 0 ? SQL_FAIL : sql_null(op);
	if (group < 0 || group >= n)
		return sql_null(op);
	at = pcre2_get_ovector_pointer(x->match);
	if (at[2 * group] == PCRE2_UNSET || at[2 * group] > at[2 * group + 1])
		return sql_null(op);
	return sql_text(op, (struct span){ s.p + at[2 * group],
				at[2 * group + 1] - at[2 * group] });
}

bool
sql_bind_regexp_extract(struct sql_call *c)
{
	struct span pattern;
	bool null;

	c->op.eval = eval_null;
	if (!take_pattern(c, 1, &pattern, &null))
		return null;
	c->op.eval = eval_extract;
	return set_regex(c, 1, pattern, 0);
}

static enum sql_step
eval_replace(const struct sql_op *op, struct sql_run *r)
{
	const struct regex *x = op->data;
	struct span s = op->arg[0]->text, by = op->arg[2]->text;
	struct buf b = { .max = 64 * 1024 * 1024 };
	size_t from = 0, done = 0;
	PCRE2_SIZE *at = pcre2_get_ovector_pointer(x->match);
	int n;

	while (from <= s.n && (n = match(x, s, from, 0, r)) != 0) {
		if (n < 0) {
			buf_free(&b);
			return SQL_FAIL;
		}
		if (at[0] > at[1])
			break;
		buf_add(&b, s.p + done, at[0] - done);
		buf_add_span(&b, by);
		done = at[1];
		from = done;
		/* Behind an empty match the next begins a character later. */
		if (at[0] == at[1])
			for (from++; from < s.n && !utf8_begins(s.p[from]);)
				from++;
	}
	if (s.n > done)
		buf_add(&b, s.p + done, s.n - done);
	return sql_text_of(op, r, &b);
}

bool
sql_bind_regexp_replace(struct sql_call *c)
{
	struct span pattern;
	bool null;

	c->op.eval = eval_null;
	if (!take_pattern(c, 1, &pattern, &null))
		return null;
	c->op.eval = eval_replace;
	return set_regex(c, 1, pattern, 0);
}

/* --- SIMILAR TO ----------------------------------------------------------- */

static const char java_specials[] = "[]()|^-+*?{}$\\.";
static const char sql_specials[] = "[]()|^-+*_%?{}";

/* SQL's pattern as a regular expression, as Calcite makes it. */
static bool
add_similar(struct buf *b, struct span s, struct span escape)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (escape.n == 1 && c == *escape.p) {
			if (++i == s.n)
				return false;
			c = s.p[i];
			if (strchr(sql_specials, c) == NULL && c != *escape.p)
				return false;
			if (strchr(java_specials, c) != NULL)
				buf_add_char(b, '\\');
			buf_add_char(b, c);
		} else if (c == '_') {
			buf_add_char(b, '.');
		} else if (c == '%') {
			buf_add_text(b, "(?s:.*)");
		} else if (c == '\\' || c == '$') {
			buf_add_char(b, '\\');
			buf_add_char(b, c);
		} else {
			buf_add_char(b, c);
		}
	}
	return true;
}

bool
sql_bind_similar(struct sql_call *c)
{
	struct span pattern, escape = { NULL, 0 };
	struct buf b = { 0 };
	bool null, ok;

	c->op.eval = eval_null;
	if (!take_pattern(c, 1, &pattern, &null))
		return null;
	if (c->nargs == 3 && (!sql_call_text(c, 2, &escape) || escape.n != 1))
		return sql_call_error(c, 2, "ESCAPE takes one character");
	if (!add_similar(&b, pattern, escape)) {
		buf_free(&b);
		return sql_call_error(c, 1, "%s", bad_escape);
	}
	ok = !b.failed &&
	     set_regex(c, 1, b.n == 0 ? (struct span){ "", 0 } : buf_span(&b),
		 PCRE2_ANCHORED | PCRE2_ENDANCHORED);
	buf_free(&b);
	c->op.eval = eval_match;
	return ok;
}
