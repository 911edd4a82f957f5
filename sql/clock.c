/* clock - times as texts.
 * SPDX-License-Identifier: ISC */
#include "sql/clock.h"

#include <stdio.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/timestamp.h"
#include "lib/utf8.h"

enum { DAY_MS = 86400000, HOUR_MS = 3600000, MINUTE_MS = 60000 };

static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December" };
static const char *const weekdays[] = { "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday", "Sunday" };

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
floor_mod(int64_t a, int64_t b)
{
	int64_t rest = a % b;

	return rest < 0 ? rest + b : rest;
}

/* --- SQL's own form ------------------------------------------------------- */

static void
write_fraction(struct buf *b, int ms, int precision)
{
	char digits[10] = "000000000";
	int n = 9;

	digits[0] = (char)('0' + ms / 100);
	digits[1] = (char)('0' + ms / 10 % 10);
	digits[2] = (char)('0' + ms % 10);
	while (n > precision && digits[n - 1] == '0')
		n--;
	if (n == 0)
		return;
	buf_add_char(b, '.');
	buf_add(b, digits, (size_t)n);
}

void
sql_clock_write(struct buf *b, int64_t ms, int precision)
{
	int64_t days = floor_div(ms, DAY_MS), rest = floor_mod(ms, DAY_MS);
	int64_t year;
	int month, day;

	timestamp_civil(days, &year, &month, &day);
	/* Four digits of the year, whatever it is. */
	buf_addf(b, "%04d-%02d-%02d %02d:%02d:%02d",
	    (int)floor_mod(year, 10000), month, day, (int)(rest / HOUR_MS),
	    (int)(rest / MINUTE_MS % 60), (int)(rest / 1000 % 60));
	write_fraction(b, (int)(rest % 1000), precision);
}

void
sql_clock_write_time(struct buf *b, int64_t ms, int precision)
{
	int64_t rest = floor_mod(ms, DAY_MS);
	int fraction = (int)(rest % 1000);

	buf_addf(b, "%02d:%02d:%02d", (int)(rest / HOUR_MS),
	    (int)(rest / MINUTE_MS % 60), (int)(rest / 1000 % 60));
	if (precision == 0)
		return;
	buf_add_char(b, '.');
	do {
		buf_add_char(b, (char)('0' + fraction / 100));
		fraction = fraction % 100 * 10;
	} while (fraction != 0 && --precision > 0);
}

int64_t
sql_clock_cut(int64_t ms, int precision)
{
	static const int unit[] = { 1000, 100, 10 };

	return precision < 3 ? ms - ms % unit[precision] : ms;
}

/* At most most digits; *p moves behind them.  -1: fewer than least. */
static int64_t
digits(struct span s, size_t *p, int least, int most)
{
	int64_t n = 0;
	int k = 0;

	for (; k < most && *p < s.n && ascii_is_digit(s.p[*p]); ++*p, k++)
		n = n * 10 + (s.p[*p] - '0');
	return k < least ? -1 : n;
}

static bool
take(struct span s, size_t *p, char c)
{
	if (*p == s.n || s.p[*p] != c)
		return false;
	++*p;
	return true;
}

/* Behind a point up to nine digits, of which three count; *p behind them. */
static int
fraction(struct span s, size_t *p)
{
	int ms = 0, unit = 100;

	for (int k = 0; k < 9 && *p < s.n && ascii_is_digit(s.p[*p]); k++) {
		ms += unit * (s.p[*p] - '0');
		unit /= 10;
		++*p;
	}
	return ms;
}

static int
month_days(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* The day is that of the month's end where it is beyond it, up to 31. */
static bool
smart_date(int64_t year, int64_t month, int64_t day, int64_t *days)
{
	int last;

	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	last = month_days(year, (int)month);
	*days = timestamp_days(year, (int)month, day > last ? last : (int)day);
	return true;
}

/* Hour 24 is the next day's first moment, and nothing else. */
static bool
clock_ms(int64_t hour, int64_t minute, int64_t second, int ms, int64_t *out)
{
	if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 ||
	    second > 59 || (hour == 24 && minute + second + ms > 0))
		return false;
	*out = hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + ms;
	return true;
}

