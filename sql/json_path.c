/* json_path - JSON_VALUE, JSON_EXISTS, IS JSON.
 * SPDX-License-Identifier: ISC */
#include "sql/json_path.h"

#include "lib/floating.h"
#include "lib/json.h"

enum { STEPS_MAX = 64 };

struct step {
	enum { STEP_NAME, STEP_INDEX, STEP_MANY } kind;
	struct span name;
	int64_t index; /* from the end where it is negative */
};

struct path {
	bool lax;
	bool deep; /* has a .. in it, which finds a list, whatever is there */
	struct step step[STEPS_MAX];
	size_t n;
};

/* --- paths ---------------------------------------------------------------- */

static bool
take_mode(struct span *s, const char *mode)
{
	size_t n = strlen(mode);

	if (s->n <= n || memcmp(s->p, mode, n) != 0 || s->p[n] != ' ')
		return false;
	while (n < s->n && s->p[n] == ' ')
		n++;
	*s = (struct span){ s->p + n, s->n - n };
	return true;
}

/* ['name'], ["name"], [7], [*]; *at stands behind the bracket. */
static bool
read_bracket(struct span s, size_t *at, struct step *out)
{
	size_t begin = *at;
	char quote;

	*out = (struct step){ .kind = STEP_INDEX };
	if (begin >= s.n)
		return false;
	quote = s.p[begin];
	if (quote == '\'' || quote == '"') {
		while (++*at < s.n && s.p[*at] != quote)
			continue;
		if (*at == s.n)
			return false;
		out->kind = STEP_NAME;
		out->name = (struct span){ s.p + begin + 1, *at - begin - 1 };
		++*at;
	} else if (quote == '*') {
		out->kind = STEP_MANY;
		++*at;
	} else {
		bool negative = quote == '-';

		*at += negative;
		begin = *at;
		for (; *at < s.n && ascii_is_digit(s.p[*at]) && *at - begin < 9;
		     ++*at)
			out->index = out->index * 10 + (s.p[*at] - '0');
		if (*at == begin)
			return false;
		if (negative)
			out->index = -out->index;
	}
	return *at < s.n && s.p[(*at)++] == ']';
}

static bool
read_name(struct span s, size_t *at, struct step *out)
{
	size_t begin = *at;

	while (*at < s.n && memchr(".[] ()?@", s.p[*at], 8) == NULL)
		++*at;
	out->name = (struct span){ s.p + begin, *at - begin };
	out->kind = span_is(out->name, "*") ? STEP_MANY : STEP_NAME;
	return *at > begin;
}

static bool
read_path(struct span s, struct path *out)
{
	size_t at = 0;
	bool ok = true, bare;

	out->n = 0;
	out->deep = false;
	out->lax = take_mode(&s, "lax");
	if (!out->lax)
		take_mode(&s, "strict");
	if (s.n == 0)
		return false;
	/* A path may lack its "$.". */
	bare = *s.p != '$';
	at = !bare;
	for (; ok && at < s.n; bare = false) {
		if (out->n == STEPS_MAX)
			return false;
		if (!bare && s.p[at] == '[') {
			at++;
			ok = read_bracket(s, &at, &out->step[out->n++]);
			continue;
		}
		if (!bare && s.p[at++] != '.')
			return false;
		if (!bare && at < s.n && s.p[at] == '.') {
			out->deep = true;
			at++;
		}
		ok = read_name(s, &at, &out->step[out->n++]);
	}
	return ok;
}

/* --- values --------------------------------------------------------------- */

/* The value that a text begins with, blanks apart; what follows is not seen. */
static bool
first_value(struct span s, struct cell *out)
{
	struct json_scan scan = json_scan_of(s, NULL);

	return json_scan_value(&scan, out) == 0;
}

/* The last member of that name; the object is known to be well-formed. */
static bool
member(struct span object, struct span name, struct cell *out)
{
	struct json_scan scan = json_scan_of(object, NULL);
	struct cell key, value;
	struct buf scratch = { 0 };
	bool found = false;

	for (int rc = json_scan_first(&scan, &key);
	     rc == 1 && json_scan_value(&scan, &value) == 0;
	     rc = json_scan_next(&scan, &key)) {
		buf_clear(&scratch);
		if (span_equal(json_text(&key, &scratch), name)) {
			*out = value;
			found = true;
		}
	}
	buf_free(&scratch);
	return found;
}

