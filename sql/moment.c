/* moment - dates, times and intervals.
 *
 * Flink counts toward 1970, not toward the past, where it takes a day out of a
 * TIMESTAMP, and so does this.
 *
 * SPDX-License-Identifier: ISC */
#include "sql/moment.h"

#include <math.h>
#include <stdlib.h>

#include "lib/timestamp.h"
#include "sql/clock.h"

enum { DAY_MS = 86400000 };

/* 0000-01-01 and 9999-12-31T23:59:59.999: beyond them Flink has null. */
#define LEAST_MS INT64_C(-62167219200000)
#define MOST_MS  INT64_C(253402300799999)

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t
floor_mod(int64_t a, int64_t b)
{
	return a - floor_div(a, b) * b;
}

/* --- months --------------------------------------------------------------- */

static int64_t
add_months(int64_t days, int64_t months)
{
	static const int last[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int64_t year, count;
	int month, day, end;

	timestamp_civil(days, &year, &month, &day);
	count = year * 12 + month - 1 + months;
	year = floor_div(count, 12);
	month = (int)floor_mod(count, 12) + 1;
	end = last[month - 1] +
	      (month == 2 &&
		  ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0));
	return timestamp_days(year, month, day > end ? end : day);
}

static int64_t
add_months_ms(int64_t ms, int64_t months)
{
	int64_t of_day = floor_mod(ms, DAY_MS);

	return add_months(floor_div(ms, DAY_MS), months) * DAY_MS + of_day;
}

/* Whole months from b to a, of days. */
static int64_t
months_between(int64_t a, int64_t b)
{
	int64_t months;

	if (a < b)
		return -months_between(b, a);
	for (months = (a - b) / 31;; months++) {
		if (add_months(b, months) >= a || add_months(b, months + 1) > a)
			return months;
	}
}

static int64_t
months_between_ms(int64_t a, int64_t b)
{
	int64_t of_a = floor_mod(a, DAY_MS), of_b = floor_mod(b, DAY_MS);
	int64_t da = floor_div(a, DAY_MS), db = floor_div(b, DAY_MS);
	int64_t months = months_between(da, db);
	int64_t there = add_months(db, months);

	/* The last day is not over yet. */
	if (there == da && of_a < of_b)
		months--;
	return months;
}

/* --- + and - -------------------------------------------------------------- */

/* The interval's sign; overflow wraps as Java's does. */
static int64_t
signed_by(const struct sql_op *op, int64_t i)
{
	return op->code == '-' ? (int64_t)(0 - (uint64_t)i) : i;
}

static int64_t
plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* Times further from 1970 than this, in ms, are nobody's. */
static enum sql_step
in_range(const struct sql_op *op, struct sql_run *r, int64_t i)
{
	const int64_t far = (int64_t)1 << 60;

	if (i > far || i < -far)
		return sql_fail(r, "a time out of range");
	return sql_int(op, i);
}

static enum sql_step
eval_add(const struct sql_op *op, struct sql_run *r)
{
	bool swapped = sql_type_is_interval(op->arg_type[0].kind);
	const struct value *t = op->arg[swapped], *by = op->arg[!swapped];
	struct type time = op->arg_type[swapped];
	struct type interval = op->arg_type[!swapped];
	int64_t i = signed_by(op, by->i);

	if (interval.kind == SQL_MONTHS) {
		if (i > 12000000 || i < -12000000)
			return sql_fail(r, "a time out of range");
		if (time.kind == TYPE_TIME)
			return sql_int(op, t->i);
		if (time.kind == TYPE_DATE)
			return sql_int(op, add_months(t->i, i));
		return in_range(op, r, add_months_ms(t->i, i));
	}
	if (time.kind == TYPE_TIME)
		return sql_int(op, floor_mod(plus(t->i, i), DAY_MS));
	if (time.kind == TYPE_DATE && op->type.kind == TYPE_DATE)
		return in_range(op, r, plus(t->i, i / DAY_MS));
	if (time.kind == TYPE_DATE)
		return in_range(op, r, plus(t->i * DAY_MS, i));
	return in_range(op, r, plus(t->i, i));
}

