/* metadata - keys from the machine: the container's agent, or the
 * instance metadata service (IMDSv2, or v1 where v2 does not get through).
 * SPDX-License-Identifier: ISC */
#ifndef AWS_METADATA_H
#define AWS_METADATA_H

#include <stdbool.h>

#include "aws/config.h"
#include "aws/identity.h"
#include "aws/provider.h"

bool container_is_configured(const struct config *);
enum credentials_result container_ask(struct provider *, struct identity *);

bool imds_is_configured(const struct config *); /* not disabled */

/* CREDENTIALS_NONE where nobody answers or the machine has no role. */
enum credentials_result imds_ask(struct provider *, struct identity *);

#endif
