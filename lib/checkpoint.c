/* checkpoint - a stage of a pipeline that keeps what it knows, over kills.
 * SPDX-License-Identifier: ISC */
#include "lib/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/take.h"

enum {
	NAME_MAX_BYTES = 64,
	SMALL_BYTES = 256, /* of token and latest */
	/* A process that was killed may take some time to be gone. */
	LOCK_WAIT_MS = 2000,
};

/* How the child that writes a snapshot ends. */
enum { CHILD_DONE, CHILD_FAILED, CHILD_LATE /* it is not wanted any more */ };

/* --- messages ------------------------------------------------------------- */

const char *
checkpoint_remedy(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return "; make room there";
	case EACCES:
	case EROFS:
		return "; give a folder that may be written";
	case ENOTDIR:
		return "; give a folder";
	default:
		return "";
	}
}

static enum status
say(const struct checkpoint *c, enum status status, int error, const char *fmt,
    va_list args)
{
	char quoted[DIAG_QUOTE_MAX];
	struct buf what = { 0 };

	buf_addv(&what, fmt, args);
	diag_error(NULL, "--checkpoint %s: %s%s%s%s",
	    diag_quote(quoted, span_of(c->dir)), buf_said(&what),
	    error == 0 ? "" : ": ", error == 0 ? "" : strerror(error),
	    checkpoint_remedy(error));
	buf_free(&what);
	return status;
}

enum status
checkpoint_say(
    const struct checkpoint *c, enum status status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	status = say(c, status, 0, fmt, args);
	va_end(args);
	return status;
}

enum status
checkpoint_say_errno(
    const struct checkpoint *c, enum status status, const char *fmt, ...)
{
	int error = errno;
	va_list args;

	va_start(args, fmt);
	status = say(c, status, error, fmt, args);
	va_end(args);
	return status;
}

/* --- marks ---------------------------------------------------------------- */

const char checkpoint_mark_begin[] = "{\"$control\":\"checkpoint\",\"id\":";
static const char mark_middle[] = ",\"token\":\"";
static const char mark_end[] = "\"}";

void
checkpoint_mark_write(struct buf *b, uint64_t id, const char *token)
{
	buf_add_text(b, checkpoint_mark_begin);
	buf_add_u64(b, id);
	buf_add_text(b, mark_middle);
	buf_add_text(b, token);
	buf_add_text(b, mark_end);
}

bool
checkpoint_mark_read(struct span line, const char *token, uint64_t *id)
{
	struct span rest;
	struct buf mark = { 0 };
	bool is_mark;

	if (!checkpoint_is_like_mark(line) || line.n > CHECKPOINT_MARK_MAX)
		return false;
	rest = span_from(line, CHECKPOINT_MARK_BEGIN);
	if (!take_number(&rest, id) || *id == 0)
		return false;
	/* It is what would be written, to the byte. */
	checkpoint_mark_write(&mark, *id, token);
	is_mark = !mark.failed && span_equal(buf_span(&mark), line);
	buf_free(&mark);
	return is_mark;
}

/* --- the folder ----------------------------------------------------------- */

void
checkpoint_path(const struct checkpoint *c, struct buf *path, uint64_t number,
    const char *before, const char *name)
{
	buf_add_text(path, c->dir);
	if (number > 0)
		buf_addf(path, "/%" PRIu64, number);
	if (name != NULL)
		buf_addf(path, "/%s%s", before, name);
	(void)buf_text(path);
}

uint64_t
checkpoint_below(const struct checkpoint *c, uint64_t number)
{
	DIR *dir = opendir(c->dir);
	const struct dirent *entry;
	uint64_t best = 0, n;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct span name = span_of(entry->d_name);

		if (take_number(&name, &n) && name.n == 0 && n < number &&
		    n > best)
			best = n;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return best;
}

/* A small file of the folder; -1 with errno. */
static int
read_small(const struct checkpoint *c, const char *name, struct buf *text)
{
	struct buf path = { 0 };
	int rc = -1;

	checkpoint_path(c, &path, 0, "", name);
	errno = ENOMEM;
	if (!path.failed)
		rc = file_read(path.p, SMALL_BYTES, text);
	buf_free(&path);
	return rc;
}

