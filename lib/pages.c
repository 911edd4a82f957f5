/* pages - large pieces of memory.
 * SPDX-License-Identifier: ISC */
#include "lib/pages.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The largest that a usual page is: of arm64, where it is so configured. */
enum { PAGE_MAX = 64 * 1024 };

static size_t
whole_pages(size_t n)
{
	return (n + PAGE_MAX - 1) & ~(size_t)(PAGE_MAX - 1);
}

void *
pages_new(size_t n)
{
	size_t before, taken;
	char *p;

	if (n < PAGES_HUGE)
		return calloc(1, n);
	if (n > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	n = whole_pages(n);
	taken = n + PAGES_HUGE;
	p = mmap(NULL, taken, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	/* What cannot be given back takes addresses, but no memory. */
	before = -(uintptr_t)p % PAGES_HUGE;
	if (before > 0)
		(void)munmap(p, before);
	p += before;
	if (taken - before > n)
		(void)munmap(p + n, taken - before - n);
#ifdef MADV_HUGEPAGE
	/* Without them it is only slower. */
	(void)madvise(p, n, MADV_HUGEPAGE);
#endif
	return p;
}

void
pages_free(void *p, size_t n)
{
	if (n < PAGES_HUGE)
		free(p);
	else if (p != NULL)
		(void)munmap(p, whole_pages(n));
}
