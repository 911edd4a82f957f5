/* service - Kinesis' end of the wire.
 * SPDX-License-Identifier: ISC */
#include "aws/service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aws/call.h"
#include "lib/clock.h"

void
service_say(const struct buf *text,
    void (*how)(const struct diag_at *, const char *, ...))
{
	if (text->failed)
		how(NULL, "out of memory");
	else if (text->n > 0)
		how(NULL, "%.*s", (int)text->n, text->p);
}

/* Says what a function of aws/ said, and gives status back. */
static enum status
complain(struct buf *why, enum status status)
{
	service_say(why, diag_error);
	buf_free(why);
	return status;
}

/* The service's clock. */
static int64_t
now_ms(const struct service *s)
{
	return skew_now_ms(&s->skew, clock_wall_ms());
}

static int
find_endpoints(struct service *s, struct buf *why)
{
	const struct arn *arn = &s->opt->arn;
	struct endpoint_ask ask = { .service = "kinesis",
		.account = arn->account };

	/* STS, too, is asked in the region of an ARN if no other is known. */
	if (s->config.region == NULL && arn->account.n > 0 &&
	    config_set_region(&s->config, arn->region) == -1) {
		buf_add_text(why, "out of memory");
		return -1;
	}
	if (s->config.region == NULL) {
		buf_add_text(why,
		    "no region is known; give --region, for example --region "
		    "eu-west-1, or set AWS_REGION");
		return -1;
	}
	ask.region =
	    arn->account.n > 0 ? arn->region : span_of(s->config.region);
	if (config_endpoint(&s->config, "kinesis", ask, &s->data,
		&s->endpoint_from, why) == -1)
		return -1;
	ask.control = true;
	return config_endpoint(
	    &s->config, "kinesis", ask, &s->control, &s->endpoint_from, why);
}

int
service_take_stream(const char **stream, const char *operand)
{
	char quoted[DIAG_QUOTE_MAX];

	if (*stream == NULL) {
		*stream = operand;
		return 0;
	}
	diag_error(NULL, "one stream only; start another %s for %s",
	    diag_program(), diag_quote(quoted, span_of(operand)));
	return -1;
}

int
service_set_stream(struct service_options *o, const char *stream)
{
	char quoted[DIAG_QUOTE_MAX];
	struct fault f;

	if (stream == NULL) {
		diag_error(NULL, "no stream is given; try '%s --help'",
		    diag_program());
		return -1;
	}
	if (endpoint_parse_stream(span_of(stream), &o->arn, &f) == -1) {
		diag_error(NULL, "bad stream %s: %s",
		    diag_quote(quoted, span_of(stream)), f.what);
		return -1;
	}
	if (o->arn.text.n == 0 || o->region == NULL ||
	    span_is(o->arn.region, o->region))
		return 0;
	diag_error(NULL,
	    "--region %s: the stream's ARN names another region; "
	    "leave --region out",
	    diag_quote(quoted, span_of(o->region)));
	return -1;
}

void
service_add_stream(struct buf *b, const struct arn *arn)
{
	buf_add_text(b, "{\"StreamName\":\"");
	buf_add_span(b, arn->stream);
	if (arn->text.n > 0) {
		buf_add_text(b, "\",\"StreamARN\":\"");
		buf_add_span(b, arn->text);
	}
	buf_add_char(b, '"');
}

enum status
service_configure(struct service *s, const struct service_options *opt)
{
	const struct config_options wanted = {
		.profile = opt->profile,
		.region = opt->region,
		.endpoint_url = opt->endpoint_url,
	};
	struct buf why = { 0 };

	*s = (struct service){ .opt = opt };
	if (config_load(&s->config, &wanted, &why) == 0 &&
	    find_endpoints(s, &why) == 0)
		return STATUS_OK;
	return complain(&why, STATUS_USAGE);
}

/* Who to sign as: SERVICE_POSTED where *identity is set.  *status: what the
 * failure means at the start. */
