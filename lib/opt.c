/* opt - command lines from one table: parsing, help, completions.
 * SPDX-License-Identifier: ISC */
#define OPT_STRUCT struct opt_common /* which the rows in this file fill */
#include "lib/opt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/file.h"
#include "lib/nearest.h"
#include "lib/out.h"
#include "lib/units.h"
#include "lib/utf8.h"

#ifndef WINDOWPIPE_VERSION
#define WINDOWPIPE_VERSION "unversioned"
#endif

enum {
	FILES_DEEP = 8, /* options files within options files */
	FILE_BYTES_MAX = 1024 * 1024,
	METRICS_EVERY_MS = 5000,
	COLUMN_MAX = 28, /* where an option's explanation begins, at the most */
	WIDTH = 80,      /* of a terminal */
};

/* What is parsed, and into what. */
static struct {
	const struct opt_spec *spec;
	struct options *options;
	struct opt_common *common;
	struct diag_at where; /* a line of an options file, or nowhere */
	int depth;            /* options files that are open */
	/* Their bytes, which are owned: values point into them to the end. */
	struct opt_texts files;
} parser;

/* What more the table of common options needs than its rows. */
static int
read_options(struct options *, const struct opt_def *, const char *value);
static int
print_completion(struct options *, const struct opt_def *, const char *value);
static int
print_help(struct options *, const struct opt_def *, const char *value);

/* --- values -------------------------------------------------------------- */

int
opt_bad(const struct opt_def *d, const char *value, const char *what,
    const char *remedy)
{
	char quoted[DIAG_QUOTE_MAX] = "";

	if (value != NULL)
		diag_quote(quoted, span_of(value));
	diag_error(&parser.where, "--%s%s%s: %s%s%s", d->name,
	    value == NULL ? "" : " ", quoted, what, remedy == NULL ? "" : "; ",
	    remedy == NULL ? "" : remedy);
	return -1;
}

/* The remedy for an OPT_INTEGER. */
static const char *
say_range(char text[80], const struct opt_range *r)
{
	if (r->max == INT64_MAX)
		snprintf(text, 80, "give %" PRId64 " or more", r->min);
	else
		snprintf(
		    text, 80, "give %" PRId64 " to %" PRId64, r->min, r->max);
	return text;
}

static int
check_range(const struct opt_def *d, const char *value, int64_t n)
{
	const struct opt_range *r = d->range;
	const char *wrong;
	char range[80];

	if (r == NULL || (n >= r->min && n <= r->max))
		return 0;
	wrong = n < r->min ? r->low : r->high;
	if (wrong != NULL)
		return opt_bad(d, value, wrong, NULL);
	return opt_bad(d, value, "out of range", say_range(range, r));
}

int
opt_duration_ms(const struct opt_def *d, const char *value, int64_t *out)
{
	bool is_signed = d->range != NULL && d->range->min < 0;
	char remedy[64] = "for example 10s";
	struct fault f;

	if ((is_signed ? units_signed_duration_ms : units_duration_ms)(
		span_of(value), out, &f) == 0)
		return check_range(d, value, *out);
	/* Only a number without a unit is at fault after its last byte. */
	if (f.at > 0 && f.at == strlen(value))
		snprintf(remedy, sizeof remedy, "try %.20ss", value);
	return opt_bad(d, value, f.what, remedy);
}

static int
read_number(const struct opt_def *d, const char *value, int64_t *out)
{
	struct fault f;
	char range[80];

	if (d->type == OPT_DURATION)
		return opt_duration_ms(d, value, out);
	if (d->type == OPT_BYTES && units_bytes(span_of(value), out, &f) == -1)
		return opt_bad(d, value, f.what, "for example 5M");
	if (d->type == OPT_INTEGER &&
	    units_integer(span_of(value), out, &f) == -1)
		return opt_bad(d, value, f.what, say_range(range, d->range));
	return check_range(d, value, *out);
}

static int
read_word(const struct opt_def *d, const char *value, int *out)
{
	struct buf words = { 0 };

	*out = d->bare;
	if (value == NULL)
		return 0;
	for (*out = 0; d->words[*out] != NULL; ++*out) {
		if (strcmp(d->words[*out], value) == 0) {
			buf_free(&words);
			return 0;
		}
		buf_addf(&words, "%s%s", *out > 0 ? ", " : "", d->words[*out]);
	}
	if (d->wrong != NULL)
		opt_bad(d, value, d->wrong, NULL);
	else
		opt_bad(d, value, "unknown word", buf_text(&words));
	buf_free(&words);
	return -1;
}

