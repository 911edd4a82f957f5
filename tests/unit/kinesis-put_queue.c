/* Tests of kinesis-put/queue.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	struct pool pool;
	struct queue queue;
};

static uint32_t
record(struct fixture *f, uint64_t line)
{
	uint32_t i = pool_add(
	    &f->pool, span_of("k"), (struct span){ 0 }, span_of("data"), false);

	f->pool.rec[i].line = line;
	return i;
}

static uint32_t
read_at(struct fixture *f, uint32_t i, int64_t ms)
{
	f->pool.rec[i].read_ms = ms;
	return i;
}

static uint64_t
line(const struct fixture *f, uint32_t i)
{
	return i == RECORD_NONE ? 0 : f->pool.rec[i].line;
}

static void
end(struct fixture *f)
{
	queue_free(&f->queue);
	pool_free(&f->pool);
}

static void
records_leave_in_the_order_of_lines(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	queue_init(&f.queue, &f.pool);
	for (uint64_t i = 1; i <= 5; i++)
		queue_add(
		    &f.queue, read_at(&f, record(&f, i), 10 * (int64_t)i));
	assert_int_equal(f.queue.n, 5);
	assert_int_equal(f.queue.bytes, 25);
	assert_int_equal(queue_since_ms(&f.queue), 10);
	for (uint64_t i = 1; i <= 5; i++) {
		assert_int_equal(line(&f, queue_peek(&f.queue)), i);
		assert_int_equal(line(&f, queue_take(&f.queue)), i);
	}
	assert_int_equal(queue_take(&f.queue), RECORD_NONE);
	assert_int_equal(f.queue.bytes, 0);
	assert_int_equal(queue_since_ms(&f.queue), INT64_MAX);
	end(&f);
}

static void
what_is_due_goes_before_what_is_fresh_and_nothing_before_its_time(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	queue_init(&f.queue, &f.pool);
	queue_wait(&f.queue, record(&f, 1), 100);
	queue_wait(&f.queue, record(&f, 2), 50);
	queue_add(&f.queue, read_at(&f, record(&f, 3), 10 * (int64_t)3));
	assert_int_equal(queue_due_ms(&f.queue), 50);
	queue_wake(&f.queue, 49);
	assert_int_equal(line(&f, queue_peek(&f.queue)), 3);
	queue_wake(&f.queue, 50);
	assert_int_equal(line(&f, queue_take(&f.queue)), 2);
	assert_int_equal(line(&f, queue_take(&f.queue)), 3);
	assert_int_equal(queue_take(&f.queue), RECORD_NONE);
	assert_int_equal(queue_due_ms(&f.queue), 100);
	queue_wake(&f.queue, 1000);
	assert_int_equal(line(&f, queue_take(&f.queue)), 1);
	assert_int_equal(queue_due_ms(&f.queue), INT64_MAX);
	end(&f);
}

static void
waiting_records_come_by_time_then_by_line(void **state)
{
	enum { N = 3000 };
	struct fixture f = { 0 };
	uint64_t seed = 1, before = 0;
	int64_t before_ms = -1;

	(void)state;
	queue_init(&f.queue, &f.pool);
	for (uint64_t i = 1; i <= N; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		assert_int_equal(
		    queue_wait(&f.queue, record(&f, i), (int64_t)(seed >> 58)),
		    0);
	}
	queue_wake(&f.queue, 1000);
	assert_int_equal(f.queue.n, N);
	for (int i = 0; i < N; i++) {
		uint32_t r = queue_take(&f.queue);
		int64_t due_ms = f.pool.rec[r].due_ms;

		assert_true(due_ms >= before_ms);
		if (due_ms == before_ms)
			assert_true(line(&f, r) > before);
		before = line(&f, r);
		before_ms = due_ms;
	}
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_leave_in_the_order_of_lines),
		cmocka_unit_test(
		    what_is_due_goes_before_what_is_fresh_and_nothing_before_its_time),
		cmocka_unit_test(waiting_records_come_by_time_then_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
