/* gunzip - data that a producer has compressed.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_GUNZIP_H
#define KINESIS_GET_GUNZIP_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/* More than that a record does not hold, whatever it claims. */
enum { GUNZIP_MAX_BYTES = 64 * 1024 * 1024 };

/* Does it begin as gzip does (RFC 1952)? */
bool gunzip_is(struct span);

/* Its bytes in place of what out held; several members are one after the
 * other.  0, or -1 with a fault. */
int gunzip(struct span, struct buf *out, struct fault *);

#endif
