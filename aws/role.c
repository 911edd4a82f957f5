/* role - a role's temporary credentials, by another identity or by
 * a web identity token.
 * SPDX-License-Identifier: ISC */
#include "aws/role.h"

#include <inttypes.h>
#include <stdio.h>

#include "aws/call.h"
#include "aws/endpoint.h"
#include "aws/sts.h"
#include "aws/text.h"
#include "lib/diag.h"

#define FORM "application/x-www-form-urlencoded; charset=utf-8"

enum { STS_TIMEOUT_MS = 10 * 1000 };

/* Where a role is taken on if no region is known: its partition's first. */
static struct span
region_of_role(const char *role_arn)
{
	if (strncmp(role_arn, "arn:aws-cn:", 11) == 0)
		return span_of("cn-north-1");
	if (strncmp(role_arn, "arn:aws-us-gov:", 15) == 0)
		return span_of("us-gov-west-1");
	return span_of("us-east-1");
}

/* Signed by the source, or unsigned with a web identity. */
static enum credentials_result
exchange(struct provider *p, const struct endpoint *e, struct span form,
    const struct identity *source, const char *who, struct identity *id)
{
	struct transport_response response = { 0 };
	const struct call call = { .endpoint = e,
		.service = "sts",
		.content_type = FORM,
		.body = form,
		.timeout_ms = STS_TIMEOUT_MS };
	struct provider_ask ask = { .who = who,
		.call = &call,
		.source = source,
		.attempts = p->config->max_attempts };
	enum credentials_result result = provider_http(p, &ask, &response);

	if (result == CREDENTIALS_OK &&
	    sts_read(buf_span(&response.body), id) == -1)
		result = provider_fail(p, CREDENTIALS_FAILED,
		    "%s: its answer holds no credentials", who);
	transport_response_free(&response);
	return result;
}

enum credentials_result
role_assume(struct provider *p, const struct role *role,
    const struct identity *source, struct identity *id)
{
	char made_up[48], quoted[DIAG_QUOTE_MAX];
	struct endpoint_ask at = { .service = "sts" };
	struct endpoint e = { 0 };
	struct buf form = { 0 }, token = { 0 }, who = { 0 };
	struct sts_ask ask = { .role_arn = role->arn,
		.session_name = role->session_name,
		.external_id = role->external_id,
		.duration_s = role->duration_s };
	enum credentials_result result = CREDENTIALS_FAILED;

	snprintf(made_up, sizeof made_up, "windowpipe-%" PRId64,
	    provider_now_ms(p) / 1000);
	if (ask.session_name == NULL)
		ask.session_name = made_up;
	/* Read anew each time: the file is rotated under us. */
	if (role->token_file != NULL &&
	    provider_read_file(p, role->token_file, &token) == -1)
		goto out;
	ask.identity_token = buf_span(&token);
	if (role->token_file != NULL && token.n == 0) {
		provider_fail(p, result, "the token file %s is empty",
		    diag_quote(quoted, span_of(role->token_file)));
		goto out;
	}
	result = CREDENTIALS_CONFIG;
	at.region = p->config->region != NULL ? span_of(p->config->region)
	                                      : region_of_role(role->arn);
	if (config_endpoint(p->config, "sts", at, &e, NULL, p->why) == -1)
		goto out;
	sts_write(&ask, &form);
	buf_addf(&who, "no credentials for role %s from %s",
	    diag_quote(quoted, span_of(role->arn)), e.host);
	result = form.failed || buf_text(&who) == NULL
	             ? provider_fail(p, CREDENTIALS_FAILED, "out of memory")
	             : exchange(p, &e, buf_span(&form), source, who.p, id);
out:
	endpoint_free(&e);
	text_wipe(&form);
	text_wipe(&token);
	buf_free(&who);
	return result;
}

#define TOKEN_FILE "AWS_WEB_IDENTITY_TOKEN_FILE"

bool
web_identity_is_configured(const struct config *c)
{
	return config_setting(c, TOKEN_FILE, "web_identity_token_file", NULL) !=
	       NULL;
}

enum credentials_result
web_identity_ask(struct provider *p, struct identity *id)
{
	const struct config *c = p->config;
	char quoted[DIAG_QUOTE_MAX], profile[DIAG_QUOTE_MAX];
	const char *by;
	struct role role = {
		.token_file = config_setting(
		    c, TOKEN_FILE, "web_identity_token_file", &by),
		.arn = config_setting(c, "AWS_ROLE_ARN", "role_arn", NULL),
		.session_name = config_setting(
		    c, "AWS_ROLE_SESSION_NAME", "role_session_name", NULL),
	};

	if (role.arn == NULL)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "%s is set, but neither AWS_ROLE_ARN nor the profile's "
		    "role_arn; set one of them",
		    by);
	diag_quote(quoted, span_of(role.arn));
	if (config_env(c, TOKEN_FILE) != NULL)
		provider_name(p, "web identity (role %s)", quoted);
	else
		provider_name(p, "profile %s (web identity, role %s)",
		    diag_quote(profile, span_of(c->profile)), quoted);
	return role_assume(p, &role, NULL, id);
}
