/* folder - the folders of a run: made, tidied, removed.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *
set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

const char *
folder_below(void)
{
	const char *below = set("TMPDIR");

	return below == NULL ? "/tmp" : below;
}

int
folder_make_private(struct buf *name)
{
	buf_addf(name, "%s/" FOLDER_PREFIX "XXXXXX", folder_below());
	if (buf_text(name) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return mkdtemp(name->p) == NULL ? -1 : 0;
}

/* Makes it and what lacks above it. */
static int
make_all(char *name)
{
	for (char *p = name + 1; *p != '\0'; p++) {
		int rc;

		if (*p != '/')
			continue;
		*p = '\0';
		rc = mkdir(name, 0700);
		*p = '/';
		if (rc == -1 && errno != EEXIST)
			return -1;
	}
	return mkdir(name, 0700);
}

/* Of a path that does not begin at the root, what it begins with. */
static int
add_here(const char *path, struct buf *name)
{
	char here[PATH_MAX];

	if (*path == '/')
		return 0;
	if (getcwd(here, sizeof here) == NULL)
		return -1;
	buf_addf(name, "%s/", here);
	return 0;
}

int
folder_make(const char *path, struct buf *name)
{
	if (add_here(path, name) == -1)
		return -1;
	buf_add_text(name, path);
	if (buf_text(name) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return make_all(name->p) == -1 && errno != EEXIST ? -1 : 0;
}

int
folder_make_keep(const char *below, struct buf *name)
{
	const char *state = set("XDG_STATE_HOME"), *home = set("HOME");
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	if (below != NULL && add_here(below, name) == -1)
		return -1;
	if (below != NULL)
		buf_add_text(name, below);
	else if (state != NULL)
		buf_addf(name, "%s/windowpipe", state);
	else if (home != NULL)
		buf_addf(name, "%s/.local/state/windowpipe", home);
	else
		buf_addf(name, "/tmp/windowpipe-%ld", (long)getuid());
	if (gmtime_r(&now, &tm) == NULL)
		return -1;
	(void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
	buf_addf(name, "/run-%s-%ld", stamp, (long)getpid());
	if (buf_text(name) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return make_all(name->p);
}

static int
no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

void
folder_each(const char *name,
    void (*each)(void *ctx, const char *folder, const char *file), void *ctx)
{
	struct dirent **entries;
	int n = scandir(name, &entries, no_dots, alphasort);

	for (int i = 0; i < n; i++) {
		each(ctx, name, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void
remove_file(void *only_empty, const char *folder, const char *file)
{
	struct buf name = { 0 };
	struct stat s;

	buf_addf(&name, "%s/%s", folder, file);
	/* What cannot be removed stays, and so does its folder. */
	if (buf_text(&name) != NULL &&
	    (only_empty == NULL || (lstat(name.p, &s) == 0 &&
				       S_ISREG(s.st_mode) && s.st_size == 0)))
		(void)unlink(name.p);
	buf_free(&name);
}

void
folder_remove(const char *name)
{
	folder_each(name, remove_file, NULL);
	(void)rmdir(name);
}

void
folder_tidy(const char *name)
{
	folder_each(name, remove_file, "");
	(void)rmdir(name);
}
