/* options - the command line of fanout.
 * SPDX-License-Identifier: ISC */
#ifndef FANOUT_OPTIONS_H
#define FANOUT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/opt.h"

struct options {
	struct opt_common common;
	struct opt_texts files;
	bool append;
	bool ignore_interrupts;
	bool keep_going;
	int64_t gather_ms;
};

/*
 * Returns 0, or -1 after saying what is wrong.  options_free() is due in both
 * cases.
 */
int options_parse(struct options *, int argc, char **argv);
void options_free(struct options *);

#endif
