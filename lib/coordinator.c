/* coordinator - the source's end of checkpoints.
 * SPDX-License-Identifier: ISC */
#include "lib/coordinator.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/signals.h"
#include "lib/take.h"

enum {
	TOKEN_BYTES = CHECKPOINT_TOKEN / 2,
	LOCK_WAIT_MS = 2000, /* as for a stage's name */
	LOOK_MS = 5,         /* then twice that, and so on */
	LOOK_MAX_MS = 100,
	JOB_BYTES = 64 * 1024,
	TELL_MS = 60 * 1000, /* that there are still no checkpoints */
};

/* --- options -------------------------------------------------------------- */

/* A day: whoever wants to wait longer does not want to know. */
const struct opt_range coordinator_wait = { 1, 86400000,
	"must be above 0; try 10s", "is too long; at most 1d" };

const char *
coordinator_options_fault(const struct coordinator_options *o)
{
	if (o->dir == NULL && (o->stages != NULL || o->given))
		return "--checkpoint-... without --checkpoint: nothing would "
		       "be kept; give --checkpoint DIR too";
	if (o->dir != NULL && o->stages == NULL)
		return "--checkpoint without --checkpoint-stages: say which "
		       "stages of the pipeline must answer, "
		       "--checkpoint-stages a,b";
	return NULL;
}

struct coordinator
coordinator_of(const struct coordinator_options *o)
{
	return (struct coordinator){ .every_ms = o->every_ms,
		.timeout_ms = o->timeout_ms,
		.stages = o->stages };
}

/* --- the folder ----------------------------------------------------------- */

/* A small file of the folder, or of one of its checkpoints; 0, or -1 with
 * errno. */
static int
save(const struct coordinator *k, uint64_t number, const char *name,
    mode_t mode, struct span bytes)
{
	struct buf path = { 0 }, beside = { 0 };
	int rc = -1;

	checkpoint_path(&k->checkpoint, &path, number, "", name);
	checkpoint_path(&k->checkpoint, &beside, number, ".", name);
	errno = ENOMEM;
	if (!path.failed && !beside.failed)
		rc = file_save(path.p, beside.p, mode, bytes);
	buf_free(&path);
	buf_free(&beside);
	return rc;
}

/* What there is of a checkpoint: its folder, and the files in that. */
static void
remove_number(const struct coordinator *k, uint64_t number)
{
	struct buf folder = { 0 }, path = { 0 };
	const struct dirent *entry;
	DIR *dir = NULL;

	checkpoint_path(&k->checkpoint, &folder, number, "", NULL);
	if (!folder.failed)
		dir = opendir(folder.p);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		buf_clear(&path);
		checkpoint_path(
		    &k->checkpoint, &path, number, "", entry->d_name);
		/* "." and ".." are none of it. */
		if (!path.failed)
			(void)unlink(path.p);
	}
	if (dir != NULL)
		(void)closedir(dir);
	if (folder.failed || rmdir(folder.p) == -1)
		diag_warn(NULL, "checkpoint %" PRIu64 " cannot be removed: %s",
		    number, folder.failed ? "out of memory" : strerror(errno));
	buf_free(&folder);
	buf_free(&path);
}

/* --- opening -------------------------------------------------------------- */

/* Other stages are another job, whose parts are not all there. */
static enum status
check_job(struct coordinator *k)
{
	struct buf was = { 0 }, is = { 0 }, path = { 0 };
	const struct checkpoint *c = &k->checkpoint;
	char quoted[2][DIAG_QUOTE_MAX];
	enum status status = STATUS_OK;

	buf_addf(&is, "source %s %s\nstages %s\n", diag_program(), c->name,
	    k->stages);
	checkpoint_path(c, &path, 0, "", "job");
	if (is.failed || path.failed)
		status = checkpoint_say(c, STATUS_SYSTEM, "out of memory");
	else if (file_read(path.p, JOB_BYTES, &was) == 0) {
		if (!span_equal(buf_span(&was), buf_span(&is)))
			status = checkpoint_say(c, STATUS_USAGE,
			    "it belongs to another job, %s, and this one is "
			    "%s; give the same stages, or another folder",
			    diag_quote(quoted[0], buf_span(&was)),
			    diag_quote(quoted[1], buf_span(&is)));
	} else if (errno != ENOENT) {
		status = checkpoint_say_errno(
		    c, status_of_errno(errno), "cannot read its file 'job'");
	} else if (save(k, 0, "job", 0666, buf_span(&is)) == -1) {
		status = checkpoint_say_errno(
		    c, STATUS_SYSTEM, "cannot write its file 'job'");
	}
	buf_free(&was);
	buf_free(&is);
	buf_free(&path);
	return status;
}

