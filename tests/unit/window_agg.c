/* window_agg - however rows are grouped and parts merged, and however an
 * accumulator is saved and loaded between: the same results.
 * SPDX-License-Identifier: ISC */
#include "window/agg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "window/agg_number.h"

enum { ROWS = 60, PARTS = 9 };

static const struct type types[] = {
	{ 0 },
	{ .kind = TYPE_TINYINT },
	{ .kind = TYPE_INT },
	{ .kind = TYPE_BIGINT },
	{ .kind = TYPE_DECIMAL, .precision = 6, .scale = 2 },
	{ .kind = TYPE_DECIMAL, .precision = 38, .scale = 10 },
	{ .kind = TYPE_DECIMAL, .precision = 38, .scale = 38 },
	{ .kind = TYPE_STRING },
	{ .kind = TYPE_BOOLEAN },
};

/* --- one group: an accumulator and the map that owns what it keeps ----- */

struct group {
	struct map map;
	char acc[512] __attribute__((aligned(8)));
};

static void
group_init(struct group *g)
{
	memset(g, 0, sizeof *g);
	map_init(&g->map, 0);
}

static void
group_free(struct group *g, const struct agg_call *call)
{
	if (call->ops->release != NULL)
		call->ops->release(g->acc);
	map_free(&g->map);
}

static void
group_add(struct group *g, const struct agg_call *call, const struct value *v,
    uint64_t seq)
{
	struct buf scratch = { 0 };
	struct agg_env env = { &g->map, &scratch, seq, false };

	if (v->kind != VALUE_NULL)
		call->ops->add(g->acc, v, &env);
	assert_false(env.failed);
	buf_free(&scratch);
}

static void
group_merge(
    struct group *g, const struct agg_call *call, const struct group *other)
{
	struct agg_env env = { &g->map, NULL, 0, false };

	call->ops->merge(g->acc, other->acc, &env);
	assert_false(env.failed);
}

/* The group again from its bytes, as --state has them. */
static void
group_reload(struct group *g, const struct agg_call *call)
{
	struct archive out = { 0 }, in = { .loads = true };
	struct group loaded;

	agg_transfer(call, 1, &g->map, g->acc, &out);
	assert_false(out.buf.failed);
	group_init(&loaded);
	/* What follows is not its own. */
	buf_add_char(&out.buf, '!');
	in.p = out.buf.p;
	in.end = in.p + out.buf.n;
	agg_transfer(call, 1, &loaded.map, loaded.acc, &in);
	assert_true(archive_is_sound(&in));
	assert_ptr_equal(in.p, in.end - 1);
	buf_free(&out.buf);
	group_free(g, call);
	*g = loaded;
}

/* Any part of the bytes is refused, and none read past it. */
static void
check_cut(struct group *g, const struct agg_call *call)
{
	struct archive out = { 0 };

	agg_transfer(call, 1, &g->map, g->acc, &out);
	for (size_t n = 0; n < out.buf.n; n += 1 + n / 16) {
		char *cut = malloc(n == 0 ? 1 : n);
		struct archive in = { .loads = true, .p = cut, .end = cut + n };
		struct group part;

		assert_non_null(cut);
		memcpy(cut, out.buf.p, n);
		group_init(&part);
		agg_transfer(call, 1, &part.map, part.acc, &in);
		assert_true(in.bad);
		assert_true(in.p <= in.end);
		group_free(&part, call);
		free(cut);
	}
	buf_free(&out.buf);
}

static char *
group_text(const struct group *g, const struct agg_call *call)
{
	struct buf out = { 0 };
	bool unfit = false;
	struct value v;
	char *text;

	agg_result(g->acc, call, &v, &unfit);
	value_write(&out, &v,
	    v.kind == VALUE_DOUBLE ? TYPE_DOUBLE : call->out.kind,
	    DECIMAL_PLAIN);
	buf_add_text(&out, unfit ? " unfit" : "");
	text = strdup(buf_text(&out));
	buf_free(&out);
	assert_non_null(text);
	return text;
}

/* --- values -------------------------------------------------------------- */

static int128
random_units(int digits)
{
	int128 units = 0;

	for (int i = 0; i < digits; i++)
		units = units * 10 + (int128)random_from(0, 9);
	return random_from(0, 1) == 0 ? units : -units;
}

