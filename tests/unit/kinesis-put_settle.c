/* Tests of kinesis-put/settle and kinesis-put/shards.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/hash.h"

enum { MAX = 8 };

struct fixture {
	struct pool pool;
	struct shards shards;
	struct random random;
	struct settle settle;
	uint32_t rec[MAX];
	struct outcome out[MAX];
};

static void
begin(struct fixture *f)
{
	*f = (struct fixture){ .random = { 1 } };
	assert_int_equal(shards_init(&f->shards), 0);
	f->settle = (struct settle){ .steps = { 50, 5000 },
		.random = &f->random,
		.shards = &f->shards };
	for (int i = 0; i < MAX; i++) {
		char key[16];

		snprintf(key, sizeof key, "k%d", i);
		f->rec[i] = pool_add(&f->pool, span_of(key), (struct span){ 0 },
		    span_of("d"), false);
		f->pool.rec[f->rec[i]].key_hash = hash_bytes(span_of(key));
	}
}

static void
end(struct fixture *f)
{
	shards_free(&f->shards);
	pool_free(&f->pool);
}

static struct reply_entry
stored(const char *shard)
{
	return (struct reply_entry){ .shard = span_of(shard), .stored = true };
}

static struct reply_entry
failed(const char *code, const char *message)
{
	return (struct reply_entry){ .code = span_of(code),
		.message = span_of(message) };
}

static const char throttle[] = "ProvisionedThroughputExceededException";

static void
each_code_has_its_fate(void **state)
{
	const struct reply_entry e[] = {
		stored("a"),
		failed(throttle, ""),
		failed("InternalFailure", ""),
		failed("InvalidArgumentException", "too big"),
		failed("KMSDisabledException", ""),
		failed("KMSThrottlingException", ""),
		failed("NobodyHasSeenThisYet", ""),
		failed("", ""),
	};
	const enum fate want[] = { FATE_STORED, FATE_AGAIN, FATE_AGAIN,
		FATE_REFUSED, FATE_FATAL, FATE_AGAIN, FATE_AGAIN, FATE_AGAIN };
	struct fixture f;

	(void)state;
	begin(&f);
	settle_answer(&f.settle, &f.pool, f.rec, e, MAX, f.out, 0, 0);
	for (int i = 0; i < MAX; i++) {
		assert_int_equal(f.out[i].fate, want[i]);
		assert_int_equal(f.out[i].throttled, i == 1 || i == 5);
	}
	end(&f);
}

/* The longest wait that n answers in a row can give. */
static void
waits_double_for_each_answer_that_stored_nothing(void **state)
{
	struct fixture f;
	int64_t most = 0;

	(void)state;
	begin(&f);
	for (int n = 1; n <= 12; n++) {
		const struct reply_entry e = failed(throttle,
		    "Rate exceeded for shard shardId-000000000003 in stream x");
		int64_t bound = 50 << (n - 1);

		if (bound > 5000)
			bound = 5000;
		settle_answer(&f.settle, &f.pool, f.rec, &e, 1, f.out, 0, 0);
		assert_true(f.out[0].wait_ms >= 0);
		assert_true(f.out[0].wait_ms <= bound);
		if (f.out[0].wait_ms > most)
			most = f.out[0].wait_ms;
		assert_int_equal(f.shards.list[f.out[0].shard].failures, n);
	}
	assert_true(most > 400);
	end(&f);
}

static void
anything_stored_in_a_shard_begins_its_waits_anew(void **state)
{
	const struct reply_entry bad =
	    failed(throttle, "for shard shardId-000000000003");
	const struct reply_entry mixed[] = {
		failed(throttle, "for shard shardId-000000000003"),
		stored("shardId-000000000003"),
	};
	struct fixture f;

	(void)state;
	begin(&f);
	for (int n = 0; n < 10; n++)
		settle_answer(&f.settle, &f.pool, f.rec, &bad, 1, f.out, 0, 0);
	settle_answer(&f.settle, &f.pool, f.rec, mixed, 2, f.out, 0, 0);
	assert_int_equal(f.out[0].shard, f.out[1].shard);
	assert_true(f.out[0].wait_ms <= 50);
	assert_int_equal(f.shards.list[f.out[0].shard].failures, 0);
	assert_int_equal(f.shards.list[f.out[0].shard].throttled, 11);
	assert_int_equal(f.shards.list[f.out[0].shard].stored, 1);
	end(&f);
}

