/* options - the command line of fanout: that of tee(1), and what all have.
 * SPDX-License-Identifier: ISC */
#include "fanout/options.h"

#include <stdlib.h>

#include "lib/diag.h"
#include "lib/gather.h"

enum option_id {
	OPT_APPEND,
	OPT_IGNORE_INTERRUPTS,
	OPT_KEEP_GOING,
	OPT_GATHER,
};

/* clang-format off */
static const struct opt_def defs[] = {
	{ NULL, 0, OPT_HEADING, 0, NULL, "copying" },
	{ "append", 'a', OPT_FLAG, OPT_APPEND, NULL,
	    "append to each FILE instead of overwriting it" },
	{ "keep-going", 'p', OPT_FLAG, OPT_KEEP_GOING, NULL,
	    "if a reader goes away, continue with the others" },
	{ "ignore-interrupts", 'i', OPT_FLAG, OPT_IGNORE_INTERRUPTS, NULL,
	    "ignore SIGINT" },
	{ "gather", 0, OPT_VALUE, OPT_GATHER, "D",
	    "how long slow input may gather: 5ms" },
	OPT_COMMON,
};
/* clang-format on */

static int
set(void *ctx, const struct opt_def *d, const char *value)
{
	struct options *o = ctx;

	switch ((enum option_id)d->id) {
	case OPT_APPEND:
		o->append = true;
		return 0;
	case OPT_IGNORE_INTERRUPTS:
		o->ignore_interrupts = true;
		return 0;
	case OPT_KEEP_GOING:
		o->keep_going = true;
		return 0;
	case OPT_GATHER:
		return opt_duration_ms(d, value, &o->gather_ms);
	}
	return -1;
}

static int
operand(void *ctx, const char *value)
{
	struct options *o = ctx;

	if (*value == '\0') {
		diag_error(NULL, "FILE is empty; give the name of a file");
		return -1;
	}
	o->files[o->nfiles++] = value;
	return 0;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	struct opt_spec spec = {
		.usage = "[-a] [-p] [options] [FILE]...",
		.about = "Copies standard input to standard output and each"
			 " FILE like tee, but without copying bytes between"
			 " pipes.",
		.example = "datagen | fanout >(window --tumble 10s"
			   " --processing-time --count >counts) | wc -l",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.set = set,
		.operand = operand,
		.ctx = o,
	};

	/* No more operands than words; one at least, for malloc's sake. */
	*o = (struct options){
		.files = calloc((size_t)argc + 1, sizeof *o->files),
		.gather_ms = GATHER_MS,
	};
	if (o->files == NULL) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	return opt_parse(&spec, &o->common, argc, argv);
}

void
options_free(struct options *o)
{
	free(o->files);
	*o = (struct options){ 0 };
}
