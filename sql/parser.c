/* parser - the text of an expression becomes a tree.
 * SPDX-License-Identifier: ISC */
#include "sql/parser.h"

#include <stdlib.h>

#include "lib/array.h"
#include "lib/diag.h"
#include "lib/path.h"
#include "lib/timestamp.h"
#include "sql/literal.h"

/*
 * Operator precedence parsing (Pratt): each operator binds with a strength, and
 * parse_operand(p, s) takes as much as hangs together by s or more:
 *
 *     a + b * c = d      with + at 70, * at 80, = at 50
 *
 * the right side of + is read by 71, which takes b * c and stops before =.
 *
 * After an error the tree goes on with an erroneous node, so that the rest of
 * the text is looked at too; of one place only the first error is told.
 */

enum strength {
	BINDS_OR = 10,
	BINDS_AND = 20,
	BINDS_NOT = 30,
	BINDS_IS = 40,
	BINDS_COMPARISON = 50,
	BINDS_RANGE = 60, /* BETWEEN, IN, LIKE, SIMILAR TO */
	BINDS_SUM = 70,
	BINDS_PRODUCT = 80,
	BINDS_SIGN = 90,
};

/* Nodes while their number is not known; free with free(). */
struct list {
	struct sql_node **node;
	size_t n;
	size_t cap;
};

static struct sql_node *parse_operand(struct sql_cursor *, int strength);

static void
fail_at(struct sql_cursor *p, size_t at, size_t n, const char *what)
{
	sql_errors_add(p->errors, at, n, "%s", what);
}

/* --- nodes ---------------------------------------------------------------- */

/* Out of memory the whole text fails; this stands for every node then. */
static struct sql_node nothing = { .kind = SQL_ERRONEOUS, .depth = 1 };

static struct sql_node *
new_node(
    struct sql_cursor *p, enum sql_node_kind kind, size_t at, size_t length)
{
	struct sql_node *n = arena_zero(p->arena, sizeof *n);

	if (n == NULL) {
		p->errors->out_of_memory = true;
		return &nothing;
	}
	n->kind = kind;
	n->depth = 1;
	n->at = at;
	n->length = length;
	n->begin = at;
	n->end = at + length;
	n->type = sql_type(SQL_NULL);
	return n;
}

/* From there up to what was read last: with the parentheses around it. */
static void
set_extent(struct sql_cursor *p, struct sql_node *n, size_t begin)
{
	if (n == &nothing)
		return;
	n->begin = begin;
	n->end = p->end;
}

static struct sql_node *
erroneous(struct sql_cursor *p)
{
	return new_node(p, SQL_ERRONEOUS, p->token.at, p->token.n);
}

static void
set_args(
    struct sql_cursor *p, struct sql_node *n, struct sql_node **arg, size_t k)
{
	if (n == &nothing)
		return;
	n->arg = arena_alloc(p->arena, k * sizeof *arg);
	if (n->arg == NULL) {
		p->errors->out_of_memory = true;
		return;
	}
	if (k > 0)
		memcpy(n->arg, arg, k * sizeof *arg);
	n->nargs = k;
	for (size_t i = 0; i < k; i++)
		if (arg[i]->depth >= n->depth)
			n->depth = arg[i]->depth + 1;
	if (n->depth > SQL_DEPTH_MAX) {
		fail_at(p, n->at, n->length,
		    "more than 400 operators hang on each other here; put"
		    " parts of it into columns of their own");
		n->kind = SQL_ERRONEOUS;
		n->nargs = 0;
		n->depth = 1;
	}
}

static struct sql_node *
call(struct sql_cursor *p, const struct sql_token *t, const char *name,
    size_t k, struct sql_node *a, struct sql_node *b, struct sql_node *c)
{
	struct sql_node *n = new_node(p, SQL_CALL, t->at, t->n);
	struct sql_node *arg[] = { a, b, c };

	if (n != &nothing)
		n->name = span_of(name);
	set_args(p, n, arg, k);
	return n;
}

static void
list_add(struct sql_cursor *p, struct list *l, struct sql_node *n)
{
	if (array_room(l->node, l->cap, l->n + 1) == -1)
		p->errors->out_of_memory = true;
	else
		l->node[l->n++] = n;
}

/* The list becomes the node's arguments; it is empty then. */
static struct sql_node *
list_end(struct sql_cursor *p, struct list *l, struct sql_node *n)
{
	set_args(p, n, l->node, l->n);
	free(l->node);
	*l = (struct list){ 0 };
	return n;
}