int
opt_texts_add(struct opt_texts *t, const char *text)
{
	if (array_room(t->text, t->cap, t->n + 1) == -1) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	t->text[t->n++] = text;
	return 0;
}

int
opt_judge(const struct opt_clash *clash, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (clash[i].is_so) {
			diag_error(NULL, "%s", clash[i].message);
			return -1;
		}
	return 0;
}

/* --- what all programs have ---------------------------------------------- */

static const struct opt_range not_empty = { 1, INT64_MAX, "is empty", NULL };
static const struct opt_range above_0 = { 1, INT64_MAX,
	"is not above 0; for example 5s", NULL };

static int
set_name(struct options *o, const struct opt_def *d, const char *value)
{
	(void)o;
	if (check_range(d, value, (int64_t)strlen(value)) == -1)
		return -1;
	/* It becomes a text of JSON and of Prometheus. */
	if (!utf8_is_valid(span_of(value)))
		return opt_bad(d, value, "is not UTF-8", NULL);
	diag_name(value);
	return 0;
}

static int
set_quiet(struct options *o, const struct opt_def *d, const char *value)
{
	(void)o, (void)d, (void)value;
	diag_be_quiet();
	return 0;
}

/* Writes the text, which it frees, to stdout, and ends the process. */
static _Noreturn void
leave(struct buf *text)
{
	exit((int)out_print(text));
}

static int
print_version(struct options *options, const struct opt_def *d, const char *v)
{
	struct buf b = { 0 };

	(void)options, (void)d, (void)v;
	buf_addf(
	    &b, "%s %s (windowpipe)\n", diag_program(), WINDOWPIPE_VERSION);
	leave(&b);
}

static const char *const shells[] = { "bash", "zsh", "fish", NULL };

/* clang-format off */
static const struct opt_def common_defs[] = {
	OPT_HEADING("common"),
	OPT_CALL("name", 0, "NAME", set_name,
	    "prefix of diagnostics, label of metrics", .range = &not_empty),
	OPT_FLAG("stats", 0, stats,
	    "one line of JSON on stderr at the end (SIGUSR1: now)"),
	OPT_WORD("progress", 0, "WHEN", progress,
	    OPT_WORDS("never", "auto", "always"),
	    "live line on stderr: auto, always, never", .maybe = true,
	    .bare = PROGRESS_AUTO,
	    .wrong = "unknown word; give auto, always or never"),
	OPT_TEXT("metrics", 0, "FILE", metrics,
	    "Prometheus text, every --metrics-every 5s",
	    .range = &not_empty),
	OPT_DURATION("metrics-every", 0, "D", metrics_every_ms, &above_0, NULL),
	OPT_CALL("quiet", 'q', NULL, set_quiet, NULL),
	OPT_CALL("options", 0, "FILE", read_options,
	    "more options, one per line; -q, --quiet: no warnings"),
	OPT_CALL("completion", 0, "SHELL", print_completion, NULL,
	    .words = shells),
	OPT_CALL("help", 'h', NULL, print_help, NULL),
	OPT_CALL("version", 'V', NULL, print_version, NULL),
};
/* clang-format on */

/* The rows of the program, then the common ones; NULL after the last. */
static const struct opt_def *
def_at(size_t i)
{
	size_t n = parser.spec->ndefs;

	if (i < n)
		return &parser.spec->defs[i];
	i -= n;
	return i < sizeof common_defs / sizeof *common_defs ? &common_defs[i]
	                                                    : NULL;
}

/* By its name, or by its letter where that is not 0. */
static const struct opt_def *
find(struct span name, char letter)
{
	const struct opt_def *d;

	for (size_t i = 0; (d = def_at(i)) != NULL; i++)
		if (d->name != NULL && (letter != 0 ? d->letter == letter
						    : span_is(name, d->name)))
			break;
	return d;
}

static bool
is_common(const struct opt_def *d)
{
	for (size_t i = 0; i < sizeof common_defs / sizeof *common_defs; i++)
		if (d == &common_defs[i])
			return true;
	return false;
}

/* The value may stand in the next word. */
static bool
takes_next(const struct opt_def *d)
{
	return d->value != NULL && !d->maybe;
}

/* 0 where it takes such a value, NULL for none; else says so. */
static int
check_value(const struct opt_def *d, const char *value)
{
	if (value != NULL && d->value == NULL)
		return opt_bad(d, value, "takes no value", NULL);
	if (value != NULL || !takes_next(d))
		return 0;
	diag_error(&parser.where, "--%s needs a value: --%s %s", d->name,
	    d->name, d->value);
	return -1;
}

