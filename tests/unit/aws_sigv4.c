/* aws_sigv4 - what the vectors of tests/vectors/sigv4 cannot show.
 * SPDX-License-Identifier: ISC */
#include "aws/sigv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 2026-11-23T13:30:00Z, the moment of the vectors. */
enum { HEADERS = 3 };
static const int64_t NOW_MS = 1795440600000;

static const struct sigv4_header headers[HEADERS] = {
	{ "Host", { "kinesis.eu-west-1.amazonaws.com", 31 } },
	{ "Content-Type", { "application/x-amz-json-1.1", 26 } },
	{ "X-Amz-Target", { "Kinesis_20131202.PutRecords", 27 } },
};

static struct identity
who(const char *secret)
{
	struct identity id = { 0 };

	assert_int_equal(
	    identity_set(&id, span_of("AKIDWINDOWPIPE"), span_of(secret),
		(struct span){ 0 }, IDENTITY_NEVER),
	    0);
	return id;
}

static void
the_empty_body_has_its_vector(void **state)
{
	struct identity id = who("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
	struct sigv4_request r = { .method = "POST",
		.path = { "/", 1 },
		.headers = headers,
		.nheaders = HEADERS };
	struct sigv4_scope scope = { &id, "eu-west-1", "kinesis" };
	struct sigv4_key key = { 0 };
	struct sigv4 s = { 0 };

	(void)state;
	assert_int_equal(sigv4_sign(&r, &scope, NOW_MS, &key, &s), 0);
	assert_string_equal(s.date, "20261123T133000Z");
	/* tests/vectors/sigv4/empty-body/signature */
	assert_string_equal(s.signature, "5a0d0a432f8517fd702c8efb49e7672d"
					 "37acf6c4460d62e4a49e48c9998e61bc");
	sigv4_free(&s);
	sigv4_key_free(&key);
	identity_free(&id);
}

static void
the_key_is_kept_for_a_day_and_a_secret(void **state)
{
	struct identity one = who("one"), other = who("other");
	struct sigv4_request r = { .method = "POST" };
	struct sigv4_scope scope = { &one, "eu-west-1", "kinesis" };
	struct sigv4_key key = { 0 }, before;
	struct sigv4 s = { 0 };

	(void)state;
	assert_int_equal(sigv4_sign(&r, &scope, NOW_MS, &key, &s), 0);
	before = key;
	assert_int_equal(sigv4_sign(&r, &scope, NOW_MS + 3600000, &key, &s), 0);
	assert_memory_equal(before.key, key.key, sizeof key.key);
	assert_int_equal(
	    sigv4_sign(&r, &scope, NOW_MS + 86400000, &key, &s), 0);
	assert_memory_not_equal(before.key, key.key, sizeof key.key);
	assert_int_equal(sigv4_sign(&r, &scope, NOW_MS, &key, &s), 0);
	assert_memory_equal(before.key, key.key, sizeof key.key);
	scope.identity = &other;
	assert_int_equal(sigv4_sign(&r, &scope, NOW_MS, &key, &s), 0);
	assert_memory_not_equal(before.key, key.key, sizeof key.key);
	sigv4_free(&s);
	sigv4_key_free(&key);
	identity_free(&one);
	identity_free(&other);
}

static void
too_many_headers_are_refused(void **state)
{
	struct sigv4_header many[SIGV4_HEADERS_MAX + 1];
	struct identity id = who("secret");
	struct sigv4_request r = { .method = "POST",
		.headers = many,
		.nheaders = SIGV4_HEADERS_MAX + 1 };
	struct sigv4_scope scope = { &id, "eu-west-1", "kinesis" };
	struct sigv4_key key = { 0 };
	struct sigv4 s = { 0 };

	(void)state;
	for (size_t i = 0; i < r.nheaders; i++)
		many[i] = (struct sigv4_header){ "a", { "b", 1 } };
	assert_int_equal(sigv4_sign(&r, &scope, NOW_MS, &key, &s), -1);
	sigv4_free(&s);
	identity_free(&id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_empty_body_has_its_vector),
		cmocka_unit_test(the_key_is_kept_for_a_day_and_a_secret),
		cmocka_unit_test(too_many_headers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
