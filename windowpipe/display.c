/* display - the state of a run for people.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/display.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "lib/recent.h"
#include "lib/utf8.h"

enum {
	LINE_EVERY_MS = 10000,
	WIDE = 98,   /* columns from which the headings are whole words */
	NARROW = 80, /* below it lines are cut, and plain */
	NAME_MIN = 14,
	/* Lines and columns of a terminal that has room for a table. */
	HEIGHT_MIN = 10,
	WIDTH_MIN = 21,
	/* A reader that has held the others up so long in a second is told. */
	HOLDS_MS = 100,
	LAGS_MS = 1000, /* and so is a source that is so far behind */
};

/* At most so many characters of a text of others; returns how many lack. */
static int
add_foreign(struct buf *b, const char *text, int columns)
{
	return diag_add_plain(b, span_of(text), columns, "");
}

void
display_add_text(struct buf *b, const char *text)
{
	(void)add_foreign(b, text, INT_MAX);
}

/* --- cells --------------------------------------------------------------- */

enum column {
	COLUMN_IN,
	COLUMN_OUT,
	COLUMN_RATE,
	COLUMN_OPEN,
	COLUMN_WATERMARK,
	COLUMN_LATE,
	COLUMN_REJECTED,
	COLUMN_DELIVERED,
	COLUMN_RETRIED,
	COLUMNS,
};

enum colour { PLAIN, BOLD, YELLOW, RED };

static const struct {
	const char *wide, *narrow;
	int wide_columns, narrow_columns;
	enum colour colour; /* where it is not zero */
} headings[COLUMNS] = {
	[COLUMN_IN] = { "in", "in", 11, 8, PLAIN },
	[COLUMN_OUT] = { "out", "out", 9, 6, PLAIN },
	[COLUMN_RATE] = { "rows/s", "rows/s", 9, 6, PLAIN },
	[COLUMN_OPEN] = { "open", "open", 6, 4, PLAIN },
	[COLUMN_WATERMARK] = { "watermark", "event-t.", 9, 8, PLAIN },
	[COLUMN_LATE] = { "late", "late", 7, 4, YELLOW },
	[COLUMN_REJECTED] = { "rejected", "rej.", 8, 4, RED },
	[COLUMN_DELIVERED] = { "delivered", "deliv.", 10, 6, PLAIN },
	[COLUMN_RETRIED] = { "retried", "retr", 7, 4, YELLOW },
};

static const char *const colours[] = { "", "\033[1m", "\033[33m", "\033[31m" };

struct line {
	struct display *d;
	struct buf *b;
	int width; /* of a line, without its newline */
	bool wide, coloured;
};

static int
columns_of(const struct line *l, enum column c)
{
	return l->wide ? headings[c].wide_columns : headings[c].narrow_columns;
}

/* Right aligned, behind a blank. */
static void
add_cell(
    const struct line *l, enum column c, const char *text, enum colour colour)
{
	bool coloured = colour != PLAIN && l->coloured;

	buf_addf(l->b, "%s%*s%s", coloured ? colours[colour] : "",
	    columns_of(l, c) + 1, text, coloured ? "\033[m" : "");
}

/* A count in as many columns as there are: 1234567, 12345k, 123M. */
static void
add_count(const struct line *l, enum column c, int64_t n)
{
	static const char units[] = "kMGTPE";
	char text[32];
	int unit = -1;

	snprintf(text, sizeof text, "%" PRId64, n);
	while (
	    (int)strlen(text) > columns_of(l, c) && units[unit + 1] != '\0') {
		n /= 1000;
		snprintf(text, sizeof text, "%" PRId64 "%c", n, units[++unit]);
	}
	add_cell(l, c, text, n == 0 ? PLAIN : headings[c].colour);
}

