/* Tests of kinesis-put/response and kinesis-put/shards.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/hash.h"

enum { MAX = 8 };
enum { NOW_MS = 1000 * 1000 };

/* The wall clock: 2026-11-29T08:00:00Z. */
#define WALL_MS 1795939200000

struct fixture {
	struct options opt;
	struct outbox outbox;
	struct random random;
	struct skew skew;
	struct health health;
	uint32_t rec[MAX];
	struct batch batch;
	struct transport_response response;
	struct verdict verdict;
};

static void
begin(struct fixture *f)
{
	*f = (struct fixture){
		.opt = { .service = { .arn.stream = span_of("s"),
			     .transient_steps = { 50, 20000 },
			     .throttle_steps = { 1000, 20000 } },
		    .batch_records = MAX,
		    .retry_for_ms = INT64_MAX,
		    .entry_steps = { 50, 5000 } },
		.random = { 1 },
		.skew = { .number = 3 },
		.health = { .opt = &f->opt,
		    .outbox = &f->outbox,
		    .random = &f->random,
		    .skew = &f->skew },
		.batch = { .rec = f->rec, .stamp = { 5, 3 } },
	};
	assert_int_equal(shards_init(&f->outbox.shards), 0);
	assert_int_equal(health_init(&f->health), 0);
	for (int i = 0; i < MAX; i++) {
		char key[16];

		snprintf(key, sizeof key, "k%d", i);
		f->rec[i] = pool_add(&f->outbox.pool, span_of(key),
		    (struct span){ 0 }, span_of("d"), false);
		f->outbox.pool.rec[f->rec[i]].key_hash =
		    hash_bytes(span_of(key));
	}
}

static void
end(struct fixture *f)
{
	verdict_free(&f->verdict);
	buf_free(&f->response.body);
	health_free(&f->health);
	shards_free(&f->outbox.shards);
	pool_free(&f->outbox.pool);
}

/* --- the entries of an answer -------------------------------------------- */