int
checkpoint_latest(const struct checkpoint *c, uint64_t *number, bool *finished)
{
	struct buf text = { 0 };
	struct span s;
	int rc = -1;

	*number = 0;
	*finished = false;
	if (read_small(c, "latest", &text) == 0) {
		s = buf_span(&text);
		if (take_number(&s, number))
			*finished = take_text(&s, " finished");
		if (*number > 0 && span_is(s, "\n"))
			rc = 0;
		else
			(void)checkpoint_say(c, STATUS_USAGE,
			    "its file 'latest' holds no number of a "
			    "checkpoint; write one of them into it, or start "
			    "over in an empty folder");
	} else if (errno == ENOENT) {
		rc = 0;
	} else {
		(void)checkpoint_say_errno(
		    c, STATUS_USAGE, "cannot read its file 'latest'");
	}
	buf_free(&text);
	return rc;
}

int
checkpoint_token(const struct checkpoint *c, char token[CHECKPOINT_TOKEN + 1],
    uint64_t *from, uint64_t *above)
{
	struct buf text = { 0 };
	struct span s;
	int rc = 0;

	*token = '\0';
	*from = *above = 0;
	if (read_small(c, "token", &text) == -1) {
		if (errno != ENOENT)
			rc = -1;
		if (rc == -1)
			(void)checkpoint_say_errno(
			    c, STATUS_SYSTEM, "cannot read its file 'token'");
		buf_free(&text);
		return rc;
	}
	s = buf_span(&text);
	if (s.n > CHECKPOINT_TOKEN) {
		memcpy(token, s.p, CHECKPOINT_TOKEN);
		token[CHECKPOINT_TOKEN] = '\0';
		s = span_from(s, CHECKPOINT_TOKEN);
	}
	if (!take_text(&s, " ") || !take_number(&s, from) ||
	    !take_text(&s, " ") || !take_number(&s, above) ||
	    !span_is(s, "\n")) {
		(void)checkpoint_say(c, STATUS_USAGE,
		    "its file 'token' is damaged; remove it when no process "
		    "of an earlier run is left, and start again");
		rc = -1;
	}
	buf_free(&text);
	return rc;
}

/* --- loading -------------------------------------------------------------- */

/* What helps where a part cannot be used; the older one is of that version,
 * too. */
static void
add_remedy(const struct checkpoint *c, struct buf *text)
{
	uint64_t older = checkpoint_below(c, c->from);

	if (c->part.format != 0 && c->part.format != PART_FORMAT)
		buf_add_text(
		    text, "; use that one, or start over in an empty folder");
	else if (older > 0)
		buf_addf(text,
		    "; to go on from the one before it, write %" PRIu64
		    " into the file 'latest' there",
		    older);
	else
		buf_add_text(text, "; start over in an empty folder");
}

bool
checkpoint_lines_differ(struct span was, struct span is, struct buf *out)
{
	char quoted[2][DIAG_QUOTE_MAX];

	while (was.n > 0 || is.n > 0) {
		struct span a, b;

		(void)take_part(&was, '\n', &a);
		(void)take_part(&is, '\n', &b);
		if (span_equal(a, b))
			continue;
		buf_addf(out, "%s, not %s", diag_quote(quoted[0], a),
		    diag_quote(quoted[1], b));
		return true;
	}
	return false;
}

static enum status
refuse_part(const struct checkpoint *c, const char *why, bool remedy)
{
	char quoted[DIAG_QUOTE_MAX];
	struct buf text = { 0 };
	enum status status;

	buf_addf(&text, "checkpoint %" PRIu64 ", part %s: %s", c->from,
	    diag_quote(quoted, span_of(c->name)), why);
	if (remedy)
		add_remedy(c, &text);
	status = checkpoint_say(c, STATUS_USAGE, "%s", buf_said(&text));
	buf_free(&text);
	return status;
}

