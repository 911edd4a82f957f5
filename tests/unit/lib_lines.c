/* lib_lines - lines as a naive splitter has them, however the reads fall.
 * SPDX-License-Identifier: ISC */
#include "lib/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/signals.h"
#include "tests/unit/capture.h"

/* --- the naive splitter -------------------------------------------------- */

/* A line as both sides write it down: "NUMBER KIND <text> <raw>". */
static void
note(struct buf *log, uint64_t number, enum line_kind kind, struct span text,
    struct span raw)
{
	buf_addf(log, "%llu %d <", (unsigned long long)number, (int)kind);
	buf_add_span(log, text);
	buf_add_text(log, "> <");
	buf_add_span(log, raw);
	buf_add_text(log, ">\n");
}

static bool
naive_is_skipped(struct span s, size_t max_line)
{
	size_t runs = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r')
			return false;
		runs += i == 0 || s.p[i] != s.p[i - 1];
	}
	return runs <= 64 || s.n < max_line + 2 || s.n < 3;
}

static void
naive_line(struct buf *log, uint64_t number, struct span raw, size_t max_line)
{
	struct span text = raw;
	enum line_kind kind = LINE_DATA;

	if (naive_is_skipped(raw, max_line))
		return;
	if (raw.n > 0 && raw.p[raw.n - 1] == '\r')
		text.n--;
	if (text.n > max_line)
		kind = LINE_LONG;
	note(log, number, kind, text, raw);
}

/* Returns the number of lines, blank ones too. */
static uint64_t
naive(struct buf *log, struct span in, size_t max_line)
{
	uint64_t number = 0;
	size_t begin = 0;

	if (in.n >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0)
		begin = 3;
	for (size_t i = begin; i <= in.n; i++) {
		if (i < in.n ? in.p[i] != '\n' : i == begin)
			continue;
		naive_line(log, ++number,
		    (struct span){ in.p + begin, i - begin }, max_line);
		begin = i + 1;
	}
	return number;
}

/* --- what the reader gives ----------------------------------------------- */

struct joined {
	struct buf text, raw;
	bool within;
};

/* Joins pieces; checks what holds for each. */
static void
join(struct joined *j, struct buf *log, const struct line *line)
{
	assert_true(line->first == !j->within);
	if (!line->last) {
		assert_true(line->text.p == line->raw.p);
		assert_int_equal(line->text.n, line->raw.n);
		assert_int_not_equal(line->raw.n, 0);
		assert_int_not_equal(line->kind, LINE_DATA);
	}
	buf_add_span(&j->text, line->text);
	buf_add_span(&j->raw, line->raw);
	j->within = !line->last;
	if (!line->last)
		return;
	note(log, line->number, line->kind, buf_span(&j->text),
	    buf_span(&j->raw));
	buf_clear(&j->text);
	buf_clear(&j->raw);
}

/*
 * Takes whole lines as a reader that finds them itself does, as long as they
 * are plain; leaves the rest to lines_next().
 */
static void
take_ahead(struct lines *l, struct buf *log)
{
	while (lines_at_start(l)) {
		struct span s = lines_ahead(l);
		const char *nl = s.n == 0 ? NULL : memchr(s.p, '\n', s.n);
		size_t n = nl == NULL ? 0 : (size_t)(nl - s.p);

		if (nl == NULL || n > l->max_line)
			return;
		naive_line(
		    log, l->number + 1, (struct span){ s.p, n }, l->max_line);
		lines_took(l, n + 1, 1);
	}
}

static void
take_all(struct lines *l, struct joined *j, struct buf *log, bool ahead)
{
	static const char zero[LINES_PAD];
	struct line line;

	assert_memory_equal(l->buf + l->end, zero, LINES_PAD);
	if (ahead)
		take_ahead(l, log);
	while (lines_next(l, &line))
		join(j, log, &line);
}

/* How reads are made to fall. */
struct feed {
	size_t chunk; /* at most this at once; 0: from a file */
	bool ahead;
};

static uint32_t
next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)(*seed >> 33);
}

