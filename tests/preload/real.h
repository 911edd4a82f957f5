/* real - the function that a preloaded one stands before.
 * SPDX-License-Identifier: ISC */
#ifndef TESTS_PRELOAD_REAL_H
#define TESTS_PRELOAD_REAL_H

#include <dlfcn.h>
#include <stddef.h>

/* Declares real, which is that of the library behind. */
#define REAL(name)                                                             \
	static __typeof__(&(name)) real;                                       \
	if (real == NULL)                                                      \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

#endif
