/* like - the columns that would generate rows like those of a file.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_LIKE_H
#define DATAGEN_LIKE_H

#include "lib/diag.h"

/*
 * Reads rows from the file ("-": standard input) and writes their columns'
 * notation to standard output.  Lines that are no records are skipped and
 * said: STATUS_DATA.
 */
enum status like_run(const char *file);

#endif
