/* lib_columns - the notation of columns and what its errors say.
 * SPDX-License-Identifier: ISC */
#include "lib/columns.h"
#include "lib/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void
read_columns(const char *notation, struct columns *c)
{
	char *message;

	if (columns_load(notation, c, &message) == -1)
		fail_msg("'%s': %s", notation, message);
}

/* One line a column: name|type|generator. */
static void
assert_reads(const char *notation, const char *want)
{
	struct columns c;
	struct buf b = { 0 };

	read_columns(notation, &c);
	for (size_t i = 0; i < c.n; i++) {
		buf_addf(&b, "%s|", c.col[i].name);
		type_write(&b, c.col[i].type);
		buf_add_char(&b, '|');
		buf_add_span(&b, c.col[i].generator);
		if (column_is_computed(&c.col[i])) {
			buf_add_text(&b, "AS ");
			buf_add_span(&b, c.col[i].expression);
		}
		buf_add_char(&b, '\n');
	}
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
	columns_free(&c);
	columns_free(&c); /* twice is fine */
	assert_int_equal(c.n, 0);
}

static void
assert_refuses(const char *notation, const char *want)
{
	struct columns c;
	char *message = NULL;
	struct buf b = { 0 };

	if (columns_load(notation, &c, &message) == 0)
		fail_msg("'%s' was taken", notation);
	buf_addf(&b, "%s example: temperature DECIMAL(6,2) 0..100", want);
	assert_string_equal(message, buf_text(&b));
	assert_null(c.col);
	assert_null(c.text);
	buf_free(&b);
	free(message);
}

static void
reads_the_table_of_the_sample(void **state)
{
	struct columns c;

	(void)state;
	read_columns("sensor_id INT 10..20, temperature DECIMAL(6,2) 0..100, "
		     "measurement_time TIMESTAMP(3)",
	    &c);
	assert_int_equal(c.n, 3);
	assert_string_equal(c.col[0].name, "sensor_id");
	assert_int_equal(c.col[0].type.kind, TYPE_INT);
	assert_true(span_is(c.col[0].generator, "10..20"));
	assert_int_equal(c.col[0].at, 0);
	assert_int_equal(c.col[0].generator_at, 14);
	assert_string_equal(c.col[1].name, "temperature");
	assert_int_equal(c.col[1].type.kind, TYPE_DECIMAL);
	assert_int_equal(c.col[1].type.precision, 6);
	assert_int_equal(c.col[1].type.scale, 2);
	assert_int_equal(c.col[1].at, 22);
	assert_int_equal(c.col[2].type.kind, TYPE_TIMESTAMP);
	assert_int_equal(c.col[2].type.precision, 3);
	assert_int_equal(c.col[2].generator.n, 0);
	columns_free(&c);
}

static void
reads_types_in_every_spelling(void **state)
{
	(void)state;
	assert_reads("a boolean, b TinyInt, c SMALLINT, d INTEGER, e BIGINT,"
		     "f REAL, g FLOAT, h DOUBLE PRECISION, i double",
	    "a|BOOLEAN|\nb|TINYINT|\nc|SMALLINT|\nd|INT|\ne|BIGINT|\n"
	    "f|FLOAT|\ng|FLOAT|\nh|DOUBLE|\ni|DOUBLE|\n");
	assert_reads(
	    "a DECIMAL, b NUMERIC(5), c DEC ( 6 , 2 ), d DECIMAL(38,38)",
	    "a|DECIMAL(10,0)|\nb|DECIMAL(5,0)|\nc|DECIMAL(6,2)|\n"
	    "d|DECIMAL(38,38)|\n");
	assert_reads("a CHAR, b CHAR(3), c VARCHAR, d CHARACTER VARYING(9),"
		     "e STRING, f VARCHAR(2147483647), g CHARACTER(2)",
	    "a|CHAR(1)|\nb|CHAR(3)|\nc|VARCHAR(1)|\nd|VARCHAR(9)|\n"
	    "e|STRING|\nf|VARCHAR(2147483647)|\ng|CHAR(2)|\n");
	assert_reads("a DATE, b TIME, c TIME(3), d TIMESTAMP, e TIMESTAMP(0),"
		     "f TIMESTAMP_LTZ, g TIMESTAMP_LTZ(3),"
		     "h TIMESTAMP(3) WITHOUT TIME ZONE,"
		     "i timestamp(9) with local time zone,"
		     "j TIMESTAMP WITH LOCAL TIME ZONE NOT NULL max-past 5s",
	    "a|DATE|\nb|TIME(0)|\nc|TIME(3)|\nd|TIMESTAMP(6)|\n"
	    "e|TIMESTAMP(0)|\nf|TIMESTAMP_LTZ(6)|\ng|TIMESTAMP_LTZ(3)|\n"
	    "h|TIMESTAMP(3)|\ni|TIMESTAMP_LTZ(9)|\n"
	    "j|TIMESTAMP_LTZ(6) NOT NULL|max-past 5s\n");
}

