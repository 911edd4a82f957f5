/* feed - whole lines of files, or of standard input, to a pipe.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/lines.h"
#include "lib/signals.h"

enum {
	/* What fills it without a newline no reader takes for a line. */
	BLOCK_BYTES = LINES_MAX_DEFAULT + 1,
	PIPE_BYTES = 1024 * 1024, /* asked for; less is no fault */
	/* How long a stop waits for the rest of a line from a pipe. */
	REST_MS = 1000,
};

struct feed {
	char *block;
	size_t held; /* of a line that has begun; at the start of block */
	bool splices;
	bool in_line; /* the last byte that was written is no newline */
};

/* 1: there is something to read; 0: asked to stop, or late; -1: errno. */
static int
wait_for(int fd, bool stopping)
{
	struct pollfd ready[] = {
		{ fd, POLLIN, 0 },
		{ stopping ? -1 : signals_fd(), POLLIN, 0 },
	};
	int n = poll(ready, 2, stopping ? REST_MS : -1);

	if (n == -1)
		return errno == EINTR ? 0 : -1;
	return ready[0].revents != 0;
}

static int
put(struct feed *f, const char *p, size_t n)
{
	if (n == 0)
		return 0;
	f->in_line = p[n - 1] != '\n';
	return file_write(STDOUT_FILENO, (struct span){ p, n });
}

/* Another n bytes are in the block: their whole lines go on. */
static int
put_lines(struct feed *f, size_t n)
{
	const char *new = f->block + f->held;
	const char *end = memrchr(new, '\n', n);
	size_t whole = end != NULL ? (size_t)(end + 1 - f->block) : 0;

	f->held += n;
	if (f->held - whole == BLOCK_BYTES)
		whole = BLOCK_BYTES;
	if (put(f, f->block, whole) == -1)
		return -1;
	f->held -= whole;
	memmove(f->block, f->block + whole, f->held);
	return 0;
}

/* The last line need not end. */
static int
put_rest(struct feed *f)
{
	size_t n = f->held;

	f->held = 0;
	return put(f, f->block, n);
}

/* 0: the end, -1: errno. */
static ssize_t
read_some(struct feed *f, int fd)
{
	return read(fd, f->block + f->held, BLOCK_BYTES - f->held);
}

/* Up to the end of the line that has begun. */
static int
finish_line(struct feed *f, int fd)
{
	while (f->in_line || f->held > 0) {
		int ready = wait_for(fd, true);
		ssize_t n = ready == 1 ? read_some(f, fd) : ready;
		char *new = f->block + f->held, *end;

		if (ready == 0)
			break;
		if (n == 0)
			return put_rest(f);
		if (n == -1)
			return -1;
		end = memchr(new, '\n', (size_t)n);
		if (end != NULL)
			n = end + 1 - new;
		if (put_lines(f, (size_t)n) == -1)
			return -1;
	}
	if (f->held > 0)
		diag_warn(NULL,
		    "stopped within a line: the %zu bytes of it that had been "
		    "read are not used",
		    f->held);
	return 0;
}

/* The bytes that were spliced nobody has seen; the file has them still. */
static int
look_back(struct feed *f, int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	char last;

	if (at <= 0)
		return (int)at;
	if (pread(fd, &last, 1, at - 1) != 1)
		return -1;
	f->in_line = last != '\n';
	return 0;
}

/* 1: more, 0: the end, -1: errno. */
static int
copy_some(struct feed *f, int fd)
{
	ssize_t n;

	if (f->splices) {
		n = splice(fd, NULL, STDOUT_FILENO, NULL, PIPE_BYTES, 0);
		if (n >= 0)
			return n > 0;
		if (errno == EINTR)
			return 1;
		if (errno != EINVAL)
			return -1;
		f->splices = false; /* not from here, not to there */
	}
	n = read_some(f, fd);
	if (n == -1)
		return errno == EINTR ? 1 : -1;
	return n == 0 ? 0 : put_lines(f, (size_t)n) == -1 ? -1 : 1;
}

static int
copy(struct feed *f, int fd)
{
	struct stat s;
	bool regular = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
	int more = 1;

	f->in_line = false;
	f->held = 0;
	f->splices = regular;
	while (more == 1 && signals_stop() == 0) {
		int ready = regular ? 1 : wait_for(fd, false);

		if (ready != 0)
			more = ready == -1 ? -1 : copy_some(f, fd);
	}
	if (more == -1 || (f->splices && look_back(f, fd) == -1))
		return -1;
	if (more == 1)
		return finish_line(f, fd);
	if (put_rest(f) == -1)
		return -1;
	return f->in_line ? put(f, "\n", 1) : 0;
}

static enum status
copy_file(struct feed *f, const char *name)
{
	char quoted[DIAG_QUOTE_MAX];
	enum status status = STATUS_OK;
	int fd = STDIN_FILENO;

	if (name != NULL)
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1 || copy(f, fd) == -1) {
		diag_error(NULL, "cannot copy %s: %s",
		    name == NULL ? "standard input"
				 : diag_quote(quoted, span_of(name)),
		    strerror(errno));
		status = STATUS_SYSTEM;
	}
	if (name != NULL && fd != -1)
		(void)close(fd); /* it was only read */
	return status;
}

enum status
feed_run(const char *const *files, size_t nfiles)
{
	struct feed f = { .block = malloc(BLOCK_BYTES) };
	enum status status = STATUS_OK;

	if (f.block == NULL) {
		diag_error(NULL, "out of memory");
		return STATUS_SYSTEM;
	}
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
	if (nfiles == 0)
		status = copy_file(&f, NULL);
	for (size_t i = 0;
	     i < nfiles && status == STATUS_OK && signals_stop() == 0; i++)
		status = copy_file(&f, files[i]);
	free(f.block);
	return status;
}
