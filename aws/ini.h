/* ini - the shared files of AWS: sections, settings, nested settings.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_INI_H
#define AWS_INI_H

#include <stddef.h>

#include "lib/fault.h"
#include "lib/span.h"

/*
 * A setting: "key = value", or with sub "key =" followed by "sub = value" lines
 * that are indented further (sub is "" otherwise).  Keys are in lower case,
 * subs and values as written, less the blanks around them.  All texts lie in
 * that of the struct ini.
 */
struct ini_setting {
	const char *key;
	const char *sub;
	const char *value;
};

/* A section: kind "profile", "sso-session", "services" or "" and its name. */
struct ini_section {
	const char *kind;
	const char *name;
	struct ini_setting *setting;
	size_t n, cap;
};

/* All zero is an empty file. */
struct ini {
	char *text; /* owned: the file, with NULs put into it */
	size_t bytes;
	struct ini_section *section;
	size_t n, cap;
};

enum ini_flavour {
	INI_CONFIG, /* [default], [profile NAME], [sso-session NAME], ... */
	INI_CREDENTIALS, /* [NAME] is a profile; "[profile NAME]" is none */
};

/*
 * Parses, as botocore does (which uses Python's configparser; 1.29 and 1.44
 * were read), but for what tests/property/config lists.  Lines that begin with
 * # or ; (after blanks) and blank lines are skipped; a # or ; further on is
 * part of the value.  In the config file "[kind name]" is two words as a shell
 * has them, quotes and all; a section that is neither that nor [default] is
 * kept with kind "" and never found as a profile.  Two sections of one kind and
 * name are merged, the later setting wins; so is [profile default] with
 * [default], which it outranks.  What [DEFAULT] says every section says that
 * does not say it itself.  -1: memory, or a fault: what, and at = the number of
 * the line (from 1), not an offset.
 */
int ini_parse(struct span text, enum ini_flavour, struct ini *, struct fault *);
void ini_free(struct ini *); /* wipes values */

/* The section, or NULL.  A profile has kind "profile". */
const struct ini_section *
ini_section(const struct ini *, const char *kind, const char *name);

/* The value of key (or of sub under key), or NULL; empty values are none. */
const char *ini_value(const struct ini_section *, const char *key);
const char *
ini_nested(const struct ini_section *, const char *key, const char *sub);

#endif