/* Intervals with each other, or with a number. */
static enum sql_step
eval_intervals(const struct sql_op *op, struct sql_run *r)
{
	uint64_t a = (uint64_t)op->arg[0]->i, b = (uint64_t)op->arg[1]->i;

	switch (op->code) {
	case '+':
		return sql_int(op, (int64_t)(a + b));
	case '-':
		return sql_int(op, (int64_t)(a - b));
	case '*':
		return sql_int(op, (int64_t)(a * b));
	default:
		if (b == 0)
			return sql_fail(r, "division by zero");
		return sql_int(op, (int64_t)b == -1 ? (int64_t)(0 - a)
						    : (int64_t)a / (int64_t)b);
	}
}

static bool
is_moment(struct type t)
{
	return sql_type_is_time(t.kind) || sql_type_is_interval(t.kind);
}

int
sql_bind_moment_arithmetic(struct sql_call *c)
{
	struct type a = c->arg[0].type, b = c->arg[1].type;
	bool ia = sql_type_is_interval(a.kind),
	     ib = sql_type_is_interval(b.kind);
	char one[SQL_TYPE_NAME_MAX], other[SQL_TYPE_NAME_MAX];
	int op = c->op.code;

	if (!is_moment(a) && !is_moment(b))
		return 0;
	/* An undeclared value beside an interval is a time. */
	if (a.kind == TYPE_ANY && ib && (op == '+' || op == '-')) {
		a = (struct type){ .kind = TYPE_TIMESTAMP, .precision = 3 };
		if (!sql_call_coerce(c, 0, a))
			return -1;
	}
	if (a.kind == SQL_NULL || b.kind == SQL_NULL) {
		c->op.type = a.kind == SQL_NULL ? b : a;
		c->op.eval = eval_intervals;
		return 1;
	}
	if ((op == '+' || op == '-') && ia && ib && a.kind == b.kind) {
		c->op.type = a;
		c->op.eval = eval_intervals;
		return 1;
	}
	if ((op == '*' || op == '/') &&
	    ((ia && type_is_integer(b.kind)) ||
		(op == '*' && ib && type_is_integer(a.kind)))) {
		c->op.type = ia ? a : b;
		c->op.eval = eval_intervals;
		return 1;
	}
	if ((sql_type_is_time(a.kind) && ib && (op == '+' || op == '-')) ||
	    (ia && sql_type_is_time(b.kind) && op == '+')) {
		c->op.type = ia ? b : a;
		c->op.eval = eval_add;
		return 1;
	}
	sql_call_error(c, 2,
	    "%s %c %s has no meaning; a time takes + or - an"
	    " INTERVAL, TIMESTAMPDIFF(SECOND, a, b) is the difference of two",
	    sql_type_name(one, a), op, sql_type_name(other, b));
	return -1;
}

/* --- units ---------------------------------------------------------------- */

/* The unit that a word names, among those that a function takes. */
static enum sql_unit
unit_of(struct sql_call *c, size_t i, enum sql_unit most, const char *form)
{
	enum sql_unit unit = SQL_UNIT_NONE;

	if (c->arg[i].type.kind == SQL_WORD)
		unit = sql_unit_of(c->arg[i].value->text);
	if (unit == SQL_UNIT_NONE || unit > most) {
		sql_call_error(
		    c, i, "%s takes no such unit; %s", c->function->name, form);
		return SQL_UNIT_NONE;
	}
	return unit;
}

/* --- EXTRACT -------------------------------------------------------------- */

/* Monday of week 1, the one with 4 January in it. */
static int64_t
first_week(int64_t year)
{
	int64_t fourth = timestamp_days(year, 1, 4);

	return fourth - floor_mod(fourth + 3, 7);
}

static void
iso_week(int64_t days, int64_t year, int64_t *iso_year, int64_t *week)
{
	*iso_year = year + 1;
	while (first_week(*iso_year) > days)
		--*iso_year;
	*week = (days - first_week(*iso_year)) / 7 + 1;
}

