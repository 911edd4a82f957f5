/* columns - the columns of a table in SQL's notation.
 * SPDX-License-Identifier: ISC */
#include "lib/columns.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "lib/array.h"
#include "lib/ascii.h"
#include "lib/diag.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/path.h"
#include "lib/type.h"
#include "lib/utf8.h"

enum { FILE_MAX = 16 * 1024 * 1024 }; /* bytes of a notation; a sane bound */

static const char example[] = "temperature DECIMAL(6,2) 0..100";

/*
 * The notation while it is read.  Set out and text, all else zero; free why.
 * After -1 at and ordinal (0: no single column) say where, why says what.
 */
struct reader {
	struct columns *out;
	size_t cap; /* columns that out->col has room for */
	struct span text;
	size_t at;
	size_t ordinal; /* of the column that is read, from 1 */
	struct buf why;
};

static int
fail(struct reader *p, size_t at, const char *why)
{
	p->at = at;
	buf_add_text(&p->why, why);
	return -1;
}

/* Just behind the quote that ends the one at text[at]; 0: it is left open. */
static size_t
quote_end(struct span text, size_t at)
{
	char quote = text.p[at];

	for (at++; at < text.n && text.p[at] != '\n'; at++)
		if (text.p[at] == quote)
			return at + 1;
	return 0;
}

/* Blanks take the place of comments and of a byte order mark. */
static void
blank_comments(char *p, size_t n)
{
	struct span text = { p, n };
	size_t at = 0;

	if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
		memset(p, ' ', 3);
	while (at < n) {
		if (p[at] == '"' || p[at] == '\'') {
			size_t end = quote_end(text, at);

			at = end != 0 ? end : at + 1;
		} else if (p[at] == '-' && at + 1 < n && p[at + 1] == '-') {
			while (at < n && p[at] != '\n')
				p[at++] = ' ';
		} else
			at++;
	}
}

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

static bool
is_at(const struct reader *p, char c)
{
	return p->at < p->text.n && p->text.p[p->at] == c;
}

/* One key of a path: quoted, with "" for a quote, or bare. */
static int
skip_key(struct reader *p)
{
	size_t begin = p->at;

	/* A hyphen within, as programs name fields; two begin a comment. */
	while (p->at < p->text.n &&
	       (is_name_byte(p->text.p[p->at]) ||
		   (p->at > begin && p->text.p[p->at] == '-' &&
		       p->at + 1 < p->text.n &&
		       is_name_byte(p->text.p[p->at + 1]))))
		p->at++;
	if (p->at > begin)
		return 0;
	if (!is_at(p, '"'))
		return fail(p, begin, "a name is missing here");
	while (is_at(p, '"')) {
		size_t end = quote_end(p->text, p->at);

		if (end == 0)
			return fail(p, begin, "the quote is not closed");
		p->at = end;
	}
	return 0;
}

/* The name's end must be seen: "a/b INT" is no column a. */
static int
check_name_end(struct reader *p)
{
	struct span rest = type_word(p->text, p->at);

	if (rest.n == 0 && !is_at(p, '(') && !is_at(p, ')') && !is_at(p, '"') &&
	    !is_at(p, '\''))
		return 0;
	return fail(p, p->at,
	    "a bare name is letters, digits, '_' and single '-', in parts "
	    "separated by dots; put others in double quotes");
}

static int
read_name(struct reader *p, char **name)
{
	struct buf canonical = { 0 };
	struct fault f;
	size_t begin = p->at;
	char first = p->at < p->text.n ? p->text.p[p->at] : ',';
	int rc = -1;

	if (first >= '0' && first <= '9')
		return fail(p, begin,
		    "a name begins with a letter or '_', or is quoted");
	if (skip_key(p) == -1)
		return -1;
	while (is_at(p, '.')) {
		p->at++;
		if (skip_key(p) == -1)
			return -1;
	}
	if (check_name_end(p) == -1)
		return -1;
	if (path_canonical((struct span){ p->text.p + begin, p->at - begin },
		&canonical, &f) == -1)
		fail(p, begin + f.at, f.what);
	else if (buf_text(&canonical) == NULL ||
		 (*name = strdup(canonical.p)) == NULL)
		fail(p, begin, "out of memory");
	else
		rc = 0;
	buf_free(&canonical);
	return rc;
}

/*
 * Without this a list whose lines lack their commas would be one column with
 * a strange generator.  No generator has a bare word and then a type at its
 * beginning or at the beginning of a line.
 */
