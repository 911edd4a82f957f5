/* opt_help - what opt.c prints: the help text, the version, the nearest name.
 * SPDX-License-Identifier: ISC */
#include "lib/opt_help.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/nearest.h"
#include "lib/out.h"

#ifndef WINDOWPIPE_VERSION
#define WINDOWPIPE_VERSION "unversioned"
#endif

enum {
	COLUMN_MAX = 28, /* where an option's explanation begins, at the most */
	WIDTH = 80,      /* of a terminal */
};

/* "  -n, --rows N" */
static void
add_option(struct buf *b, const struct opt_def *d)
{
	buf_add_text(b, "  ");
	if (d->letter != 0)
		buf_addf(b, "-%c, ", d->letter);
	buf_addf(b, "--%s", d->name);
	if (d->arg == OPT_FLAG)
		return;
	buf_addf(b, d->arg == OPT_MAYBE ? "[=%s]" : " %s",
	    d->value == NULL ? "VALUE" : d->value);
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

/* Where explanations begin: two blanks behind the widest option. */
static size_t
help_column(const struct opt_spec *spec)
{
	size_t column = 0;

	for (size_t i = 0; i < spec->ndefs; i++) {
		const struct opt_def *d = &spec->defs[i];
		size_t width;

		if (d->arg == OPT_HEADING || d->help == NULL)
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
	if (d->arg == OPT_HEADING) {
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

/* Ends the process when what is in o has been written. */
static _Noreturn void
leave(struct out *o)
{
	int status = STATUS_OK;

	o->whole = o->line.n;
	if (out_close(o) == -1)
		status = out_complain(o);
	exit(status);
}

_Noreturn void
opt_help_print(const struct opt_spec *spec)
{
	size_t column = help_column(spec);
	struct out o;

	out_init(&o, STDOUT_FILENO, "stdout");
	buf_addf(&o.line, "usage: %s %s\n", diag_program(), spec->usage);
	if (spec->about != NULL)
		add_words(&o.line, spec->about, 0, 0, "");
	for (size_t i = 0; i < spec->ndefs; i++)
		add_def(&o.line, &spec->defs[i], column);
	if (spec->example != NULL) {
		buf_add_text(&o.line, "example:\n  ");
		add_words(&o.line, spec->example, 2, 4, " \\");
	}
	leave(&o);
}

_Noreturn void
opt_help_version(void)
{
	struct out o;

	out_init(&o, STDOUT_FILENO, "stdout");
	buf_addf(&o.line, "%s %s (windowpipe)\n", diag_program(),
	    WINDOWPIPE_VERSION);
	leave(&o);
}

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

const struct opt_def *
opt_help_nearest(const struct opt_spec *spec, struct span name)
{
	const struct opt_def *best = NULL;
	size_t best_edits = SIZE_MAX;

	if (name.n == 0)
		return NULL;
	for (size_t i = 0; i < spec->ndefs; i++) {
		struct span known;
		size_t edits;

		if (spec->defs[i].arg == OPT_HEADING)
			continue;
		known = span_of(spec->defs[i].name);
		edits = nearest_edits(name, known);
		if (edits > best_edits || !is_slip(name, known, edits))
			continue;
		/* Of two that are as near neither is likely. */
		best = edits == best_edits ? NULL : &spec->defs[i];
		best_edits = edits;
	}
	return best;
}
