/* ledger - the accounts of a run, and whether what one wrote another read.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/ledger.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

enum { METRICS_BYTES_MAX = 1024 * 1024 };

int
ledger_init(struct ledger *l, const struct pipeline *p, const char *folder)
{
	*l = (struct ledger){
		.pipeline = p,
		.folder = folder,
		.account = calloc(p->n + 1, sizeof *l->account),
		.held_ms = calloc(p->n + 1, sizeof *l->held_ms),
		.holds_ms = calloc(p->n + 1, sizeof *l->holds_ms),
	};
	if (l->account != NULL && l->held_ms != NULL && l->holds_ms != NULL)
		return 0;
	diag_error(NULL, "out of memory");
	return -1;
}

void
ledger_free(struct ledger *l)
{
	free(l->account);
	free(l->held_ms);
	free(l->holds_ms);
	buf_free(&l->text);
	*l = (struct ledger){ 0 };
}

const char *
ledger_file(const struct ledger *l, size_t i, struct buf *b)
{
	buf_clear(b);
	buf_addf(b, "%s/%zu.prom", l->folder, i);
	return buf_text(b);
}

const char *
ledger_recent(const struct ledger *l, size_t i, struct buf *b)
{
	buf_clear(b);
	buf_addf(b, "%s/%zu.recent", l->folder, i);
	return buf_text(b);
}

bool
ledger_is_last(const struct ledger *l, size_t i)
{
	const struct process *a = &l->pipeline->process[i];
	const char *program = a->argv.text[0];

	if (strcmp(program, "kinesis-put") == 0)
		return true;
	if (strcmp(program, "window") != 0)
		return false;
	for (size_t k = i + 1; k < l->pipeline->n; k++)
		if (l->pipeline->process[k].from == (int)i)
			return false;
	return true;
}

static bool
has_account(const struct process *a)
{
	return a->is_ours && !a->is_feed;
}

/* The number of milliseconds that fanout tells of a reader; -1: it does not. */
static int64_t
held_by(const char *text, const struct process *reader)
{
	char label[64];
	const char *line = text;

	if (reader->out == 0)
		snprintf(label, sizeof label, "output=\"stdout\"} ");
	else
		snprintf(label, sizeof label, "output=\"/dev/fd/%d\"} ",
		    reader->out);
	while ((line = strstr(line, "\nwindowpipe_fanout_held_ms_total{")) !=
	       NULL) {
		const char *at = strstr(++line, label), *end;

		end = strchr(line, '\n');
		if (at != NULL && (end == NULL || at < end))
			return (int64_t)strtoll(at + strlen(label), NULL, 10);
	}
	return -1;
}

static void
read_held(struct ledger *l, size_t fanout, const char *text)
{
	for (size_t i = fanout + 1; i < l->pipeline->n; i++) {
		int64_t ms;

		if (l->pipeline->process[i].from != (int)fanout)
			continue;
		ms = held_by(text, &l->pipeline->process[i]);
		l->holds_ms[i] = ms == -1 ? 0 : ms - l->held_ms[i];
		if (ms != -1)
			l->held_ms[i] = ms;
	}
}

void
ledger_read(struct ledger *l)
{
	struct buf name = { 0 };

	for (size_t i = 0; i < l->pipeline->n; i++) {
		const struct process *a = &l->pipeline->process[i];
		const char *file;

		if (!has_account(a))
			continue;
		file = ledger_file(l, i, &name);
		buf_clear(&l->text);
		/* Not there yet, or not any more: then nothing is new. */
		if (file == NULL ||
		    file_read(file, METRICS_BYTES_MAX, &l->text) == -1 ||
		    buf_text(&l->text) == NULL)
			continue;
		account_take_metrics(
		    &l->account[i], a->argv.text[0], buf_span(&l->text));
		if (a->stage->role == STAGE_FANOUT)
			read_held(l, i, l->text.p);
	}
	buf_free(&name);
}

void
ledger_close(struct ledger *l)
{
	for (size_t i = 0; i < l->pipeline->n; i++) {
		const struct process *a = &l->pipeline->process[i];

		/* One that is no account leaves it without a final one. */
		if (a->account.n > 0)
			(void)account_take_stats(
			    &l->account[i], buf_span(&a->account));
	}
}

const struct account *
ledger_above(const struct ledger *l, size_t i)
{
	int at = l->pipeline->process[i].from;

	while (at != STAGE_NONE) {
		const struct process *a = &l->pipeline->process[at];

		if (!a->is_feed && a->stage->role != STAGE_FANOUT)
			return has_account(a) ? &l->account[at] : NULL;
		at = a->from;
	}
	return NULL;
}

/* The source of what a process reads. */
static size_t
root_of(const struct pipeline *p, size_t i)
{
	while (p->process[i].from != STAGE_NONE)
		i = (size_t)p->process[i].from;
	return i;
}

