/* fuzz_spool - a spool through ends, starts and damage: no line comes twice in
 * a run, none that was not put in, and without damage none is missing.
 *
 * Each byte is something that is done; the next one says with which segment.
 *
 * SPDX-License-Identifier: ISC */
#include "lib/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 60, RECORDS = 512 };

static const struct spool_words words = { "spool", "kinesis-put", "--spool-max",
	"lines are delivered" };
static char folder[64];
static struct spool spool;
static bool settled[RECORDS], given[RECORDS], damaged;
static unsigned put_in;

static void
begin(void)
{
	enum status s = spool_open(
	    &spool, folder, &words, span_of("stream s\n"), 1 << 20, 0);

	HOLDS(s == STATUS_OK || (damaged && s != STATUS_SYSTEM));
	if (s == STATUS_USAGE)
		spool_close(&spool);
	memset(given, 0, sizeof given);
}

static void
add(void)
{
	char text[16];
	struct wal_record r = { .line = put_in, .key = span_of("k") };

	if (put_in == RECORDS || !spool_accepts(&spool))
		return;
	snprintf(text, sizeof text, "%u", put_in);
	r.data = span_of(text);
	HOLDS(spool_add(&spool, &r, 0) == 0);
	put_in++;
}

/* The next one, settled unless it is kept. */
static bool
next(bool keep)
{
	struct wal_record r;
	unsigned long i;
	char text[16];
	bool resumed;

	spool_commit(&spool, 0, true);
	if (!spool_next(&spool, &r, &resumed))
		return false;
	HOLDS(r.data.n < sizeof text);
	memcpy(text, r.data.p, r.data.n);
	text[r.data.n] = '\0';
	i = strtoul(text, NULL, 10);
	HOLDS(i < put_in && !given[i] && (damaged || !settled[i]));
	given[i] = true;
	if (!keep) {
		settled[i] = true;
		spool_ack(&spool, r.seq);
	}
	return true;
}

static void
again(void)
{
	spool_commit(&spool, 0, true);
	spool_note(&spool);
	spool_close(&spool);
	begin();
}

/* A byte of a file is another one, or the file has another name. */
static void
damage(uint8_t which, uint8_t how)
{
	char from[320], to[320];
	struct dirent *e;
	DIR *d = opendir(folder);
	int n = 0;

	HOLDS(d != NULL);
	spool_close(&spool);
	damaged = true;
	while ((e = readdir(d)) != NULL) {
		if (strchr(e->d_name, '.') == NULL || e->d_name[0] == '.' ||
		    n++ != which % 4)
			continue;
		snprintf(from, sizeof from, "%s/%s", folder, e->d_name);
		if (how % 4 == 0) {
			snprintf(to, sizeof to, "%s/%d%s", folder, how,
			    strchr(e->d_name, '.'));
			HOLDS(rename(from, to) == 0);
		} else if (how % 4 == 1) {
			HOLDS(truncate(from, how) == 0);
		} else {
			int fd = open(from, O_WRONLY | O_CLOEXEC);

			HOLDS(fd != -1 && pwrite(fd, &how, 1, how) == 1);
			HOLDS(close(fd) == 0);
		}
		break;
	}
	closedir(d);
	begin();
}

static void
clear(void)
{
	char path[320];
	struct dirent *e;
	DIR *d = opendir(folder);

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		(void)unlink(path);
	}
	HOLDS(d != NULL && closedir(d) == 0);
	HOLDS(rmdir(folder) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *tmp = getenv("TMPDIR");

	if (size > INPUT_MAX)
		return 0;
	snprintf(folder, sizeof folder, "%s/spool.XXXXXX",
	    tmp == NULL || strlen(tmp) > 40 ? "/tmp" : tmp);
	HOLDS(mkdtemp(folder) != NULL);
	memset(settled, 0, sizeof settled);
	put_in = 0;
	damaged = false;
	begin();
	for (size_t i = 0; i < size && spool.name != NULL; i++) {
		switch (data[i] % 8) {
		case 0:
		case 1:
		case 2:
			add();
			break;
		case 3:
			(void)next(true);
			break;
		case 4:
			(void)next(false);
			break;
		case 5:
			spool_note(&spool);
			break;
		case 6:
			again();
			break;
		default:
			if (i + 2 < size)
				damage(data[i + 1], data[i + 2]);
			i += 2;
		}
	}
	/* A run more: what is left, to the end. */
	if (spool.name != NULL)
		again();
	while (spool.name != NULL && next(false))
		;
	for (unsigned i = 0; i < put_in && !damaged; i++)
		HOLDS(settled[i]);
	if (spool.name != NULL) {
		spool_note(&spool);
		spool_close(&spool);
	}
	clear();
	return 0;
}
