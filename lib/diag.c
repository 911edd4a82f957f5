/* diag - the only printer of diagnostics.
 * SPDX-License-Identifier: ISC */
#include "lib/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/utf8.h"

enum {
	SAME_MAX = 10,     /* messages of one format that are printed */
	KINDS_MAX = 128,   /* formats told apart; more are always printed */
	SAMPLE_MAX = 120,  /* bytes of a message that diag_end() repeats */
	QUOTE_BYTES = 60,  /* foreign bytes shown by diag_quote() */
	SAID_BYTES = 500,  /* and by diag_quote_said() */
	LINE_BYTES = 4096, /* PIPE_BUF: a line of this length is never torn */
};

enum status
status_of_errno(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EIO:
	case EAGAIN:
	case ESTALE:
		return STATUS_SYSTEM;
	default:
		return STATUS_USAGE;
	}
}

/* The messages of one format string. */
struct kind {
	const char *fmt;
	uint64_t count;
	char sample[SAMPLE_MAX];
};

/* A line being put together; bytes beyond its room are dropped. */
struct text {
	char p[LINE_BYTES];
	size_t n;
};

/* A process has one stderr, so there is one of these. */
static struct {
	const char *program, *name;
	bool quiet;
	const char *(*before)(void *);
	void *before_ctx;
	struct kind kinds[KINDS_MAX];
	size_t nkinds;
} diag;

void
diag_init(const char *program)
{
	diag.program = program;
}

void
diag_name(const char *name)
{
	diag.name = name;
}

void
diag_warn_terminal(int fd)
{
	if (isatty(fd) == 1)
		diag_warn(NULL, "reading from the terminal; for a file: < "
				"FILE; to end: Ctrl-D");
}

void
diag_be_quiet(void)
{
	diag.quiet = true;
}

const char *
diag_program(void)
{
	return diag.program == NULL ? "windowpipe" : diag.program;
}

const char *
diag_name_given(void)
{
	return diag.name;
}

void
diag_before(const char *(*before)(void *ctx), void *ctx)
{
	diag.before = before;
	diag.before_ctx = ctx;
}

int
diag_open_std_fds(void)
{
	/* The wrong way round, so that using a closed one is an error. */
	static const int mode[] = { O_WRONLY, O_RDONLY, O_RDWR };

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		/* The lowest free descriptor is this one: those below are open.
		 */
		if (open("/dev/null", mode[fd]) == -1) {
			diag_error(
			    NULL, "cannot open /dev/null: %s", strerror(errno));
			return -1;
		}
	}
	return 0;
}

/*
 * What changes the order in which a terminal shows text, or ends lines: the
 * marks of Unicode's bidirectional algorithm (UAX #9, revision 48, table 4;
 * read 2026-11), U+2028 and U+2029.
 */
static bool
is_mark(uint32_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

size_t
diag_printable(struct span s)
{
	uint32_t c;
	size_t n = utf8_decode(s.p, s.p + s.n, &c);

	if (n == 0)
		return 0;
	/* 0x7f: U+0080 to U+009F are control characters too. */
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || is_mark(c) ? 0 : n;
}

int
diag_add_plain(struct buf *b, struct span s, int most, const char *keep)
{
	for (; s.n > 0 && most > 0; most--) {
		size_t n = diag_printable(s);

		if (n == 0 && *s.p != '\0' && strchr(keep, *s.p) != NULL)
			n = 1;
		buf_add(b, n == 0 ? "?" : s.p, n == 0 ? 1 : n);
		n += n == 0;
		s = (struct span){ s.p + n, s.n - n };
	}
	return most;
}

/*
 * Writes p to out, masked; takes at most max bytes of p, fills at most room of
 * out, and ends with "..." where that is not all.  Returns the bytes written.
 */
static size_t
mask(char *out, size_t room, const char *p, size_t n, size_t max)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0, i = 0;

	while (i < n) {
		unsigned char c = (unsigned char)p[i];
		size_t len = diag_printable((struct span){ p + i, n - i });
		size_t need = len > 0 ? len : 4;

		if (i + (len > 0 ? len : 1) > max || at + need + 3 > room)
			break;
		if (len > 0)
			memcpy(out + at, p + i, len);
		else
			memcpy(out + at,
			    (char[]){ '\\', 'x', hex[c >> 4], hex[c & 15] }, 4);
		at += need;
		i += len > 0 ? len : 1;
	}
	if (i < n && at + 3 <= room) {
		memcpy(out + at, "...", 3);
		at += 3;
	}
	return at;
}

static const char *
quote(char *out, size_t size, struct span s, size_t max)
{
	size_t n = 0;

	out[n++] = '\'';
	n += mask(out + n, size - 3, s.p, s.n, max);
	out[n++] = '\'';
	out[n] = '\0';
	return out;
}

const char *
diag_quote(char out[DIAG_QUOTE_MAX], struct span s)
{
	return quote(out, DIAG_QUOTE_MAX, s, QUOTE_BYTES);
}