/* The clock of an instant. */
static void
add_clock(const struct line *l, int64_t ms)
{
	int64_t s = ms / 1000 - (ms % 1000 < 0);
	int day = (int)(s % 86400 + 86400) % 86400;
	char text[32];

	snprintf(text, sizeof text, "%02d:%02d:%02d", day / 3600, day / 60 % 60,
	    day % 60);
	add_cell(l, COLUMN_WATERMARK, text, PLAIN);
}

/* A name at the begin of a line: cut in its middle where it is too long. */
static void
add_name(const struct line *l, const char *name)
{
	int room = l->width, n = (int)strlen(name), head;

	for (int c = 0; c < COLUMNS; c++)
		room -= columns_of(l, (enum column)c) + 1;
	if (room < NAME_MIN)
		room = NAME_MIN; /* the line is cut at its end */
	head = room / 2 - 1;
	if (n < room) {
		buf_addf(l->b, "%*s", add_foreign(l->b, name, room), "");
		return;
	}
	(void)add_foreign(l->b, name, head);
	buf_add_text(l->b, "..");
	display_add_text(l->b, name + n - (room - head - 3));
	buf_add_char(l->b, ' ');
}

/* --- the table ----------------------------------------------------------- */

static void
add_headings(const struct line *l)
{
	add_name(l, "stage");
	for (int c = 0; c < COLUMNS; c++)
		add_cell(l, (enum column)c,
		    l->wide ? headings[c].wide : headings[c].narrow, BOLD);
	buf_add_char(l->b, '\n');
}

static bool
is_counted(const struct process *a)
{
	return a->is_ours && !a->is_feed && a->stage->role != STAGE_FANOUT;
}

/* The sink of window i, whose counts stand in its line; NULL: none. */
static const struct account *
sink_of(const struct display *d, size_t i)
{
	const struct pipeline *p = d->ledger->pipeline;

	for (size_t k = i + 1; k < p->n; k++)
		if (p->process[k].from == (int)i &&
		    p->process[k].stage->role == STAGE_SINK)
			return &d->ledger->account[k];
	return NULL;
}

static bool
is_told_above(const struct pipeline *p, const struct process *a)
{
	return a->stage->role == STAGE_SINK && a->from != STAGE_NONE &&
	       p->process[a->from].stage->role == STAGE_WINDOW;
}

static void
add_member(
    const struct line *l, enum column c, const struct account *a, enum member m)
{
	if (a != NULL && a->has[m])
		add_count(l, c, a->value[m]);
	else
		add_cell(l, c, "", PLAIN);
}

static void
add_stage(const struct line *l, size_t i)
{
	const struct ledger *ledger = l->d->ledger;
	const struct account *a = &ledger->account[i], *sink = sink_of(l->d, i);
	int64_t rejected = a->value[ACCOUNT_REJECTED] +
	                   (sink == NULL ? 0 : sink->value[ACCOUNT_REJECTED]);

	add_name(l, ledger->pipeline->process[i].stage->name);
	add_member(l, COLUMN_IN, a, ACCOUNT_READ);
	add_member(l, COLUMN_OUT, a, ACCOUNT_OUTPUT);
	add_count(l, COLUMN_RATE, a->rows_per_s);
	add_member(l, COLUMN_OPEN, a, ACCOUNT_OPEN_WINDOWS);
	if (a->has[ACCOUNT_WATERMARK])
		add_clock(l, a->value[ACCOUNT_WATERMARK]);
	else
		add_cell(l, COLUMN_WATERMARK, "", PLAIN);
	add_member(l, COLUMN_LATE, a, ACCOUNT_LATE);
	if (a->has[ACCOUNT_REJECTED])
		add_count(l, COLUMN_REJECTED, rejected);
	else
		add_cell(l, COLUMN_REJECTED, "", PLAIN);
	if (sink == NULL)
		sink = a;
	add_member(l, COLUMN_DELIVERED, sink, ACCOUNT_DELIVERED);
	add_member(l, COLUMN_RETRIED, sink, ACCOUNT_RETRIED);
	while (l->b->n > 0 && l->b->p[l->b->n - 1] == ' ')
		l->b->n--;
	buf_add_char(l->b, '\n');
}

