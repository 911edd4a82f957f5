/* checkpoint - a stage of a pipeline that keeps what it knows, over kills.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_CHECKPOINT_H
#define LIB_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/diag.h"
#include "lib/lock.h"
#include "lib/part.h"

/*
 * The folder that all stages of a pipeline share:
 *
 *	lock       who has it is the source; NAME.lock: each stage, which notes
 *	           there the number of a part that it could not begin
 *	job        text: the source and its stages
 *	token      mode 0600: "TOKEN FROM ABOVE", of the run that is on
 *	N/NAME     a part (lib/part.h); N counts up, and no number comes twice
 *	N/.NAME    the same, locked while it is written
 *	N/finished is there where mark N ends the job
 *	latest     "N" or "N finished": the last checkpoint that is whole
 *
 * A mark is the line {"$control":"checkpoint","id":N,"token":"TOKEN"}, nothing
 * more and nothing less; any other line is a row.  The source (coordinator.h)
 * begins with one and waits, where there is no checkpoint yet, until that is
 * whole.  A stage takes its snapshot when a mark comes, and passes the mark on
 * behind the results of the rows before it.
 *
 * A stage loads its part when it opens, but does not act on it (no file is cut,
 * no result is written) before its first line: only that tells, by FROM, that
 * the source goes on from the same checkpoint.  HACKING.md says why.
 */
enum {
	CHECKPOINT_TOKEN = 32, /* hexadecimal digits */
	/* A mark's bytes at the most, without its newline. */
	CHECKPOINT_MARK_MAX = 94,
};

/* Gives all bytes of a part's content to add: 0, or -1 where that failed. */
typedef int checkpoint_write_fn(void *state, part_add_fn *add, void *ctx);

/* Says how two queries differ, that of before and ours; true where they do. */
typedef bool
checkpoint_differs_fn(struct span was, struct span is, struct buf *out);

/* One for queries that are lines: names the first that differs. */
checkpoint_differs_fn checkpoint_lines_differ;

/* A file that is cut to its length of then when a run goes on. */
struct checkpoint_file {
	const char *label; /* "late", "stdout" */
	const char *name;  /* for messages; borrowed */
	int fd;
};

struct checkpoint {
	const char *dir; /* NULL: none; borrowed */
	const char *name;
	checkpoint_differs_fn *differs;
	struct buf query; /* owned */
	struct lock lock;
	uint64_t from; /* the checkpoint that was loaded; 0: none */
	uint64_t seen; /* the last mark */
	bool begun;    /* the source has been heard of */
	char token[CHECKPOINT_TOKEN + 1];
	struct checkpoint_file files[PART_FILES];
	size_t nfiles;
	struct part part; /* loaded; borrows from bytes */
	struct span bytes;
	pid_t child;  /* which writes a snapshot; 0: none */
	bool failing; /* the last one was not written */
};

/*
 * Opens the folder, which is made where there is none, takes the lock of
 * --name and loads the part of the last checkpoint, if there is one: its
 * content is part.content until the first line of the input, or, for a source,
 * checkpoint_forget().  query, which it takes
 * over, describes what the stage computes; differs tells two apart.
 * STATUS_OK, or after saying why: STATUS_USAGE where name or part are refused
 * or another process has the name, STATUS_SYSTEM.
 */
enum status checkpoint_open(struct checkpoint *, const char *dir,
    checkpoint_differs_fn *differs, struct buf query);
void checkpoint_forget(struct checkpoint *);
void checkpoint_close(struct checkpoint *);

/* A file that the stage writes; one that is no regular file is left alone. */
void checkpoint_file(
    struct checkpoint *, const char *label, const char *name, int fd);

/*
 * Cuts the files to their lengths at the checkpoint that was loaded; a stage's
 * are cut by checkpoint_line().  STATUS_OK, or after saying why.
 */
enum status checkpoint_cut(const struct checkpoint *);

/* Whether one of that label is there: then it is a file to be cut. */
bool checkpoint_has_file(const struct checkpoint *, const char *label);

/* For all lines: whether it begins as a mark does.  The rest is below. */
extern const char checkpoint_mark_begin[];
enum { CHECKPOINT_MARK_BEGIN = 30 };
static inline bool
checkpoint_is_like_mark(struct span line)
{
	return line.n > CHECKPOINT_MARK_BEGIN &&
	       memcmp(line.p, checkpoint_mark_begin, CHECKPOINT_MARK_BEGIN) ==
	           0;
}

/* Adds the mark, without a newline. */
void checkpoint_mark_write(struct buf *, uint64_t id, const char *token);

/* True where the line, without its newline, is a mark of the token. */
bool checkpoint_mark_read(struct span line, const char *token, uint64_t *id);

enum checkpoint_line {
	CHECKPOINT_ROW,
	CHECKPOINT_MARK, /* take a snapshot, and pass it on */
	CHECKPOINT_STOP, /* the stage must end, with *status; that has been
	                  * said */
};

/*
 * What a line of the input is: without its newline, as it came.  To be called
 * for the first line of all, at which the files are cut, and for each that is
 * like a mark.
 */
enum checkpoint_line
checkpoint_line(struct checkpoint *, struct span line, enum status *);

/*
 * The snapshot of the mark that came last: what is in the files, which must
 * have been flushed, and what write adds, called in a child
 * process while this one goes on.  A failure is told, and the checkpoint never
 * becomes whole; the source sees that, whatever ends the child.
 */
void checkpoint_snapshot(
    struct checkpoint *, checkpoint_write_fn *write, void *state);

/*
 * Whether the mark that came last is that of the end of the job: no row follows
 * it.  What a stage writes at the end of input it writes then, before its
 * snapshot; so a stage that ends otherwise is never taken for one that is done.
 */
bool checkpoint_finishes(const struct checkpoint *);

/*
 * At the end of input: STATUS_OK where the last checkpoint covers all of it,
 * else STATUS_SYSTEM after saying so: the rest will be read again.
 */
enum status checkpoint_end(const struct checkpoint *, bool rows_since_mark);

/* --- for the coordinator -------------------------------------------------- */

/* DIR/N/NAME, or without name or N (0) what that leaves; before: "." */
void checkpoint_path(const struct checkpoint *, struct buf *, uint64_t number,
    const char *before, const char *name);

/* The highest number in the folder, whole or not, that is below; 0: none. */
uint64_t checkpoint_below(const struct checkpoint *, uint64_t number);

/* latest: 0, or -1 after saying why; number 0: there is none. */
int
checkpoint_latest(const struct checkpoint *, uint64_t *number, bool *finished);

/* Writes a part from this process: 0, or -1 with errno. */
int checkpoint_write_part(struct checkpoint *, uint64_t number,
    checkpoint_write_fn *write, void *state);

/* Whether whoever began to write that part, or could not, has gone without it.
 */
bool checkpoint_is_lost(
    const struct checkpoint *, uint64_t number, const char *name);

/* The token's file: 0 or -1 after saying why; ENOENT is no failure: 0 in all.
 */
int checkpoint_token(const struct checkpoint *,
    char token[CHECKPOINT_TOKEN + 1], uint64_t *from, uint64_t *above);

/* What to do where the folder gives that errno: "; REMEDY", or "". */
const char *checkpoint_remedy(int error);

/* "--checkpoint DIR: WHAT", "--checkpoint DIR: WHAT: CAUSE; REMEDY" by errno.
 */
enum status checkpoint_say(const struct checkpoint *, enum status,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
enum status checkpoint_say_errno(const struct checkpoint *, enum status,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
