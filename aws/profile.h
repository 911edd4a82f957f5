/* profile - what a profile of the shared files says about keys.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include <stdbool.h>

#include "aws/config.h"
#include "aws/identity.h"
#include "aws/provider.h"

/* A role by another identity, not by a web identity? */
bool profile_has_role(const struct config *, const char *profile);

/* CREDENTIALS_NONE where the profile has nothing about credentials. */
enum credentials_result profile_ask(struct provider *, struct identity *);

#endif
