/* reader - asks all shards for their records, and gives them out in order.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "aws/call.h"
#include "aws/errors.h"
#include "aws/service.h"
#include "kinesis-get/account.h"
#include "kinesis-get/marks.h"
#include "kinesis-get/merge.h"
#include "kinesis-get/position.h"
#include "kinesis-get/request.h"
#include "kinesis-get/shards.h"
#include "kinesis-get/writer.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/random.h"
#include "lib/report.h"
#include "lib/signals.h"
#include "lib/timestamp.h"

enum {
	DATE_OLD_MS = 5000, /* the most that an answer's date is behind */
	SETTLE_MS = 1000, /* a record that was put may be read after that; says
	                     the service of its put-to-get delay */
	RETENTION_LEAST_MS = 24 * 3600 * 1000, /* says the service of streams */
	LIMIT_LEAST = 100, /* records at once, of a service that is slow */
	SAY_AFTER = 3,     /* failures in a row that are worth a word */
	SAY_AGAIN_MS = 60 * 1000,
	MENDS_MAX = 4,        /* signed anew in a row */
	DISLIKES_MAX = 3,     /* iterators that were not taken, in a row */
	LIST_AGAIN_MS = 1000, /* where a shard has closed and has no children */
	LIST_SELDOM_MS = 10 * 1000,
	POSITION_EVERY_MS = 1000,
	POSITION_MAX_BYTES = 64 * 1024 * 1024,
	WRITE_AT_ONCE = 4096, /* records, then the network has its turn */
	/* Answers that are here or asked for, besides one of each shard. */
	AHEAD_MAX = 4,
	/* What the answers of all shards are asked to take together.  Four a
	 * second of them are more than a processor can read. */
	ANSWERS_BYTES = 256 * 1024 * 1024,
};

/* What fails although it has been asked for well. */
struct trouble {
	unsigned failures; /* in a row */
	bool said;
	int64_t said_ms;
};

struct reader {
	const struct options *opt;
	struct options own; /* what opt is when a checkpoint is gone on from */
	struct service service;
	struct writer writer;
	struct marks marks;
	struct report report;
	struct shards shards;
	struct merge merge;
	struct position from; /* of --from @FILE */
	struct buf arn;       /* the stream's, as JSON; with a position */
	int64_t created_ms, retention_ms;
	int64_t start_ms;  /* by the service's clock */
	int64_t listed_ms; /* the same: when the last listing began */
	int64_t listing_ms;
	int64_t position_due_ms;
	uint64_t position_of; /* calls and records when it was written */
	struct ask lister;    /* of the stream: its summary, its shards */
	struct buf token;     /* of its next page */
	struct page page;
	int64_t until_ms;
	int64_t ahead_ms; /* the service's clock before ours, below what skew
	                     takes notice of */
	int64_t list_ms;  /* the wait before the listing after the next */
	struct random random;
	struct trouble trouble;
	int64_t missing_ms;   /* the stream has been missing since, or -1 */
	int64_t merge_due_ms; /* nothing is written before */
	int64_t listened_ms;  /* a clock that stands while we do not listen: a
	                         reader of ours that takes nothing for a while
	                         is no shard's silence */
	int64_t heirs_ms; /* by it: since then children are not known, or -1 */
	bool list_again;  /* a listing is under way, and was asked too early */
	struct account account;
	uint64_t in_flight;
	enum status status;
	bool fatal; /* said why */
	bool full;  /* --max-records */
	bool
	    is_last; /* what is here is to be written, and nothing waited for */
};

/* --- ends ----------------------------------------------------------------- */

static void
fail(struct reader *r, enum status status)
{
	r->fatal = true;
	r->status = status_worse(r->status, status);
}

static void
no_memory(struct reader *r)
{
	if (!r->fatal)
		diag_error(NULL, "out of memory");
	fail(r, STATUS_SYSTEM);
}

static const char *
operation(enum ask_kind kind)
{
	static const char *const name[] = {
		[ASK_SUMMARY] = "DescribeStreamSummary",
		[ASK_SHARDS] = "ListShards",
		[ASK_ITERATOR] = "GetShardIterator",
		[ASK_RECORDS] = "GetRecords",
	};

	return name[kind];
}

/* "cannot read stream 's': CODE: 'words'; remedy", once. */
static void
refused(struct reader *r, const struct service_error *e, const char *remedy)
{
	char text[SERVICE_WORDS_MAX];

	if (!r->fatal)
		diag_error(NULL, "cannot read stream '%.*s': %s; %s",
		    (int)r->opt->service.arn.stream.n,
		    r->opt->service.arn.stream.p,
		    service_describe(
			text, buf_span(&e->code), buf_span(&e->message)),
		    remedy);
	fail(r, STATUS_SYSTEM);
}

/* --- requests ------------------------------------------------------------- */

/* The failed call again, later; it ends after --retry-for. */
static void
again(struct reader *r, struct ask *a, bool throttled, int64_t hint_ms)
{
	struct retry_steps steps = throttled ? r->opt->service.throttle_steps
	                                     : r->opt->service.transient_steps;
	int64_t now_ms = clock_mono_ms(), for_ms = r->opt->retry_for_ms;

	if (a->failures++ == 0)
		a->since_ms = now_ms;
	if (now_ms - a->since_ms >= for_ms && !r->fatal) {
		diag_error(NULL,
		    "%s has failed for %" PRId64 " s, which is as long as "
		    "--retry-for allows",
		    operation(a->kind), (now_ms - a->since_ms) / 1000);
		fail(r, STATUS_SYSTEM);
	}
	a->due_ms = now_ms + retry_wait_ms(steps, a->failures,
				 random_next(&r->random), hint_ms);
	/* The last try is when its time is over. */
	if (for_ms != INT64_MAX && a->due_ms > a->since_ms + for_ms)
		a->due_ms = a->since_ms + for_ms;
}

/* The service's clock, by which records arrive. */
static int64_t
service_now_ms(const struct reader *r)
{
	return skew_now_ms(&r->service.skew, clock_wall_ms()) + r->ahead_ms;
}

/*
 * An answer was sent within the second that its date names, or somewhat later:
 * busy servers keep a date for a while.  Taken for early, our clock would leave
 * out of --until now what was put just before.
 */
