/* clock - times as texts: SQL's own form, and by a pattern of Java's letters.
 *
 * Source: Apache Flink 1.20, DateTimeUtils; java.time.format.DateTimeFormatter
 * and java.text.SimpleDateFormat (Java 17, English); seen on Flink itself.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_CLOCK_H
#define SQL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * Times are ms since 1970 as the local clock reads, dates days since 1970,
 * times of day ms.
 *
 * "2026-01-31 23:59:59.120": of the fraction at least precision digits.
 */
void sql_clock_write(struct buf *, int64_t ms, int precision);
void sql_clock_write_time(struct buf *, int64_t ms, int precision);

/* Cut to so many digits of a second, toward 1970. */
int64_t sql_clock_cut(int64_t ms, int precision);

/*
 * What CAST reads: Y-M-D, behind it perhaps a blank and H:M:S[.f]; a day beyond
 * its month's end is that end.  A date may lack day or month, a time minutes
 * or seconds.  False: it is none.
 */
bool sql_clock_read(struct span, int precision, int64_t *ms);
bool sql_clock_read_date(struct span, int64_t *days);
bool sql_clock_read_time(struct span, int64_t *ms);

/* Y-M-D [H:M:S[.f]] again, where a number too large runs over. */
bool sql_clock_read_lenient(struct span, int64_t *ms);

/*
 * Patterns: strict ones are DateTimeFormatter's, the others SimpleDateFormat's,
 * which read on where a number is too large, and ignore what follows.
 */
enum sql_pattern { SQL_STRICT, SQL_SIMPLE };

/* NULL, or what is wrong with a pattern: static text. */
const char *sql_clock_check(struct span pattern, enum sql_pattern);

/* False: the text is not as the pattern says. */
bool sql_clock_parse(
    struct span text, struct span pattern, enum sql_pattern, int64_t *ms);
void sql_clock_format(struct buf *, int64_t ms, struct span pattern,
    enum sql_pattern, int64_t offset_ms);

/* Without what Java's trim() takes: bytes up to the blank, at both ends. */
static inline struct span
sql_trimmed(struct span s)
{
	while (s.n > 0 && (unsigned char)*s.p <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

#endif
