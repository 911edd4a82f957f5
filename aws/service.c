/* service - the stream's end of the wire.
 * SPDX-License-Identifier: ISC */
#include "aws/service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aws/call.h"
#include "lib/clock.h"
#include "lib/random.h"

static const char content_type[] = "application/x-amz-json-1.1";

/* Prints what a function of aws/ said, and gives status back. */
static enum status
complain(const struct buf *why, enum status status)
{
	diag_error(NULL, "%.*s", (int)why->n, why->n > 0 ? why->p : "");
	return status;
}

static int
resolve(struct service *s, bool control, struct endpoint *out, struct buf *why)
{
	const struct options *o = s->opt;
	struct endpoint_ask ask = {
		.service = "kinesis",
		.control = control,
		.fips = s->config.use_fips,
		.dualstack = s->config.use_dualstack,
	};

	ask.url = config_endpoint_url(&s->config, "kinesis", &s->endpoint_from);
	if (o->is_arn) {
		ask.region = o->arn.region;
		if (ask.url == NULL)
			ask.account = o->arn.account;
	} else {
		ask.region = span_of(s->config.region);
	}
	return endpoint_resolve(&ask, out, why);
}

static enum status
find_endpoint(struct service *s, struct buf *why)
{
	/* STS, too, is asked in the region of an ARN if no other is known. */
	if (s->config.region == NULL && s->opt->is_arn &&
	    config_set_region(&s->config, s->opt->arn.region) == -1) {
		diag_error(NULL, "out of memory");
		return STATUS_SYSTEM;
	}
	if (s->config.region == NULL) {
		diag_error(NULL, "no region is known; give --region, for "
				 "example --region eu-west-1, or set "
				 "AWS_REGION");
		return STATUS_USAGE;
	}
	if (resolve(s, false, &s->data, why) == -1 ||
	    resolve(s, true, &s->control, why) == -1)
		return complain(why, STATUS_USAGE);
	return STATUS_OK;
}

static enum status
judge_credentials(enum credentials_result result, struct buf *why)
{
	switch (result) {
	case CREDENTIALS_OK:
	case CREDENTIALS_FAILED:
		if (why->n > 0)
			diag_warn(NULL, "%.*s", (int)why->n, why->p);
		return STATUS_OK;
	case CREDENTIALS_CONFIG:
		return complain(why, STATUS_USAGE);
	case CREDENTIALS_NONE:
	case CREDENTIALS_REFUSED:
		break;
	}
	return complain(why, STATUS_SYSTEM);
}

static enum status
connect_all(struct service *s, struct buf *why)
{
	const struct transport_options wanted = {
		.ca_bundle = s->config.ca_bundle,
		.max_connections = (long)s->opt->in_flight,
	};
	const struct identity *identity;

	s->transport = transport_new(&wanted, why);
	if (s->transport == NULL)
		return complain(why, STATUS_SYSTEM);
	s->credentials =
	    credentials_new(&s->config, s->transport, &s->skew, &s->stop);
	if (s->credentials == NULL) {
		diag_error(NULL, "out of memory");
		return STATUS_SYSTEM;
	}
	return judge_credentials(
	    credentials_get(s->credentials,
		skew_now_ms(&s->skew, clock_wall_ms()), &identity, why),
	    why);
}

enum status
service_configure(struct service *s, const struct options *opt)
{
	const struct config_options wanted = {
		.profile = opt->profile,
		.region = opt->region,
		.endpoint_url = opt->endpoint_url,
	};
	struct buf why = { 0 };
	enum status status;

	*s = (struct service){ .opt = opt };
	if (config_load(&s->config, &wanted, &why) == -1)
		status = complain(&why, STATUS_USAGE);
	else
		status = find_endpoint(s, &why);
	buf_free(&why);
	return status;
}

enum status
service_open(struct service *s, const struct options *opt, int stop_fd)
{
	struct buf why = { 0 };
	enum status status = service_configure(s, opt);

	s->stop = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	if (status == STATUS_OK)
		status = connect_all(s, &why);
	buf_free(&why);
	return status;
}

void
service_close(struct service *s)
{
	if (s->credentials != NULL)
		credentials_del(s->credentials);
	if (s->transport != NULL)
		transport_del(s->transport);
	sigv4_key_free(&s->key);
	endpoint_free(&s->data);
	endpoint_free(&s->control);
	config_free(&s->config);
	*s = (struct service){ 0 };
}

/* Who to sign as: SERVICE_POSTED where *identity is set. */
static enum service_posted
identify(struct service *s, int64_t now_ms, const struct identity **identity)
{
	struct buf why = { 0 };
	enum credentials_result result =
	    credentials_get(s->credentials, now_ms, identity, &why);
	enum service_posted posted = SERVICE_POSTED;

	if (judge_credentials(result, &why) != STATUS_OK)
		posted = SERVICE_FATAL;
	else if (result == CREDENTIALS_FAILED)
		posted = SERVICE_LATER;
	buf_free(&why);
	return posted;
}

enum service_posted
service_post(
    struct service *s, struct span body, void *tag, struct service_stamp *stamp)
{
	int64_t now_ms = skew_now_ms(&s->skew, clock_wall_ms());
	const struct identity *identity;
	enum service_posted posted = identify(s, now_ms, &identity);
	struct call call = {
		.endpoint = &s->data,
		.service = "kinesis",
		.target = "Kinesis_20131202.PutRecords",
		.content_type = content_type,
		.body = body,
		.timeout_ms = s->opt->request_timeout_ms,
		.tag = tag,
	};