static enum service_posted
identify(
    struct service *s, const struct identity **identity, enum status *status)
{
	struct buf why = { 0 };
	enum credentials_result result =
	    credentials_get(&s->credentials, now_ms(s), identity, &why);

	*status = STATUS_OK;
	if (result != CREDENTIALS_OK && result != CREDENTIALS_FAILED) {
		*status = complain(&why, result == CREDENTIALS_CONFIG
					     ? STATUS_USAGE
					     : STATUS_SYSTEM);
		return SERVICE_FATAL;
	}
	service_say(&why, diag_warn);
	buf_free(&why);
	return result == CREDENTIALS_OK ? SERVICE_POSTED : SERVICE_LATER;
}

enum status
service_open(struct service *s, const struct service_options *opt, int stop_fd)
{
	enum status status = service_configure(s, opt);
	struct transport_options wanted = {
		.ca_bundle = s->config.ca_bundle,
		.max_connections = (long)opt->in_flight,
		.max_reply = opt->max_reply,
	};
	const struct identity *identity;
	struct buf why = { 0 };

	s->stop = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	if (status != STATUS_OK)
		return status;
	s->transport = transport_new(&wanted, &why);
	if (s->transport == NULL)
		return complain(&why, STATUS_SYSTEM);
	s->credentials = (struct credentials){ .config = &s->config,
		.transport = s->transport,
		.skew = &s->skew,
		.stop = &s->stop };
	(void)identify(s, &identity, &status);
	return status;
}

void
service_close(struct service *s)
{
	credentials_free(&s->credentials);
	transport_del(s->transport);
	sigv4_key_free(&s->key);
	endpoint_free(&s->data);
	endpoint_free(&s->control);
	config_free(&s->config);
	*s = (struct service){ 0 };
}

/* Of the data plane?  An ARN's account has another host for each.  Source: the
 * static context parameters in botocore 1.44's model of Kinesis. */
static const struct endpoint *
endpoint_of(const struct service *s, const char *operation)
{
	bool is_data = strcmp(operation, "GetRecords") == 0 ||
	               strcmp(operation, "GetShardIterator") == 0 ||
	               strncmp(operation, "PutRecord", 9) == 0;

	return is_data ? &s->data : &s->control;
}

enum service_posted
service_post(struct service *s, const char *operation, struct span body,
    void *tag, struct service_stamp *stamp, struct transport_response *response)
{
	struct buf target = { 0 };
	const struct identity *identity;
	enum status status;
	enum service_posted posted = identify(s, &identity, &status);
	struct call call = {
		.endpoint = endpoint_of(s, operation),
		.service = "kinesis",
		.content_type = "application/x-amz-json-1.1",
		.body = body,
		.timeout_ms = s->opt->request_timeout_ms,
		.tag = tag,
	};

	if (strcmp(operation, "GetRecords") == 0)
		call.take = s->take_records;
	buf_addf(&target, "Kinesis_20131202.%s", operation);
	call.target = buf_text(&target);
	/* Asking for credentials may have taken time, or told the time. */
	*stamp =
	    (struct service_stamp){ s->credentials.number, s->skew.number };
	if (posted == SERVICE_POSTED &&
	    (call.target == NULL ||
		call_send(s->transport, &call, identity, &s->key, now_ms(s),
		    &s->stop, response) == -1)) {
		diag_error(NULL,
		    "cannot begin a request: out of memory, or no crypto");
		posted = SERVICE_FATAL;
	}
	buf_free(&target);
	return posted;
}

bool
service_mend(struct service *s, const struct service_error *e, struct span date,
    const struct service_stamp *stamp)
{
	struct buf why = { 0 };
	bool better = false;

	if (e->kind == ERROR_CLOCK)
		better = stamp->skew != s->skew.number ||
		         skew_learn(&s->skew, date, buf_span(&e->message),
			     clock_wall_ms()) == SKEW_CHANGED;
	else if (e->kind == ERROR_CREDENTIALS)
		better = stamp->identity != s->credentials.number ||
		         credentials_expired(&s->credentials, now_ms(s),
			     &why) == CREDENTIALS_OK;
	service_say(&why, diag_warn);
	buf_free(&why);
	return better;
}

