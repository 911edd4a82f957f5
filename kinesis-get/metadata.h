/* metadata - what the stream knows of a record, as members of its rows.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_METADATA_H
#define KINESIS_GET_METADATA_H

#include <stddef.h>

#include "aws/answer.h"
#include "lib/buf.h"
#include "lib/span.h"

enum { METADATA_MAX = 16 }; /* members that are added */

/* All zero adds nothing. */
struct metadata {
	struct metadata_member {
		int key;          /* index in a table of this module */
		const char *name; /* of the member; borrowed */
	} member[METADATA_MAX];
	size_t n;
};

/*
 * KEY or KEY:MEMBER, which lives as long as it does.  NULL, or what is wrong
 * with it; *remedy is then what would do.
 */
const char *
metadata_take(struct metadata *, const char *text, const char **remedy);

/* Adds the members of a record, without braces: "arrival":"…","s":"…". */
void metadata_write(const struct metadata *, struct buf *, const char *shard,
    const struct answer_record *, struct span key);

/*
 * Adds the line and, where it looks like a JSON object, the members behind its
 * own: so they are what counts where it has them already.  What is no object is
 * none afterwards, nor is it made one.
 */
void metadata_add_line(struct buf *, struct span line, struct span members);

#endif
