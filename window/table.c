/* table - rows in columns that are aligned.
 * SPDX-License-Identifier: ISC */
#include "window/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "window/form.h"

int
table_init(struct table *t, const char *header, size_t columns)
{
	*t = (struct table){ .columns = columns };
	t->width = calloc(columns + 1, sizeof *t->width);
	buf_add_text(&t->header, header);
	return t->width == NULL || t->header.failed ? -1 : 0;
}

void
table_free(struct table *t)
{
	buf_free(&t->rows);
	buf_free(&t->header);
	free(t->width);
	t->width = NULL;
}

/* The cell at *p, without the mark; *p moves behind its end. */
static struct span
take_cell(const char **p, bool *to_the_right)
{
	const char *begin = *p + (**p == FORM_TO_THE_RIGHT);
	size_t n = strcspn(begin, "\t\n");

	*to_the_right = **p == FORM_TO_THE_RIGHT;
	*p = begin + n + 1;
	return (struct span){ begin, n };
}

/* Of UTF-8: bytes that begin one. */
static size_t
characters(struct span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

/* True where a column has become wider. */
static bool
widen(struct table *t, const char *p)
{
	bool wider = false, to_the_right;

	for (size_t column = 0; *p != '\0'; column++) {
		size_t n, i = column % t->columns;

		n = characters(take_cell(&p, &to_the_right));
		wider |= n > t->width[i];
		t->width[i] = n > t->width[i] ? n : t->width[i];
	}
	return wider;
}

static void
pad(struct buf *line, size_t n)
{
	while (n-- > 0)
		buf_add_char(line, ' ');
}

/*
 * One line; *p moves behind its row.  like: a row whose cells tell where its
 * own go, as those of names do, or NULL.
 */
static int
write_row(struct table *t, const char **p, const char *like, struct out *out)
{
	bool to_the_right, other;

	for (size_t i = 0; i < t->columns; i++) {
		struct span cell = take_cell(p, &to_the_right);
		size_t blanks = t->width[i] - characters(cell);

		if (like != NULL) {
			(void)take_cell(&like, &other);
			to_the_right = other;
		}
		pad(&out->line, to_the_right ? blanks : 0);
		buf_add_span(&out->line, cell);
		/* Nothing ends with blanks. */
		if (i + 1 < t->columns)
			pad(&out->line, (to_the_right ? 0 : blanks) + 2);
	}
	return out_end_line(out);
}

int
table_write(struct table *t, struct out *out)
{
	const char *rows, *names, *p;
	int rc = 0;

	if (t->nrows == 0)
		return 0;
	rows = p = buf_text(&t->rows);
	names = buf_text(&t->header);
	if (rows == NULL || names == NULL) {
		out->error = ENOMEM;
		return -1;
	}
	if (widen(t, rows) || !t->begun) {
		(void)widen(t, names);
		rc = t->begun ? out_end_line(out) : 0;
		if (rc == 0)
			rc = write_row(t, &names, rows, out);
		t->begun = true;
	}
	for (; rc == 0 && *p != '\0';)
		rc = write_row(t, &p, NULL, out);
	buf_clear(&t->rows);
	t->nrows = 0;
	return rc;
}
