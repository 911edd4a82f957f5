/* flink_notes - what Flink does otherwise than window in a query.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/flink_notes.h"

#include <string.h>

#include "windowpipe/flink_zone.h"

#define HEAD "-- note: "

static void note(struct flink_notes *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A name may hold a newline, a comment not. */
static void
note(struct flink_notes *n, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n' || b.p[i] == '\r')
			b.p[i] = ' ';
	buf_add_char(&b, '\n');
	if (n->text.n == 0 || memmem(n->text.p, n->text.n, b.p, b.n) == NULL) {
		buf_add_text(&n->text, HEAD);
		buf_add_span(&n->text, buf_span(&b));
		n->n++;
	}
	n->text.failed |= b.failed;
	buf_free(&b);
}

/* --- options -------------------------------------------------------------- */

static void
note_options(
    struct flink_notes *n, const struct options *o, const struct query *q)
{
	const struct {
		bool given;
		const char *text;
	} all[] = {
		{ o->late != NULL, "--late: Flink drops late rows, and counts "
				   "them in numLateRecordsDropped alone" },
		{ o->rejects != NULL && q->on_bad == ON_BAD_REJECT,
		    "--rejects: in Flink the first bad line ends the job" },
		{ q->on_bad == ON_BAD_NULL,
		    "--on-bad null: Flink also skips lines that are no rows, "
		    "and keeps and counts none" },
		{ q->lateness_ms >= 0, "--allowed-lateness: Flink writes each "
				       "window once, without revision" },
		{ q->ahead_ms >= 0,
		    "--max-ahead: Flink takes rows of any time" },
		{ q->jump_ms >= 0, "--max-jump: Flink takes rows of any time" },
		{ q->idle_ms >= 0,
		    "--idle-timeout: Flink sets a silent subtask aside; time "
		    "does not go on with the clock" },
		{ o->bounds_given, "--max-keys, --max-bytes, --overflow, "
				   "--max-line: Flink has no such bounds" },
		{ o->state != NULL || o->checkpoint != NULL,
		    "--state, --checkpoint: Flink's checkpoints and savepoints "
		    "hold open windows" },
		{ !q->processing_time && !q->each && q->at_eof != AT_EOF_EMIT,
		    "--at-eof: at the end of input Flink writes all open "
		    "windows" },
		{ q->processing_time && q->at_eof != AT_EOF_DISCARD,
		    "--processing-time: Flink does not write windows that are "
		    "open at the end of input" },
		{ q->nnull > 0, "--null: such values are no null in Flink" },
		{ q->input.kind == INPUT_CSV && q->input.header == HEADER_YES,
		    "--header: Flink reads no header; cut it off, and keep the "
		    "order of its columns here" },
		{ q->form.kind != FORM_JSON,
		    "--output: results are JSON; 'format' = 'csv' comes next "
		    "to --output csv" },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].given)
			note(n, "%s", all[i].text);
}

static void
note_format(struct flink_notes *n, const struct time_format *f)
{
	bool epoch = f != NULL && strncmp(f->text, "%s", 2) == 0;
	const struct {
		const char *letters;
		const char *text;
	} all[] = {
		{ "zZ", "TO_TIMESTAMP leaves the zone of the text out" },
		{ "w", "e counts weekdays as the locale does" },
		{ "bap", "names are those of the JVM's locale, in this case" },
		{ "y", "years of two digits are 2000 to 2099" },
		{ "f", "%f has three digits here" },
		{ NULL, NULL },
	};

	if (f == NULL || epoch)
		return;
	for (size_t i = 0; all[i].text != NULL; i++)
		for (const char *p = f->text; *p != '\0'; p++)
			if (*p == '%' && *++p != '\0' &&
			    strchr(all[i].letters, *p) != NULL) {
				note(n, "--time-format: %s", all[i].text);
				break;
			}
	if (f->no_year)
		note(n, "--time-format: TO_TIMESTAMP takes 1970 where there is "
			"no year");
}

/* --- aggregates ----------------------------------------------------------- */

static bool
is_variance(const struct agg_call *c)
{
	return strncmp(c->agg->option, "var", 3) == 0 ||
	       strncmp(c->agg->option, "stddev", 6) == 0;
}

static bool
is(const struct agg_call *c, const char *option)
{
	return strcmp(c->agg->option, option) == 0;
}

static bool
is_floating(enum type_kind kind)
{
	return kind == TYPE_FLOAT || kind == TYPE_DOUBLE;
}

static bool
has_beside(const struct query *q, int field, const char *option)
{
	for (size_t i = 0; i < q->ncalls; i++)
		if (q->calls[i].field == field &&
		    (option == NULL ? is_variance(&q->calls[i])
				    : is(&q->calls[i], option)))
			return true;
	return false;
}

static void
note_first(struct flink_notes *n, const struct query *q,
    const struct agg_call *c, enum type_kind kind)
{
	const char *name = is(c, "first") ? "FIRST_VALUE" : "LAST_VALUE";

	if (q->grid.kind != KIND_TUMBLE)
		note(n,
		    "--%s: Flink has %s only in TUMBLE; it refuses this query",
		    c->agg->option, name);
	else if (type_is_timestamp(kind) || kind == TYPE_DATE ||
		 kind == TYPE_TIME)
		note(n, "--%s: Flink has no %s of times; it refuses this query",
		    c->agg->option, name);
}

/* A sum of fewer digits has room for 10^10 rows. */
enum { LARGE_DIGITS = 28 };

