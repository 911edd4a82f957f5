/* remarks - what a run would else pass over in silence.
 * SPDX-License-Identifier: ISC */
#include <inttypes.h>

#include "window/run_inner.h"

/* "59 s", "670.5 s" */
static void
add_seconds(struct buf *text, int64_t ms)
{
	decimal_write(text, (struct decimal){ ms, 3 });
	buf_add_text(text, " s");
}

/* A round duration that is no less, and a tenth more at the most. */
static int64_t
round_up(int64_t ms)
{
	static const int64_t units[] = { 86400000, 3600000, 60000, 1000 };

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (ms >= 10 * units[i] || ms % units[i] == 0)
			return (ms + units[i] - 1) / units[i] * units[i];
	return ms;
}

static void
say_late(const struct run *run)
{
	const struct engine *e = &run->engine;
	uint64_t late = e->late - run->late_before;
	struct buf text = { 0 };

	buf_addf(&text,
	    "%" PRIu64 " of %" PRIu64
	    " rows came too late for their windows, by up to ",
	    late, run->read - run->read_before);
	add_seconds(&text, e->late_max_ms);
	buf_add_text(&text, ", and are not counted; ");
	/* Event time that --overflow has moved on heeds no delay. */
	if (e->early == 0) {
		buf_add_text(&text, "--delay ");
		query_add_duration(&text, round_up(e->late_need_ms));
		buf_add_text(&text, " would have kept all (for unsorted files: "
				    "--delay all), ");
	}
	buf_add_text(&text, "--late FILE keeps such rows");
	if (!text.failed)
		diag_remark(NULL, "%s", buf_text(&text));
	buf_free(&text);
}

/* Once with the first results, and once more at the end. */
static uint64_t
absent_count(const struct run *run, bool at_end)
{
	if (run->reader.absent.left == 0 || run->reader.absent.looked == 0)
		return 0;
	return at_end ? 2 : run->emit.lines > run->output_before;
}

void
remarks_say(struct run *run, int64_t mono_ms, bool at_end)
{
	run->remarks_due_ms = INT64_MAX;
	/* Of a file the whole is known soon enough. */
	if (run->in.regular && !at_end)
		return;
	if (run->o->late == NULL && notice_is_due(&run->late_notice,
					run->engine.late - run->late_before,
					mono_ms, at_end, &run->remarks_due_ms))
		say_late(run);
	if (notice_is_due(&run->absent_notice, absent_count(run, at_end),
		mono_ms, at_end, &run->remarks_due_ms))
		absent_say(&run->reader.absent, run->read - run->read_before);
}
