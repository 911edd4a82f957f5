/* json_path - JSON_VALUE, JSON_EXISTS, IS JSON.
 *
 * Source: Apache Flink 1.20, SqlJsonUtils, with the paths of Jayway's JsonPath:
 * names, indices, * and ..; seen on Flink itself.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_JSON_PATH_H
#define SQL_JSON_PATH_H

#include "sql/function.h"

bool sql_bind_json_value(struct sql_call *);
bool sql_bind_json_exists(struct sql_call *);
enum sql_step sql_eval_is_json(const struct sql_op *, struct sql_run *);

#endif
