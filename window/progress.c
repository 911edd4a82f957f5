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

static void
add_head(struct progress *p, const struct progress_now *now, struct buf *line)
{
	int64_t since = now->mono_ms - p->last_ms;
	const char *name = diag_name_given();

	if (p->last_ms == 0)
		since = now->mono_ms - p->start_ms;
	if (since > 0)
		p->rows_per_s =
		    (double)(now->rows - p->last_rows) * 1000 / (double)since;
	p->last_ms = now->mono_ms;
	p->last_rows = now->rows;
	if (name != NULL)
		buf_addf(line, "%s: ", name);
	buf_addf(line, "%" PRIu64 " rows ", now->rows);
	add_clock(line, now->mono_ms - p->start_ms);
	buf_add_text(line, " [");
	add_rate(line, p->rows_per_s);
	buf_add_char(line, ']');
}

/* " [====>    ] 42% ETA 0:00:17" in the columns that are left. */
static void
add_file(struct progress *p, const struct progress_now *now, struct buf *line,
    int columns)
{
	uint64_t done = now->bytes < now->size ? now->bytes : now->size;
	double part = (double)done / (double)now->size;
	struct buf tail = { 0 };
	int bar, full;

	buf_addf(&tail, " %d%%", (int)(part * 100));
	if (done > 0) {
		buf_add_text(&tail, " ETA ");
		add_clock(
		    &tail, (int64_t)((double)(now->mono_ms - p->start_ms) *
				     (1 - part) / part));
	}
	bar = columns - (int)(line->n + tail.n) - 3;
	if (bar >= BAR_MIN) {
		full = (int)(part * bar);
		buf_add_text(line, " [");
		for (int i = 0; i < bar; i++)
			buf_add_char(line, i < full    ? '='
					   : i == full ? '>'
						       : ' ');
		buf_add_char(line, ']');
	}
	buf_add_span(line, buf_span(&tail));
	buf_free(&tail);
}

void
progress_write(struct progress *p, const struct progress_now *now,
    struct buf *line, int columns)
{
	add_head(p, now, line);
	if (now->size > 0) {
		add_file(p, now, line, columns);
		return;
	}
	if (now->has_watermark) {
		buf_add_text(line, " watermark ");
		/* Whole seconds: there are 80 columns. */
		timestamp_write(line,
		    now->watermark_ms -
			(now->watermark_ms % 1000 + 1000) % 1000,
		    true);
	}
	buf_addf(line, "%s %" PRIu64 " open", now->has_watermark ? "," : "",
	    now->open_windows);
}
