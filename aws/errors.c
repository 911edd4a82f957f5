/* errors - what a refusal of the service means, and what to do about it.
 * SPDX-License-Identifier: ISC */
#include "aws/errors.h"

#include "aws/text.h"
#include "aws/xml.h"
#include "lib/json.h"

/* Names without their ending "Exception", which services add or leave out. */
static const struct {
	const char *code;
	enum error_class kind;
} known[] = {
	{ "ProvisionedThroughputExceeded", ERROR_THROTTLE },
	{ "LimitExceeded", ERROR_THROTTLE },
	{ "Throttling", ERROR_THROTTLE },
	{ "Throttled", ERROR_THROTTLE },
	{ "RequestThrottled", ERROR_THROTTLE },
	{ "TooManyRequests", ERROR_THROTTLE },
	{ "RequestLimitExceeded", ERROR_THROTTLE },
	{ "BandwidthLimitExceeded", ERROR_THROTTLE },
	{ "SlowDown", ERROR_THROTTLE },
	{ "PriorRequestNotComplete", ERROR_THROTTLE },
	{ "EC2Throttled", ERROR_THROTTLE },
	{ "TransactionInProgress", ERROR_THROTTLE },
	{ "KMSThrottling", ERROR_THROTTLE },
	{ "InternalFailure", ERROR_TRANSIENT },
	{ "InternalError", ERROR_TRANSIENT },
	{ "InternalServerError", ERROR_TRANSIENT },
	{ "InternalService", ERROR_TRANSIENT },
	{ "ServiceUnavailable", ERROR_TRANSIENT },
	{ "RequestTimeout", ERROR_TRANSIENT },
	{ "IDPCommunicationError", ERROR_TRANSIENT },
	{ "ExpiredToken", ERROR_CREDENTIALS },
	{ "UnrecognizedClient", ERROR_CREDENTIALS },
	{ "InvalidClientTokenId", ERROR_CREDENTIALS },
	{ "InvalidSignature", ERROR_CLOCK },
	{ "SignatureDoesNotMatch", ERROR_CLOCK },
	{ "RequestExpired", ERROR_CLOCK },
	{ "RequestTimeTooSkewed", ERROR_CLOCK },
	{ "RequestInTheFuture", ERROR_CLOCK },
	{ "AuthFailure", ERROR_CLOCK },
	{ "InvalidArgument", ERROR_INVALID },
	{ "Validation", ERROR_INVALID },
	{ "ValidationError", ERROR_INVALID },
	{ "ResourceNotFound", ERROR_MISSING },
	{ "ResourceInUse", ERROR_MISSING },
	{ "AccessDenied", ERROR_DENIED },
	{ "NotAuthorized", ERROR_DENIED },
	{ "UnauthorizedOperation", ERROR_DENIED },
	{ "OptInRequired", ERROR_DENIED },
	{ "KMSDisabled", ERROR_KMS },
	{ "KMSInvalidState", ERROR_KMS },
	{ "KMSAccessDenied", ERROR_KMS },
	{ "KMSNotFound", ERROR_KMS },
	{ "KMSOptInRequired", ERROR_KMS },
	{ "MissingAuthenticationToken", ERROR_FATAL },
	{ "IncompleteSignature", ERROR_FATAL },
	{ "Serialization", ERROR_FATAL },
	{ "UnknownOperation", ERROR_FATAL },
};

static struct span
without_ending(struct span code)
{
	static const char ending[] = "Exception";
	size_t n = sizeof ending - 1;

	if (code.n > n && memcmp(code.p + code.n - n, ending, n) == 0)
		code.n -= n;
	return code;
}

static enum error_class
class_of_status(int status)
{
	switch (status) {
	case 0: /* an entry of a 200 answer: only it failed, send it again */
	case 408:
		return ERROR_TRANSIENT;
	case 401:
	case 403:
		return ERROR_DENIED;
	case 413: /* halves of the batch may fit */
		return ERROR_INVALID;
	case 429:
		return ERROR_THROTTLE;
	default:
		return status >= 500 ? ERROR_TRANSIENT : ERROR_FATAL;
	}
}

enum error_class
error_classify(struct span code, int status)
{
	struct span bare = without_ending(error_bare_code(code));

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (span_is(bare, known[i].code))
			return known[i].kind;
	return class_of_status(status);
}

