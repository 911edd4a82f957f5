/* text - owned texts ended by NUL.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_TEXT_H
#define AWS_TEXT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/* A copy that the caller frees; NULL: out of memory. */
char *text_copy(struct span);

/* Replaces *text by a copy.  0, or -1: memory; *text is NULL then. */
int text_set(char **text, struct span);

/* The content of the buf as an owned text; frees the buf. NULL: it failed. */
char *text_take(struct buf *);

/* Wipes and frees a text that may hold a secret; NULL is fine. */
void text_free(char *);

/* Frees a buf that may hold a secret, after wiping it. */
void text_wipe(struct buf *);

/* ASCII letters in either case are equal. */
bool text_same(struct span, const char *);

/* The span without blanks (space, tab, CR, LF) around it. */
struct span text_trim(struct span);

/* Where b begins in a, or NULL. */
const char *text_find(struct span a, const char *b);

/* The bytes with all but letters, digits and "-._~" as %HH. */
void text_add_encoded(struct buf *, struct span);

/* All zero is empty.  argv is owned and ended by NULL. */
struct words {
	char **argv;
	size_t n;
};

/*
 * Words are separated by blanks; within '...' all is literal, within "..." a
 * backslash takes '"' and '\' literally, outside it takes any character:
 * Python's shlex.split(), which botocore uses. No variables, no globs, no
 * operators.  -1: no word, a quote left open, a NUL byte, or out of memory.
 */
int words_split(struct span command, struct words *);
void words_free(struct words *); /* wipes */

#endif
