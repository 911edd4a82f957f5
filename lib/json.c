/* json - strict JSON in one pass: wanted fields of a line.
 *
 * One reader serves all: values that nobody wants are skipped by the same
 * functions that read the wanted ones, so that both are checked alike.
 *
 * SPDX-License-Identifier: ISC */
#include "lib/json.h"

#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/path.h"

/*
 * The wanted paths as a tree of keys: nodes[0] is the line's object.  A node
 * with a leaf index is a wanted field, one with a child is descended into,
 * and a node may be both (a and a.b).
 */
struct node {
	char *key;
	size_t key_n;
	uint64_t lengths; /* of the children's keys: a bit each */
	int leaf;         /* index of the path that ends here, or -1 */
	int child;        /* first child, or -1 */
	int next;         /* next sibling, or -1 */
};

/* Where the path of that leaf is not found, the other leaf's value is its. */
struct stand_in {
	int leaf, other;
};

struct json_paths {
	struct node *nodes;
	size_t n, cap;
	size_t leaves;
	struct stand_in *stand_ins; /* the first that is found counts */
	size_t nstand_ins;
};

enum { KEYS_MAX = 8 }; /* of a path that has stand-ins */

struct reader {
	struct json_scan scan;
	const struct json_paths *paths;
	struct cell *values;
	struct buf key; /* a key with escapes, decoded */
};

static int
node_add(struct json_paths *paths, struct span key)
{
	struct node *node;

	if (array_room(paths->nodes, paths->cap, paths->n + 1) == -1)
		return -1;
	node = &paths->nodes[paths->n];
	*node = (struct node){ .leaf = -1, .child = -1, .next = -1 };
	node->key = malloc(key.n + 1);
	if (node->key == NULL)
		return -1;
	if (key.n > 0)
		memcpy(node->key, key.p, key.n);
	node->key_n = key.n;
	return (int)paths->n++;
}

struct json_paths *
json_paths_new(void)
{
	struct json_paths *paths = calloc(1, sizeof *paths);

	if (paths != NULL && node_add(paths, span_of("")) == -1) {
		json_paths_del(paths);
		return NULL;
	}
	return paths;
}

void
json_paths_del(struct json_paths *paths)
{
	if (paths == NULL)
		return;
	for (size_t i = 0; i < paths->n; i++)
		free(paths->nodes[i].key);
	free(paths->nodes);
	free(paths->stand_ins);
	free(paths);
}

size_t
json_paths_count(const struct json_paths *paths)
{
	return paths->leaves;
}

static uint64_t
length_bit(size_t n)
{
	return UINT64_C(1) << (n < 63 ? n : 63);
}

static inline int
node_child(const struct json_paths *paths, int parent, struct span key)
{
	int i = paths->nodes[parent].child;

	/* Most keys are wanted by nobody, and are told by their length. */
	if ((paths->nodes[parent].lengths & length_bit(key.n)) == 0)
		return -1;
	while (i != -1) {
		const struct node *node = &paths->nodes[i];

		if (node->key_n == key.n &&
		    memcmp(node->key, key.p, key.n) == 0)
			break;
		i = node->next;
	}
	return i;
}

/* The child of that key, made where there is none; -1: out of memory. */
static int
child_of(struct json_paths *paths, int parent, struct span key)
{
	int child = node_child(paths, parent, key);

	if (child != -1)
		return child;
	child = node_add(paths, key);
	if (child == -1)
		return -1;
	paths->nodes[child].next = paths->nodes[parent].child;
	paths->nodes[parent].child = child;
	paths->nodes[parent].lengths |= length_bit(key.n);
	return child;
}

static int
leaf_of(struct json_paths *paths, int node)
{
	if (paths->nodes[node].leaf == -1)
		paths->nodes[node].leaf = (int)paths->leaves++;
	return paths->nodes[node].leaf;
}