struct span
error_bare_code(struct span type)
{
	const char *mark = type.n == 0 ? NULL : memchr(type.p, ':', type.n);

	if (mark != NULL)
		type.n = (size_t)(mark - type.p);
	mark = type.n == 0 ? NULL : memrchr(type.p, '#', type.n);
	if (mark != NULL) {
		type.n -= (size_t)(mark + 1 - type.p);
		type.p = mark + 1;
	}
	return text_trim(type);
}

void
error_free(struct service_error *e)
{
	buf_free(&e->code);
	buf_free(&e->message);
	buf_free(&e->request_id);
	*e = (struct service_error){ 0 };
}

/* Where the code and the message of a JSON error may stand, best first. */
static const char *const json_path[] = { "__type", "code", "message",
	"Message" };
enum { PATHS = 4, FIRST_MESSAGE = 2 };

static void
read_json(struct span body, struct service_error *e)
{
	struct cell value[PATHS];

	if (json_find(json_path, PATHS, body, value, NULL) == -1)
		return;
	for (int i = 0; i < PATHS; i++) {
		struct buf *out = i < FIRST_MESSAGE ? &e->code : &e->message;

		if (value[i].kind == CELL_TEXT && out->n == 0)
			json_add_text(out, &value[i]);
	}
}

/* STS answers in XML, in one of these shapes. */
static void
read_xml(struct span body, struct service_error *e)
{
	static const char *const shapes[][2] = {
		{ "ErrorResponse/Error/Code", "ErrorResponse/Error/Message" },
		{ "Response/Errors/Error/Code",
		    "Response/Errors/Error/Message" },
		{ "Error/Code", "Error/Message" },
	};

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		buf_clear(&e->code);
		if (xml_find(body, shapes[i][0], &e->code) != 1 ||
		    e->code.n == 0)
			continue;
		buf_clear(&e->message);
		if (xml_find(body, shapes[i][1], &e->message) != 1)
			buf_clear(&e->message);
		return;
	}
	buf_clear(&e->code);
}

static void
keep_bare_code(struct buf *code)
{
	struct span bare = error_bare_code(buf_span(code));

	if (bare.n > 0)
		memmove(code->p, bare.p, bare.n);
	code->n = bare.n;
}

/* Does it say that the signature is too old or too new? */
static bool
is_stale(const struct service_error *e)
{
	static const char *const in_message[] = { "Signature expired",
		"not yet current" };
	static const char *const codes[] = { "RequestExpired",
		"RequestTimeTooSkewed", "RequestInTheFuture" };
	struct span code = without_ending(buf_span(&e->code));

	if (e->kind != ERROR_CLOCK)
		return false;
	for (size_t i = 0; i < sizeof in_message / sizeof *in_message; i++)
		if (text_find(buf_span(&e->message), in_message[i]) != NULL)
			return true;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (span_is(code, codes[i]))
			return true;
	return false;
}

void
error_read(const struct error_reply *reply, struct service_error *e)
{
	error_free(e);
	e->status = reply->status;
	buf_add_span(&e->request_id, text_trim(reply->request_id));
	if (reply->body.n > 0)
		read_json(reply->body, e);
	if (e->code.n == 0 && reply->body.n > 0 && reply->body.p[0] == '<')
		read_xml(reply->body, e);
	if (e->code.n == 0)
		buf_add_span(&e->code, reply->type);
	keep_bare_code(&e->code);
	e->foreign = e->code.n == 0 && e->request_id.n == 0;
	e->kind = error_classify(buf_span(&e->code), reply->status);
	if (e->code.n == 0)
		buf_addf(&e->code, "HTTP %d", reply->status);
	e->stale = is_stale(e);
}

static int64_t
step_ms(struct retry_steps steps, unsigned n)
{
	int64_t step = steps.base_ms;

	/* Doubling stops at the cap, long before it could overflow. */
	for (unsigned i = 1; i < n && step < steps.cap_ms; i++)
		step *= 2;
	return step < steps.cap_ms ? step : steps.cap_ms;
}

int64_t
retry_wait_ms(
    struct retry_steps steps, unsigned n, uint64_t random, int64_t hint_ms)
{
	uint64_t step = (uint64_t)step_ms(steps, n);
	int64_t wait_ms = (int64_t)(((unsigned __int128)random * step) >> 64);

	if (hint_ms <= wait_ms)
		return wait_ms;
	if (hint_ms - wait_ms > RETRY_HINT_SLACK_MS)
		return wait_ms + RETRY_HINT_SLACK_MS;
	return hint_ms;
}
