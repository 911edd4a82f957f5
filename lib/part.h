/* part - the bytes of what one stage keeps of one checkpoint.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_PART_H
#define LIB_PART_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * The file:
 *
 *	windowpipe checkpoint 1    the format
 *	number 42                  of the checkpoint
 *	program window
 *	name tumble                of the stage
 *	query 17                   so many bytes, and a newline
 *	...
 *	file late 1234             a file's length, one line for each
 *	content                    any bytes, to the last line
 *	...
 *	end 00000000000000001357 0123456789abcdef
 *
 * The last line begins with a newline of its own and tells the bytes before
 * it, and CRC-64/XZ of all before the sum: a part is known by its end.
 */
enum { PART_FORMAT = 1, PART_FILES = 4 };

struct part_file {
	struct span label;
	uint64_t length;
};

/* Borrows all. */
struct part {
	uint64_t format; /* of one that was read; 0: it has none */
	uint64_t number;
	struct span program, name, query;
	struct part_file files[PART_FILES];
	size_t nfiles;
	struct span content; /* of one that was read */
};

/* --- writing: begin, add, end --------------------------------------------- */

/* write takes all bytes: 0, or -1. */
struct part_writer {
	int (*write)(void *ctx, struct span);
	void *ctx;
	uint64_t length, sum;
};

/*
 * All three: 0, or -1 where write failed or (part_begin(), errno ENOMEM) there
 * was no memory.  ctx of part_add() is the writer.
 */
int part_begin(struct part_writer *, const struct part *);
typedef int part_add_fn(void *ctx, struct span);
part_add_fn part_add;

/* A content that is one text: gives it to add and frees it.  -1, too, where it
 * has failed: ENOMEM. */
int part_add_text(part_add_fn *add, void *ctx, struct buf *);

int part_end(struct part_writer *);

/* --- reading -------------------------------------------------------------- */

/*
 * 0, or -1 where the bytes are no whole part of this format: *why says what
 * they are instead ("it is cut off"), and format is what they say.  Nothing is
 * believed before the checksum has been found right.  The part borrows from the
 * bytes.
 */
int part_read(struct span bytes, struct part *, struct buf *why);

#endif