/* Judges n entries about the first n records. */
static void
acks(struct fixture *f, const struct reply_entry *e, size_t n)
{
	memcpy(f->health.entry, e, n * sizeof *e);
	f->batch.n = n;
	response_acks(&f->health, &f->batch, 0);
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
	acks(&f, e, MAX);
	for (int i = 0; i < MAX; i++) {
		assert_int_equal(f.health.ack[i].fate, want[i]);
		assert_int_equal(f.health.ack[i].throttled, i == 1 || i == 5);
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
		acks(&f, &e, 1);
		assert_true(f.health.ack[0].wait_ms >= 0);
		assert_true(f.health.ack[0].wait_ms <= bound);
		if (f.health.ack[0].wait_ms > most)
			most = f.health.ack[0].wait_ms;
		assert_int_equal(
		    f.outbox.shards.list[f.health.ack[0].shard].failures, n);
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
		acks(&f, &bad, 1);
	acks(&f, mixed, 2);
	assert_int_equal(f.health.ack[0].shard, f.health.ack[1].shard);
	assert_true(f.health.ack[0].wait_ms <= 50);
	assert_int_equal(
	    f.outbox.shards.list[f.health.ack[0].shard].failures, 0);
	assert_int_equal(
	    f.outbox.shards.list[f.health.ack[0].shard].throttled, 11);
	assert_int_equal(f.outbox.shards.list[f.health.ack[0].shard].stored, 1);
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
		acks(&f, e, 1);
	acks(&f, e, 2);
	assert_int_equal(
	    f.outbox.shards.list[f.health.ack[0].shard].failures, 10);
	assert_int_equal(
	    f.outbox.shards.list[f.health.ack[1].shard].failures, 1);
	assert_true(f.health.ack[1].wait_ms <= 50);
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
	acks(&f, e, MAX);
	for (int i = 1; i < MAX; i++)
		assert_int_equal(
		    f.health.ack[i].wait_ms, f.health.ack[0].wait_ms);
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
	acks(&f, first, 2);
	acks(&f, second, 3);
	assert_memory_equal(
	    f.outbox.shards.list[f.health.ack[0].shard].name, "a", 1);
	assert_memory_equal(
	    f.outbox.shards.list[f.health.ack[1].shard].name, "b", 1);
	assert_int_equal(f.health.ack[2].shard, SHARD_UNKNOWN);
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
		acks(&f, &bad, 1);
	assert_int_equal(f.outbox.shards.list[SHARD_UNKNOWN].failures, 10);
	acks(&f, mixed, 2);
	assert_int_equal(f.outbox.shards.list[SHARD_UNKNOWN].failures, 0);
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

/* --- what an answer means ------------------------------------------------ */

/* An answer about the first n records. */
static void
judge(struct fixture *f, enum transport_result result, int status,
    const char *body, size_t n, int64_t now_ms)
{
	const struct answer a = { .batch = &f->batch,
		.response = &f->response,
		.now_ms = now_ms,
		.wall_ms = WALL_MS + now_ms - NOW_MS,
		.identity = 5,
		.url = "https://k" };

	verdict_free(&f->verdict);
	f->verdict = (struct verdict){ 0 };
	f->batch.n = n;
	f->batch.failures = f->health.outage.failures;
	f->response.result = result;
	f->response.status = status;
	f->response.retry_after_ms = RETRY_NO_HINT;
	buf_clear(&f->response.body);
	buf_add_text(&f->response.body, body);
	response_judge(&f->health, &a, &f->verdict);
}

/* A refusal by that code. */
static void
refuse(struct fixture *f, const char *code, const char *message, size_t n,
    int64_t now_ms)
{
	struct buf b = { 0 };

	buf_addf(&b, "{\"__type\":\"%s\",\"message\":\"%s\"}", code, message);
	judge(f, TRANSPORT_ANSWERED, 400, buf_text(&b), n, now_ms);
	buf_free(&b);
}

/* It says what is wanted, or nothing where that is NULL. */
static void
says(struct buf *said, const char *want)
{
	if (want == NULL)
		assert_int_equal(said->n, 0);
	else
		assert_non_null(strstr(buf_text(said), want));
}

#define STORED              "{\"SequenceNumber\":\"1\",\"ShardId\":\"shardId-000000000001\"}"
#define FAILED(code)        "{\"ErrorCode\":\"" code "\",\"ErrorMessage\":\"m\"}"
#define ENTRIES(one, other) "{\"Records\":[" one "," other "]}"
#define CODE(code)          "{\"__type\":\"" code "\",\"message\":\"m\"}"

/* The rows of the table in tests/kinesis/README.md, in its order. */
static const struct row {
	const char *what;
	enum transport_result result;
	int status;
	const char *body;
	size_t records;
	enum verdict_action action;
	bool throttled, ends;
	const char *warning, *error;
} rows[] = {
	{ "all is stored", TRANSPORT_ANSWERED, 200, ENTRIES(STORED, STORED), 2,
	    VERDICT_ACKS, false, false, NULL, NULL },
	{ "throttle in an entry", TRANSPORT_ANSWERED, 200,
	    ENTRIES(STORED, FAILED("ProvisionedThroughputExceededException")),
	    2, VERDICT_ACKS, false, false, NULL, NULL },
	{ "failure in an entry", TRANSPORT_ANSWERED, 200,
	    ENTRIES(FAILED("InternalFailure"), STORED), 2, VERDICT_ACKS, false,
	    false, NULL, NULL },
	{ "refusal of a record in an entry", TRANSPORT_ANSWERED, 200,
	    ENTRIES(FAILED("InvalidArgumentException"), STORED), 2,
	    VERDICT_ACKS, false, false, NULL, NULL },
	{ "refusal by KMS in an entry", TRANSPORT_ANSWERED, 200,
	    ENTRIES(STORED, FAILED("KMSDisabledException")), 2, VERDICT_ACKS,
	    false, true, NULL,
	    "stream 's' accepts no records: KMSDisabledException: 'm'; check "
	    "its "
	    "policy, and the key that encrypts it" },
	{ "throttle of the request", TRANSPORT_ANSWERED, 400,
	    CODE("LimitExceededException"), 2, VERDICT_WAIT, true, false, NULL,
	    NULL },
	{ "429 without a code", TRANSPORT_ANSWERED, 429, "", 2, VERDICT_WAIT,
	    true, false, NULL, NULL },
	{ "passing failure", TRANSPORT_ANSWERED, 500,
	    CODE("InternalFailureException"), 2, VERDICT_WAIT, false, false,
	    NULL, NULL },
	{ "503 of whatever", TRANSPORT_ANSWERED, 503, "<html>", 2, VERDICT_WAIT,
	    false, false, NULL, NULL },
	{ "no connection", TRANSPORT_REFUSED, 0, "", 2, VERDICT_WAIT, false,
	    false, "cannot reach https://k: ", NULL },
	{ "no such host", TRANSPORT_NO_HOST, 0, "", 2, VERDICT_WAIT, false,
	    false, "cannot reach https://k: ", NULL },
	{ "an answer of a proxy", TRANSPORT_ANSWERED, 403, "<html>Go away", 2,
	    VERDICT_WAIT, false, true, NULL,
	    "Go away'; that is not Kinesis's answer: check the proxy" },
	{ "libcurl fails", TRANSPORT_FAILED, 0, "", 2, VERDICT_WAIT, false,
	    true, NULL, "a request failed on this machine: " },
	{ "no TLS", TRANSPORT_TLS, 0, "", 2, VERDICT_WAIT, false, false,
	    "cannot reach https://k: ", NULL },
	{ "no answer", TRANSPORT_TIMEOUT, 0, "", 2, VERDICT_WAIT, false, false,
	    NULL, NULL },
	{ "half an answer", TRANSPORT_BROKEN, 200, "{\"Records\":[", 2,
	    VERDICT_WAIT, false, false, NULL, NULL },
	{ "another number of entries", TRANSPORT_ANSWERED, 200,
	    ENTRIES(STORED, STORED), 3, VERDICT_WAIT, false, false, NULL,
	    NULL },
	{ "200 with something else", TRANSPORT_ANSWERED, 200, "<html>", 2,
	    VERDICT_WAIT, false, false, NULL, NULL },
	{ "throttle by KMS", TRANSPORT_ANSWERED, 400,
	    CODE("KMSThrottlingException"), 2, VERDICT_WAIT, true, false, NULL,
	    NULL },
	{ "refusal by KMS", TRANSPORT_ANSWERED, 400,
	    CODE("KMSDisabledException"), 2, VERDICT_WAIT, false, true, NULL,
	    "; check the key that encrypts the stream" },
	{ "credentials", TRANSPORT_ANSWERED, 400, CODE("ExpiredToken"), 2,
	    VERDICT_RENEW, false, false, NULL, NULL },
	{ "a wrong signature", TRANSPORT_ANSWERED, 400,
	    CODE("InvalidSignatureException"), 2, VERDICT_WAIT, false, true,
	    NULL, "; check the secret key, the region and the clock" },
	{ "not allowed", TRANSPORT_ANSWERED, 400, CODE("AccessDeniedException"),
	    2, VERDICT_WAIT, false, true, NULL,
	    "; the policy must allow kinesis:PutRecords on it" },
	{ "signature missing", TRANSPORT_ANSWERED, 400,
	    CODE("MissingAuthenticationToken"), 2, VERDICT_WAIT, false, true,
	    NULL, "; trying again does not help" },
	{ "stream missing", TRANSPORT_ANSWERED, 400,
	    CODE("ResourceNotFoundException"), 2, VERDICT_WAIT, false, true,
	    NULL, "or wait for it with --wait-stream 1m" },
	{ "a batch that it does not take", TRANSPORT_ANSWERED, 400,
	    CODE("ValidationException"), 2, VERDICT_SPLIT, false, false, NULL,
	    NULL },
	{ "a record that it does not take", TRANSPORT_ANSWERED, 400,
	    CODE("InvalidArgumentException"), 1, VERDICT_REJECT, false, false,
	    NULL, NULL },
	{ "a request too large", TRANSPORT_ANSWERED, 413, "", 2, VERDICT_SPLIT,
	    false, false, NULL, NULL },
	{ "what we should never have sent", TRANSPORT_ANSWERED, 400,
	    CODE("SerializationException"), 2, VERDICT_WAIT, false, true, NULL,
	    "; trying again does not help" },
	{ "a code that nobody knows", TRANSPORT_ANSWERED, 500,
	    CODE("NobodyHasSeenThisYet"), 2, VERDICT_WAIT, false, false, NULL,
	    NULL },
};

static void
each_answer_has_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct fixture f;
		struct verdict *v = &f.verdict;

		begin(&f);
		judge(&f, r->result, r->status, r->body, r->records, NOW_MS);
		if (v->action != r->action || v->ends != r->ends ||
		    v->throttled != r->throttled)
			fail_msg("%s: action %d, ends %d, throttled %d",
			    r->what, (int)v->action, v->ends, v->throttled);
		says(&v->warning, r->warning);
		says(&v->error, r->error);
		if (r->action == VERDICT_WAIT)
			assert_in_range(v->due_ms, NOW_MS,
			    NOW_MS + (r->throttled ? 1000 : 500));
		/* What ends it, too, is tried no more at once. */
		assert_int_equal(f.health.outage.failures,
		    r->action == VERDICT_WAIT ? 1 : 0);
		end(&f);
	}
}