/* How many elements, and the one of that index, if it is there. */
static int64_t
element(struct span array, int64_t index, struct cell *out)
{
	struct json_scan scan = json_scan_of(array, NULL);
	struct cell value;
	int64_t n = 0;

	for (int rc = json_scan_first(&scan, NULL);
	     rc == 1 && json_scan_value(&scan, &value) == 0;
	     rc = json_scan_next(&scan, NULL))
		if (n++ == index)
			*out = value;
	return n;
}

static bool
take_step(const struct step *step, struct cell *c)
{
	int64_t n, index = step->index;

	if (step->kind == STEP_NAME)
		return c->kind == CELL_OBJECT && member(c->raw, step->name, c);
	if (c->kind != CELL_ARRAY)
		return false;
	n = element(c->raw, index, c);
	if (index >= 0)
		return index < n;
	index += n;
	return index >= 0 && element(c->raw, index, c) > index;
}

enum found { FOUND_ONE, FOUND_MANY, FOUND_NONE, FOUND_BAD };

/* From *out on, which is the text's value. */
static enum found
find(const struct path *path, struct cell *out)
{
	if (path->deep)
		return FOUND_MANY;
	for (size_t i = 0; i < path->n; i++) {
		if (path->step[i].kind == STEP_MANY)
			return out->kind == CELL_ARRAY ||
			               out->kind == CELL_OBJECT
			           ? FOUND_MANY
			           : FOUND_NONE;
		if (!take_step(&path->step[i], out))
			return FOUND_NONE;
	}
	return out->kind == CELL_NULL ? FOUND_NONE : FOUND_ONE;
}

/* --- functions ------------------------------------------------------------ */

/* Arguments of both: json, path, word on empty, its default, on error. */
enum {
	ARG_JSON,
	ARG_PATH,
	ARG_EMPTY,
	ARG_EMPTY_VALUE,
	ARG_ERROR,
	ARG_ERROR_VALUE
};

static enum sql_step
behave(const struct sql_op *op, struct sql_run *r, size_t word)
{
	struct span what = op->arg[word]->text;

	if (span_is(what, "ERROR"))
		return sql_fail(r, word == ARG_ERROR
				       ? "no JSON with a value at the path"
				       : "no value at the path");
	if (span_is(what, "TRUE") || span_is(what, "FALSE"))
		return sql_bool(op, span_is(what, "TRUE"));
	*op->out = *op->arg[word + 1];
	return SQL_NEXT;
}

/* A number as Jackson and Java write it: with a point it is a DOUBLE. */
static enum sql_step
number_text(const struct sql_op *op, struct sql_run *r, struct span raw)
{
	struct buf b = { 0 };
	double d;

	if (memchr(raw.p, '.', raw.n) == NULL &&
	    memchr(raw.p, 'e', raw.n) == NULL &&
	    memchr(raw.p, 'E', raw.n) == NULL)
		return sql_text(op, raw);
	if (!floating_parse_double(raw, false, &d))
		return sql_text(op, raw);
	floating_write_double(&b, d);
	return sql_text_of(op, r, &b);
}

static enum sql_step
as_text(const struct sql_op *op, struct sql_run *r, const struct cell *c)
{
	struct buf b = { 0 };

	if (c->kind == CELL_NUMBER)
		return number_text(op, r, c->raw);
	if (!c->escaped)
		return sql_text(op, c->raw);
	json_text(c, &b);
	return sql_text_of(op, r, &b);
}