static enum status
check_stages(const struct coordinator *k)
{
	struct span rest = span_of(k->stages), name, other, behind;

	while (take_part(&rest, ',', &name)) {
		if (name.n == 0)
			return checkpoint_say(&k->checkpoint, STATUS_USAGE,
			    "--checkpoint-stages has an empty name; give names "
			    "with commas between them");
		behind = rest;
		while (take_part(&behind, ',', &other))
			if (span_equal(name, other))
				return checkpoint_say(&k->checkpoint,
				    STATUS_USAGE,
				    "--checkpoint-stages names a stage twice; "
				    "give each a --name of its own");
		if (span_equal(name, span_of(k->checkpoint.name)))
			return checkpoint_say(&k->checkpoint, STATUS_USAGE,
			    "--checkpoint-stages names the source itself; "
			    "name what stands behind it");
	}
	return STATUS_OK;
}

static enum status
take_folder(struct coordinator *k)
{
	struct buf path = { 0 };
	enum status status = STATUS_OK;
	long holder = 0;

	checkpoint_path(&k->checkpoint, &path, 0, "", "lock");
	if (path.failed)
		status = checkpoint_say(
		    &k->checkpoint, STATUS_SYSTEM, "out of memory");
	else if (lock_take(&k->lock, path.p, LOCK_WAIT_MS, &holder) == -1)
		status = errno == EWOULDBLOCK
		             ? checkpoint_say(&k->checkpoint, STATUS_USAGE,
				   "another source, process %ld, has it; give "
				   "each pipeline a folder of its own",
				   holder)
		             : checkpoint_say_errno(&k->checkpoint,
				   status_of_errno(errno), "cannot lock it");
	buf_free(&path);
	return status;
}

/*
 * A run removes what was not whole before it begins another one, so two of them
 * without 'latest' are those that somebody has taken it from.
 */
static enum status
check_latest(const struct coordinator *k)
{
	const struct checkpoint *c = &k->checkpoint;
	uint64_t last = checkpoint_below(c, UINT64_MAX), before;

	before = last > 0 ? checkpoint_below(c, last) : 0;
	if (c->from > 0 || before == 0)
		return STATUS_OK;
	return checkpoint_say(c, STATUS_USAGE,
	    "its file 'latest' is gone, and there are checkpoints %" PRIu64
	    " and %" PRIu64 "; write %" PRIu64
	    " into it, or start over in an empty folder",
	    before, last, before);
}

/* A new token, and numbers above all that any process may still know of. */
static enum status
begin_run(struct coordinator *k)
{
	const struct checkpoint *c = &k->checkpoint;
	unsigned char drawn[TOKEN_BYTES];
	char old[CHECKPOINT_TOKEN + 1];
	uint64_t from, above, highest = checkpoint_below(c, UINT64_MAX);
	struct buf text = { 0 };
	enum status status = STATUS_OK;

	if (checkpoint_token(c, old, &from, &above) == -1)
		return STATUS_USAGE;
	k->id = highest > above ? highest : above;
	if (c->from > k->id)
		k->id = c->from;
	if (getentropy(drawn, sizeof drawn) == -1)
		return checkpoint_say_errno(
		    c, STATUS_SYSTEM, "cannot draw a token");
	for (size_t i = 0; i < sizeof drawn; i++)
		buf_addf(&text, "%02x", drawn[i]);
	buf_addf(&text, " %" PRIu64 " %" PRIu64 "\n", c->from, k->id);
	if (text.failed)
		status = checkpoint_say(c, STATUS_SYSTEM, "out of memory");
	else if (save(k, 0, "token", 0600, buf_span(&text)) == -1)
		status = checkpoint_say_errno(
		    c, STATUS_SYSTEM, "cannot write its file 'token'");
	if (status == STATUS_OK) {
		memcpy(k->checkpoint.token, text.p, CHECKPOINT_TOKEN);
		k->checkpoint.token[CHECKPOINT_TOKEN] = '\0';
	}
	buf_free(&text);
	return status;
}

