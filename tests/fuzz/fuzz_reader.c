/* fuzz_reader - the fast reader and its plain twin: whatever lines come, a row
 * that the one takes is one that row_read() takes, with the same values and
 * the same time.
 *
 * The first byte chooses a query; the rest are lines.
 *
 * SPDX-License-Identifier: ISC */
#include "window/reader.h"

#include <string.h>

#include "lib/lines.h"
#include "tests/fuzz/fuzz.h"

static const struct question {
	const char *keys[4];
	const char *aggs; /* "FUNCTION FIELD" parted by bars */
	const char *from;
	const char *time;
	const char *zone;
	enum time_unit unit;
	const char *format;
} questions[] = {
	{ { "sensor_id" }, "avg temperature",
	    "sensor_id INT, temperature DECIMAL(6,2), "
	    "measurement_time TIMESTAMP(3)",
	    "measurement_time", NULL, TIME_MS, NULL },
	{ { "k", "s" }, "sum x|max s|min t", NULL, "t", NULL, TIME_MS, NULL },
	{ { "s" }, "sum x|max b|min d|last e|count-of o.p",
	    "s STRING, x DECIMAL(38,10), b BOOLEAN, d DATE, e TIME, "
	    "t TIMESTAMP_LTZ(3)",
	    "t", "Europe/Berlin", TIME_MS, NULL },
	{ { "k", "o" }, "sum x|first y|max z",
	    "k TINYINT NOT NULL, x BIGINT, y DOUBLE, z FLOAT, t BIGINT", "t",
	    NULL, TIME_S, NULL },
	{ { "k" }, "sum x|count-of t",
	    "k SMALLINT, x DECIMAL(3,1), t TIMESTAMP(3), u STRING", "u", NULL,
	    TIME_MS, NULL },
	{ { "o.p" }, "max o|count-of s", "s VARCHAR(3) NOT NULL", NULL, NULL,
	    TIME_MS, NULL },
	{ { "b" }, "max t|first o.p.q|last \"o.p\"",
	    "b BOOLEAN, t TIMESTAMP(3)", "t", "Europe/Berlin", TIME_MS, NULL },
	{ { "k" }, "max u|last t", "u TIMESTAMP(3)", "t", "Europe/Berlin",
	    TIME_MS, "%d/%b/%Y:%T %z" },
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static void
ask(struct query *q, const struct question *a)
{
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
		.from = a->from,
		.event_time = a->time,
		.processing_time = a->time == NULL,
		.timezone = a->zone,
		.unit = a->unit,
		.time_format = a->format };
	struct query_agg aggs[8] = { 0 };
	const char *keys[4];
	char text[256], *at = text;

	for (; w.keys.n < 4 && a->keys[w.keys.n] != NULL; w.keys.n++)
		keys[w.keys.n] = a->keys[w.keys.n];
	snprintf(text, sizeof text, "%s", a->aggs);
	for (char *part; (part = strsep(&at, "|")) != NULL; w.naggs++) {
		char *function = strsep(&part, " ");

		aggs[w.naggs].agg = agg_find(function);
		aggs[w.naggs].option = aggs[w.naggs].agg->option;
		aggs[w.naggs].argument = part;
	}
	w.keys.text = keys;
	w.aggs = aggs;
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

/* As lib/lines gives it to the plain reader. */
static struct line
line_of(const char *p, const char *stop)
{
	struct span raw = { p, (size_t)(stop - p) }, text = raw;

	if (text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	return (struct line){ LINE_DATA, text, raw, 1, true, true };
}

/* The row at p by the plain reader; what is behind its line. */
static const char *
read_plain(struct row_reader *r, struct rows *plain, const char *p,
    const char *stop, bool *taken)
{
	struct line line = line_of(p, stop);
	struct row_fault fault;

	*taken = line.text.n <= r->q->max_line &&
	         row_read(r, &line, plain, &fault) == 0;
	if (*taken)
		HOLDS(plain->n == 1 && plain->line[0] == p &&
		      plain->line[1] == stop + 1);
	return stop + 1;
}

static void
read_both(
    struct reader *l, struct row_reader *r, const char *p, const char *end)
{
	struct rows fast, plain;
	bool taken;

	HOLDS(rows_init(&fast, r->q->nfields) == 0);
	HOLDS(rows_init(&plain, r->q->nfields) == 0);
	reader_begin(l);
	while (p < end) {
		const char *stop;
		int n;

		reader_from(l, p, end);
		while ((n = reader_rows(l, &fast)) > 0) {
			for (int i = 0; i < n; i++) {
				HOLDS(fast.line[i] == p);
				stop = fast.line[i + 1] - 1;
				HOLDS(*stop == '\n');
				HOLDS(memchr(p, '\n', (size_t)(stop - p)) ==
				      NULL);
				p = read_plain(r, &plain, p, stop, &taken);
				HOLDS(taken);
				if (r->q->time_field != -1)
					HOLDS(plain.t_ms[0] == fast.t_ms[i]);
				same_values(r->q, plain.values,
				    fast.values + (size_t)i * fast.stride);
			}
		}
		stop = memchr(p, '\n', (size_t)(end - p));
		if (stop == NULL)
			break;
		p = read_plain(r, &plain, p, stop, &taken);
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
	static struct reader l;
	char *copy;
	int i;

	if (n == 0 || n > 1 << 16)
		return 0;
	/* 'f' is the one with a format. */
	i = data[0] == 'f' ? QUESTIONS - 1 : data[0] % (QUESTIONS - 1);
	if (!asked[i])
		ask(&query[i], &questions[i]);
	asked[i] = true;
	copy = calloc(1, n + LINES_PAD);
	HOLDS(copy != NULL);
	memcpy(copy, data + 1, n - 1);
	HOLDS(row_init(&r, &query[i]) == 0);
	HOLDS(reader_init(&l, &r) == 0);
	read_both(&l, &r, copy, copy + n - 1);
	reader_free(&l);
	row_free(&r);
	free(copy);
	return 0;
}
