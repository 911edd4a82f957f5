/* profile - keys of the environment and of a profile of the shared files, and
 * the roles that these assume.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include <stdbool.h>

#include "aws/config.h"
#include "aws/identity.h"
#include "aws/provider.h"

bool environment_is_configured(const struct config *);
enum credentials_result environment_ask(struct provider *, struct identity *);

/* A web identity, by the environment; what it does not say the profile may. */
bool web_identity_is_configured(const struct config *);
enum credentials_result web_identity_ask(struct provider *, struct identity *);

/* Has it a role by another identity, not by a web identity? */
bool profile_has_role(const struct config *, const char *profile);

/* CREDENTIALS_NONE where the profile has nothing about credentials. */
enum credentials_result profile_ask(struct provider *, struct identity *);

#endif