bool
sql_clock_read(struct span s, int precision, int64_t *out)
{
	size_t p = 0;
	int64_t year = digits(s, &p, 4, 4), month, day, days, of_day = 0;
	int64_t hour, minute, second;
	int ms = 0;

	if (year < 1 || !take(s, &p, '-'))
		return false;
	month = digits(s, &p, 1, 2);
	if (!take(s, &p, '-'))
		return false;
	day = digits(s, &p, 1, 2);
	if (!smart_date(year, month, day, &days))
		return false;
	if (take(s, &p, ' ')) {
		hour = digits(s, &p, 1, 2);
		if (!take(s, &p, ':'))
			return false;
		minute = digits(s, &p, 1, 2);
		if (!take(s, &p, ':'))
			return false;
		second = digits(s, &p, 1, 2);
		if (take(s, &p, '.'))
			ms = fraction(s, &p);
		if (!clock_ms(hour, minute, second, ms, &of_day))
			return false;
	}
	if (p != s.n)
		return false;
	*out = sql_clock_cut(days * DAY_MS + of_day, precision);
	return true;
}

bool
sql_clock_read_lenient(struct span s, int64_t *out)
{
	static const char between[] = "-- ::";
	int64_t part[6] = { 0 };
	size_t p = 0;
	int ms = 0, n;

	s = sql_trimmed(s);
	for (n = 0;; n++) {
		part[n] = digits(s, &p, n == 0 ? 4 : 1, n == 0 ? 4 : 2);
		if (part[n] < 0)
			return false;
		if (n == 5 || p == s.n)
			break;
		if (!take(s, &p, between[n]))
			return false;
	}
	if (n == 5 && take(s, &p, '.'))
		ms = fraction(s, &p);
	if ((n != 2 && n != 5) || p != s.n || part[1] < 1 || part[1] > 12 ||
	    part[2] < 1 || part[2] > 31)
		return false;
	*out =
	    (timestamp_days(part[0], (int)part[1], 1) + part[2] - 1) * DAY_MS +
	    part[3] * HOUR_MS + part[4] * MINUTE_MS + part[5] * 1000 + ms;
	return true;
}

/*
 * Up to three numbers with that byte between them, each with blanks around it
 * perhaps; returns how many, 0: it is something else.
 */
static int
parts(struct span s, char between, int64_t part[3])
{
	int n = 0;

	for (;;) {
		const char *end =
		    n < 2 && s.n > 0 ? memchr(s.p, between, s.n) : NULL;
		struct span one = { s.p,
			end == NULL ? s.n : (size_t)(end - s.p) };
		size_t p = 0;

		one = sql_trimmed(one);
		part[n] = digits(one, &p, 1, 9);
		if (part[n] < 0 || p != one.n)
			return 0;
		n++;
		if (end == NULL)
			return n;
		s.n -= (size_t)(end + 1 - s.p);
		s.p = end + 1;
	}
}

bool
sql_clock_read_date(struct span s, int64_t *days)
{
	const char *blank = s.n > 0 ? memchr(s.p, ' ', s.n) : NULL;
	int64_t part[3] = { 0, 1, 1 };

	if (blank != NULL && blank > s.p)
		s.n = (size_t)(blank - s.p);
	if (parts(s, '-', part) == 0 || part[0] > 9999 || part[1] < 1 ||
	    part[1] > 12 || part[2] < 1 ||
	    part[2] > month_days(part[0], (int)part[1]))
		return false;
	*days = timestamp_days(part[0], (int)part[1], (int)part[2]);
	return true;
}

