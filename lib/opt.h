/* opt - a program's options as rows of a table: each says how its value is
 * read, and into which member of the program's struct it goes.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_OPT_H
#define LIB_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/diag.h"

/* What a program's rows fill; each program has its own. */
struct options;

enum opt_type {
	OPT_HEADING,  /* no option: help is a heading of the help text */
	OPT_FLAG,     /* bool: it is given; takes no value */
	OPT_TEXT,     /* const char * */
	OPT_TEXTS,    /* struct opt_texts: all that are given */
	OPT_INTEGER,  /* int64_t or uint64_t */
	OPT_BYTES,    /* the same: a size, "5M" (lib/units.h) */
	OPT_DURATION, /* int64_t, in ms: "10s"; "-10s" if its range has it */
	OPT_WORD,     /* an enum: the place of the word among words */
	OPT_CALL,     /* set() reads the value */
};

/* What a value may be; of a text it is the number of its bytes. */
struct opt_range {
	int64_t min, max;
	/* "WHAT; REMEDY" below and above it; NULL: the range is said. */
	const char *low, *high;
};

/* Borrowed texts in an array that is owned; all zero is empty. */
struct opt_texts {
	const char **text;
	size_t n, cap;
};

struct opt_def {
	const char *name; /* without the dashes */
	char letter;      /* -x, or 0 */
	enum opt_type type;
	bool maybe;        /* the value may be left out, and comes by = only */
	size_t at;         /* the member's place in the struct */
	size_t given;      /* 1 + the place of a bool that becomes true, or 0 */
	const char *value; /* what --help calls the value: "SIZE", NULL: it
	                      takes none; FILE and DIR are completed as that */
	const char *help;  /* one line; NULL hides the option from --help (an
	                      alias that another line explains) */
	const struct opt_range *range; /* NULL: any */
	const char *const *words;      /* ended by NULL */
	const char *wrong; /* "WHAT; REMEDY" of another word; NULL: the words */
	int bare;          /* of OPT_WORD: which it is without a value */
	/* Of OPT_CALL: 0, or -1 after it has said what is wrong. */
	int (*set)(struct options *, const struct opt_def *, const char *value);
	const char *arg; /* for set() */
};

/*
 * The rows of a table.  They name the member that they fill, and do not compile
 * where it has another type.  More may follow the help: .given =
 * OPT_GIVEN(MEMBER), .arg = TEXT, .maybe = true.
 */
#ifndef OPT_STRUCT
#define OPT_STRUCT struct options
#endif
/* clang-format off */
#define OPT_AT(member, ...) \
	(offsetof(OPT_STRUCT, member) + \
	    0 * sizeof(_Generic(((OPT_STRUCT *)NULL)->member, __VA_ARGS__)))
#define OPT_GIVEN(member) (OPT_AT(member, bool : 0) + 1)
#define OPT_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define OPT_ROW(t, n, l, v, h, ...) \
	{ .type = t, .name = n, .letter = l, .value = v, .help = h, __VA_ARGS__ }
#define OPT_NUMBER(t, n, l, v, m, r, h, ...) \
	OPT_ROW(t, n, l, v, h, .range = r, \
	    .at = OPT_AT(m, int64_t : 0, uint64_t : 0), __VA_ARGS__)

#define OPT_HEADING(help) OPT_ROW(OPT_HEADING, NULL, 0, NULL, help)
#define OPT_FLAG(name, letter, member, help) \
	OPT_ROW(OPT_FLAG, name, letter, NULL, help, .at = OPT_AT(member, bool : 0))
#define OPT_TEXT(n, l, v, m, h, ...) \
	OPT_ROW(OPT_TEXT, n, l, v, h, .at = OPT_AT(m, const char * : 0), \
	    __VA_ARGS__)
#define OPT_TEXTS(name, letter, value, member, help) \
	OPT_ROW(OPT_TEXTS, name, letter, value, help, \
	    .at = OPT_AT(member, struct opt_texts : 0))
#define OPT_INTEGER(name, letter, value, member, limits, ...) \
	OPT_NUMBER(OPT_INTEGER, name, letter, value, member, limits, __VA_ARGS__)
#define OPT_BYTES(name, letter, value, member, limits, ...) \
	OPT_NUMBER(OPT_BYTES, name, letter, value, member, limits, __VA_ARGS__)
#define OPT_DURATION(name, letter, value, member, limits, ...) \
	OPT_NUMBER(OPT_DURATION, name, letter, value, member, limits, __VA_ARGS__)
#define OPT_WORD(n, l, v, m, list, h, ...) \
	OPT_ROW(OPT_WORD, n, l, v, h, .words = list, \
	    .at = OPT_AT(m, unsigned : 0, int : 0), __VA_ARGS__)
#define OPT_CALL(n, l, v, function, h, ...) \
	OPT_ROW(OPT_CALL, n, l, v, h, .set = function, __VA_ARGS__)
/* clang-format on */

/* What every program takes after its own options. */
enum opt_progress { PROGRESS_NEVER, PROGRESS_AUTO, PROGRESS_ALWAYS };
struct opt_common {
	bool stats;
	enum opt_progress progress;
	const char *metrics; /* file, or NULL */
	const char *recent;  /* the same; an option of those with results */
	int64_t metrics_every_ms;
};

struct opt_spec {
	const char *usage;   /* what follows "usage: PROGRAM ", one line */
	const char *about;   /* one sentence on what the program does */
	const char *example; /* a command, printed last, under "example:"; both
	                        are broken into lines of 80 columns */
	const struct opt_def *defs;
	size_t ndefs;

	/* Called for each operand; NULL: operands are an error. */
	int (*operand)(struct options *, const char *value);
	bool operands_are_files;    /* for completions */
	enum opt_progress progress; /* what it is where it is not given */
};

/*
 * Parses into options, which hold what is true where an option is not given,
 * and common, which need not be initialized.  Options count in the order of the
 * command line, those of --options FILE in the place of that option; texts are
 * borrowed, and live as long as the process.  --help, --version and
 * --completion print to stdout and exit 0 (3 where stdout fails).  Returns 0,
 * or -1 after printing the error: the caller ends with STATUS_USAGE.  No
 * abbreviations; an unknown option names the nearest known one.  "--" ends the
 * options.  --options files nest at most 8 deep; their lines are "name value",
 * "name=value" or "--name=value" (the value is the rest of the line, less the
 * blanks around it), blank ones and those that begin with # are skipped; errors
 * in them name file and line.
 */
int opt_parse(const struct opt_spec *, struct options *, struct opt_common *,
    int argc, char **argv);

/* Options that make no sense together, and what is then said. */
struct opt_clash {
	bool is_so;
	const char *message; /* "WHAT; REMEDY" */
};

/* 0, or -1 after saying the first of them that is so. */
int opt_judge(const struct opt_clash *, size_t n);

/* --- for set() ----------------------------------------------------------- */

/*
 * Prints "--NAME VALUE: WHAT; REMEDY" (with file and line inside an options
 * file) and returns -1.  remedy may be NULL.
 */
int opt_bad(const struct opt_def *, const char *value, const char *what,
    const char *remedy);

/* Reads it as OPT_DURATION does, within the row's range: 0, or -1. */
int opt_duration_ms(const struct opt_def *, const char *value, int64_t *out);

/* 0, or -1 after saying that memory is out. */
int opt_texts_add(struct opt_texts *, const char *);

#endif
