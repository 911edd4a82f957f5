/* transport - HTTP/1.1 requests in flight over reused connections.
 * SPDX-License-Identifier: ISC */
#include "aws/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include <curl/curl.h>

#include "aws/text.h"
#include "lib/clock.h"
#include "lib/signals.h"
#include "lib/take.h"
#include "lib/units.h"

/* --- one request: libcurl's handle, what goes out, what comes in --------- */

/* The sockets that libcurl has open, of which the kernel is asked. */
struct sockets {
	int fd[64]; /* those beyond are not asked of */
	unsigned n;
};

struct transport {
	CURLM *multi;
	char *ca_bundle;
	size_t max_reply;
	long max_connections;
	struct sockets sockets;
	struct slot *going; /* in flight */
	struct slot *done, **done_end;
	unsigned
	    failed;   /* requests without an answer since the last with one */
	bool renewed; /* libcurl failed, since then */
	bool stuck;   /* libcurl would not let go of a handle */
};

/* A handle serves one request: no state of it reaches the next. */
struct slot {
	CURL *easy;
	struct curl_slist *headers;
	struct transport_response response;
	struct sockets *sockets; /* borrowed */
	int fd;                  /* the connection's; -1: not known */
	struct span body; /* borrowed: what libcurl has not taken of it */
	size_t body_bytes;
	bool has_gone;   /* all of the body, out of the kernel too */
	curl_off_t gone; /* how much of it, when it was looked at last */
	int64_t timeout_ms;
	int64_t started_ms;
	int64_t looked_ms;
	int64_t moved_ms; /* when a part went or came last */
	transport_take_fn *take;
	size_t max_reply;
	size_t reply_bytes; /* of the body, so far */
	bool too_big;
	bool own; /* transport_call() waits for it */
	bool is_done;
	bool is_stuck; /* libcurl has not let go of easy */
	struct slot *next;
};

enum {
	IDLE_MAX_S = 30, /* an older idle connection is likely closed by now */
	KEEPALIVE_S = 30,
	CONNECT_MS = 5000,
	UPLOAD_BYTES = 256 * 1024,
	DOWNLOAD_BYTES = 256 * 1024,
	HEAD_MAX_BYTES = 256 * 1024,
	KERNEL_BYTES = 256 * 1024, /* not sent yet, held by the kernel */
	LOOKS = 16, /* at a body on its way, in the time that an answer has */
};

static void
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
	long status = 0;

	(void)one; /* always 1, says libcurl */
	s->response.answer_bytes += n;
	s->moved_ms = clock_mono_ms();
	if (n > s->max_reply - s->reply_bytes) {
		s->too_big = true;
		return 0;
	}
	s->reply_bytes += n;
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	if (s->take != NULL && status == 200)
		return s->take(s->response.tag, (struct span){ p, n }) ? n : 0;
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

/*
 * Has anything moved?  Returns when to ask again; a time that is not after
 * now_ms: the answer is late.
 */
static int64_t
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
	       SET(BUFFERSIZE, (long)DOWNLOAD_BYTES) &&
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
    const struct transport *t)
{
	return set_manners(s) && set_callbacks(s) && SET(URL, r->url) &&
	       set_headers(s, r) && set_method(s, r) &&
	       SET(CONNECTTIMEOUT_MS, (long)CONNECT_MS) &&
	       SET(FRESH_CONNECT, (long)(t->failed > 0)) &&
	       (t->ca_bundle == NULL || SET(CAINFO, t->ca_bundle)) &&
	       (!r->direct || SET(PROXY, ""));
}

/* Ready to be added.  NULL: memory, or libcurl refuses. */
static struct slot *
slot_new(const struct transport_request *r, struct transport *t)
{
	struct slot *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->sockets = &t->sockets;
	s->fd = -1;
	s->max_reply = t->max_reply;
	s->timeout_ms = r->timeout_ms;
	s->started_ms = s->looked_ms = s->moved_ms = clock_mono_ms();
	s->take = r->take;
	s->response.tag = r->tag;
	s->response.retry_after_ms = -1;
	s->easy = curl_easy_init();
	if (s->easy != NULL && prepare(s, r, t))
		return s;
	slot_del(s);
	return NULL;
}

