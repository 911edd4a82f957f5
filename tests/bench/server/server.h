/* server - HTTP/1.1 on the loopback interface, for Kinesis to measure against.
 * SPDX-License-Identifier: ISC */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stddef.h>
#include <stdint.h>

/* A request that has come whole; all is borrowed. */
struct server_request {
	int fd;
	const char *operation; /* behind "Kinesis_20131202.", up to its line's
	                          end; "" where there is none */
	const char *body;
	size_t body_bytes;
};

/* Does the request ask for that operation? */
int server_asks_for(const struct server_request *, const char *operation);

/* Answers by server_reply(); -1: the connection is done. */
typedef int server_answer_fn(void *ctx, const struct server_request *);

/*
 * Serves on a free port, which it prints, one thread, connections kept open,
 * until standard input ends: whoever started us is then done.  What fails ends
 * the process with status 3, said under that name.
 */
void server_run(const char *name, server_answer_fn *, void *ctx);

/* One write of head, body and tail, a text; it waits where the socket is full.
 * 0, or -1. */
int server_reply(const struct server_request *, const char *status,
    const char *body, size_t n, const char *tail);

/* User and system time of this process. */
double server_cpu_s(void);

#endif
