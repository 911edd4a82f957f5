/* proctime - the clock of processing time.
 * SPDX-License-Identifier: ISC */
#include "window/proctime.h"

int64_t
proctime_ms(struct proctime *p, int64_t wall, int64_t mono)
{
	int64_t elapsed = mono - p->mono_ms, ahead;

	if (!p->started) {
		*p = (struct proctime){ true, wall, mono };
		return wall;
	}
	if (wall >= p->now_ms + elapsed) {
		p->now_ms = wall;
		p->mono_ms = mono;
		return wall;
	}
	/* Up to a tenth of what has gone by is held back. */
	ahead = p->now_ms + elapsed - wall;
	if (elapsed / 10 < ahead)
		ahead = elapsed / 10;
	if (ahead == 0)
		return p->now_ms + elapsed;
	p->now_ms += elapsed - ahead;
	p->mono_ms = mono;
	return p->now_ms;
}