enum status
coordinator_open(struct coordinator *k, const char *dir,
    checkpoint_differs_fn *differs, struct buf query)
{
	enum status status =
	    checkpoint_open(&k->checkpoint, dir, differs, query);

	lock_init(&k->lock);
	if (status == STATUS_OK)
		status = check_stages(k);
	if (status == STATUS_OK)
		status = take_folder(k);
	if (status == STATUS_OK)
		status = check_job(k);
	if (status == STATUS_OK)
		status = check_latest(k);
	if (status == STATUS_OK)
		status = begin_run(k);
	k->before = k->checkpoint.from;
	for (uint64_t n = UINT64_MAX; status == STATUS_OK;) {
		n = checkpoint_below(&k->checkpoint, n);
		if (n <= k->before)
			break;
		remove_number(k, n);
	}
	return status;
}

void
coordinator_close(struct coordinator *k)
{
	if (k->checkpoint.dir == NULL)
		return;
	lock_drop(&k->lock);
	checkpoint_close(&k->checkpoint);
}

/* --- one checkpoint ------------------------------------------------------- */

bool
coordinator_may_go(const struct coordinator *k)
{
	return k->marked && k->before > 0;
}

bool
coordinator_is_due(const struct coordinator *k, int64_t now_ms)
{
	return k->pending == 0 && now_ms >= k->next_ms;
}

/*
 * What is there of those that were given up, and may be as large as any.  Of
 * one of them 'latest' may have got its new name all the same.
 */
static void
remove_given_up(struct coordinator *k)
{
	uint64_t n = UINT64_MAX, latest;
	bool finished;

	if (!k->given_up ||
	    checkpoint_latest(&k->checkpoint, &latest, &finished) == -1)
		return;
	while ((n = checkpoint_below(&k->checkpoint, n)) > k->before)
		if (n != latest)
			remove_number(k, n);
}

/*
 * Another one that does not come about, and whether that is told.  None of the
 * messages is one of ten: a job may run for years.
 */
static bool
is_told(struct coordinator *k, int64_t now_ms)
{
	k->given_up = true;
	if (k->failures++ > 0 && now_ms < k->tell_ms)
		return false;
	k->tell_ms = now_ms + TELL_MS;
	return true;
}

static void
say_not_begun(const struct coordinator *k, int error)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_remark(NULL,
	    "--checkpoint %s: cannot begin checkpoint %" PRIu64
	    ": %s%s; the pipeline goes on, and tries again",
	    diag_quote(quoted, span_of(k->checkpoint.dir)), k->id,
	    strerror(error),
	    error == ENOENT ? "; if the folder was removed, start the job again"
			    : checkpoint_remedy(error));
}

bool
coordinator_begin(struct coordinator *k, bool finishes,
    checkpoint_write_fn *write, void *state, int64_t now_ms, struct buf *mark)
{
	struct checkpoint *c = &k->checkpoint;
	struct buf folder = { 0 };
	bool begun;

	remove_given_up(k);
	k->id++;
	k->next_ms = now_ms + k->every_ms;
	checkpoint_path(c, &folder, k->id, "", NULL);
	errno = ENOMEM;
	begun = !folder.failed && mkdir(folder.p, 0777) == 0 &&
	        file_sync_name(folder.p) == 0 &&
	        /* The stages look for it when the mark comes. */
	        (!finishes || save(k, k->id, "finished", 0666,
				  (struct span){ "", 0 }) == 0) &&
	        checkpoint_write_part(c, k->id, write, state) == 0;
	if (!begun && !coordinator_may_go(k))
		(void)checkpoint_say_errno(c, STATUS_SYSTEM,
		    "cannot begin checkpoint %" PRIu64, k->id);
	else if (!begun && is_told(k, now_ms))
		say_not_begun(k, errno);
	buf_free(&folder);
	k->given_up = !begun;
	if (!begun)
		return false;
	checkpoint_mark_write(mark, k->id, c->token);
	buf_add_char(mark, '\n');
	k->marked = true;
	k->pending = k->id;
	k->finishes = finishes;
	k->failing = false;
	k->begun_ms = now_ms;
	k->pause_ms = LOOK_MS;
	k->look_ms = now_ms + k->pause_ms;
	return true;
}

/*
 * Whether each stage's part is there; else the first whose part is not, and
 * whether it may still come.
 */
static bool
is_answered(const struct coordinator *k, struct span *missing, bool *is_lost)
{
	struct span rest = span_of(k->stages);
	struct buf path = { 0 }, name = { 0 };
	bool is_there = true;
	struct stat st;

	*is_lost = false;
	while (is_there && take_part(&rest, ',', missing)) {
		buf_clear(&name);
		buf_add_span(&name, *missing);
		buf_clear(&path);
		if (buf_text(&name) != NULL)
			checkpoint_path(
			    &k->checkpoint, &path, k->pending, "", name.p);
		is_there = path.n > 0 && !path.failed && stat(path.p, &st) == 0;
		if (!is_there && path.n > 0)
			*is_lost = checkpoint_is_lost(
			    &k->checkpoint, k->pending, name.p);
	}
	buf_free(&path);
	buf_free(&name);
	return is_there;
}