static void
reads_computed_columns(void **state)
{
	(void)state;
	assert_reads(
	    "a AS b+1,c INT as f(a, b) ,d AS(1),e STRING NOT NULL As'x'",
	    "a|undeclared|AS b+1\nc|INT|AS f(a, b)\nd|undeclared|AS (1)\n"
	    "e|STRING NOT NULL|AS 'x'\n");
	assert_reads("a AS 'it''s, ' || `b,c` || \"d,(\" /* ,) */ , b AS 1",
	    "a|undeclared|AS 'it''s, ' || `b,c` || \"d,(\" /* ,) "
	    "*/\nb|undeclared|AS 1\n");
	assert_reads("assets INT, a AS b -- , c\n+ 1",
	    "assets|INT|\na|undeclared|AS b       \n+ 1\n");
	assert_refuses("a AS , b INT",
	    "column 1 of the list, line 1, column 5: "
	    "an expression is missing behind AS;");
	assert_refuses("a AS 'x", "column 1 of the list, line 1, column 6: "
				  "the quote is not closed;");
	assert_refuses("a AS b /* x", "column 1 of the list, line 1, column 8: "
				      "the comment is not closed;");
}

static void
reads_columns_without_a_type(void **state)
{
	(void)state;
	assert_reads("sensor_id INT, avg_temp DECIMAL(6,2), window_end",
	    "sensor_id|INT|\navg_temp|DECIMAL(6,2)|\nwindow_end|undeclared|\n");
	assert_reads("a,b,c", "a|undeclared|\nb|undeclared|\nc|undeclared|\n");
	assert_reads("a NOT NULL", "a|undeclared NOT NULL|\n");
}

static void
reads_names_of_every_kind(void **state)
{
	(void)state;
	assert_reads("o.k INT, \"o.k\" INT, \"say \"\"hi\"\"\".x, \"plain\"",
	    "o.k|INT|\n\"o.k\"|INT|\n\"say \"\"hi\"\"\".x|undeclared|\n"
	    "plain|undeclared|\n");
	assert_reads("timestamp TIMESTAMP(3), from INT, not STRING, "
		     "\"9\" INT, _1 INT, quantile_0.95_x",
	    "timestamp|TIMESTAMP(3)|\nfrom|INT|\nnot|STRING|\n9|INT|\n"
	    "_1|INT|\nquantile_0.95_x|undeclared|\n");
	assert_reads("größe DOUBLE, 温度 INT", "größe|DOUBLE|\n温度|INT|\n");
}

static void
reads_comments_and_a_last_comma(void **state)
{
	(void)state;
	assert_reads("\xEF\xBB\xBF-- rooms, 'quoted\n"
		     "a INT 1..2, -- x, y\r\n"
		     "b STRING one-of a|b -- c\n"
		     ",\"--\" INT,c STRING 'a -- b'\n, -- the end",
	    "a|INT|1..2\nb|STRING|one-of a|b\n--|INT|\nc|STRING|'a -- b'\n");
}

