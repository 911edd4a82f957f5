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

/*
 * The first four are set by who makes it; all are borrowed and must outlive it:
 * config (which is re-read on refresh), transport, skew (which STS calls may
 * correct), and stop, which is polled during calls: readable ends them early.
 * number grows with every new identity, so that older signatures are known.
 * name is the provider that won, for people: "environment", "profile 'x'
 * (static keys)", "container", "IMDS"; NULL before it was asked.
 */
struct credentials {
	struct config *config;
	struct transport *transport;
	struct skew *skew;
	const struct pollfd *stop; /* or NULL */
	enum credentials_result (*provider)(
	    struct provider *, struct identity *); /* that won, or NULL */
	char *name;                                /* owned */
	struct identity identity;                  /* owned */
	unsigned number;
	int64_t due_ms; /* next refresh, service's clock; INT64_MAX: never */
	unsigned clock; /* number of the skew by which due_ms was reckoned */
	bool unproven;  /* handed over just now, and expired by that clock */
	enum { WELL, MAKING_DO, IN_VAIN } trouble; /* as far as it was said */
};

void credentials_free(struct credentials *);

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
 * The service refused the identity of that number as expired or
 * unknown: reads files and provider again, once.  OK only where something new
 * came (number has grown then); REFUSED where it is the same.
 */
enum credentials_result
credentials_expired(struct credentials *, int64_t now_ms, struct buf *why);

#endif
