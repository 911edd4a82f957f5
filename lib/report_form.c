/* report_form - one member of the account in each of its forms.
 * SPDX-License-Identifier: ISC */
#include "lib/report_form.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/diag.h"
#include "lib/json.h"
#include "lib/timestamp.h"

enum metric { COUNTER, GAUGE };

int64_t
report_form_elapsed_ms(const struct report *r)
{
	return (clock_mono_ns() - r->start_ns) / 1000000;
}

/* Thousandths as a decimal number: 12345 is 12.345. */
static void
add_thousandths(struct buf *b, int64_t v)
{
	uint64_t size = v < 0 ? -(uint64_t)v : (uint64_t)v;

	buf_addf(b, "%s%" PRIu64 ".%03" PRIu64, v < 0 ? "-" : "", size / 1000,
	    size % 1000);
}

/* Letters, digits and underscores are all that a metric's name may hold. */
static void
add_word(struct buf *b, const char *word)
{
	for (; *word != '\0'; word++) {
		bool plain = (*word >= 'a' && *word <= 'z') ||
		             (*word >= 'A' && *word <= 'Z') ||
		             (*word >= '0' && *word <= '9');

		buf_add_char(b, plain ? *word : '_');
	}
}

static void
add_metric_name(struct buf *b, const char *name, const char *suffix)
{
	buf_add_text(b, "windowpipe_");
	add_word(b, diag_program());
	buf_add_char(b, '_');
	add_word(b, name);
	buf_add_text(b, suffix);
}

/* name="...", as Prometheus' text format 0.0.4 has it escaped. */
static void
add_label(struct buf *b, const char *label, const char *p)
{
	buf_addf(b, "%s=\"", label);
	for (; *p != '\0'; p++) {
		if (*p == '\\' || *p == '"')
			buf_add_char(b, '\\');
		if (*p == '\n')
			buf_add_text(b, "\\n");
		else
			buf_add_char(b, *p);
	}
	buf_add_char(b, '"');
}

static void
add_type(
    struct buf *b, const char *name, const char *suffix, enum metric metric)
{
	buf_add_text(b, "# TYPE ");
	add_metric_name(b, name, suffix);
	buf_add_text(b, metric == COUNTER ? " counter\n" : " gauge\n");
}

/* The TYPE line and the metric's, up to its value. */
static void
begin_metric(
    struct buf *b, const char *name, const char *suffix, enum metric metric)
{
	const char *given = diag_name_given();

	add_type(b, name, suffix, metric);
	add_metric_name(b, name, suffix);
	if (given != NULL) {
		buf_add_char(b, '{');
		add_label(b, "name", given);
		buf_add_char(b, '}');
	}
	buf_add_char(b, ' ');
}

/* All that comes before a member's value; after it end_member(). */
static void
begin_member(struct report *r, const char *name, enum metric metric)
{
	switch (r->form) {
	case REPORT_STATS:
		buf_addf(&r->out, ",\"%s\":", name);
		break;
	case REPORT_METRICS:
		begin_metric(
		    &r->out, name, metric == COUNTER ? "_total" : "", metric);
		break;
	case REPORT_PROGRESS:
		buf_addf(&r->out, "  %s ", name);
		break;
	}
}

static void
end_member(struct report *r)
{
	if (r->form == REPORT_METRICS)
		buf_add_char(&r->out, '\n');
}

void
report_form_head(struct report *r)
{
	int64_t elapsed_ms = report_form_elapsed_ms(r);
	const char *name = diag_name_given();

	switch (r->form) {
	case REPORT_STATS:
		buf_add_text(&r->out, "{\"program\":");
		json_write_text(&r->out, span_of(diag_program()));
		buf_add_text(&r->out, ",\"name\":");
		if (name == NULL)
			buf_add_text(&r->out, "null");
		else
			json_write_text(&r->out, span_of(name));
		buf_add_text(&r->out, ",\"elapsed_s\":");
		add_thousandths(&r->out, elapsed_ms);
		break;
	case REPORT_METRICS:
		begin_metric(&r->out, "elapsed", "_seconds", GAUGE);
		add_thousandths(&r->out, elapsed_ms);
		buf_add_char(&r->out, '\n');
		break;
	case REPORT_PROGRESS:
		buf_add_text(&r->out, diag_program());
		if (name != NULL)
			buf_addf(&r->out, "[%s]", name);
		buf_addf(&r->out, ": %" PRId64 " s", elapsed_ms / 1000);
		break;
	}
}

void
report_count(struct report *r, const char *name, uint64_t v)
{
	begin_member(r, name, COUNTER);
	buf_add_u64(&r->out, v);
	end_member(r);
}

void
report_gauge(struct report *r, const char *name, int64_t v)
{
	begin_member(r, name, GAUGE);
	buf_add_i64(&r->out, v);
	end_member(r);
}

void
report_gauge_real(struct report *r, const char *name, double v)
{
	if (!isfinite(v) && r->form == REPORT_METRICS)
		return;
	begin_member(r, name, GAUGE);
	if (isfinite(v))
		buf_addf(&r->out, "%.10g", v);
	else
		buf_add_text(&r->out, "null");
	end_member(r);
}

void
report_time(struct report *r, const char *name, bool known, int64_t ms)
{
	if (!known && r->form != REPORT_STATS)
		return;
	begin_member(r, name, GAUGE);
	if (!known) {
		buf_add_text(&r->out, "null");
	} else if (r->form == REPORT_METRICS) {
		add_thousandths(&r->out, ms);
	} else {
		if (r->form == REPORT_STATS)
			buf_add_char(&r->out, '"');
		timestamp_write(&r->out, ms, true);
		if (r->form == REPORT_STATS)
			buf_add_char(&r->out, '"');
	}
	end_member(r);
}

static void
add_part_metric(struct buf *b, const char *name, const char *label,
    const struct report_part *part)
{
	const char *given = diag_name_given();

	add_metric_name(b, name, "_total");
	buf_add_char(b, '{');
	if (given != NULL) {
		add_label(b, "name", given);
		buf_add_char(b, ',');
	}
	add_label(b, label, part->name);
	buf_add_text(b, "} ");
	buf_add_u64(b, part->value);
	buf_add_char(b, '\n');
}

void
report_count_parts(struct report *r, const char *name, const char *label,
    const struct report_part *parts, size_t n)
{
	switch (r->form) {
	case REPORT_STATS:
		buf_addf(&r->out, ",\"%s\":{", name);
		for (size_t i = 0; i < n; i++) {
			if (i > 0)
				buf_add_char(&r->out, ',');
			json_write_text(&r->out, span_of(parts[i].name));
			buf_add_char(&r->out, ':');
			buf_add_u64(&r->out, parts[i].value);
		}
		buf_add_char(&r->out, '}');
		break;
	case REPORT_METRICS:
		add_type(&r->out, name, "_total", COUNTER);
		for (size_t i = 0; i < n; i++)
			add_part_metric(&r->out, name, label, &parts[i]);
		break;
	case REPORT_PROGRESS:
		break;
	}
}
