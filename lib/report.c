/* report - one account in three forms, and when and where each is written.
 * SPDX-License-Identifier: ISC */
#include "lib/report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/signals.h"
#include "lib/timestamp.h"
#include "lib/utf8.h"

enum metric { COUNTER, GAUGE };

enum { VALUE_MAX = 64 }; /* bytes of a value's text */

/* Thousandths as a decimal number: 12345 is 12.345. */
static const char *
thousandths(char text[VALUE_MAX], int64_t v)
{
	uint64_t size = v < 0 ? -(uint64_t)v : (uint64_t)v;

	snprintf(text, VALUE_MAX, "%s%" PRIu64 ".%03" PRIu64, v < 0 ? "-" : "",
	    size / 1000, size % 1000);
	return text;
}

/* Letters, digits and underscores are all that a metric's name may hold. */
static void
add_word(struct buf *b, const char *word)
{
	for (; *word != '\0'; word++) {
		bool plain = (*word >= 'a' && *word <= 'z') ||
		             (*word >= 'A' && *word <= 'Z') ||
		             ascii_is_digit(*word);

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

static void
add_type(
    struct buf *b, const char *name, const char *suffix, enum metric metric)
{
	buf_add_text(b, "# TYPE ");
	add_metric_name(b, name, suffix);
	buf_add_text(b, metric == COUNTER ? " counter\n" : " gauge\n");
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

/* A metric's line; label: one more than the name that was given, or NULL. */
static void
add_sample(struct buf *b, const char *name, const char *suffix,
    const char *label, const char *part, const char *value)
{
	const char *given = diag_name_given();

	add_metric_name(b, name, suffix);
	if (given != NULL || label != NULL)
		buf_add_char(b, '{');
	if (given != NULL)
		add_label(b, "name", given);
	if (given != NULL && label != NULL)
		buf_add_char(b, ',');
	if (label != NULL)
		add_label(b, label, part);
	if (given != NULL || label != NULL)
		buf_add_char(b, '}');
	buf_addf(b, " %s\n", value);
}

static void
add_member(
    struct report *r, const char *name, enum metric metric, const char *value)
{
	const char *suffix = metric == COUNTER ? "_total" : "";

	switch (r->form) {
	case REPORT_STATS:
		buf_addf(&r->out, ",\"%s\":%s", name, value);
		break;
	case REPORT_METRICS:
		add_type(&r->out, name, suffix, metric);
		add_sample(&r->out, name, suffix, NULL, NULL, value);
		break;
	case REPORT_PROGRESS:
		buf_addf(&r->out, "  %s %s", name, value);
		break;
	}
}

/* What comes before the program's members. */
static void
write_head(struct report *r)
{
	int64_t elapsed_ms = (clock_mono_ns() - r->start_ns) / 1000000;
	const char *name = diag_name_given();
	char text[VALUE_MAX];

	switch (r->form) {
	case REPORT_STATS:
		buf_add_text(&r->out, "{\"program\":");
		json_write_text(&r->out, span_of(diag_program()));
		buf_add_text(&r->out, ",\"name\":");
		if (name == NULL)
			buf_add_text(&r->out, "null");
		else
			json_write_text(&r->out, span_of(name));
		add_member(
		    r, "elapsed_s", GAUGE, thousandths(text, elapsed_ms));
		break;
	case REPORT_METRICS:
		add_type(&r->out, "elapsed", "_seconds", GAUGE);
		add_sample(&r->out, "elapsed", "_seconds", NULL, NULL,
		    thousandths(text, elapsed_ms));
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
	char text[VALUE_MAX];

	snprintf(text, sizeof text, "%" PRIu64, v);
	add_member(r, name, COUNTER, text);
}

void
report_gauge(struct report *r, const char *name, int64_t v)
{
	char text[VALUE_MAX];

	snprintf(text, sizeof text, "%" PRId64, v);
	add_member(r, name, GAUGE, text);
}

void
report_gauge_real(struct report *r, const char *name, double v)
{
	char text[VALUE_MAX] = "null";

	if (isfinite(v))
		snprintf(text, sizeof text, "%.10g", v);
	if (isfinite(v) || r->form != REPORT_METRICS)
		add_member(r, name, GAUGE, text);
}

void
report_time(struct report *r, const char *name, bool known, int64_t ms)
{
	const char *quote = r->form == REPORT_STATS ? "\"" : "";
	char text[VALUE_MAX] = "null";
	struct buf time = { 0 };

	if (!known && r->form != REPORT_STATS)
		return;
	if (known && r->form == REPORT_METRICS) {
		thousandths(text, ms);
	} else if (known) {
		timestamp_write(&time, ms, true);
		snprintf(text, sizeof text, "%s%.*s%s", quote, (int)time.n,
		    time.p, quote);
	}
	add_member(r, name, GAUGE, text);
	r->out.failed |= time.failed;
	buf_free(&time);
}

static void
add_parts(struct report *r, const char *name, enum metric metric,
    const char *label, const struct report_part *parts, size_t n)
{
	const char *suffix = metric == COUNTER ? "_total" : "";
	char text[VALUE_MAX];

	if (r->form == REPORT_STATS)
		buf_addf(&r->out, ",\"%s\":{", name);
	else if (r->form == REPORT_METRICS)
		add_type(&r->out, name, suffix, metric);
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof text, "%" PRIu64, parts[i].value);
		if (r->form == REPORT_METRICS)
			add_sample(
			    &r->out, name, suffix, label, parts[i].name, text);
		if (r->form != REPORT_STATS)
			continue;
		buf_add_text(&r->out, i > 0 ? "," : "");
		json_write_text(&r->out, span_of(parts[i].name));
		buf_addf(&r->out, ":%s", text);
	}
	if (r->form == REPORT_STATS)
		buf_add_char(&r->out, '}');
}

void
report_count_parts(struct report *r, const char *name, const char *label,
    const struct report_part *parts, size_t n)
{
	add_parts(r, name, COUNTER, label, parts, n);
}

void
report_gauge_parts(struct report *r, const char *name, const char *label,
    const struct report_part *parts, size_t n)
{
	add_parts(r, name, GAUGE, label, parts, n);
}

void
report_text_parts(struct report *r, const char *name,
    const struct report_text *parts, size_t n)
{
	if (r->form != REPORT_STATS)
		return;
	buf_addf(&r->out, ",\"%s\":{", name);
	for (size_t i = 0; i < n; i++) {
		buf_add_text(&r->out, i > 0 ? "," : "");
		json_write_text(&r->out, span_of(parts[i].name));
		buf_add_char(&r->out, ':');
		if (parts[i].text.n > 0)
			json_write_text(&r->out, parts[i].text);
		else
			buf_add_text(&r->out, "null");
	}
	buf_add_char(&r->out, '}');
}

/* --- when and where each form of the account is written ----------------- */

enum {
	PROGRESS_EVERY_MS = 1000,
	COLUMNS_UNKNOWN = 80,
};

/* The account that is begun; a program has one. */
static struct report *current;

static const char to_line_end[] = "\033[K";

/* Writes the whole account in one form to r->out; -1 where memory is short. */
static int
write_form(struct report *r, enum report_form form)
{
	r->form = form;
	buf_clear(&r->out);
	write_head(r);
	r->fill(r->ctx, r);
	if (form == REPORT_STATS)
		buf_add_text(&r->out, "}\n");
	return r->out.failed ? -1 : 0;
}

/* --- progress ------------------------------------------------------------ */

/*
 * What takes a shown progress line away: on a terminal it vanishes, in a file
 * it stays, and the next thing begins on a line of its own.
 */
static const char *
take_away(void *ctx)
{
	struct report *r = ctx;

	if (!r->progress_shown)
		return "";
	r->progress_shown = false;
	return r->terminal ? "\r\033[K" : "\n";
}

static int
columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return COLUMNS_UNKNOWN;
	return size.ws_col;
}

/*
 * The bytes of s that fill at most width columns, a character a column, cut
 * between characters.
 */
static size_t
cut(struct span s, int width)
{
	int used = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (utf8_begins(s.p[i]) && used++ == width)
			break;
	}
	return i;
}

