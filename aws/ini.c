/* ini - the shared files of AWS: sections, settings, nested settings.
 * SPDX-License-Identifier: ISC */
#include "aws/ini.h"

#include <ctype.h>
#include <stdlib.h>

#include "aws/identity.h"
#include "aws/text.h"
#include "aws/words.h"

static const char for_all[] = "DEFAULT"; /* Python's configparser has it */

/* Where the next line belongs. */
struct parser {
	struct ini *ini;
	enum ini_flavour flavour;
	struct ini_section *section; /* NULL before the first */
	struct ini_setting *setting; /* that further indented lines belong to */
	size_t indent;               /* of that setting */
	size_t line;
	const char *what; /* why it cannot go on */
};

static int
refuse(struct parser *p, const char *what)
{
	p->what = what;
	return -1;
}

static void
free_setting(struct ini_setting *s)
{
	free(s->key);
	free(s->sub);
	identity_wipe_text(s->value);
}

void
ini_free(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		struct ini_section *s = &ini->section[i];

		for (size_t j = 0; j < s->n; j++)
			free_setting(&s->setting[j]);
		free(s->setting);
		free(s->kind);
		free(s->name);
	}
	free(ini->section);
	*ini = (struct ini){ 0 };
}

/* Room for one more in an array of n, grown at powers of two. */
static void *
grow(void *array, size_t n, size_t each)
{
	if (n != 0 && (n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : 2 * n, each);
}

static struct ini_section *
find_section(const struct ini *ini, struct span kind, struct span name)
{
	for (size_t i = 0; i < ini->n; i++)
		if (span_is(kind, ini->section[i].kind) &&
		    span_is(name, ini->section[i].name))
			return &ini->section[i];
	return NULL;
}

static int
open_section(struct parser *p, struct span kind, struct span name)
{
	struct ini *ini = p->ini;
	struct ini_section *s = find_section(ini, kind, name);
	struct ini_section *array;

	p->setting = NULL;
	p->section = s;
	if (s != NULL)
		return 0;
	array = grow(ini->section, ini->n, sizeof *array);
	if (array == NULL)
		return refuse(p, "out of memory");
	ini->section = array;
	s = &array[ini->n++];
	*s = (struct ini_section){ .line = p->line };
	if (text_set(&s->kind, kind) == -1 || text_set(&s->name, name) == -1)
		return refuse(p, "out of memory");
	p->section = s;
	return 0;
}

/*
 * "[profile x]", "[default]", "[x]": what is between the brackets, which in the
 * config file is two words, as a shell has them, or no profile.
 */
static int
read_section(struct parser *p, struct span line)
{
	const char *close = memchr(line.p, ']', line.n);
	struct words words = { 0 };
	struct span inside;
	int rc;

	if (close == NULL)
		return refuse(p, "section without ']'");
	inside = text_trim(
	    (struct span){ line.p + 1, (size_t)(close - line.p - 1) });
	if (inside.n == 0)
		return refuse(p, "section without a name");
	if (p->flavour == INI_CREDENTIALS && !span_is(inside, for_all))
		return open_section(p, span_of("profile"), inside);
	/* "default" stays apart until the end, as [profile default] wins. */
	if (words_split(inside, &words) == 0 && words.n == 2 &&
	    words.argv[0][0] != '\0')
		rc = open_section(
		    p, span_of(words.argv[0]), span_of(words.argv[1]));
	else
		rc = open_section(p, span_of(""), inside);
	words_free(&words);
	return rc;
}

static struct ini_setting *
find_setting(const struct ini_section *s, struct span key, struct span sub)
{
	for (size_t i = 0; i < s->n; i++)
		if (span_is(key, s->setting[i].key) &&
		    span_is(sub, s->setting[i].sub))
			return &s->setting[i];
	return NULL;
}

static int
lower(char **text, struct span s)
{
	if (text_set(text, s) == -1)
		return -1;
	for (char *c = *text; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

static int
replace_value(struct ini_setting *s, struct span value)
{
	identity_wipe_text(s->value);
	s->value = text_copy(value);
	return s->value == NULL ? -1 : 0;
}

/* Adds or replaces; p->setting is the setting then. */
static int
put(struct parser *p, struct span key, struct span sub, struct span value)
{
	struct ini_section *s = p->section;
	struct ini_setting *array, fresh = { .line = p->line };

	if (lower(&fresh.key, key) == -1 || text_set(&fresh.sub, sub) == -1)
		goto memory;
	p->setting = find_setting(s, span_of(fresh.key), span_of(fresh.sub));
	if (p->setting == NULL) {
		array = grow(s->setting, s->n, sizeof *array);
		if (array == NULL)
			goto memory;
		s->setting = array;
		p->setting = &array[s->n++];
		*p->setting = fresh;
		fresh = (struct ini_setting){ 0 };
	}
	p->setting->line = p->line;
	free_setting(&fresh);
	if (replace_value(p->setting, value) == -1)
		return refuse(p, "out of memory");
	return 0;
memory:
	free_setting(&fresh);
	return refuse(p, "out of memory");
}

/* At the first of the delimiters. */
static bool
split(struct span line, const char *delimiters, struct span *key,
    struct span *value)
{
	size_t n = 0;

	while (n < line.n && strchr(delimiters, line.p[n]) == NULL)
		n++;
	if (n == line.n)
		return false;
	*key = text_trim((struct span){ line.p, n });
	*value = text_trim((struct span){ line.p + n + 1, line.n - n - 1 });
	return key->n > 0;
}

/* An indented line: "sub = value" below a bare "key =", or more of a value. */
static int
read_indented(struct parser *p, struct span line)
{
	struct span key, value;
	struct buf longer = { 0 };
	struct ini_setting *parent = p->setting;
	int rc;

	if (parent->sub[0] == '\0' && parent->value[0] != '\0') {
		buf_addf(&longer, "%s\n", parent->value);
		buf_add_span(&longer, line);
		rc = longer.failed ? -1
		                   : replace_value(parent, buf_span(&longer));
		buf_free(&longer);
		return rc == -1 ? refuse(p, "out of memory") : 0;
	}
	if (!split(line, "=", &key, &value))
		return refuse(p, "no \"name = value\"");
	return put(p, span_of(parent->key), key, value);
}

static int
read_setting(struct parser *p, struct span line)
{
	struct span key, value;

	if (!split(line, "=:", &key, &value))
		return refuse(p, "no \"name = value\"");
	if (p->section == NULL)
		return refuse(p, "setting before the first [section]");
	return put(p, key, span_of(""), value);
}

static int
read_line(struct parser *p, struct span raw)
{
	struct span line = text_trim(raw);
	size_t indent = (size_t)(line.p - raw.p);

	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return 0;
	if (memchr(line.p, '\0', line.n) != NULL)
		return refuse(p, "a NUL byte");
	/* Sections may be indented as a whole. */
	if (p->setting != NULL && indent > p->indent)
		return read_indented(p, line);
	p->indent = indent;
	if (line.p[0] == '[')
		return read_section(p, line);
	return read_setting(p, line);
}

/* What it does not say itself a section takes from the other. */
static int
inherit(
    struct parser *p, struct ini_section *to, const struct ini_section *from)
{
	p->section = to;
	for (size_t i = 0; i < from->n; i++) {
		const struct ini_setting *s = &from->setting[i];

		if (find_setting(to, span_of(s->key), span_of("")) == NULL &&
		    put(p, span_of(s->key), span_of(s->sub),
			span_of(s->value)) == -1)
			return -1;
	}
	return 0;
}

/*
 * [DEFAULT] is for all sections.  [default] is the profile of that name, unless
 * [profile default] is there.
 */
static int
adopt_defaults(struct parser *p)
{
	struct ini *ini = p->ini;
	struct ini_section *all =
	    find_section(ini, span_of(""), span_of(for_all));
	struct ini_section *plain, *full;

	for (size_t i = 0; all != NULL && i < ini->n; i++)
		if (&ini->section[i] != all &&
		    inherit(p, &ini->section[i], all) == -1)
			return -1;
	plain = find_section(ini, span_of(""), span_of("default"));
	full = find_section(ini, span_of("profile"), span_of("default"));
	if (plain == NULL || p->flavour == INI_CREDENTIALS)
		return 0;
	return full == NULL ? text_set(&plain->kind, span_of("profile"))
	                    : inherit(p, full, plain);
}

int
ini_parse(struct span text, enum ini_flavour flavour, struct ini *ini,
    struct fault *why)
{
	struct parser p = { .ini = ini, .flavour = flavour };
	int rc = 0;

	*ini = (struct ini){ 0 };
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = (struct span){ text.p + 3, text.n - 3 };
	while (rc == 0 && text.n > 0) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);

		p.line++;
		rc = read_line(&p, (struct span){ text.p, n });
		if (end != NULL)
			n++;
		text = (struct span){ text.p + n, text.n - n };
	}
	if (rc == 0 && adopt_defaults(&p) == -1)
		rc = refuse(&p, "out of memory");
	if (rc == -1) {
		ini_free(ini);
		return fault_set(why, p.line, p.what);
	}
	return 0;
}

const struct ini_section *
ini_section(const struct ini *ini, const char *kind, const char *name)
{
	return find_section(ini, span_of(kind), span_of(name));
}

const char *
ini_nested(const struct ini_section *s, const char *key, const char *sub)
{
	const struct ini_setting *found;

	if (s == NULL)
		return NULL;
	found = find_setting(s, span_of(key), span_of(sub));
	return found == NULL || found->value[0] == '\0' ? NULL : found->value;
}

const char *
ini_value(const struct ini_section *s, const char *key)
{
	return ini_nested(s, key, "");
}
