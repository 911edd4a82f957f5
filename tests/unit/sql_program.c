/* sql_program - expressions give values, and errors their places.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sql/cast.h"
#include "sql/lanes.h"
#include "sql/program.h"
#include "tests/unit/random.h"

/* The columns of all expressions here. */
static const struct {
	const char *name;
	struct type type;
	struct value value;
} columns[] = {
	{ "i", { TYPE_INT, 0, 0, false }, { VALUE_INT, 0, { .i = 7 } } },
	{ "zero", { TYPE_INT, 0, 0, false }, { VALUE_INT, 0, { .i = 0 } } },
	{ "d", { TYPE_DECIMAL, 6, 2, false },
	    { VALUE_DECIMAL, 2, { .units = 1250 } } },
	{ "g", { TYPE_DOUBLE, 0, 0, false },
	    { VALUE_DOUBLE, 0, { .d = 0.5 } } },
	{ "s", { TYPE_STRING, 0, 0, false },
	    { VALUE_TEXT, 0, { .text = { "h\xc3\xa9llo", 6 } } } },
	{ "none", { TYPE_INT, 0, 0, false }, { VALUE_NULL, 0, { 0 } } },
	{ "t", { TYPE_TIMESTAMP, 3, 0, false },
	    { VALUE_INT, 0, { .i = 1767225600123 } } }, /* 2026-01-01 */
	{ "number", { TYPE_ANY, 0, 0, false },
	    { VALUE_DECIMAL, 1, { .units = 15 } } },
	{ "text", { TYPE_ANY, 0, 0, false },
	    { VALUE_TEXT, 0, { .text = { "abc", 3 } } } },
	{ "device.id", { TYPE_INT, 0, 0, false },
	    { VALUE_INT, 0, { .i = 1 } } },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static int
find(void *ctx, struct span name, struct type *type)
{
	(void)ctx;
	for (int i = 0; i < COLUMNS; i++)
		if (span_is(name, columns[i].name)) {
			*type = columns[i].type;
			return i;
		}
	return -1;
}

static const char *
name_of(void *ctx, size_t i)
{
	(void)ctx;
	return i < COLUMNS ? columns[i].name : NULL;
}

static const struct sql_scope scope = { NULL, find, name_of, NULL };
static const struct sql_env env = { 0 };

static struct sql_program *
compile(const char *text, struct sql_errors *errors)
{
	struct arena arena = { 0 };
	struct sql_node *n = sql_parse_all(span_of(text), &arena, errors);
	struct sql_program *p =
	    n == NULL ? NULL : sql_compile(n, &scope, &env, errors);

	arena_free(&arena);
	return p;
}

struct answer {
	const char *text;
	const char *type;
	const char *value; /* as CAST(… AS STRING); "!…": a failure; NULL */
	uint64_t mixed;
};

static void
check(const struct answer *a)
{
	struct sql_errors errors = { 0 };
	struct sql_program *p = compile(a->text, &errors);
	struct value row[COLUMNS];
	struct arena scratch = { 0 };
	struct buf b = { 0 };
	const struct value *v;
	char name[SQL_TYPE_NAME_MAX];

	if (p == NULL)
		fail_msg("%s: %s", a->text, errors.error[0].message);
	for (size_t i = 0; i < COLUMNS; i++)
		row[i] = columns[i].value;
	v = sql_run(p, row, &scratch);
	if (v == NULL)
		buf_addf(&b, "!%s", p->run.what);
	else if (v->kind == VALUE_NULL)
		buf_add_text(&b, "null");
	else
		sql_cast_write(&b, v, p->type, NULL);
	if (strcmp(buf_text(&b), a->value) != 0)
		fail_msg("%s is %s, not %s", a->text, b.p, a->value);
	assert_string_equal(sql_type_name(name, p->type), a->type);
	assert_int_equal(p->run.mixed, a->mixed);
	buf_free(&b);
	arena_free(&scratch);
	sql_program_free(p);
	sql_errors_free(&errors);
}

static const struct answer answers[] = {
	{ "1 + 2 * 3", "INT", "7", 0 },
	{ "(1 + 2) * 3", "INT", "9", 0 },
	{ "i + 2147483647", "INT", "-2147483642", 0 },
	{ "-i", "INT", "-7", 0 },
	{ "i / 2", "INT", "3", 0 },
	{ "i / zero", "INT", "!division by zero", 0 },
	{ "d * 2", "DECIMAL(17,2)", "25.00", 0 },
	{ "d / 3", "DECIMAL(17,13)", "4.1666666666667", 0 },
	{ "g / zero", "DOUBLE", "Infinity", 0 },
	{ "none = 1 OR TRUE", "BOOLEAN", "TRUE", 0 },
	{ "none = 1 AND TRUE", "BOOLEAN", "null", 0 },
	{ "zero <> 0 AND i / zero > 1", "BOOLEAN", "FALSE", 0 },
	{ "NOT i = 7", "BOOLEAN", "FALSE", 0 },
	{ "i = 7 IS TRUE", "BOOLEAN", "TRUE", 0 },
	{ "d BETWEEN 12 AND 13", "BOOLEAN", "TRUE", 0 },
	{ "d BETWEEN 13 AND d / zero", "BOOLEAN", "FALSE", 0 },
	{ "'x' LIKE ''", "BOOLEAN", "TRUE", 0 },
	{ "'a\nb' LIKE 'a_b'", "BOOLEAN", "FALSE", 0 },
	{ "'a\nb' LIKE 'a%b'", "BOOLEAN", "TRUE", 0 },
	{ "TRY_CAST('x' AS DECIMAL(9,2))", "DECIMAL(9,2)", "0.00", 0 },
	{ "TRY_CAST('1f' AS DECIMAL(9,2))", "DECIMAL(9,2)", "1.00", 0 },
	{ "CAST(g / zero AS DECIMAL(9,2))", "DECIMAL(9,2)",
	    "!NaN and Infinity are no DECIMAL", 0 },
	{ "TRY_CAST('-.' AS DECIMAL(9,2))", "DECIMAL(9,2)", "0.00", 0 },
	{ "TRY_CAST('1.5e-1' AS DECIMAL(9,2))", "DECIMAL(9,2)", "0.15", 0 },
	{ "TRY_CAST('5e3' AS DECIMAL(9,2))", "DECIMAL(9,2)", "5000.00", 0 },
	{ "TRY_CAST('5e-99' AS DECIMAL(9,2))", "DECIMAL(9,2)", "0.00", 0 },
	{ "TRY_CAST('5e99' AS DECIMAL(9,2))", "DECIMAL(9,2)", "null", 0 },
	{ "TRY_CAST('1ab' AS DECIMAL(9,2))", "DECIMAL(9,2)", "null", 0 },
	{ "TRY_CAST('007' AS DECIMAL(2,0))", "DECIMAL(2,0)", "null", 0 },
	{ "TRY_CAST('1f' AS DECIMAL(19,2))", "DECIMAL(19,2)", "null", 0 },
	{ "CAST(i AS VARCHAR)", "STRING", "7", 0 },
	{ "CAST(d AS BOOLEAN)", "BOOLEAN", "TRUE", 0 },
	{ "t > 'noon'", "BOOLEAN", "null", 0 },
	{ "CAST(TIMESTAMP '1969-12-31 12:00:00' AS DATE)", "DATE", "1970-01-01",
	    0 },
	{ "CAST(TIMESTAMP '1969-12-31 00:00:00' AS DATE)", "DATE", "1969-12-31",
	    0 },
	{ "i NOT IN (1, NULL)", "BOOLEAN", "null", 0 },
	{ "none IS DISTINCT FROM NULL", "BOOLEAN", "FALSE", 0 },
	{ "CASE WHEN zero <> 0 THEN i / zero ELSE d END", "DECIMAL(12,2)",
	    "12.50", 0 },
	{ "CASE i WHEN 1 THEN 'one' WHEN 7 THEN 'seven' END", "STRING", "seven",
	    0 },
	{ "COALESCE(none, i / 1)", "INT", "7", 0 },
	{ "NULLIF(i, 7)", "INT", "null", 0 },
	{ "s LIKE 'h_l%'", "BOOLEAN", "TRUE", 0 },
	{ "UPPER(s) || '!'", "STRING", "H\xc3\x89LLO!", 0 },
	{ "SUBSTRING(s, 2, 2)", "STRING", "\xc3\xa9l", 0 },
	{ "CAST(d AS INT)", "INT", "12", 0 },
	{ "TRY_CAST(s AS INT)", "INT", "null", 0 },
	{ "CAST(s AS INT)", "INT", "!no integer of its type", 0 },
	{ "t + INTERVAL '1' DAY", "TIMESTAMP(3)", "2026-01-02 00:00:00.123",
	    0 },
	{ "EXTRACT(YEAR FROM t)", "BIGINT", "2026", 0 },
	{ "t > '2025-12-31 00:00:00'", "BOOLEAN", "TRUE", 0 },
	{ "device.id + 1", "INT", "2", 0 },
	{ "`device`.`id`", "INT", "1", 0 },
	{ "-- nothing\ni /* but */ + 1", "INT", "8", 0 },
	/* Undeclared values are what the row says. */
	{ "number * 3", "undeclared", "4.5", 0 },
	{ "number > 1", "BOOLEAN", "TRUE", 0 },
	{ "number = 1.50", "BOOLEAN", "TRUE", 0 },
	{ "text > 1", "BOOLEAN", "null", 1 },
	{ "text + 1", "undeclared", "null", 1 },
	{ "UPPER(text)", "STRING", "ABC", 0 },
	{ "UPPER(number)", "STRING", "null", 1 },
};

static void
an_expression_has_a_type_and_a_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		check(&answers[i]);
}

