/* remedy - what would help against a bad line.
 * SPDX-License-Identifier: ISC */
#include "window/remedy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/foreign.h"

/* Said instead of a value, and safe in single quotes: "-", "n/a", "". */
static bool
is_placeholder(struct span text)
{
	static const char *const words[] = { "n/a", "na", "nan", "nil", "none",
		"null", "undefined", "unknown" };
	bool word = false, letters = false;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		word |= text.n == strlen(words[i]) &&
		        strncasecmp(text.p, words[i], text.n) == 0;
	for (size_t i = 0; i < text.n; i++)
		letters |= strchr("-_./?*# ", text.p[i]) == NULL;
	return word || (!letters && text.n < 8);
}

/* The type that takes a number which f's does not, or NULL. */
static const char *
wider(const struct row_fault *f, struct span number)
{
	bool whole = true;

	for (size_t i = 0; i < number.n; i++)
		whole &= strchr(".eE", number.p[i]) == NULL;
	switch (f->type.kind) {
	case TYPE_ANY:
	case TYPE_FLOAT:
		return "DOUBLE";
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
		return whole ? "BIGINT" : "DOUBLE";
	case TYPE_BIGINT:
		return whole ? "DECIMAL(38,0)" : "DOUBLE";
	default:
		return NULL;
	}
}

static bool
of_value(struct buf *out, const struct row_fault *f)
{
	struct span text = f->found;
	bool quoted = f->bare || (text.n > 1 && text.p[0] == '"');
	bool is_null = !f->bare && (text.n == 0 || span_is(text, "null"));
	const char *type = NULL;
	struct decimal d;

	if (quoted && !f->bare)
		text = (struct span){ text.p + 1, text.n - 2 };
	if (decimal_parse_any(text, quoted, &d) != DECIMAL_BAD)
		type = wider(f, text);
	if (type != NULL)
		buf_addf(
		    out, "; for such numbers: --from '%s %s'", f->field, type);
	else if (is_null)
		buf_add_text(out, "; to accept such rows, leave out NOT NULL");
	else if (f->type.not_null)
		return false;
	else if (quoted && is_placeholder(text))
		buf_addf(out, "; to read it as null: --null '%.*s'",
		    (int)text.n, text.p);
	else
		buf_add_text(out, "; to read such values as null: --on-bad "
				  "null");
	return type != NULL;
}

/* The format that reads a text which is no time otherwise, if it is known. */
static void
of_time(struct buf *out, const struct row_fault *f)
{
	static const char *const known[] = { "%d/%b/%Y:%T %z", "%b %e %T",
		"%a, %d %b %Y %T %Z", "%a, %d %b %Y %T %z", "%a %b %d %T %z %Y",
		"%c", "%d/%b/%Y %T", "%d.%m.%Y %T", "%d.%m.%Y",
		"%b %d, %Y %r" };
	struct span text = f->found;
	int64_t ms;
	bool zoned, fits = false;

	if (!f->bare)
		text = (struct span){ text.p + 1, text.n - 2 };

	for (size_t i = 0; !fits && i < sizeof known / sizeof *known; i++) {
		struct time_format *format = time_format_new(known[i], NULL);

		fits = format != NULL && time_format_read(format, text, 0, &ms,
					     &zoned, NULL) == 0;
		if (fits)
			buf_addf(out,
			    "; to read such times: --time-format "
			    "'%s'",
			    known[i]);
		free(format);
	}
	if (!fits && f->in_text == 0 && !field_is_digits(text))
		buf_add_text(out, "; times in another form: --time-format, "
				  "such as '%d/%b/%Y:%T %z'");
}

bool
remedy_add(struct buf *out, const struct row_reader *r,
    const struct row_fault *f, struct span line, bool first)
{
	struct fault why = { f->what, f->at };
	int time = r->q->time_field;

	/* What has a remedy is not known to be no JSON. */
	if (f->field == NULL && r->q->input.kind == INPUT_JSON &&
	    foreign_add_remedy(
		out, line, f->remedy == NULL ? &why : NULL, first, true))
		return true;
	if (f->remedy != NULL)
		buf_addf(out, "; %s", f->remedy);
	if (f->remedy != NULL || f->field == NULL)
		return false;
	if (time == -1 || f->field != r->q->fields[time].name)
		return of_value(out, f);
	if ((f->bare || (f->found.n > 0 && f->found.p[0] == '"')) &&
	    r->q->time_format == NULL)
		of_time(out, f);
	/* Of JSON alone the names that there are are known. */
	if (r->q->input.kind != INPUT_JSON)
		return false;
	/* If no row has it the names that there are will be told. */
	return f->found.n == 0 && !f->bare &&
	       (foreign_add_remedy(out, line, NULL, false, true) ||
		   !r->absent.field[time].seen);
}
