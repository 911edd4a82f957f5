/* feed - whole lines of files, or of standard input, to a pipe.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/counts.h"
#include "lib/crc.h"
#include "lib/file.h"
#include "lib/gather.h"
#include "lib/lines.h"
#include "lib/signals.h"
#include "windowpipe/journal.h"
#include "windowpipe/marks.h"
#include "windowpipe/position.h"
#include "windowpipe/unpack.h"

enum {
	/* What fills it without a newline no reader takes for a line. */
	BLOCK_BYTES = LINES_MAX_DEFAULT + 1,
	PIPE_BYTES = 1024 * 1024, /* asked for; less is no fault */
	WRITE_BYTES = 64 * 1024,  /* at once, where nothing is spliced */
	LOOK_BYTES = 4096,        /* in which a line's end is looked for */
	/* How long a stop waits for the rest of a line from a pipe. */
	REST_MS = 1000,
};

struct feed {
	char *block;
	size_t held; /* of a line that has begun; at the start of block */
	bool splices;
	bool in_line; /* the last byte that was written is no newline */

	struct position position;
	struct position_file *place; /* of what is read now */
	int fd;                      /* the same; -1: it has no position */
	struct unpack *packed;       /* the same; NULL: it is not */
	struct marks marks;
	struct journal journal; /* of standard input, or closed */
	struct gather gather;   /* what is put on disk together */
	int peek[2];            /* a pipe for whole_ahead() */
	bool stopped;           /* before the end of all files */
};

/* --- marks ---------------------------------------------------------------- */

static bool
has_marks(const struct feed *f)
{
	return marks_are_kept(&f->marks);
}

static int
wait_for(struct feed *f, int fd, short events, int most_ms)
{
	return marks_wait(&f->marks, fd, events, most_ms,
	    events == POLLIN ? "waits for rows"
			     : "waits for the reader of stdout");
}

/* A full journal does not wait for the time of the next checkpoint. */
static bool
wants_room(void *ctx)
{
	const struct feed *f = ctx;

	return journal_wants_mark(&f->journal) && !f->in_line;
}

static void
make_room(void *ctx)
{
	struct feed *f = ctx;

	journal_release(&f->journal);
}

static int
write_part(void *ctx, part_add_fn *add, void *to)
{
	struct feed *f = ctx;
	struct buf b = { 0 };

	if (f->fd != -1 &&
	    position_sum(f->fd, f->place->offset, &f->place->sum) == -1)
		return -1;
	if (journal_is_open(&f->journal)) {
		journal_mark(&f->journal);
		counts_add(&b,
		    (uint64_t[]){ f->journal.at.next, f->journal.at.lines }, 2);
	} else {
		position_write(&f->position, &b);
	}
	return part_add_text(add, to, &b);
}

/* Looks at all files before the first mark: nothing has been written yet. */
static enum status
check_files(struct feed *f)
{
	struct checkpoint *c = &f->marks.coordinator.checkpoint;
	enum status status = STATUS_OK;
	struct buf why = { 0 };
	bool left = false;
	int rc = 0;

	if (c->from > 0)
		rc = position_read(&f->position, c->part.content, &why);
	checkpoint_forget(c);
	for (size_t i = 0; i < f->position.n && rc == 0; i++)
		rc = position_check(&f->position.file[i], &left, &why);
	if (rc == -1)
		status = checkpoint_say(c, STATUS_USAGE, "%s", buf_said(&why));
	else if (!left)
		diag_remark(NULL,
		    "all rows of these files were written before checkpoint "
		    "%" PRIu64 "; nothing is left to write",
		    c->from);
	buf_free(&why);
	return status;
}