static int64_t
extract_day(enum sql_unit unit, int64_t days)
{
	int64_t year, iso_year, week;
	int month, day;

	timestamp_civil(days, &year, &month, &day);
	iso_week(days, year, &iso_year, &week);
	switch (unit) {
	case SQL_YEAR:
		return year;
	case SQL_QUARTER:
		return (month + 2) / 3;
	case SQL_MONTH:
		return month;
	case SQL_WEEK:
		return week;
	case SQL_DAY:
		return day;
	case SQL_DOY:
		return days - timestamp_days(year, 1, 1) + 1;
	case SQL_DOW:
		return floor_mod(days + 4, 7) + 1;
	case SQL_ISODOW:
		return floor_mod(days + 3, 7) + 1;
	case SQL_ISOYEAR:
		return iso_year;
	case SQL_DECADE:
		return year / 10;
	case SQL_CENTURY:
		return year > 0 ? (year + 99) / 100 : (year - 99) / 100;
	default:
		return year > 0 ? (year + 999) / 1000 : (year - 999) / 1000;
	}
}

static bool
is_day_unit(enum sql_unit u)
{
	return (u >= SQL_DAY && u <= SQL_MILLENNIUM) ||
	       (u >= SQL_DOW && u <= SQL_ISOYEAR);
}

static enum sql_step
eval_extract(const struct sql_op *op, struct sql_run *r)
{
	enum sql_unit unit = (enum sql_unit)op->code;
	const struct value *v = op->arg[op->nargs - 1];
	struct type t = op->arg_type[op->nargs - 1];
	int64_t ms = v->i;

	if (t.kind == TYPE_DATE && unit == SQL_EPOCH)
		return sql_int(op, v->i * 86400);
	if (t.kind == TYPE_DATE)
		return sql_int(
		    op, is_day_unit(unit) ? extract_day(unit, v->i) : 0);
	if (t.kind == TYPE_TIMESTAMP_LTZ)
		ms = zone_local_ms(r->env->zone, ms);
	if (is_day_unit(unit))
		return sql_int(op, extract_day(unit, ms / DAY_MS));
	switch (unit) {
	case SQL_EPOCH:
		return sql_int(op, ms / 1000);
	case SQL_HOUR:
		return sql_int(op, ms % DAY_MS / 3600000);
	case SQL_MINUTE:
		return sql_int(op, ms % 3600000 / 60000);
	case SQL_SECOND:
		return sql_int(op, ms % 60000 / 1000);
	case SQL_MICROSECOND:
		return sql_int(op, ms % 1000 * 1000);
	case SQL_NANOSECOND:
		return sql_int(op, ms % 1000 * 1000000);
	default:
		return sql_int(op, ms % 1000);
	}
}

static const char extract_units[] =
    "YEAR, QUARTER, MONTH, WEEK, DAY, DOY, DOW, ISODOW, ISOYEAR, HOUR, MINUTE,"
    " SECOND, MILLISECOND, MICROSECOND, NANOSECOND, EPOCH, DECADE, CENTURY,"
    " MILLENNIUM are units";

