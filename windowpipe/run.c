/* run - starts a plan, watches it, ends it, and tells what became of its rows.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/report.h"
#include "lib/signals.h"
#include "windowpipe/arrived.h"
#include "windowpipe/display.h"
#include "windowpipe/folder.h"
#include "windowpipe/job.h"
#include "windowpipe/ledger.h"
#include "windowpipe/local.h"
#include "windowpipe/pipeline.h"
#include "windowpipe/roster.h"
#include "windowpipe/recovery.h"
#include "windowpipe/restarts.h"
#include "windowpipe/spawn.h"

enum {
	LOOK_MS = 1000, /* how often the accounts are read */
};

struct run {
	const struct options *options;
	struct buf bin, work, keep;
	struct pipeline pipeline;
	struct ledger ledger;
	struct display display;
	struct report report;
	struct local local;
	struct roster roster;
	struct recovery recovery;
	struct restarts restarts;
	struct coordinator_options checkpoint;
	uint64_t achieved; /* before this start */
	bool local_died;
	bool is_ending;             /* we have been asked to, or it is time */
	int64_t start_ms, first_ms; /* of the first row; -1: none yet */
	int heeded;                 /* signals that were acted upon */
};

/* --- before ----------------------------------------------------------------
 */

/* The folder of this program: the others are there too. */
static int
find_bin(struct buf *bin)
{
	char name[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", name, sizeof name);
	char *slash;

	if (n <= 0 || n == (ssize_t)sizeof name) {
		diag_error(NULL, "cannot tell where windowpipe is: %s",
		    n == -1 ? strerror(errno) : "its name is too long");
		return -1;
	}
	slash = memrchr(name, '/', (size_t)n);
	buf_add(bin, name, slash == NULL ? 0 : (size_t)(slash - name));
	return buf_text(bin) == NULL ? -1 : 0;
}

/* What a checkpoint may cut is found again by the next run. */
static int
make_kept(struct run *r)
{
	struct buf path = { 0 };
	int rc;

	if (r->checkpoint.dir == NULL)
		return folder_make_keep(r->options->keep, &r->keep);
	if (r->options->keep != NULL)
		return folder_make(r->options->keep, &r->keep);
	buf_addf(&path, "%s/kept", r->checkpoint.dir);
	rc = buf_text(&path) == NULL ? -1 : folder_make(path.p, &r->keep);
	buf_free(&path);
	return rc;
}

/* An option that does nothing is told. */
static void
check_verify(const struct run *r, const struct plan *plan)
{
	bool looks = false;

	for (size_t i = 0; i < plan->nstages; i++)
		looks |= strcmp(plan->stage[i].argv[0], "kinesis-put") == 0;
	if (r->options->verify && !looks)
		diag_warn(NULL, "--verify: the job writes no stream, so there "
				"is nothing to look up");
}

/* Takes the folder of the job, and goes back in it where that is asked for. */
static enum status
open_recovery(struct run *r, struct plan *plan)
{
	const struct options *o = r->options;
	enum status status;

	if (r->checkpoint.dir == NULL)
		return STATUS_OK;
	if (recovery_part_rejects(plan, o->rejects) == -1) {
		diag_error(NULL, "out of memory");
		return STATUS_SYSTEM;
	}
	status = recovery_open(&r->recovery, r->checkpoint.dir, o->keep, plan);
	if (status == STATUS_OK && o->from_checkpoint != NULL)
		status = recovery_go_back(&r->recovery, o->from_checkpoint);
	if (status == STATUS_OK)
		recovery_tell(&r->recovery);
	return status;
}

static enum status
make_folders(struct run *r)
{
	char quoted[DIAG_QUOTE_MAX];

	if (folder_make_private(&r->work) == -1) {
		diag_error(NULL, "cannot make %s: %s; set TMPDIR to a folder",
		    diag_quote(quoted, buf_span(&r->work)), strerror(errno));
		return STATUS_SYSTEM;
	}
	if (r->recovery.dir != NULL)
		recovery_note_work(&r->recovery, r->work.p);
	if (make_kept(r) == -1) {
		diag_error(NULL,
		    "cannot make %s: %s; name another folder with --keep",
		    diag_quote(quoted, buf_span(&r->keep)), strerror(errno));
		return STATUS_SYSTEM;
	}
	return STATUS_OK;
}

/* What a stage is given beside what the plan says. */
static int
add_options(struct run *r, size_t i)
{
	struct pipeline *p = &r->pipeline;
	struct process *a = &p->process[i];
	const char *name = a->stage->name;
	struct buf metrics = { 0 }, recent = { 0 }, file = { 0 };
	int rc = -1;

	if (p->recovers && a->stage->role != STAGE_FANOUT &&
	    recovery_add_options(&r->recovery, p, a, &r->checkpoint) == -1)
		return -1;
	if (p->recovers && a->stage->role == STAGE_SOURCE &&
	    a->stage->input != NULL &&
	    (pipeline_add(p, a, "--journal=%s", r->options->journal) == -1 ||
		pipeline_add(p, a, "--journal-max=%" PRId64,
		    r->options->journal_max) == -1))
		return -1;
	if (r->options->verify && a->stage->role == STAGE_SINK &&
	    pipeline_add(p, a, "--verify") == -1)
		return -1;
	if (!a->is_ours || a->is_feed)
		return 0;
	if (ledger_file(&r->ledger, i, &metrics) == NULL ||
	    ledger_recent(&r->ledger, i, &recent) == NULL ||
	    ((!p->recovers || a->stage->role == STAGE_FANOUT) &&
		pipeline_add(p, a, "--name=%s", name) == -1) ||
	    pipeline_add(p, a, "--stats") == -1 ||
	    pipeline_add(p, a, "--metrics=%s", metrics.p) == -1 ||
	    pipeline_add(p, a, "--metrics-every=%dms", LOOK_MS) == -1)
		goto out;
	if (ledger_is_last(&r->ledger, i) &&
	    pipeline_add(p, a, "--recent=%s", recent.p) == -1)
		goto out;
	plan_add_file(&file, name);
	if (buf_text(&file) == NULL)
		goto out;
	if (strcmp(a->argv.text[0], "kinesis-put") == 0 &&
	    (pipeline_add(
		 p, a, "--drain=%" PRId64 "ms", r->options->drain_ms) == -1 ||
		pipeline_add(
		    p, a, "--rejects=%s/%s.rejects", r->keep.p, file.p) == -1 ||
		pipeline_add(p, a, "--undelivered=%s/%s.undelivered", r->keep.p,
		    file.p) == -1))
		goto out;
	rc = 0;
out:
	buf_free(&metrics);
	buf_free(&recent);
	buf_free(&file);
	return rc;
}

/* A sink has read all that its window has written. */
static bool
has_read_all(void *ctx, const struct process *sink)
{
	const struct run *r = ctx;
	size_t i = (size_t)(sink - r->pipeline.process);
	const struct account *above = ledger_above(&r->ledger, i);

	return above != NULL && r->ledger.account[i].has[ACCOUNT_READ] &&
	       r->ledger.account[i].value[ACCOUNT_READ] ==
	           above->value[ACCOUNT_OUTPUT];
}

/* --- the account of the whole ----------------------------------------------
 */

static uint64_t
sum(const struct ledger *l, enum member m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->pipeline->n; i++)
		n += (uint64_t)l->account[i].value[m];
	return n;
}

