/* fit - how large requests may be, and how many at once, on a slow line.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/fit.h"

void
fit_init(struct fit *f, size_t bytes_most, size_t at_once_most)
{
	*f = (struct fit){ bytes_most, at_once_most, bytes_most, at_once_most };
}

static size_t
least(const struct fit *f)
{
	return f->bytes_most < FIT_LEAST ? f->bytes_most : FIT_LEAST;
}

/*
 * Each request speaks of its own size, so that many that were sent together
 * and are slow together count once.
 */
static void
shrink(struct fit *f, const struct fit_request *r, size_t bytes)
{
	size_t at_once = r->at_once > 1 ? r->at_once / 2 : 1;

	if (f->bytes == least(f) && at_once < f->at_once)
		f->at_once = at_once;
	if (bytes < f->bytes)
		f->bytes = bytes > least(f) ? bytes : least(f);
}

static void
grow(struct fit *f, const struct fit_request *r)
{
	if (f->at_once < f->at_once_most) {
		if (2 * r->at_once > f->at_once)
			f->at_once = 2 * r->at_once;
		if (f->at_once > f->at_once_most)
			f->at_once = f->at_once_most;
		return;
	}
	if (2 * r->bytes > f->bytes)
		f->bytes = 2 * r->bytes;
	if (f->bytes > f->bytes_most)
		f->bytes = f->bytes_most;
}

void
fit_note(struct fit *f, const struct fit_request *r)
{
	int64_t slow_ms =
	    r->timeout_ms / 4 < FIT_SLOW_MS ? r->timeout_ms / 4 : FIT_SLOW_MS;

	if (r->timed_out)
		shrink(f, r, r->bytes / 2);
	else if (r->upload_ms > slow_ms)
		shrink(f, r,
		    (size_t)((double)r->bytes * (double)slow_ms /
			     (double)r->upload_ms));
	else if (r->upload_ms <= slow_ms / 2 &&
		 r->elapsed_ms <= r->timeout_ms / 2)
		grow(f, r);
}
