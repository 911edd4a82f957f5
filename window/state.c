/* state - what a run knows, in the form of a state file.
 * SPDX-License-Identifier: ISC */
#include "window/state.h"

#include <errno.h>
#include <string.h>

#include "window/checksum.h"
#include "window/engine_state.h"
#include "window/stream.h"

/* Sixteen bytes; the NUL is not written. */
static const char magic[] = "windowpipe state";
enum { MAGIC_BYTES = sizeof magic - 1, HEAD_BYTES = MAGIC_BYTES + 16 };

struct head {
	uint32_t format, order;
	uint64_t word;
};

struct tail {
	uint64_t length, checksum;
};

static const struct head our_head = { STATE_FORMAT, STATE_ORDER,
	sizeof(void *) << 8 | sizeof(long) };

/* --- out ----------------------------------------------------------------- */

/* Between the stream and who writes: counts and sums up. */
struct counted {
	int (*write)(void *ctx, struct span);
	void *ctx;
	struct tail tail;
};

static int
count_and_write(void *ctx, struct span s)
{
	struct counted *c = ctx;

	c->tail.length += s.n;
	c->tail.checksum = checksum_add(c->tail.checksum, s.p, s.n);
	return c->write(c->ctx, s);
}

static void
save_absent(const struct absent *a, struct stream_out *out)
{
	for (size_t i = 0; a != NULL && i < a->n; i++)
		stream_put_bool(out, a->field[i].seen);
}

static void
load_absent(struct absent *a, struct stream_in *in)
{
	for (size_t i = 0; a != NULL && i < a->n; i++)
		if (stream_get_bool(in))
			absent_see(a, i);
}

int
state_write(
    const struct state *s, int (*write)(void *ctx, struct span), void *ctx)
{
	struct counted c = { .write = write, .ctx = ctx };
	struct stream_out out = { .flush = count_and_write, .ctx = &c };
	struct buf query = { 0 };

	errno = ENOMEM;
	query_describe(s->engine->q, &query);
	out.failed = query.failed;
	stream_put(&out, magic, MAGIC_BYTES);
	stream_put(&out, &our_head, sizeof our_head);
	stream_put_span(&out, buf_span(&query));
	buf_free(&query);
	stream_put_u64(&out, s->read);
	stream_put_u64(&out, s->rejected);
	stream_put_u64(&out, s->output);
	stream_put_bool(&out, s->clock.started);
	stream_put_i64(&out, s->clock.now_ms);
	stream_put_i64(&out, s->clock.from_ms);
	stream_put_u64(&out, s->clock.nused);
	stream_put(&out, s->clock.used, s->clock.nused * sizeof *s->clock.used);
	stream_put_u64(&out, s->unfit);
	save_absent(s->absent, &out);
	engine_save(s->engine, &out);
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		stream_put_span(&out, buf_span(&s->held[i]));
	if (stream_end(&out) == -1)
		return -1;
	c.tail.checksum =
	    checksum_add(c.tail.checksum, &c.tail.length, sizeof c.tail.length);
	return write(
	    ctx, (struct span){ (const char *)&c.tail, sizeof c.tail });
}

/* --- in ------------------------------------------------------------------ */

static enum state_verdict
refuse(struct buf *why, const char *what)
{
	buf_add_text(why, what);
	return STATE_REFUSED;
}

#define RESTORE                                                                \
	"put back a copy of it, or remove it to start anew (what it held is "  \
	"then lost)"