static void
fill(void *ctx, struct report *report)
{
	const struct run *r = ctx;
	const struct ledger *l = &r->ledger;

	report_gauge(report, "stages", (int64_t)r->pipeline.n);
	report_count(report, "read", ledger_rows(l));
	report_count(report, "late", sum(l, ACCOUNT_LATE));
	report_count(report, "rejected", sum(l, ACCOUNT_REJECTED));
	report_count(report, "delivered", sum(l, ACCOUNT_DELIVERED));
	report_count(report, "undelivered", sum(l, ACCOUNT_UNDELIVERED));
	report_count(report, "retried", sum(l, ACCOUNT_RETRIED));
	if (r->recovery.dir != NULL)
		report_count(report, "restarts", r->restarts.n);
}

/* --- meanwhile -------------------------------------------------------------
 */

static void
end_sources(struct run *r)
{
	r->is_ending = true;
	pipeline_stop(&r->pipeline);
}

static void
heed_signals(struct run *r)
{
	int count = signals_stop_count();

	if (signals_take_report())
		report_answer("%s", r->pipeline.stopping
					? "the stages finish what they hold"
					: "the stages run");
	if (count > 0 && r->heeded == 0) {
		diag_error(NULL,
		    "ending the source; the other stages finish what they hold"
		    " (again: keep it undelivered)");
		end_sources(r);
	}
	if (count > 1 && r->heeded < 2) {
		diag_error(NULL, "keeping what is held (again: kill)");
		pipeline_hurry(&r->pipeline);
	}
	if (count > 2 && r->heeded < 3)
		pipeline_kill(&r->pipeline);
	r->heeded = count > 3 ? 3 : count;
}

