/* agg_number - SUM, AVG, VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_AGG_NUMBER_H
#define WINDOW_AGG_NUMBER_H

#include "window/agg.h"

bool agg_bind_sum(struct agg_call *);
bool agg_bind_avg(struct agg_call *);
bool agg_bind_var(struct agg_call *);

/* i as a type wraps it: the value modulo 2^8, 2^16, 2^32 or 2^64, signed. */
int64_t agg_wrap(int128 i, enum type_kind);

#endif
