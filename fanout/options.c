/* options - the command line of fanout: that of tee(1), and what all have.
 * SPDX-License-Identifier: ISC */
#include "fanout/options.h"

#include <stdlib.h>

#include "lib/diag.h"
#include "lib/gather.h"

/* clang-format off */
static const struct opt_def defs[] = {
	OPT_HEADING("copying"),
	OPT_FLAG("append", 'a', append,
	    "append to each FILE instead of overwriting it"),
	OPT_FLAG("keep-going", 'p', keep_going,
	    "if a reader goes away, continue with the others"),
	OPT_FLAG("ignore-interrupts", 'i', ignore_interrupts,
	    "ignore SIGINT"),
	OPT_DURATION("gather", 0, "D", gather_ms, NULL,
	    "how long slow input may gather: 5ms"),
};
/* clang-format on */

static int
operand(struct options *o, const char *value)
{
	if (*value != '\0')
		return opt_texts_add(&o->files, value);
	diag_error(NULL, "FILE is empty; give the name of a file");
	return -1;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = {
		.usage = "[-a] [-p] [options] [FILE]...",
		.about = "Copies standard input to standard output and each"
			 " FILE like tee, but without copying bytes between"
			 " pipes.",
		.example = "datagen | fanout >(window --tumble 10s"
			   " --processing-time --count >counts) | wc -l",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.operand = operand,
		.operands_are_files = true,
	};

	*o = (struct options){ .gather_ms = GATHER_MS };
	return opt_parse(&spec, o, &o->common, argc, argv);
}

void
options_free(struct options *o)
{
	free(o->files.text);
	*o = (struct options){ 0 };
}
