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

#include "lib/array.h"
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

/* What was read of one file, with its name of then. */
struct saved {
	struct span name;
	struct position_file file;
	bool found; /* among the files of this run */
};

static bool
take_saved(struct span *in, struct saved *s)
{
	uint64_t v[NUMBERS];

	if (counts_take(in, v, NUMBERS) == -1 || v[5] >= in->n ||
	    in->p[v[5]] != '\n')
		return false;
	*s = (struct saved){ .name = { in->p, (size_t)v[5] },
		.file = { .begun = true,
		    .inode = v[0],
		    .size = v[1],
		    .offset = v[2],
		    .sum = v[3],
		    .done = (v[4] & 1) != 0,
		    .torn = (v[4] & 2) != 0 } };
	*in = span_from(*in, s->name.n + 1);
	return true;
}

/* Has the file of that name the bytes ahead of where reading was left? */
static bool
has_bytes(const char *name, const struct position_file *was)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint64_t sum;
	bool has = fd != -1 && position_sum(fd, was->offset, &sum) == 0 &&
	           sum == was->sum;

	if (fd != -1)
		(void)close(fd); /* it was only read */
	return has;
}

/* By what it is found again, in this order. */
enum sign {
	SIGN_SAME, /* name and inode */
	/* The inode, which another may have by now, and the bytes, which one
	 * that is packed does not show. */
	SIGN_RENAMED,
	SIGN_NAME, /* to be refused: another has its name */
	SIGNS,
};

static bool
is_it(const struct position_file *f, uint64_t inode, const struct saved *s,
    enum sign sign)
{
	bool same = inode == s->file.inode;

	if (f->begun || (sign != SIGN_NAME && !same))
		return false;
	if (sign != SIGN_RENAMED)
		return span_equal(s->name, span_of(f->name));
	return s->file.offset > 0 && !position_is_packed(f->name) &&
	       has_bytes(f->name, &s->file);
}

static void
find(struct position *p, const uint64_t *inode, struct saved *s, size_t *next,
    enum sign sign)
{
	for (size_t i = 0; i < p->n && !s->found; i++) {
		size_t k = (*next + i) % p->n;
		struct position_file *f = &p->file[k];
		const char *name = f->name;

		if (!is_it(f, inode[k], s, sign))
			continue;
		*f = s->file;
		f->name = name;
		s->found = true;
		*next = k + 1; /* most come in their order */
	}
}

/* 0, or -1 without memory. */
static int
find_all(struct position *p, struct saved *saved, size_t n)
{
	uint64_t *inode = calloc(p->n + 1, sizeof *inode);
	size_t next = 0;
	struct stat st;

	if (inode == NULL)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (stat(p->file[i].name, &st) == 0)
			inode[i] = (uint64_t)st.st_ino;
	for (enum sign sign = 0; sign < SIGNS; sign++)
		for (size_t i = 0; i < n; i++)
			find(p, inode, &saved[i], &next, sign);
	free(inode);
	return 0;
}

/* Of those that are not found, one that was read to its end may have gone. */
static int
check_all(const struct saved *saved, size_t n, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];

	for (size_t i = 0; i < n; i++) {
		if (saved[i].found || saved[i].file.done)
			continue;
		buf_addf(why,
		    "%s was read in part, and is not among the files; "
		    "name it again, or start over in an empty folder",
		    diag_quote(quoted, saved[i].name));
		return -1;
	}
	return 0;
}

int
position_read(struct position *p, struct span in, struct buf *why)
{
	struct saved *saved = NULL;
	size_t n = 0, cap = 0;
	int rc = 0;

	while (in.n > 0 && rc == 0) {
		rc = array_room(saved, cap, n + 1);
		if (rc == 0 && take_saved(&in, &saved[n])) {
			n++;
		} else if (rc == 0) {
			buf_add_text(why, "it is no position of files; start "
					  "over in an empty folder");
			rc = -1;
		}
	}
	if (rc == 0)
		rc = find_all(p, saved, n);
	if (rc == 0)
		rc = check_all(saved, n, why);
	else if (why->n == 0)
		buf_add_text(why, "out of memory");
	free(saved);
	return rc;
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
