/* credentials_sso - keys by the token that `aws sso login` left behind.
 * SPDX-License-Identifier: ISC */
#include "aws/provider.h"

#include "aws/endpoint.h"
#include "aws/ini.h"
#include "aws/sso_cache.h"
#include "aws/text.h"
#include "lib/diag.h"
#include "lib/json.h"
#include "lib/units.h"

enum {
	SSO_TIMEOUT_MS = 10 * 1000,
	RENEW_MS = 5 * 60 * 1000, /* left on a token: renew it where we can */
};

/* What the profile and its session say. */
struct sso {
	const char *profile;
	const char *session; /* NULL: the old form without one */
	const char *start_url;
	const char *region;
	const char *account;
	const char *role;
};

static enum credentials_result
missing(struct provider *p, const struct sso *s, const char *key)
{
	char quoted[DIAG_QUOTE_MAX];

	return provider_fail(p, CREDENTIALS_CONFIG,
	    "profile %s signs in by SSO but has no %s; run: aws configure sso",
	    diag_quote(quoted, span_of(s->profile)), key);
}

static enum credentials_result
read_settings(struct provider *p, struct sso *s)
{
	const struct config *c = p->config;
	const struct ini_section *section;
	char quoted[DIAG_QUOTE_MAX], named[DIAG_QUOTE_MAX];

	s->session = config_get(c, s->profile, "sso_session");
	s->account = config_get(c, s->profile, "sso_account_id");
	s->role = config_get(c, s->profile, "sso_role_name");
	s->start_url = config_get(c, s->profile, "sso_start_url");
	s->region = config_get(c, s->profile, "sso_region");
	if (s->session != NULL) {
		section =
		    ini_section(&c->config_file, "sso-session", s->session);
		if (section == NULL)
			return provider_fail(p, CREDENTIALS_CONFIG,
			    "profile %s has sso_session %s, which does not "
			    "exist",
			    diag_quote(quoted, span_of(s->profile)),
			    diag_quote(named, span_of(s->session)));
		s->start_url = ini_value(section, "sso_start_url");
		s->region = ini_value(section, "sso_region");
	}
	if (s->account == NULL)
		return missing(p, s, "sso_account_id");
	if (s->role == NULL)
		return missing(p, s, "sso_role_name");
	if (s->start_url == NULL)
		return missing(p, s, "sso_start_url");
	if (s->region == NULL)
		return missing(p, s, "sso_region");
	return CREDENTIALS_OK;
}

static enum credentials_result
log_in(struct provider *p, const struct sso *s, const char *what)
{
	char quoted[DIAG_QUOTE_MAX];

	return provider_fail(p, CREDENTIALS_REFUSED,
	    "%s for profile %s; run: aws sso login --profile NAME", what,
	    diag_quote(quoted, span_of(s->profile)));
}

static enum credentials_result
find_endpoint(struct provider *p, const struct sso *s, const char *label,
    const char *setting, struct endpoint *e)
{
	struct endpoint_ask ask = { .service = label,
		.region = span_of(s->region),
		.fips = p->config->use_fips,
		.dualstack = p->config->use_dualstack,
		.url = config_endpoint_url(p->config, setting, NULL) };

	return endpoint_resolve(&ask, e, p->why) == 0 ? CREDENTIALS_OK
	                                              : CREDENTIALS_CONFIG;
}

/* The endpoint's URL and a path below it. */
static void
add_url(struct buf *url, const struct endpoint *e, const char *path)
{
	size_t n = strlen(e->url);

	buf_add(url, e->url, n > 0 && e->url[n - 1] == '/' ? n - 1 : n);
	buf_add_text(url, path);
}

static void
add_member(struct buf *out, const char *name, const struct buf *value)
{
	buf_addf(out, "%s\"%s\":", out->n == 0 ? "{" : ",", name);
	json_write_text(out, buf_span(value));
}

/* OIDC's CreateToken by the refresh token; the cache file is written anew. */
static enum credentials_result
renew(struct provider *p, const struct sso *s, struct sso_cache *cache)
{
	static const char *const member[] = { "accessToken", "expiresIn",
		"refreshToken" };
	struct buf value[3] = { { 0 } }, body = { 0 }, url = { 0 };
	struct transport_response response = { 0 };
	struct endpoint e = { 0 };
	const char *header = "Content-Type: application/json";
	struct provider_ask ask = { .who = "the SSO session is not renewed",
		.attempts = p->config->max_attempts,
		.request = { .method = "POST",
		    .headers = &header,
		    .nheaders = 1,
		    .timeout_ms = SSO_TIMEOUT_MS } };
	enum credentials_result result;
	int64_t seconds;

	result = find_endpoint(p, s, "oidc", "sso_oidc", &e);
	if (result == CREDENTIALS_OK) {
		add_url(&url, &e, "/token");
		add_member(&body, "clientId", &cache->client_id);
		add_member(&body, "clientSecret", &cache->client_secret);
		add_member(&body, "refreshToken", &cache->refresh_token);
		buf_add_text(&body, ",\"grantType\":\"refresh_token\"}");
		ask.request.url = buf_text(&url);
		ask.request.body = buf_span(&body);
		result =
		    ask.request.url == NULL || body.failed
			? provider_fail(p, CREDENTIALS_FAILED, "out of memory")
			: provider_http(p, &ask, &response);
	}
	if (result == CREDENTIALS_OK &&
	    (provider_read_json(buf_span(&response.body), member, 3, value) ==
		    -1 ||
		value[0].n == 0 ||
		units_integer(buf_span(&value[1]), &seconds, NULL) == -1))
		result = provider_fail(p, CREDENTIALS_FAILED,
		    "%s: the answer holds no token", ask.who);
	if (result == CREDENTIALS_OK)
		sso_cache_renew(cache, buf_span(&value[0]),
		    provider_now_ms(p) + seconds * 1000, buf_span(&value[2]));
	provider_wipe(value, 3);
	text_wipe(&body);
	buf_free(&url);
	transport_response_free(&response);
	endpoint_free(&e);
	return result;
}

