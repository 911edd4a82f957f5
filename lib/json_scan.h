/* json_scan - the tokens of JSON: what json and whatever reads JSON fast fall
 * back to.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_SCAN_H
#define LIB_JSON_SCAN_H

#include "lib/fault.h"
#include "lib/json.h"

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
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' ||
				    *s->p == '\r' || *s->p == '\n'))
		s->p++;
}

/* One level deeper, if that is allowed; p stays. */
int json_scan_enter(struct json_scan *);

/* "key" and the colon behind it, blanks around both: p stands at the value. */
int json_scan_key(struct json_scan *, struct json_value *key);

/* Any value; *value is filled unless NULL. */
int json_scan_value(struct json_scan *, struct json_value *value);

/*
 * A number, a text (p behind its opening quote; it ends behind the closing
 * one).
 */
int json_scan_number(struct json_scan *);
int json_scan_text(struct json_scan *, bool *escaped);

/*
 * First byte at or after p that ends a run of plain ASCII inside a text: a
 * quote, a backslash, a control character or a byte above 0x7f; or end.
 */
const char *json_scan_plain(const char *p, const char *end);

/*
 * Length of the UTF-8 sequence at p (1 to 4 bytes), 0 where it is ill-formed:
 * overlong, a surrogate, above U+10FFFF, cut off.
 */
size_t json_scan_utf8(const char *p, const char *end);

#endif