/* Whether the part, which is whole, is what this stage has left there. */
static enum status
check_part(struct checkpoint *c)
{
	const struct part *p = &c->part;
	char quoted[DIAG_QUOTE_MAX];
	struct buf why = { 0 };
	enum status status = STATUS_OK;

	if (!span_equal(p->program, span_of(diag_program())))
		buf_addf(&why, "it is one of the program %s",
		    diag_quote(quoted, p->program));
	else if (!span_equal(p->name, span_of(c->name)))
		buf_addf(&why, "it is one of the stage %s",
		    diag_quote(quoted, p->name));
	else if (p->number != c->from)
		buf_addf(&why, "it is one of checkpoint %" PRIu64, p->number);
	if (why.n > 0) {
		status = refuse_part(c, buf_text(&why), true);
	} else if (!span_equal(p->query, buf_span(&c->query))) {
		buf_add_text(&why, "it belongs to another query: ");
		(void)c->differs(p->query, buf_span(&c->query), &why);
		buf_add_text(
		    &why, "; give the options of before, or another folder");
		status = refuse_part(c, buf_said(&why), false);
	}
	buf_free(&why);
	return status;
}

static enum status
read_part(struct checkpoint *c)
{
	struct buf why = { 0 };
	enum status status;

	if (part_read(c->bytes, &c->part, &why) == 0)
		status = check_part(c);
	else
		status = refuse_part(c, buf_said(&why), true);
	buf_free(&why);
	return status;
}

/* The part's bytes into memory; an empty one is mapped as none. */
static enum status
map_part(struct checkpoint *c, int fd)
{
	struct stat st;
	void *bytes;

	if (fd == -1)
		return errno == ENOENT
		           ? refuse_part(c, "there is none", true)
		           : checkpoint_say_errno(c, STATUS_SYSTEM,
				 "cannot open its part of checkpoint %" PRIu64,
				 c->from);
	if (fstat(fd, &st) == -1)
		return checkpoint_say_errno(
		    c, STATUS_SYSTEM, "cannot examine its part");
	if (st.st_size == 0)
		return STATUS_OK;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return checkpoint_say_errno(
		    c, STATUS_SYSTEM, "cannot read its part");
	c->bytes = (struct span){ bytes, (size_t)st.st_size };
	return STATUS_OK;
}

static enum status
load(struct checkpoint *c)
{
	struct buf path = { 0 };
	enum status status = STATUS_SYSTEM;
	bool finished;
	int fd = -1;

	if (checkpoint_latest(c, &c->from, &finished) == -1)
		return STATUS_USAGE;
	c->seen = c->from;
	if (c->from == 0)
		return STATUS_OK;
	checkpoint_path(c, &path, c->from, "", c->name);
	if (!path.failed)
		fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	status = map_part(c, fd);
	if (status == STATUS_OK)
		status = read_part(c);
	if (fd != -1)
		(void)close(fd);
	buf_free(&path);
	return status;
}

/* --- opening -------------------------------------------------------------- */

/* A name is one of a file, and none that the folder has for itself. */
static bool
is_name(const char *name)
{
	size_t n = 0;

	for (; name[n] != '\0'; n++) {
		char c = name[n];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    (c != '.' || n == 0))
			return false;
	}
	return n > 0 && n <= NAME_MAX_BYTES && strcmp(name, "finished") != 0;
}

static enum status
take_name(struct checkpoint *c)
{
	struct buf path = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	enum status status = STATUS_OK;
	long holder = 0;

	checkpoint_path(c, &path, 0, "", c->name);
	buf_add_text(&path, ".lock");
	diag_quote(quoted, span_of(c->name));
	if (buf_text(&path) == NULL)
		status = checkpoint_say(c, STATUS_SYSTEM, "out of memory");
	else if (lock_take(&c->lock, path.p, LOCK_WAIT_MS, &holder) == 0)
		status = STATUS_OK;
	else if (errno == EWOULDBLOCK)
		status = checkpoint_say(c, STATUS_USAGE,
		    "another process, %ld, has the name %s here; give each "
		    "stage a --name of its own, or stop that one",
		    holder, quoted);
	else
		status = checkpoint_say_errno(c, status_of_errno(errno),
		    "cannot take the name %s", quoted);
	buf_free(&path);
	return status;
}

