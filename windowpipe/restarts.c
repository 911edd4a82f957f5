/* restarts - how often, and after which pause.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/restarts.h"

int64_t
restarts_within(const struct restarts *r, int64_t now_ms)
{
	int64_t kept = r->n < (uint64_t)r->most ? (int64_t)r->n : r->most;
	int64_t within = 0;

	for (int64_t i = 0; i < kept; i++)
		within += now_ms - r->at_ms[i] < r->within_ms;
	return within;
}

int64_t
restarts_next(struct restarts *r, bool achieved, int64_t now_ms)
{
	if (r->most == 0 || restarts_within(r, now_ms) >= r->most)
		return -1;
	r->at_ms[r->n++ % (uint64_t)r->most] = now_ms;
	if (achieved || r->pause_ms == 0)
		r->pause_ms = RESTARTS_PAUSE_MS;
	else if (r->pause_ms < RESTARTS_PAUSE_MAX_MS / 2)
		r->pause_ms *= 2;
	else
		r->pause_ms = RESTARTS_PAUSE_MAX_MS;
	return r->pause_ms;
}
