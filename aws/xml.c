/* xml - one element's text out of a small XML reply.
 * SPDX-License-Identifier: ISC */
#include "aws/xml.h"

#include <stdbool.h>

#include "aws/text.h"
#include "lib/json.h"

struct reader {
	struct span left;
	struct span
	    open[XML_DEPTH_MAX]; /* names of the elements that are open */
	size_t depth;
	size_t wanted; /* depth at which the element was found, or 0 */
	bool rooted;   /* the root has been seen */
	bool found;    /* and ended */
};

static bool
at(const struct reader *r, const char *text)
{
	size_t n = strlen(text);

	return r->left.n >= n && memcmp(r->left.p, text, n) == 0;
}

static struct span
take(struct reader *r, size_t n)
{
	struct span taken = { r->left.p, n };

	r->left = (struct span){ r->left.p + n, r->left.n - n };
	return taken;
}

/* What stands before the end text; takes both off.  False: no end. */
static bool
take_until(struct reader *r, const char *end, struct span *inside)
{
	const char *p = text_find(r->left, end);

	if (p == NULL)
		return false;
	*inside = take(r, (size_t)(p - r->left.p));
	take(r, strlen(end));
	return true;
}

/* Does the path name the elements that are open? */
static bool
is_here(const struct reader *r, const char *path)
{
	for (size_t i = 0; i < r->depth; i++) {
		size_t n = strcspn(path, "/");
		struct span part = { path, n };

		if (!span_is(part, "*") && !span_equal(part, r->open[i]))
			return false;
		path += n;
		if ((*path == '/') != (i + 1 < r->depth))
			return false;
		path += *path == '/';
	}
	return *path == '\0';
}

static int
add_reference(struct span name, struct buf *text)
{
	static const struct {
		const char *name;
		char c;
	} known[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' },
		{ "quot", '"' }, { "apos", '\'' } };
	unsigned long code = 0;
	bool hex = name.n > 2 && name.p[0] == '#' && name.p[1] == 'x';
	size_t i = hex ? 2 : 1;

	for (size_t k = 0; k < sizeof known / sizeof *known; k++)
		if (span_is(name, known[k].name)) {
			buf_add_char(text, known[k].c);
			return 0;
		}
	if (name.n < 2 || name.p[0] != '#')
		return -1;
	for (; i < name.n && code < 0x80; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *d = memchr(digits, name.p[i] | 0x20, hex ? 16 : 10);

		if (d == NULL)
			return -1;
		code = code * (hex ? 16 : 10) + (unsigned long)(d - digits);
	}
	/* Nothing in the replies that we read is beyond ASCII. */
	if (code >= 0x80 || (code < ' ' && code != '\t' && code != '\n'))
		return -1;
	buf_add_char(text, (char)code);
	return 0;
}

/* Text between tags: decoded where it is wanted, checked elsewhere. */
static int
read_text(struct reader *r, struct buf *text, struct buf *scrap)
{
	bool here = r->wanted == r->depth && r->depth > 0 && !r->found;
	struct buf *out = here ? text : scrap;

	while (r->left.n > 0 && !at(r, "<")) {
		struct span name;
		char c = take(r, 1).p[0];

		if (r->depth == 0 && strchr(" \t\r\n", c) == NULL)
			return -1;
		if (c != '&') {
			buf_add_char(out, c);
			continue;
		}
		if (!take_until(r, ";", &name) ||
		    add_reference(name, out) == -1)
			return -1;
	}
	buf_clear(scrap);
	return 0;
}

static bool
is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '_' || c == '-' ||
			c == '.' || c == ':'))
			return false;
	}
	return s.n > 0;
}

/* The end of a start tag: the first '>' outside quotes. */
static bool
take_tag(struct reader *r, struct span *tag)
{
	char quote = '\0';

	for (size_t i = 0; i < r->left.n; i++) {
		char c = r->left.p[i];

		if (c == '<')
			return false; /* in values too, says XML */
		if (quote != '\0') {
			if (c == quote)
				quote = '\0';
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '>') {
			*tag = take(r, i);
			take(r, 1);
			return true;
		}
	}
	return false;
}

static int
close_element(struct reader *r)
{
	if (r->wanted == r->depth) {
		r->found = true;
		r->wanted = 0;
	}
	r->depth--;
	return 0;
}

static int
read_start(struct reader *r, const char *path)
{
	struct span tag, name;
	bool empty;
	size_t n = 0;

	if (!take_tag(r, &tag) || r->wanted != 0 || r->depth == XML_DEPTH_MAX ||
	    (r->depth == 0 && r->rooted))
		return -1;
	empty = tag.n > 0 && tag.p[tag.n - 1] == '/';
	tag.n -= empty;
	while (n < tag.n && strchr(" \t\r\n", tag.p[n]) == NULL)
		n++;
	name = (struct span){ tag.p, n };
	if (!is_name(name))
		return -1;
	r->rooted = true;
	r->open[r->depth++] = name;
	if (!r->found && is_here(r, path))
		r->wanted = r->depth;
	return empty ? close_element(r) : 0;
}

static int
read_end(struct reader *r)
{
	struct span tag;

	if (!take_until(r, ">", &tag) || r->depth == 0 ||
	    !span_equal(text_trim(tag), r->open[r->depth - 1]))
		return -1;
	return close_element(r);
}

static int
read_markup(struct reader *r, const char *path)
{
	struct span skipped;

	if (at(r, "<?"))
		return take_until(r, "?>", &skipped) ? 0 : -1;
	if (at(r, "<!--"))
		return take_until(r, "-->", &skipped) ? 0 : -1;
	if (at(r, "</")) {
		take(r, 2);
		return read_end(r);
	}
	take(r, 1);
	return read_start(r, path);
}

int
xml_find(struct span document, const char *path, struct buf *text)
{
	struct reader r = { .left = document };
	struct buf scrap = { 0 };
	int rc = json_is_utf8(document) ? 0 : -1;

	while (rc == 0 && r.left.n > 0)
		rc = at(&r, "<") ? read_markup(&r, path)
		                 : read_text(&r, text, &scrap);
	text_wipe(&scrap);
	if (rc == -1 || r.depth != 0 || !r.rooted || text->failed)
		return -1;
	return r.found ? 1 : 0;
}