/* Has a row come?  datagen makes them from its start on. */
static bool
rows_have_come(const struct run *r)
{
	for (size_t i = 0; i < r->pipeline.n; i++) {
		const struct account *c = &r->ledger.account[i];

		if (strcmp(r->pipeline.process[i].argv.text[0], "datagen") ==
			0 ||
		    c->value[ACCOUNT_READ] + c->value[ACCOUNT_OUTPUT] +
			    c->value[ACCOUNT_BYTES] >
			0)
			return true;
	}
	return false;
}

static void
watch_time(struct run *r, int64_t now)
{
	if (!r->options->is_for || r->pipeline.stopping)
		return;
	if (r->first_ms == -1 && rows_have_come(r))
		r->first_ms = now;
	if (r->first_ms != -1 && now - r->first_ms >= r->options->for_ms)
		end_sources(r);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void
watch_local(struct run *r)
{
	if (!r->options->local || r->local_died || local_is_there(&r->local))
		return;
	r->local_died = true;
	diag_error(NULL, "the local Kinesis has died");
	end_sources(r);
}

static void
watch(struct run *r)
{
	int64_t now = r->start_ms, look_ms = r->start_ms;
	bool more = true;

	while (more) {
		int64_t due = least(look_ms, report_due_ms(&r->report));

		if (r->options->is_for && r->first_ms != -1 &&
		    !r->pipeline.stopping)
			due = least(due, r->first_ms + r->options->for_ms);
		more = pipeline_turn(&r->pipeline, due <= now ? 0 : due - now);
		now = clock_mono_ms();
		heed_signals(r);
		if (now >= look_ms) {
			ledger_read(&r->ledger);
			watch_local(r);
			display_tick(&r->display, now);
			look_ms = now + LOOK_MS;
		}
		watch_time(r, now);
		report_tick(&r->report, now);
	}
}

/* --- at the end ------------------------------------------------------------
 */

static void
add_kept(void *ctx, const char *folder, const char *file)
{
	struct buf *b = ctx;

	if (b->n == 0)
		buf_add_text(b, "kept, as they came\n");
	buf_addf(b, "  %s/%s\n", folder, file);
}

/* The worst of what the stages say of their data; a death is the system's.
 * Who was told to stop dies by that: what it did then is in its account. */
static enum status
judge(const struct run *r, bool adds_up)
{
	enum status worst = STATUS_OK;

	for (size_t i = 0; i < r->pipeline.n; i++) {
		const struct process *a = &r->pipeline.process[i];
		const struct account *c = &r->ledger.account[i];

		if (a->status == 1 || (c->value[ACCOUNT_REJECTED] > 0 ||
					  c->value[ACCOUNT_UNDELIVERED] > 0))
			worst = status_worse(worst, STATUS_DATA);
	}
	if (r->pipeline.failed != NULL)
		return r->pipeline.failed->is_ours &&
		               r->pipeline.failed->status == STATUS_USAGE
		           ? STATUS_USAGE
		           : STATUS_SYSTEM;
	if (pipeline_unread(&r->pipeline) != NULL)
		return STATUS_SYSTEM;
	/* A bad line has ended a stage, and so all. */
	if (r->pipeline.abandoned && worst == STATUS_DATA)
		return worst;
	return adds_up ? worst : status_worse(worst, STATUS_SYSTEM);
}

/* Whoever reads our standard output has gone, and nothing else is amiss. */
static bool
lost_stdout(const struct run *r)
{
	const struct process *a = pipeline_unread(&r->pipeline);

	return a != NULL && r->pipeline.failed == NULL &&
	       a->stage->output != NULL && strcmp(a->stage->output, "-") == 0;
}

/* supervisord and others start programs so. */
static bool
pipe_is_ignored(void)
{
	struct sigaction action;

	return sigaction(SIGPIPE, NULL, &action) == 0 &&
	       action.sa_handler == SIG_IGN;
}

/* Lines in which the job names things: nothing of it is for the terminal. */
static void
tell(const struct buf *text)
{
	struct buf b = { 0 };

	(void)diag_add_plain(&b, buf_span(text), INT_MAX, "\n");
	diag_bytes(buf_span(&b));
	buf_free(&b);
}

static void
tell_kept(const struct run *r)
{
	struct buf text = { 0 };

	folder_tidy(r->keep.p);
	folder_each(r->keep.p, add_kept, &text);
	tell(&text);
	buf_free(&text);
}

/* Why it ended before its rows did. */
static void
tell_deaths(const struct pipeline *p)
{
	const struct process *failed = p->failed, *unread = pipeline_unread(p);

	if (failed != NULL && failed->last.n > 0) {
		char said[DIAG_SAID_MAX];

		diag_error(NULL, "ended because %s died: %s; it said %s",
		    failed->title, pipeline_end_in_words(failed),
		    diag_quote_said(said, buf_span(&failed->last)));
	} else if (failed != NULL) {
		diag_error(NULL, "ended because %s died: %s", failed->title,
		    pipeline_end_in_words(failed));
	}
	if (unread != NULL) {
		const char *output = unread->stage->output;
		char quoted[DIAG_QUOTE_MAX];
		bool is_named = output != NULL && strcmp(output, "-") != 0;

		diag_error(NULL,
		    "%s died: the reader of %s has gone away (broken pipe)",
		    unread->title,
		    is_named ? diag_quote(quoted, span_of(output))
			     : "its output");
	}
}

static enum status
conclude(struct run *r)
{
	struct buf text = { 0 };
	bool all_read, adds_up;

	ledger_close(&r->ledger);
	display_end(&r->display, clock_mono_ms());
	if (lost_stdout(r)) {
		tell_kept(r);
		if (pipe_is_ignored())
			diag_error(&(struct diag_at){ .source = "stdout" },
			    "cannot write: the reader has gone away (broken"
			    " pipe)");
		return STATUS_SYSTEM;
	}
	all_read = arrived_write(&r->ledger, &r->local, &text);
	buf_add_text(&text, "account\n");
	adds_up = ledger_write(&r->ledger, &text);
	tell(&text);
	buf_free(&text);
	tell_kept(r);
	tell_deaths(&r->pipeline);
	return judge(r, adds_up && all_read && !r->local_died);
}

/* Would it start?  Options, region and credentials are looked at, and what is
 * wrong with them is said once, before anything runs. */
static enum status
try_sink(const struct run *r, const struct stage *s, bool first)
{
	/* One of them asks for credentials, too. */
	const char *how = first ? "--call" : "--check=config";
	struct opt_texts argv = { 0 };
	struct buf path = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), pidfd, status = -1;
	pid_t pid = -1;

	buf_addf(&path, "%s/%s", r->bin.p, s->argv[0]);
	if (null == -1 || buf_text(&path) == NULL ||
	    opt_texts_add(&argv, s->argv[0]) == -1 ||
	    opt_texts_add(&argv, "--name") == -1 ||
	    opt_texts_add(&argv, s->name) == -1 ||
	    opt_texts_add(&argv, how) == -1)
		goto out;
	for (char **a = s->argv + 1; *a != NULL; a++)
		if (opt_texts_add(&argv, *a) == -1)
			goto out;
	if (opt_texts_add(&argv, NULL) == -1)
		goto out;
	pid = spawn(&(struct spawn){ .path = path.p,
			.argv = argv.text,
			.in = null,
			.out = null,
			.err = STDERR_FILENO },
	    &pidfd);
	if (pid == -1)
		diag_error(NULL, "cannot run %s: %s; build it with make",
		    path.p, strerror(errno));
	else if (pidfd != -1)
		(void)close(pidfd);
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
out:
	if (null != -1)
		(void)close(null);
	free(argv.text);
	buf_free(&path);
	return pid == -1 || !WIFEXITED(status)
	           ? STATUS_SYSTEM
	           : (enum status)WEXITSTATUS(status);
}