static void
a_shard_that_fails_holds_back_no_other(void **state)
{
	const struct reply_entry e[] = {
		failed(throttle, "for shard shardId-000000000001"),
		failed(throttle, "for shard shardId-000000000002"),
	};
	struct fixture f;

	(void)state;
	begin(&f);
	for (int n = 0; n < 9; n++)
		settle_answer(&f.settle, &f.pool, f.rec, e, 1, f.out, 0, 0);
	settle_answer(&f.settle, &f.pool, f.rec, e, 2, f.out, 0, 0);
	assert_int_equal(f.shards.list[f.out[0].shard].failures, 10);
	assert_int_equal(f.shards.list[f.out[1].shard].failures, 1);
	assert_true(f.out[1].wait_ms <= 50);
	end(&f);
}

static void
records_of_one_shard_wait_equally_long(void **state)
{
	struct reply_entry e[MAX];
	struct fixture f;

	(void)state;
	begin(&f);
	for (int i = 0; i < MAX; i++)
		e[i] = failed(throttle, "for shard shardId-000000000001");
	settle_answer(&f.settle, &f.pool, f.rec, e, MAX, f.out, 0, 0);
	for (int i = 1; i < MAX; i++)
		assert_int_equal(f.out[i].wait_ms, f.out[0].wait_ms);
	end(&f);
}

static void
where_a_key_went_before_tells_its_shard(void **state)
{
	const struct reply_entry first[] = { stored("a"), stored("b") };
	const struct reply_entry second[] = { failed("InternalFailure", ""),
		failed("InternalFailure", ""), failed("InternalFailure", "") };
	struct fixture f;

	(void)state;
	begin(&f);
	settle_answer(&f.settle, &f.pool, f.rec, first, 2, f.out, 0, 0);
	settle_answer(&f.settle, &f.pool, f.rec, second, 3, f.out, 0, 0);
	assert_memory_equal(f.shards.list[f.out[0].shard].name, "a", 1);
	assert_memory_equal(f.shards.list[f.out[1].shard].name, "b", 1);
	assert_int_equal(f.out[2].shard, SHARD_UNKNOWN);
	end(&f);
}

static void
an_unknown_shard_waits_as_the_stream_does(void **state)
{
	const struct reply_entry bad = failed("InternalFailure", "");
	const struct reply_entry mixed[] = { failed("InternalFailure", ""),
		stored("a") };
	struct fixture f;

	(void)state;
	begin(&f);
	for (int n = 0; n < 10; n++)
		settle_answer(&f.settle, &f.pool, f.rec, &bad, 1, f.out, 0, 0);
	assert_int_equal(f.shards.list[SHARD_UNKNOWN].failures, 10);
	settle_answer(&f.settle, &f.pool, f.rec, mixed, 2, f.out, 0, 0);
	assert_int_equal(f.shards.list[SHARD_UNKNOWN].failures, 0);
	end(&f);
}

static void
many_shards_keep_their_names(void **state)
{
	struct shards s;
	char name[32];

	(void)state;
	assert_int_equal(shards_init(&s), 0);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 3000; i++) {
			snprintf(name, sizeof name, "shardId-%012u", i);
			assert_int_equal(
			    shards_named(&s, span_of(name)), i + 1);
		}
	}
	assert_int_equal(s.n, 3001);
	assert_int_equal(
	    shards_in_message(&s,
		span_of("Rate exceeded for shard shardId-000000000007 in x")),
	    8);
	assert_int_equal(
	    shards_in_message(&s, span_of("no shard")), SHARD_UNKNOWN);
	assert_int_equal(shards_named(&s, (struct span){ 0 }), SHARD_UNKNOWN);
	assert_int_equal(shards_named(&s, span_of("a\"b")), SHARD_UNKNOWN);
	shards_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_has_its_fate),
		cmocka_unit_test(
		    waits_double_for_each_answer_that_stored_nothing),
		cmocka_unit_test(
		    anything_stored_in_a_shard_begins_its_waits_anew),
		cmocka_unit_test(a_shard_that_fails_holds_back_no_other),
		cmocka_unit_test(records_of_one_shard_wait_equally_long),
		cmocka_unit_test(where_a_key_went_before_tells_its_shard),
		cmocka_unit_test(an_unknown_shard_waits_as_the_stream_does),
		cmocka_unit_test(many_shards_keep_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
