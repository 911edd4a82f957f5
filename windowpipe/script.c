/* script - a job's text, its placeholders filled, and all that is said of it.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/script.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/array.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "sql/lexer.h"
#include "windowpipe/pyflink.h"

/* --- placeholders --------------------------------------------------------- */

/*
 * The value of what stands in the braces; p == NULL after an error.  *written:
 * it is the default, which stands in the text as it is to be read.
 */
static struct span
placeholder(struct script *s, struct span name, size_t at, bool *written)
{
	const char *otherwise = memmem(name.p, name.n, ":-", 2);
	struct span rest = { NULL, 0 };
	const struct property *p;

	if (otherwise != NULL) {
		rest.p = otherwise + 2;
		rest.n = (size_t)(name.p + name.n - rest.p);
		name.n = (size_t)(otherwise - name.p);
	}
	p = properties_find(&s->properties, name);
	*written = p == NULL;
	if (p != NULL)
		return p->value;
	if (rest.p != NULL)
		return rest;
	if (s->properties.absent)
		sql_errors_add(&s->errors, at, name.n + 3,
		    "no property %s: there is no file %s; name one with "
		    "--properties, or set IS_LOCAL=true for the one beside "
		    "the job",
		    script_quote(name), s->properties.path);
	else
		sql_errors_add(&s->errors, at, name.n + 3,
		    "no property %s in %s; add it there, or write "
		    "${%.*s:-VALUE}",
		    script_quote(name), s->properties.path, (int)name.n,
		    name.p);
	return rest;
}

/* Adds bytes of the file, quotes doubled where they stand within some. */
static void
add_filled(struct script *s, struct span value, char quote)
{
	for (size_t i = 0; i < value.n; i++) {
		buf_add_char(&s->full, value.p[i]);
		if (quote != '\0' && value.p[i] == quote)
			buf_add_char(&s->full, quote);
	}
}

/* A stretch of the file up to end: placeholders in it are filled. */
static void
add_stretch(struct script *s, size_t begin, size_t end, char quote)
{
	const char *p = s->file.p + begin, *stop = s->file.p + end;

	while (p < stop) {
		const char *open = memmem(p, (size_t)(stop - p), "${", 2);
		const char *close =
		    open == NULL ? NULL
				 : memchr(open, '}', (size_t)(stop - open));
		struct piece piece;
		struct span name, value;
		bool written;

		if (close == NULL)
			break;
		buf_add(&s->full, p, (size_t)(open - p));
		name = (struct span){ open + 2, (size_t)(close - open - 2) };
		piece.at = s->full.n;
		piece.file_at = (size_t)(open - s->file.p);
		piece.file_length = name.n + 3;
		value = placeholder(s, name, s->full.n, &written);
		add_filled(s, value, written ? '\0' : quote);
		piece.length = s->full.n - piece.at;
		if (array_room(s->piece, s->piece_cap, s->npieces + 1) == -1)
			s->errors.out_of_memory = true;
		else
			s->piece[s->npieces++] = piece;
		p = close + 1;
	}
	buf_add(&s->full, p, (size_t)(stop - p));
}

/* True where the text has placeholders, comments apart. */
static bool
has_placeholders(struct span file)
{
	size_t at = 0;
	struct sql_token t;

	do {
		t = sql_lex(file, &at);
		if (memmem(file.p + t.at, t.n, "${", 2) != NULL ||
		    (t.kind == SQL_INVALID && file.p[t.at] == '$'))
			return true;
	} while (t.kind != SQL_END);
	return false;
}

static void
fill(struct script *s)
{
	struct span file = buf_span(&s->file);
	size_t at = 0, done = 0;

	for (;;) {
		struct sql_token t = sql_lex(file, &at);
		const char *close;

		/* What stands between is copied: comments, too. */
		buf_add(&s->full, file.p + done, t.at - done);
		done = t.at;
		if (t.kind == SQL_END)
			break;
		if (t.kind == SQL_INVALID && file.p[t.at] == '$' &&
		    (close = memchr(file.p + t.at, '}', file.n - t.at)) != NULL)
			at = (size_t)(close + 1 - file.p);
		add_stretch(s, done, at,
		    t.kind == SQL_TEXT || t.kind == SQL_QUOTED ? file.p[t.at]
							       : '\0');
		done = at;
	}
	if (s->full.failed)
		s->errors.out_of_memory = true;
}

/* The text of the file, or what a program in Python would execute. */
static int
read_text(struct script *s, const char *path)
{
	if (pyflink_is(path)) {
		s->path = script_print(s, "SQL of %s", path);
		return pyflink_collect(path, &s->file);
	}
	if (file_read(path, SCRIPT_MAX, &s->file) == 0)
		return 0;
	diag_error(NULL, "cannot read the job %s: %s", path, strerror(errno));
	return -1;
}

