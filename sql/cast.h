/* cast - a value of one type becomes one of another.
 *
 * Source: Apache Flink 1.20, the cast rules of functions/casting; seen on Flink
 * itself.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_CAST_H
#define SQL_CAST_H

#include "sql/op.h"

/* True where CAST(… AS to) may be written. */
bool sql_cast_allowed(struct type from, struct type to);

/*
 * Casts *v, which is not null, into *out.  SQL_FAIL: it cannot be, and
 * run->what says why; numbers without room in a DECIMAL are null.  out may be
 * v.
 */
enum sql_step sql_cast(struct sql_run *, const struct value *v,
    struct type from, struct type to, struct value *out);

/*
 * What SQL does unasked, where it does: numbers to wider ones, a text beside a
 * time.  An undeclared value becomes one of a declared type if it is of that
 * kind, and null otherwise (run->mixed counts those); and the other way round.
 */
enum sql_step sql_convert(struct sql_run *, const struct value *v,
    struct type from, struct type to, struct value *out);

/* Adds the value as CAST(… AS STRING) has it. */
void sql_cast_write(
    struct buf *, const struct value *, struct type, const struct zone *);

#endif
