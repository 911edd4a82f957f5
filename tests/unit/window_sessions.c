/* window_sessions - open sessions against a naive list.
 * SPDX-License-Identifier: ISC */
#include "window/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"

enum { KEYS = 6, MOST = 400, GAP = 10 };

/* The rows of a session are the bits of their numbers' sum and their count. */
struct naive {
	bool open;
	int64_t start, end;
	int key;
	int64_t sum, n;
};

static struct naive naive[MOST];
static struct agg_call calls[2];
static size_t data_bytes;

static void
set_calls(void)
{
	data_bytes = 0;
	calls[0] = (struct agg_call){ .agg = agg_find("count"), .field = -1 };
	calls[1] = (struct agg_call){ .agg = agg_find("sum"),
		.in = { .kind = TYPE_BIGINT } };
	for (int i = 0; i < 2; i++) {
		assert_true(agg_bind(&calls[i]));
		calls[i].at = data_bytes;
		data_bytes += calls[i].ops->bytes;
	}
}

static struct span
key_of(int i)
{
	static char room[KEYS][40];
	int n = snprintf(room[i], sizeof room[i],
	    i % 2 == 0 ? "%d" : "%d is a key of some length", i);

	return (struct span){ room[i], (size_t)n };
}

static int64_t
result_of(const struct session *s, int i)
{
	struct value v;
	bool unfit = false;

	agg_result(s->data + calls[i].at, &calls[i], &v, &unfit);
	return v.kind == VALUE_NULL ? 0 : v.i;
}

/* False: the row is late. */
static bool
naive_put(int key, int64_t t, int64_t x, int64_t settled)
{
	struct naive row = { true, t, t + GAP, key, x, 1 };
	bool touched = false;

	for (int i = 0; i < MOST; i++) {
		struct naive *s = &naive[i];

		/* Touching: both ends belong to it. */
		if (!s->open || s->key != key || s->start > t + GAP ||
		    s->end < t)
			continue;
		touched = true;
		row.start = s->start < row.start ? s->start : row.start;
		row.end = s->end > row.end ? s->end : row.end;
		row.sum += s->sum;
		row.n += s->n;
		s->open = false;
	}
	if (!touched && row.end - 1 <= settled)
		return false;
	for (int i = 0; i < MOST; i++)
		if (!naive[i].open) {
			naive[i] = row;
			return true;
		}
	fail();
	return false;
}

static bool
naive_touches(int key, int64_t t)
{
	for (int i = 0; i < MOST; i++)
		if (naive[i].open && naive[i].key == key &&
		    naive[i].start <= t + GAP && naive[i].end >= t)
			return true;
	return false;
}

static void
put(struct sessions *s, int key, int64_t t, int64_t x, int64_t settled)
{
	struct span span = key_of(key);
	uint64_t hash = hash_bytes(span);
	bool touches = naive_touches(key, t);
	struct session *session = NULL;
	struct agg_env env = { 0 };
	struct value v = { .kind = VALUE_INT, .i = x };
	enum sessions_found found;

	assert_int_equal(sessions_touch(s, span, hash, t), touches);
	found = sessions_put(s, span, hash, t, settled, &session);
	if (!naive_put(key, t, x, settled)) {
		assert_int_equal(found, SESSIONS_LATE);
		return;
	}
	assert_int_equal(found, SESSIONS_FOUND);
	assert_true(session->start_ms <= t && t + GAP <= session->end_ms);
	env.map = &session->memory;
	calls[0].ops->add(session->data + calls[0].at, NULL, &env);
	calls[1].ops->add(session->data + calls[1].at, &v, &env);
}

static struct naive *
naive_of(const struct session *s)
{
	for (int i = 0; i < MOST; i++)
		if (naive[i].open && naive[i].start == s->start_ms &&
		    naive[i].end == s->end_ms &&
		    span_equal(key_of(naive[i].key), entry_key(s->key)))
			return &naive[i];
	return NULL;
}

