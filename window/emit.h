/* emit - one finished group of a window as one line of JSON.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_EMIT_H
#define WINDOW_EMIT_H

#include <stdbool.h>

#include "lib/out.h"
#include "window/engine.h"
#include "window/query.h"

/* All zero but q and out is ready. */
struct emit {
	const struct query *q;
	struct out *out;
	struct value *keys; /* of the group being written */
	struct emit_bound {
		int64_t ms;
		struct buf text;
	} * bounds; /* by column: the window's, as it was written last */
	struct buf key_texts; /* which they may point into: never moves */
	struct buf scratch;   /* of one column's cast */
	uint64_t lines;       /* results written */
	bool null_refused;    /* a null met NOT NULL in --into: status 1 */
	bool unfit_said, cast_said;
};

/* An engine_emit_fn; ctx is a struct emit. */
int emit_result(void *ctx, const struct engine_result *);
void emit_free(struct emit *);

#endif
