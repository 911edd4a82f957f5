/* words - a command line split as a shell splits it, without a shell.
 * SPDX-License-Identifier: ISC */
#include "aws/words.h"

#include <stdbool.h>
#include <stdlib.h>

#include "aws/identity.h"
#include "aws/text.h"

void
words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		identity_wipe_text(w->argv[i]);
	free(w->argv);
	*w = (struct words){ 0 };
}

static int
add_word(struct words *w, struct buf *word)
{
	char **longer = reallocarray(w->argv, w->n + 2, sizeof *longer);

	if (longer == NULL)
		return -1;
	w->argv = longer;
	longer[w->n] = text_take(word);
	if (longer[w->n] == NULL)
		return -1;
	longer[++w->n] = NULL;
	return 0;
}

/* One character in or out of quotes; quote is '\0' outside. */
static void
read_character(struct span s, size_t *i, char *quote, struct buf *word)
{
	char c = s.p[*i];
	bool more = *i + 1 < s.n;

	if (*quote == '\0' && (c == '"' || c == '\'')) {
		*quote = c;
	} else if (*quote != '\0' && c == *quote) {
		*quote = '\0';
	} else if (c == '\\' && more && *quote != '\'' &&
		   (*quote == '\0' || strchr("\"\\", s.p[*i + 1]) != NULL)) {
		buf_add_char(word, s.p[++*i]);
	} else {
		buf_add_char(word, c);
	}
}

int
words_split(struct span s, struct words *w)
{
	struct buf word = { 0 };
	bool begun = false;
	char quote = '\0';
	int rc = 0;

	*w = (struct words){ 0 };
	if (s.n > 0 && memchr(s.p, '\0', s.n) != NULL)
		return -1;
	for (size_t i = 0; rc == 0 && i < s.n; i++) {
		if (quote == '\0' && strchr(" \t\r\n", s.p[i]) != NULL) {
			if (begun)
				rc = add_word(w, &word);
			begun = false;
			continue;
		}
		begun = true; /* '' is a word too */
		read_character(s, &i, &quote, &word);
	}
	if (rc == 0 && begun)
		rc = add_word(w, &word);
	text_wipe(&word);
	if (rc == 0 && quote == '\0' && w->n > 0)
		return 0;
	words_free(w);
	return -1;
}
