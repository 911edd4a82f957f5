/* expression - an expression of a query, over what the query stands on.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/expression.h"

#include <stdlib.h>
#include <strings.h>

#include "lib/array.h"
#include "lib/ascii.h"
#include "lib/nearest.h"
#include "lib/path.h"
#include "sql/program.h"

/* --- names ---------------------------------------------------------------- */

static struct span
last_key(struct span path)
{
	size_t i = path.n;
	bool quoted = false;

	/* Dots within quotes are a key's own. */
	for (size_t k = 0; k < path.n; k++) {
		if (path.p[k] == '"')
			quoted = !quoted;
		if (path.p[k] == '.' && !quoted)
			i = k + 1;
	}
	return i == path.n ? path : (struct span){ path.p + i, path.n - i };
}

struct span
expression_own_name(const struct sql_node *column)
{
	return last_key(column->name);
}

bool
expression_is_call(const struct sql_node *n, const char *name)
{
	return n->kind == SQL_CALL && n->name.n == strlen(name) &&
	       strncasecmp(n->name.p, name, n->name.n) == 0;
}

static int
find_exactly(const struct relation *r, struct span name)
{
	for (size_t i = 0; i < r->n; i++)
		if (span_equal(r->field[i].name, name))
			return (int)i;
	return -1;
}

/* Index of the field that a name is, or -1: t.a is a, where t is the table. */
static int
find_index(const struct relation *r, struct span name)
{
	size_t n = r->alias.n + 1;
	int i = find_exactly(r, name);

	if (i != -1 || name.n <= n || name.p[n - 1] != '.' ||
	    memcmp(name.p, r->alias.p, n - 1) != 0)
		return i;
	return find_exactly(r, (struct span){ name.p + n, name.n - n });
}

static void
unknown_column(
    struct compiler *c, const struct relation *r, const struct sql_node *n)
{
	struct span nearest = { NULL, 0 };
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < r->n; i++) {
		struct span name = r->field[i].name;
		size_t edits = nearest_edits(n->name, name);

		if (edits < least && nearest_is_near(n->name, name, edits)) {
			nearest = name;
			least = edits;
		}
	}
	if (nearest.p != NULL)
		sql_errors_add(&c->script->errors, n->at, n->length,
		    "there is no column %s; did you mean %s?",
		    script_quote(n->name), script_quote(nearest));
	else
		sql_errors_add(&c->script->errors, n->at, n->length,
		    "there is no column %s in what is read here",
		    script_quote(n->name));
}

/* Are there two of that name?  An error then. */
static bool
is_ambiguous(struct compiler *c, const struct relation *r,
    const struct sql_node *column, int i)
{
	for (size_t k = (size_t)i + 1; k < r->n; k++)
		if (span_equal(r->field[k].name, r->field[i].name)) {
			sql_errors_add(&c->script->errors, column->at,
			    column->length,
			    "two columns are called %s here; give one another"
			    " name, by AS",
			    script_quote(r->field[i].name));
			return true;
		}
	return false;
}

const struct field *
expression_field(
    struct compiler *c, const struct relation *r, const struct sql_node *column)
{
	int i = find_index(r, column->name);

	if (i != -1)
		return is_ambiguous(c, r, column, i) ? NULL : &r->field[i];
	unknown_column(c, r, column);
	return NULL;
}

