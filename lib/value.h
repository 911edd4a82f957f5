/* value - one value of a column, as programs compute with it.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_VALUE_H
#define LIB_VALUE_H

#include <stdint.h>

#include "lib/decimal.h"
#include "lib/span.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,    /* i: 0 or 1 */
	VALUE_INT,     /* i: integers, days, ms */
	VALUE_DOUBLE,  /* d: DOUBLE, and FLOAT widened */
	VALUE_DECIMAL, /* units / 10^scale */
	VALUE_TEXT,    /* text: borrowed */
};

/*
 * What a value's kind is follows from its column's type: TINYINT to BIGINT,
 * DATE (days since 1970), TIME (ms of the day), TIMESTAMP (ms since 1970 on
 * the local clock) and TIMESTAMP_LTZ (ms since 1970, an instant) are
 * VALUE_INT; FLOAT and DOUBLE VALUE_DOUBLE; an undeclared column may hold any
 * of NULL, BOOL, DECIMAL (stripped of trailing zeros) and TEXT.  A value lies
 * in accumulators, too, which are aligned to 8 bytes only.
 */
typedef int128 int128_at8 __attribute__((aligned(8)));

struct value {
	enum value_kind kind;
	int scale;
	union {
		int64_t i;
		double d;
		int128_at8 units;
		struct span text;
	};
};

static inline struct decimal
value_decimal(const struct value *v)
{
	return (struct decimal){ v->units, v->scale };
}

#endif
