/* pipeline - the processes of a plan: started, watched, ended.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_PIPELINE_H
#define WINDOWPIPE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/opt.h"
#include "windowpipe/plan.h"

/*
 * A stage, or a feed: where a plan reads files, or standard input, into what
 * would tear a line when it is stopped, `windowpipe rows` stands in its place
 * or behind it.
 */
struct process {
	const struct stage *stage; /* whose it is; a feed's: of its reader */
	bool is_feed;
	bool is_ours;      /* one of windowpipe's programs, with its options */
	bool is_source;    /* its end is the end of the rows */
	const char *path;  /* what is run */
	const char *title; /* "window[avg]" */
	struct opt_texts argv;
	int from;  /* index of a process, or STAGE_NONE */
	pid_t pid; /* 0: does not run */
	int pidfd; /* -1: none */
	int said;  /* what it writes to stderr; -1: closed */
	int out;   /* its standard output's number in a fanout's account */
	struct buf line;    /* of stderr, begun */
	struct buf last;    /* the last whole one that is no account */
	struct buf account; /* the last that is one; empty: none */
	bool ended, told;
	int status; /* as a shell has it: 128 + n by a signal */
	int64_t ended_ms;
};

struct pipeline {
	const struct plan *plan;
	const char *bin; /* folder of our programs; borrowed, as the plan */
	int64_t drain_ms;
	/*
	 * All of it is in checkpoints: what dies takes nothing with it, so the
	 * rest is ended at once, and nothing outlives us.
	 */
	bool recovers;
	int lock; /* a descriptor that the guard gives up; -1: none */
	/* Asked whether a sink has all that was written for it; may be NULL. */
	bool (*has_read_all)(void *ctx, const struct process *);
	void *ctx;

	struct process *process; /* in the order of the plan */
	size_t n;
	struct arena texts;
	struct pollfd *polled;
	int life; /* its end tells the guard that we have gone */
	pid_t guard;

	const struct process *failed; /* the first that died */
	bool broken; /* one died of a broken pipe: another's fault */
	int64_t broken_ms;
	bool stopping, hurried, abandoned, is_guard;
	int64_t source_kill_ms, stop_ms, kill_ms;
};

/*
 * Makes the processes of the plan; what more they are given is added with
 * pipeline_add().  Both: 0, or -1 where memory is short.  pipeline_free() is
 * due in any case.
 */
int pipeline_init(struct pipeline *, const struct plan *, const char *bin);
int pipeline_add(struct pipeline *, struct process *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void pipeline_free(struct pipeline *);

/*
 * Opens all files and pipes, then starts all.  Another status than STATUS_OK,
 * which has been told, is of a run that has not begun: nothing runs.  work and
 * keep are folders that are removed, keep if it is empty, should we be killed;
 * keep may be NULL.
 */
enum status
pipeline_start(struct pipeline *, const char *work, const char *keep);

/*
 * Waits up to timeout_ms for something to happen, passes on what the stages
 * say, takes note of ends, and does what is due.  False once all have ended.
 */
bool pipeline_turn(struct pipeline *, int64_t timeout_ms);

/*
 * Where it recovers: ends all at once; a sink, and who keeps a journal, by
 * SIGTERM.
 */
void pipeline_abandon(struct pipeline *);

/*
 * Ends the sources; what runs still drain_ms later is told to stop, and killed
 * as long after that, and 4 s.  pipeline_hurry(): all at once, and 4 s.
 * pipeline_kill(): at once; waits for all.
 */
void pipeline_stop(struct pipeline *);
void pipeline_hurry(struct pipeline *);
void pipeline_kill(struct pipeline *);

/* It died of the SIGTERM by which it was asked to stop, or was abandoned. */
bool pipeline_ended_as_told(const struct pipeline *, const struct process *);

/*
 * The first that died because the reader of its output has gone, where that is
 * none of ours; NULL: none.
 */
const struct process *pipeline_unread(const struct pipeline *);

/* "status 1", "killed by SIGKILL"; lives until the next call. */
const char *pipeline_end_in_words(const struct process *);

#endif
