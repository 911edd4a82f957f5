/* follow - files which grow, are rotated, and come anew.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/follow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/clock.h"
#include "lib/counts.h"
#include "lib/gather.h"
#include "lib/signals.h"
#include "windowpipe/connector.h"
#include "windowpipe/log.h"
#include "windowpipe/marks.h"
#include "windowpipe/tap.h"
#include "windowpipe/watch.h"

enum {
	PIPE_BYTES = 1024 * 1024, /* asked for; less is no fault */
	/* A file that comes now may be stamped so long before: clocks of file
	 * systems go by ticks. */
	TICK_NS = 20 * 1000 * 1000,
	OPEN_MAX = 200, /* of folders; those at their ends are closed then */
	TOLD_MAX = 3,   /* files that are named in an answer, the last */
};

struct followed_folder {
	const char *name; /* borrowed */
	int said;         /* the errno why it cannot be read, once said */
};

struct follow {
	const struct follow_source *source;
	struct followed_folder *folder; /* owned */
	size_t nfolders;
	struct marks marks;
	struct tap tap;
	struct watch watch;
	struct log *log; /* owned; in the order in which they are read */
	size_t n, cap;
	int64_t look_ms; /* when all names are looked at, monotonic */
	bool names;      /* files have come or gone */
	struct buf told; /* the answer to SIGUSR1 */
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
add_log(struct follow *f, size_t at, const char *name, const char *folder)
{
	char *copy = strdup(name);
	struct stat st;

	if (copy == NULL || array_room(f->log, f->cap, f->n + 1) == -1) {
		free(copy);
		(void)diag_no_memory();
		return NULL;
	}
	memmove(&f->log[at + 1], &f->log[at], (f->n++ - at) * sizeof *f->log);
	f->log[at] = (struct log){ .name = copy,
		.folder = folder,
		.changed = true,
		.since_ns =
		    clock_wall_ns() - (stat(name, &st) == 0 ? 0 : TICK_NS) };
	return &f->log[at];
}

static void
remove_log(struct follow *f, size_t at)
{
	log_free(&f->log[at]);
	memmove(&f->log[at], &f->log[at + 1], (--f->n - at) * sizeof *f->log);
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
range_of(const struct follow *f, const char *folder)
{
	struct range r = { 0, f->n, false };

	while (r.begin < f->n && f->log[r.begin].folder != folder)
		r.begin++;
	r.end = r.begin;
	while (r.end < f->n && f->log[r.end].folder == folder)
		r.end++;
	return r;
}

/* Where the log of that name is, or would be. */
static size_t
place_of(const struct follow *f, struct range r, const char *path)
{
	while (r.begin < r.end) {
		size_t middle = (r.begin + r.end) / 2;

		if (strcmp(f->log[middle].name, path) < 0)
			r.begin = middle + 1;
		else
			r.end = middle;
	}
	return r.begin;
}

static struct log *
find_log(const struct follow *f, struct range r, const char *path)
{
	size_t at = place_of(f, r, path);

	return at < r.end && strcmp(f->log[at].name, path) == 0 ? &f->log[at]
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
part(struct follow *f, size_t i, size_t k, const char *path)
{
	const char *folder = f->log[i].folder;
	size_t at = place_of(f, range_of(f, folder), path);

	if (add_log(f, at, path, folder) == NULL)
		return SIZE_MAX;
	i += at <= i;
	if (log_adopt(&f->log[at], &f->log[i], &f->log[i].trail[k]) == 0)
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
    struct follow *f, struct range *r, const char *path, const struct stat *st)
{
	for (size_t i = r->begin; i < r->end; i++) {
		struct trail *t = log_find(&f->log[i], path, st);
		struct stat own;

		if (t == NULL)
			continue;
		/* Another link to it. */
		if (stat(f->log[i].name, &own) == 0 && is_same(&own, st))
			return 1;
		r->end++;
		return part(f, i, (size_t)(t - f->log[i].trail), path) ==
		               SIZE_MAX
		           ? -1
		           : 1;
	}
	return 0;
}

/* Of which logs the file has not its name any more. */
static void
find_homeless(struct follow *f, struct range *r)
{
	r->sought = true;
	for (size_t i = r->begin; i < r->end; i++) {
		struct log *l = &f->log[i];
		struct stat st;

		l->homeless = l->n > 0 && (stat(l->name, &st) == -1 ||
					      (uint64_t)st.st_ino !=
						  l->trail[l->n - 1].inode);
	}
}

/* Those that live on in a copy, and have been read to their ends: 0, or -1
 * after saying why. */
static int
part_copies(struct follow *f, struct range *r)
{
	for (size_t i = r->begin; i < r->end; i++)
		for (size_t k = 0; k < f->log[i].n; k++) {
			struct trail *t = &f->log[i].trail[k];
			char *copy = t->copy;
			int rc = 0;

			if (copy == NULL)
				continue;
			t->copy = NULL;
			/* It may have another name by now, to be found again.
			 */
			if (trail_open(t, copy, 0, 0) == 0) {
				rc = part(f, i, k, copy) == SIZE_MAX ? -1 : 0;
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
    struct follow *f, struct range *r, const char *path, const struct stat *st)
{
	struct trail *t = NULL;
	int rc = 0;

	for (size_t i = r->begin; i < r->end && rc == 0; i++) {
		struct log *l = &f->log[i];

		rc = log_find_copy(l, path, st, &t);
		if (rc == 1 && t->state == TRAIL_LIVE) {
			t->copy = strdup(path);
			rc = t->copy == NULL ? -1 : 1;
		} else if (rc == 1) {
			r->end++;
			return part(f, i, (size_t)(t - l->trail), path) ==
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
is_copy(const struct follow *f, struct range r, const char *path)
{
	char *plain = strdup(path);
	size_t n = strlen(path);
	struct stat st;
	bool is = false;

	if (plain != NULL && n > 3 && strcmp(path + n - 3, ".gz") == 0) {
		plain[n - 3] = '\0';
		is = stat(plain, &st) == 0;
	}
	free(plain);
	for (size_t i = r.begin; i < r.end && !is; i++)
		for (size_t k = 0; k < f->log[i].n && !is; k++)
			is = f->log[i].trail[k].copy != NULL &&
			     strcmp(f->log[i].trail[k].copy, path) == 0;
	return is;
}

/* One that is there: its log, where it has none.  0, or -1 after saying why. */
static int
see(struct follow *f, struct range *r, const char *folder, const char *path,
    bool renames)
{
	struct stat st;
	struct log *l;
	int rc;

	if (find_log(f, *r, path) != NULL || stat(path, &st) == -1)
		return 0;
	if (renames)
		return adopt(f, r, path, &st) == -1 ? -1 : 0;
	if (!r->sought)
		find_homeless(f, r);
	rc = is_copy(f, *r, path) ? 1 : adopt_copy(f, r, path, &st);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	l = add_log(f, place_of(f, *r, path), path, folder);
	if (l == NULL)
		return -1;
	l->scanned = (uint64_t)st.st_ino;
	r->end++;
	return 0;
}

/* Those of its files that are new: 0, or -1 after saying why. */
static int
scan(struct follow *f, struct followed_folder *d)
{
	const char *folder = d->name;
	struct range r = range_of(f, folder);
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_rows, by_bytes), rc = 0;

	if (n == -1 && d->said != errno)
		say_folder(folder);
	d->said = n == -1 ? errno : 0;
	rc = part_copies(f, &r);
	/* First those that have only been renamed. */
	for (int pass = r.begin == r.end; pass < 2 && n > 0; pass++) {
		for (int i = 0; i < n && rc == 0; i++) {
			char *path = path_in(folder, names[i]->d_name);

			rc = path == NULL ? -1
			                  : see(f, &r, folder, path, pass == 0);
			free(path);
		}
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc;
}

/* --- reading -------------------------------------------------------------- */

static enum status
complain(const struct log *l, enum tap_end how)
{
	char quoted[DIAG_QUOTE_MAX];

	if (how == TAP_STDOUT)
		return marks_complain();
	diag_error(NULL, "cannot read %s: %s",
	    diag_quote(quoted, span_of(l->name)), strerror(errno));
	return STATUS_SYSTEM;
}

static void
say_broken(const struct trail *t)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_warn(NULL,
	    "%s cannot be unpacked to its end; it is read on when it has "
	    "changed",
	    diag_quote(quoted, span_of(t->name)));
}

/* Closed at its end, it is opened again when it has changed: false: it is as it
 * was. */
static bool
reopen(struct trail *t)
{
	struct stat st;

	if (t->fd != -1)
		return true;
	return !t->moved && stat(t->name, &st) == 0 &&
	       ((uint64_t)st.st_size != t->size ||
		   (int64_t)st.st_mtim.tv_sec * 1000000000 +
			   st.st_mtim.tv_nsec !=
		       t->changed_ns) &&
	       trail_open(
		   t, t->name, (uint64_t)st.st_dev, (uint64_t)st.st_ino) == 0;
}

/* The lines of a trail; again: its bytes are others now. */
static enum status
take_trail(struct follow *f, struct log *l, size_t i, bool *again)
{
	struct trail *t = &l->trail[i];
	bool broken = t->broken;
	size_t n = l->n;
	enum tap_end how;

	/* Of a folder those that have only come are too many for that. */
	if (i + 1 == l->n && log_begins(l) &&
	    (l->folder == NULL || t->size != UINT64_MAX)) {
		if (log_locate(l) == -1)
			return STATUS_SYSTEM;
		*again = l->n != n;
		t = &l->trail[l->n - 1];
		if (*again)
			return STATUS_OK;
	}
	if (!reopen(t))
		return STATUS_OK;
	how = tap_take(&f->tap, t);
	if (how == TAP_CUT) {
		trail_close(t);
		t->state = TRAIL_CUT;
		*again = true;
		return log_locate(l) == -1 ? STATUS_SYSTEM : STATUS_OK;
	}
	if (t->broken && !broken)
		say_broken(t);
	if (l->folder != NULL && f->n > OPEN_MAX && how == TAP_DRY)
		trail_close(t);
	return how == TAP_DRY || how == TAP_STOPPED ? STATUS_OK
	                                            : complain(l, how);
}

static enum status
take_log(struct follow *f, struct log *l)
{
	enum status status = STATUS_OK;
	bool again = true;

	while (again && status == STATUS_OK) {
		again = false;
		for (size_t i = 0; i < l->n && status == STATUS_OK && !again &&
				   signals_stop() == 0;
		     i++)
			status = take_trail(f, l, i, &again);
	}
	return status;
}

/* Those that nobody writes to any more. */
static enum status
drop_idle(struct follow *f, struct log *l)
{
	struct trail *t;

	while ((t = log_idle(l, clock_mono_ms())) != NULL) {
		enum tap_end how =
		    t->fd == -1 ? TAP_DRY : tap_finish(&f->tap, t);

		if (how != TAP_DRY)
			return complain(l, how);
		log_drop(l, t);
	}
	return STATUS_OK;
}

static enum status
look_at(struct follow *f, struct log *l)
{
	/* What the old file has got goes before the new one's. */
	enum status status = take_log(f, l);

	if (status != STATUS_OK || signals_stop() != 0)
		return status;
	if (log_has_changed(l)) {
		bool comes = l->folder != NULL && l->n == 0;

		/* The old one may be found under another name, and others that
		 * come before the new one: it was seen first. */
		if (l->folder != NULL && l->inode != l->scanned) {
			l->scanned = l->inode;
			f->names = true;
			return STATUS_OK;
		}
		if ((comes ? log_take_up(l) : log_locate(l)) == -1)
			return STATUS_SYSTEM;
		if (!comes)
			watch_file(&f->watch, l->name);
		status = take_log(f, l);
	}
	return status == STATUS_OK ? drop_idle(f, l) : status;
}

/* --- one turn after the other --------------------------------------------- */

static void
note_change(void *ctx, const char *name)
{
	struct follow *f = ctx;

	for (size_t i = 0; i < f->n; i++) {
		struct log *l = &f->log[i];
		bool is = name == NULL;

		for (size_t k = 0; k < l->n && !is; k++) {
			const char *slash = strrchr(l->trail[k].name, '/');

			is =
			    strcmp(slash == NULL ? l->trail[k].name : slash + 1,
				name) == 0;
		}
		l->changed |= is;
	}
}

/* All names are looked at: something came or went, or it is time. */
static enum status
look_at_names(struct follow *f)
{
	const struct follow_source *s = f->source;

	f->names = false;
	f->look_ms = clock_mono_ms() + s->poll_ms;
	for (size_t i = 0; i < f->nfolders; i++) {
		watch_folder(&f->watch, f->folder[i].name);
		if (scan(f, &f->folder[i]) == -1)
			return STATUS_SYSTEM;
	}
	for (size_t i = 0; i < f->n; i++)
		f->log[i].changed = true;
	return STATUS_OK;
}

static enum status
turn(struct follow *f)
{
	enum status status = STATUS_OK;

	watch_take(&f->watch, &f->names, note_change, f);
	if (f->names || clock_mono_ms() >= f->look_ms)
		status = look_at_names(f);
	/* A name that has another file ends it: what comes first is not known.
	 */
	for (size_t i = 0; i < f->n && status == STATUS_OK && !f->names; i++) {
		struct log *l = &f->log[i];

		if (!l->changed || signals_stop() != 0)
			continue;
		l->changed = false;
		status = look_at(f, l);
		/* A folder's file that has gone, and was read. */
		if (l->folder != NULL && l->n == 0 && l->waits)
			remove_log(f, i--);
	}
	return status;
}

/* What is said when somebody asks. */
static const char *
tell(struct follow *f)
{
	char quoted[DIAG_QUOTE_MAX];
	size_t first = f->n > TOLD_MAX ? f->n - TOLD_MAX : 0;

	buf_clear(&f->told);
	if (f->n == 0)
		buf_add_text(&f->told, "waits for files to come");
	for (size_t i = first; i < f->n; i++) {
		const struct log *l = &f->log[i];
		const struct trail *t = l->n > 0 ? &l->trail[l->n - 1] : NULL;

		diag_quote(quoted, span_of(l->name));
		buf_add_text(&f->told, i == first ? "" : ", ");
		if (l->waits || t == NULL)
			buf_addf(&f->told, "waits for %s to come", quoted);
		else
			buf_addf(&f->told,
			    "waits for %s to grow; %" PRIu64
			    " bytes of it have been read",
			    quoted, t->offset);
	}
	if (first > 0)
		buf_addf(&f->told, ", and for %zu more files", first);
	return buf_said(&f->told);
}

/* How long nothing is to do, unless something changes. */
static int
rest_ms(const struct follow *f)
{
	int64_t rest = f->names ? 0 : f->look_ms - clock_mono_ms();

	return rest <= 0 ? 0 : rest < INT_MAX ? (int)rest : INT_MAX;
}

/* Without a line more to write nobody else would tell us. */
static bool
has_reader(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	if (poll(&out, 1, 0) != 1 || (out.revents & POLLERR) == 0)
		return true;
	(void)raise(SIGPIPE);
	errno = EPIPE;
	return false;
}

static enum status
follow(struct follow *f)
{
	enum status status = STATUS_OK;
	uint64_t before = 0;

	while (status == STATUS_OK && signals_stop() == 0) {
		bool more = f->tap.bytes != before;

		before = f->tap.bytes;
		/* Lines that come one by one are read some together. */
		if (marks_wait(&f->marks, more ? -1 : f->watch.fd, POLLIN,
			more ? GATHER_MS : rest_ms(f), tell(f)) == -1) {
			diag_error(
			    NULL, "cannot wait for files: %s", strerror(errno));
			return STATUS_SYSTEM;
		}
		if (!has_reader() || marks_take(&f->marks) == -1)
			return marks_complain();
		status = turn(f);
	}
	return status;
}

/* --- positions ------------------------------------------------------------ */

enum { LOG_NUMBERS = 4 };

static int
write_part(void *ctx, part_add_fn *add, void *to)
{
	const struct follow *f = ctx;
	struct buf b = { 0 };
	int rc = -1;

	for (size_t i = 0; i < f->n; i++) {
		const struct log *l = &f->log[i];

		counts_add(&b,
		    (uint64_t[LOG_NUMBERS]){ l->folder != NULL,
			(uint64_t)l->since_ns, l->n, strlen(l->name) },
		    LOG_NUMBERS);
		buf_add_text(&b, l->name);
		buf_add_char(&b, '\n');
		for (size_t k = 0; k < l->n; k++)
			trail_write(&l->trail[k], &b);
	}
	errno = ENOMEM;
	if (!b.failed)
		rc = add(to, buf_span(&b));
	buf_free(&b);
	return rc;
}

/* The folder that a file is in, of those that are followed; NULL: none. */
static const char *
folder_of(const struct follow *f, const char *path)
{
	for (size_t i = 0; i < f->nfolders; i++) {
		const char *slash = strrchr(path, '/');
		char *name = path_in(
		    f->folder[i].name, slash == NULL ? path : slash + 1);
		bool is = name != NULL && strcmp(name, path) == 0;

		free(name);
		if (is)
			return f->folder[i].name;
	}
	return NULL;
}

/* Where what is known of a file goes; NULL: nobody follows it, or no memory. */
static struct log *
log_of(struct follow *f, const char *name, bool in_folder)
{
	const char *folder = in_folder ? folder_of(f, name) : NULL;

	if (folder != NULL)
		return add_log(
		    f, place_of(f, range_of(f, folder), name), name, folder);
	for (size_t i = 0; i < f->n && !in_folder; i++)
		if (f->log[i].folder == NULL && f->log[i].n == 0 &&
		    strcmp(f->log[i].name, name) == 0)
			return &f->log[i];
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
read_log(struct follow *f, struct span *in, struct buf *why)
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
	l = name == NULL ? NULL : log_of(f, name, v[0] != 0);
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

/* What an earlier run has read: all its files are found before the first mark.
 */
static enum status
open_marks(struct follow *f)
{
	struct checkpoint *c = &f->marks.coordinator.checkpoint;
	struct buf why = { 0 };
	enum status status;
	struct span in;
	int rc = 0;

	f->marks.write = write_part;
	f->marks.state = f;
	status = marks_open(&f->marks, &f->source->checkpoint,
	    "rows of files that are followed\n");
	if (status != STATUS_OK || !marks_are_kept(&f->marks))
		return status;
	in = c->part.content;
	while (c->from > 0 && in.n > 0 && rc == 0)
		rc = read_log(f, &in, &why);
	checkpoint_forget(c);
	if (rc == -1)
		status = checkpoint_say(c, STATUS_USAGE, "%s",
		    why.n > 0 ? buf_said(&why)
			      : "it is no position of files that are "
				"followed; start over in an empty folder");
	buf_free(&why);
	return status;
}

static enum status
find_all(struct follow *f)
{
	enum status status = look_at_names(f);

	for (size_t i = 0; i < f->n && status == STATUS_OK; i++) {
		struct log *l = &f->log[i];

		/* Of a folder all are more than may be open, or looked for. */
		if (l->folder != NULL && (l->n == 0 || log_is_as_it_was(l)))
			continue;
		if ((l->n > 0 || log_has_changed(l)) && log_locate(l) == -1)
			status = STATUS_SYSTEM;
	}
	if (status == STATUS_OK && marks_are_kept(&f->marks))
		status = marks_begin(&f->marks);
	return status;
}

/* --- a run ---------------------------------------------------------------- */

static int
begin(struct follow *f)
{
	const struct follow_source *s = f->source;

	f->folder = calloc(s->n + 1, sizeof *f->folder);
	if (f->folder == NULL || tap_init(&f->tap, &f->marks) == -1) {
		(void)diag_no_memory();
		return -1;
	}
	for (size_t i = 0; i < s->n; i++)
		if (is_folder(s->names[i]))
			f->folder[f->nfolders++].name = s->names[i];
		else if (add_log(f, f->n, s->names[i], NULL) == NULL)
			return -1;
	watch_open(&f->watch);
	for (size_t i = 0; i < f->n; i++)
		watch_file(&f->watch, f->log[i].name);
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

static void
end(struct follow *f)
{
	for (size_t i = 0; i < f->n; i++)
		log_free(&f->log[i]);
	free(f->log);
	free(f->folder);
	watch_close(&f->watch);
	tap_free(&f->tap);
	marks_close(&f->marks);
	buf_free(&f->told);
}

enum status
follow_run(const struct follow_source *s)
{
	struct follow f = { .source = s, .watch = { .fd = -1 } };
	enum status status = begin(&f) == -1 ? STATUS_SYSTEM : open_marks(&f);

	if (status == STATUS_OK)
		status = find_all(&f);
	if (status == STATUS_OK)
		status = follow(&f);
	if (status == STATUS_OK && marks_are_kept(&f.marks))
		status = marks_end(&f.marks, false, false);
	for (size_t i = 0; i < f.n; i++)
		if (f.log[i].missing)
			status = status_worse(status, STATUS_DATA);
	end(&f);
	return status;
}
