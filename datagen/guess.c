/* guess - from values that were seen to a generator of values like them.
 * SPDX-License-Identifier: ISC */
#include "datagen/guess.h"

#include <string.h>

#include "datagen/generator.h"
#include "lib/digits.h"
#include "lib/floating.h"
#include "lib/timestamp.h"
#include "lib/utf8.h"

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

static void
widen(struct guess_range *r, int64_t value)
{
	if (r->count == 0 || value < r->least)
		r->least = value;
	if (r->count == 0 || value > r->most)
		r->most = value;
	r->count++;
}

static void
add_text(struct guess *g, struct span text)
{
	int64_t when;
	bool zoned;

	widen(&g->texts, (int64_t)utf8_count(text));
	list_text(g, text);
	if (timestamp_parse_date(text, &when, NULL) == 0)
		widen(&g->dates, when);
	else if (timestamp_parse(text, &when, &zoned, NULL) == 0)
		add_time(g, text, when, zoned);
	else if (timestamp_parse_time(text, &when, NULL) == 0) {
		see_fraction(g, text);
		widen(&g->clocks, when);
	}
}

void
guess_add(struct guess *g, const struct cell *value, struct buf *scratch)
{
	g->values++;
	switch (value->kind) {
	case CELL_TRUE:
		g->truths++;
		break;
	case CELL_FALSE:
		g->lies++;
		break;
	case CELL_NUMBER:
		add_number(g, value->raw);
		break;
	case CELL_TEXT:
		buf_clear(scratch);
		add_text(g, json_text(value, scratch));
		break;
	case CELL_ARRAY:
	case CELL_OBJECT:
	case CELL_NULL:
	case CELL_MISSING:
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

/* --- a generator of values like them ------------------------------------ */

static void
write_range(struct buf *out, struct decimal lo, struct decimal hi, int scale)
{
	char text[DIGITS_MAX];

	for (int i = 0; i < 2; i++) {
		struct decimal d = i == 0 ? lo : hi;

		/* The scale is the largest of all: nothing is cut. */
		(void)decimal_rescale(d, DECIMAL_DIGITS_MAX, scale, &d);
		buf_add(out, text,
		    (size_t)(digits_wide(text, d.units, scale) - text));
		buf_add_text(out, i == 0 ? ".." : "");
	}
}

/* The smallest type of whole numbers; NULL: they have decimals, or more. */
static const char *
integer_type(const struct guess *g)
{
	if (g->scale > 0 || g->lo.units < INT64_MIN || g->hi.units > INT64_MAX)
		return NULL;
	return g->lo.units >= INT32_MIN && g->hi.units <= INT32_MAX ? "INT"
	                                                            : "BIGINT";
}

/* Ranges have 15 digits, and begin where a DOUBLE has as many. */
static bool
is_double_range(double lo, double hi)
{
	double most = hi > -lo ? hi : -lo;

	return most > 1e-290 && hi / most - lo / most > 1e-13;
}

/*
 * Numbers that are times since 1970 by their size, 2001 to 2128, and go on.
 * Those of seconds might be other numbers, so that more is asked of them.
 */
static bool
write_epoch(const struct guess *g, struct buf *out)
{
	static const struct {
		const char *word;
		double per_second;
	} units[] = { { "s", 1 }, { "ms", 1e3 }, { "us", 1e6 }, { "ns", 1e9 } };
	size_t i = 0;
	double behind_s;

	while (i < 4 && (g->lowest < 1e9 * units[i].per_second ||
			    g->highest >= 5e9 * units[i].per_second))
		i++;
	if (i == 4 || (g->is_steps && g->numbers > 2))
		return false;
	behind_s = g->behind / units[i].per_second;
	if (i == 0 ? g->numbers < 3 || behind_s > 0
		   : g->scale > 0 || behind_s > 3600)
		return false;
	if (g->scale > 0)
		buf_addf(out, "DECIMAL(%d,%d) epoch s", g->whole + g->scale,
		    g->scale);
	else
		buf_addf(out, "BIGINT epoch %s", units[i].word);
	if (behind_s > 0)
		buf_addf(
		    out, " max-past %lldms", (long long)(behind_s * 1000) + 1);
	return true;
}

static void
write_number(const struct guess *g, struct buf *out)
{
	int precision = g->whole + g->scale;
	const char *type = integer_type(g);
	struct decimal last = { .units = INT64_MAX };

	if (g->is_floating || precision > DECIMAL_DIGITS_MAX) {
		bool is_range = is_double_range(g->lowest, g->highest);

		buf_add_text(out, is_range ? "DOUBLE " : "DOUBLE one-of ");
		floating_write_double(out, g->lowest);
		buf_add_text(out, is_range ? ".." : "|");
		floating_write_double(out, g->highest);
		return;
	}
	if (write_epoch(g, out))
		return;
	if (type == NULL) {
		buf_addf(out, "DECIMAL(%d,%d) ", precision, g->scale);
		write_range(out, g->lo, g->hi, g->scale);
	} else if (g->is_steps && g->numbers > 2) {
		/* Room to grow: it goes on beyond what was seen. */
		buf_add_text(out, "BIGINT sequence ");
		write_range(out, g->lo, last, 0);
	} else {
		buf_addf(out, "%s ", type);
		write_range(out, g->lo, g->hi, 0);
	}
}

/* In quotes where it would not stand for itself. */
static void
write_listed(struct buf *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/";

	if (*text != '\0' && text[strspn(text, plain)] == '\0') {
		buf_add_text(out, text);
		return;
	}
	buf_add_char(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_add_char(out, '\'');
		buf_add_char(out, *text);
	}
	buf_add_char(out, '\'');
}

static int
at_most(int64_t v, int most)
{
	return v < most ? (int)v : most;
}

static void
write_text(const struct guess *g, struct buf *out)
{
	const char *p = g->distinct.p;

	buf_add_text(out, "STRING ");
	/* Few texts that come again and again, else texts of such lengths. */
	if (g->ndistinct > GUESS_TEXTS || g->texts.count < 2 * g->ndistinct ||
	    g->texts.count < g->values) {
		int longest = at_most(g->texts.most, GENERATOR_LENGTH_MAX);
		int shortest = at_most(g->texts.least, longest);

		buf_addf(out, "length %d", shortest);
		if (longest > shortest)
			buf_addf(out, "..%d", longest);
		return;
	}
	buf_add_text(out, "one-of ");
	for (size_t i = 0; i < g->ndistinct; i++) {
		if (i > 0)
			buf_add_char(out, '|');
		write_listed(out, p);
		p += strlen(p) + 1;
	}
}

static void
write_time(const struct guess *g, struct buf *out)
{
	buf_addf(out, "%s(%d)", g->zoned > 0 ? "TIMESTAMP_LTZ" : "TIMESTAMP",
	    g->fraction);
	if (g->back_ms > 0)
		buf_addf(out, " max-past %lldms", (long long)g->back_ms);
}

static void
write_date(const struct guess *g, struct buf *out)
{
	buf_add_text(out, "DATE ");
	timestamp_write_date(out, g->dates.least);
	buf_add_text(out, "..");
	timestamp_write_date(out, g->dates.most);
}

static void
write_clock(const struct guess *g, struct buf *out)
{
	char text[32], *to = text;

	to = timestamp_put_clock(to, g->clocks.least, g->fraction);
	*to++ = '.';
	*to++ = '.';
	to = timestamp_put_clock(to, g->clocks.most, g->fraction);
	buf_addf(out, "TIME(%d) %.*s", g->fraction, (int)(to - text), text);
}

/* In percent, to four decimals, at least what is above 0. */
static void
write_nulls(uint64_t nulls, uint64_t rows, struct buf *out)
{
	char text[DIGITS_MAX];
	uint128 share = (uint128)nulls * 1000000 / rows;
	char *end =
	    digits_fixed(text, share > 0 ? (uint64_t)share : 1, false, 4);

	while (end[-1] == '0')
		end--;
	if (end[-1] == '.')
		end--;
	buf_addf(out, " null %.*s%%", (int)(end - text), text);
}

bool
guess_write(const struct guess *g, uint64_t rows, struct buf *out)
{
	uint64_t booleans = g->truths + g->lies;

	if (g->others > 0)
		return false;
	if (g->values == 0)
		buf_add_text(out, "STRING");
	else if (booleans == g->values) {
		buf_add_text(out, "BOOLEAN");
		if (g->truths == 0 || g->lies == 0)
			buf_add_text(out,
			    g->lies == 0 ? " one-of true" : " one-of false");
	} else if (g->numbers == g->values)
		write_number(g, out);
	else if (g->times == g->values)
		write_time(g, out);
	else if (g->dates.count == g->values)
		write_date(g, out);
	else if (g->clocks.count == g->values)
		write_clock(g, out);
	else if (g->texts.count > 0)
		write_text(g, out);
	else
		buf_add_text(out, "STRING length 4");
	if (g->values < rows)
		write_nulls(rows - g->values, rows, out);
	return true;
}

const char *
guess_note(const struct guess *g)
{
	uint64_t booleans = g->truths + g->lies;

	if (g->values == 0)
		return "only null was seen";
	if (booleans == g->values || g->numbers == g->values ||
	    g->texts.count == g->values)
		return NULL;
	if (g->texts.count == 0)
		return "numbers and booleans were seen";
	if (booleans == 0)
		return "numbers and texts were seen";
	return g->numbers == 0 ? "booleans and texts were seen"
	                       : "booleans, numbers and texts were seen";
}
