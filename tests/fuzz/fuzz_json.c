/* fuzz_json - what is read of a line does not depend on who wants what; what
 * is written of it reads back as itself.
 * SPDX-License-Identifier: ISC */
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
