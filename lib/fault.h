/* fault - why a pure function said no.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_FAULT_H
#define LIB_FAULT_H

#include <stddef.h>

/*
 * A function that takes a struct fault * and returns -1 has filled it.
 * what: static text, lower case, no full stop ("minute out of range").
 * at:   offset in bytes, from 0, into the text the function was given.
 */
struct fault {
	const char *what;
	size_t at;
};

/* Fills *f (which may be NULL) and returns -1, so that it can be returned. */
static inline int
fault_set(struct fault *f, size_t at, const char *what)
{
	if (f != NULL)
		*f = (struct fault){ what, at };
	return -1;
}

#endif
