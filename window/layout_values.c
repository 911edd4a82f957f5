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

const char *
layout_read_time_text(struct layouts *l, bool local, const char *p,
    const char *end, int64_t *ms, struct span *text)
{
	const char *q = read_text(p, end, text);
	bool zoned;

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
		int64_t rest = *ms % 60000;

		memcpy(l->memo.minute, text->p, sizeof l->memo.minute);
		l->memo.ms = *ms - (rest < 0 ? rest + 60000 : rest);
		l->memo.known = true;
	}
	return q;
}