/* A token that is good for now, from the cache or renewed. */
static enum credentials_result
find_token(struct provider *p, const struct sso *s, struct sso_cache *cache)
{
	size_t said = p->why->n;
	enum credentials_result result;
	int64_t left_ms;

	if (sso_cache_read(p->config,
		s->session != NULL ? s->session : s->start_url, cache) == -1)
		return log_in(p, s, "there is no SSO session");
	left_ms = cache->expires_ms - provider_now_ms(p);
	if (left_ms > RENEW_MS ||
	    (left_ms > 0 && !sso_cache_can_renew(cache, provider_now_ms(p))))
		return CREDENTIALS_OK;
	if (!sso_cache_can_renew(cache, provider_now_ms(p)))
		return log_in(p, s, "the SSO session has expired");
	result = renew(p, s, cache);
	if (result == CREDENTIALS_OK) {
		/* Failing to save costs the next one a renewal, no more. */
		(void)sso_cache_write(cache);
		return result;
	}
	if (left_ms > 0) {
		p->why->n = said;
		return CREDENTIALS_OK;
	}
	if (result == CREDENTIALS_FAILED)
		return result;
	p->why->n = said;
	return log_in(p, s, "the SSO session has expired");
}

static void
add_query(struct buf *url, const char *name, const char *value)
{
	buf_addf(url, "%s=", name);
	text_add_encoded(url, span_of(value));
}

enum { KEY_ID, SECRET, TOKEN, EXPIRATION, MEMBERS };

static enum credentials_result
read_answer(
    struct provider *p, struct span body, const char *who, struct identity *id)
{
	static const char *const member[MEMBERS] = {
		"roleCredentials.accessKeyId",
		"roleCredentials.secretAccessKey",
		"roleCredentials.sessionToken", "roleCredentials.expiration"
	};
	struct buf value[MEMBERS] = { { 0 } };
	enum credentials_result result = CREDENTIALS_OK;
	int64_t expires_ms;

	if (provider_read_json(body, member, MEMBERS, value) == -1 ||
	    units_integer(buf_span(&value[EXPIRATION]), &expires_ms, NULL) ==
		-1 ||
	    identity_set(id, buf_span(&value[KEY_ID]), buf_span(&value[SECRET]),
		buf_span(&value[TOKEN]), expires_ms) == -1)
		result = provider_fail(p, CREDENTIALS_FAILED,
		    "%s: the answer holds no credentials", who);
	provider_wipe(value, MEMBERS);
	return result;
}

static enum credentials_result
get_role(struct provider *p, const struct sso *s, const struct sso_cache *cache,
    struct identity *id)
{
	static const char who[] = "no credentials from SSO";
	struct transport_response response = { 0 };
	struct buf url = { 0 }, header = { 0 };
	struct endpoint e = { 0 };
	const char *line[1];
	struct provider_ask ask = { .who = who,
		.attempts = p->config->max_attempts,
		.request = { .method = "GET",
		    .headers = line,
		    .nheaders = 1,
		    .timeout_ms = SSO_TIMEOUT_MS } };
	enum credentials_result result;

	result = find_endpoint(p, s, "portal.sso", "sso", &e);
	if (result == CREDENTIALS_OK) {
		add_url(&url, &e, "/federation/credentials?");
		add_query(&url, "role_name", s->role);
		add_query(&url, "&account_id", s->account);
		buf_add_text(&header, "x-amz-sso_bearer_token: ");
		buf_add_span(&header, buf_span(&cache->access_token));
		ask.request.url = buf_text(&url);
		line[0] = buf_text(&header);
		result =
		    ask.request.url == NULL || line[0] == NULL
			? provider_fail(p, CREDENTIALS_FAILED, "out of memory")
			: provider_http(p, &ask, &response);
	}
	if (result == CREDENTIALS_OK)
		result = read_answer(p, buf_span(&response.body), who, id);
	else if (response.status == 401)
		provider_fail(p, result, "; run: aws sso login --profile NAME");
	text_wipe(&header);
	buf_free(&url);
	transport_response_free(&response);
	endpoint_free(&e);
	return result;
}

enum credentials_result
sso_ask(struct provider *p, const char *profile, struct identity *id)
{
	struct sso s = { .profile = profile };
	struct sso_cache cache = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	enum credentials_result result = read_settings(p, &s);

	provider_name(
	    p, "profile %s (SSO)", diag_quote(quoted, span_of(profile)));
	if (result == CREDENTIALS_OK)
		result = find_token(p, &s, &cache);
	if (result == CREDENTIALS_OK)
		result = get_role(p, &s, &cache, id);
	sso_cache_free(&cache);
	return result;
}
