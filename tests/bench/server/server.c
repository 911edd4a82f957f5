/* server - HTTP/1.1 on the loopback interface, for Kinesis to measure against.
 * SPDX-License-Identifier: ISC */
#include "tests/bench/server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of PutRecords, as the service's reference had it in November 2026. */
#define BODY_MAX ((size_t)10 << 20)
#define HEAD_MAX ((size_t)16 << 10)
/* Bytes asked for at once: about what a socket's buffer holds. */
#define READ_BYTES ((size_t)1 << 20)

/* One connection: the bytes of the request that is being read. */
struct peer {
	int fd;
	char *p;
	size_t n, room;
	size_t head; /* bytes up to the body; 0: not known yet */
	size_t body; /* bytes of the body */
};

struct server {
	const char *name;
	int epoll;
	server_answer_fn *answer;
	void *ctx;
};

static _Noreturn void
die(const struct server *s, const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", s->name, what, strerror(errno));
	exit(3);
}

/* --- a request, and its reply --------------------------------------------- */

/* The value of a header, or NULL; the head ends with an empty line. */
static const char *
header(const struct peer *c, const char *name)
{
	size_t n = strlen(name);
	const char *p = c->p, *end = c->p + c->head;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL && ++p < end) {
		if ((size_t)(end - p) > n && strncasecmp(p, name, n) == 0 &&
		    p[n] == ':') {
			p += n + 1;
			return p + strspn(p, " \t");
		}
	}
	return NULL;
}

/* Reads the head once it is there.  0: go on; -1: no request of ours. */
static int
read_head(struct peer *c)
{
	const char *end = memmem(c->p, c->n, "\r\n\r\n", 4), *value;

	if (end == NULL)
		return c->n < HEAD_MAX ? 0 : -1;
	c->head = (size_t)(end - c->p) + 4;
	value = header(c, "Content-Length");
	if (value == NULL)
		return -1;
	c->body = strtoul(value, NULL, 10);
	return c->body <= BODY_MAX ? 0 : -1;
}

/* Where its bytes lie now. */
static struct server_request
request_of(const struct peer *c)
{
	static const char version[] = "Kinesis_20131202.";
	const char *target = header(c, "X-Amz-Target");
	bool known = target != NULL &&
	             strncmp(target, version, sizeof version - 1) == 0;

	return (struct server_request){ .fd = c->fd,
		.operation = known ? target + sizeof version - 1 : "",
		.body = c->p + c->head,
		.body_bytes = c->body };
}

int
server_asks_for(const struct server_request *r, const char *operation)
{
	size_t n = strlen(operation);

	return strncmp(r->operation, operation, n) == 0 &&
	       (r->operation[n] == '\r' || r->operation[n] == '\n');
}

int
server_reply(const struct server_request *r, const char *status,
    const char *body, size_t n, const char *tail)
{
	char head[256];
	struct iovec part[3] = { { head, 0 }, { (void *)(uintptr_t)body, n },
		{ (void *)(uintptr_t)tail, strlen(tail) } };
	struct msghdr message = { .msg_iov = part, .msg_iovlen = 3 };
	ssize_t all, sent;

	part[0].iov_len = (size_t)snprintf(head, sizeof head,
	    "HTTP/1.1 %s\r\nx-amzn-RequestId: 0\r\n"
	    "Content-Type: application/x-amz-json-1.1\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    status, n + strlen(tail));
	all = (ssize_t)(part[0].iov_len + part[1].iov_len + part[2].iov_len);
	sent = sendmsg(r->fd, &message, MSG_NOSIGNAL);
	return sent == all ? 0 : -1;
}

/* --- connections ---------------------------------------------------------- */

static void
accept_peer(struct server *s, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
	struct peer *c = calloc(1, sizeof *c);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	if (fd == -1 || c == NULL)
		die(s, "accept");
	c->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		die(s, "epoll_ctl");
}

static void
end_peer(struct peer *c)
{
	close(c->fd);
	free(c->p);
	free(c);
}

static void
make_room(const struct server *s, struct peer *c)
{
	if (c->room - c->n >= READ_BYTES)
		return;
	c->room = c->n + 2 * READ_BYTES;
	c->p = realloc(c->p, c->room);
	if (c->p == NULL)
		die(s, "memory");
}

/* Reads once.  A client sends nothing more before it has its answer, so that
 * what is there belongs to one request.  -1: the connection is done. */
static int
serve(struct server *s, struct peer *c)
{
	struct server_request r;
	ssize_t got;

	make_room(s, c);
	got = recv(c->fd, c->p + c->n, c->room - c->n, 0);
	if (got <= 0)
		return got == -1 && errno == EINTR ? 0 : -1;
	c->n += (size_t)got;
	if (c->head == 0 && read_head(c) == -1)
		return -1;
	if (c->head == 0 || c->n < c->head + c->body)
		return 0;
	r = request_of(c);
	if (c->n > c->head + c->body || s->answer(s->ctx, &r) == -1)
		return -1;
	c->n = c->head = c->body = 0;
	return 0;
}

static int
listen_on_loopback(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	if (fd == -1 || bind(fd, (struct sockaddr *)&at, n) == -1 ||
	    listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) == -1)
		die(s, "listen");
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll == -1 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		die(s, "epoll");
	printf("%d\n", ntohs(at.sin_port));
	if (fflush(stdout) == EOF)
		die(s, "stdout");
	return fd;
}

void
server_run(const char *name, server_answer_fn *answer, void *ctx)
{
	struct server s = { .name = name, .answer = answer, .ctx = ctx };
	int listener = listen_on_loopback(&s);
	struct epoll_event event[64], in = { .events = EPOLLIN, .data.ptr = &s };
	char byte;

	if (epoll_ctl(s.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &in) == -1)
		die(&s, "standard input is no pipe");
	for (;;) {
		int n = epoll_wait(s.epoll, event, 64, -1);

		if (n == -1 && errno != EINTR)
			die(&s, "epoll_wait");
		for (int i = 0; i < n; i++) {
			void *who = event[i].data.ptr;

			if (who == NULL)
				accept_peer(&s, listener);
			else if (who != &s && serve(&s, who) == -1)
				end_peer(who);
			else if (who == &s && read(STDIN_FILENO, &byte, 1) <= 0)
				return;
		}
	}
}

double
server_cpu_s(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}
