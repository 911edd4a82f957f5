/* nearest - how near one name is to another.
 * SPDX-License-Identifier: ISC */
#include "lib/nearest.h"

#include <stdint.h>

enum { NAME_BYTES_MAX = 60 };

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* "Optimal string alignment", three rows at a time. */
size_t
nearest_edits(struct span a, struct span b)
{
	size_t rows[3][NAME_BYTES_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2], *spare;

	if (a.n > NAME_BYTES_MAX || b.n > NAME_BYTES_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.n; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			char x = fold(a.p[i - 1]), y = fold(b.p[j - 1]);

			row[j] = least(last[j - 1] + (x != y),
			    least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == fold(b.p[j - 2]) &&
			    y == fold(a.p[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b.n];
}

/* More than half of it wrong is another word. */
bool
nearest_is_near(struct span a, struct span b, size_t edits)
{
	return edits <= 3 && 2 * edits <= (a.n > b.n ? a.n : b.n);
}
