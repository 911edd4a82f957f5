/* json_scan - the tokens of JSON (RFC 8259).
 * SPDX-License-Identifier: ISC */
#include "lib/json_scan.h"

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
		return json_scan_fault(s, "an escape that JSON lacks");
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
		s->p = json_skip_utf8(start, s->end);
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
		if (s->p < s->end && json_is_digit(*s->p)) {
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
scan_scalar(struct json_scan *s, enum json_kind *kind, bool *escaped)
{
	*escaped = false;
	switch (*s->p) {
	case '"':
		*kind = JSON_TEXT;
		s->p++;
		return json_scan_text(s, escaped);
	case 't':
		*kind = JSON_TRUE;
		return scan_word(s, "true", 4);
	case 'f':
		*kind = JSON_FALSE;
		return scan_word(s, "false", 5);
	case 'n':
		*kind = JSON_NULL;
		return scan_word(s, "null", 4);
	default:
		if (*s->p != '-' && !json_is_digit(*s->p))
			return json_scan_fault(s, "expected a value");
		*kind = JSON_NUMBER;
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
	struct json_value key;
	enum json_kind kind;
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
json_scan_value(struct json_scan *s, struct json_value *value)
{
	const char *start = s->p;
	enum json_kind kind;
	bool escaped = false;
	int rc;

	if (s->p == s->end)
		return json_scan_fault(s, "expected a value");
	if (*s->p == '{' || *s->p == '[') {
		kind = *s->p == '{' ? JSON_OBJECT : JSON_ARRAY;
		rc = scan_nested(s);
	} else {
		rc = scan_scalar(s, &kind, &escaped);
	}
	if (value == NULL || rc == -1)
		return rc;
	*value = (struct json_value){ kind, escaped,
		{ start, (size_t)(s->p - start) } };
	/* Of a text what is between the quotes. */
	if (kind == JSON_TEXT) {
		value->raw.p++;
		value->raw.n -= 2;
	}
	return 0;
}
