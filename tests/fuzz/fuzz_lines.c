/* fuzz_lines - the same lines, however the bytes come.
 * The first byte is the bound of a line, the second the size of the pieces.
 * SPDX-License-Identifier: ISC */
#include "lib/lines.h"

#include <string.h>

#include "lib/buf.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 4096, PIECE_MAX = 64 };

static void
take(struct lines *l, struct buf *seen)
{
	struct line line;

	while (lines_next(l, &line)) {
		HOLDS(line.kind == LINE_LONG || (line.first && line.last));
		HOLDS(line.kind == LINE_LONG || line.text.n <= l->max_line);
		HOLDS(memchr(line.raw.p, '\n', line.raw.n) == NULL);
		if (line.first)
			buf_addf(seen, "%llu %d ",
			    (unsigned long long)line.number, line.kind);
		buf_add_span(seen, line.text);
		if (line.last)
			buf_add_char(seen, '\n');
	}
}

/* What is given out where the bytes come in pieces of that size. */
static void
read_in(struct span in, size_t piece, size_t max_line, struct buf *seen)
{
	enum lines_filled filled = LINES_MORE;
	struct lines l;
	int fd[2];

	HOLDS(pipe(fd) == 0);
	HOLDS(lines_init(&l, fd[0], "stdin", max_line) == 0);
	for (size_t at = 0; at < in.n; at += piece) {
		size_t n = in.n - at < piece ? in.n - at : piece;

		HOLDS(write(fd[1], in.p + at, n) == (ssize_t)n);
		HOLDS(lines_fill(&l, 0) == LINES_MORE);
		take(&l, seen);
	}
	HOLDS(close(fd[1]) == 0);
	while (filled == LINES_MORE) {
		filled = lines_fill(&l, -1);
		take(&l, seen);
	}
	HOLDS(filled == LINES_END && l.offset == in.n);
	lines_free(&l);
	HOLDS(close(fd[0]) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = { 0 }, pieces = { 0 };
	struct span in;
	size_t max_line;

	if (size < 3 || size > INPUT_MAX)
		return 0;
	in = (struct span){ (const char *)data + 2, size - 2 };
	max_line = (size_t)data[0] + 1;
	read_in(in, INPUT_MAX, max_line, &once);
	read_in(in, data[1] % PIECE_MAX + 1, max_line, &pieces);
	HOLDS(!once.failed && !pieces.failed);
	HOLDS(span_equal(buf_span(&once), buf_span(&pieces)));
	buf_free(&once);
	buf_free(&pieces);
	return 0;
}
