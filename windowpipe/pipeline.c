/* pipeline - processes, the pipes between them, and their ends.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/out.h"
#include "lib/signals.h"
#include "windowpipe/folder.h"
#include "windowpipe/spawn.h"

enum {
	/* The end of a stage may be seen before that of the one which feeds
	 * it, even in order; after this, long on a busy machine, it died. */
	MOMENT_MS = 2000,
	/* And so long, where the one behind it says by its status that its
	 * input had no end, which of them died is left open. */
	OPEN_MS = 500,
	/* A source is killed so long after a death if it does not end. */
	SOURCE_KILL_MS = 800,
	/* How long a sink has for what it has read, once all has come. */
	DELIVER_MS = 1000,
	KILL_MS = 4000,
	HURRY_MS = 500, /* for results that are on their way already */
	TICK_MS = 100,  /* where there are no pidfds */
	SAID_BYTES = 65536,
	LINE_BYTES_MAX = 65536,
};

/* --- what is run --------------------------------------------------------- */

static bool
is_ours(const char *program)
{
	static const char *const ours[] = { "datagen", "fanout", "kinesis-get",
		"kinesis-put", "window", "windowpipe" };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strcmp(program, ours[i]) == 0)
			return true;
	return false;
}

/* These end between two rows when they are told to stop; no other is known to.
 */
static bool
ends_whole(const char *program)
{
	return strcmp(program, "datagen") == 0 ||
	       strcmp(program, "kinesis-get") == 0 ||
	       strcmp(program, "window") == 0 ||
	       strcmp(program, "windowpipe") == 0;
}

static int
push(struct process *a, const char *argument)
{
	return argument == NULL ? -1 : opt_texts_add(&a->argv, argument);
}

/* A process that runs argv; NULL: a feed of what comes to it. */
static int
add_process(
    struct pipeline *p, const struct stage *s, int from, char *const *argv)
{
	struct process *a = &p->process[p->n++];
	const char *program = argv == NULL ? "windowpipe" : argv[0];
	bool is_feed = strcmp(program, "windowpipe") == 0;

	*a = (struct process){
		.stage = s,
		.is_feed = is_feed,
		.is_ours = is_ours(program),
		.from = from,
		.pidfd = -1,
		.said = -1,
	};
	a->path = a->is_ours ? arena_text(&p->texts, "%s/%s", p->bin, program)
	                     : program;
	a->title = arena_text(
	    &p->texts, "%s[%s]", is_feed ? "rows" : program, s->name);
	if (a->path == NULL || a->title == NULL || push(a, program) == -1)
		return -1;
	/* A reader that has gone must not cost the others their rows. */
	if (!is_feed && s->role == STAGE_FANOUT &&
	    push(a, "--keep-going") == -1)
		return -1;
	if (argv == NULL && (push(a, "rows") == -1 || push(a, "--") == -1))
		return -1;
	for (argv += argv != NULL; argv != NULL && *argv != NULL; argv++)
		if (push(a, *argv) == -1)
			return -1;
	return 0;
}

/* The source s, and a feed where that would not end behind a whole line. */
static int
add_source(struct pipeline *p, const struct stage *s)
{
	int me = (int)p->n;
	int rc;

	if (ends_whole(s->argv[0])) {
		rc = add_process(p, s, STAGE_NONE, s->argv);
	} else if (s->role == STAGE_FANOUT) {
		rc = add_process(p, s, STAGE_NONE, NULL);
		p->process[me].is_source = true;
		return rc == -1 ? -1 : add_process(p, s, me, s->argv);
	} else {
		rc = add_process(p, s, STAGE_NONE, s->argv);
		if (rc == 0)
			rc = add_process(p, s, me, NULL);
	}
	p->process[p->n - 1].is_source = true;
	return rc;
}

int
pipeline_init(struct pipeline *p, const struct plan *plan, const char *bin)
{
	int *at = calloc(plan->nstages + 1, sizeof *at);
	int rc = at == NULL ? -1 : 0;

	*p = (struct pipeline){
		.plan = plan, .bin = bin, .life = -1, .lock = -1
	};
	p->process = calloc(2 * plan->nstages + 1, sizeof *p->process);
	if (p->process == NULL)
		rc = -1;
	for (size_t i = 0; i < plan->nstages && rc == 0; i++) {
		const struct stage *s = &plan->stage[i];

		if (s->from == STAGE_NONE)
			rc = add_source(p, s);
		else
			rc = add_process(p, s, at[s->from], s->argv);
		at[i] = (int)p->n - 1;
	}
	free(at);
	p->polled = calloc(2 * p->n + 1, sizeof *p->polled);
	if (rc == -1 || p->polled == NULL) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	return 0;
}