/* Reads the value, NULL for none, and puts it into its member. */
static int
set_option(const struct opt_def *d, const char *value)
{
	char *base =
	    is_common(d) ? (char *)parser.common : (char *)parser.options;
	bool yes = true;
	int64_t number;
	int rc = 0, word;

	if (check_value(d, value) == -1)
		return -1;
	switch (d->type) {
	case OPT_HEADING:
		break;
	case OPT_FLAG:
		memcpy(base + d->at, &yes, sizeof yes);
		break;
	case OPT_TEXT:
		rc = check_range(d, value, (int64_t)strlen(value));
		memcpy(base + d->at, &value, sizeof value);
		break;
	case OPT_TEXTS:
		rc = opt_texts_add((struct opt_texts *)(base + d->at), value);
		break;
	case OPT_INTEGER:
	case OPT_BYTES:
	case OPT_DURATION:
		rc = read_number(d, value, &number);
		if (rc == 0)
			memcpy(base + d->at, &number, sizeof number);
		break;
	case OPT_WORD:
		rc = read_word(d, value, &word);
		if (rc == 0)
			memcpy(base + d->at, &word, sizeof word);
		break;
	case OPT_CALL:
		rc = d->set(parser.options, d, value);
		break;
	}
	if (rc == 0 && d->given != 0)
		memcpy(base + d->given - 1, &yes, sizeof yes);
	return rc;
}

/* --- the nearest name ---------------------------------------------------- */

/* True where both have each letter, or each digit, as often. */
static bool
same_letters(struct span a, struct span b, bool digits_only)
{
	int more[256] = { 0 };

	for (size_t i = 0; i < a.n; i++)
		more[(unsigned char)a.p[i]]++;
	for (size_t i = 0; i < b.n; i++)
		more[(unsigned char)b.p[i]]--;
	for (int c = digits_only ? '0' : 0; c <= (digits_only ? '9' : 255); c++)
		if (more[c] != 0)
			return false;
	return true;
}

/* A slip of the fingers rather than another word: --p98 is not --p99. */
static bool
is_slip(struct span name, struct span known, size_t edits)
{
	size_t longer = name.n > known.n ? name.n : known.n;

	if (edits == 0 || same_letters(name, known, false))
		return edits <= longer / 2;
	return edits <= longer / 3 && same_letters(name, known, true) &&
	       name.p[0] == known.p[0] && (name.n != known.n || longer > 4);
}

/*
 * The option whose name takes the fewest insertions, deletions, replacements
 * and swaps of neighbours to become name, if that can be a slip and no other
 * option is as near; else NULL.
 */
static const struct opt_def *
nearest(struct span name)
{
	const struct opt_def *best = NULL, *d;
	size_t best_edits = SIZE_MAX;

	for (size_t i = 0; name.n > 0 && (d = def_at(i)) != NULL; i++) {
		size_t edits;

		if (d->name == NULL)
			continue;
		edits = nearest_edits(name, span_of(d->name));
		if (edits > best_edits ||
		    !is_slip(name, span_of(d->name), edits))
			continue;
		/* Of two that are as near neither is likely. */
		best = edits == best_edits ? NULL : d;
		best_edits = edits;
	}
	return best;
}

/* dashes: "--" or "-", as it was written. */
static int
unknown(const char *dashes, struct span name)
{
	const struct opt_def *near = nearest(name);
	char quoted[DIAG_QUOTE_MAX];

	/* The dashes belong inside the quotes. */
	diag_quote(quoted, name);
	if (near != NULL)
		diag_error(&parser.where,
		    "unknown option '%s%s; did you mean --%s?", dashes,
		    quoted + 1, near->name);
	else
		diag_error(&parser.where, "unknown option '%s%s; try %s --help",
		    dashes, quoted + 1, diag_program());
	return -1;
}

/* --- options files ------------------------------------------------------- */

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
parse_file_line(char *line)
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
	d = find((struct span){ name, n }, 0);
	if (d == NULL)
		return unknown(dashes ? "--" : "", (struct span){ name, n });
	if (*value == '\0' && !equals)
		value = NULL;
	return set_option(d, value);
}