/* EXTRACT(unit FROM t), or a function that is called as its unit. */
bool
sql_bind_extract(struct sql_call *c)
{
	static const struct {
		const char *name;
		enum sql_unit unit;
	} names[] = { { "YEAR", SQL_YEAR }, { "QUARTER", SQL_QUARTER },
		{ "MONTH", SQL_MONTH }, { "WEEK", SQL_WEEK },
		{ "DAYOFYEAR", SQL_DOY }, { "DAYOFMONTH", SQL_DAY },
		{ "DAYOFWEEK", SQL_DOW }, { "HOUR", SQL_HOUR },
		{ "MINUTE", SQL_MINUTE }, { "SECOND", SQL_SECOND } };
	size_t i = c->nargs - 1;
	enum sql_unit unit = SQL_UNIT_NONE;
	struct type t = c->arg[i].type;
	char name[SQL_TYPE_NAME_MAX];

	if (c->nargs == 2)
		unit = unit_of(c, 0, SQL_NANOSECOND, extract_units);
	for (size_t k = 0; c->nargs == 1 && k < sizeof names / sizeof *names;
	     k++)
		if (strcmp(c->function->name, names[k].name) == 0)
			unit = names[k].unit;
	if (unit == SQL_UNIT_NONE)
		return false;
	if (t.kind == TYPE_ANY) {
		t = (struct type){ .kind = TYPE_TIMESTAMP, .precision = 3 };
		if (!sql_call_coerce(c, i, t))
			return false;
	}
	if (t.kind != SQL_NULL && !sql_type_is_time(t.kind))
		return sql_call_error(c, i,
		    "%s takes a date or a time, not %s%s", c->function->name,
		    sql_type_name(name, t),
		    type_is_text(t.kind)
			? "; CAST(... AS TIMESTAMP(3)) makes one"
			: "");
	if (t.kind == TYPE_TIME && (is_day_unit(unit) || unit == SQL_EPOCH))
		return sql_call_error(c, i, "a TIME has no such part");
	c->op.code = (int)unit;
	c->op.eval = eval_extract;
	return true;
}

/* --- FLOOR and CEIL ------------------------------------------------------- */

/* The first day of a unit, or of the next one, as Flink has it: by the day. */
static int64_t
round_day(enum sql_unit unit, int64_t days, bool up)
{
	int64_t year;
	int month, day;

	timestamp_civil(days, &year, &month, &day);
	switch (unit) {
	case SQL_YEAR:
		return timestamp_days(
		    year + (up && (month > 1 || day > 1)), 1, 1);
	case SQL_QUARTER: {
		int quarter = (month + 2) / 3 + (up && (month > 1 || day > 1));

		return add_months(
		    timestamp_days(year, 1, 1), (int64_t)quarter * 3 - 3);
	}
	case SQL_MONTH:
		return add_months(
		    timestamp_days(year, 1, 1), month - 1 + (up && day > 1));
	case SQL_WEEK: {
		int64_t weekday = floor_mod(days + 4, 7);

		return days - weekday + (up && weekday > 0 ? 7 : 0);
	}
	case SQL_DECADE:
		return timestamp_days(10 * (year / 10 + up), 1, 1);
	case SQL_CENTURY:
		return timestamp_days(
		    100 * ((year + 99) / 100) + (up ? 1 : -99), 1, 1);
	case SQL_MILLENNIUM:
		return timestamp_days(
		    1000 * ((year + 999) / 1000) + (up ? 1 : -999), 1, 1);
	default:
		return days;
	}
}

static int64_t
round_ms(int64_t ms, int64_t unit, bool up)
{
	int64_t rest = floor_mod(ms, unit);

	return ms - rest + (up && rest > 0 ? unit : 0);
}

static enum sql_step
eval_floor_to(const struct sql_op *op, struct sql_run *r)
{
	enum sql_unit unit =
	    (enum sql_unit)(op->code < 0 ? -op->code : op->code);
	bool up = op->code < 0, zoned = op->type.kind == TYPE_TIMESTAMP_LTZ;
	int64_t ms = op->arg[0]->i, offset = 0;

	if (op->type.kind == TYPE_DATE)
		return sql_int(op, unit <= SQL_DAY
				       ? ms + (unit == SQL_DAY && up)
				       : round_day(unit, ms, up));
	/* One offset is that of the moment itself, and of what it becomes. */
	if (zoned)
		offset = zone_local_ms(r->env->zone, ms) - ms;
	ms += offset;
	if (unit <= SQL_DAY)
		ms = round_ms(ms, sql_unit_ms(unit), up);
	else
		ms = round_day(unit, ms / DAY_MS, up) * DAY_MS;
	return sql_int(op, ms - offset);
}

