/* lines_next - giving out the lines that are in a reader's buffer.
 * SPDX-License-Identifier: ISC */
#include "lib/lines.h"

#include "lib/lines_inner.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
take(struct lines *l, size_t n)
{
	l->begin += n;
	l->offset += n;
}

bool
lines_at_start(const struct lines *l)
{
	return l->inner->within == WITHIN_NOTHING;
}

/* raw, and text without the CR of its end where it is a line's last piece. */
static void
give(struct lines *l, struct line *line, const char *p, size_t n, bool last)
{
	struct lines_inner *in = l->inner;
	bool cr = last && n > 0 && p[n - 1] == '\r';

	*line = (struct line){
		.kind = LINE_LONG,
		.text = { p, n - cr },
		.raw = { p, n },
		.number = l->number,
		.first = in->first,
		.last = last,
	};
	in->first = false;
	if (last)
		in->within = WITHIN_NOTHING;
}

/* The blanks before a long line's text, which are in the buffer no more. */
static bool
give_run(struct lines *l, struct line *line)
{
	struct lines_inner *in = l->inner;
	struct run *r = &in->runs[in->run];
	size_t n = r->n < LINES_RUN_PIECE ? (size_t)r->n : LINES_RUN_PIECE;

	give(l, line, in->blanks[r->kind], n, false);
	r->n -= n;
	if (r->n > 0)
		return true;
	if (++in->run == in->nruns) {
		in->within = WITHIN_PIECES;
		in->nruns = in->run = 0;
	}
	return true;
}

/* The next piece of a line that is given out in pieces. */
static bool
give_piece(struct lines *l, struct line *line)
{
	const char *p = l->buf + l->begin;
	size_t have = l->end - l->begin, n = have;
	const char *nl = memchr(p, '\n', have);

	if (nl != NULL) {
		n = (size_t)(nl - p);
		give(l, line, p, n, true);
		take(l, n + 1);
		return true;
	}
	/* A CR waits: it may turn out to be part of the line's end. */
	if (!l->eof && n > 0 && p[n - 1] == '\r')
		n--;
	if (!l->eof && n == 0)
		return false;
	give(l, line, p, n, l->eof);
	take(l, n);
	return true;
}

/* Begins a line in pieces. */
static void
begin_pieces(struct lines *l, enum within within)
{
	l->number++;
	l->inner->within = within;
	l->inner->first = true;
}

/* Adds n times p[0] to the runs; false where there are too many of them. */
static bool
remember_run(struct lines_inner *in, char c, size_t n)
{
	size_t kind = 0;

	while (lines_blanks[kind] != c)
		kind++;
	if (in->nruns > 0 && in->runs[in->nruns - 1].kind == kind) {
		in->runs[in->nruns - 1].n += n;
		return true;
	}
	if (in->nruns == LINES_RUNS_MAX)
		return false;
	in->runs[in->nruns++] = (struct run){ kind, n };
	return true;
}

/*
 * Takes blanks out of the buffer into the runs, until the line ends or
 * something else comes.  Returns true where there may be a line to give out.
 */
static bool
take_blanks(struct lines *l)
{
	struct lines_inner *in = l->inner;

	while (l->begin < l->end && is_blank(l->buf[l->begin])) {
		char c = l->buf[l->begin];
		size_t n = 1;

		while (l->begin + n < l->end && l->buf[l->begin + n] == c)
			n++;
		if (!remember_run(in, c, n))
			break;
		take(l, n);
	}
	if (l->begin == l->end && !l->eof)
		return false;
	if (l->begin == l->end || l->buf[l->begin] == '\n') {
		/* It was blank to its end. */
		take(l, l->begin < l->end);
		l->number++;
		in->nruns = 0;
		in->within = WITHIN_NOTHING;
		return true;
	}
	begin_pieces(l, WITHIN_RUNS);
	in->run = 0;
	return true;
}

static bool
is_all_blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_blank(p[i]))
			return false;
	}
	return true;
}

/*
 * A line of nothing but blanks is skipped; but one that would not have been
 * remembered had it come in smaller reads is taken for a long one here too.
 */
static bool
is_skipped(const struct lines_inner *in, const char *p, size_t n)
{
	size_t runs = 1;

	if (n == 0)
		return true;
	if (!is_blank(p[0]) || !is_all_blank(p, n))
		return false;
	if (n < in->whole_max)
		return true;
	for (size_t i = 1; i < n; i++)
		runs += p[i] != p[i - 1];
	return runs <= LINES_RUNS_MAX;
}

/*
 * A line, all n bytes of it at begin; newline: bytes of its end.  False where
 * it is one of blanks.
 */
static bool
give_whole(struct lines *l, struct line *line, size_t n, size_t newline)
{
	const char *p = l->buf + l->begin;
	size_t text;

	take(l, n + newline);
	l->number++;
	if (is_skipped(l->inner, p, n))
		return false;
	text = n - (p[n - 1] == '\r');
	*line = (struct line){
		.kind = text > l->max_line ? LINE_LONG : LINE_DATA,
		.text = { p, text },
		.raw = { p, n },
		.number = l->number,
		.first = true,
		.last = true,
	};
	return true;
}

/* At a line that outgrows the buffer: how it is to be taken from now on. */
static void
begin_unbounded(struct lines *l)
{
	const char *p = l->buf + l->begin;
	size_t n = l->end - l->begin;

	if (is_blank(p[0]) && is_all_blank(p, n))
		l->inner->within = WITHIN_BLANKS;
	else
		begin_pieces(l, WITHIN_PIECES);
}

/* At the start of a line: true for another turn of lines_next()'s loop. */
static bool
begin_line(struct lines *l, struct line *line, bool *given)
{
	struct lines_inner *in = l->inner;
	size_t from = in->searched > l->begin ? in->searched : l->begin;
	size_t have = l->end - l->begin;
	const char *p = l->buf + l->begin, *nl;

	nl = memchr(l->buf + from, '\n', l->end - from);
	if (nl != NULL) {
		*given = give_whole(l, line, (size_t)(nl - p), 1);
		return true;
	}
	in->searched = l->end;
	if (l->eof && have > 0) {
		*given = give_whole(l, line, have, 0);
		return true;
	}
	if (have < in->whole_max)
		return false;
	begin_unbounded(l);
	return true;
}

bool
lines_next(struct lines *l, struct line *line)
{
	bool given = false;

	for (;;) {
		switch (l->inner->within) {
		case WITHIN_NOTHING:
			if (!begin_line(l, line, &given))
				return false;
			if (given)
				return true;
			break;
		case WITHIN_BLANKS:
			if (!take_blanks(l))
				return false;
			break;
		case WITHIN_RUNS:
			return give_run(l, line);
		case WITHIN_PIECES:
			return give_piece(l, line);
		}
	}
}