/* By the names above: after these nobody knows what is stored. */
static void
what_may_have_been_stored_is_in_doubt(void **state)
{
	static const char *const doubtful[] = { "passing failure",
		"503 of whatever", "libcurl fails", "no answer",
		"half an answer", "another number of entries",
		"200 with something else", "a code that nobody knows" };
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct fixture f;
		bool is = n < sizeof doubtful / sizeof *doubtful &&
		          strcmp(r->what, doubtful[n]) == 0;

		begin(&f);
		judge(&f, r->result, r->status, r->body, r->records, NOW_MS);
		if (f.verdict.in_doubt != is)
			fail_msg("%s: in doubt %d", r->what, !is);
		end(&f);
		n += is;
	}
	assert_int_equal(n, sizeof doubtful / sizeof *doubtful);
}

static void
requests_in_flight_together_are_one_failure(void **state)
{
	struct fixture f;
	int64_t first_ms;

	(void)state;
	begin(&f);
	refuse(&f, "SlowDown", "", 1, NOW_MS);
	first_ms = f.verdict.due_ms;
	f.batch.failures = 0;
	assert_int_equal(
	    response_postpone(&f.health, &f.batch, f.opt.service.throttle_steps,
		RETRY_NO_HINT, NOW_MS + 1),
	    first_ms);
	assert_int_equal(f.health.outage.failures, 1);
	refuse(&f, "SlowDown", "", 1, NOW_MS + 2);
	assert_int_equal(f.health.outage.failures, 2);
	end(&f);
}