bool
sql_clock_read_time(struct span s, int64_t *out)
{
	const char *point = s.n > 0 ? memchr(s.p, '.', s.n) : NULL;
	struct span rest = { s.p + s.n, 0 };
	int64_t part[3] = { 0, 0, 0 };
	int n, ms;
	size_t p = 0;

	if (point != NULL) {
		rest =
		    (struct span){ point + 1, (size_t)(s.p + s.n - point - 1) };
		s.n = (size_t)(point - s.p);
	}
	n = parts(s, ':', part);
	if (n == 0 || (point != NULL && n < 3))
		return false;
	rest = sql_trimmed(rest);
	ms = fraction(rest, &p);
	/* The fourth digit rounds. */
	if (rest.n > 3 && rest.p[3] >= '5' && rest.p[3] <= '9')
		ms++;
	*out = part[0] * HOUR_MS + part[1] * MINUTE_MS + part[2] * 1000 + ms;
	return *out < DAY_MS;
}

/* --- patterns ------------------------------------------------------------- */

/* A run of one letter, a text that stands for itself, or [ and ]. */
struct item {
	char letter; /* 0: text; '[', ']' */
	int count;
	struct span text; /* raw, '' within quotes still double */
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The item at *p; false at the end.  A quote that is not closed ends it. */
static bool
next_item(struct span f, size_t *p, enum sql_pattern kind, struct item *out)
{
	size_t begin = *p;
	char c;

	if (*p >= f.n)
		return false;
	c = f.p[*p];
	*out = (struct item){ 0 };
	if (is_letter(c)) {
		while (*p < f.n && f.p[*p] == c)
			++*p;
		out->letter = c;
		out->count = (int)(*p - begin);
		return true;
	}
	if (kind == SQL_STRICT && (c == '[' || c == ']')) {
		++*p;
		out->letter = c;
		return true;
	}
	if (c != '\'') {
		++*p;
		out->text = (struct span){ f.p + begin, 1 };
		return true;
	}
	/* DateTimeFormatter takes all four of '''' for one quote in quotes. */
	if (begin + 1 < f.n && f.p[begin + 1] == '\'' &&
	    (kind == SQL_SIMPLE || begin + 2 == f.n ||
		f.p[begin + 2] != '\'')) {
		*p += 2;
		out->text = (struct span){ f.p + begin, 1 };
		return true;
	}
	for (++*p; *p < f.n; ++*p) {
		if (f.p[*p] != '\'')
			continue;
		if (*p + 1 == f.n || f.p[*p + 1] != '\'')
			break;
		++*p;
	}
	out->text = (struct span){ f.p + begin + 1, *p - begin - 1 };
	++*p;
	return true;
}

static const char known_strict[] = "yuMLdDHhKkmsSnaEXxZ[]";
static const char known_simple[] = "yMdDHhKkmsSaEuXZz";

const char *
sql_clock_check(struct span f, enum sql_pattern kind)
{
	const char *known = kind == SQL_STRICT ? known_strict : known_simple;
	struct item item;
	size_t p = 0;
	int depth = 0;

	while (next_item(f, &p, kind, &item)) {
		if (item.letter == '\0')
			continue;
		if (strchr(known, item.letter) == NULL)
			return kind == SQL_STRICT
			           ? "a letter of the pattern is none of"
			             " y u M L d D H h K k m s S n a E X x Z;"
			             " other texts stand in single quotes"
			           : "a letter of the pattern is none of"
			             " y M d D H h K k m s S a E u X Z z;"
			             " other texts stand in single quotes";
		if (item.count > 19)
			return "a letter of the pattern is repeated too often";
		depth += (item.letter == '[') - (item.letter == ']');
		if (depth < 0)
			return "a ] of the pattern has no [";
	}
	if (p > f.n)
		return "a quote in the pattern is not closed";
	return NULL;
}

/* What a text has told; -1 where it has not. */
struct parsed {
	int64_t year, month, day, day_of_year;
	int64_t hour, hour12, minute, second, ms;
	int pm; /* -1: not told */
	int64_t offset_ms;
	bool zoned;
};

static bool
is_number(const struct item *i)
{
	switch (i->letter) {
	case 'M':
	case 'L':
		return i->count <= 2;
	case '\0':
	case '[':
	case ']':
	case 'a':
	case 'E':
	case 'X':
	case 'x':
	case 'Z':
	case 'z':
		return false;
	default:
		return true;
	}
}

/* Digits that the numbers right behind p take for themselves. */
static int
digits_behind(struct span f, size_t p, enum sql_pattern kind)
{
	struct item item;
	int n = 0;

	while (next_item(f, &p, kind, &item) && is_number(&item))
		n += item.count;
	return n;
}

/* How many digits a number may have; *most 19: as many as there are. */
static void
widths(const struct item *i, int *least, int *most)
{
	*least = i->count;
	*most = i->count;
	if (i->letter == 'y' || i->letter == 'u')
		*most = i->count == 2 ? 2 : 19;
	else if (i->count == 1 && i->letter != 'S')
		*most = 19;
}

static size_t
digits_there(struct span s, size_t p)
{
	size_t n = 0;

	while (p + n < s.n && ascii_is_digit(s.p[p + n]))
		n++;
	return n;
}

static bool
read_number(struct span s, size_t *p, const struct item *item, int behind,
    enum sql_pattern kind, int64_t *out)
{
	int least, most, there;
	bool plus, negative;