int
script_load(struct script *s, const char *path, const char *properties)
{
	*s = (struct script){ .path = path };
	if (read_text(s, path) == -1)
		return -1;
	if (s->file.n == 0)
		buf_add_char(&s->file, '\n');
	s->text = buf_span(&s->file);
	if (properties == NULL && !has_placeholders(s->text))
		return 0;
	if (properties_load(&s->properties, properties, path, &s->arena) == -1)
		return -1;
	fill(s);
	s->text = buf_span(&s->full);
	return 0;
}

void
script_free(struct script *s)
{
	buf_free(&s->file);
	buf_free(&s->full);
	free(s->piece);
	arena_free(&s->arena);
	sql_errors_free(&s->errors);
	*s = (struct script){ 0 };
}

/* --- what is said --------------------------------------------------------- */

size_t
script_place_in_file(const struct script *s, size_t at)
{
	size_t end = 0, file_end = 0;

	for (size_t i = 0; i < s->npieces; i++) {
		const struct piece *p = &s->piece[i];

		if (at < p->at)
			break;
		if (at < p->at + p->length || at == p->at)
			return p->file_at;
		end = p->at + p->length;
		file_end = p->file_at + p->file_length;
	}
	return file_end + (at - end);
}

/* One line, like diag's, of which none is held back; the place's caret. */
static void
tell(const struct script *s, size_t at, const char *kind, const char *message,
    bool caret)
{
	struct span line, file = buf_span(&s->file);
	struct buf b = { 0 };
	size_t number, column;

	at = script_place_in_file(s, at);
	sql_place(file, at, &number, &column, &line);
	buf_addf(&b, "%s: %s:%zu:%zu: %s%s\n", diag_program(), s->path, number,
	    column, kind, message);
	if (caret)
		sql_add_caret(&b, file, at);
	if (!b.failed)
		diag_bytes(buf_span(&b));
	buf_free(&b);
}

static int
by_place(const void *a, const void *b)
{
	const struct sql_error *x = *(struct sql_error *const *)a,
			       *y = *(struct sql_error *const *)b;

	return (x->at > y->at) - (x->at < y->at);
}

void
script_tell_errors(const struct script *s)
{
	const struct sql_error *order[SQL_ERRORS_MAX];

	for (size_t i = 0; i < s->errors.n; i++)
		order[i] = &s->errors.error[i];
	qsort(order, s->errors.n, sizeof *order, by_place);
	for (size_t i = 0; i < s->errors.n; i++)
		tell(s, order[i]->at, "", order[i]->message, true);
	if (s->errors.out_of_memory)
		diag_error(NULL, "out of memory");
}

static void
add_note(struct script *s, size_t at, struct span text, bool of_flink)
{
	struct script_note **next = &s->notes, *note;

	while (*next != NULL && (*next)->at <= at)
		next = &(*next)->next;
	note = script_make(s, sizeof *note);
	if (note == NULL)
		return;
	note->at = at;
	note->text = script_copy(s, text);
	note->of_flink = of_flink;
	note->next = *next;
	*next = note;
}

void
script_note(struct script *s, size_t at, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	add_note(s, at, buf_span(&b), false);
	buf_free(&b);
}

void
script_note_flink(struct script *s, size_t at, const char *text)
{
	for (const struct script_note *n = s->notes; n != NULL; n = n->next)
		if (n->at == at && strcmp(n->text, text) == 0)
			return;
	if (s->elsewhere)
		add_note(s, at, span_of(text), true);
}

void
script_tell_notes(const struct script *s)
{
	for (const struct script_note *n = s->notes; n != NULL; n = n->next)
		tell(s, n->at, "note: ", n->text, false);
}

/* --- memory --------------------------------------------------------------- */

void *
script_make(struct script *s, size_t size)
{
	void *p = arena_zero(&s->arena, size);

	if (p == NULL)
		s->errors.out_of_memory = true;
	return p;
}

const char *
script_copy(struct script *s, struct span text)
{
	struct span copy =
	    arena_copy(&s->arena, text.n == 0 ? span_of("") : text);

	if (copy.p == NULL)
		s->errors.out_of_memory = true;
	return copy.p == NULL ? "" : copy.p;
}

const char *
script_print(struct script *s, const char *fmt, ...)
{
	struct buf b = { 0 };
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	if (b.failed)
		s->errors.out_of_memory = true;
	text = script_copy(s, buf_span(&b));
	buf_free(&b);
	return text;
}

const char *
script_quote(struct span name)
{
	static char quoted[8][DIAG_QUOTE_MAX];
	static unsigned next;

	return diag_quote(quoted[next++ % 8], name);
}