static void
set_clock(struct reader *r, struct span date)
{
	int64_t now_ms, date_ms;

	r->ahead_ms = 0;
	now_ms = service_now_ms(r);
	if (!skew_parse_date(date, &date_ms))
		return;
	if (now_ms < date_ms)
		r->ahead_ms = date_ms - now_ms;
	else if (now_ms > date_ms + DATE_OLD_MS)
		r->ahead_ms = date_ms + DATE_OLD_MS - now_ms;
}

static void
post(struct reader *r, struct ask *a, int64_t now_ms)
{
	buf_clear(&a->body);
	request_write(&a->body, a, r->opt, buf_span(&r->token));
	if (a->body.failed) {
		no_memory(r);
		return;
	}
	if (a->shard != NULL && a->shard->silent_ms == -1)
		a->shard->silent_ms = r->listened_ms;
	if (a->shard != NULL && a->shard->owing_ms == -1)
		a->shard->owing_ms = r->listened_ms;
	a->asked_ms = now_ms;
	a->asked_wall_ms = service_now_ms(r);
	switch (service_post(&r->service, operation(a->kind),
	    buf_span(&a->body), a, &a->stamp, NULL)) {
	case SERVICE_POSTED:
		a->busy = true;
		a->due_ms = INT64_MAX;
		r->in_flight++;
		r->account.calls++;
		break;
	case SERVICE_LATER:
		again(r, a, false, RETRY_NO_HINT);
		break;
	case SERVICE_FATAL:
		fail(r, STATUS_SYSTEM);
		break;
	}
}

/*
 * The shard that is to be asked next, as soon as it is due, or NULL: of those
 * that have nothing here the one that has waited longest.  Where it is not due
 * yet, the one whose records will be written first, that it has the next ones
 * then, as long as not too many are ahead.
 */
static struct shard *
next_to_ask(const struct reader *r, int64_t now_ms)
{
	struct shard *bare = NULL, *first = NULL;
	unsigned ahead = 0;

	for (size_t i = 0; i < r->shards.n; i++) {
		struct shard *s = r->shards.list[i];
		bool is_holding = shard_is_holding(s);

		if (is_holding && (s->ask.busy || s->ahead.n > 0))
			ahead++;
		if (s->ask.busy || !shard_has_room(s))
			continue;
		if (!is_holding &&
		    (bare == NULL || s->ask.due_ms < bare->ask.due_ms))
			bare = s;
		if (is_holding && (first == NULL || s->answer.last_ms <
							first->answer.last_ms))
			first = s;
	}
	if (first == NULL || ahead >= AHEAD_MAX ||
	    (bare != NULL && bare->ask.due_ms <= now_ms))
		return bare;
	return bare != NULL && bare->ask.due_ms < first->ask.due_ms ? bare
	                                                            : first;
}

/* Asks what is due, as far as requests may be in flight. */
static void
ask_all(struct reader *r, int64_t now_ms)
{
	uint64_t most = (uint64_t)r->opt->service.in_flight;
	struct shard *s;

	if (!r->lister.busy && r->lister.due_ms <= now_ms)
		post(r, &r->lister, now_ms);
	while (!r->fatal && r->in_flight < most &&
	       (s = next_to_ask(r, now_ms)) != NULL &&
	       s->ask.due_ms <= now_ms) {
		s->ask.kind = s->iterator.n == 0 ? ASK_ITERATOR : ASK_RECORDS;
		post(r, &s->ask, now_ms);
	}
}

/* --- shards that begin and end -------------------------------------------- */

static void
list_shards(struct reader *r, int64_t due_ms)
{
	if (r->lister.busy || r->token.n > 0)
		r->list_again = true;
	else if (due_ms < r->lister.due_ms)
		r->lister.due_ms = due_ms;
}

static void
open_shards(struct reader *r, int64_t now_ms)
{
	/* A child of what is skipped may wait for nothing else. */
	while (shards_open(&r->shards) > 0)
		continue;
	for (size_t i = 0; i < r->shards.n; i++) {
		struct shard *s = r->shards.list[i];

		if (s->state == SHARD_OPEN && !s->ask.busy &&
		    s->ask.due_ms == INT64_MAX && s->iterator.n == 0)
			s->ask.due_ms = now_ms;
	}
}

/* Read to its end: its children come next, which a listing tells. */
static void
end_shard(struct reader *r, struct shard *s, int64_t now_ms)
{
	s->state = SHARD_DONE;
	s->lag_ms = 0;
	answer_free(&s->answer);
	answer_free(&s->ahead);
	if (!s->cut && !s->has_heir && r->opt->shards == NULL) {
		list_shards(r, now_ms);
		r->list_ms = LIST_AGAIN_MS;
		if (r->heirs_ms == -1)
			r->heirs_ms = r->listened_ms;
	}
	open_shards(r, now_ms);
}

/* No more of it, nor of its children, for they came later. */
static void
cut_shard(struct reader *r, struct shard *s, int64_t now_ms)
{
	s->cut = true;
	end_shard(r, s, now_ms);
}

/*
 * Nothing is left in it, and --until is past.  If it has been closed before
 * that, its end comes yet, and its children have records, too: only who is open
 * in a listing that was asked for later is done.
 */
static void
end_idle(struct reader *r, struct shard *s, int64_t now_ms)
{
	if (r->listed_ms < r->until_ms)
		list_shards(r, now_ms);
	else if (!s->closed)
		cut_shard(r, s, now_ms);
}

/* Is there anything that a later listing could bring? */
static bool
is_over(const struct reader *r)
{
	if (r->fatal || r->full || r->writer.failed || r->writer.out.error != 0)
		return true;
	if (r->shards.listings == 0 || r->lister.busy || r->token.n > 0 ||
	    !shards_are_done(&r->shards))
		return false;
	return r->lister.due_ms == INT64_MAX;
}

/* --- writing -------------------------------------------------------------- */

/* What the merge goes by: a shard's own order is kept, whatever it says. */
static int64_t
key_of(const struct reader *r, const struct shard *s)
{
	int64_t arrival_ms = answer_first(&s->answer).arrival_ms;

	if (r->opt->merge_ms == 0)
		return 0;
	return arrival_ms > s->arrival_ms ? arrival_ms : s->arrival_ms;
}

