/* marks - kinesis-get as the source of a pipeline with checkpoints.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/marks.h"

#include <errno.h>

#include "lib/clock.h"
#include "lib/counts.h"
#include "lib/signals.h"

enum { PART_NUMBERS = 6 };

static int
write_part(void *ctx, part_add_fn *add, void *to)
{
	const struct marks *m = ctx;
	const struct writer *w = m->writer;
	struct buf b = { 0 };

	counts_add(&b,
	    (uint64_t[]){ account_read_written(m->account), w->records,
		w->rejected, w->bytes, w->out.lines, (uint64_t)m->until_ms },
	    PART_NUMBERS);
	m->add_position(m->ctx, &b);
	return part_add_text(add, to, &b);
}

static enum status
read_part(struct marks *m, struct buf *position)
{
	struct checkpoint *c = &m->coordinator.checkpoint;
	struct span in = c->part.content;
	struct writer *w = m->writer;
	uint64_t v[PART_NUMBERS], latest;
	int good = counts_take(&in, v, PART_NUMBERS);

	if (good == 0)
		buf_add_span(position, in);
	checkpoint_forget(c);
	if (good == -1)
		return checkpoint_say(c, STATUS_USAGE,
		    "the part %s is not one of kinesis-get; start over in an "
		    "empty folder",
		    c->name);
	if (position->failed)
		return checkpoint_say(c, STATUS_SYSTEM, "out of memory");
	m->account->read_before = v[0];
	w->records = v[1];
	w->rejected = v[2];
	w->bytes = v[3];
	w->out.lines = w->out.reached = v[4];
	/* A new run behind the end reads up to its own now. */
	if (checkpoint_latest(c, &latest, &m->finished) == 0 && !m->finished)
		m->until_ms = (int64_t)v[5];
	/* A line that was cut at a kill is cut off whole. */
	buf_clear(&w->rejects.line);
	return STATUS_OK;
}

/* What would write other lines; where it begins and ends may change. */
static void
describe(const struct options *o, struct buf *query)
{
	buf_addf(query, "stream %.*s\nshards %s\nenvelope %d\ngunzip %d\n",
	    (int)o->service.arn.stream.n, o->service.arn.stream.p,
	    o->shards == NULL ? "all" : o->shards, o->envelope, o->gunzip);
	for (size_t i = 0; i < o->metadata.n; i++)
		buf_addf(query, "metadata %d %s\n", o->metadata.member[i].key,
		    o->metadata.member[i].name);
}

enum status
marks_open(struct marks *m, const struct options *o, struct buf *position)
{
	struct coordinator *k = &m->coordinator;
	struct buf query = { 0 };
	enum status status;

	m->until_ms = INT64_MAX;
	if (o->checkpoint.dir == NULL)
		return STATUS_OK;
	describe(o, &query);
	*k = coordinator_of(&o->checkpoint);
	status = coordinator_open(
	    k, o->checkpoint.dir, checkpoint_lines_differ, query);
	if (m->writer->keeps_rejects)
		checkpoint_file(&k->checkpoint, "rejects",
		    m->writer->rejects.name, m->writer->rejects.fd);
	if (status == STATUS_OK && k->before > 0)
		status = checkpoint_cut(&k->checkpoint);
	if (status == STATUS_OK && k->before > 0)
		status = read_part(m, position);
	return status;
}

void
marks_close(struct marks *m)
{
	coordinator_close(&m->coordinator);
}

bool
marks_let_go(const struct marks *m)
{
	return !marks_are_on(m) ||
	       (m->begun && coordinator_may_go(&m->coordinator));
}

/* Behind all that was written: that is in the files when their lengths are. */
static void
write_mark(struct marks *m, bool finishes, int64_t now_ms)
{
	struct writer *w = m->writer;
	struct buf mark = { 0 };

	m->begun = true;
	if (writer_flush(w) == 0 && coordinator_begin(&m->coordinator, finishes,
					write_part, m, now_ms, &mark)) {
		/* With its newline; it is none of the lines that are counted.
		 */
		buf_add_span(&w->out.line, buf_span(&mark));
		w->out.whole = w->out.line.n;
		(void)out_flush(&w->out); /* a failure sticks */
	}
	buf_free(&mark);
}

enum status
marks_step(struct marks *m, int64_t now_ms)
{
	struct coordinator *k = &m->coordinator;

	if (!m->begun)
		write_mark(m, false, now_ms);
	coordinator_tick(k, now_ms);
	if (!coordinator_may_go(k))
		return k->pending != 0 ? STATUS_OK : STATUS_SYSTEM;
	if (coordinator_is_due(k, now_ms))
		write_mark(m, false, now_ms);
	return STATUS_OK;
}

int64_t
marks_due_ms(const struct marks *m)
{
	return m->begun ? coordinator_due_ms(&m->coordinator) : INT64_MAX;
}

/* Until the last mark is answered or given up, or a second signal comes. */
static void
wait_for_answers(struct marks *m)
{
	struct out *out = &m->writer->out;

	if (out->error == 0 &&
	    coordinator_await(&m->coordinator, out->fd, 2, m->report) == -1) {
		signals_lost_stdout();
		(void)out_lose(out, EPIPE);
	}
}

enum status
marks_end(struct marks *m, bool finishes)
{
	struct coordinator *k = &m->coordinator;

	if (!m->begun)
		write_mark(m, false, clock_mono_ms());
	wait_for_answers(m);
	if (m->writer->out.error != 0 || signals_stop_count() >= 2 ||
	    !coordinator_may_go(k))
		return STATUS_SYSTEM;
	write_mark(m, finishes, clock_mono_ms());
	wait_for_answers(m);
	return k->pending == 0 && !k->given_up ? STATUS_OK : STATUS_SYSTEM;
}