static struct value
random_text(void)
{
	static const char *const some[] = { "", "a", "ab", "b", "a longer text",
		"a text that is longer still than that", "\xc3\xa4" };

	return (struct value){ .kind = VALUE_TEXT,
		.text = span_of(some[random_from(0, 6)]) };
}

static struct value
random_number(struct type type, bool wide)
{
	struct value v = { .kind = VALUE_DECIMAL, .scale = type.scale };

	if (type.kind == TYPE_ANY) {
		v.scale = (int)random_from(0, wide ? 38 : 4);
		v.units = random_units((int)random_from(1, wide ? 38 : 9));
		/* As they are read: without trailing zeros. */
		while (v.scale > 0 && v.units % 10 == 0) {
			v.units /= 10;
			v.scale--;
		}
	} else if (type.kind == TYPE_DECIMAL) {
		v.units = random_units(
		    wide ? type.precision : (type.precision + 1) / 2);
	} else {
		v.kind = VALUE_INT;
		v.scale = 0;
		v.i = type_wrap((int64_t)random_u64(), type.kind);
		if (!wide)
			v.i %= 50;
	}
	return v;
}

static struct value
random_value(const struct agg_call *call, bool wide)
{
	if (random_from(0, 9) == 0)
		return (struct value){ .kind = VALUE_NULL };
	switch (call->in.kind) {
	case TYPE_STRING:
		return random_text();
	case TYPE_BOOLEAN:
		return (
		    struct value){ .kind = VALUE_BOOL, .i = random_from(0, 1) };
	case TYPE_ANY:
		if (!call->agg->numbers_only && random_from(0, 3) == 0)
			return random_text();
		break;
	default:
		break;
	}
	return random_number(call->in, wide);
}

/* --- the property -------------------------------------------------------- */

static void
check_grouping(const struct agg_call *call, bool wide)
{
	static struct group all, part[PARTS];
	int parts = (int)random_from(1, PARTS), left;
	int rows = (int)random_from(0, ROWS);
	char *want, *got;

	group_init(&all);
	for (int i = 0; i < parts; i++)
		group_init(&part[i]);
	for (int i = 0; i < rows; i++) {
		struct value v = random_value(call, wide);

		group_add(&all, call, &v, (uint64_t)i + 1);
		group_add(&part[random_from(0, parts - 1)], call, &v,
		    (uint64_t)i + 1);
	}
	/* Merged in any order, some reloaded on the way. */
	for (left = parts; left > 1; left--) {
		int into = (int)random_from(0, left - 1);
		int from = (into + 1 + (int)random_from(0, left - 2)) % left;

		if (random_from(0, 2) == 0)
			group_reload(&part[from], call);
		group_merge(&part[into], call, &part[from]);
		group_free(&part[from], call);
		part[from] = part[left - 1];
	}
	check_cut(&part[0], call);
	want = group_text(&all, call);
	got = group_text(&part[0], call);
	if (strcmp(want, got) != 0)
		fail_msg("%s of %s: %s, in parts %s", call->agg->option,
		    type_kind_name(call->in.kind), want, got);
	free(want);
	free(got);
	group_free(&all, call);
	group_free(&part[0], call);
}

static void
exact_aggregates_do_not_depend_on_grouping(void **state)
{
	(void)state;
	/* The first counts all rows, and takes no field. */
	for (size_t o = 1; agg_at(o) != NULL; o++)
		for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
			struct agg_call call = { .agg = agg_at(o),
				.in = types[t],
				.quantile = { 9, 1 } };

			if (!agg_bind(&call))
				continue;
			assert_true(call.ops->exact);
			assert_true(
			    call.ops->bytes <=
			    sizeof(struct group) - offsetof(struct group, acc));
			for (int i = 0; i < 40; i++)
				check_grouping(&call, i % 2 == 0);
		}
}

static void
floating_sums_depend_on_grouping_and_say_so(void **state)
{
	static const char *const sums[] = { "sum", "avg" };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (enum type_kind k = TYPE_FLOAT; k <= TYPE_DOUBLE; k++) {
			struct agg_call call = { .agg = agg_find(sums[i]),
				.in = { .kind = k } };

			assert_true(agg_bind(&call));
			assert_false(call.ops->exact);
			assert_int_equal(call.out.kind, k);
		}
}