/* Of a source that does not count them: what its first readers have read. */
static int64_t
most_read(const struct ledger *l, size_t root)
{
	int64_t most = 0;

	for (size_t i = root; i < l->pipeline->n; i++) {
		int64_t n = l->account[i].value[ACCOUNT_READ];

		if (n > most && root_of(l->pipeline, i) == root &&
		    ledger_above(l, i) == NULL)
			most = n;
	}
	return most;
}

uint64_t
ledger_rows(const struct ledger *l)
{
	int64_t rows = 0;

	for (size_t i = 0; i < l->pipeline->n; i++) {
		const struct process *a = &l->pipeline->process[i];

		if (a->from != STAGE_NONE)
			continue;
		rows += has_account(a) && a->stage->role == STAGE_SOURCE
		            ? l->account[i].value[ACCOUNT_OUTPUT]
		            : most_read(l, i);
	}
	return (uint64_t)rows;
}

static const enum member window_parts[] = { ACCOUNT_AGGREGATED,
	ACCOUNT_FILTERED, ACCOUNT_LATE, ACCOUNT_OUTSIDE, ACCOUNT_REJECTED };
static const enum member each_parts[] = { ACCOUNT_OUTPUT, ACCOUNT_FILTERED,
	ACCOUNT_REJECTED };
static const enum member put_parts[] = { ACCOUNT_DELIVERED, ACCOUNT_REJECTED,
	ACCOUNT_UNDELIVERED };

/* What it says of itself; false where that does not add up. */
static bool
write_own(const char *program, const struct account *c, struct buf *b)
{
	bool adds_up = true;

	if (strcmp(program, "datagen") == 0) {
		buf_addf(b, "%" PRId64 " rows", c->value[ACCOUNT_OUTPUT]);
	} else if (strcmp(program, "fanout") == 0) {
		buf_addf(b, "%" PRId64 " bytes", c->value[ACCOUNT_BYTES]);
	} else if (strcmp(program, "kinesis-get") == 0) {
		buf_addf(b,
		    "read %" PRId64 "; output %" PRId64 ", rejected %" PRId64,
		    c->value[ACCOUNT_READ], c->value[ACCOUNT_OUTPUT],
		    c->value[ACCOUNT_REJECTED]);
	} else if (strcmp(program, "kinesis-put") == 0) {
		adds_up =
		    account_write_balance(c, b, ACCOUNT_READ, put_parts, 3);
		buf_addf(b, "; retried %" PRId64, c->value[ACCOUNT_RETRIED]);
	} else if (!c->has[ACCOUNT_AGGREGATED]) { /* --each */
		adds_up =
		    account_write_balance(c, b, ACCOUNT_READ, each_parts, 3);
	} else {
		adds_up =
		    account_write_balance(c, b, ACCOUNT_READ, window_parts, 5);
		buf_addf(b, "; output %" PRId64, c->value[ACCOUNT_OUTPUT]);
	}
	return adds_up;
}

/* Did it read what was written for it? */
static bool
write_missing(const struct ledger *l, size_t i, struct buf *b)
{
	const struct account *c = &l->account[i], *above = ledger_above(l, i);

	if (above == NULL || !above->is_final || !c->has[ACCOUNT_READ] ||
	    above->value[ACCOUNT_OUTPUT] == c->value[ACCOUNT_READ])
		return true;
	buf_addf(b, " (%" PRId64 " were written for it)",
	    above->value[ACCOUNT_OUTPUT]);
	/* Who ends at a bad line reads no further, and its status says so. */
	return l->pipeline->process[i].status == STATUS_DATA;
}

bool
ledger_write(const struct ledger *l, struct buf *b)
{
	bool good = true;

	for (size_t i = 0; i < l->pipeline->n; i++) {
		const struct process *a = &l->pipeline->process[i];
		const struct account *c = &l->account[i];

		if (!has_account(a) &&
		    (a->status == 0 || pipeline_ended_as_told(l->pipeline, a)))
			continue;
		buf_addf(b, "  %s: ", a->title);
		if (!has_account(a)) {
			buf_add_text(b, "gives none");
		} else if (!c->is_final) {
			buf_add_text(b, "no account");
			/* It had no time for one; its reader tells why, or it
			 * was told to stop before it had begun. */
			good &= a->status == 128 + SIGPIPE ||
			        (a->is_source &&
				    pipeline_ended_as_told(l->pipeline, a));
		} else {
			good &= write_own(a->argv.text[0], c, b);
			good &= write_missing(l, i, b);
		}
		if (a->status != 0 && !pipeline_ended_as_told(l->pipeline, a))
			buf_addf(b, "; %s", pipeline_end_in_words(a));
		buf_add_char(b, '\n');
	}
	return good;
}
