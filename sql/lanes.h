/* lanes - arithmetic of numbers that fit 64 bits, of many rows at once.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_LANES_H
#define SQL_LANES_H

#include "sql/program.h"

enum { SQL_LANE_ROWS = 64 };

/*
 * Sets p->lanes, in p's arena, where p is made of nothing but + - * / of
 * integers and of DECIMALs of up to 18 digits, which cannot fail but by a
 * division by zero.  Where it is not, or there is no memory, that stays NULL.
 */
void sql_lanes_init(struct sql_program *p);

/*
 * Computes what sql_run() gives for n rows, at most SQL_LANE_ROWS, whose values
 * lie stride apart, into their value `to`.  False: it is for sql_run(), row by
 * row; those values may have been written.
 */
bool sql_lanes_run(const struct sql_program *p, struct value *rows,
    size_t stride, int n, int to);

#endif