int
json_paths_add(struct json_paths *paths, struct span path, struct fault *fault)
{
	struct buf key = { 0 };
	size_t at = 0;
	int node = 0, rc;

	while ((rc = path_key(path, &at, &key, fault)) == 1) {
		node = child_of(paths, node, buf_span(&key));
		if (node == -1) {
			rc = fault_set(fault, at, "out of memory");
			break;
		}
	}
	buf_free(&key);
	return rc == -1 ? -1 : leaf_of(paths, node);
}

static int
add_stand_in(struct json_paths *paths, int leaf, int other)
{
	struct stand_in *grown =
	    realloc(paths->stand_ins, (paths->nstand_ins + 1) * sizeof *grown);

	if (grown == NULL)
		return -1;
	paths->stand_ins = grown;
	grown[paths->nstand_ins++] = (struct stand_in){ leaf, other };
	return 0;
}

/* All ways to take the rest of a path, whose first keys led to node. */
static int
add_ways(struct json_paths *paths, int leaf, int node, struct span rest)
{
	for (size_t n = 1; n <= rest.n; n++) {
		struct span more = { rest.p + n + 1, rest.n - n - 1 };
		int child;

		if (n < rest.n && rest.p[n] != '.')
			continue;
		child = child_of(paths, node, (struct span){ rest.p, n });
		if (child == -1 ||
		    (n < rest.n && add_ways(paths, leaf, child, more) == -1))
			return -1;
		if (n == rest.n && leaf_of(paths, child) != leaf &&
		    add_stand_in(paths, leaf, leaf_of(paths, child)) == -1)
			return -1;
	}
	return 0;
}

int
json_paths_add_field(
    struct json_paths *paths, struct span path, struct fault *fault)
{
	size_t before = paths->leaves, dots = 0;
	int leaf = json_paths_add(paths, path, fault);

	for (size_t i = 0; i < path.n; i++)
		dots += path.p[i] == '.';
	/* A path that is there already has had its ways. */
	if (leaf == -1 || (size_t)leaf < before || dots == 0 ||
	    dots >= KEYS_MAX || memchr(path.p, '"', path.n) != NULL)
		return leaf;
	return add_ways(paths, leaf, 0, path) == 0
	           ? leaf
	           : fault_set(fault, 0, "out of memory");
}

bool
json_paths_has_inner(const struct json_paths *paths, int index)
{
	for (size_t i = 0; i < paths->n; i++) {
		const struct node *node = &paths->nodes[i];
		bool its = node->leaf == index;

		if (node->child == -1 || node->leaf == -1)
			continue;
		for (size_t k = 0; !its && k < paths->nstand_ins; k++)
			its = paths->stand_ins[k].leaf == index &&
			      paths->stand_ins[k].other == node->leaf;
		if (its)
			return true;
	}
	return false;
}

/* A field that comes again makes what was read of it before undone. */
static void
forget(struct reader *r, int at)
{
	const struct node *node = &r->paths->nodes[at];

	if (node->leaf != -1)
		r->values[node->leaf].kind = CELL_MISSING;
	for (int i = node->child; i != -1; i = r->paths->nodes[i].next)
		forget(r, i);
}

static int read_object(struct reader *, int at);

