/* relation - columns, and what they are columns of.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/relation.h"

#include <string.h>

struct relation *
relation_fail(struct compiler *c, size_t at, size_t n, const char *what)
{
	sql_errors_add(&c->script->errors, at, n, "%s", what);
	return NULL;
}

struct relation *
relation_fail_name(
    struct compiler *c, const struct sql_name *name, const char *what)
{
	return relation_fail(c, name->at, name->length, what);
}

struct relation *
relation_fail_node(
    struct compiler *c, const struct sql_node *n, const char *what)
{
	return relation_fail(c, n->at, n->length, what);
}

struct field *
relation_add(struct compiler *c, struct relation *r, struct field f)
{
	if (r->n == r->cap) {
		size_t cap = r->cap * 2 + 16;
		struct field *more = script_make(c->script, cap * sizeof *more);

		if (more == NULL)
			return NULL;
		if (r->n > 0)
			memcpy(more, r->field, r->n * sizeof *more);
		r->field = more;
		r->cap = cap;
	}
	r->field[r->n] = f;
	return &r->field[r->n++];
}

struct relation *
relation_like(struct compiler *c, const struct relation *r)
{
	struct relation *copy = script_make(c->script, sizeof *copy);

	if (copy == NULL)
		return NULL;
	*copy = *r;
	copy->field = NULL;
	copy->n = copy->cap = 0;
	return copy;
}

const struct field *
relation_field(const struct relation *r, enum field_role role)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->field[i].role == role)
			return &r->field[i];
	return NULL;
}

bool
relation_is_bound(const struct field *f)
{
	return f->role == FIELD_START || f->role == FIELD_END ||
	       f->role == FIELD_TIME;
}
