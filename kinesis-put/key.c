/* key - the partition key and the explicit hash key of a line.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/key.h"

#include <stdlib.h>

#include "kinesis-put/request.h"

static int
add_path(struct key_spec *k, const char *path, struct fault *f)
{
	struct cell *grown;
	int i;

	if (k->paths == NULL && (k->paths = json_paths_new()) == NULL)
		return fault_set(f, 0, "out of memory");
	i = json_paths_add_field(k->paths, span_of(path), f);
	if (i == -1)
		return -1;
	grown = realloc(k->value, json_paths_count(k->paths) * sizeof *grown);
	if (grown == NULL)
		return fault_set(f, 0, "out of memory");
	k->value = grown;
	return i;
}

int
key_add_field(struct key_spec *k, const char *path, struct fault *f)
{
	int i;

	if (k->nfields == KEY_FIELDS_MAX)
		return fault_set(f, 0, "more than 16 fields");
	i = add_path(k, path, f);
	if (i == -1)
		return -1;
	if (absent_add(&k->absent, path, i) == -1)
		return fault_set(f, 0, "out of memory");
	k->field[k->nfields] = i;
	k->name[k->nfields++] = path;
	return 0;
}

int
key_set_hash(struct key_spec *k, const char *path, struct fault *f)
{
	int i = add_path(k, path, f);

	if (i == -1)
		return -1;
	k->hash_field = i;
	k->hash_name = path;
	return 0;
}

void
key_free(struct key_spec *k)
{
	json_paths_del(k->paths);
	free(k->value);
	absent_free(&k->absent);
	*k = (struct key_spec){ 0 };
}

size_t
key_cut(struct span s, size_t units)
{
	size_t i = 0, used = 0;

	/* Each unit has at least one byte. */
	if (s.n <= units)
		return s.n;
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

		used += n == 4 ? 2 : 1;
		if (used > units || n > s.n - i)
			break;
		i += n;
	}
	return i;
}

bool
key_is_hash(struct span s)
{
	static const char most[] = "340282366920938463463374607431768211455";

	if (s.n == 0 || s.n > PUT_HASH_DIGITS_MAX || (s.p[0] == '0' && s.n > 1))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n < PUT_HASH_DIGITS_MAX || memcmp(s.p, most, s.n) <= 0;
}

/* Where in the line a value stands; a missing one stands at its start. */
static size_t
place(struct span line, const struct cell *v)
{
	return v->kind == CELL_MISSING || v->raw.p == NULL
	           ? 0
	           : (size_t)(v->raw.p - line.p);
}

/* The text that a value puts into the key, behind what scratch holds. */
static void
add_value(struct buf *scratch, const struct cell *v)
{
	if (v->kind == CELL_MISSING)
		buf_add_text(scratch, "null");
	else
		json_add_text(scratch, v);
}

/* NULL where the value can be part of a key, else what is wrong with it. */
static const char *
refuse(const struct cell *v)
{
	if (v->kind == CELL_ARRAY)
		return "an array cannot be a key";
	return v->kind == CELL_OBJECT ? "an object cannot be a key" : NULL;
}

static int
read_partition(struct key_spec *k, struct span line, struct buf *scratch,
    struct key *out, const char **field, struct fault *f)
{
	const struct cell *only = &k->value[k->field[0]];

	for (size_t i = 0; i < k->nfields; i++) {
		const struct cell *v = &k->value[k->field[i]];
		const char *what = refuse(v);

		*field = k->name[i];
		if (what != NULL)
			return fault_set(f, place(line, v), what);
	}
	*field = k->name[0];
	if (k->nfields == 1 && !only->escaped && only->kind != CELL_MISSING) {
		out->key = only->raw;
	} else {
		for (size_t i = 0; i < k->nfields; i++) {
			if (i > 0)
				buf_add_char(scratch, '|');
			add_value(scratch, &k->value[k->field[i]]);
		}
		out->key = buf_span(scratch);
	}
	if (out->key.n == 0)
		return fault_set(f, place(line, only), "an empty key");
	if (out->key.n > PUT_KEY_UNITS_MAX) {
		size_t n = key_cut(out->key, PUT_KEY_UNITS_MAX);

		out->cut = n < out->key.n;
		out->key.n = n;
	}
	return 0;
}

static int
read_hash(struct key_spec *k, struct span line, struct key *out,
    const char **field, struct fault *f)
{
	const struct cell *v = &k->value[k->hash_field];

	*field = k->hash_name;
	if (v->kind == CELL_MISSING)
		return fault_set(f, 0, "the field is missing");
	if ((v->kind != CELL_NUMBER && v->kind != CELL_TEXT) ||
	    !key_is_hash(v->raw))
		return fault_set(f, place(line, v),
		    "not a whole number from 0 to 2^128-1 without leading "
		    "zeros");
	out->hash = v->raw;
	return 0;
}

int
key_read(struct key_spec *k, struct span line, struct buf *scratch,
    struct key *out, const char **field, struct fault *f)
{
	*out = (struct key){ 0 };
	*field = NULL;
	buf_clear(scratch);
	if (k->paths == NULL)
		return 0;
	if (json_read(k->paths, line, k->value, f) == -1)
		return -1;
	absent_record(&k->absent, line, k->value);
	if (k->nfields > 0 &&
	    read_partition(k, line, scratch, out, field, f) == -1)
		return -1;
	if (k->hash_name != NULL && read_hash(k, line, out, field, f) == -1)
		return -1;
	*field = NULL;
	return scratch->failed ? fault_set(f, 0, "out of memory") : 0;
}
