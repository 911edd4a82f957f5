/* profile - keys of the environment and of a profile of the shared files, and
 * the roles that these assume.
 * SPDX-License-Identifier: ISC */
#include "aws/profile.h"

#include <inttypes.h>
#include <stdio.h>

#include "aws/ini.h"
#include "aws/metadata.h"
#include "aws/process.h"
#include "aws/sso.h"
#include "aws/sts.h"
#include "aws/text.h"
#include "lib/diag.h"
#include "lib/timestamp.h"
#include "lib/units.h"

/* --- the environment --- */

#define KEY_ID "AWS_ACCESS_KEY_ID"
#define SECRET "AWS_SECRET_ACCESS_KEY"

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
	if (identity_set(id, span_of(key_id), span_of(secret),
		span_maybe(token), expires_ms) == -1)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "the environment's AWS keys contain a blank or a control "
		    "byte; copy them again");
	return CREDENTIALS_OK;
}

/* --- roles, by STS --- */

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

/* A role of a profile, taken on with the source's identity. */
struct role {
	const char *arn;
	const char *session_name; /* NULL: made up */
	const char *external_id;  /* or NULL */
	const char *token_file;   /* web identity: instead of a source */
	int duration_s;           /* 0: the default */
};

static enum credentials_result
assume_role(struct provider *p, const struct role *role,
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

/* --- web identity --- */

#define TOKEN_FILE "AWS_WEB_IDENTITY_TOKEN_FILE"

bool
web_identity_is_configured(const struct config *c)
{
	return config_setting(c, TOKEN_FILE, "web_identity_token_file", NULL) !=
	       NULL;
}

/* By a profile alone, or (NULL) by the environment and the chosen profile. */
static enum credentials_result
ask_web_identity(struct provider *p, const char *profile, struct identity *id)
{
	const struct config *c = p->config;
	char quoted[DIAG_QUOTE_MAX], arn[DIAG_QUOTE_MAX];
	const char *setting[][2] = { { TOKEN_FILE, "web_identity_token_file" },
		{ "AWS_ROLE_ARN", "role_arn" },
		{ "AWS_ROLE_SESSION_NAME", "role_session_name" } };
	const char *value[3], *by[3] = { NULL };

	for (int i = 0; i < 3; i++)
		value[i] = profile != NULL
		               ? config_get(c, profile, setting[i][1])
		               : config_setting(
				     c, setting[i][0], setting[i][1], &by[i]);
	diag_quote(quoted, span_of(profile != NULL ? profile : c->profile));
	if (value[1] == NULL && profile != NULL)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "profile %s has a web_identity_token_file, but no "
		    "role_arn; write both",
		    quoted);
	if (value[1] == NULL)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "%s is set, but neither AWS_ROLE_ARN nor the profile's "
		    "role_arn; set one of them",
		    by[0]);
	diag_quote(arn, span_of(value[1]));
	if (profile == NULL && config_env(c, TOKEN_FILE) != NULL)
		provider_name(p, "web identity (role %s)", arn);
	else
		provider_name(
		    p, "profile %s (web identity, role %s)", quoted, arn);
	return assume_role(p,
	    &(struct role){ .arn = value[1],
		.session_name = value[2],
		.token_file = value[0] },
	    NULL, id);
}

enum credentials_result
web_identity_ask(struct provider *p, struct identity *id)
{
	return ask_web_identity(p, NULL, id);
}

/* The profiles on the way to this one, for loops. */
struct visit {
	const char *profile;
	const struct visit *from;
};

enum { DURATION_MIN_S = 900, DURATION_MAX_S = 43200 };

static enum credentials_result
ask_role(struct provider *, const struct visit *, struct identity *);
static enum credentials_result
ask_without_role(struct provider *, const char *profile, struct identity *);

static const char *
get(const struct provider *p, const char *profile, const char *key)
{
	return config_get(p->config, profile, key);
}

static const struct ini_section *
credentials_section(const struct provider *p, const char *profile)
{
	return ini_section(&p->config->credentials_file, "profile", profile);
}

static const struct ini_section *
config_section(const struct provider *p, const char *profile)
{
	return ini_section(&p->config->config_file, "profile", profile);
}

