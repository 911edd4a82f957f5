/* statement - the statements of a job in Flink SQL become trees.
 * SPDX-License-Identifier: ISC */
#include "sql/statement.h"

#include "lib/buf.h"
#include "lib/path.h"

/*
 * Reading functions return false after an error that makes what follows in the
 * statement senseless: it is given up, and the next one read.
 */

/* Said of all that Flink has and windowpipe has not. */
#define FLINK_ONLY "Flink runs this, windowpipe does not"

static bool parse_query(struct sql_cursor *, struct sql_query **);
static bool parse_from(struct sql_cursor *, struct sql_from *);

static bool
fail(struct sql_cursor *c, const struct sql_token *t, const char *what,
    const char *remedy)
{
	sql_errors_add(c->errors, t->at, t->n, "%s; %s", what, remedy);
	return false;
}

static bool
expected(struct sql_cursor *c, const char *what)
{
	sql_fail_expected(c, what);
	return false;
}

static void *
make(struct sql_cursor *c, size_t size)
{
	void *p = arena_zero(c->arena, size);

	if (p == NULL)
		c->errors->out_of_memory = true;
	return p;
}

/* True, and both are passed, where the two words are next. */
static bool
take_words(struct sql_cursor *c, const char *first, const char *second)
{
	struct sql_token next = sql_peek(c);

	if (!sql_is_word(c, first) || !sql_token_is(&next, second))
		return false;
	sql_advance(c);
	sql_advance(c);
	return true;
}

/* --- names ---------------------------------------------------------------- */

