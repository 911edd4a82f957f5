/* Tests of lib/spool, in a folder of their own.
 * SPDX-License-Identifier: ISC */
#include "lib/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What is said on stderr between the two; the text is used again. */
static int saved;
static FILE *heard;

static void
capture_begin(void)
{
	fflush(stderr);
	saved = dup(2);
	heard = tmpfile();
	assert_int_not_equal(dup2(fileno(heard), 2), -1);
}

static char *
capture_end(void)
{
	static char text[4096];
	size_t n;

	dup2(saved, 2);
	close(saved);
	rewind(heard);
	n = fread(text, 1, sizeof text - 1, heard);
	text[n] = '\0';
	fclose(heard);
	return text;
}

static const struct spool_words words = { "spool", "kinesis-put", "--spool-max",
	"lines are delivered" };
static char folder[64];
static const char identity[] = "stream s\n";

static int
setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/spool.XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	char path[512];
	struct dirent *e;
	DIR *d = opendir(folder);

	(void)state;
	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		unlink(path);
	}
	closedir(d);
	return rmdir(folder);
}

static enum status
open_spool(struct spool *s, uint64_t max)
{
	return spool_open(s, folder, &words, span_of(identity), max, 100);
}

static void
add(struct spool *s, uint64_t line)
{
	char data[64];
	struct wal_record r = { .line = line, .data = { data, 0 } };

	r.data.n = (size_t)snprintf(
	    data, sizeof data, "line %llu", (unsigned long long)line);
	assert_int_equal(spool_add(s, &r, 0), 0);
}

/* The line of the next record, 0 for none. */
static uint64_t
next(struct spool *s, uint64_t *seq)
{
	struct wal_record r;
	char want[64];
	bool resumed;

	if (!spool_next(s, &r, &resumed))
		return 0;
	snprintf(want, sizeof want, "line %llu", (unsigned long long)r.line);
	assert_true(span_is(r.data, want));
	if (seq != NULL)
		*seq = r.seq;
	return r.line;
}

static size_t
files(const char *ending)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t n = 0;

	while ((e = readdir(d)) != NULL)
		n += strstr(e->d_name, ending) != NULL;
	closedir(d);
	return n;
}

static void
lines_come_out_only_when_they_are_on_disk(void **state)
{
	struct spool s;

	(void)state;
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	add(&s, 1);
	add(&s, 2);
	assert_int_equal(next(&s, NULL), 0);
	assert_int_equal(spool_due_ms(&s), 100);
	spool_commit(&s, 99, false);
	assert_int_equal(s.durable, 0);
	spool_commit(&s, 100, false);
	assert_int_equal(s.durable, 2);
	assert_int_equal(next(&s, NULL), 1);
	add(&s, 3);
	assert_int_equal(next(&s, NULL), 2);
	assert_int_equal(next(&s, NULL), 0);
	spool_commit(&s, 100, true);
	assert_int_equal(next(&s, NULL), 3);
	assert_int_equal(s.spooled, 3);
	spool_close(&s);
}

static void
what_is_not_done_with_comes_again(void **state)
{
	struct spool s;
	uint64_t seq;

	(void)state;
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	for (uint64_t i = 1; i <= 10; i++)
		add(&s, i);
	spool_commit(&s, 0, true);
	for (uint64_t i = 1; i <= 6; i++) {
		assert_int_equal(next(&s, &seq), i);
		if (i != 3)
			spool_ack(&s, seq);
	}
	spool_note(&s);
	assert_int_equal(s.spooled, 5);
	spool_close(&s);

	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	assert_int_equal(s.resumed, 5);
	add(&s, 11);
	spool_commit(&s, 0, true);
	assert_int_equal(next(&s, &seq), 3);
	spool_ack(&s, seq);
	for (uint64_t i = 7; i <= 11; i++) {
		assert_int_equal(next(&s, &seq), i);
		spool_ack(&s, seq);
	}
	assert_int_equal(next(&s, NULL), 0);
	spool_note(&s);
	assert_int_equal(s.spooled, 0);
	spool_close(&s);
	assert_int_equal(files(".seg") + files(".done"), 0);
}

