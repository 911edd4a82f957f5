/* sql_statement - statements become trees, and errors have their places.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sql/statement.h"

/* What is wrong with a text: "OFFSET MESSAGE" of each error, a line each. */
static const struct {
	const char *text;
	const char *errors;
} wrong[] = {
	{ "", "" },
	{ " -- a comment; only\n /* ; */ ", "" },
	{ ";;", "" },
	{ "SELECT a FROM t", "" },
	{ "CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED, b AS a + 1,"
	  " WATERMARK FOR b AS b) COMMENT 'c' PARTITIONED BY (a) WITH ('x' ="
	  " 'y')",
	    "" },
	{ "CREATE TEMPORARY VIEW v (x, y) AS SELECT * FROM a.b.t AS u", "" },
	{ "SELECT t.*, a b, COUNT(DISTINCT c) FILTER (WHERE d > 1) AS n,"
	  " ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC) FROM (SELECT 1"
	  " FROM t)",
	    "" },
	{ "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1 FROM u; END;",
	    "" },
	{ "SELECT a FROM TABLE(TUMBLE(DATA => TABLE t PARTITION BY (k, l),"
	  " TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' DAY)) GROUP BY a",
	    "" },
	{ "CREATE", "6 TABLE or VIEW expected; of what else is created, Flink"
		    " runs this, windowpipe does not; leave it out\n" },
	{ "CREATE TABLE t (a INT",
	    "21 ',' or ')' expected, but the statement ends"
	    " here\n" },
	{ "CREATE TABLE t (a ARRAY<INT>, b MAP<INT, INT>, c INT x, d "
	  "DECIMAL(99))",
	    "18 columns of the type ARRAY: Flink runs this, windowpipe does"
	    " not; as STRING it is the value's own text, of which JSON_VALUE"
	    " takes parts\n"
	    "32 columns of the type MAP: Flink runs this, windowpipe does not;"
	    " as STRING it is the value's own text, of which JSON_VALUE takes"
	    " parts\n"
	    "53 ',' or ')' expected, not 'x'\n"
	    "66 the precision must be" },
	{ "SELECT a FROM",
	    "13 a table expected, but the statement ends here\n" },
	{ "SELECT a FROM t, u", "15 a join of two tables: Flink runs this,"
				" windowpipe does not; read one table\n" },
	{ "SELECT a FROM t UNION SELECT 1 FROM u; SELECT 1 + FROM t",
	    "16 UNION: Flink runs this, windowpipe does not\n"
	    "50 a value expected, not 'FROM'\n" },
	{ "SELECT a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts)))",
	    "20 TUMBLE lacks arguments; write TUMBLE(TABLE t, DESCRIPTOR(c),"
	    " size)\n" },
	{ "SELECT a FROM t b c", "18 ';' expected, not 'c'\n" },
	{ "SELECT 'a FROM t; SELECT b", "7 the text is not closed: a ' is"
					" missing\n" },
	{ "SELECT a /*+ X */ FROM t", "9 hints: Flink runs this, windowpipe"
				      " does not; put options into WITH\n" },
	{ "SHOW TABLES", "0 CREATE, INSERT, SELECT, SET, DROP or a statement"
			 " set expected; of other statements, Flink runs this,"
			 " windowpipe does not; leave it out\n" },
};

static void
errors_have_their_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct sql_errors errors = { 0 };
		struct arena arena = { 0 };
		struct buf b = { 0 };
		bool broken = false;

		for (struct sql_statement *s = sql_parse_statements(
			 span_of(wrong[i].text), &arena, &errors);
		     s != NULL; s = s->next)
			broken |= s->broken;
		for (size_t k = 0; k < errors.n; k++)
			buf_addf(&b, "%zu %s\n", errors.error[k].at,
			    errors.error[k].message);
		if (strncmp(buf_text(&b), wrong[i].errors,
			strlen(wrong[i].errors)) != 0 ||
		    (*wrong[i].errors == '\0') != (errors.n == 0))
			fail_msg("%s: %s", wrong[i].text, b.p);
		assert_true(!broken || errors.n > 0);
		buf_free(&b);
		arena_free(&arena);
		sql_errors_free(&errors);
	}
}

/* Each statement's kind, and what one of its parts is. */
static void
parts_are_found(void **state)
{
	static const char text[] =
	    "SET 'a' = 'b''c'; CREATE TABLE `x y`.t (a INT NOT NULL, p AS"
	    " PROCTIME(), m STRING METADATA FROM 'k' VIRTUAL);"
	    "INSERT INTO t (a) SELECT u.a + (1) FROM u AS v WHERE a > 1;"
	    "BEGIN STATEMENT SET; END; DROP VIEW IF EXISTS w";
	static const enum sql_statement_kind kinds[] = { SQL_SET,
		SQL_CREATE_TABLE, SQL_INSERT, SQL_BEGIN, SQL_END_SET,
		SQL_DROP };
	struct sql_errors errors = { 0 };
	struct arena arena = { 0 };
	struct sql_statement *s,
	    *first = sql_parse_statements(span_of(text), &arena, &errors);
	const struct sql_column *c;
	const struct sql_node *n;
	size_t i = 0;

	(void)state;
	assert_int_equal(errors.n, 0);
	for (s = first; s != NULL; s = s->next)
		assert_int_equal(s->kind, kinds[i++]);
	assert_int_equal(i, 6);
	assert_true(span_is(first->option.value, "b'c"));
	s = first->next;
	assert_true(span_is(s->table.name.text, "x y.t"));
	c = s->table.columns;
	assert_true(c->kind == SQL_PHYSICAL && c->type.not_null);
	assert_true(c->next->kind == SQL_COMPUTED);
	assert_true(c->next->next->kind == SQL_METADATA);
	s = s->next;
	assert_true(span_is(s->columns->text, "a"));
	assert_true(span_is(s->query->from.alias.text, "v"));
	n = s->query->items->expr;
	assert_true(
	    strncmp(text + n->begin, "u.a + (1)", n->end - n->begin) == 0);
	assert_true(strncmp(text + n->arg[1]->begin, "(1)",
			n->arg[1]->end - n->arg[1]->begin) == 0);
	assert_true(first->next->next->next->next->next->if_exists);
	arena_free(&arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_have_their_places),
		cmocka_unit_test(parts_are_found),
	};

	return cmocka_run_group_tests_name("sql_statement", tests, NULL, NULL);
}
