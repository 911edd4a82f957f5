/* args - a command line while it is made.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/args.h"

#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/units.h"

void
args_free(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->arg[i]);
	free(a->arg);
	*a = (struct args){ 0 };
}

void
args_add(struct args *a, const char *text)
{
	if (a->failed || array_room(a->arg, a->cap, a->n + 2) == -1 ||
	    (a->arg[a->n] = strdup(text)) == NULL) {
		a->failed = true;
		return;
	}
	a->arg[++a->n] = NULL;
}

void
args_add_option(struct args *a, const char *option, const char *value)
{
	args_add(a, option);
	args_add(a, value);
}

void
args_add_duration(struct args *a, const char *option, int64_t ms)
{
	struct buf text = { 0 };

	units_add_duration(&text, ms);
	if (buf_text(&text) == NULL)
		a->failed = true;
	else
		args_add_option(a, option, text.p);
	buf_free(&text);
}
