/* text - owned texts ended by NUL.
 * SPDX-License-Identifier: ISC */
#include "aws/text.h"

#include "lib/ascii.h"

#include <stdlib.h>
#include <strings.h>

#include <openssl/crypto.h>

char *
text_copy(struct span s)
{
	char *copy = malloc(s.n + 1);

	if (copy == NULL)
		return NULL;
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

int
text_set(char **text, struct span s)
{
	char *copy = text_copy(s);

	free(*text);
	*text = copy;
	return copy == NULL ? -1 : 0;
}

void
text_free(char *text)
{
	if (text == NULL)
		return;
	OPENSSL_cleanse(text, strlen(text));
	free(text);
}

void
text_wipe(struct buf *b)
{
	if (b->p != NULL)
		OPENSSL_cleanse(b->p, b->cap);
	buf_free(b);
}

char *
text_take(struct buf *b)
{
	char *taken = NULL;

	if (buf_text(b) != NULL)
		taken = text_copy(buf_span(b));
	text_wipe(b);
	return taken;
}

bool
text_same(struct span s, const char *t)
{
	return strlen(t) == s.n && (s.n == 0 || strncasecmp(s.p, t, s.n) == 0);
}

struct span
text_trim(struct span s)
{
	while (s.n > 0 && ascii_is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && ascii_is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

void
text_add_encoded(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~')
			buf_add_char(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

const char *
text_find(struct span a, const char *b)
{
	return a.n == 0 ? NULL : memmem(a.p, a.n, b, strlen(b));
}

/* --- words of a command line --- */

void
words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		text_free(w->argv[i]);
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
