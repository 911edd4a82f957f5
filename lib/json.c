/* json - strict JSON in one pass: wanted fields of a line.
 *
 * One reader serves all: values that nobody wants are skipped by the same
 * functions that read the wanted ones, so that both are checked alike.
 *
 * SPDX-License-Identifier: ISC */
#include "lib/json.h"

#include <string.h>

struct reader {
	struct json_scan scan;
	const struct json_paths *paths;
	struct cell *values;
	struct buf key; /* a key with escapes, decoded */
};

/* A field that comes again makes what was read of it before undone. */
static void
forget(struct reader *r, int at)
{
	const struct json_node *node = &r->paths->nodes[at];

	if (node->leaf != -1)
		r->values[node->leaf].kind = CELL_MISSING;
	for (int i = node->child; i != -1; i = r->paths->nodes[i].next)
		forget(r, i);
}

static int read_object(struct reader *, int at);

static int
read_value(struct reader *r, int at)
{
	const struct json_node *node = &r->paths->nodes[at];
	struct json_scan *s = &r->scan;
	struct cell value;

	if (node->child != -1) {
		forget(r, at);
		if (s->p < s->end && *s->p == '{') {
			const char *start = s->p;

			if (read_object(r, at) == -1)
				return -1;
			value = (struct cell){ .kind = CELL_OBJECT,
				.raw = { start, (size_t)(s->p - start) } };
			if (node->leaf != -1)
				r->values[node->leaf] = value;
			return 0;
		}
	}
	if (json_scan_value(s, &value) == -1)
		return -1;
	if (node->leaf != -1)
		r->values[node->leaf] = value;
	return 0;
}

/* The child of node at whose key stands between the quotes, or -1. */
static int
wanted(struct reader *r, int at, const struct cell *key)
{
	struct span name = key->raw;

	if (key->escaped) {
		buf_clear(&r->key);
		name = json_text(key, &r->key);
	}
	return json_node_child(r->paths, at, name);
}

/* At '{'; leaves the scan behind the '}'. */
static int
read_object(struct reader *r, int at)
{
	struct json_scan *s = &r->scan;
	struct cell key;
	int rc;

	if (json_scan_enter(s) == -1)
		return -1;
	for (rc = json_scan_first(s, &key); rc == 1;
	     rc = json_scan_next(s, &key)) {
		int node = wanted(r, at, &key);

		if (r->key.failed)
			return fault_set(s->fault, 0, "out of memory");
		if (node == -1 ? json_scan_value(s, NULL) == -1
			       : read_value(r, node) == -1)
			return -1;
	}
	s->depth--;
	return rc;
}

int
json_read(const struct json_paths *paths, struct span line, struct cell *values,
    struct fault *fault)
{
	struct reader r = {
		.scan = json_scan_of(line, fault),
		.paths = paths,
		.values = values,
	};
	int rc;

	for (size_t i = 0; i < paths->leaves; i++)
		values[i] = (struct cell){ 0 };
	rc = read_object(&r, 0) == 0
	         ? json_scan_end(&r.scan, "text after the object")
	         : -1;
	buf_free(&r.key);
	for (size_t i = 0; rc == 0 && i < paths->nstand_ins; i++) {
		const struct json_stand_in *s = &paths->stand_ins[i];

		if (values[s->leaf].kind == CELL_MISSING)
			values[s->leaf] = values[s->other];
	}
	return rc;
}

int
json_find(const char *const *paths, size_t n, struct span text,
    struct cell *values, struct fault *fault)
{
	struct json_paths *all = json_paths_new();
	int rc = all == NULL ? fault_set(fault, 0, "out of memory") : 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (json_paths_add(all, span_of(paths[i]), fault) != (int)i)
			rc = -1;
	if (rc == 0)
		rc = json_read(all, text, values, fault);
	json_paths_del(all);
	return rc;
}

int
json_check(struct span text, struct fault *fault)
{
	struct json_scan s = json_scan_of(text, fault);

	return json_scan_value(&s, NULL) == 0
	           ? json_scan_end(&s, "text after the value")
	           : -1;
}

/* --- the tokens of JSON (RFC 8259) -------------------------------------- */

/* At "\\u"; p moves behind the escape (of a pair: behind both). */
static int
scan_unicode(struct json_scan *s)
{
	unsigned unit = json_hex4(s->p + 2, s->end);

	if (unit >= JSON_NO_HEX)
		return json_scan_fault(s, "\\u needs four hexadecimal digits");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return json_scan_fault(s, "half of a surrogate pair");
	if (unit >= 0xd800 && unit <= 0xdbff) {
		unsigned low = JSON_NO_HEX;

		if (s->end - s->p >= 12 && s->p[6] == '\\' && s->p[7] == 'u')
			low = json_hex4(s->p + 8, s->end);
		if (low < 0xdc00 || low > 0xdfff)
			return json_scan_fault(s, "half of a surrogate pair");
		s->p += 6;
	}
	s->p += 6;
	return 0;
}

static inline int
scan_escape(struct json_scan *s)
{
	if (s->end - s->p < 2)
		return json_scan_fault(s, "the text is not closed");
	switch (s->p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		s->p += 2;
		return 0;
	case 'u':
		return scan_unicode(s);
	default:
		return json_scan_fault(s, "an escape that JSON does not have");
	}
}

