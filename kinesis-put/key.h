/* key - the partition key and the explicit hash key of a line.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_KEY_H
#define KINESIS_PUT_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/absent.h"
#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/json.h"
#include "lib/span.h"

enum { KEY_FIELDS_MAX = 16 };

/*
 * Which fields make the keys.  All zero: none, lines are opaque bytes.  The
 * values of several fields are joined by '|', as Flink does.
 */
struct key_spec {
	struct json_paths *paths; /* owned; NULL where no field is named */
	int field[KEY_FIELDS_MAX];
	const char *name[KEY_FIELDS_MAX]; /* as the user wrote it; borrowed */
	size_t nfields;
	int hash_field;        /* with hash_name */
	const char *hash_name; /* NULL: none */
	struct cell *value;    /* by path; owned */
	struct absent absent;  /* of the partition key's fields */
};

/* Adds a field to the partition key, or makes one the hash key. */
int key_add_field(struct key_spec *, const char *path, struct fault *);
int key_set_hash(struct key_spec *, const char *path, struct fault *);
void key_free(struct key_spec *);

/*
 * What was found.  key is in the scratch buf or in the line, empty where no
 * field makes it; hash likewise, where no hash field is named.  cut: the key
 * was longer than PUT_KEY_UNITS_MAX and is cut on a whole character.
 */
struct key {
	struct span key;
	struct span hash;
	bool cut;
};

/*
 * Reads the keys of a line.  Text is decoded, numbers stand as written, true,
 * false and null are those words, a missing field is null.  scratch is
 * cleared.  -1: fault says why, its place is in the line, and *field is the
 * name of the field at fault, NULL where the line is no JSON object.
 */
int key_read(struct key_spec *, struct span line, struct buf *scratch,
    struct key *, const char **field, struct fault *);

/* How far a UTF-8 text goes that has at most units UTF-16 units. */
size_t key_cut(struct span, size_t units);

/* A hash key is a decimal number of 0..2^128-1 without leading zeros. */
bool key_is_hash(struct span);

#endif