static void
a_generator_ends_at_a_comma_outside_of_brackets(void **state)
{
	(void)state;
	assert_reads("a INT one-of (1,2,(3,4)) , b STRING 'x,y' \"p,q\"|z,c",
	    "a|INT|one-of (1,2,(3,4))\nb|STRING|'x,y' \"p,q\"|z\n"
	    "c|undeclared|\n");
	assert_reads("a DECIMAL(6,2)0..1,b INT NOT NULL null 5%",
	    "a|DECIMAL(6,2)|0..1\nb|INT NOT NULL|null 5%\n");
}

static void
says_what_is_wrong_with_a_type(void **state)
{
	(void)state;
	assert_refuses("sensor_id INT,\ntemperature DECIMALL(6,2) 0..100",
	    "column 2 of the list, line 2, column 13: unknown type "
	    "'DECIMALL'; did you mean DECIMAL?");
	assert_refuses("a text",
	    "column 1 of the list, line 1, column 3: unknown type 'text'; "
	    "did you mean STRING?");
	assert_refuses("a GEOGRAPHY",
	    "column 1 of the list, line 1, column 3: unknown type "
	    "'GEOGRAPHY'; types are BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, "
	    "FLOAT, DOUBLE, DECIMAL, CHAR, VARCHAR, STRING, DATE, TIME, "
	    "TIMESTAMP, TIMESTAMP_LTZ;");
	assert_refuses("a DECIMAL(39)",
	    "column 1 of the list, line 1, column 11: the precision must be "
	    "a number from 1 to 38;");
	assert_refuses("a DECIMAL(6,7)",
	    "column 1 of the list, line 1, column 13: the scale must be a "
	    "number from 0 to 6;");
	assert_refuses("a VARCHAR(2147483648)",
	    "column 1 of the list, line 1, column 11: the length must be a "
	    "number from 1 to 2147483647;");
	assert_refuses("a VARCHAR(99999999999999999999999)",
	    "column 1 of the list, line 1, column 11: the length must be a "
	    "number from 1 to 2147483647;");
	assert_refuses("a TIMESTAMP(10)",
	    "column 1 of the list, line 1, column 13: the precision must be "
	    "a number from 0 to 9;");
	assert_refuses("a CHAR(3", "column 1 of the list, line 1, column 9: "
				   "')' expected after the length of CHAR;");
	assert_refuses("a INT(11)", "column 1 of the list, line 1, column 6: "
				    "INT takes no numbers in parentheses;");
	assert_refuses("a INT NOT 5", "column 1 of the list, line 1, column "
				      "11: NULL expected after NOT;");
	assert_refuses("a TIMESTAMP WITH TIME ZONE",
	    "column 1 of the list, line 1, column 13: TIMESTAMP has no WITH "
	    "TIME ZONE; there is TIMESTAMP WITH LOCAL TIME ZONE, in short "
	    "TIMESTAMP_LTZ;");
	assert_refuses("a TIMESTAMP WITHOUT ZONE",
	    "column 1 of the list, line 1, column 21: TIME ZONE expected;");
}

