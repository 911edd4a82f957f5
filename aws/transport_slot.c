/* transport_slot - one request of a transport: libcurl's handle, the headers
 * that go out, the response that comes in.
 * SPDX-License-Identifier: ISC */
#include "aws/transport_slot.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

#include "aws/text.h"
#include "lib/clock.h"
#include "lib/units.h"

enum {
	IDLE_MAX_S = 30, /* an older idle connection is likely closed by now */
	KEEPALIVE_S = 30,
	UPLOAD_BYTES = 256 * 1024,
	HEAD_MAX_BYTES = 256 * 1024,
	KERNEL_BYTES = 256 * 1024, /* not sent yet, held by the kernel */
};

struct slot *
slot_new(void)
{
	struct slot *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->easy = curl_easy_init();
	if (s->easy == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
slot_del(struct slot *s)
{
	slot_reset(s);
	curl_easy_cleanup(s->easy);
	free(s);
}

void
slot_reset(struct slot *s)
{
	CURL *easy = s->easy;

	curl_easy_reset(easy); /* connections and TLS sessions stay */
	curl_slist_free_all(s->headers);
	transport_response_free(&s->response);
	*s = (struct slot){ .easy = easy };
}

void
transport_response_free(struct transport_response *r)
{
	text_wipe(&r->body); /* of STS and metadata it holds secrets */
	text_wipe(&r->head);
	*r = (struct transport_response){ 0 };
}

/* --- what comes in --- */

static size_t
on_body(char *p, size_t one, size_t n, void *ctx)
{
	struct slot *s = ctx;

	(void)one; /* always 1, says libcurl */
	s->response.answer_bytes += n;
	if (n > s->max_reply - s->response.body.n) {
		s->too_big = true;
		return 0;
	}
	buf_add(&s->response.body, p, n);
	return s->response.body.failed ? 0 : n;
}

static size_t
on_header(char *p, size_t one, size_t n, void *ctx)
{
	struct slot *s = ctx;

	(void)one;
	s->response.answer_bytes += n;
	/* A status line begins a new head: that of a 100 is forgotten. */
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(&s->response.head);
	s->response.head.max = HEAD_MAX_BYTES;
	buf_add(&s->response.head, p, n);
	return s->response.head.failed ? 0 : n;
}

/*
 * Children, such as a credential_process, inherit no sockets.  The kernel takes
 * no more than it is about to send, so that what libcurl got rid of has gone.
 */
static curl_socket_t
on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	int most = KERNEL_BYTES;

	(void)ctx;
	(void)purpose;
#ifdef TCP_NOTSENT_LOWAT
	if (fd != -1)
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
#endif
	return fd;
}

/* --- what goes out --- */

#define SET(option, value)                                                     \
	(curl_easy_setopt(s->easy, CURLOPT_##option, value) == CURLE_OK)

static bool
add_header(struct slot *s, const char *line)
{
	struct curl_slist *longer = curl_slist_append(s->headers, line);

	if (longer == NULL)
		return false;
	s->headers = longer;
	return true;
}

static bool
set_headers(struct slot *s, const struct transport_request *r)
{
	bool good = true;
	bool typed = false;

	for (size_t i = 0; good && i < r->nheaders; i++) {
		typed |= strncasecmp(r->headers[i], "content-type:", 13) == 0;
		good = add_header(s, r->headers[i]);
	}
	/* An empty value keeps libcurl from adding its own. */
	good = good && add_header(s, "Expect:");
	if (!typed)
		good = good && add_header(s, "Content-Type:");
	return good && SET(HTTPHEADER, s->headers);
}

/*
 * The body goes out by a callback that cannot go back to its start: libcurl
 * then fails where it would send a body a second time by itself, on a
 * connection that had died.  What may be stored twice is for our caller to
 * decide and to count.
 */
static size_t
on_send(char *p, size_t one, size_t n, void *ctx)
{
	struct slot *s = ctx;

	n *= one;
	if (n > s->body.n)
		n = s->body.n;
	if (n == 0)
		return 0;
	memcpy(p, s->body.p, n);
	s->body = (struct span){ s->body.p + n, s->body.n - n };
	s->moved_ms = clock_mono_ms();
	return n;
}

static bool
set_method(struct slot *s, const struct transport_request *r)
{
	if (strcmp(r->method, "GET") == 0)
		return SET(HTTPGET, 1L);
	s->body = r->body;
	if (!SET(POST, 1L) ||
	    !SET(POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n) ||
	    !SET(READFUNCTION, on_send) || !SET(READDATA, s))
		return false;
	return strcmp(r->method, "POST") == 0 || SET(CUSTOMREQUEST, r->method);
}

static bool
set_manners(struct slot *s)
{
	return SET(NOSIGNAL, 1L) &&
	       SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(PROTOCOLS_STR, "http,https") && SET(FOLLOWLOCATION, 0L) &&
	       SET(TCP_KEEPALIVE, 1L) && SET(TCP_KEEPIDLE, (long)KEEPALIVE_S) &&
	       SET(TCP_KEEPINTVL, (long)KEEPALIVE_S) &&
	       SET(MAXAGE_CONN, (long)IDLE_MAX_S) &&
	       SET(UPLOAD_BUFFERSIZE, (long)UPLOAD_BYTES) &&
	       SET(SUPPRESS_CONNECT_HEADERS, 1L) && SET(NOPROGRESS, 1L) &&
	       SET(VERBOSE, 0L); /* a trace would show tokens */
}

static bool
set_callbacks(struct slot *s)
{
	return SET(PRIVATE, (char *)s) && SET(WRITEFUNCTION, on_body) &&
	       SET(WRITEDATA, s) && SET(HEADERFUNCTION, on_header) &&
	       SET(HEADERDATA, s) && SET(OPENSOCKETFUNCTION, on_open) &&
	       SET(ERRORBUFFER, s->response.cause);
}

int
slot_prepare(struct slot *s, const struct transport_request *r,
    const char *ca_bundle, size_t max_reply)
{
	int64_t connect_ms = r->connect_timeout_ms > 0 ? r->connect_timeout_ms
	                                               : TRANSPORT_CONNECT_MS;

	s->max_reply = max_reply;
	s->timeout_ms = r->timeout_ms;
	s->moved_ms = clock_mono_ms();
	s->response.tag = r->tag;
	s->response.retry_after_ms = -1;
	return set_manners(s) && set_callbacks(s) && SET(URL, r->url) &&
	               set_headers(s, r) && set_method(s, r) &&
	               SET(CONNECTTIMEOUT_MS, (long)connect_ms) &&
	               (ca_bundle == NULL || SET(CAINFO, ca_bundle)) &&
	               (!r->direct || SET(PROXY, ""))
	           ? 0
	           : -1;
}

/* --- the end --- */

/* The value of a header of the last head; empty where it is missing. */
static struct span
header(const struct buf *head, const char *name)
{
	struct span left = buf_span(head);
	size_t n = strlen(name);

	while (left.n > 0) {
		const char *end = memchr(left.p, '\n', left.n);
		size_t line = end == NULL ? left.n : (size_t)(end - left.p) + 1;

		if (line > n && left.p[n] == ':' &&
		    text_same((struct span){ left.p, n }, name))
			return text_trim(
			    (struct span){ left.p + n + 1, line - n - 1 });
		left = (struct span){ left.p + line, left.n - line };
	}
	return left;
}

static enum transport_result
result_of(const struct slot *s, CURLcode code)
{
	curl_off_t sending = 0;

	switch (code) {
	case CURLE_OK:
		return TRANSPORT_ANSWERED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return TRANSPORT_NO_HOST;
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return TRANSPORT_REFUSED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return TRANSPORT_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		/* Before the connection stood nothing can have been sent. */
		if (curl_easy_getinfo(s->easy, CURLINFO_PRETRANSFER_TIME_T,
			&sending) == CURLE_OK &&
		    sending == 0)
			return TRANSPORT_REFUSED;
		return TRANSPORT_TIMEOUT;
	case CURLE_WRITE_ERROR:
		return s->too_big ? TRANSPORT_TOO_BIG : TRANSPORT_FAILED;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_URL_MALFORMAT:
	case CURLE_FAILED_INIT:
		return TRANSPORT_FAILED;
	default:
		return TRANSPORT_BROKEN;
	}
}

static void
keep_printable(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

static void
say_cause(struct slot *s, CURLcode code)
{
	struct transport_response *r = &s->response;

	if (code == CURLE_OK)
		r->cause[0] = '\0';
	else if (s->too_big)
		snprintf(r->cause, sizeof r->cause,
		    "the response has more than %zu bytes", s->max_reply);
	else if (code == CURLE_OPERATION_TIMEDOUT && r->cause[0] == '\0')
		snprintf(r->cause, sizeof r->cause, "no answer for %lld ms",
		    (long long)s->timeout_ms);
	else if (code == CURLE_SEND_FAIL_REWIND)
		snprintf(r->cause, sizeof r->cause,
		    "the connection was closed without an answer");
	else if (r->cause[0] == '\0')
		snprintf(
		    r->cause, sizeof r->cause, "%s", curl_easy_strerror(code));
	keep_printable(r->cause);
}

static void
read_numbers(struct slot *s)
{
	struct transport_response *r = &s->response;
	long status = 0, connects = 1;
	curl_off_t total_us = 0;

	/* Known options cannot fail; what is not told stays as it is here. */
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(s->easy, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(s->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	r->status = (int)status;
	r->reused = connects == 0;
	r->elapsed_ms = total_us / 1000;
}

void
slot_finish(struct slot *s, CURLcode code)
{
	struct transport_response *r = &s->response;
	int64_t hint_ms;

	r->result = result_of(s, code);
	say_cause(s, code);
	read_numbers(s);
	/* It had connected anew before it saw that it cannot go back. */
	r->reused |= code == CURLE_SEND_FAIL_REWIND;
	r->date = header(&r->head, "date");
	r->request_id = header(&r->head, "x-amzn-requestid");
	if (r->request_id.n == 0)
		r->request_id = header(&r->head, "x-amz-request-id");
	r->error_type = header(&r->head, "x-amzn-errortype");
	if (units_integer(
		header(&r->head, "x-amz-retry-after"), &hint_ms, NULL) == 0 &&
	    hint_ms >= 0)
		r->retry_after_ms = hint_ms;
	s->is_done = true;
}

const char *
transport_result_name(enum transport_result result)
{
	static const char *const name[] = {
		[TRANSPORT_ANSWERED] = "answered",
		[TRANSPORT_NO_HOST] = "host name not found",
		[TRANSPORT_REFUSED] = "not connected",
		[TRANSPORT_TLS] = "TLS failed",
		[TRANSPORT_TIMEOUT] = "no answer in time",
		[TRANSPORT_BROKEN] = "connection broken",
		[TRANSPORT_TOO_BIG] = "answer too big",
		[TRANSPORT_FAILED] = "not sent",
		[TRANSPORT_STOPPED] = "interrupted",
	};

	return name[result];
}
