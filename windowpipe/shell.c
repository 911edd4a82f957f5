/* shell - a plan as people read it, and as a script that runs as it stands.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/shell.h"

#include <limits.h>
#include <string.h>

#include "lib/diag.h"

/* A script is looked at on terminals, too, which obey control characters. */
static bool
is_harmless(const char *word)
{
	struct span s = span_of(word);

	while (s.n > 0) {
		size_t n = *s.p == '\n' || *s.p == '\t' ? 1 : diag_printable(s);

		if (n == 0)
			return false;
		s = (struct span){ s.p + n, s.n - n };
	}
	return true;
}

/* In the quotes of bash that have escapes. */
static void
add_escaped(struct buf *b, const char *word)
{
	struct span s = span_of(word);

	buf_add_text(b, "$'");
	while (s.n > 0) {
		size_t n = diag_printable(s);

		if (n == 0)
			buf_addf(b, "\\x%02x", (unsigned char)*s.p);
		else if (*s.p == '\'' || *s.p == '\\')
			buf_addf(b, "\\%c", *s.p);
		else
			buf_add(b, s.p, n);
		n += n == 0;
		s = (struct span){ s.p + n, s.n - n };
	}
	buf_add_char(b, '\'');
}

/* A word as the shell takes it: in quotes where it must be. */
static void
add_word(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./:,@%";

	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		buf_add_text(b, word);
		return;
	}
	if (!is_harmless(word)) {
		add_escaped(b, word);
		return;
	}
	buf_add_char(b, '\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			buf_add_text(b, "'\\''");
		else
			buf_add_char(b, *word);
	buf_add_char(b, '\'');
}

/* In a comment a newline would begin a command. */
static void
add_plain(struct buf *b, const char *text)
{
	(void)diag_add_plain(b, span_of(text), INT_MAX, "");
}

static bool
is_option(const char *word)
{
	return word[0] == '-' && word[1] == '-' && word[2] != '\0';
}

/* The command; each option begins a line, which ends as more says. */
static void
add_command(
    struct buf *b, char *const *argv, const char *indent, const char *more)
{
	add_word(b, argv[0]);
	for (size_t i = 1; argv[i] != NULL; i++) {
		if (is_option(argv[i]))
			buf_addf(b, "%s\n%s", more, indent);
		else
			buf_add_char(b, ' ');
		add_word(b, argv[i]);
	}
}

/* --- the script ----------------------------------------------------------- */

/* The FIFO by which a stage reads a fanout. */
static void
add_fifo(struct buf *b, const struct plan *p, int stage)
{
	struct buf file = { 0 };

	buf_add_text(b, "\"$pipes\"/");
	plan_add_file(&file, p->stage[stage].name);
	if (buf_text(&file) != NULL)
		add_word(b, file.p);
	else
		b->failed = true;
	buf_free(&file);
}

static bool
reads_fanout(const struct plan *p, int i)
{
	int from = p->stage[i].from;

	return from != STAGE_NONE && p->stage[from].role == STAGE_FANOUT;
}

static int
reader_of(const struct plan *p, int i)
{
	for (size_t k = 0; k < p->nstages; k++)
		if (p->stage[k].from == i)
			return (int)k;
	return STAGE_NONE;
}

static void
add_input(struct buf *b, const struct plan *p, int i, bool background)
{
	const struct stage *s = &p->stage[i];

	if (reads_fanout(p, i)) {
		buf_add_text(b, " <");
		add_fifo(b, p, i);
	} else if (s->from == STAGE_NONE &&
		   (s->input == NULL || strcmp(s->input, "-") != 0)) {
		buf_add_text(b, " <");
		add_word(b, s->input == NULL ? "/dev/null" : s->input);
	} else if (s->from == STAGE_NONE && background) {
		/* The shell would give it /dev/null. */
		buf_add_text(b, " <&3");
	}
}

/* A fanout's readers: all but the last by name, that by standard output. */
static void
add_fanout_outputs(struct buf *b, const struct plan *p, int i)
{
	size_t left = 0;

	for (size_t k = 0; k < p->nstages; k++)
		left += p->stage[k].from == i;
	for (size_t k = 0; k < p->nstages; k++) {
		if (p->stage[k].from != i)
			continue;
		buf_add_text(b, --left == 0 ? " \\\n    >" : " \\\n    ");
		add_fifo(b, p, (int)k);
	}
}

