/* opt - command lines from one table.
 * SPDX-License-Identifier: ISC */
#include "lib/opt.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/opt_file.h"
#include "lib/opt_help.h"
#include "lib/units.h"
#include "lib/utf8.h"

enum {
	FILES_DEEP = 8, /* options files within options files */
	METRICS_EVERY_MS = 5000,
};

struct parser {
	const struct opt_spec *spec;
	struct opt_common *common;
	int depth; /* options files that are open */
};

/* Where opt_bad() is: a line of an options file, or the command line. */
static struct diag_at where;

static int
set_option(struct parser *, const struct opt_def *, const char *value);

int
opt_bad(const struct opt_def *d, const char *value, const char *what,
    const char *remedy)
{
	char quoted[DIAG_QUOTE_MAX] = "";

	if (value != NULL)
		diag_quote(quoted, span_of(value));
	diag_error(&where, "--%s%s%s: %s%s%s", d->name,
	    value == NULL ? "" : " ", quoted, what, remedy == NULL ? "" : "; ",
	    remedy == NULL ? "" : remedy);
	return -1;
}

static int
bad_duration(const struct opt_def *d, const char *value, struct fault f)
{
	char remedy[64] = "for example 10s";

	/* Only a number without a unit is at fault behind its last byte. */
	if (f.at > 0 && f.at == strlen(value))
		snprintf(remedy, sizeof remedy, "try %.20ss", value);
	return opt_bad(d, value, f.what, remedy);
}

int
opt_duration_ms(const struct opt_def *d, const char *value, long long *out)
{
	struct fault f;
	int64_t ms;

	if (units_duration_ms(span_of(value), &ms, &f) == -1)
		return bad_duration(d, value, f);
	*out = ms;
	return 0;
}

int
opt_signed_duration_ms(
    const struct opt_def *d, const char *value, long long *out)
{
	struct fault f;
	int64_t ms;

	if (units_signed_duration_ms(span_of(value), &ms, &f) == -1)
		return bad_duration(d, value, f);
	*out = ms;
	return 0;
}

int
opt_bytes(const struct opt_def *d, const char *value, long long *out)
{
	struct fault f;
	int64_t n;

	if (units_bytes(span_of(value), &n, &f) == -1)
		return opt_bad(d, value, f.what, "for example 5M");
	*out = n;
	return 0;
}

int
opt_integer(const struct opt_def *d, const char *value, long long min,
    long long max, long long *out)
{
	struct fault f;
	int64_t n;
	char range[80];

	if (max == INT64_MAX)
		snprintf(range, sizeof range, "give %lld or more", min);
	else
		snprintf(range, sizeof range, "give %lld to %lld", min, max);
	if (units_integer(span_of(value), &n, &f) == -1)
		return opt_bad(d, value, f.what, range);
	if (n < min || n > max)
		return opt_bad(d, value, "out of range", range);
	*out = n;
	return 0;
}

static const struct opt_def *
find_name(const struct opt_spec *spec, struct span name)
{
	for (size_t i = 0; i < spec->ndefs; i++) {
		if (spec->defs[i].arg != OPT_HEADING &&
		    span_is(name, spec->defs[i].name))
			return &spec->defs[i];
	}
	return NULL;
}

static const struct opt_def *
find_letter(const struct opt_spec *spec, char letter)
{
	for (size_t i = 0; i < spec->ndefs; i++) {
		if (spec->defs[i].arg != OPT_HEADING && letter != 0 &&
		    spec->defs[i].letter == letter)
			return &spec->defs[i];
	}
	return NULL;
}

/* dashes: "--" or "-", as it was written. */
static int
unknown(const struct opt_spec *spec, const char *dashes, struct span name)
{
	const struct opt_def *near = opt_help_nearest(spec, name);
	char quoted[DIAG_QUOTE_MAX];

	/* The dashes belong inside the quotes. */
	diag_quote(quoted, name);
	if (near != NULL)
		diag_error(&where, "unknown option '%s%s; did you mean --%s?",
		    dashes, quoted + 1, near->name);
	else
		diag_error(&where, "unknown option '%s%s; try %s --help",
		    dashes, quoted + 1, diag_program());
	return -1;
}

