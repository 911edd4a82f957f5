/* table - a table's columns, from their notation to rows.
 * SPDX-License-Identifier: ISC */
#include "datagen/table.h"

#include <stdlib.h>

/* Says what is wrong at an offset of the notation. */
static enum status
complain(const struct table *t, const char *notation, size_t i, size_t at,
    const struct buf *why)
{
	size_t ordinal = i < t->columns.n ? t->columns.col[i].ordinal : 0;
	struct buf message = { 0 };

	if (why->n == 0 || why->failed)
		return diag_no_memory();
	columns_add_place(
	    &message, ordinal, notation, span_of(t->columns.text), at);
	buf_add_span(&message, buf_span(why));
	if (buf_text(&message) != NULL)
		diag_error(NULL, "%s", message.p);
	buf_free(&message);
	return STATUS_USAGE;
}

static enum status
load(struct table *t, const char *notation, uint64_t seed, struct buf *why)
{
	size_t at, bad;

	columns_drop_computed(&t->columns);
	if (t->columns.n == 0) {
		buf_add_text(why, "all columns are computed; example: "
				  "temperature DECIMAL(6,2) 0..100");
		return complain(t, notation, 0, 0, why);
	}
	t->generators = calloc(t->columns.n, sizeof *t->generators);
	if (t->generators == NULL)
		return diag_no_memory();
	for (size_t i = 0; i < t->columns.n; i++) {
		if (generator_parse(
			&t->columns.col[i], &t->generators[i], why, &at) == 0)
			continue;
		return complain(t, notation, i, at, why);
	}
	if (literals_make(&t->columns, &t->literals, why, &bad) == -1)
		return complain(t, notation, bad, t->columns.col[bad].at, why);
	t->row = row_new(t->generators, &t->literals, seed);
	return t->row == NULL ? diag_no_memory() : STATUS_OK;
}

enum status
table_load(struct table *t, const char *notation, uint64_t seed)
{
	struct buf why = { 0 };
	char *message = NULL;
	enum status status;

	if (columns_load(notation, &t->columns, &message) == -1) {
		status = message == NULL ? diag_no_memory() : STATUS_USAGE;
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
