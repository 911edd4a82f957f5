/* explain_memory - what a group of a query takes.
 * SPDX-License-Identifier: ISC */
#include <inttypes.h>

#include "window/engine.h"
#include "window/explain_inner.h"
#include "window/table.h"

/*
 * Estimates: of a slot at the load that tables have on the average, of what
 * malloc adds, of the list of a key's few sessions.
 */
enum { SLOT_BYTES = 14, BLOCK_BYTES = 16, LIST_BYTES = 32 };

static size_t
group_bytes(const struct query *q)
{
	size_t entry = sizeof(struct entry) + SLOT_BYTES;

	if (q->grid.kind == KIND_SESSION)
		return entry + sizeof(struct deque) + LIST_BYTES +
		       sizeof(struct session) + q->data_bytes +
		       sizeof(struct session_due) + 2 * BLOCK_BYTES;
	return entry + q->data_bytes;
}

/* What a slice takes before it has many groups. */
static size_t
slice_bytes(const struct query *q)
{
	struct table one;
	size_t bytes;

	table_init(&one, q->data_bytes);
	(void)table_put(&one, span_of("k"), 0, NULL);
	bytes = sizeof(struct pane) + one.bytes;
	table_free(&one);
	return bytes;
}

static void
add_bytes(struct buf *out, double n)
{
	static const char *const units[] = { "bytes", "KB", "MB", "GB", "TB" };
	size_t i = 0;

	for (; n >= 1000 && i < 4; i++)
		n /= 1000;
	buf_addf(out, n < 10 && i > 0 ? "%.1f %s" : "%.0f %s", n, units[i]);
}

static void
explain_extra(struct plan *p)
{
	const struct query *q = p->q;
	bool sets = false, sketches = false, estimates = false, texts = false;

	for (size_t i = 0; i < q->ncalls; i++) {
		bool (*bind)(struct agg_call *) = q->calls[i].agg->bind;
		enum type_kind in = q->calls[i].in.kind;

		sets |= bind == agg_bind_distinct;
		estimates |= bind == agg_bind_approx_distinct;
		sketches |= bind == agg_bind_quantile;
		texts |= q->calls[i].ops->load != NULL &&
		         (bind == agg_bind_min || bind == agg_bind_max ||
			     bind == agg_bind_first || bind == agg_bind_last) &&
		         (type_is_text(in) || in == TYPE_ANY);
	}
	for (size_t i = 0; i < q->nkeys; i++) {
		enum type_kind kind = q->fields[q->keys[i].field].type.kind;

		texts |= type_is_text(kind) || kind == TYPE_ANY;
	}
	if (!sets && !estimates && !sketches && !texts)
		return;
	explain_begin(p, "");
	buf_add_text(p->out, "and beyond that");
	if (texts)
		buf_add_text(p->out, ", long texts");
	if (sets)
		buf_addf(p->out, ", %zu bytes for each distinct value",
		    sizeof(struct entry) + SLOT_BYTES);
	if (estimates)
		buf_add_text(p->out, ", 4 KB for each --approx-distinct");
	if (sketches)
		buf_add_text(p->out, ", 16 bytes for each value of a quantile, "
				     "rounded to 9 bits beyond 256 of them");
	buf_add_text(p->out,
	    q->max_bytes == UINT64_MAX ? "; no bound: --max-bytes\n" : "\n");
}

void
explain_memory(struct plan *p)
{
	const struct query *q = p->q;
	const struct grid *g = &q->grid;
	size_t each = group_bytes(q);

	explain_begin(p, "memory");
	if (g->kind == KIND_SESSION) {
		buf_addf(p->out, "%zu bytes a key and open session", each);
	} else {
		add_bytes(p->out, (double)slice_bytes(q));
		if (g->slice_ms != g->size_ms)
			explain_duration(p, " a slice of ", g->slice_ms, "");
		else
			buf_add_text(p->out, " a window");
		buf_addf(p->out, ", %zu bytes a %s", each,
		    q->nkeys > 0 ? "key" : "group");
	}
	buf_add_text(p->out, "; ");
	add_bytes(p->out, (double)q->max_keys * (double)each);
	buf_addf(p->out, " for %" PRIu64 ", then %s\n", q->max_keys,
	    q->overflow == OVERFLOW_FAIL ? "status 3"
					 : "the oldest window fires");
	explain_extra(p);
	if (q->max_bytes == UINT64_MAX)
		return;
	explain_begin(p, "");
	buf_add_text(p->out, "all of that at ");
	add_bytes(p->out, (double)q->max_bytes);
	buf_add_text(p->out, " at the most, then the same\n");
}