/* A word that begins what follows a table or an expression in a query. */
static bool
ends_operand(const struct sql_token *t)
{
	static const char *const words[] = { "CROSS", "EXCEPT", "FETCH", "FOR",
		"FULL", "GROUP", "HAVING", "INNER", "INTERSECT", "JOIN", "LEFT",
		"LIMIT", "MATCH_RECOGNIZE", "MINUS", "NATURAL", "OFFSET", "ON",
		"ORDER", "PARTITION", "QUALIFY", "RIGHT", "TABLESAMPLE",
		"UNION", "USING", "WHERE", "WINDOW", "FROM", "AS", "SELECT",
		"SET", "VALUES", "BEGIN", "END" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (sql_token_is(t, words[i]))
			return true;
	return false;
}

static bool
is_name(const struct sql_cursor *c)
{
	return c->token.kind == SQL_QUOTED ||
	       (c->token.kind == SQL_NAME && !ends_operand(&c->token));
}

/* Keys joined by dots; one alone where only that is allowed. */
static bool
parse_path(
    struct sql_cursor *c, const char *what, bool one, struct sql_name *name)
{
	struct buf path = { 0 };

	if (!is_name(c))
		return expected(c, what);
	name->at = c->token.at;
	for (;;) {
		path_add_key(&path, c->token.kind == SQL_QUOTED
					? sql_undoubled(c, &c->token)
					: c->token.text);
		sql_advance(c);
		if (one || !sql_take_symbol(c, "."))
			break;
		buf_add_char(&path, '.');
		if (c->token.kind != SQL_NAME && c->token.kind != SQL_QUOTED) {
			buf_free(&path);
			return expected(c, "a name");
		}
	}
	name->length = c->end - name->at;
	name->text = path.failed ? (struct span){ NULL, 0 }
	                         : arena_copy(c->arena, buf_span(&path));
	buf_free(&path);
	if (name->text.p == NULL)
		c->errors->out_of_memory = true;
	return name->text.p != NULL;
}

static bool
parse_name(struct sql_cursor *c, const char *what, struct sql_name *name)
{
	return parse_path(c, what, true, name);
}

/* a, b, c */
static bool
parse_names(struct sql_cursor *c, struct sql_name **next)
{
	do {
		*next = make(c, sizeof **next);
		if (*next == NULL || !parse_name(c, "a column", *next))
			return false;
		next = &(*next)->next;
	} while (sql_take_symbol(c, ","));
	return true;
}

/* (a, b, c) */
static bool
parse_name_list(struct sql_cursor *c, struct sql_name **names)
{
	return sql_expect_symbol(c, "(") && parse_names(c, names) &&
	       sql_expect_close(c);
}

static bool
take_if_exists(struct sql_cursor *c, const char *word, bool *taken)
{
	*taken = sql_take_word(c, "IF");
	if (!*taken)
		return true;
	if (*word == 'N' && !sql_expect_word(c, "NOT"))
		return false;
	return sql_expect_word(c, "EXISTS");
}

/* --- CREATE TABLE --------------------------------------------------------- */

static bool
parse_text(struct sql_cursor *c, const char *what, struct span *out)
{
	if (c->token.kind != SQL_TEXT)
		return expected(c, what);
	*out = sql_undoubled(c, &c->token);
	sql_advance(c);
	return true;
}

static bool
parse_option(struct sql_cursor *c, struct sql_option *o)
{
	o->key.at = c->token.at;
	o->key.length = c->token.n;
	if (!parse_text(c, "an option's name in quotes", &o->key.text) ||
	    !sql_expect_symbol(c, "="))
		return false;
	o->at = c->token.at;
	o->length = c->token.n;
	return parse_text(c, "its value in quotes", &o->value);
}

static bool
parse_options(struct sql_cursor *c, struct sql_option **next)
{
	if (!sql_expect_symbol(c, "("))
		return false;
	do {
		*next = make(c, sizeof **next);
		if (*next == NULL || !parse_option(c, *next))
			return false;
		next = &(*next)->next;
	} while (sql_take_symbol(c, ","));
	return sql_expect_close(c);
}

/* COMMENT 'text', which says nothing to us. */
static bool
skip_comment(struct sql_cursor *c)
{
	struct span text;

	return !sql_take_word(c, "COMMENT") || parse_text(c, "a text", &text);
}

/* The types that columns of ours cannot have, with what would do. */
static bool
refuse_type(struct sql_cursor *c)
{
	static const char *const words[] = { "ARRAY", "MAP", "MULTISET", "RAW",
		"BYTES", "BINARY", "VARBINARY", "VARIANT", "INTERVAL" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (sql_is_word(c, words[i])) {
			sql_errors_add(c->errors, c->token.at, c->token.n,
			    "columns of the type %s: " FLINK_ONLY
			    "; as STRING it is the value's own text, of which"
			    " JSON_VALUE takes parts",
			    words[i]);
			return true;
		}
	return false;
}

/* Where a type ends at the latest: what separates columns is none of it. */
static size_t
type_end(const struct sql_cursor *c)
{
	struct sql_token t = c->token;
	size_t at = c->at;
	int depth = 0;

	for (;; t = sql_lex(c->text, &at)) {
		if (t.kind == SQL_END || t.kind == SQL_INVALID)
			return t.at;
		if (t.kind != SQL_SYMBOL)
			continue;
		if (depth == 0 && memchr(",>)", *t.text.p, 3) != NULL)
			return t.at;
		depth += *t.text.p == '(';
		depth -= *t.text.p == ')';
	}
}

static bool
parse_type(struct sql_cursor *c, struct type *type)
{
	struct buf why = { 0 };
	size_t at = c->token.at;
	int rc;

	if (c->token.kind != SQL_NAME)
		return expected(c, "a type");
	if (refuse_type(c))
		return false;
	rc =
	    type_read((struct span){ c->text.p, type_end(c) }, &at, type, &why);
	if (rc == -1)
		sql_errors_add(c->errors, at, 1, "%s",
		    buf_text(&why) == NULL ? "no type" : why.p);
	buf_free(&why);
	if (rc == -1)
		return false;
	c->at = at;
	sql_advance(c);
	/* type_read() has taken NOT NULL. */
	sql_take_word(c, "NULL");
	return true;
}

/* METADATA [FROM 'key'] [VIRTUAL], behind the type. */
static bool
parse_metadata(struct sql_cursor *c, struct sql_column *col)
{
	col->key = col->name;
	if (sql_take_word(c, "FROM")) {
		col->key.at = c->token.at;
		col->key.length = c->token.n;
		if (!parse_text(c, "its key", &col->key.text))
			return false;
	}
	col->is_virtual = sql_take_word(c, "VIRTUAL");
	return true;
}

/* [CONSTRAINT x] PRIMARY KEY (a) NOT ENFORCED; the name may be gone already. */
static bool
parse_primary_key(struct sql_cursor *c, struct sql_table *t)
{
	struct sql_name *names = NULL;

	t->primary_key = (struct sql_name){
		.at = c->token.at, .length = c->token.n, .text = c->token.text
	};
	sql_advance(c);
	if (!sql_expect_word(c, "KEY"))
		return false;
	if (sql_is_symbol(c, "(") && !parse_name_list(c, &names))
		return false;
	return !sql_take_word(c, "NOT") || sql_expect_word(c, "ENFORCED");
}

static bool
parse_watermark(struct sql_cursor *c, struct sql_table *t)
{
	struct sql_token here = c->token;

	sql_advance(c);
	if (!sql_expect_word(c, "FOR"))
		return false;
	if (t->watermark.text.p != NULL)
		return fail(c, &here, "a second WATERMARK",
		    "a table has one event time");
	if (!parse_path(c, "a column", false, &t->watermark) ||
	    !sql_expect_word(c, "AS"))
		return false;
	t->watermark_expr = sql_parse_expression(c);
	return true;
}

static struct sql_column *
add_column(struct sql_cursor *c, struct sql_column ***next)
{
	struct sql_column *col = make(c, sizeof *col);

	if (col != NULL) {
		**next = col;
		*next = &col->next;
	}
	return col;
}

/* The path of a key within a column. */
static struct span
nested_name(struct sql_cursor *c, struct span outer, struct span key)
{
	struct buf b = { 0 };
	struct span path;

	buf_addf(&b, "%.*s.%.*s", (int)outer.n, outer.p, (int)key.n, key.p);
	path = b.failed ? (struct span){ NULL, 0 }
	                : arena_copy(c->arena, buf_span(&b));
	buf_free(&b);
	if (path.p == NULL)
		c->errors->out_of_memory = true;
	return path.p == NULL ? key : path;
}

/*
 * ROW<a INT, b ROW<c INT>>, or in parentheses: columns of their own, which are
 * called by their paths.
 */
static bool
parse_row(
    struct sql_cursor *c, struct sql_name outer, struct sql_column ***next)
{
	bool angle, good = true;

	sql_advance(c);
	angle = sql_take_symbol(c, "<");
	if ((!angle && !sql_expect_symbol(c, "(")) || !sql_enter(c))
		return false;
	do {
		struct sql_name name = { 0 };
		struct sql_column *col;

		good = parse_name(c, "a field", &name);
		if (!good)
			break;
		name.text = nested_name(c, outer.text, name.text);
		if (sql_is_word(c, "ROW")) {
			good = parse_row(c, name, next);
			continue;
		}
		col = add_column(c, next);
		if (col == NULL)
			return false;
		col->name = name;
		col->nested = true;
		good = parse_type(c, &col->type) && skip_comment(c);
	} while (good && sql_take_symbol(c, ","));
	sql_leave(c);
	if (!good || !(angle ? sql_expect_symbol(c, ">") : sql_expect_close(c)))
		return false;
	if (sql_take_word(c, "NOT"))
		return sql_expect_word(c, "NULL");
	sql_take_word(c, "NULL");
	return true;
}

static bool
parse_column(struct sql_cursor *c, struct sql_table *t, struct sql_column *col)
{
	if (sql_take_word(c, "AS")) {
		col->kind = SQL_COMPUTED;
		col->expr = sql_parse_expression(c);
		return skip_comment(c);
	}
	if (!parse_type(c, &col->type))
		return false;
	if (sql_take_word(c, "METADATA")) {
		col->kind = SQL_METADATA;
		if (!parse_metadata(c, col))
			return false;
	}
	if (sql_is_word(c, "PRIMARY") && !parse_primary_key(c, t))
		return false;
	return skip_comment(c);
}

/* Up to the comma or the parenthesis behind what was wrong. */
static void
skip_element(struct sql_cursor *c)
{
	int depth = 0;

	while (c->token.kind != SQL_END) {
		bool closes = sql_is_symbol(c, ")") || sql_is_symbol(c, ">");

		if (depth == 0 && (closes || sql_is_symbol(c, ",")))
			break;
		depth += sql_is_symbol(c, "(") || sql_is_symbol(c, "<");
		depth -= closes;
		sql_advance(c);
	}
}

/* A column, the watermark or a constraint; errors are its own. */
static bool
parse_element(
    struct sql_cursor *c, struct sql_table *t, struct sql_column ***next)
{
	struct sql_token second = sql_peek(c);
	struct sql_column *col;
	struct sql_name name;

	if (sql_is_word(c, "WATERMARK") && sql_token_is(&second, "FOR"))
		return parse_watermark(c, t);
	if (sql_take_word(c, "CONSTRAINT") &&
	    !parse_name(c, "the constraint's name", &name))
		return false;
	if (sql_is_word(c, "PRIMARY"))
		return parse_primary_key(c, t);
	name = (struct sql_name){ 0 };
	if (!parse_name(c, "a column", &name))
		return false;
	if (sql_is_word(c, "ROW"))
		return parse_row(c, name, next) && skip_comment(c);
	col = add_column(c, next);
	if (col == NULL)
		return false;
	col->name = name;
	if (parse_column(c, t, col))
		return true;
	/* Its name is known: it is missed nowhere. */
	col->type = sql_type(SQL_POISON);
	return false;
}

static bool
parse_elements(struct sql_cursor *c, struct sql_table *t)
{
	struct sql_column **next = &t->columns;
	bool good = true;

	do {
		if (!parse_element(c, t, &next)) {
			good = false;
			skip_element(c);
		} else if (!sql_is_symbol(c, ",") && !sql_is_symbol(c, ")")) {
			good = expected(c, "',' or ')'");
			skip_element(c);
		}
	} while (sql_take_symbol(c, ","));
	/* Behind an error a parenthesis may be missing that stands there. */
	if (!good && c->token.kind == SQL_END)
		return false;
	return sql_expect_close(c) && good;
}

static bool
parse_table(struct sql_cursor *c, struct sql_table *t)
{
	bool good = true;

	if (!take_if_exists(c, "NOT", &t->if_not_exists) ||
	    !parse_path(c, "the table's name", false, &t->name))
		return false;
	if (sql_is_word(c, "AS") || sql_is_word(c, "LIKE") ||
	    sql_is_word(c, "WITH"))
		return fail(c, &c->token,
		    "CREATE TABLE without columns: " FLINK_ONLY,
		    "name the columns, (a INT, …)");
	if (!sql_expect_symbol(c, "("))
		return false;
	good = parse_elements(c, t);
	if (!skip_comment(c))
		return false;
	if (sql_is_word(c, "DISTRIBUTED"))
		return fail(
		    c, &c->token, "DISTRIBUTED: " FLINK_ONLY, "leave it out");
	if (sql_take_word(c, "PARTITIONED") &&
	    (!sql_expect_word(c, "BY") || !parse_name_list(c, &t->partitioned)))
		return false;
	if (sql_take_word(c, "WITH") && !parse_options(c, &t->options))
		return false;
	if (sql_is_word(c, "AS") || sql_is_word(c, "LIKE"))
		return fail(c, &c->token,
		    sql_is_word(c, "AS") ? "CREATE TABLE AS: " FLINK_ONLY
					 : "CREATE TABLE LIKE: " FLINK_ONLY,
		    sql_is_word(c, "AS") ? "write INSERT INTO behind it"
					 : "write out its columns");
	return good;
}

/* --- queries -------------------------------------------------------------- */

static bool
parse_item(struct sql_cursor *c, struct sql_item *item)
{
	struct sql_token next = sql_peek(c);

	item->at = c->token.at;
	if (sql_take_symbol(c, "*")) {
		item->length = 1;
		return true;
	}
	/* t.* */
	if (is_name(c) && sql_token_is_symbol(&next, ".")) {
		struct sql_cursor ahead = *c;
		struct sql_name table = { 0 };
		struct sql_errors none = { 0 };
		bool star;

		ahead.errors = &none;
		star = parse_name(&ahead, "a table", &table) &&
		       sql_take_symbol(&ahead, ".") &&
		       sql_take_symbol(&ahead, "*");
		c->errors->out_of_memory |= none.out_of_memory;
		sql_errors_free(&none);
		if (star) {
			ahead.errors = c->errors;
			*c = ahead;
			item->alias = table;
			item->length = c->end - item->at;
			return true;
		}
	}
	item->expr = sql_parse_expression(c);
	item->length = c->end - item->at;
	if (sql_take_word(c, "AS"))
		return parse_name(c, "the column's name", &item->alias);
	if (is_name(c))
		return parse_name(c, "the column's name", &item->alias);
	return true;
}

static bool
parse_items(struct sql_cursor *c, struct sql_item **next)
{
	do {
		*next = make(c, sizeof **next);
		if (*next == NULL || !parse_item(c, *next))
			return false;
		next = &(*next)->next;
	} while (sql_take_symbol(c, ","));
	return true;
}

/* The functions that make windows of a table, and their intervals in order. */
static const struct window_function {
	const char *name;
	struct {
		const char *name;
		enum sql_window_arg arg;
	} args[3];
	int least;
	const char *form;
} window_functions[] = {
	{ "TUMBLE", { { "SIZE", SQL_SIZE }, { "OFFSET", SQL_OFFSET } }, 1,
	    "TUMBLE(TABLE t, DESCRIPTOR(c), size)" },
	{ "HOP",
	    { { "SLIDE", SQL_SLIDE }, { "SIZE", SQL_SIZE },
		{ "OFFSET", SQL_OFFSET } },
	    2, "HOP(TABLE t, DESCRIPTOR(c), slide, size)" },
	{ "CUMULATE",
	    { { "STEP", SQL_SLIDE }, { "SIZE", SQL_SIZE },
		{ "OFFSET", SQL_OFFSET } },
	    2, "CUMULATE(TABLE t, DESCRIPTOR(c), step, size)" },
	{ "SESSION", { { "GAP", SQL_SIZE } }, 1,
	    "SESSION(TABLE t PARTITION BY k, DESCRIPTOR(c), gap)" },
};

static const struct window_function *
find_window_function(const struct sql_token *t)
{
	for (size_t i = 0;
	     i < sizeof window_functions / sizeof *window_functions; i++)
		if (sql_token_is(t, window_functions[i].name))
			return &window_functions[i];
	return NULL;
}

/* TABLE t [PARTITION BY a, b], or (SELECT …) */
static bool
parse_data(struct sql_cursor *c, struct sql_from *from)
{
	from->of = make(c, sizeof *from->of);
	if (from->of == NULL)
		return false;
	if (sql_take_word(c, "TABLE") && !sql_is_symbol(c, "(")) {
		from->of->kind = SQL_FROM_TABLE;
		if (!parse_path(c, "a table", false, &from->of->name))
			return false;
	} else if (sql_take_symbol(c, "(")) {
		from->of->kind = SQL_FROM_QUERY;
		if (!parse_query(c, &from->of->query) || !sql_expect_close(c))
			return false;
	} else {
		return expected(c, "TABLE and its name");
	}
	if (!sql_take_word(c, "PARTITION"))
		return true;
	from->partition_given = true;
	if (!sql_expect_word(c, "BY"))
		return false;
	return sql_is_symbol(c, "(")
	           ? parse_name_list(c, &from->partition)
	           : parse_name(c, "a column",
			 from->partition = make(c, sizeof(struct sql_name)));
}

static bool
parse_descriptor(struct sql_cursor *c, struct sql_from *from)
{
	return sql_expect_word(c, "DESCRIPTOR") && sql_expect_symbol(c, "(") &&
	       parse_path(c, "a column", false, &from->time) &&
	       sql_expect_close(c);
}

/* The argument's name where it is given so, NAME => …; else its place. */
static bool
parse_window_arg(struct sql_cursor *c, const struct window_function *f,
    struct sql_from *from, size_t place)
{
	struct sql_token next = sql_peek(c), name = c->token;
	struct sql_node **arg = NULL;
	bool named = sql_token_is_symbol(&next, "=>");

	if (named) {
		sql_advance(c);
		sql_advance(c);
	}
	if (named ? sql_token_is(&name, "DATA") : place == 0)
		return parse_data(c, from);
	if (named ? sql_token_is(&name, "TIMECOL") : place == 1)
		return parse_descriptor(c, from);
	for (size_t i = 0; i < 3 && f->args[i].name != NULL; i++)
		if (named ? sql_token_is(&name, f->args[i].name)
			  : place == i + 2)
			arg = &from->arg[f->args[i].arg];
	if (arg == NULL || *arg != NULL) {
		sql_errors_add(c->errors, name.at, name.n,
		    "an argument that %s has not; write %s", f->name, f->form);
		return false;
	}
	*arg = sql_parse_expression(c);
	return true;
}

static bool
parse_window(struct sql_cursor *c, struct sql_from *from)
{
	struct sql_token t = c->token;
	const struct window_function *f = find_window_function(&t);
	size_t place = 0;

	if (f == NULL) {
		sql_errors_add(c->errors, t.at, t.n,
		    "TUMBLE, HOP, CUMULATE or SESSION expected; other table"
		    " functions: " FLINK_ONLY);
		return false;
	}
	from->kind = SQL_FROM_WINDOW;
	from->name = (struct sql_name){
		.text = span_of(f->name), .at = t.at, .length = t.n
	};
	sql_advance(c);
	if (!sql_expect_symbol(c, "("))
		return false;
	do {
		if (!parse_window_arg(c, f, from, place++))
			return false;
	} while (sql_take_symbol(c, ","));
	if (!sql_expect_close(c))
		return false;
	if (from->of == NULL || from->time.text.p == NULL ||
	    from->arg[SQL_SIZE] == NULL ||
	    (f->least == 2 && from->arg[SQL_SLIDE] == NULL)) {
		sql_errors_add(c->errors, t.at, t.n,
		    "%s lacks arguments; write %s", f->name, f->form);
		return false;
	}
	return true;
}

/* What may follow a table in Flink, by the word that begins it. */
static bool
refuse_rest_of_from(struct sql_cursor *c)
{
	static const struct {
		const char *word, *what, *remedy;
	} words[] = {
		{ "JOIN", "joins", NULL },
		{ "INNER", "joins", NULL },
		{ "LEFT", "joins", NULL },
		{ "RIGHT", "joins", NULL },
		{ "FULL", "joins", NULL },
		{ "CROSS", "joins", NULL },
		{ "NATURAL", "joins", NULL },
		{ "MATCH_RECOGNIZE", "MATCH_RECOGNIZE", NULL },
		{ "FOR", "FOR SYSTEM_TIME", NULL },
		{ "TABLESAMPLE", "TABLESAMPLE", NULL },
	};

	if (sql_is_symbol(c, ","))
		return fail(c, &c->token, "a join of two tables: " FLINK_ONLY,
		    "read one table");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (sql_is_word(c, words[i].word)) {
			sql_errors_add(c->errors, c->token.at, c->token.n,
			    "%s: " FLINK_ONLY, words[i].what);
			return false;
		}
	return true;
}

static bool
parse_alias(struct sql_cursor *c, struct sql_name *alias)
{
	if (sql_take_word(c, "AS"))
		return parse_name(c, "a name", alias);
	return !is_name(c) || parse_name(c, "a name", alias);
}

static bool
parse_from(struct sql_cursor *c, struct sql_from *from)
{
	struct sql_token next = sql_peek(c);
	bool good;

	if (sql_take_symbol(c, "(")) {
		from->kind = SQL_FROM_QUERY;
		good = parse_query(c, &from->query) && sql_expect_close(c);
	} else if (sql_is_word(c, "TABLE") && sql_token_is_symbol(&next, "(")) {
		sql_advance(c);
		sql_advance(c);
		good = parse_window(c, from) && sql_expect_close(c);
	} else if (find_window_function(&c->token) != NULL &&
		   sql_token_is_symbol(&next, "(")) {
		good = parse_window(c, from);
	} else if (sql_is_word(c, "LATERAL") || sql_is_word(c, "UNNEST")) {
		return fail(c, &c->token, "LATERAL and UNNEST: " FLINK_ONLY,
		    "read one table");
	} else {
		from->kind = SQL_FROM_TABLE;
		good = parse_path(c, "a table", false, &from->name);
	}
	return good && parse_alias(c, &from->alias) && refuse_rest_of_from(c);
}

static bool
parse_group(struct sql_cursor *c, struct sql_query *q)
{
	struct sql_sorted **next = &q->group;

	q->group_at = c->token.at;
	sql_advance(c);
	if (!sql_expect_word(c, "BY"))
		return false;
	do {
		if (sql_is_word(c, "GROUPING") || sql_is_word(c, "ROLLUP") ||
		    sql_is_word(c, "CUBE"))
			return fail(c, &c->token,
			    "GROUPING SETS, ROLLUP and CUBE: " FLINK_ONLY,
			    "write an INSERT for each");
		*next = make(c, sizeof **next);
		if (*next == NULL)
			return false;
		(*next)->node = sql_parse_expression(c);
		next = &(*next)->next;
	} while (sql_take_symbol(c, ","));
	return true;
}

/* WITH a AS (SELECT …), b (x, y) AS (…) */
static bool
parse_with(struct sql_cursor *c, struct sql_view **next)
{
	do {
		*next = make(c, sizeof **next);
		if (*next == NULL || !parse_name(c, "a name", &(*next)->name))
			return false;
		if (sql_is_symbol(c, "(") &&
		    !parse_name_list(c, &(*next)->columns))
			return false;
		if (!sql_expect_word(c, "AS") || !sql_expect_symbol(c, "(") ||
		    !parse_query(c, &(*next)->query) || !sql_expect_close(c))
			return false;
		next = &(*next)->next;
	} while (sql_take_symbol(c, ","));
	return true;
}

static bool
parse_select(struct sql_cursor *c, struct sql_query *q)
{
	q->at = c->token.at;
	if (sql_is_word(c, "VALUES"))
		return fail(c, &c->token, "VALUES: " FLINK_ONLY,
		    "put the rows into a file and read it with 'filesystem'");
	if (!sql_expect_word(c, "SELECT"))
		return false;
	if (sql_is_word(c, "DISTINCT"))
		q->distinct_at = c->token.at;
	if (!sql_take_word(c, "DISTINCT"))
		sql_take_word(c, "ALL");
	if (!parse_items(c, &q->items))
		return false;
	if (sql_take_word(c, "FROM") && !parse_from(c, &q->from))
		return false;
	if (sql_take_word(c, "WHERE"))
		q->where = sql_parse_expression(c);
	if (sql_is_word(c, "GROUP") && !parse_group(c, q))
		return false;
	if (sql_take_word(c, "HAVING"))
		q->having = sql_parse_expression(c);
	return true;
}

static bool
parse_query(struct sql_cursor *c, struct sql_query **out)
{
	static const char *const rest[] = { "EXCEPT", "FETCH", "INTERSECT",
		"LIMIT", "MINUS", "OFFSET", "ORDER", "QUALIFY", "UNION",
		"WINDOW" };
	struct sql_view *with = NULL;
	bool good;

	*out = make(c, sizeof **out);
	if (*out == NULL || !sql_enter(c))
		return false;
	if (sql_take_symbol(c, "(")) {
		good = parse_query(c, out) && sql_expect_close(c);
	} else {
		good = !sql_take_word(c, "WITH") || parse_with(c, &with);
		good = good && parse_select(c, *out);
		(*out)->with = with;
	}
	sql_leave(c);
	if (!good)
		return false;
	for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
		if (sql_is_word(c, rest[i])) {
			sql_errors_add(c->errors, c->token.at, c->token.n,
			    "%s%s: " FLINK_ONLY, rest[i],
			    strcmp(rest[i], "ORDER") == 0 ? " BY" : "");
			return false;
		}
	return true;
}

/* --- statements ----------------------------------------------------------- */

static bool
parse_create(struct sql_cursor *c, struct sql_statement *s)
{
	sql_take_word(c, "TEMPORARY");
	s->kind = SQL_CREATE_TABLE;
	if (sql_take_word(c, "TABLE"))
		return parse_table(c, &s->table);
	if (!sql_take_word(c, "VIEW")) {
		s->kind = SQL_BROKEN;
		return sql_is_word(c, "OR")
		           ? fail(c, &c->token,
				 "CREATE OR REPLACE: " FLINK_ONLY,
				 "DROP it first")
		           : fail(c, &c->token,
				 "TABLE or VIEW expected; of what else is"
				 " created, " FLINK_ONLY,
				 "leave it out");
	}
	s->kind = SQL_CREATE_VIEW;
	if (!take_if_exists(c, "NOT", &s->view.if_not_exists) ||
	    !parse_path(c, "the view's name", false, &s->view.name))
		return false;
	if (sql_is_symbol(c, "(") && !parse_name_list(c, &s->view.columns))
		return false;
	return skip_comment(c) && sql_expect_word(c, "AS") &&
	       parse_query(c, &s->view.query);
}

static bool
parse_drop(struct sql_cursor *c, struct sql_statement *s)
{
	s->kind = SQL_DROP;
	sql_take_word(c, "TEMPORARY");
	s->is_view = sql_take_word(c, "VIEW");
	if (!s->is_view && !sql_take_word(c, "TABLE"))
		return expected(c, "TABLE or VIEW");
	return take_if_exists(c, "IF", &s->if_exists) &&
	       parse_path(c, "its name", false, &s->name);
}

static bool
parse_insert(struct sql_cursor *c, struct sql_statement *s)
{
	s->kind = SQL_INSERT;
	if (sql_is_word(c, "OVERWRITE"))
		return fail(c, &c->token, "INSERT OVERWRITE: " FLINK_ONLY,
		    "write INSERT INTO, which appends");
	if (!sql_expect_word(c, "INTO") ||
	    !parse_path(c, "a table", false, &s->name))
		return false;
	if (sql_is_word(c, "PARTITION"))
		return fail(c, &c->token, "PARTITION: " FLINK_ONLY,
		    "select all columns");
	if (sql_is_symbol(c, "(")) {
		struct sql_token next = sql_peek(c);

		if (!sql_token_is(&next, "SELECT") &&
		    !sql_token_is(&next, "WITH") &&
		    !parse_name_list(c, &s->columns))
			return false;
	}
	return parse_query(c, &s->query);
}

static bool
parse_set(struct sql_cursor *c, struct sql_statement *s)
{
	s->kind = SQL_SET;
	return c->token.kind == SQL_END || parse_option(c, &s->option);
}

/* A statement set's BEGIN, behind which its first INSERT may stand. */
static bool
parse_begin(struct sql_cursor *c, struct sql_statement *s)
{
	s->kind = SQL_BEGIN;
	return true;
}

static bool
parse_query_alone(struct sql_cursor *c, struct sql_statement *s)
{
	s->kind = SQL_SELECT;
	return parse_query(c, &s->query);
}

static bool
parse_statement(struct sql_cursor *c, struct sql_statement *s)
{
	if (take_words(c, "EXECUTE", "STATEMENT"))
		return sql_expect_word(c, "SET") &&
		       sql_expect_word(c, "BEGIN") && parse_begin(c, s);
	if (take_words(c, "BEGIN", "STATEMENT"))
		return sql_expect_word(c, "SET") && parse_begin(c, s);
	sql_take_word(c, "EXECUTE");
	if (sql_take_word(c, "CREATE"))
		return parse_create(c, s);
	if (sql_take_word(c, "DROP"))
		return parse_drop(c, s);
	if (sql_take_word(c, "INSERT"))
		return parse_insert(c, s);
	if (sql_take_word(c, "SET"))
		return parse_set(c, s);
	if (sql_take_word(c, "END")) {
		s->kind = SQL_END_SET;
		return true;
	}
	if (sql_is_word(c, "SELECT") || sql_is_word(c, "WITH") ||
	    sql_is_symbol(c, "(") || sql_is_word(c, "VALUES"))
		return parse_query_alone(c, s);
	if (sql_is_word(c, "EXPLAIN"))
		return fail(c, &c->token, "EXPLAIN: " FLINK_ONLY,
		    "`windowpipe plan` shows what a job becomes");
	if (c->token.kind == SQL_NAME)
		return fail(c, &c->token,
		    "CREATE, INSERT, SELECT, SET, DROP or a statement set"
		    " expected; of other statements, " FLINK_ONLY,
		    "leave it out");
	return expected(c, "a statement");
}

/*
 * Where the statement at *at ends: its ';', or the end of the text.  Hints are
 * comments to the lexer, and would change what Flink does.
 */
static size_t
statement_end(struct span text, size_t at, struct sql_errors *errors)
{
	size_t before = at;

	for (;;) {
		struct sql_token t = sql_lex(text, &at);
		const char *hint =
		    memmem(text.p + before, t.at - before, "/*+", 3);

		if (hint != NULL)
			sql_errors_add(errors, (size_t)(hint - text.p), 3,
			    "hints: " FLINK_ONLY "; put options into WITH");
		if (t.kind == SQL_END || sql_token_is_symbol(&t, ";"))
			return t.at;
		before = at;
	}
}

struct sql_statement *
sql_parse_statements(
    struct span text, struct arena *arena, struct sql_errors *errors)
{
	struct sql_statement *first = NULL, **next = &first;
	size_t at = 0;

	while (at < text.n && !errors->out_of_memory) {
		size_t end = statement_end(text, at, errors);
		struct sql_cursor c = { .text = { text.p, end },
			.what = "the statement",
			.at = at,
			.arena = arena,
			.errors = errors };
		struct sql_statement *s;

		sql_advance(&c);
		/* What stands behind BEGIN is a statement of its own. */
		while (c.token.kind != SQL_END) {
			size_t told = errors->n;

			s = make(&c, sizeof *s);
			if (s == NULL)
				break;
			s->kind = SQL_BROKEN;
			s->at = c.token.at;
			s->broken = !parse_statement(&c, s);
			s->length = c.end - s->at;
			*next = s;
			next = &s->next;
			if (!s->broken && s->kind != SQL_BEGIN &&
			    c.token.kind != SQL_END)
				s->broken = !expected(&c, "';'");
			s->broken |= errors->n > told;
			if (s->broken)
				break;
		}
		at = end + 1;
	}
	return errors->out_of_memory ? NULL : first;
}
