/* part - the parts that a generator's notation is made of.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_PART_H
#define DATAGEN_PART_H

#include "datagen/parser.h"

/*
 * Each reads what stands behind its word, which is at at; part_range() stands
 * at its first end.  0, or -1 after parser_fail().
 */
int part_range(struct parser *);
int part_sequence(struct parser *, size_t at);
int part_length(struct parser *, size_t at);
int part_null(struct parser *, size_t at);
int part_epoch(struct parser *, size_t at);
int part_past(struct parser *, size_t at);
int part_normal(struct parser *, size_t at);
int part_one_of(struct parser *, size_t at);

/* That the numbers of a sequence fit the type as they are. */
int part_check_sequence(struct parser *);

#endif
