/* like - the columns that would generate rows like those of a file.
 * SPDX-License-Identifier: ISC */
#include "datagen/like.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datagen/guess.h"
#include "lib/array.h"
#include "lib/foreign.h"
#include "lib/json.h"
#include "lib/lines.h"
#include "lib/out.h"
#include "lib/path.h"

enum { FIELDS_MAX = 10000 }; /* a sane bound: each takes some memory */

/* A field by its path, as the notation writes it. */
struct field {
	struct buf name; /* may hold any byte */
	struct guess guess;
	uint64_t row;           /* the last one that had it */
	bool is_object, is_odd; /* at times; its name cannot be written */
};

struct like {
	struct field *field;
	size_t n, cap;
	size_t near; /* where the next field is looked for first */
	uint64_t rows, bad;
	struct buf remedy; /* for the first skipped line */
	struct buf path, key, scratch;
	const char *failure;
};

/* Adds a key to the path, quoted where the notation asks for that. */
static void
add_key(struct buf *path, struct span key)
{
	bool is_bare = key.n > 0 && !(key.p[0] >= '0' && key.p[0] <= '9');

	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '_'))
			is_bare = false;
	}
	if (path->n > 0)
		buf_add_char(path, '.');
	if (is_bare)
		buf_add_span(path, key);
	else
		path_add_quoted(path, key);
}

static struct field *
new_field(struct like *l, struct span name)
{
	struct field *f;

	if (l->n == FIELDS_MAX) {
		l->failure = "more than 10000 different fields";
		return NULL;
	}
	if (array_room(l->field, l->cap, l->n + 1) == -1)
		return NULL;
	f = &l->field[l->n];
	*f = (struct field){ 0 };
	buf_add_span(&f->name, name);
	if (f->name.failed)
		return NULL;
	for (size_t i = 0; i < name.n; i++) {
		if ((unsigned char)name.p[i] < ' ')
			f->is_odd = true;
	}
	l->n++;
	return f;
}

/* Rows mostly have their fields in one order, so the next one is near. */
static struct field *
find_field(struct like *l, struct span name)
{
	for (size_t i = 0; i < l->n; i++) {
		size_t at = (l->near + i) % l->n;
		struct field *f = &l->field[at];

		if (span_equal(name, buf_span(&f->name))) {
			l->near = (at + 1) % l->n;
			return f;
		}
	}
	return new_field(l, name);
}

static int
add_value(struct like *l, const struct cell *value)
{
	struct field *f;

	if (l->path.failed)
		return -1;
	f = find_field(l, buf_span(&l->path));
	if (f == NULL)
		return -1;
	if (value->kind == CELL_OBJECT)
		f->is_object = true;
	/* A key that comes twice in a row is counted once. */
	if (f->row == l->rows)
		return 0;
	f->row = l->rows;
	if (value->kind != CELL_OBJECT && value->kind != CELL_NULL)
		guess_add(&f->guess, value, &l->scratch);
	return 0;
}

/*
 * Walks the members of an object that has been checked.  It nests
 * JSON_DEPTH_MAX deep at the most.
 */
static int
walk(struct like *l, struct json_scan *s)
{
	size_t path = l->path.n;
	struct cell key, value;
	int rc;

	for (rc = json_scan_first(s, &key); rc == 1;
	     rc = json_scan_next(s, &key)) {
		buf_clear(&l->key);
		add_key(&l->path, json_text(&key, &l->key));
		if (*s->p == '{') {
			value = (struct cell){ .kind = CELL_OBJECT };
			if (add_value(l, &value) == -1 || walk(l, s) == -1)
				return -1;
		} else if (json_scan_value(s, &value) == -1 ||
			   add_value(l, &value) == -1)
			return -1;
		l->path.n = path;
	}
	return rc;
}

/* Returns -1 where memory or patience ends. */
static int
add_line(struct like *l, const char *file, const struct line *line)
{
	struct json_scan s = json_scan_of(line->text, NULL);
	struct diag_at at = { file, line->number, 0 };
	struct fault why = { "the line is longer than 1 MiB", 0 };

	if (!line->first)
		return 0;
	if (line->kind == LINE_LONG || json_check(line->text, &why) == -1 ||
	    *s.p != '{') {
		if (line->kind == LINE_DATA && *s.p != '{' && s.p < s.end)
			why = (struct fault){ "not a JSON object", 0 };
		at.column = why.at + 1;
		if (l->bad++ == 0)
			(void)foreign_add_remedy(&l->remedy, line->text, &why,
			    line->number == 1, false);
		diag_warn(&at, "skipped: %s", why.what);
		return 0;
	}
	l->rows++;
	l->near = 0;
	buf_clear(&l->path);
	return walk(l, &s);
}