static void
full_segments_are_closed_and_go_when_they_are_done_with(void **state)
{
	struct spool s;
	uint64_t seq;

	(void)state;
	assert_int_equal(open_spool(&s, 80000), STATUS_OK);
	for (uint64_t i = 1; i <= 1000; i++) {
		add(&s, i);
		if (i % 50 == 0)
			spool_commit(&s, 0, true);
	}
	assert_true(files(".seg") > 3);
	for (uint64_t i = 1; i <= 1000; i++) {
		assert_int_equal(next(&s, &seq), i);
		spool_ack(&s, seq);
		spool_note(&s);
	}
	assert_true(files(".seg") <= 1);
	spool_close(&s);
	assert_int_equal(files(".seg"), 0);
}

/* Settled in any order, also in one run across all of them. */
static void
notes_go_to_the_segment_of_each_record(void **state)
{
	struct spool s;
	uint64_t first[16] = { 0 }, seq;
	size_t n;

	(void)state;
	assert_int_equal(open_spool(&s, 8000), STATUS_OK);
	for (uint64_t i = 1; i <= 120; i++) {
		add(&s, i);
		if (i % 10 == 0)
			spool_commit(&s, 0, true);
	}
	n = s.nseg;
	assert_true(n > 2 && n < 16);
	for (size_t i = 0; i < n; i++)
		first[i] = s.seg[i].first;
	for (uint64_t i = 1; i <= 120; i++)
		assert_int_equal(next(&s, &seq), i);
	/* The first of each, from the last on; then all others. */
	for (size_t i = n; i-- > 0;) {
		spool_ack(&s, first[i]);
		spool_note(&s);
		assert_int_equal(s.seg[i].acked, 1);
	}
	for (uint64_t i = 2; i <= 120; i++) {
		bool acked = false;

		for (size_t k = 0; k < n; k++)
			acked |= i == first[k];
		if (!acked)
			spool_ack(&s, i);
	}
	spool_note(&s);
	assert_int_equal(s.spooled, 0);
	assert_true(files(".seg") <= 1);

	/* One run through several segments. */
	for (uint64_t i = 121; i <= 240; i++) {
		add(&s, i);
		if (i % 10 == 0)
			spool_commit(&s, 0, true);
	}
	assert_true(files(".seg") > 2);
	for (uint64_t i = 121; i <= 240; i++)
		spool_ack(&s, i);
	assert_int_equal(s.nrun, 1);
	spool_note(&s);
	assert_true(files(".seg") <= 1);
	spool_close(&s);
	assert_int_equal(files(".seg") + files(".done"), 0);
}

