/* engine_state - all that an engine knows, as bytes, and back.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_ENGINE_STATE_H
#define WINDOW_ENGINE_STATE_H

#include "window/engine.h"
#include "window/stream.h"

/*
 * Open windows with their groups in the order in which they came, what is
 * known of windows written again, time, the number of rows, the counts.
 */
void engine_save(const struct engine *, struct stream_out *);

/*
 * The same into an engine fresh from engine_init(), of the same query.  False:
 * see in; the engine is then good for engine_free() alone.  Bytes that
 * engine_save() did not write are refused, or make an engine that gives some
 * answer, but never one that crashes.
 */
bool engine_load(struct engine *, struct stream_in *);

#endif