static int
check_comma(struct reader *p, size_t begin, size_t end)
{
	struct span text = { p->text.p, end };
	size_t at = begin;

	while (at < end) {
		struct span word;
		size_t next;
		size_t n = 0;

		type_skip_blanks(text, &at);
		word = type_word(text, at);
		while (
		    n < word.n && (is_name_byte(word.p[n]) || word.p[n] == '.'))
			n++;
		next = at + word.n;
		type_skip_blanks(text, &next);
		if (n > 0 && n == word.n &&
		    !(word.p[0] >= '0' && word.p[0] <= '9') &&
		    next > at + word.n && type_is_word(type_word(text, next)))
			return fail(
			    p, at, "a comma is missing before this column");
		while (at < end && text.p[at] != '\n')
			at++;
	}
	return 0;
}

/* Behind what p->at is at and no comma ends: a text, a name, a comment. */
static int
skip_token(struct reader *p)
{
	const char *at = p->text.p + p->at, *end = p->text.p + p->text.n,
		   *behind;

	if (strchr("'\"`", *at) != NULL) {
		behind = memchr(at + 1, *at, (size_t)(end - at) - 1);
		if (behind == NULL)
			return fail(p, p->at, "the quote is not closed");
		p->at += (size_t)(behind - at) + 1;
	} else if (*at == '/' && at + 1 < end && at[1] == '*') {
		behind = memmem(at + 2, (size_t)(end - at) - 2, "*/", 2);
		if (behind == NULL)
			return fail(p, p->at, "the comment is not closed");
		p->at += (size_t)(behind - at) + 2;
	} else {
		p->at++;
	}
	return 0;
}

/* From `from` to p->at, less blanks at both ends. */
static struct span
trimmed(const struct reader *p, size_t from)
{
	size_t end = p->at;

	while (from < end && ascii_is_blank(p->text.p[from]))
		from++;
	while (end > from && ascii_is_blank(p->text.p[end - 1]))
		end--;
	return (struct span){ p->text.p + from, end - from };
}

/* Behind AS: all up to the comma that ends the column. */
static int
read_expression(struct reader *p, struct column *c)
{
	size_t begin = p->at, depth = 0;

	while (p->at < p->text.n && !(depth == 0 && is_at(p, ','))) {
		depth += is_at(p, '(');
		/* One too many is for sql to tell. */
		depth -= is_at(p, ')') && depth > 0;
		if (skip_token(p) == -1)
			return -1;
	}
	c->expression = trimmed(p, begin);
	return c->expression.n > 0
	           ? 0
	           : fail(p, begin, "an expression is missing behind AS");
}

static bool
is_as(struct span word)
{
	return word.n == 2 && strncasecmp(word.p, "AS", 2) == 0;
}

/* All up to the comma that ends the column, less blanks at both ends. */
static int
read_generator(struct reader *p, struct column *c)
{
	size_t begin = p->at, end, opened = 0, depth = 0;

	while (p->at < p->text.n && !(depth == 0 && is_at(p, ','))) {
		if (is_at(p, '\'') || is_at(p, '"')) {
			end = quote_end(p->text, p->at);
			if (end == 0)
				return fail(
				    p, p->at, "the quote is not closed");
			p->at = end;
			continue;
		}
		if (is_at(p, '(') && depth++ == 0)
			opened = p->at;
		if (is_at(p, ')') && depth-- == 0)
			return fail(p, p->at, "')' without '('");
		p->at++;
	}
	if (depth > 0)
		return fail(p, opened, "'(' is not closed");
	c->generator = trimmed(p, begin);
	c->generator_at = begin;
	end = begin + c->generator.n;
	if (end > begin && c->type.kind == TYPE_ANY)
		return fail(p, begin, "a generator needs a type before it");
	return check_comma(p, begin, end);
}

static int
read_type(struct reader *p, struct column *c)
{
	char first;

	if (type_read_not_null(p->text, &p->at, &c->type.not_null, &p->why) ==
	    -1)
		return -1;
	type_skip_blanks(p->text, &p->at);
	if (c->type.not_null || p->at == p->text.n)
		return 0;
	first = p->text.p[p->at];
	if (!is_name_byte(first) || (first >= '0' && first <= '9') ||
	    is_as(type_word(p->text, p->at)))
		return 0;
	return type_read(p->text, &p->at, &c->type, &p->why);
}

