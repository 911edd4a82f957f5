/* progress - the live line of --progress.
 * SPDX-License-Identifier: ISC */
#include "window/progress.h"

#include <inttypes.h>

#include "lib/diag.h"
#include "lib/timestamp.h"

/* A bar shorter than that says nothing. */
enum { BAR_MIN = 5 };

static void
add_clock(struct buf *line, int64_t ms)
{
	int64_t s = (ms + 500) / 1000;

	buf_addf(line, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60),
	    (int)(s % 60));
}

/* Three digits: 950, 9.50k, 95.0k, 950k, 9.50M. */
static void
add_rate(struct buf *line, double rate)
{
	static const char *const units[] = { "", "k", "M", "G" };
	size_t i = 0;

	for (; rate >= 999.5 && i < 3; i++)
		rate /= 1000;
	buf_addf(line, "%.*f%s rows/s",
	    i == 0 || rate >= 99.95 ? 0
	    : rate >= 9.995         ? 1
				    : 2,
	    rate, units[i]);
}

/* What a narrow terminal goes without, in this order. */
enum {
	ALL,
	NO_CLOCK,
	NO_NAME,
	NO_ROWS,
	NO_RATE,
	LEAST,
};

static void
add_head(const struct progress *p, const struct progress_now *now,
    struct buf *line, int without)
{
	const char *name = diag_name_given();

	if (name != NULL && without < NO_NAME)
		buf_addf(line, "%s: ", name);
	if (without < NO_ROWS)
		buf_addf(line, "%" PRIu64 " rows ", now->rows);
	if (without < NO_CLOCK) {
		add_clock(line, now->mono_ms - p->start_ms);
		buf_add_char(line, ' ');
	}
	if (without < NO_RATE) {
		buf_add_char(line, '[');
		add_rate(line, p->rows_per_s);
		buf_add_text(line, "] ");
	}
}

/* What has been read of a file, which may have grown. */
static double
part_read(const struct progress_now *now)
{
	return now->bytes < now->size ? (double)now->bytes / (double)now->size
	                              : 1;
}

/* "42% ETA 0:00:17" */
static void
add_file_end(
    const struct progress *p, const struct progress_now *now, struct buf *line)
{
	double part = part_read(now);

	buf_addf(line, "%d%%", (int)(part * 100));
	if (part > 0) {
		buf_add_text(line, " ETA ");
		add_clock(line, (int64_t)((double)(now->mono_ms - p->start_ms) *
					  (1 - part) / part));
	}
}

static void
add_pipe_end(const struct progress_now *now, struct buf *line)
{
	if (now->has_watermark) {
		buf_add_text(line, "watermark ");
		/* Whole seconds: there are 80 columns. */
		timestamp_write(line,
		    now->watermark_ms -
			(now->watermark_ms % 1000 + 1000) % 1000,
		    true);
		buf_add_text(line, ", ");
	}
	buf_addf(line, "%" PRIu64 " open", now->open_windows);
}

/* "[====>    ] " in so many columns, if that is enough. */
static void
add_bar(const struct progress_now *now, struct buf *line, int columns)
{
	int bar = columns - 3, full = (int)(part_read(now) * bar);

	if (bar < BAR_MIN)
		return;
	buf_add_char(line, '[');
	for (int i = 0; i < bar; i++)
		buf_add_char(line, i < full ? '=' : i == full ? '>' : ' ');
	buf_add_text(line, "] ");
}

static void
take_rate(struct progress *p, const struct progress_now *now)
{
	int64_t since =
	    now->mono_ms - (p->last_ms == 0 ? p->start_ms : p->last_ms);

	if (since > 0)
		p->rows_per_s =
		    (double)(now->rows - p->last_rows) * 1000 / (double)since;
	p->last_ms = now->mono_ms;
	p->last_rows = now->rows;
}

void
progress_write(struct progress *p, const struct progress_now *now,
    struct buf *line, int columns)
{
	size_t begun = line->n, room = columns > 0 ? (size_t)columns : 0;
	struct buf end = { 0 };

	take_rate(p, now);
	if (now->size > 0)
		add_file_end(p, now, &end);
	else
		add_pipe_end(now, &end);
	for (int without = ALL; without <= LEAST; without++) {
		line->n = begun;
		add_head(p, now, line, without);
		if (line->n - begun + end.n <= room)
			break;
	}
	if (now->size > 0)
		add_bar(now, line, columns - (int)(line->n - begun + end.n));
	buf_add_span(line, buf_span(&end));
	buf_free(&end);
}