static enum status
open_journal(struct feed *f, const struct feed_source *s)
{
	struct checkpoint *c = &f->marks.coordinator.checkpoint;
	struct span in = c->part.content;
	uint64_t at[2] = { 0 };
	int rc = c->from == 0 ? 0 : counts_take(&in, at, 2);

	checkpoint_forget(c);
	if (rc == -1 || (c->from > 0 && at[0] == 0))
		return checkpoint_say(c, STATUS_USAGE,
		    "the part %s is no position in a journal; start over in an "
		    "empty folder",
		    c->name);
	gather_init(&f->gather, GATHER_MS, STDIN_FILENO, clock_mono_ms());
	if (pipe2(f->peek, O_CLOEXEC) == -1)
		return checkpoint_say_errno(
		    c, STATUS_SYSTEM, "cannot make a pipe");
	/* As large as those that it looks into; where not, it sees less. */
	(void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
	(void)fcntl(f->peek[1], F_SETPIPE_SZ, PIPE_BYTES);
	return journal_open(&f->journal, s->journal, s->journal_bytes,
	    (struct journal_place){ at[0], at[1] });
}

static enum status
open_marks(struct feed *f, const struct feed_source *s)
{
	bool keeps = s->journal != NULL;
	enum status status;

	if (s->checkpoint.dir == NULL)
		return STATUS_OK;
	f->marks.write = write_part;
	f->marks.state = f;
	status = marks_open(&f->marks, &s->checkpoint,
	    keeps ? "rows of a journal\n" : "rows of files\n");
	if (status == STATUS_OK)
		status = keeps ? open_journal(f, s) : check_files(f);
	if (status == STATUS_OK && keeps) {
		f->marks.wants = wants_room;
		f->marks.whole = make_room;
	}
	return status == STATUS_OK ? marks_begin(&f->marks) : status;
}

/* --- the journal ---------------------------------------------------------- */

/* All that is on disk goes on; a stop comes between two lines. */
static int
give_out(struct feed *f)
{
	struct span s;

	while (f->in_line || signals_stop() == 0) {
		if (!f->in_line && marks_take(&f->marks) == -1)
			return -1;
		if (!journal_next(&f->journal, &s))
			break;
		if (file_write(STDOUT_FILENO, s) == -1)
			return -1;
		f->in_line = s.p[s.n - 1] != '\n';
	}
	errno = f->journal.spool.error;
	return errno == 0 ? 0 : -1;
}

/* What has been added is on disk, and then goes on. */
static int
keep_added(struct feed *f)
{
	int rc;

	while ((rc = journal_commit(&f->journal, clock_mono_ms())) == 1) {
		int64_t rest = journal_due_ms(&f->journal) - clock_mono_ms();

		errno = ENOSPC;
		if (signals_stop() != 0)
			return -1;
		/* What makes room is a checkpoint. */
		if (give_out(f) == -1 ||
		    wait_for(f, -1, 0, rest > 0 ? (int)rest : 0) == -1)
			return -1;
	}
	errno = f->journal.spool.error;
	return rc == -1 ? -1 : give_out(f);
}

static int
keep(struct feed *f, struct span s)
{
	return journal_add(&f->journal, s, clock_mono_ms()) == -1
	           ? -1
	           : keep_added(f);
}

/* Of a line that has begun nobody has the rest. */
static int
keep_cut(struct feed *f)
{
	return journal_cut(&f->journal, clock_mono_ms()) == -1 ? -1
	                                                       : keep_added(f);
}

/* What a run before has not given out, or not for the last checkpoint. */
static int
give_out_again(struct feed *f)
{
	f->in_line = false;
	if (give_out(f) == -1)
		return -1;
	/* It was killed within a line, and nobody has the rest. */
	return f->in_line ? keep_cut(f) : 0;
}

/*
 * Whether standard input is left alone: for a while, as it comes little by
 * little, or until there is room again.  *fault: there will be none.
 */
static bool
is_left(struct feed *f, int *most_ms, bool *fault)
{
	int64_t rest = gather_rest_ms(&f->gather, clock_mono_ms());

	*most_ms = rest > 0 ? (int)rest : -1;
	*fault = false;
	if (!journal_is_open(&f->journal))
		return false;
	if (journal_accepts(&f->journal))
		return rest > 0;
	*fault = f->in_line;
	return true;
}

/* --- what comes in blocks ------------------------------------------------- */

static int
put(struct feed *f, const char *p, size_t n)
{
	if (n == 0)
		return 0;
	if (journal_is_open(&f->journal))
		return keep(f, (struct span){ p, n });
	f->in_line = p[n - 1] != '\n';
	f->place->offset += n;
	if (has_marks(f))
		f->place->sum = crc64_add(f->place->sum, p, n);
	return file_write(STDOUT_FILENO, (struct span){ p, n });
}

/* Another n bytes are in the block: their whole lines go on. */
static int
put_lines(struct feed *f, size_t n)
{
	const char *new = f->block + f->held;
	const char *end = memrchr(new, '\n', n);
	size_t whole = end != NULL ? (size_t)(end + 1 - f->block) : 0;

	f->held += n;
	if (f->held - whole == BLOCK_BYTES)
		whole = BLOCK_BYTES;
	if (put(f, f->block, whole) == -1)
		return -1;
	f->held -= whole;
	memmove(f->block, f->block + whole, f->held);
	return 0;
}

/* The last line need not end, but it must not be one that gzip has cut. */
static int
put_rest(struct feed *f)
{
	size_t n = f->held;

	f->held = 0;
	if (f->packed != NULL && unpack_close(f->packed, true) == -1)
		return -1;
	return put(f, f->block, n);
}

/*
 * How many bytes of a pipe to read: whole lines, all where nobody knows or
 * there will be no more, 0 for none yet.  What of a line has begun stays there
 * for whoever reads it next, should we be killed.
 */
static size_t
whole_ahead(const struct feed *f, int fd, char *room, size_t n)
{
	struct pollfd ready = { .fd = fd };
	int size = fcntl(fd, F_GETPIPE_SZ), there = 0;
	const char *end = NULL;
	ssize_t got;

	(void)ioctl(fd, FIONREAD, &there); /* of a pipe it does not fail */
	got = tee(fd, f->peek[1], n, SPLICE_F_NONBLOCK);
	if (got > 0)
		got = read(f->peek[0], room, (size_t)got);
	if (got > 0)
		end = memrchr(room, '\n', (size_t)got);
	if (end != NULL)
		return (size_t)(end + 1 - room);
	/* More than one sees, or full, or its writer has gone. */
	return got <= 0 || (size_t)got == n || got < there || got > size / 4 ||
	               poll(&ready, 1, 0) != 0
	           ? n
	           : 0;
}

/* 0: the end, -1: errno. */
static ssize_t
read_some(struct feed *f, int fd)
{
	char *new = f->block + f->held, *end;
	size_t room = BLOCK_BYTES - f->held;
	ssize_t n;

	if (!journal_is_open(&f->journal))
		return read(fd, new, room);
	room = whole_ahead(f, fd, new, room);
	if (room == 0) {
		gather_wait(&f->gather, clock_mono_ms());
		errno = EINTR;
		return -1;
	}
	n = read(fd, new, room);
	end = n > 0 ? memrchr(new, '\n', (size_t)n) : NULL;
	/* The same of a file. */
	if (end != NULL && lseek(fd, end + 1 - (new + n), SEEK_CUR) != -1)
		n = end + 1 - new;
	return n;
}

/*
 * Up to the end of the line that has begun; of a journal also the lines that
 * were read with it, which nobody else has.
 */
static int
finish_line(struct feed *f, int fd)
{
	int64_t until = clock_mono_ms() + REST_MS, rest;
	bool keeps = journal_is_open(&f->journal);

	/* With a position it is read again. */
	if (has_marks(f) && !keeps)
		f->held = 0;
	while ((f->in_line || f->held > 0) &&
	       (rest = until - clock_mono_ms()) > 0) {
		int ready = wait_for(f, fd, POLLIN, (int)rest);
		ssize_t n = ready == 1 ? read_some(f, fd) : ready;
		char *new = f->block + f->held, *end;

		if (ready == 1 && n == 0)
			return put_rest(f);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n == -1) /* its end is not in the pipe yet */
			(void)poll(NULL, 0, GATHER_MS);
		if (n <= 0)
			continue;
		end = memchr(new, '\n', (size_t)n);
		if (end != NULL && !keeps)
			n = end + 1 - new;
		if (put_lines(f, (size_t)n) == -1)
			return -1;
		until = clock_mono_ms() + REST_MS;
	}
	if (f->held > 0)
		diag_warn(NULL,
		    "stopped within a line: the %zu bytes of it that had been "
		    "read are not used",
		    f->held);
	/* Nobody has its rest, and a mark must not be a part of it. */
	return keeps && f->in_line ? keep_cut(f) : 0;
}

