/* errors - all that is wrong with a text of SQL, each with its place.
 * SPDX-License-Identifier: ISC */
#include "sql/errors.h"

#include <limits.h>
#include <stdlib.h>

#include "lib/diag.h"
#include "lib/utf8.h"

enum { SHOWN_BEFORE = 60, SHOWN_AFTER = 40 }; /* bytes round a caret */

void
sql_errors_free(struct sql_errors *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->error[i].message);
	*e = (struct sql_errors){ 0 };
}

void
sql_errors_add(
    struct sql_errors *e, size_t at, size_t length, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	for (size_t i = 0; i < e->n; i++)
		if (e->error[i].at == at)
			return;
	if (e->n == SQL_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	if (buf_text(&b) == NULL) {
		buf_free(&b);
		e->out_of_memory = true;
		return;
	}
	e->error[e->n++] = (struct sql_error){ at, length, b.p };
}

void
sql_place(struct span text, size_t at, size_t *line, size_t *column,
    struct span *line_text)
{
	size_t begin = 0, end;

	*line = 1;
	if (at > text.n)
		at = text.n;
	for (size_t i = 0; i < at; i++)
		if (text.p[i] == '\n') {
			++*line;
			begin = i + 1;
		}
	for (end = begin; end < text.n && text.p[end] != '\n';)
		end++;
	*line_text = (struct span){ text.p + begin, end - begin };
	*column = utf8_count((struct span){ text.p + begin, at - begin }) + 1;
}

/* What would harm a terminal is a question mark; a tab takes one column. */
static void
add_shown(struct buf *b, struct span s)
{
	size_t from = b->n;

	(void)diag_add_plain(b, s, INT_MAX, "\t");
	for (; from < b->n; from++)
		if (b->p[from] == '\t')
			b->p[from] = ' ';
}

void
sql_add_caret(struct buf *b, struct span text, size_t at)
{
	struct span line, before, after;
	size_t number, column;

	sql_place(text, at, &number, &column, &line);
	before = (struct span){ line.p, (size_t)(text.p + at - line.p) };
	after = (struct span){ line.p + before.n, line.n - before.n };
	if (before.n > SHOWN_BEFORE) {
		before.p += before.n - SHOWN_BEFORE;
		before.n = SHOWN_BEFORE;
		while (before.n > 0 && !utf8_begins(*before.p)) {
			before.p++;
			before.n--;
		}
	}
	if (after.n > SHOWN_AFTER) {
		after.n = SHOWN_AFTER;
		while (after.n > 0 && !utf8_begins(after.p[after.n]))
			after.n--;
	}
	buf_add_text(b, "  ");
	add_shown(b, before);
	add_shown(b, after);
	buf_add_text(b, "\n  ");
	for (size_t i = 0; i < utf8_count(before); i++)
		buf_add_char(b, ' ');
	buf_add_text(b, "^\n");
}
