/* time_format - times in the letters of strptime(3).
 * SPDX-License-Identifier: ISC */
#include "lib/time_format.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/timestamp.h"

enum { DAY_MS = 86400000, SECOND_NS = 1000000000, YEARS_BACK = 9 };

/* What a letter reads. */
enum part {
	PART_YEAR,
	PART_MONTH,
	PART_DAY,
	PART_DAY_OF_YEAR,
	PART_HOUR,
	PART_HALF, /* of a day: AM, PM */
	PART_MINUTE,
	PART_SECOND,
	PART_FRACTION,
	PART_EPOCH,
	PART_ZONE,
	PART_WEEKDAY,
	PARTS,
};

/* Letters that are read; digits: at least, at most; 0: no number. */
static const struct letter {
	char letter;
	signed char part, digits_min, digits_max;
	int min, max;
	const char *wanted;
} letters[] = {
	{ 'Y', PART_YEAR, 4, 4, 1, 9999, "expected a year, 0001 to 9999" },
	{ 'y', PART_YEAR, 2, 2, 0, 99, "expected two digits of a year" },
	{ 'm', PART_MONTH, 1, 2, 1, 12, "expected a month, 1 to 12" },
	{ 'b', PART_MONTH, 0, 0, 0, 0, "expected a month's English name" },
	{ 'd', PART_DAY, 1, 2, 1, 31, "expected a day, 1 to 31" },
	{ 'j', PART_DAY_OF_YEAR, 1, 3, 1, 366,
	    "expected a day of the year, 1 to 366" },
	{ 'H', PART_HOUR, 1, 2, 0, 23, "expected an hour, 0 to 23" },
	{ 'I', PART_HOUR, 1, 2, 1, 12, "expected an hour, 1 to 12" },
	{ 'p', PART_HALF, 0, 0, 0, 0, "expected AM or PM" },
	{ 'M', PART_MINUTE, 1, 2, 0, 59, "expected a minute, 0 to 59" },
	{ 'S', PART_SECOND, 1, 2, 0, 59, "expected a second, 0 to 59" },
	{ 'f', PART_FRACTION, 1, 9, 0, SECOND_NS - 1,
	    "expected 1 to 9 digits of a second's fraction" },
	{ 's', PART_EPOCH, 0, 0, 0, 0,
	    "expected seconds since 1970 from year 0001 to 9999" },
	{ 'z', PART_ZONE, 0, 0, 0, 0, "expected an offset, +HHMM, or Z" },
	{ 'Z', PART_ZONE, 0, 0, 0, 0, "expected UTC or GMT" },
	{ 'a', PART_WEEKDAY, 0, 0, 0, 0, "expected an English weekday" },
	{ 'w', PART_WEEKDAY, 1, 1, 0, 7, "expected a weekday, 0 to 7" },
};

/* Letters that stand for others. */
static const struct {
	char letter;
	const char *text;
} others[] = {
	{ 'A', "%a" },
	{ 'B', "%b" },
	{ 'h', "%b" },
	{ 'e', "%d" },
	{ 'k', "%H" },
	{ 'l', "%I" },
	{ 'u', "%w" },
	{ 'n', " " },
	{ 't', " " },
	{ 'T', "%H:%M:%S" },
	{ 'R', "%H:%M" },
	{ 'r', "%I:%M:%S %p" },
	{ 'X', "%H:%M:%S" },
	{ 'D', "%m/%d/%y" },
	{ 'x', "%m/%d/%y" },
	{ 'F', "%Y-%m-%d" },
	{ 'c', "%a %b %d %H:%M:%S %Y" },
};

static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December", NULL };
static const char *const weekdays[] = { "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday", "Sunday", NULL };
static const char *const halves[] = { "AM", "PM", NULL };
static const char *const utc[] = { "UTC", "GMT", NULL };

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const struct letter *
letter_of(char c)
{
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].letter == c)
			return &letters[i];
	return NULL;
}

/* --- the format ----------------------------------------------------------- */

/* Adds what the letter stands for; returns what is wrong with it, or NULL. */
static const char *
add_letter(struct buf *out, char letter, unsigned *has)
{
	const struct letter *l = letter_of(letter);
	const char *text = NULL, *what = NULL;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (others[i].letter == letter)
			text = others[i].text;
	for (; text != NULL && *text != '\0' && what == NULL; text++) {
		if (*text == '%')
			what = add_letter(out, *++text, has);
		else
			buf_add_char(out, *text);
	}
	if (text != NULL)
		return what;
	if (letter == '\0')
		return "a letter is missing";
	if (letter != '%' && l == NULL)
		return "unknown letter";
	buf_add_char(out, '%');
	buf_add_char(out, letter);
	if (l == NULL)
		return NULL;
	if (l->part != PART_WEEKDAY && (*has & 1u << l->part) != 0)
		return "this part of the time is given twice";
	*has |= 1u << l->part;
	/* Half a day's hour is a bit of its own behind the parts. */
	if (letter == 'I')
		*has |= 1u << PARTS;
	return NULL;
}

