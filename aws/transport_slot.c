/* transport_slot - one request of a transport: libcurl's handle, the headers
 * that go out, the response that comes in.
 * SPDX-License-Identifier: ISC */
#include "aws/transport_slot.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

#include "aws/text.h"
#include "lib/clock.h"
#include "lib/units.h"

enum {
	IDLE_MAX_S = 30, /* an older idle connection is likely closed by now */
	KEEPALIVE_S = 30,
	UPLOAD_BYTES = 256 * 1024,
	HEAD_MAX_BYTES = 256 * 1024,
	KERNEL_BYTES = 256 * 1024, /* not sent yet, held by the kernel */
	LOOKS = 16, /* at a body on its way, in the time that an answer has */
};

void
slot_del(struct slot *s)
{
	if (!s->is_stuck) {
		curl_easy_cleanup(s->easy);
		curl_slist_free_all(s->headers);
	}
	transport_response_free(&s->response);
	free(s);
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
	s->moved_ms = clock_mono_ms();
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
	s->moved_ms = clock_mono_ms();
	/* A status line begins a new head: that of a 100 is forgotten. */
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(&s->response.head);
	if (n > HEAD_MAX_BYTES - s->response.head.n) {
		s->too_big = true;
		return 0;
	}
	buf_add(&s->response.head, p, n);
	return s->response.head.failed ? 0 : n;
}

/* --- sockets --- */

/*
 * Children, such as a credential_process, inherit no sockets.  The kernel takes
 * little more than it is about to send.
 */
static curl_socket_t
on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct sockets *k = ctx;
	int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	int most = KERNEL_BYTES;

	(void)purpose;
	if (fd == -1)
		return CURL_SOCKET_BAD;
#ifdef TCP_NOTSENT_LOWAT
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
#endif
	if (k->n < sizeof k->fd / sizeof *k->fd)
		k->fd[k->n++] = fd;
	return fd;
}

static int
on_close(void *ctx, curl_socket_t fd)
{
	struct sockets *k = ctx;

	for (unsigned i = 0; i < k->n; i++)
		if (k->fd[i] == fd)
			k->fd[i--] = k->fd[--k->n];
	return close(fd);
}

static int
port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;

	if (getsockname(fd, (struct sockaddr *)&a, &n) == -1)
		return -1;
	if (a.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

/*
 * The request has a connection.  libcurl tells which socket that is only when
 * all is over, but its port now.
 */
static int
on_connection(void *ctx, char *there, char *here, int port_there, int port_here)
{
	struct slot *s = ctx;

	(void)there;
	(void)here;
	(void)port_there;
	s->fd = -1;
	for (unsigned i = 0; i < s->sockets->n; i++)
		if (port_of(s->sockets->fd[i]) == port_here)
			s->fd = s->sockets->fd[i];
	return CURL_PREREQFUNC_OK;
}

/*
 * How much of the body has gone: what libcurl has written, less what the kernel
 * holds of it.  That has headers and TLS in it, too: less than none may have.
 */
static curl_off_t
ask_gone(const struct slot *s, int *held)
{
	curl_off_t written = 0;

	*held = 0;
	curl_easy_getinfo(s->easy, CURLINFO_SIZE_UPLOAD_T, &written);
#ifdef SIOCOUTQ
	if (s->fd != -1 && ioctl(s->fd, SIOCOUTQ, held) == -1)
		*held = 0;
#endif
	return written - *held;
}

/*
 * An answer may take its time when the body has gone, and as long again as
 * that took: who reads slowly has not read yet what lies in buffers there.
 */
static int64_t
late_ms(const struct slot *s)
{
	return s->moved_ms + s->timeout_ms +
	       (s->has_gone ? s->response.upload_ms : 0);
}

int64_t
slot_look(struct slot *s, int64_t now_ms)
{
	int64_t look_ms = s->looked_ms + s->timeout_ms / LOOKS + 1;
	curl_off_t gone;
	int held;

	if (s->has_gone)
		return late_ms(s);
	if (now_ms >= look_ms) {
		gone = ask_gone(s, &held);
		if (gone != s->gone) {
			s->moved_ms = now_ms;
			s->response.upload_ms = now_ms - s->started_ms;
		}
		s->gone = gone;
		s->has_gone = held == 0 && gone == (curl_off_t)s->body_bytes;
		s->looked_ms = now_ms;
		look_ms = now_ms + s->timeout_ms / LOOKS + 1;
	}
	return look_ms < late_ms(s) ? look_ms : late_ms(s);
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
	s->has_gone = true;
	if (strcmp(r->method, "GET") == 0)
		return SET(HTTPGET, 1L);
	s->body = r->body;
	s->body_bytes = r->body.n;
	s->has_gone = r->body.n == 0;
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
	       /* Asks for none, understands those that libcurl knows. */
	       SET(ACCEPT_ENCODING, "identity") &&
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
	       SET(OPENSOCKETDATA, s->sockets) &&
	       SET(CLOSESOCKETFUNCTION, on_close) &&
	       SET(CLOSESOCKETDATA, s->sockets) &&
	       SET(PREREQFUNCTION, on_connection) && SET(PREREQDATA, s) &&
	       SET(ERRORBUFFER, s->response.cause);
}

static bool
prepare(struct slot *s, const struct transport_request *r,
    const struct slot_manners *m)
{
	int64_t connect_ms = r->connect_timeout_ms > 0 ? r->connect_timeout_ms
	                                               : TRANSPORT_CONNECT_MS;

	return set_manners(s) && set_callbacks(s) && SET(URL, r->url) &&
	       set_headers(s, r) && set_method(s, r) &&
	       SET(CONNECTTIMEOUT_MS, (long)connect_ms) &&
	       SET(FRESH_CONNECT, (long)m->anew) &&
	       (m->ca_bundle == NULL || SET(CAINFO, m->ca_bundle)) &&
	       (!r->direct || SET(PROXY, ""));
}

struct slot *
slot_new(const struct transport_request *r, const struct slot_manners *m)
{
	struct slot *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->sockets = m->sockets;
	s->fd = -1;
	s->max_reply = m->max_reply;
	s->timeout_ms = r->timeout_ms;
	s->started_ms = s->looked_ms = s->moved_ms = clock_mono_ms();
	s->response.tag = r->tag;
	s->response.retry_after_ms = -1;
	s->easy = curl_easy_init();
	if (s->easy != NULL && prepare(s, r, m))
		return s;
	slot_del(s);
	return NULL;
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
		    "its headers exceed %d bytes, or its body exceeds %zu",
		    HEAD_MAX_BYTES, s->max_reply);
	else if (code == CURLE_OPERATION_TIMEDOUT && r->cause[0] == '\0')
		snprintf(r->cause, sizeof r->cause, "%s for %lld ms",
		    r->answer_bytes > 0 ? "the answer has stalled"
		    : s->has_gone       ? "no answer"
					: "the request has not moved",
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
		[TRANSPORT_FAILED] = "failed on this machine",
		[TRANSPORT_STOPPED] = "interrupted",
	};

	return name[result];
}
