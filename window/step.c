/* step - how a field's values are read; values that are not read in place.
 * SPDX-License-Identifier: ISC */
#include "window/step.h"

#include <stdlib.h>

enum {
	/* Texts with escapes are decoded into so much.  Larger ones are the
	 * plain reader's. */
	SCRATCH_BYTES = 128 * 1024,
};

static void
choose_number(const struct query *q, const struct field *f, struct step *step)
{
	static const int64_t max[TYPE_KINDS] = { [TYPE_TINYINT] = INT8_MAX,
		[TYPE_SMALLINT] = INT16_MAX,
		[TYPE_INT] = INT32_MAX,
		[TYPE_BIGINT] = INT64_MAX };

	/* A format may read a number. */
	if (step->field == q->time_field && q->time_format != NULL)
		return;
	if (type_is_integer(f->type.kind)) {
		step->op = STEP_INT;
		step->max = max[f->type.kind];
		step->min = -step->max - 1;
	} else if (f->type.kind == TYPE_DECIMAL && f->type.precision <= 18) {
		step->op = STEP_DECIMAL;
		step->scale = f->type.scale;
		step->max = (int64_t)decimal_pow10(f->type.precision) - 1;
	} else if (f->type.kind == TYPE_FLOAT) {
		step->op = STEP_FLOAT;
	} else if (f->type.kind == TYPE_DOUBLE) {
		step->op = STEP_DOUBLE;
	} else if (f->type.kind == TYPE_ANY) {
		step->op = STEP_ANY_NUMBER;
	}
}

static void
choose_text(const struct query *q, const struct field *f, struct step *step)
{
	bool event = step->field == q->time_field;

	switch (f->type.kind) {
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		step->op = event ? STEP_EVENT_TIMESTAMP : STEP_TIMESTAMP;
		step->local = f->type.kind == TYPE_TIMESTAMP;
		break;
	case TYPE_ANY:
		if (f->number_only)
			break;
		/* fall through */
	case TYPE_STRING:
	case TYPE_VARCHAR:
	case TYPE_CHAR:
		step->op = event ? STEP_EVENT_TEXT : STEP_TEXT;
		break;
	default:
		break;
	}
}

static void
choose_steps(struct step_reader *r)
{
	const struct query *q = r->q;

	for (size_t i = 0; i < q->nfields; i++) {
		struct step step = { .op = STEP_GENERIC, .field = (int)i };

		r->number[i] = r->text[i] = step;
		/* The others do not look for what stands for null. */
		if (q->nnull > 0 && q->input.kind == INPUT_JSON)
			continue;
		choose_number(q, &q->fields[i], &r->number[i]);
		choose_text(q, &q->fields[i], &r->text[i]);
	}
}

int
step_init(struct step_reader *r, const struct query *q, struct misfits *misfits)
{
	*r = (struct step_reader){ .q = q, .misfits = misfits };
	r->env = query_field_env(q, &r->scratch);
	r->unfit = calloc(q->nfields + 1, sizeof *r->unfit);
	r->number = calloc(q->nfields + 1, sizeof *r->number);
	r->text = calloc(q->nfields + 1, sizeof *r->text);
	r->value = calloc(json_paths_count(q->paths) + 1, sizeof *r->value);
	/* It never grows: what lies in it must not move. */
	if (r->unfit == NULL || r->number == NULL || r->text == NULL ||
	    r->value == NULL || buf_room(&r->scratch, SCRATCH_BYTES) == NULL)
		return -1;
	choose_steps(r);
	return 0;
}

void
step_free(struct step_reader *r)
{
	buf_free(&r->scratch);
	free(r->unfit);
	free(r->number);
	free(r->text);
	free(r->value);
}

bool
step_time(
    const struct step_reader *r, const struct value *values, int64_t *t_ms)
{
	int i = r->q->time_field;

	return field_time(&r->q->fields[i], &values[i], &r->env, t_ms, NULL) ==
	       0;
}

const char *
step_read_generic(struct step_reader *r, const struct step *step, const char *p,
    const char *end, struct value *v, int64_t *t)
{
	struct json_scan s = { p, end, p, 0, NULL };
	const struct field *f;
	struct cell cell;
	int rc;

	if (json_scan_value(&s, &cell) == -1)
		return NULL;
	/* scratch must not move; no text is longer decoded than it stood. */
	if ((cell.escaped || cell.kind == CELL_ARRAY ||
		cell.kind == CELL_OBJECT) &&
	    r->scratch.cap - r->scratch.n < cell.raw.n)
		return NULL;
	f = &r->q->fields[step->field];
	rc = field_read(f, &cell, &r->env, v, NULL);
	/* The plain reader tells which was the first that did not fit. */
	if (rc == -1 || (rc == 1 && r->misfits[step->field].n == 0))
		return NULL;
	if (rc == 1)
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
	return q + *zoned;
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

/* By the seconds alone: what follows them, or NULL. */
static const char *
read_minute_text(
    const struct step_reader *r, bool local, const char *p, int64_t *ms)
{
	const char *q;
	bool zoned;
	int rest;

	if (r->memo.kind == 0 ||
	    memcmp(p, r->memo.minute, sizeof r->memo.minute) != 0)
		return NULL;
	q = read_seconds(p + sizeof r->memo.minute, &rest, &zoned);
	if (q == NULL || r->memo.kind != step_memo_kind(r, local, zoned))
		return NULL;
	*ms = r->memo.ms + rest;
	return q;
}

bool
step_time_text(struct step_reader *r, int field, struct span text, int64_t *ms)
{
	const struct field *f = &r->q->fields[field];
	bool local = field_is_local(f), zoned;

	if (text.n >= sizeof r->memo.minute &&
	    read_minute_text(r, local, text.p, ms) == text.p + text.n)
		return true;
	if (text.n > 0 && text.n == r->last.n && r->last.field == field &&
	    memcmp(text.p, r->last.text, text.n) == 0) {
		*ms = r->last.ms;
		return true;
	}
	if (field_time_text(f, text, &r->env, ms, &zoned, NULL) == -1)
		return false;
	remember_minute(r, local, zoned, text, *ms);
	*ms = time_in_zone(r, local, zoned, *ms);
	r->last.n = 0;
	/* Without a year it depends on the clock, too. */
	if (text.n <= sizeof r->last.text &&
	    (r->q->time_format == NULL || !r->q->time_format->no_year)) {
		memcpy(r->last.text, text.p, text.n);
		r->last.n = text.n;
		r->last.ms = *ms;
		r->last.field = field;
	}
	return true;
}

const char *
step_read_time_text(struct step_reader *r, int field, const char *p,
    const char *end, int64_t *ms, struct span *text)
{
	bool local = field_is_local(&r->q->fields[field]);
	const char *q = NULL;

	if (*p == '"')
		q = read_minute_text(r, local, p + 1, ms);
	if (q != NULL && *q == '"') {
		*text = (struct span){ p + 1, (size_t)(q - p - 1) };
		return q + 1;
	}
	q = read_text(p, end, text);
	return q != NULL && step_time_text(r, field, *text, ms) ? q : NULL;
}
