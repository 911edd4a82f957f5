/* report_form - what report.c asks of report_form.c, which also has
 * report_count() and the other members.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_REPORT_FORM_H
#define LIB_REPORT_FORM_H

#include "lib/report.h"

/* Adds to r->out what comes before the program's members, in r->form. */
void report_form_head(struct report *);

/* Since report_init(). */
int64_t report_form_elapsed_ms(const struct report *);

#endif
