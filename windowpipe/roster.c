/* roster - a run's processes as texts in a file, each ended by a NUL.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/roster.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

enum { ROSTER_BYTES_MAX = 16 << 20 };

/* Another version may have other members. */
static const char magic[] = "windowpipe run " WINDOWPIPE_VERSION;

/* --- writing ---------------------------------------------------------------
 */

static void
add_text(struct buf *b, const char *text)
{
	buf_add_text(b, text == NULL ? "" : text);
	buf_add_char(b, '\0');
}

static void
add_number(struct buf *b, int64_t n)
{
	buf_addf(b, "%" PRId64, n);
	buf_add_char(b, '\0');
}

static void
add_process(struct buf *b, const struct process *a)
{
	const struct stage *s = a->stage;

	add_text(b, s->name);
	add_number(b, s->role);
	add_text(b, s->output);
	add_text(b, a->title);
	add_number(b, a->is_feed);
	add_number(b, a->is_ours);
	add_number(b, a->from);
	add_number(b, a->out);
	add_number(b, a->pid);
	/* pipeline_start() has ended it with a NULL. */
	add_number(b, (int64_t)a->argv.n - 1);
	for (size_t i = 0; i + 1 < a->argv.n; i++)
		add_text(b, a->argv.text[i]);
}

static void
add_source(struct buf *b, const struct recovery_source *s, const char *here)
{
	add_text(b, s->name);
	if (s->dir[0] != '/' && here != NULL)
		buf_addf(b, "%s/", here);
	add_text(b, s->dir);
	add_text(b, s->stages);
}

int
roster_write(struct roster *r, const char *folder, const struct pipeline *p,
    const struct recovery *k)
{
	struct buf b = { 0 }, name = { 0 }, beside = { 0 };
	int fd = -1, error = ENOMEM;

	add_text(&b, magic);
	add_number(&b, r->pid);
	add_number(&b, r->since_ms);
	add_text(&b, r->job);
	add_text(&b, r->started_in);
	add_text(&b, r->keep);
	add_number(&b, (int64_t)r->restarts);
	add_number(&b, (int64_t)k->nsources);
	for (size_t i = 0; i < k->nsources; i++)
		add_source(&b, &k->source[i], r->started_in);
	add_number(&b, (int64_t)p->n);
	for (size_t i = 0; i < p->n; i++)
		add_process(&b, &p->process[i]);
	buf_addf(&name, "%s/roster", folder);
	buf_addf(&beside, "%s/roster.new", folder);
	if (b.failed || buf_text(&name) == NULL || buf_text(&beside) == NULL)
		goto out;
	/* Locked before it has its name: who finds it sees that we live. */
	fd = file_make(beside.p, 0600);
	error = 0;
	if (fd == -1 || flock(fd, LOCK_EX | LOCK_NB) == -1 ||
	    file_write(fd, buf_span(&b)) == -1 ||
	    rename(beside.p, name.p) == -1)
		error = errno;
out:
	buf_free(&b);
	buf_free(&name);
	buf_free(&beside);
	if (error != 0) {
		if (fd != -1)
			(void)close(fd); /* what fails has been told */
		errno = error;
		return -1;
	}
	if (r->fd != -1)
		(void)close(r->fd); /* it has been replaced */
	r->fd = fd;
	return 0;
}

/* --- reading ---------------------------------------------------------------
 */

struct reading {
	const char *p, *end;
	bool good;
};

static const char *
take_text(struct reading *g)
{
	const char *text = g->p;

	if (!g->good || g->p == g->end) {
		g->good = false;
		return "";
	}
	g->p += strlen(text) + 1;
	return text;
}

static int64_t
take_number(struct reading *g, int64_t least, int64_t most)
{
	const char *text = take_text(g);
	char *end;
	int64_t n = strtoll(text, &end, 10);

	if (end == text || *end != '\0' || n < least || n > most)
		g->good = false;
	return g->good ? n : least;
}

