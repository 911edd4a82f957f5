/* pattern - LIKE, SIMILAR TO and regular expressions.
 *
 * Expressions are PCRE2's, with what Java reads the same way; a pattern is
 * compiled once, and bounded in steps and memory.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_PATTERN_H
#define SQL_PATTERN_H

#include "sql/function.h"

bool sql_bind_like(struct sql_call *);
bool sql_bind_similar(struct sql_call *);
bool sql_bind_regexp(struct sql_call *);
bool sql_bind_regexp_extract(struct sql_call *);
bool sql_bind_regexp_replace(struct sql_call *);

#endif