struct wrong {
	const char *text;
	size_t n; /* errors */
	size_t at[3];
	const char *says; /* part of the first */
};

static const struct wrong wrongs[] = {
	{ "'open", 1, { 0 }, "not closed" },
	{ "i +", 1, { 3 }, "a value expected, but the text ends here" },
	{ "(i", 1, { 2 }, "')' expected" },
	{ "i i", 1, { 2 }, "an operator or the end expected, not 'i'" },
	{ "nmber > 1", 1, { 0 }, "did you mean 'number'?" },
	{ "UPER(s)", 1, { 0 }, "did you mean UPPER?" },
	{ "UPPER(i)", 1, { 6 }, "takes a text here, not INT" },
	{ "UPPER(s, s)", 1, { 0 }, "write UPPER(text)" },
	{ "s > 1", 1, { 2 }, "STRING is not comparable with INT" },
	{ "i AND TRUE", 1, { 0 }, "takes a truth" },
	{ "1 / 0", 1, { 2 }, "division by zero, in a constant" },
	{ "CAST('x' AS INT)", 1, { 0 }, "no integer of its type" },
	{ "CAST(i AS DAT)", 1, { 10 }, "did you mean DATE?" },
	{ "123456789012345678901234567890123456789", 1, { 0 },
	    "at most 38 digits" },
	{ "REGEXP(s, '(')", 1, { 10 }, "cannot be read" },
	{ "REGEXP(s, s)", 1, { 10 }, "a constant" },
	{ "s + i", 1, { 0 }, "+ takes numbers" },
	{ "t - t", 1, { 2 }, "TIMESTAMPDIFF" },
	{ "UPER(s) = ", 2, { 10, 0 }, "the text ends here" },
	{ "aa + bb > UPER(s)", 3, { 0, 5, 10 }, "there is no column 'aa'" },
	{ "(1 + ) * 2 AND (3 + )", 2, { 5, 20 }, "a value expected" },
};