static void
numbers_are_asked_for_where_they_are_needed(void **state)
{
	(void)state;
	for (size_t o = 1; agg_at(o) != NULL; o++) {
		struct agg_call call = { .agg = agg_at(o),
			.in = { .kind = TYPE_STRING } };

		assert_ptr_equal(agg_find(call.agg->option), call.agg);
		/* windowpipe sql has a name for it. */
		assert_non_null(call.agg->flink);
		assert_int_equal(agg_bind(&call), !call.agg->numbers_only);
	}
	assert_null(agg_find("median"));
}

/* --- results of no rows, of nulls, and beyond the type ------------------- */

static void
check_empty(const char *option, const char *want)
{
	struct agg_call call = { .agg = agg_find(option),
		.in = { .kind = TYPE_INT } };
	struct group g;
	char *text;

	assert_true(agg_bind(&call));
	group_init(&g);
	text = group_text(&g, &call);
	assert_string_equal(text, want);
	free(text);
	group_free(&g, &call);
}

static void
a_group_of_nulls_has_counts_of_0_and_else_nulls(void **state)
{
	static const char *const counts[] = { "count-of", "distinct",
		"approx-distinct" };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		check_empty(counts[i], "0");
	for (size_t o = 2; agg_at(o) != NULL; o++)
		if (strstr(agg_at(o)->option, "distinct") == NULL)
			check_empty(agg_at(o)->option, "null");
}

/* The result over BIGINT or DECIMAL values given by their units. */
static void
check_values(const char *option, struct type in, const int64_t *units, size_t n,
    const char *want)
{
	struct agg_call call = { .agg = agg_find(option), .in = in };
	struct group g;
	char *text;

	assert_true(agg_bind(&call));
	group_init(&g);
	for (size_t i = 0; i < n; i++) {
		struct value v = { .kind = VALUE_INT, .i = units[i] };

		if (in.kind == TYPE_DECIMAL) {
			v.kind = VALUE_DECIMAL;
			v.scale = in.scale;
			v.units = units[i];
		}
		group_add(&g, &call, &v, i + 1);
	}
	text = group_text(&g, &call);
	assert_string_equal(text, want);
	free(text);
	group_free(&g, &call);
}

static void
results_are_flinks(void **state)
{
	const struct type integer = { .kind = TYPE_INT };
	const struct type tiny = { .kind = TYPE_TINYINT };
	const struct type money = {
		.kind = TYPE_DECIMAL, .precision = 6, .scale = 2
	};
	const int64_t three[] = { 100, 250, 425 };

	(void)state;
	check_values("avg", integer, (const int64_t[]){ 1, 2 }, 2, "1");
	check_values("avg", integer, (const int64_t[]){ -3, 2 }, 2, "0");
	check_values("avg", integer, (const int64_t[]){ -1, -2 }, 2, "-1");
	check_values("sum", integer, (const int64_t[]){ INT32_MAX, 1 }, 2,
	    "-2147483648 unfit");
	check_values("sum", tiny, (const int64_t[]){ 127, 1, -1 }, 3, "127");
	check_values("avg", money, (const int64_t[]){ 10005, 0 }, 2, "50.025");
	check_values("avg", money, (const int64_t[]){ 1, 1, 0 }, 3, "0.006667");
	check_values("var-pop", money, three, 3, "1.763889");
	check_values("var-samp", money, three, 3, "2.645834");
	check_values("stddev-pop", money, three, 3, "1.328115");
	check_values("stddev-samp", money, three, 3, "1.626602");
	check_values("var-pop", money, three, 1, "0");
	check_values("var-samp", money, three, 1, "null");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_aggregates_do_not_depend_on_grouping),
		cmocka_unit_test(floating_sums_depend_on_grouping_and_say_so),
		cmocka_unit_test(numbers_are_asked_for_where_they_are_needed),
		cmocka_unit_test(
		    a_group_of_nulls_has_counts_of_0_and_else_nulls),
		cmocka_unit_test(results_are_flinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