static void
the_last_try_is_when_its_time_is_over(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	f.opt.retry_for_ms = 1;
	for (int i = 0; i < 9; i++)
		refuse(&f, "SlowDown", "", 1, NOW_MS);
	assert_in_range(f.verdict.due_ms, NOW_MS, NOW_MS + 1);
	end(&f);
}

static void
an_outage_is_said_when_it_lasts_and_so_is_its_end(void **state)
{
	/* Failures from NOW_MS on, and what is said after each. */
	static const struct {
		int64_t at_ms;
		const char *want;
	} said[] = {
		{ 0, NULL },
		{ 100, NULL },
		{ 200, "https://k refuses for now: SlowDown; trying again" },
		{ 10199, NULL },
		{ 10200, "SlowDown; nothing has got through since "
			 "2026-11-29T08:00:00Z, for 10 s; trying again" },
		{ 30199, NULL },
		{ 30200, ", for 30 s; trying again" },
	};
	struct fixture f;

	(void)state;
	begin(&f);
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		refuse(&f, "SlowDown", "", 1, NOW_MS + said[i].at_ms);
		says(&f.verdict.warning, said[i].want);
	}
	judge(&f, TRANSPORT_ANSWERED, 200, "{\"Records\":[" STORED "]}", 1,
	    NOW_MS + 40000);
	says(&f.verdict.warning, "https://k answers again");
	assert_int_equal(f.health.outage.failures, 0);
	judge(&f, TRANSPORT_ANSWERED, 200, "{\"Records\":[" STORED "]}", 1,
	    NOW_MS + 40001);
	says(&f.verdict.warning, NULL);
	end(&f);
}

static void
a_connection_closed_while_idle_costs_one_repetition(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	f.response.reused = true;
	judge(&f, TRANSPORT_BROKEN, 0, "", 2, NOW_MS);
	assert_int_equal(f.verdict.action, VERDICT_REPEAT);
	assert_int_equal(f.health.outage.failures, 0);
	f.batch.repeated = true;
	judge(&f, TRANSPORT_BROKEN, 0, "", 2, NOW_MS);
	assert_int_equal(f.verdict.action, VERDICT_WAIT);
	f.batch.repeated = false;
	f.response.answer_bytes = 1;
	judge(&f, TRANSPORT_BROKEN, 0, "", 2, NOW_MS);
	assert_int_equal(f.verdict.action, VERDICT_WAIT);
	end(&f);
}

/* What came of asking for newer credentials; they are the sixth then. */
static void
renewed(struct fixture *f, enum credentials_result result, const char *text)
{
	const struct answer a = { .batch = &f->batch,
		.response = &f->response,
		.now_ms = NOW_MS,
		.wall_ms = WALL_MS,
		.identity = 6,
		.url = "https://k" };
	struct buf why = { 0 };

	assert_int_equal(f->verdict.action, VERDICT_RENEW);
	buf_add_text(&why, text);
	response_renewed(&f->health, &a, result, &why, &f->verdict);
	buf_free(&why);
}