static void
all_errors_are_told_with_their_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
		const struct wrong *w = &wrongs[i];
		struct sql_errors errors = { 0 };

		assert_null(compile(w->text, &errors));
		if (errors.n != w->n)
			fail_msg("%s: %zu errors, the first %s", w->text,
			    errors.n, errors.error[0].message);
		for (size_t k = 0; k < w->n; k++)
			assert_int_equal(errors.error[k].at, w->at[k]);
		if (strstr(errors.error[0].message, w->says) == NULL)
			fail_msg("%s: %s", w->text, errors.error[0].message);
		sql_errors_free(&errors);
	}
}

/* Parentheses, minuses, BETWEENs and CASEs, 10,000 deep. */
static void
depth_is_bounded(void **state)
{
	static const char *const parts[][3] = { { "(", "i", ")" },
		{ "- ", "i", "" }, { "NOT ", "TRUE", "" }, { "ABS(", "i", ")" },
		{ "CASE ", "i", " WHEN 1 THEN 2 WHEN 2 THEN 3 END" },
		{ "", "i", " BETWEEN 1 AND 2" }, { "", "i", "+ 1" } };

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct buf b = { 0 };
		struct sql_errors errors = { 0 };

		for (int k = 0; k < 10000; k++)
			buf_add_text(&b, parts[i][0]);
		buf_add_text(&b, parts[i][1]);
		for (int k = 0; k < 10000; k++)
			buf_add_text(&b, parts[i][2]);
		assert_null(compile(buf_text(&b), &errors));
		assert_non_null(strstr(errors.error[0].message, "400"));
		sql_errors_free(&errors);
		buf_free(&b);
	}
}

/* What is compared often is evaluated once: 30 deep, not 2^30 times. */
static void
a_subject_is_evaluated_once(void **state)
{
	struct buf b = { 0 };
	struct sql_errors errors = { 0 };
	struct sql_program *p;

	(void)state;
	for (int k = 0; k < 100; k++)
		buf_add_text(&b, "CASE ");
	buf_add_text(&b, "i");
	for (int k = 0; k < 100; k++)
		buf_add_text(&b, " WHEN 1 THEN 2 WHEN 2 THEN 3 END");
	p = compile(buf_text(&b), &errors);
	assert_non_null(p);
	assert_true(p->nops < 2000);
	sql_program_free(p);
	buf_free(&b);
}

