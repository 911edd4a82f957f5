/* Tests of kinesis-put/key_queues and kinesis-put/aggregate.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/key_queues.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kinesis-put/request.h"
#include "kinesis-put/shards.h"
#include "lib/hash.h"

struct fixture {
	struct pool pool;
	struct queue queue;
	struct key_queues key_queues;
	uint64_t line;
};

static void
begin(struct fixture *f, bool ordered, size_t aggregate_bytes)
{
	*f = (struct fixture){ 0 };
	queue_init(&f->queue, &f->pool);
	key_queues_init(
	    &f->key_queues, &f->pool, &f->queue, ordered, aggregate_bytes);
}

static void
end(struct fixture *f)
{
	key_queues_free(&f->key_queues);
	queue_free(&f->queue);
	pool_free(&f->pool);
}

static uint32_t
admit(struct fixture *f, const char *key, const char *data, int64_t read_ms)
{
	uint32_t i = pool_add(
	    &f->pool, span_of(key), (struct span){ 0 }, span_of(data), false);
	struct record *r = &f->pool.rec[i];

	r->line = ++f->line;
	r->read_ms = read_ms;
	r->key_hash = *key == '\0' ? 0 : hash_bytes(span_of(key));
	if (*key == '\0')
		r->flags |= RECORD_RANDOM_KEY;
	assert_int_equal(key_queues_add(&f->key_queues, i), 0);
	return i;
}

/* Line of what may be sent next, 0 for nothing. */
static uint64_t
take(struct fixture *f)
{
	uint32_t i = queue_take(&f->queue);

	return i == RECORD_NONE ? 0 : f->pool.rec[i].line;
}

static void
settle(struct fixture *f, uint64_t line)
{
	for (uint32_t i = 0; i < f->pool.nrec; i++) {
		if (f->pool.rec[i].line != line ||
		    !(f->pool.rec[i].flags & RECORD_LIVE))
			continue;
		key_queues_release(&f->key_queues, i);
		pool_drop(&f->pool, i);
		return;
	}
	fail();
}

static void
one_record_of_a_key_is_under_way_at_a_time(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, true, 0);
	admit(&f, "a", "1", 0);
	admit(&f, "a", "2", 0);
	admit(&f, "b", "3", 0);
	admit(&f, "a", "4", 0);
	assert_int_equal(take(&f), 1);
	assert_int_equal(take(&f), 3);
	assert_int_equal(take(&f), 0);
	settle(&f, 1);
	assert_int_equal(take(&f), 2);
	assert_int_equal(take(&f), 0);
	settle(&f, 3);
	assert_int_equal(take(&f), 0);
	settle(&f, 2);
	assert_int_equal(take(&f), 4);
	settle(&f, 4);
	assert_int_equal(f.key_queues.n, 0);
	end(&f);
}

/* Against a plain model: for each key the lines in order, one at a time. */
static void
any_coming_and_going_keeps_each_keys_order(void **state)
{
	enum { KEYS = 200, STEPS = 40000 };
	static uint64_t last[KEYS];
	static int key_of[STEPS + 1];
	static bool busy[KEYS];
	uint64_t under_way[KEYS], seed = 3;
	struct fixture f;
	size_t n = 0;

	(void)state;
	begin(&f, true, 0);
	for (int step = 0; step < STEPS; step++) {
		char key[8];
		int k;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		k = (int)((seed >> 40) % KEYS);
		snprintf(key, sizeof key, "k%d", k % 1000);
		if ((seed >> 33) % 5 < 2 || f.pool.live == 0) {
			admit(&f, key, "x", 0);
			key_of[f.line] = k;
		} else if ((seed >> 33) % 5 == 2 && n > 0) {
			size_t i = (seed >> 20) % n;

			busy[key_of[under_way[i]]] = false;
			settle(&f, under_way[i]);
			under_way[i] = under_way[--n];
		} else {
			uint64_t line = take(&f);

			if (line == 0)
				continue;
			assert_false(busy[key_of[line]]);
			assert_true(line > last[key_of[line]]);
			busy[key_of[line]] = true;
			last[key_of[line]] = line;
			under_way[n++] = line;
		}
	}
	end(&f);
}

