/* json - strict JSON (RFC 8259) in one pass: wanted fields of a line, and
 * the writing of texts.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

enum { JSON_DEPTH_MAX = 1000 }; /* the line's own object is level 1 */

enum json_kind {
	JSON_MISSING, /* the field is not there */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_TEXT,
	JSON_ARRAY,
	JSON_OBJECT,
};

/*
 * raw: the value's bytes as they stand; of a text, what is between the
 * quotes.  escaped: a text with at least one backslash.  Borrowed from the
 * line.
 */
struct json_value {
	enum json_kind kind;
	bool escaped;
	struct span raw;
};

/*
 * The fields that a program wants: a path of keys each.  In a path's text keys
 * are parted by dots, and a key that holds a dot (or a quote, or is empty) is
 * quoted: device.id, "a.b", "a.b".c; "" in quotes is one quote.
 */
struct json_paths;
struct json_paths *json_paths_new(void); /* NULL: out of memory */
void json_paths_del(struct json_paths *);

/*
 * Adds a path; returns its index (from 0; the same index for the same path),
 * or -1 with a fault.
 */
int json_paths_add(struct json_paths *, struct span path, struct fault *);
size_t json_paths_count(const struct json_paths *);

/*
 * The same for a field of the user's.  Programs write keys that hold dots, and
 * who names one seldom quotes it: where an object lacks the path, a key that
 * is some of its keys with their dots counts as these.  So a.b.c is, in this
 * order, a, b, c; a, "b.c"; "a.b", c; "a.b.c": the first that a line has, each
 * line by itself.  Not for a path of more than eight keys, or with a quote.
 */
int json_paths_add_field(struct json_paths *, struct span path, struct fault *);

/* True where another path may lie within the value of the one of that index. */
bool json_paths_has_inner(const struct json_paths *, int index);

/* The path's text in its one canonical spelling (quotes only where needed). */
int json_path_canonical(struct span path, struct buf *, struct fault *);

/* Adds a key as such a path spells it, without a dot before it. */
void json_path_add_key(struct buf *, struct span key);

/*
 * Reads a line that must be one object and nothing else but blanks (space,
 * tab, CR, LF) around it, valid UTF-8, at most JSON_DEPTH_MAX deep.
 * values[i] is set for every path; JSON_MISSING where it is not there.  If a
 * key comes twice the last one counts as if the others were not there.
 * values has room for json_paths_count() elements: the paths, and what else
 * json_paths_add_field() looks for.  -1 with a fault.
 */
int json_read(const struct json_paths *, struct span line,
    struct json_value *values, struct fault *);

/* Checks one JSON value of any kind by the same rules, fields apart. */
int json_check(struct span text, struct fault *);

/* True if the bytes are well-formed UTF-8 (no overlong, no surrogates). */
bool json_is_utf8(struct span);

/*
 * The characters of a text value: raw itself where nothing is escaped, else
 * decoded into scratch (which is added to, not cleared; its earlier content
 * may move).  The span given lies in scratch or in the line.
 */
struct span json_text(const struct json_value *, struct buf *scratch);

/*
 * An array or object as its own text: without the blanks between tokens,
 * numbers as they stand, texts decoded and written anew.
 */
void json_write_compact(struct buf *, struct span raw);

/*
 * A text in quotes: raw UTF-8; escaped are only \" \\ \b \f \n \r \t and
 * other control characters as \u001F.
 */
void json_write_text(struct buf *, struct span);

#endif