static int
read_value(struct reader *r, int at)
{
	const struct node *node = &r->paths->nodes[at];
	struct json_scan *s = &r->scan;
	struct cell value;

	if (node->child != -1) {
		forget(r, at);
		if (s->p < s->end && *s->p == '{') {
			const char *start = s->p;

			if (read_object(r, at) == -1)
				return -1;
			value = (struct cell){ CELL_OBJECT, false,
				{ start, (size_t)(s->p - start) } };
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
	return node_child(r->paths, at, name);
}

/* At '{'; leaves the scan behind the '}'. */
static int
read_object(struct reader *r, int at)
{
	struct json_scan *s = &r->scan;
	struct cell key;
	int node;

	if (json_scan_enter(s) == -1)
		return -1;
	s->p++;
	json_scan_blanks(s);
	if (json_scan_is(s, '}')) {
		s->depth--;
		return 0;
	}
	for (;;) {
		if (json_scan_key(s, &key) == -1)
			return -1;
		node = wanted(r, at, &key);
		if (r->key.failed)
			return fault_set(s->fault, 0, "out of memory");
		if (node == -1 ? json_scan_value(s, NULL) == -1
			       : read_value(r, node) == -1)
			return -1;
		json_scan_blanks(s);
		if (!json_scan_is(s, ','))
			break;
		json_scan_blanks(s);
	}
	if (!json_scan_is(s, '}'))
		return json_scan_fault(s, "expected ',' or '}'");
	s->depth--;
	return 0;
}

int
json_read(const struct json_paths *paths, struct span line, struct cell *values,
    struct fault *fault)
{
	struct reader r = {
		.scan = { line.p, line.p + line.n, line.p, 0, fault },
		.paths = paths,
		.values = values,
	};
	int rc = -1;

	for (size_t i = 0; i < paths->leaves; i++)
		values[i] = (struct cell){ 0 };
	json_scan_blanks(&r.scan);
	if (r.scan.p == r.scan.end || *r.scan.p != '{')
		return json_scan_fault(&r.scan, "expected an object in braces");
	if (read_object(&r, 0) == 0) {
		json_scan_blanks(&r.scan);
		rc = r.scan.p == r.scan.end
		         ? 0
		         : json_scan_fault(&r.scan, "text after the object");
	}
	buf_free(&r.key);
	for (size_t i = 0; rc == 0 && i < paths->nstand_ins; i++) {
		const struct stand_in *s = &paths->stand_ins[i];

		if (values[s->leaf].kind == CELL_MISSING)
			values[s->leaf] = values[s->other];
	}
	return rc;
}

int
json_check(struct span text, struct fault *fault)
{
	struct json_scan s = { text.p, text.p + text.n, text.p, 0, fault };

	json_scan_blanks(&s);
	if (json_scan_value(&s, NULL) == -1)
		return -1;
	json_scan_blanks(&s);
	return s.p == s.end ? 0 : json_scan_fault(&s, "text after the value");
}

/* --- the tokens of JSON (RFC 8259) -------------------------------------- */

enum { NO_HEX = 0x10000 };

static inline unsigned
hex_digit(char c)
{
	unsigned digit = (unsigned char)c - '0';
	unsigned letter = ((unsigned char)c | 0x20u) - 'a';

	return digit <= 9 ? digit : letter <= 5 ? letter + 10 : NO_HEX;
}

/* Four hexadecimal digits at p; NO_HEX or more: there are none. */
static inline unsigned
hex4(const char *p, const char *end)
{
	return end - p < 4 ? NO_HEX
	                   : hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 |
	                         hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

/* At "\\u"; p moves behind the escape (of a pair: behind both). */
static int
scan_unicode(struct json_scan *s)
{
	unsigned unit = hex4(s->p + 2, s->end);

	if (unit >= NO_HEX)
		return json_scan_fault(s, "\\u needs four hexadecimal digits");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return json_scan_fault(s, "half of a surrogate pair");
	if (unit >= 0xd800 && unit <= 0xdbff) {
		unsigned low = NO_HEX;

		if (s->end - s->p >= 12 && s->p[6] == '\\' && s->p[7] == 'u')
			low = hex4(s->p + 8, s->end);
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
	*value =
	    (struct cell){ kind, escaped, { start, (size_t)(s->p - start) } };
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
	unit = hex4(p + 2, p + 6);
	p += 6;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		unit = 0x10000 + ((unit - 0xd800) << 10) +
		       (hex4(p + 2, p + 6) - 0xdc00);
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
			struct cell text = { CELL_TEXT, false, { 0 } };
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
