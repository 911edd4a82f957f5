/* recent - the last lines of an output.
 * SPDX-License-Identifier: ISC */
#include "lib/recent.h"

#include <errno.h>
#include <string.h>

#include "lib/file.h"

/* The last whole lines of it that fit. */
static struct span
last_lines(const struct recent *r)
{
	struct span s = buf_span(&r->lines);
	size_t skip;
	const char *end;

	if (s.n <= RECENT_BYTES)
		return s;
	skip = s.n - RECENT_BYTES;
	end = memchr(s.p + skip - 1, '\n', RECENT_BYTES + 1);
	if (end != NULL)
		skip = (size_t)(end + 1 - s.p);
	return (struct span){ s.p + skip, s.n - skip };
}

void
recent_keep(struct recent *r, struct span line)
{
	if (r->lines.n > 2 * RECENT_BYTES) {
		struct span last = last_lines(r);

		memmove(r->lines.p, last.p, last.n);
		r->lines.n = last.n;
	}
	/* What only looks on may miss a line where memory is short. */
	if (r->lines.failed)
		buf_clear(&r->lines);
	buf_add_span(&r->lines, line);
	buf_add_char(&r->lines, '\n');
	r->changed = true;
}

int
recent_write(struct recent *r)
{
	struct buf beside = { 0 };
	int rc = -1;

	if (r->file == NULL || !r->changed)
		return 0;
	buf_addf(&beside, "%s.new", r->file);
	if (buf_text(&beside) == NULL)
		errno = ENOMEM;
	else
		rc = file_replace(r->file, beside.p, 0666, last_lines(r));
	buf_free(&beside);
	r->changed = rc != 0;
	return rc;
}

void
recent_free(struct recent *r)
{
	buf_free(&r->lines);
	*r = (struct recent){ 0 };
}
