/* reply - the answer to PutRecords: one verdict a record.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/reply.h"

#include <stdbool.h>

/* A service's answer is read once a record: this goes past what it does not
 * need, and is strict only in what it does. */
struct cursor {
	const char *start, *p, *end;
	struct fault *fault;
};

static int
fail(const struct cursor *c, const char *what)
{
	return fault_set(c->fault, (size_t)(c->p - c->start), what);
}

static char
peek(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' ||
				    *c->p == '\r' || *c->p == '\t'))
		c->p++;
	return c->p < c->end ? *c->p : '\0';
}

static bool
accept(struct cursor *c, char want)
{
	if (peek(c) != want)
		return false;
	c->p++;
	return true;
}

/* A text: what is between the quotes, as it stands. */
static int
text(struct cursor *c, struct span *out)
{
	if (!accept(c, '"'))
		return fail(c, "a text is missing");
	out->p = c->p;
	for (;;) {
		const char *q = memchr(c->p, '"', (size_t)(c->end - c->p));
		const char *b = q;

		if (q == NULL)
			return fail(c, "ends within a text");
		c->p = q + 1;
		while (b > out->p && b[-1] == '\\')
			b--;
		if ((q - b) % 2 == 0) {
			out->n = (size_t)(q - out->p);
			return 0;
		}
	}
}

/* A number, true, false or null: up to what ends it. */
static int
word(struct cursor *c)
{
	const char *p = c->p;

	while (c->p < c->end && strchr(",]} \t\r\n", *c->p) == NULL)
		c->p++;
	return c->p > p ? 0 : fail(c, "a value is missing");
}

/* Goes past any value.  Nesting is only counted, so that it has no bound. */
static int
skip(struct cursor *c)
{
	size_t depth = 0;
	struct span s;

	do {
		switch (peek(c)) {
		case '\0':
			return fail(c, "ends within a value");
		case '"':
			if (text(c, &s) == -1)
				return -1;
			break;
		case '{':
		case '[':
			depth++;
			c->p++;
			break;
		case '}':
		case ']':
			if (depth == 0)
				return fail(c, "a value is missing");
			depth--;
			c->p++;
			break;
		case ',':
		case ':':
			if (depth == 0)
				return fail(c, "a value is missing");
			c->p++;
			break;
		default:
			if (word(c) == -1)
				return -1;
		}
	} while (depth > 0);
	return 0;
}

/* A text or null; anything else than a text is as good as absent. */
static int
maybe_text(struct cursor *c, struct span *out)
{
	*out = (struct span){ 0 };
	return peek(c) == '"' ? text(c, out) : skip(c);
}

/* One member of an entry. */
static int
member(struct cursor *c, struct span key, struct reply_entry *e,
    struct span *sequence)
{
	if (span_is(key, "SequenceNumber"))
		return maybe_text(c, sequence);
	if (span_is(key, "ShardId"))
		return maybe_text(c, &e->shard);
	if (span_is(key, "ErrorCode"))
		return maybe_text(c, &e->code);
	if (span_is(key, "ErrorMessage"))
		return maybe_text(c, &e->message);
	return skip(c);
}

static int
entry(struct cursor *c, struct reply_entry *e)
{
	struct span key, sequence = { 0 };

	*e = (struct reply_entry){ 0 };
	if (!accept(c, '{'))
		return fail(c, "a record's verdict is not an object");
	if (!accept(c, '}')) {
		do {
			if (text(c, &key) == -1)
				return -1;
			if (!accept(c, ':'))
				return fail(c, "':' is missing");
			if (member(c, key, e, &sequence) == -1)
				return -1;
		} while (accept(c, ','));
		if (!accept(c, '}'))
			return fail(c, "'}' is missing");
	}
	e->stored = sequence.n > 0 && e->code.n == 0;
	return 0;
}

static int
records(struct cursor *c, struct reply_entry *e, size_t n)
{
	static const char count[] = "not one verdict for each record";
	size_t have = 0;

	if (!accept(c, '['))
		return fail(c, "\"Records\" is not an array");
	if (accept(c, ']'))
		return n == 0 ? 0 : fail(c, count);
	do {
		if (have == n)
			return fail(c, count);
		if (entry(c, &e[have++]) == -1)
			return -1;
	} while (accept(c, ','));
	if (!accept(c, ']'))
		return fail(c, "']' is missing");
	return have == n ? 0 : fail(c, count);
}

int
reply_read(struct span body, struct reply_entry *e, size_t n, struct fault *f)
{
	struct cursor c = { .fault = f };
	bool found = false;
	struct span key;

	if (body.n > 0)
		c = (struct cursor){ body.p, body.p, body.p + body.n, f };
	if (!accept(&c, '{'))
		return fail(&c, "not a JSON object");
	if (!accept(&c, '}')) {
		do {
			if (text(&c, &key) == -1)
				return -1;
			if (!accept(&c, ':'))
				return fail(&c, "':' is missing");
			if (!span_is(key, "Records")) {
				if (skip(&c) == -1)
					return -1;
				continue;
			}
			found = true;
			if (records(&c, e, n) == -1)
				return -1;
		} while (accept(&c, ','));
		if (!accept(&c, '}'))
			return fail(&c, "'}' is missing");
	}
	if (peek(&c) != '\0' || c.p != c.end)
		return fail(&c, "text after the object");
	return found ? 0 : fail(&c, "no \"Records\"");
}
