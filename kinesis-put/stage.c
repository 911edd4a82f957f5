/* stage - kinesis-put as the last stage of a pipeline with checkpoints.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/stage.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/counts.h"

/* --- what it goes on from ------------------------------------------------- */

/* What makes other records, or brings them elsewhere; the rest may change. */
static void
describe(const struct options *o, struct span target, struct buf *query)
{
	buf_add_span(query, target);
	buf_add_text(query, "partition key");
	for (size_t i = 0; i < o->keys.nfields; i++)
		buf_addf(query, " %s", o->keys.name[i]);
	buf_addf(query, "\nexplicit hash key %s\nnewline %d\n",
	    o->keys.hash_name == NULL ? "" : o->keys.hash_name, o->newline);
}

enum { PART_NUMBERS = 5 };

static int
write_part(void *ctx, part_add_fn *add, void *to)
{
	const struct stage *s = ctx;
	const struct account *a = &s->completion->account;
	struct buf b = { 0 };

	counts_add(&b,
	    (uint64_t[]){ s->intake->read, a->delivered, a->rejected,
		a->undelivered, a->bytes },
	    PART_NUMBERS);
	floors_write(&s->floors, &b);
	return part_add_text(add, to, &b);
}

/* The counts are those of all runs together. */
static enum status
read_part(struct stage *s)
{
	struct checkpoint *c = &s->checkpoint;
	struct completion *to = s->completion;
	struct span in = c->part.content;
	uint64_t v[PART_NUMBERS];

	if (counts_take(&in, v, PART_NUMBERS) == -1 ||
	    !floors_read(&s->floors, in, true))
		return checkpoint_say(c, STATUS_USAGE,
		    "the part %s is not one of kinesis-put; start over in an "
		    "empty folder",
		    c->name);
	s->intake->read = v[0];
	to->account.delivered = v[1];
	to->account.rejected = v[2];
	to->account.undelivered = v[3];
	to->account.bytes = v[4];
	if (v[2] + v[3] > 0)
		to->status = STATUS_DATA;
	/* A line that was cut at a kill is cut off whole. */
	buf_clear(&to->rejects.line);
	buf_clear(&to->undelivered.line);
	return STATUS_OK;
}

enum status
stage_open(struct stage *s, const struct options *o, struct span target)
{
	struct checkpoint *c = &s->checkpoint;
	struct completion *to = s->completion;
	struct buf query = { 0 };
	enum status status;

	if (o->checkpoint == NULL)
		return STATUS_OK;
	if (floors_init(&s->floors) == -1) {
		diag_error(NULL, "out of memory");
		return STATUS_SYSTEM;
	}
	describe(o, target, &query);
	status =
	    checkpoint_open(c, o->checkpoint, checkpoint_lines_differ, query);
	checkpoint_file(c, "rejects", to->rejects.name, to->rejects.fd);
	checkpoint_file(
	    c, "undelivered", to->undelivered.name, to->undelivered.fd);
	if (status == STATUS_OK && c->from > 0)
		status = read_part(s);
	if (status == STATUS_OK)
		status =
		    notes_open(&s->notes, c, s->intake->read, o->linger_ms);
	if (status == STATUS_OK)
		(void)floors_read(
		    &s->floors, buf_span(&s->notes.last_records), false);
	to->notes = &s->notes;
	s->read_at_mark = s->intake->read;
	s->place[0] = (struct stage_place){ c->from, s->intake->read };
	return status;
}

void
stage_close(struct stage *s)
{
	notes_close(&s->notes);
	floors_free(&s->floors);
	checkpoint_close(&s->checkpoint);
}

/* --- lines ---------------------------------------------------------------- */

