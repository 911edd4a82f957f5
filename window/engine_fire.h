/* engine_fire - the firing of windows, for engine.c.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_ENGINE_FIRE_H
#define WINDOW_ENGINE_FIRE_H

#include "window/engine.h"

/*
 * Emits every window with rows whose end - 1 <= settled_ms and that has not
 * been emitted, by end, then key, then start; forgets those with
 * end - 1 <= gone_ms.  Sets next_end_ms.  0, or -1: see e->stop.
 */
int engine_fire(struct engine *, int64_t settled_ms, int64_t gone_ms);

/*
 * A row has been added to entry of the current slice; made: it was that key's
 * first there.  Emits its group again for each of the slice's windows that had
 * fired.  0, or -1: see e->stop.
 */
int engine_revise(struct engine *, const struct entry *, bool made);

/* How often each group of a fired window has been written again. */
struct engine_revised {
	int64_t end_ms;
	struct table times; /* key -> uint32_t */
};

/* Those of the window that ends there, made if they are not there; NULL: out
 * of memory. */
struct table *engine_revised_of(struct engine *, int64_t end_ms);

/* Forgets what is known of windows written again that end up to end_ms. */
void engine_forget_revised(struct engine *, int64_t end_ms);

/* Records why the engine stops; returns -1. */
int engine_stop(struct engine *, enum engine_stop);

#endif
