/* json_text - the texts of JSON: decoding and writing.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "lib/json.h"
#include "lib/json_scan.h"

bool
json_is_utf8(struct span s)
{
	const char *p = s.p, *end = s.p + s.n;

	while ((p = json_skip_text(p, end)) < end && (signed char)*p >= 0)
		p++;
	return p == end;
}

static unsigned
hex_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static unsigned
hex_unit(const char *p)
{
	return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 |
	       hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

static void
add_utf8(struct buf *b, unsigned c)
{
	char bytes[4];
	size_t n = 0;

	if (c < 0x80) {
		bytes[n++] = (char)c;
	} else if (c < 0x800) {
		bytes[n++] = (char)(0xc0 | c >> 6);
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		bytes[n++] = (char)(0xe0 | c >> 12);
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		bytes[n++] = (char)(0xf0 | c >> 18);
		bytes[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	}
	buf_add(b, bytes, n);
}

/* At a backslash of a text that has been checked; returns what follows. */
static const char *
decode_escape(const char *p, struct buf *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at;
	unsigned unit;

	if (p[1] != 'u') {
		at = strchr(from, p[1]);
		buf_add_char(out, at != NULL ? to[at - from] : p[1]);
		return p + 2;
	}
	unit = hex_unit(p + 2);
	p += 6;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		unit = 0x10000 + ((unit - 0xd800) << 10) +
		       (hex_unit(p + 2) - 0xdc00);
		p += 6;
	}
	add_utf8(out, unit);
	return p;
}

struct span
json_text(const struct json_value *value, struct buf *scratch)
{
	const char *p = value->raw.p, *end = p + value->raw.n;
	size_t start = scratch->n;

	if (!value->escaped)
		return value->raw;
	while (p < end) {
		const char *stop = memchr(p, '\\', (size_t)(end - p));

		if (stop == NULL)
			stop = end;
		buf_add(scratch, p, (size_t)(stop - p));
		p = stop < end ? decode_escape(stop, scratch) : end;
	}
	if (scratch->failed)
		return (struct span){ 0 };
	return (struct span){ scratch->p + start, scratch->n - start };
}

void
json_write_text(struct buf *out, struct span text)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	/* An empty span may have no p to add to. */
	const char *p = text.p, *end = text.n == 0 ? p : p + text.n;

	buf_add_char(out, '"');
	while (p < end) {
		const char *stop = p;
		const char *at;

		while (stop < end && (unsigned char)*stop >= 0x20 &&
		       *stop != '"' && *stop != '\\')
			stop++;
		buf_add(out, p, (size_t)(stop - p));
		p = stop;
		if (p == end)
			break;
		at = *p == '\0' ? NULL : strchr(from, *p);
		buf_add_char(out, '\\');
		if (at != NULL) {
			buf_add_char(out, to[at - from]);
		} else {
			buf_add_text(out, "u00");
			buf_add_char(out, hex[(unsigned char)*p >> 4]);
			buf_add_char(out, hex[*p & 0xf]);
		}
		p++;
	}
	buf_add_char(out, '"');
}

void
json_write_compact(struct buf *out, struct span raw)
{
	struct json_scan s = { raw.p, raw.p + raw.n, raw.p, 0, NULL };
	struct buf scratch = { 0 };

	while (s.p < s.end) {
		if (*s.p == '"') {
			struct json_value text = { JSON_TEXT, false, { 0 } };
			const char *start = ++s.p;

			if (json_scan_text(&s, &text.escaped) == -1)
				break;
			text.raw =
			    (struct span){ start, (size_t)(s.p - start - 1) };
			buf_clear(&scratch);
			json_write_text(out, json_text(&text, &scratch));
		} else if (*s.p == ' ' || *s.p == '\t' || *s.p == '\r' ||
			   *s.p == '\n') {
			s.p++;
		} else {
			buf_add_char(out, *s.p++);
		}
	}
	out->failed |= scratch.failed;
	buf_free(&scratch);
}
