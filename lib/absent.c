/* absent - fields that no record has had, and what was perhaps meant.
 * SPDX-License-Identifier: ISC */
#include "lib/absent.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/array.h"
#include "lib/diag.h"
#include "lib/json.h"
#include "lib/nearest.h"
#include "lib/path.h"

enum {
	DEPTH_MAX = 8,    /* of objects whose names are compared */
	NAMES_BYTES = 60, /* of names that are listed, about */
};

int
absent_add(struct absent *a, const char *name, int path)
{
	if (array_room(a->field, a->cap, a->n + 1) == -1)
		return -1;
	a->field[a->n++] = (struct absent_field){
		.name = name, .path = path, .edits = SIZE_MAX
	};
	a->left++;
	return 0;
}

void
absent_free(struct absent *a)
{
	free(a->field);
	buf_free(&a->names);
	*a = (struct absent){ 0 };
}

void
absent_see(struct absent *a, size_t i)
{
	a->left -= !a->field[i].seen;
	a->field[i].seen = true;
}

/* path: a name that there is; last: its last key. */
static void
compare(struct absent *a, struct span path, struct span last)
{
	for (size_t i = 0; i < a->n; i++) {
		struct absent_field *f = &a->field[i];
		struct span name = span_of(f->name);
		size_t edits = nearest_edits(name, path);

		/* Its object was left out. */
		if (nearest_edits(name, last) == 0)
			edits = 0;
		if (f->seen || edits >= f->edits || path.n >= sizeof f->near)
			continue;
		f->edits = edits;
		memcpy(f->near, path.p, path.n);
		f->near[path.n] = '\0';
	}
}

static void
list_name(struct absent *a, struct span path)
{
	if (a->looked > 1 || a->names.n > NAMES_BYTES)
		return;
	if (a->names.n > 0)
		buf_add_text(&a->names, ", ");
	if (a->names.n > NAMES_BYTES)
		buf_add_text(&a->names, "...");
	else
		buf_add_span(&a->names, path);
}

/* At '{' of an object whose path stands in *path. */
static void
look_into(struct absent *a, struct json_scan *s, struct buf *path)
{
	size_t before = path->n;
	struct cell key;
	struct buf text = { 0 };

	s->depth++;
	for (int rc = json_scan_first(s, &key); rc == 1;
	     rc = json_scan_next(s, &key)) {
		size_t at = before + (before > 0);
		struct span whole;

		if (before > 0)
			buf_add_char(path, '.');
		buf_clear(&text);
		path_add_key(path, json_text(&key, &text));
		whole = buf_span(path);
		if (path->failed || text.failed)
			break;
		compare(a, whole, (struct span){ path->p + at, path->n - at });
		if (before == 0)
			list_name(a, whole);
		if (*s->p == '{' && s->depth < DEPTH_MAX)
			look_into(a, s, path);
		else if (json_scan_value(s, NULL) == -1)
			break;
		path->n = before;
	}
	s->depth--;
	buf_free(&text);
}

void
absent_look(struct absent *a, struct span record, const struct cell *values)
{
	struct json_scan s = json_scan_of(record, NULL);
	struct buf path = { 0 };

	for (size_t i = 0; i < a->n; i++)
		if (values[a->field[i].path].kind != CELL_MISSING)
			absent_see(a, i);
	if (a->left == 0 || a->looked++ >= ABSENT_RECORDS)
		return;
	look_into(a, &s, &path);
	buf_free(&path);
}

void
absent_say(const struct absent *a, uint64_t rows)
{
	char name[DIAG_QUOTE_MAX], other[DIAG_QUOTE_MAX];

	for (size_t i = 0; i < a->n; i++) {
		const struct absent_field *f = &a->field[i];
		struct span near = span_of(f->near);

		if (f->seen)
			continue;
		diag_quote(name, span_of(f->name));
		if (nearest_is_near(span_of(f->name), near, f->edits))
			diag_remark(NULL,
			    "no row of %" PRIu64
			    " has the field %s; did you mean %s?",
			    rows, name, diag_quote(other, near));
		else
			diag_remark(NULL,
			    "no row of %" PRIu64
			    " has the field %s; the first has %s",
			    rows, name, diag_quote(other, buf_span(&a->names)));
	}
}