enum status
checkpoint_open(struct checkpoint *c, const char *dir,
    checkpoint_differs_fn *differs, struct buf query)
{
	enum status status;

	*c = (struct checkpoint){ .dir = dir,
		.name = diag_name_given(),
		.differs = differs,
		.query = query };
	lock_init(&c->lock);
	if (query.failed)
		return checkpoint_say(c, STATUS_SYSTEM, "out of memory");
	if (c->name == NULL || !is_name(c->name))
		return checkpoint_say(c, STATUS_USAGE,
		    "a stage of it needs a --name of letters, digits, '.', "
		    "'-' and '_', 64 at the most and none '.' at the start, "
		    "but for 'finished'");
	if (mkdir(dir, 0777) == -1 && errno != EEXIST)
		return checkpoint_say_errno(
		    c, status_of_errno(errno), "cannot make the folder");
	/* Its own name, too, or all that is in it would go by a power cut; one
	 * above that we may not read has it from others. */
	if (file_sync_name(dir) == -1 && errno != EACCES)
		return checkpoint_say_errno(
		    c, STATUS_SYSTEM, "cannot make the folder durable");
	status = take_name(c);
	return status == STATUS_OK ? load(c) : status;
}

void
checkpoint_forget(struct checkpoint *c)
{
	if (c->bytes.n > 0)
		(void)munmap((void *)(uintptr_t)c->bytes.p, c->bytes.n);
	c->bytes = (struct span){ 0 };
	c->part = (struct part){ 0 };
}

/* --- files ---------------------------------------------------------------- */

void
checkpoint_file(
    struct checkpoint *c, const char *label, const char *name, int fd)
{
	struct stat st;

	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    c->nfiles < PART_FILES)
		c->files[c->nfiles++] =
		    (struct checkpoint_file){ label, name, fd };
}

bool
checkpoint_has_file(const struct checkpoint *c, const char *label)
{
	for (size_t i = 0; i < c->nfiles; i++)
		if (strcmp(c->files[i].label, label) == 0)
			return true;
	return false;
}

/* -1: the part knows of none. */
static int64_t
length_before(const struct checkpoint *c, const char *label)
{
	for (size_t i = 0; i < c->part.nfiles; i++)
		if (span_equal(c->part.files[i].label, span_of(label)))
			return (int64_t)c->part.files[i].length;
	return -1;
}

/* Is files[i] one of those before it, by another name? */
static bool
is_again(const struct checkpoint *c, size_t i)
{
	struct stat it, other;

	if (fstat(c->files[i].fd, &it) == -1)
		return false;
	for (size_t k = 0; k < i; k++)
		if (fstat(c->files[k].fd, &other) == 0 &&
		    other.st_dev == it.st_dev && other.st_ino == it.st_ino)
			return true;
	return false;
}

/*
 * A stage of another folder would cut off what this one has written, and this
 * one its.  The lock goes with whoever has the file open last, and so with the
 * process that writes a part.
 */
static enum status
take_files(const struct checkpoint *c)
{
	char quoted[DIAG_QUOTE_MAX];

	for (size_t i = 0; i < c->nfiles; i++)
		if (!is_again(c, i) &&
		    flock(c->files[i].fd, LOCK_EX | LOCK_NB) == -1 &&
		    errno == EWOULDBLOCK)
			return checkpoint_say(c, STATUS_USAGE,
			    "%s: another process with --checkpoint writes to "
			    "that file, too, and each would cut the other's "
			    "lines; give each a file of its own",
			    diag_quote(quoted, span_of(c->files[i].name)));
	return STATUS_OK;
}

