/* foreign - input that is no rows of JSON, and what makes rows of it.
 * SPDX-License-Identifier: ISC */
#include "lib/foreign.h"

#include "lib/json.h"

struct remedy {
	const char *is, *through; /* a command, or the reader's own option */
};

static bool
begins(struct span s, const char *bytes, size_t n)
{
	return s.n >= n && memcmp(s.p, bytes, n) == 0;
}

/* Files that are known by their first bytes. */
static struct remedy
by_magic(struct span line)
{
	static const struct {
		const char *bytes;
		size_t n;
		struct remedy remedy;
	} formats[] = {
		{ "\x1f\x8b", 2, { "gzip", "zcat" } },
		{ "\x28\xb5\x2f\xfd", 4, { "zstd", "zstdcat" } },
		{ "\xfd\x37zXZ", 5, { "xz", "xzcat" } },
		{ "\x04\x22\x4d\x18", 4, { "lz4", "lz4cat" } },
		{ "BZh", 3, { "bzip2", "bzcat" } },
		{ "PK\x03\x04", 4, { "a zip archive", "funzip" } },
		{ "\xff\xfe", 2, { "UTF-16", "iconv -f UTF-16 -t UTF-8" } },
		{ "\xfe\xff", 2, { "UTF-16", "iconv -f UTF-16 -t UTF-8" } },
		{ "{\0", 2, { "UTF-16", "iconv -f UTF-16LE -t UTF-8" } },
		{ "\x1e", 1, { "a JSON text sequence", "tr -d '\\036'" } },
	};

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (begins(line, formats[i].bytes, formats[i].n))
			return formats[i].remedy;
	return (struct remedy){ NULL, NULL };
}

/* A table is known by what follows the first name of its head. */
static struct remedy
by_separator(struct span line, bool reads_csv)
{
	for (size_t i = 0; i < line.n; i++)
		switch (line.p[i]) {
		case ',':
			return (struct remedy){ "CSV",
				reads_csv ? "--format csv"
					  : "mlr --icsv --ojsonl cat" };
		case ';':
			return (struct remedy){ "CSV",
				reads_csv ? "--format csv --delimiter ';'"
					  : "mlr --icsv --ifs ';' --ojsonl "
					    "cat" };
		case '\t':
			return (struct remedy){ "TSV",
				reads_csv ? "--format csv --delimiter tab "
					    "--quote none"
					  : "mlr --itsv --ojsonl cat" };
		case '=':
			return (struct remedy){ "logfmt",
				"mlr --idkvp --ifs ' ' --ojsonl cat" };
		case '[':
		case ':':
		case '<':
			return (struct remedy){ NULL, NULL };
		}
	return (struct remedy){ NULL, NULL };
}

static struct remedy
of_array(struct span line)
{
	struct span rest = { json_skip_blanks(line.p + 1, line.p + line.n), 0 };

	rest.n = (size_t)(line.p + line.n - rest.p);
	if (rest.n == 0 || *rest.p == '{' || *rest.p == '[')
		return (struct remedy){ "a JSON array", "jq -c '.[]'" };
	return (struct remedy){ "an array, which has no field names",
		"jq -c '{t: .[0], x: .[1]}'" };
}

/* An object, and not only that; at counts from its first byte. */
static struct remedy
of_object(struct span line, const struct fault *why, bool first)
{
	struct span rest = { line.p + line.n, 0 };

	if (why->at < line.n)
		rest = (struct span){ line.p + why->at, line.n - why->at };
	if (rest.n == 0 && first)
		return (struct remedy){ "an object spread over several lines",
			"jq -c ." };
	if (begins(rest, "{", 1))
		return (struct remedy){ "more than one object on a line",
			"jq -c ." };
	if (span_is(rest, ","))
		return (
		    struct remedy){ "an element of an array", "sed 's/,$//'" };
	if (begins(rest, "NaN", 3))
		return (struct remedy){ "not JSON, which has no NaN",
			"sed 's/\\bNaN\\b/null/g'" };
	if (begins(rest, "Infinity", 8))
		return (struct remedy){ "not JSON, which has no Infinity",
			"sed 's/-\\?\\bInfinity\\b/null/g'" };
	if (begins(rest, "'", 1))
		return (struct remedy){ "a Python dict",
			"python3 -c 'import ast, json, sys; [print(json.dumps("
			"ast.literal_eval(l))) for l in sys.stdin]'" };
	if (utf8_is_valid(line))
		return (struct remedy){ NULL, NULL };
	return (struct remedy){ "not UTF-8, perhaps Windows-1252",
		"iconv -f WINDOWS-1252 -t UTF-8" };
}

/* The key of the first member that is an array of objects. */
static bool
find_array(struct span line, struct span *name)
{
	struct json_scan s = json_scan_of(line, NULL);
	struct cell key;

	for (int rc = json_scan_first(&s, &key); rc == 1;
	     rc = json_scan_next(&s, &key)) {
		*name = key.raw;
		if (s.p < s.end && *s.p == '[') {
			const char *p = json_skip_blanks(s.p + 1, s.end);

			if (p < s.end && *p == '{')
				return true;
		}
		if (json_scan_value(&s, NULL) == -1)
			return false;
	}
	return false;
}

static bool
add_member(struct buf *out, struct span line)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	struct span name;
	bool quotes = false;

	if (!find_array(line, &name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		quotes |= memchr(plain, name.p[i], sizeof plain - 1) == NULL;
	buf_addf(out,
	    "; its rows are in an array: send it through jq -c '.%s%.*s%s[]'",
	    quotes ? "\"" : "", (int)name.n, name.p, quotes ? "\"" : "");
	return true;
}

bool
foreign_add_remedy(struct buf *out, struct span line, const struct fault *why,
    bool first, bool reads_csv)
{
	struct remedy r = { NULL, NULL };
	struct fault here = { NULL, 0 };
	const char *p = json_skip_blanks(line.p, line.p + line.n);

	if (first)
		r = by_magic(line);
	if (why != NULL && why->at > (size_t)(p - line.p))
		here.at = why->at - (size_t)(p - line.p);
	line = (struct span){ p, (size_t)(line.p + line.n - p) };
	while (line.n > 0 && memchr(" \t\r", line.p[line.n - 1], 3) != NULL)
		line.n--;
	if (r.is != NULL || line.n == 0)
		;
	else if (*line.p == '{' && why == NULL)
		return add_member(out, line);
	else if (*line.p == '{')
		r = of_object(line, &here, first);
	else if (*line.p == '[')
		r = of_array(line);
	else if (memchr(line.p, '{', line.n) != NULL &&
		 line.p[line.n - 1] == '}')
		r = (struct remedy){ "text before an object",
			"sed 's/^[^{]*//'" };
	else if (first)
		r = by_separator(line, reads_csv);
	if (r.is == NULL)
		return false;
	buf_addf(out, "; it is %s: %s %s", r.is,
	    r.through[0] == '-' ? "read it with" : "send it through",
	    r.through);
	return true;
}
