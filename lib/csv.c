/* csv - records of comma-separated values, byte by byte.
 * SPDX-License-Identifier: ISC */
#include "lib/csv.h"

#include <string.h>

/* A line of nothing that is a cell: its length with its newline, or 0. */
static size_t
skip_nothing(const struct csv *csv, struct span text, bool all)
{
	const char *newline = memchr(text.p, '\n', text.n);
	size_t n = text.n, i = 0;

	if (newline == NULL && !all)
		return 0;
	if (newline != NULL)
		n = (size_t)(newline - text.p);
	if (csv->comments && n > 0 && text.p[0] == '#')
		i = n;
	while (i < n && memchr(" \t\r", text.p[i], 3) != NULL &&
	       text.p[i] != csv->delimiter)
		i++;
	return i == n ? n + (newline != NULL) : 0;
}

/*
 * Behind the quote that closes the cell which opens at i; 0 where that is
 * not in text.
 */
static size_t
close_quote(const struct csv *csv, struct span text, size_t i, bool *doubled)
{
	*doubled = false;
	for (i++; i < text.n; i++) {
		if (text.p[i] != csv->quote)
			continue;
		if (i + 1 == text.n || text.p[i + 1] != csv->quote)
			return i + 1;
		*doubled = true;
		i++;
	}
	return 0;
}

static bool
is_quoted(const struct csv *csv, struct span text, size_t i)
{
	return csv->quote != '\0' && i < text.n && text.p[i] == csv->quote;
}

/* How a record goes on at i, behind a cell's last quote. */
static enum csv_found
behind_quote(const struct csv *csv, struct span text, size_t i, bool all)
{
	if (i == text.n)
		return all ? CSV_RECORD : CSV_MORE;
	if (text.p[i] == csv->delimiter || text.p[i] == '\n')
		return CSV_RECORD;
	if (text.p[i] != '\r')
		return CSV_BROKEN;
	if (i + 1 == text.n)
		return all ? CSV_RECORD : CSV_MORE;
	return text.p[i + 1] == '\n' ? CSV_RECORD : CSV_BROKEN;
}

enum csv_found
csv_find(const struct csv *csv, struct span text, bool all, size_t *n,
    uint64_t *lines)
{
	bool doubled;
	size_t i = 0;

	*lines = 1;
	*n = skip_nothing(csv, text, all);
	if (*n > 0)
		return CSV_NOTHING;
	for (;; i++) {
		if (is_quoted(csv, text, i)) {
			size_t end = close_quote(csv, text, i, &doubled);
			enum csv_found found;

			if (end == 0)
				return all ? CSV_BROKEN : CSV_MORE;
			found = behind_quote(csv, text, end, all);
			if (found != CSV_RECORD)
				return found;
			for (; i < end; i++)
				*lines += text.p[i] == '\n';
		}
		while (i < text.n && text.p[i] != csv->delimiter &&
		       text.p[i] != '\n')
			i++;
		if (i == text.n && !all)
			return CSV_MORE;
		if (i == text.n || text.p[i] == '\n')
			break;
	}
	*n = i + (i < text.n);
	return CSV_RECORD;
}

int
csv_cell(const struct csv *csv, struct span record, size_t *at,
    struct cell *cell, struct fault *fault)
{
	size_t i = *at, end;

	if (i > record.n)
		return 0;
	*cell = (struct cell){ .kind = CELL_TEXT, .bare = true };
	if (is_quoted(csv, record, i)) {
		bool doubled;

		end = close_quote(csv, record, i, &doubled);
		if (end == 0)
			return fault_set(
			    fault, i, "a quote that is not closed");
		if (end < record.n && record.p[end] != csv->delimiter)
			return fault_set(fault, end,
			    "a cell that goes on behind its closing quote");
		cell->bare = false;
		cell->doubled = doubled ? csv->quote : '\0';
		cell->raw = (struct span){ record.p + i + 1, end - i - 2 };
		*at = end + 1;
		return 1;
	}
	for (end = i; end < record.n && record.p[end] != csv->delimiter;)
		end++;
	cell->raw = (struct span){ record.p + i, end - i };
	*at = end + 1;
	return 1;
}

struct span
csv_text(const struct cell *cell, struct buf *scratch)
{
	const char *p = cell->raw.p, *end = p + cell->raw.n;
	size_t start = scratch->n;

	if (cell->doubled == '\0')
		return cell->raw;
	while (p < end) {
		const char *quote = memchr(p, cell->doubled, (size_t)(end - p));

		quote = quote == NULL ? end : quote + 1;
		buf_add(scratch, p, (size_t)(quote - p));
		/* Of two that stand together one is left. */
		p = quote + (quote < end);
	}
	return (struct span){ scratch->p + start, scratch->n - start };
}
