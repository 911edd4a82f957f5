/* literals - the bytes of a row that are the same in every row.
 * SPDX-License-Identifier: ISC */
#include "datagen/literals.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/path.h"

struct maker {
	struct literals *out;
	const char **rest; /* of each name, from the key to be written next */
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

static void
end_literal(struct maker *m, size_t column)
{
	m->out->order[m->out->n] = column;
	m->out->ends[m->out->n] = m->out->text.n;
	m->out->n++;
}

static int
write_object(struct maker *m, size_t *columns, size_t n, size_t depth);

/*
 * Writes the key that columns[0] has next, and all columns that have the same
 * one; sets those to SIZE_MAX.
 */
static int
write_member(struct maker *m, size_t *columns, size_t n, size_t depth)
{
	size_t first = columns[0], members = 0, *inner;
	bool is_object;
	int rc = 0;

	m->rest[first] = next_key(m->rest[first], &m->key);
	is_object = m->rest[first][0] != '\0';
	json_write_text(&m->out->text, buf_span(&m->key));
	buf_add_char(&m->out->text, ':');
	inner = calloc(n, sizeof *inner);
	if (inner == NULL)
		return fail(m, first, "");
	inner[members++] = first;
	for (size_t i = 1; i < n && rc == 0; i++) {
		const char *rest;

		if (columns[i] == SIZE_MAX)
			continue;
		rest = next_key(m->rest[columns[i]], &m->other);
		if (!span_equal(buf_span(&m->key), buf_span(&m->other)))
			continue;
		if (!is_object || *rest == '\0')
			rc = fail(m, columns[i],
			    "this key is both a value and an object, or occurs "
			    "twice");
		m->rest[columns[i]] = rest;
		inner[members++] = columns[i];
		columns[i] = SIZE_MAX;
	}
	if (rc == 0 && is_object)
		rc = write_object(m, inner, members, depth + 1);
	else if (rc == 0)
		end_literal(m, first);
	free(inner);
	return rc;
}

static int
write_object(struct maker *m, size_t *columns, size_t n, size_t depth)
{
	bool is_first = true;

	if (depth > JSON_DEPTH_MAX)
		return fail(m, columns[0], "nested more than 1000 deep");
	buf_add_char(&m->out->text, '{');
	for (size_t i = 0; i < n; i++) {
		if (columns[i] == SIZE_MAX)
			continue;
		if (!is_first)
			buf_add_char(&m->out->text, ',');
		is_first = false;
		if (write_member(m, columns + i, n - i, depth) == -1)
			return -1;
	}
	buf_add_char(&m->out->text, '}');
	return 0;
}

int
literals_make(const struct columns *columns, struct literals *out,
    struct buf *why, size_t *bad)
{
	struct maker m = { .out = out, .why = why };
	size_t n = columns->n, *all = calloc(n, sizeof *all);
	int rc = -1;

	m.bad = bad;
	m.rest = calloc(n, sizeof *m.rest);
	out->order = calloc(n, sizeof *out->order);
	out->ends = calloc(n + 1, sizeof *out->ends);
	*bad = 0;
	if (all != NULL && m.rest != NULL && out->order != NULL &&
	    out->ends != NULL) {
		for (size_t i = 0; i < n; i++) {
			all[i] = i;
			m.rest[i] = columns->col[i].name;
		}
		rc = write_object(&m, all, n, 1);
	}
	if (rc == 0) {
		buf_add_char(&out->text, '\n');
		out->ends[n] = out->text.n;
		if (m.key.failed || m.other.failed || out->text.failed)
			rc = -1;
	}
	free(all);
	free(m.rest);
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