static int
file_of(struct span in)
{
	char name[] = "/tmp/lines-XXXXXX";
	int fd = mkstemp(name);

	assert_int_not_equal(fd, -1);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(write(fd, in.p, in.n), in.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
read_file(struct lines *l, struct buf *log, struct span in, bool ahead)
{
	struct joined j = { 0 };
	enum lines_filled filled;

	assert_int_equal(l->size, in.n);
	while ((filled = lines_fill(l, -1)) == LINES_MORE)
		take_all(l, &j, log, ahead);
	assert_int_equal(filled, LINES_END);
	assert_false(j.within);
	buf_free(&j.text);
	buf_free(&j.raw);
}

static void
read_chunks(
    struct lines *l, struct buf *log, struct span in, int to, struct feed feed)
{
	struct joined j = { 0 };
	uint64_t seed = feed.chunk;
	enum lines_filled filled;

	while (in.n > 0) {
		size_t n = 1 + next_random(&seed) % feed.chunk;

		n = n > in.n ? in.n : n;
		assert_int_equal(write(to, in.p, n), n);
		in = (struct span){ in.p + n, in.n - n };
		assert_int_equal(lines_fill(l, -1), LINES_MORE);
		take_all(l, &j, log, feed.ahead);
	}
	assert_int_equal(lines_fill(l, 0), LINES_IDLE);
	close(to);
	while ((filled = lines_fill(l, -1)) == LINES_MORE)
		take_all(l, &j, log, feed.ahead);
	assert_int_equal(filled, LINES_END);
	assert_int_equal(lines_fill(l, 0), LINES_END);
	assert_false(j.within);
	buf_free(&j.text);
	buf_free(&j.raw);
}

/* The reader and the naive splitter write down the same. */
static void
agree(struct span in, size_t max_line, struct feed feed)
{
	struct buf want = { 0 }, got = { 0 };
	uint64_t number = naive(&want, in, max_line);
	struct lines l;
	int fd[2] = { -1, -1 };

	if (feed.chunk == 0)
		fd[0] = file_of(in);
	else
		assert_int_equal(pipe(fd), 0);
	assert_int_equal(lines_init(&l, fd[0], "stdin", max_line), 0);
	assert_true(lines_at_start(&l));
	if (feed.chunk == 0)
		read_file(&l, &got, in, feed.ahead);
	else
		read_chunks(&l, &got, in, fd[1], feed);
	if (!span_equal(buf_span(&want), buf_span(&got)) && in.n < 2000)
		print_error("max %zu, chunk %zu:\n%s", max_line, feed.chunk,
		    buf_text(&got));
	assert_true(span_equal(buf_span(&want), buf_span(&got)));
	assert_true(l.number == number);
	assert_true(l.offset == in.n);
	close(fd[0]);
	lines_free(&l);
	buf_free(&want);
	buf_free(&got);
}

static const struct feed feeds[] = {
	{ 0, false },
	{ 0, true },
	{ 1, false },
	{ 1, true },
	{ 2, false },
	{ 3, true },
	{ 17, false },
	{ 300, true },
	{ 60000, false },
};

static void
agree_in_every_feed(struct span in, size_t max_line)
{
	for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++)
		agree(in, max_line, feeds[i]);
}

/* --- tests --------------------------------------------------------------- */

#define SPAN(literal)                                                          \
	{                                                                      \
		literal, sizeof literal - 1                                    \
	}
static const struct span cases[] = {
	SPAN(""),
	SPAN("\n"),
	SPAN("\r\n"),
	SPAN("\n\n \t\r\n\n"),
	SPAN("a"),
	SPAN("a\n"),
	SPAN("a\r\nb\r\nc"),
	SPAN("a\rb\n\rc\r\r\n"),
	SPAN("a\r"),
	SPAN("last \t \r"),
	SPAN("\xef\xbb\xbf"),
	SPAN("\xef\xbb"),
	SPAN("\xef\xbb\n"),
	SPAN("\xef\xbb\xbf\n\xef\xbb\xbfx\n"),
	SPAN("\xef\xbb\xbf\xef\xbb\xbfx\n"),
	SPAN("a\0b\n\0\n\0"),
	SPAN("{\"$control\":\"b\"}\n{\"$control\":\r\n{\"$control\":"),
	SPAN("      \n     x\n                                   \n"),
	SPAN("                         x\r\n\t\t\t\t\t\t\t\t\t\t\t\t\t\ty"),
	SPAN("                         "),
	SPAN("12345\n12345\r\n123456\n123456\r\n12345\r\r\n1234567\r\r\n"),
	SPAN("exactly 12..\r\nexactly 12..\r\r\nand then 13.\r\n"),
	SPAN("exactly 40 bytes are in this line of 40.\r\nx\n"),
	SPAN("a line beyond every bound\r\r\rwith CRs\r\rat odd places\r\r\n"),
};

static void
edges_are_as_a_naive_splitter_has_them(void **state)
{
	static const size_t max[] = { 0, 1, 5, 6, 10, 12, 40, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t j = 0; j < sizeof max / sizeof *max; j++)
			agree_in_every_feed(cases[i], max[j]);
	}
}