/* Cut at the line's width. */
static void
add_text_line(const struct line *l, const char *text)
{
	buf_addf(l->b, "%.*s\n", l->width, text);
}

static void
add_title(const struct line *l, int64_t now_ms)
{
	const struct display *d = l->d;
	struct buf b = { 0 };

	buf_addf(&b, "%" PRId64 " s", (now_ms - d->start_ms) / 1000);
	if (d->options->is_for)
		buf_addf(&b, " of %" PRId64 " s", d->options->for_ms / 1000);
	buf_add_text(&b, "  ");
	display_add_text(&b, d->options->job);
	buf_addf(&b, "  %s",
	    d->note != NULL                 ? d->note
	    : d->ledger->pipeline->stopping ? "ending"
					    : "Ctrl-C ends it");
	add_text_line(l, buf_text(&b) == NULL ? "" : b.p);
	buf_free(&b);
}

/* Which readers of a fan-out hold the others up, which streams are behind. */
static void
add_waits(const struct line *l, int *lines, int height)
{
	const struct ledger *ledger = l->d->ledger;

	for (size_t i = 0; i < ledger->pipeline->n && *lines < height; i++) {
		const char *title = ledger->pipeline->process[i].title;
		int64_t lag_ms = ledger->account[i].value[ACCOUNT_LAG];
		char text[256];

		if (ledger->holds_ms[i] >= HOLDS_MS)
			snprintf(text, sizeof text,
			    "%s holds the others up, %" PRId64
			    " ms of the last second",
			    title, ledger->holds_ms[i]);
		else if (lag_ms >= LAGS_MS)
			snprintf(text, sizeof text,
			    "%s is %" PRId64 " s behind its stream", title,
			    lag_ms / 1000);
		else
			continue;
		add_text_line(l, text);
		++*lines;
	}
}

static void
add_checkpoints(const struct line *l, int *lines, int height)
{
	struct buf b = { 0 };

	for (size_t i = 0; l->d->recovery != NULL && *lines < height &&
			   recovery_write(l->d->recovery, i, &b);
	     i++) {
		add_text_line(l, buf_text(&b) == NULL ? "" : b.p);
		buf_clear(&b);
		++*lines;
	}
	buf_free(&b);
}

/* --- results ------------------------------------------------------------- */

enum { NAME_COLUMNS = 22, KEY_COLUMNS = 14, VALUE_COLUMNS = 12 };

/* The same, filled up with blanks. */
static void
add_foreign_cell(struct buf *b, const char *text, int columns)
{
	buf_addf(b, "%*s", add_foreign(b, text, columns), "");
}

/* The names that the key of a record is made of; returns how many. */
static size_t
keys_of(const struct process *a, const char **keys, size_t most)
{
	static const char option[] = "--partition-key";
	size_t n = 0;

	for (size_t i = 1; i + 1 < a->argv.n && n < most; i++)
		if (strcmp(a->argv.text[i], option) == 0)
			keys[n++] = a->argv.text[i + 1];
	return n;
}

/* The first keys of a stage that is the last to have results. */
static void
add_series(const struct line *l, size_t i, int *lines, int most)
{
	struct display *d = l->d;
	const struct process *a = &d->ledger->pipeline->process[i];
	const char *keys[8], *name = a->stage->name;
	size_t nkeys = keys_of(a, keys, sizeof keys / sizeof *keys);
	int room = l->width - NAME_COLUMNS - KEY_COLUMNS - VALUE_COLUMNS - 3;
	struct buf file = { 0 };

	buf_clear(&d->recent);
	if (ledger_recent(d->ledger, i, &file) != NULL &&
	    file_read(file.p, 2 * RECENT_BYTES, &d->recent) == 0)
		plot_read(&d->plot, buf_span(&d->recent), keys, nkeys);
	else
		d->plot.n = 0;
	buf_free(&file);
	for (size_t k = 0; k < d->plot.n && most > 0; k++, most--) {
		const struct plot_series *s = &d->plot.series[k];

		add_foreign_cell(l->b, name, NAME_COLUMNS);
		buf_add_char(l->b, ' ');
		add_foreign_cell(l->b, s->key, KEY_COLUMNS);
		buf_addf(
		    l->b, " %*.*s", VALUE_COLUMNS, VALUE_COLUMNS, s->value);
		if (room > 0) {
			buf_add_char(l->b, ' ');
			plot_sparkline(s, l->b, (size_t)room);
		}
		buf_add_char(l->b, '\n');
		name = "";
		++*lines;
	}
}

