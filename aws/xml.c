/* xml - one element's text out of a small XML reply.
 * SPDX-License-Identifier: ISC */
#include "aws/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct finder {
	XML_Parser parser;
	const char *path;
	struct buf *text;
	int depth;   /* elements that are open */
	int matched; /* of them, those from the root on that the path names */
	bool inside; /* the element, and its text comes */
	bool found;  /* and ended */
};

/* --- memory: the replies hold secrets, which are wiped when freed -------- */

union block {
	size_t bytes; /* behind it */
	max_align_t aligned;
};

static void
wiping_free(void *p)
{
	union block *b = p;

	if (p == NULL)
		return;
	explicit_bzero(p, b[-1].bytes);
	free(b - 1);
}

static void *
sized_malloc(size_t bytes)
{
	union block *b;

	if (bytes > SIZE_MAX - sizeof *b)
		return NULL;
	b = malloc(sizeof *b + bytes);
	if (b == NULL)
		return NULL;
	b->bytes = bytes;
	return b + 1;
}

static void *
wiping_realloc(void *p, size_t bytes)
{
	void *fresh = sized_malloc(bytes);
	size_t old = p == NULL ? 0 : ((union block *)p)[-1].bytes;

	if (fresh == NULL)
		return NULL;
	if (p != NULL)
		memcpy(fresh, p, old < bytes ? old : bytes);
	wiping_free(p);
	return fresh;
}

/* --- finding -------------------------------------------------------------- */

/* Is part i of the path this name, and *last, is it the last one? */
static bool
names(const char *path, int i, const char *name, bool *last)
{
	size_t n;

	for (; i > 0; i--) {
		path = strchr(path, '/');
		if (path == NULL)
			return false;
		path++;
	}
	n = strcspn(path, "/");
	*last = path[n] == '\0';
	return (n == 1 && *path == '*') ||
	       (strlen(name) == n && memcmp(name, path, n) == 0);
}

static void XMLCALL
start(void *ctx, const char *name, const char **attributes)
{
	struct finder *f = ctx;
	bool last;

	(void)attributes;
	if (f->inside || f->depth == XML_DEPTH_MAX) {
		(void)XML_StopParser(f->parser, XML_FALSE);
		return;
	}
	if (f->matched == f->depth && names(f->path, f->depth, name, &last)) {
		f->matched++;
		f->inside = last && !f->found;
	}
	f->depth++;
}

static void XMLCALL
end(void *ctx, const char *name)
{
	struct finder *f = ctx;

	(void)name;
	f->found |= f->inside;
	f->inside = false;
	f->depth--;
	if (f->matched > f->depth)
		f->matched = f->depth;
}

static void XMLCALL
add_text(void *ctx, const char *p, int n)
{
	struct finder *f = ctx;

	if (f->inside)
		buf_add(f->text, p, (size_t)n);
}

/* No reply has one, and entities of its own could grow without end. */
static void XMLCALL
refuse(void *ctx, const char *name, const char *system_id,
    const char *public_id, int has_subset)
{
	struct finder *f = ctx;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	(void)XML_StopParser(f->parser, XML_FALSE);
}

int
xml_find(struct span document, const char *path, struct buf *text)
{
	static const XML_Memory_Handling_Suite memory = { sized_malloc,
		wiping_realloc, wiping_free };
	struct finder f = { .path = path, .text = text };
	int rc = -1;

	f.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
	if (f.parser == NULL || document.n > INT_MAX) {
		XML_ParserFree(f.parser);
		return -1;
	}
	XML_SetUserData(f.parser, &f);
	XML_SetElementHandler(f.parser, start, end);
	XML_SetCharacterDataHandler(f.parser, add_text);
	XML_SetStartDoctypeDeclHandler(f.parser, refuse);
	if (XML_Parse(f.parser, document.p, (int)document.n, 1) ==
		XML_STATUS_OK &&
	    !text->failed)
		rc = f.found ? 1 : 0;
	XML_ParserFree(f.parser);
	return rc;
}
