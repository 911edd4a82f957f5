/* intake - lines of standard input become records.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_INTAKE_H
#define KINESIS_PUT_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "kinesis-put/key.h"
#include "kinesis-put/options.h"
#include "kinesis-put/sender.h"
#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/lines.h"
#include "lib/notice.h"

struct intake {
	struct options *opt;   /* borrowed; its keys are read with */
	struct sender *sender; /* borrowed */
	struct lines lines;
	struct buf scratch;
	struct key key; /* of the line at hand */
	bool pending;   /* lines_next() has more, as far as known */
	bool ended;     /* end of input, or reading failed */
	bool stopped;   /* by a signal: what has been read still counts */
	bool refused;   /* a bad line, and no file to keep it in */
	bool cut_said;
	struct notice absent_notice;
	int64_t remarks_due_ms; /* monotonic; INT64_MAX: never */
	enum status status;
};

/* 0, or -1 after saying why. */
int intake_open(struct intake *, struct options *, struct sender *, int fd);
void intake_close(struct intake *);

/*
 * Is there anything to read from the descriptor: not ended, not stopped, and
 * all that was read is taken.
 */
bool intake_wants(const struct intake *);

/* May further records come at all? */
bool intake_is_over(const struct intake *);

/* Reads once what is there; waits as lines_fill() does. */
void intake_read(struct intake *, int64_t timeout_ms);

/* Is there room for further lines: in the spool, or under --buffer? */
bool intake_has_room(const struct intake *);

/* Takes the lines that were read, while there is room; all: regardless. */
void intake_take(struct intake *, bool all, int64_t now_ms);

/*
 * Judges a line: its keys are in in->key.  False: it is rejected, kept,
 * counted and said.
 */
bool intake_judge(struct intake *, const struct line *);

/* A piece of a line that is too long: rejected, kept, counted and said. */
void intake_take_long(struct intake *, const struct line *);

/*
 * Warns of fields of the partition key that no line has: soon after the first
 * lines of a stream, and at the end.
 */
void intake_remark(struct intake *, int64_t now_ms, bool at_end);

/* Says what was read of a line that has no end yet, if anything was. */
void intake_end(struct intake *);

#endif
