/* zone - time zones: finding them, and from instant to clock and back.
 * SPDX-License-Identifier: ISC */
#include "lib/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/zone_data.h"

enum {
	FILE_MAX = 1024 * 1024, /* bytes; the largest of tzdata has 4 KiB */
	NAME_MAX_BYTES = 255,
};

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

static int
pair(const char *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return 99;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* +HH, +HHMM, +HH:MM, up to 23:59, either sign. */
static bool
read_fixed(const char *name, int64_t *offset_ms)
{
	size_t n = strlen(name);
	int hours, minutes = 0;

	if ((n != 3 && n != 5 && n != 6) || (n == 6 && name[3] != ':'))
		return false;
	hours = pair(name + 1);
	if (n > 3)
		minutes = pair(name + n - 2);
	if (hours > 23 || minutes > 59)
		return false;
	*offset_ms = (hours * 60 + minutes) * INT64_C(60000);
	if (name[0] == '-')
		*offset_ms = -*offset_ms;
	return true;
}

static int
new_fixed(int64_t offset_ms, struct zone **out, const char **what)
{
	struct zone *z = calloc(1, sizeof *z);

	*what = "out of memory";
	if (z == NULL)
		return -1;
	z->change = calloc(1, sizeof *z->change);
	if (z->change == NULL) {
		zone_free(z);
		return -1;
	}
	z->change[0] = (struct zone_change){ INT64_MIN, offset_ms };
	z->n = 1;
	z->most_ms = z->least_ms = offset_ms;
	*out = z;
	return 0;
}

/* All bytes of a regular file. */
static int
read_file(const char *path, struct buf *b, const char **what)
{
	/* Without O_NONBLOCK a pipe of that name would keep us waiting. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 1;

	*what = no_such_zone;
	if (fd == -1) {
		if (errno != ENOENT && errno != ENOTDIR)
			*what = "cannot read the zone's file";
		return -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -1;
	}
	*what = "cannot read the zone's file";
	while (n > 0) {
		char *to = buf_room(b, 8192);

		if (to == NULL)
			break;
		n = read(fd, to, 8192);
		if (n > 0)
			b->n += (size_t)n;
		else if (n == -1 && errno == EINTR)
			n = 1;
	}
	close(fd); /* only read from: nothing to lose */
	return n == 0 ? 0 : -1;
}

static int
load_file(const char *name, struct zone **out, const char **what)
{
	const char *dir = getenv("TZDIR");
	struct buf path = { 0 }, b = { .max = FILE_MAX };
	struct stat st;
	int rc = -1;

	if (dir == NULL || *dir == '\0')
		dir = "/usr/share/zoneinfo";
	buf_addf(&path, "%s/%s", dir, name);
	if (buf_text(&path) == NULL)
		*what = "out of memory";
	else if (stat(dir, &st) == -1)
		*what = "no zone data on this system: install tzdata";
	else if (read_file(path.p, &b, what) == 0)
		rc = zone_parse(buf_span(&b), out, what);
	buf_free(&b);
	buf_free(&path);
	return rc;
}

int
zone_load(const char *name, struct zone **out, const char **what)
{
	int64_t offset_ms;

	*out = NULL;
	*what = no_such_zone;
	if (is_utc(name))
		return 0;
	if (*name == '+' || *name == '-') {
		if (!read_fixed(name, &offset_ms))
			return -1;
		return offset_ms == 0 ? 0 : new_fixed(offset_ms, out, what);
	}
	return is_name(name) ? load_file(name, out, what) : -1;
}

void
zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	free(z->change);
	free(z);
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

/* Brings an instant of a repetition into the changes that are known. */
static bool
reduce(const struct zone *z, int64_t *instant_ms)
{
	uint64_t apart;

	if (!z->repeats)
		return false;
	if (*instant_ms >= z->repeat_until_ms) {
		apart = (uint64_t)*instant_ms - (uint64_t)z->repeat_from_ms;
		*instant_ms =
		    z->repeat_from_ms + (int64_t)(apart % ZONE_CYCLE_MS);
		return true;
	}
	if (z->repeats_before && *instant_ms < z->repeat_from_ms) {
		apart =
		    (uint64_t)z->repeat_until_ms - 1 - (uint64_t)*instant_ms;
		*instant_ms =
		    z->repeat_until_ms - 1 - (int64_t)(apart % ZONE_CYCLE_MS);
		return true;
	}
	return false;
}

/* The last change at or before the instant. */
static size_t
find(const struct zone *z, int64_t instant_ms)
{
	size_t low = 0;
	size_t high = z->n;

	/* change[low].at_ms <= instant_ms < change[high].at_ms */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (z->change[middle].at_ms <= instant_ms)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int64_t
zone_offset_ms(
    const struct zone *z, int64_t instant_ms, int64_t *from, int64_t *until)
{
	int64_t known_ms = instant_ms;
	bool moved;
	size_t i;

	*from = INT64_MIN;
	*until = INT64_MAX;
	if (z == NULL)
		return 0;
	moved = reduce(z, &known_ms);
	i = find(z, known_ms);
	*from = z->change[i].at_ms;
	if (i + 1 < z->n)
		*until = z->change[i + 1].at_ms;
	else if (z->repeats)
		*until = z->repeat_until_ms;
	/* What is before the repetition is no part of its later turns. */
	if ((moved || (z->repeats_before && i == 0)) &&
	    *from < z->repeat_from_ms)
		*from = z->repeat_from_ms;
	if (moved) {
		*from = plus(instant_ms, *from - known_ms);
		*until = plus(instant_ms, *until - known_ms);
	}
	return z->change[i].offset_ms;
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
	at = plus(local_ms, -z->most_ms);
	before_ms = z->most_ms;
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
	at = due_ms = plus(local_ms, -z->most_ms);
	/* The last stretch that begins with the clock not past it decides. */
	for (;;) {
		offset_ms = zone_offset_ms(z, at, &from, &until);
		instant_ms = plus(local_ms, -offset_ms);
		if (instant_ms >= from)
			due_ms = instant_ms < until ? instant_ms : until;
		if (until > plus(local_ms, -z->least_ms) || until == INT64_MAX)
			return due_ms;
		at = until;
	}
}