static void
show_progress(struct report *r)
{
	/* A line that fills the last column makes some terminals wrap. */
	int width = columns() - 1;
	struct span text;

	if (r->progress != NULL) {
		buf_clear(&r->out);
		r->progress(r->ctx, &r->out, width);
	} else {
		(void)write_form(r, REPORT_PROGRESS);
	}
	text = buf_span(&r->out);
	text.n = cut(text, width);
	for (size_t i = 0, len; i < text.n; i += len) {
		len = diag_printable((struct span){ text.p + i, text.n - i });
		/* --name may hold what is none. */
		if (len == 0)
			r->out.p[i + len++] = '?';
	}
	buf_clear(&r->line);
	buf_add_char(&r->line, '\r');
	buf_add_span(&r->line, text);
	buf_add_text(&r->line, to_line_end);
	diag_bytes(buf_span(&r->line));
	r->progress_shown = true;
}

/* --- metrics ------------------------------------------------------------- */

/* The file that becomes this one; NULL: no memory. */
static const char *
beside_file(const char *file, struct buf *name)
{
	buf_addf(name, "%s.new", file);
	return buf_text(name);
}

static void
complain(const char *option, const char *file, const char *cause)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_error(NULL, "--%s %s: cannot write: %s", option,
	    diag_quote(quoted, span_of(file)), cause);
}