static void
at_its_bound_it_takes_nothing_until_something_goes(void **state)
{
	struct spool s;
	uint64_t seq, n = 0;
	char *said;

	(void)state;
	assert_int_equal(open_spool(&s, 4000), STATUS_OK);
	capture_begin();
	while (spool_accepts(&s)) {
		add(&s, ++n);
		spool_commit(&s, 0, true);
	}
	assert_false(spool_accepts(&s));
	said = capture_end();
	assert_non_null(strstr(said, "--spool-max is reached"));
	assert_true(n > 50 && n < 200);
	for (uint64_t i = 1; i <= n; i++) {
		assert_int_equal(next(&s, &seq), i);
		spool_ack(&s, seq);
	}
	spool_note(&s);
	assert_true(spool_accepts(&s));
	spool_close(&s);
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A disk that was full for a moment must not make all later notes void. */
static void
a_note_cut_by_a_full_disk_hides_none_behind_it(void **state)
{
	struct spool s;
	uint64_t seq;

	(void)state;
	assert_int_equal(open_spool(&s, 1000000), STATUS_OK);
	for (uint64_t i = 1; i <= 20; i++)
		add(&s, i);
	spool_commit(&s, 0, true);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	limit_files(WAL_NOTE_BYTES / 2);
	spool_ack(&s, 1);
	spool_note(&s);
	limit_files(RLIM_INFINITY);
	spool_ack(&s, 3);
	spool_note(&s);
	spool_close(&s);
	assert_int_equal(open_spool(&s, 1000000), STATUS_OK);
	assert_int_equal(s.resumed, 19);
	assert_int_equal(next(&s, &seq), 1);
	assert_int_equal(next(&s, &seq), 2);
	assert_int_equal(next(&s, &seq), 4);
	spool_close(&s);
}

/* Cut at every place: what was whole before is there, nothing else is. */
static void
a_torn_tail_is_cut_and_the_rest_is_there(void **state)
{
	char path[128], tail[128];
	struct stat st;
	struct spool s;
	ssize_t n;
	int fd;

	(void)state;
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	for (uint64_t i = 1; i <= 3; i++)
		add(&s, i);
	spool_commit(&s, 0, true);
	spool_close(&s);
	snprintf(path, sizeof path, "%s/%020d.seg", folder, 1);
	fd = open(path, O_RDWR);
	fstat(fd, &st);
	n = pread(fd, tail, 35, st.st_size - 35);
	assert_int_equal(n, 35);
	for (int cut = 1; cut < 34; cut++) {
		char *said;

		assert_int_equal(pwrite(fd, tail, 35, st.st_size - 35), 35);
		assert_int_equal(ftruncate(fd, st.st_size - cut), 0);
		capture_begin();
		assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
		said = capture_end();
		/* After the tenth they are only counted. */
		assert_true(cut > 10 || strstr(said, "are cut") != NULL);
		assert_int_equal(s.resumed, 2);
		assert_int_equal(next(&s, NULL), 1);
		assert_int_equal(next(&s, NULL), 2);
		assert_int_equal(next(&s, NULL), 0);
		spool_close(&s);
	}
	close(fd);
}

static void
damage_in_the_middle_costs_only_what_it_hit(void **state)
{
	char path[128];
	struct spool s;
	char *said;
	int fd;

	(void)state;
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	for (uint64_t i = 1; i <= 9; i++)
		add(&s, i);
	spool_commit(&s, 0, true);
	spool_close(&s);
	snprintf(path, sizeof path, "%s/%020d.seg", folder, 1);
	fd = open(path, O_RDWR);
	/* Within the fourth record's length. */
	assert_int_equal(pwrite(fd, "\xff\xff", 2, 16 + 3 * 34 + 4), 2);
	close(fd);
	capture_begin();
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_DATA);
	said = capture_end();
	assert_non_null(strstr(said, "34 bytes within a segment are damaged"));
	assert_int_equal(s.resumed, 8);
	for (uint64_t i = 1; i <= 9; i++) {
		if (i != 4)
			assert_int_equal(next(&s, NULL), i);
	}
	assert_int_equal(next(&s, NULL), 0);
	spool_close(&s);
}

/* Settles what comes out next, n times. */
static void
settle_next(struct spool *s, size_t n)
{
	uint64_t seq = 0;

	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(next(s, &seq), 0);
		spool_ack(s, seq);
	}
	spool_note(s);
}

/* What is lost was done with: as many others as ever are left. */
static void
damage_to_lines_done_with_takes_no_others_along(void **state)
{
	char path[128];
	struct spool s;
	int fd;

	(void)state;
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	for (uint64_t i = 1; i <= 9; i++)
		add(&s, i);
	spool_commit(&s, 0, true);
	settle_next(&s, 4);
	spool_close(&s);
	snprintf(path, sizeof path, "%s/%020d.seg", folder, 1);
	fd = open(path, O_RDWR);
	/* Within the second record, and the third. */
	assert_int_equal(pwrite(fd, "\xff", 1, 16 + 1 * 34 + 30), 1);
	assert_int_equal(pwrite(fd, "\xff", 1, 16 + 2 * 34 + 30), 1);
	close(fd);
	capture_begin();
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_DATA);
	capture_end();
	assert_int_equal(s.resumed, 5);
	settle_next(&s, 3);
	spool_close(&s);
	capture_begin();
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_DATA);
	capture_end();
	assert_int_equal(s.resumed, 2);
	assert_int_equal(next(&s, NULL), 8);
	assert_int_equal(next(&s, NULL), 9);
	assert_int_equal(next(&s, NULL), 0);
	spool_close(&s);
}

