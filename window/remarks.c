/* remarks - what a run would else pass over in silence.
 * SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>

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

enum { FIRST_OF_MAX = 64 };

static const char *
first_of(char out[FIRST_OF_MAX], uint64_t n)
{
	out[0] = '\0';
	if (n > 1)
		snprintf(out, FIRST_OF_MAX,
		    "; the first of %" PRIu64 " such values", n);
	return out;
}

static void
say_misfits(const struct run *run, size_t field)
{
	const struct misfits *m = &run->reader.misfits[field];
	const struct field *f = &run->q.fields[field];
	struct diag_at at = { run->in.name, m->line, m->column };
	char quoted[DIAG_QUOTE_MAX], number[FIRST_OF_MAX];
	struct buf type = { 0 };

	if (f->type.kind == TYPE_ANY)
		buf_add_text(&type, "38 digits");
	else
		type_write(&type, f->type);
	if (!type.failed)
		diag_remark(&at, "field %s: %s does not fit %s and is null%s%s",
		    diag_quote(quoted, span_of(f->name)), m->found,
		    buf_text(&type),
		    f->type.kind == TYPE_ANY ? "; DOUBLE in --from takes it"
					     : "",
		    first_of(number, m->n));
	buf_free(&type);
}

static void
say_all_misfits(struct run *run, int64_t mono_ms, bool at_end)
{
	struct row_reader *r = &run->reader;
	struct emit *e = &run->emit;
	char number[FIRST_OF_MAX];

	for (size_t i = 0; i < run->q.nfields; i++)
		if (notice_is_due(&r->misfits[i].notice, r->misfits[i].n,
			mono_ms, at_end, &run->remarks_due_ms))
			say_misfits(run, i);
	for (size_t i = 0; e->misfits != NULL && i < 2 * run->q.nout; i++) {
		struct emit_misfits *m = &e->misfits[i];

		if (notice_is_due(&m->notice, m->n, mono_ms, at_end,
			&run->remarks_due_ms) &&
		    buf_text(&m->first) != NULL)
			diag_remark(
			    NULL, "%s%s", m->first.p, first_of(number, m->n));
	}
}

uint64_t
remarks_unfit(const struct run *run)
{
	uint64_t n = run->unfit_before + emit_unfit(&run->emit);

	for (size_t i = 0; i < run->q.nfields; i++)
		n += run->reader.misfits[i].n;
	return n;
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
	say_all_misfits(run, mono_ms, at_end);
}
