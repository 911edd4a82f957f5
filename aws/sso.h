/* sso - keys by the token that `aws sso login` left behind.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_SSO_H
#define AWS_SSO_H

#include "aws/identity.h"
#include "aws/provider.h"

/* The profile's, which says where to sign in; renews the token where it can. */
enum credentials_result
sso_ask(struct provider *, const char *profile, struct identity *);

#endif
