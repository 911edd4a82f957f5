/* opt_file - the bytes of options files.
 * SPDX-License-Identifier: ISC */
#include "lib/opt_file.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/file.h"

/* The owner of every file's bytes; nothing takes one out again. */
struct text {
	struct text *next;
	struct buf bytes;
};
static struct text *texts;

char *
opt_file_read(const char *name, size_t *bytes)
{
	struct text *t = calloc(1, sizeof *t);
	int error = ENOMEM;

	if (t == NULL || file_read(name, OPT_FILE_BYTES_MAX, &t->bytes) == -1 ||
	    buf_text(&t->bytes) == NULL) {
		if (t != NULL && !t->bytes.failed)
			error = errno;
		if (t != NULL)
			buf_free(&t->bytes);
		free(t);
		errno = error;
		return NULL;
	}
	t->next = texts;
	texts = t;
	*bytes = t->bytes.n;
	return t->bytes.p;
}
