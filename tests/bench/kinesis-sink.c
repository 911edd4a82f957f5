/* kinesis-sink - a Kinesis that stores nothing and answers as fast as it can;
 * for measuring kinesis-put.
 * SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * usage: kinesis-sink.  Listens on 127.0.0.1 and a port of the system's
 * choice, prints "PID PORT", and answers each PutRecords with a verdict for
 * each record: all stored.  By SIGTERM it prints "REQUESTS RECORDS BYTES" (of
 * bodies) and ends.  Nothing is verified; a body is read once, to count the
 * records in it.
 */

enum {
	RECORDS_MAX = 500,
	HEAD_MAX = 16 * 1024,
	READ_BYTES = 1024 * 1024,
	EVENTS = 64,
};

struct client {
	int fd;
	char head[HEAD_MAX + 1];
	size_t head_n;
	size_t body_left; /* of the body being read */
	bool in_body;
	size_t records;
};

static char *reply[RECORDS_MAX + 1];
static size_t reply_n[RECORDS_MAX + 1];
static char chunk[READ_BYTES];
static unsigned long long requests, records, bytes;
static volatile sig_atomic_t stopped;

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

/* The whole answer for n records, made once. */
static void
make_reply(size_t n)
{
	static const char entry[] =
	    "{\"SequenceNumber\":\"49590338271490256608559692538361571095921"
	    "575989136588898\",\"ShardId\":\"shardId-000000000000\"}";
	char *body = malloc(200 + n * (sizeof entry + 1)), *p = body, *all;
	int len;

	p += sprintf(p, "{\"FailedRecordCount\":0,\"Records\":[");
	for (size_t i = 0; i < n; i++)
		p += sprintf(p, "%s%s", i == 0 ? "" : ",", entry);
	p += sprintf(p, "]}");
	all = malloc((size_t)(p - body) + 200);
	len = sprintf(all,
	    "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
	    "x-amzn-RequestId: none\r\nContent-Length: %zu\r\n\r\n%s",
	    (size_t)(p - body), body);
	free(body);
	reply[n] = all;
	reply_n[n] = (size_t)len;
}

static int
answer(struct client *c)
{
	/* The outer object is one brace more. */
	size_t n = c->records - 1, done = 0;

	if (n > RECORDS_MAX)
		return -1;
	if (reply[n] == NULL)
		make_reply(n);
	requests++;
	records += n;
	c->records = 0;
	c->in_body = false;
	while (done < reply_n[n]) {
		ssize_t w = write(c->fd, reply[n] + done, reply_n[n] - done);

		if (w < 0)
			return -1;
		done += (size_t)w;
	}
	return 0;
}

/* Base64 has no brace, and keys of ours have none: each record is one. */
static size_t
braces(const char *p, size_t n)
{
	const char *end = p + n;
	size_t count = 0;

	while ((p = memchr(p, '{', (size_t)(end - p))) != NULL) {
		count++;
		p++;
	}
	return count;
}

static int
body(struct client *c, const char *p, size_t n)
{
	c->records += braces(p, n);
	bytes += n;
	c->body_left -= n;
	return c->body_left == 0 ? answer(c) : 0;
}

/* Bytes while no body is being read; returns how many were used, or -1. */
static ssize_t
head(struct client *c, const char *p, size_t n)
{
	size_t old = c->head_n, take = HEAD_MAX - old;
	char *end, *length;

	if (take > n)
		take = n;
	if (take == 0)
		return -1;
	memcpy(c->head + old, p, take);
	c->head_n += take;
	c->head[c->head_n] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (end == NULL)
		return (ssize_t)take;
	*end = '\0';
	length = strcasestr(c->head, "\r\nContent-Length:");
	if (length == NULL)
		return -1;
	c->body_left = strtoul(length + 17, NULL, 10);
	c->in_body = true;
	c->head_n = 0;
	return (ssize_t)((size_t)(end + 4 - c->head) - old);
}

static int
serve(struct client *c)
{
	ssize_t n = read(c->fd, chunk, sizeof chunk);
	const char *p = chunk;

	if (n <= 0)
		return n == -1 && errno == EINTR ? 0 : -1;
	while (n > 0) {
		ssize_t used;

		if (c->in_body) {
			used = (size_t)n < c->body_left ? n
			                                : (ssize_t)c->body_left;
			if (body(c, p, (size_t)used) == -1)
				return -1;
		} else if ((used = head(c, p, (size_t)n)) == -1) {
			return -1;
		}
		p += used;
		n -= used;
	}
	return 0;
}

static void
accept_one(int listener, int queue)
{
	int one = 1, fd = accept(listener, NULL, NULL);
	struct client *c = fd == -1 ? NULL : calloc(1, sizeof *c);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

	if (c == NULL)
		return;
	c->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &e) == -1) {
		close(fd);
		free(c);
	}
}

static int
listen_somewhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof at) == -1 ||
	    listen(fd, 128) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) == -1) {
		perror("kinesis-sink");
		exit(3);
	}
	printf("%ld %d\n", (long)getpid(), ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

int
main(void)
{
	const struct sigaction action = { .sa_handler = stop };
	int listener = listen_somewhere(), queue = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN }, ready[EVENTS];

	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (epoll_ctl(queue, EPOLL_CTL_ADD, listener, &e) == -1)
		return 3;
	while (!stopped) {
		int n = epoll_wait(queue, ready, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct client *c = ready[i].data.ptr;

			if (c == NULL) {
				accept_one(listener, queue);
			} else if (serve(c) == -1) {
				close(c->fd);
				free(c);
			}
		}
	}
	printf("%llu %llu %llu\n", requests, records, bytes);
	return 0;
}
