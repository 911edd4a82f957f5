/* opt_file - the bytes of options files, kept as long as the process lives.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_OPT_FILE_H
#define LIB_OPT_FILE_H

#include <stddef.h>

enum { OPT_FILE_BYTES_MAX = 1024 * 1024 };

/*
 * Reads a file whole: its bytes, *bytes of them, and a NUL behind them.  NULL
 * with errno where that fails; EFBIG beyond OPT_FILE_BYTES_MAX.  What it
 * returns may be changed by the caller, and is never freed: options' values
 * point into it.
 */
char *opt_file_read(const char *name, size_t *bytes);

#endif
