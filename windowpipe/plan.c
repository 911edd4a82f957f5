/* plan - what a job becomes.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/plan.h"

#include <stdlib.h>

void
plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->nstages; i++) {
		for (char **arg = p->stage[i].argv; arg != NULL && *arg != NULL;
		     arg++)
			free(*arg);
		free(p->stage[i].argv);
		free(p->stage[i].name);
	}
	free(p->stage);
	*p = (struct plan){ 0 };
}

/* No two names become one. */
void
plan_add_file(struct buf *b, const char *name)
{
	for (const char *at = name; *at != '\0'; at++)
		if (*at == '/' || *at == '%' || (*at == '.' && at == name))
			buf_addf(b, "%%%02X", (unsigned)*at);
		else
			buf_add_char(b, *at);
}
