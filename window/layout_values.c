/* layout_values - the values that are not read in place.
 * SPDX-License-Identifier: ISC */
#include "window/layout_values.h"

const char *
layout_read_generic(struct layouts *l, const struct step *step, const char *p,
    const char *end, struct value *v, int64_t *t)
{
	struct json_scan s = { p, end, p, step->depth, NULL };
	const struct field *f;
	struct json_value json;

	if (p >= end || ((*p == '{' || *p == '[') && !step->nested))
		return NULL;
	if (json_scan_value(&s, &json) == -1)
		return NULL;
	/* A newline is a blank to JSON, but it ends the line. */
	if (step->nested && memchr(p, '\n', (size_t)(s.p - p)) != NULL)
		return NULL;
	if (step->field == -1)
		return s.p;
	/* scratch must not move; no text is longer decoded than it stood. */
	if ((json.escaped || step->nested) &&
	    l->scratch.cap - l->scratch.n < json.raw.n)
		return NULL;
	f = &l->q->fields[step->field];
	if (field_read(f, &json, &l->env, v, NULL) == -1)
		return NULL;
	if ((step->op == STEP_EVENT_TIMESTAMP || step->op == STEP_EVENT_TEXT) &&
	    field_time(f, v, &l->env, t, NULL) == -1)
		return NULL;
	return s.p;
}

/* ":SS" and a fraction of up to nine digits, or neither, and 'Z' perhaps. */
static const char *
read_seconds(const char *q, int *ms)
{
	static const int scale[] = { 0, 100, 10, 1 };
	int seconds, digits = 0;

	*ms = 0;
	if (*q == ':') {
		if (!swar_two_digits(q + 1, &seconds) || seconds > 59)
			return NULL;
		*ms = seconds * 1000;
		q += 3;
		if (*q == '.')
			for (q++; swar_is_digit(*q); q++)
				if (++digits <= 3)
					*ms += (*q - '0') * scale[digits];
		if (digits > 9)
			return NULL;
	}
	if (*q == 'Z' || *q == 'z')
		q++;
	return *q == '"' ? q + 1 : NULL;
}

const char *
layout_read_time_text(struct layouts *l, bool local, const char *p,
    const char *end, int64_t *ms, struct span *text)
{
	const char *q;
	bool zoned;
	int rest;

	if (l->memo.known && *p == '"' &&
	    literal_matches(p + 1, l->memo.minute, 16)) {
		q = read_seconds(p + 17, &rest);
		if (q != NULL) {
			*text = (struct span){ p + 1, (size_t)(q - p - 2) };
			*ms = l->memo.ms + rest;
			return q;
		}
	}
	q = read_text(p, end, text);
	if (q == NULL || timestamp_parse(*text, ms, &zoned, NULL) == -1)
		return NULL;
	if (l->q->zone != NULL) {
		if (zoned && local)
			*ms = zone_local_ms(l->q->zone, *ms);
		else if (!zoned && !local)
			*ms = zone_instant_ms(l->q->zone, *ms);
		return q;
	}
	/* Not with an offset: the minute would not be the clock's. */
	if (!zoned || (text->p[text->n - 1] | 0x20) == 'z') {
		int64_t over = *ms % 60000;

		memcpy(l->memo.minute, text->p, sizeof l->memo.minute);
		l->memo.ms = *ms - (over < 0 ? over + 60000 : over);
		l->memo.known = true;
	}
	return q;
}
