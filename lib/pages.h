/* pages - large pieces of memory.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_PAGES_H
#define LIB_PAGES_H

#include <stddef.h>

/*
 * A huge page of x86-64, and of arm64 with pages of 4 KiB.  What lies anywhere
 * in hundreds of megabytes is found in a fraction of the time where the
 * processor has to know of few pages.
 */
enum { PAGES_HUGE = 2 * 1024 * 1024 };

/*
 * n bytes that are zero, to be freed by pages_free() with the same n; NULL: out
 * of memory.  From PAGES_HUGE on they begin at a multiple of that, and the
 * system is asked for huge pages; what is not used yet takes no memory before.
 */
void *pages_new(size_t n);
void pages_free(void *, size_t n);

#endif