static void
records_of_one_key_become_one_pack(void **state)
{
	struct fixture f;
	uint32_t i;

	(void)state;
	begin(&f, false, 1000);
	i = admit(&f, "a", "one", 0);
	admit(&f, "b", "two", 5);
	admit(&f, "a", "three", 10);
	assert_int_equal(key_queues_due_ms(&f.key_queues, 100), 100);
	key_queues_flush(&f.key_queues, 99, 100, true);
	assert_int_equal(take(&f), 0);
	key_queues_flush(&f.key_queues, 100, 100, true);
	assert_int_equal(take(&f), 1);
	assert_int_equal(take(&f), 0);
	assert_int_equal(f.pool.rec[i].lines, 2);
	key_queues_flush(&f.key_queues, 100, 100, false);
	assert_int_equal(take(&f), 2);
	assert_int_equal(key_queues_due_ms(&f.key_queues, 100), INT64_MAX);
	assert_int_equal(f.key_queues.n, 0);
	end(&f);
}

static void
a_full_pack_waits_for_nothing(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, false, 110);
	admit(&f, "", "a line of twenty-four b.", 0);
	admit(&f, "", "a line of twenty-four b.", 0);
	assert_int_equal(f.pool.rec[0].lines, 2);
	admit(&f, "", "a line of twenty-four b.", 0);
	assert_int_equal(f.pool.rec[0].lines, 2);
	key_queues_flush(&f.key_queues, 0, 100, true);
	assert_int_equal(take(&f), 1);
	assert_int_equal(take(&f), 0);
	end(&f);
}

/* Many keys, few and many lines each: aggregates leave when they are full. */
static void
full_packs_wait_for_none_that_grow(void **state)
{
	struct fixture f;
	char key[8];
	uint64_t full;

	(void)state;
	begin(&f, false, 100);
	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof key, "key%d", i);
		admit(&f, key, "1234567890", i);
	}
	key_queues_flush(&f.key_queues, 20, 100, true);
	assert_int_equal(take(&f), 0);
	/* First, last and one between; then what is left is in order. */
	for (int i = 0; i < 3; i++) {
		static const int which[] = { 0, 19, 7 };

		snprintf(key, sizeof key, "key%d", which[i]);
		full = 0;
		for (int n = 0; n < 10 && full == 0; n++) {
			admit(&f, key, "1234567890", 30);
			key_queues_flush(&f.key_queues, 30, 100, true);
			full = take(&f);
		}
		assert_int_equal(full, which[i] + 1);
	}
	for (uint64_t line = 2; line <= 19; line++) {
		if (line == 8)
			continue;
		assert_int_equal(
		    key_queues_due_ms(&f.key_queues, 100), 100 + line - 1);
		key_queues_flush(
		    &f.key_queues, 100 + (int64_t)line - 1, 100, true);
		assert_int_equal(take(&f), line);
	}
	assert_int_equal(key_queues_due_ms(&f.key_queues, 100), 130);
	end(&f);
}

static void
ordered_packs_follow_one_another(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, true, 1000);
	admit(&f, "a", "1", 0);
	key_queues_flush(&f.key_queues, 0, 0, true);
	assert_int_equal(take(&f), 1);
	admit(&f, "a", "2", 0);
	admit(&f, "a", "3", 0);
	key_queues_flush(&f.key_queues, 50, 0, true);
	assert_int_equal(take(&f), 0);
	settle(&f, 1);
	key_queues_flush(&f.key_queues, 50, 0, true);
	assert_int_equal(take(&f), 2);
	assert_int_equal(take(&f), 0);
	assert_int_equal(
	    f.pool.rec[1].line == 2 ? f.pool.rec[1].lines : f.pool.rec[0].lines,
	    2);
	end(&f);
}