static enum status
try_sinks(const struct run *r, const struct plan *plan)
{
	enum status status = STATUS_OK;
	bool first = true;

	for (size_t i = 0; i < plan->nstages && status == STATUS_OK; i++) {
		if (strcmp(plan->stage[i].argv[0], "kinesis-put") != 0)
			continue;
		status = try_sink(r, &plan->stage[i], first);
		first = false;
	}
	return status;
}

static enum status
prepare(struct run *r, struct plan *plan)
{
	const struct options *o = r->options;
	struct opt_common common = o->common;
	enum status status;

	common.progress = PROGRESS_NEVER; /* the display is that */
	if (find_bin(&r->bin) == -1 || signals_open() == -1)
		return STATUS_SYSTEM;
	status = open_recovery(r, plan);
	if (status == STATUS_OK) {
		check_verify(r, plan);
		status = make_folders(r);
	}
	if (status != STATUS_OK)
		return status;
	if (o->local) {
		if (local_start(&r->local, plan, r->work.p) == -1)
			return STATUS_SYSTEM;
		diag_answer(
		    "the local Kinesis of this run: %s", r->local.url.p);
	}
	status = try_sinks(r, plan);
	if (status != STATUS_OK)
		return status;
	if (report_init(&r->report, &common, fill, NULL, r) == -1)
		return STATUS_USAGE;
	r->start_ms = clock_mono_ms();
	r->first_ms = -1;
	return STATUS_OK;
}

