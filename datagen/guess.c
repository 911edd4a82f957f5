/* guess - what was seen of a field's values.
 * SPDX-License-Identifier: ISC */
#include "datagen/guess.h"

#include <string.h>

#include "lib/floating.h"
#include "lib/timestamp.h"

enum {
	TEXT_LISTED_MAX = 40, /* bytes of a text that one-of lists */
	/* Decimals that people write; more of them are a DOUBLE's. */
	DECIMALS_MAX = 11,
};

static int
digits_of(int128 v)
{
	int n = 0;

	for (; v != 0; v /= 10)
		n++;
	return n;
}

/* How many decimals the text has, zeros at its end too: 20.50 has 2. */
static int
written_scale(struct span raw)
{
	const char *point = memchr(raw.p, '.', raw.n);

	return point == NULL ? 0 : (int)(raw.p + raw.n - point - 1);
}

static void
add_number(struct guess *g, struct span raw)
{
	bool is_first = g->numbers++ == 0;
	struct decimal d;
	double v;
	int scale, whole;

	if (floating_parse_double(raw, false, &v)) {
		if (!is_first && g->highest - v > g->behind)
			g->behind = g->highest - v;
		if (is_first || v < g->lowest)
			g->lowest = v;
		if (is_first || v > g->highest)
			g->highest = v;
	}
	if (memchr(raw.p, 'e', raw.n) != NULL ||
	    memchr(raw.p, 'E', raw.n) != NULL ||
	    decimal_parse_any(raw, false, &d) != DECIMAL_OK) {
		g->is_floating = true;
		return;
	}
	scale = written_scale(raw);
	whole = digits_of(d.units) - d.scale;
	if (scale > g->scale)
		g->scale = scale;
	if (whole > g->whole)
		g->whole = whole;
	if (scale > DECIMALS_MAX)
		g->is_floating = true;
	/* hi is still the number before where they are steps. */
	g->is_steps = is_first ||
	              (g->is_steps && scale == 0 && d.units == g->hi.units + 1);
	if (is_first || decimal_order(d, g->lo) < 0)
		g->lo = d;
	if (is_first || decimal_order(d, g->hi) > 0)
		g->hi = d;
}

static bool
is_listed(const struct guess *g, struct span text)
{
	const char *p = g->distinct.p;

	for (size_t i = 0; i < g->ndistinct; i++) {
		size_t n = strlen(p);

		if (n == text.n && memcmp(p, text.p, n) == 0)
			return true;
		p += n + 1;
	}
	return false;
}

/* Lists the text, if it can stand in the notation and is not there yet. */
static void
list_text(struct guess *g, struct span text)
{
	if (g->ndistinct > GUESS_TEXTS || is_listed(g, text))
		return;
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < ' ')
			g->ndistinct = GUESS_TEXTS;
	}
	if (text.n <= TEXT_LISTED_MAX && g->ndistinct < GUESS_TEXTS) {
		buf_add_span(&g->distinct, text);
		buf_add_char(&g->distinct, '\0');
		g->ndistinct++;
	} else
		g->ndistinct = GUESS_TEXTS + 1;
}

/* Digits of the second, of which rows have three at most. */
static void
see_fraction(struct guess *g, struct span text)
{
	const char *point = memchr(text.p, '.', text.n);
	int fraction = 0;

	if (point == NULL)
		point = memchr(text.p, ',', text.n);
	while (point != NULL && ++point < text.p + text.n && *point >= '0' &&
	       *point <= '9' && fraction < 3)
		fraction++;
	if (fraction > g->fraction)
		g->fraction = fraction;
}

static void
add_time(struct guess *g, struct span text, int64_t ms, bool zoned)
{
	see_fraction(g, text);
	if (g->times++ == 0 || ms > g->newest_ms)
		g->newest_ms = ms;
	if (g->newest_ms - ms > g->back_ms)
		g->back_ms = g->newest_ms - ms;
	g->zoned += zoned;
}

/* Of some count so far: the least and the most, be it the first. */
static void
widen(uint64_t *count, int64_t *least, int64_t *most, int64_t value)
{
	if (*count == 0 || value < *least)
		*least = value;
	if (*count == 0 || value > *most)
		*most = value;
	++*count;
}

static void
add_text(struct guess *g, struct span text)
{
	uint64_t characters = 0;
	int64_t when;
	bool zoned;

	for (size_t i = 0; i < text.n; i++)
		characters += ((unsigned char)text.p[i] & 0xC0) != 0x80;
	if (g->texts == 0 || characters < g->shortest)
		g->shortest = characters;
	if (characters > g->longest)
		g->longest = characters;
	g->texts++;
	list_text(g, text);
	if (timestamp_parse_date(text, &when, NULL) == 0)
		widen(&g->dates, &g->first_day, &g->last_day, when);
	else if (timestamp_parse(text, &when, &zoned, NULL) == 0)
		add_time(g, text, when, zoned);
	else if (timestamp_parse_time(text, &when, NULL) == 0) {
		see_fraction(g, text);
		widen(&g->clocks, &g->first_clock_ms, &g->last_clock_ms, when);
	}
}

void
guess_add(struct guess *g, const struct json_value *value, struct buf *scratch)
{
	g->values++;
	switch (value->kind) {
	case JSON_TRUE:
		g->truths++;
		break;
	case JSON_FALSE:
		g->lies++;
		break;
	case JSON_NUMBER:
		add_number(g, value->raw);
		break;
	case JSON_TEXT:
		buf_clear(scratch);
		add_text(g, json_text(value, scratch));
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
	case JSON_NULL:
	case JSON_MISSING:
		g->others++;
		break;
	}
}

void
guess_free(struct guess *g)
{
	buf_free(&g->distinct);
	*g = (struct guess){ 0 };
}
