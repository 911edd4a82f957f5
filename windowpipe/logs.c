/* logs - all that is followed: files, and those of folders.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/logs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/array.h"
#include "lib/clock.h"
#include "lib/counts.h"
#include "lib/diag.h"
#include "windowpipe/connector.h"

enum {
	/* A file that comes now may be stamped so long before: clocks of file
	 * systems go by ticks. */
	TICK_NS = 20 * 1000 * 1000,
	LOG_NUMBERS = 4,
};

/* --- what is followed ----------------------------------------------------- */

static bool
is_folder(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The place of a new log; NULL after saying that there is no memory. */
static struct log *
add_log(struct logs *all, size_t at, const char *name, const char *folder)
{
	char *copy = strdup(name);
	struct stat st;

	if (copy == NULL || array_room(all->log, all->cap, all->n + 1) == -1) {
		free(copy);
		(void)diag_no_memory();
		return NULL;
	}
	memmove(&all->log[at + 1], &all->log[at],
	    (all->n++ - at) * sizeof *all->log);
	all->log[at] = (struct log){ .name = copy,
		.folder = folder,
		.changed = true,
		.since_ns =
		    clock_wall_ns() - (stat(name, &st) == 0 ? 0 : TICK_NS) };
	return &all->log[at];
}

void
logs_remove(struct logs *all, size_t at)
{
	log_free(&all->log[at]);
	memmove(&all->log[at], &all->log[at + 1],
	    (--all->n - at) * sizeof *all->log);
}

int
logs_init(struct logs *all, const char *const *names, size_t n)
{
	*all = (struct logs){ .folder = calloc(n + 1, sizeof *all->folder) };
	if (all->folder == NULL) {
		(void)diag_no_memory();
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (is_folder(names[i]))
			all->folder[all->nfolders++].name = names[i];
		else if (add_log(all, all->n, names[i], NULL) == NULL)
			return -1;
	return 0;
}

void
logs_free(struct logs *all)
{
	for (size_t i = 0; i < all->n; i++)
		log_free(&all->log[i]);
	free(all->log);
	free(all->folder);
	*all = (struct logs){ 0 };
}

/* DIR/NAME */
static char *
path_in(const char *folder, const char *name)
{
	struct buf b = { 0 };
	size_t n = strlen(folder);

	buf_addf(&b, "%s%s%s", folder, folder[n - 1] == '/' ? "" : "/", name);
	if (buf_text(&b) == NULL)
		buf_free(&b);
	return b.p;
}

static int
is_rows(const struct dirent *d)
{
	return connector_is_rows(d->d_name);
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The logs of a folder stand side by side, by their names. */
struct range {
	size_t begin, end;
	bool sought; /* find_homeless() was called */
};

static struct range
range_of(const struct logs *all, const char *folder)
{
	struct range r = { 0, all->n, false };

	while (r.begin < all->n && all->log[r.begin].folder != folder)
		r.begin++;
	r.end = r.begin;
	while (r.end < all->n && all->log[r.end].folder == folder)
		r.end++;
	return r;
}

/* Where the log of that name is, or would be. */
static size_t
place_of(const struct logs *all, struct range r, const char *path)
{
	while (r.begin < r.end) {
		size_t middle = (r.begin + r.end) / 2;

		if (strcmp(all->log[middle].name, path) < 0)
			r.begin = middle + 1;
		else
			r.end = middle;
	}
	return r.begin;
}

static struct log *
find_log(const struct logs *all, struct range r, const char *path)
{
	size_t at = place_of(all, r, path);

	return at < r.end && strcmp(all->log[at].name, path) == 0
	           ? &all->log[at]
	           : NULL;
}

static void
say_folder(const char *folder)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_warn(NULL, "cannot read %s: %s; waits until it can be",
	    diag_quote(quoted, span_of(folder)), strerror(errno));
}

/* The trail k of the log i gets one of its own: its index, or SIZE_MAX after
 * saying why. */
static size_t
part(struct logs *all, size_t i, size_t k, const char *path)
{
	const char *folder = all->log[i].folder;
	size_t at = place_of(all, range_of(all, folder), path);

	if (add_log(all, at, path, folder) == NULL)
		return SIZE_MAX;
	i += at <= i;
	if (log_adopt(&all->log[at], &all->log[i], &all->log[i].trail[k]) == 0)
		return at;
	(void)diag_no_memory();
	return SIZE_MAX;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/*
 * A name that is new may be that of a file which is known: then that goes on
 * under it.  1: it is; 0, or -1 after saying why.
 */
static int
adopt(
    struct logs *all, struct range *r, const char *path, const struct stat *st)
{
	for (size_t i = r->begin; i < r->end; i++) {
		struct trail *t = log_find(&all->log[i], path, st);
		struct stat own;

		if (t == NULL)
			continue;
		/* Another link to it. */
		if (stat(all->log[i].name, &own) == 0 && is_same(&own, st))
			return 1;
		r->end++;
		return part(all, i, (size_t)(t - all->log[i].trail), path) ==
		               SIZE_MAX
		           ? -1
		           : 1;
	}
	return 0;
}

/* Of which logs the file has not its name any more. */
static void
find_homeless(struct logs *all, struct range *r)
{
	r->sought = true;
	for (size_t i = r->begin; i < r->end; i++) {
		struct log *l = &all->log[i];
		struct stat st;

		l->homeless = l->n > 0 && (stat(l->name, &st) == -1 ||
					      (uint64_t)st.st_ino !=
						  l->trail[l->n - 1].inode);
	}
}

/* Those that live on in a copy, and have been read to their ends: 0, or -1
 * after saying why. */
static int
part_copies(struct logs *all, struct range *r)
{
	for (size_t i = r->begin; i < r->end; i++)
		for (size_t k = 0; k < all->log[i].n; k++) {
			struct trail *t = &all->log[i].trail[k];
			char *copy = t->copy;
			int rc = 0;

			if (copy == NULL)
				continue;
			t->copy = NULL;
			/* It may have another name by now, to be found again.
			 */
			if (trail_open(t, copy, 0, 0) == 0) {
				rc = part(all, i, k, copy) == SIZE_MAX ? -1 : 0;
				r->end++;
				k = SIZE_MAX; /* all anew */
			}
			free(copy);
			if (rc == -1)
				return -1;
		}
	return 0;
}

/*
 * Is it the copy of a file that has gone, packed or not?  A live one is read to
 * its end first.  1: it is; 0, or -1 after saying why.
 */
static int
adopt_copy(
    struct logs *all, struct range *r, const char *path, const struct stat *st)
{
	struct trail *t = NULL;
	int rc = 0;

	for (size_t i = r->begin; i < r->end && rc == 0; i++) {
		struct log *l = &all->log[i];

		rc = log_find_copy(l, path, st, &t);
		if (rc == 1 && t->state == TRAIL_LIVE) {
			t->copy = strdup(path);
			rc = t->copy == NULL ? -1 : 1;
		} else if (rc == 1) {
			r->end++;
			return part(all, i, (size_t)(t - l->trail), path) ==
			               SIZE_MAX
			           ? -1
			           : 1;
		}
	}
	if (rc == -1 && (errno == ENOENT || errno == ESTALE))
		return 1; /* it has gone again */
	if (rc == -1)
		say_folder(path);
	return rc;
}

/* Is it known as the copy of a file, or being made of one that is there? */
static bool
is_copy(const struct logs *all, struct range r, const char *path)
{
	char *plain = strdup(path);
	size_t n = strlen(path);
	struct log *l;
	struct stat st;
	bool is = false;

	if (plain != NULL && n > 3 && strcmp(path + n - 3, ".gz") == 0) {
		plain[n - 3] = '\0';
		is = stat(plain, &st) == 0;
		l = find_log(all, r, plain);
		/* It may have gone a moment ago. */
		if (l != NULL && !is)
			l->homeless = true;
	}
	free(plain);
	for (size_t i = r.begin; i < r.end && !is; i++)
		for (size_t k = 0; k < all->log[i].n && !is; k++)
			is = all->log[i].trail[k].copy != NULL &&
			     strcmp(all->log[i].trail[k].copy, path) == 0;
	return is;
}

/* One that was listed with that inode, 0: look only whether it was renamed: its
 * log, where it has none.  0, or -1 after saying why. */
static int
see(struct logs *all, struct range *r, const char *folder, const char *path,
    uint64_t inode)
{
	struct stat st;
	struct log *l;
	int rc;

	if (find_log(all, *r, path) != NULL || stat(path, &st) == -1)
		return 0;
	if (inode == 0)
		return adopt(all, r, path, &st) == -1 ? -1 : 0;
	if (!r->sought)
		find_homeless(all, r);
	rc = is_copy(all, *r, path) ? 1 : adopt_copy(all, r, path, &st);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	l = add_log(all, place_of(all, *r, path), path, folder);
	if (l == NULL)
		return -1;
	l->scanned = inode;
	r->end++;
	return 0;
}

/* Those of its files that are new: 0, or -1 after saying why. */
static int
scan(struct logs *all, struct followed_folder *d)
{
	const char *folder = d->name;
	struct range r = range_of(all, folder);
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_rows, by_bytes), rc = 0;

	if (n == -1 && d->said != errno)
		say_folder(folder);
	d->said = n == -1 ? errno : 0;
	rc = part_copies(all, &r);
	/* First those that have only been renamed. */
	for (int pass = r.begin == r.end; pass < 2 && n > 0; pass++) {
		for (int i = 0; i < n && rc == 0; i++) {
			char *path = path_in(folder, names[i]->d_name);

			rc = path == NULL
			         ? -1
			         : see(all, &r, folder, path,
				       pass == 0 ? 0
						 : (uint64_t)names[i]->d_ino);
			free(path);
		}
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc;
}

int
logs_scan(struct logs *all)
{
	for (size_t i = 0; i < all->nfolders; i++)
		if (scan(all, &all->folder[i]) == -1)
			return -1;
	return 0;
}

/* --- positions ------------------------------------------------------------ */

void
logs_write(const struct logs *all, struct buf *b)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct log *l = &all->log[i];

		counts_add(b,
		    (uint64_t[LOG_NUMBERS]){ l->folder != NULL,
			(uint64_t)l->since_ns, l->n, strlen(l->name) },
		    LOG_NUMBERS);
		buf_add_text(b, l->name);
		buf_add_char(b, '\n');
		for (size_t k = 0; k < l->n; k++)
			trail_write(&l->trail[k], b);
	}
}

/* The folder that a file is in, of those that are followed; NULL: none. */
static const char *
folder_of(const struct logs *all, const char *path)
{
	for (size_t i = 0; i < all->nfolders; i++) {
		const char *slash = strrchr(path, '/');
		char *name = path_in(
		    all->folder[i].name, slash == NULL ? path : slash + 1);
		bool is = name != NULL && strcmp(name, path) == 0;

		free(name);
		if (is)
			return all->folder[i].name;
	}
	return NULL;
}

/* Where what is known of a file goes; NULL: nobody follows it, or no memory. */
static struct log *
log_of(struct logs *all, const char *name, bool in_folder)
{
	const char *folder = in_folder ? folder_of(all, name) : NULL;

	if (folder != NULL)
		return add_log(all, place_of(all, range_of(all, folder), name),
		    name, folder);
	for (size_t i = 0; i < all->n && !in_folder; i++)
		if (all->log[i].folder == NULL && all->log[i].n == 0 &&
		    strcmp(all->log[i].name, name) == 0)
			return &all->log[i];
	return NULL;
}

static int
read_trails(struct log *l, uint64_t n, struct span *in)
{
	for (; n > 0; n--) {
		if (array_room(l->trail, l->cap, l->n + 1) == -1 ||
		    trail_read(&l->trail[l->n], in) == -1)
			return -1;
		l->n++;
	}
	return 0;
}

/* One log: 0, or -1; *why says why, unless it is no position. */
static int
read_log(struct logs *all, struct span *in, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];
	uint64_t v[LOG_NUMBERS];
	struct log *l;
	char *name;
	int rc = -1;

	if (counts_take(in, v, LOG_NUMBERS) == -1 || v[3] >= in->n ||
	    in->p[v[3]] != '\n')
		return -1;
	name = strndup(in->p, v[3]);
	*in = span_from(*in, v[3] + 1);
	l = name == NULL ? NULL : log_of(all, name, v[0] != 0);
	if (l != NULL) {
		l->since_ns = (int64_t)v[1];
		rc = read_trails(l, v[2], in);
	} else if (name != NULL) {
		buf_addf(why,
		    "%s was followed, and is not among the files now; name it "
		    "again, or start over in an empty folder",
		    diag_quote(quoted, span_of(name)));
	}
	free(name);
	return rc;
}

int
logs_read(struct logs *all, struct span in, struct buf *why)
{
	int rc = 0;

	while (in.n > 0 && rc == 0)
		rc = read_log(all, &in, why);
	if (rc == -1 && why->n == 0)
		buf_add_text(why, "it is no position of files that are "
				  "followed; start over in an empty folder");
	return rc;
}
