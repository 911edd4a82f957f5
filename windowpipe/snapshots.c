/* snapshots - checkpoints by the files of their folder.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/snapshots.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/checkpoint.h"

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
