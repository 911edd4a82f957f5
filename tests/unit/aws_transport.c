/* aws_transport - HTTP against a server that behaves, and one that does not.
 * SPDX-License-Identifier: ISC */
#include "aws/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/call.h"
#include "lib/clock.h"

/* --- the server: a process a connection, the path says what to do --- */

static int port;
static pid_t server;
static atomic_int *guests; /* shared: how many have come to /meet */

static void
send_all(int fd, const char *text)
{
	size_t n = strlen(text);

	/* The client may have gone on purpose. */
	if (send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
		_exit(0);
}

static void
send_body(int fd, const char *status, const char *headers, const char *body)
{
	char head[4096];

	snprintf(head, sizeof head,
	    "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
	    strlen(body), body);
	send_all(fd, head);
}

/* "fine" */
static const unsigned char gzipped[24] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3,
	0x4b, 0xcb, 0xcc, 0x4b, 5, 0, 0x92, 0x54, 0xa9, 0xbe, 4, 0, 0, 0 };

static const char *
long_header(void)
{
	static char line[1024];

	memset(line, 'x', sizeof line);
	memcpy(line, "X: ", 3);
	memcpy(line + sizeof line - 3, "\r\n", 3);
	return line;
}

static void
answer(int fd, const char *path, char *request)
{
	static const char headers[] =
	    "Date: Mon, 23 Nov 2026 13:30:00 GMT\r\n"
	    "x-amzn-RequestId: id-7\r\nX-AMZN-ErrorType: Some#Thing:x\r\n"
	    "x-amz-retry-after:  250 \r\n";
	static const struct linger at_once = { 1, 0 };

	if (strcmp(path, "/ok") == 0)
		send_body(fd, "200 OK", headers, "fine");
	else if (strcmp(path, "/bad") == 0)
		send_body(fd, "400 Bad", headers, "{\"message\":\"no\"}");
	else if (strcmp(path, "/echo") == 0)
		send_body(fd, "200 OK", "", request);
	else if (strcmp(path, "/head") == 0) {
		*strstr(request, "\r\n\r\n") = '\0';
		send_body(fd, "200 OK", "", request);
	} else if (strcmp(path, "/moved") == 0)
		send_body(fd, "302 Found", "Location: /ok\r\n", "");
	else if (strcmp(path, "/continue") == 0) {
		send_all(fd, "HTTP/1.1 100 Continue\r\nDate: no\r\n\r\n");
		send_body(fd, "200 OK", "", "fine");
	} else if (strcmp(path, "/once") == 0) {
		send_body(fd, "200 OK", "", "fine");
		_exit(0); /* closes what claims to stay open */
	} else if (strcmp(path, "/slow") == 0) {
		send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
		for (int i = 0; i < 12; i++) {
			usleep(250000);
			send_all(fd, "x");
		}
	} else if (strcmp(path, "/gzip") == 0) {
		send_all(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
			     "Content-Length: 24\r\n\r\n");
		if (send(fd, gzipped, sizeof gzipped, MSG_NOSIGNAL) !=
		    sizeof gzipped)
			_exit(0);
	} else if (strcmp(path, "/rot13") == 0) {
		send_body(fd, "200 OK", "Content-Encoding: rot13\r\n", "svar");
	} else if (strcmp(path, "/head-of-300K") == 0) {
		send_all(fd, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 300; i++)
			send_all(fd, long_header());
		send_all(fd, "Content-Length: 0\r\n\r\n");
	} else if (strcmp(path, "/half") == 0) {
		send_all(
		    fd, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf");
		_exit(0);
	} else if (strcmp(path, "/nonsense") == 0) {
		send_all(fd, "hello there\r\n\r\n");
		_exit(0);
	} else if (strcmp(path, "/reset") == 0) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		close(fd);
		_exit(0);
	} else if (strcmp(path, "/meet") == 0) {
		atomic_fetch_add(guests, 1);
		while (atomic_load(guests) < 3)
			usleep(1000);
		send_body(fd, "200 OK", "", "met");
	} else
		pause(); /* /silent */
}

