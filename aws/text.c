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
