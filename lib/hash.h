/* hash - of keys for hash tables, by a seed that nobody outside knows.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <stdint.h>

#include "lib/span.h"

/*
 * Who writes the keys must not be able to choose where they fall, or some
 * crafted thousands of them would make a table a list.  So a program draws a
 * seed before it makes a table, and no order of results may depend on a hash.
 * The seed is the process's; until it is drawn it is a constant.
 */

/* 0, or -1 after saying why: the system has no randomness. */
int hash_seed_draw(void);
void hash_seed(uint64_t, uint64_t); /* one that is known, for tests */

uint64_t hash_bytes(struct span);

/* The same of n <= 15 bytes, behind which are zeros: 15 may be read. */
uint64_t hash_padded(const char *, size_t n);

#endif