static int
parse_text(char *p, size_t bytes)
{
	char *end = p + bytes;

	if (bytes >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3; /* a byte order mark */
	for (; p < end; parser.where.line++) {
		char *nl = memchr(p, '\n', (size_t)(end - p));
		char *stop = nl == NULL ? end : nl;

		*stop = '\0';
		if (strlen(p) != (size_t)(stop - p)) {
			diag_error(&parser.where, "a NUL byte in the line");
			return -1;
		}
		if (parse_file_line(p) == -1)
			return -1;
		p = stop + 1;
	}
	return 0;
}

static int
read_options(struct options *o, const struct opt_def *d, const char *name)
{
	struct diag_at outer = parser.where;
	struct buf text = { 0 };
	int rc;

	(void)o;
	if (parser.depth == FILES_DEEP)
		return opt_bad(d, name, "options files nest more than 8 deep",
		    "does one name itself?");
	rc = file_read(name, FILE_BYTES_MAX, &text);
	if (rc == -1 || buf_text(&text) == NULL)
		rc = opt_bad(
		    d, name, strerror(text.failed ? ENOMEM : errno), NULL);
	else
		rc = opt_texts_add(&parser.files, text.p);
	if (rc == -1) {
		buf_free(&text);
		return -1;
	}
	parser.depth++;
	parser.where = (struct diag_at){ .source = name, .line = 1 };
	rc = parse_text(text.p, text.n);
	parser.where = outer;
	parser.depth--;
	return rc;
}

/* --- help and completions ------------------------------------------------ */

/* "  -n, --rows N" */
static void
add_option(struct buf *b, const struct opt_def *d)
{
	buf_add_text(b, "  ");
	if (d->letter != 0)
		buf_addf(b, "-%c, ", d->letter);
	buf_addf(b, "--%s", d->name);
	if (d->value != NULL)
		buf_addf(b, d->maybe ? "[=%s]" : " %s", d->value);
}

static size_t
option_width(const struct opt_def *d)
{
	struct buf b = { 0 };
	size_t width;

	add_option(&b, d);
	width = b.n;
	buf_free(&b);
	return width;
}

/* Where explanations begin: two blanks after the widest option. */
static size_t
help_column(void)
{
	const struct opt_def *d;
	size_t column = 0;

	for (size_t i = 0; (d = def_at(i)) != NULL; i++) {
		size_t width;

		if (d->name == NULL || d->help == NULL)
			continue;
		width = option_width(d) + 2;
		if (width > column && width <= COLUMN_MAX)
			column = width;
	}
	return column;
}

static void
add_def(struct buf *b, const struct opt_def *d, size_t column)
{
	size_t start = b->n;

	if (d->help == NULL)
		return;
	if (d->name == NULL) {
		buf_addf(b, "%s:\n", d->help);
		return;
	}
	add_option(b, d);
	do
		buf_add_char(b, ' ');
	while (!b->failed && b->n - start < column);
	buf_addf(b, "%s\n", d->help);
}

/* The first blank from p on (of a command outside quotes), or the end. */
static const char *
word_end(const char *p, bool command)
{
	for (bool quoted = false; *p != '\0'; p++) {
		if (command && *p == '\'')
			quoted = !quoted;
		if (*p == ' ' && !quoted)
			break;
	}
	return p;
}

/*
 * Words from column on, in lines that leave room for more (" \\", or "") where
 * they are broken; the next line begins with indent blanks.
 */
static void
add_words(struct buf *b, const char *p, size_t column, size_t indent,
    const char *more)
{
	size_t room = WIDTH - strlen(more);
	bool begun = false; /* the line has a word */

	while (*p != '\0') {
		const char *end = word_end(p, *more != '\0');
		size_t n = (size_t)(end - p);

		if (begun && column + 1 + n > room) {
			buf_addf(b, "%s\n%*s", more, (int)indent, "");
			column = indent;
		} else if (begun) {
			buf_add_char(b, ' ');
			column++;
		}
		buf_add(b, p, n);
		column += n;
		begun = true;
		p = *end == ' ' ? end + 1 : end;
	}
	buf_add_char(b, '\n');
}

static int
print_help(struct options *options, const struct opt_def *d, const char *value)
{
	const struct opt_spec *spec = parser.spec;
	size_t column = help_column();
	struct buf b = { 0 };

	(void)options, (void)value;
	buf_addf(&b, "usage: %s %s\n", diag_program(), spec->usage);
	if (spec->about != NULL)
		add_words(&b, spec->about, 0, 0, "");
	for (size_t i = 0; (d = def_at(i)) != NULL; i++)
		add_def(&b, d, column);
	if (spec->example != NULL) {
		buf_add_text(&b, "example:\n  ");
		add_words(&b, spec->example, 2, 4, " \\");
	}
	leave(&b);
}

/* Of three texts the one for a value that is a file, a directory, or else. */
static const char *
by_value(const struct opt_def *d, const char *file, const char *directory,
    const char *other)
{
	return strcmp(d->value, "FILE") == 0  ? file
	       : strcmp(d->value, "DIR") == 0 ? directory
	                                      : other;
}

/* The words of a value between two texts, else what by_value() has. */
static void
add_value(struct buf *b, const struct opt_def *d, const char *before,
    const char *after, const char *other)
{
	if (d->words == NULL) {
		buf_add_text(b, other);
		return;
	}
	buf_add_text(b, before);
	for (size_t i = 0; d->words[i] != NULL; i++)
		buf_addf(b, "%s%s", i > 0 ? " " : "", d->words[i]);
	buf_add_text(b, after);
}

/*
 * A text inside single quotes, with a backslash before each of special; quote
 * is how a single quote is written there.
 */
static void
add_quoted(
    struct buf *b, const char *text, const char *special, const char *quote)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '\'')
			buf_add_text(b, quote);
		else
			buf_addf(b, "%s%c",
			    strchr(special, *text) != NULL ? "\\" : "", *text);
	}
}

