/* agg_set - what keeps more than one value of a group: COUNT(DISTINCT),
 * its estimate, and quantiles.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_AGG_SET_H
#define WINDOW_AGG_SET_H

#include "window/agg.h"

bool agg_bind_distinct(struct agg_call *);
bool agg_bind_approx_distinct(struct agg_call *);
bool agg_bind_quantile(struct agg_call *);

#endif
