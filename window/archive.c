/* archive - the bytes of a state, out and in.
 * SPDX-License-Identifier: ISC */
#include "window/archive.h"

#include <string.h>

enum { FLUSH_BYTES = 64 * 1024 };

static void
flush(struct archive *a)
{
	a->failed |= a->buf.failed;
	if (!a->failed && a->buf.n > 0 &&
	    a->write(a->ctx, buf_span(&a->buf)) == -1)
		a->failed = true;
	buf_clear(&a->buf);
}

const char *
archive_raw(struct archive *a, const void *p, size_t n)
{
	const char *in = a->p;

	if (!a->loads) {
		buf_add(&a->buf, p, n);
		if (a->write != NULL && a->buf.n > FLUSH_BYTES)
			flush(a);
		return p;
	}
	if (n > (size_t)(a->end - a->p))
		archive_refuse(a);
	if (!archive_is_sound(a))
		return NULL;
	a->p += n;
	return in;
}

void
archive_bytes(struct archive *a, void *p, size_t n)
{
	const char *in;

	if (n == 0)
		return; /* where there are none p may be NULL */
	in = archive_raw(a, p, n);
	if (in == NULL)
		memset(p, 0, n);
	else if (a->loads)
		memcpy(p, in, n);
}

uint64_t
archive_u64(struct archive *a, uint64_t v)
{
	archive(a, v);
	return v;
}

int64_t
archive_i64(struct archive *a, int64_t v)
{
	archive(a, v);
	return v;
}

bool
archive_bool(struct archive *a, bool v)
{
	unsigned char byte = v;

	archive(a, byte);
	if (byte > 1)
		archive_refuse(a);
	return byte == 1;
}

struct span
archive_span(struct archive *a, struct span s)
{
	size_t n = (size_t)archive_u64(a, s.n);
	const char *p = archive_raw(a, s.p, n);

	return p == NULL ? (struct span){ 0 } : (struct span){ p, n };
}

bool
archive_refuse(struct archive *a)
{
	/* What goes out is ours. */
	a->bad |= a->loads && !a->failed;
	return false;
}

bool
archive_fail(struct archive *a)
{
	a->failed = true;
	return false;
}

int
archive_end(struct archive *a)
{
	flush(a);
	buf_free(&a->buf);
	return a->failed ? -1 : 0;
}
