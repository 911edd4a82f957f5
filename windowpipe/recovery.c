/* recovery - a job's folder: taken, compared, waited for, gone back in.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/recovery.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/signals.h"
#include "windowpipe/folder.h"
#include "windowpipe/snapshots.h"

enum {
	JOB_BYTES = 4 * 1024 * 1024,
	NAME_BYTES = 48, /* of a stage's name; a number may follow */
	/* A run that has been killed is gone soon. */
	LOCK_WAIT_MS = 2000,
	/* Of an earlier run's stage: a sink delivers what it holds. */
	STAGE_WAIT_MS = 60 * 1000,
	STAGE_LOOK_MS = 200,
	STAGE_TELL_MS = 1000,
};

/* --- messages ------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static enum status
say(const struct recovery *r, enum status status, const char *fmt, ...)
{
	struct checkpoint c = { .dir = r->dir };
	struct buf b = { 0 };
	va_list args;

	va_start(args, fmt);
	buf_addv(&b, fmt, args);
	va_end(args);
	checkpoint_say(
	    &c, status, "%s", buf_text(&b) == NULL ? "out of memory" : b.p);
	buf_free(&b);
	return status;
}

static enum status
say_errno(const struct recovery *r, enum status status, const char *what)
{
	struct checkpoint c = { .dir = r->dir };

	return checkpoint_say_errno(&c, status, "%s", what);
}

/* --- names ---------------------------------------------------------------- */

static bool
takes_part(const struct stage *s)
{
	return s->role != STAGE_FANOUT;
}

/*
 * Of the folder's own files, of a source's, which tell the two apart, of
 * checkpoints, and of the stages before i.
 */
static bool
is_taken(const struct recovery *r, size_t i, const char *name)
{
	static const char *const own[] = { "lock", "job", "kept", "work",
		"finished", "token", "latest" };

	if (name[strspn(name, "0123456789")] == '\0')
		return true;
	for (size_t k = 0; k < sizeof own / sizeof *own; k++)
		if (strcmp(name, own[k]) == 0)
			return true;
	while (i-- > 0)
		if (r->name[i] != NULL && strcmp(name, r->name[i]) == 0)
			return true;
	return false;
}

/* As its table is called, in the letters that a part's name has. */
static const char *
stage_name(struct recovery *r, size_t i)
{
	const struct stage *s = &r->plan->stage[i];
	const char *end = s->role == STAGE_SINK ? "-put" : "";
	char wish[NAME_BYTES + 1];
	const char *name;
	size_t n = 0;

	for (; s->name[n] != '\0' && n < NAME_BYTES; n++) {
		char c = s->name[n];

		wish[n] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		                  (c >= '0' && c <= '9') || (c == '.' && n > 0)
		              ? c
		              : '_';
	}
	wish[n] = '\0';
	name = arena_text(&r->texts, "%s%s", wish, end);
	for (int k = 2; name != NULL && is_taken(r, i, name); k++)
		name = arena_text(&r->texts, "%s%s-%d", wish, end, k);
	return name;
}

/* Index of the source that a stage hangs on. */
static int
source_of(const struct recovery *r, int i)
{
	while (r->plan->stage[i].from != STAGE_NONE)
		i = r->plan->stage[i].from;
	return i;
}

static const char *
stages_behind(struct recovery *r, int source)
{
	struct buf b = { 0 };
	const char *stages;

	for (size_t i = 0; i < r->plan->nstages; i++)
		if ((int)i != source && r->name[i] != NULL &&
		    source_of(r, (int)i) == source)
			buf_addf(&b, "%s%s", b.n > 0 ? "," : "", r->name[i]);
	stages = arena_text(&r->texts, "%s", buf_text(&b) == NULL ? "" : b.p);
	buf_free(&b);
	return stages;
}

