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

/*
 * Each member of an object, whose '{' is passed, goes to take(), which reads
 * its value.
 */
static int
each_member(struct reading *r,
    int (*take)(struct reading *, struct span, void *), void *ctx)
{
	struct cell key;

	json_scan_blanks(&r->scan);
	if (json_scan_is(&r->scan, '}'))
		return 0;
	do {
		struct span name;

		json_scan_blanks(&r->scan);
		if (json_scan_key(&r->scan, &key) == -1)
			return -1;
		name = decoded(r, &key);
		if (name.p == NULL || take(r, name, ctx) == -1)
			return -1;
		json_scan_blanks(&r->scan);
	} while (json_scan_is(&r->scan, ','));
	return json_scan_is(&r->scan, '}') ? 0
	                                   : fault(r, "expected ',' or '}'");
}

/* A key and value of the map; named by their key alone for now. */
static int
take_value(struct reading *r, struct span key, void *ctx)
{
	struct property *p = arena_zero(r->arena, sizeof *p);
	struct cell value;

	(void)ctx;
	if (json_scan_value(&r->scan, &value) == -1)
		return -1;
	if (value.kind != CELL_TEXT)
		return fault(r, "a property's value is a text in quotes");
	if (p == NULL)
		return -1;
	p->name = key;
	p->value = decoded(r, &value);
	*r->next = p;
	r->next = &p->next;
	return p->value.p == NULL ? -1 : 0;
}

struct group {
	struct span id;
	bool has_map;
};

static int
take_member(struct reading *r, struct span key, void *ctx)
{
	struct group *group = ctx;
	struct cell value;

	if (span_is(key, "PropertyMap")) {
		group->has_map = true;
		if (!json_scan_is(&r->scan, '{'))
			return fault(r, "PropertyMap is an object");
		return each_member(r, take_value, NULL);
	}
	if (json_scan_value(&r->scan, &value) == -1)
		return -1;
	if (!span_is(key, "PropertyGroupId"))
		return 0;
	if (value.kind != CELL_TEXT)
		return fault(r, "PropertyGroupId is a text in quotes");
	group->id = decoded(r, &value);
	return group->id.p == NULL ? -1 : 0;
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
	struct group group = { 0 };

	json_scan_blanks(&r->scan);
	if (!json_scan_is(&r->scan, '{'))
		return fault(r, "expected a group, an object");
	if (each_member(r, take_member, &group) == -1)
		return -1;
	if (group.id.p == NULL || !group.has_map)
		return fault(
		    r, "a group has a PropertyGroupId and a PropertyMap");
	return name_members(r, *first, group.id);
}

static int
read_groups(struct reading *r)
{
	json_scan_blanks(&r->scan);
	if (!json_scan_is(&r->scan, '['))
		return fault(r, "expected '[', a list of groups");
	json_scan_blanks(&r->scan);
	if (!json_scan_is(&r->scan, ']')) {
		do {
			if (read_group(r) == -1)
				return -1;
			json_scan_blanks(&r->scan);
		} while (json_scan_is(&r->scan, ','));
		if (!json_scan_is(&r->scan, ']'))
			return fault(r, "expected ',' or ']'");
	}
	json_scan_blanks(&r->scan);
	return r->scan.p == r->scan.end ? 0 : fault(r, "more behind the list");
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
		.arena = arena,
		.scan = { .fault = &why } };
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
	r.scan.p = r.scan.start = file.n == 0 ? "" : file.p;
	r.scan.end = r.scan.p + file.n;
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
