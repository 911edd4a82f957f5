/* base64 - bytes as text of 64 characters (RFC 4648), and back.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include <sys/types.h>

#include "lib/buf.h"
#include "lib/span.h"

/* Adds the text, with its padding; never a line end. */
void base64_encode(struct buf *, struct span bytes);

/*
 * Writes the bytes of a text to out, which has room for 3/4 of its length and
 * may be where the text begins: it is then decoded in place.  Returns how many
 * there are, or -1: another character, or a length or padding that is none.
 * out holds anything then.
 */
ssize_t base64_decode(struct span text, char *out);

#endif