	widths(item, &least, &most);
	if (kind == SQL_SIMPLE) {
		while (*p < s.n && (s.p[*p] == ' ' || s.p[*p] == '\t'))
			++*p;
		/* Alone a number has any width. */
		least = 1;
		most = behind > 0 ? item->count : 18;
		negative = behind == 0 && take(s, p, '-');
		*out = digits(s, p, least, most);
		if (*out >= 0 && negative)
			*out = -*out;
		return *out >= 0 || negative;
	}
	plus = most == 19 && item->count >= 4 && take(s, p, '+');
	there = (int)digits_there(s, *p) - behind;
	if (most > there && most == 19)
		most = there < least ? least : there;
	/* A year of more than four digits has a sign. */
	if (item->count == 4 && most > 4 && !plus)
		return false;
	if (most > 18)
		most = 18;
	*out = digits(s, p, least, most);
	return *out >= 0;
}

/* One of n names, or their first three letters; the longest that fits. */
static bool
read_name(struct span s, size_t *p, const char *const *names, int n, bool full,
    bool either, int64_t *out)
{
	for (int i = 0; i < n; i++) {
		size_t length = strlen(names[i]);

		for (int short_one = 0; short_one < 2; short_one++) {
			size_t k = short_one ? 3 : length;

			if (!either && short_one == full)
				continue;
			if (s.n - *p < k ||
			    (either ? strncasecmp(s.p + *p, names[i], k)
				    : strncmp(s.p + *p, names[i], k)) != 0)
				continue;
			*p += k;
			*out = i + 1;
			return true;
		}
	}
	return false;
}

static bool
read_zone(struct span s, size_t *p, struct parsed *out)
{
	struct fault fault;
	struct span rest = { s.p + *p, s.n - *p };

	if (rest.n >= 3 && (strncmp(rest.p, "UTC", 3) == 0 ||
			       strncmp(rest.p, "GMT", 3) == 0)) {
		*p += 3;
		out->offset_ms = 0;
	} else if (timestamp_parse_offset(s, p, &out->offset_ms, &fault) ==
		   -1) {
		return false;
	}
	out->zoned = true;
	return true;
}

static bool
read_pm(struct span s, size_t *p, bool any_case, int *pm)
{
	char a, m;

	if (s.n - *p < 2)
		return false;
	a = s.p[*p];
	m = s.p[*p + 1];
	if (any_case) {
		a = (char)(a & ~0x20);
		m = (char)(m & ~0x20);
	}
	if ((a != 'A' && a != 'P') || m != 'M')
		return false;
	*pm = a == 'P';
	*p += 2;
	return true;
}

/* A two-digit year: strictly of 2000 on; simply within 80 years back. */
static int64_t
full_year(int64_t year, enum sql_pattern kind)
{
	if (kind == SQL_STRICT)
		return 2000 + year;
	return year + (year < 50 ? 2000 : 1900);
}

static void
set_field(struct parsed *out, const struct item *item, int64_t n,
    enum sql_pattern kind, size_t width)
{
	switch (item->letter) {
	case 'y':
	case 'u':
		out->year =
		    item->count == 2 && width == 2 ? full_year(n, kind) : n;
		break;
	case 'M':
	case 'L':
		out->month = n;
		break;
	case 'd':
		out->day = n;
		break;
	case 'D':
		out->day_of_year = n;
		break;
	case 'H':
		out->hour = n;
		break;
	case 'k':
		out->hour = n == 24 ? 0 : n;
		break;
	case 'h':
		out->hour12 = n == 12 ? 0 : n;
		break;
	case 'K':
		out->hour12 = n;
		break;
	case 'm':
		out->minute = n;
		break;
	case 's':
		out->second = n;
		break;
	case 'n':
		out->ms = n / 1000000;
		break;
	case 'S':
		/* A fraction here, a count of ms there. */
		for (int k = item->count; kind == SQL_STRICT && k < 3; k++)
			n *= 10;
		for (int k = item->count; kind == SQL_STRICT && k > 3; k--)
			n /= 10;
		out->ms = n;
		break;
	default:
		break;
	}
}

static bool
read_item(struct span s, size_t *p, const struct item *item, struct span f,
    size_t behind, enum sql_pattern kind, struct parsed *out)
{
	int64_t n = 0;
	size_t begin;
	bool simple = kind == SQL_SIMPLE;

	switch (item->letter) {
	case '\0':
		for (size_t i = 0; i < item->text.n; i++) {
			if (!take(s, p, item->text.p[i]))
				return false;
			i += item->text.p[i] == '\'' && item->text.n > 1;
		}
		return true;
	case 'a':
		return read_pm(s, p, simple, &out->pm);
	case 'E':
		return read_name(
		    s, p, weekdays, 7, item->count > 3, simple, &n);
	case 'X':
	case 'x':
	case 'Z':
	case 'z':
		return read_zone(s, p, out);
	default:
		break;
	}
	if (!is_number(item))
		return read_name(
		    s, p, months, 12, item->count > 3, simple, &out->month);
	begin = *p;
	if (!read_number(s, p, item, digits_behind(f, behind, kind), kind, &n))
		return false;
	set_field(out, item, n, kind, *p - begin);
	return true;
}

/* Behind the ] that closes what is open at p. */
static size_t
close_of(struct span f, size_t p, enum sql_pattern kind)
{
	struct item item;
	int depth = 1;

	while (depth > 0 && next_item(f, &p, kind, &item))
		depth += (item.letter == '[') - (item.letter == ']');
	return p;
}

enum { OPTIONALS_MAX = 16 }; /* open at a time */

/* Reads by the whole pattern; what is optional is left out where it fails. */
static bool
read_pattern(struct span s, size_t *p, struct span f, enum sql_pattern kind,
    struct parsed *out)
{
	struct {
		size_t text, pattern; /* where to go on without it */
		struct parsed parsed;
	} open[OPTIONALS_MAX];
	int n = 0;
	size_t at = 0;
	struct item item;

