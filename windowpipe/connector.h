/* connector - the programs and files that a job's tables stand for.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_CONNECTOR_H
#define WINDOWPIPE_CONNECTOR_H

#include "windowpipe/args.h"
#include "windowpipe/catalog.h"

/*
 * Where rows come from or go to.  args empty: no program of its own, but input
 * or output: "-" for those of the run, a path, or NULL for /dev/null.
 */
struct endpoint {
	struct args args;
	const char *file; /* in the script's arena */
};

/*
 * The table as a source, and as a sink; what is wrong with it as that is told.
 * Returns 0, or -1 after an error.  args is the caller's in either case.
 */
int connector_source(struct script *, const struct table *, struct endpoint *);
int connector_sink(struct script *, const struct table *, struct endpoint *);

/* The path of a filesystem table, without file://; NULL: it has none. */
const char *connector_path(struct script *, const struct table *);

/* Is a file of this name read where its folder is? */
bool connector_is_rows(const char *name);

/*
 * A duration of Flink's, "10 s", "5 min", "500ms", a bare number being ms.
 * False: it is none.
 */
bool connector_duration(struct span, int64_t *ms);

#endif