static void
credentials_are_renewed_once(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	f.batch.stamp.identity = 4; /* signed by older ones */
	refuse(&f, "ExpiredToken", "", 1, NOW_MS);
	assert_int_equal(f.verdict.action, VERDICT_REPEAT);
	f.batch.stamp.identity = 5;
	refuse(&f, "ExpiredToken", "", 1, NOW_MS);
	renewed(&f, CREDENTIALS_FAILED, "not now");
	assert_int_equal(f.verdict.action, VERDICT_WAIT);
	assert_false(f.verdict.ends);
	refuse(&f, "ExpiredToken", "", 1, NOW_MS);
	renewed(&f, CREDENTIALS_OK, "");
	assert_int_equal(f.verdict.action, VERDICT_REPEAT);
	f.health.renewed = 5; /* they are those who signed this */
	refuse(&f, "ExpiredToken", "", 1, NOW_MS);
	assert_true(f.verdict.ends);
	says(&f.verdict.error, "; new credentials are refused as well");
	end(&f);
}

static void
without_newer_credentials_it_ends(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	refuse(&f, "ExpiredToken", "m", 1, NOW_MS);
	renewed(&f, CREDENTIALS_REFUSED, "");
	assert_true(f.verdict.ends);
	says(&f.verdict.error, "stream 's' accepts no records: ExpiredToken: "
			       "'m'; get new credentials");
	refuse(&f, "ExpiredToken", "m", 1, NOW_MS);
	renewed(&f, CREDENTIALS_NONE, "the file is gone");
	says(&f.verdict.error, "'m'; the file is gone");
	end(&f);
}

static void
a_clock_is_learnt_and_said_once(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	f.response.date = span_of("Sun, 29 Nov 2026 09:00:00 GMT");
	refuse(&f, "RequestExpired", "", 1, NOW_MS);
	assert_int_equal(f.verdict.action, VERDICT_REPEAT);
	says(&f.verdict.warning, "the clock here differs from the service's by "
				 "3600 s; signing by the service's");
	assert_int_equal(f.skew.number, 4);
	/* It was signed by the older offset still. */
	refuse(&f, "RequestExpired", "", 1, NOW_MS);
	assert_int_equal(f.verdict.action, VERDICT_REPEAT);
	says(&f.verdict.warning, NULL);
	f.batch.stamp.skew = 4;
	refuse(&f, "SignatureDoesNotMatch", "", 1, NOW_MS);
	assert_true(f.verdict.ends);
	end(&f);
}

static void
a_stale_signature_is_made_anew_once(void **state)
{
	static const char stale[] = "Signature expired: 20261129T075400Z is "
				    "now earlier than 20261129T075500Z "
				    "(20261129T080000Z - 5 min.)";
	struct fixture f;

	(void)state;
	begin(&f);
	refuse(&f, "InvalidSignatureException", stale, 1, NOW_MS);
	assert_int_equal(f.verdict.action, VERDICT_REPEAT);
	refuse(&f, "InvalidSignatureException", stale, 1, NOW_MS);
	assert_true(f.verdict.ends);
	says(&f.verdict.error, "; check the clock of this machine");
	end(&f);
}

static void
a_missing_stream_is_waited_for_as_long_as_was_said(void **state)
{
	static const char code[] = "ResourceNotFoundException";
	struct fixture f;

	(void)state;
	begin(&f);
	f.opt.wait_stream_ms = 1000;
	refuse(&f, code, "", 1, NOW_MS);
	assert_int_equal(f.verdict.action, VERDICT_WAIT);
	says(&f.verdict.warning, "stream 's' does not exist yet; waiting");
	refuse(&f, code, "", 1, NOW_MS + 999);
	assert_false(f.verdict.ends);
	says(&f.verdict.warning, NULL);
	refuse(&f, code, "", 1, NOW_MS + 1000);
	assert_true(f.verdict.ends);
	says(&f.verdict.error, "; it did not appear in time");
	end(&f);
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
		cmocka_unit_test(each_answer_has_its_verdict),
		cmocka_unit_test(what_may_have_been_stored_is_in_doubt),
		cmocka_unit_test(requests_in_flight_together_are_one_failure),
		cmocka_unit_test(the_last_try_is_when_its_time_is_over),
		cmocka_unit_test(
		    an_outage_is_said_when_it_lasts_and_so_is_its_end),
		cmocka_unit_test(
		    a_connection_closed_while_idle_costs_one_repetition),
		cmocka_unit_test(credentials_are_renewed_once),
		cmocka_unit_test(without_newer_credentials_it_ends),
		cmocka_unit_test(a_clock_is_learnt_and_said_once),
		cmocka_unit_test(a_stale_signature_is_made_anew_once),
		cmocka_unit_test(
		    a_missing_stream_is_waited_for_as_long_as_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
