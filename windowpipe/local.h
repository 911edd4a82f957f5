/* local - a Kinesis for one run, on this machine.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_LOCAL_H
#define WINDOWPIPE_LOCAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "windowpipe/plan.h"

struct local {
	pid_t pid; /* 0: none runs */
	struct buf url;
};

/*
 * Starts it, by scripts/local-kinesis of the sources, with the streams of the
 * plan, and makes it what the stages find: no AWS setting of the user's
 * reaches them from here on.  An endpoint that the plan names is replaced.  Its
 * log is in the folder work.  It ends with us, however we end.  0, or -1 after
 * saying why not.
 */
int local_start(struct local *, struct plan *, const char *work);

/* False once it has died. */
bool local_is_there(const struct local *);
void local_end(struct local *);

/* The stream of a stage that writes to one, or reads one; NULL: it does not.
 * Its region too, NULL: not said. */
const char *local_stream(const struct stage *, const char **region);

#endif