	while (next_item(f, &at, kind, &item)) {
		if (item.letter == '[' && n < OPTIONALS_MAX) {
			open[n].text = *p;
			open[n].pattern = close_of(f, at, kind);
			open[n++].parsed = *out;
		} else if (item.letter == ']' || item.letter == '[') {
			n -= n > 0 && item.letter == ']';
		} else if (!read_item(s, p, &item, f, at, kind, out)) {
			if (n == 0)
				return false;
			n--;
			*p = open[n].text;
			*out = open[n].parsed;
			at = open[n].pattern;
		}
	}
	return true;
}

/* What was not told is 1970-01-01 00:00:00. */
static bool
resolve_strict(struct parsed *f, int64_t *ms)
{
	int64_t days, of_day;

	if (f->hour == -1 && f->hour12 != -1 && f->pm != -1)
		f->hour = f->hour12 + 12 * f->pm;
	if (f->hour12 > 11 || f->year == 0)
		return false;
	if (f->day_of_year != -1 && f->year != -1) {
		if (f->day_of_year < 1 || f->day_of_year > 366)
			return false;
		days = timestamp_days(f->year, 1, 1) + f->day_of_year - 1;
	} else if (!smart_date(f->year == -1 ? 1970 : f->year,
		       f->month == -1 ? 1 : f->month, f->day == -1 ? 1 : f->day,
		       &days)) {
		return false;
	}
	if (!clock_ms(f->hour == -1 ? 0 : f->hour,
		f->minute == -1 ? 0 : f->minute,
		f->second == -1 ? 0 : f->second, f->ms == -1 ? 0 : (int)f->ms,
		&of_day))
		return false;
	*ms = days * DAY_MS + of_day;
	return true;
}

/* The first day of the Gregorian calendar; before it stands Julius's. */
enum { GREGORIAN = -141427 };

/* Days since 1970 of a date in the calendar of its time. */
static int64_t
mixed_days(int64_t year, int month, int64_t day)
{
	int64_t days = timestamp_days(year, month, 1) + day - 1;
	int64_t y = month <= 2 ? year - 1 : year;

	if (days >= GREGORIAN)
		return days;
	/* So many leap days has Gregory left out, two days being his start. */
	return days + floor_div(y, 100) - floor_div(y, 400) - 2;
}

/* Any number goes: month 13 is the next January. */
static void
resolve_simple(struct parsed *f, int64_t *ms)
{
	int64_t year = f->year == -1 ? 1970 : f->year;
	int64_t month = f->month == -1 ? 0 : f->month - 1;
	int64_t hour = f->hour == -1 ? 0 : f->hour;
	int64_t days;

	if (f->hour == -1 && f->hour12 != -1)
		hour = f->hour12 + 12 * (f->pm == 1);
	year += floor_div(month, 12);
	month = floor_mod(month, 12);
	if (f->day_of_year != -1)
		days = mixed_days(year, 1, f->day_of_year);
	else
		days =
		    mixed_days(year, (int)month + 1, f->day == -1 ? 1 : f->day);
	*ms = days * DAY_MS + hour * HOUR_MS +
	      (f->minute == -1 ? 0 : f->minute) * MINUTE_MS +
	      (f->second == -1 ? 0 : f->second) * 1000 +
	      (f->ms == -1 ? 0 : f->ms);
}

/* Numbers that cannot be of a time would overflow later. */
static bool
is_sane(const struct parsed *f)
{
	const int64_t most = INT64_C(100000000000);

	return f->year < 1000000 && f->month < most && f->day < most &&
	       f->day_of_year < most && f->hour < most && f->minute < most &&
	       f->second < most && f->ms < most && f->year > -1000000 &&
	       f->month > -most && f->day > -most && f->hour > -most &&
	       f->minute > -most && f->second > -most && f->ms > -most;
}

bool
sql_clock_parse(
    struct span s, struct span f, enum sql_pattern kind, int64_t *ms)
{
	struct parsed parsed = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0,
		false };
	size_t p = 0;

