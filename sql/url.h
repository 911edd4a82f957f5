/* url - PARSE_URL: the parts of a URL, as java.net.URL tells them apart.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_URL_H
#define SQL_URL_H

#include "sql/op.h"

/* PARSE_URL(url, part [, key]): null where there is no such part. */
enum sql_step sql_eval_parse_url(const struct sql_op *, struct sql_run *);

#endif
