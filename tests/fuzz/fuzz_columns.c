/* fuzz_columns - columns that are read can be written and read again.
 * SPDX-License-Identifier: ISC */
#include "lib/columns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static bool
same_type(struct type a, struct type b)
{
	return a.kind == b.kind && a.precision == b.precision &&
	       a.scale == b.scale && a.not_null == b.not_null;
}

/* Every key in quotes; a canonical name has them only round dots and quotes. */
static void
write_name(struct buf *b, const char *name)
{
	bool quoted;

	for (;;) {
		quoted = *name == '"';
		if (!quoted)
			buf_add_char(b, '"');
		else
			buf_add_char(b, *name++);
		while (*name != '\0' && (quoted || *name != '.')) {
			if (*name == '"' && name[1] != '"')
				break;
			if (*name == '"')
				buf_add_char(b, *name++);
			buf_add_char(b, *name++);
		}
		buf_add_char(b, '"');
		name += quoted;
		if (*name == '\0')
			return;
		buf_add_char(b, *name++);
	}
}

/* The list in its plainest form: NAME TYPE GENERATOR, NAME ... */
static void
write_columns(struct buf *b, const struct columns *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct column *col = &c->col[i];

		if (i > 0)
			buf_add_char(b, ',');
		write_name(b, col->name);
		buf_add_char(b, ' ');
		if (col->type.kind != TYPE_ANY)
			type_write(b, col->type);
		else if (col->type.not_null)
			buf_add_text(b, "NOT NULL");
		buf_add_text(b, column_is_computed(col) ? " AS " : " ");
		buf_add_span(b, col->generator);
		buf_add_span(b, col->expression);
	}
}

/* Would be read as more of the type before it. */
static bool
goes_on(struct span generator)
{
	static const char *const words[] = { "PRECISION", "WITH", "WITHOUT",
		"NOT", "NULL" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (generator.n >= strlen(words[i]) &&
		    strncasecmp(generator.p, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static void
check_again(const struct columns *c)
{
	struct buf b = { 0 };
	struct columns again;
	char *message;

	for (size_t i = 0; i < c->n; i++)
		if (goes_on(c->col[i].generator))
			return;
	write_columns(&b, c);
	must(!b.failed);
	must(columns_parse(buf_span(&b), &again, &message) == 0);
	must(again.n == c->n);
	for (size_t i = 0; i < c->n; i++) {
		must(strcmp(again.col[i].name, c->col[i].name) == 0);
		must(same_type(again.col[i].type, c->col[i].type));
		must(span_equal(again.col[i].generator, c->col[i].generator));
		must(span_equal(again.col[i].expression, c->col[i].expression));
	}
	columns_free(&again);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct columns c;
	char *message;

	if (columns_parse((struct span){ (const char *)data, size }, &c,
		&message) == -1) {
		must(message != NULL && strchr(message, '\n') == NULL);
		free(message);
		return 0;
	}
	must(c.n > 0);
	for (size_t i = 0; i < c.n; i++) {
		const char *name = c.col[i].name;

		must(strcmp(columns_find(&c, name)->name, name) == 0);
		must(c.col[i].at < size && c.col[i].generator_at <= size);
	}
	check_again(&c);
	columns_free(&c);
	return 0;
}