const char *
diag_quote_said(char out[DIAG_SAID_MAX], struct span s)
{
	return quote(out, DIAG_SAID_MAX, s, SAID_BYTES);
}

static void
add(struct text *t, const char *s)
{
	/* One byte is kept for the newline. */
	t->n +=
	    mask(t->p + t->n, sizeof t->p - 1 - t->n, s, strlen(s), SIZE_MAX);
}

static void
add_head(struct text *t)
{
	const char *before =
	    diag.before == NULL ? "" : diag.before(diag.before_ctx);
	size_t n = strlen(before);

	if (n < sizeof t->p / 2) { /* control bytes of ours: not masked */
		memcpy(t->p, before, n);
		t->n = n;
	}
	add(t, diag_program());
	if (diag.name != NULL) {
		add(t, "[");
		add(t, diag.name);
		add(t, "]");
	}
	add(t, ": ");
}

static void
add_at(struct text *t, const struct diag_at *at)
{
	char place[48] = "";

	if (at == NULL || at->source == NULL)
		return;
	if (at->line > 0 && at->column > 0)
		snprintf(place, sizeof place, ":%" PRIu64 ":%zu", at->line,
		    at->column);
	else if (at->line > 0)
		snprintf(place, sizeof place, ":%" PRIu64, at->line);
	add(t, at->source);
	add(t, place);
	add(t, ": ");
}

/*
 * Nowhere is left to say that stderr itself fails, so that is not said; and
 * a reader that has gone costs the message, not the program.
 */
void
diag_bytes(struct span s)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, usual;
	bool held = sigaction(SIGPIPE, &ignore, &usual) == 0;
	size_t done = 0;

	while (done < s.n) {
		ssize_t n = write(STDERR_FILENO, s.p + done, s.n - done);
		struct pollfd ready = { STDERR_FILENO, POLLOUT, 0 };

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			(void)poll(&ready, 1, -1);
		else if (errno != EINTR)
			break;
	}
	if (held)
		(void)sigaction(SIGPIPE, &usual, NULL);
}

void
diag_make_way(void)
{
	if (diag.before != NULL)
		diag_bytes(span_of(diag.before(diag.before_ctx)));
}

static void
put(struct text *t)
{
	t->p[t->n++] = '\n';
	diag_bytes((struct span){ t->p, t->n });
}

/* The messages of fmt; NULL where the table is full. */
static struct kind *
kind_of(const char *fmt)
{
	size_t i;

	for (i = 0; i < diag.nkinds; i++) {
		if (diag.kinds[i].fmt == fmt ||
		    strcmp(diag.kinds[i].fmt, fmt) == 0)
			return &diag.kinds[i];
	}
	if (i == KINDS_MAX)
		return NULL;
	diag.nkinds++;
	diag.kinds[i] = (struct kind){ .fmt = fmt };
	return &diag.kinds[i];
}

__attribute__((format(printf, 4, 0))) static void
say(struct kind *kind, const struct diag_at *at, const char *level,
    const char *fmt, va_list args)
{
	char message[LINE_BYTES];
	struct text t;
	size_t body, n;

	if (kind != NULL && kind->count++ >= SAME_MAX)
		return;
	t.n = 0;
	add_head(&t);
	add(&t, level);
	body = t.n;
	add_at(&t, at);
	if (vsnprintf(message, sizeof message, fmt, args) < 0)
		message[0] = '\0';
	add(&t, message);
	if (kind != NULL && kind->count == SAME_MAX) {
		n = mask(kind->sample, sizeof kind->sample - 1, t.p + body,
		    t.n - body, SIZE_MAX);
		kind->sample[n] = '\0';
	}
	put(&t);
}

void
diag_error(const struct diag_at *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(kind_of(fmt), at, "", fmt, args);
	va_end(args);
}

enum status
diag_no_memory(void)
{
	diag_error(NULL, "out of memory");
	return STATUS_SYSTEM;
}

void
diag_warn(const struct diag_at *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!diag.quiet)
		say(kind_of(fmt), at, "warning: ", fmt, args);
	va_end(args);
}

void
diag_remark(const struct diag_at *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!diag.quiet)
		say(NULL, at, "warning: ", fmt, args);
	va_end(args);
}

void
diag_answer(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(NULL, NULL, "", fmt, args);
	va_end(args);
}

void
diag_end(void)
{
	for (size_t i = 0; i < diag.nkinds; i++) {
		struct kind *kind = &diag.kinds[i];
		char number[64];
		struct text t;

		if (kind->count <= SAME_MAX)
			continue;
		t.n = 0;
		add_head(&t);
		snprintf(number, sizeof number,
		    "%" PRIu64 " more like: ", kind->count - SAME_MAX);
		add(&t, number);
		add(&t, kind->sample);
		put(&t);
	}
	diag.nkinds = 0;
}
