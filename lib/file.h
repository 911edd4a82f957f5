/* file - small files: read whole, and replaced so that nobody sees a part.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * Adds all of the file, of at most max bytes.  Returns 0, or -1 with errno:
 * EFBIG where there is more.  file_read() opens and closes it.
 */
int file_read_fd(int fd, size_t max, struct buf *);
int file_read(const char *name, size_t max, struct buf *);

/*
 * Makes the file anew and opens it for writing: what a killed run has left
 * there is removed, and so is a link, which is not followed.  Returns the
 * descriptor, or -1 with errno.
 */
int file_make(const char *name, mode_t mode);

/* Writes all of it.  Returns 0, or -1 with errno. */
int file_write(int fd, struct span);

/*
 * Closes what was written, whose result is rc: that, or -1 where closing fails,
 * for some file systems tell only then of a full disk.  errno is that of what
 * failed first.
 */
int file_close(int fd, int rc);

/* Removes what may be there, and keeps errno. */
void file_drop(const char *name);

/*
 * Makes beside of the bytes and gives it the name, so that a reader sees the
 * old file or the new one.  It is not synced: who must keep it through a power
 * cut does that.  Returns 0, or -1 with errno; beside is gone then.
 */
int
file_replace(const char *name, const char *beside, mode_t mode, struct span);

/*
 * Could it be?  Returns NULL, or why not, until the next call, and in errno,
 * EINVAL for what is no file.  To be asked
 * first for a name of the user's: a device or a FIFO would be renamed over, and
 * so would a link such as /dev/stdout, whatever it leads to.
 */
const char *file_try_replace(const char *name, const char *beside);

/* The same as file_replace(), and it is on disk, its name too, when 0 is
 * returned. */
int file_save(const char *name, const char *beside, mode_t mode, struct span);

/* Makes durable which files have their names in a folder; 0, or -1 with
 * errno. */
int file_sync_folder(const char *folder);

/* The same of the folder that the file is in. */
int file_sync_name(const char *name);

#endif
