/* members - what an object of JSON holds, member by member.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_MEMBERS_H
#define AWS_MEMBERS_H

#include <stdint.h>

#include "lib/json.h"

/*
 * At the value of a member, or at an element; leaves the scan behind it.  All
 * functions here return 0, or -1 with the scan's fault.
 */
typedef int member_fn(void *ctx, struct json_scan *, struct span key);
typedef int element_fn(void *ctx, struct json_scan *);

/* A text that is one object: each member in turn. */
int members_whole(struct span text, member_fn *, void *ctx, struct fault *);

/* The same for an object, and for an array, within a text. */
int members_object(struct json_scan *, member_fn *, void *ctx);
int members_array(struct json_scan *, element_fn *, void *ctx);

/* A text as JSON has it; empty for null. */
int members_text(struct json_scan *, struct span *);

/* The same without any backslash, of 1 to max bytes; and of digits alone. */
int members_name(struct json_scan *, size_t max, struct span *);
int members_digits(struct json_scan *, struct span *);

/*
 * A number times 10^scale, rounded; null is 0.  1732863600.123, scale 3, is
 * 1732863600123, and so is 1.732863600123E9.
 */
int members_number(struct json_scan *, int scale, int64_t *);

/* Anything. */
int members_skip(struct json_scan *);

enum { SEQUENCE_MAX = 129 }; /* digits of a sequence number, says the model */

#endif