static void
says_what_is_wrong_with_a_name(void **state)
{
	(void)state;
	assert_refuses("", "the list, line 1, column 1: no columns;");
	assert_refuses(
	    " -- nothing\n", "the list, line 1, column 1: no columns;");
	assert_refuses("a INT,,b INT", "column 2 of the list, line 1, column "
				       "7: a name is missing here;");
	assert_refuses("a..b INT", "column 1 of the list, line 1, column 3: "
				   "a name is missing here;");
	assert_refuses("1st INT",
	    "column 1 of the list, line 1, column 1: a name begins with a "
	    "letter or '_', or is quoted;");
	assert_refuses("room/temp INT",
	    "column 1 of the list, line 1, column 5: a bare name is letters, "
	    "digits, '_' and single '-', in parts separated by dots; put "
	    "others in double quotes;");
	assert_refuses("a(3)",
	    "column 1 of the list, line 1, column 2: a bare name is letters, "
	    "digits, '_' and single '-', in parts separated by dots; put "
	    "others in double quotes;");
	assert_refuses("\"a INT\n,b\" INT", "column 1 of the list, line 1, "
					    "column 1: the quote is not "
					    "closed;");
	assert_refuses("größe INT, b INT, größe DOUBLE",
	    "column 3 of the list, line 1, column 19: there is already a "
	    "column 'größe';");
	assert_refuses("a INT,\n\"a\" INT",
	    "column 2 of the list, line 2, "
	    "column 1: there is already a column 'a';");
	assert_refuses("a INT,\nb \xff",
	    "the list, line 2, column 1: the line is not UTF-8;");
}

static void
says_what_is_wrong_with_a_generator(void **state)
{
	(void)state;
	assert_refuses("a 0..100", "column 1 of the list, line 1, column 3: a "
				   "generator needs a type before it;");
	assert_refuses("a NOT NULL 0..100",
	    "column 1 of the list, line 1, column 12: a generator needs a "
	    "type before it;");
	assert_refuses("a INT one-of (1,2", "column 1 of the list, line 1, "
					    "column 14: '(' is not closed;");
	assert_refuses("a INT 1)", "column 1 of the list, line 1, column 8: "
				   "')' without '(';");
	assert_refuses("a STRING 'x", "column 1 of the list, line 1, column "
				      "10: the quote is not closed;");
}

static void
says_where_a_comma_is_missing(void **state)
{
	(void)state;
	assert_refuses("a INT\nb DECIMAL(6,2)",
	    "column 1 of the list, line 2, column 1: a comma is missing "
	    "before this column;");
	assert_refuses("a INT 1..5\n  b.c DECIMAL(6,2)",
	    "column 1 of the list, line 2, column 3: a comma is missing "
	    "before this column;");
	assert_refuses("a INT b INT", "column 1 of the list, line 1, column 7: "
				      "a comma is missing before this column;");
}

static void
reads_a_file_and_names_it(void **state)
{
	char path[] = "/tmp/lib_columns.XXXXXX";
	char value[sizeof path + 1];
	struct columns c;
	struct buf want = { 0 };
	char *message;
	FILE *f;
	int fd = mkstemp(path);

	(void)state;
	assert_int_not_equal(fd, -1);
	f = fdopen(fd, "w");
	assert_non_null(f);
	fputs("a INT,\nb DATEE\n", f);
	assert_int_equal(fclose(f), 0);
	snprintf(value, sizeof value, "@%s", path);
	assert_int_equal(columns_load(value, &c, &message), -1);
	buf_addf(&want,
	    "column 2 of '%s', line 2, column 3: unknown type 'DATEE'; did "
	    "you mean DATE? example: temperature DECIMAL(6,2) 0..100",
	    path);
	assert_string_equal(message, buf_text(&want));
	free(message);

	f = fopen(path, "w");
	assert_non_null(f);
	fputs("a INT,\nb DATE\n", f);
	assert_int_equal(fclose(f), 0);
	assert_reads(value, "a|INT|\nb|DATE|\n");
	unlink(path);

	assert_int_equal(columns_load("@/nowhere/x", &c, &message), -1);
	assert_string_equal(message, "cannot read columns from '/nowhere/x': "
				     "No such file or directory");
	free(message);
	assert_int_equal(columns_load("@/", &c, &message), -1);
	assert_string_equal(
	    message, "cannot read columns from '/': Is a directory");
	free(message);
	buf_free(&want);
}