/* 0: the end, 1: stopped, -1: errno. */
static int
copy_blocks(struct feed *f, int fd)
{
	for (;;) {
		int ready, most_ms = -1;
		bool fault = false, left;
		ssize_t n;

		if (signals_stop() != 0)
			return finish_line(f, fd) == -1 ? -1 : 1;
		if (!f->in_line && marks_take(&f->marks) == -1)
			return -1;
		left = is_left(f, &most_ms, &fault);
		errno = EFBIG; /* the line, for the journal */
		ready =
		    fault ? -1 : wait_for(f, left ? -1 : fd, POLLIN, most_ms);
		if (ready == -1)
			return -1;
		if (ready == 0)
			continue;
		n = read_some(f, fd);
		if (n > 0)
			gather_note(&f->gather, (size_t)n, clock_mono_ms());
		if (n == 0)
			return put_rest(f);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0 && put_lines(f, (size_t)n) == -1)
			return -1;
	}
}

/* --- regular files -------------------------------------------------------- */

/* Bytes of a file from at to end, where, if whole, a line ends. */
struct stretch {
	off_t at, end;
	bool whole;
};

/*
 * What comes next: as many whole lines as a pipe has room for, or a part of one
 * that is longer, or nothing at the file's end.
 */
static int
next_stretch(struct feed *f, int fd, struct stretch *s)
{
	const char *newline = NULL;
	struct stat st;
	off_t from;

	if (fstat(fd, &st) == -1)
		return -1;
	if (st.st_size <= s->at)
		return 0;
	from = s->end =
	    st.st_size - s->at > PIPE_BYTES ? s->at + PIPE_BYTES : st.st_size;
	while (newline == NULL && from > s->at) {
		size_t want = from - s->at > LOOK_BYTES
		                  ? LOOK_BYTES
		                  : (size_t)(from - s->at);
		ssize_t n;

		from -= (off_t)want;
		n = pread(fd, f->block, want, from);
		if (n == -1)
			return -1;
		newline = memrchr(f->block, '\n', (size_t)n);
	}
	if (newline != NULL)
		s->end = from + (newline + 1 - f->block);
	s->whole = newline != NULL;
	return 0;
}

