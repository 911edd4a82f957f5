/* state_file - the file of --state: locked, read, replaced whole.
 * SPDX-License-Identifier: ISC */
#include "window/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/report.h"
#include "lib/signals.h"

static enum status
say(const struct state_file *f, enum status status, const char *what)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_error(
	    NULL, "--state %s: %s", diag_quote(quoted, span_of(f->name)), what);
	return status;
}

static enum status
say_errno(const struct state_file *f, enum status status, const char *what)
{
	const char *cause = strerror(errno);
	char quoted[DIAG_QUOTE_MAX];

	diag_error(NULL, "--state %s: %s: %s",
	    diag_quote(quoted, span_of(f->name)), what, cause);
	return status;
}

/* --- the lock ------------------------------------------------------------ */

static enum status
take_lock(struct state_file *f, const char *lock_name)
{
	char quoted[DIAG_QUOTE_MAX];
	long holder;

	if (lock_take(&f->lock, lock_name, 0, &holder) == 0)
		return STATUS_OK;
	if (errno != EWOULDBLOCK)
		return say_errno(f, STATUS_USAGE,
		    "cannot make a lock (NAME.lock) beside it");
	diag_error(NULL,
	    "--state %s: in use by another window (process %ld); stop that "
	    "one, or name another file",
	    diag_quote(quoted, span_of(f->name)), holder);
	return STATUS_SYSTEM;
}

enum status
state_file_open(struct state_file *f, const char *name)
{
	struct stat st;
	const char *lock_name;

	*f = (struct state_file){ .name = name, .mode = 0666 };
	lock_init(&f->lock);
	buf_addf(&f->lock_name, "%s.lock", name);
	buf_addf(&f->new_name, "%s.new", name);
	if (*name == '\0')
		return say(f, STATUS_USAGE, "a file needs a name");
	lock_name = buf_text(&f->lock_name);
	if (lock_name == NULL || buf_text(&f->new_name) == NULL)
		return say(f, STATUS_SYSTEM, "out of memory");
	/* A link is not followed: it would be replaced, not what it means. */
	if (lstat(name, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			return say(
			    f, STATUS_USAGE, "not a regular file; name one");
		f->is_there = true;
		f->mode = st.st_mode & 0777;
	} else if (errno != ENOENT) {
		return say_errno(f, STATUS_USAGE, "cannot be examined");
	}
	return take_lock(f, lock_name);
}

void
state_file_close(struct state_file *f)
{
	if (f->name != NULL)
		lock_drop(&f->lock);
	buf_free(&f->lock_name);
	buf_free(&f->new_name);
	*f = (struct state_file){ 0 };
}

/* --- reading ------------------------------------------------------------- */

static enum status
read_bytes(struct state_file *f, struct span bytes, struct state *s)
{
	struct buf why = { 0 };
	const char *text;
	enum status status = STATUS_OK;

	switch (state_read(s, bytes, &why)) {
	case STATE_READ:
		break;
	case STATE_REFUSED:
		text = buf_text(&why);
		status = say(f, STATUS_USAGE, text != NULL ? text : "refused");
		break;
	case STATE_NO_MEMORY:
		status = say(f, STATUS_SYSTEM, "out of memory to read it");
		break;
	}
	buf_free(&why);
	return status;
}

enum status
state_file_read(struct state_file *f, struct state *s)
{
	enum status status;
	struct stat st;
	void *bytes = NULL;
	size_t n;
	int fd;

	/* Looked for again, now that nobody else replaces it. */
	fd = open(f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	f->is_there = fd != -1 || errno != ENOENT;
	if (!f->is_there)
		return STATUS_OK;
	if (fd == -1 || fstat(fd, &st) == -1) {
		status = say_errno(f, STATUS_USAGE, "cannot be opened");
		if (fd != -1)
			(void)close(fd);
		return status;
	}
	n = (size_t)st.st_size;
	if (n > 0)
		bytes = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		status = say_errno(f, STATUS_SYSTEM, "cannot be read");
	} else {
		status = read_bytes(f, (struct span){ bytes, n }, s);
		if (n > 0)
			(void)munmap(bytes, n);
	}
	(void)close(fd);
	return status;
}

/* --- writing ------------------------------------------------------------- */

struct saving {
	int fd;
	const char *name;
};

static int
write_all(void *ctx, struct span s)
{
	const struct saving *saving = ctx;

	if (signals_take_report())
		report_answer("saves the state in %s", saving->name);
	return file_write(saving->fd, s);
}

/* Makes and fills NAME.new; 0, or -1 with errno. */
static int
write_new(const struct state_file *f, struct state *s)
{
	int fd = file_make(f->new_name.p, f->mode), rc;

	if (fd == -1)
		return -1;
	rc = f->is_there ? fchmod(fd, f->mode) : 0;
	if (rc == 0)
		rc = state_write(s, write_all, &(struct saving){ fd, f->name });
	if (rc == 0)
		rc = fsync(fd);
	return file_close(fd, rc);
}

enum status
state_file_write(struct state_file *f, struct state *s)
{
	if (write_new(f, s) == -1 || rename(f->new_name.p, f->name) == -1) {
		file_drop(f->new_name.p);
		return say_errno(f, STATUS_SYSTEM,
		    f->is_there ? "cannot save; the previous state is kept"
				: "cannot save; there is no previous state");
	}
	f->is_there = true;
	if (file_sync_name(f->name) == -1)
		return say_errno(
		    f, STATUS_SYSTEM, "saved, but a power cut may undo that");
	return STATUS_OK;
}
