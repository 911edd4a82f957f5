/* compile - SQL's expressions in window's options.
 * SPDX-License-Identifier: ISC */
#include "window/compile.h"

#include "lib/diag.h"

/* Where an expression stands. */
struct place {
	const char *option;
	const char *file; /* or NULL */
	struct span text; /* of all that stands there */
	size_t at;        /* of the expression */
};

static void
tell(const struct place *place, const struct sql_errors *errors)
{
	struct buf source = { 0 }, caret = { 0 };
	struct diag_at at = { .source = place->file };
	struct span line;
	size_t number;

	buf_addf(&source, "--%s", place->option);
	if (at.source == NULL)
		at.source = buf_text(&source);
	for (size_t i = 0; i < errors->n; i++) {
		size_t offset = place->at + errors->error[i].at;

		sql_place(place->text, offset, &number, &at.column, &line);
		at.line = number;
		diag_error(&at, "%s", errors->error[i].message);
		buf_clear(&caret);
		sql_add_caret(&caret, place->text, offset);
		if (!caret.failed)
			diag_bytes(buf_span(&caret));
	}
	if (errors->out_of_memory)
		diag_error(NULL, "out of memory");
	buf_free(&caret);
	buf_free(&source);
}

typedef struct sql_program *compile_fn(const struct sql_node *,
    const struct sql_scope *, const struct sql_env *, struct sql_errors *);

static struct sql_program *
compile(const struct place *place, struct span text, compile_fn *compile_node,
    const struct sql_scope *scope, const struct sql_env *env)
{
	struct arena arena = { 0 };
	struct sql_errors errors = { 0 };
	struct sql_node *n = sql_parse_all(text, &arena, &errors);
	struct sql_program *p = NULL;

	if (n != NULL)
		p = compile_node(n, scope, env, &errors);
	if (p == NULL)
		tell(place, &errors);
	sql_errors_free(&errors);
	arena_free(&arena);
	return p;
}

struct sql_program *
compile_filter(const char *option, const char *text,
    const struct sql_scope *scope, const struct sql_env *env)
{
	const struct place place = { option, NULL, span_of(text), 0 };

	return compile(&place, place.text, sql_compile_condition, scope, env);
}

struct sql_program *
compile_where(const char *option, const char *text,
    const struct sql_scope *scope, const struct sql_env *env)
{
	const struct place place = { option, NULL, span_of(text), 0 };

	return compile(&place, place.text, sql_compile_where, scope, env);
}

/* Not NULL, which has no type of its own, nor an interval. */
static struct sql_program *
compile_value(const struct sql_node *n, const struct sql_scope *scope,
    const struct sql_env *env, struct sql_errors *errors)
{
	struct sql_program *p = sql_compile(n, scope, env, errors);
	char name[SQL_TYPE_NAME_MAX];

	if (p == NULL || p->type.kind < TYPE_KINDS)
		return p;
	sql_errors_add(errors, n->at, n->length,
	    "no column can have the type %s%s", sql_type_name(name, p->type),
	    p->type.kind == SQL_NULL ? "; CAST(NULL AS INT) has one" : "");
	sql_program_free(p);
	return NULL;
}

struct sql_program *
compile_column(const char *option, const char *value,
    const struct columns *columns, const struct column *column,
    const struct sql_scope *scope, const struct sql_env *env)
{
	const struct place place = { option, *value == '@' ? value + 1 : NULL,
		span_of(columns->text),
		(size_t)(column->expression.p - columns->text) };

	return compile(&place, column->expression, compile_value, scope, env);
}
