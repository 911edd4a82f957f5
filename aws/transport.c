/* transport - HTTP/1.1 requests in flight over reused connections.
 * SPDX-License-Identifier: ISC */
#include "aws/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "aws/transport_slot.h"
#include "lib/clock.h"
#include "lib/sigpipe.h"

enum {
	CONNECTIONS = 8,
	MAX_REPLY = 16 * 1024 * 1024,

	WAIT_MAX_MS = 60 * 1000,
};

struct transport {
	CURLM *multi;
	char *ca_bundle;
	size_t max_reply;
	long max_connections;
	struct sockets sockets;
	struct slot *going; /* in flight */
	struct slot *done, **done_end;
	size_t busy;
	unsigned
	    failed;   /* requests without an answer since the last with one */
	bool renewed; /* libcurl failed, since then */
	bool stuck;   /* libcurl would not let go of a handle */
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
	struct sigpipe held;

	if (t == NULL)
		return;
	sigpipe_hold(&held);
	transport_abandon(t);
	curl_multi_cleanup(t->multi);
	free(t->ca_bundle);
	free(t);
	curl_global_cleanup();
	sigpipe_let_go(&held);
}

/*
 * Whatever state libcurl is in: after a failure no old connection is used, and
 * after two, as soon as nothing else is in flight, nothing that is old.
 */
static struct slot *
begin(struct transport *t, const struct transport_request *r)
{
	const struct slot_manners manners = { t->ca_bundle, &t->sockets,
		t->max_reply, t->failed > 0 };
	struct slot *s;

	if (t->failed > 1 && t->going == NULL && renew(t) == -1)
		return NULL;
	s = slot_new(r, &manners);
	if (s == NULL || curl_multi_add_handle(t->multi, s->easy) == CURLM_OK)
		return s;
	slot_del(s);
	return NULL;
}

int
transport_start(struct transport *t, const struct transport_request *r)
{
	struct sigpipe held;
	struct slot *s;

	sigpipe_hold(&held); /* connections may be closed */
	s = begin(t, r);
	if (s == NULL) {
		t->failed += 2;
		s = begin(t, r);
	}
	sigpipe_let_go(&held);
	if (s == NULL)
		return -1;
	s->next = t->going;
	t->going = s;
	t->busy++;
	return 0;
}

size_t
transport_busy(const struct transport *t)
{
	return t->busy;
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

static void
to_curl(const struct pollfd *fds, struct curl_waitfd *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		w[i] = (struct curl_waitfd){ .fd = fds[i].fd };
		if ((fds[i].events & POLLIN) != 0)
			w[i].events |= CURL_WAIT_POLLIN;
		if ((fds[i].events & POLLPRI) != 0)
			w[i].events |= CURL_WAIT_POLLPRI;
		if ((fds[i].events & POLLOUT) != 0)
			w[i].events |= CURL_WAIT_POLLOUT;
	}
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
	struct sigpipe held;
	int rc = -1;

	sigpipe_hold(&held);
	while (t->going != NULL) {
		snprintf(t->going->response.cause,
		    sizeof t->going->response.cause, "libcurl: %s",
		    curl_multi_strerror(code));
		finish(t, t->going, CURLE_RECV_ERROR);
	}
	if (!t->renewed)
		rc = renew(t);
	t->renewed = true;
	sigpipe_let_go(&held);
	errno = code == CURLM_OUT_OF_MEMORY ? ENOMEM : EIO;
	return rc;
}

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
	to_curl(fds, w, n);
	code = curl_multi_poll(t->multi, w, n, (int)timeout_ms, NULL);
	return code == CURLM_OK ? 0 : start_over(t, code);
}

/*
 * SIGPIPE is held back: TLS writes, and closes, without MSG_NOSIGNAL.
 * *late_ms: when something will be late.
 */
static int
perform(struct transport *t, int64_t *late_ms)
{
	struct sigpipe held;
	int running;
	CURLMcode code;

	sigpipe_hold(&held);
	code = curl_multi_perform(t->multi, &running);
	collect(t);
	if (code == CURLM_OK && running == 0 && t->going != NULL)
		code = CURLM_INTERNAL_ERROR; /* it has lost what is in flight */
	*late_ms = end_late(t, clock_mono_ms());
	sigpipe_let_go(&held);
	return code == CURLM_OK ? 0 : start_over(t, code);
}

/* What a turn of the loop waits for, beside fds and time. */
struct awaited {
	bool any;                /* anything that can be handed out */
	const struct slot *this; /* or this one */
};

static bool
has_come(const struct transport *t, const struct awaited *a)
{
	return a->this != NULL ? a->this->is_done : a->any && t->done != NULL;
}

static int
run(struct transport *t, struct pollfd *fds, unsigned n, int64_t timeout_ms,
    struct awaited awaited)
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
		if (ready > 0 || now_ms >= until_ms || has_come(t, &awaited))
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
	return run(t, fds, n, timeout_ms, (struct awaited){ .any = true });
}

int
transport_pump(
    struct transport *t, struct pollfd *fds, unsigned n, int64_t timeout_ms)
{
	return run(t, fds, n, timeout_ms, (struct awaited){ 0 });
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
	t->busy--;
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
	struct sigpipe held;

	sigpipe_hold(&held);
	detach(t, s);
	t->busy--;
	slot_del(s);
	sigpipe_let_go(&held);
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
		bool failed = run(t, &fd, stop == NULL ? 0 : 1, -1,
				  (struct awaited){ .this = s }) == -1;

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
