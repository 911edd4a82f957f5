/* plot - lines of results as series of numbers.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/plot.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/take.h"
#include "lib/utf8.h"

/* Adds to a text that is cut at its end, in front of a character. */
static void
add_cut(char text[PLOT_TEXT], struct span s)
{
	size_t n = strlen(text), room = PLOT_TEXT - 1 - n;

	if (s.n > room) {
		s.n = room;
		while (s.n > 0 && !utf8_begins(s.p[s.n]))
			s.n--;
	}
	memcpy(text + n, s.p, s.n);
	text[n + s.n] = '\0';
}

static bool
is_key(struct span name, size_t place, const char *const *keys, size_t nkeys)
{
	for (size_t i = 0; i < nkeys; i++)
		if (span_is(name, keys[i]))
			return true;
	return nkeys == 0 && place == 0;
}

/* A number as its text has it; false where it is none. */
static bool
number(struct span s, char text[PLOT_TEXT], double *value)
{
	char *end;

	text[0] = '\0';
	add_cut(text, s);
	*value = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*value);
}

/* The key and the value of a line; false where it has no value. */
static bool
read_line(struct span line, const char *const *keys, size_t nkeys,
    struct plot_series *one, double *value)
{
	struct json_scan s = json_scan_of(line, NULL);
	bool has_value = false;
	struct cell key, cell;
	size_t place = 0;

	one->key[0] = '\0';
	for (int rc = json_scan_first(&s, &key);
	     rc == 1 && json_scan_value(&s, &cell) == 0;
	     rc = json_scan_next(&s, &key), place++) {
		if (is_key(key.raw, place, keys, nkeys)) {
			if (one->key[0] != '\0')
				add_cut(one->key, span_of(" "));
			add_cut(one->key, cell.raw);
		} else if (!has_value && cell.kind == CELL_NUMBER) {
			has_value = number(cell.raw, one->value, value);
		}
	}
	return has_value;
}

static void
add(struct plot *r, const struct plot_series *one, double value)
{
	struct plot_series *to = r->series;

	while (to < r->series + r->n && strcmp(to->key, one->key) != 0)
		to++;
	if (to == r->series + PLOT_SERIES)
		return;
	if (to == r->series + r->n) {
		r->n++;
		memcpy(to->key, one->key, sizeof to->key);
		to->n = 0;
	}
	memcpy(to->value, one->value, sizeof to->value);
	if (to->n == PLOT_HISTORY)
		memmove(to->at, to->at + 1, --to->n * sizeof to->at[0]);
	to->at[to->n++] = value;
}

/* Numbers by value, before texts. */
static int
by_key(const void *a, const void *b)
{
	const char *ka = ((const struct plot_series *)a)->key;
	const char *kb = ((const struct plot_series *)b)->key;
	char *ea, *eb;
	double da = strtod(ka, &ea), db = strtod(kb, &eb);
	bool na = ea != ka && *ea == '\0', nb = eb != kb && *eb == '\0';

	if (na && nb && da != db)
		return da < db ? -1 : 1;
	return na != nb ? (na ? -1 : 1) : strcmp(ka, kb);
}

void
plot_read(
    struct plot *r, struct span lines, const char *const *keys, size_t nkeys)
{
	struct plot_series one;
	struct span line;
	double value;

	r->n = 0;
	while (take_part(&lines, '\n', &line))
		if (read_line(line, keys, nkeys, &one, &value))
			add(r, &one, value);
	qsort(r->series, r->n, sizeof r->series[0], by_key);
}

void
plot_sparkline(const struct plot_series *s, struct buf *b, size_t width)
{
	size_t begin = s->n > width ? s->n - width : 0;
	double least = INFINITY, most = -INFINITY;

	for (size_t i = begin; i < s->n; i++) {
		least = fmin(least, s->at[i]);
		most = fmax(most, s->at[i]);
	}
	for (size_t i = begin; i < s->n; i++) {
		double share =
		    most > least ? (s->at[i] - least) / (most - least) : 0.5;
		unsigned height = (unsigned)(share * 7.999);

		utf8_add(b, 0x2581 + height); /* a block of 1/8 to 8/8 */
	}
}
