/* expression - SQL's expressions in window's options: compiled, and told what
 * is wrong with them.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_EXPRESSION_H
#define WINDOW_EXPRESSION_H

#include "sql/program.h"

/*
 * Compiles the text of an option, whose names are those of scope.  condition:
 * it must be a truth.  NULL after errors, all that there are, each with its
 * place and a caret (status 2).
 */
struct sql_program *expression_compile(const char *option, const char *text,
    bool condition, const struct sql_scope *, const struct sql_env *);

#endif