/* Makes it end behind the line that has begun. */
static int
cut_stretch(struct feed *f, int fd, struct stretch *s)
{
	for (off_t from = s->at > 0 ? s->at - 1 : 0; from < s->end;) {
		size_t want = s->end - from > LOOK_BYTES
		                  ? LOOK_BYTES
		                  : (size_t)(s->end - from);
		ssize_t n = pread(fd, f->block, want, from);
		const char *newline;

		if (n <= 0)
			return (int)n;
		newline = memchr(f->block, '\n', (size_t)n);
		if (newline != NULL) {
			s->end = from + (newline + 1 - f->block);
			s->whole = true;
			return 0;
		}
		from += n;
	}
	return 0;
}

/* Up to n bytes: how many, 0 at the end, or -1 with errno; EINTR: again. */
static ssize_t
copy_some(struct feed *f, int fd, size_t n)
{
	int ready = wait_for(f, STDOUT_FILENO, POLLOUT, -1);
	ssize_t got;

	if (ready == 0)
		errno = EINTR;
	if (ready != 1)
		return -1;
	if (f->splices) {
		got = splice(fd, NULL, STDOUT_FILENO, NULL, n, 0);
		if (got >= 0 || errno != EINVAL)
			return got;
		f->splices = false; /* not from here, not to there */
	}
	got = read(fd, f->block, n < WRITE_BYTES ? n : WRITE_BYTES);
	if (got > 0 && file_write(STDOUT_FILENO,
			   (struct span){ f->block, (size_t)got }) == -1)
		return -1;
	return got;
}

