/* log - a file that is followed by its name, and what had that name before.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/clock.h"
#include "lib/diag.h"
#include "windowpipe/connector.h"
#include "windowpipe/generations.h"
#include "windowpipe/position.h"

enum {
	TRIES = 10, /* while files are being renamed */
	LOOK_BYTES = 4096,
};

void
log_free(struct log *l)
{
	for (size_t i = 0; i < l->n; i++)
		trail_free(&l->trail[i]);
	free(l->trail);
	free(l->name);
	*l = (struct log){ 0 };
}

static void
say(const struct log *l, int error)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_quote(quoted, span_of(l->name));
	if (error == ENOENT)
		diag_warn(NULL, "%s is not there; waits for it", quoted);
	else if (error == EISDIR)
		diag_warn(NULL,
		    "%s is a folder now; waits for a file of that name",
		    quoted);
	else if (error == ESPIPE)
		diag_warn(NULL,
		    "%s is no regular file; waits for one of that name",
		    quoted);
	else
		diag_warn(NULL, "cannot read %s: %s; waits until it can be",
		    quoted, strerror(error));
}

/* Nothing has the name for now; that a rotated file has left it is usual, and
 * that one goes from a folder. */
static void
wait_for_name(struct log *l, int error)
{
	if (l->said != error &&
	    (error != ENOENT || (l->n == 0 && l->folder == NULL)))
		say(l, error);
	l->said = error;
	l->waits = true;
}

static void
move(struct trail *t)
{
	if (!t->moved)
		t->quiet_ms = clock_mono_ms();
	t->moved = true;
}

bool
log_has_changed(struct log *l)
{
	struct trail *last = l->n > 0 ? &l->trail[l->n - 1] : NULL;
	struct stat st;
	int error = 0;

	if (stat(l->name, &st) == -1)
		error = errno;
	else if (!S_ISREG(st.st_mode))
		error = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
	if (error != 0) {
		if (last != NULL)
			move(last);
		wait_for_name(l, error);
		return false;
	}
	l->inode = (uint64_t)st.st_ino;
	if (last == NULL || last->state != TRAIL_LIVE ||
	    last->dev != (uint64_t)st.st_dev ||
	    last->inode != (uint64_t)st.st_ino)
		return true;
	last->moved = false;
	l->said = 0;
	l->waits = false;
	return false;
}

bool
log_begins(const struct log *l)
{
	const struct trail *last = l->n > 0 ? &l->trail[l->n - 1] : NULL;
	struct stat st;

	return last != NULL && !last->moved && last->offset == 0 &&
	       last->fd != -1 && fstat(last->fd, &st) == 0 &&
	       (uint64_t)st.st_size != last->size && st.st_size > 0;
}

/* --- finding them --------------------------------------------------------- */

/* Opens one to look at its bytes: 1: it has those of the trail; 0: no, or it
 * may not be read; -1: errno. */