int
pipeline_add(struct pipeline *p, struct process *a, const char *fmt, ...)
{
	const char *option;
	va_list args;

	va_start(args, fmt);
	option = arena_textv(&p->texts, fmt, args);
	va_end(args);
	if (option == NULL || opt_texts_add(&a->argv, option) == -1) {
		(void)diag_no_memory();
		return -1;
	}
	/* Behind the program's name: what the plan says comes later, and so
	 * wins; behind "--" are no options. */
	memmove(a->argv.text + 2, a->argv.text + 1,
	    (a->argv.n - 2) * sizeof *a->argv.text);
	a->argv.text[1] = option;
	return 0;
}

/* --- files and pipes ----------------------------------------------------- */

/* Descriptors of a process while all are being started; -1: none. */
struct ends {
	int in, out, err;
	int *more; /* a fanout's outputs but the first */
	size_t nmore;
};

static enum status
complain_file(const char *doing, const char *name)
{
	enum status status = status_of_errno(errno);
	char quoted[DIAG_QUOTE_MAX];

	/* Nobody came to the other end of a FIFO, and then we were stopped. */
	if (errno == EINTR && signals_stop() != 0)
		return status;
	diag_error(NULL, "cannot %s %s: %s", doing,
	    diag_quote(quoted, span_of(name)), strerror(errno));
	return status;
}

static enum status
open_input(const struct process *a, struct ends *e)
{
	const char *name = a->stage->input;

	if (name != NULL && strcmp(name, "-") == 0) {
		e->in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return e->in == -1 ? complain_file("read", "standard input")
		                   : STATUS_OK;
	}
	if (name == NULL)
		name = "/dev/null";
	do {
		e->in = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	} while (e->in == -1 && errno == EINTR && signals_stop() == 0);
	return e->in == -1 ? complain_file("read", name) : STATUS_OK;
}

static enum status
open_output(const struct process *a, struct ends *e)
{
	const char *name = a->stage->output;

	if (name != NULL && strcmp(name, "-") == 0)
		e->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	else if (name == NULL)
		e->out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	else
		e->out = out_open_fd(name, O_CREAT | O_APPEND | O_CLOEXEC);
	if (e->out != -1)
		return STATUS_OK;
	return complain_file("write", name == NULL ? "/dev/null"
				      : strcmp(name, "-") == 0
					  ? "standard output"
					  : name);
}

/* From the output of a process to the input of i. */
static int
join(struct pipeline *p, struct ends *ends, size_t i)
{
	struct process *from = &p->process[p->process[i].from];
	struct ends *e = &ends[p->process[i].from];
	int pipe_[2];
	int *more;

	if (pipe2(pipe_, O_CLOEXEC) == -1) {
		diag_error(NULL, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	ends[i].in = pipe_[0];
	if (e->out == -1) {
		e->out = pipe_[1];
		return 0;
	}
	more = realloc(e->more, (e->nmore + 1) * sizeof *more);
	if (more == NULL) {
		diag_error(NULL, "out of memory");
		(void)close(pipe_[1]);
		return -1;
	}
	e->more = more;
	e->more[e->nmore++] = pipe_[1];
	p->process[i].out = pipe_[1];
	return push(from, arena_text(&p->texts, "/dev/fd/%d", pipe_[1]));
}

/* Everything that can be wrong with names is found before anything runs. */
static enum status
open_ends(struct pipeline *p, struct ends *ends)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < p->n && status == STATUS_OK; i++)
		if (p->process[i].from == STAGE_NONE)
			status = open_input(&p->process[i], &ends[i]);
		else if (join(p, ends, i) == -1)
			status = STATUS_SYSTEM;
	for (size_t i = 0; i < p->n && status == STATUS_OK; i++) {
		int said[2];

		if (ends[i].out == -1)
			status = open_output(&p->process[i], &ends[i]);
		if (status != STATUS_OK)
			break;
		if (pipe2(said, O_CLOEXEC) == -1) {
			diag_error(
			    NULL, "cannot make a pipe: %s", strerror(errno));
			return STATUS_SYSTEM;
		}
		p->process[i].said = said[0];
		ends[i].err = said[1];
	}
	return status;
}

