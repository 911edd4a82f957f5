/* aws_endpoint - regions, partitions, ARNs and custom URLs.
 * SPDX-License-Identifier: ISC */
#include "aws/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PLAIN = 0, FIPS = 1, DUAL = 2, CONTROL = 4 };

struct own {
	const char *service, *region, *account;
	int flags;
	const char *host;
};

static const struct own own[] = {
	{ "kinesis", "eu-west-1", "", PLAIN,
	    "kinesis.eu-west-1.amazonaws.com" },
	{ "kinesis", "us-gov-west-1", "", PLAIN,
	    "kinesis.us-gov-west-1.amazonaws.com" },
	{ "kinesis", "cn-north-1", "", PLAIN,
	    "kinesis.cn-north-1.amazonaws.com.cn" },
	{ "kinesis", "us-iso-east-1", "", PLAIN,
	    "kinesis.us-iso-east-1.c2s.ic.gov" },
	{ "kinesis", "us-isob-east-1", "", PLAIN,
	    "kinesis.us-isob-east-1.sc2s.sgov.gov" },
	{ "kinesis", "eu-isoe-west-1", "", PLAIN,
	    "kinesis.eu-isoe-west-1.cloud.adc-e.uk" },
	{ "kinesis", "us-isof-south-1", "", PLAIN,
	    "kinesis.us-isof-south-1.csp.hci.ic.gov" },
	{ "kinesis", "eusc-de-east-1", "", PLAIN,
	    "kinesis.eusc-de-east-1.amazonaws.eu" },
	{ "kinesis", "moon-north-1", "", PLAIN,
	    "kinesis.moon-north-1.amazonaws.com" },
	{ "kinesis", "us-east-1", "", FIPS,
	    "kinesis-fips.us-east-1.amazonaws.com" },
	{ "kinesis", "us-gov-west-1", "", FIPS,
	    "kinesis.us-gov-west-1.amazonaws.com" },
	{ "kinesis", "us-east-1", "", DUAL, "kinesis.us-east-1.api.aws" },
	{ "kinesis", "us-gov-west-1", "", DUAL,
	    "kinesis.us-gov-west-1.api.aws" },
	{ "kinesis", "cn-north-1", "", DUAL,
	    "kinesis.cn-north-1.api.amazonwebservices.com.cn" },
	{ "kinesis", "us-isob-east-1", "", DUAL,
	    "kinesis.us-isob-east-1.api.aws.scloud" },
	{ "kinesis", "us-east-1", "", FIPS | DUAL,
	    "kinesis-fips.us-east-1.api.aws" },
	{ "kinesis", "us-east-1", "123456789012", PLAIN,
	    "123456789012.data-kinesis.us-east-1.amazonaws.com" },
	{ "kinesis", "us-east-1", "123456789012", CONTROL,
	    "123456789012.control-kinesis.us-east-1.amazonaws.com" },
	{ "kinesis", "us-east-1", "123456789012", FIPS,
	    "123456789012.data-kinesis-fips.us-east-1.amazonaws.com" },
	{ "kinesis", "us-gov-west-1", "123456789012", FIPS,
	    "123456789012.data-kinesis-fips.us-gov-west-1.amazonaws.com" },
	{ "kinesis", "us-east-1", "123456789012", DUAL,
	    "123456789012.data-kinesis.us-east-1.api.aws" },
	{ "kinesis", "us-iso-east-1", "123456789012", PLAIN,
	    "kinesis.us-iso-east-1.c2s.ic.gov" },
	{ "sts", "us-east-1", "", FIPS, "sts-fips.us-east-1.amazonaws.com" },
	{ "portal.sso", "eu-west-1", "", PLAIN,
	    "portal.sso.eu-west-1.amazonaws.com" },
};

static void
a_region_has_its_host(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		struct endpoint_ask ask = { .service = own[i].service,
			.region = span_of(own[i].region),
			.account = span_of(own[i].account),
			.control = (own[i].flags & CONTROL) != 0,
			.fips = (own[i].flags & FIPS) != 0,
			.dualstack = (own[i].flags & DUAL) != 0 };
		struct endpoint e;
		struct buf why = { 0 }, url = { 0 };

		assert_int_equal(endpoint_resolve(&ask, &e, &why), 0);
		buf_addf(&url, "https://%s/", own[i].host);
		assert_string_equal(e.host, own[i].host);
		assert_string_equal(e.url, buf_text(&url));
		assert_string_equal(e.path, "/");
		assert_string_equal(e.region, own[i].region);
		endpoint_free(&e);
		buf_free(&url);
	}
}