static void
note_call(struct flink_notes *n, const struct flink_source *s,
    const struct agg_call *c, bool tables)
{
	const struct query *q = s->q;
	struct type type = { .kind = TYPE_ANY };
	enum type_kind kind;
	bool adds = is(c, "sum") || is(c, "avg") || is_variance(c);

	if (c->field != -1)
		type = flink_source_type(s, c->field);
	kind = type.kind;
	if (is(c, "sum") && kind == TYPE_DECIMAL &&
	    type.precision > LARGE_DIGITS)
		note(n, "--sum: beyond 38 digits Flink begins a sum anew");
	if (is(c, "first") || is(c, "last"))
		note_first(n, q, c, kind);
	if (is(c, "approx-distinct"))
		note(n, "--approx-distinct: Flink counts exactly");
	if (c->agg->has_quantile && !n->flink2)
		note(n, "quantiles: PERCENTILE is in Flink from 2.0 on; 1.20 "
			"refuses this query");
	if (c->agg->has_quantile)
		note(n, "quantiles: Flink's last digits are those of DOUBLE, "
			"window's of decimals, and beyond 256 values window's "
			"are within 0.4%% of them");
	if (is_variance(c) && type_is_integer(kind))
		note(n,
		    "--%s: Flink squares and sums in the column's type, "
		    "which wraps",
		    c->agg->option);
	if (is(c, "avg") && type_is_integer(kind) &&
	    has_beside(q, c->field, NULL))
		note(n, "--avg: beside a variance Flink sums in the column's "
			"type, which wraps");
	if (is(c, "avg") && kind == TYPE_FLOAT &&
	    (has_beside(q, c->field, NULL) ||
		(has_beside(q, c->field, "sum") &&
		    has_beside(q, c->field, "count-of"))))
		note(n, "--avg: beside these aggregates Flink sums in FLOAT");
	if (adds && is_floating(kind) && tables && q->grid.kind != KIND_TUMBLE)
		note(n,
		    "--%s of FLOAT and DOUBLE: Flink adds parts of windows "
		    "in another order here; last digits differ",
		    c->agg->option);
}

/* --- windows and zones ---------------------------------------------------- */

static bool
writes_numbers(const struct query *q)
{
	for (size_t i = 0; i < q->nout; i++)
		if (query_is_bound(&q->out[i]) &&
		    q->out[i].to.kind == TYPE_BIGINT)
			return true;
	return false;
}

static void
note_zone(struct flink_notes *n, const struct flink_source *s, bool tables)
{
	const struct query *q = s->q;
	bool local = q->processing_time;

	if (s->time != NULL)
		local = type_is_number(s->time->type.kind) ||
		        type_is_text(s->time->type.kind) ||
		        s->time->type.kind == TYPE_TIMESTAMP_LTZ;
	if (q->processing_time && tables && q->grid.offset_ms != 0)
		note(n, "--offset: Flink's table functions lose rows of "
			"processing time there");
	else if (q->processing_time && tables && flink_zone_is_fixed(q))
		note(n, "--timezone: Flink's table functions lose rows of "
			"processing time there");
	if (writes_numbers(q) && flink_zone_repeats(q))
		note(n,
		    "--into BIGINT: of a time that the clocks of %s show "
		    "twice Flink takes the second",
		    q->zone_name);
	if (!local || !flink_zone_changes(q))
		return;
	if (tables || q->grid.kind == KIND_HOP || s->shift_ms != 0 || s->wall ||
	    flink_zone_changes_oddly(q) ||
	    (s->time != NULL && type_is_text(s->time->type.kind)))
		note(n,
		    "--timezone: around a change of the clocks of %s Flink "
		    "fires windows early, and loses rows",
		    q->zone_name);
}

/* Of all results, and of 2.2. */
static void
note_results(struct flink_notes *n, const struct query *q)
{
	bool decimal = false;

	for (size_t i = 0; i < q->nout; i++) {
		struct type to = q->out[i].to.kind == TYPE_ANY ? q->out[i].from
		                                               : q->out[i].to;

		decimal |= to.kind == TYPE_DECIMAL && to.scale > 0;
	}
	if (decimal && n->flink2 && q->form.decimal == DECIMAL_PLAIN)
		note(n, "decimals: Flink 2.2 keeps their zeros, 50.00 where "
			"window writes 50; --decimal flink is the same in "
			"both");
}

static void
note_ranking(struct flink_notes *n, const struct query *q)
{
	const struct grid *g = &q->grid;

	if (q->ranking.most > 0 && g->kind == KIND_HOP &&
	    g->size_ms % g->slide_ms != 0)
		note(n, "--top: Flink refuses it where the size is no multiple "
			"of --slide");
}

bool
flink_notes_find_guesses(const struct flink_source *s, struct buf *names)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!s->column[i].guessed)
			continue;
		buf_add_text(names, names->n > 0 ? ", " : "");
		buf_add_text(names, s->column[i].path);
	}
	return names->n > 0;
}

void
flink_notes_add(struct flink_notes *n, const struct options *o,
    const struct flink_source *s, bool tables)
{
	const struct query *q = s->q;
	struct buf type = { 0 };

	for (size_t i = 0; i < s->n; i++) {
		if (!s->column[i].guessed)
			continue;
		buf_clear(&type);
		flink_add_type(&type, s->column[i].type);
		note(n, "%s is not declared in --from; %s is a guess",
		    s->column[i].path, buf_text(&type) == NULL ? "" : type.p);
	}
	buf_free(&type);
	note_format(n, q->time_format);
	note_options(n, o, q);
	for (size_t i = 0; i < q->ncalls; i++)
		note_call(n, s, &q->calls[i], tables);
	if (!q->each)
		note_zone(n, s, tables);
	note_ranking(n, q);
	note_results(n, q);
}
