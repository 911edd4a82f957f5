/* status - tables of the jobs that run, from what they leave in their folders.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/status.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/out.h"
#include "lib/recent.h"
#include "lib/timestamp.h"
#include "windowpipe/display.h"
#include "windowpipe/folder.h"
#include "windowpipe/roster.h"
#include "windowpipe/snapshots.h"

enum {
	WIDTH = 100, /* of a table that no terminal cuts */
	RESULTS = 8, /* lines of results for each query there */
};

struct look {
	const struct options *options;
	char wanted[PATH_MAX]; /* the job or the folder; "": all */
	struct buf text;
	size_t n; /* jobs that were found */
	bool all; /* in what is looked through now */
	bool failed;
};

/* --- one job ---------------------------------------------------------------
 */

static void
add_time(struct buf *b, int64_t ms)
{
	timestamp_write(b, ms - ms % 1000, true);
}

static void
measure(const struct roster *r, int *width, int *height)
{
	struct winsize size = { 0 };

	*width = WIDTH;
	*height =
	    2 + (int)r->recovery.nsources + (int)r->pipeline.n * (1 + RESULTS);
	if (isatty(STDOUT_FILENO) == 1 &&
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		*width = size.ws_col;
}

static bool
has_ended(const struct process *a)
{
	return a->pid > 0 && kill(a->pid, 0) == -1 && errno == ESRCH;
}

static void
add_table(struct look *l, const struct roster *r, const struct ledger *ledger)
{
	const struct options job = { .job = r->job };
	int64_t now = clock_wall_ms();
	bool recovers = r->recovery.nsources > 0;
	struct display d = { .ledger = ledger,
		.options = &job,
		.recovery = recovers ? &r->recovery : NULL,
		.start_ms = r->since_ms };
	struct buf note = { 0 };
	int width, height;

	buf_addf(&note, "process %ld, since ", r->pid);
	add_time(&note, r->since_ms);
	d.note = buf_text(&note);
	measure(r, &width, &height);
	display_table(&d, &l->text, width, height, now);
	display_free(&d);
	buf_free(&note);
	for (size_t i = 0; i < r->pipeline.n; i++) {
		const struct process *a = &r->pipeline.process[i];

		buf_addf(&l->text, "%8ld ", (long)a->pid);
		display_add_text(&l->text, a->title);
		buf_add_text(&l->text, has_ended(a) ? ", ended\n" : "\n");
	}
	if (recovers)
		buf_addf(&l->text, "restarts %" PRIu64 "\n", r->restarts);
	buf_add_text(&l->text, "keeps ");
	display_add_text(&l->text, r->keep);
	buf_add_char(&l->text, '\n');
}

/* The last result, as text: it may be CSV. */
static void
add_last(struct buf *b, const struct ledger *ledger, size_t i)
{
	struct buf file = { 0 }, lines = { 0 };
	struct span last;
	const char *before;

	if (ledger_recent(ledger, i, &file) != NULL &&
	    file_read(file.p, 2 * RECENT_BYTES, &lines) == 0 && lines.n > 1) {
		last = (struct span){ lines.p, lines.n - 1 };
		before = memrchr(last.p, '\n', last.n);
		if (before != NULL) {
			last.n -= (size_t)(before + 1 - last.p);
			last.p = before + 1;
		}
		buf_add_text(b, ",\"last\":");
		json_write_text(b, last);
	}
	buf_free(&file);
	buf_free(&lines);
}

static void
add_json_text(struct buf *b, const char *name, const char *text)
{
	struct buf plain = { 0 };

	display_add_text(&plain, text);
	buf_addf(b, "\"%s\":", name);
	json_write_text(b, buf_span(&plain));
	b->failed |= plain.failed;
	buf_free(&plain);
}

static void
add_checkpoint(
    struct buf *b, const struct recovery_source *s, const char *brace)
{
	buf_add_text(b, brace);
	add_json_text(b, "source", s->name);
	buf_add_char(b, ',');
	add_json_text(b, "folder", s->dir);
	snapshots_write_json(b, s->dir, s->stages, clock_wall_ms());
	buf_add_char(b, '}');
}

static void
add_json(struct look *l, const struct roster *r, const struct ledger *ledger)
{
	struct buf *b = &l->text;

	buf_add_char(b, '{');
	add_json_text(b, "job", r->job);
	buf_addf(b, ",\"pid\":%ld,\"since\":\"", r->pid);
	add_time(b, r->since_ms);
	buf_add_text(b, "\",");
	add_json_text(b, "started_in", r->started_in);
	buf_add_char(b, ',');
	add_json_text(b, "keep", r->keep);
	buf_add_text(b, ",\"stages\":[");
	for (size_t i = 0; i < r->pipeline.n; i++) {
		const struct process *a = &r->pipeline.process[i];

		buf_add_text(b, i == 0 ? "{" : ",{");
		add_json_text(b, "stage", a->title);
		buf_addf(b, ",\"pid\":%ld,\"ended\":%s", (long)a->pid,
		    has_ended(a) ? "true" : "false");
		account_write_json(&ledger->account[i], b);
		if (ledger_is_last(ledger, i))
			add_last(b, ledger, i);
		buf_add_char(b, '}');
	}
	buf_addf(
	    b, "],\"restarts\":%" PRIu64 ",\"checkpoints\":[", r->restarts);
	for (size_t i = 0; i < r->recovery.nsources; i++)
		add_checkpoint(b, &r->recovery.source[i], i == 0 ? "{" : ",{");
	buf_add_text(b, "]}\n");
}

static void
add_job(struct look *l, const struct roster *r, const char *folder)
{
	struct ledger ledger;

	if (ledger_init(&ledger, &r->pipeline, folder) == -1) {
		l->failed = true;
		return;
	}
	ledger_read(&ledger);
	if (l->n++ > 0 && !l->options->json)
		buf_add_char(&l->text, '\n');
	if (l->options->json)
		add_json(l, r, &ledger);
	else
		add_table(l, r, &ledger);
	ledger_free(&ledger);
}

/* --- which -----------------------------------------------------------------
 */

/* Is path in the folder? */
static bool
is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

static bool
is_wanted(const struct look *l, const struct roster *r)
{
	return l->wanted[0] == '\0' || strcmp(r->job, l->wanted) == 0 ||
	       strcmp(r->started_in, l->wanted) == 0 ||
	       is_below(r->keep, l->wanted);
}

/* A run that has its folder there. */
static void
look_at(struct look *l, const char *folder)
{
	struct roster r;
	char quoted[DIAG_QUOTE_MAX];
	int rc = roster_read(&r, folder);

	if (rc == -1) {
		diag_error(NULL, "cannot look into %s: %s",
		    diag_quote(quoted, span_of(folder)), strerror(errno));
		l->failed = true;
	}
	if (rc == 1 && (l->all || is_wanted(l, &r)))
		add_job(l, &r, folder);
	if (rc == 1)
		roster_free(&r);
}

/* One of the folders that runs make.  All may make some below /tmp. */
static void
look_below(void *ctx, const char *below, const char *file)
{
	struct look *l = ctx;
	struct buf name = { 0 };
	struct stat s;

	if (strncmp(file, FOLDER_PREFIX, strlen(FOLDER_PREFIX)) != 0)
		return;
	buf_addf(&name, "%s/%s", below, file);
	if (buf_text(&name) == NULL)
		l->failed = true;
	else if (lstat(name.p, &s) == 0 && S_ISDIR(s.st_mode) &&
		 (l->all || s.st_uid == geteuid()))
		look_at(l, name.p);
	buf_free(&name);
}

static void
look_for(struct look *l)
{
	char usual[PATH_MAX];

	/* It may be where a run has its folder, or that folder. */
	if (l->wanted[0] != '\0') {
		l->all = true;
		look_at(l, l->wanted);
		folder_each(l->wanted, look_below, l);
		l->all = false;
	}
	if (realpath(folder_below(), usual) != NULL &&
	    strcmp(usual, l->wanted) != 0)
		folder_each(usual, look_below, l);
}

enum status
status_jobs(const struct options *o)
{
	struct look l = { .options = o };
	char quoted[DIAG_QUOTE_MAX];
	enum status status = STATUS_OK;

	if (o->job != NULL && realpath(o->job, l.wanted) == NULL) {
		diag_error(NULL, "%s: %s; name a job's file, or a folder",
		    diag_quote(quoted, span_of(o->job)), strerror(errno));
		return STATUS_USAGE;
	}
	look_for(&l);
	if (l.n > 0)
		status = out_print(&l.text);
	else if (!l.failed && o->job != NULL)
		diag_error(NULL, "no job of %s runs",
		    diag_quote(quoted, span_of(o->job)));
	else if (!l.failed)
		diag_error(NULL, "no job of this user runs");
	buf_free(&l.text);
	if (l.failed)
		return STATUS_SYSTEM;
	return l.n == 0 ? STATUS_DATA : status;
}