static void
take(struct sessions *s, int64_t end)
{
	struct session **due;
	size_t n;
	int64_t next = INT64_MAX;
	uint64_t open = 0;

	assert_true(sessions_take(s, end, &due, &n));
	for (size_t i = 0; i < n; i++) {
		struct naive *want = naive_of(due[i]);

		assert_non_null(want);
		assert_true(due[i]->end_ms <= end);
		assert_int_equal(result_of(due[i], 0), want->n);
		assert_int_equal(result_of(due[i], 1), want->sum);
		want->open = false;
		sessions_release(s, due[i]);
	}
	free(due);
	for (int i = 0; i < MOST; i++)
		if (naive[i].open) {
			assert_true(naive[i].end > end);
			open++;
			if (naive[i].end < next)
				next = naive[i].end;
		}
	assert_int_equal(s->open, open);
	assert_true(sessions_next_end_ms(s) <= next);
	assert_int_equal(sessions_oldest_end_ms(s), next);
}

static void
sessions_are_those_of_the_naive_list(void **state)
{
	(void)state;
	set_calls();
	for (int round = 0; round < 60; round++) {
		struct sessions s;
		int64_t now = random_from(-500, 500), settled = INT64_MIN;

		memset(naive, 0, sizeof naive);
		sessions_init(&s, GAP, calls, 2, data_bytes);
		for (int row = 0; row < 600; row++) {
			int64_t t = now - random_from(0, 60);

			now += random_from(0, 4);
			put(&s, (int)random_from(0, KEYS - 1), t,
			    (int64_t)1 << (row % 50), settled);
			if (random_from(0, 5) == 0 && now - 30 > settled) {
				settled = now - 30;
				take(&s, settled + 1);
			}
		}
		if (round % 2 == 0)
			take(&s, INT64_MAX);
		sessions_free(&s);
	}
}

static void
rows_a_gap_apart_are_one_session_a_millisecond_more_are_two(void **state)
{
	struct sessions s;

	(void)state;
	set_calls();
	memset(naive, 0, sizeof naive);
	sessions_init(&s, GAP, calls, 2, data_bytes);
	put(&s, 0, 0, 1, INT64_MIN);
	put(&s, 0, GAP, 1, INT64_MIN);
	assert_int_equal(s.open, 1);
	put(&s, 0, 2 * GAP + 1, 1, INT64_MIN);
	assert_int_equal(s.open, 2);
	/* A row between two that touches both makes them one. */
	put(&s, 0, GAP + 1, 1, INT64_MIN);
	assert_int_equal(s.open, 1);
	take(&s, INT64_MAX);
	sessions_free(&s);
}

static void
a_row_is_late_only_where_it_touches_nothing(void **state)
{
	struct sessions s;
	struct span key = span_of("k");
	struct session *session;

	(void)state;
	set_calls();
	sessions_init(&s, GAP, calls, 2, data_bytes);
	assert_int_equal(
	    sessions_put(&s, key, hash_bytes(key), 100, 99, &session),
	    SESSIONS_FOUND);
	assert_int_equal(
	    sessions_put(&s, key, hash_bytes(key), 89, 99, &session),
	    SESSIONS_LATE);
	assert_int_equal(
	    sessions_put(&s, key, hash_bytes(key), 90, 99, &session),
	    SESSIONS_FOUND);
	assert_int_equal(session->start_ms, 90);
	/* Of another key it is late: it would end at 100. */
	key = span_of("other");
	assert_int_equal(
	    sessions_put(&s, key, hash_bytes(key), 90, 99, &session),
	    SESSIONS_LATE);
	assert_int_equal(
	    sessions_put(&s, key, hash_bytes(key), 91, 99, &session),
	    SESSIONS_FOUND);
	sessions_free(&s);
}

static void
accumulators_are_aligned(void **state)
{
	(void)state;
	assert_int_equal(offsetof(struct session, data) % 8, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_are_those_of_the_naive_list),
		cmocka_unit_test(
		    rows_a_gap_apart_are_one_session_a_millisecond_more_are_two),
		cmocka_unit_test(a_row_is_late_only_where_it_touches_nothing),
		cmocka_unit_test(accumulators_are_aligned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