static int
read_column(struct reader *p)
{
	struct columns *all = p->out;
	struct column *c;

	if (array_room(all->col, p->cap, all->n + 1) == -1)
		return fail(p, p->at, "out of memory");
	c = &all->col[all->n];
	*c = (struct column){ .at = p->at, .ordinal = p->ordinal };
	if (read_name(p, &c->name) == -1)
		return -1;
	all->n++;
	if (read_type(p, c) == -1)
		return -1;
	type_skip_blanks(p->text, &p->at);
	if (!is_as(type_word(p->text, p->at)))
		return read_generator(p, c);
	p->at += 2;
	return read_expression(p, c);
}

static int
order_by_name(const void *a, const void *b)
{
	const struct column *x = *(const struct column *const *)a;
	const struct column *y = *(const struct column *const *)b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* Sorted, so that a long list takes no square of its length. */
static int
check_doubles(struct reader *p)
{
	const struct columns *all = p->out;
	const struct column **sorted = calloc(all->n, sizeof *sorted);
	const struct column *found = NULL;
	char quoted[DIAG_QUOTE_MAX];

	if (sorted == NULL)
		return fail(p, p->at, "out of memory");
	for (size_t i = 0; i < all->n; i++)
		sorted[i] = &all->col[i];
	qsort(sorted, all->n, sizeof *sorted, order_by_name);
	for (size_t i = 1; i < all->n; i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 &&
		    (found == NULL || sorted[i]->at < found->at))
			found = sorted[i];
	free(sorted);
	if (found == NULL)
		return 0;
	p->ordinal = found->ordinal;
	buf_addf(&p->why, "there is already a column %s",
	    diag_quote(quoted, span_of(found->name)));
	p->at = found->at;
	return -1;
}

/* Reads the list, without comments; adds its columns to out. */
static int
read_list(struct reader *p)
{
	type_skip_blanks(p->text, &p->at);
	if (p->at == p->text.n)
		return fail(p, 0, "no columns");
	while (p->at < p->text.n) {
		p->ordinal++;
		if (read_column(p) == -1)
			return -1;
		if (is_at(p, ','))
			p->at++;
		type_skip_blanks(p->text, &p->at);
	}
	return check_doubles(p);
}

/* --- where the notation comes from -------------------------------------- */

void
columns_add_place(struct buf *b, size_t ordinal, const char *value,
    struct span text, size_t at)
{
	char quoted[DIAG_QUOTE_MAX];
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			line++;
			column = 1;
		} else if (utf8_begins(text.p[i]))
			column++; /* people count characters, not bytes */
	}
	if (ordinal > 0)
		buf_addf(b, "column %zu of ", ordinal);
	if (value == NULL || *value != '@')
		buf_add_text(b, "the list");
	else
		buf_add_text(b, diag_quote(quoted, span_of(value + 1)));
	buf_addf(b, ", line %zu, column %zu: ", line, column);
}

/* The message of p's failure.  NULL: out of memory. */
static char *
compose(struct reader *p, const char *value)
{
	struct buf b = { 0 };
	const char *why = buf_text(&p->why);

	columns_add_place(&b, p->ordinal, value, p->text, p->at);
	buf_add_text(&b, why != NULL ? why : "out of memory");
	buf_addf(&b, "%s example: %s",
	    b.n > 0 && b.p[b.n - 1] == '?' ? "" : ";", example);
	if (buf_text(&b) == NULL)
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
parse(struct span notation, const char *value, struct columns *out,
    char **message)
{
	struct reader p = { .out = out };
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
		blank_comments(text, notation.n);
		rc = read_list(&p);
	}
	if (rc == -1) {
		*message = compose(&p, value);
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

int
columns_load(const char *value, struct columns *out, char **message)
{
	struct buf b = { 0 }, why = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	int rc = -1;

	if (value[0] != '@')
		return columns_parse(span_of(value), out, message);
	*out = (struct columns){ 0 };
	*message = NULL;
	if (file_read(value + 1, FILE_MAX, &b) == 0)
		rc = parse(buf_span(&b), value, out, message);
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

void
columns_drop_computed(struct columns *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (column_is_computed(&all->col[i]))
			free(all->col[i].name);
		else
			all->col[n++] = all->col[i];
	all->n = n;
}

const struct column *
columns_find(const struct columns *all, const char *name)
{
	const struct column *found = NULL;

	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->col[i].name, name) == 0)
			return &all->col[i];
		if (found == NULL && path_same(all->col[i].name, name))
			found = &all->col[i];
	}
	return found;
}