/* --- the end --- */

/* The value of a header of the last head; empty where it is missing. */
static struct span
header(const struct buf *head, const char *name)
{
	struct span left = buf_span(head), line;
	size_t n = strlen(name);

	while (take_part(&left, '\n', &line))
		if (line.n > n && line.p[n] == ':' &&
		    text_same((struct span){ line.p, n }, name))
			return text_trim(span_from(line, n + 1));
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
	else if (code == CURLE_WRITE_ERROR)
		snprintf(r->cause, sizeof r->cause, "out of memory");
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

/* Turns libcurl's verdict and what came into the response. */
static void
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

/* --- requests in flight -------------------------------------------------- */

enum {
	CONNECTIONS = 8,
	MAX_REPLY = 16 * 1024 * 1024,

	WAIT_MAX_MS = 60 * 1000,
};

static int
fail(struct buf *why, const char *what)
{
	buf_addf(why, "cannot set up HTTP: %s", what);
	return -1;
}

/* A new multi handle, with no connection and no name of hosts in it. */
static int
renew(struct transport *t)
{
	CURLM *multi = curl_multi_init();

	if (multi == NULL ||
	    curl_multi_setopt(
		multi, CURLMOPT_MAXCONNECTS, t->max_connections) != CURLM_OK ||
	    curl_multi_setopt(multi, CURLMOPT_PIPELINING,
		(long)CURLPIPE_NOTHING) != CURLM_OK) {
		curl_multi_cleanup(multi);
		return -1;
	}
	curl_multi_cleanup(t->multi);
	t->multi = multi;
	return 0;
}

static int
set_up(struct transport *t, const struct transport_options *o, struct buf *why)
{
	t->done_end = &t->done;
	t->max_connections =
	    o->max_connections > 0 ? o->max_connections : CONNECTIONS;
	t->max_reply = o->max_reply > 0 ? o->max_reply : MAX_REPLY;
	if (o->ca_bundle != NULL &&
	    (t->ca_bundle = strdup(o->ca_bundle)) == NULL)
		return fail(why, "out of memory");
	if (renew(t) == -1)
		return fail(why, "libcurl could not be started");
	return 0;
}

struct transport *
transport_new(const struct transport_options *o, struct buf *why)
{
	struct transport *t;

	/* TLS writes, and closes, without MSG_NOSIGNAL. */
	signals_ignore_pipe();
	/* Counted by libcurl: each new has its del. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		fail(why, "libcurl could not be started");
		return NULL;
	}
	t = calloc(1, sizeof *t);
	if (t == NULL) {
		fail(why, "out of memory");
		curl_global_cleanup();
		return NULL;
	}
	if (set_up(t, o, why) == -1) {
		transport_del(t);
		return NULL;
	}
	return t;
}

void
transport_del(struct transport *t)
{

	if (t == NULL)
		return;
	transport_abandon(t);
	curl_multi_cleanup(t->multi);
	free(t->ca_bundle);
	free(t);
	curl_global_cleanup();
}

/*
 * Whatever state libcurl is in: after a failure no old connection is used, and
 * after two, as soon as nothing else is in flight, nothing that is old.
 */
static struct slot *
begin(struct transport *t, const struct transport_request *r)
{
	struct slot *s;

	if (t->failed > 1 && t->going == NULL && renew(t) == -1)
		return NULL;
	s = slot_new(r, t);
	if (s == NULL || curl_multi_add_handle(t->multi, s->easy) == CURLM_OK)
		return s;
	slot_del(s);
	return NULL;
}

int
transport_start(struct transport *t, const struct transport_request *r)
{
	struct slot *s;

	s = begin(t, r);
	if (s == NULL) {
		t->failed += 2;
		s = begin(t, r);
	}
	if (s == NULL)
		return -1;
	s->next = t->going;
	t->going = s;
	return 0;
}

static void
unlink_going(struct transport *t, struct slot *s)
{
	struct slot **at = &t->going;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->next = NULL;
}

/* A handle that stays in libcurl's hands must not be freed. */
static void
detach(struct transport *t, struct slot *s)
{
	if (curl_multi_remove_handle(t->multi, s->easy) != CURLM_OK) {
		t->stuck = true;
		s->is_stuck = true;
	}
	unlink_going(t, s);
}

static void
finish(struct transport *t, struct slot *s, CURLcode code)
{
	detach(t, s);
	slot_finish(s, code);
	if (s->response.result == TRANSPORT_ANSWERED) {
		t->failed = 0;
		t->renewed = false;
	} else {
		t->failed++;
	}
	*t->done_end = s;
	t->done_end = &s->next;
}

/* Moves what has come to an end to the list of done. */
static void
collect(struct transport *t)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(t->multi, &left)) != NULL) {
		struct slot *s = NULL;

		if (m->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
			(char **)&s) == CURLE_OK)
			finish(t, s, m->data.result);
	}
}

