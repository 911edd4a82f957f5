/* journal - standard input on disk, until a checkpoint covers it.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/journal.h"

#include <errno.h>
#include <inttypes.h>

#include "lib/diag.h"

static enum status
refuse(const struct journal *j, const char *why)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_error(NULL,
	    "the journal %s %s; give the one that belongs to this "
	    "--checkpoint, or start over with both empty",
	    diag_quote(quoted, span_of(j->spool.name)), why);
	return STATUS_USAGE;
}

/* Up to the record that comes next, which is held. */
static enum status
find_next(struct journal *j)
{
	struct wal_record r;
	bool resumed;

	while (!j->holds && spool_next(&j->spool, &r, &resumed)) {
		if (j->released == 0)
			j->released = r.seq;
		j->holds = r.seq >= j->at.next;
		j->held = r;
	}
	if (j->spool.error != 0)
		return STATUS_SYSTEM;
	/* It may hold nothing, for all has gone. */
	if (j->spool.nseg == 0 && !j->spool.is_new)
		j->spool.next_seq = j->at.next;
	if (j->released == 0)
		j->released = j->spool.next_seq;
	if (j->damaged)
		return STATUS_OK;
	if (j->spool.next_seq < j->at.next)
		return refuse(j, "ends before what the checkpoint has of it");
	if (j->released > j->at.next)
		return refuse(j, "begins behind what follows the checkpoint");
	return STATUS_OK;
}

enum status
journal_open(struct journal *j, const char *folder, uint64_t max_bytes,
    struct journal_place at)
{
	static const struct spool_words words = {
		.name = "journal",
		.owner = "source",
		.limit = "--journal-max",
		.until = "checkpoints are complete",
	};
	enum status status = spool_open(&j->spool, folder, &words,
	    span_of("standard input\n"), max_bytes, 0);

	j->damaged = status == STATUS_DATA;
	if (status != STATUS_OK && status != STATUS_DATA)
		return status;
	if (at.next == 0 && j->spool.next_seq > 1)
		return refuse(j, "has rows that no checkpoint knows of");
	at.next += at.next == 0;
	j->at = at;
	j->whole = at.next;
	j->lines =
	    at.lines > j->spool.last_line ? at.lines : j->spool.last_line;
	if (!j->spool.is_new && !j->damaged)
		diag_remark(NULL,
		    "the journal has had %" PRIu64 " lines of standard input; "
		    "what was written behind them is to be written again",
		    j->lines);
	return find_next(j);
}

void
journal_close(struct journal *j)
{
	spool_close(&j->spool);
	*j = (struct journal){ 0 };
}

bool
journal_accepts(struct journal *j)
{
	return spool_accepts(&j->spool);
}

static int
add(struct journal *j, struct span s, uint64_t lines, int64_t now_ms)
{
	struct wal_record r = { .data = s, .line = j->lines + lines };

	if (spool_add(&j->spool, &r, now_ms) == -1) {
		errno = ENOMEM;
		return -1;
	}
	j->lines = r.line;
	return 0;
}

int
journal_add(struct journal *j, struct span s, int64_t now_ms)
{
	uint64_t lines = 0;

	for (const char *p = s.p, *end = s.p + s.n;
	     (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	return add(j, s, lines, now_ms);
}

int
journal_cut(struct journal *j, int64_t now_ms)
{
	return add(j, (struct span){ "\n", 1 }, 0, now_ms);
}

int
journal_commit(struct journal *j, int64_t now_ms)
{
	if (journal_due_ms(j) <= now_ms || j->spool.again_ms == 0)
		spool_commit(&j->spool, now_ms, true);
	if (j->spool.error != 0)
		return -1;
	return j->spool.pending_n > 0;
}

bool
journal_next(struct journal *j, struct span *s)
{
	bool resumed;

	if (!j->holds && !spool_next(&j->spool, &j->held, &resumed))
		return false;
	j->holds = false;
	j->at = (struct journal_place){ j->held.seq + 1, j->held.line };
	*s = j->held.data;
	return true;
}

void
journal_release(struct journal *j)
{
	for (; j->released < j->whole; j->released++)
		spool_ack(&j->spool, j->released);
	spool_note(&j->spool);
	j->whole = j->begun;
}
