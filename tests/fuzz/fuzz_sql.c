/* fuzz_sql - any text is an expression or has errors within it; what compiles
 * gives a value of its type, or fails with a reason.
 * SPDX-License-Identifier: ISC */
#include "sql/program.h"
#include "tests/fuzz/fuzz.h"

static const struct {
	const char *name;
	enum type_kind kind;
	struct value value;
} columns[] = {
	{ "i", TYPE_INT, { VALUE_INT, 0, { .i = -7 } } },
	{ "b", TYPE_BIGINT, { VALUE_INT, 0, { .i = INT64_MIN } } },
	{ "d", TYPE_DECIMAL, { VALUE_DECIMAL, 2, { .units = -1250 } } },
	{ "g", TYPE_DOUBLE, { VALUE_DOUBLE, 0, { .d = 1e300 } } },
	{ "z", TYPE_BOOLEAN, { VALUE_BOOL, 0, { .i = 1 } } },
	{ "s", TYPE_STRING,
	    { VALUE_TEXT, 0, { .text = { "a\xf0\x9f\x98\x80 b", 7 } } } },
	{ "j", TYPE_STRING,
	    { VALUE_TEXT, 0, { .text = { "{\"a\":[1]}", 9 } } } },
	{ "n", TYPE_INT, { VALUE_NULL, 0, { 0 } } },
	{ "t", TYPE_TIMESTAMP, { VALUE_INT, 0, { .i = 1767225600123 } } },
	{ "l", TYPE_TIMESTAMP_LTZ, { VALUE_INT, 0, { .i = -1 } } },
	{ "dt", TYPE_DATE, { VALUE_INT, 0, { .i = -719162 } } },
	{ "tm", TYPE_TIME, { VALUE_INT, 0, { .i = 86399999 } } },
	{ "x", TYPE_ANY, { VALUE_DECIMAL, 1, { .units = 15 } } },
	{ "y", TYPE_ANY, { VALUE_TEXT, 0, { .text = { "2026-01-01", 10 } } } },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static int
find(void *ctx, struct span name, struct type *type)
{
	(void)ctx;
	for (int i = 0; i < COLUMNS; i++)
		if (span_is(name, columns[i].name)) {
			*type = sql_type(columns[i].kind);
			if (type->kind == TYPE_DECIMAL)
				*type = sql_decimal_type(6, 2);
			if (sql_type_is_instant(type->kind))
				type->precision = 3;
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

static void
check_value(const struct value *v, struct type t)
{
	const int128 most = decimal_pow10(38);

	switch (v->kind) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		HOLDS(t.kind == TYPE_BOOLEAN || t.kind == TYPE_ANY);
		HOLDS(v->i == 0 || v->i == 1);
		break;
	case VALUE_INT:
		HOLDS(type_wrap(v->i, t.kind) == v->i);
		HOLDS(type_is_integer(t.kind) || sql_type_is_time(t.kind) ||
		      sql_type_is_interval(t.kind));
		break;
	case VALUE_DOUBLE:
		HOLDS(t.kind == TYPE_DOUBLE || t.kind == TYPE_FLOAT);
		break;
	case VALUE_DECIMAL:
		HOLDS(t.kind == TYPE_DECIMAL || t.kind == TYPE_ANY);
		HOLDS(v->scale >= 0 && v->scale <= 38);
		HOLDS(v->units < most && v->units > -most);
		break;
	case VALUE_TEXT:
		HOLDS(type_is_text(t.kind) || t.kind == TYPE_ANY);
		HOLDS(v->text.n == 0 || v->text.p != NULL);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	const struct sql_env env = { .now_ms = 1767225600123 };
	const struct sql_scope scope = { NULL, find, name_of, NULL };
	struct sql_errors errors = { 0 };
	struct arena arena = { 0 }, scratch = { .max = 1 << 26 };
	struct sql_node *n;
	struct sql_program *p = NULL;
	struct value row[COLUMNS];

	if (size > 4096)
		return 0;
	n = sql_parse_all(text, &arena, &errors);
	HOLDS(n != NULL);
	p = sql_compile(n, &scope, &env, &errors);
	HOLDS((p == NULL) == (errors.n > 0));
	for (size_t i = 0; i < errors.n; i++)
		HOLDS(errors.error[i].at <= size &&
		      errors.error[i].message[0] != '\0');
	arena_free(&arena);
	for (int i = 0; i < COLUMNS; i++)
		row[i] = columns[i].value;
	/* Twice: the second run has what the first left. */
	for (int k = 0; p != NULL && k < 2; k++) {
		const struct value *v = sql_run(p, row, &scratch);

		HOLDS(v != NULL || p->run.what != NULL);
		if (v != NULL)
			check_value(v, p->type);
		arena_reset(&scratch);
	}
	arena_free(&scratch);
	sql_program_free(p);
	sql_errors_free(&errors);
	return 0;
}