static int
missing(const struct opt_def *d)
{
	diag_error(&where, "--%s needs a value: --%s %s", d->name, d->name,
	    d->value == NULL ? "VALUE" : d->value);
	return -1;
}

static int
set_progress(struct opt_common *c, const struct opt_def *d, const char *value)
{
	if (value == NULL || strcmp(value, "auto") == 0)
		c->progress = PROGRESS_AUTO;
	else if (strcmp(value, "always") == 0)
		c->progress = PROGRESS_ALWAYS;
	else if (strcmp(value, "never") == 0)
		c->progress = PROGRESS_NEVER;
	else
		return opt_bad(
		    d, value, "unknown word", "give auto, always or never");
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *
skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* One line of an options file, ended by NUL, which it may change. */
static int
parse_file_line(struct parser *parser, char *line)
{
	char *name = skip_blanks(line), *end = name + strlen(name), *value;
	const struct opt_def *d;
	bool dashes = strncmp(name, "--", 2) == 0, equals;
	size_t n;

	if (*name == '\0' || *name == '#')
		return 0;
	while (is_blank(end[-1]))
		*--end = '\0';
	name += dashes ? 2 : 0;
	n = strcspn(name, "= \t\r");
	value = skip_blanks(name + n);
	equals = *value == '=';
	if (equals)
		value = skip_blanks(value + 1);
	d = find_name(parser->spec, (struct span){ name, n });
	if (d == NULL)
		return unknown(
		    parser->spec, dashes ? "--" : "", (struct span){ name, n });
	if (*value == '\0' && !equals)
		value = NULL;
	if (value == NULL && d->arg == OPT_VALUE)
		return missing(d);
	if (value != NULL && d->arg == OPT_FLAG)
		return opt_bad(d, value, "takes no value", NULL);
	return set_option(parser, d, value);
}

static int
parse_text(struct parser *parser, char *p, size_t bytes)
{
	char *end = p + bytes;

	if (bytes >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3; /* a byte order mark */
	for (; p < end; where.line++) {
		char *nl = memchr(p, '\n', (size_t)(end - p));
		char *stop = nl == NULL ? end : nl;

		*stop = '\0';
		if (strlen(p) != (size_t)(stop - p)) {
			diag_error(&where, "a NUL byte in the line");
			return -1;
		}
		if (parse_file_line(parser, p) == -1)
			return -1;
		p = stop + 1;
	}
	return 0;
}

static int
parse_file(struct parser *parser, const struct opt_def *d, const char *name)
{
	struct diag_at outer = where;
	char *text;
	size_t bytes;
	int rc;

	if (parser->depth == FILES_DEEP)
		return opt_bad(d, name, "options files nest more than 8 deep",
		    "does one name itself?");
	text = opt_file_read(name, &bytes);
	if (text == NULL)
		return opt_bad(d, name, strerror(errno), NULL);
	parser->depth++;
	where = (struct diag_at){ .source = name, .line = 1 };
	rc = parse_text(parser, text, bytes);
	where = outer;
	parser->depth--;
	return rc;
}

static int
set_common(struct parser *parser, const struct opt_def *d, const char *value)
{
	struct opt_common *c = parser->common;

	switch (d->id) {
	case OPT_ID_HELP:
		opt_help_print(parser->spec);
	case OPT_ID_VERSION:
		opt_help_version();
	case OPT_ID_NAME:
		if (*value == '\0')
			return opt_bad(d, value, "is empty", NULL);
		/* It becomes a text of JSON and of Prometheus. */
		if (!utf8_is_valid(span_of(value)))
			return opt_bad(d, value, "is not UTF-8", NULL);
		diag_name(value);
		return 0;
	case OPT_ID_QUIET:
		diag_be_quiet();
		return 0;
	case OPT_ID_STATS:
		c->stats = true;
		return 0;
	case OPT_ID_PROGRESS:
		return set_progress(c, d, value);
	case OPT_ID_METRICS:
		if (*value == '\0')
			return opt_bad(d, value, "is empty", NULL);
		c->metrics = value;
		return 0;
	case OPT_ID_METRICS_EVERY:
		if (opt_duration_ms(d, value, &c->metrics_every_ms) == -1)
			return -1;
		if (c->metrics_every_ms <= 0)
			return opt_bad(
			    d, value, "is not above 0", "for example 5s");
		return 0;
	case OPT_ID_OPTIONS:
		return parse_file(parser, d, value);
	}
	return opt_bad(d, NULL, "is not known to lib/opt", NULL);
}

static int
set_option(struct parser *parser, const struct opt_def *d, const char *value)
{
	if (d->id < 0)
		return set_common(parser, d, value);
	return parser->spec->set(parser->spec->ctx, d, value);
}

/* --name, --name=VALUE, --name VALUE; *at is its place in argv. */
static int
parse_long(struct parser *parser, int argc, char **argv, int *at)
{
	const char *name = argv[*at] + 2;
	size_t n = strcspn(name, "=");
	const char *value = name[n] == '=' ? name + n + 1 : NULL;
	const struct opt_def *d =
	    find_name(parser->spec, (struct span){ name, n });

	if (d == NULL)
		return unknown(parser->spec, "--", (struct span){ name, n });
	if (value != NULL && d->arg == OPT_FLAG)
		return opt_bad(d, value, "takes no value", NULL);
	if (value == NULL && d->arg == OPT_VALUE) {
		if (*at + 1 >= argc)
			return missing(d);
		value = argv[++*at];
	}
	return set_option(parser, d, value);
}

/* -x, -xyz for flags; -xVALUE, -x VALUE. */
static int
parse_letters(struct parser *parser, int argc, char **argv, int *at)
{
	for (const char *p = argv[*at] + 1; *p != '\0'; p++) {
		const struct opt_def *d = find_letter(parser->spec, *p);
		const char *value = NULL;

		if (d == NULL)
			return unknown(
			    parser->spec, "-", (struct span){ p, strlen(p) });
		if (d->arg == OPT_VALUE && p[1] == '\0' && *at + 1 >= argc)
			return missing(d);
		if (d->arg == OPT_VALUE)
			value = p[1] != '\0' ? p + 1 : argv[++*at];
		if (set_option(parser, d, value) == -1)
			return -1;
		if (d->arg == OPT_VALUE)
			return 0;
	}
	return 0;
}

static int
parse_operand(const struct opt_spec *spec, const char *value)
{
	char quoted[DIAG_QUOTE_MAX];

	if (spec->operand != NULL)
		return spec->operand(spec->ctx, value);
	diag_quote(quoted, span_of(value));
	if (access(value, F_OK) == 0)
		diag_error(NULL,
		    "unexpected %s: files are read from standard input; "
		    "try < %s",
		    quoted, quoted);
	else
		diag_error(NULL,
		    "unexpected %s: options begin with --; try %s --help",
		    quoted, diag_program());
	return -1;
}

int
opt_parse(const struct opt_spec *spec, struct opt_common *common, int argc,
    char **argv)
{
	struct parser parser = { .spec = spec, .common = common };
	bool options = true;
	int rc = 0;

	*common = (struct opt_common){ .metrics_every_ms = METRICS_EVERY_MS };
	where = (struct diag_at){ 0 };
	for (int i = 1; i < argc && rc == 0; i++) {
		if (!options || argv[i][0] != '-' || argv[i][1] == '\0')
			rc = parse_operand(spec, argv[i]);
		else if (strcmp(argv[i], "--") == 0)
			options = false;
		else if (argv[i][1] == '-')
			rc = parse_long(&parser, argc, argv, &i);
		else
			rc = parse_letters(&parser, argc, argv, &i);
	}
	return rc;
}
