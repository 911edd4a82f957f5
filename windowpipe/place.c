/* place - where windowpipe finds what is installed beside it.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/place.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "lib/diag.h"

/* From the folder of the program: of a build, and of one with sanitizers. */
static const char *const trees[] = { "../", "../../../" };

/* Adds bin, before and name; true where that can be read. */
static bool
is_there(struct buf *b, struct span bin, const char *before, const char *name)
{
	size_t from = b->n;

	buf_add_span(b, bin);
	buf_add_text(b, before);
	buf_add_text(b, name);
	if (buf_text(b) != NULL && access(b->p + from, R_OK) == 0)
		return true;
	b->n = from;
	return false;
}

int
place_find(struct buf *b, const char *in_tree, const char *installed)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	struct span bin = { self, 0 };

	if (n == -1 || (size_t)n == sizeof self) {
		diag_error(NULL, "cannot tell where windowpipe itself is: %s",
		    n == -1 ? strerror(errno) : "its path is too long");
		return -1;
	}
	while (n > 0 && self[n - 1] != '/')
		n--;
	bin.n = (size_t)n;
	for (size_t i = 0; i < sizeof trees / sizeof *trees; i++)
		if (is_there(b, bin, trees[i], in_tree))
			return 0;
	if (installed != NULL &&
	    is_there(b, bin, "../share/windowpipe/", installed))
		return 0;
	if (b->failed)
		diag_error(NULL, "out of memory");
	else if (installed == NULL)
		diag_error(NULL,
		    "%s is not there: that is for bin/windowpipe of the "
		    "sources",
		    in_tree);
	else
		diag_error(NULL,
		    "cannot find %s in %.*s../share/windowpipe: make install "
		    "puts it there",
		    installed, (int)bin.n, bin.p);
	return -1;
}
