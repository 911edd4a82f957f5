/* opening - open(2) and openat(2) of a library that is preloaded, by one
 * function that it has: make().
 *
 * A part of the library's one file, which includes it behind make().
 *
 * SPDX-License-Identifier: ISC */
#ifndef TESTS_PRELOAD_OPENING_H
#define TESTS_PRELOAD_OPENING_H

#include <fcntl.h>
#include <stdarg.h>
#include <sys/types.h>

static mode_t
mode_of(int flags, va_list args)
{
	return (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
}

int
open(const char *name, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return make(AT_FDCWD, name, flags, mode);
}

int
openat(int dir, const char *name, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return make(dir, name, flags, mode);
}

#endif
