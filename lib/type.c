/* type - the types of columns: their names, bounds and spellings.
 * SPDX-License-Identifier: ISC */
#include "lib/type.h"

#include <limits.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/diag.h"
#include "lib/nearest.h"

/* What may stand in parentheses after a type's name. */
struct shape {
	const char *name;
	const char *first; /* what the first number is called; NULL: no () */
	int least;
	int most;
	int preset;
};

/* Source of the bounds: Apache Flink 1.20, SQL data types. */
static const struct shape shapes[TYPE_KINDS] = {
	[TYPE_ANY] = { "undeclared", NULL, 0, 0, 0 },
	[TYPE_BOOLEAN] = { "BOOLEAN", NULL, 0, 0, 0 },
	[TYPE_TINYINT] = { "TINYINT", NULL, 0, 0, 0 },
	[TYPE_SMALLINT] = { "SMALLINT", NULL, 0, 0, 0 },
	[TYPE_INT] = { "INT", NULL, 0, 0, 0 },
	[TYPE_BIGINT] = { "BIGINT", NULL, 0, 0, 0 },
	[TYPE_FLOAT] = { "FLOAT", NULL, 0, 0, 0 },
	[TYPE_DOUBLE] = { "DOUBLE", NULL, 0, 0, 0 },
	[TYPE_DECIMAL] = { "DECIMAL", "precision", 1, 38, 10 },
	[TYPE_CHAR] = { "CHAR", "length", 1, INT_MAX, 1 },
	[TYPE_VARCHAR] = { "VARCHAR", "length", 1, INT_MAX, 1 },
	[TYPE_STRING] = { "STRING", NULL, 0, 0, 0 },
	[TYPE_DATE] = { "DATE", NULL, 0, 0, 0 },
	[TYPE_TIME] = { "TIME", "precision", 0, 9, 0 },
	[TYPE_TIMESTAMP] = { "TIMESTAMP", "precision", 0, 9, 6 },
	[TYPE_TIMESTAMP_LTZ] = { "TIMESTAMP_LTZ", "precision", 0, 9, 6 },
};

struct spelling {
	const char *name;
	enum type_kind kind;
};

static const struct spelling aliases[] = {
	{ "INTEGER", TYPE_INT },
	{ "NUMERIC", TYPE_DECIMAL },
	{ "DEC", TYPE_DECIMAL },
	{ "REAL", TYPE_FLOAT },
	{ "CHARACTER", TYPE_CHAR },
};

