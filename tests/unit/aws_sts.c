/* aws_sts - the forms that STS is sent, and the XML that it answers.
 * SPDX-License-Identifier: ISC */
#include "aws/sts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/errors.h"
#include "aws/xml.h"

#define REPLY(root, result, credentials)                                       \
	"<?xml version=\"1.0\"?>\n<" root                                      \
	" xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <" result    \
	">\n    <AssumedRoleUser><Arn>a</Arn></AssumedRoleUser>\n"             \
	"    <Credentials>" credentials "</Credentials>\n  </" result          \
	">\n  <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"   \
	"\n</" root ">\n"
#define KEYS                                                                   \
	"<AccessKeyId>ASIA1</AccessKeyId>\n<SecretAccessKey>s/1+</"            \
	"SecretAccessKey><SessionToken>\n tok&#x3d;&#61; \n</SessionToken>"
#define UNTIL "<Expiration>2026-11-23T14:30:00.000Z</Expiration>"

static void
the_form_of_a_role_is_encoded(void **state)
{
	struct sts_ask ask = { .role_arn = "arn:aws:iam::1:role/a b",
		.session_name = "w-1",
		.external_id = "e&x=~",
		.duration_s = 900 };
	struct buf form = { 0 };

	(void)state;
	sts_write(&ask, &form);
	assert_string_equal(buf_text(&form),
	    "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A"
	    "%3A1%3Arole%2Fa%20b&RoleSessionName=w-1&ExternalId=e%26x%3D~"
	    "&DurationSeconds=900");
	buf_free(&form);
}

static void
a_web_identity_sends_its_token(void **state)
{
	struct sts_ask ask = { .role_arn = "r",
		.session_name = "s",
		.identity_token = span_of("eyJ.a+b/c=") };
	struct buf form = { 0 };

	(void)state;
	sts_write(&ask, &form);
	assert_string_equal(buf_text(&form),
	    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=r"
	    "&RoleSessionName=s&WebIdentityToken=eyJ.a%2Bb%2Fc%3D");
	buf_free(&form);
}

static void
both_replies_hold_credentials(void **state)
{
	static const char *const replies[] = {
		REPLY("AssumeRoleResponse", "AssumeRoleResult", KEYS UNTIL),
		REPLY("AssumeRoleWithWebIdentityResponse",
		    "AssumeRoleWithWebIdentityResult", UNTIL KEYS),
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct identity id = { 0 };

		assert_int_equal(sts_read(span_of(replies[i]), &id), 0);
		assert_string_equal(id.access_key_id, "ASIA1");
		assert_string_equal(id.secret, "s/1+");
		assert_string_equal(id.token, "tok==");
		assert_int_equal(id.expires_ms, 1795444200000);
		identity_free(&id);
	}
}

static void
half_a_reply_is_none(void **state)
{
	static const char whole[] =
	    REPLY("AssumeRoleResponse", "AssumeRoleResult", KEYS UNTIL);
	struct identity id = { 0 };

	(void)state;
	/* The last byte is a newline, which nobody misses. */
	for (size_t n = 0; n < sizeof whole - 2; n++) {
		assert_int_equal(sts_read((struct span){ whole, n }, &id), -1);
		assert_null(id.secret);
	}
	assert_int_equal(sts_read(span_of(REPLY("A", "B", KEYS)), &id), -1);
	assert_int_equal(sts_read(span_of(REPLY("A", "B",
				      KEYS "<Expiration>soon</"
					   "Expiration>")),
			     &id),
	    -1);
	assert_int_equal(sts_read(span_of("{\"json\":1}"), &id), -1);
}

static void
strict_xml_is_wanted(void **state)
{
	static const char *const bad[] = { "", "text", "<a>", "</a>", "<a></b>",
		"<a/><b/>", "<a>&nbsp;</a>", "<a>&#1;</a>", "<a>&amp</a>",
		"<a b=\"></a>", "<a", "<>", "<!DOCTYPE a><a/>", "<a>x</a>y",
		"<a>\xff</a>", "<a><w>x<y/></w></a>", "<!-- <a/>", "<?x <a/>" };
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (xml_find(span_of(bad[i]), "a/w", &text) != -1)
			fail_msg("taken: %s", bad[i]);
	buf_free(&text);
}

static void
elements_are_found_by_path(void **state)
{
	static const struct {
		const char *document, *path, *text;
		int found;
	} table[] = {
		{ "<a><b>1</b><b>2</b></a>", "a/b", "1", 1 },
		{ "<a><b><c>1</c></b><c>2</c></a>", "a/c", "2", 1 },
		{ "<a><b/></a>", "a/b", "", 1 },
		{ "<a x='>' y=\"<\"/>", "a", "", -1 },
		{ "<a x='>'>&quot;&apos;&gt;</a>", "a", "\"'>", 1 },
		{ "<a><b>1</b></a>", "a/c", "", 0 },
		{ "<a><b>1</b></a>", "b", "", 0 },
		{ "<a><b>1</b></a>", "a/b/c", "", 0 },
		{ "<a><b>1</b></a>", "*/b", "1", 1 },
		{ "<?xml version=\"1.0\"?><!-- <b> --><a >1</a >", "a", "1",
		    1 },
		{ "<a><ab>1</ab><b>2</b></a>", "a/b", "2", 1 },
		{ "<a>&#300;</a>", "a", "\xc4\xac", 1 },
		{ "<a><![CDATA[<b>]]></a>", "a", "<b>", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct buf text = { 0 };

		assert_int_equal(
		    xml_find(span_of(table[i].document), table[i].path, &text),
		    table[i].found);
		if (table[i].found == 1)
			assert_true(span_is(buf_span(&text), table[i].text));
		buf_free(&text);
	}
}

static void
an_error_has_code_and_message(void **state)
{
	struct service_error e = { 0 };

	(void)state;
	error_read(
	    &(struct error_reply){ .status = 403,
		.body = span_of(
		    "<Response><Errors><Error><Code>AuthFailure</Code>"
		    "<Message>m</Message></Error></Errors></Response>") },
	    &e);
	assert_string_equal(buf_text(&e.code), "AuthFailure");
	assert_string_equal(buf_text(&e.message), "m");
	error_read(&(struct error_reply){ .status = 403,
		       .body = span_of("<html></html>") },
	    &e);
	assert_string_equal(buf_text(&e.code), "HTTP 403");
	error_free(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_of_a_role_is_encoded),
		cmocka_unit_test(a_web_identity_sends_its_token),
		cmocka_unit_test(both_replies_hold_credentials),
		cmocka_unit_test(half_a_reply_is_none),
		cmocka_unit_test(strict_xml_is_wanted),
		cmocka_unit_test(elements_are_found_by_path),
		cmocka_unit_test(an_error_has_code_and_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
