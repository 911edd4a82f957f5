/* source - a Kinesis whose shards hold records, to measure against.
 * SPDX-License-Identifier: ISC
 *
 * usage: source SHARDS RECORDS BYTES [SKEW] < pipe
 *
 * Serves as tests/bench/server/server.h says; at the end it prints a line of
 * JSON: requests, records (given), cpu_s.  Each shard has RECORDS records of
 * BYTES bytes, or shard K as many >> K % SKEW.  Those of each shard arrived
 * evenly over the same hour, which ended when this began: so an answer of a
 * sparse shard reaches farther than many of a dense one.  A record is a row of
 * JSON, whose ts is when it arrived.  ListShards, GetShardIterator and
 * GetRecords are answered as the service does; what is signed is not looked at.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/server/server.h"

/* Of GetRecords, as the service's reference had them in November 2026. */
#define RECORDS_MAX 10000
#define BYTES_MAX   ((size_t)10 << 20)

#define SPAN_MS (3600 * INT64_C(1000))

/*
 * An entry, in which places are written anew for each record: the last digits
 * of its number, its arrival, and the 20 characters of base64 that its ts is.
 */
#define SERIAL_AT (sizeof "{\"SequenceNumber\":\"4954498525690737027557" - 1)
#define SERIAL    12
#define ARRIVAL_AT                                                             \
	(SERIAL_AT + SERIAL + sizeof "\",\"ApproximateArrivalTimestamp\":" - 1)
#define DATA_AT (ARRIVAL_AT + sizeof "1700000000.000,\"Data\":\"" - 1)
#define TS_AT   (DATA_AT + sizeof "eyJ0cyI6" - 1) /* of {"ts": */

struct source {
	int shards, skew;
	int64_t records;
	size_t bytes; /* of a record */
	int64_t start_ms;
	char *reply;
	size_t entry_bytes;
	uint64_t requests, given;
};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* --- what the shards hold ------------------------------------------------- */

static int64_t
records_of(const struct source *s, int shard)
{
	return s->records >> shard % s->skew;
}

static int64_t
arrival_ms(const struct source *s, int shard, int64_t i)
{
	int64_t n = records_of(s, shard);

	return s->start_ms + (int64_t)((double)SPAN_MS * (double)i / (double)n);
}

/* --- replies -------------------------------------------------------------- */

static void
write_base64(char *to, const unsigned char *p, size_t n)
{
	for (; n > 0; p += 3, to += 4) {
		unsigned second = n > 1 ? p[1] : 0, third = n > 2 ? p[2] : 0;

		to[0] = letters[p[0] >> 2];
		to[1] = letters[(p[0] & 3U) << 4 | second >> 4];
		to[2] = n > 1 ? letters[(second & 15) << 2 | third >> 6] : '=';
		to[3] = n > 2 ? letters[third & 63] : '=';
		n -= n < 3 ? n : 3;
	}
}

