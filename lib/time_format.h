/* time_format - times in the letters of strptime(3), of which the names are
 * English in every locale.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_TIME_FORMAT_H
#define LIB_TIME_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/fault.h"
#include "lib/span.h"

struct time_format {
	bool no_year; /* it is the clock's */
	char text[];  /* as it is read: %T is %H:%M:%S there */
};

/* What may follow '%', for messages. */
#define TIME_FORMAT_LETTERS                                                    \
	"%a %A %b %B %c %d %D %e %f %F %h %H %I %j %k %l %m %M %n %p %r %R "   \
	"%s %S %t %T %u %w %x %X %y %Y %z %Z %%"

/*
 * For the caller to free(); or NULL with a fault whose at is a place in the
 * text: an unknown letter, a part of a time given twice, or a whole that is no
 * time.
 */
struct time_format *time_format_new(const char *text, struct fault *);

/*
 * Reads all of a text.  *ms and *zoned are as of timestamp_parse().  Without a
 * year in the format it is the latest that puts the time no more than a day
 * ahead of now_ms.  0, or -1 with a fault at the byte that does not fit.
 */
int time_format_read(const struct time_format *, struct span, int64_t now_ms,
    int64_t *ms, bool *zoned, struct fault *);

#endif