/* All of its answer is written: what was asked for meanwhile is next. */
static void
next_answer(struct reader *r, struct shard *s, int64_t now_ms)
{
	bool is_holding = shard_advance(s);

	if (!s->ask.busy && s->ask.due_ms == INT64_MAX)
		s->ask.due_ms = s->pace.due_ms;
	if (is_holding) {
		merge_next(&r->merge, key_of(r, s));
		return;
	}
	merge_remove(&r->merge);
	if (s->at_end)
		end_shard(r, s, now_ms);
}

/* How long records are kept; the least that a stream may, where it is not
 * known. */
static int64_t
retention_ms(const struct reader *r)
{
	return r->retention_ms > 0 ? r->retention_ms : RETENTION_LEAST_MS;
}

/* Is what followed the last record older than what the stream keeps? */
static void
say_gap(const struct reader *r, const struct shard *s, int64_t arrival_ms)
{
	struct buf text = { 0 };

	if (s->arrival_ms == 0 ||
	    s->arrival_ms >= service_now_ms(r) - retention_ms(r))
		return;
	timestamp_write(&text, s->arrival_ms, true);
	buf_add_text(&text, " and ");
	timestamp_write(&text, arrival_ms, true);
	if (buf_text(&text) != NULL)
		diag_warn(&(struct diag_at){ .source = s->id },
		    "records that arrived between %s may be missing: the "
		    "stream keeps them for %" PRId64 " h",
		    text.p, retention_ms(r) / (3600 * 1000));
	buf_free(&text);
}

/*
 * Writes of one shard up to the arrival at which another comes first; *budget
 * is what may be written now.  False: no more can be written at all.
 */
static bool
write_shard(struct reader *r, struct shard *s, unsigned *budget)
{
	int64_t limit_ms = merge_limit_ms(&r->merge);

	while (s->answer.n > 0 && *budget > 0) {
		struct answer_record record = answer_first(&s->answer);
		uint64_t done = s->done;

		if (record.arrival_ms >= r->until_ms) {
			merge_remove(&r->merge);
			cut_shard(r, s, clock_mono_ms());
			return true;
		}
		if (key_of(r, s) > limit_ms)
			break;
		if (!shard_has(s, &record)) {
			if (s->resumed)
				say_gap(r, s, record.arrival_ms);
			bool whole =
			    writer_add(&r->writer, s->id, &record, &done);

			if ((whole || done > 0) &&
			    shard_note(s, &record, done) == -1)
				no_memory(r);
			if (!whole || r->fatal)
				return false;
		}
		answer_drop(&s->answer);
		(*budget)--;
	}
	return true;
}

/*
 * How long all are held back by a shard that has more to give, and nothing
 * here, or by children that are not known yet: up to --merge of their silence.
 */
static int64_t
merge_wait_ms(const struct reader *r)
{
	int64_t most_ms = 0, heirs_ms = 0;

	if (r->is_last)
		return 0;
	for (size_t i = 0; i < r->shards.n; i++) {
		int64_t wait_ms = shard_wait_ms(
		    r->shards.list[i], r->listened_ms, r->opt->merge_ms);

		if (wait_ms > most_ms)
			most_ms = wait_ms;
	}
	if (r->heirs_ms != -1)
		heirs_ms = r->heirs_ms + r->opt->merge_ms - r->listened_ms;
	return heirs_ms > most_ms ? heirs_ms : most_ms;
}

/* Writes what may be written; true: there is more that could be at once. */
static bool
write_all(struct reader *r, int64_t now_ms)
{
	unsigned budget = WRITE_AT_ONCE;
	int64_t wait_ms = r->merge.n == 0 ? 0 : merge_wait_ms(r);

	while (r->merge.n > 0 && budget > 0 && wait_ms == 0) {
		struct shard *s = r->merge.heads[0].shard;
		bool good = write_shard(r, s, &budget);

		r->full = writer_is_full(&r->writer);
		if (!good || r->full)
			return false;
		if (shard_is_holding(s)) {
			merge_next(&r->merge, key_of(r, s));
			continue;
		}
		if (s->state == SHARD_OPEN)
			next_answer(r, s, now_ms);
		wait_ms = merge_wait_ms(r);
	}
	r->merge_due_ms =
	    wait_ms == 0 || wait_ms == INT64_MAX ? INT64_MAX : now_ms + wait_ms;
	return r->merge.n > 0 && wait_ms == 0;
}

/* Without waiting for anybody: no more will come. */
static void
write_rest(struct reader *r)
{
	r->is_last = true;
	while (!r->fatal && write_all(r, clock_mono_ms()))
		continue;
}

/* --- answers -------------------------------------------------------------- */

static void
answered(struct reader *r, struct ask *a)
{
	a->failures = a->mends = 0;
	a->repeated = false;
	if (a->shard != NULL) {
		a->shard->missed = false;
		a->shard->known_ms = a->shard->owing_ms;
		a->shard->owing_ms = -1;
	}
	if (r->trouble.said)
		diag_warn(NULL, "%s answers again", r->service.data.url);
	r->trouble = (struct trouble){ 0 };
	r->missing_ms = -1;
}

static void
say_trouble(struct reader *r, const struct ask *a,
    const struct transport_response *response, const struct service_error *e)
{
	struct trouble *t = &r->trouble;
	const char *url =
	    a->shard == NULL ? r->service.control.url : r->service.data.url;
	int64_t now_ms = clock_mono_ms();
	struct buf text = { 0 };

	t->failures++;
	if (t->said ? now_ms - t->said_ms < SAY_AGAIN_MS
		    : t->failures < SAY_AFTER && !service_unreached(response))
		return;
	t->said = true;
	t->said_ms = now_ms;
	service_add_outage(&text, url, response, e, (struct span){ 0 });
	service_say(&text, diag_warn);
	buf_free(&text);
}

/* An answer that says yes and cannot be read. */
static void
unreadable(struct reader *r, struct ask *a,
    const struct transport_response *response, const struct fault *f)
{
	struct service_error e = { .kind = ERROR_TRANSIENT };
	struct transport_response garbled = { .result = TRANSPORT_BROKEN };

	(void)response;
	snprintf(
	    garbled.cause, sizeof garbled.cause, "unreadable: %s", f->what);
	r->account.retried++;
	say_trouble(r, a, &garbled, &e);
	again(r, a, false, RETRY_NO_HINT);
	error_free(&e);
}

