/* explain_inner - the plan that is being written, for the files that do it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_EXPLAIN_INNER_H
#define WINDOW_EXPLAIN_INNER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "window/options.h"
#include "window/query.h"

enum { EXPLAIN_INDENT = 9 }; /* columns of a line's name */

struct plan {
	const struct options *o;
	const struct query *q;
	struct buf *out;
	int64_t now_ms;
	bool local; /* windows follow a clock of their own, not instants */
};

/* A line's name, in a column of its own; "" goes on with the line before. */
void explain_begin(struct plan *, const char *name);

void explain_duration(
    struct plan *, const char *before, int64_t ms, const char *after);

/* What a group takes, and all of them at the most. */
void explain_memory(struct plan *);

#endif