/* What stands behind the checkpoint will be written again. */
enum status
checkpoint_cut(const struct checkpoint *c)
{
	enum status status = take_files(c);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < c->nfiles; i++) {
		const struct checkpoint_file *f = &c->files[i];
		int64_t length = length_before(c, f->label);
		char quoted[DIAG_QUOTE_MAX];
		struct stat st;

		diag_quote(quoted, span_of(f->name));
		if (length == -1)
			continue;
		if (fstat(f->fd, &st) == -1 || st.st_size < length)
			return checkpoint_say(c, STATUS_USAGE,
			    "%s is shorter than it was at checkpoint %" PRIu64
			    ", %" PRId64 " bytes; write to the same file as "
			    "before, in the shell by >>, not by >, or start "
			    "over in an empty folder",
			    quoted, c->from, length);
		if (ftruncate(f->fd, length) == -1 ||
		    lseek(f->fd, length, SEEK_SET) == -1)
			return checkpoint_say_errno(
			    c, STATUS_SYSTEM, "cannot cut %s", quoted);
	}
	return STATUS_OK;
}

/* --- the input ------------------------------------------------------------ */

/* The first line tells what the source goes on from. */
static enum status
begin(struct checkpoint *c, struct span line)
{
	uint64_t from, above, id;
	enum status status;

	if (checkpoint_token(c, c->token, &from, &above) == -1)
		return STATUS_SYSTEM;
	if (!checkpoint_mark_read(line, c->token, &id))
		return checkpoint_say(c, STATUS_USAGE,
		    "the input does not begin with a mark of this folder; give "
		    "its source the same --checkpoint, and let every line of "
		    "it through");
	if (from != c->from)
		return checkpoint_say(c, STATUS_SYSTEM,
		    "the source goes on from checkpoint %" PRIu64
		    ", but this stage had begun with %" PRIu64
		    ": the run before had not ended; start the pipeline again",
		    from, c->from);
	c->begun = true;
	status = checkpoint_cut(c);
	checkpoint_forget(c);
	return status;
}

enum checkpoint_line
checkpoint_line(struct checkpoint *c, struct span line, enum status *status)
{
	uint64_t id;

	*status = STATUS_OK;
	if (!c->begun)
		*status = begin(c, line);
	if (*status != STATUS_OK)
		return CHECKPOINT_STOP;
	if (!checkpoint_mark_read(line, c->token, &id))
		return CHECKPOINT_ROW;
	if (id <= c->seen) {
		*status = checkpoint_say(c, STATUS_SYSTEM,
		    "mark %" PRIu64 " came behind %" PRIu64
		    ": two ways lead from the source to this stage; give each "
		    "a stage of its own",
		    id, c->seen);
		return CHECKPOINT_STOP;
	}
	c->seen = id;
	return CHECKPOINT_MARK;
}

bool
checkpoint_finishes(const struct checkpoint *c)
{
	struct buf path = { 0 };
	struct stat st;
	bool finishes;

	checkpoint_path(c, &path, c->seen, "", "finished");
	finishes = !path.failed && stat(path.p, &st) == 0;
	buf_free(&path);
	return finishes;
}

enum status
checkpoint_end(const struct checkpoint *c, bool rows_since_mark)
{
	uint64_t latest = 0;
	bool finished;

	if (checkpoint_latest(c, &latest, &finished) == 0 && c->begun &&
	    latest == c->seen && !rows_since_mark)
		return STATUS_OK;
	if (latest == 0)
		diag_warn(NULL, "the input ended before its first checkpoint; "
				"the next run begins anew");
	else
		diag_warn(NULL,
		    "the input ended before its last checkpoint; what came "
		    "behind checkpoint %" PRIu64 " is read again by the next "
		    "run",
		    latest);
	return STATUS_SYSTEM;
}

/* --- snapshots ------------------------------------------------------------ */

static int
write_fd(void *ctx, struct span s)
{
	const int *fd = ctx;

	return file_write(*fd, s);
}

/* All of it, and durable.  0, or -1 with errno. */
static int
write_file(
    struct checkpoint *c, int fd, checkpoint_write_fn *write, void *state)
{
	struct part_writer w = { .write = write_fd, .ctx = &fd };
	int rc = -1, error;