static bool
has_keys(const struct ini_section *s)
{
	return ini_value(s, "aws_access_key_id") != NULL ||
	       ini_value(s, "aws_secret_access_key") != NULL;
}

static enum credentials_result
static_keys(struct provider *p, const char *profile,
    const struct ini_section *s, struct identity *id)
{
	const char *key_id = ini_value(s, "aws_access_key_id");
	const char *secret = ini_value(s, "aws_secret_access_key");
	const char *token = ini_value(s, "aws_security_token");
	char quoted[DIAG_QUOTE_MAX];

	diag_quote(quoted, span_of(profile));
	provider_name(p, "profile %s (static keys)", quoted);
	if (token == NULL)
		token = ini_value(s, "aws_session_token");
	if (key_id == NULL || secret == NULL)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "profile %s has only one of aws_access_key_id and "
		    "aws_secret_access_key; write both",
		    quoted);
	if (identity_set(id, span_of(key_id), span_of(secret),
		span_maybe(token), IDENTITY_NEVER) == -1)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "the keys of profile %s contain a blank or a control byte; "
		    "copy them again",
		    quoted);
	return CREDENTIALS_OK;
}

/* --- roles by another identity --- */

static enum credentials_result
by_credential_source(struct provider *p, const char *profile,
    const char *source, struct identity *id)
{
	static const struct {
		const char *name;
		bool (*is_configured)(const struct config *);
		enum credentials_result (*ask)(
		    struct provider *, struct identity *);
	} known[] = {
		{ "Environment", environment_is_configured, environment_ask },
		{ "EcsContainer", container_is_configured, container_ask },
		{ "Ec2InstanceMetadata", imds_is_configured, imds_ask },
	};
	char quoted[DIAG_QUOTE_MAX], said[DIAG_QUOTE_MAX];

	diag_quote(quoted, span_of(profile));
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(source, known[i].name) != 0)
			continue;
		if (known[i].is_configured(p->config))
			return known[i].ask(p, id);
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "profile %s uses credential_source %s, which has no "
		    "credentials here",
		    quoted, source);
	}
	return provider_fail(p, CREDENTIALS_CONFIG,
	    "profile %s has credential_source %s; known are Environment, "
	    "EcsContainer and Ec2InstanceMetadata",
	    quoted, diag_quote(said, span_of(source)));
}

/* What a source has of its own goes before its role if there are static keys
 * among it, and may be this profile's. */
static enum credentials_result
by_source_profile(struct provider *p, const struct visit *v, const char *source,
    struct identity *id)
{
	struct visit next = { source, v };
	char quoted[DIAG_QUOTE_MAX], named[DIAG_QUOTE_MAX];
	enum credentials_result result;
	bool own;

	diag_quote(quoted, span_of(v->profile));
	diag_quote(named, span_of(source));
	if (!config_has_profile(p->config, source))
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "profile %s has source_profile %s, which does not exist",
		    quoted, named);
	own = !profile_has_role(p->config, source) ||
	      has_keys(credentials_section(p, source)) ||
	      has_keys(config_section(p, source));
	for (const struct visit *w = v; w != NULL && !own; w = w->from)
		if (strcmp(w->profile, source) == 0)
			return provider_fail(p, CREDENTIALS_CONFIG,
			    "source_profile of %s leads back to %s and never "
			    "to keys",
			    quoted, named);
	result = own ? ask_without_role(p, source, id) : ask_role(p, &next, id);
	if (result == CREDENTIALS_NONE)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "profile %s has source_profile %s, which has no "
		    "credentials",
		    quoted, named);
	return result;
}

static int
read_duration(struct provider *p, const char *profile, int *seconds)
{
	const char *text = get(p, profile, "duration_seconds");
	char quoted[DIAG_QUOTE_MAX], said[DIAG_QUOTE_MAX];
	int64_t value = 0;

	*seconds = 0;
	if (text == NULL)
		return 0;
	if (units_integer(span_of(text), &value, NULL) == 0 &&
	    value >= DURATION_MIN_S && value <= DURATION_MAX_S) {
		*seconds = (int)value;
		return 0;
	}
	provider_fail(p, CREDENTIALS_CONFIG,
	    "profile %s has duration_seconds %s; it must be %d to %d",
	    diag_quote(quoted, span_of(profile)),
	    diag_quote(said, span_of(text)), DURATION_MIN_S, DURATION_MAX_S);
	return -1;
}