/* As many keys of each stage as there is room for. */
static void
add_results(const struct line *l, int *lines, int height)
{
	const struct ledger *ledger = l->d->ledger;
	int stages = 0;

	for (size_t i = 0; i < ledger->pipeline->n; i++)
		stages += ledger_is_last(ledger, i);
	if (stages == 0 || height - *lines < stages + 1 ||
	    l->width < NAME_COLUMNS + KEY_COLUMNS + VALUE_COLUMNS + 3)
		return;
	buf_addf(l->b, "%s%-*s %-*s %*s last windows%s\n",
	    l->coloured ? colours[BOLD] : "", NAME_COLUMNS, "results",
	    KEY_COLUMNS, "key", VALUE_COLUMNS, "value",
	    l->coloured ? "\033[m" : "");
	++*lines;
	height = (height - *lines) / stages;
	for (size_t i = 0; i < ledger->pipeline->n; i++)
		if (ledger_is_last(ledger, i))
			add_series(l, i, lines, height);
}

/* Leaves of each line from begin on so many characters. */
static void
cut_lines(struct buf *b, size_t begin, int width)
{
	size_t to = begin;
	int used = 0;

	for (size_t i = begin; i < b->n; i++) {
		if (b->p[i] == '\n')
			used = -1;
		if (utf8_begins(b->p[i]))
			used++;
		if (used <= width)
			b->p[to++] = b->p[i];
	}
	b->n = to;
}

void
display_table(
    struct display *d, struct buf *b, int width, int height, int64_t now_ms)
{
	const struct pipeline *p = d->ledger->pipeline;
	struct line l = { d, b, width - 1, width >= WIDE,
		d->is_coloured && width >= NARROW };
	size_t begin = b->n;
	int lines = 2;

	add_title(&l, now_ms);
	add_headings(&l);
	for (size_t i = 0; i < p->n && lines < height; i++) {
		if (!is_counted(&p->process[i]) ||
		    is_told_above(p, &p->process[i]))
			continue;
		add_stage(&l, i);
		lines++;
	}
	add_waits(&l, &lines, height);
	add_checkpoints(&l, &lines, height);
	add_results(&l, &lines, height);
	cut_lines(b, begin, width >= NARROW ? INT_MAX : width - 1);
	d->lines = lines;
}

/* --- where and when ------------------------------------------------------ */

static void
measure(int *width, int *height)
{
	struct winsize size = { 0 };

	*width = 80;
	*height = 24;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1)
		return;
	if (size.ws_col > 0)
		*width = size.ws_col;
	if (size.ws_row > 0)
		*height = size.ws_row;
}

/* The cursor may stand behind a ^C that the terminal has shown. */
static const char *
take_away(void *ctx)
{
	struct display *d = ctx;

	if (d->lines == 0)
		return "";
	snprintf(d->away, sizeof d->away, "\r\033[%dA\033[J", d->lines);
	d->lines = 0;
	return d->away;
}

static void
show_table(struct display *d, int64_t now_ms)
{
	int width, height;

	measure(&width, &height);
	buf_clear(&d->text);
	/* In one write with what takes the old one away: nothing flickers. */
	buf_add_text(&d->text, take_away(d));
	if (height >= HEIGHT_MIN && width >= WIDTH_MIN)
		display_table(d, &d->text, width, height - 1, now_ms);
	diag_bytes(buf_span(&d->text));
}

