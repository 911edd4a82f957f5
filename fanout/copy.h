/* copy - from standard input to every output: what both ways of it share.
 * SPDX-License-Identifier: ISC */
#ifndef FANOUT_COPY_H
#define FANOUT_COPY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fanout/ledger.h"
#include "fanout/output.h"
#include "lib/diag.h"
#include "lib/gather.h"
#include "lib/report.h"

/* A run.  The caller sets the first six; all else is copy_run()'s. */
struct copy {
	struct output *outputs; /* borrowed */
	size_t n;
	bool keep_going; /* a lost output is no reason to end */
	bool is_plain;   /* by read(2) and write(2) in any case */
	int64_t gather_ms;
	struct report *report;

	struct gather gather; /* of standard input */
	struct ledger ledger;
	struct pollfd *polls; /* two, and one for each output */
	bool *wants;          /* has bytes waiting for it: see copy_wait() */
	bool input_is_ready;  /* by the last copy_wait() that asked for it */
	uint64_t read_bytes;
	uint64_t copied_bytes; /* that went through our memory, each time */
	size_t lost;           /* outputs */
	bool is_ended;         /* nothing more is read */
	bool is_given_up;      /* nothing more is written either */
	enum status status;
};

/*
 * Copies until the end of the input, of all outputs, or a signal asks to stop;
 * what was read by then is passed on first, unless a second signal comes.
 * SIGPIPE must be ignored.  What goes wrong is said.
 */
enum status copy_run(struct copy *);

/* Frees what copy_run() has made; the counts stay. */
void copy_free(struct copy *);

/* --- for the two ways ---------------------------------------------------- */

/* An output is gone: says so, and drops it or ends the reading.  Returns the
 * bytes at the ledger's front that nobody needs now. */
uint64_t copy_lose(struct copy *, size_t i, int error);

/* So many bytes have been read of standard input. */
void copy_took(struct copy *, uint64_t bytes);

/* Standard input cannot be read. */
void copy_fail_input(struct copy *, int error);

/* Between any two steps: looks at signals, and writes what account is due. */
void copy_tick(struct copy *);

/*
 * Sleeps until an output with wants[i] can take bytes, one of the others turns
 * out to be gone, standard input can be read (if asked for, and it is not left
 * to gather), or copy_tick() has work.  The time goes to the account of those
 * that were waited for.  is_full: see ledger_holds_back().  Returns an output
 * that has no reader any more, or n for none.
 */
size_t copy_wait(struct copy *, bool input, bool is_full);

/* The two ways.  pipes_run() is false where it cannot work; then nothing has
 * been read. */
bool pipes_run(struct copy *);
void plain_run(struct copy *);

#endif