static void
take_iterator(
    struct reader *r, struct ask *a, const struct transport_response *response)
{
	struct shard *s = a->shard;
	struct span iterator;
	struct fault f;

	if (reading_iterator(buf_span(&response->body), &iterator, &f) == -1) {
		unreadable(r, a, response, &f);
		return;
	}
	answered(r, a);
	buf_clear(&s->iterator);
	buf_add_span(&s->iterator, iterator);
	if (s->iterator.failed)
		no_memory(r);
	/* Were it lost before a record came, now would be too late. */
	if (s->place == PLACE_LATEST) {
		s->place = PLACE_TIME;
		s->place_ms = a->asked_wall_ms;
	}
	a->due_ms = s->pace.due_ms;
}

/* Is there a shard of that name?  Else it is said. */
static bool
knows_shard(struct reader *r, struct span id)
{
	char quoted[DIAG_QUOTE_MAX];
	size_t n = r->shards.n;

	if (shards_find(&r->shards, id) != NULL)
		return true;
	diag_error(NULL, "stream '%.*s' has no shard %s; it has %s%s%s",
	    (int)r->opt->service.arn.stream.n, r->opt->service.arn.stream.p,
	    diag_quote(quoted, id), n == 0 ? "none" : r->shards.list[0]->id,
	    n < 2 ? "" : " to ", n < 2 ? "" : r->shards.list[n - 1]->id);
	fail(r, STATUS_USAGE);
	return false;
}

/* Are those shards there that the command line names? */
static void
check_names(struct reader *r)
{
	const char *p = r->opt->shards;

	if (r->opt->from == FROM_SEQUENCE)
		(void)knows_shard(r, r->opt->from_shard);
	while (p != NULL) {
		const char *end = strchrnul(p, ',');

		if (!knows_shard(r, (struct span){ p, (size_t)(end - p) }))
			return;
		p = *end == '\0' ? NULL : end + 1;
	}
}

/* Shards that were not read to their ends, and are not there any more. */
static void
say_what_is_gone(const struct reader *r)
{
	for (size_t i = 0; i < r->from.n; i++) {
		const struct position_shard *p = &r->from.shards[i];
		char quoted[DIAG_QUOTE_MAX];

		if (!p->done && shards_find(&r->shards, p->id) == NULL)
			diag_warn(NULL,
			    "shard %s is gone: what was in it behind the "
			    "position is lost; the stream keeps records for "
			    "%" PRId64 " h",
			    diag_quote(quoted, p->id),
			    r->retention_ms / (3600 * 1000));
	}
}

/* The stream that the position is of, or another one of its name? */
static void
take_summary(
    struct reader *r, struct ask *a, const struct transport_response *response)
{
	struct summary y;
	struct fault f;

	if (reading_summary(buf_span(&response->body), &y, &f) == -1) {
		unreadable(r, a, response, &f);
		return;
	}
	answered(r, a);
	buf_add_span(&r->arn, y.arn);
	r->created_ms = y.created_ms;
	r->retention_ms = y.retention_ms;
	if (r->arn.failed)
		no_memory(r);
	if (r->opt->from == FROM_FILE &&
	    (!span_equal(r->from.arn, y.arn) ||
		r->from.created_ms != y.created_ms)) {
		bool goes_on = r->opt == &r->own;
		char quoted[DIAG_QUOTE_MAX];

		diag_error(NULL,
		    "%s%s' is the position of another stream, %s%s; %s",
		    goes_on ? "--checkpoint '" : "--from '@", r->opt->from_file,
		    diag_quote(quoted, r->from.arn),
		    span_equal(r->from.arn, y.arn) ? ", deleted since" : "",
		    goes_on ? "start over in an empty folder"
			    : "begin anew with --from trim-horizon or latest");
		fail(r, STATUS_USAGE);
	}
	a->kind = ASK_SHARDS;
	a->due_ms = clock_mono_ms();
}

static void
say_other_stream(struct reader *r)
{
	write_rest(r);
	diag_error(NULL,
	    "stream '%.*s' has been deleted and made again: what it holds now "
	    "follows nothing; begin anew with --from trim-horizon or latest",
	    (int)r->opt->service.arn.stream.n, r->opt->service.arn.stream.p);
	fail(r, STATUS_SYSTEM);
}

/* Shards that the stream does not keep any more, before they were read. */
static void
end_gone(struct reader *r, int64_t now_ms)
{
	struct shard *s;

	while ((s = shards_gone(&r->shards)) != NULL) {
		struct buf text = { 0 };

		if (s->arrival_ms > 0) {
			buf_add_text(&text, " behind what arrived at ");
			timestamp_write(&text, s->arrival_ms, true);
		}
		diag_warn(&(struct diag_at){ .source = s->id },
		    "the shard is gone: what was in it%s is lost; the stream "
		    "keeps records for %" PRId64 " h",
		    buf_text(&text) == NULL ? "" : text.p,
		    retention_ms(r) / (3600 * 1000));
		buf_free(&text);
		s->at_end = s->has_heir = true;
		if (!shard_is_holding(s))
			end_shard(r, s, now_ms);
	}
}

/* When the shards are to be listed again. */
static void
plan_listing(struct reader *r, int64_t now_ms)
{
	bool lacks = r->opt->shards == NULL && shards_lack_heirs(&r->shards);

	if (!lacks)
		r->heirs_ms = -1;
	if (r->list_again) {
		list_shards(r, now_ms);
	} else if (lacks) {
		/* One has ended and nothing follows: something will, or the
		 * stream is being deleted. */
		list_shards(r, now_ms + r->list_ms);
		if (r->list_ms < LIST_SELDOM_MS)
			r->list_ms *= 2;
	}
	r->list_again = false;
}

static void
take_page(
    struct reader *r, struct ask *a, const struct transport_response *response)
{
	int64_t now_ms = clock_mono_ms();
	struct fault f;