static int
has_bytes(const struct generation *g, const struct trail *t)
{
	bool packed = position_is_packed(g->name);
	int fd, rc = 0;

	if (!packed && g->size < t->offset)
		return 0;
	fd = open(g->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return errno == EACCES || errno == EPERM ? 0 : -1;
	if (t->state == TRAIL_LIVE && t->fd != -1)
		rc = trail_is_copied_in(t, fd, packed);
	if (rc == 0 && (t->state != TRAIL_LIVE || t->offset > 0))
		rc = trail_is_in(t, fd, packed);
	(void)close(fd); /* it was only read */
	return rc;
}

static int
rename_trail(struct trail *t, const char *name)
{
	char *copy;

	if (strcmp(t->name, name) == 0)
		return 0;
	copy = strdup(name);
	if (copy == NULL)
		return -1;
	free(t->name);
	t->name = copy;
	return 0;
}

/* Is it that inode?  Of an earlier run only if it has the bytes, too. */
static int
is_inode(const struct generation *g, const struct trail *t)
{
	if (g->taken != 0 || g->inode != t->inode || t->state == TRAIL_CUT)
		return 0;
	if (t->state == TRAIL_LIVE)
		return g->dev == t->dev;
	if (position_is_packed(g->name) != t->packed)
		return 0;
	/* It is there; nobody is to take it for lost. */
	return access(g->name, R_OK) == -1 ? -1 : has_bytes(g, t);
}

static int
take(struct generation *g, struct trail *t, size_t i)
{
	g->taken = i + 1;
	if (t->state == TRAIL_LIVE)
		return rename_trail(t, g->name);
	return trail_open(t, g->name, g->dev, g->inode);
}

/* 1: it is among them; 0, or -1 with errno. */
static int
bind_by_inode(struct log *l, struct generations *list, size_t i)
{
	for (size_t k = list->n; k-- > 0;) {
		int rc = is_inode(&list->of[k], &l->trail[i]);

		if (rc == 1)
			rc = take(&list->of[k], &l->trail[i], i) == -1 ? -1 : 1;
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Not older, in seconds: that is what is kept of a time by who copies. */
static bool
is_older(const struct generation *g, const struct trail *t)
{
	return g->changed_ns / 1000000000 < t->changed_ns / 1000000000;
}

/*
 * By its bytes: all generations may begin alike, so it is the oldest that was
 * changed since.  A live one is read on from what is open; only whether there
 * is a copy of it, too, is asked.
 */
static int
bind_by_bytes(struct log *l, struct generations *list, size_t i)
{
	struct trail *t = &l->trail[i];

	if ((t->offset == 0 && t->state != TRAIL_LIVE) || t->copy != NULL)
		return 0;
	for (size_t k = 0; k < list->n; k++) {
		struct generation *g = &list->of[k];
		int rc = g->taken != 0 || is_older(g, t) ? 0 : has_bytes(g, t);

		if (rc == -1)
			return -1;
		if (rc == 0)
			continue;
		if (t->state != TRAIL_LIVE)
			return take(g, t, i);
		g->taken = i + 1;
		return 0;
	}
	return 0;
}

struct trail *
log_find(struct log *l, const char *path, const struct stat *st)
{
	const struct generation g = { .name = (char *)path,
		.dev = (uint64_t)st->st_dev,
		.inode = (uint64_t)st->st_ino,
		.size = (uint64_t)st->st_size };

	for (size_t i = 0; i < l->n; i++)
		if (is_inode(&g, &l->trail[i]) == 1)
			return &l->trail[i];
	return NULL;
}

/* Whether its file may be only in a copy. */
static bool
is_homeless(const struct log *l, size_t i)
{
	const struct trail *t = &l->trail[i];
	struct stat st;

	if ((t->offset == 0 && t->fd == -1) || t->copy != NULL ||
	    (!t->moved && !(l->homeless && i + 1 == l->n)))
		return false;
	return t->fd == -1 || (fstat(t->fd, &st) == 0 && st.st_nlink == 0);
}

int
log_find_copy(
    struct log *l, const char *path, const struct stat *st, struct trail **t)
{
	const struct generation g = { .name = (char *)path,
		.size = (uint64_t)st->st_size,
		.changed_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
		              st->st_mtim.tv_nsec };
	int rc = 0;

	for (size_t i = 0; i < l->n && rc == 0; i++) {
		*t = &l->trail[i];
		if (is_homeless(l, i) && !is_older(&g, *t))
			rc = has_bytes(&g, *t);
	}
	return rc;
}

bool
log_is_as_it_was(struct log *l)
{
	struct trail *t = l->trail;
	struct stat st;

	if (l->n != 1 || t->moved || t->offset == 0 ||
	    t->state != TRAIL_SOUGHT || stat(l->name, &st) == -1)
		return false;
	/* As on each look while it is followed: of most no byte is read. */
	if ((uint64_t)st.st_ino != t->inode ||
	    (uint64_t)st.st_size != t->size ||
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec !=
		t->changed_ns ||
	    (!t->packed && t->offset != t->size)) {
		if (log_find(l, l->name, &st) != t)
			return false;
		t->size = UINT64_MAX; /* it is opened to be read */
	}
	t->dev = (uint64_t)st.st_dev;
	t->state = TRAIL_LIVE;
	return true;
}

/* --- those that are new --------------------------------------------------- */

/* Does the file of that name begin with all that the other has?  Then it is
 * being copied. */
static bool
is_beginning(const struct generation *g, const char *name)
{
	char a[LOOK_BYTES], b[LOOK_BYTES];
	int one = open(g->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int other = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = one == -1 ? -1 : pread(one, a, sizeof a, 0);
	bool is = n >= 0 && other != -1 && pread(other, b, (size_t)n, 0) == n &&
	          memcmp(a, b, (size_t)n) == 0;

	if (one != -1)
		(void)close(one); /* they were only read */
	if (other != -1)
		(void)close(other);
	return is;
}

/* Nothing of it has been read, so it may have been copied and cut before, which
 * nobody has seen: then its copy is older, and new. */
static bool
is_unread(const struct log *l, const struct generation *g)
{
	return g->taken != 0 && l->trail[g->taken - 1].offset == 0;
}

/* What the generations are that nobody has seen. */
struct news {
	int64_t rank;     /* these are of a higher one, -1: of any */
	int64_t since_ns; /* and were changed then, or later */
	bool unread;      /* and are no beginning of that, which is unread */
};

static const struct generation *
taken_by(const struct generations *list, size_t i)
{
	for (size_t k = 0; k < list->n; k++)
		if (list->of[k].taken == i + 1)
			return &list->of[k];
	return NULL;
}

static struct news
news_of(const struct log *l, const struct generations *list)
{
	struct news news = { .rank = -1, .since_ns = l->since_ns };

	for (size_t i = 0; i < l->n; i++) {
		const struct trail *t = &l->trail[i];
		const struct generation *g = taken_by(list, i);

		if (t->changed_ns > news.since_ns)
			news.since_ns = t->changed_ns;
		if (g != NULL && is_unread(l, g)) {
			news.unread |= strcmp(g->name, l->name) == 0;
		} else if (g != NULL && (int64_t)g->rank > news.rank) {
			news.rank = (int64_t)g->rank;
		} else if (g == NULL && t->offset == 0 &&
			   t->state == TRAIL_SOUGHT) {
			/* It was packed before anything was read of it. */
			news.since_ns = t->changed_ns;
			break;
		}
	}
	/* What is newer than a known one is new whenever it was changed. */
	if (news.rank >= 0)
		news.since_ns = INT64_MIN;
	return news;
}

static bool
is_new(const struct log *l, const struct generations *list, size_t k,
    const struct news *news)
{
	const struct generation *g = &list->of[k];

	if (g->taken != 0)
		return false;
	if (strcmp(g->name, l->name) == 0)
		return true;
	/* gzip has not removed yet what it has packed. */
	if (k > 0 && g[-1].rank == g->rank)
		return false;
	if ((int64_t)g->rank <= news->rank || g->changed_ns < news->since_ns)
		return false;
	return !news->unread || !is_beginning(g, l->name);
}

static int
add(struct log *l, struct generation *g)
{
	struct trail t = { .fd = -1, .quiet_ms = clock_mono_ms() };

	if (trail_open(&t, g->name, g->dev, g->inode) == -1)
		return -1;
	if (array_room(l->trail, l->cap, l->n + 1) == -1) {
		trail_free(&t);
		return -1;
	}
	l->trail[l->n++] = t;
	g->taken = l->n;
	return 0;
}

int
log_take_up(struct log *l)
{
	struct generation g = { .name = l->name };
	char quoted[DIAG_QUOTE_MAX];
	int rc = add(l, &g);

	if (rc == 0) {
		l->said = 0;
		l->waits = false;
	} else if (errno == ENOMEM || errno == EMFILE || errno == ENFILE) {
		diag_error(NULL, "cannot read %s: %s",
		    diag_quote(quoted, span_of(l->name)), strerror(errno));
	} else {
		wait_for_name(l, errno);
		rc = 0;
	}
	return rc;
}

/* 0, or -1 with errno. */
static int
add_new(struct log *l, struct generations *list)
{
	struct news news = news_of(l, list);

	for (size_t k = 0; k < list->n; k++) {
		struct generation *g = &list->of[k];

		if (!is_new(l, list, k, &news) || add(l, g) == 0)
			continue;
		if (errno != EACCES && errno != EPERM)
			return -1;
		wait_for_name(l, errno);
	}
	return 0;
}

/* --- all of them ---------------------------------------------------------- */

static void
say_lost(struct log *l, const struct trail *t)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_quote(quoted, span_of(l->name));
	l->missing = true;
	if (t->state == TRAIL_CUT)
		diag_warn(NULL,
		    "%s was cut short when %" PRIu64 " bytes of it had been "
		    "read, and no copy of them is beside it: lines that came "
		    "behind these may be missing; it is read from its start; "
		    "rotate it by renaming, or keep the copy beside it",
		    quoted, t->offset);
	else
		diag_warn(NULL,
		    "the file of which %" PRIu64 " bytes had been read as %s "
		    "is not there, nor a copy of it: lines that came behind "
		    "these are missing; what has come since then is read; "
		    "keep more generations beside it",
		    t->offset, quoted);
}

/*
 * It need not be found again if all of it had been read, and it was done; or if
 * it has nothing that was read, but others are new, of which it is one.
 */
static bool
is_done(const struct log *l, const struct trail *t, bool others)
{
	if (t->offset == 0 && (t->size == 0 || others || l->folder != NULL))
		return true;
	return t->state != TRAIL_CUT && (t->moved || l->folder != NULL) &&
	       (t->packed ? t->size != UINT64_MAX : t->offset == t->size);
}

/* From old to new, as the generations are; what is none of them any more stays
 * behind what was ahead of it. */
static void
order(struct log *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct trail t = l->trail[i];
		size_t k = i;

		for (; k > 0 && l->trail[k - 1].place > t.place; k--)
			l->trail[k] = l->trail[k - 1];
		l->trail[k] = t;
	}
}

/* known: of the trails, those that are not new. */
static void
settle(struct log *l, const struct generations *list, size_t known)
{
	bool others = l->n > known;
	int64_t place = -1;

	l->waits = true;
	for (size_t i = 0; i < l->n; i++) {
		const struct generation *g = taken_by(list, i);
		struct trail *t = &l->trail[i];

		if (g != NULL && strcmp(g->name, l->name) == 0) {
			t->place = INT64_MAX;
			t->moved = false;
			l->waits = false;
			continue;
		}
		if (g != NULL)
			place = g - list->of;
		t->place = place;
		if (t->state == TRAIL_LIVE)
			move(t);
	}
	for (size_t i = l->n; i-- > 0;) {
		struct trail *t = &l->trail[i];

		if (t->state == TRAIL_LIVE)
			continue;
		if (!is_done(l, t, others))
			say_lost(l, t);
		log_drop(l, t);
	}
	if (!l->waits)
		l->said = 0;
	order(l);
}

/* 1: done; 0: something was renamed meanwhile; -1: errno. */
static int
locate(struct log *l)
{
	struct generations list = { 0 }, then = { 0 };
	bool (*skips)(const char *) =
	    l->folder != NULL ? connector_is_rows : NULL;
	size_t known = l->n;
	bool is_known = false;
	int rc = generations_list(&list, l->name, skips);

	for (size_t i = 0; i < known && rc != -1; i++)
		rc = bind_by_inode(l, &list, i);
	for (size_t i = known; i-- > 0 && rc != -1;) {
		const struct generation *g = taken_by(&list, i);

		/* Copies of those ahead of one that is known are older. */
		is_known |= g != NULL && !is_unread(l, g);
		if (g == NULL && (l->folder != NULL || !is_known ||
				     l->trail[i].state != TRAIL_LIVE))
			rc = bind_by_bytes(l, &list, i);
	}
	if (rc != -1)
		rc = add_new(l, &list);
	if (rc != -1)
		rc = generations_list(&then, l->name, skips);
	if (rc != -1 && generations_equal(&list, &then)) {
		settle(l, &list, known);
		rc = 1;
	} else {
		int error = errno;

		while (l->n > known)
			trail_free(&l->trail[--l->n]);
		/* What is not there any more has another name by now. */
		rc = rc == -1 && error != ENOENT && error != ESTALE ? -1 : 0;
		errno = error;
	}
	generations_free(&list);
	generations_free(&then);
	return rc;
}

int
log_locate(struct log *l)
{
	char quoted[DIAG_QUOTE_MAX];
	int rc = 0;

	for (int i = 0; i < TRIES && rc == 0; i++)
		rc = locate(l);
	if (rc == -1)
		diag_error(NULL, "cannot find %s and its generations: %s",
		    diag_quote(quoted, span_of(l->name)), strerror(errno));
	return rc == -1 ? -1 : 0;
}

int
log_adopt(struct log *l, struct log *from, struct trail *t)
{
	size_t i = (size_t)(t - from->trail);

	if (array_room(l->trail, l->cap, l->n + 1) == -1 ||
	    (t->state == TRAIL_LIVE ? rename_trail(t, l->name)
				    : trail_open(t, l->name, 0, 0)) == -1)
		return -1;
	l->trail[l->n++] = *t;
	memmove(t, t + 1, (from->n - i - 1) * sizeof *t);
	from->n--;
	l->trail[l->n - 1].moved = false;
	return 0;
}

/* --- those that go -------------------------------------------------------- */

struct trail *
log_idle(struct log *l, int64_t now_ms)
{
	size_t moved = 0;

	for (size_t i = 0; i < l->n; i++)
		moved += l->trail[i].moved && l->trail[i].copy == NULL;
	for (size_t i = 0; i < l->n; i++) {
		struct trail *t = &l->trail[i];

		if (t->moved && t->copy == NULL &&
		    (moved > LOG_MOVED_MAX ||
			now_ms - t->quiet_ms >= LOG_LINGER_MS))
			return t;
	}
	return NULL;
}

void
log_drop(struct log *l, struct trail *t)
{
	size_t i = (size_t)(t - l->trail);

	if (t->changed_ns > l->since_ns)
		l->since_ns = t->changed_ns;
	trail_free(t);
	memmove(t, t + 1, (l->n - i - 1) * sizeof *t);
	l->n--;
}