/* 0: the end, 1: stopped, -1: errno. */
static int
copy_stretches(struct feed *f, int fd, off_t at)
{
	struct stretch s = { at, at, true };

	for (;;) {
		ssize_t n;

		if (s.at < s.end &&
		    (signals_stop() != 0 || marks_is_due(&f->marks)) &&
		    cut_stretch(f, fd, &s) == -1)
			return -1;
		if (s.at == s.end && s.whole) {
			f->place->offset = (uint64_t)s.at;
			if (signals_stop() != 0)
				return 1;
			if (marks_take(&f->marks) == -1)
				return -1;
		}
		if (s.at == s.end && next_stretch(f, fd, &s) == -1)
			return -1;
		n = s.at == s.end ? 0
		                  : copy_some(f, fd, (size_t)(s.end - s.at));
		if (n == 0)
			break;
		if (n == -1 && errno != EINTR)
			return -1;
		s.at += n > 0 ? n : 0;
	}
	f->in_line = !s.whole || s.at < s.end;
	f->place->offset = (uint64_t)s.at;
	return 0;
}

/* --- one file, and all ---------------------------------------------------- */

/*
 * From where it was left; the bytes before that are read again where it is
 * packed.  STATUS_USAGE where they are others, which has been said.
 */
static enum status
skip(struct feed *f, int fd)
{
	uint64_t left = f->place->offset, sum = 0;
	struct buf why = { 0 };
	char next = '\n';
	ssize_t n = 1;

	while (left > 0 && n != 0 && signals_stop() == 0) {
		marks_look(&f->marks, "reads again what has been written");
		n = read(fd, f->block,
		    left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES);
		if (n == -1 && errno != EINTR)
			break;
		sum = crc64_add(sum, f->block, n > 0 ? (size_t)n : 0);
		left -= n > 0 ? (uint64_t)n : 0;
	}
	if (signals_stop() != 0)
		return STATUS_OK;
	if (left == 0 && f->place->torn && read(fd, &next, 1) == 1) {
		f->place->offset++;
		f->place->sum = sum = crc64_add(sum, "\n", 1);
		f->place->torn = false;
	}
	if (left == 0 && next == '\n' && sum == f->place->sum)
		return STATUS_OK;
	position_refuse(f->place, &why,
	    "has other bytes, once unpacked, than those that were read of it");
	(void)checkpoint_say(&f->marks.coordinator.checkpoint, STATUS_USAGE,
	    "%s", buf_said(&why));
	buf_free(&why);
	return STATUS_USAGE;
}

/* The rows of an open file: 0: to the end, 1: stopped, -1: errno. */
static int
copy(struct feed *f, int fd)
{
	struct stat st;
	off_t at;
	int rc;

	f->in_line = false;
	f->held = 0;
	f->splices = true;
	if (journal_is_open(&f->journal)) {
		rc = give_out_again(f);
		rc = rc == -1 ? -1 : copy_blocks(f, fd);
		return rc == 0 && f->in_line ? keep(f, (struct span){ "\n", 1 })
		                             : rc;
	}
	/* Of /proc and the like nobody knows how long they are. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		at = lseek(fd, 0, SEEK_CUR);
		rc = at == -1 ? -1 : copy_stretches(f, fd, at);
	} else {
		rc = copy_blocks(f, fd);
	}
	if (rc != 0 || !f->in_line)
		return rc;
	f->place->torn = true;
	f->in_line = false;
	return file_write(STDOUT_FILENO, (struct span){ "\n", 1 });
}

static int
open_file(struct feed *f, struct unpack *u)
{
	struct position_file *p = f->place;
	struct stat st;
	/* The writer of a FIFO is not waited for here, where no signal is. */
	int fd = open(p->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd == -1 || fstat(fd, &st) == -1 || fcntl(fd, F_SETFL, 0) == -1)
		return fd;
	p->begun = true;
	p->inode = (uint64_t)st.st_ino;
	p->size = (uint64_t)st.st_size;
	if (!position_is_packed(p->name)) {
		if (p->offset > 0 &&
		    lseek(fd, (off_t)p->offset, SEEK_SET) == -1) {
			(void)close(fd);
			return -1;
		}
		if (has_marks(f))
			f->fd = fd;
		return fd;
	}
	(void)close(fd); /* it was only looked at */
	return unpack_open(u, p->name) == -1 ? -1 : u->fd;
}

