/* text - the functions of texts.
 *
 * Most count characters; LPAD, RPAD and OVERLAY count the units of UTF-16, as
 * Flink does there, and half of a pair that they leave is a question mark.
 *
 * Source: Apache Flink 1.20, BinaryStringDataUtil, SqlFunctionUtils, and
 * Calcite's SqlFunctions; seen on Flink itself.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_TEXT_H
#define SQL_TEXT_H

#include "sql/function.h"

enum sql_step sql_eval_concat(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_concat_ws(const struct sql_op *, struct sql_run *);
bool sql_bind_case(struct sql_call *); /* UPPER, LOWER */
enum sql_step sql_eval_initcap(const struct sql_op *, struct sql_run *);
bool sql_bind_trim(struct sql_call *); /* TRIM, LTRIM, RTRIM */
enum sql_step sql_eval_substring(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_left(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_right(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_char_length(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_position(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_instr(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_replace(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_overlay(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_lpad(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_rpad(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_repeat(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_reverse(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_ascii(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_chr(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_split_index(const struct sql_op *, struct sql_run *);

#endif