static void
close_ends(struct ends *ends, size_t n)
{
	/* Other processes have them; nothing was written by us. */
	for (size_t i = 0; i < n; i++) {
		int one[] = { ends[i].in, ends[i].out, ends[i].err };

		for (size_t k = 0; k < sizeof one / sizeof *one; k++)
			if (one[k] != -1)
				(void)close(one[k]);
		for (size_t k = 0; k < ends[i].nmore; k++)
			(void)close(ends[i].more[k]);
		free(ends[i].more);
	}
	free(ends);
}

/* What it has read, or sent, is written down before it ends. */
static bool
settles(const struct process *a)
{
	return a->stage->role == STAGE_SINK || a->stage->input != NULL;
}

static int
start(struct pipeline *p, struct process *a, const struct ends *e)
{
	char quoted[DIAG_QUOTE_MAX];
	struct spawn s = {
		.path = a->path,
		.in = e->in,
		.out = e->out,
		.err = e->err,
		.keep = e->more,
		.nkeep = e->nmore,
		.ends_with_us = p->recovers || a->is_source,
		.dies_with_us = p->recovers && !settles(a),
		.holds_term = a->is_ours,
	};
	pid_t pid;

	if (opt_texts_add(&a->argv, NULL) == -1)
		return -1;
	s.argv = a->argv.text;
	pid = spawn(&s, &a->pidfd);
	if (pid == -1) {
		diag_error(NULL, "cannot run %s: %s%s",
		    diag_quote(quoted, span_of(a->path)), strerror(errno),
		    errno == ENOENT && a->is_ours ? "; build it with make"
						  : "");
		return -1;
	}
	a->pid = pid;
	return 0;
}

/* --- ends ---------------------------------------------------------------- */

const char *
pipeline_end_in_words(const struct process *a)
{
	static char words[64];
	const char *name =
	    a->status > 128 ? sigabbrev_np(a->status - 128) : NULL;

	if (name != NULL)
		snprintf(words, sizeof words, "killed by SIG%s", name);
	else
		snprintf(words, sizeof words, "status %d", a->status);
	return words;
}

/* Its pidfd is of that process and no other, and so is the number of a child
 * which is not yet waited for.  It may have ended: then nothing is to do. */
static void
signal_process(struct process *a, int number)
{
	if (a->pid <= 0 || a->ended)
		return;
	if (a->pidfd == -1)
		(void)kill(a->pid, number);
	else
		(void)syscall(SYS_pidfd_send_signal, a->pidfd, number, NULL, 0);
}

static void
stop_sources(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->process[i].is_source)
			signal_process(&p->process[i], SIGTERM);
}

void
pipeline_stop(struct pipeline *p)
{
	int64_t now = clock_mono_ms();

	if (p->stopping)
		return;
	p->stopping = true;
	p->source_kill_ms = INT64_MAX;
	p->stop_ms = now + p->drain_ms;
	p->kill_ms = p->stop_ms + p->drain_ms + KILL_MS;
	stop_sources(p);
}

void
pipeline_hurry(struct pipeline *p)
{
	int64_t now = clock_mono_ms();

	pipeline_stop(p);
	p->hurried = true;
	p->source_kill_ms = now;
	p->stop_ms = now + HURRY_MS;
	p->kill_ms = now + KILL_MS;
}

void
pipeline_abandon(struct pipeline *p)
{
	pipeline_stop(p);
	p->abandoned = true;
	for (size_t i = 0; i < p->n; i++) {
		struct process *a = &p->process[i];

		if (a->ended)
			continue;
		signal_process(a, settles(a) ? SIGTERM : SIGKILL);
		a->told = true;
	}
}

/* A stage died; the others are to finish what they hold. */
static void
fail(struct pipeline *p, const struct process *a)
{
	if (p->failed != NULL)
		return;
	p->failed = a;
	if (p->recovers) {
		pipeline_abandon(p);
		return;
	}
	diag_error(NULL, "%s died: %s", a->title, pipeline_end_in_words(a));
	pipeline_stop(p);
	p->source_kill_ms = clock_mono_ms() + SOURCE_KILL_MS;
}

bool
pipeline_ended_as_told(const struct pipeline *p, const struct process *a)
{
	if (p->abandoned && a->told && a->status == 128 + SIGKILL)
		return true;
	/* With checkpoints a stage waits for the last mark all the same, if the
	 * signal went to the whole group. */
	return a->status == 128 + SIGTERM &&
	       (a->told || (p->stopping && (a->is_source || p->recovers)));
}