static void
take_process(struct reading *g, struct roster *r, size_t i, size_t n)
{
	struct process *a = &r->pipeline.process[i];
	struct stage *s = &r->stages[i];
	int64_t nargs;

	s->name = (char *)take_text(g);
	s->role = (enum stage_role)take_number(g, STAGE_SOURCE, STAGE_SINK);
	s->output = take_text(g);
	a->stage = s;
	a->title = take_text(g);
	a->is_feed = take_number(g, 0, 1);
	a->is_ours = take_number(g, 0, 1);
	a->from = (int)take_number(g, STAGE_NONE, (int64_t)n - 1);
	a->out = (int)take_number(g, 0, INT32_MAX);
	a->pid = (pid_t)take_number(g, 0, INT32_MAX);
	a->said = a->pidfd = -1;
	nargs = take_number(g, 1, ROSTER_BYTES_MAX);
	while (g->good && nargs-- > 0)
		g->good = opt_texts_add(&a->argv, take_text(g)) == 0;
}

static void
take_sources(struct reading *g, struct recovery *k)
{
	size_t n = (size_t)take_number(g, 0, ROSTER_BYTES_MAX);

	k->source = calloc(n, sizeof *k->source);
	if (n > 0 && k->source == NULL)
		g->good = false;
	for (; g->good && k->nsources < n; k->nsources++) {
		struct recovery_source *s = &k->source[k->nsources];

		s->name = take_text(g);
		s->dir = take_text(g);
		s->stages = take_text(g);
	}
}

static bool
take(struct reading *g, struct roster *r)
{
	size_t n;

	if (strcmp(take_text(g), magic) != 0)
		return false;
	r->pid = (long)take_number(g, 1, INT32_MAX);
	r->since_ms = take_number(g, 0, INT64_MAX);
	r->job = take_text(g);
	r->started_in = take_text(g);
	r->keep = take_text(g);
	r->restarts = (uint64_t)take_number(g, 0, INT64_MAX);
	take_sources(g, &r->recovery);
	n = (size_t)take_number(g, 1, ROSTER_BYTES_MAX);
	if (!g->good)
		return false;
	r->pipeline.process = calloc(n, sizeof *r->pipeline.process);
	r->stages = calloc(n, sizeof *r->stages);
	if (r->pipeline.process == NULL || r->stages == NULL)
		return false;
	r->pipeline.n = n;
	for (size_t i = 0; i < n; i++)
		take_process(g, r, i, n);
	return g->good;
}

/* Opens that of a run which lives: 1; 0: there is none; -1 with errno. */
static int
open_roster(struct roster *r, const char *name)
{
	struct stat st;

	for (;;) {
		r->fd = open(name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
		if (r->fd == -1)
			return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
		if (flock(r->fd, LOCK_SH | LOCK_NB) == -1 &&
		    errno == EWOULDBLOCK)
			return 1;
		/* Nobody has it: the run was killed, or has a newer one. */
		if (fstat(r->fd, &st) == -1 || st.st_nlink > 0)
			return 0;
		(void)close(r->fd); /* it was not read */
	}
}

int
roster_read(struct roster *r, const char *folder)
{
	struct buf name = { 0 };
	struct reading g = { .good = true };
	int rc = -1, error = ENOMEM;

	*r = (struct roster){ .fd = -1 };
	buf_addf(&name, "%s/roster", folder);
	if (buf_text(&name) == NULL)
		goto out;
	rc = open_roster(r, name.p);
	if (rc == 1)
		rc = file_read_fd(r->fd, ROSTER_BYTES_MAX, &r->bytes) == -1 ? -1
		                                                            : 1;
	error = errno;
	if (rc != 1)
		goto out;
	/* Whoever wrote it ended each text; so does this, whatever it is. */
	buf_add_char(&r->bytes, '\0');
	g.p = r->bytes.p;
	g.end = r->bytes.p + r->bytes.n - 1;
	rc = !r->bytes.failed && take(&g, r);
out:
	buf_free(&name);
	if (rc != 1)
		roster_free(r);
	errno = error;
	return rc;
}

void
roster_free(struct roster *r)
{
	for (size_t i = 0; i < r->pipeline.n; i++)
		free(r->pipeline.process[i].argv.text);
	free(r->pipeline.process);
	free(r->recovery.source);
	free(r->stages);
	buf_free(&r->bytes);
	if (r->fd != -1)
		(void)close(r->fd); /* all has been written, or was read */
	*r = (struct roster){ .fd = -1 };
}