/* A piece of input: short and long lines, blanks, marks, NULs. */
static void
add_random(struct buf *b, uint64_t *seed)
{
	static const char bytes[] = "ab \t\r{\"\\";
	size_t n = next_random(seed) % 40;

	switch (next_random(seed) % 12) {
	case 0:
		buf_add_text(b, "{\"a\":1}");
		break;
	case 1:
		buf_add(b, "\0", 1);
		break;
	case 2:
		buf_add_text(b, "\xef\xbb\xbf");
		break;
	case 3:
		for (size_t i = 0; i < n * 8; i++)
			buf_add_char(b, " \t\r"[next_random(seed) % 3]);
		break;
	case 4:
	case 5:
		for (size_t i = 0; i < n * 4; i++)
			buf_add_char(b, ' ');
		break;
	case 6:
	case 7:
		for (size_t i = 0; i < n; i++)
			buf_add_char(
			    b, bytes[next_random(seed) % (sizeof bytes - 1)]);
		break;
	case 8:
		buf_add_text(b, "\r\n");
		break;
	default:
		buf_add_text(b, "\n");
		break;
	}
}

static void
random_input_is_split_alike_however_reads_fall(void **state)
{
	uint64_t seed = 20261122;

	(void)state;
	for (int round = 0; round < 150; round++) {
		struct buf in = { 0 };
		size_t max_line = next_random(&seed) % 120;
		uint32_t parts = next_random(&seed) % 60;

		for (uint32_t i = 0; i < parts; i++)
			add_random(&in, &seed);
		print_message(
		    "round %d: %zu bytes, max %zu\n", round, in.n, max_line);
		agree_in_every_feed(buf_span(&in), max_line);
		buf_free(&in);
	}
}

static void
lines_beyond_the_buffer_come_whole(void **state)
{
	static const struct feed big[] = {
		{ 0, false },
		{ 0, true },
		{ 60000, false },
		{ 4097, true },
	};
	static const char fill[] = { 'x', ' ', '\t', '\r' };
	struct buf in = { 0 };
	char *room;

	(void)state;
	/* Each more than a buffer, and short ones between. */
	for (size_t i = 0; i < sizeof fill; i++) {
		buf_add_text(&in, "short\n");
		room = buf_room(&in, 1500000);
		assert_non_null(room);
		memset(room, fill[i], 1500000);
		in.n += 1500000;
		buf_add_text(&in, i % 2 == 0 ? "\n\n" : "end\r\n \r\n");
	}
	room = buf_room(&in, 1500000);
	assert_non_null(room);
	memset(room, 'c', 1500000);
	in.n += 1500000;
	for (size_t i = 0; i < sizeof big / sizeof *big; i++) {
		agree(buf_span(&in), 1000, big[i]);
		agree(buf_span(&in), LINES_MAX_DEFAULT, big[i]);
		agree(buf_span(&in), 2000000, big[i]);
	}
	buf_free(&in);
}

static void
many_lines_fill_the_buffer_over_and_over(void **state)
{
	uint64_t seed = 7;
	struct buf in = { 0 };

	(void)state;
	while (in.n < 3000000) {
		uint32_t n = next_random(&seed) % 200;

		for (uint32_t i = 0; i < n; i++)
			buf_add_char(&in, (char)('a' + i % 26));
		buf_add_char(&in, '\n');
	}
	agree(buf_span(&in), 150, (struct feed){ 0, false });
	agree(buf_span(&in), 150, (struct feed){ 0, true });
	agree(buf_span(&in), 150, (struct feed){ 60000, false });
	agree(buf_span(&in), 150, (struct feed){ 60000, true });
	buf_free(&in);
}

