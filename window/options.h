/* options - the command line of window.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_OPTIONS_H
#define WINDOW_OPTIONS_H

#include "lib/opt.h"
#include "window/query.h"

enum explain_form { EXPLAIN_PLAN, EXPLAIN_FLINK, EXPLAIN_NOT };

struct options {
	struct opt_common common;
	struct query_words words;
	int64_t
	    size_ms[KIND_SESSION + 1]; /* by kind of window; -1: not given */
	int64_t gather_ms;
	const char *late;       /* file, or NULL */
	const char *rejects;    /* file, or NULL */
	const char *state;      /* file, or NULL */
	const char *checkpoint; /* folder, or NULL */
	bool at_eof_given;
	bool bounds_given; /* of keys, of memory, of lines */
	enum explain_form explain;
};

/* 0, or -1 after an error: status 2. */
int options_parse(struct options *, int argc, char **argv);
void options_free(struct options *);

#endif