static int
name_all(struct recovery *r)
{
	const struct plan *plan = r->plan;

	r->name = arena_zero(&r->texts, plan->nstages * sizeof *r->name + 1);
	r->source =
	    arena_zero(&r->texts, plan->nstages * sizeof *r->source + 1);
	if (r->name == NULL || r->source == NULL)
		return -1;
	for (size_t i = 0; i < plan->nstages; i++)
		if (takes_part(&plan->stage[i]) &&
		    (r->name[i] = stage_name(r, i)) == NULL)
			return -1;
	for (size_t i = 0; i < plan->nstages; i++) {
		struct recovery_source *s = &r->source[r->nsources];

		if (plan->stage[i].role != STAGE_SOURCE)
			continue;
		s->name = r->name[i];
		s->dir = arena_text(&r->texts, "%s/%s", r->dir, s->name);
		s->stages = stages_behind(r, (int)i);
		if (s->dir == NULL || s->stages == NULL)
			return -1;
		r->nsources++;
	}
	return 0;
}

/* --- what the job is ------------------------------------------------------ */

/* A path that means the same in whatever folder the next run begins. */
static int
add_path(struct buf *b, const char *path)
{
	char here[PATH_MAX];

	if (*path != '/') {
		if (getcwd(here, sizeof here) == NULL)
			return -1;
		buf_addf(b, "%s/", here);
	}
	buf_add_text(b, path);
	return 0;
}

static const char *
rejects_of(const struct stage *s)
{
	for (char **a = s->argv; *a != NULL && a[1] != NULL; a++)
		if (strcmp(*a, "--rejects") == 0 &&
		    strcmp(a[1], "/dev/null") != 0)
			return a[1];
	return NULL;
}

/*
 * A line for each stage; what it computes stands in its part, and is compared
 * by itself.  Files are named here, since a checkpoint cuts them.
 */
static int
describe(const struct recovery *r, const char *keep, struct buf *b)
{
	int rc = 0;

	for (size_t i = 0; i < r->plan->nstages && rc == 0; i++) {
		const struct stage *s = &r->plan->stage[i];
		int source = source_of(r, (int)i);

		if (r->name[i] == NULL)
			continue;
		buf_addf(b, "%s %s", s->argv[0], r->name[i]);
		if ((int)i != source)
			buf_addf(b, " of %s", r->name[source]);
		if (s->output != NULL && strcmp(s->output, "-") == 0) {
			buf_add_text(b, " to standard output");
		} else if (s->output != NULL) {
			buf_add_text(b, " to ");
			rc = add_path(b, s->output);
		}
		if (s->role == STAGE_SINK && keep != NULL) {
			buf_add_text(b, " keeps ");
			rc = add_path(b, keep);
		}
		buf_add_char(b, '\n');
	}
	return rc;
}

static const char rejects_begin[] = "rejects ";

static int
describe_rejects(const struct recovery *r, struct buf *b)
{
	int rc = 0;

	for (size_t i = 0; i < r->plan->nstages && rc == 0; i++) {
		const char *file = rejects_of(&r->plan->stage[i]);

		if (file == NULL || r->name[i] == NULL)
			continue;
		buf_addf(b, "%s%s ", rejects_begin, r->name[i]);
		rc = add_path(b, file);
		buf_add_char(b, '\n');
	}
	return rc;
}

static struct span
take_line(struct span *in)
{
	const char *nl = memchr(in->p, '\n', in->n);
	struct span line = { in->p, nl == NULL ? in->n : (size_t)(nl - in->p) };

	in->p += line.n + (nl != NULL);
	in->n -= line.n + (nl != NULL);
	return line;
}

/*
 * --rejects may come and go, but not name another file: the lines of before
 * that no line of now has the place of are kept.  False: one has another file,
 * which is told.
 */
static bool
join_rejects(
    const struct recovery *r, struct span was, struct span is, struct buf *out)
{
	char quoted[2][DIAG_QUOTE_MAX];

	buf_add_span(out, is);
	while (was.n > 0) {
		struct span line = take_line(&was), rest = is;
		const char *file = memrchr(line.p, ' ', line.n);
		bool found = false;
		/* "rejects NAME " */
		size_t n = sizeof rejects_begin - 1;

		while (n < line.n && line.p[n++] != ' ')
			continue;
		while (rest.n > 0 && !found) {
			struct span now = take_line(&rest);

			found = now.n > n && memcmp(now.p, line.p, n) == 0;
			if (found && !span_equal(now, line)) {
				say(r, STATUS_USAGE,
				    "the job's --rejects is %s, and was %s; "
				    "give that",
				    diag_quote(quoted[0], now),
				    diag_quote(quoted[1], line));
				return false;
			}
		}
		if (!found && file != NULL) {
			buf_add_span(out, line);
			buf_add_char(out, '\n');
		}
	}
	return true;
}

