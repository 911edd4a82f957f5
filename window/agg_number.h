/* agg_number - SUM, AVG, VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_AGG_NUMBER_H
#define WINDOW_AGG_NUMBER_H

#include "window/agg.h"

/* By enum agg_family; agg_var_ops is of STDDEV, too. */
extern const struct agg_ops agg_sum_ops[], agg_avg_ops[], agg_var_ops[];

#endif