/*
 * Ends what has waited too long.  libcurl's own bound is for the whole of a
 * request: on a slow line large ones would never get through.  Returns when
 * the next will be late.
 */
static int64_t
end_late(struct transport *t, int64_t now_ms)
{
	int64_t late_ms = INT64_MAX;
	struct slot *next;

	for (struct slot *s = t->going; s != NULL; s = next) {
		int64_t due_ms = slot_look(s, now_ms);

		next = s->next;
		if (due_ms <= now_ms)
			finish(t, s, CURLE_OPERATION_TIMEDOUT);
		else if (due_ms < late_ms)
			late_ms = due_ms;
	}
	return late_ms;
}

/* libcurl tells neither POLLHUP nor POLLERR: ask poll(2) itself. */
static int
which_are_ready(struct pollfd *fds, unsigned n)
{
	int ready;

	do
		ready = n == 0 ? 0 : poll(fds, n, 0);
	while (ready == -1 && errno == EINTR);
	return ready;
}

/*
 * libcurl itself has failed: what is in flight has, too.  -1 where that was no
 * cure the last time, either.
 */
static int
start_over(struct transport *t, CURLMcode code)
{
	int rc = -1;

	while (t->going != NULL) {
		snprintf(t->going->response.cause,
		    sizeof t->going->response.cause, "libcurl: %s",
		    curl_multi_strerror(code));
		finish(t, t->going, CURLE_RECV_ERROR);
	}
	if (!t->renewed)
		rc = renew(t);
	t->renewed = true;
	errno = code == CURLM_OUT_OF_MEMORY ? ENOMEM : EIO;
	return rc;
}

_Static_assert(CURL_WAIT_POLLIN == POLLIN && CURL_WAIT_POLLPRI == POLLPRI &&
		   CURL_WAIT_POLLOUT == POLLOUT,
    "libcurl has its own bits");

static int
wait_once(struct transport *t, const struct pollfd *fds, unsigned n,
    int64_t timeout_ms)
{
	struct curl_waitfd w[TRANSPORT_FDS_MAX];
	CURLMcode code;

	if (timeout_ms > WAIT_MAX_MS)
		timeout_ms = WAIT_MAX_MS;
	if (timeout_ms < 0)
		timeout_ms = 0;
	for (unsigned i = 0; i < n; i++)
		w[i] = (struct curl_waitfd){ .fd = fds[i].fd,
			.events = fds[i].events };
	code = curl_multi_poll(t->multi, w, n, (int)timeout_ms, NULL);
	return code == CURLM_OK ? 0 : start_over(t, code);
}

/* *late_ms: when something will be late. */
static int
perform(struct transport *t, int64_t *late_ms)
{
	int running;
	CURLMcode code;

	code = curl_multi_perform(t->multi, &running);
	collect(t);
	if (code == CURLM_OK && running == 0 && t->going != NULL)
		code = CURLM_INTERNAL_ERROR; /* it has lost what is in flight */
	*late_ms = end_late(t, clock_mono_ms());
	return code == CURLM_OK ? 0 : start_over(t, code);
}