/* Of a job that was never begun nothing needs to be kept. */
static bool
has_begun(const struct recovery *r)
{
	DIR *dir = opendir(r->dir);
	const struct dirent *entry;
	bool has = false;

	while (dir != NULL && !has && (entry = readdir(dir)) != NULL) {
		struct buf path = { 0 };

		buf_addf(&path, "%s/%s/latest", r->dir, entry->d_name);
		has = buf_text(&path) != NULL && access(path.p, F_OK) == 0;
		buf_free(&path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return has;
}

/* What an earlier attempt has said of its stages. */
static int
forget(const struct recovery *r)
{
	struct buf path = { 0 };
	int rc = 0;

	for (size_t i = 0; i < r->nsources && rc == 0; i++) {
		buf_clear(&path);
		buf_addf(&path, "%s/job", r->source[i].dir);
		if (buf_text(&path) == NULL ||
		    (unlink(path.p) == -1 && errno != ENOENT))
			rc = -1;
	}
	buf_free(&path);
	return rc;
}

/* The two halves of the job's file: stages, and files of --rejects. */
static void
halve(struct span s, struct span *stages, struct span *rejects)
{
	*stages = *rejects = s;
	while (rejects->n > 0 && (rejects->n < sizeof rejects_begin ||
				     memcmp(rejects->p, rejects_begin,
					 sizeof rejects_begin - 1) != 0))
		(void)take_line(rejects);
	stages->n -= rejects->n;
}

static enum status
check_job(struct recovery *r, const char *keep)
{
	const char *path = arena_text(&r->texts, "%s/job", r->dir);
	const char *beside = arena_text(&r->texts, "%s/.job", r->dir);
	struct buf is = { 0 }, rejects = { 0 }, was = { 0 }, why = { 0 };
	struct span stages_were, rejects_were;
	enum status status = STATUS_OK;

	if (path == NULL || beside == NULL || describe(r, keep, &is) == -1 ||
	    describe_rejects(r, &rejects) == -1 || buf_text(&is) == NULL ||
	    rejects.failed) {
		status = diag_no_memory();
		goto out;
	}
	if (!has_begun(r)) {
		if (forget(r) == -1)
			status = say_errno(r, STATUS_SYSTEM, "cannot empty it");
		buf_add_span(&is, buf_span(&rejects));
	} else if (file_read(path, JOB_BYTES, &was) == -1) {
		status = say(r, STATUS_USAGE,
		    "cannot read its file 'job': %s; it is no folder of "
		    "windowpipe run: give another",
		    strerror(errno));
	} else {
		halve(buf_span(&was), &stages_were, &rejects_were);
		if (checkpoint_lines_differ(stages_were, buf_span(&is), &why))
			status = say(r, STATUS_USAGE,
			    "the job has changed since its last checkpoint: %s;"
			    " run the job of before, or give another folder",
			    buf_text(&why) == NULL ? "out of memory" : why.p);
		else if (!join_rejects(
			     r, rejects_were, buf_span(&rejects), &is))
			status = STATUS_USAGE;
	}
	if (status == STATUS_OK &&
	    (is.failed || file_save(path, beside, 0666, buf_span(&is)) == -1))
		status =
		    say_errno(r, STATUS_SYSTEM, "cannot write its file 'job'");
out:
	buf_free(&is);
	buf_free(&rejects);
	buf_free(&was);
	buf_free(&why);
	return status;
}

/* --- what it writes ------------------------------------------------------- */

/* Only what can be cut has each result once; and marks would be among them. */
static enum status
check_output(const struct recovery *r, const struct stage *s)
{
	bool is_stdout = strcmp(s->output, "-") == 0;
	char quoted[DIAG_QUOTE_MAX];
	struct stat st;

	if (is_stdout ? fstat(STDOUT_FILENO, &st) == -1
		      : stat(s->output, &st) == -1)
		return STATUS_OK; /* that of a file is told when it is made */
	if (S_ISREG(st.st_mode) ||
	    (S_ISCHR(st.st_mode) && !(is_stdout && isatty(STDOUT_FILENO))))
		return STATUS_OK;
	return say(r, STATUS_USAGE,
	    "%s is no file that could be cut to what a checkpoint covers; %s",
	    is_stdout ? "standard output"
		      : diag_quote(quoted, span_of(s->output)),
	    is_stdout ? "write >>FILE" : "give the sink a file");
}

static enum status
check_outputs(const struct recovery *r)
{
	enum status status = STATUS_OK;
	int on_stdout = 0;

	for (size_t i = 0; i < r->plan->nstages && status == STATUS_OK; i++) {
		const struct stage *s = &r->plan->stage[i];

		if (s->output == NULL)
			continue;
		status = check_output(r, s);
		if (strcmp(s->output, "-") == 0 && ++on_stdout > 1 &&
		    status == STATUS_OK)
			status = say(r, STATUS_USAGE,
			    "several queries write to standard output, which "
			    "could not be cut for each of them; give each a "
			    "file: INSERT INTO a table of the connector "
			    "filesystem");
	}
	return status;
}

/* --- opening -------------------------------------------------------------- */

static enum status
make_folder(const struct recovery *r, const char *dir)
{
	if (mkdir(dir, 0777) == -1 && errno != EEXIST)
		return say_errno(
		    r, status_of_errno(errno), "cannot make the folder");
	/* One above that we may not read has its name from others. */
	if (file_sync_name(dir) == -1 && errno != EACCES)
		return say_errno(
		    r, STATUS_SYSTEM, "cannot make the folder durable");
	return STATUS_OK;
}

static enum status
take(struct recovery *r)
{
	const char *path = arena_text(&r->texts, "%s/lock", r->dir);
	const char *token = arena_text(&r->texts, "%s/token", r->dir);
	long holder = 0;

	if (path == NULL || token == NULL)
		return diag_no_memory();
	if (access(token, F_OK) == 0)
		return say(r, STATUS_USAGE,
		    "it belongs to one source, not to a job; give the job a "
		    "folder of its own");
	if (lock_take(&r->lock, path, LOCK_WAIT_MS, &holder) == 0)
		return STATUS_OK;
	return errno == EWOULDBLOCK
	           ? say(r, STATUS_USAGE,
			 "another run, process %ld, has it; give each job a "
			 "folder of its own",
			 holder)
	           : say_errno(r, status_of_errno(errno), "cannot lock it");
}

enum status
recovery_open(struct recovery *r, const char *dir, const char *keep,
    const struct plan *plan)
{
	enum status status;

	*r = (struct recovery){ .dir = dir, .plan = plan };
	lock_init(&r->lock);
	if (name_all(r) == -1)
		return diag_no_memory();
	status = check_outputs(r);
	if (status == STATUS_OK)
		status = make_folder(r, dir);
	if (status == STATUS_OK)
		status = take(r);
	if (status == STATUS_OK)
		status = check_job(r, keep);
	for (size_t i = 0; i < r->nsources && status == STATUS_OK; i++) {
		struct checkpoint c = { .dir = r->source[i].dir };
		uint64_t latest;
		bool finished;

		status = make_folder(r, c.dir);
		/* Said once, where each stage would say it. */
		if (status == STATUS_OK &&
		    checkpoint_latest(&c, &latest, &finished) == -1)
			status = STATUS_USAGE;
	}
	return status;
}

void
recovery_close(struct recovery *r)
{
	if (r->dir == NULL)
		return;
	if (r->work != NULL)
		(void)unlink(r->work); /* at worst it names what is not there */
	lock_drop(&r->lock);
	arena_free(&r->texts);
	*r = (struct recovery){ 0 };
	lock_init(&r->lock);
}

/* Nothing but a folder that folder_make_private() may have made. */
static void
remove_work(const struct buf *name)
{
	static const char begin[] = "/windowpipe.";
	const char *slash = memrchr(name->p, '/', name->n);

	if (slash != NULL && strncmp(slash, begin, sizeof begin - 1) == 0)
		folder_remove(name->p);
}

void
recovery_note_work(struct recovery *r, const char *folder)
{
	const char *path = arena_text(&r->texts, "%s/work", r->dir);
	const char *beside = arena_text(&r->texts, "%s/.work", r->dir);
	struct buf was = { 0 };

	if (path == NULL || beside == NULL)
		return;
	if (file_read(path, PATH_MAX, &was) == 0 && buf_text(&was) != NULL)
		remove_work(&was);
	/* Without it a folder may stay behind, and nothing else. */
	if (file_replace(path, beside, 0600, span_of(folder)) == 0)
		r->work = path;
	buf_free(&was);
}

/* The value of --rejects FILE in a command; NULL: it has none. */
static char **
find_rejects(const struct stage *s, const char *file)
{
	for (char **a = s->argv; *a != NULL && a[1] != NULL; a++)
		if (strcmp(*a, "--rejects") == 0 && strcmp(a[1], file) == 0)
			return a + 1;
	return NULL;
}

int
recovery_part_rejects(struct plan *plan, const char *file)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->nstages && file != NULL; i++)
		n += find_rejects(&plan->stage[i], file) != NULL;
	for (size_t i = 0; i < plan->nstages && n > 1; i++) {
		char **value = find_rejects(&plan->stage[i], file);
		struct buf own = { 0 };
		char *copy = NULL;

		if (value == NULL)
			continue;
		buf_addf(&own, "%s.", file);
		plan_add_file(&own, plan->stage[i].name);
		if (buf_text(&own) != NULL)
			copy = strdup(own.p);
		buf_free(&own);
		if (copy == NULL)
			return -1;
		free(*value);
		*value = copy;
	}
	return 0;
}