/* Names of other systems: not taken, but known to whoever writes them. */
static const struct spelling foreign[] = {
	{ "BOOL", TYPE_BOOLEAN },
	{ "BYTE", TYPE_TINYINT },
	{ "INT8", TYPE_TINYINT },
	{ "SHORT", TYPE_SMALLINT },
	{ "INT16", TYPE_SMALLINT },
	{ "INT32", TYPE_INT },
	{ "LONG", TYPE_BIGINT },
	{ "INT64", TYPE_BIGINT },
	{ "FLOAT32", TYPE_FLOAT },
	{ "FLOAT64", TYPE_DOUBLE },
	{ "NUMBER", TYPE_DECIMAL },
	{ "TEXT", TYPE_STRING },
	{ "STR", TYPE_STRING },
	{ "DATETIME", TYPE_TIMESTAMP },
	{ "TIMESTAMPTZ", TYPE_TIMESTAMP_LTZ },
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

const char *
type_kind_name(enum type_kind kind)
{
	return shapes[kind].name;
}

bool
type_is_number(enum type_kind kind)
{
	return kind >= TYPE_TINYINT && kind <= TYPE_DECIMAL;
}

bool
type_is_integer(enum type_kind kind)
{
	return kind >= TYPE_TINYINT && kind <= TYPE_BIGINT;
}

bool
type_is_text(enum type_kind kind)
{
	return kind >= TYPE_CHAR && kind <= TYPE_STRING;
}

bool
type_is_timestamp(enum type_kind kind)
{
	return kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;
}

int64_t
type_integer_max(enum type_kind kind)
{
	static const int64_t max[] = { INT8_MAX, INT16_MAX, INT32_MAX,
		INT64_MAX };

	return max[kind - TYPE_TINYINT];
}

void
type_write(struct buf *b, struct type t)
{
	buf_add_text(b, shapes[t.kind].name);
	if (t.kind == TYPE_DECIMAL)
		buf_addf(b, "(%d,%d)", t.precision, t.scale);
	else if (shapes[t.kind].first != NULL)
		buf_addf(b, "(%d)", t.precision);
	if (t.not_null)
		buf_add_text(b, " NOT NULL");
}

void
type_skip_blanks(struct span text, size_t *at)
{
	while (*at < text.n && ascii_is_blank(text.p[*at]))
		++*at;
}

struct span
type_word(struct span text, size_t at)
{
	size_t end = at;

	while (end < text.n && !ascii_is_blank(text.p[end]) &&
	       memchr(",()\"'", text.p[end], 5) == NULL)
		end++;
	return (struct span){ text.p + at, end - at };
}

static bool
word_is(struct span word, const char *name)
{
	return word.n == strlen(name) && strncasecmp(word.p, name, word.n) == 0;
}

/* Takes the word, after blanks perhaps, if it stands there. */
static bool
take_word(struct span text, size_t *at, const char *name)
{
	size_t here = *at;

	type_skip_blanks(text, &here);
	if (!word_is(type_word(text, here), name))
		return false;
	*at = here + strlen(name);
	return true;
}

static bool
take_char(struct span text, size_t *at, char c)
{
	type_skip_blanks(text, at);
	if (*at == text.n || text.p[*at] != c)
		return false;
	++*at;
	return true;
}

static bool
find_kind(struct span word, enum type_kind *kind)
{
	for (int k = TYPE_ANY + 1; k < TYPE_KINDS; k++)
		if (word_is(word, shapes[k].name)) {
			*kind = (enum type_kind)k;
			return true;
		}
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (word_is(word, aliases[i].name)) {
			*kind = aliases[i].kind;
			return true;
		}
	return false;
}

bool
type_is_word(struct span word)
{
	enum type_kind kind;

	return find_kind(word, &kind);
}

/* A name that is at most a third wrong, and less than the best so far. */
static void
take_nearer(
    struct span word, const char *name, const char **best, size_t *least)
{
	size_t edits = nearest_edits(word, span_of(name));

	if (edits >= *least || edits > (strlen(name) + 1) / 3)
		return;
	*least = edits;
	*best = name;
}

/* The type that may have been meant, or NULL. */
static const char *
nearest(struct span word)
{
	const char *best = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < COUNT(foreign); i++)
		if (word_is(word, foreign[i].name))
			return shapes[foreign[i].kind].name;
	for (int k = TYPE_ANY + 1; k < TYPE_KINDS; k++)
		take_nearer(word, shapes[k].name, &best, &least);
	for (size_t i = 0; i < COUNT(aliases); i++)
		take_nearer(word, aliases[i].name, &best, &least);
	return best;
}

static int
unknown(struct span word, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];
	const char *name = nearest(word);

	buf_addf(why, "unknown type %s; ", diag_quote(quoted, word));
	if (name != NULL) {
		buf_addf(why, "did you mean %s?", name);
		return -1;
	}
	buf_add_text(why, "types are");
	for (int k = TYPE_ANY + 1; k < TYPE_KINDS; k++)
		buf_addf(
		    why, "%s %s", k > TYPE_ANY + 1 ? "," : "", shapes[k].name);
	return -1;
}