static void
a_custom_url_is_taken_apart(void **state)
{
	static const struct {
		const char *given, *url, *host, *path;
	} good[] = {
		{ "http://localhost:4567", "http://localhost:4567/",
		    "localhost:4567", "/" },
		{ "http://localhost:80/", "http://localhost/", "localhost",
		    "/" },
		{ "https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com:443",
		    "https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com/",
		    "vpce-1.kinesis.eu-west-1.vpce.amazonaws.com", "/" },
		{ "https://localhost:80", "https://localhost:80/",
		    "localhost:80", "/" },
		{ "HTTP://[::1]:4567/a/b", "http://[::1]:4567/a/b",
		    "[::1]:4567", "/a/b" },
		{ "http://[::1]", "http://[::1]/", "[::1]", "/" },
		{ "http://10.0.0.1:1", "http://10.0.0.1:1/", "10.0.0.1:1",
		    "/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct endpoint_ask ask = { .service = "kinesis",
			.region = span_of("eu-west-1"),
			.account = span_of("123456789012"),
			.url = good[i].given };
		struct endpoint e;
		struct buf why = { 0 };

		assert_int_equal(endpoint_resolve(&ask, &e, &why), 0);
		assert_string_equal(e.url, good[i].url);
		assert_string_equal(e.host, good[i].host);
		assert_string_equal(e.path, good[i].path);
		endpoint_free(&e);
	}
}

static void
refuse(const struct endpoint_ask *ask)
{
	struct endpoint e;
	struct buf why = { 0 };

	assert_int_equal(endpoint_resolve(ask, &e, &why), -1);
	assert_true(why.n > 0);
	assert_null(e.url);
	buf_free(&why);
}

static void
what_makes_no_endpoint_is_refused(void **state)
{
	static const char *const bad[] = { "", "localhost:4567", "ftp://x",
		"http://", "http://:80", "http://x:0", "http://x:65536",
		"http://x:", "http://x:8a", "http://u:p@x/", "http://x y/",
		"http://x/?q", "http://x/#f", "http://x/a b", "http://[::1",
		"http://[::1]x", "http://x\n", "http://[]:80", "http://[::x]/",
		"http://u@x:1/" };
	struct endpoint_ask ask = { .service = "kinesis",
		.region = span_of("eu-west-1") };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ask.url = bad[i];
		refuse(&ask);
	}
	ask.url = "http://localhost:4567";
	ask.fips = true;
	refuse(&ask);
	ask.fips = false;
	ask.dualstack = true;
	refuse(&ask);
	ask.url = NULL;
	ask.dualstack = false;
	ask.region = span_of("eu west");
	refuse(&ask);
	ask.region = span_of("x.evil.example");
	refuse(&ask);
}

static void
an_arn_has_five_parts_and_a_stream(void **state)
{
	struct span text = span_of(
	    "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/My_s.1-x");
	struct arn arn;
	struct fault why;

	(void)state;
	assert_int_equal(endpoint_parse_stream(text, &arn, &why), 0);
	assert_true(span_is(arn.region, "cn-north-1"));
	assert_true(span_is(arn.account, "123456789012"));
	assert_true(span_is(arn.stream, "My_s.1-x"));
	assert_true(span_equal(arn.text, text));
	assert_int_equal(endpoint_parse_stream(span_of("arn"), &arn, &why), 0);
	assert_true(span_is(arn.stream, "arn"));
	assert_true(arn.text.n == 0 && arn.account.n == 0);
}

static void
a_bad_arn_says_where(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} bad[] = {
		{ "arn:aws:kinesis:eu-west-1:123456789012", 0 },
		{ "arn:aws:firehose:eu-west-1:123456789012:stream/s", 8 },
		{ "arn:aws:kinesis::123456789012:stream/s", 16 },
		{ "arn:aws-cn:kinesis:eu-west-1:123456789012:stream/s", 4 },
		{ "arn:aws:kinesis:eu-west-1:12345678901:stream/s", 26 },
		{ "arn:aws:kinesis:eu-west-1:12345678901x:stream/s", 26 },
		{ "arn:aws:kinesis:eu-west-1:123456789012:topic/s", 39 },
	};
	struct arn arn;
	struct fault why;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(
		    endpoint_parse_stream(span_of(bad[i].text), &arn, &why),
		    -1);
		assert_int_equal(why.at, bad[i].at);
	}
	assert_int_equal(
	    endpoint_parse_stream(
		span_of("arn:aws:kinesis:eu-west-1:123456789012:stream/"), &arn,
		&why),
	    -1);
	assert_int_equal(endpoint_parse_stream(span_of("a/b"), &arn, &why), -1);
	assert_int_equal(why.at, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_has_its_host),
		cmocka_unit_test(a_custom_url_is_taken_apart),
		cmocka_unit_test(what_makes_no_endpoint_is_refused),
		cmocka_unit_test(an_arn_has_five_parts_and_a_stream),
		cmocka_unit_test(a_bad_arn_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
