/* query_check - what makes no sense in a query.
 * SPDX-License-Identifier: ISC */
#include "window/query_check.h"

#include "lib/diag.h"

static int
no(const char *message)
{
	diag_error(NULL, "%s", message);
	return -1;
}

static int
check_kind(const struct query_words *w)
{
	if (w->kind == KIND_NONE)
		return no("no window is given; try --tumble 10s, --hop 10s "
			  "--slide 2s, --session 30s or --cumulate 1h "
			  "--step 5m");
	if (w->size_ms <= 0) {
		diag_error(NULL, "--%s: a size of 0; give at least 1ms",
		    w->kind_option);
		return -1;
	}
	if (w->kind == KIND_HOP && w->slide_ms == 0)
		return no("--hop needs a slide; try --slide 2s");
	if (w->slide_ms != 0 && w->kind != KIND_HOP)
		return no("--slide goes with --hop only; leave it out");
	if (w->kind == KIND_CUMULATE && w->step_ms == 0)
		return no("--cumulate needs a step; try --step 5m");
	if (w->step_ms != 0 && w->kind != KIND_CUMULATE)
		return no("--step goes with --cumulate only; leave it out");
	if (w->kind == KIND_CUMULATE && w->size_ms % w->step_ms != 0)
		return no("--cumulate: the size is no multiple of --step");
	return 0;
}

static int
check_offset(const struct query_words *w)
{
	int64_t size = w->size_ms;

	if (!w->offset_given)
		return 0;
	if (w->kind == KIND_SESSION)
		return no("--offset has no meaning with --session; leave it "
			  "out");
	if (w->kind != KIND_HOP &&
	    (w->offset_ms >= size || w->offset_ms <= -size))
		return no("--offset: not below the window's size; give less");
	return 0;
}

static int
check_time(const struct query_words *w)
{
	if (!w->processing_time && w->event_time == NULL)
		return no("no time is given; try --event-time FIELD or "
			  "--processing-time");
	if (w->processing_time && w->event_time != NULL)
		return no("both --event-time and --processing-time; give one");
	if (w->delay_ms == QUERY_DELAY_ALL && w->idle_ms >= 0)
		return no("--delay all waits for the end of input, so "
			  "--idle-timeout never comes; leave one of them out");
	if (!w->processing_time)
		return 0;
	if (w->delay_ms >= 0)
		return no("--delay goes with --event-time only; leave it out");
	if (w->idle_ms >= 0)
		return no("--idle-timeout goes with --event-time only; leave "
			  "it out");
	if (w->lateness_ms >= 0)
		return no("--allowed-lateness goes with --event-time only; "
			  "leave it out");
	if (w->time_format != NULL)
		return no("--time-format goes with --event-time only; leave "
			  "it out");
	if (w->ahead_ms >= 0)
		return no("--max-ahead goes with --event-time only; leave it "
			  "out");
	if (w->jump_ms >= 0)
		return no("--max-jump goes with --event-time only; leave it "
			  "out");
	return 0;
}

int
query_check_words(const struct query_words *w)
{
	if (check_kind(w) == -1 || check_offset(w) == -1 || check_time(w) == -1)
		return -1;
	if (w->lateness_ms >= 0 && w->kind == KIND_SESSION)
		return no("--allowed-lateness cannot go with --session: a "
			  "session that has been written is gone");
	if (w->nkeys == 0 && w->naggs == 0)
		return no("neither key nor aggregate; try --key FIELD or "
			  "--count");
	return 0;
}

int
query_check_time(const struct query *q)
{
	const struct field *f = &q->fields[q->time_field];
	enum type_kind kind = f->type.kind;

	if (kind == TYPE_BOOLEAN || kind == TYPE_TIME) {
		diag_error(NULL,
		    "--event-time %s: a %s is no event time; declare "
		    "TIMESTAMP(3), DATE or a number type",
		    f->name, type_kind_name(kind));
		return -1;
	}
	if (q->time_format != NULL &&
	    (kind == TYPE_DATE || type_is_number(kind))) {
		diag_error(NULL,
		    "--time-format reads text, and %s is declared %s; declare "
		    "TIMESTAMP(3) or STRING",
		    f->name, type_kind_name(kind));
		return -1;
	}
	return 0;
}
