/* explain_wrap - lines that fit a terminal.
 * SPDX-License-Identifier: ISC */
#include "window/explain_wrap.h"

#include <string.h>

enum { COLUMNS = 80, MARK_COLUMN = 55 };

/*
 * Where to break a line: at the last blank within the columns that is in no
 * quotes, behind a comma or semicolon if one lies late enough; else at the
 * first blank behind them; n: nowhere.
 */
static size_t
break_at(struct span s, int columns, const char *quotes)
{
	size_t blank = 0, mark = 0;
	char quote = '\0';
	int column = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (column > columns && blank > 0)
			return mark > 0 ? mark : blank;
		if (quote != '\0')
			quote = c == quote ? '\0' : quote;
		else if (c != '\0' && strchr(quotes, c) != NULL)
			quote = c;
		else if (c == ' ' && i > 0)
			blank = i;
		if (blank == i && i > 0 && column > MARK_COLUMN &&
		    (s.p[i - 1] == ',' || s.p[i - 1] == ';'))
			mark = i;
		column += ((unsigned char)c & 0xc0) != 0x80;
	}
	if (column <= columns || blank == 0)
		return s.n;
	return mark > 0 ? mark : blank;
}

/* The first indent columns of the line are its name. */
static void
wrap_line(struct buf *out, struct span s, const char *below, size_t name,
    const char *quotes)
{
	int columns = COLUMNS;

	if (name > s.n)
		name = s.n;
	buf_add_span(out, (struct span){ s.p, name });
	s = (struct span){ s.p + name, s.n - name };
	columns -= (int)name;
	for (;;) {
		size_t n = break_at(s, columns, quotes);

		buf_add_span(out, (struct span){ s.p, n });
		buf_add_char(out, '\n');
		if (n == s.n)
			return;
		buf_add_text(out, below);
		s = (struct span){ s.p + n + 1, s.n - n - 1 };
		columns = COLUMNS - (int)strlen(below);
	}
}

static struct span
take_line(struct span *text)
{
	const char *end = memchr(text->p, '\n', text->n);
	struct span line = *text;

	if (end != NULL)
		line.n = (size_t)(end - text->p);
	text->p += line.n + (end != NULL);
	text->n -= line.n + (end != NULL);
	return line;
}

void
explain_wrap_plan(struct buf *out, struct span text, size_t indent)
{
	char blanks[32] = { 0 };

	if (indent >= sizeof blanks)
		indent = sizeof blanks - 1;
	memset(blanks, ' ', indent);
	while (text.n > 0)
		wrap_line(out, take_line(&text), blanks, indent, "");
}

/* The lines of a statement become one. */
static struct span
take_statement(struct span *text, struct buf *one)
{
	struct span line;

	buf_clear(one);
	do {
		line = take_line(text);
		while (one->n > 0 && line.n > 0 && line.p[0] == ' ')
			line = (struct span){ line.p + 1, line.n - 1 };
		if (one->n > 0)
			buf_add_char(one, ' ');
		buf_add_span(one, line);
	} while (text->n > 0 && line.n > 0 && line.p[line.n - 1] != ';');
	return buf_span(one);
}

void
explain_wrap_sql(struct buf *out, struct span text)
{
	struct buf one = { 0 };

	while (text.n > 0)
		if (text.p[0] == '-')
			wrap_line(out, take_line(&text), "--   ", 2, "");
		else
			wrap_line(
			    out, take_statement(&text, &one), "  ", 0, "'`\"");
	out->failed |= one.failed;
	buf_free(&one);
}
