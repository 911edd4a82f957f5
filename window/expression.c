/* expression - SQL's expressions in window's options.
 * SPDX-License-Identifier: ISC */
#include "window/expression.h"

#include "lib/diag.h"

static void
tell(const char *option, struct span text, const struct sql_errors *errors)
{
	struct buf source = { 0 }, caret = { 0 };
	struct diag_at at = { 0 };
	struct span line;
	size_t number;

	buf_addf(&source, "--%s", option);
	at.source = buf_text(&source);
	for (size_t i = 0; i < errors->n; i++) {
		sql_place(
		    text, errors->error[i].at, &number, &at.column, &line);
		at.line = number;
		diag_error(&at, "%s", errors->error[i].message);
		buf_clear(&caret);
		sql_add_caret(&caret, text, errors->error[i].at);
		if (!caret.failed)
			diag_bytes(buf_span(&caret));
	}
	if (errors->out_of_memory)
		diag_error(NULL, "out of memory");
	buf_free(&caret);
	buf_free(&source);
}

struct sql_program *
expression_compile(const char *option, const char *text, bool condition,
    const struct sql_scope *scope, const struct sql_env *env)
{
	struct arena arena = { 0 };
	struct sql_errors errors = { 0 };
	struct sql_node *n = sql_parse_all(span_of(text), &arena, &errors);
	struct sql_program *p = NULL;

	if (n != NULL)
		p = (condition ? sql_compile_condition : sql_compile)(
		    n, scope, env, &errors);
	if (p == NULL)
		tell(option, span_of(text), &errors);
	sql_errors_free(&errors);
	arena_free(&arena);
	return p;
}
