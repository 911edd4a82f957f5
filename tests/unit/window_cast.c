/* window_cast - which casts SQL makes without being asked, and their values.
 * SPDX-License-Identifier: ISC */
#include "sql/type.h"
#include "window/cast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/columns.h"

/* --- types as they are written ------------------------------------------- */

static struct type
type_of(const char *text)
{
	struct columns columns = { 0 };
	struct buf notation = { 0 };
	struct type type = { 0 };
	char *message = NULL;

	if (*text == '\0')
		return type;
	buf_addf(&notation, "x %s", text);
	assert_int_equal(
	    columns_parse(buf_span(&notation), &columns, &message), 0);
	type = columns.col[0].type;
	columns_free(&columns);
	buf_free(&notation);
	return type;
}

/* --- allowed ------------------------------------------------------------- */

static const char *const all[] = { "", "BOOLEAN", "TINYINT", "SMALLINT", "INT",
	"BIGINT", "FLOAT", "DOUBLE", "DECIMAL(6,2)", "CHAR(3)", "VARCHAR(3)",
	"STRING", "DATE", "TIME", "TIMESTAMP(3)", "TIMESTAMP_LTZ(3)" };

/* "+" where the row's type is cast to the column's, in the order of all. */
static const char *const allowed[] = {
	"++++++++++++++++", /* undeclared */
	"++..............", /* BOOLEAN */
	"+.+++++++.......", /* TINYINT */
	"+..++++++.......", /* SMALLINT */
	"+...+++++.......", /* INT */
	"+....++++.......", /* BIGINT */
	"+.....+++.......", /* FLOAT */
	"+......++.......", /* DOUBLE */
	"+.....+++.......", /* DECIMAL */
	"+........+++....", /* CHAR */
	"+........+++....", /* VARCHAR */
	"+........+++....", /* STRING */
	"+...........+...", /* DATE */
	"+............+..", /* TIME */
	"+.............++", /* TIMESTAMP */
	"+.............++", /* TIMESTAMP_LTZ */
};

static void
casts_are_those_of_insert_into(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			if (sql_type_assignable(type_of(all[i]),
				type_of(all[k])) != (allowed[i][k] == '+'))
				fail_msg("%s to %s", all[i], all[k]);
}

/* --- values -------------------------------------------------------------- */

static struct value
integer(int64_t i)
{
	return (struct value){ .kind = VALUE_INT, .i = i };
}

static struct value
decimal(int64_t units, int scale)
{
	struct value v = { .kind = VALUE_DECIMAL, .scale = scale };

	v.units = units;
	return v;
}

static struct value
real(double d)
{
	return (struct value){ .kind = VALUE_DOUBLE, .d = d };
}

static struct value
text(const char *s)
{
	return (struct value){ .kind = VALUE_TEXT, .text = span_of(s) };
}

static void
check_in(const struct zone *zone, struct value v, const char *from,
    const char *to, const char *want)
{
	struct type target = type_of(to);
	struct buf scratch = { 0 }, out = { 0 };
	size_t cap;

	assert_non_null(buf_room(&scratch, cast_room(&v, target) + 1));
	cap = scratch.cap;
	cast_value(&v, type_of(from), target, zone, &scratch);
	/* The room that was asked for sufficed. */
	assert_int_equal(scratch.cap, cap);
	value_write(&out, &v, target.kind, DECIMAL_PLAIN);
	assert_string_equal(buf_text(&out), want);
	buf_free(&out);
	buf_free(&scratch);
}

static void
check(struct value v, const char *from, const char *to, const char *want)
{
	check_in(NULL, v, from, to, want);
}

static void
null_stays_null(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			if (allowed[i][k] == '+')
				check((struct value){ .kind = VALUE_NULL },
				    all[i], all[k], "null");
}

