/* state_file - the file of --state: locked, read, replaced whole.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_STATE_FILE_H
#define WINDOW_STATE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/diag.h"
#include "lib/lock.h"
#include "window/state.h"

/*
 * While a run has the file, NAME.lock stands beside it, locked by flock(2)
 * (which ends with the process, however that ends) and with the process's
 * number in it.  A new state is written to NAME.new, made durable, and put in
 * NAME's place: there is always a whole one.
 */
struct state_file {
	const char *name; /* NULL: none is open */
	struct lock lock;
	struct buf lock_name, new_name;
	bool is_there; /* a state of before */
	mode_t mode;   /* its permissions, which the next one gets */
};

/*
 * Takes the lock.  STATUS_OK, or after saying why: STATUS_USAGE where the file
 * cannot be one of ours to read and write, STATUS_SYSTEM where another process
 * has it.  name must outlive it.
 */
enum status state_file_open(struct state_file *, const char *name);

/*
 * Fills *s (as state_read() does) where there is a state; where there is none
 * *s stays as it is.  STATUS_OK, or after saying why: STATUS_USAGE where it is
 * refused, STATUS_SYSTEM.
 */
enum status state_file_read(struct state_file *, struct state *);

/* STATUS_OK, or STATUS_SYSTEM after saying why and what is now there. */
enum status state_file_write(struct state_file *, struct state *);

/* Gives the lock back.  Nothing happens where none is open. */
void state_file_close(struct state_file *);

#endif