static enum credentials_result
by_source(struct provider *p, const struct visit *v, const struct role *role,
    struct identity *id)
{
	const char *profile = get(p, v->profile, "source_profile");
	const char *other = get(p, v->profile, "credential_source");
	char quoted[DIAG_QUOTE_MAX], arn[DIAG_QUOTE_MAX], by[DIAG_QUOTE_MAX];
	struct identity source = { 0 };
	enum credentials_result result;

	diag_quote(quoted, span_of(v->profile));
	if ((profile == NULL) == (other == NULL))
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "profile %s has a role_arn and %s source_profile %s "
		    "credential_source; write one of the two",
		    quoted, profile == NULL ? "neither" : "both",
		    profile == NULL ? "nor" : "and");
	result = profile != NULL
	             ? by_source_profile(p, v, profile, &source)
	             : by_credential_source(p, v->profile, other, &source);
	if (result == CREDENTIALS_OK)
		result = assume_role(p, role, &source, id);
	identity_free(&source);
	/* Nothing below a role that was asked for may be passed over. */
	if (result == CREDENTIALS_NONE)
		result = CREDENTIALS_REFUSED;
	provider_name(p, "profile %s (role %s by %s %s)", quoted,
	    diag_quote(arn, span_of(role->arn)),
	    profile != NULL ? "source profile" : "credential source",
	    diag_quote(by, span_of(profile != NULL ? profile : other)));
	return result;
}

static enum credentials_result
ask_role(struct provider *p, const struct visit *v, struct identity *id)
{
	struct role role = { .arn = get(p, v->profile, "role_arn"),
		.session_name = get(p, v->profile, "role_session_name"),
		.external_id = get(p, v->profile, "external_id") };
	char quoted[DIAG_QUOTE_MAX];

	diag_quote(quoted, span_of(v->profile));
	if (read_duration(p, v->profile, &role.duration_s) == -1)
		return CREDENTIALS_CONFIG;
	if (get(p, v->profile, "mfa_serial") != NULL)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "profile %s needs an MFA code for its role, which nobody "
		    "can type here; use a role without mfa_serial, or give "
		    "session credentials in the environment",
		    quoted);
	return by_source(p, v, &role, id);
}

/* --- the profile --- */

static enum credentials_result
login_session(struct provider *p, const char *profile)
{
	char quoted[DIAG_QUOTE_MAX];

	diag_quote(quoted, span_of(profile));
	provider_name(p, "profile %s (aws login)", quoted);
	return provider_fail(p, CREDENTIALS_CONFIG,
	    "profile %s logs in by \"aws login\", which only the AWS CLI can "
	    "use; add a profile with \"credential_process = aws configure "
	    "export-credentials --profile NAME\" and name that one",
	    quoted);
}

static enum credentials_result
ask_without_role(struct provider *p, const char *name, struct identity *id)
{
	const char *process = get(p, name, "credential_process");

	if (get(p, name, "web_identity_token_file") != NULL)
		return ask_web_identity(p, name, id);
	if (get(p, name, "sso_account_id") != NULL ||
	    get(p, name, "sso_role_name") != NULL)
		return sso_ask(p, name, id);
	if (has_keys(credentials_section(p, name)))
		return static_keys(p, name, credentials_section(p, name), id);
	if (get(p, name, "login_session") != NULL)
		return login_session(p, name);
	if (process != NULL)
		return process_ask(p, name, process, id);
	if (has_keys(config_section(p, name)))
		return static_keys(p, name, config_section(p, name), id);
	return CREDENTIALS_NONE;
}

bool
profile_has_role(const struct config *c, const char *profile)
{
	return config_get(c, profile, "role_arn") != NULL &&
	       config_get(c, profile, "web_identity_token_file") == NULL;
}

enum credentials_result
profile_ask(struct provider *p, struct identity *id)
{
	struct visit first = { p->config->profile, NULL };

	return profile_has_role(p->config, first.profile)
	           ? ask_role(p, &first, id)
	           : ask_without_role(p, first.profile, id);
}
