/* fuzz_csv - the fast reader of CSV and its plain twin: whatever records come,
 * a row that the one takes is one that csv_find() and row_read() take, with the
 * same values and the same time.
 *
 * The first byte chooses a query; the rest are records.
 *
 * SPDX-License-Identifier: ISC */
#include "window/reader.h"

#include <string.h>

#include "lib/lines.h"
#include "tests/fuzz/fuzz.h"

static struct question {
	const char *key, *sum, *from, *time;
	struct csv csv;
	const char *null;
} questions[] = {
	{ "k", "x", "t TIMESTAMP(3), k INT, x DECIMAL(6,2), u STRING", "t",
	    { ',', '"', false }, NULL },
	{ "k", "x", "t TIMESTAMP_LTZ(3), k STRING, x DOUBLE, u INT", "t",
	    { ';', '"', true }, "" },
	{ "u", "x", "k STRING, t STRING, x BIGINT, u BOOLEAN", "t",
	    { '\t', '\0', false }, "-" },
	{ "k", "x", "t BIGINT, k DATE NOT NULL, x FLOAT", "t",
	    { ',', '\'', false }, NULL },
	{ "k", "x", NULL, "t", { ',', '"', false }, NULL },
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static void
ask(struct query *q, struct question *a)
{
	struct query_agg aggs[] = { { .argument = a->sum },
		{ .argument = "u" } };
	struct query_words w = { .kind = KIND_TUMBLE,
		.size_ms = 10000,
		.delay_ms = -1,
		.idle_ms = -1,
		.lateness_ms = -1,
		.ahead_ms = -1,
		.jump_ms = -1,
		.max_keys = 1000,
		.max_bytes = UINT64_MAX,
		.max_line = 200,
		.input = { INPUT_CSV, a->csv,
		    a == &questions[QUESTIONS - 1] ? HEADER_YES : HEADER_NO },
		.from = a->from,
		.event_time = a->time,
		.keys = { &a->key, 1, 1 },
		.null = { &a->null, a->null != NULL, 1 },
		.unit = TIME_MS,
		.aggs = aggs,
		.naggs = a->from != NULL && strstr(a->from, "u ") ? 2 : 1 };

	aggs[0].agg = agg_find("sum");
	aggs[1].agg = agg_find("max");
	aggs[0].option = "sum";
	aggs[1].option = "max";
	HOLDS(query_init(q, &w) == 0);
}

static void
same_values(const struct query *q, const struct value *a, const struct value *b)
{
	for (size_t i = 0; i < q->nfields; i++) {
		HOLDS(a[i].kind == b[i].kind);
		HOLDS(value_order(&a[i], &b[i]) == 0);
		if (a[i].kind == VALUE_DECIMAL)
			HOLDS(a[i].scale == b[i].scale &&
			      a[i].units == b[i].units);
	}
}

/* The record of n bytes at p, as run gives it to the plain reader. */
static bool
read_plain(struct row_reader *r, struct rows *plain, const char *p, size_t n)
{
	struct line line = { .kind = LINE_DATA, .number = 1 };
	struct row_fault fault;
	size_t at = 0;
	struct cell cell;
	struct fault why;
	int rc;

	line.raw = (struct span){ p, n - (p[n - 1] == '\n') };
	line.text = line.raw;
	if (line.text.n > 0 && p[line.text.n - 1] == '\r')
		line.text.n--;
	/* A record that has been found has cells. */
	while (
	    (rc = csv_cell(&r->q->input.csv, line.text, &at, &cell, &why)) == 1)
		continue;
	HOLDS(rc == 0 && at == line.text.n + 1);
	return line.text.n <= r->q->max_line &&
	       row_read(r, &line, plain, &fault) == 0;
}

static void
check_row(struct row_reader *r, const struct rows *fast, int i,
    struct rows *plain, const char *end)
{
	const char *p = fast->line[i];
	uint64_t lines;
	size_t n;

	HOLDS(csv_find(&r->q->input.csv, (struct span){ p, (size_t)(end - p) },
		  true, &n, &lines) == CSV_RECORD);
	HOLDS(lines == 1 && p + n == fast->line[i + 1]);
	HOLDS(read_plain(r, plain, p, n));
	HOLDS(plain->t_ms[0] == fast->t_ms[i]);
	same_values(
	    r->q, plain->values, fast->values + (size_t)i * fast->stride);
}

/* Behind the record at p, or the line where there is none. */
static const char *
skip(struct row_reader *r, struct rows *plain, const char *p, const char *end)
{
	struct span text = { p, (size_t)(end - p) };
	const char *newline;
	uint64_t lines;
	size_t n;

	switch (csv_find(&r->q->input.csv, text, true, &n, &lines)) {
	case CSV_RECORD:
		(void)read_plain(r, plain, p, n);
		return p + n;
	case CSV_NOTHING:
		HOLDS(n > 0);
		return p + n;
	case CSV_BROKEN:
		newline = memchr(p, '\n', text.n);
		return newline == NULL ? end : newline + 1;
	case CSV_MORE:
		break;
	}
	HOLDS(false);
	return end;
}

static void
read_both(
    struct reader *l, struct row_reader *r, const char *p, const char *end)
{
	struct rows fast, plain;

	HOLDS(rows_init(&fast, r->q->nfields) == 0);
	HOLDS(rows_init(&plain, r->q->nfields) == 0);
	reader_begin(l);
	while (p < end) {
		int n;

		reader_from(l, p, end);
		while ((n = reader_rows(l, &fast)) > 0) {
			HOLDS(fast.line[0] == p);
			for (int i = 0; i < n; i++)
				check_row(r, &fast, i, &plain, end);
			p = fast.line[n];
		}
		if (p < end)
			p = skip(r, &plain, p, end);
	}
	rows_free(&fast);
	rows_free(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct query query[QUESTIONS];
	static bool asked[QUESTIONS];
	struct row_reader r;
	struct reader l;
	struct buf why = { 0 };
	char *copy;
	int i;

	if (n == 0 || n > 1 << 16)
		return 0;
	i = data[0] % QUESTIONS;
	if (!asked[i])
		ask(&query[i], &questions[i]);
	asked[i] = true;
	copy = calloc(1, n + LINES_PAD);
	HOLDS(copy != NULL);
	memcpy(copy, data + 1, n - 1);
	HOLDS(row_init(&r, &query[i]) == 0);
	HOLDS(reader_init(&l, &r) == 0);
	if (query[i].input.header == HEADER_NO ||
	    row_header(&r, span_of("x,t,\"k\""), &why) == 0)
		read_both(&l, &r, copy, copy + n - 1);
	buf_free(&why);
	reader_free(&l);
	row_free(&r);
	free(copy);
	return 0;
}