/* A word that a function takes, as its argument. */
static struct sql_node *
word_node(struct sql_cursor *p, const struct sql_token *t)
{
	struct sql_node *n = new_node(p, SQL_CONSTANT, t->at, t->n);
	struct span upper = arena_copy(p->arena, t->text);

	if (n == &nothing || upper.p == NULL) {
		p->errors->out_of_memory = true;
		return n;
	}
	for (char *c = (char *)upper.p; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	n->type = sql_type(SQL_WORD);
	n->value = (struct value){ .kind = VALUE_TEXT, .text = upper };
	return n;
}

static struct sql_node *
fixed_word(struct sql_cursor *p, const char *word)
{
	struct sql_token t = { .kind = SQL_NAME,
		.at = p->token.at,
		.n = p->token.n,
		.text = span_of(word) };

	return word_node(p, &t);
}

static struct sql_node *
take_word_node(struct sql_cursor *p, const char *expected)
{
	struct sql_node *n;

	if (p->token.kind != SQL_NAME) {
		sql_fail_expected(p, expected);
		return erroneous(p);
	}
	n = word_node(p, &p->token);
	sql_advance(p);
	return n;
}

/* --- literals ------------------------------------------------------------- */

static struct sql_node *
constant(struct sql_cursor *p, size_t at, size_t length, struct type type,
    struct value value)
{
	struct sql_node *n = new_node(p, SQL_CONSTANT, at, length);

	if (n != &nothing) {
		n->type = type;
		n->value = value;
	}
	return n;
}

static struct sql_node *
bool_constant(struct sql_cursor *p, bool truth)
{
	struct sql_token t = p->token;

	sql_advance(p);
	return constant(p, t.at, t.n, sql_type(TYPE_BOOLEAN),
	    (struct value){ .kind = VALUE_BOOL, .i = truth });
}

static struct sql_node *
parse_number(struct sql_cursor *p, bool negative)
{
	struct sql_token t = p->token;
	struct type type;
	struct value value;
	const char *what = sql_literal_number(t.text, negative, &type, &value);

	sql_advance(p);
	if (what == NULL)
		return constant(p, t.at, t.n, type, value);
	fail_at(p, t.at, t.n, what);
	return erroneous(p);
}

static struct sql_node *
parse_text(struct sql_cursor *p)
{
	struct sql_token t = p->token;
	struct value v = { .kind = VALUE_TEXT };

	if (t.text.n > 0)
		v.text = sql_undoubled(p, &t);
	else
		v.text = (struct span){ "", 0 };
	sql_advance(p);
	return constant(p, t.at, t.n, sql_type(TYPE_STRING), v);
}

/* DATE, TIME, TIMESTAMP and a text. */
static struct sql_node *
parse_time_literal(struct sql_cursor *p, enum type_kind kind)
{
	struct sql_token t;
	struct type type = sql_type(kind);
	struct value value;
	const char *what;

	sql_advance(p);
	t = p->token;
	what = sql_literal_time(t.text, &type, &value);
	sql_advance(p);
	if (what == NULL)
		return constant(p, t.at, t.n, type, value);
	fail_at(p, t.at, t.n, what);
	return erroneous(p);
}

/* "DAY", "DAY(3)", "SECOND(3,0)": how many digits are allowed is not held. */
static enum sql_unit
take_unit(struct sql_cursor *p)
{
	enum sql_unit unit = SQL_UNIT_NONE;

	if (p->token.kind == SQL_NAME)
		unit = sql_unit_of(p->token.text);
	if (unit == SQL_UNIT_NONE) {
		sql_fail_expected(p, "a unit (DAY, HOUR, MINUTE, SECOND ...)");
		return unit;
	}
	sql_advance(p);
	if (sql_take_symbol(p, "(")) {
		while (p->token.kind == SQL_NUMBER || sql_is_symbol(p, ","))
			sql_advance(p);
		sql_expect_symbol(p, ")");
	}
	return unit;
}

/* Is it a unit's TO? In FLOOR(t + INTERVAL '1' HOUR TO DAY) it is FLOOR's. */
static bool
goes_on(const struct sql_cursor *p, enum sql_unit from)
{
	size_t at = p->at;
	struct sql_token t = sql_lex(p->text, &at);
	enum sql_unit to =
	    t.kind == SQL_NAME ? sql_unit_of(t.text) : SQL_UNIT_NONE;

	return from == SQL_YEAR ? to == SQL_MONTH
	                        : from <= SQL_DAY && to < from;
}

static struct sql_node *
parse_interval(struct sql_cursor *p)
{
	struct sql_token t;
	bool negative;
	enum sql_unit from, to;
	struct type type;
	struct value value;
	const char *what;

	sql_advance(p);
	negative = sql_take_symbol(p, "-");
	if (!negative)
		sql_take_symbol(p, "+");
	t = p->token;
	if (t.kind != SQL_TEXT) {
		sql_fail_expected(p, "a text such as '5'");
		return erroneous(p);
	}
	sql_advance(p);
	from = take_unit(p);
	to = from;
	if (from != SQL_UNIT_NONE && goes_on(p, from) && sql_take_word(p, "TO"))
		to = take_unit(p);
	if (from == SQL_UNIT_NONE || to == SQL_UNIT_NONE)
		return erroneous(p);
	what = sql_literal_interval(t.text, negative, from, to, &type, &value);
	if (what == NULL)
		return constant(p, t.at, t.n, type, value);
	fail_at(p, t.at, t.n, what);
	return erroneous(p);
}

/* --- special forms -------------------------------------------------------- */

/* An expression that stands by itself: between commas or parentheses. */
static struct sql_node *
parse_whole(struct sql_cursor *p)
{
	return parse_operand(p, 0);
}

static struct sql_node *
parse_case(struct sql_cursor *p)
{
	struct sql_token t = p->token;
	struct list l = { 0 };
	struct sql_node *n, *subject = NULL, *when;

	sql_advance(p);
	if (!sql_is_word(p, "WHEN"))
		subject = parse_whole(p);
	if (!sql_is_word(p, "WHEN"))
		sql_fail_expected(p, "WHEN");
	while (sql_take_word(p, "WHEN")) {
		when = parse_whole(p);
		if (subject != NULL)
			when = call(p, &t, "=", 2, subject, when, NULL);
		list_add(p, &l, when);
		sql_expect_word(p, "THEN");
		list_add(p, &l, parse_whole(p));
	}
	if (sql_take_word(p, "ELSE"))
		list_add(p, &l, parse_whole(p));
	else
		list_add(p, &l,
		    constant(p, t.at, t.n, sql_type(SQL_NULL),
			(struct value){ .kind = VALUE_NULL }));
	sql_expect_word(p, "END");
	n = new_node(p, SQL_CASE, t.at, t.n);
	if (n != &nothing)
		n->subject = subject;
	return list_end(p, &l, n);
}

/* The type in CAST and RETURNING; p->token is its first word. */
static struct type
parse_type(struct sql_cursor *p)
{
	struct type type = { 0 };
	struct buf why = { 0 };
	size_t at = p->token.at;
	struct sql_token next = sql_peek(p);
	bool bare;

	if (p->token.kind != SQL_NAME) {
		sql_fail_expected(p, "a type");
		return sql_type(SQL_POISON);
	}
	bare = !sql_token_is_symbol(&next, "(");
	if (type_read(p->text, &at, &type, &why) == -1) {
		fail_at(p, at, 1, buf_text(&why) == NULL ? "" : why.p);
		type = sql_type(SQL_POISON);
		sql_advance(p);
		if (sql_take_symbol(p, "("))
			sql_skip_to_close(p);
	} else {
		p->at = at;
		sql_advance(p);
	}
	buf_free(&why);
	/* In a CAST it has no bound where none is given. */
	if (type.kind == TYPE_VARCHAR && bare)
		type = sql_type(TYPE_STRING);
	type.not_null = false;
	return type;
}

static struct sql_node *
parse_cast(struct sql_cursor *p, const struct sql_token *t, const char *name)
{
	struct sql_node *n = new_node(p, SQL_CAST, t->at, t->n), *arg;
	struct type type;

	arg = parse_whole(p);
	sql_expect_word(p, "AS");
	type = parse_type(p);
	sql_expect_close(p);
	if (n != &nothing) {
		n->name = span_of(name);
		n->type = type;
	}
	set_args(p, n, &arg, 1);
	return n;
}

static struct sql_node *
parse_extract(struct sql_cursor *p, const struct sql_token *t)
{
	struct sql_node *unit = take_word_node(p, "a unit (YEAR, HOUR ...)");
	struct sql_node *from;

	sql_expect_word(p, "FROM");
	from = parse_whole(p);
	sql_expect_close(p);
	return call(p, t, "EXTRACT", 2, unit, from, NULL);
}

/* TRIM([LEADING|TRAILING|BOTH] [characters] FROM text), TRIM(text). */
static struct sql_node *
parse_trim(struct sql_cursor *p, const struct sql_token *t)
{
	struct sql_node *side = NULL, *what = NULL, *text;

	if (sql_is_word(p, "LEADING") || sql_is_word(p, "TRAILING") ||
	    sql_is_word(p, "BOTH"))
		side = take_word_node(p, "BOTH");
	if (side == NULL || !sql_is_word(p, "FROM"))
		what = parse_whole(p);
	if (side == NULL && !sql_is_word(p, "FROM")) {
		text = what;
		what = NULL;
	} else {
		sql_expect_word(p, "FROM");
		text = parse_whole(p);
	}
	sql_expect_close(p);
	if (side == NULL)
		side = fixed_word(p, "BOTH");
	return call(p, t, "TRIM", what == NULL ? 2 : 3, side, text, what);
}

/* SUBSTRING(text FROM a [FOR b]); with commas it is as any function. */
static struct sql_node *
parse_rest_of_substring(
    struct sql_cursor *p, const struct sql_token *t, struct sql_node *text)
{
	struct sql_node *from = parse_whole(p), *count = NULL;

	if (sql_take_word(p, "FOR"))
		count = parse_whole(p);
	sql_expect_close(p);
	return call(
	    p, t, "SUBSTRING", count == NULL ? 2 : 3, text, from, count);
}

static struct sql_node *
parse_rest_of_overlay(
    struct sql_cursor *p, const struct sql_token *t, struct sql_node *text)
{
	struct sql_node *n = new_node(p, SQL_CALL, t->at, t->n);
	struct list l = { 0 };

	if (n != &nothing)
		n->name = span_of("OVERLAY");
	list_add(p, &l, text);
	list_add(p, &l, parse_whole(p));
	sql_expect_word(p, "FROM");
	list_add(p, &l, parse_whole(p));
	if (sql_take_word(p, "FOR"))
		list_add(p, &l, parse_whole(p));
	sql_expect_close(p);
	return list_end(p, &l, n);
}

/* What follows FLOOR(x and CEIL(x: TO unit. */
/* Are all of that unit's ends ends of the inner one, as Calcite sees it? */
static bool
rolls_up(enum sql_unit outer, enum sql_unit inner)
{
	if (inner == SQL_UNIT_NONE || inner == SQL_WEEK || inner > SQL_YEAR)
		return false;
	if (outer == SQL_WEEK || outer > SQL_YEAR)
		return false;
	if (inner == SQL_QUARTER)
		return outer >= SQL_QUARTER;
	return outer >= inner;
}

/*
 * FLOOR(FLOOR(t TO DAY) TO MONTH) is FLOOR(t TO MONTH): Flink's planner says
 * so, and CEIL differs by it, for the next quarter begins a day after one
 * began.
 */
static struct sql_node *
parse_rest_of_floor(struct sql_cursor *p, const struct sql_token *t,
    struct sql_node *x, const char *name)
{
	struct sql_node *unit = take_word_node(p, "a unit (HOUR, DAY ...)");

	sql_expect_close(p);
	while (x->kind == SQL_CALL && x->nargs == 2 && span_is(x->name, name) &&
	       unit->kind == SQL_CONSTANT && x->arg[1]->type.kind == SQL_WORD &&
	       rolls_up(sql_unit_of(unit->value.text),
		   sql_unit_of(x->arg[1]->value.text)))
		x = x->arg[0];
	return call(p, t, name, 2, x, unit, NULL);
}

static struct sql_node *
parse_position(struct sql_cursor *p, const struct sql_token *t)
{
	/* IN would be taken for a list: what is looked for binds stronger. */
	struct sql_node *what = parse_operand(p, BINDS_RANGE + 1), *text;

	sql_expect_word(p, "IN");
	text = parse_whole(p);
	sql_expect_close(p);
	return call(p, t, "POSITION", 2, what, text, NULL);
}

/* NULL|ERROR|DEFAULT x ON EMPTY|ERROR: into behavior[0|1], fallback[0|1]. */
static bool
parse_json_behavior(struct sql_cursor *p, struct sql_node *behavior[2],
    struct sql_node *fallback[2])
{
	struct sql_node *word, *value = NULL;
	int which;

	if (!sql_is_word(p, "NULL") && !sql_is_word(p, "ERROR") &&
	    !sql_is_word(p, "DEFAULT") && !sql_is_word(p, "TRUE") &&
	    !sql_is_word(p, "FALSE") && !sql_is_word(p, "UNKNOWN"))
		return false;
	word = take_word_node(p, "NULL");
	if (span_is(word->value.text, "DEFAULT"))
		value = parse_whole(p);
	sql_expect_word(p, "ON");
	which = sql_is_word(p, "ERROR");
	if (!which && !sql_is_word(p, "EMPTY"))
		sql_fail_expected(p, "EMPTY or ERROR");
	sql_advance(p);
	behavior[which] = word;
	if (value != NULL)
		fallback[which] = value;
	return true;
}

/* JSON_VALUE and JSON_EXISTS: json, path, then what to do, always all. */
static struct sql_node *
parse_json(struct sql_cursor *p, const struct sql_token *t, const char *name)
{
	struct sql_node *n = new_node(p, SQL_CALL, t->at, t->n);
	struct sql_node *behavior[2], *fallback[2];
	struct list l = { 0 };
	struct type type = sql_type(TYPE_STRING);

	for (int i = 0; i < 2; i++) {
		behavior[i] = fixed_word(p, "NULL");
		fallback[i] = constant(p, t->at, t->n, sql_type(SQL_NULL),
		    (struct value){ .kind = VALUE_NULL });
	}
	if (strcmp(name, "JSON_EXISTS") == 0) {
		behavior[1] = fixed_word(p, "FALSE");
		type = sql_type(TYPE_BOOLEAN);
	}
	list_add(p, &l, parse_whole(p));
	sql_expect_symbol(p, ",");
	list_add(p, &l, parse_whole(p));
	if (sql_take_word(p, "RETURNING"))
		type = parse_type(p);
	while (parse_json_behavior(p, behavior, fallback))
		continue;
	sql_expect_close(p);
	for (int i = 0; i < 2; i++) {
		list_add(p, &l, behavior[i]);
		list_add(p, &l, fallback[i]);
	}
	if (n != &nothing) {
		n->name = span_of(name);
		n->type = type;
	}
	return list_end(p, &l, n);
}

/* --- calls, columns, primaries -------------------------------------------- */

static bool
takes_unit_first(const struct sql_token *t)
{
	return sql_token_is(t, "TIMESTAMPADD") ||
	       sql_token_is(t, "TIMESTAMPDIFF");
}

/* The forms that have words among their arguments; NULL: it is none. */
static struct sql_node *
parse_special(struct sql_cursor *p, const struct sql_token *t)
{
	if (sql_token_is(t, "CAST"))
		return parse_cast(p, t, "CAST");
	if (sql_token_is(t, "TRY_CAST"))
		return parse_cast(p, t, "TRY_CAST");
	if (sql_token_is(t, "EXTRACT"))
		return parse_extract(p, t);
	if (sql_token_is(t, "TRIM"))
		return parse_trim(p, t);
	if (sql_token_is(t, "POSITION"))
		return parse_position(p, t);
	if (sql_token_is(t, "JSON_VALUE"))
		return parse_json(p, t, "JSON_VALUE");
	if (sql_token_is(t, "JSON_EXISTS"))
		return parse_json(p, t, "JSON_EXISTS");
	return NULL;
}

/* The forms whose first argument is as any; NULL: it is none. */
static struct sql_node *
parse_special_rest(
    struct sql_cursor *p, const struct sql_token *t, struct sql_node *first)
{
	if ((sql_token_is(t, "SUBSTRING") || sql_token_is(t, "SUBSTR")) &&
	    sql_take_word(p, "FROM"))
		return parse_rest_of_substring(p, t, first);
	if (sql_token_is(t, "OVERLAY") && sql_take_word(p, "PLACING"))
		return parse_rest_of_overlay(p, t, first);
	if (sql_token_is(t, "FLOOR") && sql_take_word(p, "TO"))
		return parse_rest_of_floor(p, t, first, "FLOOR");
	if ((sql_token_is(t, "CEIL") || sql_token_is(t, "CEILING")) &&
	    sql_take_word(p, "TO"))
		return parse_rest_of_floor(p, t, first, "CEIL");
	return NULL;
}

/* Expressions with commas between, of PARTITION BY, or of ORDER BY. */
static struct sql_sorted *
parse_sorted(struct sql_cursor *p, bool sorts)
{
	struct sql_sorted *first = NULL, **next = &first;

	do {
		*next = arena_zero(p->arena, sizeof **next);
		if (*next == NULL) {
			p->errors->out_of_memory = true;
			break;
		}
		(*next)->node = parse_whole(p);
		if (sorts && !sql_take_word(p, "ASC"))
			(*next)->descending = sql_take_word(p, "DESC");
		if (sorts && sql_take_word(p, "NULLS")) {
			(*next)->nulls_given = true;
			(*next)->nulls_first = sql_take_word(p, "FIRST");
			if (!(*next)->nulls_first)
				sql_expect_word(p, "LAST");
		}
		next = &(*next)->next;
	} while (sql_take_symbol(p, ","));
	return first;
}

static struct sql_over *
parse_over(struct sql_cursor *p)
{
	struct sql_over *over = arena_zero(p->arena, sizeof *over);

	if (over == NULL) {
		p->errors->out_of_memory = true;
		return NULL;
	}
	over->at = p->end;
	/* A window of the clause WINDOW, which is refused where it stands. */
	if (p->token.kind == SQL_NAME) {
		sql_advance(p);
		return over;
	}
	if (!sql_expect_symbol(p, "("))
		return over;
	if (sql_take_word(p, "PARTITION") && sql_expect_word(p, "BY"))
		over->partition = parse_sorted(p, false);
	if (sql_take_word(p, "ORDER") && sql_expect_word(p, "BY"))
		over->order = parse_sorted(p, true);
	if (sql_is_word(p, "ROWS") || sql_is_word(p, "RANGE")) {
		over->framed = true;
		sql_skip_to_close(p);
	} else {
		sql_expect_close(p);
	}
	return over;
}

/* FILTER (WHERE …), OVER (…). */
static void
parse_aggregate_rest(struct sql_cursor *p, struct sql_node *n)
{
	struct sql_token next = sql_peek(p);

	if (sql_is_word(p, "FILTER") && sql_token_is_symbol(&next, "(")) {
		sql_advance(p);
		sql_advance(p);
		sql_expect_word(p, "WHERE");
		n->filter = parse_whole(p);
		sql_expect_close(p);
	}
	next = sql_peek(p);
	if (sql_is_word(p, "OVER") &&
	    (next.kind == SQL_NAME || sql_token_is_symbol(&next, "("))) {
		sql_advance(p);
		n->over = parse_over(p);
	}
}

/* t is the function's name; p->token stands behind the parenthesis. */
static struct sql_node *
parse_call(struct sql_cursor *p, const struct sql_token *t)
{
	struct sql_node *n = parse_special(p, t), *arg;
	struct list l = { 0 };

	bool distinct;

	if (n != NULL)
		return n;
	distinct = sql_take_word(p, "DISTINCT");
	if (!distinct)
		sql_take_word(p, "ALL");
	if (takes_unit_first(t)) {
		list_add(p, &l, take_word_node(p, "a unit (DAY, HOUR ...)"));
		if (!sql_is_symbol(p, ")"))
			sql_expect_symbol(p, ",");
	} else if (sql_is_symbol(p, "*") && sql_peek(p).kind == SQL_SYMBOL &&
		   span_is(sql_peek(p).text, ")")) {
		list_add(p, &l, new_node(p, SQL_STAR, p->token.at, 1));
		sql_advance(p);
	}
	while (!sql_is_symbol(p, ")") && p->token.kind != SQL_END) {
		arg = parse_whole(p);
		n = l.n == 0 ? parse_special_rest(p, t, arg) : NULL;
		if (n != NULL)
			return n;
		list_add(p, &l, arg);
		if (!sql_take_symbol(p, ","))
			break;
		if (sql_is_symbol(p, ")"))
			sql_fail_expected(p, "a value");
	}
	sql_expect_close(p);
	n = new_node(p, SQL_CALL, t->at, t->n);
	if (n == &nothing)
		return list_end(p, &l, n);
	n->name = t->text;
	n->distinct = distinct;
	list_end(p, &l, n);
	parse_aggregate_rest(p, n);
	return n;
}

/* a, a.b, `a.b`.c: the canonical path. */
static struct sql_node *
parse_column(struct sql_cursor *p)
{
	struct sql_token t = p->token;
	struct sql_node *n = new_node(p, SQL_COLUMN, t.at, t.n);
	struct buf path = { 0 };

	for (;;) {
		path_add_key(&path, p->token.kind == SQL_QUOTED
					? sql_undoubled(p, &p->token)
					: p->token.text);
		t = p->token;
		sql_advance(p);
		if (!sql_is_symbol(p, "."))
			break;
		sql_advance(p);
		if (p->token.kind != SQL_NAME && p->token.kind != SQL_QUOTED) {
			sql_fail_expected(p, "a name");
			break;
		}
		buf_add_char(&path, '.');
	}
	if (n != &nothing) {
		n->length = t.at + t.n - n->at;
		n->name = path.failed ? (struct span){ NULL, 0 }
		                      : arena_copy(p->arena, buf_span(&path));
		if (n->name.p == NULL)
			p->errors->out_of_memory = true;
	}
	buf_free(&path);
	return n;
}

/* A name that is part of the grammar around an operand: one is missing. */
static bool
is_reserved(const struct sql_token *t)
{
	static const char *const words[] = { "AND", "OR", "IS", "BETWEEN", "IN",
		"LIKE", "SIMILAR", "ESCAPE", "THEN", "WHEN", "ELSE", "END",
		"AS", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "SELECT",
		"ON" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (sql_token_is(t, words[i]))
			return true;
	return false;
}

/* Functions that are called without parentheses. */
static bool
is_bare_call(const struct sql_token *t)
{
	static const char *const words[] = { "CURRENT_TIMESTAMP",
		"LOCALTIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIME" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (sql_token_is(t, words[i]))
			return true;
	return false;
}

/* DATE '…' and the like; NULL: it is none. */
static struct sql_node *
parse_named_literal(struct sql_cursor *p)
{
	struct sql_token next = sql_peek(p), t = p->token;

	if (sql_is_word(p, "TRUE"))
		return bool_constant(p, true);
	if (sql_is_word(p, "FALSE"))
		return bool_constant(p, false);
	if (sql_is_word(p, "NULL")) {
		sql_advance(p);
		return constant(p, t.at, t.n, sql_type(SQL_NULL),
		    (struct value){ .kind = VALUE_NULL });
	}
	if (sql_is_word(p, "UNKNOWN") && !sql_token_is_symbol(&next, ".")) {
		sql_advance(p);
		return constant(p, t.at, t.n, sql_type(TYPE_BOOLEAN),
		    (struct value){ .kind = VALUE_NULL });
	}
	if (sql_is_word(p, "INTERVAL") &&
	    (next.kind == SQL_TEXT || sql_token_is_symbol(&next, "-") ||
		sql_token_is_symbol(&next, "+")))
		return parse_interval(p);
	if (next.kind != SQL_TEXT)
		return NULL;
	if (sql_is_word(p, "DATE"))
		return parse_time_literal(p, TYPE_DATE);
	if (sql_is_word(p, "TIME"))
		return parse_time_literal(p, TYPE_TIME);
	if (sql_is_word(p, "TIMESTAMP"))
		return parse_time_literal(p, TYPE_TIMESTAMP);
	return NULL;
}

/* Forms of Flink's whose grammar we do not know: a[1], ARRAY[1, 2], and calls
 * with words among their arguments. */
static bool
is_form_of_flink(const struct sql_token *t, const struct sql_token *next)
{
	static const char *const calls[] = { "JSON_ARRAY", "JSON_ARRAYAGG",
		"JSON_OBJECT", "JSON_OBJECTAGG", "JSON_QUERY" };

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (sql_token_is(t, calls[i]))
			return sql_token_is_symbol(next, "(");
	return sql_token_is_symbol(next, "[");
}

/* Says so, and goes behind the bracket that closes it. */
static struct sql_node *
refuse_form(struct sql_cursor *p)
{
	struct sql_token t = p->token;
	int depth = 0;

	sql_advance(p);
	sql_errors_add(p->errors, t.at, t.n,
	    sql_is_symbol(p, "[")
		? "%.*s[...]: Flink runs this, windowpipe does not"
		: "%.*s: Flink runs this, windowpipe does not",
	    (int)t.text.n, t.text.p);
	do {
		depth += sql_is_symbol(p, "(") || sql_is_symbol(p, "[");
		depth -= sql_is_symbol(p, ")") || sql_is_symbol(p, "]");
		sql_advance(p);
	} while (
	    depth > 0 && p->token.kind != SQL_END && !sql_is_symbol(p, ";"));
	return new_node(p, SQL_ERRONEOUS, t.at, t.n);
}

static struct sql_node *
parse_name(struct sql_cursor *p)
{
	struct sql_token t = p->token, next;
	struct sql_node *n;

	if (sql_is_word(p, "SELECT"))
		fail_at(p, t.at, t.n,
		    "queries in expressions: Flink runs this, windowpipe does"
		    " not");
	if (is_reserved(&t)) {
		sql_fail_expected(p, "a value");
		return erroneous(p);
	}
	if (sql_is_word(p, "CASE"))
		return parse_case(p);
	n = parse_named_literal(p);
	if (n != NULL)
		return n;
	next = sql_peek(p);
	if (is_form_of_flink(&t, &next))
		return refuse_form(p);
	if (sql_token_is_symbol(&next, "(")) {
		sql_advance(p);
		sql_advance(p);
		return parse_call(p, &t);
	}
	if (is_bare_call(&t)) {
		sql_advance(p);
		n = new_node(p, SQL_CALL, t.at, t.n);
		if (n != &nothing)
			n->name = t.text;
		return n;
	}
	return parse_column(p);
}

static struct sql_node *
parse_primary(struct sql_cursor *p)
{
	struct sql_node *n;

	switch (p->token.kind) {
	case SQL_NUMBER:
		return parse_number(p, false);
	case SQL_TEXT:
		return parse_text(p);
	case SQL_QUOTED:
		return parse_column(p);
	case SQL_NAME:
		return parse_name(p);
	default:
		break;
	}
	if (sql_take_symbol(p, "(")) {
		n = parse_whole(p);
		sql_expect_close(p);
		return n;
	}
	sql_fail_expected(p, "a value");
	/* What closes or separates is left to whom it belongs. */
	if (p->token.kind != SQL_END && !sql_is_symbol(p, ")") &&
	    !sql_is_symbol(p, ","))
		sql_advance(p);
	return erroneous(p);
}

/* --- operators ------------------------------------------------------------ */

/* NOT, + and -, then a primary. */
static struct sql_node *
parse_prefix(struct sql_cursor *p)
{
	struct sql_token t = p->token;
	struct sql_node *n;

	if (sql_is_word(p, "NOT")) {
		sql_advance(p);
		n = parse_operand(p, BINDS_NOT);
		return call(p, &t, "NOT", 1, n, NULL, NULL);
	}
	if (sql_is_symbol(p, "-") || sql_is_symbol(p, "+")) {
		sql_advance(p);
		/* The sign is the number's own: it may be the least INT. */
		if (p->token.kind == SQL_NUMBER)
			return parse_number(p, *t.text.p == '-');
		n = parse_operand(p, BINDS_SIGN);
		return call(p, &t, span_is(t.text, "-") ? "NEGATE" : "PLUS", 1,
		    n, NULL, NULL);
	}
	return parse_primary(p);
}

static struct sql_node *
negated(struct sql_cursor *p, const struct sql_token *t, bool negate,
    struct sql_node *n)
{
	return negate ? call(p, t, "NOT", 1, n, NULL, NULL) : n;
}

static struct sql_node *
parse_is_json(
    struct sql_cursor *p, const struct sql_token *t, struct sql_node *x)
{
	struct sql_node *word;

	if (sql_is_word(p, "VALUE") || sql_is_word(p, "SCALAR") ||
	    sql_is_word(p, "ARRAY") || sql_is_word(p, "OBJECT"))
		word = take_word_node(p, "VALUE");
	else
		word = fixed_word(p, "VALUE");
	return call(p, t, "IS JSON", 2, x, word, NULL);
}

/* IS [NOT] NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM x, JSON. */
static struct sql_node *
parse_is(struct sql_cursor *p, struct sql_node *x)
{
	struct sql_token t = p->token;
	bool negate;
	struct sql_node *n;

	sql_advance(p);
	negate = sql_take_word(p, "NOT");
	if (sql_take_word(p, "NULL") || sql_take_word(p, "UNKNOWN")) {
		n = call(p, &t, "IS NULL", 1, x, NULL, NULL);
	} else if (sql_take_word(p, "TRUE")) {
		n = call(p, &t, "IS TRUE", 1, x, NULL, NULL);
	} else if (sql_take_word(p, "FALSE")) {
		n = call(p, &t, "IS FALSE", 1, x, NULL, NULL);
	} else if (sql_take_word(p, "JSON")) {
		n = parse_is_json(p, &t, x);
	} else if (sql_take_word(p, "DISTINCT")) {
		sql_expect_word(p, "FROM");
		n = parse_operand(p, BINDS_COMPARISON);
		n = call(p, &t, "IS DISTINCT FROM", 2, x, n, NULL);
	} else {
		sql_fail_expected(
		    p, "NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM or JSON");
		return x;
	}
	return negated(p, &t, negate, n);
}

static struct sql_node *
parse_in(struct sql_cursor *p, const struct sql_token *t, struct sql_node *x)
{
	struct list l = { 0 };

	sql_expect_symbol(p, "(");
	list_add(p, &l, x);
	do {
		list_add(p, &l, parse_whole(p));
	} while (sql_take_symbol(p, ","));
	sql_expect_close(p);
	return list_end(p, &l, new_node(p, SQL_IN, t->at, t->n));
}

static struct sql_node *
parse_between(
    struct sql_cursor *p, const struct sql_token *t, struct sql_node *x)
{
	struct sql_node *n = new_node(p, SQL_BETWEEN, t->at, t->n);
	struct sql_node *arg[3] = { x };

	if (!sql_take_word(p, "ASYMMETRIC") && sql_take_word(p, "SYMMETRIC") &&
	    n != &nothing)
		n->name = span_of("SYMMETRIC");
	arg[1] = parse_operand(p, BINDS_RANGE + 1);
	sql_expect_word(p, "AND");
	arg[2] = parse_operand(p, BINDS_RANGE + 1);
	set_args(p, n, arg, 3);
	return n;
}

static struct sql_node *
parse_like(struct sql_cursor *p, const struct sql_token *t, struct sql_node *x,
    const char *name)
{
	struct sql_node *pattern = parse_operand(p, BINDS_RANGE + 1);
	struct sql_node *escape = NULL;

	if (sql_take_word(p, "ESCAPE"))
		escape = parse_operand(p, BINDS_RANGE + 1);
	return call(p, t, name, escape == NULL ? 2 : 3, x, pattern, escape);
}

/* [NOT] BETWEEN, IN, LIKE, SIMILAR TO. */
static struct sql_node *
parse_range(struct sql_cursor *p, struct sql_node *x)
{
	struct sql_token t = p->token;
	bool negate = sql_take_word(p, "NOT");
	struct sql_node *n;

	if (sql_take_word(p, "BETWEEN")) {
		n = parse_between(p, &t, x);
	} else if (sql_take_word(p, "IN")) {
		n = parse_in(p, &t, x);
	} else if (sql_take_word(p, "LIKE")) {
		n = parse_like(p, &t, x, "LIKE");
	} else {
		sql_advance(p);
		sql_expect_word(p, "TO");
		n = parse_like(p, &t, x, "SIMILAR TO");
	}
	return negated(p, &t, negate, n);
}

static bool
begins_range(const struct sql_token *t)
{
	return sql_token_is(t, "BETWEEN") || sql_token_is(t, "IN") ||
	       sql_token_is(t, "LIKE") || sql_token_is(t, "SIMILAR");
}

/* How strong what follows binds to what is before it; -1: not at all. */
static int
strength_of(const struct sql_cursor *p)
{
	const struct sql_token *t = &p->token;
	struct sql_token next;

	if (t->kind == SQL_SYMBOL) {
		if (strchr("=<>!", *t->text.p) != NULL &&
		    !sql_is_symbol(p, "=>"))
			return BINDS_COMPARISON;
		if (sql_is_symbol(p, "+") || sql_is_symbol(p, "-"))
			return BINDS_SUM;
		if (sql_is_symbol(p, "*") || sql_is_symbol(p, "/") ||
		    sql_is_symbol(p, "%") || sql_is_symbol(p, "||"))
			return BINDS_PRODUCT;
		return -1;
	}
	if (sql_token_is(t, "OR"))
		return BINDS_OR;
	if (sql_token_is(t, "AND"))
		return BINDS_AND;
	if (sql_token_is(t, "IS"))
		return BINDS_IS;
	if (begins_range(t))
		return BINDS_RANGE;
	if (!sql_token_is(t, "NOT"))
		return -1;
	next = sql_peek(p);
	return begins_range(&next) ? BINDS_RANGE : -1;
}

/* a AND b AND c is one node of three: long chains are not deep. */
static struct sql_node *
parse_logic(struct sql_cursor *p, struct sql_node *left, int strength)
{
	struct sql_token t = p->token;
	const char *word = strength == BINDS_AND ? "AND" : "OR";
	struct list l = { 0 };

	list_add(p, &l, left);
	while (sql_take_word(p, word))
		list_add(p, &l, parse_operand(p, strength + 1));
	return list_end(p, &l,
	    new_node(p, strength == BINDS_AND ? SQL_AND : SQL_OR, t.at, t.n));
}

static struct sql_node *
parse_binary(struct sql_cursor *p, struct sql_node *left, int strength)
{
	struct sql_token t = p->token;
	static const char *const names[] = { "=", "<>", "!=", "<", "<=", ">",
		">=", "+", "-", "*", "/", "%", "||" };
	const char *name = "=";
	struct sql_node *right;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (span_is(t.text, names[i]))
			name = names[i];
	if (strcmp(name, "!=") == 0)
		name = "<>";
	sql_advance(p);
	right = parse_operand(p, strength + 1);
	return call(p, &t, name, 2, left, right, NULL);
}

static struct sql_node *
parse_operand(struct sql_cursor *p, int least)
{
	struct sql_node *left;
	size_t begin = p->token.at;
	int strength;

	if (!sql_enter(p))
		return erroneous(p);
	left = parse_prefix(p);
	set_extent(p, left, begin);
	while ((strength = strength_of(p)) >= least && strength != -1) {
		if (strength == BINDS_OR || strength == BINDS_AND)
			left = parse_logic(p, left, strength);
		else if (strength == BINDS_IS)
			left = parse_is(p, left);
		else if (strength == BINDS_RANGE)
			left = parse_range(p, left);
		else
			left = parse_binary(p, left, strength);
		set_extent(p, left, begin);
	}
	sql_leave(p);
	return left;
}

struct sql_node *
sql_parse_expression(struct sql_cursor *p)
{
	return parse_whole(p);
}

bool
sql_is_keyword(struct span word)
{
	static const char *const others[] = { "CASE", "FALSE", "INTERVAL",
		"NOT", "NULL", "TRUE", "UNKNOWN" };
	struct sql_token t = { .kind = SQL_NAME, .n = word.n, .text = word };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (sql_token_is(&t, others[i]))
			return true;
	return is_reserved(&t) || is_bare_call(&t);
}

struct sql_node *
sql_parse_all(struct span text, struct arena *arena, struct sql_errors *errors)
{
	struct sql_cursor p = { .text = text,
		.what = "the text",
		.arena = arena,
		.errors = errors };
	struct sql_node *n;

	sql_advance(&p);
	n = parse_whole(&p);
	if (p.token.kind != SQL_END)
		sql_fail_expected(&p, "an operator or the end");
	return errors->out_of_memory ? NULL : n;
}