/* --- going back ----------------------------------------------------------- */

static const struct recovery_source *
find_source(const struct recovery *r, struct span name)
{
	for (size_t i = 0; i < r->nsources; i++)
		if (span_is(name, r->source[i].name))
			return &r->source[i];
	return NULL;
}

/* "SOURCE/12", or "12" where there is one source. */
static const struct recovery_source *
read_which(const struct recovery *r, const char *which, uint64_t *number)
{
	const char *slash = strrchr(which, '/'), *digits = which;
	const struct recovery_source *s = r->nsources == 1 ? r->source : NULL;
	char *end;

	if (slash != NULL) {
		s = find_source(
		    r, (struct span){ which, (size_t)(slash - which) });
		digits = slash + 1;
	}
	*number = strtoull(digits, &end, 10);
	return *digits < '1' || *digits > '9' || *end != '\0' ? NULL : s;
}

enum status
recovery_go_back(struct recovery *r, const char *which)
{
	struct snapshot list[SNAPSHOTS_MAX];
	const struct recovery_source *s;
	char quoted[DIAG_QUOTE_MAX];
	const char *path, *beside;
	struct buf b = { 0 };
	uint64_t number;
	size_t n, i = 0;
	enum status status = STATUS_OK;

	s = read_which(r, which, &number);
	if (s == NULL)
		return say(r, STATUS_USAGE,
		    "--from-checkpoint %s: give a number, and with several "
		    "sources SOURCE/NUMBER; windowpipe checkpoints lists them",
		    diag_quote(quoted, span_of(which)));
	n = snapshots_read(s->dir, list);
	while (i < n && (list[i].number != number || !list[i].is_whole))
		i++;
	if (i == n)
		return say(r, STATUS_USAGE,
		    "there is no whole checkpoint %" PRIu64
		    " of %s; windowpipe checkpoints lists them",
		    number, s->name);
	/* The last one may say that the job is finished, which stays true. */
	if (snapshots_whole(list, n) == &list[i])
		return STATUS_OK;
	path = arena_text(&r->texts, "%s/latest", s->dir);
	beside = arena_text(&r->texts, "%s/.latest", s->dir);
	buf_addf(&b, "%" PRIu64 "\n", number);
	if (path == NULL || beside == NULL || b.failed)
		status = diag_no_memory();
	else if (file_save(path, beside, 0666, buf_span(&b)) == -1)
		status = say_errno(r, STATUS_SYSTEM, "cannot write 'latest'");
	buf_free(&b);
	return status;
}