static int64_t
sum(const struct display *d, enum stage_role role, enum member m)
{
	int64_t n = 0;

	for (size_t i = 0; i < d->ledger->pipeline->n; i++)
		if (d->ledger->pipeline->process[i].stage->role == role)
			n += d->ledger->account[i].value[m];
	return n;
}

/* One line with a label on each number. */
static void
show_line(struct display *d, int64_t now_ms)
{
	const struct pipeline *p = d->ledger->pipeline;
	const char *before = "";
	struct buf *b = &d->text;

	buf_clear(b);
	buf_addf(b, "%" PRId64 " s: ", (now_ms - d->start_ms) / 1000);
	for (size_t i = 0; i < p->n; i++) {
		const struct account *a = &d->ledger->account[i];
		bool delivers = a->has[ACCOUNT_DELIVERED];

		if (!is_counted(&p->process[i]) || sink_of(d, i) != NULL)
			continue;
		buf_addf(b, "%s%s ", before, p->process[i].title);
		if (a->has[ACCOUNT_READ])
			buf_addf(
			    b, "read %" PRId64 ", ", a->value[ACCOUNT_READ]);
		buf_addf(b, "%s %" PRId64, delivers ? "delivered" : "output",
		    a->value[delivers ? ACCOUNT_DELIVERED : ACCOUNT_OUTPUT]);
		before = "; ";
	}
	buf_addf(b,
	    "; late %" PRId64 ", rejected %" PRId64 ", retried %" PRId64,
	    sum(d, STAGE_WINDOW, ACCOUNT_LATE),
	    sum(d, STAGE_WINDOW, ACCOUNT_REJECTED) +
		sum(d, STAGE_SINK, ACCOUNT_REJECTED),
	    sum(d, STAGE_SINK, ACCOUNT_RETRIED));
	for (size_t i = 0; d->recovery != NULL && i < d->recovery->nsources;
	     i++) {
		buf_add_text(b, "; ");
		(void)recovery_write(d->recovery, i, b);
	}
	if (buf_text(b) != NULL)
		diag_answer("%s", b->p);
}

void
display_init(struct display *d, const struct ledger *l, const struct options *o,
    int64_t now_ms)
{
	const char *plain = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(STDERR_FILENO) == 1;
	int width, height;

	*d = (struct display){
		.ledger = l,
		.options = o,
		.start_ms = now_ms,
		.line_due_ms = now_ms + LINE_EVERY_MS,
		.is_table = o->common.progress == PROGRESS_ALWAYS ||
		            (o->common.progress == PROGRESS_AUTO && terminal),
		.is_coloured = (plain == NULL || *plain == '\0') &&
		               (term == NULL || strcmp(term, "dumb") != 0),
	};
	measure(&width, &height);
	/* Rows that go to the same terminal would tear it. */
	for (size_t i = 0; i < l->pipeline->n; i++) {
		const char *output = l->pipeline->process[i].stage->output;

		if (output != NULL && strcmp(output, "-") == 0 &&
		    isatty(STDOUT_FILENO) == 1)
			height = 0;
	}
	if (height < HEIGHT_MIN || width < WIDTH_MIN)
		d->is_table = false;
	if (d->is_table)
		diag_before(take_away, d);
}

void
display_free(struct display *d)
{
	if (d->is_table)
		diag_before(NULL, NULL);
	buf_free(&d->text);
	buf_free(&d->recent);
}

void
display_tick(struct display *d, int64_t now_ms)
{
	if (d->is_table) {
		show_table(d, now_ms);
	} else if (d->options->common.progress != PROGRESS_NEVER &&
		   now_ms >= d->line_due_ms) {
		show_line(d, now_ms);
		d->line_due_ms = now_ms + LINE_EVERY_MS;
	}
}

void
display_end(struct display *d, int64_t now_ms)
{
	if (d->is_table)
		show_table(d, now_ms);
	d->lines = 0; /* it stays */
}