/* A branch of bash's case: what the option's value may be. */
static void
add_bash_value(struct buf *b, const struct opt_def *d)
{
	buf_add_char(b, '\t');
	if (!d->maybe && d->letter != 0)
		buf_addf(b, "-%c | ", d->letter);
	if (!d->maybe)
		buf_addf(b, "--%s | ", d->name);
	buf_addf(b, "--%s=) ", d->name);
	add_value(b, d, "words='", "'",
	    by_value(d, "files=-f", "files=-d", "return"));
	buf_add_text(b, " ;;\n");
}

/* Bash makes "=" a word of its own, but for an option's last byte. */
static void
add_bash(struct buf *b, const char *program)
{
	const struct opt_def *d;

	buf_addf(b,
	    "# source <(%s --completion bash)\n"
	    "_%s() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words='' files=''\n"
	    "\tlocal option=${COMP_WORDS[COMP_CWORD - 1]}\n\n"
	    "\tCOMPREPLY=()\n"
	    "\tif [[ $cur == = ]]; then\n"
	    "\t\toption+='=' cur=''\n"
	    "\telif [[ $option == = ]]; then\n"
	    "\t\toption=${COMP_WORDS[COMP_CWORD - 2]}=\n"
	    "\tfi\n"
	    "\tcase $option in\n",
	    program, program);
	for (size_t i = 0; (d = def_at(i)) != NULL; i++)
		if (d->value != NULL)
			add_bash_value(b, d);
	buf_add_text(b, "\t*)\n\t\twords='");
	for (size_t i = 0; (d = def_at(i)) != NULL; i++)
		if (d->name != NULL)
			buf_addf(b, "%s--%s", i > 1 ? " " : "", d->name);
	buf_addf(b,
	    "'\n%s\t\t;;\n\tesac\n"
	    "\tif [[ $files ]]; then\n"
	    "\t\tcompopt -o filenames 2>/dev/null\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen $files -- \"$cur\")\n"
	    "\telse\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "\tfi\n}\n"
	    "complete -F _%s %s\n",
	    parser.spec->operands_are_files
		? "\t\t[[ $cur == -* ]] || files=-f\n"
		: "",
	    program, program);
}

/* An argument of zsh's _arguments; how: what comes after the option's name. */
static void
add_zsh_option(
    struct buf *b, const struct opt_def *d, const char *name, const char *how)
{
	buf_addf(b, " \\\n\t\t'*%s%s[", name, how);
	add_quoted(b, d->help, "\\[]:", "'\\''");
	buf_add_char(b, ']');
	if (d->value != NULL) {
		buf_add_text(b, d->maybe ? "::" : ":");
		add_quoted(b, d->value, "\\:", "'\\''");
		add_value(b, d, ":(", ")",
		    by_value(d, ":_files", ":_files -/", ": "));
	}
	buf_add_char(b, '\'');
}