bool
expression_is_identifier(struct span name)
{
	if (name.n == 0 || ascii_is_digit(*name.p))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char ch = name.p[i];

		if (!ascii_is_digit(ch) && ch != '_' &&
		    !((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z'))
			return false;
	}
	return true;
}

/*
 * A path, key by key: those that are no identifiers stand in quotes, as they do
 * already where the path needs that.
 */
static const char *
path_text(struct script *s, struct span path, bool quote_keywords)
{
	struct buf b = { 0 };
	const char *text;

	while (path.n > 0) {
		const char *dot =
		    *path.p == '"' ? NULL : memchr(path.p, '.', path.n);
		struct span key = path;

		if (dot != NULL)
			key.n = (size_t)(dot - path.p);
		if (*key.p == '"' ||
		    (expression_is_identifier(key) &&
			!(quote_keywords && sql_is_keyword(key))))
			buf_add_span(&b, key);
		else
			path_add_quoted(&b, key);
		if (dot == NULL)
			break;
		buf_add_char(&b, '.');
		path.n -= key.n + 1;
		path.p = dot + 1;
	}
	text = script_copy(s, buf_span(&b));
	buf_free(&b);
	return text;
}

const char *
expression_column(struct script *s, struct span name)
{
	return path_text(s, name, false);
}

const char *
expression_name(struct script *s, struct span name)
{
	return path_text(s, name, true);
}

/* Adds the path that begins with the token; *at moves behind it. */
static void
add_path(struct buf *b, struct span text, struct sql_token t, size_t *at)
{
	for (;;) {
		size_t next = *at;

		path_add_key(b, t.text);
		t = sql_lex(text, &next);
		if (!sql_token_is_symbol(&t, "."))
			return;
		t = sql_lex(text, &next);
		if (t.kind != SQL_NAME && t.kind != SQL_QUOTED)
			return;
		buf_add_char(b, '.');
		*at = next;
	}
}

bool
expression_mentions(const char *text, struct span name)
{
	struct buf b = { 0 };
	struct sql_token t;
	size_t at = 0;
	bool found = false;

	do {
		t = sql_lex(span_of(text), &at);
		if (t.kind != SQL_NAME && t.kind != SQL_QUOTED)
			continue;
		buf_clear(&b);
		add_path(&b, span_of(text), t, &at);
		found = !b.failed && span_equal(buf_span(&b), name);
	} while (!found && t.kind != SQL_END);
	buf_free(&b);
	return found;
}

/* --- types ---------------------------------------------------------------- */

static int
find_in_scope(void *ctx, struct span name, struct type *type)
{
	const struct relation *r = ctx;
	int i = find_index(r, name);

	if (i != -1)
		*type = r->field[i].type;
	return i;
}

static const char *
name_in_scope(void *ctx, size_t i)
{
	const struct relation *r = ctx;

	return i < r->n ? r->field[i].name.p : NULL;
}

/* Windows that are not aggregated yet, and ranks, have no values. */
static bool
has_values(
    struct compiler *c, const struct relation *r, const struct sql_node *n)
{
	int i = n->kind == SQL_COLUMN ? find_index(r, n->name) : -1;
	bool good = true;

	if (i != -1 && is_ambiguous(c, r, n, i))
		return false;
	if (i != -1 && r->field[i].text == NULL &&
	    r->field[i].type.kind != SQL_POISON) {
		sql_errors_add(&c->script->errors, n->at, n->length,
		    r->field[i].role == FIELD_RANK
			? "ROW_NUMBER() without WHERE … <= N: Flink runs this,"
			  " windowpipe does not"
			: "a window's rows one by one: Flink runs this,"
			  " windowpipe does not; GROUP BY window_start,"
			  " window_end");
		return false;
	}
	for (size_t k = 0; k < n->nargs; k++)
		good &= has_values(c, r, n->arg[k]);
	return good;
}

/* What a program would be; NULL after errors. */
static struct sql_program *
compile(struct compiler *c, const struct relation *r, const struct sql_node *n,
    bool condition)
{
	const struct sql_scope scope = {
		.ctx = (void *)r, .find = find_in_scope, .name = name_in_scope
	};
	/* Its own, for those of others would be taken for errors of this. */
	struct sql_errors errors = { 0 };
	struct sql_program *p;

	if (!has_values(c, r, n))
		return NULL;
	p = (condition ? sql_compile_condition : sql_compile)(
	    n, &scope, &c->env, &errors);
	for (size_t i = 0; i < errors.n; i++)
		sql_errors_add(&c->script->errors, errors.error[i].at,
		    errors.error[i].length, "%s", errors.error[i].message);
	c->script->errors.out_of_memory |= errors.out_of_memory;
	sql_errors_free(&errors);
	return p;
}

struct type
expression_type(
    struct compiler *c, const struct relation *r, const struct sql_node *n)
{
	struct sql_program *p = compile(c, r, n, false);
	struct type type = p == NULL ? sql_type(SQL_POISON) : p->type;

	sql_program_free(p);
	return type;
}

/* --- texts ---------------------------------------------------------------- */

/* What columns become in the text: in the order of their places. */
struct places {
	struct place {
		size_t begin, end;
		const char *text;
		bool plain;
	} * place;
	size_t n, cap;
};

static void
find_places(struct compiler *c, const struct relation *r,
    const struct sql_node *n, struct places *p)
{
	int i = n->kind == SQL_COLUMN ? find_index(r, n->name) : -1;

	if (n->kind == SQL_COLUMN) {
		if (array_room(p->place, p->cap, p->n + 1) == -1) {
			c->script->errors.out_of_memory = true;
			return;
		}
		p->place[p->n++] = (struct place){ n->begin, n->end,
			i == -1 || r->field[i].text == NULL ? ""
							    : r->field[i].text,
			i == -1 || r->field[i].plain };
	}
	for (size_t k = 0; k < n->nargs; k++)
		find_places(c, r, n->arg[k], p);
	if (n->filter != NULL)
		find_places(c, r, n->filter, p);
}

static int
by_begin(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

/* One token, or one call: nothing around it can tear it apart. */
static bool
is_atom(const char *text)
{
	size_t at = 0;

	sql_lex(span_of(text), &at);
	return sql_lex(span_of(text), &at).kind == SQL_END;
}

static void
add_place(struct buf *b, const struct place *p)
{
	bool atom = p->plain || is_atom(p->text);

	if (!atom)
		buf_add_char(b, '(');
	buf_add_text(b, p->text);
	if (!atom)
		buf_add_char(b, ')');
}

/* Words are functions, keywords, types and units: all in upper case. */
static void
add_token(struct buf *b, struct span source, const struct sql_token *t)
{
	for (size_t i = t->at; i < t->at + t->n; i++) {
		char ch = source.p[i];

		buf_add_char(b, t->kind == SQL_NAME && ch >= 'a' && ch <= 'z'
				    ? (char)(ch - 'a' + 'A')
				    : ch);
	}
}

static bool
is_one_of(const struct sql_token *t, const char *symbols)
{
	return t->kind == SQL_SYMBOL && t->text.n == 1 &&
	       strchr(symbols, *t->text.p) != NULL;
}

/* Is there a blank between two tokens of a neat text? */
static bool
parts(const struct sql_token *a, const struct sql_token *b, bool after_sign)
{
	if (is_one_of(a, "(.") || is_one_of(b, "),."))
		return false;
	/* Two of them begin a comment. */
	if (after_sign)
		return is_one_of(a, "-") && is_one_of(b, "-");
	return !is_one_of(b, "(") || a->at + a->n < b->at ||
	       a->kind != SQL_NAME;
}

/* A sign, not an operator, stands behind what is no operand. */
static bool
is_sign(const struct sql_token *t, const struct sql_token *before)
{
	return is_one_of(t, "+-") &&
	       (before->kind == SQL_END ||
		   (before->kind == SQL_SYMBOL && !is_one_of(before, ")")));
}

/* Parentheses around the whole are left out: (a + b) is a + b. */
static void
bare_extent(struct span source, size_t *begin, size_t *end)
{
	for (;;) {
		size_t at = *begin, inner, last = *begin;
		struct span text = { source.p, *end };
		struct sql_token t = sql_lex(text, &at);
		int depth = 1;

		if (!is_one_of(&t, "("))
			return;
		inner = at;
		while (depth > 0) {
			t = sql_lex(text, &at);
			if (t.kind == SQL_END)
				return;
			depth += is_one_of(&t, "(") - is_one_of(&t, ")");
			last = t.at;
		}
		if (sql_lex(text, &at).kind != SQL_END)
			return;
		*begin = inner;
		*end = last;
	}
}

static void
add_text(struct buf *b, struct span source, const struct sql_node *n,
    const struct places *p)
{
	struct sql_token t, before = { .kind = SQL_END };
	size_t at = n->begin, end = n->end, next = 0;
	bool after_sign = true;

	bare_extent(source, &at, &end);
	while (at < end) {
		t = sql_lex((struct span){ source.p, end }, &at);
		if (t.kind == SQL_END)
			break;
		while (next < p->n && p->place[next].begin < t.at)
			next++;
		if (parts(&before, &t, after_sign))
			buf_add_char(b, ' ');
		after_sign = is_sign(&t, &before);
		if (next < p->n && p->place[next].begin == t.at) {
			add_place(b, &p->place[next]);
			at = p->place[next].end;
			t.n = at - t.at;
			t.kind = SQL_QUOTED;
		} else {
			add_token(b, source, &t);
		}
		before = t;
	}
}

const char *
expression_text(
    struct compiler *c, const struct relation *r, const struct sql_node *n)
{
	struct places p = { 0 };
	struct buf b = { 0 };
	const char *text;

	find_places(c, r, n, &p);
	if (p.n > 0)
		qsort(p.place, p.n, sizeof *p.place, by_begin);
	if (n->kind == SQL_COLUMN && p.n == 1)
		buf_add_text(&b, p.place[0].text);
	else
		add_text(&b, c->script->text, n, &p);
	text = script_copy(c->script, buf_span(&b));
	buf_free(&b);
	free(p.place);
	return text;
}

const char *
expression_condition(
    struct compiler *c, const struct relation *r, const struct sql_node *n)
{
	struct sql_program *p = compile(c, r, n, true);

	sql_program_free(p);
	return p != NULL ? expression_text(c, r, n) : NULL;
}

/* --- what is selected ----------------------------------------------------- */

struct span
expression_item_name(struct compiler *c, const struct sql_item *item, size_t i)
{
	if (item->alias.text.p != NULL)
		return item->alias.text;
	if (item->expr->kind == SQL_COLUMN)
		return expression_own_name(item->expr);
	return span_of(script_print(c->script, "EXPR$%zu", i));
}

void
expression_select(struct compiler *c, struct relation *out,
    const struct relation *r, const struct sql_node *n, struct span name)
{
	struct field f = { .name = name };
	const struct field *of;

	if (n->over != NULL) {
		if (!expression_is_call(n, "ROW_NUMBER")) {
			relation_fail_node(c, n,
			    "OVER: " FLINK_ONLY
			    ", but ROW_NUMBER() of a window's results");
			f.type = sql_type(SQL_POISON);
		} else if (relation_field(out, FIELD_RANK) != NULL) {
			relation_fail_node(
			    c, n, "a second ROW_NUMBER(): " FLINK_ONLY);
			f.type = sql_type(SQL_POISON);
		} else {
			f.role = FIELD_RANK;
			f.type = (struct type){ .kind = TYPE_BIGINT };
			out->rank = n->over;
			out->ranked = r;
		}
	} else if (n->kind == SQL_COLUMN) {
		of = expression_field(c, r, n);
		if (of != NULL)
			f = *of;
		else
			f.type = sql_type(SQL_POISON);
		f.name = name;
	} else {
		f.type = expression_type(c, r, n);
		f.text = expression_text(c, r, n);
	}
	relation_add(c, out, f);
}
