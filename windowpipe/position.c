/* position - how far each file of a source has been read.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/position.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/counts.h"
#include "lib/crc.h"
#include "lib/diag.h"

enum {
	LOOK_BYTES = 4096, /* ahead of the offset, of which the sum is kept */
	NUMBERS = 6,
};

int
position_init(struct position *p, const char *const *names, size_t n)
{
	*p = (struct position){ .file = calloc(n + 1, sizeof *p->file) };
	if (p->file == NULL)
		return -1;
	p->n = n;
	for (size_t i = 0; i < n; i++)
		p->file[i].name = names[i];
	return 0;
}

void
position_free(struct position *p)
{
	free(p->file);
	*p = (struct position){ 0 };
}

bool
position_is_packed(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && strcmp(name + n - 3, ".gz") == 0;
}

int
position_sum(int fd, uint64_t offset, uint64_t *sum)
{
	char bytes[LOOK_BYTES];
	size_t want = offset < sizeof bytes ? (size_t)offset : sizeof bytes;
	size_t have = 0;

	while (have < want) {
		ssize_t n = pread(fd, bytes + have, want - have,
		    (off_t)(offset - want + have));

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
		have += (size_t)n;
	}
	*sum = crc64_add(0, bytes, want);
	return 0;
}

/* --- as bytes ------------------------------------------------------------- */

void
position_write(const struct position *p, struct buf *b)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct position_file *f = &p->file[i];
		uint64_t flags = (uint64_t)f->done | (uint64_t)f->torn << 1;

		if (!f->begun)
			continue;
		counts_add(b,
		    (uint64_t[NUMBERS]){ f->inode, f->size, f->offset, f->sum,
			flags, strlen(f->name) },
		    NUMBERS);
		buf_add_text(b, f->name);
		buf_add_char(b, '\n');
	}
}

/* One that is among the files of this run: it is told by its name. */
static struct position_file *
find(struct position *p, struct span name, size_t *next)
{
	for (size_t i = 0; i < p->n; i++) {
		struct position_file *f = &p->file[(*next + i) % p->n];

		if (f->begun || !span_equal(name, span_of(f->name)))
			continue;
		*next += i + 1; /* most come in their order */
		return f;
	}
	return NULL;
}

int
position_read(struct position *p, struct span in, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];
	size_t next = 0;

	while (in.n > 0) {
		struct position_file *f;
		uint64_t v[NUMBERS];
		struct span name;

		if (counts_take(&in, v, NUMBERS) == -1 || v[5] >= in.n ||
		    in.p[v[5]] != '\n') {
			buf_add_text(why, "it is no position of files; start "
					  "over in an empty folder");
			return -1;
		}
		name = (struct span){ in.p, (size_t)v[5] };
		in = (struct span){ in.p + v[5] + 1, in.n - v[5] - 1 };
		f = find(p, name, &next);
		if (f == NULL && (v[4] & 1) == 0) {
			buf_addf(why,
			    "%s was read in part, and is not among the files; "
			    "name it again, or start over in an empty folder",
			    diag_quote(quoted, name));
			return -1;
		}
		if (f == NULL)
			continue;
		f->begun = true;
		f->inode = v[0];
		f->size = v[1];
		f->offset = v[2];
		f->sum = v[3];
		f->done = (v[4] & 1) != 0;
		f->torn = (v[4] & 2) != 0;
	}
	return 0;
}

/* --- against what is there ------------------------------------------------ */

void
position_refuse(
    const struct position_file *f, struct buf *why, const char *what)
{
	char quoted[DIAG_QUOTE_MAX];

	buf_addf(why,
	    "%s %s; put back the file that was read, or start over in an "
	    "empty folder",
	    diag_quote(quoted, span_of(f->name)), what);
}

static int
refuse(const struct position_file *f, struct buf *why, const char *what)
{
	position_refuse(f, why, what);
	return -1;
}

/* A line that had no newline at the end was written as a row. */
static int
check_torn(struct position_file *f, int fd, struct buf *why)
{
	char next = '\n';

	if (pread(fd, &next, 1, (off_t)f->offset) == 1 && next != '\n')
		return refuse(f, why,
		    "goes on within its last line, which had no newline when "
		    "it was read as a row");
	f->offset++;
	f->torn = false;
	return position_sum(fd, f->offset, &f->sum);
}

static int
check_bytes(struct position_file *f, int fd, uint64_t size, struct buf *why)
{
	uint64_t sum;

	if (size < f->offset)
		return refuse(f, why, "is shorter than what was read of it");
	if (position_sum(fd, f->offset, &sum) == -1 || sum != f->sum)
		return refuse(
		    f, why, "has other bytes than those that were read of it");
	return f->torn && size > f->offset ? check_torn(f, fd, why) : 0;
}

int
position_check(struct position_file *f, bool *left, struct buf *why)
{
	int fd = open(f->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char quoted[DIAG_QUOTE_MAX];
	struct stat st;
	int rc = 0;

	if (fd == -1 || fstat(fd, &st) == -1) {
		buf_addf(why, "cannot read %s: %s",
		    diag_quote(quoted, span_of(f->name)), strerror(errno));
		rc = -1;
	} else if (!S_ISREG(st.st_mode)) {
		buf_addf(why,
		    "%s is no regular file, so it has no position to go on "
		    "from; name files",
		    diag_quote(quoted, span_of(f->name)));
		rc = -1;
	} else if (f->begun && (uint64_t)st.st_ino != f->inode) {
		rc = refuse(f, why,
		    "is another file than the one that was "
		    "read");
	} else if (f->begun && !position_is_packed(f->name)) {
		rc = check_bytes(f, fd, (uint64_t)st.st_size, why);
		f->done = f->offset == (uint64_t)st.st_size;
	} else if (f->begun) {
		f->done = f->done && f->size == (uint64_t)st.st_size;
	}
	*left = *left || !f->done;
	if (fd != -1)
		(void)close(fd); /* it was only read */
	return rc;
}