/* Only the last segment can have been torn; others were whole once. */
static void
a_segment_that_others_follow_has_no_torn_tail_but_damage(void **state)
{
	char path[128];
	struct spool s;
	struct stat st;
	char *said;

	(void)state;
	for (uint64_t i = 1; i <= 6; i += 3) {
		assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
		for (uint64_t line = i; line < i + 3; line++)
			add(&s, line);
		spool_commit(&s, 0, true);
		spool_close(&s);
	}
	snprintf(path, sizeof path, "%s/%020d.seg", folder, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 5), 0);
	capture_begin();
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_DATA);
	said = capture_end();
	assert_non_null(strstr(said, "29 bytes within a segment are damaged"));
	assert_int_equal(s.resumed, 5);
	spool_close(&s);
	/* What is lost is said once. */
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	assert_int_equal(s.resumed, 5);
	spool_close(&s);
}

static void
half_a_note_hides_none_that_come_later(void **state)
{
	char path[128];
	struct spool s;
	uint64_t seq;
	int fd;

	(void)state;
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	for (uint64_t i = 1; i <= 5; i++)
		add(&s, i);
	spool_commit(&s, 0, true);
	assert_int_equal(next(&s, &seq), 1);
	spool_ack(&s, seq);
	spool_note(&s);
	spool_close(&s);
	snprintf(path, sizeof path, "%s/%020d.done", folder, 1);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "torn", 4), 4);
	close(fd);
	for (uint64_t i = 2; i <= 3; i++) {
		assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
		assert_int_equal(next(&s, &seq), i);
		spool_ack(&s, seq);
		spool_note(&s);
		spool_close(&s);
	}
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	assert_int_equal(s.resumed, 2);
	spool_close(&s);
}

static void
two_processes_or_another_stream_are_refused(void **state)
{
	struct spool s, other;
	char *said;

	(void)state;
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	capture_begin();
	assert_int_equal(open_spool(&other, 1 << 20), STATUS_USAGE);
	said = capture_end();
	assert_non_null(strstr(said, "another process uses the spool"));
	spool_close(&other);
	spool_close(&s);
	capture_begin();
	assert_int_equal(
	    spool_open(&s, folder, &words, span_of("stream t\n"), 1, 1),
	    STATUS_USAGE);
	said = capture_end();
	assert_non_null(strstr(said, "is for 'stream s"));
	spool_close(&s);
}

static void
what_never_got_to_disk_can_be_had_back(void **state)
{
	struct wal_record r;
	struct spool s;
	size_t at = 0;

	(void)state;
	assert_int_equal(open_spool(&s, 1 << 20), STATUS_OK);
	add(&s, 1);
	spool_commit(&s, 0, true);
	add(&s, 2);
	add(&s, 3);
	assert_true(spool_give_back(&s, &at, &r));
	assert_int_equal(r.line, 2);
	assert_true(spool_give_back(&s, &at, &r));
	assert_int_equal(r.line, 3);
	assert_false(spool_give_back(&s, &at, &r));
	spool_close(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_come_out_only_when_they_are_on_disk),
		TEST(what_is_not_done_with_comes_again),
		TEST(full_segments_are_closed_and_go_when_they_are_done_with),
		TEST(notes_go_to_the_segment_of_each_record),
		TEST(at_its_bound_it_takes_nothing_until_something_goes),
		TEST(a_note_cut_by_a_full_disk_hides_none_behind_it),
		TEST(a_torn_tail_is_cut_and_the_rest_is_there),
		TEST(damage_in_the_middle_costs_only_what_it_hit),
		TEST(damage_to_lines_done_with_takes_no_others_along),
		TEST(a_segment_that_others_follow_has_no_torn_tail_but_damage),
		TEST(half_a_note_hides_none_that_come_later),
		TEST(two_processes_or_another_stream_are_refused),
		TEST(what_never_got_to_disk_can_be_had_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
