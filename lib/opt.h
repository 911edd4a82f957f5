/* opt - command lines from one table: parsing, help, nearest names.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_OPT_H
#define LIB_OPT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/diag.h"

enum opt_arg {
	OPT_FLAG,    /* takes no value */
	OPT_VALUE,   /* --name VALUE or --name=VALUE */
	OPT_MAYBE,   /* a value only by =: --name or --name=VALUE */
	OPT_HEADING, /* no option: help is a heading of the help text */
};

struct opt_def {
	const char *name; /* without the dashes; NULL for OPT_HEADING */
	char letter;      /* -x, or 0 */
	enum opt_arg arg;
	int id;            /* the program's own; ids below 0 are opt_common's */
	const char *value; /* what --help calls the value: "SIZE"; or NULL */
	const char *help;  /* one line; NULL hides the option from --help (an
	                      alias that another line explains) */
};

struct opt_spec {
	const char *usage;   /* what follows "usage: PROGRAM ", one line */
	const char *about;   /* one sentence on what the program does */
	const char *example; /* a command, printed last, under "example:"; both
	                        are broken into lines of 80 columns */
	const struct opt_def *defs;
	size_t ndefs;

	/*
	 * Called for each option in the order of the command line, options of
	 * --options FILE in the place of that option.  value is NULL where
	 * none was given; it lives as long as the process.  Returns 0, or -1
	 * after it has printed the error itself (opt_bad()).
	 */
	int (*set)(void *ctx, const struct opt_def *, const char *value);

	/* Called for each operand; NULL: operands are an error. */
	int (*operand)(void *ctx, const char *value);
	void *ctx;
};

/* What every program takes; part of its table by OPT_COMMON. */
enum opt_progress { PROGRESS_NEVER, PROGRESS_AUTO, PROGRESS_ALWAYS };
enum {
	OPT_ID_HELP = -1,
	OPT_ID_VERSION = -2,
	OPT_ID_NAME = -3,
	OPT_ID_STATS = -4,
	OPT_ID_PROGRESS = -5,
	OPT_ID_METRICS = -6,
	OPT_ID_METRICS_EVERY = -7,
	OPT_ID_OPTIONS = -8,
	OPT_ID_QUIET = -9,
};
struct opt_common {
	bool stats;
	enum opt_progress progress;
	const char *metrics; /* file, or NULL */
	long long metrics_every_ms;
};

/* clang-format off */
#define OPT_COMMON \
	{ NULL, 0, OPT_HEADING, 0, NULL, "common" }, \
	{ "name", 0, OPT_VALUE, OPT_ID_NAME, "NAME", \
	    "prefix of diagnostics, label of metrics" }, \
	{ "stats", 0, OPT_FLAG, OPT_ID_STATS, NULL, \
	    "one line of JSON on stderr at the end (SIGUSR1: now)" }, \
	{ "progress", 0, OPT_MAYBE, OPT_ID_PROGRESS, "WHEN", \
	    "live line on stderr: auto, always, never" }, \
	{ "metrics", 0, OPT_VALUE, OPT_ID_METRICS, "FILE", \
	    "Prometheus text, every --metrics-every 5s" }, \
	{ "metrics-every", 0, OPT_VALUE, OPT_ID_METRICS_EVERY, "D", NULL }, \
	{ "quiet", 'q', OPT_FLAG, OPT_ID_QUIET, NULL, NULL }, \
	{ "options", 0, OPT_VALUE, OPT_ID_OPTIONS, "FILE", \
	    "more options, one per line; -q, --quiet: no warnings" }, \
	{ "help", 'h', OPT_FLAG, OPT_ID_HELP, NULL, NULL }, \
	{ "version", 'V', OPT_FLAG, OPT_ID_VERSION, NULL, NULL }
/* clang-format on */

/*
 * Parses.  --help and --version print to stdout and exit 0 (3 where stdout
 * fails).  Returns 0, or -1 after printing the error: the caller ends with
 * STATUS_USAGE.  No abbreviations; an unknown option names the nearest known
 * one.  "--" ends the options.  --options files nest at most 8 deep; their
 * lines are "name value", "name=value" or "--name=value" (the value is the rest
 * of the line, less the blanks around it), blank ones and those that begin with
 * # are skipped; errors in them name file and line.
 */
int
opt_parse(const struct opt_spec *, struct opt_common *, int argc, char **argv);

/*
 * Prints "--NAME VALUE: WHAT; REMEDY" (with file and line inside an options
 * file) and returns -1.  remedy may be NULL.
 */
int opt_bad(const struct opt_def *, const char *value, const char *what,
    const char *remedy);

/*
 * Values with units, for set(): 0, or -1 after opt_bad().  See lib/units.h for
 * what is accepted.  Results are in ms and bytes.  Only the signed form takes
 * a duration below 0.
 */
int opt_duration_ms(const struct opt_def *, const char *value, long long *out);
int opt_signed_duration_ms(
    const struct opt_def *, const char *value, long long *out);
int opt_bytes(const struct opt_def *, const char *value, long long *out);
/* A whole number in min..max. */
int opt_integer(const struct opt_def *, const char *value, long long min,
    long long max, long long *out);

#endif
