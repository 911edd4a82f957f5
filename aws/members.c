/* members - what an object of JSON holds, member by member.
 * SPDX-License-Identifier: ISC */
#include "aws/members.h"

#include "lib/number.h"

/* --- objects and arrays --------------------------------------------------- */

int
members_object(struct json_scan *s, member_fn *member, void *ctx)
{
	struct cell key;
	int rc;

	for (rc = json_scan_first(s, &key); rc == 1;
	     rc = json_scan_next(s, &key))
		if (member(ctx, s, key.raw) == -1)
			return -1;
	return rc;
}

int
members_array(struct json_scan *s, element_fn *element, void *ctx)
{
	int rc;

	for (rc = json_scan_first(s, NULL); rc == 1;
	     rc = json_scan_next(s, NULL))
		if (element(ctx, s) == -1)
			return -1;
	return rc;
}

int
members_whole(struct span body, member_fn *member, void *ctx, struct fault *f)
{
	struct json_scan s = json_scan_of(body, f);

	return members_object(&s, member, ctx) == 0
	           ? json_scan_end(&s, "text after the object")
	           : -1;
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
