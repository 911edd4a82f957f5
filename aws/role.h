/* role - a role's temporary credentials, by another identity or by a
 * web identity token.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_ROLE_H
#define AWS_ROLE_H

#include <stdbool.h>

#include "aws/config.h"
#include "aws/identity.h"
#include "aws/provider.h"

/* A role of a profile, taken on with the source's identity. */
struct role {
	const char *profile;
	const char *arn;
	const char *session_name; /* NULL: made up */
	const char *external_id;  /* or NULL */
	const char *token_file;   /* web identity: instead of a source */
	int duration_s;           /* 0: the default */
};
enum credentials_result role_assume(struct provider *, const struct role *,
    const struct identity *source, struct identity *);

/* By the environment; what it does not say the profile may. */
bool web_identity_is_configured(const struct config *);
enum credentials_result web_identity_ask(struct provider *, struct identity *);

#endif