/* 0: to the end, 1: stopped, -1: *status, after saying why. */
static int
copy_open(struct feed *f, int fd, bool packed, enum status *status)
{
	int rc;

	if (packed)
		*status = skip(f, fd);
	if (*status != STATUS_OK)
		return -1;
	rc = copy(f, fd);
	if (rc != -1 && f->fd != -1)
		rc = position_sum(fd, f->place->offset, &f->place->sum) == -1
		         ? -1
		         : rc;
	return rc;
}

static enum status
copy_file(struct feed *f, const char *name)
{
	struct unpack u = { .fd = -1, .pid = -1, .pidfd = -1 };
	int fd = name == NULL ? STDIN_FILENO : open_file(f, &u), rc = -1;
	bool packed = u.pid != -1;
	enum status status = STATUS_OK;
	char quoted[DIAG_QUOTE_MAX];

	f->packed = packed ? &u : NULL;
	if (fd != -1)
		rc = copy_open(f, fd, packed, &status);
	if (rc == -1 && status == STATUS_OK) {
		diag_error(NULL, "cannot copy %s: %s",
		    name == NULL ? "standard input"
				 : diag_quote(quoted, span_of(name)),
		    packed && u.pid == -1 ? "gzip has failed"
					  : strerror(errno));
		status = STATUS_SYSTEM;
	}
	if (packed)
		(void)unpack_close(&u, false); /* or it has been, at its end */
	else if (name != NULL && fd != -1)
		(void)close(fd); /* it was only read */
	f->fd = -1;
	f->packed = NULL;
	f->place->done = rc == 0 && status == STATUS_OK;
	f->stopped = !f->place->done;
	return status;
}

/* A name that is wrong is told before the rows of the files ahead of it. */
static enum status
check_readable(const struct feed_source *s)
{
	char quoted[DIAG_QUOTE_MAX];

	for (size_t i = 0; i < s->nfiles; i++)
		if (access(s->files[i], R_OK) == -1) {
			diag_error(NULL, "cannot read %s: %s",
			    diag_quote(quoted, span_of(s->files[i])),
			    strerror(errno));
			return STATUS_USAGE;
		}
	return STATUS_OK;
}

enum status
feed_run(const struct feed_source *s)
{
	struct feed f = { .block = malloc(BLOCK_BYTES), .fd = -1 };
	enum status status = STATUS_OK;

	if (position_init(&f.position, s->files, s->nfiles) == -1 ||
	    f.block == NULL)
		status = diag_no_memory();
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
	if (status == STATUS_OK && s->checkpoint.dir == NULL)
		status = check_readable(s); /* else by their positions */
	if (status == STATUS_OK)
		status = open_marks(&f, s);
	f.place = f.position.file;
	if (s->nfiles == 0 && status == STATUS_OK)
		status = copy_file(&f, NULL);
	for (size_t i = 0; i < s->nfiles && status == STATUS_OK && !f.stopped;
	     i++) {
		f.place = &f.position.file[i];
		f.stopped = signals_stop() != 0;
		if (!f.stopped && !f.place->done)
			status = copy_file(&f, s->files[i]);
	}
	if (status == STATUS_OK && has_marks(&f))
		status = marks_end(&f.marks, !f.stopped, f.in_line);
	if (f.journal.damaged)
		status = status_worse(status, STATUS_DATA);
	if (journal_is_open(&f.journal)) {
		(void)close(f.peek[0]); /* only copies were in it */
		(void)close(f.peek[1]);
	}
	journal_close(&f.journal);
	marks_close(&f.marks);
	position_free(&f.position);
	free(f.block);
	return status;
}
