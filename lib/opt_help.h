/* opt_help - what opt.c prints: the help text, the version, the nearest name.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_OPT_HELP_H
#define LIB_OPT_HELP_H

#include "lib/opt.h"
#include "lib/span.h"

/* Print to stdout and end the process: 0, or 3 where stdout fails. */
_Noreturn void opt_help_print(const struct opt_spec *);
_Noreturn void opt_help_version(void);

/*
 * The option whose name takes the fewest insertions, deletions, replacements
 * and swaps of neighbours to become name, if that can be a slip and no other
 * option is as near; else NULL.
 */
const struct opt_def *
opt_help_nearest(const struct opt_spec *, struct span name);

#endif