	if (page_read(&r->page, buf_span(&response->body), &f) == -1) {
		unreadable(r, a, response, &f);
		return;
	}
	answered(r, a);
	if (r->token.n == 0) {
		shards_list_begin(&r->shards);
		r->listing_ms = a->asked_wall_ms;
	}
	buf_clear(&r->token);
	buf_add_span(&r->token, r->page.token);
	if (shards_list_add(&r->shards, &r->page) == -1 || r->token.failed) {
		no_memory(r);
		return;
	}
	if (r->shards.is_other) {
		say_other_stream(r);
		return;
	}
	if (r->token.n > 0) {
		a->due_ms = now_ms;
		return;
	}
	r->listed_ms = r->listing_ms;
	set_clock(r, response->date);
	if (r->shards.listings == 1) {
		r->start_ms = service_now_ms(r);
		if (r->opt->until_now)
			r->until_ms = r->start_ms;
		check_names(r);
		say_what_is_gone(r);
	}
	shards_list_end(&r->shards, r->opt, &r->from);
	open_shards(r, now_ms);
	end_gone(r, now_ms);
	plan_listing(r, now_ms);
}

/*
 * How many records to ask for, after those of an answer: neither more than
 * --rate allows within a second, nor than there is room for beside the other
 * shards.  Who was too slow is asked for twice as many as long as that takes a
 * fraction of its time.
 */
static int64_t
limit_of(const struct reader *r, struct shard *s, int64_t elapsed_ms)
{
	const struct answer *got = &s->coming;
	int64_t room =
	    ANSWERS_BYTES / (int64_t)account_open_shards(&r->account);
	int64_t by_room = pace_limit(got->bytes, got->n, room);
	int64_t most = pace_limit(got->data_bytes, got->n, r->opt->rate_bytes);

	if (by_room < most)
		most = by_room;
	if (s->is_slow && elapsed_ms < r->opt->service.request_timeout_ms / 4)
		s->limit *= 2;
	s->is_slow = s->is_slow && s->limit < most;
	return s->is_slow ? s->limit : most;
}

/* What it says of the shard, apart from its records. */
static void
note_answer(struct reader *r, struct ask *a, int64_t elapsed_ms)
{
	struct shard *s = a->shard;
	const struct answer *got = &s->coming;

	pace_answered(
	    &s->pace, got->data_bytes, r->opt->rate_bytes, a->asked_ms);
	/* An empty answer is none, unless it tells of a way that was made. */
	if (got->n > 0 || got->behind_ms < s->lag_ms)
		s->silent_ms = -1;
	s->lag_ms = got->behind_ms > 0 ? got->behind_ms : 0;
	s->behind = got->behind_ms > 0 || (int64_t)got->n >= s->limit;
	if (got->n > 0)
		s->limit = limit_of(r, s, elapsed_ms);
	s->records += got->n;
	s->disliked = 0;
	s->at_end = got->iterator.n == 0;
	buf_clear(&s->iterator);
	buf_add_span(&s->iterator, buf_span(&got->iterator));
	if (s->iterator.failed)
		no_memory(r);
}

/* A shard that has nothing here has answered, and has nothing still. */
static void
found_empty(struct reader *r, struct ask *a, bool is_idle, int64_t now_ms)
{
	struct shard *s = a->shard;

	if (s->at_end)
		end_shard(r, s, now_ms);
	else if (is_idle && r->until_ms != INT64_MAX &&
		 a->asked_wall_ms >= r->until_ms + SETTLE_MS)
		end_idle(r, s, now_ms);
}

/* A piece of one: transport_take_fn. */
static bool
take_piece(void *tag, struct span piece)
{
	struct ask *a = tag;

	return answer_add(&a->shard->coming, piece);
}

static void
take_records(
    struct reader *r, struct ask *a, const struct transport_response *response)
{
	struct shard *s = a->shard;
	bool is_idle, was_holding = shard_is_holding(s);
	struct fault f;

	if (answer_end(&s->coming, &f) == -1) {
		unreadable(r, a, response, &f);
		return;
	}
	answered(r, a);
	note_answer(r, a, response->elapsed_ms);
	is_idle = s->coming.n == 0 && !s->behind;
	if (shard_take(s) && merge_add(&r->merge, key_of(r, s), s) == -1)
		no_memory(r);
	a->due_ms = s->pace.due_ms;
	/* One that is closed is about to end. */
	if (is_idle && !s->closed && a->asked_ms + r->opt->poll_ms > a->due_ms)
		a->due_ms = a->asked_ms + r->opt->poll_ms;
	if (!shard_has_room(s))
		a->due_ms = INT64_MAX;
	if (!was_holding && !shard_is_holding(s))
		found_empty(r, a, is_idle, clock_mono_ms());
}

static void
take_answer(
    struct reader *r, struct ask *a, const struct transport_response *response)
{
	switch (a->kind) {
	case ASK_SUMMARY:
		take_summary(r, a, response);
		break;
	case ASK_SHARDS:
		take_page(r, a, response);
		break;
	case ASK_ITERATOR:
		take_iterator(r, a, response);
		break;
	case ASK_RECORDS:
		take_records(r, a, response);
		break;
	}
}

/* --- refusals ------------------------------------------------------------- */

static void
throttled(struct reader *r, struct ask *a, int64_t hint_ms)
{
	int64_t now_ms = clock_mono_ms();

	r->account.throttled++;
	if (a->kind != ASK_RECORDS) {
		again(r, a, true, hint_ms);
		return;
	}
	pace_throttled(&a->shard->pace, random_next(&r->random), now_ms);
	a->due_ms = a->shard->pace.due_ms;
	if (hint_ms > 0 && a->due_ms < now_ms + hint_ms)
		a->due_ms = now_ms + hint_ms;
}

/*
 * The clock or the credentials are not what the service takes.  Where the clock
 * is right a signature that is too old has been on its way for long, over a
 * suspended machine, say: a new one is worth a try.
 */
static void
mend(struct reader *r, struct ask *a, const struct transport_response *response,
    const struct service_error *e)
{
	bool mended = service_mend(&r->service, e, response->date, &a->stamp);
	bool is_first = a->mends++ == 0;

	if ((mended && a->mends <= MENDS_MAX) ||
	    (is_first && e->kind == ERROR_CLOCK)) {
		a->due_ms = clock_mono_ms();
		r->account.retried++;
		return;
	}
	refused(r, e,
	    e->kind == ERROR_CLOCK
		? "check the secret key, the region and the clock"
		: "get new credentials");
}

