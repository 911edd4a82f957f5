/* sts - temporary credentials for a role, from the Security Token Service.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_STS_H
#define AWS_STS_H

#include "aws/identity.h"
#include "lib/buf.h"
#include "lib/span.h"

/*
 * Pure: bodies and replies.  Source: STS API Reference, version 2011-06-15.
 * The parameters of AssumeRole and AssumeRoleWithWebIdentity; NULL or 0 for
 * those that are not said.
 */
struct sts_ask {
	const char *role_arn;
	const char *session_name; /* [\w+=,.@-]{2,64} */
	const char *external_id;
	int duration_s;             /* 900..43200, 0: the service's default */
	struct span identity_token; /* set: AssumeRoleWithWebIdentity */
};

/* The form that is POSTed.  Holds the token: wipe it. */
void sts_write(const struct sts_ask *, struct buf *form);

/*
 * Reads the XML reply of a 200.  -1: it is no such reply; nothing of it is to
 * be shown.
 */
int sts_read(struct span body, struct identity *);

#endif