static enum status
read_rows(struct like *l, const char *file, struct lines *in)
{
	struct line line;

	for (;;) {
		while (lines_next(in, &line)) {
			if (add_line(l, file, &line) == 0)
				continue;
			diag_error(NULL, "%s",
			    l->failure != NULL ? l->failure : "out of memory");
			return STATUS_SYSTEM;
		}
		switch (lines_fill(in, -1)) {
		case LINES_MORE:
		case LINES_IDLE:
			break;
		case LINES_END:
			return l->bad > 0 ? STATUS_DATA : STATUS_OK;
		case LINES_ERROR:
			return lines_complain(in);
		}
	}
}

static bool
has_members(const struct like *l, const struct field *f)
{
	for (size_t i = 0; i < l->n; i++) {
		struct span name = buf_span(&l->field[i].name);

		if (name.n > f->name.n && name.p[f->name.n] == '.' &&
		    memcmp(name.p, f->name.p, f->name.n) == 0)
			return true;
	}
	return false;
}

/* Why the notation cannot have this field; NULL: it can. */
static const char *
hindrance(const struct field *f, struct buf *generator, uint64_t rows)
{
	if (f->is_object)
		return f->guess.values > 0
		           ? "sometimes an object, sometimes not"
		           : "an empty object";
	if (f->is_odd)
		return "a control character in its name";
	return guess_write(&f->guess, rows, generator) ? NULL : "an array";
}

static void
write_column(const struct field *f, uint64_t rows, struct buf *line)
{
	struct buf generator = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	const char *why = hindrance(f, &generator, rows), *note;

	if (why != NULL)
		buf_addf(line, "-- %s left out: %s",
		    diag_quote(quoted, buf_span(&f->name)), why);
	else {
		buf_add_span(line, buf_span(&f->name));
		buf_add_char(line, ' ');
		buf_add_span(line, buf_span(&generator));
		buf_add_char(line, ',');
		note = guess_note(&f->guess);
		if (note != NULL)
			buf_addf(line, " -- %s", note);
	}
	line->failed |= generator.failed;
	buf_free(&generator);
}

static enum status
write_columns(const struct like *l, const char *source)
{
	char quoted[DIAG_QUOTE_MAX];
	struct out out;

	out_init(&out, STDOUT_FILENO, "stdout");
	buf_addf(&out.line, "-- like %llu %s of %s; use: datagen @THIS_FILE",
	    (unsigned long long)l->rows, l->rows == 1 ? "row" : "rows",
	    diag_quote(quoted, span_of(source)));
	(void)out_end_line(&out);
	for (size_t i = 0; i < l->n; i++) {
		const struct field *f = &l->field[i];

		/* The members of an object stand for it. */
		if (f->is_object && f->guess.values == 0 && has_members(l, f))
			continue;
		write_column(f, l->rows, &out.line);
		(void)out_end_line(&out);
	}
	return out_close(&out) == -1 ? out_complain(&out) : STATUS_OK;
}

/* Rows and fields there must be. */
static enum status
complain(struct like *l, const struct diag_at *at)
{
	if (l->rows > 0)
		diag_error(at, "its rows have no fields");
	else
		diag_error(at,
		    "no rows to imitate: rows are JSON objects, one per"
		    " line%s",
		    buf_text(&l->remedy) != NULL ? l->remedy.p : "");
	return STATUS_DATA;
}

static void
free_all(struct like *l)
{
	for (size_t i = 0; i < l->n; i++) {
		buf_free(&l->field[i].name);
		guess_free(&l->field[i].guess);
	}
	free(l->field);
	buf_free(&l->remedy);
	buf_free(&l->path);
	buf_free(&l->key);
	buf_free(&l->scratch);
}

enum status
like_run(const char *file)
{
	bool is_stdin = strcmp(file, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	struct diag_at at = { .source = is_stdin ? "stdin" : file };
	struct like l = { 0 };
	struct lines in;
	enum status status;

	if (fd == -1) {
		diag_error(&at, "cannot open: %s", strerror(errno));
		return STATUS_USAGE;
	}
	if (lines_init(&in, fd, at.source, LINES_MAX_DEFAULT) == 0) {
		status = read_rows(&l, at.source, &in);
		lines_free(&in);
	} else
		status = diag_no_memory();
	if (status <= STATUS_DATA && l.n == 0)
		status = complain(&l, &at);
	else if (status <= STATUS_DATA)
		status = status_worse(status, write_columns(&l, at.source));
	free_all(&l);
	if (!is_stdin)
		(void)close(fd); /* only read from: nothing to lose */
	return status;
}
