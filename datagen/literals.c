/* literals - the bytes of a row that are the same in every row.
 * SPDX-License-Identifier: ISC */
#include "datagen/literals.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/path.h"

struct maker {
	const struct columns *columns;
	struct literals *out;
	const char **rest; /* of each name, from the key to be written next */
	size_t *object;    /* in which it is written next; 0: the row */
	size_t objects;    /* so far */
	struct buf key, other; /* scratch */
	struct buf *why;
	size_t *bad;
};

/* The key that rest begins with, decoded; returns what follows its dot. */
static const char *
next_key(const char *rest, struct buf *key)
{
	size_t at = 0;

	(void)path_key(span_of(rest), &at, key, NULL); /* a canonical path */
	return rest + at;
}

static int
fail(struct maker *m, size_t column, const char *what)
{
	buf_add_text(m->why, what);
	*m->bad = column;
	return -1;
}

/* Moves all columns of the object that have the key of the first to inner. */
static int
move_members(struct maker *m, size_t first, size_t inner)
{
	size_t object = m->object[first];
	bool is_object = *next_key(m->rest[first], &m->key) != '\0';

	for (size_t i = first; i < m->columns->n; i++) {
		const char *rest;

		if (m->object[i] != object)
			continue;
		rest = next_key(m->rest[i], &m->other);
		if (!span_equal(buf_span(&m->key), buf_span(&m->other)))
			continue;
		if (i > first && (!is_object || *rest == '\0'))
			return fail(m, i,
			    "this key is both a value and an object, or occurs "
			    "twice");
		m->rest[i] = rest;
		m->object[i] = inner;
	}
	return 0;
}

/* The object in which column first is written, and all others that are. */
static int
write_object(struct maker *m, size_t first, size_t depth)
{
	struct literals *out = m->out;
	size_t object = m->object[first];

	if (depth > JSON_DEPTH_MAX)
		return fail(m, first, "nested more than 1000 deep");
	buf_add_char(&out->text, '{');
	for (size_t i = first; i < m->columns->n; i++) {
		if (m->object[i] != object)
			continue;
		if (i > first)
			buf_add_char(&out->text, ',');
		if (move_members(m, i, ++m->objects) == -1)
			return -1;
		json_write_text(&out->text, buf_span(&m->key));
		buf_add_char(&out->text, ':');
		if (*m->rest[i] != '\0') {
			if (write_object(m, i, depth + 1) == -1)
				return -1;
			continue;
		}
		out->order[out->n] = i;
		out->ends[out->n++] = out->text.n;
	}
	buf_add_char(&out->text, '}');
	return 0;
}

int
literals_make(const struct columns *columns, struct literals *out,
    struct buf *why, size_t *bad)
{
	struct maker m = { .columns = columns, .out = out, .why = why };
	size_t n = columns->n;
	int rc = -1;

	m.bad = bad;
	m.rest = calloc(n, sizeof *m.rest);
	m.object = calloc(n, sizeof *m.object);
	out->order = calloc(n, sizeof *out->order);
	out->ends = calloc(n + 1, sizeof *out->ends);
	*bad = 0;
	if (m.rest != NULL && m.object != NULL && out->order != NULL &&
	    out->ends != NULL) {
		for (size_t i = 0; i < n; i++)
			m.rest[i] = columns->col[i].name;
		rc = write_object(&m, 0, 1);
	}
	if (rc == 0) {
		buf_add_char(&out->text, '\n');
		out->ends[n] = out->text.n;
		if (m.key.failed || m.other.failed || out->text.failed)
			rc = -1;
	}
	free(m.rest);
	free(m.object);
	buf_free(&m.key);
	buf_free(&m.other);
	return rc;
}

void
literals_free(struct literals *l)
{
	free(l->order);
	free(l->ends);
	buf_free(&l->text);
	*l = (struct literals){ 0 };
}

struct span
literals_at(const struct literals *l, size_t i)
{
	size_t begin = i == 0 ? 0 : l->ends[i - 1];

	return (struct span){ l->text.p + begin, l->ends[i] - begin };
}
