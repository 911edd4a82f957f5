/* sink - a Kinesis that takes all records and keeps none, to measure against.
 * SPDX-License-Identifier: ISC
 *
 * usage: sink [LOG] < pipe
 *
 * An HTTP/1.1 server on a free port of 127.0.0.1, one thread, connections kept
 * open.  Prints "PORT" when it listens, and ends at the end of its standard
 * input; then it prints a line of JSON: requests, records, bytes (of bodies),
 * cpu_s.  PutRecords is answered as the service does when all is stored, with
 * as many entries as there were records; anything else by status 400.  What is
 * signed is not looked at.  LOG gets a line for each request: the wall clock in
 * ns, a blank, the body.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Of PutRecords, as the service's reference had them in November 2026. */
#define RECORDS_MAX 500
#define BODY_MAX    ((size_t)10 << 20)
#define HEAD_MAX    ((size_t)16 << 10)
/* Bytes asked for at once: about what a socket's buffer holds. */
#define READ_BYTES ((size_t)1 << 20)

#define REPLY_OPEN    "{\"FailedRecordCount\":0,\"Records\":["
#define ENTRY_OPEN    "{\"SequenceNumber\":\"4954498525690737027557023037"
#define ENTRY_CLOSE   "\",\"ShardId\":\"shardId-000000000000\"},"
#define SERIAL_DIGITS 28
#define ENTRY_BYTES                                                            \
	(sizeof ENTRY_OPEN - 1 + SERIAL_DIGITS + sizeof ENTRY_CLOSE - 1)

/* One connection: the bytes of the request that is being read. */
struct peer {
	int fd;
	char *p;
	size_t n, room;
	size_t head;    /* bytes up to the body; 0: not known yet */
	size_t body;    /* bytes of the body */
	size_t scanned; /* up to here records are counted */
	size_t records;
	bool is_put;
};

struct sink {
	int epoll;
	FILE *log;
	uint64_t requests, records, bytes;
	char reply[sizeof REPLY_OPEN + RECORDS_MAX * ENTRY_BYTES + 2];
	uint64_t serial;
};

static _Noreturn void
die(const char *what)
{
	fputs("sink: ", stderr);
	perror(what);
	exit(3);
}

/* --- the request ---------------------------------------------------------- */

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
	static const char put[] = "Kinesis_20131202.PutRecords\r\n";
	const char *end = memmem(c->p, c->n, "\r\n\r\n", 4), *value;

	if (end == NULL)
		return c->n < HEAD_MAX ? 0 : -1;
	c->head = (size_t)(end - c->p) + 4;
	value = header(c, "Content-Length");
	if (value == NULL)
		return -1;
	c->body = strtoul(value, NULL, 10);
	value = header(c, "X-Amz-Target");
	c->is_put = value != NULL && strncmp(value, put, sizeof put - 1) == 0;
	c->scanned = c->head;
	return c->body <= BODY_MAX ? 0 : -1;
}

/*
 * Counts the keys of the records that have come: a colon behind
 * "PartitionKey".  Base64 has no colon, and inside a text the quotes would be
 * behind a backslash, so this counts no more than there are.
 */
static void
count_records(struct peer *c)
{
	static const char name[] = "\"PartitionKey\"";
	const char *p = c->p + c->scanned, *end = c->p + c->n;

	while ((p = memchr(p, ':', (size_t)(end - p))) != NULL) {
		if ((size_t)(p - c->p) >= c->head + sizeof name - 1 &&
		    memcmp(p - (sizeof name - 1), name, sizeof name - 1) == 0)
			c->records++;
		p++;
	}
	c->scanned = c->n;
}

/* --- the reply ------------------------------------------------------------ */

static void
make_reply(struct sink *s)
{
	char *p = stpcpy(s->reply, REPLY_OPEN);

	for (int i = 0; i < RECORDS_MAX; i++)
		p +=
		    sprintf(p, ENTRY_OPEN "%0*d" ENTRY_CLOSE, SERIAL_DIGITS, 0);
}

/* Numbers the entries of a reply anew, each one above the last. */
static void
number_entries(struct sink *s, size_t records)
{
	char *p = s->reply + sizeof REPLY_OPEN - 1 + sizeof ENTRY_OPEN - 1;

	for (size_t i = 0; i < records; i++, p += ENTRY_BYTES) {
		char *q = p + SERIAL_DIGITS;

		for (uint64_t n = ++s->serial; n > 0; n /= 10)
			*--q = (char)('0' + n % 10);
	}
}

