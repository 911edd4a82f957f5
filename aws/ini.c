/* ini - the shared files of AWS: sections, settings, nested settings.
 * SPDX-License-Identifier: ISC */
#include "aws/ini.h"

#include <ctype.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "aws/text.h"
#include "lib/array.h"
#include "lib/take.h"

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

void
ini_free(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++)
		free(ini->section[i].setting);
	free(ini->section);
	if (ini->text != NULL)
		OPENSSL_cleanse(ini->text, ini->bytes);
	free(ini->text);
	*ini = (struct ini){ 0 };
}

/*
 * Ends a part of the text where it lies.  What is behind it, a blank, a
 * delimiter or a line's end, has been looked at, and nobody needs it any more.
 */
static char *
ended(struct span s)
{
	char *text = (char *)s.p;

	text[s.n] = '\0';
	return text;
}

static struct ini_section *
find_section(const struct ini *ini, const char *kind, const char *name)
{
	for (size_t i = 0; i < ini->n; i++)
		if (strcmp(kind, ini->section[i].kind) == 0 &&
		    strcmp(name, ini->section[i].name) == 0)
			return &ini->section[i];
	return NULL;
}

static int
open_section(struct parser *p, const char *kind, const char *name)
{
	struct ini *ini = p->ini;

	p->setting = NULL;
	p->section = find_section(ini, kind, name);
	if (p->section != NULL)
		return 0;
	if (array_room(ini->section, ini->cap, ini->n + 1) == -1)
		return refuse(p, "out of memory");
	p->section = &ini->section[ini->n++];
	*p->section = (struct ini_section){ .kind = kind, .name = name };
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
	char *text;
	size_t n;

	if (close == NULL)
		return refuse(p, "section without ']'");
	inside = text_trim(
	    (struct span){ line.p + 1, (size_t)(close - line.p - 1) });
	if (inside.n == 0)
		return refuse(p, "section without a name");
	if (p->flavour == INI_CREDENTIALS && !span_is(inside, for_all))
		return open_section(p, "profile", ended(inside));
	/* "default" stays apart until the end, as [profile default] wins. */
	if (words_split(inside, &words) == -1 || words.n != 2 ||
	    words.argv[0][0] == '\0') {
		words_free(&words);
		return open_section(p, "", ended(inside));
	}
	/* Without their quotes they need no more room. */
	text = ended(inside);
	n = strlen(words.argv[0]) + 1;
	memcpy(text, words.argv[0], n);
	memcpy(text + n, words.argv[1], strlen(words.argv[1]) + 1);
	words_free(&words);
	return open_section(p, text, text + n);
}

static struct ini_setting *
find_setting(const struct ini_section *s, const char *key, const char *sub)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(key, s->setting[i].key) == 0 &&
		    strcmp(sub, s->setting[i].sub) == 0)
			return &s->setting[i];
	return NULL;
}

/* Adds or replaces; p->setting is the setting then. */
static int
put(struct parser *p, struct ini_setting fresh)
{
	struct ini_section *s = p->section;

	p->setting = find_setting(s, fresh.key, fresh.sub);
	if (p->setting == NULL) {
		if (array_room(s->setting, s->cap, s->n + 1) == -1)
			return refuse(p, "out of memory");
		p->setting = &s->setting[s->n++];
	}
	*p->setting = fresh;
	return 0;
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

/* More of a value: it moves up to what is there. */
static void
lengthen(const char *value, struct span line)
{
	char *end = (char *)value + strlen(value);

	*end = '\n';
	memmove(end + 1, line.p, line.n);
	end[1 + line.n] = '\0';
}

/* An indented line: "sub = value" below a bare "key =", or more of a value. */
static int
read_indented(struct parser *p, struct span line)
{
	struct span key, value;

	if (p->setting->sub[0] == '\0' && p->setting->value[0] != '\0') {
		lengthen(p->setting->value, line);
		return 0;
	}
	if (!split(line, "=", &key, &value))
		return refuse(p, "no \"name = value\"");
	return put(p,
	    (struct ini_setting){ p->setting->key, ended(key), ended(value) });
}

static int
read_setting(struct parser *p, struct span line)
{
	struct span key, value;
	char *name;

	if (!split(line, "=:", &key, &value))
		return refuse(p, "no \"name = value\"");
	if (p->section == NULL)
		return refuse(p, "setting before the first [section]");
	name = ended(key);
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return put(p, (struct ini_setting){ name, "", ended(value) });
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
	for (size_t i = 0; i < from->n; i++)
		if (find_setting(to, from->setting[i].key, "") == NULL &&
		    put(p, from->setting[i]) == -1)
			return -1;
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
	struct ini_section *all = find_section(ini, "", for_all);
	struct ini_section *plain, *full;

	for (size_t i = 0; all != NULL && i < ini->n; i++)
		if (&ini->section[i] != all &&
		    inherit(p, &ini->section[i], all) == -1)
			return -1;
	plain = find_section(ini, "", "default");
	full = find_section(ini, "profile", "default");
	if (plain == NULL || p->flavour == INI_CREDENTIALS)
		return 0;
	if (full != NULL)
		return inherit(p, full, plain);
	plain->kind = "profile";
	return 0;
}

int
ini_parse(struct span text, enum ini_flavour flavour, struct ini *ini,
    struct fault *why)
{
	struct parser p = { .ini = ini, .flavour = flavour };
	struct span left, line;
	int rc = 0;

	*ini = (struct ini){ .text = text_copy(text), .bytes = text.n };
	left = (struct span){ ini->text, text.n };
	if (ini->text == NULL)
		return fault_set(why, 0, "out of memory");
	(void)take_text(&left, "\xef\xbb\xbf");
	while (rc == 0 && take_part(&left, '\n', &line)) {
		p.line++;
		rc = read_line(&p, line);
	}
	if (rc == 0)
		rc = adopt_defaults(&p);
	if (rc == -1) {
		ini_free(ini);
		return fault_set(why, p.line, p.what);
	}
	return 0;
}

const struct ini_section *
ini_section(const struct ini *ini, const char *kind, const char *name)
{
	return find_section(ini, kind, name);
}

const char *
ini_nested(const struct ini_section *s, const char *key, const char *sub)
{
	const struct ini_setting *found =
	    s == NULL ? NULL : find_setting(s, key, sub);

	return found == NULL || found->value[0] == '\0' ? NULL : found->value;
}

const char *
ini_value(const struct ini_section *s, const char *key)
{
	return ini_nested(s, key, "");
}