/* Digits as an int; one that is too large is INT64_MAX and so out of bounds. */
static bool
take_number(struct span text, size_t *at, int64_t *out)
{
	size_t begin;

	type_skip_blanks(text, at);
	begin = *at;
	*out = 0;
	for (; *at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9'; ++*at)
		if (*out < INT64_MAX / 10)
			*out = *out * 10 + (text.p[*at] - '0');
		else
			*out = INT64_MAX;
	return *at > begin;
}

/* A number of [least, most] that the message calls what. */
static int
read_bounded(struct span text, size_t *at, const char *what, int least,
    int most, int *out, struct buf *why)
{
	int64_t value;
	size_t begin;

	type_skip_blanks(text, at);
	begin = *at;
	if (!take_number(text, at, &value) || value < least || value > most) {
		*at = begin;
		buf_addf(why, "the %s must be a number from %d to %d", what,
		    least, most);
		return -1;
	}
	*out = (int)value;
	return 0;
}

/* What stands in parentheses, if anything does. */
static int
read_arguments(struct span text, size_t *at, struct type *t, struct buf *why)
{
	const struct shape *shape = &shapes[t->kind];
	size_t here = *at;

	t->precision = shape->preset;
	if (!take_char(text, &here, '('))
		return 0;
	if (shape->first == NULL) {
		type_skip_blanks(text, at);
		buf_addf(
		    why, "%s takes no numbers in parentheses", shape->name);
		return -1;
	}
	*at = here;
	if (read_bounded(text, at, shape->first, shape->least, shape->most,
		&t->precision, why) == -1)
		return -1;
	if (t->kind == TYPE_DECIMAL && take_char(text, at, ',') &&
	    read_bounded(text, at, "scale", 0, t->precision, &t->scale, why) ==
		-1)
		return -1;
	if (take_char(text, at, ')'))
		return 0;
	buf_addf(
	    why, "')' expected after the %s of %s", shape->first, shape->name);
	return -1;
}

/* WITHOUT TIME ZONE and WITH LOCAL TIME ZONE. */
static int
read_zone(struct span text, size_t *at, struct type *t, struct buf *why)
{
	size_t here = *at;
	bool with = take_word(text, &here, "WITH");

	if (!with && !take_word(text, &here, "WITHOUT"))
		return 0;
	if (with &&
	    (t->kind != TYPE_TIMESTAMP || !take_word(text, &here, "LOCAL"))) {
		type_skip_blanks(text, at);
		buf_addf(why,
		    "%s has no WITH TIME ZONE; there is TIMESTAMP WITH LOCAL"
		    " TIME ZONE, in short TIMESTAMP_LTZ",
		    shapes[t->kind].name);
		return -1;
	}
	if (!take_word(text, &here, "TIME") ||
	    !take_word(text, &here, "ZONE")) {
		type_skip_blanks(text, &here);
		*at = here;
		buf_add_text(why, "TIME ZONE expected");
		return -1;
	}
	*at = here;
	if (with)
		t->kind = TYPE_TIMESTAMP_LTZ;
	return 0;
}

int
type_read_not_null(
    struct span text, size_t *at, bool *not_null, struct buf *why)
{
	size_t here = *at;

	*not_null = false;
	if (!take_word(text, &here, "NOT"))
		return 0;
	if (!take_word(text, &here, "NULL")) {
		type_skip_blanks(text, &here);
		*at = here;
		buf_add_text(why, "NULL expected after NOT");
		return -1;
	}
	*at = here;
	*not_null = true;
	return 0;
}

int
type_read(struct span text, size_t *at, struct type *t, struct buf *why)
{
	struct span word = type_word(text, *at);

	*t = (struct type){ 0 };
	if (!find_kind(word, &t->kind))
		return unknown(word, why);
	*at += word.n;
	if (t->kind == TYPE_DOUBLE)
		take_word(text, at, "PRECISION");
	if (word_is(word, "CHARACTER") && take_word(text, at, "VARYING"))
		t->kind = TYPE_VARCHAR;
	if (read_arguments(text, at, t, why) == -1)
		return -1;
	if ((t->kind == TYPE_TIMESTAMP || t->kind == TYPE_TIME) &&
	    read_zone(text, at, t, why) == -1)
		return -1;
	return type_read_not_null(text, at, &t->not_null, why);
}
