/* compile - SQL's expressions in window's options: compiled, and told what
 * is wrong with them.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_COMPILE_H
#define WINDOW_COMPILE_H

#include "lib/columns.h"
#include "sql/program.h"

/*
 * Compiles the text of an option, a truth, whose names are those of scope. NULL
 * after errors, all that there are, each with its place and a caret (status 2).
 */
struct sql_program *compile_filter(const char *option, const char *text,
    const struct sql_scope *, const struct sql_env *);

/* The same of --where and --having: see sql_compile_where(). */
struct sql_program *compile_where(const char *option, const char *text,
    const struct sql_scope *, const struct sql_env *);

/*
 * The same for a computed column of an option whose value was given so.  Its
 * type is one that a column can have.
 */
struct sql_program *
compile_column(const char *option, const char *value, const struct columns *,
    const struct column *, const struct sql_scope *, const struct sql_env *);

#endif