/* Whether the bytes are a state, whole, and from a machine like this. */
static enum state_verdict
check(struct span file, struct buf *why)
{
	struct head head;
	struct tail tail;
	uint64_t sum;

	if (file.n == 0)
		return refuse(why, "it is empty: no state; remove it to start "
				   "anew");
	if (memcmp(file.p, magic,
		file.n < MAGIC_BYTES ? file.n : MAGIC_BYTES) != 0)
		return refuse(why, "it is no state of window; name another "
				   "file");
	if (file.n < HEAD_BYTES + sizeof tail)
		return refuse(why, "it is cut off; " RESTORE);
	memcpy(&head, file.p + MAGIC_BYTES, sizeof head);
	memcpy(&tail, file.p + file.n - sizeof tail, sizeof tail);
	if (head.order == our_head.order && head.format != our_head.format) {
		buf_addf(why,
		    "its format is %u and this window reads %d: it is of "
		    "another version; use that one, or name another file",
		    head.format, STATE_FORMAT);
		return STATE_REFUSED;
	}
	if (head.order != our_head.order || head.word != our_head.word)
		return refuse(why, "it is from a machine of another kind (byte "
				   "order, word size); go on there, or name "
				   "another file");
	sum = checksum_add(0, file.p, file.n - sizeof tail.checksum);
	if (sum == tail.checksum && tail.length == file.n - sizeof tail)
		return STATE_READ;
	if (tail.length != file.n - sizeof tail)
		return refuse(why, "it is cut off or damaged; " RESTORE);
	return refuse(why, "it is damaged: its checksum is not that of its "
			   "bytes; " RESTORE);
}

/* Whether the state is of this query. */
static enum state_verdict
check_query(struct span was, const struct query *q, struct buf *why)
{
	struct buf is = { 0 };
	enum state_verdict verdict = STATE_READ;

	query_describe(q, &is);
	if (is.failed) {
		verdict = STATE_NO_MEMORY;
	} else if (!span_equal(was, buf_span(&is))) {
		buf_add_text(why, "it is of another query: ");
		(void)query_differs(was, buf_span(&is), why);
		buf_add_text(why, "; ask as before, or name another file");
		verdict = STATE_REFUSED;
	}
	buf_free(&is);
	return verdict;
}

static void
get_clock(struct proctime *p, struct stream_in *in)
{
	uint64_t n;

	p->started = p->goes_on = stream_get_bool(in);
	p->now_ms = stream_get_i64(in);
	p->from_ms = stream_get_i64(in);
	n = stream_get_u64(in);
	if (n > PROCTIME_USED) {
		stream_bad(in);
		n = 0;
	}
	p->nused = (size_t)n;
	stream_get(in, p->used, p->nused * sizeof *p->used);
	/* So far from all bounds that no sum overflows. */
	for (size_t i = 0; i < p->nused; i++)
		if (p->used[i].from_ms > p->used[i].until_ms ||
		    p->used[i].from_ms < -PROCTIME_FAR_MS ||
		    p->used[i].until_ms > PROCTIME_FAR_MS)
			stream_bad(in);
	if (p->now_ms < p->from_ms || p->from_ms < -PROCTIME_FAR_MS ||
	    p->now_ms > PROCTIME_FAR_MS)
		stream_bad(in);
}

/* Whole lines, of which the first may have been begun elsewhere. */
static bool
get_held(struct state *s, struct stream_in *in)
{
	for (size_t i = 0; i < STATE_OUTPUTS; i++) {
		struct span held = stream_get_span(in);

		if (held.n > 0 && held.p[held.n - 1] != '\n')
			return false;
		buf_add_span(&s->held[i], held);
		in->no_memory |= s->held[i].failed;
	}
	return stream_is_sound(in);
}

enum state_verdict
state_read(struct state *s, struct span file, struct buf *why)
{
	enum state_verdict verdict = check(file, why);
	struct stream_in in;

	if (verdict != STATE_READ)
		return verdict;
	in = (struct stream_in){ file.p + HEAD_BYTES,
		file.p + file.n - sizeof(struct tail), false, false };
	verdict = check_query(stream_get_span(&in), s->engine->q, why);
	if (verdict != STATE_READ)
		return verdict;
	s->read = stream_get_u64(&in);
	s->rejected = stream_get_u64(&in);
	s->output = stream_get_u64(&in);
	get_clock(&s->clock, &in);
	s->unfit = stream_get_u64(&in);
	load_absent(s->absent, &in);
	if (engine_load(s->engine, &in) &&
	    (!get_held(s, &in) || in.p != in.end))
		stream_bad(&in);
	if (in.no_memory)
		return STATE_NO_MEMORY;
	if (in.bad)
		return refuse(why, "its checksum is right, but its content "
				   "makes no sense; " RESTORE);
	return STATE_READ;
}
