/* zone - time zones: finding them, and from instant to clock and back.
 * SPDX-License-Identifier: ISC */
#include "lib/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/timestamp.h"

/*
 * The C library knows the zones: localtime_r(3) under TZ tells the offset of an
 * instant, but not when the next change is, and it takes a microsecond or more.
 * So time is cut in blocks of 64 days; the first instant that is asked for in a
 * block has it looked through, day by day, and from then on it is known:
 *
 *	block   |--------------|-----o--------|--------------|
 *	offset       +1 h       +1 h   +2 h        +2 h
 *
 * Before 1800 no zone has changed; from 2500 on the 400 years before come again
 * and again, for 400 Gregorian years are whole weeks, and so are rules.
 */
#define DAY_S          INT64_C(86400)
#define BLOCK_S        (64 * DAY_S)
#define CYCLE_S        (INT64_C(146097) * DAY_S)
#define BEGIN_S        (-INT64_C(5364662400))      /* 1800-01-01 */
#define END_S          INT64_C(16725225600)        /* 2500-01-01 */
#define OFFSET_MOST_MS (INT64_C(26) * 3600 * 1000) /* RFC 8536, 3.2 */

enum {
	NAME_MAX_BYTES = 255,
	BLOCKS = (int)((END_S - BEGIN_S + BLOCK_S - 1) / BLOCK_S),
	CHANGES_MAX = 6, /* of a block; tzdata 2025b has 2 */
	UTC_BYTES = 150, /* a file of UTC has 114 (tzdata 2025b) */
};

struct block {
	bool known;
	unsigned char n;
	int32_t offset_s; /* where it begins */
	struct {
		int64_t at_s;
		int32_t offset_s; /* from then on */
	} change[CHANGES_MAX];
};

struct zone {
	struct block *block; /* owned; NULL: the offset is always the same */
	int64_t fixed_ms;
	char tz[NAME_MAX_BYTES + 2]; /* as the C library takes it */
};

/* Whose zone TZ names: a zone that comes by turns sets it anew. */
static const struct zone *current;

static const char no_such_zone[] = "no such zone";

/* --- loading ------------------------------------------------------------ */

/* Names that need no file. */
static bool
is_utc(const char *name)
{
	static const char *const names[] = { "UTC", "Etc/UTC", "UCT", "Etc/UCT",
		"Zulu", "Etc/Zulu", "Universal", "Etc/Universal", "Z", "GMT",
		"Etc/GMT" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool
is_name(const char *name)
{
	size_t part = 0; /* bytes of the part between slashes */

	if (strlen(name) > NAME_MAX_BYTES)
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '/' && part == 0)
			return false;
		part = *p == '/' ? 0 : part + 1;
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9') && strchr("/_+-", *p) == NULL)
			return false;
	}
	return part > 0;
}

static struct zone *
new_zone(int64_t fixed_ms, const char **what)
{
	struct zone *z = calloc(1, sizeof *z);

	if (z == NULL)
		*what = "out of memory";
	else
		z->fixed_ms = fixed_ms;
	return z;
}

void
zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	if (current == z)
		current = NULL;
	free(z->block);
	free(z);
}

/* The C library takes a file that it cannot read for UTC, silently. */
static int
check_file(const char *name, off_t *bytes, const char **what)
{
	const char *dir = getenv("TZDIR");
	struct buf path = { 0 };
	struct stat st;
	char magic[4];
	int fd, rc = -1;

	if (dir == NULL || *dir == '\0')
		dir = "/usr/share/zoneinfo";
	buf_addf(&path, "%s/%s", dir, name);
	if (buf_text(&path) == NULL) {
		*what = "out of memory";
		return -1;
	}
	/* Without O_NONBLOCK a pipe of that name would keep us waiting. */
	fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	buf_free(&path);
	if (fd == -1) {
		if (errno != ENOENT && errno != ENOTDIR)
			*what = "cannot read the zone's file";
		else if (stat(dir, &st) == -1)
			*what = "no zone data on this system: install tzdata";
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*what = "the zone's file is damaged";
		if (read(fd, magic, sizeof magic) == sizeof magic &&
		    memcmp(magic, "TZif", sizeof magic) == 0)
			rc = 0;
		*bytes = st.st_size;
	}
	close(fd); /* only read from: nothing to lose */
	return rc;
}

static int64_t
offset_s(int64_t instant_s)
{
	time_t at = (time_t)instant_s;
	struct tm tm;

	/* No year from 1800 to 2500 is too large for it. */
	return localtime_r(&at, &tm) == NULL ? 0 : tm.tm_gmtoff;
}

static bool
make_current(const struct zone *z)
{
	if (current != z && setenv("TZ", z->tz, 1) == -1)
		return false;
	if (current != z)
		tzset();
	current = z;
	return true;
}

/* Is it UTC always, in the years that matter? */
static bool
is_always_utc(void)
{
	for (int64_t at = BEGIN_S; at < END_S; at += 1000 * DAY_S)
		if (offset_s(at) != 0)
			return false;
	return true;
}

static int
load_file(const char *name, struct zone **out, const char **what)
{
	off_t bytes = 0;
	struct zone *z;

	if (check_file(name, &bytes, what) == -1)
		return -1;
	z = new_zone(0, what);
	if (z == NULL)
		return -1;
	z->tz[0] = ':';
	memcpy(z->tz + 1, name, strlen(name) + 1);
	if (!make_current(z)) {
		zone_free(z);
		*what = "out of memory";
		return -1;
	}
	if (is_always_utc()) {
		zone_free(z);
		*what = "the zone's file is damaged";
		return bytes > UTC_BYTES ? -1 : 0;
	}
	z->block = calloc(BLOCKS, sizeof *z->block);
	if (z->block == NULL) {
		zone_free(z);
		*what = "out of memory";
		return -1;
	}
	*out = z;
	return 0;
}