bool
sql_bind_floor_to(struct sql_call *c)
{
	struct type t = c->arg[0].type;
	enum sql_unit unit;
	char name[SQL_TYPE_NAME_MAX];

	if (c->nargs == 1)
		return sql_call_error(c, 1,
		    "%s of a time takes a unit; write"
		    " %s(... TO HOUR)",
		    c->function->name, c->function->name);
	unit = unit_of(c, 1, SQL_MILLENNIUM,
	    "SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR, DECADE,"
	    " CENTURY, MILLENNIUM are units");
	if (unit == SQL_UNIT_NONE)
		return false;
	if (t.kind == TYPE_ANY) {
		t = (struct type){ .kind = TYPE_TIMESTAMP, .precision = 3 };
		if (!sql_call_coerce(c, 0, t))
			return false;
	}
	if (t.kind != SQL_NULL && !sql_type_is_time(t.kind))
		return sql_call_error(c, 0,
		    "%s TO a unit takes a date or a time, not %s",
		    c->function->name, sql_type_name(name, t));
	if (t.kind == TYPE_TIME && unit >= SQL_DAY)
		return sql_call_error(c, 1, "a TIME has no such unit");
	c->op.type = t;
	c->op.code = *c->function->name == 'F' ? (int)unit : -(int)unit;
	c->op.eval = eval_floor_to;
	return true;
}

/* --- TIMESTAMPADD and TIMESTAMPDIFF --------------------------------------- */

enum { SECONDS_A_WEEK = 7 * 86400 };

static enum sql_step
eval_timestampadd(const struct sql_op *op, struct sql_run *r)
{
	enum sql_unit unit = (enum sql_unit)op->code;
	int64_t n = op->arg[1]->i, t = op->arg[2]->i, by;
	bool is_date = op->arg_type[2].kind == TYPE_DATE;

	if (sql_unit_months(unit) > 0) {
		if (n > 1000000 || n < -1000000)
			return sql_fail(r, "a time out of range");
		by = n * sql_unit_months(unit);
		return is_date ? sql_int(op, add_months(t, by))
		               : in_range(op, r, add_months_ms(t, by));
	}
	if (__builtin_mul_overflow(n, sql_unit_ms(unit), &by))
		return sql_fail(r, "a time out of range");
	if (is_date && op->type.kind == TYPE_DATE)
		return in_range(op, r, plus(t, by / DAY_MS));
	return in_range(op, r, plus(is_date ? t * DAY_MS : t, by));
}

/* What a function of two times takes; an undeclared one is a TIMESTAMP. */
static bool
take_time(struct sql_call *c, size_t i)
{
	struct type t = c->arg[i].type;
	char name[SQL_TYPE_NAME_MAX];

	if (t.kind == TYPE_ANY || t.kind == SQL_NULL)
		return sql_call_coerce(c, i,
		    (struct type){ .kind = TYPE_TIMESTAMP, .precision = 3 });
	if (t.kind == TYPE_DATE || sql_type_is_instant(t.kind))
		return true;
	return sql_call_error(c, i, "%s takes a date or timestamp, not %s",
	    c->function->name, sql_type_name(name, t));
}

bool
sql_bind_timestampadd(struct sql_call *c)
{
	enum sql_unit unit = unit_of(c, 0, SQL_YEAR,
	    "SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR are units");

	if (unit < SQL_SECOND || !take_time(c, 2))
		return false;
	c->op.type = c->arg[2].type;
	if (c->op.type.kind == TYPE_DATE && unit < SQL_DAY)
		c->op.type =
		    (struct type){ .kind = TYPE_TIMESTAMP, .precision = 6 };
	c->op.code = (int)unit;
	c->op.eval = eval_timestampadd;
	return true;
}

static int64_t
as_ms(const struct value *v, struct type t)
{
	return t.kind == TYPE_DATE ? v->i * DAY_MS : v->i;
}

static enum sql_step
eval_timestampdiff(const struct sql_op *op, struct sql_run *r)
{
	enum sql_unit unit = (enum sql_unit)op->code;
	int64_t from = as_ms(op->arg[1], op->arg_type[1]);
	int64_t to = as_ms(op->arg[2], op->arg_type[2]), n;

	(void)r;
	if (sql_unit_months(unit) > 0)
		n = months_between_ms(to, from) / sql_unit_months(unit);
	else if (unit == SQL_WEEK)
		/* Flink's seconds are an INT, too, and wrap after 68 years. */
		n = (int32_t)((to - from) / 1000) / SECONDS_A_WEEK;
	else
		n = (to - from) / sql_unit_ms(unit);
	return sql_int(op, (int32_t)n);
}

