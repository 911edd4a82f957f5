/* json - strict JSON (RFC 8259) in one pass: wanted fields of a line, and
 * the writing of texts.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ascii.h"
#include "lib/block.h"
#include "lib/buf.h"
#include "lib/cell.h"
#include "lib/fault.h"
#include "lib/json_paths.h"
#include "lib/span.h"
#include "lib/utf8.h"

enum { JSON_DEPTH_MAX = 1000 }; /* the line's own object is level 1 */

/*
 * Reads a line that must be one object and nothing else but blanks (space,
 * tab, CR, LF) around it, valid UTF-8, at most JSON_DEPTH_MAX deep.
 * values[i] is set for every path; CELL_MISSING where it is not there.  If a
 * key comes twice the last one counts as if the others were not there.
 * values has room for json_paths_count() elements: the paths, and what else
 * json_paths_add_field() looks for.  -1 with a fault.
 */
int json_read(const struct json_paths *, struct span line, struct cell *values,
    struct fault *);

/*
 * The same for a text that is read only once: values of those n paths.  -1 also
 * where memory is out.
 */
int json_find(const char *const *paths, size_t n, struct span text,
    struct cell *values, struct fault *);

/* Checks one JSON value of any kind by the same rules, fields apart. */
int json_check(struct span text, struct fault *);

/*
 * The characters of a text value: raw itself where nothing is escaped, else
 * decoded into scratch (which is added to, not cleared; its earlier content
 * may move).  The span given lies in scratch or in the line.
 */
struct span json_text(const struct cell *, struct buf *scratch);

/* Adds them, or any other value as it stands. */
static inline void
json_add_text(struct buf *out, const struct cell *value)
{
	if (value->escaped)
		(void)json_text(value, out);
	else
		buf_add_span(out, value->raw);
}

/*
 * An array or object as its own text: without the blanks between tokens,
 * numbers as they stand, texts decoded and written anew.
 */
void json_write_compact(struct buf *, struct span raw);

/*
 * A text in quotes: raw UTF-8; escaped are only \" \\ \b \f \n \r \t and
 * other control characters as \u001F.
 */
void json_write_text(struct buf *, struct span);

/* --- the tokens, for what reads JSON by itself ---------------------------- */

/* ASCII that stands for itself inside a text. */
static inline bool
json_is_plain(char c)
{
	return (signed char)c >= ' ' && c != '"' && c != '\\';
}

/* Each returns the first byte at or after p that is not of its kind, or end. */

static inline const char *
json_skip_plain(const char *p, const char *end)
{
	while (end - p >= BLOCK_WIDTH) {
		block16 x = block_load(p);
		unsigned n = block_first(
		    (block16)((x < ' ') | (x == '"') | (x == '\\')));

		p += n;
		if (n < BLOCK_WIDTH)
			return p;
	}
	while (p < end && json_is_plain(*p))
		p++;
	return p;
}

static inline const char *
json_skip_digits(const char *p, const char *end)
{
	while (end - p >= BLOCK_WIDTH) {
		block16 x = block_load(p);
		unsigned n = block_first((block16)((x < '0') | (x > '9')));

		p += n;
		if (n < BLOCK_WIDTH)
			return p;
	}
	while (p < end && ascii_is_digit(*p))
		p++;
	return p;
}

static inline const char *
json_skip_blanks(const char *p, const char *end)
{
	/* Mostly there is none, or one. */
	if (p < end && (unsigned char)*p > ' ')
		return p;
	if (end - p > 1 && *p == ' ' && (unsigned char)p[1] > ' ')
		return p + 1;
	while (end - p >= BLOCK_WIDTH) {
		block16 x = block_load(p);
		unsigned n = block_first((block16) ~(
		    (x == ' ') | (x == '\t') | (x == '\n') | (x == '\r')));

		p += n;
		if (n < BLOCK_WIDTH)
			return p;
	}
	while (p < end && ascii_is_blank(*p))
		p++;
	return p;
}

/*
 * A place in a text that is being read.  All functions move p forward over
 * what they accept; on -1 *fault says what was wrong and where.
 */
struct json_scan {
	const char *p;
	const char *end;
	const char *start;
	int depth; /* arrays and objects entered and not left */
	struct fault *fault;
};

static inline int
json_scan_fault(struct json_scan *s, const char *what)
{
	return fault_set(s->fault, (size_t)(s->p - s->start), what);
}

static inline void
json_scan_blanks(struct json_scan *s)
{
	s->p = json_skip_blanks(s->p, s->end);
}