int
json_scan_text_rest(struct json_scan *s, bool *escaped)
{
	const char *start;

	for (;; s->p = json_skip_plain(s->p, s->end)) {
		if (s->p == s->end)
			return json_scan_fault(s, "the text is not closed");
		if (*s->p == '"') {
			s->p++;
			return 0;
		}
		if (*s->p == '\\') {
			*escaped = true;
			if (scan_escape(s) == -1)
				return -1;
			continue;
		}
		if ((unsigned char)*s->p < 0x20)
			return json_scan_fault(
			    s, "a control character in a text; escape it");
		start = s->p;
		s->p = utf8_skip(start, s->end);
		if (s->p == start)
			return json_scan_fault(s, "bytes that are not UTF-8");
	}
}

/* At least one digit. */
static inline int
scan_digits(struct json_scan *s)
{
	const char *p = s->p;

	s->p = json_skip_digits(p, s->end);
	return s->p > p ? 0 : json_scan_fault(s, "a number needs a digit here");
}

static inline int
scan_number(struct json_scan *s)
{
	const char *start = s->p;

	json_scan_is(s, '-');
	if (json_scan_is(s, '0')) {
		if (s->p < s->end && ascii_is_digit(*s->p)) {
			s->p = start;
			return json_scan_fault(
			    s, "a number that begins with 0");
		}
	} else if (scan_digits(s) == -1) {
		return -1;
	}
	if (json_scan_is(s, '.') && scan_digits(s) == -1)
		return -1;
	if (s->p < s->end && (*s->p | 0x20) == 'e') {
		s->p++;
		if (!json_scan_is(s, '+'))
			json_scan_is(s, '-');
		return scan_digits(s);
	}
	return 0;
}

static inline int
scan_word(struct json_scan *s, const char *word, size_t n)
{
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return json_scan_fault(s, "expected a value");
	s->p += n;
	return 0;
}

/* A value that is no array and no object.  A call each would be felt. */
static inline __attribute__((always_inline)) int
scan_scalar(struct json_scan *s, enum cell_kind *kind, bool *escaped)
{
	*escaped = false;
	switch (*s->p) {
	case '"':
		*kind = CELL_TEXT;
		s->p++;
		return json_scan_text(s, escaped);
	case 't':
		*kind = CELL_TRUE;
		return scan_word(s, "true", 4);
	case 'f':
		*kind = CELL_FALSE;
		return scan_word(s, "false", 5);
	case 'n':
		*kind = CELL_NULL;
		return scan_word(s, "null", 4);
	default:
		if (*s->p != '-' && !ascii_is_digit(*s->p))
			return json_scan_fault(s, "expected a value");
		*kind = CELL_NUMBER;
		return scan_number(s);
	}
}

/*
 * An array or object whose opening bracket p stands at, without recursion:
 * is_object holds what has been entered.
 */
static int
scan_nested(struct json_scan *s)
{
	bool is_object[JSON_DEPTH_MAX], object, escaped;
	struct cell key;
	enum cell_kind kind;
	int base = s->depth;

	for (;;) {
		/* At the start of a value. */
		if (s->p == s->end)
			return json_scan_fault(s, "expected a value");
		if (*s->p == '{' || *s->p == '[') {
			if (json_scan_enter(s) == -1)
				return -1;
			object = *s->p++ == '{';
			is_object[s->depth - 1] = object;
			json_scan_blanks(s);
			/* Of an empty one the bracket is seen to below. */
			if (s->p == s->end || *s->p != (object ? '}' : ']')) {
				if (object && json_scan_key(s, &key) == -1)
					return -1;
				continue;
			}
		} else if (scan_scalar(s, &kind, &escaped) == -1) {
			return -1;
		}
		/* Behind a value, or at the bracket of an empty one. */
		for (;;) {
			object = is_object[s->depth - 1];
			json_scan_blanks(s);
			if (json_scan_is(s, ',')) {
				json_scan_blanks(s);
				if (object && json_scan_key(s, &key) == -1)
					return -1;
				break;
			}
			if (!json_scan_is(s, object ? '}' : ']'))
				return json_scan_fault(
				    s, object ? "expected ',' or '}'"
					      : "expected ',' or ']'");
			if (--s->depth == base)
				return 0;
		}
	}
}

int
json_scan_value(struct json_scan *s, struct cell *value)
{
	const char *start = s->p;
	enum cell_kind kind;
	bool escaped = false;
	int rc;

	if (s->p == s->end)
		return json_scan_fault(s, "expected a value");
	if (*s->p == '{' || *s->p == '[') {
		kind = *s->p == '{' ? CELL_OBJECT : CELL_ARRAY;
		rc = scan_nested(s);
	} else {
		rc = scan_scalar(s, &kind, &escaped);
	}
	if (value == NULL || rc == -1)
		return rc;
	*value = (struct cell){ .kind = kind,
		.escaped = escaped,
		.raw = { start, (size_t)(s->p - start) } };
	/* Of a text what is between the quotes. */
	if (kind == CELL_TEXT) {
		value->raw.p++;
		value->raw.n -= 2;
	}
	return 0;
}

/* --- the texts of JSON: decoding and writing ---------------------------- */

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
	unit = json_hex4(p + 2, p + 6);
	p += 6;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		unit = 0x10000 + ((unit - 0xd800) << 10) +
		       (json_hex4(p + 2, p + 6) - 0xdc00);
		p += 6;
	}
	utf8_add(out, unit);
	return p;
}

struct span
json_text(const struct cell *value, struct buf *scratch)
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
		const char *stop = json_skip_plain(p, end);
		const char *at;

		/* What is not ASCII stands for itself, too. */
		while (stop < end && (signed char)*stop < 0)
			stop = json_skip_plain(stop + 1, end);
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
			struct cell text = { .kind = CELL_TEXT };
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