/* --- earlier runs --------------------------------------------------------- */

/* Until it is free, at most to the time until_ms; tells what it waits for. */
static enum status
await_lock(struct recovery *r, const char *path, int64_t tell_ms,
    int64_t until_ms, bool *told)
{
	long holder = 0;
	int64_t now;

	for (;;) {
		struct lock lock;

		lock_init(&lock);
		/* What is not there nobody has. */
		if (access(path, F_OK) == -1)
			return STATUS_OK;
		if (lock_take(&lock, path, STAGE_LOOK_MS, &holder) == 0) {
			lock_drop(&lock);
			return STATUS_OK;
		}
		if (errno != EWOULDBLOCK)
			return say(r, STATUS_SYSTEM, "cannot lock %s: %s", path,
			    strerror(errno));
		now = clock_mono_ms();
		if (now >= until_ms)
			return say(r, STATUS_SYSTEM,
			    "process %ld of an earlier run does not end; end "
			    "it, and start again",
			    holder);
		if (signals_stop() != 0)
			return STATUS_SYSTEM;
		if (!*told && now >= tell_ms) {
			*told = true;
			diag_answer("waiting for process %ld of the run before,"
				    " which still ends",
			    holder);
		}
	}
}

enum status
recovery_await(struct recovery *r)
{
	int64_t now = clock_mono_ms();
	enum status status = STATUS_OK;
	bool told = false;

	for (size_t i = 0; i < r->nsources && status == STATUS_OK; i++) {
		const char *path =
		    arena_text(&r->texts, "%s/lock", r->source[i].dir);

		status = path == NULL ? diag_no_memory()
		                      : await_lock(r, path, now + STAGE_TELL_MS,
					    now + STAGE_WAIT_MS, &told);
	}
	for (size_t i = 0; i < r->plan->nstages && status == STATUS_OK; i++) {
		const char *path;

		if (r->name[i] == NULL)
			continue;
		path = arena_text(&r->texts, "%s/%s/%s.lock", r->dir,
		    r->name[source_of(r, (int)i)], r->name[i]);
		status = path == NULL ? diag_no_memory()
		                      : await_lock(r, path, now + STAGE_TELL_MS,
					    now + STAGE_WAIT_MS, &told);
	}
	return status;
}

