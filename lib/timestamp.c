/* timestamp - ISO-8601 and SQL time text <-> milliseconds since 1970.
 * SPDX-License-Identifier: ISC */
#include "lib/timestamp.h"

#include <string.h>

#include "lib/ascii.h"
#include "lib/digits.h"

enum {
	SECOND_MS = 1000,
	MINUTE_MS = 60 * SECOND_MS,
	HOUR_MS = 60 * MINUTE_MS,
	DAY_MS = 24 * HOUR_MS,
	DATE_BYTES = 10,     /* YYYY-MM-DD */
	BASIC_BYTES = 8,     /* YYYYMMDD */
	CYCLE_DAYS = 146097, /* 400 Gregorian years */
	MARCH_0000 = 719468, /* days from 0000-03-01 to 1970-01-01 */
};

/* Days of 0000-03-01 beyond whole cycles, and the cycles. */
enum {
	MARCH_CYCLES = MARCH_0000 / CYCLE_DAYS,
	MARCH_DAYS = MARCH_0000 % CYCLE_DAYS,
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Years are counted from March on, so that the leap day ends one; 153 days
 * are five months from March.  Source: H. Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", days_from_civil and civil_from_days.
 */
int64_t
timestamp_days(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t cycle = floor_div(y, 400);
	int64_t of_cycle = y - cycle * 400;
	int64_t of_year =
	    (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return cycle * CYCLE_DAYS + of_cycle * 365 + of_cycle / 4 -
	       of_cycle / 100 + of_year - MARCH_0000;
}

void
timestamp_civil(int64_t days, int64_t *year, int *month, int *day)
{
	/* Cycles are taken off first, without a sign: nothing overflows. */
	int64_t cycle = floor_div(days, CYCLE_DAYS);
	uint32_t d = (uint32_t)((uint64_t)days - (uint64_t)cycle * CYCLE_DAYS) +
	             MARCH_DAYS;
	uint32_t y, of_year, m;

	cycle += MARCH_CYCLES;
	if (d >= CYCLE_DAYS) {
		d -= CYCLE_DAYS;
		cycle++;
	}
	y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	of_year = d - (365 * y + y / 4 - y / 100);
	m = (5 * of_year + 2) / 153;
	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = cycle * 400 + y + (*month <= 2);
}

int64_t
timestamp_day(int64_t ms)
{
	return floor_div(ms, DAY_MS);
}

static int
days_of_month(int year, int month)
{
	static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* The value of two digits; *bad is set where they are none. */
static inline int
pair(const char *p, unsigned *bad)
{
	unsigned a = (unsigned)(unsigned char)p[0] - '0';
	unsigned b = (unsigned)(unsigned char)p[1] - '0';

	*bad |= (unsigned)(a > 9) | (unsigned)(b > 9);
	return (int)(a * 10 + b);
}

/*
 * The date at the text's start, which has n bytes: DATE_BYTES, or BASIC_BYTES
 * without anything between its parts.  The one branch for all digits is never
 * taken with good data.
 */
static int
read_date(struct span text, size_t n, int64_t *days, struct fault *f)
{
	unsigned bad = 0;
	const char *p = text.p;
	size_t parting = n == DATE_BYTES, at = 4 + parting;
	int year, month, day;

	if (text.n < n)
		return fault_set(f, 0, "not a date, YYYY-MM-DD");
	year = pair(p, &bad) * 100 + pair(p + 2, &bad);
	month = pair(p + at, &bad);
	day = pair(p + at + 2 + parting, &bad);
	if (bad != 0)
		return fault_set(f, 0, "not a date, YYYY-MM-DD");
	if (year == 0)
		return fault_set(f, 0, "year out of range, 0001 to 9999");
	if (month < 1 || month > 12)
		return fault_set(f, at, "month out of range");
	if (day < 1 || (day > 28 && day > days_of_month(year, month)))
		return fault_set(
		    f, at + 2 + parting, "no such day in that month");
	*days = timestamp_days(year, month, day);
	return 0;
}

/* True where the parts of a date stand between two of this character. */
static bool
is_parted_by(struct span text, char c)
{
	return text.n >= DATE_BYTES && text.p[4] == c && text.p[7] == c;
}

/*
 * Up to nine digits of a second's fraction, as ms, cut; *at, where they stand,
 * goes behind them.
 */
static int
read_fraction(struct span text, size_t *at, int64_t *ms, struct fault *f)
{
	size_t here = *at;
	int64_t unit = 100;

	for (; here < text.n; here++) {
		unsigned digit = (unsigned)(unsigned char)text.p[here] - '0';

		if (digit > 9)
			break;
		if (here - *at == 9)
			return fault_set(f, here,
			    "more than 9 digits of a second's fraction");
		*ms += (int64_t)digit * unit; /* 0 beyond the third digit */
		unit /= 10;
	}
	*at = here;
	return 0;
}

/*
 * HH:MM and, if they are there, :SS and .fraction; *at goes behind them.  The
 * basic form has no colons; points: what may stand before the fraction.
 */
static int
read_clock(struct span text, size_t *at, bool basic, const char *points,
    int64_t *ms, struct fault *f)
{
	unsigned bad = 0;
	size_t here = *at, colon = !basic;
	const char *p = text.p + here;
	int hour, minute, second;

	if (text.n - here < 4 + colon)
		return fault_set(f, here, "not a time, HH:MM:SS");
	hour = pair(p, &bad);
	minute = pair(p + 2 + colon, &bad);
	if (bad != 0 || (!basic && p[2] != ':'))
		return fault_set(f, here, "not a time, HH:MM:SS");
	if (hour > 23)
		return fault_set(f, here, "hour out of range");
	if (minute > 59)
		return fault_set(f, here + 2 + colon, "minute out of range");
	*ms = hour * HOUR_MS + minute * MINUTE_MS;
	*at = here += 4 + colon;
	if (here == text.n ||
	    (basic ? !ascii_is_digit(text.p[here]) : text.p[here] != ':'))
		return 0;
	here += colon;
	if (text.n - here < 2)
		return fault_set(f, *at, "two digits of seconds expected");
	second = pair(text.p + here, &bad);
	if (bad != 0)
		return fault_set(f, here, "two digits of seconds expected");
	if (second > 59)
		return fault_set(f, here, "second out of range");
	*ms += second * SECOND_MS;
	*at = here += 2;
	if (here == text.n || strchr(points, text.p[here]) == NULL ||
	    text.p[here] == '\0')
		return 0;
	++*at;
	return read_fraction(text, at, ms, f);
}

int
timestamp_parse_offset(
    struct span text, size_t *at, int64_t *offset_ms, struct fault *f)
{
	unsigned bad = 0;
	size_t n = text.n - *at;
	const char *p = text.p + *at;
	int hour = 0, minute = 0;

	*offset_ms = 0;
	if (n > 0 && (*p == 'Z' || *p == 'z')) {
		++*at;
		return 0;
	}
	if (n == 0 || (*p != '+' && *p != '-'))
		return fault_set(f, *at, "not an offset, +HH:MM");
	if (n < 3)
		return fault_set(f, *at, "not an offset, +HH:MM");
	hour = pair(p + 1, &bad);
	p += 3;
	n -= 3;
	if (n > 0 && *p == ':') {
		p++;
		n--;
		bad |= n < 2;
	}
	if (n >= 2 && (p[-1] == ':' || ascii_is_digit(*p))) {
		minute = pair(p, &bad);
		p += 2;
	}
	if (bad != 0)
		return fault_set(f, *at, "not an offset, +HH:MM");
	if (hour > 23 || minute > 59)
		return fault_set(f, *at, "offset out of range");
	*offset_ms = hour * HOUR_MS + minute * MINUTE_MS;
	if (text.p[*at] == '-')
		*offset_ms = -*offset_ms;
	*at = (size_t)(p - text.p);
	return 0;
}

/*
 * Nothing, or perhaps a blank and Z, z, +HH:MM, +HHMM or +HH, or a blank and
 * UTC or GMT, and then the text's end.
 */
static int
read_zone(struct span text, size_t at, int64_t *offset_ms, bool *zoned,
    struct fault *f)
{
	*offset_ms = 0;
	*zoned = at < text.n;
	if (!*zoned)
		return 0;
	if (text.p[at] == ' ')
		at++;
	if (text.n - at == 3 && text.p[at - 1] == ' ' &&
	    (memcmp(text.p + at, "UTC", 3) == 0 ||
		memcmp(text.p + at, "GMT", 3) == 0))
		return 0;
	if (at == text.n || strchr("Zz+-", text.p[at]) == NULL ||
	    text.p[at] == '\0')
		return fault_set(f, at, "text after the time");
	if (timestamp_parse_offset(text, &at, offset_ms, f) == -1)
		return -1;
	return at == text.n ? 0 : fault_set(f, at, "text after the time");
}

int
timestamp_parse(struct span text, int64_t *ms, bool *zoned, struct fault *f)
{
	bool basic = text.n > BASIC_BYTES && text.p[BASIC_BYTES] == 'T';
	size_t at = basic ? BASIC_BYTES : DATE_BYTES;
	int64_t days, clock_ms = 0, offset_ms = 0;

	if (!basic && !is_parted_by(text, '-') && !is_parted_by(text, '/'))
		return fault_set(f, 0, "not a date, YYYY-MM-DD");
	if (read_date(text, at, &days, f) == -1)
		return -1;
	*zoned = false;
	if (text.n > at) {
		if (text.p[at] != 'T' && text.p[at] != 't' && text.p[at] != ' ')
			return fault_set(f, at,
			    "'T' or a blank expected between date and time");
		at++;
		if (read_clock(text, &at, basic, ".,", &clock_ms, f) == -1 ||
		    read_zone(text, at, &offset_ms, zoned, f) == -1)
			return -1;
	}
	*ms = days * DAY_MS + clock_ms - offset_ms;
	return 0;
}

int
timestamp_parse_date(struct span text, int64_t *days, struct fault *f)
{
	if (!is_parted_by(text, '-'))
		return fault_set(f, 0, "not a date, YYYY-MM-DD");
	if (read_date(text, DATE_BYTES, days, f) == -1)
		return -1;
	if (text.n > DATE_BYTES)
		return fault_set(f, DATE_BYTES, "text after the date");
	return 0;
}

int
timestamp_parse_time(struct span text, int64_t *ms, struct fault *f)
{
	size_t at = 0;

	if (read_clock(text, &at, false, ".", ms, f) == -1)
		return -1;
	if (at < text.n)
		return fault_set(f, at, "text after the time");
	return 0;
}

static char *
put_pair(char *to, uint64_t v)
{
	memcpy(to, digits_pairs + v * 2, 2);
	return to + 2;
}

/* Source: java.time, DateTimeFormatter.ISO_LOCAL_DATE (EXCEEDS_PAD). */
char *
timestamp_put_date(char *to, int64_t days)
{
	int64_t year;
	uint64_t size;
	int month, day;

	timestamp_civil(days, &year, &month, &day);
	size = year < 0 ? -(uint64_t)year : (uint64_t)year;
	if (year < 0)
		*to++ = '-';
	else if (year > 9999)
		*to++ = '+';
	if (size > 9999)
		to = digits_fixed(to, size, false, 0);
	else
		to = put_pair(put_pair(to, size / 100), size % 100);
	*to++ = '-';
	to = put_pair(to, (uint64_t)month);
	*to++ = '-';
	return put_pair(to, (uint64_t)day);
}

char *
timestamp_put_clock(char *to, int64_t ms, int digits)
{
	uint32_t s = (uint32_t)(ms / SECOND_MS),
		 rest = (uint32_t)(ms % SECOND_MS);

	to = put_pair(to, s / 3600);
	*to++ = ':';
	to = put_pair(to, s / 60 % 60);
	*to++ = ':';
	to = put_pair(to, s % 60);
	if (digits == 0)
		return to;
	*to++ = '.';
	*to = (char)('0' + rest / 100);
	put_pair(to + 1, rest % 100);
	return to + digits;
}

/* Of the day, with as many digits as its fraction has. */
static char *
put_shortest_clock(char *to, int64_t ms)
{
	int digits = ms % 10 != 0 ? 3 : ms % 100 != 0 ? 2 : ms % 1000 != 0;

	return timestamp_put_clock(to, ms, digits);
}

enum { TEXT_MAX = 64 }; /* sign, 19 digits, -MM-DDTHH:MM:SS.fffZ and room */

void
timestamp_write_by(
    struct buf *b, struct timestamp_date *date, int64_t ms, bool zoned)
{
	int64_t days = timestamp_day(ms);
	char *to = buf_room(b, TEXT_MAX);

	if (to == NULL)
		return;
	if (date->n == 0 || date->days != days) {
		date->days = days;
		date->n =
		    (size_t)(timestamp_put_date(date->text, days) - date->text);
	}
	memcpy(to, date->text, sizeof date->text);
	to += date->n;
	*to++ = 'T';
	/* Not ms - days * DAY_MS: that product may be out of range. */
	to = put_shortest_clock(to, (ms % DAY_MS + DAY_MS) % DAY_MS);
	if (zoned)
		*to++ = 'Z';
	b->n = (size_t)(to - b->p);
}

void
timestamp_write(struct buf *b, int64_t ms, bool zoned)
{
	struct timestamp_date date = { 0 };

	timestamp_write_by(b, &date, ms, zoned);
}

void
timestamp_write_date(struct buf *b, int64_t days)
{
	char text[TEXT_MAX];

	buf_add(b, text, (size_t)(timestamp_put_date(text, days) - text));
}

void
timestamp_write_time(struct buf *b, int64_t ms)
{
	char text[TEXT_MAX];
	char *end = put_shortest_clock(text, (ms % DAY_MS + DAY_MS) % DAY_MS);

	buf_add(b, text, (size_t)(end - text));
}