	if (posted != SERVICE_POSTED)
		return posted;
	/* Asking for credentials may have taken time, or told the time. */
	now_ms = skew_now_ms(&s->skew, clock_wall_ms());
	*stamp = (struct service_stamp){ credentials_number(s->credentials),
		s->skew.number };
	if (call_start(s->transport, &call, identity, &s->key, now_ms) == 0)
		return SERVICE_POSTED;
	diag_error(NULL, "cannot begin a request: out of memory, or no crypto");
	return SERVICE_FATAL;
}

/* Of the data plane?  An ARN's account has another host for each.  Source: the
 * static context parameters in botocore 1.44's model of Kinesis. */
static bool
is_data(const char *operation)
{
	return strcmp(operation, "GetRecords") == 0 ||
	       strcmp(operation, "GetShardIterator") == 0 ||
	       strncmp(operation, "PutRecord", 9) == 0;
}

/* One try; the stamp says what it was signed by. */
static enum service_posted
call_once(struct service *s, const char *target, struct span body,
    struct service_stamp *stamp, struct transport_response *response)
{
	const char *operation = strchr(target, '.') + 1;
	const struct identity *identity;
	enum service_posted posted =
	    identify(s, skew_now_ms(&s->skew, clock_wall_ms()), &identity);
	struct call call = {
		.endpoint = is_data(operation) ? &s->data : &s->control,
		.service = "kinesis",
		.target = target,
		.content_type = content_type,
		.body = body,
		.timeout_ms = s->opt->request_timeout_ms,
	};

	*stamp = (struct service_stamp){ credentials_number(s->credentials),
		s->skew.number };
	if (posted == SERVICE_POSTED)
		call_finish(s->transport, &call, identity, &s->key,
		    skew_now_ms(&s->skew, clock_wall_ms()), &s->stop, response);
	return posted;
}

/* Has something been mended since the call was signed, so that it is worth
 * another try at once?  Each is tried once. */
static bool
mended(struct service *s, const struct service_error *e, struct span date,
    struct service_stamp *first)
{
	struct buf why = { 0 };
	bool better = false;

	if (e->kind == ERROR_CLOCK && first->skew == s->skew.number)
		better = skew_learn(&s->skew, date, buf_span(&e->message),
			     clock_wall_ms()) == SKEW_CHANGED;
	else if (e->kind == ERROR_CREDENTIALS &&
		 first->identity == credentials_number(s->credentials))
		better = credentials_expired(s->credentials,
			     skew_now_ms(&s->skew, clock_wall_ms()),
			     &why) == CREDENTIALS_OK;
	if (why.n > 0)
		diag_warn(NULL, "%.*s", (int)why.n, why.p);
	buf_free(&why);
	return better;
}

/* Waits for the next try of what time may cure; false: there is none, also
 * because nobody reads what would be printed. */
static bool
wait_again(struct service *s, const struct service_error *e, unsigned n,
    int64_t hint_ms, int64_t until_ms)
{
	struct random random = { (uint64_t)clock_mono_ns() };
	bool throttled = e->kind == ERROR_THROTTLE;
	struct pollfd fds[2] = { s->stop, { .fd = STDOUT_FILENO } };
	int64_t now_ms = clock_mono_ms();
	int64_t wait_ms = retry_wait_ms(
	    throttled ? s->opt->throttle_steps : s->opt->transient_steps, n,
	    random_next(&random), hint_ms);

	if (now_ms >= until_ms)
		return false;
	if (wait_ms > until_ms - now_ms) /* the last try is when it is over */
		wait_ms = until_ms - now_ms;
	return transport_pump(s->transport, fds, 2, wait_ms) == 0 &&
	       fds[0].revents == 0 && fds[1].revents == 0;
}

static void
say_outage(const char *url, const struct transport_response *r,
    const struct service_error *e)
{
	struct buf text = { 0 };

	service_add_outage(&text, url, r, e, (struct span){ 0 });
	diag_warn(NULL, "%.*s", (int)text.n, text.n > 0 ? text.p : "");
	buf_free(&text);
}

enum service_posted
service_call(struct service *s, const char *operation, struct span body,
    int64_t until_ms, struct transport_response *response,
    struct service_error *e)
{
	struct service_stamp first, stamp;
	struct buf target = { 0 };
	const char *url = is_data(operation) ? s->data.url : s->control.url;
	enum service_posted posted = SERVICE_FATAL;
	bool said = false, later = false;

	buf_addf(&target, "Kinesis_20131202.%s", operation);
	if (buf_text(&target) == NULL) {
		diag_error(NULL, "out of memory");
		return SERVICE_FATAL;
	}
	for (unsigned n = 0;; n++) {
		transport_response_free(response);
		posted = call_once(s, target.p, body, &stamp, response);
		if (n == 0)
			first = stamp;
		if (posted == SERVICE_POSTED)
			call_error(response, e);
		later = posted == SERVICE_LATER ||
		        (posted == SERVICE_POSTED &&
			    (e->kind == ERROR_THROTTLE ||
				e->kind == ERROR_TRANSIENT));
		if (posted == SERVICE_POSTED &&
		    mended(s, e, response->date, &first))
			continue;
		if (!later || !wait_again(s, e, n + 1, response->retry_after_ms,
				  until_ms))
			break;
		if (!said && posted == SERVICE_POSTED)
			say_outage(url, response, e);
		said |= posted == SERVICE_POSTED;
	}
	if (said && posted == SERVICE_POSTED && !later)
		diag_warn(NULL, "%s answers again", url);
	buf_free(&target);
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

struct span
service_arn(const struct service *s)
{
	return s->opt->is_arn ? span_of(s->opt->target) : (struct span){ 0 };
}
