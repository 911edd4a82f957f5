/* moment - dates, times and intervals: arithmetic, parts, rounding, texts.
 *
 * Source: Apache Flink 1.20, DateTimeUtils; seen on Flink itself.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_MOMENT_H
#define SQL_MOMENT_H

#include "sql/function.h"

/*
 * Arithmetic with times and intervals: 1 where it is, and is bound; 0: neither
 * is one; -1: it is, and makes no sense (told).
 */
int sql_bind_moment_arithmetic(struct sql_call *);

/* FLOOR and CEIL of a time TO a unit. */
bool sql_bind_floor_to(struct sql_call *);

bool sql_bind_extract(struct sql_call *); /* EXTRACT, YEAR, HOUR ... */
bool sql_bind_timestampadd(struct sql_call *);
bool sql_bind_timestampdiff(struct sql_call *);

/* Functions between times and texts; a pattern that is constant is checked. */
bool sql_bind_to_timestamp(struct sql_call *);
bool sql_bind_to_date(struct sql_call *);
bool sql_bind_date_format(struct sql_call *);
bool sql_bind_unix_timestamp(struct sql_call *);
bool sql_bind_from_unixtime(struct sql_call *);
bool sql_bind_convert_tz(struct sql_call *);
bool sql_bind_to_timestamp_ltz(struct sql_call *);
bool sql_bind_now(struct sql_call *); /* CURRENT_TIMESTAMP, LOCALTIME ... */

#endif
