/* environment - keys that stand in the environment.
 * SPDX-License-Identifier: ISC */
#include "aws/environment.h"

#include "lib/diag.h"
#include "lib/timestamp.h"

#define KEY_ID "AWS_ACCESS_KEY_ID"
#define SECRET "AWS_SECRET_ACCESS_KEY"

static struct span
maybe(const char *text)
{
	return text == NULL ? (struct span){ 0 } : span_of(text);
}

bool
environment_is_configured(const struct config *c)
{
	return config_env(c, KEY_ID) != NULL || config_env(c, SECRET) != NULL;
}

static int
read_expiry(struct provider *p, int64_t *ms)
{
	const char *text = config_env(p->config, "AWS_CREDENTIAL_EXPIRATION");
	char quoted[DIAG_QUOTE_MAX];
	bool zoned;

	*ms = IDENTITY_NEVER;
	if (text == NULL)
		return 0;
	if (timestamp_parse(span_of(text), ms, &zoned, NULL) == 0)
		return 0;
	provider_fail(p, CREDENTIALS_CONFIG,
	    "AWS_CREDENTIAL_EXPIRATION is %s: it must be a time like "
	    "2026-11-23T13:30:00Z",
	    diag_quote(quoted, span_of(text)));
	return -1;
}

enum credentials_result
environment_ask(struct provider *p, struct identity *id)
{
	const char *key_id = config_env(p->config, KEY_ID);
	const char *secret = config_env(p->config, SECRET);
	const char *token = config_env(p->config, "AWS_SECURITY_TOKEN");
	int64_t expires_ms;

	provider_name(p, "environment");
	if (token == NULL)
		token = config_env(p->config, "AWS_SESSION_TOKEN");
	if (key_id == NULL || secret == NULL)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "%s is set, but not %s; set both or none",
		    key_id == NULL ? SECRET : KEY_ID,
		    key_id == NULL ? KEY_ID : SECRET);
	if (read_expiry(p, &expires_ms) == -1)
		return CREDENTIALS_CONFIG;
	if (identity_set(id, span_of(key_id), span_of(secret), maybe(token),
		expires_ms) == -1)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "the environment's AWS keys contain a blank or a control "
		    "byte; copy them again");
	return CREDENTIALS_OK;
}
