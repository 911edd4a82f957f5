/* fuzz_json - what is read of a line does not depend on who wants what, nor on
 * who reads it, nor how; what is written of it reads back as itself.
 * SPDX-License-Identifier: ISC */
#include "lib/json_lines.h"

#include <string.h>

#include "lib/json.h"
#include "tests/fuzz/fuzz.h"

static const char *const wanted[] = { "a", "b", "a.b", "\"a.b\"", "b.a.b",
	"\"\"", "k" };
enum { WANTED = sizeof wanted / sizeof *wanted };

/* Compact text is JSON, and compacting it again changes nothing. */
static void
check_compact(struct span raw)
{
	struct buf once = { 0 }, twice = { 0 };
	struct fault fault;

	json_write_compact(&once, raw);
	HOLDS(json_check(buf_span(&once), &fault) == 0);
	HOLDS(once.n <= raw.n);
	json_write_compact(&twice, buf_span(&once));
	HOLDS(span_equal(buf_span(&once), buf_span(&twice)));
	buf_free(&once);
	buf_free(&twice);
}

/* A text decoded and written reads back as the same characters. */
static void
check_text(const struct cell *value)
{
	struct buf text = { 0 }, line = { 0 }, again = { 0 };
	struct json_paths *paths = json_paths_new();
	struct cell back;
	struct span first;

	HOLDS(json_paths_add(paths, span_of("x"), NULL) == 0);
	first = json_text(value, &text);
	HOLDS(utf8_is_valid(first));
	HOLDS(first.n <= value->raw.n);
	buf_add_text(&line, "{\"x\":");
	json_write_text(&line, first);
	buf_add_text(&line, "}");
	HOLDS(json_read(paths, buf_span(&line), &back, NULL) == 0);
	HOLDS(back.kind == CELL_TEXT);
	HOLDS(span_equal(json_text(&back, &again), first));
	buf_free(&text);
	buf_free(&line);
	buf_free(&again);
	json_paths_del(paths);
}

/* All ways to look at 64 bytes see the same. */
static void
check_masks(struct span line)
{
	static const char *const ways[] = { "sse2", "avx2", "avx512", "neon" };
	char block[JSON_MASK_BYTES] = { 0 };
	struct json_firsts first = { 0 };

	for (int i = 0; i < JSON_MASK_FIRSTS; i++)
		json_firsts_set(&first, i, "ab\"k\xc3{A7"[i]);
	for (size_t at = 0; at < line.n; at += sizeof block) {
		size_t n =
		    line.n - at < sizeof block ? line.n - at : sizeof block;
		struct json_masks a, b = { 0 };

		memcpy(block, line.p + at, n);
		json_mask_reader_of("none")(block, 1, &first, &a);
		for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
			json_mask_reader *read = json_mask_reader_of(ways[i]);

			if (read == NULL)
				continue;
			b = (struct json_masks){ 0 };
			read(block, 1, &first, &b);
			HOLDS(memcmp(&a, &b, sizeof a) == 0);
		}
	}
}

/* More levels than json_lines takes, perhaps. */
static bool
is_deep(struct span line)
{
	size_t n = 0;

	for (size_t i = 0; i < line.n; i++)
		n += line.p[i] == '{' || line.p[i] == '[';
	return n > JSON_LINES_DEPTH;
}

/* The same line behind some blanks, by blocks, and before another, whose text
 * has so many letters. */
static void
check_lines(const struct json_paths *paths, struct span line, int taken,
    const struct cell *values, size_t blanks, size_t letters)
{
	static struct json_lines l;
	static const char next[] = "\n{\"k\":1,\"x\":\"";
	size_t next_n = sizeof next - 1 + letters + 2;
	char *copy = malloc(blanks + line.n + next_n);
	char *start = copy + blanks;
	const char *found[WANTED + 1], *behind;
	bool whole = memchr(line.p, '\n', line.n) == NULL;

	HOLDS(copy != NULL);
	memset(copy, ' ', blanks);
	memcpy(start, line.p, line.n);
	memcpy(start + line.n, next, sizeof next - 1);
	memset(start + line.n + sizeof next - 1, 'x', letters);
	memcpy(start + line.n + next_n - 2, "\"}", 2);
	json_lines_begin(&l, paths, copy, start + line.n + next_n);
	behind = json_lines_next(&l, found);
	if (whole && behind == NULL && is_deep(line))
		taken = -1;
	if (whole)
		HOLDS((behind != NULL) == (taken == 0));
	for (int i = 0; values != NULL && whole && taken == 0 && i < WANTED;
	     i++) {
		const char *p = values[i].raw.p;

		if (values[i].kind == CELL_MISSING) {
			HOLDS(found[i] == NULL);
			continue;
		}
		HOLDS(found[i] ==
		      start + (p - line.p) - (values[i].kind == CELL_TEXT));
	}
	if (whole && taken == 0) {
		HOLDS(behind == start + line.n + 1);
		HOLDS(json_lines_next(&l, found) == behind + next_n - 1);
		if (values != NULL)
			HOLDS(found[WANTED - 1] == behind + 5 &&
			      found[0] == NULL);
		HOLDS(json_lines_next(&l, found) == NULL);
	}
	json_lines_free(&l);
	l = (struct json_lines){ 0 };
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span line = { (const char *)data, n };
	struct json_paths *all = json_paths_new(), *none = json_paths_new();
	struct cell values[WANTED];
	struct fault fault = { 0 }, other = { 0 };
	int taken;

	for (int i = 0; i < WANTED; i++)
		HOLDS(json_paths_add(all, span_of(wanted[i]), NULL) == i);
	taken = json_read(all, line, values, &fault);
	check_masks(line);
	check_lines(all, line, taken, values, 0, 0);
	check_lines(all, line, taken, values, n % JSON_MASK_BYTES, 0);
	/* Many blocks at once. */
	check_lines(all, line, taken, values, 0, 1024);
	check_lines(all, line, taken, values, n * 7 % 512, 1024);
	check_lines(none, line, taken, NULL, 1, n % 64 * 16);
	HOLDS(json_read(none, line, NULL, &other) == taken);
	if (taken == -1) {
		HOLDS(fault.at <= n && fault.at == other.at);
		HOLDS(json_check(line, NULL) == -1 || fault.at < n);
	} else {
		HOLDS(json_check(line, NULL) == 0);
		check_compact(line);
	}
	for (int i = 0; taken == 0 && i < WANTED; i++) {
		if (values[i].kind == CELL_TEXT)
			check_text(&values[i]);
		else if (values[i].kind != CELL_MISSING)
			check_compact(values[i].raw);
	}
	json_paths_del(all);
	json_paths_del(none);
	return 0;
}