/* Waits for the next try of what time may cure; false: there is none, also
 * because nobody reads what would be printed. */
static bool
wait_again(struct service *s, const struct service_error *e, unsigned n,
    int64_t hint_ms, int64_t until_ms)
{
	bool throttled = e->kind == ERROR_THROTTLE;
	struct pollfd fds[2] = { s->stop, { .fd = STDOUT_FILENO } };
	int64_t at_ms = clock_mono_ms();
	int64_t wait_ms = retry_wait_ms(
	    throttled ? s->opt->throttle_steps : s->opt->transient_steps, n,
	    provider_random(), hint_ms);

	if (at_ms >= until_ms)
		return false;
	if (wait_ms > until_ms - at_ms) /* the last try is when it is over */
		wait_ms = until_ms - at_ms;
	return transport_pump(s->transport, fds, 2, wait_ms) == 0 &&
	       fds[0].revents == 0 && fds[1].revents == 0;
}

static void
say_outage(const char *url, const struct transport_response *r,
    const struct service_error *e)
{
	struct buf text = { 0 };

	service_add_outage(&text, url, r, e, (struct span){ 0 });
	service_say(&text, diag_warn);
	buf_free(&text);
}

enum service_posted
service_call(struct service *s, const char *operation, struct span body,
    int64_t until_ms, struct transport_response *response,
    struct service_error *e)
{
	enum { MENDS = 2 }; /* of the clock, of the credentials */
	struct service_stamp stamp;
	unsigned mends = 0;
	const char *url = endpoint_of(s, operation)->url;
	enum service_posted posted;
	bool said = false, later, answered;

	for (unsigned n = 0;; n++) {
		transport_response_free(response);
		posted =
		    service_post(s, operation, body, NULL, &stamp, response);
		answered = posted == SERVICE_POSTED;
		if (answered)
			call_error(response, e);
		later = answered ? e->kind == ERROR_THROTTLE ||
		                       e->kind == ERROR_TRANSIENT
		                 : posted == SERVICE_LATER;
		if (answered && mends < MENDS &&
		    service_mend(s, e, response->date, &stamp)) {
			mends++;
			continue;
		}
		if (!later || !wait_again(s, e, n + 1, response->retry_after_ms,
				  until_ms))
			break;
		if (answered && !said)
			say_outage(url, response, e);
		said |= answered;
	}
	if (said && answered && !later)
		diag_warn(NULL, "%s answers again", url);
	return posted;
}

const char *
service_describe(
    char out[SERVICE_WORDS_MAX], struct span code, struct span message)
{
	char quoted[DIAG_SAID_MAX];
	int n = (int)(code.n < 64 ? code.n : 64);

	if (message.n == 0)
		snprintf(out, SERVICE_WORDS_MAX, "%.*s", n, code.p);
	else
		snprintf(out, SERVICE_WORDS_MAX, "%.*s: %s", n, code.p,
		    diag_quote_said(quoted, message));
	return out;
}

bool
service_unreached(const struct transport_response *r)
{
	return r->result == TRANSPORT_REFUSED ||
	       r->result == TRANSPORT_NO_HOST || r->result == TRANSPORT_TLS;
}

void
service_add_outage(struct buf *b, const char *url,
    const struct transport_response *r, const struct service_error *e,
    struct span since)
{
	char text[SERVICE_WORDS_MAX];

	if (r->result == TRANSPORT_ANSWERED)
		buf_addf(b, "%s refuses for now: %s", url,
		    service_describe(
			text, buf_span(&e->code), buf_span(&e->message)));
	else
		buf_addf(b, "%s %s: %s",
		    service_unreached(r) ? "cannot reach"
		    : r->result == TRANSPORT_TOO_BIG
			? "cannot read the answer of"
			: "no answer from",
		    url,
		    r->cause[0] != '\0' ? r->cause
					: transport_result_name(r->result));
	buf_add_span(b, since);
	buf_add_text(b, "; trying again");
}