/* One request's head and body into text; -1: the client has gone. */
static int
receive(int fd, char *text, size_t size)
{
	size_t n = 0, want = 0;

	for (;;) {
		ssize_t got = recv(fd, text + n, size - 1 - n, 0);
		char *end, *length;

		if (got <= 0)
			return -1;
		n += (size_t)got;
		text[n] = '\0';
		end = strstr(text, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(text, "content-length:");
		want = (size_t)(end + 4 - text) +
		       (length != NULL && length < end
			       ? strtoul(length + 15, NULL, 10)
			       : 0);
		if (n >= want)
			return 0;
	}
}

static void
serve_one(int fd)
{
	static char text[4 << 20];
	char path[64];

	while (receive(fd, text, sizeof text) == 0) {
		if (sscanf(text, "%*s %63s", path) != 1)
			_exit(1);
		answer(fd, path, text);
	}
	_exit(0);
}

/* In a child: ends with its parent, which may be gone already. */
static void
end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

static void
serve(int listener)
{
	pid_t self = getpid();

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd == -1)
			_exit(1);
		if (fork() == 0) {
			end_with(self);
			serve_one(fd);
		}
		close(fd);
	}
}

static int
start_server(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t self = getpid();

	(void)state;
	guests = mmap(NULL, sizeof *guests, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || guests == MAP_FAILED ||
	    bind(fd, (struct sockaddr *)&a, n) == -1 || listen(fd, 16) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) == -1)
		return -1;
	port = ntohs(a.sin_port);
	server = fork();
	if (server == 0) {
		end_with(self);
		serve(fd);
	}
	close(fd);
	return server == -1 ? -1 : 0;
}

static int
stop_server(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	return waitpid(server, NULL, 0) == server ? 0 : -1;
}

/* --- the client --- */

enum { LARGE = 3 << 20 };

static struct transport *
new_transport(size_t max_reply)
{
	struct transport_options o = { .max_reply = max_reply };
	struct buf why = { 0 };
	struct transport *t = transport_new(&o, &why);

	assert_non_null(t);
	return t;
}

static const char *const host_header[] = { "Host: there.example:1",
	"X-Amz-Target: t", "Authorization: a" };

static struct transport_request
request(char url[64], const char *path)
{
	snprintf(url, 64, "http://127.0.0.1:%d%s", port, path);
	return (struct transport_request){ .method = "POST",
		.url = url,
		.headers = host_header,
		.nheaders = 3,
		.body = span_of("body"),
		.timeout_ms = 20000 };
}

static struct transport_response
call(struct transport *t, const char *path)
{
	struct transport_response response;
	char url[64];
	struct transport_request r = request(url, path);

	transport_call(t, &r, NULL, &response);
	return response;
}

static void
an_answer_has_status_headers_and_body(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response r = call(t, "/ok");

	(void)state;
	assert_int_equal(r.result, TRANSPORT_ANSWERED);
	assert_int_equal(r.status, 200);
	assert_string_equal(buf_text(&r.body), "fine");
	assert_true(span_is(r.date, "Mon, 23 Nov 2026 13:30:00 GMT"));
	assert_true(span_is(r.request_id, "id-7"));
	assert_true(span_is(r.error_type, "Some#Thing:x"));
	assert_int_equal(r.retry_after_ms, 250);
	assert_false(r.reused);
	transport_response_free(&r);
	r = call(t, "/bad");
	assert_int_equal(r.result, TRANSPORT_ANSWERED);
	assert_int_equal(r.status, 400);
	assert_true(r.reused);
	transport_response_free(&r);
	r = call(t, "/continue");
	assert_int_equal(r.status, 200);
	assert_int_equal(r.date.n, 0);
	assert_int_equal(r.retry_after_ms, -1);
	transport_response_free(&r);
	transport_del(t);
}

/* The pieces of bodies, one after the other; tag is the buf. */
static bool
take_piece(void *tag, struct span piece)
{
	buf_add_span(tag, piece);
	return true;
}

