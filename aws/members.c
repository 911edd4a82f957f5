/* members - what an object of JSON holds, member by member.
 * SPDX-License-Identifier: ISC */
#include "aws/members.h"

#include "lib/number.h"

/* --- objects and arrays --------------------------------------------------- */

int
members_object(struct json_scan *s, member_fn *member, void *ctx)
{
	struct cell key;

	if (!json_scan_is(s, '{'))
		return json_scan_fault(s, "an object is missing");
	json_scan_blanks(s);
	if (json_scan_is(s, '}'))
		return 0;
	for (;;) {
		if (json_scan_key(s, &key) == -1 ||
		    member(ctx, s, key.raw) == -1)
			return -1;
		json_scan_blanks(s);
		if (!json_scan_is(s, ','))
			break;
		json_scan_blanks(s);
	}
	return json_scan_is(s, '}') ? 0 : json_scan_fault(s, "'}' is missing");
}

int
members_array(struct json_scan *s, element_fn *element, void *ctx)
{
	if (!json_scan_is(s, '['))
		return json_scan_fault(s, "an array is missing");
	json_scan_blanks(s);
	if (json_scan_is(s, ']'))
		return 0;
	for (;;) {
		if (element(ctx, s) == -1)
			return -1;
		json_scan_blanks(s);
		if (!json_scan_is(s, ','))
			break;
		json_scan_blanks(s);
	}
	return json_scan_is(s, ']') ? 0 : json_scan_fault(s, "']' is missing");
}

int
members_whole(struct span body, member_fn *member, void *ctx, struct fault *f)
{
	const char *p = body.n == 0 ? "" : body.p;
	struct json_scan s = { p, p + body.n, p, 0, f };

	json_scan_blanks(&s);
	if (members_object(&s, member, ctx) == -1)
		return -1;
	json_scan_blanks(&s);
	return s.p == s.end ? 0 : json_scan_fault(&s, "text after the object");
}

/* --- values --------------------------------------------------------------- */

int
members_skip(struct json_scan *s)
{
	return json_scan_value(s, NULL);
}

int
members_text(struct json_scan *s, struct span *out)
{
	struct cell c;

	if (json_scan_value(s, &c) == -1)
		return -1;
	*out = (struct span){ 0 };
	if (c.kind == CELL_TEXT)
		*out = c.raw;
	else if (c.kind != CELL_NULL)
		return json_scan_fault(s, "a text is missing");
	return 0;
}

int
members_name(struct json_scan *s, size_t max, struct span *out)
{
	struct cell c;

	if (json_scan_value(s, &c) == -1)
		return -1;
	*out = (struct span){ 0 };
	if (c.kind == CELL_NULL)
		return 0;
	if (c.kind != CELL_TEXT || c.escaped || c.raw.n == 0 || c.raw.n > max)
		return json_scan_fault(s, "a name is missing");
	*out = c.raw;
	return 0;
}

int
members_digits(struct json_scan *s, struct span *out)
{
	if (members_name(s, SEQUENCE_MAX, out) == -1)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (!ascii_is_digit(out->p[i]))
			return json_scan_fault(
			    s, "a sequence number is not digits");
	return 0;
}

int
members_number(struct json_scan *s, int scale, int64_t *out)
{
	enum { DIGITS_MAX = 18 };
	struct number n;
	struct cell c;
	int64_t point, v = 0;

	if (json_scan_value(s, &c) == -1)
		return -1;
	*out = 0;
	if (c.kind == CELL_NULL)
		return 0;
	if (c.kind != CELL_NUMBER || !number_scan(c.raw, false, &n))
		return json_scan_fault(s, "a number is missing");
	point = n.point + scale;
	if (point > DIGITS_MAX)
		return json_scan_fault(s, "a number is out of range");
	for (int64_t i = 0; i < point; i++)
		v = v * 10 + number_digit(&n, (size_t)i);
	v += point >= 0 && number_digit(&n, (size_t)point) >= 5;
	*out = n.is_negative ? -v : v;
	return 0;
}