bool
sql_bind_timestampdiff(struct sql_call *c)
{
	enum sql_unit unit = unit_of(c, 0, SQL_YEAR,
	    "SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR are units");

	if (unit < SQL_SECOND || !take_time(c, 1) || !take_time(c, 2))
		return false;
	c->op.code = (int)unit;
	c->op.eval = eval_timestampdiff;
	return true;
}

/* --- texts ---------------------------------------------------------------- */

/* A constant pattern is checked; one of a row is checked there. */
static bool
check_pattern(struct sql_call *c, size_t i, enum sql_pattern kind)
{
	struct span pattern;
	const char *what;

	if (i >= c->nargs || !sql_call_text(c, i, &pattern))
		return true;
	what = sql_clock_check(pattern, kind);
	return what == NULL || sql_call_error(c, i, "%s", what);
}

static enum sql_step
eval_to_timestamp(const struct sql_op *op, struct sql_run *r)
{
	struct span text = op->arg[0]->text, pattern;
	const char *what;
	int64_t ms;

	if (op->nargs == 1)
		return sql_clock_read(text, 3, &ms) ? sql_int(op, ms)
		                                    : sql_null(op);
	pattern = op->arg[1]->text;
	what = sql_clock_check(pattern, SQL_STRICT);
	if (what != NULL)
		return sql_fail(r, what);
	/* What the pattern does not read may still be as SQL writes it. */
	if (sql_clock_parse(text, pattern, SQL_STRICT, &ms) ||
	    sql_clock_read_lenient(text, &ms))
		return sql_int(op, ms);
	return sql_null(op);
}

bool
sql_bind_to_timestamp(struct sql_call *c)
{
	c->op.eval = eval_to_timestamp;
	return check_pattern(c, 1, SQL_STRICT);
}

/* What Flink makes of a text that its pattern does not read: no null. */
static const int64_t no_date = 622191233;

static enum sql_step
eval_to_date(const struct sql_op *op, struct sql_run *r)
{
	int64_t days, ms;
	const char *what;

	if (op->nargs == 1)
		return sql_clock_read_date(op->arg[0]->text, &days)
		           ? sql_int(op, days)
		           : sql_null(op);
	what = sql_clock_check(op->arg[1]->text, SQL_SIMPLE);
	if (what != NULL)
		return sql_fail(r, what);
	return sql_clock_parse(
		   op->arg[0]->text, op->arg[1]->text, SQL_SIMPLE, &ms)
	           ? sql_int(op, floor_div(ms, DAY_MS))
	           : sql_int(op, no_date);
}

bool
sql_bind_to_date(struct sql_call *c)
{
	c->op.eval = eval_to_date;
	return check_pattern(c, 1, SQL_SIMPLE);
}

/* Java's old calendar takes the later of two moments that the clock shows. */
static int64_t
later_instant(const struct zone *zone, int64_t local)
{
	int64_t later = zone_timer_ms(zone, local);

	return zone_local_ms(zone, later) == local
	           ? later
	           : zone_instant_ms(zone, local);
}

static const char sql_form[] = "yyyy-MM-dd HH:mm:ss";

/* Of a text it is read by SQL's form first, and both are SimpleDateFormat's. */
static enum sql_step
eval_date_format(const struct sql_op *op, struct sql_run *r)
{
	struct type t = op->arg_type[0];
	enum sql_pattern kind =
	    sql_type_is_instant(t.kind) ? SQL_STRICT : SQL_SIMPLE;
	struct span pattern = op->arg[1]->text;
	const char *what = sql_clock_check(pattern, kind);
	int64_t ms = op->arg[0]->i;
	struct buf b = { 0 };

	if (what != NULL)
		return sql_fail(r, what);
	if (type_is_text(t.kind)) {
		if (!sql_clock_parse(
			op->arg[0]->text, span_of(sql_form), SQL_SIMPLE, &ms))
			return sql_null(op);
	} else if (t.kind == TYPE_DATE) {
		ms *= DAY_MS;
	} else if (t.kind == TYPE_TIMESTAMP_LTZ) {
		ms = zone_local_ms(r->env->zone, ms);
	}
	sql_clock_format(&b, ms, pattern, kind, 0);
	return sql_text_of(op, r, &b);
}