static void
write_metrics(struct report *r)
{
	struct buf name = { 0 };
	const char *beside = beside_file(r->opt.metrics, &name);
	bool failed = write_form(r, REPORT_METRICS) == -1 || beside == NULL;

	if (failed)
		errno = ENOMEM;
	else
		failed = file_replace(r->opt.metrics, beside, 0666,
			     buf_span(&r->out)) == -1;
	/* The records matter more: say it once and go on trying. */
	if (failed && !r->metrics_failed)
		complain("metrics", r->opt.metrics, strerror(errno));
	r->metrics_failed = failed;
	buf_free(&name);
}

static void
write_recent(struct report *r)
{
	if (recent_write(&r->recent) == 0) {
		r->recent_failed = false;
	} else if (!r->recent_failed) {
		complain("recent", r->recent.file, strerror(errno));
		r->recent_failed = true;
	}
}

/* Could the file be replaced?  NULL: there is none to be. */
static int
try_file(const char *option, const char *file)
{
	struct buf name = { 0 };
	const char *beside, *why;

	if (file == NULL)
		return 0;
	beside = beside_file(file, &name);
	errno = ENOMEM;
	why =
	    beside == NULL ? strerror(ENOMEM) : file_try_replace(file, beside);
	/* What may go well later is said, and tried again, when it is due. */
	if (why != NULL && status_of_errno(errno) == STATUS_SYSTEM)
		why = NULL;
	if (why != NULL)
		complain(option, file, why);
	buf_free(&name);
	return why == NULL ? 0 : -1;
}

/* --- the account's life -------------------------------------------------- */

int
report_init(struct report *r, const struct opt_common *opt,
    report_fill_fn *fill, report_progress_fn *progress, void *ctx)
{
	*r = (struct report){
		.opt = *opt,
		.fill = fill,
		.progress = progress,
		.ctx = ctx,
		.start_ns = clock_mono_ns(),
		.metrics_due_ms = INT64_MAX,
		.progress_due_ms = INT64_MAX,
		.terminal = isatty(STDERR_FILENO) == 1,
	};
	if (try_file("metrics", opt->metrics) == -1 ||
	    try_file("recent", opt->recent) == -1) {
		/* Never begun: report_end() has nothing to write. */
		*r = (struct report){ 0 };
		return -1;
	}
	if (opt->metrics != NULL || opt->recent != NULL)
		r->metrics_due_ms = clock_mono_ms();
	r->recent.file = opt->recent;
	if (opt->progress == PROGRESS_ALWAYS ||
	    (opt->progress == PROGRESS_AUTO && r->terminal)) {
		r->progress_due_ms = clock_mono_ms();
		diag_before(take_away, r);
	}
	current = r;
	return 0;
}

int64_t
report_due_ms(const struct report *r)
{
	return r->metrics_due_ms < r->progress_due_ms ? r->metrics_due_ms
	                                              : r->progress_due_ms;
}

void
report_tick(struct report *r, int64_t now_ms)
{
	if (now_ms >= r->metrics_due_ms) {
		if (r->opt.metrics != NULL)
			write_metrics(r);
		write_recent(r);
		r->metrics_due_ms = now_ms + r->opt.metrics_every_ms;
	}
	if (now_ms >= r->progress_due_ms) {
		show_progress(r);
		r->progress_due_ms = now_ms + PROGRESS_EVERY_MS;
	}
}

void
report_answer(const char *fmt, ...)
{
	char *sentence = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&sentence, fmt, args) == -1)
		sentence = NULL;
	va_end(args);
	diag_answer("%s", sentence == NULL ? "out of memory" : sentence);
	free(sentence);
	if (current != NULL)
		report_now(current);
}

void
report_now(struct report *r)
{
	if (write_form(r, REPORT_STATS) == -1) {
		diag_error(NULL, "no memory for the statistics");
		return;
	}
	diag_bytes(span_of(take_away(r)));
	diag_bytes(buf_span(&r->out));
}

enum status
report_end(struct report *r)
{
	enum status status = STATUS_OK;

	if (r->fill == NULL)
		return status;
	diag_bytes(span_of(take_away(r)));
	diag_before(NULL, NULL);
	if (r->opt.metrics != NULL)
		write_metrics(r);
	write_recent(r);
	if (r->metrics_failed || r->recent_failed)
		status = STATUS_SYSTEM;
	if (r->opt.stats || signals_take_report())
		report_now(r);
	report_free(r);
	return status;
}

void
report_free(struct report *r)
{
	if (r->fill == NULL)
		return;
	diag_bytes(span_of(take_away(r)));
	diag_before(NULL, NULL);
	current = NULL;
	buf_free(&r->out);
	buf_free(&r->line);
	recent_free(&r->recent);
	*r = (struct report){ 0 };
}
