/* sigv4 - AWS Signature Version 4 of a request, in its header form.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "aws/identity.h"
#include "lib/buf.h"
#include "lib/span.h"

/*
 * Pure: no clock, no environment.  Source: "Create a signed AWS API request",
 * AWS General Reference, read 2026-11; checked by tests/vectors/sigv4, on
 * which botocore and aws4 agree.
 */

enum {
	SIGV4_HEX = 64,         /* hex digits of a SHA-256 */
	SIGV4_DATE = 16,        /* 20261123T133000Z */
	SIGV4_HEADERS_MAX = 16, /* that a request may ask to sign */
};

/*
 * A header to be signed.  name in any case, value as it is sent: blanks
 * around it and runs of blanks inside are squeezed by the signer only.
 */
struct sigv4_header {
	const char *name;
	struct span value;
};

/*
 * What is signed.  headers: those the caller sends and wants signed: host
 * (byte for byte what goes out, the port where it is not the default one),
 * content-type, x-amz-target; each name once.  x-amz-date and, where the
 * identity has a token, x-amz-security-token are added here: the caller must
 * send them too, see struct sigv4.
 * path: as it goes out (percent-encoded once); it is normalised (dot
 * segments, double slashes) and encoded once more, as every service but S3
 * wants it.  Empty is "/".  There is no query.
 */
struct sigv4_request {
	const char *method;
	struct span path;
	const struct sigv4_header *headers;
	size_t nheaders;
	struct span body;
};

/* Whom and where for.  Borrowed. */
struct sigv4_scope {
	const struct identity *identity;
	const char *region;
	const char *service; /* the signing name: "kinesis", "sts" */
};

/*
 * The signing key last made: it depends on secret, day, region and service
 * alone.  All zero is empty.  One for each service that is called.
 */
struct sigv4_key {
	unsigned char of[32]; /* SHA-256 of what it was made from */
	unsigned char key[32];
	bool made;
};

/* Wipes. */
void sigv4_key_free(struct sigv4_key *);

/*
 * What came out.  All zero is empty; each sign starts anew.
 * date is the value of X-Amz-Date, authorization that of Authorization; the
 * value of X-Amz-Security-Token is the identity's token.
 */
struct sigv4 {
	char date[SIGV4_DATE + 1];
	char signature[SIGV4_HEX + 1];
	struct buf canonical; /* the canonical request */
	struct buf to_sign;   /* the string to sign */
	struct buf authorization;
};

void sigv4_free(struct sigv4 *); /* wipes: the canonical request has the token
                                  */

/*
 * Signs for the moment now_ms (the service's clock, ms since 1970, years 1970
 * to 9999).  Date and scope come from that one moment.
 * Returns 0, or -1: memory, more than SIGV4_HEADERS_MAX headers, or the
 * crypto library failed.
 */
int sigv4_sign(const struct sigv4_request *, const struct sigv4_scope *,
    int64_t now_ms, struct sigv4_key *, struct sigv4 *);

#endif