/* All parts are there: their names, and then 'latest', are made durable. */
static bool
complete(struct coordinator *k)
{
	struct buf folder = { 0 }, text = { 0 };
	bool done;

	checkpoint_path(&k->checkpoint, &folder, k->pending, "", NULL);
	buf_addf(&text, "%" PRIu64 "%s\n", k->pending,
	    k->finishes ? " finished" : "");
	errno = ENOMEM;
	done = !folder.failed && !text.failed &&
	       file_sync_folder(folder.p) == 0 &&
	       save(k, 0, "latest", 0666, buf_span(&text)) == 0;
	if (!done && !k->failing)
		(void)checkpoint_say_errno(&k->checkpoint, STATUS_SYSTEM,
		    "checkpoint %" PRIu64
		    " is whole, but 'latest' cannot be written; tried again",
		    k->pending);
	k->failing = !done;
	buf_free(&folder);
	buf_free(&text);
	return done;
}

/* Two are kept. */
static void
clean(struct coordinator *k)
{
	uint64_t n = k->pending;

	while ((n = checkpoint_below(&k->checkpoint, n)) > 0)
		if (n != k->before)
			remove_number(k, n);
}

static void
give_up(
    struct coordinator *k, struct span missing, bool is_lost, int64_t now_ms)
{
	bool told = is_told(k, now_ms);
	char quoted[DIAG_QUOTE_MAX];

	diag_quote(quoted, missing);
	if (told && missing.n == 0)
		diag_remark(NULL,
		    "checkpoint %" PRIu64 " is given up: 'latest' could not be "
		    "written within --checkpoint-timeout",
		    k->pending);
	else if (told && is_lost)
		diag_remark(NULL,
		    "checkpoint %" PRIu64
		    " is given up: the stage %s could not write its part",
		    k->pending, quoted);
	else if (told)
		diag_remark(NULL,
		    "checkpoint %" PRIu64 " is given up: the stage %s has not "
		    "answered within --checkpoint-timeout; see whether it "
		    "runs, with the same --checkpoint and that --name",
		    k->pending, quoted);
	k->pending = 0;
}

static void
say_whole_again(struct coordinator *k)
{
	if (k->failures > 0)
		diag_remark(NULL,
		    "checkpoint %" PRIu64 " is whole, after %" PRIu64
		    " that were not",
		    k->pending, k->failures);
	k->failures = 0;
}

void
coordinator_tick(struct coordinator *k, int64_t now_ms)
{
	struct span missing = { 0 };
	bool is_lost, is_whole;

	if (k->pending == 0 || now_ms < k->look_ms)
		return;
	is_whole = is_answered(k, &missing, &is_lost);
	if (is_whole && complete(k)) {
		clean(k);
		say_whole_again(k);
		k->before = k->pending;
		k->pending = 0;
		return;
	}
	if (is_lost || now_ms - k->begun_ms >= k->timeout_ms)
		give_up(k, is_whole ? (struct span){ 0 } : missing, is_lost,
		    now_ms);
	k->pause_ms =
	    k->pause_ms < LOOK_MAX_MS / 2 ? 2 * k->pause_ms : LOOK_MAX_MS;
	k->look_ms = now_ms + k->pause_ms;
}

int64_t
coordinator_due_ms(const struct coordinator *k)
{
	return k->pending != 0 ? k->look_ms : k->next_ms;
}

int
coordinator_await(
    struct coordinator *k, int fd, int signals, struct report *report)
{
	while (k->pending != 0 && signals_stop_count() < signals) {
		struct pollfd ready[2] = {
			{ .fd = fd },
			{ signals_fd(), POLLIN, 0 },
		};
		int64_t now = clock_mono_ms(), due = coordinator_due_ms(k);

		if (report != NULL && report_due_ms(report) < due)
			due = report_due_ms(report);
		/* Whatever ends it, the loop looks at all there is. */
		(void)poll(ready, 2, due > now ? (int)(due - now) : 0);
		if (signals_take_report())
			report_answer("waits for the checkpoint's stages");
		if (report != NULL)
			report_tick(report, clock_mono_ms());
		coordinator_tick(k, clock_mono_ms());
		if ((ready[0].revents & POLLERR) != 0) {
			errno = EPIPE;
			return -1;
		}
	}
	return 0;
}
