/* sink - a Kinesis that takes all records and keeps none, to measure against.
 * SPDX-License-Identifier: ISC
 *
 * usage: sink [LOG] < pipe
 *
 * Serves as tests/bench/server/server.h says; at the end it prints a line of
 * JSON: requests, records, bytes (of bodies), cpu_s.  PutRecords is answered as
 * the service does when all is stored, with as many entries as there were
 * records; anything else by status 400.  What is signed is not looked at.  LOG
 * gets a line for each request: the wall clock in ns, a blank, the body.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/server/server.h"

/* Of PutRecords, as the service's reference had it in November 2026. */
#define RECORDS_MAX 500

#define REPLY_OPEN    "{\"FailedRecordCount\":0,\"Records\":["
#define ENTRY_OPEN    "{\"SequenceNumber\":\"4954498525690737027557023037"
#define ENTRY_CLOSE   "\",\"ShardId\":\"shardId-000000000000\"},"
#define SERIAL_DIGITS 28
#define ENTRY_BYTES                                                            \
	(sizeof ENTRY_OPEN - 1 + SERIAL_DIGITS + sizeof ENTRY_CLOSE - 1)

struct sink {
	FILE *log;
	uint64_t requests, records, bytes;
	char reply[sizeof REPLY_OPEN + RECORDS_MAX * ENTRY_BYTES + 2];
	uint64_t serial;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
	exit(3);
}

/*
 * The keys of the records: a colon behind "PartitionKey".  Base64 has no colon,
 * and inside a text the quotes would be behind a backslash, so this counts no
 * more than there are.
 */
static size_t
count_records(const struct server_request *r)
{
	static const char name[] = "\"PartitionKey\"";
	const char *p = r->body, *end = p + r->body_bytes;
	size_t n = 0;

	while ((p = memchr(p, ':', (size_t)(end - p))) != NULL) {
		if ((size_t)(p - r->body) >= sizeof name - 1 &&
		    memcmp(p - (sizeof name - 1), name, sizeof name - 1) == 0)
			n++;
		p++;
	}
	return n;
}

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

static void
log_request(const struct sink *s, const struct server_request *r)
{
	struct timespec t;

	if (s->log == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	fprintf(s->log, "%" PRId64 " %.*s\n",
	    (int64_t)t.tv_sec * 1000000000 + t.tv_nsec, (int)r->body_bytes,
	    r->body);
}

static int
answer(void *ctx, const struct server_request *r)
{
	static const char wrong[] = "{\"__type\":\"InvalidArgumentException\","
				    "\"message\":\"the sink takes PutRecords "
				    "of 1 to 500 records\"}";
	struct sink *s = ctx;
	size_t records =
	    server_asks_for(r, "PutRecords") ? count_records(r) : 0;

	if (records == 0 || records > RECORDS_MAX)
		return server_reply(
		    r, "400 Bad Request", wrong, sizeof wrong - 1, "");
	s->requests++;
	s->records += records;
	s->bytes += r->body_bytes;
	log_request(s, r);
	number_entries(s, records);
	return server_reply(r, "200 OK", s->reply,
	    sizeof REPLY_OPEN - 1 + records * ENTRY_BYTES - 1, "]}");
}

int
main(int argc, char **argv)
{
	static struct sink s;

	if (argc > 2) {
		fputs("usage: sink [LOG] < pipe\n", stderr);
		return 2;
	}
	if (argc == 2 && (s.log = fopen(argv[1], "w")) == NULL)
		die(argv[1]);
	make_reply(&s);
	server_run("sink", answer, &s);
	if (s.log != NULL && fclose(s.log) == EOF)
		die(argv[1]);
	printf("{\"requests\":%" PRIu64 ",\"records\":%" PRIu64
	       ",\"bytes\":%" PRIu64 ",\"cpu_s\":%.6f}\n",
	    s.requests, s.records, s.bytes, server_cpu_s());
	return fflush(stdout) == EOF ? 3 : 0;
}