/* All processes of the plan. */
static enum status
start(struct run *r, const struct plan *plan)
{
	enum status status = STATUS_OK;

	if (pipeline_init(&r->pipeline, plan, r->bin.p) == -1 ||
	    ledger_init(&r->ledger, &r->pipeline, r->work.p) == -1)
		return STATUS_SYSTEM;
	if (r->display.ledger == NULL)
		display_init(&r->display, &r->ledger, r->options, r->start_ms);
	r->pipeline.drain_ms = r->options->drain_ms;
	r->pipeline.has_read_all = has_read_all;
	r->pipeline.ctx = r;
	if (r->recovery.dir != NULL) {
		r->display.recovery = &r->recovery;
		r->pipeline.recovers = true;
		r->pipeline.lock = r->recovery.lock.fd;
		status = recovery_await(&r->recovery);
		r->achieved = recovery_achieved(&r->recovery);
	}
	for (size_t i = 0; i < r->pipeline.n && status == STATUS_OK; i++)
		if (add_options(r, i) == -1)
			status = STATUS_SYSTEM;
	/* What a killed run keeps is by then that of the next one, which waits
	 * for its stages. */
	return status != STATUS_OK
	           ? status
	           : pipeline_start(&r->pipeline, r->work.p,
			 r->pipeline.recovers ? NULL : r->keep.p);
}

/* A pause in which only a signal is heeded; false: one has come. */
static bool
pause_ms(struct run *r, int64_t ms)
{
	int64_t end = clock_mono_ms() + ms, now;

	while ((now = clock_mono_ms()) < end && signals_stop() == 0) {
		struct pollfd ready = { signals_fd(), POLLIN, 0 };

		if (poll(&ready, 1, (int)(end - now)) > 0 &&
		    signals_take_report())
			report_answer("waits before the stages start again");
		report_tick(&r->report, clock_mono_ms());
	}
	return signals_stop() == 0;
}

/*
 * Whether the pipeline that has failed runs again, from its last checkpoint.
 * What is wrong with a command line is wrong again.
 */
static bool
starts_again(struct run *r, const struct plan *plan, enum status *status)
{
	const struct process *failed = r->pipeline.failed;
	int64_t now = clock_mono_ms(), wait;
	bool achieved;

	if (!r->pipeline.recovers || failed == NULL || r->is_ending ||
	    signals_stop() != 0 ||
	    (failed->is_ours && failed->status == STATUS_USAGE))
		return false;
	achieved = recovery_achieved(&r->recovery) > r->achieved;
	wait = restarts_next(&r->restarts, achieved, now);
	if (wait == -1 && r->restarts.most > 0)
		diag_error(NULL,
		    "all stages have started again %" PRId64
		    " times within %" PRId64 " s, as often as --restart allows",
		    r->restarts.most, r->restarts.within_ms / 1000);
	if (wait == -1)
		return false;
	diag_remark(NULL,
	    "%s died: %s; all stages start again from the last checkpoint, "
	    "%" PRId64 " of %" PRId64 " times within %" PRId64 " s",
	    failed->title, pipeline_end_in_words(failed),
	    restarts_within(&r->restarts, now), r->restarts.most,
	    r->restarts.within_ms / 1000);
	if (!pause_ms(r, wait))
		return false;
	ledger_free(&r->ledger);
	pipeline_free(&r->pipeline);
	*status = start(r, plan);
	return *status == STATUS_OK;
}

