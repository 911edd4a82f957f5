/* watch - wakes up when something changes in folders.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_WATCH_H
#define WINDOWPIPE_WATCH_H

#include <stdbool.h>

/*
 * By inotify(7) where the system has it, and has a watch left; else fd is -1 or
 * silent, and whoever waits must look by himself from time to time.  He must in
 * any case: nothing is told of what another machine writes to a shared file
 * system, nor of a file that has been moved to another folder.
 */
struct watch {
	int fd; /* for poll(); -1: none */
};

void watch_open(struct watch *);
void watch_close(struct watch *);

/* Changes in that folder count from now on.  To be called again where it may be
 * another one by now. */
void watch_folder(struct watch *, const char *folder);

/* The same of the folder that a file is in, and of that which a link leads to.
 */
void watch_file(struct watch *, const char *name);

/*
 * Takes what has been told, if anything is: each() gets the name, without its
 * folder, of a file that was changed, come or gone; NULL: any.  *names: files
 * have come or gone, not only grown.
 */
void watch_take(struct watch *, bool *names,
    void (*each)(void *ctx, const char *name), void *ctx);

#endif
