/* place - where windowpipe finds what is installed beside it.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/place.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/diag.h"

int
place_find(struct buf *b, const char *in_tree, const char *installed)
{
	char self[PATH_MAX], quoted[DIAG_QUOTE_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	size_t from = b->n, bin;

	if (n == -1 || (size_t)n == sizeof self) {
		diag_error(NULL, "cannot tell where windowpipe itself is: %s",
		    n == -1 ? strerror(errno) : "its path is too long");
		return -1;
	}
	while (n > 0 && self[n - 1] != '/')
		n--;
	bin = (size_t)n;
	buf_add(b, self, bin);
	buf_addf(b, "../%s", in_tree);
	if (buf_text(b) != NULL && access(b->p + from, R_OK) == 0)
		return 0;
	b->n = from;
	buf_add(b, self, bin);
	buf_addf(b, "../share/windowpipe/%s", installed);
	if (buf_text(b) == NULL) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	if (access(b->p + from, R_OK) == 0)
		return 0;
	diag_error(NULL, "cannot read %s: %s; make install puts it there",
	    diag_quote(quoted, span_of(b->p + from)), strerror(errno));
	return -1;
}
