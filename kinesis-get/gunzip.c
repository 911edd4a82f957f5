/* gunzip - data that a producer has compressed.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/gunzip.h"

#include <zlib.h>

enum {
	WINDOW_GZIP = 15 + 16, /* of inflateInit2(): gzip, of any window */
	PIECE_BYTES = 64 * 1024,
};

bool
gunzip_is(struct span s)
{
	return s.n > 2 && memcmp(s.p, "\x1f\x8b\x08", 3) == 0;
}

/* One piece of the output.  1: that was all; 0: there is more; -1. */
static int
inflate_piece(z_stream *z, struct buf *out, struct fault *f)
{
	char *to = buf_room(out, PIECE_BYTES);
	int rc;

	if (to == NULL)
		return fault_set(f, 0,
		    out->n + PIECE_BYTES > GUNZIP_MAX_BYTES
			? "it holds more than 64 MiB"
			: "out of memory");
	z->next_out = (unsigned char *)to;
	z->avail_out = PIECE_BYTES;
	rc = inflate(z, Z_NO_FLUSH);
	out->n += PIECE_BYTES - z->avail_out;
	if (rc == Z_STREAM_END && z->avail_in == 0)
		return 1;
	if (rc == Z_STREAM_END) /* another member follows */
		rc = inflateReset(z);
	if (rc == Z_OK)
		return 0;
	return fault_set(f, 0,
	    rc == Z_BUF_ERROR ? "gzip data are cut off"
			      : "gzip data are damaged");
}

int
gunzip(struct span s, struct buf *out, struct fault *f)
{
	z_stream z = { .avail_in = (unsigned)s.n };
	int rc = 0;

	z.next_in = (z_const unsigned char *)s.p;
	buf_clear(out);
	out->max = GUNZIP_MAX_BYTES;
	if (inflateInit2(&z, WINDOW_GZIP) != Z_OK)
		return fault_set(f, 0, "out of memory");
	while (rc == 0)
		rc = inflate_piece(&z, out, f);
	(void)inflateEnd(&z);
	return rc == 1 ? 0 : -1;
}