/* The stream, or a shard of it, is not there. */
static void
missing(struct reader *r, struct ask *a, const struct service_error *e)
{
	int64_t now_ms = clock_mono_ms();

	if (a->shard != NULL) { /* which of both, a listing tells */
		a->shard->missed = true;
		list_shards(r, now_ms);
		again(r, a, false, RETRY_NO_HINT);
		return;
	}
	if (r->missing_ms == -1)
		r->missing_ms = now_ms;
	if (r->shards.n > 0) {
		write_rest(r);
		refused(r, e, "it has been deleted");
	} else if (now_ms - r->missing_ms >= r->opt->wait_stream_ms) {
		refused(r, e,
		    r->opt->wait_stream_ms == 0
			? "check name and region, or wait for it with "
			  "--wait-stream 1m"
			: "it did not appear in time");
	} else {
		if (r->missing_ms == now_ms)
			diag_warn(NULL,
			    "stream '%.*s' does not exist yet; waiting",
			    (int)r->opt->service.arn.stream.n,
			    r->opt->service.arn.stream.p);
		a->due_ms = now_ms + LIST_AGAIN_MS;
	}
}

/* Another iterator, at once. */
static void
renew_iterator(struct reader *r, struct shard *s)
{
	r->account.retried++;
	buf_clear(&s->iterator);
	s->ask.due_ms = clock_mono_ms();
	/* Meanwhile what follows may have become too old. */
	s->resumed = s->sequence.n > 0;
}

/*
 * A sequence number that the shard gave itself: the stream may be another one
 * by now.  True: a listing since then has not said so.
 */
static bool
is_doubted_in_vain(struct reader *r, struct shard *s)
{
	if (s->doubted == 0) {
		s->doubted = r->shards.listings + 1;
		list_shards(r, clock_mono_ms());
	}
	return r->shards.listings >= s->doubted;
}

/* What the service does not take, and why it may not. */
static void
invalid(struct reader *r, struct ask *a, const struct service_error *e)
{
	struct shard *s = a->shard;

	if (a->kind == ASK_RECORDS && s->disliked++ < DISLIKES_MAX) {
		renew_iterator(r, s);
	} else if (a->kind == ASK_ITERATOR && s->records > 0 &&
		   !is_doubted_in_vain(r, s)) {
		again(r, a, false, RETRY_NO_HINT);
	} else if (a->kind == ASK_ITERATOR && s->sequence.n > 0) {
		refused(r, e, "the sequence number is not one of this shard");
		if (s->records == 0)
			r->status = STATUS_USAGE;
	} else if (a->kind == ASK_ITERATOR && s->place == PLACE_TIME &&
		   a->asked_wall_ms - s->place_ms < SAY_AGAIN_MS) {
		again(r, a, false, RETRY_NO_HINT); /* its clock is behind */
	} else {
		refused(r, e, "trying again does not help");
	}
}

static void
denied(struct reader *r, const struct ask *a, const struct service_error *e)
{
	struct buf remedy = { 0 };

	if (e->foreign)
		buf_add_text(&remedy,
		    "that is not Kinesis's answer: check the proxy "
		    "(https_proxy, no_proxy) and the endpoint");
	else
		buf_addf(&remedy, "the policy must allow kinesis:%s on it",
		    operation(a->kind));
	refused(r, e, buf_said(&remedy));
	buf_free(&remedy);
}

/*
 * Less at once, until the answers are of a size that can be taken, or made in
 * time: kinesalite takes long to find many while many are put.  True: that
 * alone will help.
 */
static bool
asks_for_less(struct ask *a, const struct transport_response *response)
{
	bool is_too_big = response->result == TRANSPORT_TOO_BIG;
	int64_t least = is_too_big ? 1 : LIMIT_LEAST;

	if ((!is_too_big && response->result != TRANSPORT_TIMEOUT) ||
	    a->kind != ASK_RECORDS || a->shard->limit <= least)
		return false;
	a->shard->limit /= 2;
	a->shard->is_slow = !is_too_big;
	a->due_ms = a->shard->pace.due_ms;
	return is_too_big;
}

static void
judge(struct reader *r, struct ask *a,
    const struct transport_response *response, struct service_error *e)
{
	if (span_is(buf_span(&e->code), "ExpiredIteratorException") &&
	    a->kind == ASK_RECORDS) {
		renew_iterator(r, a->shard);
		return;
	}
	if (span_is(buf_span(&e->code), "ExpiredNextTokenException") &&
	    a->kind == ASK_SHARDS) {
		r->account.retried++;
		buf_clear(&r->token);
		a->due_ms = clock_mono_ms();
		return;
	}
	switch (e->kind) {
	case ERROR_NONE:
		break;
	case ERROR_THROTTLE:
		throttled(r, a, response->retry_after_ms);
		break;
	case ERROR_TRANSIENT:
		r->account.retried++;
		if (asks_for_less(a, response))
			break;
		say_trouble(r, a, response, e);
		again(r, a, false, response->retry_after_ms);
		break;
	case ERROR_CREDENTIALS:
	case ERROR_CLOCK:
		mend(r, a, response, e);
		break;
	case ERROR_MISSING:
		missing(r, a, e);
		break;
	case ERROR_INVALID:
		invalid(r, a, e);
		break;
	case ERROR_DENIED:
		denied(r, a, e);
		break;
	case ERROR_KMS:
		refused(r, e, "check the key that encrypts the stream");
		break;
	case ERROR_FATAL:
		refused(r, e, "trying again does not help");
		break;
	}
}

static void
take(struct reader *r, struct ask *a, const struct transport_response *response,
    struct service_error *e)
{
	/* Asked ahead of where --until has ended it. */
	if (a->shard != NULL && a->shard->state == SHARD_DONE)
		return;
	if (response->result == TRANSPORT_BROKEN && response->reused &&
	    response->answer_bytes == 0 && !a->repeated) {
		/* It had been closed while it was idle. */
		a->repeated = true;
		a->due_ms = clock_mono_ms();
		r->account.retried++;
	} else if (e->kind == ERROR_NONE) {
		take_answer(r, a, response);
	} else {
		judge(r, a, response, e);
	}
}