static bool
refuse_piece(void *tag, struct span piece)
{
	(void)tag, (void)piece;
	return false;
}

static void
the_body_of_a_200_can_be_taken_as_it_comes(void **state)
{
	struct transport *t = new_transport(64);
	struct transport_response response;
	struct buf taken = { 0 };
	char url[64];
	struct transport_request r = request(url, "/ok");

	(void)state;
	r.take = take_piece;
	r.tag = &taken;
	transport_call(t, &r, NULL, &response);
	assert_int_equal(response.result, TRANSPORT_ANSWERED);
	assert_int_equal(response.body.n, 0);
	assert_string_equal(buf_text(&taken), "fine");
	transport_response_free(&response);
	/* Another status has its words where they are looked for. */
	snprintf(url, sizeof url, "http://127.0.0.1:%d/bad", port);
	transport_call(t, &r, NULL, &response);
	assert_string_equal(buf_text(&response.body), "{\"message\":\"no\"}");
	transport_response_free(&response);
	/* Half of one has been taken before it is known to be half. */
	snprintf(url, sizeof url, "http://127.0.0.1:%d/half", port);
	transport_call(t, &r, NULL, &response);
	assert_int_equal(response.result, TRANSPORT_BROKEN);
	assert_string_equal(buf_text(&taken), "finehalf");
	transport_response_free(&response);
	/* /echo is longer than an answer may be. */
	snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", port);
	transport_call(t, &r, NULL, &response);
	assert_int_equal(response.result, TRANSPORT_TOO_BIG);
	transport_response_free(&response);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/ok", port);
	r.take = refuse_piece;
	transport_call(t, &r, NULL, &response);
	assert_int_equal(response.result, TRANSPORT_FAILED);
	assert_string_equal(response.cause, "out of memory");
	transport_response_free(&response);
	buf_free(&taken);
	transport_del(t);
}

static void
only_our_headers_go_out(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response response;
	char url[64], *body = malloc(LARGE);
	struct transport_request r = request(url, "/echo");

	(void)state;
	assert_non_null(body);
	response = call(t, "/echo");
	assert_string_equal(buf_text(&response.body),
	    "POST /echo HTTP/1.1\r\nHost: there.example:1\r\nAccept: */*\r\n"
	    "Accept-Encoding: identity\r\nX-Amz-Target: t\r\nAuthorization: "
	    "a\r\nContent-Length: 4\r\n\r\n"
	    "body");
	transport_response_free(&response);
	/* Large enough for libcurl to ask "Expect: 100-continue". */
	memset(body, 'x', LARGE);
	r.body = (struct span){ body, LARGE };
	r.url = url;
	snprintf(url, 64, "http://127.0.0.1:%d/head", port);
	transport_call(t, &r, NULL, &response);
	assert_string_equal(buf_text(&response.body),
	    "POST /head HTTP/1.1\r\nHost: there.example:1\r\nAccept: */*\r\n"
	    "Accept-Encoding: identity\r\nX-Amz-Target: t\r\nAuthorization: "
	    "a\r\nContent-Length: 3145728");
	transport_response_free(&response);
	r = request(url, "/echo");
	r.method = "PUT";
	r.body = (struct span){ 0 };
	transport_call(t, &r, NULL, &response);
	assert_non_null(strstr(buf_text(&response.body), "PUT /echo HTTP/1.1"));
	assert_non_null(
	    strstr(buf_text(&response.body), "Content-Length: 0\r\n"));
	transport_response_free(&response);
	free(body);
	transport_del(t);
}

static void
redirects_are_not_followed(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response r = call(t, "/moved");

	(void)state;
	assert_int_equal(r.status, 302);
	transport_response_free(&r);
	transport_del(t);
}

static void
failures_are_told_apart(void **state)
{
	static const struct {
		const char *path;
		enum transport_result result;
	} table[] = { { "/half", TRANSPORT_BROKEN },
		{ "/reset", TRANSPORT_BROKEN },
		{ "/nonsense", TRANSPORT_BROKEN } };
	struct transport *t = new_transport(0);

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct transport_response r = call(t, table[i].path);

		assert_int_equal(r.result, table[i].result);
		assert_true(r.cause[0] != '\0');
		transport_response_free(&r);
	}
	transport_del(t);
}

