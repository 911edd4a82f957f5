/* intake - lines of standard input become records.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_INTAKE_H
#define KINESIS_PUT_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "kinesis-put/completion.h"
#include "kinesis-put/key.h"
#include "kinesis-put/options.h"
#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/lines.h"
#include "lib/notice.h"

enum intake_line {
	INTAKE_ROW,
	INTAKE_CONTROL, /* no row, and done with */
	INTAKE_STOP,    /* nothing more is to be read; said why */
};

/* Where lines go. */
struct intake_sink {
	void *ctx; /* what the functions get */

	/* Is there room for a further line? */
	bool (*has_room)(void *ctx);

	/* A good line; its spans hold as long as the call. */
	void (*take)(void *ctx, struct wal_record *, int64_t now_ms);

	struct completion *completion; /* borrowed: rejected lines go there */

	/* What a line, or a piece of one, is; NULL: all are rows. */
	enum intake_line (*judge)(void *ctx, const struct line *);
};

struct intake {
	struct options *opt; /* borrowed; its keys are read with */
	struct intake_sink sink;
	uint64_t read; /* lines */
	struct lines lines;
	struct buf scratch;
	struct key key;
	bool pending; /* lines_next() has more, as far as known */
	bool ended;   /* end of input, or reading failed */
	bool stopped; /* by a signal: what has been read still counts */
	bool refused; /* a line or record, and nobody to keep it */
	bool cut_said;
	struct notice absent_notice;
	int64_t remarks_due_ms; /* monotonic; INT64_MAX: never */
	enum status status;
};

/* 0, or -1 after saying why. */
int intake_open(
    struct intake *, struct options *, const struct intake_sink *, int fd);
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

/*
 * Gives the lines that were read to the sink, while it has room; all:
 * regardless.  Bad ones are said.
 */
void intake_take(struct intake *, bool all, int64_t now_ms);

/*
 * Warns of fields of the partition key that no line has: soon after the first
 * lines of a stream, and at the end.
 */
void intake_remark(struct intake *, int64_t now_ms, bool at_end);

/* Says what was read of a line that has no end yet, if anything was. */
void intake_end(struct intake *);

#endif