/* What is wrong with a format of these parts, or NULL. */
static const char *
lacking(unsigned has)
{
	const unsigned year = 1u << PART_YEAR, month = 1u << PART_MONTH,
		       day = 1u << PART_DAY, of_year = 1u << PART_DAY_OF_YEAR,
		       epoch = 1u << PART_EPOCH, half = 1u << PARTS;
	unsigned date = has & (month | day | of_year | epoch);

	if ((has & epoch) != 0)
		return (has & ~(epoch | 1u << PART_FRACTION | 1u << PART_ZONE |
				  1u << PART_WEEKDAY)) == 0
		           ? NULL
		           : "%s is a whole time; leave the other parts out";
	if (date != (month | day) && (date != of_year || (has & year) == 0))
		return "a date is missing; give a day and a month, %Y and %j, "
		       "or %s";
	if (((has & half) != 0) != ((has & 1u << PART_HALF) != 0))
		return "%I and %p go together; %H is an hour of 24";
	return NULL;
}

struct time_format *
time_format_new(const char *text, struct fault *fault)
{
	struct time_format *f = NULL;
	struct buf out = { 0 };
	unsigned has = 0;
	const char *what = NULL, *p;

	for (p = text; *p != '\0'; p++) {
		const char *start = p;

		if (*p != '%') {
			buf_add_char(&out, is_blank(*p) ? ' ' : *p);
			continue;
		}
		p++;
		/* How strftime(3) of glibc is told to fill up is all one. */
		if (*p == '-' || *p == '_' || *p == '0')
			p++;
		what = add_letter(&out, *p, &has);
		if (what == NULL)
			continue;
		p = start;
		break;
	}
	if (what == NULL)
		what = lacking(has);
	if (what == NULL && buf_text(&out) != NULL)
		f = malloc(sizeof *f + out.n + 1);
	if (f == NULL) {
		fault_set(fault, (size_t)(p - text),
		    what != NULL ? what : "out of memory");
	} else {
		f->no_year = (has & (1u << PART_YEAR | 1u << PART_EPOCH)) == 0;
		memcpy(f->text, out.p, out.n + 1);
	}
	buf_free(&out);
	return f;
}

/* --- a text --------------------------------------------------------------- */

/* One reading: the parts so far, and where it stands. */
struct reading {
	struct span text;
	size_t at;
	int part[PARTS];
	size_t day_at; /* where the day stood, for faults */
	int64_t epoch_ms;
	int64_t offset_ms;
	bool has_epoch, zoned;
};

static bool
digit_at(const struct reading *r, size_t at)
{
	return at < r->text.n && r->text.p[at] >= '0' && r->text.p[at] <= '9';
}

/* A blank may stand in for the leading zero of two digits. */
static bool
read_digits(struct reading *r, const struct letter *l)
{
	size_t at = r->at;
	int n = 0, value = 0;

	if (l->digits_max == 2 && l->digits_min == 1 && at < r->text.n &&
	    r->text.p[at] == ' ') {
		at++;
		n++;
	}
	for (; n < l->digits_max && digit_at(r, at); at++, n++)
		value = value * 10 + (r->text.p[at] - '0');
	if (n < l->digits_min || !digit_at(r, at - 1) || value < l->min ||
	    value > l->max)
		return false;
	if (l->part == PART_FRACTION)
		for (; n < 9; n++)
			value *= 10;
	r->part[l->part] = value;
	r->at = at;
	return true;
}

/*
 * The place among names of the one that stands here, whole or by its first
 * three letters, in any case; -1: none does.
 */
static int
read_name(struct reading *r, const char *const *names)
{
	for (int i = 0; names[i] != NULL; i++) {
		const char *name = names[i];
		size_t n = 0, whole = strlen(name);

		while (n < whole && r->at + n < r->text.n &&
		       (r->text.p[r->at + n] | 0x20) == (name[n] | 0x20))
			n++;
		if (n < whole && n < 3)
			continue;
		r->at += n == whole ? whole : 3;
		return i;
	}
	return -1;
}