static void
a_refused_pack_is_taken_apart_in_order(void **state)
{
	struct fixture f;
	uint32_t i;

	(void)state;
	for (int ordered = 0; ordered < 2; ordered++) {
		begin(&f, ordered, 1000);
		i = admit(&f, "a", "1", 0);
		admit(&f, "a", "2", 0);
		admit(&f, "a", "3", 0);
		key_queues_flush(&f.key_queues, 0, 0, true);
		assert_int_equal(take(&f), 1);
		admit(&f, "a", "4", 0);
		assert_int_equal(key_queues_take_apart(&f.key_queues, i), 0);
		for (uint64_t line = 1; line <= 3; line++) {
			assert_int_equal(take(&f), line);
			if (ordered)
				assert_int_equal(take(&f), 0);
			settle(&f, line);
		}
		key_queues_flush(&f.key_queues, 0, 0, true);
		assert_int_equal(take(&f), 4);
		end(&f);
	}
}

/* The vector of the reference: keys k1, three lines, as decoded by KCL. */
static void
a_pack_is_written_as_the_library_writes_it(void **state)
{
	static const char want[] =
	    "\xf3\x89\x9a\xc2\x0a\x02k1\x1a\x0c\x08\x00\x1a\x08{\"a\":1}\n"
	    "\x1a\x0c\x08\x00\x1a\x08{\"a\":2}\n";
	struct buf b = { 0 };
	struct fixture f;
	uint32_t i;

	(void)state;
	begin(&f, false, 1000);
	i = admit(&f, "k1", "{\"a\":1}\n", 0);
	admit(&f, "k1", "{\"a\":2}\n", 0);
	assert_int_equal(
	    aggregate_write(&b, &f.pool, &f.pool.rec[i], span_of("k1")), 0);
	assert_int_equal(b.n, sizeof want - 1 + 16);
	assert_memory_equal(b.p, want, sizeof want - 1);
	/* What is sent, and the request's own key. */
	assert_int_equal(f.pool.rec[i].aggregate_bytes, b.n + 2);
	buf_free(&b);
	end(&f);
}

static void
the_size_of_a_pack_is_known_before_it_is_written(void **state)
{
	static char data[40000];
	struct buf b = { 0 };
	struct fixture f;

	(void)state;
	memset(data, 'x', sizeof data - 1);
	for (size_t n = 0; n < sizeof data - 1; n += n < 400 ? 1 : 997) {
		uint32_t first = RECORD_NONE;

		begin(&f, false, 1000 * 1000);
		for (int k = 0; k < 3; k++) {
			uint32_t i = pool_add(&f.pool, span_of("key"),
			    span_of("12345"), (struct span){ data, n }, false);

			f.pool.rec[i].key_hash = 5;
			key_queues_add(&f.key_queues, i);
			if (k == 0)
				first = i;
		}
		buf_clear(&b);
		aggregate_write(
		    &b, &f.pool, &f.pool.rec[first], span_of("key"));
		assert_int_equal(
		    f.pool.rec[first].aggregate_bytes, b.n + 3 + 5);
		end(&f);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_record_of_a_key_is_under_way_at_a_time),
		cmocka_unit_test(any_coming_and_going_keeps_each_keys_order),
		cmocka_unit_test(records_of_one_key_become_one_pack),
		cmocka_unit_test(a_full_pack_waits_for_nothing),
		cmocka_unit_test(full_packs_wait_for_none_that_grow),
		cmocka_unit_test(ordered_packs_follow_one_another),
		cmocka_unit_test(a_refused_pack_is_taken_apart_in_order),
		cmocka_unit_test(a_pack_is_written_as_the_library_writes_it),
		cmocka_unit_test(
		    the_size_of_a_pack_is_known_before_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
