/* arrived - the streams of a run, read back or counted.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/arrived.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "lib/recent.h"
#include "lib/take.h"
#include "windowpipe/local.h"
#include "windowpipe/spawn.h"

enum {
	LAST = 3, /* records that are shown of each */
	TAIL_BYTES = 65536,
};

/* The last lines of what was read, and how many there were. */
struct tail {
	struct buf bytes;
	uint64_t lines;
};

static void
take(struct tail *t, const char *p, size_t n)
{
	for (const char *at = p;
	     (at = memchr(at, '\n', (size_t)(p + n - at))) != NULL; at++)
		t->lines++;
	buf_add(&t->bytes, p, n);
	if (t->bytes.n > 2 * TAIL_BYTES) {
		memmove(t->bytes.p, t->bytes.p + t->bytes.n - TAIL_BYTES,
		    TAIL_BYTES);
		t->bytes.n = TAIL_BYTES;
	}
}

/* Reads the stream from its begin to what is there now. */
static int
read_back(const struct ledger *l, const struct stage *s, struct tail *t)
{
	const char *region, *stream = local_stream(s, &region);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), out[2];
	int pidfd = -1, status = -1;
	char bytes[16384];
	struct buf path = { 0 };
	pid_t pid = -1;
	ssize_t n = 0;

	buf_addf(&path, "%s/kinesis-get", l->pipeline->bin);
	if (null == -1 || buf_text(&path) == NULL ||
	    pipe2(out, O_CLOEXEC) == -1)
		return -1;
	pid =
	    spawn(&(struct spawn){ .path = path.p,
		      .argv = (const char *[]){ "kinesis-get", "--from",
			  "trim-horizon", "--until", "now", "--retry-for", "5s",
			  "--region", region == NULL ? "us-east-1" : region,
			  "--", stream, NULL },
		      .in = null,
		      .out = out[1],
		      .err = STDERR_FILENO },
		&pidfd);
	(void)close(out[1]); /* nothing of ours was written */
	(void)close(null);
	while (pid != -1 && ((n = read(out[0], bytes, sizeof bytes)) > 0 ||
				(n == -1 && errno == EINTR)))
		if (n > 0)
			take(t, bytes, (size_t)n);
	(void)close(out[0]); /* it was only read */
	if (pidfd != -1)
		(void)close(pidfd);
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	buf_free(&path);
	return pid != -1 && n == 0 && status == 0 && !t->bytes.failed ? 0 : -1;
}

static void
add_line(struct buf *b, struct span line)
{
	buf_add_text(b, "    ");
	(void)diag_add_plain(b, line, INT_MAX, "");
	buf_add_char(b, '\n');
}

/* The last lines; a first one that was cut is none of these. */
static void
add_last(struct buf *b, struct span s)
{
	size_t begin = s.n;
	struct span line;

	for (int lines = 0; begin > 0; begin--)
		if (s.p[begin - 1] == '\n' && begin < s.n && ++lines == LAST)
			break;
	s = span_from(s, begin);
	while (take_part(&s, '\n', &line))
		add_line(b, line);
}

/* What was delivered, by what the last stage keeps of it. */
static void
add_counted(const struct ledger *l, size_t i, const char *where,
    const char *stream, struct buf *b)
{
	const struct account *a = &l->account[i];
	int64_t n =
	    a->value[stream == NULL ? ACCOUNT_OUTPUT : ACCOUNT_DELIVERED];
	struct buf file = { 0 }, last = { 0 };

	buf_addf(b, "%s: %" PRId64 " %s%s%s\n", where, n,
	    stream == NULL ? "row" : "record", n == 1 ? "" : "s",
	    stream == NULL ? "" : " delivered");
	if (ledger_recent(l, i, &file) != NULL &&
	    file_read(file.p, 2 * RECENT_BYTES, &last) == 0)
		add_last(b, buf_span(&last));
	buf_free(&file);
	buf_free(&last);
}

bool
arrived_write(const struct ledger *l, const struct local *local, struct buf *b)
{
	bool all = true;

	for (size_t i = 0; i < l->pipeline->n; i++) {
		const struct process *a = &l->pipeline->process[i];
		int64_t delivered = l->account[i].value[ACCOUNT_DELIVERED];
		const char *region, *stream = local_stream(a->stage, &region);
		const char *where = stream == NULL ? a->stage->output : stream;
		struct tail t = { 0 };

		if (!ledger_is_last(l, i) || where == NULL ||
		    strcmp(where, "-") == 0)
			continue;
		if (stream == NULL || local->pid == 0) {
			add_counted(l, i, where, stream, b);
		} else if (local_is_there(local) &&
			   read_back(l, a->stage, &t) == 0) {
			buf_addf(b,
			    "%s: %" PRIu64 " record%s in it, %" PRId64
			    " of this run\n",
			    stream, t.lines, t.lines == 1 ? "" : "s",
			    delivered);
			add_last(b, buf_span(&t.bytes));
		} else {
			diag_error(NULL, "%s cannot be read back", stream);
			all = false;
		}
		buf_free(&t.bytes);
	}
	return all;
}