int
zone_load(const char *name, struct zone **out, const char **what)
{
	int64_t offset_ms;
	size_t at = 0;

	*out = NULL;
	*what = no_such_zone;
	if (is_utc(name))
		return 0;
	if (*name == '+' || *name == '-') {
		if (timestamp_parse_offset(
			span_of(name), &at, &offset_ms, NULL) == -1 ||
		    name[at] != '\0')
			return -1;
		if (offset_ms == 0)
			return 0;
		*out = new_zone(offset_ms, what);
		return *out == NULL ? -1 : 0;
	}
	return is_name(name) ? load_file(name, out, what) : -1;
}

/* --- looking up --------------------------------------------------------- */

/* Sums that stop at the ends of int64_t, 292 million years away. */
static int64_t
plus(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/* The second at which the offset becomes another one; low has the old one. */
static int64_t
change_between(int64_t low, int64_t high)
{
	int64_t before = offset_s(low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (offset_s(middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static const struct block *
block_of(const struct zone *z, int64_t index)
{
	struct block *b = &z->block[index];
	int64_t at = BEGIN_S + index * BLOCK_S, end = at + BLOCK_S, now;

	if (b->known)
		return b;
	/* A program has one zone; where two take turns there is no way back. */
	if (!make_current(z))
		abort();
	now = offset_s(at);
	b->offset_s = (int32_t)now;
	for (; at < end; at += DAY_S) {
		int64_t next = offset_s(at + DAY_S), from = at;

		/* A day may have two changes; but not twice the same offset. */
		while (next != now && b->n < CHANGES_MAX) {
			from = change_between(from, at + DAY_S);
			now = offset_s(from);
			if (from == end)
				break;
			b->change[b->n].at_s = from;
			b->change[b->n++].offset_s = (int32_t)now;
		}
		now = next;
	}
	b->known = true;
	return b;
}

/* The stretch of the instant, which lies in [BEGIN_S, END_S). */
static int64_t
known_offset_ms(
    const struct zone *z, int64_t instant_ms, int64_t *from, int64_t *until)
{
	int64_t index =
	    (instant_ms / 1000 - (instant_ms % 1000 < 0) - BEGIN_S) / BLOCK_S;
	const struct block *b = block_of(z, index);
	int64_t offset = b->offset_s;

	*from = (BEGIN_S + index * BLOCK_S) * 1000;
	*until = *from + BLOCK_S * 1000;
	for (size_t i = 0; i < b->n; i++) {
		if (b->change[i].at_s * 1000 > instant_ms) {
			*until = b->change[i].at_s * 1000;
			break;
		}
		*from = b->change[i].at_s * 1000;
		offset = b->change[i].offset_s;
	}
	return offset * 1000;
}

int64_t
zone_offset_ms(
    const struct zone *z, int64_t instant_ms, int64_t *from, int64_t *until)
{
	int64_t cycles, offset_ms;

	*from = INT64_MIN;
	*until = INT64_MAX;
	if (z == NULL)
		return 0;
	if (z->block == NULL)
		return z->fixed_ms;
	if (instant_ms < BEGIN_S * 1000) {
		offset_ms = known_offset_ms(z, BEGIN_S * 1000, from, until);
		*from = INT64_MIN;
		return offset_ms;
	}
	if (instant_ms < END_S * 1000)
		return known_offset_ms(z, instant_ms, from, until);
	cycles = (instant_ms - END_S * 1000) / (CYCLE_S * 1000) + 1;
	offset_ms = known_offset_ms(
	    z, instant_ms - cycles * CYCLE_S * 1000, from, until);
	*from = plus(*from, cycles * CYCLE_S * 1000);
	*until = plus(*until, cycles * CYCLE_S * 1000);
	return offset_ms;
}

int64_t
zone_local_ms(const struct zone *z, int64_t instant_ms)
{
	int64_t from, until;

	return plus(instant_ms, zone_offset_ms(z, instant_ms, &from, &until));
}

/*
 * Both searches walk over the few stretches of equal offset in which the
 * instant can lie.  In none before the first one can it: there the local
 * clock is before local_ms at the end of the stretch, whatever the offset.
 */
int64_t
zone_instant_ms(const struct zone *z, int64_t local_ms)
{
	int64_t from, until, offset_ms, instant_ms, before_ms;
	int64_t at;

	if (z == NULL)
		return local_ms;
	at = plus(local_ms, -OFFSET_MOST_MS);
	before_ms = OFFSET_MOST_MS;
	for (;;) {
		offset_ms = zone_offset_ms(z, at, &from, &until);
		instant_ms = plus(local_ms, -offset_ms);
		if (instant_ms < until || until == INT64_MAX)
			break;
		before_ms = offset_ms;
		at = until;
	}
	/* Skipped: the change came before the clock could read local_ms. */
	return instant_ms < from ? plus(local_ms, -before_ms) : instant_ms;
}

int64_t
zone_timer_ms(const struct zone *z, int64_t local_ms)
{
	int64_t from, until, offset_ms, instant_ms, due_ms, at;

	if (z == NULL)
		return local_ms;
	at = due_ms = plus(local_ms, -OFFSET_MOST_MS);
	/* The last stretch that begins with the clock not past it decides. */
	for (;;) {
		offset_ms = zone_offset_ms(z, at, &from, &until);
		instant_ms = plus(local_ms, -offset_ms);
		if (instant_ms >= from)
			due_ms = instant_ms < until ? instant_ms : until;
		if (until > plus(local_ms, OFFSET_MOST_MS) ||
		    until == INT64_MAX)
			return due_ms;
		at = until;
	}
}
