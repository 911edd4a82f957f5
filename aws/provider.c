/* provider - what every provider of credentials is given and needs.
 * SPDX-License-Identifier: ISC */
#include "aws/provider.h"

#include <errno.h>

#include <openssl/rand.h>

#include "aws/errors.h"
#include "aws/text.h"
#include "lib/clock.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/timestamp.h"

enum { SMALL_FILE_MAX = 256 * 1024, MEMBERS_MAX = 16 };

int64_t
provider_now_ms(const struct provider *p)
{
	return p->now_ms + (clock_mono_ms() - p->mono_ms);
}

enum credentials_result
provider_fail(
    struct provider *p, enum credentials_result result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(p->why, fmt, ap);
	va_end(ap);
	return result;
}

void
provider_name(struct provider *p, const char *fmt, ...)
{
	va_list ap;

	buf_clear(&p->name);
	va_start(ap, fmt);
	buf_addv(&p->name, fmt, ap);
	va_end(ap);
}

int
provider_pause(struct provider *p, int64_t ms)
{
	struct pollfd fd = p->stop == NULL ? (struct pollfd){ 0 } : *p->stop;

	if (transport_pump(p->transport, &fd, p->stop == NULL ? 0 : 1, ms) ==
	    -1)
		return -1;
	return fd.revents == 0 ? 0 : -1;
}

uint64_t
provider_random(void)
{
	uint64_t r = 0;

	/* Without randomness there is no jitter, which is no reason to stop. */
	(void)RAND_bytes((unsigned char *)&r, sizeof r);
	return r;
}

int
provider_read_file(struct provider *p, const char *path, struct buf *content)
{
	char quoted[DIAG_QUOTE_MAX];
	int rc = file_read(path, SMALL_FILE_MAX, content);
	struct span text;

	if (rc == -1)
		provider_fail(p, CREDENTIALS_FAILED, "cannot read %s: %s",
		    diag_quote(quoted, span_of(path)), strerror(errno));
	text = text_trim(buf_span(content));
	if (text.n > 0)
		memmove(content->p, text.p, text.n);
	content->n = text.n;
	return rc;
}

void
provider_wipe(struct buf *value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_wipe(&value[i]);
}

int
provider_read_json(
    struct span body, const char *const *member, size_t n, struct buf *value)
{
	struct cell read[MEMBERS_MAX];
	int rc = n > MEMBERS_MAX ? -1 : json_find(member, n, body, read, NULL);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (read[i].kind == CELL_TEXT || read[i].kind == CELL_NUMBER)
			json_add_text(&value[i], &read[i]);
		if (value[i].failed)
			rc = -1;
	}
	return rc;
}

const char *
provider_take_keys(const struct buf *value, struct identity *id)
{
	struct span until = buf_span(&value[KEYS_EXPIRATION]);
	int64_t expires_ms = IDENTITY_NEVER;
	bool zoned;

	if (until.n > 0 &&
	    timestamp_parse(until, &expires_ms, &zoned, NULL) == -1)
		return "an Expiration that is not a time";
	return identity_set(id, buf_span(&value[KEYS_ID]),
		   buf_span(&value[KEYS_SECRET]), buf_span(&value[KEYS_TOKEN]),
		   expires_ms) == 0
	           ? NULL
	           : "no valid AccessKeyId and SecretAccessKey";
}

static enum credentials_result
result_of(enum error_class kind)
{
	if (kind == ERROR_NONE)
		return CREDENTIALS_OK;
	return kind == ERROR_THROTTLE || kind == ERROR_TRANSIENT
	           ? CREDENTIALS_FAILED
	           : CREDENTIALS_REFUSED;
}

/* "WHO: CODE: 'message'" into why. */
static void
say_refusal(struct provider *p, const char *who, const struct service_error *e)
{
	char code[DIAG_QUOTE_MAX], message[DIAG_SAID_MAX];

	buf_addf(p->why, "%s: %s", who, diag_quote(code, buf_span(&e->code)));
	if (e->message.n > 0)
		buf_addf(p->why, ": %s",
		    diag_quote_said(message, buf_span(&e->message)));
}

/* The clock was wrong: is another attempt worth it? */
static bool
mend_clock(struct provider *p, const struct service_error *e, struct span date)
{
	int64_t local_ms = clock_wall_ms();

	if (skew_learn(p->skew, date, buf_span(&e->message), local_ms) !=
	    SKEW_CHANGED)
		return e->stale;
	p->now_ms = skew_now_ms(p->skew, local_ms);
	p->mono_ms = clock_mono_ms();
	return true;
}

/* The pause after n tries; -1: asked to stop. */
static int
pause_after(struct provider *p, const struct provider_ask *ask, unsigned n,
    const struct service_error *e, int64_t hint_ms)
{
	struct retry_steps steps = { e->kind == ERROR_THROTTLE
					 ? RETRY_THROTTLE_BASE_MS
					 : RETRY_TRANSIENT_BASE_MS,
		RETRY_CAP_MS };

	return provider_pause(
	    p, ask->pause_ms > 0
		   ? ask->pause_ms
		   : retry_wait_ms(steps, n, provider_random(), hint_ms));
}

void
provider_ask_free(struct provider_ask *ask)
{
	text_wipe(&ask->url);
	text_wipe(&ask->header);
}

static int
try_once(struct provider *p, struct provider_ask *ask,
    struct transport_response *response)
{
	const char *line;
	struct transport_request r = { .method = ask->method,
		.headers = &line,
		.nheaders = ask->header.n > 0,
		.body = ask->body,
		.timeout_ms = ask->timeout_ms,
		.direct = ask->direct };
	struct sigv4_key key = { 0 };
	int rc;

	if (ask->call != NULL) {
		rc = call_send(p->transport, ask->call, ask->source, &key,
		    provider_now_ms(p), p->stop, response);
		sigv4_key_free(&key);
		return rc;
	}
	r.url = buf_text(&ask->url);
	line = buf_text(&ask->header);
	if (r.url == NULL || line == NULL)
		return -1;
	transport_call(p->transport, &r, p->stop, response);
	return 0;
}

enum credentials_result
provider_http(struct provider *p, struct provider_ask *ask,
    struct transport_response *response)
{
	struct service_error error = { 0 };
	enum credentials_result result;
	bool clock_tried = ask->call == NULL;

	for (unsigned n = 1;; n++) {
		transport_response_free(response);
		if (try_once(p, ask, response) == -1)
			return provider_fail(p, CREDENTIALS_FAILED,
			    "%s: out of memory, or no crypto", ask->who);
		call_error(response, &error);
		result = result_of(error.kind);
		if (error.kind == ERROR_CLOCK && !clock_tried) {
			clock_tried = true;
			if (mend_clock(p, &error, response->date))
				continue;
		}
		if (result != CREDENTIALS_FAILED ||
		    n >= (unsigned)ask->attempts ||
		    pause_after(p, ask, n, &error, response->retry_after_ms) ==
			-1)
			break;
	}
	p->told = result == CREDENTIALS_OK;
	if (result != CREDENTIALS_OK)
		say_refusal(p, ask->who, &error);
	error_free(&error);
	return result;
}
