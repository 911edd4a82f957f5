/* json_scan - the tokens of JSON: what json and whatever reads JSON fast fall
 * back to.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_SCAN_H
#define LIB_JSON_SCAN_H

#include "lib/fault.h"
#include "lib/json.h"
#include "lib/json_bytes.h"

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

/* "key" and the colon behind it, blanks around both: p stands at the value. */
static inline int
json_scan_key(struct json_scan *s, struct json_value *key)
{
	const char *start;
	bool escaped;

	if (!json_scan_is(s, '"'))
		return json_scan_fault(s, "expected a key in quotes");
	start = s->p;
	if (json_scan_text(s, &escaped) == -1)
		return -1;
	*key = (struct json_value){ JSON_TEXT, escaped,
		{ start, (size_t)(s->p - start - 1) } };
	json_scan_blanks(s);
	if (!json_scan_is(s, ':'))
		return json_scan_fault(s, "expected ':' behind the key");
	json_scan_blanks(s);
	return 0;
}

/* Any value; *value is filled unless NULL. */
int json_scan_value(struct json_scan *, struct json_value *value);

/*
 * Length of the UTF-8 sequence at p (1 to 4 bytes), 0 where it is ill-formed:
 * overlong, a surrogate, above U+10FFFF, cut off.
 */
size_t json_scan_utf8(const char *p, const char *end);

/*
 * From a byte above 0x7f on: behind the well-formed UTF-8 there, or some of
 * it; p itself where it is ill-formed.
 */
const char *json_skip_utf8(const char *p, const char *end);

/* First byte at or after p that ends or escapes a text, or is ill-formed. */
static inline const char *
json_skip_text(const char *p, const char *end)
{
	const char *q = json_skip_plain(p, end);

	while (q < end && (signed char)*q < 0) {
		p = json_skip_utf8(q, end);
		if (p == q)
			break;
		q = json_skip_plain(p, end);
	}
	return q;
}

#endif
