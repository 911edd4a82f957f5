/* skew - how far the service's clock is from ours.
 * SPDX-License-Identifier: ISC */
#include "aws/skew.h"

#include <ctype.h>
#include <stddef.h>

#include "aws/text.h"
#include "lib/timestamp.h"

enum { MS_PER_S = 1000, S_PER_DAY = 86400 };

/* A reader of one text: what is left, and whether all went well so far. */
struct reader {
	struct span left;
	bool bad;
};

static void
skip_blanks(struct reader *r)
{
	while (r->left.n > 0 && (r->left.p[0] == ' ' || r->left.p[0] == '-')) {
		r->left.p++;
		r->left.n--;
	}
}

/* A number of min to max digits. */
static int
number(struct reader *r, size_t min, size_t max)
{
	int value = 0;
	size_t n = 0;

	while (n < max && n < r->left.n && isdigit((unsigned char)r->left.p[n]))
		value = value * 10 + (r->left.p[n++] - '0');
	r->bad |= n < min;
	if (n > 0)
		r->left = (struct span){ r->left.p + n, r->left.n - n };
	return value;
}

static void
expect(struct reader *r, char c)
{
	if (r->left.n == 0 || r->left.p[0] != c) {
		r->bad = true;
		return;
	}
	r->left.p++;
	r->left.n--;
}

static int
month(struct reader *r)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12 && r->left.n >= 3; i++) {
		if (memcmp(r->left.p, names + 3 * i, 3) != 0)
			continue;
		r->left.p += 3;
		r->left.n -= 3;
		return i + 1;
	}
	r->bad = true;
	return 1;
}

static int
clock_s(struct reader *r)
{
	int h, m, s;

	h = number(r, 2, 2);
	expect(r, ':');
	m = number(r, 2, 2);
	expect(r, ':');
	s = number(r, 2, 2);
	/* :60 is a leap second, which our clock does not have. */
	r->bad |= h > 23 || m > 59 || s > 60;
	return h * 3600 + m * 60 + s;
}

static bool
to_ms(int year, int mon, int day, int second, int64_t *ms)
{
	int64_t days = timestamp_days(year, mon, day), y;
	int m, d;

	timestamp_civil(days, &y, &m, &d);
	*ms = (days * S_PER_DAY + second) * MS_PER_S;
	return mon >= 1 && mon <= 12 && day >= 1 && day <= 31 && d == day;
}

bool
skew_parse_date(struct span text, int64_t *ms)
{
	struct reader r = { .left = text_trim(text) };
	int day, mon, year, second;

	/* The day of the week says nothing that the rest does not. */
	while (r.left.n > 0 && isalpha((unsigned char)r.left.p[0])) {
		r.left.p++;
		r.left.n--;
	}
	if (r.left.n > 0 && r.left.p[0] == ',') {
		/* "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37" */
		expect(&r, ',');
		skip_blanks(&r);
		day = number(&r, 1, 2);
		skip_blanks(&r);
		mon = month(&r);
		skip_blanks(&r);
		year = number(&r, 2, 4);
		if (year < 100)
			year += year < 70 ? 2000 : 1900;
		skip_blanks(&r);
		second = clock_s(&r);
	} else {
		/* "Sun Nov  6 08:49:37 1994" */
		skip_blanks(&r);
		mon = month(&r);
		skip_blanks(&r);
		day = number(&r, 1, 2);
		skip_blanks(&r);
		second = clock_s(&r);
		skip_blanks(&r);
		year = number(&r, 4, 4);
	}
	skip_blanks(&r);
	r.bad |= r.left.n > 0 && !span_is(r.left, "GMT");
	return !r.bad && to_ms(year, mon, day, second, ms);
}

/* 20260101T001000Z */
static bool
parse_compact(struct span s, int64_t *ms)
{
	struct reader r = { .left = s };
	int year, mon, day, h, m, second;

	year = number(&r, 4, 4);
	mon = number(&r, 2, 2);
	day = number(&r, 2, 2);
	expect(&r, 'T');
	h = number(&r, 2, 2);
	m = number(&r, 2, 2);
	second = number(&r, 2, 2);
	expect(&r, 'Z');
	r.bad |= h > 23 || m > 59 || second > 60;
	return !r.bad && to_ms(year, mon, day, h * 3600 + m * 60 + second, ms);
}

/* The service's time is the one in parentheses: "(20260101T001000Z - 5 min.)"
 */
static bool
parse_message(struct span message, int64_t *ms)
{
	for (size_t i = 0; i < message.n; i++)
		if (message.p[i] == '(' &&
		    parse_compact(
			(struct span){ message.p + i + 1, message.n - i - 1 },
			ms))
			return true;
	return false;
}

enum skew_learned
skew_learn(
    struct skew *s, struct span date, struct span message, int64_t local_ms)
{
	int64_t theirs_ms, off_ms;

	if (!skew_parse_date(date, &theirs_ms) &&
	    !parse_message(message, &theirs_ms))
		return SKEW_UNKNOWN;
	off_ms = theirs_ms - skew_now_ms(s, local_ms);
	if (off_ms < SKEW_NOTICE_MS && off_ms > -SKEW_NOTICE_MS)
		return SKEW_SAME;
	s->offset_ms = theirs_ms - local_ms;
	s->number++;
	return SKEW_CHANGED;
}