static void
receive(struct reader *r)
{
	struct transport_response response = { 0 };
	struct service_error e = { 0 };

	while (transport_next(r->service.transport, &response)) {
		struct ask *a = response.tag;

		a->busy = false;
		r->in_flight--;
		call_error(&response, &e);
		take(r, a, &response, &e);
		if (a->shard != NULL) /* what has not been taken is none */
			answer_free(&a->shard->coming);
		error_free(&e);
		transport_response_free(&response);
	}
}

/* --- the account ---------------------------------------------------------- */

/* Whom the merge waits for: the one that it would wait for longest. */
static void
say_who_holds(const struct reader *r)
{
	const struct shard *most = NULL;
	int64_t most_ms = 0;

	for (size_t i = 0; i < r->shards.n; i++) {
		const struct shard *s = r->shards.list[i];
		int64_t wait_ms =
		    shard_wait_ms(s, r->listened_ms, r->opt->merge_ms);

		if (wait_ms > most_ms) {
			most = s;
			most_ms = wait_ms;
		}
	}
	if (most == NULL)
		report_answer("waits for the children of a shard that ended");
	else if (!most->behind)
		report_answer("waits for shard %s, which owes an answer; "
			      "--merge bounds that",
		    most->id);
	else
		report_answer("waits for shard %s, which is %" PRId64
			      " s behind the latest; --merge bounds that",
		    most->id, most->lag_ms / 1000);
}

/* SIGUSR1: what it waits for. */
static void
say_how_it_stands(const struct reader *r)
{
	size_t n = account_open_shards(&r->account);

	if (r->shards.listings == 0)
		report_answer("waits for the list of shards");
	else if (r->trouble.failures > 0)
		report_answer(
		    "%s fails, and is tried again", r->service.data.url);
	else if (!marks_let_go(&r->marks))
		report_answer("waits for the checkpoint's stages");
	else if (r->merge.n > 0 && merge_wait_ms(r) > 0)
		say_who_holds(r);
	else
		report_answer(
		    "waits for records of %zu shard%s", n, n == 1 ? "" : "s");
}

/* --- the position --------------------------------------------------------- */

/* All that is noted has been written: the next run goes on behind it. */
static void
add_position(void *ctx, struct buf *text)
{
	const struct reader *r = ctx;

	if (r->shards.listings == 0) { /* nothing has been read */
		buf_add_span(text, buf_span(&r->from.text));
		return;
	}
	position_begin(text, buf_span(&r->arn), r->created_ms);
	for (size_t i = 0; i < r->shards.n; i++) {
		struct position_shard p =
		    shard_position(r->shards.list[i], r->start_ms);

		/* What is not listed any more need not be kept. */
		if (r->shards.list[i]->seen == r->shards.listings ||
		    r->token.n > 0)
			position_add(text, &p);
	}
	position_end(text);
}

static int
write_position(struct reader *r)
{
	struct buf text = { 0 }, beside = { 0 };
	int rc = -1;

	add_position(r, &text);
	buf_addf(&beside, "%s.new", r->opt->position);
	errno = ENOMEM;
	if (!text.failed && buf_text(&beside) != NULL)
		rc = file_replace(
		    r->opt->position, beside.p, 0666, buf_span(&text));
	buf_free(&text);
	buf_free(&beside);
	return rc;
}

/* Once a second, and at the end: first the records, then where they end. */
static void
keep_position(struct reader *r, int64_t now_ms, bool at_end)
{
	char quoted[DIAG_QUOTE_MAX];

	if (r->opt->position == NULL || r->shards.listings == 0 ||
	    r->shards.list == NULL || r->status == STATUS_USAGE)
		return;
	if (!at_end &&
	    (now_ms < r->position_due_ms ||
		r->position_of == r->account.calls + r->writer.records))
		return;
	if (writer_flush(&r->writer) == -1)
		return;
	r->position_due_ms = now_ms + POSITION_EVERY_MS;
	r->position_of = r->account.calls + r->writer.records;
	if (write_position(r) == 0)
		return;
	diag_error(NULL, "--position %s: cannot write: %s",
	    diag_quote(quoted, span_of(r->opt->position)), strerror(errno));
	fail(r, STATUS_SYSTEM);
}

/* Can it be read, and the other one be written?  -1: said why not. */
static int
open_position(struct reader *r)
{
	const struct options *o = r->opt;
	char quoted[DIAG_QUOTE_MAX];
	struct buf beside = { 0 };
	struct fault f;
	int rc = 0;

	if (o->from == FROM_FILE && o != &r->own) {
		struct span name = span_of(o->from_file);

		if (file_read(o->from_file, POSITION_MAX_BYTES,
			&r->from.text) == -1) {
			diag_error(NULL,
			    "--from @%s: cannot read: %s; a first run begins "
			    "with --from trim-horizon or latest",
			    diag_quote(quoted, name), strerror(errno));
			return -1;
		}
		if (position_read(&r->from, &f) == -1) {
			diag_error(NULL,
			    "--from @%s is no position: %s; one is what "
			    "--position has written",
			    diag_quote(quoted, name), f.what);
			return -1;
		}
	}
	if (o->position != NULL) {
		const char *why;

		buf_addf(&beside, "%s.new", o->position);
		why = buf_text(&beside) == NULL
		          ? strerror(ENOMEM)
		          : file_try_replace(o->position, beside.p);
		if (why != NULL) {
			diag_error(NULL, "--position %s: cannot write: %s",
			    diag_quote(quoted, span_of(o->position)), why);
			rc = -1;
		}
		buf_free(&beside);
	}
	if (o->position != NULL || o->from == FROM_FILE ||
	    marks_are_on(&r->marks))
		r->lister.kind = ASK_SUMMARY;
	return rc;
}

/* --- the loop ------------------------------------------------------------- */

