/* step - values that are not read in place.
 * SPDX-License-Identifier: ISC */
#include "window/step.h"

const char *
step_read_generic(struct step_reader *r, const struct step *step, const char *p,
    const char *end, struct value *v, int64_t *t)
{
	struct json_scan s = { p, end, p, step->depth, NULL };
	const struct field *f;
	struct cell cell;
	int rc;

	if (p >= end || ((*p == '{' || *p == '[') && !step->nested))
		return NULL;
	if (json_scan_value(&s, &cell) == -1)
		return NULL;
	/* A newline is a blank to JSON, but it ends the line. */
	if (step->nested && memchr(p, '\n', (size_t)(s.p - p)) != NULL)
		return NULL;
	if (step->field == -1)
		return s.p;
	/* scratch must not move; no text is longer decoded than it stood. */
	if ((cell.escaped || step->nested) &&
	    r->scratch.cap - r->scratch.n < cell.raw.n)
		return NULL;
	f = &r->q->fields[step->field];
	rc = field_read(f, &cell, &r->env, v, NULL);
	/* The plain reader tells which was the first that did not fit. */
	if (rc == -1 ||
	    (rc == 1 && r->misfits != NULL && r->misfits[step->field].n == 0))
		return NULL;
	if (rc == 1 && r->misfits != NULL)
		r->unfit[r->nunfit++] = step->field;
	if ((step->op == STEP_EVENT_TIMESTAMP || step->op == STEP_EVENT_TEXT) &&
	    field_time(f, v, &r->env, t, NULL) == -1)
		return NULL;
	return s.p;
}

/* ":SS" and a fraction of up to nine digits, or neither, and 'Z' perhaps. */
static const char *
read_seconds(const char *q, int *ms, bool *zoned)
{
	static const int scale[] = { 0, 100, 10, 1 };
	int seconds, digits = 0;

	*ms = 0;
	if (*q == ':') {
		if (!swar_two_digits(q + 1, &seconds) || seconds > 59)
			return NULL;
		*ms = seconds * 1000;
		q += 3;
		if (*q == '.' || *q == ',')
			for (q++; swar_is_digit(*q); q++)
				if (++digits <= 3)
					*ms += (*q - '0') * scale[digits];
		if (digits > 9)
			return NULL;
	}
	*zoned = *q == 'Z' || *q == 'z';
	q += *zoned;
	return *q == '"' ? q + 1 : NULL;
}

/* What the text's time is to the query. */
static int64_t
time_in_zone(const struct step_reader *r, bool local, bool zoned, int64_t ms)
{
	if (r->q->zone == NULL || zoned != local)
		return ms;
	return zoned ? zone_local_ms(r->q->zone, ms)
	             : zone_instant_ms(r->q->zone, ms);
}

/* Remembers the minute of a text whose clock reads ms. */
static void
remember_minute(
    struct step_reader *r, bool local, bool zoned, struct span text, int64_t ms)
{
	int64_t over = ms % 60000,
		start = ms - (over < 0 ? over + 60000 : over);
	int64_t first = time_in_zone(r, local, zoned, start);

	/* Not with an offset: the minute would not be the clock's; nor of
	 * what does not begin YYYY-MM-DDTHH:MM. */
	if (r->q->time_format != NULL || text.n < sizeof r->memo.minute ||
	    text.p[13] != ':' || (zoned && (text.p[text.n - 1] | 0x20) != 'z'))
		return;
	/* Clocks were once set forward and back by odd seconds. */
	if (time_in_zone(r, local, zoned, start + 59999) != first + 59999)
		return;
	memcpy(r->memo.minute, text.p, sizeof r->memo.minute);
	r->memo.ms = first;
	r->memo.kind = step_memo_kind(r, local, zoned);
}

const char *
step_read_time_text(struct step_reader *r, int field, const char *p,
    const char *end, int64_t *ms, struct span *text)
{
	const struct field *f = &r->q->fields[field];
	bool local = field_is_local(f);
	const char *q;
	bool zoned;
	int rest;

	if (r->memo.kind != 0 && *p == '"' &&
	    literal_matches(p + 1, r->memo.minute, 16)) {
		q = read_seconds(p + 17, &rest, &zoned);
		if (q != NULL &&
		    r->memo.kind == step_memo_kind(r, local, zoned)) {
			*text = (struct span){ p + 1, (size_t)(q - p - 2) };
			*ms = r->memo.ms + rest;
			return q;
		}
	}
	q = read_text(p, end, text);
	if (q != NULL && text->n > 0 && text->n == r->last.n &&
	    r->last.field == field &&
	    memcmp(text->p, r->last.text, text->n) == 0) {
		*ms = r->last.ms;
		return q;
	}
	if (q == NULL ||
	    field_time_text(f, *text, &r->env, ms, &zoned, NULL) == -1)
		return NULL;
	remember_minute(r, local, zoned, *text, *ms);
	*ms = time_in_zone(r, local, zoned, *ms);
	r->last.n = 0;
	/* Without a year it depends on the clock, too. */
	if (text->n <= sizeof r->last.text &&
	    (r->q->time_format == NULL || !r->q->time_format->no_year)) {
		memcpy(r->last.text, text->p, text->n);
		r->last.n = text->n;
		r->last.ms = *ms;
		r->last.field = field;
	}
	return q;
}