static enum sql_step
as_type(const struct sql_op *op, struct sql_run *r, const struct cell *c)
{
	struct decimal d;
	double f;

	if (type_is_text(op->type.kind))
		return as_text(op, r, c);
	if (op->type.kind == TYPE_BOOLEAN &&
	    (c->kind == CELL_TRUE || c->kind == CELL_FALSE))
		return sql_bool(op, c->kind == CELL_TRUE);
	if (op->type.kind == TYPE_INT && c->kind == CELL_NUMBER &&
	    decimal_parse(c->raw, false, 10, 0, &d) == DECIMAL_OK &&
	    d.units <= INT32_MAX && d.units >= INT32_MIN &&
	    memchr(c->raw.p, '.', c->raw.n) == NULL)
		return sql_int(op, (int64_t)d.units);
	if (op->type.kind == TYPE_DOUBLE && c->kind == CELL_NUMBER &&
	    floating_parse_double(c->raw, false, &f))
		return sql_double(op, f);
	return sql_fail(r, "the value at the path is not of the type RETURNING"
			   " has");
}

/* What the path finds; false: one of the two is null. */
static bool
look_up(const struct sql_op *op, struct path *path, struct cell *c,
    enum found *found)
{
	const struct value *json = op->arg[ARG_JSON];
	const struct value *text = op->arg[ARG_PATH];
	bool is_path;

	if (json->kind == VALUE_NULL || text->kind == VALUE_NULL)
		return false;
	*c = (struct cell){ 0 };
	is_path = read_path(text->text, path);
	/* In lax mode a text that is no JSON has nothing, but null is bad. */
	if (!first_value(json->text, c))
		*found = path->lax ? FOUND_NONE : FOUND_BAD;
	else if (!is_path || c->kind == CELL_NULL)
		*found = FOUND_BAD;
	else
		*found = find(path, c);
	return true;
}

static enum sql_step
eval_value(const struct sql_op *op, struct sql_run *r)
{
	struct path path;
	struct cell c;
	enum found found;

	if (!look_up(op, &path, &c, &found))
		return sql_null(op);
	if (found == FOUND_BAD)
		return behave(op, r, ARG_ERROR);
	if (found != FOUND_ONE || c.kind == CELL_OBJECT || c.kind == CELL_ARRAY)
		return behave(op, r, path.lax ? ARG_EMPTY : ARG_ERROR);
	return as_type(op, r, &c);
}

bool
sql_bind_json_value(struct sql_call *c)
{
	struct type t = c->node->type;

	if (!type_is_text(t.kind) && t.kind != TYPE_BOOLEAN &&
	    t.kind != TYPE_INT && t.kind != TYPE_DOUBLE)
		return sql_call_error(c, c->nargs,
		    "JSON_VALUE returns STRING, BOOLEAN, INT or DOUBLE; CAST"
		    " makes other types");
	c->op.type = t;
	c->op.eval = eval_value;
	return sql_call_coerce(c, ARG_EMPTY_VALUE, t) &&
	       sql_call_coerce(c, ARG_ERROR_VALUE, t);
}

static enum sql_step
eval_exists(const struct sql_op *op, struct sql_run *r)
{
	struct path path;
	struct cell c;
	enum found found;

	if (!look_up(op, &path, &c, &found))
		return sql_null(op);
	if (found == FOUND_BAD || (found == FOUND_NONE && !path.lax))
		return behave(op, r, ARG_ERROR);
	return sql_bool(op, found != FOUND_NONE);
}

bool
sql_bind_json_exists(struct sql_call *c)
{
	c->op.type = sql_type(TYPE_BOOLEAN);
	c->op.eval = eval_exists;
	return true;
}

enum sql_step
sql_eval_is_json(const struct sql_op *op, struct sql_run *r)
{
	struct span what = op->arg[1]->text;
	struct cell c;

	(void)r;
	if (op->arg[0]->kind == VALUE_NULL ||
	    !first_value(op->arg[0]->text, &c))
		return sql_bool(op, false);
	if (span_is(what, "OBJECT"))
		return sql_bool(op, c.kind == CELL_OBJECT);
	if (span_is(what, "ARRAY"))
		return sql_bool(op, c.kind == CELL_ARRAY);
	if (span_is(what, "SCALAR"))
		return sql_bool(
		    op, c.kind != CELL_OBJECT && c.kind != CELL_ARRAY);
	return sql_bool(op, true);
}
