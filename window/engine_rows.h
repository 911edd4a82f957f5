/* engine_rows - the short way of rows into the current slice, for engine.c.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_ENGINE_ROWS_H
#define WINDOW_ENGINE_ROWS_H

#include "window/engine.h"

/* The current slice has got a row by engine_row(): the short way is open. */
void engine_open_short(struct engine *);
void engine_close_short(struct engine *);

/* The row's keys as key_encode() has them, in e->key. */
struct span engine_key(struct engine *, const struct value *v);

/*
 * True for a key that is a whole number of 64 bits, declared or not: *k, which
 * no other key of its column is.
 */
static inline bool
engine_key_is_whole(const struct value *v, int64_t *k)
{
	if (v->kind == VALUE_INT) {
		*k = v->i;
		return true;
	}
	if (v->kind != VALUE_DECIMAL || v->scale != 0)
		return false;
	*k = (int64_t)v->units;
	return *k == v->units;
}

#endif