enum intake_line
stage_line(struct stage *s, const struct line *l)
{
	struct checkpoint *c = &s->checkpoint;
	enum status status = STATUS_OK;

	if (lines_is_torn(&s->intake->lines, l)) {
		s->read_at_mark = UINT64_MAX;
		return INTAKE_CONTROL;
	}
	if (c->begun && !(l->first && checkpoint_is_like_mark(l->raw)))
		return INTAKE_ROW;
	switch (checkpoint_line(c, l->raw, &status)) {
	case CHECKPOINT_ROW:
		return INTAKE_ROW;
	case CHECKPOINT_MARK:
		s->marked = true;
		return INTAKE_CONTROL;
	case CHECKPOINT_STOP:
		break;
	}
	s->completion->status = status_worse(s->completion->status, status);
	return INTAKE_STOP;
}

/* What is made again should be what it was. */
static void
say_other(struct stage *s, uint64_t row)
{
	if (!s->other_said)
		diag_warn(NULL,
		    "row %" PRIu64 " is not the one that was stored before the "
		    "run ended: what makes the rows was changed, or does not "
		    "make the same ones again; such rows are sent, and both "
		    "are in the stream",
		    row);
	s->other_said = true;
}

/* Did an earlier run store it, as it noted, or as the stream shows? */
static bool
is_stored(struct stage *s, const struct wal_record *w)
{
	uint64_t hash = note_hash(w->key, w->data), record;
	bool other;

	if (notes_have(&s->notes, w->seq, hash, &other))
		return true;
	if (other)
		say_other(s, w->seq);
	if (!verify_has(s->verify, w->seq, hash, &record))
		return false;
	notes_add(&s->notes, w->seq, hash, record);
	return true;
}

bool
stage_has(struct stage *s, struct wal_record *w)
{
	struct account *a = &s->completion->account;

	w->seq = s->intake->read;
	if (s->notes.nknown == 0 && s->notes.nsent == 0)
		return false;
	if (!is_stored(s, w))
		return false;
	a->delivered++;
	a->bytes += w->data.n + s->intake->opt->newline;
	s->found++;
	return true;
}

void
stage_note(struct stage *s, int64_t now_ms)
{
	struct buf last = { 0 };

	if (!stage_is_on(s))
		return;
	floors_take_new(&s->floors, &last);
	notes_add_last(&s->notes, buf_span(&last));
	buf_free(&last);
	notes_write(&s->notes, now_ms);
}

/* --- marks ---------------------------------------------------------------- */

/*
 * Rows of the older of the two checkpoints that are whole: a run may go on from
 * it, and needs the notes behind it.  0 where that is not known.
 */
static uint64_t
rows_of_oldest(struct stage *s)
{
	const struct checkpoint *c = &s->checkpoint;
	struct stage_place kept[2] = { { 0 } };
	uint64_t latest, oldest;
	bool finished;

	if (checkpoint_latest(c, &latest, &finished) == -1)
		return 0;
	oldest = checkpoint_below(c, latest);
	for (size_t i = 0; i < 3; i++) {
		if (s->place[i].mark == oldest)
			kept[0] = s->place[i];
		if (s->place[i].mark == latest)
			kept[1] = s->place[i];
	}
	s->place[0] = kept[0];
	s->place[1] = kept[1];
	return kept[0].rows;
}

bool
stage_settle(struct stage *s)
{
	struct checkpoint *c = &s->checkpoint;
	uint64_t oldest;
	bool came;

	if (!s->marked || s->completion->outbox->pool.live > 0 ||
	    s->intake->refused || completion_flush(s->completion) == -1)
		return false;
	s->marked = false;
	s->read_at_mark = s->intake->read;
	/* Not before: what is known of rows yet to come is behind the floors.
	 */
	came = notes_came(&s->notes, s->read_at_mark);
	if (came) {
		floors_raise(&s->floors);
		verify_forget(s->verify);
		notes_forget(&s->notes);
	}
	checkpoint_snapshot(c, write_part, s);
	oldest = rows_of_oldest(s);
	notes_mark(&s->notes, c->seen, came ? oldest : 0);
	s->place[2] = (struct stage_place){ c->seen, s->read_at_mark };
	return true;
}

enum status
stage_end(const struct stage *s)
{
	return checkpoint_end(
	    &s->checkpoint, s->intake->read != s->read_at_mark);
}
