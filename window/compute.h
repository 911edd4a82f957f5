/* compute - what is computed of rows: columns, event time, which rows --where
 * takes, what --filter gives an aggregate.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_COMPUTE_H
#define WINDOW_COMPUTE_H

#include "window/query.h"

/* All zero but q is ready.  Only one such may use the query's programs. */
struct compute {
	const struct query *q;
	struct arena scratch; /* texts that are made, of a batch of rows */
	bool mixed;           /* values of different kinds were compared */
	int mixed_at;         /* in which row first, of the call that saw it */
	/* Of the last failure: what, in which expression, at which column. */
	struct compute_failure {
		const char *what;
		const char *option; /* "where" */
		const char *column; /* of that option, or NULL */
		size_t at;          /* of its text, from 1; 0: all of it */
		int field;          /* the first it depends on; -1: none */
	} failure;
};

/*
 * Computes for rows from the first-th on: the columns, t_ms where the event
 * time is one of them, filtered.  Returns the row on which an expression
 * failed, or rows->n.  Texts stay until the next call.
 */
int compute_rows(struct compute *, struct rows *, int first);
void compute_free(struct compute *);

#endif
