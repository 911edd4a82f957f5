/* copy - from standard input to every output: by pages or by bytes.
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
	bool *wants;          /* has bytes waiting for it */
	bool input_is_ready;  /* when it was last waited for */
	int core[2];          /* a pipe; -1 for none */
	struct relay {
		int fd[2];     /* a pipe; -1 for none */
		char *chunk;   /* taken out of it */
		size_t off, n; /* of the chunk: still to be written */
	} * relays;            /* one for each output; NULL: none made */
	char *block;           /* read last; NULL: by tee(2) and splice(2) */
	size_t block_n;
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

#endif