static int
wait_for_signal(void *ctx)
{
	struct lines l;
	struct line line;
	int fd[2];

	(void)ctx;
	if (signals_open() == -1 || pipe(fd) == -1 ||
	    lines_init(&l, fd[0], "stdin", 100) == -1)
		return 1;
	/* Without the signal this would wait for ever. */
	alarm(20);
	raise(SIGUSR1);
	if (lines_fill(&l, -1) != LINES_IDLE || !signals_take_report())
		return 2;
	/* Data that is there is read all the same. */
	raise(SIGTERM);
	if (write(fd[1], "x\n", 2) != 2 || lines_fill(&l, -1) != LINES_MORE ||
	    !lines_next(&l, &line))
		return 3;
	if (lines_fill(&l, 1) != LINES_IDLE)
		return 4;
	lines_free(&l);
	return 0;
}

static void
waiting_ends_with_a_signal(void **state)
{
	(void)state;
	assert_int_equal(capture(wait_for_signal, NULL)->status, 0);
}

static void
a_descriptor_that_does_not_block_is_waited_for(void **state)
{
	struct lines l;
	struct line line;
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	assert_int_equal(lines_init(&l, fd[0], "stdin", 100), 0);
	assert_int_equal(lines_fill(&l, 1), LINES_IDLE);
	assert_int_equal(write(fd[1], "ab\n", 3), 3);
	assert_int_equal(lines_fill(&l, -1), LINES_MORE);
	assert_true(lines_next(&l, &line));
	assert_true(span_is(line.text, "ab"));
	assert_int_equal(lines_fill(&l, 0), LINES_IDLE);
	close(fd[0]);
	close(fd[1]);
	lines_free(&l);
}

/* What was moved to the front leaves no line of its own behind it. */
static void
waiting_in_vain_leaves_zeros_behind_the_data(void **state)
{
	static const char zero[LINES_PAD],
	    text[] = "{\"a\":1}\n{\"a\":2}\n{\"a";
	struct lines l;
	struct line line;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(lines_init(&l, fd[0], "stdin", 100), 0);
	assert_int_equal(write(fd[1], text, sizeof text - 1), sizeof text - 1);
	assert_int_equal(lines_fill(&l, -1), LINES_MORE);
	assert_true(lines_next(&l, &line));
	assert_true(lines_next(&l, &line));
	assert_false(lines_next(&l, &line));
	assert_int_equal(lines_fill(&l, 0), LINES_IDLE);
	assert_true(span_is(lines_ahead(&l), "{\"a"));
	assert_memory_equal(l.buf + l.end, zero, LINES_PAD);
	close(fd[0]);
	close(fd[1]);
	lines_free(&l);
}

static int
complain(void *ctx)
{
	struct lines l;

	diag_init("window");
	if (lines_init(&l, *(int *)ctx, "stdin", 100) == -1 ||
	    lines_fill(&l, -1) != LINES_ERROR ||
	    lines_fill(&l, -1) != LINES_ERROR)
		return 99;
	lines_free(&l);
	return lines_complain(&l);
}

static void
a_failed_read_is_told_with_its_cause(void **state)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	const struct captured *c = capture(complain, &fd);

	(void)state;
	assert_int_equal(c->status, 3);
	assert_string_equal(
	    c->err, "window: stdin: cannot read: Is a directory\n");
	close(fd);
	fd = open("/dev/null", O_WRONLY); /* as diag_open_std_fds() has it */
	c = capture(complain, &fd);
	assert_int_equal(c->status, 3);
	assert_string_equal(
	    c->err, "window: stdin: cannot read: it is closed\n");
	close(fd);
}

static void
a_bound_beyond_all_memory_is_refused(void **state)
{
	struct lines l;

	(void)state;
	assert_int_equal(lines_init(&l, 0, "stdin", SIZE_MAX), -1);
	assert_int_equal(errno, ENOMEM);
	lines_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_are_as_a_naive_splitter_has_them),
		cmocka_unit_test(
		    random_input_is_split_alike_however_reads_fall),
		cmocka_unit_test(lines_beyond_the_buffer_come_whole),
		cmocka_unit_test(many_lines_fill_the_buffer_over_and_over),
		cmocka_unit_test(waiting_ends_with_a_signal),
		cmocka_unit_test(
		    a_descriptor_that_does_not_block_is_waited_for),
		cmocka_unit_test(waiting_in_vain_leaves_zeros_behind_the_data),
		cmocka_unit_test(a_failed_read_is_told_with_its_cause),
		cmocka_unit_test(a_bound_beyond_all_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