static void
write_digits(char *to, int n, int64_t v)
{
	while (n-- > 0) {
		to[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

/* The entry that all others are copies of. */
static char *
first_entry(const struct source *s, size_t *n)
{
	static const char pattern[] =
	    "{\"SequenceNumber\":\"4954498525690737027557%0*d\","
	    "\"ApproximateArrivalTimestamp\":1700000000.000,\"Data\":\"%s\","
	    "\"PartitionKey\":\"key\"},";
	char *data = malloc(s->bytes + 1), *text = NULL;
	char *base64 = calloc(1, (s->bytes + 2) / 3 * 4 + 1);
	int length;

	if (data == NULL || base64 == NULL)
		exit(3);
	memset(data, 'x', s->bytes);
	memcpy(data, "{\"ts\":1700000000000,\"pad\":\"", 27);
	memcpy(data + s->bytes - 2, "\"}", 3);
	write_base64(base64, (unsigned char *)data, s->bytes);
	length = asprintf(&text, pattern, SERIAL, 0, base64);
	if (length == -1)
		exit(3);
	*n = (size_t)length;
	free(data);
	free(base64);
	return text;
}

static void
make_reply(struct source *s)
{
	char *entry = first_entry(s, &s->entry_bytes), *p;

	s->reply = malloc(32 + RECORDS_MAX * s->entry_bytes);
	if (s->reply == NULL)
		exit(3);
	p = stpcpy(s->reply, "{\"Records\":[");
	for (int i = 0; i < RECORDS_MAX; i++, p += s->entry_bytes)
		memcpy(p, entry, s->entry_bytes);
	free(entry);
}

static void
write_entries(struct source *s, int shard, int64_t from, int64_t n)
{
	char *p = s->reply + sizeof "{\"Records\":[" - 1;
	unsigned char ts[15];

	memcpy(ts + 13, ",\"", 2);
	for (int64_t i = 0; i < n; i++, p += s->entry_bytes) {
		int64_t ms = arrival_ms(s, shard, from + i);

		write_digits(p + SERIAL_AT, SERIAL, from + i);
		write_digits(p + ARRIVAL_AT, 10, ms / 1000);
		write_digits(p + ARRIVAL_AT + 11, 3, ms % 1000);
		write_digits((char *)ts, 13, ms);
		write_base64(p + TS_AT, ts, sizeof ts);
	}
}

static int
refuse(const struct server_request *r)
{
	static const char why[] = "{\"__type\":\"InvalidArgumentException\"}";

	return server_reply(r, "400 Bad Request", why, sizeof why - 1, "");
}

/* --- operations ----------------------------------------------------------- */

/* What stands behind a member's name and ':'; NULL where it is not there. */
static const char *
member(const struct server_request *r, const char *name)
{
	const char *p = memmem(r->body, r->body_bytes, name, strlen(name));

	return p == NULL ? NULL : p + strlen(name);
}

static int
list_shards(const struct source *s, const struct server_request *r)
{
	char *text = malloc((size_t)s->shards * 128 + 1), *p = text;
	int rc;

	if (text == NULL)
		exit(3);
	for (int i = 0; i < s->shards; i++)
		p += sprintf(p,
		    "%s{\"ShardId\":\"shardId-%012d\",\"SequenceNumberRange\":"
		    "{\"StartingSequenceNumber\":\"1\"}}",
		    i == 0 ? "{\"Shards\":[" : ",", i);
	rc = server_reply(r, "200 OK", text, (size_t)(p - text), "]}");
	free(text);
	return rc;
}

/* An iterator is "SHARD.RECORD". */
static int
get_iterator(const struct server_request *r)
{
	const char *shard = member(r, "\"shardId-");
	const char *behind = member(r, "\"StartingSequenceNumber\":\"");
	char text[96];
	int n;

	if (shard == NULL || member(r, "\"AT_TIMESTAMP\"") != NULL)
		return refuse(r);
	n = snprintf(text, sizeof text, "{\"ShardIterator\":\"%ld.%lld\"}",
	    strtol(shard, NULL, 10),
	    behind == NULL ? 0
			   : strtoll(behind + SERIAL_AT - 19, NULL, 10) + 1);
	return server_reply(r, "200 OK", text, (size_t)n, "");
}

static int
get_records(struct source *s, const struct server_request *r)
{
	const char *iterator = member(r, "\"ShardIterator\":\"");
	const char *limit = member(r, "\"Limit\":");
	int64_t from, n = RECORDS_MAX, most = (int64_t)(BYTES_MAX / s->bytes);
	char tail[128], *end;
	long shard;

	if (iterator == NULL)
		return refuse(r);
	shard = strtol(iterator, &end, 10);
	from = strtoll(end + 1, NULL, 10);
	if (shard < 0 || shard >= s->shards)
		return refuse(r);
	if (limit != NULL && strtoll(limit, NULL, 10) < n)
		n = strtoll(limit, NULL, 10);
	if (n > most)
		n = most;
	if (n > records_of(s, (int)shard) - from)
		n = records_of(s, (int)shard) - from;
	write_entries(s, (int)shard, from, n);
	s->requests++;
	s->given += (uint64_t)n;
	snprintf(tail, sizeof tail,
	    "],\"NextShardIterator\":\"%ld.%" PRId64
	    "\",\"MillisBehindLatest\":%" PRId64 "}",
	    shard, from + n,
	    from + n < records_of(s, (int)shard)
		? s->start_ms + SPAN_MS - arrival_ms(s, (int)shard, from + n)
		: 0);
	return server_reply(r, "200 OK", s->reply,
	    sizeof "{\"Records\":[" - 1 + (size_t)n * s->entry_bytes -
		(n > 0 ? 1 : 0),
	    tail);
}

static int
answer(void *ctx, const struct server_request *r)
{
	struct source *s = ctx;

	if (server_asks_for(r, "GetRecords"))
		return get_records(s, r);
	if (server_asks_for(r, "GetShardIterator"))
		return get_iterator(r);
	if (server_asks_for(r, "ListShards"))
		return list_shards(s, r);
	return refuse(r);
}

int
main(int argc, char **argv)
{
	struct source s = { .skew = 1 };
	struct timespec t;

	if (argc < 4 || argc > 5 || (s.shards = atoi(argv[1])) < 1 ||
	    (s.records = atoll(argv[2])) < 0 || atoi(argv[3]) < 32 ||
	    (argc == 5 && (s.skew = atoi(argv[4])) < 1)) {
		fputs("usage: source SHARDS RECORDS BYTES [SKEW] < pipe\n",
		    stderr);
		return 2;
	}
	s.bytes = (size_t)atoi(argv[3]);
	clock_gettime(CLOCK_REALTIME, &t);
	s.start_ms = (int64_t)t.tv_sec * 1000 - SPAN_MS;
	make_reply(&s);
	server_run("source", answer, &s);
	printf("{\"requests\":%" PRIu64 ",\"records\":%" PRIu64
	       ",\"cpu_s\":%.6f}\n",
	    s.requests, s.given, server_cpu_s());
	free(s.reply);
	return fflush(stdout) == EOF ? 3 : 0;
}
