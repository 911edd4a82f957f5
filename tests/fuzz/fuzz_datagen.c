/* fuzz_datagen - columns that datagen takes give rows that are JSON objects,
 * and those that it refuses are refused with a reason.
 * Input: the notation of columns.
 * SPDX-License-Identifier: ISC */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "datagen/generator.h"
#include "datagen/literals.h"
#include "datagen/row.h"
#include "lib/digits.h"
#include "lib/json.h"

enum { NOTATION_MAX = 2000, ROWS = 30, LENGTH_MAX = 5000 };

static void
check_rows(struct row *row)
{
	uint64_t rows = row->count < ROWS ? row->count : ROWS;
	char *text = malloc(row->room);

	HOLDS(text != NULL);
	for (uint64_t i = 0; i < rows; i++) {
		/* A day and a little before 1970, and a month from then on. */
		int64_t ms = ((int64_t)i - 1) * 86399999;
		char *end = row_write(row, text, ms);
		struct span line = { text, (size_t)(end - text) - 1 };

		HOLDS(end <= text + row->room - ROW_PAD);
		HOLDS(*text == '{' && end[-1] == '\n');
		HOLDS(memchr(text, '\n', line.n) == NULL);
		HOLDS(json_check(line, NULL) == 0);
	}
	free(text);
}

/* False where the notation is refused, or asks for more than is fun. */
static bool
make(const struct columns *columns, struct generator *generators,
    struct literals *literals)
{
	struct buf why = { 0 };
	size_t at, bad;
	bool is_good = true;

	for (size_t i = 0; i < columns->n && is_good; i++) {
		is_good = generator_parse(
			      &columns->col[i], &generators[i], &why, &at) == 0;
		HOLDS(is_good == (why.n == 0));
		HOLDS(at <= strlen(columns->text));
		if (generators[i].length_max > LENGTH_MAX)
			is_good = false;
	}
	if (is_good && literals_make(columns, literals, &why, &bad) == -1) {
		HOLDS(why.n > 0 && bad < columns->n);
		is_good = false;
	}
	buf_free(&why);
	return is_good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span notation = { (const char *)data, size };
	struct columns columns;
	struct generator *generators;
	struct literals literals = { 0 };
	struct row *row;
	char *message;

	if (size > NOTATION_MAX)
		return 0;
	if (columns_parse(notation, &columns, &message) == -1) {
		free(message);
		return 0;
	}
	generators = calloc(columns.n, sizeof *generators);
	HOLDS(generators != NULL);
	if (make(&columns, generators, &literals)) {
		row = row_new(generators, &literals, size);
		HOLDS(row != NULL);
		check_rows(row);
		row_del(row);
	}
	for (size_t i = 0; i < columns.n; i++)
		generator_free(&generators[i]);
	free(generators);
	literals_free(&literals);
	columns_free(&columns);
	return 0;
}