/* --- taking part ---------------------------------------------------------- */

void
recovery_tell(const struct recovery *r)
{
	for (size_t i = 0; i < r->nsources; i++) {
		struct snapshot list[SNAPSHOTS_MAX];
		const struct snapshot *s = snapshots_whole(
		    list, snapshots_read(r->source[i].dir, list));

		if (s != NULL)
			diag_answer("%s goes on from checkpoint %" PRIu64
				    ", taken %" PRId64 " s ago%s",
			    r->source[i].name, s->number,
			    snapshots_age_s(s, clock_wall_ms()),
			    s->is_finished ? ", which was its last" : "");
	}
}

void
recovery_tell_end(const struct recovery *r)
{
	for (size_t i = 0; i < r->nsources; i++) {
		struct snapshot list[SNAPSHOTS_MAX];
		const struct snapshot *s = snapshots_whole(
		    list, snapshots_read(r->source[i].dir, list));

		if (s != NULL && s->is_finished)
			diag_answer("%s is finished, with checkpoint %" PRIu64,
			    r->source[i].name, s->number);
		else if (s != NULL)
			diag_answer("the next run of %s goes on from "
				    "checkpoint %" PRIu64,
			    r->source[i].name, s->number);
	}
}

bool
recovery_write(const struct recovery *r, size_t i, struct buf *b)
{
	if (i >= r->nsources)
		return false;
	if (r->nsources > 1)
		buf_addf(b, "%s: ", r->source[i].name);
	snapshots_write(
	    b, r->source[i].dir, r->source[i].stages, clock_wall_ms());
	return true;
}

int
recovery_add_options(const struct recovery *r, struct pipeline *p,
    struct process *a, const struct coordinator_options *o)
{
	size_t i = (size_t)(a->stage - r->plan->stage);
	const char *name = r->name[i];
	const struct recovery_source *s =
	    find_source(r, span_of(r->name[source_of(r, (int)i)]));

	if (pipeline_add(p, a, "--name=%s", name) == -1 ||
	    pipeline_add(p, a, "--checkpoint=%s", s->dir) == -1)
		return -1;
	if (a->stage->role != STAGE_SOURCE)
		return 0;
	return pipeline_add(p, a, "--checkpoint-stages=%s", s->stages) == -1 ||
	               pipeline_add(p, a, "--checkpoint-every=%" PRId64 "ms",
			   o->every_ms) == -1 ||
	               pipeline_add(p, a, "--checkpoint-timeout=%" PRId64 "ms",
			   o->timeout_ms) == -1
	           ? -1
	           : 0;
}