/* Status 1 of ours is of data, which the account tells of, and of others that
 * they were told to stop.  Of gzip 2 is a warning, which it has written. */
static bool
is_well(const struct process *a)
{
	if (a->is_ours || a->told)
		return a->status <= STATUS_DATA;
	return a->status == 0 ||
	       (a->status == 2 && strcmp(a->argv.text[0], "gzip") == 0);
}

static void
judge_end(struct pipeline *p, const struct process *a)
{
	if (is_well(a))
		return;
	if (a->status == 128 + SIGPIPE) {
		p->broken = true;
	} else if (!pipeline_ended_as_told(p, a)) {
		fail(p, a);
	}
}

/* Killed by a signal that is neither ours nor a reader's end. */
static bool
was_killed(const struct process *a)
{
	return a->status > 128 && a->status != 128 + SIGPIPE;
}

/* Does one run whose rows it gets, through whomever? */
static bool
any_above_runs(const struct pipeline *p, const struct process *a)
{
	while (a->from != STAGE_NONE) {
		a = &p->process[a->from];
		if (!a->ended)
			return true;
	}
	return false;
}

/*
 * Where it recovers.  What is killed breaks the pipe of whom it reads, and
 * those behind it see an input without an end, and say so by their status: of
 * all that have ended the killed one is meant, else the first on the rows' way,
 * whose own end may come a moment after that of its output.
 */
static void
find_fault(struct pipeline *p, int64_t now)
{
	const struct process *fault = NULL;

	if (p->abandoned || p->hurried)
		return;
	for (size_t i = 0; i < p->n; i++) {
		const struct process *a = &p->process[i];

		if (!a->ended || is_well(a) || pipeline_ended_as_told(p, a))
			continue;
		if (a->status == 128 + SIGPIPE) {
			if (!p->broken)
				p->broken_ms = now;
			p->broken = true;
		} else if (!was_killed(a) && any_above_runs(p, a) &&
			   now - a->ended_ms <= OPEN_MS) {
			continue;
		} else if (fault == NULL ||
			   (was_killed(a) && !was_killed(fault))) {
			fault = a;
		}
	}
	if (fault != NULL)
		fail(p, fault);
	else if (p->broken && !p->stopping && now - p->broken_ms > MOMENT_MS)
		pipeline_abandon(p);
}

const struct process *
pipeline_unread(const struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++) {
		bool is_read = false;

		for (size_t k = i + 1; k < p->n; k++)
			is_read |= p->process[k].from == (int)i;
		if (!is_read && p->process[i].status == 128 + SIGPIPE)
			return &p->process[i];
	}
	return NULL;
}

static bool
feeder_runs(const struct pipeline *p, const struct process *a)
{
	return a->from != STAGE_NONE && !p->process[a->from].ended;
}

/* Who ends before what it reads has ended is missed by it: by a broken pipe, or
 * where a fanout goes on without it, here. */
static void
watch_order(struct pipeline *p, int64_t now)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct process *a = &p->process[i];

		if (!a->ended || a->status > 1 || !feeder_runs(p, a) ||
		    now - a->ended_ms <= MOMENT_MS)
			continue;
		if (a->status == 0)
			fail(p, a);
		else if (p->recovers)
			pipeline_abandon(p);
		else
			pipeline_stop(p);
	}
	if (p->broken && !p->recovers)
		pipeline_stop(p);
}

/* Has it ended, and how?  Of those that are not its children the guard learns
 * only that. */
static bool
has_ended(const struct pipeline *p, const struct process *a, int *status)
{
	struct pollfd end = { a->pidfd, POLLIN, 0 };
	int s = 0;
	pid_t pid;

	*status = 0;
	if (p->is_guard)
		return a->pidfd == -1 ? kill(a->pid, 0) == -1
		                      : poll(&end, 1, 0) == 1;
	do {
		pid = waitpid(a->pid, &s, WNOHANG);
	} while (pid == -1 && errno == EINTR);
	if (pid == a->pid)
		*status = WIFSIGNALED(s) ? 128 + WTERMSIG(s) : WEXITSTATUS(s);
	return pid != 0;
}

