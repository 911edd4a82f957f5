/* follow - files which grow, are rotated, and come anew.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/gather.h"
#include "lib/signals.h"
#include "windowpipe/logs.h"
#include "windowpipe/marks.h"
#include "windowpipe/tap.h"
#include "windowpipe/watch.h"

enum {
	PIPE_BYTES = 1024 * 1024, /* asked for; less is no fault */
	OPEN_MAX = 200, /* of folders; those at their ends are closed then */
	SCANS = 3,      /* of folders, for files that are being renamed */
	TOLD_MAX = 3,   /* files that are named in an answer, the last */
};

struct follow {
	const struct follow_source *source;
	struct marks marks;
	struct tap tap;
	struct watch watch;
	struct logs logs;
	int64_t look_ms; /* when all names are looked at, monotonic */
	bool names;      /* files have come or gone */
	struct buf told; /* the answer to SIGUSR1 */
};

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
	       trail_open(t, t->name, t->dev, t->inode) == 0;
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
	if (l->folder != NULL && f->logs.n > OPEN_MAX && how == TAP_DRY)
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

	for (size_t i = 0; i < f->logs.n; i++) {
		struct log *l = &f->logs.log[i];
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
	f->names = false;
	f->look_ms = clock_mono_ms() + f->source->poll_ms;
	for (size_t i = 0; i < f->logs.nfolders; i++)
		watch_folder(&f->watch, f->logs.folder[i].name);
	if (logs_scan(&f->logs) == -1)
		return STATUS_SYSTEM;
	for (size_t i = 0; i < f->logs.n; i++)
		f->logs.log[i].changed = true;
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
	for (size_t i = 0; i < f->logs.n && status == STATUS_OK && !f->names;
	     i++) {
		struct log *l = &f->logs.log[i];

		if (!l->changed || signals_stop() != 0)
			continue;
		l->changed = false;
		status = look_at(f, l);
		/* A folder's file that has gone, and was read. */
		if (l->folder != NULL && l->n == 0 && l->waits)
			logs_remove(&f->logs, i--);
	}
	return status;
}

/* What is said when somebody asks. */
static const char *
tell(struct follow *f)
{
	char quoted[DIAG_QUOTE_MAX];
	size_t first = f->logs.n > TOLD_MAX ? f->logs.n - TOLD_MAX : 0;

	buf_clear(&f->told);
	if (f->logs.n == 0)
		buf_add_text(&f->told, "waits for files to come");
	for (size_t i = first; i < f->logs.n; i++) {
		const struct log *l = &f->logs.log[i];
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

/* --- a run ---------------------------------------------------------------- */

static int
write_part(void *ctx, part_add_fn *add, void *to)
{
	const struct follow *f = ctx;
	struct buf b = { 0 };

	logs_write(&f->logs, &b);
	return part_add_text(add, to, &b);
}

/* What an earlier run has read: all its files are found before the first mark.
 */
static enum status
open_marks(struct follow *f)
{
	struct checkpoint *c = &f->marks.coordinator.checkpoint;
	struct buf why = { 0 };
	enum status status;

	f->marks.write = write_part;
	f->marks.state = f;
	status = marks_open(&f->marks, &f->source->checkpoint,
	    "rows of files that are followed\n");
	if (status != STATUS_OK || !marks_are_kept(&f->marks))
		return status;
	if (c->from > 0 && logs_read(&f->logs, c->part.content, &why) == -1)
		status = checkpoint_say(c, STATUS_USAGE, "%s", buf_said(&why));
	checkpoint_forget(c);
	buf_free(&why);
	return status;
}

/* Of a folder's files of an earlier run: how many have not been found. */
static size_t
count_sought(struct follow *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->logs.n; i++) {
		struct log *l = &f->logs.log[i];

		n += l->folder != NULL && l->n > 0 && !log_is_as_it_was(l) &&
		     l->trail[l->n - 1].state == TRAIL_SOUGHT;
	}
	return n;
}

static enum status
find_all(struct follow *f)
{
	enum status status = look_at_names(f);

	/* One that was renamed since then is found the next time. */
	for (int i = 0; i < SCANS && status == STATUS_OK && count_sought(f) > 0;
	     i++)
		status = look_at_names(f);
	for (size_t i = 0; i < f->logs.n && status == STATUS_OK; i++) {
		struct log *l = &f->logs.log[i];

		/* Of a folder all are more than may be open, or looked for. */
		if (l->folder != NULL &&
		    (l->n == 0 ||
			(l->n == 1 && l->trail[0].state == TRAIL_LIVE)))
			continue;
		if ((l->n > 0 || log_has_changed(l)) && log_locate(l) == -1)
			status = STATUS_SYSTEM;
	}
	if (status == STATUS_OK && marks_are_kept(&f->marks))
		status = marks_begin(&f->marks);
	return status;
}

static int
begin(struct follow *f)
{
	const struct follow_source *s = f->source;

	if (logs_init(&f->logs, s->names, s->n) == -1)
		return -1;
	if (tap_init(&f->tap, &f->marks) == -1) {
		(void)diag_no_memory();
		return -1;
	}
	watch_open(&f->watch);
	for (size_t i = 0; i < f->logs.n; i++)
		watch_file(&f->watch, f->logs.log[i].name);
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

static void
end(struct follow *f)
{
	logs_free(&f->logs);
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
	for (size_t i = 0; i < f.logs.n; i++)
		if (f.logs.log[i].missing)
			status = status_worse(status, STATUS_DATA);
	end(&f);
	return status;
}