static void
add_zsh(struct buf *b, const char *program)
{
	const struct opt_def *d;

	buf_addf(b,
	    "#compdef %s\n"
	    "# source <(%s --completion zsh), or as the file _%s in $fpath\n"
	    "_%s() {\n\t_arguments -s",
	    program, program, program, program);
	for (size_t i = 0; (d = def_at(i)) != NULL; i++) {
		char name[64];

		if (d->name == NULL)
			continue;
		snprintf(name, sizeof name, "--%s", d->name);
		add_zsh_option(b, d, name,
		    d->value == NULL ? ""
		    : d->maybe       ? "=-"
				     : "=");
		snprintf(name, sizeof name, "-%c", d->letter);
		if (d->letter != 0)
			add_zsh_option(b, d, name, d->value == NULL ? "" : "+");
	}
	if (parser.spec->operands_are_files)
		buf_add_text(b, " \\\n\t\t'*:FILE:_files'");
	buf_addf(b,
	    "\n}\n"
	    "if [[ $funcstack[1] == _%s ]]; then\n\t_%s \"$@\"\n"
	    "else\n\tcompdef _%s %s\nfi\n",
	    program, program, program, program);
}

static void
add_fish(struct buf *b, const char *program)
{
	const struct opt_def *d;

	buf_addf(b, "# %s --completion fish | source\n", program);
	if (!parser.spec->operands_are_files)
		buf_addf(b, "complete -c %s -f\n", program);
	for (size_t i = 0; (d = def_at(i)) != NULL; i++) {
		if (d->name == NULL)
			continue;
		buf_addf(b, "complete -c %s -l %s", program, d->name);
		if (d->letter != 0)
			buf_addf(b, " -s %c", d->letter);
		if (d->value != NULL)
			buf_add_text(b, d->maybe ? " -f" : " -r");
		if (d->words != NULL || (d->value != NULL && !d->maybe))
			add_value(b, d, d->maybe ? " -a '" : " -f -a '", "'",
			    by_value(d, " -F",
				" -f -a '(__fish_complete_directories)'",
				" -f"));
		buf_add_text(b, " -d '");
		add_quoted(b, d->help, "\\", "\\'");
		buf_add_text(b, "'\n");
	}
}

static int
print_completion(
    struct options *options, const struct opt_def *d, const char *value)
{
	static void (*const add[])(struct buf *, const char *program) = {
		add_bash,
		add_zsh,
		add_fish,
	};
	struct buf b = { 0 };
	int shell;

	(void)options;
	if (read_word(d, value, &shell) == -1)
		return -1;
	add[shell](&b, diag_program());
	leave(&b);
}
/* --- the command line ---------------------------------------------------- */

/* --name, --name=VALUE, --name VALUE; *at is its place in argv. */
static int
parse_long(int argc, char **argv, int *at)
{
	const char *name = argv[*at] + 2;
	size_t n = strcspn(name, "=");
	const char *value = name[n] == '=' ? name + n + 1 : NULL;
	const struct opt_def *d = find((struct span){ name, n }, 0);

	if (d == NULL)
		return unknown("--", (struct span){ name, n });
	if (value == NULL && takes_next(d) && *at + 1 < argc)
		value = argv[++*at];
	return set_option(d, value);
}

/* -x, -xyz for flags; -xVALUE, -x VALUE. */
static int
parse_letters(int argc, char **argv, int *at)
{
	for (const char *p = argv[*at] + 1; *p != '\0'; p++) {
		const struct opt_def *d = find((struct span){ 0 }, *p);
		const char *value = NULL;

		if (d == NULL)
			return unknown("-", (struct span){ p, strlen(p) });
		if (takes_next(d) && p[1] != '\0')
			value = p + 1;
		else if (takes_next(d) && *at + 1 < argc)
			value = argv[++*at];
		if (set_option(d, value) == -1)
			return -1;
		if (takes_next(d))
			return 0;
	}
	return 0;
}

static int
parse_operand(const char *value)
{
	char quoted[DIAG_QUOTE_MAX];

	if (parser.spec->operand != NULL)
		return parser.spec->operand(parser.options, value);
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
opt_parse(const struct opt_spec *spec, struct options *options,
    struct opt_common *common, int argc, char **argv)
{
	bool more = true;
	int rc = 0;

	*common = (struct opt_common){
		.progress = spec->progress,
		.metrics_every_ms = METRICS_EVERY_MS,
	};
	parser.spec = spec;
	parser.options = options;
	parser.common = common;
	for (int i = 1; i < argc && rc == 0; i++) {
		if (!more || argv[i][0] != '-' || argv[i][1] == '\0')
			rc = parse_operand(argv[i]);
		else if (strcmp(argv[i], "--") == 0)
			more = false;
		else if (argv[i][1] == '-')
			rc = parse_long(argc, argv, &i);
		else
			rc = parse_letters(argc, argv, &i);
	}
	return rc;
}