static void
numbers_are_rounded_half_up_and_null_without_room(void **state)
{
	(void)state;
	check(integer(7), "INT", "DECIMAL(3,2)", "7");
	check(integer(10), "INT", "DECIMAL(3,2)", "null");
	check(integer(INT64_MIN), "BIGINT", "DECIMAL(38,0)",
	    "-9223372036854775808");
	check(integer(16777217), "INT", "FLOAT", "1.6777216E7");
	check(integer(INT64_MAX), "BIGINT", "FLOAT", "9.223372E18");
	check(integer(INT64_MAX), "BIGINT", "DOUBLE", "9.223372036854776E18");
	check(decimal(12345, 3), "DECIMAL(6,3)", "DECIMAL(6,2)", "12.35");
	check(decimal(-12345, 3), "DECIMAL(6,3)", "DECIMAL(6,2)", "-12.35");
	check(decimal(9995, 2), "DECIMAL(6,2)", "DECIMAL(3,1)", "null");
	check(decimal(1, 1), "DECIMAL(6,1)", "DOUBLE", "0.1");
	check(decimal(1, 1), "DECIMAL(6,1)", "FLOAT", "0.1");
	check(real((double)0.1f), "FLOAT", "DOUBLE", "0.10000000149011612");
	check(real(1.005), "DOUBLE", "DECIMAL(6,2)", "1.01");
	check(real((double)1.005f), "FLOAT", "DECIMAL(6,2)", "1");
	check(real(1e300), "DOUBLE", "DECIMAL(38,0)", "null");
	check(real(-0.0), "DOUBLE", "DECIMAL(6,2)", "0");
	check(real(1.0 / 0.0), "DOUBLE", "DECIMAL(6,2)", "null");
	check(real(0.0 / 0.0), "DOUBLE", "DECIMAL(6,2)", "null");
}

static void
texts_are_cut_and_padded_by_characters(void **state)
{
	(void)state;
	check(text("a\xc3\xa4\xf0\x9f\x98\x80z"), "STRING", "VARCHAR(3)",
	    "\"a\xc3\xa4\xf0\x9f\x98\x80\"");
	check(text("\xc3\xa4"), "STRING", "CHAR(3)", "\"\xc3\xa4  \"");
	check(text(""), "STRING", "CHAR(2)", "\"  \"");
	check(text("abc"), "VARCHAR(9)", "VARCHAR(2)", "\"ab\"");
	check(text("abc"), "VARCHAR(2)", "VARCHAR(2)", "\"abc\"");
	check(text("abc"), "CHAR(2)", "STRING", "\"abc\"");
}

static void
times_lose_their_fraction_toward_1970(void **state)
{
	(void)state;
	check(integer(1718000000555), "TIMESTAMP(3)", "TIMESTAMP(2)",
	    "\"2024-06-10T06:13:20.55\"");
	check(integer(1718000000555), "TIMESTAMP(3)", "TIMESTAMP_LTZ(0)",
	    "\"2024-06-10T06:13:20Z\"");
	check(integer(-500), "TIMESTAMP(3)", "TIMESTAMP(0)",
	    "\"1970-01-01T00:00:00\"");
	check(integer(555), "TIMESTAMP(0)", "TIMESTAMP(0)",
	    "\"1970-01-01T00:00:00.555\"");
}

static void
clocks_and_instants_are_told_by_the_zone(void **state)
{
	struct zone *zone;
	const char *what;

	(void)state;
	if (zone_load("America/New_York", &zone, &what) == -1)
		skip();
	check_in(zone, integer(1730610000000), "TIMESTAMP_LTZ(3)",
	    "TIMESTAMP(3)", "\"2024-11-03T01:00:00\"");
	/* 01:00 comes twice: the earlier one. */
	check_in(zone, integer(1730595600000), "TIMESTAMP(3)",
	    "TIMESTAMP_LTZ(3)", "\"2024-11-03T05:00:00Z\"");
	zone_free(zone);
}

static void
an_undeclared_value_is_cast_by_what_it_is(void **state)
{
	const struct value yes = { .kind = VALUE_BOOL, .i = 1 };

	(void)state;
	check(decimal(79, 1), "", "INT", "7");
	check(decimal(-79, 1), "", "TINYINT", "-7");
	check(decimal(1289, 1), "", "TINYINT", "null");
	check(decimal(-1289, 1), "", "TINYINT", "-128");
	check(decimal(1005, 3), "", "DECIMAL(6,2)", "1.01");
	check(decimal(5, 1), "", "DOUBLE", "0.5");
	check(decimal(150, 2), "", "STRING", "\"1.5\"");
	check(yes, "", "STRING", "\"true\"");
	check(yes, "", "BOOLEAN", "true");
	check(yes, "", "INT", "null");
	check(text("7"), "", "INT", "null");
	check(text("abc"), "", "CHAR(2)", "\"ab\"");
	check(text("2024-06-10"), "", "DATE", "null");
	check(decimal(1, 0), "", "TIMESTAMP(3)", "null");
	check(decimal(1, 0), "", "BOOLEAN", "null");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(casts_are_those_of_insert_into),
		cmocka_unit_test(null_stays_null),
		cmocka_unit_test(
		    numbers_are_rounded_half_up_and_null_without_room),
		cmocka_unit_test(texts_are_cut_and_padded_by_characters),
		cmocka_unit_test(times_lose_their_fraction_toward_1970),
		cmocka_unit_test(clocks_and_instants_are_told_by_the_zone),
		cmocka_unit_test(an_undeclared_value_is_cast_by_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
