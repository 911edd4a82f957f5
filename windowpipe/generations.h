/* generations - the names that a log has had: app.log.1, app.log.2.gz.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_GENERATIONS_H
#define WINDOWPIPE_GENERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of app.log: app.log itself, which is the newest; app.log and a full stop or a
 * hyphen, and then a number of up to three digits, of which the larger is the
 * older, but the newer where the times at which they were changed all say so
 * (Log4j 2's fileIndex="max"); a time that begins with a digit (20261129,
 * 2026-11-29T10:00), of which the greater is the newer, or old, bak, prev,
 * save; the same ahead of its extension (app-20261129.log); and all these with
 * .gz.  Source: logrotate 3.21 (rotate, dateext, extension), savelog, Python's
 * logging.handlers, Log4j 2; read 2026-11.
 */
bool generations_is(const char *base, const char *name);

/* Below 0: a is older.  Packed or not makes no difference. */
int generations_order(const char *base, const char *a, const char *b);

/* One that is there, as a regular file. */
struct generation {
	char *name; /* with its folder; owned */
	uint64_t dev, inode, size;
	int64_t changed_ns; /* since 1970 */
	size_t rank;        /* from old to new; packed or not is one */
	size_t taken;       /* for who looks: which trail it is; 0: none */
};
struct generations {
	struct generation *of; /* owned; from old to new */
	size_t n, cap;
};

/*
 * Those of a file.  skips: names that are logs of their own, NULL: none; the
 * file's own name and that with .gz are not asked for.  0, or -1 with errno; a
 * folder that is not there has none.
 */
int generations_list(
    struct generations *, const char *path, bool (*skips)(const char *name));
void generations_free(struct generations *);

/* Are both the same files of the same names? */
bool generations_equal(const struct generations *, const struct generations *);

#endif