static bool
read_epoch(struct reading *r)
{
	bool negative = r->at < r->text.n && r->text.p[r->at] == '-';
	size_t at = r->at + (negative ||
				(r->at < r->text.n && r->text.p[r->at] == '+'));
	int64_t s = 0;

	if (!digit_at(r, at))
		return false;
	for (; digit_at(r, at); at++) {
		s = s * 10 + (r->text.p[at] - '0');
		if (s > TIMESTAMP_LAST_MS / 1000)
			return false;
	}
	if (negative && -s < TIMESTAMP_FIRST_MS / 1000)
		return false;
	r->at = at;
	r->has_epoch = true;
	r->zoned = true;
	/* A fraction goes away from 1970, and is cut toward the past. */
	r->epoch_ms = negative ? -s * 1000 : s * 1000;
	r->part[PART_EPOCH] = negative ? -1 : 1;
	return true;
}

static bool
read_part(struct reading *r, const struct letter *l)
{
	int *part = &r->part[l->part];

	if (l->part == PART_DAY || l->part == PART_DAY_OF_YEAR)
		r->day_at = r->at;
	switch (l->letter) {
	case 'a':
		return read_name(r, weekdays) >= 0;
	case 'b':
		*part = read_name(r, months) + 1;
		return *part > 0;
	case 'p':
		*part = read_name(r, halves);
		return *part >= 0;
	case 's':
		return read_epoch(r);
	case 'Z':
		r->zoned = true;
		return read_name(r, utc) >= 0;
	case 'z':
		r->zoned = true;
		return timestamp_parse_offset(
			   r->text, &r->at, &r->offset_ms, NULL) == 0;
	default:
		break;
	}
	if (!read_digits(r, l))
		return false;
	/* POSIX: 69 to 99 are of the 20th century. */
	if (l->letter == 'y')
		*part += *part < 69 ? 2000 : 1900;
	else if (l->letter == 'I')
		*part %= 12;
	return true;
}

/* True with the days of a date since 1970, if there is that day. */
static bool
date_of(const struct reading *r, int64_t year, int64_t *days)
{
	int64_t y;
	int month, day;

	if (r->part[PART_DAY_OF_YEAR] > 0) {
		*days =
		    timestamp_days(year, 1, 1) + r->part[PART_DAY_OF_YEAR] - 1;
		timestamp_civil(*days, &y, &month, &day);
		return y == year;
	}
	*days = timestamp_days(year, r->part[PART_MONTH], r->part[PART_DAY]);
	timestamp_civil(*days, &y, &month, &day);
	return month == r->part[PART_MONTH];
}

static int
compose(const struct reading *r, bool no_year, int64_t now_ms, int64_t *ms,
    struct fault *fault)
{
	int fraction_ms = r->part[PART_FRACTION] / 1000000;
	int hour = r->part[PART_HOUR] + 12 * r->part[PART_HALF];
	int64_t year = r->part[PART_YEAR], days = 0, clock_ms;
	int month, day, tries = 1;
	bool found = false;

	if (r->has_epoch) {
		*ms = r->part[PART_EPOCH] > 0
		          ? r->epoch_ms + fraction_ms
		          : r->epoch_ms - fraction_ms -
		                (r->part[PART_FRACTION] % 1000000 > 0);
		return 0;
	}
	clock_ms =
	    ((hour * 60 + r->part[PART_MINUTE]) * 60 + r->part[PART_SECOND]) *
		INT64_C(1000) +
	    fraction_ms;
	if (no_year) {
		timestamp_civil(now_ms / DAY_MS, &year, &month, &day);
		year++;
		tries += YEARS_BACK;
	}
	for (; !found && tries > 0; tries--, year--) {
		found = date_of(r, year, &days);
		*ms = days * DAY_MS + clock_ms;
		if (no_year && *ms > now_ms + DAY_MS)
			found = false;
	}
	if (!found)
		return fault_set(fault, r->day_at, "there is no such day");
	*ms -= r->offset_ms;
	return 0;
}

int
time_format_read(const struct time_format *f, struct span text, int64_t now_ms,
    int64_t *ms, bool *zoned, struct fault *fault)
{
	struct reading r = { .text = text };

	for (const char *p = f->text; *p != '\0'; p++) {
		const struct letter *l = NULL;

		if (*p == ' ') {
			while (r.at < text.n && is_blank(text.p[r.at]))
				r.at++;
			continue;
		}
		if (*p == '%')
			l = letter_of(*++p);
		if (l != NULL) {
			if (!read_part(&r, l))
				return fault_set(fault, r.at, l->wanted);
			continue;
		}
		if (r.at == text.n || text.p[r.at] != *p)
			return fault_set(fault, r.at,
			    "the text differs from the format here");
		r.at++;
	}
	if (r.at < text.n)
		return fault_set(
		    fault, r.at, "text after the end of the format");
	*zoned = r.zoned;
	return compose(&r, f->no_year, now_ms, ms, fault);
}
