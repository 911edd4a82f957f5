/* ledger - how far each output is, and what it may take next.
 * SPDX-License-Identifier: ISC
 *
 * The input is a row of bytes, counted from 0.  Those between front and end
 * wait in a pipe, from which tee(2) can copy, and splice(2) take away, at its
 * front alone.  So an output that has taken more than another waits until the
 * front has come to where it is; and the last one to take bytes takes them
 * away.  (Bytes that wait in memory can be had from anywhere: front is then
 * unused.)
 */
#ifndef FANOUT_LEDGER_H
#define FANOUT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_mark {
	uint64_t at; /* bytes taken so far; front <= at <= end while live */
	bool is_live;
};

/* All zero is empty; marks are owned. */
struct ledger {
	struct ledger_mark *marks;
	size_t n;
	uint64_t front, end;
};

enum ledger_way {
	LEDGER_WAIT, /* nothing to take, or nothing yet */
	LEDGER_COPY, /* others need these bytes too: tee(2) */
	LEDGER_MOVE, /* nobody else does: splice(2) */
};

/* n outputs, all live, at 0.  Returns 0, or -1 where memory is short. */
int ledger_init(struct ledger *, size_t n);
void ledger_free(struct ledger *);

/* So many bytes have come in. */
void ledger_filled(struct ledger *, uint64_t bytes);

/* How output i may go on, and by how many bytes at most. */
enum ledger_way ledger_next(const struct ledger *, size_t i, uint64_t *bytes);

/* It has done so, by 1 up to that many bytes. */
void ledger_took(struct ledger *, size_t i, enum ledger_way, uint64_t bytes);

/*
 * Output i takes no more.  Returns the bytes at the front that nobody needs
 * now: the caller takes them away, the ledger holds them for gone.
 */
uint64_t ledger_drop(struct ledger *, size_t i);

/* Bytes that output i has yet to take of those that came in; 0 for a lost one.
 */
uint64_t ledger_lack(const struct ledger *, size_t i);

/* Is every live output at the end? */
bool ledger_is_even(const struct ledger *);

bool ledger_has_live(const struct ledger *);

/*
 * Does another output get no more because i has not taken what it lacks?
 * is_full: nothing more comes in before the front moves.
 */
bool ledger_holds_back(const struct ledger *, size_t i, bool is_full);

#endif
