/* table - a table's columns, from their notation to rows.
 * SPDX-License-Identifier: ISC */
#include "datagen/table.h"

#include <stdlib.h>

/* Says what is wrong at an offset of the notation, as lib/columns.c does. */
static enum status
complain(const struct table *t, const char *notation, size_t column, size_t at,
    struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];
	size_t line = 1, place = 1;
	const char *text = t->columns.text;

	for (size_t i = 0; i < at && text[i] != '\0'; i++) {
		if (text[i] == '\n') {
			line++;
			place = 1;
		} else if (((unsigned char)text[i] & 0xC0) != 0x80)
			place++;
	}
	diag_error(NULL, "column %zu of %s, line %zu, column %zu: %s",
	    column + 1,
	    notation[0] == '@' ? diag_quote(quoted, span_of(notation + 1))
			       : "the list",
	    line, place, buf_text(why));
	return STATUS_USAGE;
}

static enum status
out_of_memory(void)
{
	diag_error(NULL, "out of memory");
	return STATUS_SYSTEM;
}

static enum status
load(struct table *t, const char *notation, uint64_t seed, struct buf *why)
{
	size_t at, bad;

	t->generators = calloc(t->columns.n, sizeof *t->generators);
	if (t->generators == NULL)
		return out_of_memory();
	for (size_t i = 0; i < t->columns.n; i++) {
		if (generator_parse(
			&t->columns.col[i], &t->generators[i], why, &at) == 0)
			continue;
		return why->failed ? out_of_memory()
		                   : complain(t, notation, i, at, why);
	}
	if (literals_make(&t->columns, &t->literals, why, &bad) == -1)
		return why->n == 0 || why->failed
		           ? out_of_memory()
		           : complain(
				 t, notation, bad, t->columns.col[bad].at, why);
	t->row = row_new(t->generators, &t->literals, seed);
	return t->row == NULL ? out_of_memory() : STATUS_OK;
}

enum status
table_load(struct table *t, const char *notation, uint64_t seed)
{
	struct buf why = { 0 };
	char *message = NULL;
	enum status status;

	if (columns_load(notation, &t->columns, &message) == -1) {
		status = message == NULL ? out_of_memory() : STATUS_USAGE;
		if (message != NULL)
			diag_error(NULL, "%s", message);
	} else
		status = load(t, notation, seed, &why);
	free(message);
	buf_free(&why);
	return status;
}

void
table_free(struct table *t)
{
	row_del(t->row);
	literals_free(&t->literals);
	for (size_t i = 0; t->generators != NULL && i < t->columns.n; i++)
		generator_free(&t->generators[i]);
	free(t->generators);
	columns_free(&t->columns);
	*t = (struct table){ 0 };
}
