/* path - where a field is in a row: keys, from the outside in.
 * SPDX-License-Identifier: ISC */
#include "lib/path.h"

int
path_key(struct span path, size_t *at, struct buf *key, struct fault *fault)
{
	size_t i = *at;

	buf_clear(key);
	if (i == path.n && i > 0 && path.p[i - 1] != '.')
		return 0;
	if (i < path.n && path.p[i] == '"') {
		for (i++;; i++) {
			if (i == path.n)
				return fault_set(
				    fault, *at, "the quote is not closed");
			if (path.p[i] != '"')
				buf_add_char(key, path.p[i]);
			else if (i + 1 < path.n && path.p[i + 1] == '"')
				buf_add_char(key, path.p[i++]);
			else
				break;
		}
		i++;
		if (i < path.n && path.p[i] != '.')
			return fault_set(
			    fault, i, "expected a dot after the quoted key");
	} else {
		for (; i < path.n && path.p[i] != '.'; i++) {
			if (path.p[i] == '"')
				return fault_set(fault, i,
				    "a quote inside a key; quote the whole "
				    "key");
			buf_add_char(key, path.p[i]);
		}
		if (key->n == 0)
			return fault_set(fault, i, "an empty key; write \"\"");
	}
	/* A dot at the very end leaves *at == n behind it: an empty key next.
	 */
	*at = i < path.n ? i + 1 : i;
	return key->failed ? fault_set(fault, i, "out of memory") : 1;
}

static bool
key_is_plain(struct span key)
{
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] == '.' || key.p[i] == '"')
			return false;
	return key.n > 0;
}

void
path_add_quoted(struct buf *out, struct span key)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, key.p[i]);
	}
	buf_add_char(out, '"');
}

void
path_add_key(struct buf *out, struct span key)
{
	if (key_is_plain(key))
		buf_add_span(out, key);
	else
		path_add_quoted(out, key);
}

int
path_canonical(struct span path, struct buf *out, struct fault *fault)
{
	struct buf key = { 0 };
	size_t at = 0;
	bool first = true;
	int rc;

	while ((rc = path_key(path, &at, &key, fault)) == 1) {
		if (!first)
			buf_add_char(out, '.');
		first = false;
		path_add_key(out, buf_span(&key));
	}
	buf_free(&key);
	return rc;
}

/* A name's next byte with quotes taken off: keys as they are, dots between. */
struct unquoted {
	const char *p;
	bool begins; /* p is at the beginning of a key */
	bool quoted;
};

static char
unquoted_next(struct unquoted *u)
{
	if (u->begins && *u->p == '"') {
		u->quoted = true;
		u->p++;
	}
	u->begins = false;
	if (u->quoted && u->p[0] == '"') {
		if (u->p[1] != '"') {
			u->quoted = false;
			u->p++;
		} else
			u->p++;
	}
	if (*u->p == '\0')
		return '\0';
	u->begins = !u->quoted && *u->p == '.';
	return *u->p++;
}

bool
path_same(const char *a, const char *b)
{
	struct unquoted x = { a, true, false };
	struct unquoted y = { b, true, false };
	char c;

	do {
		c = unquoted_next(&x);
		if (c != unquoted_next(&y))
			return false;
	} while (c != '\0');
	return true;
}

void
path_add_unquoted(struct buf *out, const char *path)
{
	struct unquoted u = { path, true, false };
	char c;

	while ((c = unquoted_next(&u)) != '\0')
		buf_add_char(out, c);
}
