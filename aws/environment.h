/* environment - keys that stand in the environment.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_ENVIRONMENT_H
#define AWS_ENVIRONMENT_H

#include <stdbool.h>

#include "aws/config.h"
#include "aws/identity.h"
#include "aws/provider.h"

bool environment_is_configured(const struct config *);
enum credentials_result environment_ask(struct provider *, struct identity *);

#endif