uint64_t
recovery_achieved(const struct recovery *r)
{
	uint64_t sum = 0, number;
	bool finished;

	for (size_t i = 0; i < r->nsources; i++) {
		struct checkpoint c = { .dir = r->source[i].dir };

		if (checkpoint_latest(&c, &number, &finished) == 0)
			sum += number;
	}
	return sum;
}

/* --- the list ------------------------------------------------------------- */

static void
add_clock(struct buf *b, int64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	char stamp[32] = "";
	struct tm tm;

	if (gmtime_r(&s, &tm) != NULL)
		(void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_add_text(b, stamp);
}

/* The names of the stages, which the source has written down: "stages a,b". */
static void
read_stages(const char *dir, struct buf *stages)
{
	static const char word[] = "stages ";
	struct buf path = { 0 }, text = { 0 };
	struct span rest;

	buf_addf(&path, "%s/job", dir);
	if (buf_text(&path) != NULL && file_read(path.p, JOB_BYTES, &text) == 0)
		for (rest = buf_span(&text); rest.n > 0;) {
			struct span line = take_line(&rest);

			if (line.n > sizeof word - 1 &&
			    memcmp(line.p, word, sizeof word - 1) == 0)
				buf_add_span(
				    stages, span_from(line, sizeof word - 1));
		}
	buf_free(&path);
	buf_free(&text);
}

static size_t
add_snapshots(struct buf *b, const char *dir, const char *name)
{
	struct snapshot list[SNAPSHOTS_MAX];
	size_t n = snapshots_read(dir, list);
	struct buf stages = { 0 };

	read_stages(dir, &stages);

	for (size_t i = 0; i < n; i++) {
		const struct snapshot *s = &list[i];
		struct span lacks = snapshots_lack(
		    dir, s->number, buf_text(&stages) == NULL ? "" : stages.p);

		buf_addf(b, "%-20s %8" PRIu64 "  ", name, s->number);
		add_clock(b, s->taken_ms);
		buf_addf(b, " %8" PRId64 " ms %12" PRIu64 " %5zu  %s",
		    s->taken_ms - s->begun_ms, s->bytes, s->parts,
		    lacks.n > 0      ? "not whole"
		    : s->is_finished ? "whole, finished"
		    : s->is_whole    ? "whole"
				     : "not whole");
		if (s->is_whole && lacks.n > 0) {
			buf_add_text(b, ", the part is gone: ");
			buf_add_span(b, lacks);
		}
		buf_add_char(b, '\n');
	}
	buf_free(&stages);
	return n;
}

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

enum status
recovery_list(const char *dir)
{
	struct dirent **entry = NULL;
	struct buf b = { 0 }, path = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	enum status status = STATUS_OK;
	size_t found;
	int n;

	buf_addf(&b, "%-20s %8s  %-20s %11s %12s %5s  %s\n", "source", "number",
	    "taken", "took", "bytes", "parts", "state");
	n = scandir(dir, &entry, is_visible, alphasort);
	/* Of a pipeline that the shell has made it is the folder itself. */
	found = n == -1 ? 0 : add_snapshots(&b, dir, "-");
	for (int i = 0; i < n; i++) {
		struct stat st;

		buf_clear(&path);
		buf_addf(&path, "%s/%s", dir, entry[i]->d_name);
		if (buf_text(&path) != NULL && stat(path.p, &st) == 0 &&
		    S_ISDIR(st.st_mode))
			found += add_snapshots(&b, path.p, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	if (found == 0) {
		diag_error(NULL, "there is no checkpoint in %s%s%s",
		    diag_quote(quoted, span_of(dir)), n == -1 ? ": " : "",
		    n == -1 ? strerror(errno) : "");
		status = STATUS_USAGE;
	} else if (b.failed || file_write(STDOUT_FILENO, buf_span(&b)) == -1) {
		diag_error(NULL, "cannot write to standard output: %s",
		    strerror(b.failed ? ENOMEM : errno));
		status = STATUS_SYSTEM;
	}
	buf_free(&b);
	buf_free(&path);
	return status;
}
