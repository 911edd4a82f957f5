/* xml - one element's text out of a small XML reply.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_XML_H
#define AWS_XML_H

#include "lib/buf.h"
#include "lib/span.h"

enum { XML_DEPTH_MAX = 32 };

/*
 * Appends the text of the first element whose path of local names is the given
 * one, "ErrorResponse/Error/Code"; a part "*" is any name.  Reads the whole
 * document, by expat, and wants it well-formed.  A document type, which no such
 * reply has, is refused.
 * 1: found; 0: well-formed, but no such element; -1: not well-formed, or the
 * element holds other elements, or out of memory.
 */
int xml_find(struct span document, const char *path, struct buf *text);

#endif