	if (!read_pattern(s, &p, f, kind, &parsed) || !is_sane(&parsed))
		return false;
	if (kind == SQL_STRICT)
		return p == s.n && resolve_strict(&parsed, ms);
	resolve_simple(&parsed, ms);
	return true;
}

/* --- to text -------------------------------------------------------------- */

struct parts {
	int64_t year;
	int month, day, day_of_year, weekday; /* Monday 0 */
	int hour, minute, second, ms;
};

static void
write_number(struct buf *b, int64_t n, int width)
{
	buf_addf(b, "%0*lld", width, (long long)n);
}

static void
write_named(struct buf *b, const char *name, bool full)
{
	buf_add(b, name, full ? strlen(name) : 3);
}

/* A fraction, or the number of ms. */
static void
write_second_part(
    struct buf *b, int ms, const struct item *item, enum sql_pattern kind)
{
	char text[32];

	if (kind == SQL_SIMPLE) {
		write_number(b, ms, item->count);
		return;
	}
	snprintf(text, sizeof text, "%03d0000000000000000", ms);
	buf_add(b, text, (size_t)item->count);
}

static void
write_offset(struct buf *b, const struct item *item, int64_t offset_ms)
{
	int64_t m = offset_ms / MINUTE_MS, a = m < 0 ? -m : m;

	if (item->letter == 'z') {
		buf_add_text(b, "UTC");
		return;
	}
	if (item->letter == 'X' && m == 0) {
		buf_add_char(b, 'Z');
		return;
	}
	buf_addf(b, "%c%02d", m < 0 ? '-' : '+', (int)(a / 60));
	if (item->count > 1 || item->letter == 'Z')
		buf_addf(b, "%s%02d",
		    item->count == 3 && item->letter != 'Z' ? ":" : "",
		    (int)(a % 60));
}

