/* fuzz - what every fuzz target shares.
 * SPDX-License-Identifier: ISC */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The target: libFuzzer calls it, or tests/fuzz/replay.c.  Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Says which property failed and where, and ends, as libFuzzer wants it. */
#define HOLDS(property)                                                        \
	do {                                                                   \
		if (!(property)) {                                             \
			fprintf(stderr, "%s:%d: does not hold: %s\n",          \
			    __FILE__, __LINE__, #property);                    \
			abort();                                               \
		}                                                              \
	} while (0)

/* A file of those bytes, at its start; its name is /proc/self/fd/NUMBER. */
static inline int
fuzz_file(const uint8_t *data, size_t n)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	HOLDS(fd != -1 && write(fd, data, n) == (ssize_t)n);
	HOLDS(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

#endif
