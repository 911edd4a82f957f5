/* form - results as lines of JSON, CSV or TSV, or as cells of a table.
 * SPDX-License-Identifier: ISC */
#include "window/form.h"

#include <string.h>

/* The cell from at on, in quotes if it must be; of blanks alone it could be a
 * line that readers skip. */
static void
quote_csv(struct buf *out, size_t at, char delimiter, bool is_text)
{
	size_t n = out->n - at, quotes = 0;
	bool needed = false, blank = is_text;

	if (out->failed)
		return;
	for (size_t i = at; i < out->n; i++) {
		char c = out->p[i];

		quotes += c == '"';
		blank &= c == ' ' || c == '\t';
		needed |= c == '"' || c == delimiter || c == '\n' || c == '\r';
	}
	if ((!needed && !blank) || buf_room(out, quotes + 2) == NULL)
		return;
	/* From the end on, so that nothing is overwritten. */
	out->n += quotes + 2;
	out->p[out->n - 1] = '"';
	for (size_t from = at + n, to = out->n - 1; from-- > at;) {
		out->p[--to] = out->p[from];
		if (out->p[from] == '"')
			out->p[--to] = '"';
	}
	out->p[at] = '"';
}

static void
escape_tsv(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		char letter = c == '\t'   ? 't'
		              : c == '\n' ? 'n'
		              : c == '\r' ? 'r'
		              : c == '\\' ? '\\'
		                          : '\0';

		if (letter != '\0')
			buf_add_char(out, '\\');
		buf_add_char(out, letter != '\0' ? letter : c);
	}
}

static void
mask(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		buf_add_char(out, c < 0x20 || c == 0x7f ? '?' : text.p[i]);
	}
}

static void
write_text(const struct form *f, struct buf *out, struct span text)
{
	size_t at = out->n;

	switch (f->kind) {
	case FORM_CSV:
		buf_add_span(out, text);
		quote_csv(out, at, f->delimiter, true);
		break;
	case FORM_TSV:
		escape_tsv(out, text);
		break;
	case FORM_TABLE:
		mask(out, text);
		break;
	case FORM_JSON:
		break;
	}
}

/* "Infinity" has quotes in JSON alone. */
static void
cut_quotes(struct buf *out, size_t at)
{
	if (out->n - at < 2 || out->p[at] != '"')
		return;
	memmove(out->p + at, out->p + at + 1, out->n - at - 2);
	out->n -= 2;
}

static bool
is_number(const struct value *v, enum type_kind type)
{
	return v->kind == VALUE_DECIMAL || v->kind == VALUE_DOUBLE ||
	       (v->kind == VALUE_INT && type_is_integer(type));
}

void
form_write(const struct form *f, struct buf *out, const struct value *v,
    enum type_kind type)
{
	size_t at;

	if (f->kind == FORM_JSON) {
		value_write(out, v, type, f->decimal);
		return;
	}
	if (f->kind == FORM_TABLE && is_number(v, type))
		buf_add_char(out, FORM_TO_THE_RIGHT);
	at = out->n;
	if (v->kind == VALUE_TEXT) {
		write_text(f, out, v->text);
	} else if (v->kind != VALUE_NULL || f->kind == FORM_TABLE) {
		value_write(out, v, type, f->decimal);
		cut_quotes(out, at);
		if (f->kind == FORM_CSV)
			quote_csv(out, at, f->delimiter, false);
	}
}

void
form_timestamp(const struct form *f, struct buf *out, size_t at)
{
	char *t;

	if (f->timestamps == TIMESTAMPS_ISO || out->failed)
		return;
	t = memchr(out->p + at, 'T', out->n - at);
	if (t != NULL)
		*t = ' ';
}

void
form_write_name(const struct form *f, struct buf *out, const char *name)
{
	write_text(f, out, span_of(name));
}
