/* lib_json_suite - the cases of JSONTestSuite through each reader of JSON.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/json_lines.h"

#define CASES "tests/vectors/json/cases"

enum {
	CASES_BYTES = 64 * 1024,
	CASES_MAX = 400,
	SHORT_BYTES = 2000, /* such texts are tried at each place of a block */
};

static struct suite_case {
	struct span name;
	bool taken;
	struct buf text;
} cases[CASES_MAX];
static size_t ncases;
static struct buf file;
static struct json_paths *paths;

/* Up to that byte, which is passed over. */
static struct span
next(const char **p, char end)
{
	const char *start = *p, *stop = strchr(start, end);

	assert_non_null(stop);
	*p = stop + 1;
	return (struct span){ start, (size_t)(stop - start) };
}

static void
add_text(struct buf *out, struct span s)
{
	for (const char *p = s.p; p < s.p + s.n; p++) {
		if (*p != '\\') {
			buf_add_char(out, *p);
			continue;
		}
		/* \xNN */
		buf_add_char(out,
		    (char)(json_hex_digit(p[2]) << 4 | json_hex_digit(p[3])));
		p += 3;
	}
}

static int
read_cases(void **state)
{
	const char *p;

	(void)state;
	assert_int_equal(file_read(CASES, CASES_BYTES, &file), 0);
	p = buf_text(&file);
	while (*p != '\0') {
		struct suite_case *c = &cases[ncases];
		struct span taken, text;
		int times;

		if (*p == '#') {
			next(&p, '\n');
			continue;
		}
		assert_true(ncases < CASES_MAX);
		ncases++;
		c->name = next(&p, '\t');
		taken = next(&p, '\t');
		c->taken = span_is(taken, "yes");
		assert_true(c->taken || span_is(taken, "no"));
		times = atoi(next(&p, '\t').p);
		text = next(&p, '\n');
		while (times-- > 0)
			add_text(&c->text, text);
	}
	assert_int_equal(ncases, 318);
	paths = json_paths_new();
	return json_paths_add(paths, span_of("v"), NULL);
}

static int
forget_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ncases; i++)
		buf_free(&cases[i].text);
	buf_free(&file);
	json_paths_del(paths);
	return 0;
}

/* {"v":TEXT}; a newline, which ends a line, is CR, which is as blank. */
static void
wrap(const struct suite_case *c, struct buf *line)
{
	size_t start = line->n;

	buf_add_text(line, "{\"v\":");
	buf_add_span(line, buf_span(&c->text));
	buf_add_text(line, "}");
	for (size_t i = start; i < line->n; i++)
		if (line->p[i] == '\n')
			line->p[i] = '\r';
}

static void
names_say_what_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ncases; i++)
		assert_true(*cases[i].name.p == 'i' ||
			    cases[i].taken == (*cases[i].name.p == 'y'));
}

static void
the_plain_reader_takes_what_is_json(void **state)
{
	struct fault why;
	struct cell value;

	(void)state;
	for (size_t i = 0; i < ncases; i++) {
		const struct suite_case *c = &cases[i];
		struct span text =
		    c->text.n == 0 ? span_of("") : buf_span(&c->text);
		struct buf line = { 0 };

		wrap(c, &line);
		if ((json_check(text, &why) == 0) != c->taken ||
		    (json_read(paths, buf_span(&line), &value, &why) == 0) !=
			c->taken)
			fail_msg("%.*s", (int)c->name.n, c->name.p);
		buf_free(&line);
	}
}

/* Of so many levels that they are left to json_read(). */
static bool
is_deep(const struct suite_case *c)
{
	size_t n = 1;

	for (size_t i = 0; i < c->text.n; i++)
		n += c->text.p[i] == '[';
	return n > JSON_LINES_DEPTH;
}

/* The case in the line behind so many blanks, and a good line behind that. */
static bool
lines_agree(const struct suite_case *c, size_t blanks)
{
	static struct json_lines l;
	struct buf text = { 0 };
	const char *value, *behind;
	bool agree, taken = c->taken && !is_deep(c);

	for (size_t i = 0; i < blanks; i++)
		buf_add_char(&text, ' ');
	wrap(c, &text);
	buf_add_text(&text, "\n{}\n");
	json_lines_begin(&l, paths, text.p, text.p + text.n);
	behind = json_lines_next(&l, &value);
	agree = behind == (taken ? text.p + text.n - 3 : NULL);
	if (taken)
		agree &= json_lines_next(&l, &value) == text.p + text.n;
	json_lines_free(&l);
	buf_free(&text);
	return agree;
}

static int
try_lines(void *simd)
{
	setenv("WINDOWPIPE_SIMD", simd, 1);
	for (size_t i = 0; i < ncases; i++) {
		bool is_short = cases[i].text.n <= SHORT_BYTES;

		for (size_t k = 0; k < (is_short ? JSON_MASK_BYTES : 1); k++)
			if (!lines_agree(&cases[i], k)) {
				printf("%.*s behind %zu blanks",
				    (int)cases[i].name.n, cases[i].name.p, k);
				return 1;
			}
	}
	return 0;
}

/* Which masks are used is chosen once, so each is a process. */
static void
the_reader_of_lines_takes_the_same(void **state)
{
	static char ways[][8] = { "none", "sse2", "avx2", "avx512", "neon" };

	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (json_mask_reader_of(ways[i]) != NULL) {
			const struct captured *c = capture(try_lines, ways[i]);

			if (c->status != 0)
				fail_msg("%s: %s%s", ways[i], c->out, c->err);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_say_what_is_taken),
		cmocka_unit_test(the_plain_reader_takes_what_is_json),
		cmocka_unit_test(the_reader_of_lines_takes_the_same),
	};

	return cmocka_run_group_tests(tests, read_cases, forget_cases);
}
