/* zone_file - the bytes of a TZif file.
 * Source: RFC 8536 (versions 1 to 3), RFC 9636 (version 4).
 * SPDX-License-Identifier: ISC */
#include "lib/zone.h"

#include <stdlib.h>

#include "lib/zone_data.h"

enum {
	HEADER_BYTES = 44,
	TYPE_BYTES = 6,
	OFFSET_MOST_S = 26 * 3600 - 1, /* RFC 8536, 3.2: less than 26 h */
};

/* No change lies beyond (146 million years), so that ms fit. */
#define BEYOND_S (INT64_MAX / 1000 / 2)

static const char damaged[] = "the zone's file is damaged";

/* A header, its data block, and the bytes behind. */
struct block {
	char version;
	size_t changes;
	size_t types;
	size_t leaps;
	const unsigned char *at;      /* changes times width bytes */
	const unsigned char *type_of; /* a byte for each change */
	const unsigned char *type;    /* TYPE_BYTES each */
	struct span rest;
};

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int64_t
be_signed(const unsigned char *p, size_t width)
{
	if (width == 4)
		return (int32_t)be32(p);
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Finds the parts of the block; width: bytes of a time. */
static bool
read_block(struct span s, size_t width, struct block *b)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint64_t count[6], bytes;

	if (s.n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
		return false;
	for (size_t i = 0; i < 6; i++)
		count[i] = be32(p + 20 + 4 * i);
	b->version = (char)p[4];
	b->leaps = count[2];
	b->changes = count[3];
	b->types = count[4];
	bytes = count[3] * (width + 1) + count[4] * TYPE_BYTES + count[5] +
	        count[2] * (width + 4) + count[1] + count[0];
	if (bytes > s.n - HEADER_BYTES)
		return false;
	b->at = p + HEADER_BYTES;
	b->type_of = b->at + b->changes * width;
	b->type = b->type_of + b->changes;
	b->rest = (struct span){ s.p + HEADER_BYTES + bytes,
		s.n - HEADER_BYTES - bytes };
	return true;
}

/* The text between the two newlines at the file's end; empty: none. */
static bool
read_footer(struct span rest, struct span *text)
{
	const char *end;

	if (rest.n < 2 || rest.p[0] != '\n')
		return false;
	end = memchr(rest.p + 1, '\n', rest.n - 1);
	if (end == NULL)
		return false;
	*text = (struct span){ rest.p + 1, (size_t)(end - rest.p) - 1 };
	return true;
}

static bool
read_offset(const struct block *b, size_t type, int64_t *offset_ms)
{
	int64_t offset_s;

	if (type >= b->types)
		return false;
	offset_s = (int32_t)be32(b->type + type * TYPE_BYTES);
	*offset_ms = offset_s * 1000;
	return offset_s <= OFFSET_MOST_S && offset_s >= -OFFSET_MOST_S;
}

/*
 * Fills z->change; *last_s is the last change's time, of which all what
 * follows is up to the footer.
 */
static bool
read_changes(
    struct zone *z, const struct block *b, size_t width, int64_t *last_s)
{
	int64_t offset_ms;

	if (!read_offset(b, 0, &offset_ms))
		return false;
	z->change[z->n++] = (struct zone_change){ INT64_MIN, offset_ms };
	for (size_t i = 0; i < b->changes; i++) {
		int64_t at_s = be_signed(b->at + i * width, width);

		if (!read_offset(b, b->type_of[i], &offset_ms) ||
		    (i > 0 && at_s <= *last_s))
			return false;
		*last_s = at_s;
		if (at_s < -BEYOND_S) /* zic's "Big Bang", for one */
			z->change[0].offset_ms = offset_ms;
		else if (at_s <= BEYOND_S)
			z->change[z->n++] =
			    (struct zone_change){ at_s * 1000, offset_ms };
	}
	return true;
}

/* Drops the changes that change nothing; notes the bounds of offsets. */
static void
tidy(struct zone *z)
{
	size_t n = 1;

	z->most_ms = z->least_ms = z->change[0].offset_ms;
	for (size_t i = 1; i < z->n; i++) {
		int64_t offset_ms = z->change[i].offset_ms;

		if (offset_ms == z->change[n - 1].offset_ms)
			continue;
		z->change[n++] = z->change[i];
		if (offset_ms > z->most_ms)
			z->most_ms = offset_ms;
		if (offset_ms < z->least_ms)
			z->least_ms = offset_ms;
	}
	z->n = n;
}

static int
build(struct zone *z, const struct block *b, size_t width, struct span footer,
    const char **what)
{
	struct zone_rule rule;
	int64_t last_s = 0;

	*what = damaged;
	if (footer.n > 0 && !zone_rule_parse(footer, &rule))
		return -1;
	z->change =
	    calloc(1 + b->changes + ZONE_RULE_CHANGES, sizeof *z->change);
	if (z->change == NULL) {
		*what = "out of memory";
		return -1;
	}
	if (!read_changes(z, b, width, &last_s))
		return -1;
	if (footer.n > 0 && last_s <= BEYOND_S) {
		if (last_s < -BEYOND_S)
			last_s = -BEYOND_S;
		zone_rule_extend(z, &rule, last_s);
		z->repeats_before = z->repeats && b->changes == 0;
	}
	tidy(z);
	return 0;
}

int
zone_parse(struct span file, struct zone **out, const char **what)
{
	struct block b;
	struct span footer = { 0 };
	struct zone *z;
	size_t width = 4;

	*out = NULL;
	*what = damaged;
	if (!read_block(file, width, &b))
		return -1;
	if (b.version >= '2') {
		width = 8;
		if (!read_block(b.rest, width, &b) ||
		    !read_footer(b.rest, &footer))
			return -1;
	}
	if (b.leaps > 0) {
		*what = "the zone counts leap seconds";
		return -1;
	}
	z = calloc(1, sizeof *z);
	if (z == NULL) {
		*what = "out of memory";
		return -1;
	}
	if (build(z, &b, width, footer, what) == -1) {
		zone_free(z);
		return -1;
	}
	if (z->n == 1 && z->change[0].offset_ms == 0) {
		zone_free(z); /* UTC by another name */
		return 0;
	}
	*out = z;
	return 0;
}
