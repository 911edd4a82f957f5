/* generator - what a column's notation asks for.
 * SPDX-License-Identifier: ISC */
#include "datagen/generator.h"

#include <stdlib.h>
#include <string.h>

#include "datagen/text.h"

void
generator_free(struct generator *g)
{
	buf_free(&g->texts);
	free(g->ends);
	*g = (struct generator){ 0 };
}

/* A time of some units: quotes, and Z for an instant. */
static char *
write_time(const struct generator *g, char *to, int64_t units)
{
	static const int64_t per_second[] = { 1, 10, 100, 1000 };
	int64_t per = per_second[g->scale];
	int64_t second = units >= 0 ? units / per : -((-units + per - 1) / per);
	int64_t ms = (units - second * per) * (1000 / per);
	int64_t days =
	    second >= 0 ? second / 86400 : -((-second + 86399) / 86400);

	*to++ = '"';
	if (g->type.kind != TYPE_TIME) {
		to = text_date(to, days);
		*to++ = 'T';
	}
	to = text_clock(to, second - days * 86400);
	to = text_fraction(to, ms, g->scale);
	if (g->type.kind == TYPE_TIMESTAMP_LTZ)
		*to++ = 'Z';
	*to++ = '"';
	return to;
}

char *
generator_write_units(const struct generator *g, char *to, int128 units)
{
	switch (g->type.kind) {
	case TYPE_DATE:
		*to++ = '"';
		to = text_date(to, (int64_t)units);
		*to++ = '"';
		return to;
	case TYPE_TIME:
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return write_time(g, to, (int64_t)units);
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return text_floating(to, (int64_t)units, g->scale);
	default:
		return text_wide(to, units, g->scale);
	}
}

bool
generator_percent(struct span text, uint64_t *below, bool *always)
{
	const uint64_t hundred = 100;
	uint64_t parts = 0, whole = 1;
	int decimals = -1;
	size_t digits = 0;

	if (text.n == 0 || text.p[text.n - 1] != '%')
		return false;
	for (size_t i = 0; i + 1 < text.n; i++) {
		char c = text.p[i];

		if (c == '.' && decimals == -1) {
			decimals = 0;
			continue;
		}
		if (c < '0' || c > '9' || decimals == 9)
			return false;
		if (decimals >= 0) {
			decimals++;
			whole *= 10;
		}
		parts = parts * 10 + (uint64_t)(c - '0');
		if (parts > hundred * whole)
			return false;
		digits++;
	}
	*always = parts == hundred * whole;
	/* Of 2^64; at 100 always counts. */
	*below = *always
	             ? UINT64_MAX
	             : (uint64_t)(((uint128)parts << 64) / (hundred * whole));
	return digits > 0;
}
