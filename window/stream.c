/* stream - bytes of a state, one after the other.
 * SPDX-License-Identifier: ISC */
#include "window/stream.h"

#include <string.h>

enum { FLUSH_BYTES = 64 * 1024 };

static void
flush(struct stream_out *o)
{
	if (o->buf.failed || o->failed)
		o->failed = true;
	else if (o->buf.n > 0 && o->flush(o->ctx, buf_span(&o->buf)) == -1)
		o->failed = true;
	buf_clear(&o->buf);
}

void
stream_relieve(struct stream_out *o)
{
	if (o->buf.n > FLUSH_BYTES || o->buf.failed)
		flush(o);
}

void
stream_put(struct stream_out *o, const void *p, size_t n)
{
	buf_add(&o->buf, p, n);
	stream_relieve(o);
}

void
stream_put_u64(struct stream_out *o, uint64_t v)
{
	stream_put(o, &v, sizeof v);
}

void
stream_put_i64(struct stream_out *o, int64_t v)
{
	stream_put(o, &v, sizeof v);
}

void
stream_put_bool(struct stream_out *o, bool v)
{
	stream_put(o, v ? "\1" : "\0", 1);
}

void
stream_put_span(struct stream_out *o, struct span s)
{
	stream_put_u64(o, s.n);
	stream_put(o, s.p, s.n);
}

int
stream_end(struct stream_out *o)
{
	flush(o);
	buf_free(&o->buf);
	return o->failed ? -1 : 0;
}

bool
stream_bad(struct stream_in *in)
{
	in->bad = true;
	return false;
}

bool
stream_no_memory(struct stream_in *in)
{
	in->no_memory = true;
	return false;
}

void
stream_get(struct stream_in *in, void *p, size_t n)
{
	if (!stream_is_sound(in) || n > (size_t)(in->end - in->p)) {
		in->bad |= stream_is_sound(in);
		memset(p, 0, n);
		return;
	}
	memcpy(p, in->p, n);
	in->p += n;
}

uint64_t
stream_get_u64(struct stream_in *in)
{
	uint64_t v;

	stream_get(in, &v, sizeof v);
	return v;
}

int64_t
stream_get_i64(struct stream_in *in)
{
	int64_t v;

	stream_get(in, &v, sizeof v);
	return v;
}

bool
stream_get_bool(struct stream_in *in)
{
	unsigned char v;

	stream_get(in, &v, sizeof v);
	if (v > 1)
		stream_bad(in);
	return v == 1;
}

struct span
stream_get_span(struct stream_in *in)
{
	uint64_t n = stream_get_u64(in);
	struct span s = { in->p, (size_t)n };

	if (!stream_is_sound(in))
		return (struct span){ 0 };
	if (n > (size_t)(in->end - in->p)) {
		stream_bad(in);
		return (struct span){ 0 };
	}
	in->p += n;
	return s;
}
