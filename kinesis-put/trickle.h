/* trickle - when to read again of input that comes little by little.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_TRICKLE_H
#define KINESIS_PUT_TRICKLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A writer of single lines would wake us for each of them, to no end: they
 * wait for --linger anyway.  So where little comes it is left to gather for a
 * few ms in its pipe; where much comes it is read at once.
 *
 * All times are of one clock, in ms.
 */
struct trickle {
	int64_t gather_ms; /* how long: a small part of --linger, perhaps 0 */
	int64_t since_ms;  /* when the bytes began to be counted */
	size_t bytes;      /* read since then */
	int64_t due_ms;    /* when to read again */
};

/* For records that wait linger_ms for company. */
void trickle_init(struct trickle *, int64_t linger_ms, int64_t now_ms);

/* So many bytes were read now. */
void trickle_note(struct trickle *, size_t bytes, int64_t now_ms);

#endif
