/* package_text - a job's text as a package has it.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/package_text.h"

#include <stdlib.h>
#include <string.h>

#include "sql/lexer.h"

bool
package_is_source(const struct job *job, const struct table *t)
{
	bool read = false;

	for (const struct branch *b = job->branches; b != NULL; b = b->next) {
		if (b->target == t)
			return false;
		read |= b->source == t;
	}
	return read;
}

/* The place of a table that is a source among those, in the text's order. */
static size_t
number_of(const struct job *job, const struct table *t)
{
	size_t n = 0;

	for (const struct table *u = job->compiler.catalog.first; u;
	     u = u->next)
		n += u->view == NULL && package_is_source(job, u) &&
		     u->def->name.at < t->def->name.at;
	return n;
}

static bool
begins(struct span text, const char *with)
{
	size_t n = strlen(with);

	return text.n > n && memcmp(text.p, with, n) == 0;
}

static void
add_option(struct buf *b, struct span key, struct span value)
{
	buf_add_text(b, ",\n  '");
	buf_add_span(b, key);
	buf_add_text(b, "' = '");
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\'')
			buf_add_char(b, '\'');
		buf_add_char(b, value.p[i]);
	}
	buf_add_char(b, '\'');
}

/* The format's options are the job's; rows without one are JSON. */
static void
add_format(struct buf *b, const struct table *t)
{
	if (table_option(t, "format") == NULL) {
		buf_add_text(b, ",\n  'format' = 'json',\n"
				"  'json.timestamp-format.standard' = "
				"'ISO-8601'");
		return;
	}
	for (const struct sql_option *o = t->def->options; o; o = o->next)
		if (span_is(o->key.text, "format") ||
		    begins(o->key.text, "json.") || begins(o->key.text, "csv."))
			add_option(b, o->key.text, o->value);
}

static void
add_with(struct buf *b, const struct job *job, const struct table *t,
    enum package_source source)
{
	size_t n = number_of(job, t);

	if (source == PACKAGE_SOURCE_FILES)
		buf_addf(b,
		    "WITH (\n  'connector' = 'filesystem',\n"
		    "  'path' = '${InputFile%zu.path}'",
		    n);
	else
		buf_addf(b,
		    "WITH (\n  'connector' = 'kinesis',\n"
		    "  '%s' = '${InputStream%zu.%s}',\n"
		    "  'aws.region' = '${InputStream%zu.aws.region}',\n"
		    "  '%s' = 'LATEST'",
		    source == PACKAGE_SOURCE_ARN ? "stream.arn" : "stream", n,
		    source == PACKAGE_SOURCE_ARN ? "stream.arn" : "stream.name",
		    n,
		    source == PACKAGE_SOURCE_ARN ? "source.init.position"
						 : "scan.stream.initpos");
	add_format(b, t);
	buf_add_text(b, "\n)");
}

/* From PARTITIONED BY or WITH of the table named at *at to the end of that. */
static void
find_with(struct span file, size_t *at, size_t *end)
{
	size_t next = *at;
	struct sql_token t;
	bool with = false;
	int depth = 0;

	*at = *end = SIZE_MAX;
	while (t = sql_lex(file, &next), t.kind != SQL_END) {
		if (depth == 0 && sql_token_is(&t, "WITH"))
			with = true;
		if (depth == 0 && *at == SIZE_MAX &&
		    (with || sql_token_is(&t, "PARTITIONED")))
			*at = t.at;
		depth += sql_token_is_symbol(&t, "(");
		depth -= sql_token_is_symbol(&t, ")");
		if (with && depth == 0 && sql_token_is_symbol(&t, ")")) {
			*end = next;
			return;
		}
	}
}

/* The first source that is named in the text behind a place, or NULL. */
static const struct table *
next_source(const struct job *job, size_t after)
{
	const struct table *found = NULL;

	for (const struct table *t = job->compiler.catalog.first; t;
	     t = t->next)
		if (t->view == NULL && package_is_source(job, t) &&
		    t->def->name.at > after &&
		    (found == NULL || t->def->name.at < found->def->name.at))
			found = t;
	return found;
}

void
package_text_add(
    struct buf *b, const struct job *job, enum package_source source)
{
	const struct script *s = &job->script;
	struct span file = buf_span(&s->file);
	const struct table *t = next_source(job, 0);
	size_t copied = 0, at, end;

	for (; t != NULL && source != PACKAGE_SOURCE_OWN;
	     t = next_source(job, t->def->name.at)) {
		at = script_place_in_file(s, t->def->name.at);
		find_with(file, &at, &end);
		if (end == SIZE_MAX)
			continue;
		buf_add(b, file.p + copied, at - copied);
		add_with(b, job, t, source);
		copied = end;
	}
	buf_add(b, file.p + copied, file.n - copied);
}

bool
package_text_uses(enum package_source source, struct span property)
{
	static const char *const keys[] = { ".stream.name", ".stream.arn",
		".aws.region", ".path" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		size_t n = strlen(keys[i]);

		if (source != PACKAGE_SOURCE_OWN && property.n > n &&
		    (begins(property, "InputStream") ||
			begins(property, "InputFile")) &&
		    memcmp(property.p + property.n - n, keys[i], n) == 0)
			return true;
	}
	return false;
}

static bool
has_group(const struct script *s, const char *name)
{
	for (const struct property *p = s->properties.first; p; p = p->next)
		if (begins(p->name, name) && p->name.p[strlen(name)] == '.')
			return true;
	return false;
}

void
package_text_add_groups(
    struct buf *b, const struct job *job, enum package_source source)
{
	static const char *const members[] = { NULL,
		"\"stream.name\": \"NAME\", \"aws.region\": \"REGION\"",
		"\"stream.arn\": "
		"\"arn:aws:kinesis:REGION:ACCOUNT:stream/NAME\", "
		"\"aws.region\": \"REGION\"",
		"\"path\": \"s3://BUCKET/FOLDER/\"" };
	const struct table *t = next_source(job, 0);
	struct buf name = { 0 };

	for (size_t i = 0; t != NULL && source != PACKAGE_SOURCE_OWN;
	     t = next_source(job, t->def->name.at), i++) {
		buf_clear(&name);
		buf_addf(&name, "%s%zu",
		    source == PACKAGE_SOURCE_FILES ? "InputFile"
						   : "InputStream",
		    i);
		if (buf_text(&name) == NULL || has_group(&job->script, name.p))
			continue;
		buf_addf(b,
		    ",\n  {\n    \"PropertyGroupId\": \"%s\",\n"
		    "    \"PropertyMap\": { %s }\n  }",
		    name.p, members[source]);
	}
	b->failed |= name.failed;
	buf_free(&name);
}
