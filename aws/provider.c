/* provider - what every provider of credentials is given and needs.
 * SPDX-License-Identifier: ISC */
#include "aws/provider.h"

#include <errno.h>

#include <openssl/rand.h>

#include "aws/call.h"
#include "aws/retry.h"
#include "aws/text.h"
#include "lib/clock.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/json.h"

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
	struct json_paths *paths = json_paths_new();
	struct cell read[MEMBERS_MAX];
	int rc = paths == NULL || n > MEMBERS_MAX || body.n == 0 ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = json_paths_add(paths, span_of(member[i]), NULL) == (int)i
		         ? 0
		         : -1;
	if (rc == 0)
		rc = json_read(paths, body, read, NULL);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct buf scratch = { 0 };

		if (read[i].kind == CELL_TEXT)
			buf_add_span(&value[i], json_text(&read[i], &scratch));
		else if (read[i].kind == CELL_NUMBER)
			buf_add_span(&value[i], read[i].raw);
		if (scratch.failed || value[i].failed)
			rc = -1;
		text_wipe(&scratch);
	}
	json_paths_del(paths);
	return rc;
}

int64_t
provider_backoff_ms(const struct service_error *e, unsigned n, int64_t hint_ms)
{
	struct retry_steps steps = { RETRY_TRANSIENT_BASE_MS, RETRY_CAP_MS };

	if (e->kind == ERROR_THROTTLE)
		steps.base_ms = RETRY_THROTTLE_BASE_MS;
	return retry_wait_ms(steps, n, provider_random(), hint_ms);
}

static enum credentials_result
result_of(enum error_class kind)
{
	switch (kind) {
	case ERROR_NONE:
		return CREDENTIALS_OK;
	case ERROR_THROTTLE:
	case ERROR_TRANSIENT:
		return CREDENTIALS_FAILED;
	case ERROR_CREDENTIALS:
	case ERROR_CLOCK:
	case ERROR_INVALID:
	case ERROR_MISSING:
	case ERROR_DENIED:
	case ERROR_KMS:
	case ERROR_FATAL:
		break;
	}
	return CREDENTIALS_REFUSED;
}

enum credentials_result
provider_refused(
    struct provider *p, const char *who, const struct service_error *e)
{
	char code[DIAG_QUOTE_MAX], message[DIAG_SAID_MAX];

	provider_fail(p, CREDENTIALS_FAILED, "%s: %s", who,
	    diag_quote(code, buf_span(&e->code)));
	if (e->message.n > 0)
		provider_fail(p, CREDENTIALS_FAILED, ": %s",
		    diag_quote_said(message, buf_span(&e->message)));
	return result_of(e->kind);
}

enum credentials_result
provider_http(struct provider *p, const struct provider_ask *ask,
    struct transport_response *response)
{
	struct service_error error = { 0 };
	enum credentials_result result;
	int64_t pause_ms;

	for (unsigned n = 1;; n++) {
		transport_call(p->transport, &ask->request, p->stop, response);
		call_error(response, &error);
		result = result_of(error.kind);
		if (result != CREDENTIALS_FAILED ||
		    n >= (unsigned)ask->attempts)
			break;
		pause_ms = ask->pause_ms > 0 ? ask->pause_ms
		                             : provider_backoff_ms(&error, n,
						   response->retry_after_ms);
		if (provider_pause(p, pause_ms) == -1)
			break;
		transport_response_free(response);
	}
	p->told = result == CREDENTIALS_OK;
	if (result != CREDENTIALS_OK)
		provider_refused(p, ask->who, &error);
	error_free(&error);
	return result;
}
