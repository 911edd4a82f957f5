/* lib_csv - what a record of CSV is, and its cells.
 * SPDX-License-Identifier: ISC */
#include "lib/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct csv plain = { ',', '"', false };

/* Its cells with '|' between them, bare ones in parentheses. */
static void
cells_of(const struct csv *csv, struct span record, struct buf *out)
{
	struct fault fault = { 0 };
	struct buf scratch = { 0 };
	struct cell cell;
	size_t at = 0;
	int rc;

	while ((rc = csv_cell(csv, record, &at, &cell, &fault)) == 1) {
		buf_clear(&scratch);
		assert_non_null(buf_room(&scratch, record.n + 1));
		buf_addf(out, cell.bare ? "(" : "|");
		buf_add_span(out, csv_text(&cell, &scratch));
		buf_addf(out, cell.bare ? ")" : "|");
	}
	if (rc == -1)
		buf_addf(out, "%zu: %s", fault.at, fault.what);
	buf_free(&scratch);
}

static void
cells_are_what_stands_between_delimiters(void **state)
{
	static const struct csv semicolon = { ';', '\'', false };
	static const struct csv unquoted = { '\t', '\0', false };
	static const struct {
		const struct csv *csv;
		const char *record, *cells;
	} cases[] = {
		{ &plain, "", "()" },
		{ &plain, ",", "()()" },
		{ &plain, "a,bc,", "(a)(bc)()" },
		{ &plain, " a , b", "( a )( b)" },
		{ &plain, "\"a\"", "|a|" },
		{ &plain, "\"\",\"\"\"\"", "|||\"|" },
		{ &plain, "\"a,b\",\"c\nd\"", "|a,b||c\nd|" },
		{ &plain, "\"\"\"a\"\"b\"\"\",c", "|\"a\"b\"|(c)" },
		{ &plain, "a\"b\",\"c\"", "(a\"b\")|c|" },
		{ &plain, " \"a\"", "( \"a\")" },
		{ &plain, "\"a\"b",
		    "3: a cell that goes on behind its closing "
		    "quote" },
		{ &plain, "x,\"a", "(x)2: a quote that is not closed" },
		{ &plain, "\"a\"\"", "0: a quote that is not closed" },
		{ &semicolon, "a,b;'c;''d';\"", "(a,b)|c;'d|(\")" },
		{ &unquoted, "\"a\tb\"\t'", "(\"a)(b\")(')" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf got = { 0 };

		cells_of(cases[i].csv, span_of(cases[i].record), &got);
		assert_string_equal(buf_text(&got), cases[i].cells);
		buf_free(&got);
	}
}

static void
a_record_ends_at_a_newline_in_no_quotes(void **state)
{
	static const struct csv comments = { ',', '"', true };
	static const struct csv tabs = { '\t', '"', false };
	static const struct {
		const struct csv *csv;
		const char *text;
		enum csv_found found;
		size_t n;
		uint64_t lines;
	} cases[] = {
		{ &plain, "a,b\nc", CSV_RECORD, 4, 1 },
		{ &plain, "a,b\r\nc", CSV_RECORD, 5, 1 },
		{ &plain, "a", CSV_RECORD, 1, 1 },
		{ &plain, "\"a\nb\"\"\n\",c\nd", CSV_RECORD, 11, 3 },
		{ &plain, "\"a\"\r\nb", CSV_RECORD, 5, 1 },
		{ &plain, "\"a\"", CSV_RECORD, 3, 1 },
		{ &plain, "a,\"b", CSV_BROKEN, 0, 1 },
		{ &plain, "\"a\"b\nc", CSV_BROKEN, 0, 1 },
		{ &plain, "\"a\"\rb\n", CSV_BROKEN, 0, 1 },
		{ &plain, "a\"b\nc\"\n", CSV_RECORD, 4, 1 },
		{ &plain, " \t\r\na", CSV_NOTHING, 4, 1 },
		{ &plain, "\n", CSV_NOTHING, 1, 1 },
		{ &plain, "#a,b\nc\n", CSV_RECORD, 5, 1 },
		{ &comments, "#\"a,b\nc\n", CSV_NOTHING, 6, 1 },
		{ &comments, "a#\n", CSV_RECORD, 3, 1 },
		{ &tabs, "\t\t\n", CSV_RECORD, 3, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct span text = span_of(cases[i].text);
		uint64_t lines;
		size_t n;

		assert_int_equal(csv_find(cases[i].csv, text, true, &n, &lines),
		    cases[i].found);
		if (cases[i].found == CSV_BROKEN)
			continue;
		assert_int_equal(n, cases[i].n);
		assert_int_equal(lines, cases[i].lines);
		/* Until its newline is there, more is waited for. */
		if (text.p[n - 1] != '\n')
			continue;
		for (text.n = 1; text.n <= cases[i].n; text.n++)
			assert_int_equal(
			    csv_find(cases[i].csv, text, false, &n, &lines),
			    text.n < cases[i].n ? CSV_MORE : cases[i].found);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_what_stands_between_delimiters),
		cmocka_unit_test(a_record_ends_at_a_newline_in_no_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
