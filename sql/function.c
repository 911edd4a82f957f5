/* function - the table of functions and operators.
 * SPDX-License-Identifier: ISC */
#include "sql/function.h"

#include <strings.h>

#include "lib/nearest.h"
#include "sql/compare.h"
#include "sql/json_path.h"
#include "sql/logic.h"
#include "sql/moment.h"
#include "sql/number.h"
#include "sql/pattern.h"
#include "sql/text.h"
#include "sql/url.h"

/*
 * COALESCE, IFNULL, IF and NULLIF evaluate only what counts, and are compiled
 *by program.c; their rows say how they are called.
 *
 *	name, form, least, most, args, result, flags, eval, bind
 */
static const struct sql_function functions[] = {
	/* Operators. */
	{ "=", "a = b", 2, 2, "x", SQL_IS_BOOLEAN, SQL_SEES_NULL, NULL,
	    sql_bind_compare },
	{ "<>", "a <> b", 2, 2, "x", SQL_IS_BOOLEAN, SQL_SEES_NULL, NULL,
	    sql_bind_compare },
	{ "<", "a < b", 2, 2, "x", SQL_IS_BOOLEAN, SQL_SEES_NULL, NULL,
	    sql_bind_compare },
	{ "<=", "a <= b", 2, 2, "x", SQL_IS_BOOLEAN, SQL_SEES_NULL, NULL,
	    sql_bind_compare },
	{ ">", "a > b", 2, 2, "x", SQL_IS_BOOLEAN, SQL_SEES_NULL, NULL,
	    sql_bind_compare },
	{ ">=", "a >= b", 2, 2, "x", SQL_IS_BOOLEAN, SQL_SEES_NULL, NULL,
	    sql_bind_compare },
	{ "IS DISTINCT FROM", "a IS DISTINCT FROM b", 2, 2, "x", SQL_IS_BOOLEAN,
	    SQL_SEES_NULL, NULL, sql_bind_distinct },
	{ "IS NULL", "a IS NULL", 1, 1, "x", SQL_IS_BOOLEAN, SQL_SEES_NULL,
	    sql_eval_is_null, NULL },
	{ "IS TRUE", "a IS TRUE", 1, 1, "b", SQL_IS_BOOLEAN, SQL_SEES_NULL,
	    sql_eval_is_true, NULL },
	{ "IS FALSE", "a IS FALSE", 1, 1, "b", SQL_IS_BOOLEAN, SQL_SEES_NULL,
	    sql_eval_is_false, NULL },
	{ "IS JSON", "a IS JSON [VALUE|SCALAR|ARRAY|OBJECT]", 2, 2, "tw",
	    SQL_IS_BOOLEAN, SQL_SEES_NULL, sql_eval_is_json, NULL },
	{ "NOT", "NOT a", 1, 1, "b", SQL_IS_BOOLEAN, 0, sql_eval_not, NULL },
	{ "LIKE", "a LIKE b [ESCAPE c]", 2, 3, "t", SQL_IS_BOOLEAN, 0, NULL,
	    sql_bind_like },
	{ "SIMILAR TO", "a SIMILAR TO b [ESCAPE c]", 2, 3, "t", SQL_IS_BOOLEAN,
	    0, NULL, sql_bind_similar },
	{ "||", "a || b", 2, 2, "t", SQL_IS_STRING, 0, sql_eval_concat, NULL },
	{ "+", "a + b", 2, 2, "x", SQL_IS_BOUND, 0, NULL, sql_bind_arithmetic },
	{ "-", "a - b", 2, 2, "x", SQL_IS_BOUND, 0, NULL, sql_bind_arithmetic },
	{ "*", "a * b", 2, 2, "x", SQL_IS_BOUND, 0, NULL, sql_bind_arithmetic },
	{ "/", "a / b", 2, 2, "x", SQL_IS_BOUND, 0, NULL, sql_bind_arithmetic },
	{ "%", "a % b", 2, 2, "x", SQL_IS_BOUND, 0, NULL, sql_bind_arithmetic },
	{ "NEGATE", "- a", 1, 1, "x", SQL_IS_ARG, 0, NULL,
	    sql_bind_sign_operator },
	{ "PLUS", "+ a", 1, 1, "x", SQL_IS_ARG, 0, NULL,
	    sql_bind_sign_operator },
	/* Conditions. */
	{ "COALESCE", "COALESCE(a, b, ...)", 1, -1, "c", SQL_IS_COMMON,
	    SQL_SEES_NULL, NULL, NULL },
	{ "IF", "IF(condition, a, b)", 3, 3, "bc", SQL_IS_COMMON, SQL_SEES_NULL,
	    NULL, NULL },
	{ "IFNULL", "IFNULL(a, b)", 2, 2, "c", SQL_IS_COMMON, SQL_SEES_NULL,
	    NULL, NULL },
	{ "NULLIF", "NULLIF(a, b)", 2, 2, "x", SQL_IS_ARG, SQL_SEES_NULL, NULL,
	    NULL },
	{ "GREATEST", "GREATEST(a, b, ...)", 1, -1, "c", SQL_IS_COMMON, 0, NULL,
	    sql_bind_extreme },
	{ "LEAST", "LEAST(a, b, ...)", 1, -1, "c", SQL_IS_COMMON, 0, NULL,
	    sql_bind_extreme },
	/* Numbers. */
	{ "ABS", "ABS(number)", 1, 1, "n", SQL_IS_ARG, 0, NULL, sql_bind_abs },
	{ "CEIL", "CEIL(number) or CEIL(time TO unit)", 1, 2, "xw", SQL_IS_ARG,
	    0, NULL, sql_bind_floor },
	{ "CEILING", "CEILING(number)", 1, 1, "x", SQL_IS_ARG, 0, NULL,
	    sql_bind_floor },
	{ "FLOOR", "FLOOR(number) or FLOOR(time TO unit)", 1, 2, "xw",
	    SQL_IS_ARG, 0, NULL, sql_bind_floor },
	{ "ROUND", "ROUND(number [, decimals])", 1, 2, "ni", SQL_IS_ARG, 0,
	    NULL, sql_bind_round },
	{ "TRUNCATE", "TRUNCATE(number [, decimals])", 1, 2, "ni", SQL_IS_ARG,
	    0, NULL, sql_bind_round },
	{ "MOD", "MOD(a, b)", 2, 2, "n", SQL_IS_BOUND, 0, NULL,
	    sql_bind_arithmetic },
	{ "SIGN", "SIGN(number)", 1, 1, "n", SQL_IS_ARG, 0, NULL,
	    sql_bind_sign },
	{ "POWER", "POWER(base, exponent)", 2, 2, "d", SQL_IS_DOUBLE, 0,
	    sql_eval_power, NULL },
	{ "SQRT", "SQRT(number)", 1, 1, "d", SQL_IS_DOUBLE, 0, NULL,
	    sql_bind_math },
	{ "EXP", "EXP(number)", 1, 1, "d", SQL_IS_DOUBLE, 0, NULL,
	    sql_bind_math },
	{ "LN", "LN(number)", 1, 1, "d", SQL_IS_DOUBLE, 0, NULL,
	    sql_bind_math },
	{ "LOG", "LOG(number) or LOG(base, number)", 1, 2, "d", SQL_IS_DOUBLE,
	    0, sql_eval_log, NULL },
	{ "LOG2", "LOG2(number)", 1, 1, "d", SQL_IS_DOUBLE, 0, NULL,
	    sql_bind_math },
	{ "LOG10", "LOG10(number)", 1, 1, "d", SQL_IS_DOUBLE, 0, NULL,
	    sql_bind_math },
	{ "PI", "PI()", 0, 0, "", SQL_IS_DOUBLE, 0, sql_eval_pi, NULL },
	{ "E", "E()", 0, 0, "", SQL_IS_DOUBLE, 0, sql_eval_e, NULL },
	/* Texts. */
	{ "CONCAT", "CONCAT(a, b, ...)", 1, -1, "t", SQL_IS_STRING, 0,
	    sql_eval_concat, NULL },
	{ "CONCAT_WS", "CONCAT_WS(separator, a, b, ...)", 1, -1, "t",
	    SQL_IS_STRING, SQL_SEES_NULL, sql_eval_concat_ws, NULL },
	{ "UPPER", "UPPER(text)", 1, 1, "t", SQL_IS_STRING, 0, NULL,
	    sql_bind_case },
	{ "LOWER", "LOWER(text)", 1, 1, "t", SQL_IS_STRING, 0, NULL,
	    sql_bind_case },
	{ "INITCAP", "INITCAP(text)", 1, 1, "t", SQL_IS_STRING, 0,
	    sql_eval_initcap, NULL },
	{ "TRIM", "TRIM([LEADING|TRAILING|BOTH] [characters] FROM text)", 2, 3,
	    "wt", SQL_IS_STRING, 0, NULL, sql_bind_trim },
	{ "LTRIM", "LTRIM(text [, characters])", 1, 2, "t", SQL_IS_STRING, 0,
	    NULL, sql_bind_trim },
	{ "RTRIM", "RTRIM(text [, characters])", 1, 2, "t", SQL_IS_STRING, 0,
	    NULL, sql_bind_trim },
	{ "SUBSTRING", "SUBSTRING(text, from [, count])", 2, 3, "ti",
	    SQL_IS_STRING, 0, sql_eval_substring, NULL },
	{ "SUBSTR", "SUBSTR(text, from [, count])", 2, 3, "ti", SQL_IS_STRING,
	    0, sql_eval_substring, NULL },
	{ "LEFT", "LEFT(text, count)", 2, 2, "ti", SQL_IS_STRING, 0,
	    sql_eval_left, NULL },
	{ "RIGHT", "RIGHT(text, count)", 2, 2, "ti", SQL_IS_STRING, 0,
	    sql_eval_right, NULL },
	{ "CHAR_LENGTH", "CHAR_LENGTH(text)", 1, 1, "t", SQL_IS_INT, 0,
	    sql_eval_char_length, NULL },
	{ "CHARACTER_LENGTH", "CHARACTER_LENGTH(text)", 1, 1, "t", SQL_IS_INT,
	    0, sql_eval_char_length, NULL },
	{ "POSITION", "POSITION(what IN text)", 2, 2, "t", SQL_IS_INT, 0,
	    sql_eval_position, NULL },
	{ "LOCATE", "LOCATE(what, text [, from])", 2, 3, "tti", SQL_IS_INT, 0,
	    sql_eval_position, NULL },
	{ "INSTR", "INSTR(text, what [, from [, occurrence]])", 2, 4, "tti",
	    SQL_IS_INT, 0, sql_eval_instr, NULL },
	{ "REPLACE", "REPLACE(text, what, by)", 3, 3, "t", SQL_IS_STRING, 0,
	    sql_eval_replace, NULL },
	{ "OVERLAY", "OVERLAY(text PLACING by FROM from [FOR count])", 3, 4,
	    "tti", SQL_IS_STRING, 0, sql_eval_overlay, NULL },
	{ "LPAD", "LPAD(text, length, by)", 3, 3, "tit", SQL_IS_STRING, 0,
	    sql_eval_lpad, NULL },
	{ "RPAD", "RPAD(text, length, by)", 3, 3, "tit", SQL_IS_STRING, 0,
	    sql_eval_rpad, NULL },
	{ "REPEAT", "REPEAT(text, times)", 2, 2, "ti", SQL_IS_STRING, 0,
	    sql_eval_repeat, NULL },
	{ "REVERSE", "REVERSE(text)", 1, 1, "t", SQL_IS_STRING, 0,
	    sql_eval_reverse, NULL },
	{ "ASCII", "ASCII(text)", 1, 1, "t", SQL_IS_INT, 0, sql_eval_ascii,
	    NULL },
	{ "CHR", "CHR(code)", 1, 1, "i", SQL_IS_STRING, 0, sql_eval_chr, NULL },
	{ "SPLIT_INDEX", "SPLIT_INDEX(text, separator, index)", 3, 3, "tui",
	    SQL_IS_STRING, 0, sql_eval_split_index, NULL },
	{ "REGEXP", "REGEXP(text, pattern)", 2, 2, "t", SQL_IS_BOOLEAN, 0, NULL,
	    sql_bind_regexp },
	{ "REGEXP_EXTRACT", "REGEXP_EXTRACT(text, pattern [, group])", 2, 3,
	    "tti", SQL_IS_STRING, 0, NULL, sql_bind_regexp_extract },
	{ "REGEXP_REPLACE", "REGEXP_REPLACE(text, pattern, by)", 3, 3, "t",
	    SQL_IS_STRING, 0, NULL, sql_bind_regexp_replace },
	{ "JSON_VALUE",
	    "JSON_VALUE(text, path [RETURNING type] [... ON EMPTY]"
	    " [... ON ERROR])",
	    6, 6, "ttwxwx", SQL_IS_BOUND, SQL_SEES_NULL, NULL,
	    sql_bind_json_value },
	{ "JSON_EXISTS", "JSON_EXISTS(text, path [... ON ERROR])", 6, 6,
	    "ttwxwx", SQL_IS_BOOLEAN, SQL_SEES_NULL, NULL,
	    sql_bind_json_exists },
	{ "PARSE_URL", "PARSE_URL(text, part [, key])", 2, 3, "t",
	    SQL_IS_STRING, 0, sql_eval_parse_url, NULL },
	/* Times. */
	{ "EXTRACT", "EXTRACT(unit FROM time)", 2, 2, "wx", SQL_IS_BIGINT, 0,
	    NULL, sql_bind_extract },
	{ "YEAR", "YEAR(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "QUARTER", "QUARTER(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "MONTH", "MONTH(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "WEEK", "WEEK(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "DAYOFYEAR", "DAYOFYEAR(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "DAYOFMONTH", "DAYOFMONTH(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "DAYOFWEEK", "DAYOFWEEK(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "HOUR", "HOUR(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "MINUTE", "MINUTE(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "SECOND", "SECOND(time)", 1, 1, "x", SQL_IS_BIGINT, 0, NULL,
	    sql_bind_extract },
	{ "TIMESTAMPADD", "TIMESTAMPADD(unit, count, time)", 3, 3, "wix",
	    SQL_IS_BOUND, 0, NULL, sql_bind_timestampadd },
	{ "TIMESTAMPDIFF", "TIMESTAMPDIFF(unit, from, to)", 3, 3, "wxx",
	    SQL_IS_INT, 0, NULL, sql_bind_timestampdiff },
	{ "TO_TIMESTAMP", "TO_TIMESTAMP(text [, pattern])", 1, 2, "t",
	    SQL_IS_TIMESTAMP, 0, NULL, sql_bind_to_timestamp },
	{ "TO_TIMESTAMP_LTZ", "TO_TIMESTAMP_LTZ(number, 0 or 3)", 1, 2, "ni",
	    SQL_IS_LTZ, 0, NULL, sql_bind_to_timestamp_ltz },
	{ "TO_DATE", "TO_DATE(text [, pattern])", 1, 2, "t", SQL_IS_DATE, 0,
	    NULL, sql_bind_to_date },
	{ "DATE_FORMAT", "DATE_FORMAT(time, pattern)", 2, 2, "xt",
	    SQL_IS_STRING, 0, NULL, sql_bind_date_format },
	{ "CONVERT_TZ", "CONVERT_TZ(text, from_zone, to_zone)", 3, 3, "t",
	    SQL_IS_STRING, 0, NULL, sql_bind_convert_tz },
	{ "UNIX_TIMESTAMP", "UNIX_TIMESTAMP([text [, pattern]])", 0, 2, "t",
	    SQL_IS_BIGINT, SQL_VOLATILE, NULL, sql_bind_unix_timestamp },
	{ "FROM_UNIXTIME", "FROM_UNIXTIME(seconds [, pattern])", 1, 2, "it",
	    SQL_IS_STRING, 0, NULL, sql_bind_from_unixtime },
	{ "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP", 0, 0, "", SQL_IS_BOUND,
	    SQL_VOLATILE, NULL, sql_bind_now },
	{ "NOW", "NOW()", 0, 0, "", SQL_IS_BOUND, SQL_VOLATILE, NULL,
	    sql_bind_now },
	{ "LOCALTIMESTAMP", "LOCALTIMESTAMP", 0, 0, "", SQL_IS_BOUND,
	    SQL_VOLATILE, NULL, sql_bind_now },
	{ "CURRENT_DATE", "CURRENT_DATE", 0, 0, "", SQL_IS_BOUND, SQL_VOLATILE,
	    NULL, sql_bind_now },
	{ "CURRENT_TIME", "CURRENT_TIME", 0, 0, "", SQL_IS_BOUND, SQL_VOLATILE,
	    NULL, sql_bind_now },
	{ "LOCALTIME", "LOCALTIME", 0, 0, "", SQL_IS_BOUND, SQL_VOLATILE, NULL,
	    sql_bind_now },
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

static bool
is_word(const char *name)
{
	return *name >= 'A' && *name <= 'Z' && strchr(name, ' ') == NULL &&
	       strcmp(name, "NEGATE") != 0 && strcmp(name, "PLUS") != 0;
}

/* Flink's, which we have not; names alone, sorted.  Source: "System (Built-in)
 * Functions" of its documentation, 1.20 and 2.0, read 2026-11-29. */
static const char *const of_flink[] = {
	"ACOS",
	"ARRAY",
	"ARRAY_AGG",
	"ARRAY_APPEND",
	"ARRAY_CONCAT",
	"ARRAY_CONTAINS",
	"ARRAY_DISTINCT",
	"ARRAY_EXCEPT",
	"ARRAY_INTERSECT",
	"ARRAY_JOIN",
	"ARRAY_MAX",
	"ARRAY_MIN",
	"ARRAY_POSITION",
	"ARRAY_PREPEND",
	"ARRAY_REMOVE",
	"ARRAY_REVERSE",
	"ARRAY_SLICE",
	"ARRAY_SORT",
	"ARRAY_UNION",
	"ASIN",
	"ATAN",
	"ATAN2",
	"BIN",
	"BTRIM",
	"CARDINALITY",
	"COLLECT",
	"COS",
	"COSH",
	"COT",
	"CUME_DIST",
	"CURRENT_CATALOG",
	"CURRENT_DATABASE",
	"CURRENT_ROW_TIMESTAMP",
	"CURRENT_WATERMARK",
	"DECODE",
	"DEGREES",
	"DENSE_RANK",
	"ELEMENT",
	"ELT",
	"ENCODE",
	"ENDSWITH",
	"FROM_BASE64",
	"GROUPING",
	"GROUPING_ID",
	"GROUP_ID",
	"HEX",
	"IS_ALPHA",
	"IS_DECIMAL",
	"IS_DIGIT",
	"JSON_ARRAY",
	"JSON_ARRAYAGG",
	"JSON_OBJECT",
	"JSON_OBJECTAGG",
	"JSON_QUERY",
	"JSON_QUOTE",
	"JSON_STRING",
	"JSON_UNQUOTE",
	"LAG",
	"LEAD",
	"LISTAGG",
	"MAP",
	"MAP_ENTRIES",
	"MAP_FROM_ARRAYS",
	"MAP_KEYS",
	"MAP_UNION",
	"MAP_VALUES",
	"MD5",
	"NTILE",

	"PERCENT_RANK",
	"PRINTF",
	"PROCTIME",
	"RADIANS",
	"RAND",
	"RAND_INTEGER",
	"RANK",
	"REGEXP_COUNT",
	"REGEXP_EXTRACT_ALL",
	"REGEXP_INSTR",
	"REGEXP_SUBSTR",
	"ROW",
	"ROW_NUMBER",
	"SHA1",
	"SHA2",
	"SHA224",
	"SHA256",
	"SHA384",
	"SHA512",
	"SIN",
	"SINH",
	"SOURCE_WATERMARK",
	"SPLIT",
	"STARTSWITH",
	"STR_TO_MAP",
	"TAN",
	"TANH",
	"TO_BASE64",
	"TRANSLATE",
	"TYPEOF",
	"UNHEX",
	"URL_DECODE",
	"URL_ENCODE",
	"UUID",
};

static bool
is_called(const char *function, struct span name)
{
	return strlen(function) == name.n &&
	       strncasecmp(function, name.p, name.n) == 0;
}

bool
sql_function_is_of_flink(struct span name)
{
	for (size_t i = 0; i < sizeof of_flink / sizeof *of_flink; i++)
		if (is_called(of_flink[i], name))
			return true;
	return false;
}

const struct sql_function *
sql_function_find(struct span name)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (is_called(functions[i].name, name))
			return &functions[i];
	return NULL;
}

const char *
sql_function_nearest(struct span name)
{
	const char *best = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < FUNCTIONS; i++) {
		struct span other = span_of(functions[i].name);
		size_t edits = nearest_edits(name, other);

		if (is_word(functions[i].name) && edits < least &&
		    nearest_is_near(name, other, edits)) {
			least = edits;
			best = functions[i].name;
		}
	}
	return best;
}
