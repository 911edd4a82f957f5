/* logs - all that is followed: files, and those of folders.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_LOGS_H
#define WINDOWPIPE_LOGS_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"
#include "windowpipe/log.h"

struct followed_folder {
	const char *name; /* borrowed */
	int said;         /* the errno why it cannot be read, once said */
};

/*
 * In the order in which they are read: files as they are given, then folders.
 * The logs of a folder, a log for each name that is read there, stand side by
 * side by their names; a file that is renamed goes on in the log of its new
 * name, and one that was packed in that of its copy, once it has been read to
 * its end.
 */
struct logs {
	struct log *log; /* owned */
	size_t n, cap;
	struct followed_folder *folder; /* owned */
	size_t nfolders;
};

/* What is a folder by now is one.  0, or -1 after saying that there is no
 * memory; logs_free() is due in both cases. */
int logs_init(struct logs *, const char *const *names, size_t n);
void logs_free(struct logs *);
void logs_remove(struct logs *, size_t at);

/* Looks for files that have come to the folders, or were renamed there; all
 * pointers to logs are then invalid.  0, or -1 after saying why. */
int logs_scan(struct logs *);

/* Adds all positions, for a part of a checkpoint; takes what that has added: 0,
 * or -1: *why says why. */
void logs_write(const struct logs *, struct buf *);
int logs_read(struct logs *, struct span, struct buf *why);

#endif