bool
sql_bind_date_format(struct sql_call *c)
{
	struct type t = c->arg[0].type;
	char name[SQL_TYPE_NAME_MAX];

	if (t.kind == TYPE_ANY || t.kind == SQL_NULL) {
		t = sql_type(TYPE_STRING);
		if (!sql_call_coerce(c, 0, t))
			return false;
	}
	if (!type_is_text(t.kind) && t.kind != TYPE_DATE &&
	    !sql_type_is_instant(t.kind))
		return sql_call_error(c, 0,
		    "DATE_FORMAT takes a date, a timestamp or a text, not %s",
		    sql_type_name(name, t));
	c->op.eval = eval_date_format;
	return check_pattern(
	    c, 1, sql_type_is_instant(t.kind) ? SQL_STRICT : SQL_SIMPLE);
}

static enum sql_step
eval_unix_timestamp(const struct sql_op *op, struct sql_run *r)
{
	struct span pattern = span_of(sql_form);
	const char *what;
	int64_t ms;

	if (op->nargs == 0)
		return sql_int(op, r->env->now_ms / 1000);
	if (op->nargs == 2)
		pattern = op->arg[1]->text;
	what = sql_clock_check(pattern, SQL_SIMPLE);
	if (what != NULL)
		return sql_fail(r, what);
	/* Flink's own answer to a text that is no time. */
	if (!sql_clock_parse(op->arg[0]->text, pattern, SQL_SIMPLE, &ms))
		return sql_int(op, INT64_MIN);
	return sql_int(op, later_instant(r->env->zone, ms) / 1000);
}

bool
sql_bind_unix_timestamp(struct sql_call *c)
{
	c->op.eval = eval_unix_timestamp;
	return check_pattern(c, 1, SQL_SIMPLE);
}

static enum sql_step
eval_from_unixtime(const struct sql_op *op, struct sql_run *r)
{
	struct span pattern =
	    op->nargs == 2 ? op->arg[1]->text : span_of(sql_form);
	const char *what = sql_clock_check(pattern, SQL_SIMPLE);
	int64_t s = op->arg[0]->i, local;
	struct buf b = { 0 };

	if (what != NULL)
		return sql_fail(r, what);
	if (s > MOST_MS || s < -MOST_MS)
		return sql_fail(r, "a time out of range");
	local = zone_local_ms(r->env->zone, s * 1000);
	sql_clock_format(&b, local, pattern, SQL_SIMPLE, local - s * 1000);
	return sql_text_of(op, r, &b);
}

bool
sql_bind_from_unixtime(struct sql_call *c)
{
	c->op.eval = eval_from_unixtime;
	return check_pattern(c, 1, SQL_SIMPLE);
}

/* --- zones ---------------------------------------------------------------- */

/* The zones of CONVERT_TZ, loaded when they are first named. */
struct zones {
	struct loaded {
		struct span name;
		struct zone *zone;
	} loaded[2];
};

static void
free_zones(void *p)
{
	struct zones *z = p;

	for (int i = 0; i < 2; i++) {
		zone_free(z->loaded[i].zone);
		free((char *)z->loaded[i].name.p);
	}
	free(z);
}

/* Java takes a name that it does not know for UTC. */
static struct zone *
load_zone(struct loaded *l, struct span name)
{
	char *copy;
	const char *what;
	size_t offset = 0;

	if (l->name.p != NULL && span_equal(l->name, name))
		return l->zone;
	zone_free(l->zone);
	free((char *)l->name.p);
	*l = (struct loaded){ 0 };
	copy = strndup(name.p, name.n);
	if (copy == NULL)
		return NULL;
	/* An offset stands behind GMT, and alone is no name. */
	if (strncmp(copy, "GMT+", 4) == 0 || strncmp(copy, "GMT-", 4) == 0)
		offset = 3;
	if (copy[0] == '+' || copy[0] == '-' ||
	    zone_load(copy + offset, &l->zone, &what) == -1)
		l->zone = NULL;
	l->name = (struct span){ copy, name.n };
	return l->zone;
}

