/* account - the metrics and the statistics of a stage as numbers.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/account.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/json.h"
#include "lib/take.h"
#include "lib/timestamp.h"

/* Over less than this a rate says little. */
enum { RATE_MS = 500 };

static const char *const name_of[] = {
	[ACCOUNT_READ] = "read",
	[ACCOUNT_AGGREGATED] = "aggregated",
	[ACCOUNT_FILTERED] = "filtered",
	[ACCOUNT_LATE] = "late",
	[ACCOUNT_OUTSIDE] = "outside",
	[ACCOUNT_REJECTED] = "rejected",
	[ACCOUNT_OUTPUT] = "output",
	[ACCOUNT_DELIVERED] = "delivered",
	[ACCOUNT_UNDELIVERED] = "undelivered",
	[ACCOUNT_RETRIED] = "retried",
	[ACCOUNT_BYTES] = "bytes",
	[ACCOUNT_OPEN_WINDOWS] = "open_windows",
	[ACCOUNT_WATERMARK] = "watermark",
	[ACCOUNT_ELAPSED] = "elapsed",
	[ACCOUNT_LAG] = "lag_ms",
};
_Static_assert(
    sizeof name_of / sizeof *name_of == ACCOUNT_MEMBERS, "name them all");

/* A number as report.c writes it, times 1000 where it is in seconds. */
static bool
read_value(enum member m, struct span s, int64_t *out)
{
	bool in_ms = m == ACCOUNT_WATERMARK || m == ACCOUNT_ELAPSED;
	char text[64];
	char *end;
	double seconds;

	if (s.n == 0 || s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (in_ms) {
		seconds = strtod(text, &end);
		*out = (int64_t)(seconds * 1000);
	} else {
		*out = (int64_t)strtoll(text, &end, 10);
	}
	return *end == '\0';
}

static void
note_rate(struct account *a)
{
	bool reads = a->has[ACCOUNT_READ];
	int64_t rows = a->value[reads ? ACCOUNT_READ : ACCOUNT_OUTPUT];
	int64_t ms = a->value[ACCOUNT_ELAPSED];

	if (ms < a->seen_ms + RATE_MS)
		return;
	a->rows_per_s = (rows - a->seen_rows) * 1000 / (ms - a->seen_ms);
	a->seen_rows = rows;
	a->seen_ms = ms;
}

/* windowpipe_PROGRAM_NAME[_total|_seconds][{...}] VALUE */
static void
take_line(struct account *a, const char *program, struct span line)
{
	static const char ours[] = "windowpipe_";
	size_t n = strlen(program), blank;
	struct span name = line, value;

	if (line.n < sizeof ours + n ||
	    memcmp(line.p, ours, sizeof ours - 1) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		char c = program[i] == '-' ? '_' : program[i];

		if (line.p[sizeof ours - 1 + i] != c)
			return;
	}
	name.p += sizeof ours + n;
	name.n -= sizeof ours + n;
	for (blank = name.n; blank > 0 && name.p[blank - 1] != ' ';)
		blank--;
	value = (struct span){ name.p + blank, name.n - blank };
	for (n = 0;
	     n < blank && (name.p[n] == '_' || ascii_is_digit(name.p[n]) ||
			      (name.p[n] >= 'a' && name.p[n] <= 'z'));
	     n++)
		continue;
	name.n = n;
	for (int m = 0; m < ACCOUNT_MEMBERS; m++) {
		struct span rest = name;
		size_t length = strlen(name_of[m]);

		if (name.n < length || memcmp(name.p, name_of[m], length) != 0)
			continue;
		rest.p += length;
		rest.n -= length;
		if ((rest.n == 0 || span_is(rest, "_total") ||
			span_is(rest, "_seconds")) &&
		    read_value((enum member)m, value, &a->value[m]))
			a->has[m] = true;
	}
}

void
account_take_metrics(struct account *a, const char *program, struct span text)
{
	struct span line;

	if (a->is_final)
		return;
	while (take_part(&text, '\n', &line))
		take_line(a, program, line);
	note_rate(a);
}

int
account_take_stats(struct account *a, struct span line)
{
	const char *names[ACCOUNT_MEMBERS];
	struct cell values[ACCOUNT_MEMBERS];
	int rc;

	memcpy(names, name_of, sizeof names);
	names[ACCOUNT_ELAPSED] = "elapsed_s";
	rc = json_find(names, ACCOUNT_MEMBERS, line, values, NULL);
	for (int m = 0; m < ACCOUNT_MEMBERS && rc == 0; m++)
		if (values[m].kind == CELL_NUMBER &&
		    read_value((enum member)m, values[m].raw, &a->value[m]))
			a->has[m] = true;
	if (rc == 0) {
		a->is_final = true;
		note_rate(a);
	}
	return rc;
}

bool
account_write_balance(const struct account *a, struct buf *b, enum member total,
    const enum member *parts, int nparts)
{
	const char *before = " = ";
	int64_t got = 0;

	buf_addf(b, "%s %" PRId64, name_of[total], a->value[total]);
	for (int i = 0; i < nparts; i++) {
		enum member m = parts[i];

		if (!a->has[m])
			continue;
		buf_addf(b, "%s%s %" PRId64, before, name_of[m], a->value[m]);
		before = " + ";
		got += a->value[m];
	}
	if (got == a->value[total])
		return true;
	buf_addf(b, " (does not add up: %" PRId64 " unaccounted for)",
	    a->value[total] - got);
	return false;
}

void
account_write_json(const struct account *a, struct buf *b)
{
	for (int m = 0; m < ACCOUNT_MEMBERS; m++) {
		if (!a->has[m])
			continue;
		if (m == ACCOUNT_WATERMARK) {
			buf_addf(b, ",\"%s\":\"", name_of[m]);
			timestamp_write(b, a->value[m], true);
			buf_add_char(b, '"');
		} else if (m == ACCOUNT_ELAPSED) {
			buf_addf(b, ",\"elapsed_s\":%.3f",
			    (double)a->value[m] / 1000);
		} else {
			buf_addf(
			    b, ",\"%s\":%" PRId64, name_of[m], a->value[m]);
		}
	}
}