/* Begins with the first byte that is not blank. */
static inline struct json_scan
json_scan_of(struct span text, struct fault *fault)
{
	const char *p = text.n == 0 ? "" : text.p;

	return (struct json_scan){ json_skip_blanks(p, p + text.n), p + text.n,
		p, 0, fault };
}

/* True, and p moves on, where that byte is next. */
static inline bool
json_scan_is(struct json_scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* One level deeper, if that is allowed; p stays. */
static inline int
json_scan_enter(struct json_scan *s)
{
	if (s->depth == JSON_DEPTH_MAX)
		return json_scan_fault(s, "nested deeper than 1000");
	s->depth++;
	return 0;
}

/* The rest of a text, from what stands out of its first plain bytes on. */
int json_scan_text_rest(struct json_scan *, bool *escaped);

/* A text (p behind its opening quote; it ends behind the closing one). */
static inline int
json_scan_text(struct json_scan *s, bool *escaped)
{
	s->p = json_skip_plain(s->p, s->end);
	*escaped = false;
	return json_scan_is(s, '"') ? 0 : json_scan_text_rest(s, escaped);
}

/* "key" and the colon after it, blanks around both: p stands at the value.  A
 * call each would be felt. */
static inline __attribute__((always_inline)) int
json_scan_key(struct json_scan *s, struct cell *key)
{
	const char *start;
	bool escaped;

	if (!json_scan_is(s, '"'))
		return json_scan_fault(s, "expected a key in quotes");
	start = s->p;
	if (json_scan_text(s, &escaped) == -1)
		return -1;
	*key = (struct cell){ .kind = CELL_TEXT,
		.escaped = escaped,
		.raw = { start, (size_t)(s->p - start - 1) } };
	json_scan_blanks(s);
	if (!json_scan_is(s, ':'))
		return json_scan_fault(s, "expected ':' after the key");
	json_scan_blanks(s);
	return 0;
}

enum { JSON_NO_HEX = 0x10000 };

static inline unsigned
json_hex_digit(char c)
{
	unsigned digit = (unsigned char)c - '0';
	unsigned letter = ((unsigned char)c | 0x20u) - 'a';

	return digit <= 9 ? digit : letter <= 5 ? letter + 10 : JSON_NO_HEX;
}

/* Four hexadecimal digits at p; JSON_NO_HEX or more: there are none. */
static inline unsigned
json_hex4(const char *p, const char *end)
{
	return end - p < 4
	           ? JSON_NO_HEX
	           : json_hex_digit(p[0]) << 12 | json_hex_digit(p[1]) << 8 |
	                 json_hex_digit(p[2]) << 4 | json_hex_digit(p[3]);
}

/* Any value; *value is filled unless NULL. */
int json_scan_value(struct json_scan *, struct cell *value);

/*
 * What an object holds, or an array, where key is NULL:
 *
 *	for (rc = json_scan_first(s, &key); rc == 1;
 *	     rc = json_scan_next(s, &key))
 *		...
 *
 * 1: p is at a value, which is to be read before the next; 0: there is no more,
 * p is behind the bracket; -1: a fault.  json_read() is made of them, and would
 * feel calls.
 */
static inline __attribute__((always_inline)) int
json_scan_first(struct json_scan *s, struct cell *key)
{
	if (!json_scan_is(s, key != NULL ? '{' : '['))
		return json_scan_fault(
		    s, key != NULL ? "expected an object in braces"
				   : "expected an array in brackets");
	json_scan_blanks(s);
	if (json_scan_is(s, key != NULL ? '}' : ']'))
		return 0;
	return key == NULL || json_scan_key(s, key) == 0 ? 1 : -1;
}

static inline __attribute__((always_inline)) int
json_scan_next(struct json_scan *s, struct cell *key)
{
	json_scan_blanks(s);
	if (json_scan_is(s, key != NULL ? '}' : ']'))
		return 0;
	if (!json_scan_is(s, ','))
		return json_scan_fault(s, key != NULL ? "expected ',' or '}'"
						      : "expected ',' or ']'");
	json_scan_blanks(s);
	return key == NULL || json_scan_key(s, key) == 0 ? 1 : -1;
}

/* That only blanks follow; else that fault. */
static inline int
json_scan_end(struct json_scan *s, const char *what)
{
	json_scan_blanks(s);
	return s->p == s->end ? 0 : json_scan_fault(s, what);
}

/* First byte at or after p that ends or escapes a text, or is ill-formed. */
static inline const char *
json_skip_text(const char *p, const char *end)
{
	const char *q = json_skip_plain(p, end);

	while (q < end && (signed char)*q < 0) {
		p = utf8_skip(q, end);
		if (p == q)
			break;
		q = json_skip_plain(p, end);
	}
	return q;
}

#endif