/*
 * Goes on until, beside fds and time, that one request has its end or, with
 * any, something can be handed out.
 */
static int
run(struct transport *t, struct pollfd *fds, unsigned n, int64_t timeout_ms,
    bool any, const struct slot *one)
{
	int64_t now_ms = clock_mono_ms();
	int64_t until_ms = timeout_ms < 0 ? INT64_MAX : now_ms + timeout_ms;

	if (n > TRANSPORT_FDS_MAX || t->stuck) {
		errno = t->stuck ? EIO : EINVAL;
		return -1;
	}
	for (unsigned i = 0; i < n; i++)
		fds[i].revents = 0;
	for (;;) {
		int64_t late_ms;
		int ready;

		if (perform(t, &late_ms) == -1)
			return -1;
		ready = which_are_ready(fds, n);
		if (ready == -1)
			return -1;
		now_ms = clock_mono_ms();
		if (ready > 0 || now_ms >= until_ms ||
		    (any && t->done != NULL) || (one != NULL && one->is_done))
			return 0;
		if (until_ms < late_ms)
			late_ms = until_ms;
		if (wait_once(t, fds, n, late_ms - now_ms) == -1)
			return -1;
	}
}

int
transport_wait(
    struct transport *t, struct pollfd *fds, unsigned n, int64_t timeout_ms)
{
	return run(t, fds, n, timeout_ms, true, NULL);
}

int
transport_pump(
    struct transport *t, struct pollfd *fds, unsigned n, int64_t timeout_ms)
{
	return run(t, fds, n, timeout_ms, false, NULL);
}

static void
take_done(
    struct transport *t, struct slot **at, struct transport_response *response)
{
	struct slot *s = *at;

	*at = s->next;
	if (t->done_end == &s->next)
		t->done_end = at;
	*response = s->response;
	s->response = (struct transport_response){ 0 };
	slot_del(s);
}

bool
transport_next(struct transport *t, struct transport_response *response)
{
	struct slot **at = &t->done;

	/* What transport_call() waits for is its own. */
	while (*at != NULL && (*at)->own)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	take_done(t, at, response);
	return true;
}

static void
abandon_one(struct transport *t, struct slot *s)
{

	detach(t, s);
	slot_del(s);
}

void
transport_abandon(struct transport *t)
{
	struct transport_response r;

	while (t->going != NULL)
		abandon_one(t, t->going);
	while (t->done != NULL) {
		take_done(t, &t->done, &r);
		transport_response_free(&r);
	}
}

static void
no_answer(const struct transport_request *r, enum transport_result result,
    const char *cause, struct transport_response *response)
{
	*response = (struct transport_response){
		.tag = r->tag, .result = result, .retry_after_ms = -1
	};
	memcpy(response->cause, cause, strlen(cause) + 1);
}

void
transport_call(struct transport *t, const struct transport_request *r,
    const struct pollfd *stop, struct transport_response *response)
{
	struct pollfd fd = stop == NULL ? (struct pollfd){ 0 } : *stop;
	struct slot *s, **at;

	if (transport_start(t, r) == -1) {
		no_answer(r, TRANSPORT_FAILED, "out of memory", response);
		return;
	}
	s = t->going;
	s->own = true;
	while (!s->is_done) {
		bool failed =
		    run(t, &fd, stop == NULL ? 0 : 1, -1, false, s) == -1;

		if (s->is_done || (!failed && fd.revents == 0))
			continue;
		abandon_one(t, s);
		no_answer(r, failed ? TRANSPORT_FAILED : TRANSPORT_STOPPED,
		    failed ? "out of memory" : "a signal came", response);
		return;
	}
	for (at = &t->done; *at != s;)
		at = &(*at)->next;
	take_done(t, at, response);
}
