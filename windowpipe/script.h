/* script - a job's text, its placeholders filled, and all that is said of it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_SCRIPT_H
#define WINDOWPIPE_SCRIPT_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "sql/errors.h"
#include "windowpipe/properties.h"

enum { SCRIPT_MAX = 16 << 20 }; /* bytes of a job: ten thousands of lines */

/*
 * All zero is empty.  Places are offsets in text; what is told names the place
 * in the file, whose placeholders are still there.
 */
struct script {
	const char *path;
	bool elsewhere;  /* another machine runs it: no file is looked at */
	bool marks;      /* its sources write the marks of checkpoints */
	struct buf file; /* as it stands */
	struct buf full; /* the same, filled */
	struct span text;
	struct piece {
		size_t at, length;           /* in text */
		size_t file_at, file_length; /* of its placeholder */
	} * piece;
	size_t npieces, piece_cap;
	struct properties properties;
	struct arena arena; /* of all that is made of the text */
	struct sql_errors errors;
	struct script_note {
		size_t at;
		const char *text;
		bool of_flink; /* what Flink does of its own accord */
		struct script_note *next;
	} * notes;
};

/*
 * Reads the file, or the statements of a PyFlink program, and fills its
 * placeholders, ${Group.key} and
 * ${Group.key:-default}; properties: --properties, or NULL.  Returns 0, or -1
 * after an error has been printed; what is wrong with placeholders is among the
 * errors.
 */
int script_load(struct script *, const char *path, const char *properties);
void script_free(struct script *);

/* A note, not an error: what Flink would do with a part that we pass over. */
void script_note(struct script *, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of what Flink does otherwise; nothing unless it is to run there. */
void script_note_flink(struct script *, size_t at, const char *text);

/* Where in the file a place of the text is. */
size_t script_place_in_file(const struct script *, size_t at);

/* Print all errors, all notes: FILE:LINE:COLUMN, the message; errors with their
 * line and a caret. */
void script_tell_errors(const struct script *);
void script_tell_notes(const struct script *);

/* A text in the arena; "" where there is no memory (errors.out_of_memory). */
const char *script_print(struct script *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *script_copy(struct script *, struct span);

/* Zeroed memory in the arena, or NULL (errors.out_of_memory). */
void *script_make(struct script *, size_t size);

/* A name as it stands in messages; valid until the eighth call from here. */
const char *script_quote(struct span name);

#endif