static void
what_cannot_be_reached_was_not_sent(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response response;
	struct service_error error = { 0 };
	char url[64];
	struct transport_request r = request(url, "/ok");

	(void)state;
	r.url = "http://127.0.0.1:1/"; /* tcpmux: nobody has it */
	transport_call(t, &r, NULL, &response);
	assert_int_equal(response.result, TRANSPORT_REFUSED);
	call_error(&response, &error);
	assert_int_equal(error.kind, ERROR_TRANSIENT);
	assert_string_equal(buf_text(&error.code), "not connected");
	error_free(&error);
	transport_response_free(&response);
	/* No label is that long: it is known without asking anybody. */
	r.url = "http://0123456789012345678901234567890123456789"
		"01234567890123456789nowhere.invalid/";
	r.direct = true;
	transport_call(t, &r, NULL, &response);
	assert_int_equal(response.result, TRANSPORT_NO_HOST);
	transport_response_free(&response);
	r.url = "ftp://127.0.0.1/";
	transport_call(t, &r, NULL, &response);
	assert_int_not_equal(response.result, TRANSPORT_ANSWERED);
	transport_response_free(&response);
	transport_del(t);
}

static void
silence_ends_in_time(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response response;
	char url[64];
	struct transport_request r = request(url, "/silent");

	(void)state;
	r.timeout_ms = 100;
	transport_call(t, &r, NULL, &response);
	assert_int_equal(response.result, TRANSPORT_TIMEOUT);
	assert_int_equal(response.answer_bytes, 0);
	transport_response_free(&response);
	transport_del(t);
}

static void
a_body_beyond_the_bound_is_dropped(void **state)
{
	struct transport *t = new_transport(3);
	struct transport_response r = call(t, "/ok");

	(void)state;
	assert_int_equal(r.result, TRANSPORT_TOO_BIG);
	assert_true(r.body.n <= 3);
	transport_response_free(&r);
	transport_del(t);
	t = new_transport(4);
	r = call(t, "/ok");
	assert_int_equal(r.result, TRANSPORT_ANSWERED);
	transport_response_free(&r);
	transport_del(t);
}

static void
a_head_beyond_the_bound_came_from_who_got_the_request(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response r = call(t, "/head-of-300K");
	struct service_error error = { 0 };

	(void)state;
	assert_true(r.result == TRANSPORT_TOO_BIG);
	assert_true(r.answer_bytes > 0);
	call_error(&r, &error);
	assert_int_equal(error.kind, ERROR_TRANSIENT);
	error_free(&error);
	transport_response_free(&r);
	transport_del(t);
}

static void
an_answer_that_moves_is_waited_for(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response response;
	char url[64];
	struct transport_request r = request(url, "/slow");

	(void)state;
	r.timeout_ms = 2000;
	transport_call(t, &r, NULL, &response);
	assert_int_equal(response.result, TRANSPORT_ANSWERED);
	assert_string_equal(buf_text(&response.body), "xxxxxxxxxxxx");
	assert_true(response.elapsed_ms > 2000);
	transport_response_free(&response);
	transport_del(t);
}

static void
encoded_answers_are_understood_or_told(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response r = call(t, "/gzip");

	(void)state;
	assert_int_equal(r.result, TRANSPORT_ANSWERED);
	assert_string_equal(buf_text(&r.body), "fine");
	transport_response_free(&r);
	r = call(t, "/rot13");
	assert_int_equal(r.result, TRANSPORT_BROKEN);
	assert_non_null(strstr(r.cause, "encoding"));
	transport_response_free(&r);
	transport_del(t);
}