/* For windowpipe status; a run whose folder is full goes on without. */
static void
leave_roster(struct run *r)
{
	char job[PATH_MAX], here[PATH_MAX];

	r->roster.pid = getpid();
	if (r->roster.since_ms == 0)
		r->roster.since_ms = clock_wall_ms();
	r->roster.job =
	    realpath(r->options->job, job) != NULL ? job : r->options->job;
	r->roster.started_in = getcwd(here, sizeof here);
	r->roster.keep = r->keep.p;
	r->roster.restarts = r->restarts.n;
	if (roster_write(&r->roster, r->work.p, &r->pipeline, &r->recovery) ==
	    -1)
		diag_warn(NULL, "windowpipe status will not see this run: %s",
		    strerror(errno));
}

static enum status
run_plan(struct job *job, const struct options *o)
{
	struct plan *plan = &job->plan;
	struct run r = { .options = o, .roster = { .fd = -1 } };
	enum status status;
	bool stopped, unheard = false;
	int null;

	r.checkpoint = o->checkpoint;
	if (!r.checkpoint.given && job->every_ms > 0)
		r.checkpoint.every_ms = job->every_ms;
	r.restarts = (struct restarts){ .most = o->restarts,
		.within_ms = o->restarts_ms };
	status = prepare(&r, plan);
	if (status == STATUS_OK)
		status = start(&r, plan);
	/* While it waited for the other end of a FIFO, say. */
	stopped = status != STATUS_OK && signals_stop() != 0;
	if (status == STATUS_OK) {
		/* The stages have it: whoever writes there sees them go. */
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		/* But for one that will be started again. */
		if (null != -1 && o->journal == NULL)
			(void)dup2(null, STDIN_FILENO);
		do {
			leave_roster(&r);
			watch(&r);
		} while (starts_again(&r, plan, &status));
		if (status == STATUS_OK)
			status = conclude(&r);
		recovery_tell_end(&r.recovery);
		unheard = lost_stdout(&r) && !pipe_is_ignored();
	}
	display_free(&r.display);
	roster_free(&r.roster);
	/* The account is of the pipeline and its ledger. */
	status = status_worse(status, report_end(&r.report));
	pipeline_free(&r.pipeline);
	ledger_free(&r.ledger);
	local_end(&r.local);
	if (r.work.n > 0)
		folder_remove(r.work.p);
	if (r.keep.n > 0)
		folder_tidy(r.keep.p);
	recovery_close(&r.recovery);
	buf_free(&r.work);
	buf_free(&r.keep);
	buf_free(&r.bin);
	stopped |= r.heeded >= 2;
	if (stopped || unheard) {
		diag_end();
		signals_die(stopped ? signals_stop() : SIGPIPE);
	}
	return status;
}

enum status
run_job(const struct options *o)
{
	const struct job_request request = {
		.path = o->job,
		.properties = o->properties,
		.rejects = o->rejects,
		.stdin_table = o->stdin_table,
		.stdout_table = o->stdout_table,
		.marks = o->checkpoint.dir != NULL,
	};
	struct job job = { 0 };
	enum status status = STATUS_USAGE;

	if (o->job == NULL) {
		diag_error(
		    NULL, "no job; name its file: windowpipe run job.sql");
		return STATUS_USAGE;
	}
	/* What is run on this machine alone has its file beside it. */
	if (o->local && setenv("IS_LOCAL", "true", 0) == -1)
		return STATUS_SYSTEM;
	if (job_load(&job, &request) == 0) {
		job_tell_notes(&job);
		status = run_plan(&job, o);
	}
	job_free(&job);
	return status;
}
