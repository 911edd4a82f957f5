/* describe - a query as text: what a state is bound to.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_DESCRIBE_H
#define WINDOW_DESCRIBE_H

#include "window/query.h"

/*
 * The query as one text, the same for the same query however it was spelled:
 * what a state file is bound to.  One "name value" a line.
 */
void describe_query(const struct query *, struct buf *);

/*
 * Adds what differs first between two such texts, in words that name the
 * option: "it was made with --tumble '10s', now it is --tumble '1m'".  False
 * where nothing does.
 */
bool describe_difference(struct span was, struct span is, struct buf *);

#endif