	if (part_begin(&w, &c->part) == 0 && write(state, part_add, &w) == 0 &&
	    part_end(&w) == 0 && fsync(fd) == 0)
		rc = 0;
	error = errno;
	/* What lacks room on a disk takes up none. */
	if (rc == -1)
		(void)!ftruncate(fd, 0); /* it goes with its folder */
	errno = error;
	return rc;
}

/* A path of the part that describe_part() has described. */
static void
part_path(const struct checkpoint *c, struct buf *path, const char *before)
{
	checkpoint_path(c, path, c->part.number, before, c->name);
}

/*
 * The file beside the part's, which it becomes.  It is locked from when it has
 * that name: if it is there, but nobody has it, the part will never come
 * (checkpoint_is_lost()).  Its descriptor, or -1 with errno.
 */
static int
make_beside(const struct checkpoint *c)
{
	struct buf first = { 0 }, beside = { 0 };
	int fd = -1;

	part_path(c, &first, "..");
	part_path(c, &beside, ".");
	errno = ENOMEM;
	if (!first.failed && !beside.failed)
		fd = file_make(first.p, 0666);
	if (fd != -1 && (flock(fd, LOCK_EX | LOCK_NB) == -1 ||
			    rename(first.p, beside.p) == -1)) {
		file_drop(first.p);
		fd = file_close(fd, -1); /* nothing was written */
	}
	buf_free(&first);
	buf_free(&beside);
	return fd;
}

/*
 * The files' lengths are those of part, which describe_part() has set.  The
 * file is closed, and so unlocked, once it has its name.
 */
static int
keep_part(struct checkpoint *c, int fd, checkpoint_write_fn *write, void *state)
{
	struct buf path = { 0 }, beside = { 0 };
	int rc = -1, error;

	part_path(c, &path, "");
	part_path(c, &beside, ".");
	errno = ENOMEM;
	if (!path.failed && !beside.failed &&
	    write_file(c, fd, write, state) == 0 &&
	    rename(beside.p, path.p) == 0)
		rc = file_sync_name(path.p);
	error = errno;
	(void)close(fd); /* what was written is on disk */
	errno = error;
	buf_free(&path);
	buf_free(&beside);
	return rc;
}

static int
describe_part(struct checkpoint *c, uint64_t number)
{
	struct stat st;

	c->part = (struct part){ .number = number,
		.program = span_of(diag_program()),
		.name = span_of(c->name),
		.query = buf_span(&c->query),
		.nfiles = c->nfiles };
	for (size_t i = 0; i < c->nfiles; i++) {
		if (fstat(c->files[i].fd, &st) == -1)
			return -1;
		c->part.files[i] =
		    (struct part_file){ span_of(c->files[i].label),
			    (uint64_t)st.st_size };
	}
	return 0;
}

int
checkpoint_write_part(struct checkpoint *c, uint64_t number,
    checkpoint_write_fn *write, void *state)
{
	int fd;

	if (describe_part(c, number) == -1)
		return -1;
	for (size_t i = 0; i < c->nfiles; i++)
		if (fsync(c->files[i].fd) == -1)
			return -1;
	fd = make_beside(c);
	return fd == -1 ? -1 : keep_part(c, fd, write, state);
}

bool
checkpoint_is_lost(
    const struct checkpoint *c, uint64_t number, const char *name)
{
	struct buf path = { 0 }, beside = { 0 }, lock = { 0 };
	bool is_lost = false;
	struct stat st;
	int fd = -1;

	checkpoint_path(c, &beside, number, ".", name);
	checkpoint_path(c, &path, number, "", name);
	if (!beside.failed && !path.failed)
		fd = open(beside.p, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd != -1) {
		/* It may have become the part since. */
		is_lost = flock(fd, LOCK_SH | LOCK_NB) == 0 &&
		          stat(path.p, &st) == -1 && errno == ENOENT;
		(void)close(fd); /* nothing was written */
	}
	/* There was not even room to begin it. */
	checkpoint_path(c, &lock, 0, "", name);
	buf_add_text(&lock, ".lock");
	if (fd == -1 && buf_text(&lock) != NULL)
		is_lost = lock_noted(lock.p) == number;
	buf_free(&path);
	buf_free(&beside);
	buf_free(&lock);
	return is_lost;
}

