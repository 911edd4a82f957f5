/* credentials - the chain of providers: the first that is configured wins, and
 * is asked again before what it gave expires.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/config.h"
#include "aws/identity.h"
#include "aws/provider.h"
#include "aws/skew.h"
#include "aws/transport.h"
#include "lib/buf.h"

/*
 * Order, which is botocore's: environment keys; a profile that assumes a role;
 * web identity of the environment; any other profile (web identity, SSO, keys
 * of the credentials file, login_session, credential_process, keys of the
 * config file); container; IMDS.  With --profile the environment is left out. A
 * provider that is configured and fails is an error, never a reason to try the
 * next: nobody shall write with the machine's role by accident.
 */

/* Times before expiry; source: botocore credentials.py, read 2026-11. */
enum {
	CREDENTIALS_ADVISORY_MS = 15 * 60 * 1000, /* refresh, failure is fine */
	CREDENTIALS_AGAIN_MS = 60 * 1000,         /* between failed refreshes */
};

struct credentials; /* opaque */

/*
 * config (which is re-read on refresh), transport and skew (which STS calls
 * may correct) are borrowed and must outlive it.  stop, which may be NULL, is
 * polled during calls: readable ends them early.  NULL: out of memory.
 */
struct credentials *credentials_new(struct config *, struct transport *,
    struct skew *, const struct pollfd *stop);
void credentials_del(struct credentials *);

/*
 * Who to sign as at now_ms (the service's clock).  Asks the provider where
 * nothing is there yet or expiry is near, which may take seconds (requests in
 * flight make progress meanwhile); else costs nothing.  *identity is borrowed
 * and good until the next call of credentials_get() or credentials_expired().
 * Other results than CREDENTIALS_OK: *why says what failed and what to do;
 * no secret is in it.  Where a refresh fails and what we hold is still good
 * the result is OK and *why tells the failure: print it as a warning.
 */
enum credentials_result credentials_get(struct credentials *, int64_t now_ms,
    const struct identity **identity, struct buf *why);

/*
 * The service refused the identity numbered credentials_number() as expired or
 * unknown: reads files and provider again, once.  OK only where something new
 * came (credentials_number() has grown then); REFUSED where it is the same.
 */
enum credentials_result
credentials_expired(struct credentials *, int64_t now_ms, struct buf *why);

/* Grows with every new identity, so that older signatures are known. */
unsigned credentials_number(const struct credentials *);

/*
 * Which provider won, for people: "environment", "profile 'x' (static keys)",
 * "profile 'x' (role arn:... by source_profile 'y')", "container", "IMDS";
 * NULL before the first credentials_get().
 */
const char *credentials_provider(const struct credentials *);

#endif