static void
refuses_a_nul_byte(void **state)
{
	struct columns c;
	char *message;

	(void)state;
	assert_int_equal(
	    columns_parse((struct span){ "a INT\0b", 7 }, &c, &message), -1);
	assert_string_equal(message, "the list, line 1, column 6: a NUL byte; "
				     "example: temperature DECIMAL(6,2) "
				     "0..100");
	free(message);
}

static void
finds_columns_by_their_names(void **state)
{
	struct columns c;

	(void)state;
	read_columns("a, o.k INT, \"o.k\" DATE, \"p.q\", r.s.t", &c);
	assert_ptr_equal(columns_find(&c, "a"), &c.col[0]);
	assert_ptr_equal(columns_find(&c, "o.k"), &c.col[1]);
	assert_ptr_equal(columns_find(&c, "\"o.k\""), &c.col[2]);
	assert_ptr_equal(columns_find(&c, "p.q"), &c.col[3]);
	assert_ptr_equal(columns_find(&c, "\"r.s\".t"), &c.col[4]);
	assert_null(columns_find(&c, "p"));
	assert_null(columns_find(&c, ""));
	columns_free(&c);
}

static void
names_are_one_whatever_their_quotes(void **state)
{
	(void)state;
	assert_true(path_same("o.k", "\"o.k\""));
	assert_true(path_same("\"o\".\"k\"", "o.k"));
	assert_true(path_same("\"a\"\"b\"", "a\"b"));
	assert_true(path_same("\"\".a", ".a"));
	assert_false(path_same("o.k", "o.kk"));
	assert_false(path_same("O.k", "o.k"));
	assert_false(path_same("", "a"));
}

static void
kinds_are_told_apart(void **state)
{
	int numbers = 0, integers = 0, texts = 0;

	(void)state;
	for (int k = 0; k < TYPE_KINDS; k++) {
		numbers += type_is_number((enum type_kind)k);
		integers += type_is_integer((enum type_kind)k);
		texts += type_is_text((enum type_kind)k);
		assert_non_null(type_kind_name((enum type_kind)k));
	}
	assert_int_equal(numbers, 7);
	assert_int_equal(integers, 4);
	assert_int_equal(texts, 3);
	assert_true(type_is_number(TYPE_DECIMAL));
	assert_true(type_is_number(TYPE_TINYINT));
	assert_false(type_is_number(TYPE_BOOLEAN));
	assert_false(type_is_integer(TYPE_FLOAT));
	assert_true(type_is_text(TYPE_STRING));
	assert_string_equal(
	    type_kind_name(TYPE_TIMESTAMP_LTZ), "TIMESTAMP_LTZ");
}

static void
a_long_list_takes_no_square_of_its_length(void **state)
{
	struct buf b = { 0 };
	struct columns c;
	char *message;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_addf(&b, "c%d INT,\n", i);
	assert_int_equal(columns_parse(buf_span(&b), &c, &message), 0);
	assert_int_equal(c.n, 100000);
	columns_free(&c);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_table_of_the_sample),
		cmocka_unit_test(reads_types_in_every_spelling),
		cmocka_unit_test(reads_computed_columns),
		cmocka_unit_test(reads_columns_without_a_type),
		cmocka_unit_test(reads_names_of_every_kind),
		cmocka_unit_test(reads_comments_and_a_last_comma),
		cmocka_unit_test(
		    a_generator_ends_at_a_comma_outside_of_brackets),
		cmocka_unit_test(says_what_is_wrong_with_a_type),
		cmocka_unit_test(says_what_is_wrong_with_a_name),
		cmocka_unit_test(says_what_is_wrong_with_a_generator),
		cmocka_unit_test(says_where_a_comma_is_missing),
		cmocka_unit_test(reads_a_file_and_names_it),
		cmocka_unit_test(refuses_a_nul_byte),
		cmocka_unit_test(finds_columns_by_their_names),
		cmocka_unit_test(names_are_one_whatever_their_quotes),
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(a_long_list_takes_no_square_of_its_length),
	};

	return cmocka_run_group_tests_name("lib_columns", tests, NULL, NULL);
}