static void
write_item(struct buf *b, const struct item *item, const struct parts *t,
    enum sql_pattern kind, int64_t offset_ms)
{
	int n = item->count;

	switch (item->letter) {
	case '\0':
		for (size_t i = 0; i < item->text.n; i++) {
			buf_add_char(b, item->text.p[i]);
			i += item->text.p[i] == '\'' && item->text.n > 1;
		}
		break;
	case 'y':
	case 'u':
		if (item->letter == 'u' && kind == SQL_SIMPLE)
			write_number(b, t->weekday + 1, n);
		else if (n == 2)
			write_number(b, floor_mod(t->year, 100), 2);
		else
			write_number(b, t->year, n);
		break;
	case 'M':
	case 'L':
		if (n > 2)
			write_named(b, months[t->month - 1], n > 3);
		else
			write_number(b, t->month, n);
		break;
	case 'd':
		write_number(b, t->day, n);
		break;
	case 'D':
		write_number(b, t->day_of_year, n);
		break;
	case 'E':
		write_named(b, weekdays[t->weekday], n > 3);
		break;
	case 'H':
		write_number(b, t->hour, n);
		break;
	case 'k':
		write_number(b, t->hour == 0 ? 24 : t->hour, n);
		break;
	case 'h':
		write_number(b, t->hour % 12 == 0 ? 12 : t->hour % 12, n);
		break;
	case 'K':
		write_number(b, t->hour % 12, n);
		break;
	case 'm':
		write_number(b, t->minute, n);
		break;
	case 's':
		write_number(b, t->second, n);
		break;
	case 'S':
		write_second_part(b, t->ms, item, kind);
		break;
	case 'n':
		write_number(b, (int64_t)t->ms * 1000000, n);
		break;
	case 'a':
		buf_add_text(b, t->hour < 12 ? "AM" : "PM");
		break;
	case 'X':
	case 'x':
	case 'Z':
	case 'z':
		write_offset(b, item, offset_ms);
		break;
	default:
		break;
	}
}

void
sql_clock_format(struct buf *b, int64_t ms, struct span f,
    enum sql_pattern kind, int64_t offset_ms)
{
	int64_t days = floor_div(ms, DAY_MS), rest = floor_mod(ms, DAY_MS);
	struct parts t = { .weekday = (int)floor_mod(days + 3, 7),
		.hour = (int)(rest / HOUR_MS),
		.minute = (int)(rest / MINUTE_MS % 60),
		.second = (int)(rest / 1000 % 60),
		.ms = (int)(rest % 1000) };
	struct item item;
	size_t p = 0;

	timestamp_civil(days, &t.year, &t.month, &t.day);
	if (kind == SQL_SIMPLE && days < GREGORIAN) {
		int64_t y = t.month <= 2 ? t.year - 1 : t.year;

		timestamp_civil(
		    days - floor_div(y, 100) + floor_div(y, 400) + 2, &t.year,
		    &t.month, &t.day);
	}
	t.day_of_year = (int)(days - timestamp_days(t.year, 1, 1)) + 1;
	while (next_item(f, &p, kind, &item))
		write_item(b, &item, &t, kind, offset_ms);
}
