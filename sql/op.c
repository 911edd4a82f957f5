/* op - what the functions of compiled expressions share.
 * SPDX-License-Identifier: ISC */
#include "sql/op.h"

/* Of a value at fault as much as a message shows. */
enum { FOUND_MAX = 200 };

enum sql_step
sql_fail_at(struct sql_run *r, const char *what, const struct value *found)
{
	r->what = what;
	r->found = (struct span){ NULL, 0 };
	if (found->kind == VALUE_TEXT) {
		r->found = found->text;
		if (r->found.n > FOUND_MAX)
			r->found.n = FOUND_MAX;
	}
	return SQL_FAIL;
}

char *
sql_room(struct sql_run *r, size_t n)
{
	char *p = arena_alloc(r->scratch, n);

	if (p == NULL)
		r->what = "the text that it makes is too long";
	return p;
}

enum sql_step
sql_text_of(const struct sql_op *op, struct sql_run *r, struct buf *b)
{
	char *p = b->failed ? NULL : arena_alloc(r->scratch, b->n);
	size_t n = b->n;

	if (p != NULL && n > 0)
		memcpy(p, b->p, n);
	buf_free(b);
	if (p == NULL)
		return sql_fail(r, "the text that it makes is too long");
	return sql_text(op, (struct span){ p, n });
}

double
sql_as_double(const struct value *v, struct type type)
{
	if (v->kind == VALUE_INT)
		return (double)v->i;
	if (v->kind == VALUE_DOUBLE)
		return v->d;
	if (type.kind == TYPE_DECIMAL && type.precision <= 18)
		return (double)(int64_t)v->units /
		       (double)(int64_t)decimal_pow10(v->scale);
	return decimal_to_double(value_decimal(v));
}
