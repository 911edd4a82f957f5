/* sso_cache - the file in which `aws sso login` keeps its token.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_SSO_CACHE_H
#define AWS_SSO_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/config.h"
#include "lib/buf.h"
#include "lib/span.h"

/* All zero is empty.  What the file says; empty where it says nothing. */
struct sso_cache {
	char *path;
	struct buf access_token;
	struct buf refresh_token;
	struct buf client_id;
	struct buf client_secret;
	struct buf start_url;
	struct buf region;
	struct buf registration; /* when client_id expires, as written */
	int64_t expires_ms;
};

/*
 * ~/.aws/sso/cache/SHA1.json, of the session's name, or of the start URL for
 * profiles of the old form.  -1: there is none that can be used.
 */
int sso_cache_read(const struct config *, const char *key, struct sso_cache *);
void sso_cache_free(struct sso_cache *); /* wipes */

/* Is there all that a renewal needs, and is the client still registered? */
bool sso_cache_can_renew(const struct sso_cache *, int64_t now_ms);

/* Takes a new token; an empty refresh token leaves the old one. */
void sso_cache_renew(struct sso_cache *, struct span access_token,
    int64_t expires_ms, struct span refresh_token);

/* Writes it back, beside and renamed, for the owner only.  -1 with errno. */
int sso_cache_write(const struct sso_cache *);

#endif
