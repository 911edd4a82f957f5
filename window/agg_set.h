/* agg_set - what keeps more than one value of a group: COUNT(DISTINCT),
 * its estimate, and quantiles.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_AGG_SET_H
#define WINDOW_AGG_SET_H

#include "window/agg.h"

extern const struct agg_ops agg_distinct_ops, agg_approx_distinct_ops,
    agg_quantile_ops;

#endif