/* A long chain is not a deep one. */
static void
thousands_of_conditions_are_one(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_add_text(&b, "i = 7");
	for (int k = 0; k < 5000; k++)
		buf_add_text(&b, k % 2 ? " AND i = 7" : " AND s LIKE 'h%'");
	check(&(struct answer){ buf_text(&b), "BOOLEAN", "TRUE", 0 });
	buf_free(&b);
}

/* A value of a column, null now and then, mostly not 0, and often extreme. */
static struct value
random_value(size_t column)
{
	static const int64_t extremes[] = { -1, 1, 5, INT32_MIN, INT32_MAX };
	struct value v = columns[column].value;
	int64_t i = random_from(0, 2) == 0 ? extremes[random_from(0, 4)]
	                                   : random_from(-1000000, 1000000);

	if (random_from(0, 9) == 0)
		v.kind = VALUE_NULL;
	else if (v.kind == VALUE_DECIMAL)
		v.units = i % 1000000;
	else if (v.kind == VALUE_INT)
		v.i = i;
	return v;
}

static void
assert_same(const struct value *a, const struct value *b, const char *text)
{
	if (a->kind == b->kind &&
	    (a->kind == VALUE_NULL || (a->kind == VALUE_INT && a->i == b->i) ||
		(a->kind == VALUE_DECIMAL && a->scale == b->scale &&
		    a->units == b->units)))
		return;
	fail_msg(
	    "%s: %lld is not %lld", text, (long long)a->i, (long long)b->i);
}

/* Many rows at once and one by one; returns how often many rows were taken. */
static int
compare_lanes(const char *text)
{
	struct sql_errors errors = { 0 };
	struct sql_program *p = compile(text, &errors);
	struct arena scratch = { 0 };
	struct value rows[SQL_LANE_ROWS][COLUMNS + 1];
	int taken = 0;

	assert_non_null(p);
	for (int turn = 0; turn < 50; turn++) {
		int n = (int)random_from(1, SQL_LANE_ROWS);

		for (int i = 0; i < n; i++)
			for (size_t k = 0; k < COLUMNS; k++)
				rows[i][k] = random_value(k);
		if (!sql_lanes_run(p, rows[0], COLUMNS + 1, n, COLUMNS))
			continue;
		taken++;
		for (int i = 0; i < n; i++) {
			const struct value *v = sql_run(p, rows[i], &scratch);

			assert_non_null(v);
			assert_same(&rows[i][COLUMNS], v, text);
		}
	}
	arena_free(&scratch);
	sql_program_free(p);
	return taken;
}

static void
many_rows_at_once_are_as_one_by_one(void **state)
{
	static const char *const quick[] = { "d * 1.8 + 32", "d + d", "d - i",
		"(d - 0.5) * d", "32 - d * 2", "0.001 * i", "i + 1 - zero * i",
		"2147483647 + i", "d / 3", "d / 0.03", "d / -1.5 + 1" };
	static const char *const slow[] = { "i / 2", "MOD(i, 3)", "d % 3",
		"g * 2", "number * 3", "d * d * d", "UPPER(s)", "d",
		"t + INTERVAL '1' DAY" };
	static const char *const divide[] = { "d / d", "d / i", "1.5 / d" };

	(void)state;
	for (size_t i = 0; i < sizeof quick / sizeof *quick; i++)
		if (compare_lanes(quick[i]) != 50)
			fail_msg("%s goes row by row", quick[i]);
	for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
		if (compare_lanes(slow[i]) != 0)
			fail_msg("%s is of 64 bits", slow[i]);
	/* But where one is null, or 0. */
	for (size_t i = 0; i < sizeof divide / sizeof *divide; i++)
		assert_in_range(compare_lanes(divide[i]), 1, 49);
}

static void
a_caret_stands_below_the_place(void **state)
{
	struct buf b = { 0 };

	(void)state;
	sql_add_caret(&b, span_of("a\n\xc3\xa9 + b\nc"), 7);
	assert_string_equal(buf_text(&b), "  \xc3\xa9 + b\n      ^\n");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_has_a_type_and_a_value),
		cmocka_unit_test(all_errors_are_told_with_their_places),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(a_subject_is_evaluated_once),
		cmocka_unit_test(thousands_of_conditions_are_one),
		cmocka_unit_test(many_rows_at_once_are_as_one_by_one),
		cmocka_unit_test(a_caret_stands_below_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
