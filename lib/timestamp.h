/* timestamp - ISO-8601 and SQL time text <-> milliseconds since 1970.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_TIMESTAMP_H
#define LIB_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/* The first ms of the year 0001 and the last of 9999: what time text can hold.
 */
#define TIMESTAMP_FIRST_MS INT64_C(-62135596800000)
#define TIMESTAMP_LAST_MS  INT64_C(253402300799999)

/*
 * "2024-06-10T06:13:20.123Z".  A date, YYYY-MM-DD or YYYY/MM/DD, alone (its
 * midnight) or with T, t or one blank and a time HH:MM[:SS[.f]]; or the basic
 * form YYYYMMDDTHHMM[SS[.f]].  The fraction has 0 to 9 digits behind a point or
 * a comma, cut to ms toward the past.  Behind a time stands nothing, or a zone:
 * Z, z, +HH:MM, +HHMM or +HH from 00:00 to 23:59 with either sign, one blank
 * before it or none, or one blank and UTC or GMT.  Years 0001 to 9999; days,
 * hours (00-23), minutes and seconds (00-59) must exist.  Nothing around it.
 * On success *ms is the date-time read as if UTC; *zoned tells whether the
 * text named a zone, and then *ms is the instant (offset taken off).
 */
int timestamp_parse(struct span, int64_t *ms, bool *zoned, struct fault *);

/*
 * Z, z, +HH:MM, +HHMM or +HH at text[*at], as ms east of UTC; *at goes behind
 * it.
 */
int timestamp_parse_offset(
    struct span text, size_t *at, int64_t *offset_ms, struct fault *);

/* "YYYY-MM-DD" as days since 1970; "HH:MM[:SS[.f]]" as ms of the day. */
int timestamp_parse_date(struct span, int64_t *days, struct fault *);
int timestamp_parse_time(struct span, int64_t *ms, struct fault *);

/*
 * "2024-06-10T06:13:20.5" and 'Z' if zoned: a fraction only where it is not
 * zero, without trailing zeros.  Any int64_t: years beyond 9999 as +10000,
 * before 0 as -0001, as java.time prints them.
 */
void timestamp_write(struct buf *, int64_t ms, bool zoned);

/* The same for who writes many of one day; all zero before the first. */
struct timestamp_date {
	int64_t days;
	size_t n;
	char text[24];
};
void timestamp_write_by(
    struct buf *, struct timestamp_date *, int64_t ms, bool zoned);

void timestamp_write_date(struct buf *, int64_t days);
void timestamp_write_time(struct buf *, int64_t ms); /* seconds always */

/*
 * The same written at to, which has room for 30 bytes; returns what is behind
 * it.  Of a clock (ms of the day) 0 to 3 digits of the second's fraction.
 */
char *timestamp_put_date(char *to, int64_t days);
char *timestamp_put_clock(char *to, int64_t ms, int digits);

/* The day since 1970 in which it lies. */
int64_t timestamp_day(int64_t ms);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t timestamp_days(int64_t year, int month, int day);
void timestamp_civil(int64_t days, int64_t *year, int *month, int *day);

/* What a time that is a number counts. */
enum time_unit { TIME_S, TIME_MS, TIME_US, TIME_NS };

#endif