/* A body that was sent is not sent again but by the caller, who can tell. */
static void
a_connection_closed_while_idle_is_replaced(void **state)
{
	struct transport *t = new_transport(0);

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct transport_response r = call(t, "/once");

		if (r.result == TRANSPORT_BROKEN) {
			assert_true(r.reused);
			assert_int_equal(r.answer_bytes, 0);
			transport_response_free(&r);
			r = call(t, "/once");
		}
		assert_int_equal(r.result, TRANSPORT_ANSWERED);
		transport_response_free(&r);
	}
	transport_del(t);
}

static void
requests_go_side_by_side(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response response;
	char url[64];
	struct transport_request r = request(url, "/meet");
	int tag[3], seen = 0;

	(void)state;
	atomic_store(guests, 0);
	for (int i = 0; i < 2; i++) {
		r.tag = &tag[i];
		assert_int_equal(transport_start(t, &r), 0);
	}
	assert_false(transport_next(t, &response));
	/* None is answered before the third, which is a call of its own. */
	r.tag = &tag[2];
	transport_call(t, &r, NULL, &response);
	assert_ptr_equal(response.tag, &tag[2]);
	assert_string_equal(buf_text(&response.body), "met");
	transport_response_free(&response);
	while (seen < 2) {
		assert_int_equal(transport_wait(t, NULL, 0, 20000), 0);
		while (transport_next(t, &response)) {
			assert_true(
			    response.tag == &tag[0] || response.tag == &tag[1]);
			assert_int_equal(response.result, TRANSPORT_ANSWERED);
			transport_response_free(&response);
			seen++;
		}
	}
	assert_false(transport_next(t, &response));
	transport_del(t);
}

static void
a_descriptor_ends_the_wait(void **state)
{
	struct transport *t = new_transport(0);
	struct transport_response response;
	char url[64];
	struct transport_request r = request(url, "/silent");
	struct pollfd fd = { .events = POLLIN };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fd.fd = ends[0];
	assert_int_equal(transport_start(t, &r), 0);
	assert_int_equal(transport_wait(t, &fd, 1, 10), 0);
	assert_int_equal(fd.revents, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(transport_wait(t, &fd, 1, -1), 0);
	assert_int_equal(fd.revents, POLLIN);
	transport_call(t, &r, &fd, &response);
	assert_int_equal(response.result, TRANSPORT_STOPPED);
	transport_response_free(&response);
	/* The other end closed: POLLHUP too ends it. */
	assert_int_equal(read(ends[0], url, 1), 1);
	close(ends[1]);
	assert_int_equal(transport_pump(t, &fd, 1, -1), 0);
	assert_int_equal(fd.revents & POLLHUP, POLLHUP);
	transport_abandon(t);
	assert_false(transport_next(t, &response));
	close(ends[0]);
	transport_del(t);
}

static void
a_wait_with_nothing_in_flight_lasts_its_time(void **state)
{
	struct transport *t = new_transport(0);
	int64_t begun_ms = clock_mono_ms();

	(void)state;
	assert_int_equal(transport_wait(t, NULL, 0, 30), 0);
	assert_true(clock_mono_ms() - begun_ms >= 30);
	transport_del(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_status_headers_and_body),
		cmocka_unit_test(the_body_of_a_200_can_be_taken_as_it_comes),
		cmocka_unit_test(only_our_headers_go_out),
		cmocka_unit_test(redirects_are_not_followed),
		cmocka_unit_test(failures_are_told_apart),
		cmocka_unit_test(what_cannot_be_reached_was_not_sent),
		cmocka_unit_test(silence_ends_in_time),
		cmocka_unit_test(a_body_beyond_the_bound_is_dropped),
		cmocka_unit_test(
		    a_head_beyond_the_bound_came_from_who_got_the_request),
		cmocka_unit_test(an_answer_that_moves_is_waited_for),
		cmocka_unit_test(encoded_answers_are_understood_or_told),
		cmocka_unit_test(a_connection_closed_while_idle_is_replaced),
		cmocka_unit_test(requests_go_side_by_side),
		cmocka_unit_test(a_descriptor_ends_the_wait),
		cmocka_unit_test(a_wait_with_nothing_in_flight_lasts_its_time),
	};

	/* A user's proxy is not for our server. */
	setenv("no_proxy", "*", 1);
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