/* One write of all; the socket is made to wait where it is full. */
static int
send_reply(
    int fd, const char *status, const char *body, size_t n, const char *tail)
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
	sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	return sent == all ? 0 : -1;
}

static int
answer(struct sink *s, struct peer *c)
{
	static const char wrong[] = "{\"__type\":\"InvalidArgumentException\","
				    "\"message\":\"the sink takes PutRecords "
				    "of 1 to 500 records\"}";
	size_t n = sizeof REPLY_OPEN - 1 + c->records * ENTRY_BYTES - 1;

	if (!c->is_put || c->records == 0 || c->records > RECORDS_MAX)
		return send_reply(
		    c->fd, "400 Bad Request", wrong, sizeof wrong - 1, "");
	s->requests++;
	s->records += c->records;
	s->bytes += c->body;
	if (s->log != NULL) {
		struct timespec t;

		clock_gettime(CLOCK_REALTIME, &t);
		fprintf(s->log, "%" PRId64 " %.*s\n",
		    (int64_t)t.tv_sec * 1000000000 + t.tv_nsec, (int)c->body,
		    c->p + c->head);
	}
	number_entries(s, c->records);
	return send_reply(c->fd, "200 OK", s->reply, n, "]}");
}

/* --- connections ---------------------------------------------------------- */

static void
accept_peer(struct sink *s, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
	struct peer *c = calloc(1, sizeof *c);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	if (fd == -1 || c == NULL)
		die("accept");
	c->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		die("epoll_ctl");
}

static void
end_peer(struct peer *c)
{
	close(c->fd);
	free(c->p);
	free(c);
}

static void
make_room(struct peer *c)
{
	if (c->room - c->n >= READ_BYTES)
		return;
	c->room = c->n + 2 * READ_BYTES;
	c->p = realloc(c->p, c->room);
	if (c->p == NULL)
		die("memory");
}

/* Reads once.  A client sends nothing more before it has its answer, so that
 * what is there belongs to one request.  -1: the connection is done. */
static int
serve(struct sink *s, struct peer *c)
{
	ssize_t got;

	make_room(c);
	got = recv(c->fd, c->p + c->n, c->room - c->n, 0);
	if (got <= 0)
		return got == -1 && errno == EINTR ? 0 : -1;
	c->n += (size_t)got;
	if (c->head == 0 && read_head(c) == -1)
		return -1;
	if (c->head == 0)
		return 0;
	count_records(c);
	if (c->n < c->head + c->body)
		return 0;
	if (c->n > c->head + c->body || answer(s, c) == -1)
		return -1;
	c->n = c->head = c->body = c->records = 0;
	return 0;
}

static int
listen_on_loopback(struct sink *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	if (fd == -1 || bind(fd, (struct sockaddr *)&at, n) == -1 ||
	    listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) == -1)
		die("listen");
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll == -1 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		die("epoll");
	printf("%d\n", ntohs(at.sin_port));
	if (fflush(stdout) == EOF)
		die("stdout");
	return fd;
}

/* Serves until standard input ends: whoever started us is then done. */
static void
serve_all(struct sink *s, int listener)
{
	struct epoll_event event[64], in = { .events = EPOLLIN, .data.ptr = s };
	char byte;

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &in) == -1)
		die("standard input is no pipe");
	for (;;) {
		int n = epoll_wait(s->epoll, event, 64, -1);

		if (n == -1 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			void *who = event[i].data.ptr;

			if (who == NULL)
				accept_peer(s, listener);
			else if (who != s && serve(s, who) == -1)
				end_peer(who);
			else if (who == s && read(STDIN_FILENO, &byte, 1) <= 0)
				return;
		}
	}
}

int
main(int argc, char **argv)
{
	static struct sink s;
	struct rusage use;
	int listener;

	if (argc > 2) {
		fputs("usage: sink [LOG] < pipe\n", stderr);
		return 2;
	}
	if (argc == 2 && (s.log = fopen(argv[1], "w")) == NULL)
		die(argv[1]);
	make_reply(&s);
	listener = listen_on_loopback(&s);
	serve_all(&s, listener);
	if (s.log != NULL && fclose(s.log) == EOF)
		die(argv[1]);
	getrusage(RUSAGE_SELF, &use);
	printf("{\"requests\":%" PRIu64 ",\"records\":%" PRIu64
	       ",\"bytes\":%" PRIu64 ",\"cpu_s\":%.6f}\n",
	    s.requests, s.records, s.bytes,
	    (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		(double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6);
	return fflush(stdout) == EOF ? 3 : 0;
}
