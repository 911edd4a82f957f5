/* properties - what fills a job's placeholders.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/properties.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/json.h"

enum { PROPERTIES_MAX = 1 << 20 }; /* bytes of the file: it has some hundred */

#define FILE_NAME "application_properties.json"

/* Where Managed Service for Apache Flink puts it; read 2026-11. */
#define FILE_OF_SERVICE "/etc/flink/" FILE_NAME

static const char *
path_of(const char *given, const char *job, struct arena *arena)
{
	const char *local = getenv("IS_LOCAL"), *slash = strrchr(job, '/');
	struct buf b = { 0 };
	struct span path;

	if (given != NULL)
		return given;
	if (local == NULL || *local == '\0')
		return FILE_OF_SERVICE;
	if (slash != NULL)
		buf_add(&b, job, (size_t)(slash + 1 - job));
	buf_add_text(&b, FILE_NAME);
	path = b.failed ? (struct span){ NULL, 0 }
	                : arena_copy(arena, buf_span(&b));
	buf_free(&b);
	return path.p != NULL ? path.p : FILE_NAME;
}

/* While the file is read. */
struct reading {
	struct properties *properties;
	struct property **next;
	struct json_scan scan;
	struct arena *arena;
	struct buf text;
};

/* A text's characters, in the arena; p == NULL: no memory. */
static struct span
decoded(struct reading *r, const struct cell *c)
{
	struct span text;

	buf_clear(&r->text);
	text = json_text(c, &r->text);
	return arena_copy(r->arena, text.n == 0 ? span_of("") : text);
}

static int
fault(struct reading *r, const char *what)
{
	return json_scan_fault(&r->scan, what);
}

/* A text's characters; what else is there is refused. */
static int
take_text(struct reading *r, const char *refusal, struct span *out)
{
	struct cell value;

	if (json_scan_value(&r->scan, &value) == -1)
		return -1;
	if (value.kind != CELL_TEXT)
		return fault(r, refusal);
	*out = decoded(r, &value);
	return out->p == NULL ? -1 : 0;
}

/* The keys and values of a group; named by their key alone for now. */
static int
take_map(struct reading *r)
{
	struct cell key;
	int rc;

	for (rc = json_scan_first(&r->scan, &key); rc == 1;
	     rc = json_scan_next(&r->scan, &key)) {
		struct property *p = arena_zero(r->arena, sizeof *p);

		if (p == NULL)
			return -1;
		p->name = decoded(r, &key);
		if (p->name.p == NULL ||
		    take_text(r, "a property's value is a text in quotes",
			&p->value) == -1)
			return -1;
		*r->next = p;
		r->next = &p->next;
	}
	return rc;
}

/* "key" becomes "Group.key". */
static int
name_members(struct reading *r, struct property *p, struct span group)
{
	for (; p != NULL; p = p->next) {
		buf_clear(&r->text);
		buf_add_span(&r->text, group);
		buf_add_char(&r->text, '.');
		buf_add_span(&r->text, p->name);
		if (r->text.failed)
			return -1;
		p->name = arena_copy(r->arena, buf_span(&r->text));
		if (p->name.p == NULL)
			return -1;
	}
	return 0;
}

static int
read_group(struct reading *r)
{
	struct property **first = r->next;
	struct span id = { NULL, 0 };
	bool has_map = false;
	struct cell key;
	int rc;

	for (rc = json_scan_first(&r->scan, &key); rc == 1;
	     rc = json_scan_next(&r->scan, &key)) {
		struct span name = decoded(r, &key);
		bool map = span_is(name, "PropertyMap");

		if (name.p == NULL)
			return -1;
		has_map |= map;
		if (map ? take_map(r) == -1
		    : span_is(name, "PropertyGroupId")
			? take_text(r, "PropertyGroupId is a text in quotes",
			      &id) == -1
			: json_scan_value(&r->scan, NULL) == -1)
			return -1;
	}
	if (rc == -1)
		return -1;
	if (id.p == NULL || !has_map)
		return fault(
		    r, "a group has a PropertyGroupId and a PropertyMap");
	return name_members(r, *first, id);
}

static int
read_groups(struct reading *r)
{
	int rc;

	for (rc = json_scan_first(&r->scan, NULL); rc == 1;
	     rc = json_scan_next(&r->scan, NULL))
		if (read_group(r) == -1)
			return -1;
	return rc == -1 ? -1 : json_scan_end(&r->scan, "more behind the list");
}

static void
tell(const struct reading *r, const char *path)
{
	struct diag_at at = { .source = path, .line = 1, .column = 1 };
	const struct fault *f = r->scan.fault;

	if (f->what == NULL) {
		diag_error(NULL, "out of memory");
		return;
	}
	for (const char *p = r->scan.start; p < r->scan.start + f->at; p++) {
		at.line += *p == '\n';
		at.column = *p == '\n' ? 1 : at.column + 1;
	}
	diag_error(&at,
	    "%s; it is as [{\"PropertyGroupId\": \"Group\", "
	    "\"PropertyMap\": {\"key\": \"value\"}}]",
	    f->what);
}

int
properties_load(struct properties *properties, const char *given,
    const char *job, struct arena *arena)
{
	struct buf file = { 0 };
	struct fault why = { 0 };
	struct reading r = { .properties = properties,
		.next = &properties->first,
		.arena = arena };
	int rc;

	properties->path = path_of(given, job, arena);
	if (file_read(properties->path, PROPERTIES_MAX, &file) == -1) {
		properties->absent = given == NULL && errno == ENOENT;
		if (properties->absent)
			return 0;
		diag_error(NULL, "the properties in %s cannot be read: %s",
		    properties->path, strerror(errno));
		buf_free(&file);
		return -1;
	}
	r.scan = json_scan_of(buf_span(&file), &why);
	rc = read_groups(&r);
	if (rc == -1)
		tell(&r, properties->path);
	buf_free(&r.text);
	buf_free(&file);
	return rc;
}

const struct property *
properties_find(const struct properties *properties, struct span name)
{
	const struct property *p = properties->first;

	while (p != NULL && !span_equal(p->name, name))
		p = p->next;
	return p;
}