static enum sql_step
eval_convert_tz(const struct sql_op *op, struct sql_run *r)
{
	struct zones *z = op->data;
	int64_t ms;
	struct buf b = { 0 };

	if (!sql_clock_parse(
		op->arg[0]->text, span_of(sql_form), SQL_SIMPLE, &ms))
		return sql_null(op);
	ms = later_instant(load_zone(&z->loaded[0], op->arg[1]->text), ms);
	ms = zone_local_ms(load_zone(&z->loaded[1], op->arg[2]->text), ms);
	sql_clock_format(&b, ms, span_of(sql_form), SQL_SIMPLE, 0);
	return sql_text_of(op, r, &b);
}

bool
sql_bind_convert_tz(struct sql_call *c)
{
	c->op.data = calloc(1, sizeof(struct zones));
	if (c->op.data == NULL)
		return sql_call_error(c, 3, "out of memory");
	c->op.free_data = free_zones;
	c->op.eval = eval_convert_tz;
	return true;
}

/* --- instants ------------------------------------------------------------- */

static enum sql_step
eval_to_timestamp_ltz(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];
	int64_t unit = 1, ms;
	int128 whole;

	if (op->nargs == 2 && op->arg[1]->i != 3) {
		if (op->arg[1]->i != 0)
			return sql_fail(r, "TO_TIMESTAMP_LTZ takes 0 (seconds)"
					   " or 3 (milliseconds)");
		unit = 1000;
	}
	if (v->kind == VALUE_DOUBLE) {
		if (!(fabs(v->d) < 1e15))
			return sql_null(op);
		ms = (int64_t)(v->d * (double)unit);
	} else {
		whole = v->kind == VALUE_DECIMAL
		            ? v->units / decimal_pow10(v->scale)
		            : v->i;
		if (whole > MOST_MS || whole < LEAST_MS)
			return sql_null(op);
		ms = (int64_t)whole * unit;
	}
	return ms > MOST_MS || ms < LEAST_MS ? sql_null(op) : sql_int(op, ms);
}

bool
sql_bind_to_timestamp_ltz(struct sql_call *c)
{
	c->op.eval = eval_to_timestamp_ltz;
	return c->arg[0].type.kind != TYPE_ANY ||
	       sql_call_coerce(c, 0, sql_decimal_type(38, 6));
}

/* code: the kind of the result. */
static enum sql_step
eval_now(const struct sql_op *op, struct sql_run *r)
{
	int64_t local = zone_local_ms(r->env->zone, r->env->now_ms);

	switch (op->type.kind) {
	case TYPE_DATE:
		return sql_int(op, floor_div(local, DAY_MS));
	case TYPE_TIME:
		/* Whole seconds: TIME(0). */
		return sql_int(op, floor_mod(local, DAY_MS) / 1000 * 1000);
	case TYPE_TIMESTAMP:
		return sql_int(op, local);
	default:
		return sql_int(op, r->env->now_ms);
	}
}

bool
sql_bind_now(struct sql_call *c)
{
	static const struct {
		const char *name;
		enum type_kind kind;
	} kinds[] = { { "CURRENT_TIMESTAMP", TYPE_TIMESTAMP_LTZ },
		{ "NOW", TYPE_TIMESTAMP_LTZ },
		{ "LOCALTIMESTAMP", TYPE_TIMESTAMP },
		{ "CURRENT_DATE", TYPE_DATE }, { "CURRENT_TIME", TYPE_TIME },
		{ "LOCALTIME", TYPE_TIME } };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(c->function->name, kinds[i].name) == 0)
			c->op.type = sql_type(kinds[i].kind);
	c->op.type.precision = sql_type_is_instant(c->op.type.kind) ? 3 : 0;
	c->op.eval = eval_now;
	return true;
}
