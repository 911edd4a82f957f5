/* json_scan - the tokens of JSON (RFC 8259, UTF-8 of RFC 3629).
 * SPDX-License-Identifier: ISC */
#include "lib/json_scan.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bit 7 of each byte of the result is set where that byte of x equals c. */
static uint64_t
bytes_equal(uint64_t x, unsigned char c)
{
	uint64_t y = x ^ (0x0101010101010101u * c);

	return (y - 0x0101010101010101u) & ~y & 0x8080808080808080u;
}

const char *
json_scan_plain(const char *p, const char *end)
{
#ifdef __SSE2__
	while (end - p >= 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* Signed: bytes above 0x7f are below 0x20, too. */
		__m128i stop =
		    _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(0x20)),
			_mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
			    _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'))));
		int mask = _mm_movemask_epi8(stop);

		if (mask != 0)
			return p + __builtin_ctz((unsigned)mask);
		p += 16;
	}
#endif
	while (end - p >= 8) {
		uint64_t x;

		memcpy(&x, p, 8);
		/* A borrow may mark a byte too many: the loop below decides. */
		if ((((x - 0x2020202020202020u) | x | bytes_equal(x, '"') |
			 bytes_equal(x, '\\')) &
			0x8080808080808080u) != 0)
			break;
		p += 8;
	}
	while (p < end && (unsigned char)*p >= 0x20 &&
	       (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* RFC 3629, section 4: the second byte's range depends on the first. */
size_t
json_scan_utf8(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t left = (size_t)(end - p);
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (left == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		n = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		n = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (left < n)
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (u[1] < low || u[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (u[i] < 0x80 || u[i] > 0xbf)
			return 0;
	return n;
}

/* Four hexadecimal digits at p, or -1. */
static int
hex4(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit;

		if (is_digit(c))
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			digit = c - 'A' + 10;
		else
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

/* At a backslash; p moves behind the escape (of a pair: behind both). */
static int
scan_escape(struct json_scan *s)
{
	int unit;

	if (s->end - s->p < 2)
		return json_scan_fault(s, "the text is not closed");
	if (s->p[1] != 'u') {
		if (s->p[1] == '\0' || strchr("\"\\/bfnrt", s->p[1]) == NULL)
			return json_scan_fault(s, "an escape that JSON lacks");
		s->p += 2;
		return 0;
	}
	unit = hex4(s->p + 2, s->end);
	if (unit == -1)
		return json_scan_fault(s, "\\u needs four hexadecimal digits");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return json_scan_fault(s, "half of a surrogate pair");
	if (unit >= 0xd800 && unit <= 0xdbff) {
		int low = -1;

		if (s->end - s->p >= 12 && s->p[6] == '\\' && s->p[7] == 'u')
			low = hex4(s->p + 8, s->end);
		if (low < 0xdc00 || low > 0xdfff)
			return json_scan_fault(s, "half of a surrogate pair");
		s->p += 6;
	}
	s->p += 6;
	return 0;
}

int
json_scan_text(struct json_scan *s, bool *escaped)
{
	size_t n;

	*escaped = false;
	for (;;) {
		s->p = json_scan_plain(s->p, s->end);
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
		n = json_scan_utf8(s->p, s->end);
		if (n == 0)
			return json_scan_fault(s, "bytes that are not UTF-8");
		s->p += n;
	}
}

int
json_scan_number(struct json_scan *s)
{
	const char *p = s->p, *end = s->end;

	if (p < end && *p == '-')
		p++;
	if (p == end || !is_digit(*p)) {
		s->p = p;
		return json_scan_fault(s, "a number needs a digit here");
	}
	if (*p == '0' && p + 1 < end && is_digit(p[1]))
		return json_scan_fault(s, "a number that begins with 0");
	while (p < end && is_digit(*p))
		p++;
	if (p < end && *p == '.') {
		p++;
		s->p = p;
		if (p == end || !is_digit(*p))
			return json_scan_fault(
			    s, "a number needs a digit here");
		while (p < end && is_digit(*p))
			p++;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		s->p = p;
		if (p == end || !is_digit(*p))
			return json_scan_fault(
			    s, "a number needs a digit here");
		while (p < end && is_digit(*p))
			p++;
	}
	s->p = p;
	return 0;
}

int
json_scan_enter(struct json_scan *s)
{
	if (s->depth == JSON_DEPTH_MAX)
		return json_scan_fault(s, "nested deeper than 1000");
	s->depth++;
	return 0;
}

int
json_scan_key(struct json_scan *s, struct json_value *key)
{
	const char *start;

	if (s->p == s->end || *s->p != '"')
		return json_scan_fault(s, "expected a key in quotes");
	s->p++;
	start = s->p;
	if (json_scan_text(s, &key->escaped) == -1)
		return -1;
	key->kind = JSON_TEXT;
	key->raw = (struct span){ start, (size_t)(s->p - start - 1) };
	json_scan_blanks(s);
	if (s->p == s->end || *s->p != ':')
		return json_scan_fault(s, "expected ':' behind the key");
	s->p++;
	json_scan_blanks(s);
	return 0;
}

static int
scan_word(struct json_scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return json_scan_fault(s, "expected a value");
	s->p += n;
	return 0;
}

/* A value that is no array and no object. */
static int
scan_scalar(struct json_scan *s, struct json_value *value)
{
	const char *start = s->p;
	bool escaped = false;
	int rc;

	switch (*s->p) {
	case '"':
		s->p++;
		value->kind = JSON_TEXT;
		rc = json_scan_text(s, &escaped);
		value->raw = (struct span){ start + 1,
			rc == 0 ? (size_t)(s->p - start - 2) : 0 };
		value->escaped = escaped;
		return rc;
	case 't':
		value->kind = JSON_TRUE;
		rc = scan_word(s, "true");
		break;
	case 'f':
		value->kind = JSON_FALSE;
		rc = scan_word(s, "false");
		break;
	case 'n':
		value->kind = JSON_NULL;
		rc = scan_word(s, "null");
		break;
	default:
		if (*s->p != '-' && !is_digit(*s->p))
			return json_scan_fault(s, "expected a value");
		value->kind = JSON_NUMBER;
		rc = json_scan_number(s);
		break;
	}
	value->raw = (struct span){ start, (size_t)(s->p - start) };
	value->escaped = false;
	return rc;
}

/*
 * The rest of an array or object whose opening bracket p stands at, without
 * recursion: is_object holds what has been entered.
 */
static int
scan_nested(struct json_scan *s)
{
	bool is_object[JSON_DEPTH_MAX];
	struct json_value ignored;
	int base = s->depth;

	for (;;) {
		/* At the start of a value. */
		if (s->p == s->end)
			return json_scan_fault(s, "expected a value");
		if (*s->p == '{' || *s->p == '[') {
			char open = *s->p;

			if (json_scan_enter(s) == -1)
				return -1;
			is_object[s->depth - 1] = open == '{';
			s->p++;
			json_scan_blanks(s);
			if (s->p < s->end && *s->p == open + 2) {
				/* '}' is '{' + 2, ']' is '[' + 2. */
			} else if (open == '{') {
				if (json_scan_key(s, &ignored) == -1)
					return -1;
				continue;
			} else {
				continue;
			}
		} else if (scan_scalar(s, &ignored) == -1) {
			return -1;
		}
		/* Behind a value, or at the bracket of an empty one. */
		for (;;) {
			bool in_object = is_object[s->depth - 1];

			json_scan_blanks(s);
			if (s->p == s->end)
				return json_scan_fault(
				    s, in_object ? "expected ',' or '}'"
						 : "expected ',' or ']'");
			if (*s->p == ',') {
				s->p++;
				json_scan_blanks(s);
				if (in_object &&
				    json_scan_key(s, &ignored) == -1)
					return -1;
				break;
			}
			if (*s->p != (in_object ? '}' : ']'))
				return json_scan_fault(
				    s, in_object ? "expected ',' or '}'"
						 : "expected ',' or ']'");
			s->p++;
			s->depth--;
			if (s->depth == base)
				return 0;
		}
	}
}

int
json_scan_value(struct json_scan *s, struct json_value *value)
{
	struct json_value ignored;
	const char *start = s->p;

	if (value == NULL)
		value = &ignored;
	if (s->p == s->end)
		return json_scan_fault(s, "expected a value");
	if (*s->p != '{' && *s->p != '[')
		return scan_scalar(s, value);
	value->kind = *s->p == '{' ? JSON_OBJECT : JSON_ARRAY;
	value->escaped = false;
	if (scan_nested(s) == -1)
		return -1;
	value->raw = (struct span){ start, (size_t)(s->p - start) };
	return 0;
}
