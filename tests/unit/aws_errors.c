/* aws_errors - every row of the table of errors, and replies of every kind.
 * SPDX-License-Identifier: ISC */
#include "aws/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
assert_class(const char *code, int status, enum error_class kind)
{
	enum error_class got = error_classify(span_of(code), status);

	if (got != kind)
		fail_msg("%s (%d): class %d, not %d", code, status, (int)got,
		    (int)kind);
}

static void
every_known_code_has_its_class(void **state)
{
	static const struct {
		enum error_class kind;
		const char *code[14];
	} table[] = {
		{ ERROR_THROTTLE,
		    { "ProvisionedThroughputExceededException",
			"LimitExceededException", "ThrottlingException",
			"Throttling", "ThrottledException", "RequestThrottled",
			"RequestThrottledException", "TooManyRequestsException",
			"RequestLimitExceeded", "BandwidthLimitExceeded",
			"SlowDown", "PriorRequestNotComplete",
			"EC2ThrottledException",
			"TransactionInProgressException" } },
		{ ERROR_THROTTLE, { "KMSThrottlingException" } },
		{ ERROR_TRANSIENT,
		    { "InternalFailure", "InternalFailureException",
			"ServiceUnavailable", "ServiceUnavailableException",
			"RequestTimeout", "RequestTimeoutException",
			"IDPCommunicationError" } },
		{ ERROR_KMS,
		    { "KMSDisabledException", "KMSInvalidStateException",
			"KMSAccessDeniedException", "KMSNotFoundException",
			"KMSOptInRequired" } },
		{ ERROR_CREDENTIALS, { "ExpiredTokenException", "ExpiredToken",
					 "UnrecognizedClientException",
					 "InvalidClientTokenId" } },
		{ ERROR_CLOCK, { "InvalidSignatureException", "RequestExpired",
				   "RequestTimeTooSkewed", "RequestInTheFuture",
				   "SignatureDoesNotMatch", "AuthFailure" } },
		{ ERROR_INVALID,
		    { "InvalidArgumentException", "ValidationException",
			"ValidationError" } },
		{ ERROR_MISSING, { "ResourceNotFoundException" } },
		{ ERROR_DENIED, { "AccessDeniedException", "AccessDenied" } },
		{ ERROR_FATAL,
		    { "MissingAuthenticationToken",
			"MissingAuthenticationTokenException",
			"IncompleteSignature", "IncompleteSignatureException",
			"SerializationException",
			"UnknownOperationException" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (size_t j = 0; j < 14 && table[i].code[j] != NULL; j++)
			assert_class(table[i].code[j], 400, table[i].kind);
}

static void
unknown_codes_go_by_status(void **state)
{
	(void)state;
	assert_class("SomethingNew", 400, ERROR_FATAL);
	assert_class("SomethingNew", 500, ERROR_TRANSIENT);
	assert_class("", 502, ERROR_TRANSIENT);
	assert_class("", 503, ERROR_TRANSIENT);
	assert_class("", 504, ERROR_TRANSIENT);
	assert_class("", 429, ERROR_THROTTLE);
	assert_class("", 408, ERROR_TRANSIENT);
	assert_class("", 413, ERROR_INVALID);
	assert_class("", 403, ERROR_DENIED);
	assert_class("", 404, ERROR_FATAL);
	assert_class("", 301, ERROR_FATAL);
	assert_class("SomethingNew", 0, ERROR_TRANSIENT);
	/* The code goes before the status. */
	assert_class("ThrottlingException", 500, ERROR_THROTTLE);
}

static void
namespaces_and_uris_are_cut_from_a_code(void **state)
{
	static const char *const same[] = { "ValidationException",
		"com.amazonaws.kinesis.v20131202#ValidationException",
		"ValidationException:http://internal.amazon.com/x#y/",
		"a#b#ValidationException:http://x", " ValidationException " };

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		assert_true(span_is(
		    error_bare_code(span_of(same[i])), "ValidationException"));
	assert_int_equal(error_bare_code((struct span){ 0 }).n, 0);
}

static void
assert_reply(int status, const char *type, const char *body, const char *code,
    const char *message, enum error_class kind)
{
	struct error_reply reply = { status, span_of(type), span_of(" id-1 "),
		span_of(body) };
	struct service_error e = { 0 };

	error_read(&reply, &e);
	assert_string_equal(buf_text(&e.code), code);
	assert_string_equal(buf_text(&e.message), message);
	assert_string_equal(buf_text(&e.request_id), "id-1");
	assert_int_equal(e.kind, kind);
	assert_int_equal(e.status, status);
	error_free(&e);
	error_free(&e);
}

static void
bodies_of_every_kind_are_read(void **state)
{
	(void)state;
	assert_reply(400, "",
	    "{\"__type\":\"a#ExpiredTokenException\",\"message\":\"m\"}",
	    "ExpiredTokenException", "m", ERROR_CREDENTIALS);
	assert_reply(400, "",
	    "{\"Message\":\"caf\\u00e9\",\"__type\":\"SerializationException\"}"
	    "\n",
	    "SerializationException", "caf\xc3\xa9", ERROR_FATAL);
	assert_reply(400, "ThrottlingException:http://x/", "",
	    "ThrottlingException", "", ERROR_THROTTLE);
	assert_reply(400, "ThrottlingException", "{\"message\":null}",
	    "ThrottlingException", "", ERROR_THROTTLE);
	assert_reply(503, "", "<html><body>Sorry</body></html>", "HTTP 503", "",
	    ERROR_TRANSIENT);
	assert_reply(500, "", "", "HTTP 500", "", ERROR_TRANSIENT);
	assert_reply(502, "", "{\"__type\":", "HTTP 502", "", ERROR_TRANSIENT);
	assert_reply(404, "", "<UnknownOperationException/>\n", "HTTP 404", "",
	    ERROR_FATAL);
	assert_reply(403, "",
	    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/\"><Error>"
	    "<Type>Sender</Type><Code>AccessDenied</Code><Message>not "
	    "&lt;you&gt;</Message></Error></ErrorResponse>",
	    "AccessDenied", "not <you>", ERROR_DENIED);
	assert_reply(
	    413, "", "Request Entity Too Large", "HTTP 413", "", ERROR_INVALID);
}

static void
assert_stale(const char *code, const char *message, bool stale)
{
	struct buf body = { 0 };
	struct error_reply reply = { .status = 400 };
	struct service_error e = { 0 };

	buf_addf(
	    &body, "{\"__type\":\"%s\",\"message\":\"%s\"}", code, message);
	reply.body = buf_span(&body);
	error_read(&reply, &e);
	assert_int_equal(e.stale, stale);
	error_free(&e);
	buf_free(&body);
}

static void
an_old_signature_is_told_from_a_wrong_one(void **state)
{
	(void)state;
	assert_stale("InvalidSignatureException",
	    "Signature expired: 20260101T000000Z is now earlier than "
	    "20260101T000500Z (20260101T001000Z - 5 min.)",
	    true);
	assert_stale("InvalidSignatureException",
	    "Signature not yet current: ...", true);
	assert_stale("RequestTimeTooSkewed", "", true);
	assert_stale("InvalidSignatureException",
	    "The request signature we calculated does not match", false);
	assert_stale("ValidationException", "Signature expired", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_known_code_has_its_class),
		cmocka_unit_test(unknown_codes_go_by_status),
		cmocka_unit_test(namespaces_and_uris_are_cut_from_a_code),
		cmocka_unit_test(bodies_of_every_kind_are_read),
		cmocka_unit_test(an_old_signature_is_told_from_a_wrong_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
