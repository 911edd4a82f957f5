/* json_lines - lines of JSON, each an object: checked and searched by blocks of
 * 64 bytes.
 *
 * The fast twin of json_read(): it takes just what that takes, but for lines of
 * very many levels, and finds the same values.  What is wrong with a line
 * json_read() says.
 *
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_LINES_H
#define LIB_JSON_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/json_mask.h"
#include "lib/json_paths.h"

enum {
	JSON_LINES_DEPTH = 63, /* lines of more levels are not taken */
};

enum { JSON_LANES = 8 };

/* A bit of the last block looked at, and perhaps of some before it: only the
 * last counts. */
typedef uint64_t json_lanes[JSON_LANES];

/*
 * What one block tells the next: mostly that what the next one's first byte is
 * follows something, 0 or 1.
 */
struct json_carry {
	json_lanes in_text;
	json_lanes blank, blanks; /* all bits of it */
	json_lanes scalar;        /* a number or a word goes on */
	json_lanes ended, after;  /* a value, and blanks behind it */
	json_lanes open, behind_open;
	json_lanes key_dues, key_due; /* what a key must follow */
	json_lanes key;               /* a key goes on */
	json_lanes key_ended, behind_key;
	json_lanes digit, minus, lead, fraction, fractions;
	/* One block at a time: */
	uint64_t escaped; /* by the backslash before */
	uint64_t word;    /* the bits of a word that goes on */
	uint64_t word_before;
	uint64_t exponent, sign, power;
	uint64_t odd;    /* one of those five */
	uint64_t follow; /* bytes of a character that goes on */
	uint64_t second; /* the byte before leads a character with bounds */
};

struct json_lines {
	const struct json_paths *paths;
	/* The lines, and how far they have been looked at. */
	const char *begin, *end, *done;
	bool open_end;    /* the last newline is missing, and still to come */
	const char *bad;  /* the first byte that is wrong, or NULL */
	const char *pair; /* where the second half of a \u pair stands */
	const char *key;  /* the last one's opening quote */
	bool careful;   /* with those marked: one has escapes, or is the last */
	unsigned depth; /* 0: between the lines */
	uint64_t
	    braces; /* a bit each, the innermost lowest; others: brackets */
	struct json_carry carry;
	/* Where a line ends, a key begins that may be wanted, or there is a
	 * bracket: the masks of n blocks from base on.  Used are those before
	 * the at-th, and the bits of that which are not left. */
	const char *base;
	uint64_t marked[JSON_MASK_BLOCKS + 1];
	size_t at, n;
	uint64_t left;
	const char *late;   /* such a key, before base, or NULL */
	struct buf scratch; /* a key with escapes, decoded */
	/* By level, of those that the paths look into: which of their nodes is
	 * the object, -1: none.  Level 0 is between the lines. */
	uint64_t any_first; /* all bits: any byte may begin a key */
	int inner;          /* the node of a brace that comes next */
	const char *inner_at;
	int level;
	int node[JSON_LINES_DEPTH + JSON_MASK_BYTES + 1];
};

/*
 * Begins with the lines from p up to end, which is behind a newline, or where
 * one is missing.  Nothing behind end is read.  Nothing is allocated, but for
 * keys with escapes; what that was json_lines_free() frees.
 */
void json_lines_begin(struct json_lines *, const struct json_paths *,
    const char *p, const char *end);
void json_lines_free(struct json_lines *);

/*
 * The next line: values[i] is where path i's value begins, NULL where it is
 * missing, as json_read() has it; values has room for json_paths_count().
 * Returns what is behind its newline (or end); NULL: it is not taken, or there
 * is none.
 */
const char *json_lines_next(struct json_lines *, const char **values);

#endif
