/* key - the values of the key columns as bytes that sort as the values do.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_KEY_H
#define WINDOW_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"
#include "window/value.h"

/*
 * Appends the bytes of one key column's value; last: it is the last column.
 * Equal values give equal bytes, and memcmp() (then the shorter first) orders
 * keys as value_order() does, column by column: null first, false before true,
 * numbers by value, texts by bytes.
 */
void key_encode(struct buf *, const struct value *, bool last);

/*
 * The values again; decimals come stripped of trailing zeros.  Texts lie in
 * key, or in scratch, which must have room for key.n bytes more so that it
 * does not move.
 */
void key_decode(struct span key, struct value *, size_t n, struct buf *scratch);

/*
 * True where the bytes are what key_encode() makes of values of columns of
 * these types: key_decode() can be asked.
 */
bool key_is_valid(struct span key, const enum type_kind *types, size_t n);

#endif
