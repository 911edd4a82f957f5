/* process - keys that a command prints.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_PROCESS_H
#define AWS_PROCESS_H

#include "aws/identity.h"
#include "aws/provider.h"

/* Runs the credential_process of the profile. */
enum credentials_result process_ask(struct provider *, const char *profile,
    const char *command, struct identity *);

#endif