/* Downstream first, because a death travels upstream as a broken pipe. */
static void
watch_ends(struct pipeline *p)
{
	for (size_t i = p->n; i-- > 0;) {
		struct process *a = &p->process[i];

		if (a->ended || a->pid == 0 || !has_ended(p, a, &a->status))
			continue;
		a->ended = true;
		a->ended_ms = clock_mono_ms();
		if (!p->recovers)
			judge_end(p, a);
	}
	if (p->recovers)
		find_fault(p, clock_mono_ms());
}

static void
tell(struct pipeline *p, struct process *a)
{
	if (a->ended || (a->told && !p->hurried))
		return;
	if (!a->told && !p->hurried)
		diag_error(NULL, "%s still holds something; telling it to stop",
		    a->title);
	a->told = true;
	signal_process(a, SIGTERM);
}

/* It has read all that there will be, and had a second to deliver it. */
static bool
has_had_all(const struct pipeline *p, const struct process *a, int64_t now)
{
	const struct process *from = &p->process[a->from];

	return !p->hurried && from->ended &&
	       now > from->ended_ms + DELIVER_MS && p->has_read_all != NULL &&
	       p->has_read_all(p->ctx, a);
}

/* Those that do not end by themselves are helped. */
static void
watch_deadlines(struct pipeline *p, int64_t now)
{
	if (!p->stopping)
		return;
	for (size_t i = 0; i < p->n; i++) {
		struct process *a = &p->process[i];
		bool is_sink =
		    a->stage->role == STAGE_SINK && a->from != STAGE_NONE;

		if (a->is_source && now >= p->source_kill_ms)
			signal_process(a, SIGKILL);
		if (a->is_source)
			continue;
		/* A sink after the window whose last results it is to read. */
		if (is_sink ? now >= p->stop_ms + DELIVER_MS ||
				  has_had_all(p, a, now)
			    : now >= p->stop_ms)
			tell(p, a);
	}
	if (now >= p->source_kill_ms)
		p->source_kill_ms = INT64_MAX;
	if (now >= p->kill_ms)
		for (size_t i = 0; i < p->n; i++)
			signal_process(&p->process[i], SIGKILL);
}

/* --- what they say ------------------------------------------------------- */

static void
take_line(struct process *a)
{
	static const char account[] = "{\"program\":\"";
	struct buf *keep = &a->last;

	if (a->line.n > sizeof account &&
	    memcmp(a->line.p, account, sizeof account - 1) == 0)
		keep = &a->account;
	buf_clear(keep);
	buf_add_span(keep, buf_span(&a->line));
	if (keep == &a->last) {
		buf_add_char(&a->line, '\n');
		diag_make_way();
		diag_bytes(buf_span(&a->line));
	}
	buf_clear(&a->line);
}

static void
hear(struct process *a)
{
	char bytes[SAID_BYTES];
	ssize_t n = read(a->said, bytes, sizeof bytes);

	if (n == -1 && errno == EINTR)
		return;
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			buf_add_char(&a->line, bytes[i]);
		if (bytes[i] == '\n' || a->line.n >= LINE_BYTES_MAX)
			take_line(a);
	}
	if (n > 0)
		return;
	if (a->line.n > 0)
		take_line(a);
	(void)close(a->said); /* it was only read */
	a->said = -1;
}

/* --- turning ------------------------------------------------------------- */

/* How long until a deadline, at most timeout_ms. */
static int64_t
wait_ms(const struct pipeline *p, int64_t timeout_ms, bool blind)
{
	if ((p->stopping || p->broken || blind) && timeout_ms > TICK_MS)
		return TICK_MS;
	for (size_t i = 0; i < p->n; i++)
		if (p->process[i].ended && timeout_ms > TICK_MS)
			return TICK_MS;
	return timeout_ms;
}

/* False: all have ended, and nothing that they said is left. */
static bool
listen_to_all(struct pipeline *p, int64_t timeout_ms)
{
	struct pollfd *polled = p->polled;
	bool blind = false, any = false;
	int n;

	for (size_t i = 0; i < p->n; i++) {
		struct process *a = &p->process[i];

		polled[2 * i] = (struct pollfd){ a->said, POLLIN, 0 };
		polled[2 * i + 1] = (struct pollfd){ -1, POLLIN, 0 };
		if (a->pid > 0 && !a->ended) {
			polled[2 * i + 1].fd = a->pidfd;
			blind |= a->pidfd == -1;
			any = true;
		}
	}
	polled[2 * p->n] = (struct pollfd){ signals_fd(), POLLIN, 0 };
	/* Whom a stage has started may have its stderr, and outlive it. */
	n = poll(polled, 2 * p->n + (any ? 1 : 0),
	    any ? (int)wait_ms(p, timeout_ms, blind) : 0);
	for (size_t i = 0; i < p->n && n > 0; i++)
		if (polled[2 * i].revents != 0)
			hear(&p->process[i]);
	return any || n > 0;
}

