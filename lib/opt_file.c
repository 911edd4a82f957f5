/* opt_file - the bytes of options files.
 * SPDX-License-Identifier: ISC */
#include "lib/opt_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"

enum { PIECE = 4096 };

/* The owner of every file's bytes; nothing takes one out again. */
struct text {
	struct text *next;
	struct buf bytes;
};
static struct text *texts;

/* Returns 0, or -1 with errno. */
static int
read_all(int fd, struct buf *b)
{
	ssize_t n;

	do {
		char *room = buf_room(b, PIECE);

		if (room == NULL) {
			errno = ENOMEM;
			return -1;
		}
		n = read(fd, room, PIECE);
		if (n > 0)
			b->n += (size_t)n;
		if (b->n > OPT_FILE_BYTES_MAX) {
			errno = EFBIG;
			return -1;
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
	if (n == 0 && buf_text(b) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return n == 0 ? 0 : -1;
}

char *
opt_file_read(const char *name, size_t *bytes)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY), error;
	struct text *t;

	if (fd == -1)
		return NULL;
	t = calloc(1, sizeof *t);
	if (t == NULL || read_all(fd, &t->bytes) == -1) {
		error = t == NULL ? ENOMEM : errno;
		if (t != NULL)
			buf_free(&t->bytes);
		free(t);
		(void)close(fd);
		errno = error;
		return NULL;
	}
	(void)close(fd); /* opened for reading: nothing can be lost */
	t->next = texts;
	texts = t;
	*bytes = t->bytes.n;
	return t->bytes.p;
}
