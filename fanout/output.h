/* output - one place that the input is copied to.
 * SPDX-License-Identifier: ISC */
#ifndef FANOUT_OUTPUT_H
#define FANOUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum output_kind {
	OUTPUT_PIPE,  /* tee(2) and splice(2) can feed it */
	OUTPUT_FILE,  /* never makes anybody wait */
	OUTPUT_OTHER, /* a terminal, a socket, a device */
};

struct output {
	const char *name; /* "stdout", or FILE as given; borrowed */
	char *label;      /* a name of its own, UTF-8: for the account; owned */
	int fd;           /* owned but for stdout; -1: none, or closed */
	enum output_kind kind;
	int error;         /* errno for which it was lost, or 0 */
	uint64_t bytes;    /* that have reached it */
	int64_t waited_ns; /* bytes were there for it, and it took none */
	int64_t held_ns;   /* of that: and so another one got no more */
};

/*
 * stdout is output 0, and each file another.  FILEs are made with mode 0666
 * less umask, and emptied unless append.  A FIFO is waited for until it has a
 * reader.  Returns n + 1 outputs, or NULL after saying why; *error is then
 * EINTR if a signal asked to stop, ENOMEM, or what a FILE had.
 */
struct output *
outputs_open(const char *const *files, size_t n, bool append, int *error);

/*
 * Closes and frees.  Returns 0, or -1 after saying which file's close failed:
 * some systems tell of a full disk only then.
 */
int outputs_close(struct output *, size_t n);

/*
 * Writes some of the bytes: what can be had without waiting for a reader, as
 * far as the system lets us know.  Returns how many, 0 for none yet, or -1 with
 * errno.
 */
ssize_t output_write(struct output *, const char *p, size_t n);

#endif