bool
pipeline_turn(struct pipeline *p, int64_t timeout_ms)
{
	bool any = listen_to_all(p, timeout_ms);
	int64_t now;

	watch_ends(p);
	now = clock_mono_ms();
	watch_order(p, now);
	watch_deadlines(p, now);
	return any;
}

/* --- if we are killed ------------------------------------------------------
 */

/* Waits, as a process of its own, for the end of what we alone hold open, and
 * then ends the stages as we would have. */
static _Noreturn void
guard(struct pipeline *p, int life, const char *work, const char *keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t n;
	char byte;

	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	/* Nobody is to wait for what we hold of the terminal, or of a pipe. */
	for (int fd = 0; fd < 3 && null != -1; fd++)
		(void)dup2(null, fd);
	diag_before(NULL, NULL);
	if (p->lock != -1)
		(void)close(p->lock); /* the next run need not wait for us */
	do {
		n = read(life, &byte, 1);
	} while (n == -1 && errno == EINTR);
	p->is_guard = true;
	p->has_read_all = NULL;
	if (p->recovers)
		pipeline_abandon(p);
	else
		pipeline_stop(p);
	while (pipeline_turn(p, TICK_MS))
		continue;
	folder_remove(work);
	if (keep != NULL)
		folder_tidy(keep);
	_exit(0);
}

static int
start_guard(struct pipeline *p, const char *work, const char *keep)
{
	int life[2];

	if (pipe2(life, O_CLOEXEC) == -1)
		return -1;
	p->guard = fork();
	if (p->guard == 0) {
		(void)close(life[1]);
		guard(p, life[0], work, keep);
	}
	(void)close(life[0]); /* it was never used */
	p->life = life[1];
	return p->guard == -1 ? -1 : 0;
}

static void
end_guard(struct pipeline *p)
{
	if (p->guard > 0 && kill(p->guard, SIGKILL) == 0)
		while (waitpid(p->guard, NULL, 0) == -1 && errno == EINTR)
			continue;
	if (p->life != -1)
		(void)close(p->life); /* nothing was ever written to it */
	p->guard = 0;
	p->life = -1;
}

/* --- the life of a pipeline ---------------------------------------------- */

void
pipeline_kill(struct pipeline *p)
{
	p->stopping = true;
	for (size_t i = 0; i < p->n; i++)
		signal_process(&p->process[i], SIGKILL);
	for (size_t i = 0; i < p->n; i++) {
		struct process *a = &p->process[i];

		while (a->pid > 0 && !a->ended &&
		       waitpid(a->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
		a->ended = true;
	}
	end_guard(p);
}

enum status
pipeline_start(struct pipeline *p, const char *work, const char *keep)
{
	struct ends *ends = calloc(p->n, sizeof *ends);
	enum status status;

	if (ends == NULL)
		return diag_no_memory();
	for (size_t i = 0; i < p->n; i++)
		ends[i] = (struct ends){ .in = -1, .out = -1, .err = -1 };
	status = open_ends(p, ends);
	for (size_t i = 0; i < p->n && status == STATUS_OK; i++)
		if (start(p, &p->process[i], &ends[i]) == -1)
			status = STATUS_SYSTEM;
	close_ends(ends, p->n);
	if (status == STATUS_OK && start_guard(p, work, keep) == -1) {
		diag_error(NULL, "cannot start a process: %s", strerror(errno));
		status = STATUS_SYSTEM;
	}
	if (status != STATUS_OK)
		pipeline_kill(p);
	return status;
}

void
pipeline_free(struct pipeline *p)
{
	end_guard(p);
	for (size_t i = 0; i < p->n; i++) {
		struct process *a = &p->process[i];

		free(a->argv.text);
		buf_free(&a->line);
		buf_free(&a->last);
		buf_free(&a->account);
		if (a->said != -1)
			(void)close(a->said); /* it was only read */
		if (a->pidfd != -1)
			(void)close(a->pidfd);
	}
	free(p->process);
	free(p->polled);
	arena_free(&p->texts);
	*p = (struct pipeline){ .life = -1, .lock = -1 };
}