static void
add_output(struct buf *b, const struct plan *p, int i)
{
	const struct stage *s = &p->stage[i];

	if (s->role == STAGE_FANOUT) {
		add_fanout_outputs(b, p, i);
	} else if (s->output == NULL) {
		buf_add_text(b, s->role == STAGE_SINK ? "" : " >/dev/null");
	} else if (strcmp(s->output, "-") != 0) {
		buf_add_text(b, " >>");
		add_word(b, s->output);
	}
}

/* The pipe that begins with a stage: up to a file, a sink or a fanout. */
static void
add_pipe(struct buf *b, const struct plan *p, int i, bool background)
{
	for (;;) {
		int next = reader_of(p, i);

		add_command(b, p->stage[i].argv, "    ", " \\");
		add_input(b, p, i, background);
		if (p->stage[i].role == STAGE_FANOUT || next == STAGE_NONE)
			break;
		buf_add_text(b, " |\n  ");
		i = next;
	}
	add_output(b, p, i);
}

void
shell_add_script(struct buf *b, const struct plan *p, const char *job)
{
	bool fans = false;
	size_t pipes = 0;

	for (size_t i = 0; i < p->nstages; i++) {
		fans |= p->stage[i].role == STAGE_FANOUT;
		pipes +=
		    p->stage[i].from == STAGE_NONE || reads_fanout(p, (int)i);
	}
	buf_add_text(b, "#!/usr/bin/env bash\n# ");
	add_plain(b, job);
	buf_add_text(b, ", as windowpipe plan has it.\nset -uo pipefail\n");
	if (pipes == 1) {
		buf_add_char(b, '\n');
		add_pipe(b, p, 0, false);
		buf_add_char(b, '\n');
		return;
	}
	buf_add_text(b, "exec 3<&0\n");
	if (fans) {
		buf_add_text(b, "pipes=$(mktemp -d) || exit 3\n"
				"trap 'rm -rf \"$pipes\"' EXIT\n"
				"mkfifo");
		for (size_t i = 0; i < p->nstages; i++)
			if (reads_fanout(p, (int)i)) {
				buf_add_char(b, ' ');
				add_fifo(b, p, (int)i);
			}
		buf_add_text(b, " || exit 3\n");
	}
	buf_add_text(b, "pids=\n");
	for (size_t i = 0; i < p->nstages; i++)
		if (p->stage[i].from == STAGE_NONE || reads_fanout(p, (int)i)) {
			buf_add_text(b, "\n{\n  ");
			add_pipe(b, p, (int)i, true);
			buf_add_text(b, "\n} &\npids+=\" $!\"\n");
		}
	buf_add_text(b, "\nstatus=0\nfor pid in $pids; do\n"
			"  wait \"$pid\" || {\n    s=$?\n"
			"    ((s <= status)) || status=$s\n  }\ndone\n"
			"exit \"$status\"\n");
}

/* --- the outline ---------------------------------------------------------- */

static const char *
role_name(enum stage_role role)
{
	static const char *const names[] = { "source", "fanout", "window",
		"sink" };

	return names[role];
}

static const char *
stream_or(const char *name, const char *otherwise)
{
	return strcmp(name, "-") == 0 ? otherwise : name;
}

void
shell_add_outline(struct buf *b, const struct plan *p)
{
	for (size_t i = 0; i < p->nstages; i++) {
		const struct stage *s = &p->stage[i];

		buf_addf(b, "%s ", role_name(s->role));
		add_plain(b, s->name);
		if (s->from != STAGE_NONE) {
			buf_addf(
			    b, ", of %s ", role_name(p->stage[s->from].role));
			add_plain(b, p->stage[s->from].name);
		} else if (s->input != NULL) {
			buf_add_text(b, ", of ");
			add_plain(b, stream_or(s->input, "standard input"));
		}
		if (s->role == STAGE_WINDOW &&
		    reader_of(p, (int)i) == STAGE_NONE) {
			buf_add_text(b, ", to ");
			add_plain(
			    b, s->output == NULL
				   ? "nobody"
				   : stream_or(s->output, "standard output"));
		}
		buf_add_text(b, "\n    ");
		add_command(b, s->argv, "        ", "");
		buf_add_char(b, '\n');
	}
}
