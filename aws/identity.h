/* identity - who we are to AWS: one consistent set of key, secret and token.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_IDENTITY_H
#define AWS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"

/* expires_ms of credentials that stay good until somebody changes them. */
#define IDENTITY_NEVER INT64_MAX

/*
 * All zero is empty.  The texts are owned, and wiped when freed or replaced;
 * nothing but sigv4 and the wire of STS reads secret and token, and nothing
 * prints them.  A signature is made from one identity: never the key of one
 * and the token of another.
 */
struct identity {
	char *access_key_id;
	char *secret;
	char *token;        /* NULL where the credentials have none */
	int64_t expires_ms; /* wall clock of the service, or IDENTITY_NEVER */
};

/* Wipes, frees; the identity is empty then. */
void identity_free(struct identity *);

/*
 * Replaces what was there by copies.  An empty token is none.
 * Returns 0; -1: out of memory, or a text holds a byte that no header can
 * carry (control bytes, NUL); the identity is empty then.
 */
int identity_set(struct identity *, struct span access_key_id,
    struct span secret, struct span token, int64_t expires_ms);

/* The same credentials (expiry apart)? */
bool identity_same(const struct identity *, const struct identity *);

#endif
