/* snapshots - checkpoints by the files of their folder.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/snapshots.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/checkpoint.h"
#include "lib/json.h"

/* What takes no longer needs no word. */
enum { WAITS_MS = 1000 };

static int64_t
changed_ms(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 +
	       st->st_mtim.tv_nsec / 1000000;
}

static void
take_part(struct snapshot *s, const struct stat *st)
{
	int64_t ms = changed_ms(st);

	if (s->parts == 0 || ms < s->begun_ms)
		s->begun_ms = ms;
	if (s->parts == 0 || ms > s->taken_ms)
		s->taken_ms = ms;
	s->bytes += (uint64_t)st->st_size;
	s->parts++;
}

/* What is not whole may go while it is looked at: then there is less of it. */
static void
look(const struct checkpoint *c, struct snapshot *s)
{
	struct buf folder = { 0 }, path = { 0 };
	const struct dirent *entry;
	DIR *dir = NULL;
	struct stat st;

	checkpoint_path(c, &folder, s->number, "", NULL);
	if (!folder.failed)
		dir = opendir(folder.p);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		/* Those that begin with a dot are being written. */
		if (entry->d_name[0] == '.' ||
		    strcmp(entry->d_name, "finished") == 0)
			continue;
		buf_clear(&path);
		checkpoint_path(c, &path, s->number, "", entry->d_name);
		if (!path.failed && stat(path.p, &st) == 0)
			take_part(s, &st);
	}
	if (dir != NULL)
		(void)closedir(dir);
	buf_free(&folder);
	buf_free(&path);
}

size_t
snapshots_read(const char *dir, struct snapshot list[SNAPSHOTS_MAX])
{
	struct checkpoint c = { .dir = dir };
	uint64_t latest, number = UINT64_MAX;
	bool finished;
	size_t n = 0;

	if (checkpoint_latest(&c, &latest, &finished) == -1)
		return 0;
	while (
	    n < SNAPSHOTS_MAX && (number = checkpoint_below(&c, number)) > 0) {
		memmove(list + 1, list, n++ * sizeof *list);
		list[0] = (struct snapshot){ .number = number,
			.is_whole = number <= latest,
			.is_finished = finished && number == latest };
		look(&c, &list[0]);
	}
	return n;
}

const struct snapshot *
snapshots_whole(const struct snapshot *list, size_t n)
{
	while (n > 0 && !list[n - 1].is_whole)
		n--;
	return n == 0 ? NULL : &list[n - 1];
}

static int64_t
age_s(int64_t ms, int64_t wall_ms)
{
	return wall_ms > ms ? (wall_ms - ms) / 1000 : 0;
}

int64_t
snapshots_age_s(const struct snapshot *s, int64_t wall_ms)
{
	return age_s(s->taken_ms, wall_ms);
}

/* --- in words ------------------------------------------------------------- */

struct span
snapshots_lack(const char *dir, uint64_t number, const char *names)
{
	struct span name = { names, strcspn(names, ",") };
	struct buf path = { 0 };
	struct stat st;

	while (*name.p != '\0') {
		buf_clear(&path);
		buf_addf(&path, "%s/%" PRIu64 "/%.*s", dir, number, (int)name.n,
		    name.p);
		if (buf_text(&path) == NULL || stat(path.p, &st) == -1)
			break;
		name.p += name.n + (name.p[name.n] == ',');
		name.n = strcspn(name.p, ",");
	}
	buf_free(&path);
	return name;
}

static void
add_size(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB" };
	size_t i = 0;

	for (; bytes >= 10000 && i + 1 < sizeof units / sizeof *units; i++)
		bytes = (bytes + 500) / 1000;
	buf_addf(b, "%" PRIu64 " %s", bytes, units[i]);
}

void
snapshots_write(
    struct buf *b, const char *dir, const char *stages, int64_t wall_ms)
{
	struct snapshot list[SNAPSHOTS_MAX];
	size_t n = snapshots_read(dir, list);
	const struct snapshot *whole = snapshots_whole(list, n);
	const struct snapshot *next = n == 0 ? NULL : &list[n - 1];

	if (whole == NULL) {
		buf_add_text(b, "no checkpoint yet");
	} else {
		buf_addf(b, "checkpoint %" PRIu64 ", %" PRId64 " s ago, ",
		    whole->number, snapshots_age_s(whole, wall_ms));
		add_size(b, whole->bytes);
		buf_addf(
		    b, " in %" PRId64 " ms", whole->taken_ms - whole->begun_ms);
	}
	if (next != NULL && !next->is_whole && next->parts > 0 &&
	    wall_ms - next->begun_ms >= WAITS_MS) {
		struct span name = snapshots_lack(dir, next->number, stages);

		if (name.n > 0)
			buf_addf(b,
			    "; %" PRIu64 " waits for %.*s, %" PRId64 " s",
			    next->number, (int)name.n, name.p,
			    age_s(next->begun_ms, wall_ms));
	}
}

static void
add_lacks(struct buf *b, const char *dir, uint64_t number, const char *stages)
{
	const char *comma = "";
	struct span name;

	while ((name = snapshots_lack(dir, number, stages)).n > 0) {
		buf_add_text(b, comma);
		json_write_text(b, name);
		stages = name.p + name.n + (name.p[name.n] == ',');
		comma = ",";
	}
}

void
snapshots_write_json(
    struct buf *b, const char *dir, const char *stages, int64_t wall_ms)
{
	struct snapshot list[SNAPSHOTS_MAX];
	size_t n = snapshots_read(dir, list);
	const struct snapshot *whole = snapshots_whole(list, n);
	const struct snapshot *next = n == 0 ? NULL : &list[n - 1];

	if (whole == NULL)
		buf_add_text(b, ",\"number\":null,\"age_s\":null,"
				"\"bytes\":null,\"took_ms\":null,"
				"\"finished\":null");
	else
		buf_addf(b,
		    ",\"number\":%" PRIu64 ",\"age_s\":%" PRId64
		    ",\"bytes\":%" PRIu64 ",\"took_ms\":%" PRId64
		    ",\"finished\":%s",
		    whole->number, snapshots_age_s(whole, wall_ms),
		    whole->bytes, whole->taken_ms - whole->begun_ms,
		    whole->is_finished ? "true" : "false");
	buf_add_text(b, ",\"next\":");
	if (next == NULL || next->is_whole || next->parts == 0) {
		buf_add_text(b, "null");
		return;
	}
	buf_addf(b,
	    "{\"number\":%" PRIu64 ",\"age_s\":%" PRId64 ",\"missing\":[",
	    next->number, age_s(next->begun_ms, wall_ms));
	add_lacks(b, dir, next->number, stages);
	buf_add_text(b, "]}");
}
