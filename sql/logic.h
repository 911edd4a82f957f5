/* logic - NOT and the IS of truths and nulls.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_LOGIC_H
#define SQL_LOGIC_H

#include "sql/op.h"

enum sql_step sql_eval_not(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_is_null(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_is_true(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_is_false(const struct sql_op *, struct sql_run *);

#endif
