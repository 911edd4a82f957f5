/* columns - the columns of a table in SQL's notation.
 * SPDX-License-Identifier: ISC */
#include "lib/columns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/columns_read.h"
#include "lib/diag.h"
#include "lib/utf8.h"

enum { FILE_MAX = 16 * 1024 * 1024 }; /* bytes of a notation; a sane bound */

static const char example[] = "temperature DECIMAL(6,2) 0..100";

/* The message of p's failure.  NULL: out of memory. */
static char *
compose(struct columns_reader *p, const char *source)
{
	struct buf b = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	size_t line = 1, column = 1;
	const char *why = buf_text(&p->why);
	size_t at = p->at < p->text.n ? p->at : p->text.n;

	for (size_t i = 0; i < at; i++) {
		if (p->text.p[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)p->text.p[i] & 0xC0) != 0x80)
			column++; /* people count characters, not bytes */
	}
	if (p->ordinal > 0)
		buf_addf(&b, "column %zu of ", p->ordinal);
	if (source == NULL)
		buf_add_text(&b, "the list");
	else
		buf_add_text(&b, diag_quote(quoted, span_of(source)));
	buf_addf(&b, ", line %zu, column %zu: %s", line, column,
	    why != NULL ? why : "out of memory");
	buf_addf(&b, "%s example: %s",
	    b.n > 0 && b.p[b.n - 1] == '?' ? "" : ";", example);
	why = buf_text(&b);
	if (why == NULL)
		buf_free(&b);
	return b.p;
}

/* Where the first line begins that is not UTF-8. */
static size_t
bad_line(struct span text)
{
	size_t begin = 0;

	for (size_t at = 0; at < text.n; at++) {
		if (text.p[at] != '\n')
			continue;
		if (!utf8_is_valid((struct span){ text.p + begin, at - begin }))
			break;
		begin = at + 1;
	}
	return begin;
}

static int
parse(struct span notation, const char *source, struct columns *out,
    char **message)
{
	struct columns_reader p = { .out = out };
	char *text = malloc(notation.n + 1);
	int rc = -1;

	*out = (struct columns){ .text = text };
	*message = NULL;
	if (text == NULL)
		return -1;
	if (notation.n > 0)
		memcpy(text, notation.p, notation.n);
	text[notation.n] = '\0';
	p.text = (struct span){ text, notation.n };
	if (!utf8_is_valid(p.text)) {
		p.at = bad_line(p.text);
		buf_add_text(&p.why, "the line is not UTF-8");
	} else if (strlen(text) != notation.n) {
		p.at = strlen(text);
		buf_add_text(&p.why, "a NUL byte");
	} else {
		columns_blank_comments(text, notation.n);
		rc = columns_read(&p);
	}
	if (rc == -1) {
		*message = compose(&p, source);
		columns_free(out);
	}
	buf_free(&p.why);
	return rc;
}

int
columns_parse(struct span notation, struct columns *out, char **message)
{
	return parse(notation, NULL, out, message);
}

/* The whole file; -1 with errno. */
static int
read_file(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;
	int error;

	if (fd == -1)
		return -1;
	while (n > 0) {
		char *to = buf_room(b, 65536);

		if (to == NULL) {
			errno = b->n + 65536 > FILE_MAX ? EFBIG : ENOMEM;
			n = -1;
			break;
		}
		n = read(fd, to, 65536);
		if (n > 0)
			b->n += (size_t)n;
		else if (n == -1 && errno == EINTR)
			n = 1;
	}
	error = errno;
	close(fd); /* only read from: nothing to lose */
	errno = error;
	return n == 0 ? 0 : -1;
}

int
columns_load(const char *value, struct columns *out, char **message)
{
	struct buf b = { .max = FILE_MAX }, why = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	int rc = -1;

	if (value[0] != '@')
		return columns_parse(span_of(value), out, message);
	*out = (struct columns){ 0 };
	*message = NULL;
	if (read_file(value + 1, &b) == 0)
		rc = parse(buf_span(&b), value + 1, out, message);
	else {
		int error = errno;

		buf_addf(&why, "cannot read columns from %s: %s%s",
		    diag_quote(quoted, span_of(value + 1)), strerror(error),
		    error == ENOENT && strchr(value, ' ') != NULL
			? "; put a name that begins with @ in double quotes"
			: "");
		if (buf_text(&why) == NULL)
			buf_free(&why);
		*message = why.p;
	}
	buf_free(&b);
	return rc;
}

void
columns_free(struct columns *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->col[i].name);
	free(all->col);
	free(all->text);
	*all = (struct columns){ 0 };
}

/* A name's next byte with quotes taken off: keys as they are, dots between. */
struct unquoted {
	const char *p;
	bool begins; /* p is at the beginning of a key */
	bool quoted;
};

static char
unquoted_next(struct unquoted *u)
{
	if (u->begins && *u->p == '"') {
		u->quoted = true;
		u->p++;
	}
	u->begins = false;
	if (u->quoted && u->p[0] == '"') {
		if (u->p[1] != '"') {
			u->quoted = false;
			u->p++;
		} else
			u->p++;
	}
	if (*u->p == '\0')
		return '\0';
	u->begins = !u->quoted && *u->p == '.';
	return *u->p++;
}

bool
column_same_name(const char *a, const char *b)
{
	struct unquoted x = { a, true, false };
	struct unquoted y = { b, true, false };
	char c;

	do {
		c = unquoted_next(&x);
		if (c != unquoted_next(&y))
			return false;
	} while (c != '\0');
	return true;
}

const struct column *
columns_find(const struct columns *all, const char *name)
{
	const struct column *found = NULL;

	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->col[i].name, name) == 0)
			return &all->col[i];
		if (found == NULL && column_same_name(all->col[i].name, name))
			found = &all->col[i];
	}
	return found;
}
