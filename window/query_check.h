/* query_check - what makes no sense in a query, found before input is read.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_QUERY_CHECK_H
#define WINDOW_QUERY_CHECK_H

#include "window/query.h"

/* 0, or -1 after an error with its remedy. */
int query_check_words(const struct query_words *);

/* Whether the declared type of the time field can be an event time. */
int query_check_time(const struct query *);

#endif