/* What is in the files is made durable. */
static enum status
sync_files(const struct checkpoint *c)
{
	char quoted[DIAG_QUOTE_MAX];

	for (size_t i = 0; i < c->nfiles; i++)
		if (fsync(c->files[i].fd) == -1)
			return checkpoint_say_errno(c, STATUS_SYSTEM,
			    "cannot make %s durable",
			    diag_quote(quoted, span_of(c->files[i].name)));
	return STATUS_OK;
}

/* The first of a row: the source tells how long it lasts. */
static void
say_not_taken(struct checkpoint *c, const char *cause, const char *remedy)
{
	if (!c->failing)
		(void)checkpoint_say(c, STATUS_SYSTEM,
		    "checkpoint %" PRIu64
		    " fails: %s%s; the pipeline goes on, and tries the next",
		    c->part.number, cause, remedy);
	c->failing = true;
}

/*
 * The child.  It keeps the lock, so that no later run of this stage begins
 * before it is gone, and goes when its parent does.  It keeps no pipe open,
 * whose other end would wait for it.
 */
static _Noreturn void
child(struct checkpoint *c, pid_t parent, int fd, checkpoint_write_fn *write,
    void *state)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(CHILD_LATE);
	(void)close(STDIN_FILENO);
	if (!checkpoint_has_file(c, "stdout"))
		(void)close(STDOUT_FILENO);
	if (sync_files(c) != STATUS_OK)
		_exit(CHILD_FAILED);
	if (keep_part(c, fd, write, state) == 0)
		_exit(CHILD_DONE);
	/* The source has given it up, and removed its folder. */
	if (errno == ENOENT)
		_exit(CHILD_LATE);
	say_not_taken(c, strerror(errno), checkpoint_remedy(errno));
	_exit(CHILD_FAILED);
}

/* Whether the part that describe_part() has described has its name. */
static bool
is_kept(const struct checkpoint *c)
{
	struct buf path = { 0 };
	struct stat st;
	bool is_there;

	part_path(c, &path, "");
	is_there = !path.failed && stat(path.p, &st) == 0;
	buf_free(&path);
	return is_there;
}

/*
 * Waits for the child, or ends one that takes longer than its source waits; who
 * has kept its part may still be ending when the next mark comes.
 */
static void
reap(struct checkpoint *c, bool end)
{
	int status = 0;
	pid_t pid;

	if (c->child == 0)
		return;
	pid = waitpid(c->child, &status, end ? WNOHANG : 0);
	if (pid == 0) {
		(void)kill(c->child, SIGKILL);
	}
	while (pid == 0 || (pid == -1 && errno == EINTR))
		pid = waitpid(c->child, &status, 0);
	c->child = 0;
	if (pid > 0 && WIFSIGNALED(status) && !is_kept(c))
		say_not_taken(c, "its process was killed", "");
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != CHILD_LATE)
		c->failing = WEXITSTATUS(status) != CHILD_DONE;
}

void
checkpoint_snapshot(
    struct checkpoint *c, checkpoint_write_fn *write, void *state)
{
	pid_t parent = getpid();
	int fd;

	/* The source begins no other while it waits for this one. */
	reap(c, true);
	if (describe_part(c, c->seen) == -1 || (fd = make_beside(c)) == -1) {
		if (errno != ENOENT) /* the same as in the child */
			say_not_taken(
			    c, strerror(errno), checkpoint_remedy(errno));
		lock_note(&c->lock, c->seen);
		return;
	}
	c->child = fork();
	if (c->child == 0)
		child(c, parent, fd, write, state);
	if (c->child == -1) {
		c->child = 0;
		say_not_taken(c, strerror(errno), "");
	}
	(void)close(fd); /* the child has it, and with it the lock */
}

void
checkpoint_close(struct checkpoint *c)
{
	if (c->dir == NULL)
		return;
	reap(c, false);
	checkpoint_forget(c);
	lock_drop(&c->lock);
	buf_free(&c->query);
	*c = (struct checkpoint){ 0 };
	lock_init(&c->lock);
}