static int64_t
due_ms(const struct reader *r, int64_t now_ms)
{
	const struct shard *next;
	int64_t due = report_due_ms(&r->report);
	bool may_ask = r->in_flight < (uint64_t)r->opt->service.in_flight;

	if (r->merge_due_ms < due)
		due = r->merge_due_ms;
	if (marks_due_ms(&r->marks) < due)
		due = marks_due_ms(&r->marks);
	if (!r->lister.busy && r->lister.due_ms < due)
		due = r->lister.due_ms;
	next = may_ask ? next_to_ask(r, now_ms) : NULL;
	return next != NULL && next->ask.due_ms < due ? next->ask.due_ms : due;
}

/* Waits for an answer, a signal, the time; or for stdout to lose its reader. */
static void
wait_for_more(struct reader *r, bool more, int64_t now_ms)
{
	struct pollfd fds[2] = {
		{ .fd = signals_fd(), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	int64_t due = due_ms(r, now_ms);
	int64_t wait_ms = due == INT64_MAX ? -1
	                  : due > now_ms   ? due - now_ms
	                                   : 0;
	int64_t before_ms = clock_mono_ms();

	if (transport_wait(r->service.transport, fds, 2, more ? 0 : wait_ms) ==
	    -1) {
		diag_error(
		    NULL, "cannot wait for answers: %s", strerror(errno));
		fail(r, STATUS_SYSTEM);
	}
	r->listened_ms += clock_mono_ms() - before_ms;
	if ((fds[1].revents & POLLERR) != 0) {
		signals_lost_stdout();
		(void)out_lose(&r->writer.out, EPIPE);
	}
}

/* Goes on from the last checkpoint, if there is one. */
static void
open_marks(struct reader *r)
{
	struct fault f;

	r->marks = (struct marks){ .writer = &r->writer,
		.add_position = add_position,
		.account = &r->account,
		.report = &r->report,
		.ctx = r };
	if (r->opt->checkpoint.dir != NULL)
		r->account.coordinator = &r->marks.coordinator;
	r->status = marks_open(&r->marks, r->opt, &r->from.text);
	if (r->status != STATUS_OK || r->from.text.n == 0)
		return;
	if (position_read(&r->from, &f) == -1) {
		r->status = checkpoint_say(&r->marks.coordinator.checkpoint,
		    STATUS_USAGE, "its position cannot be read: %s", f.what);
		return;
	}
	r->own = *r->opt;
	r->own.from = FROM_FILE;
	r->own.from_file = r->own.checkpoint.dir;
	r->opt = &r->own;
	if (r->own.until_now && r->marks.until_ms != INT64_MAX) {
		r->own.until_now = false;
		r->until_ms = r->marks.until_ms;
	}
	r->full = writer_is_full(&r->writer);
	if (r->full)
		diag_remark(NULL,
		    "all %" PRIu64 " records were written before checkpoint "
		    "%" PRIu64 "; nothing is left to write",
		    r->writer.records, r->marks.coordinator.before);
}

/* Marks come as soon as it is known where the run begins. */
static void
take_marks(struct reader *r, int64_t now_ms)
{
	if (!marks_are_on(&r->marks) || r->shards.listings == 0 || r->fatal)
		return;
	if (r->opt->until_now)
		r->marks.until_ms = r->until_ms;
	if (marks_step(&r->marks, now_ms) != STATUS_OK)
		fail(r, STATUS_SYSTEM);
}

/* The last one; what has gone wrong is for the next run. */
static void
end_marks(struct reader *r)
{
	bool known = r->shards.listings > 0 || r->from.text.n > 0;

	if (!marks_are_on(&r->marks) || r->fatal || r->writer.failed ||
	    r->writer.out.error != 0 || !known)
		return;
	r->status =
	    status_worse(r->status, marks_end(&r->marks, signals_stop() == 0));
}

static void
loop(struct reader *r)
{
	int64_t now_ms = clock_mono_ms();
	bool more;

	r->lister.due_ms = now_ms;
	while (!is_over(r)) {
		if (signals_take_report())
			say_how_it_stands(r);
		if (signals_stop() != 0)
			return;
		ask_all(r, now_ms);
		take_marks(r, now_ms);
		more = marks_let_go(&r->marks) && write_all(r, now_ms);
		if (!more)
			(void)writer_flush(&r->writer); /* a failure sticks */
		if (is_over(r))
			return;
		wait_for_more(r, more, now_ms);
		now_ms = clock_mono_ms();
		receive(r);
		keep_position(r, now_ms, false);
		report_tick(&r->report, now_ms);
	}
}

static void
close_all(struct reader *r)
{
	if (r->service.transport != NULL)
		transport_abandon(r->service.transport);
	service_close(&r->service);
	marks_close(&r->marks);
	shards_free(&r->shards);
	merge_free(&r->merge);
	page_free(&r->page);
	position_free(&r->from);
	buf_free(&r->arn);
	buf_free(&r->token);
	buf_free(&r->lister.body);
}

enum status
read_stream(const struct options *opt, int *signal)
{
	struct reader r = { .opt = opt,
		.lister = { .kind = ASK_SHARDS, .due_ms = INT64_MAX },
		.missing_ms = -1,
		.heirs_ms = -1,
		.until_ms = opt->until_ms,
		.list_ms = LIST_AGAIN_MS,
		.account = { .shards = &r.shards, .writer = &r.writer } };

	if (getrandom(&r.random.state, sizeof r.random.state, GRND_NONBLOCK) !=
	    sizeof r.random.state)
		r.random.state = (uint64_t)clock_mono_ns();
	if (report_init(&r.report, &opt->common, account_fill, NULL,
		&r.account) == -1 ||
	    writer_open(&r.writer, opt) == -1)
		r.status = STATUS_USAGE;
	if (r.status == STATUS_OK)
		open_marks(&r);
	if (r.status == STATUS_OK && open_position(&r) == -1)
		r.status = STATUS_USAGE;
	if (r.status == STATUS_OK)
		r.status =
		    service_open(&r.service, &opt->service, signals_fd());
	if (r.status == STATUS_OK) {
		r.service.take_records = take_piece;
		loop(&r);
		end_marks(&r);
		keep_position(&r, clock_mono_ms(), true);
	}
	*signal = signals_stop();
	r.status = status_worse(r.status, writer_close(&r.writer));
	if (r.status == STATUS_USAGE) /* nothing was read: no account */
		r.report.opt.stats = false;
	r.status = status_worse(r.status, report_end(&r.report));
	close_all(&r);
	return r.status;
}
