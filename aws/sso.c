/* sso - keys by the token that `aws sso login` left behind.
 * SPDX-License-Identifier: ISC */
#include "aws/sso.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "aws/endpoint.h"
#include "aws/ini.h"
#include "aws/text.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/timestamp.h"
#include "lib/units.h"

/* --- the file in which `aws sso login` keeps its token ------------------- */

/* All zero is empty.  What the file says; empty where it says nothing. */
struct sso_cache {
	char *path;
	struct buf access_token;
	struct buf refresh_token;
	struct buf client_id;
	struct buf client_secret;
	struct buf start_url;
	struct buf region;
	struct buf registration; /* when client_id expires, as written */
	int64_t expires_ms;
};

enum { SHA1_BYTES = 20, CACHE_MAX = 256 * 1024, CACHED = 8, EXPIRES = 7 };

static const char *const cached[CACHED] = { "accessToken", "refreshToken",
	"clientId", "clientSecret", "startUrl", "region",
	"registrationExpiresAt", "expiresAt" };

/* The bufs, in the order of their members; expiresAt has none. */
static struct buf *
part(struct sso_cache *c, size_t i)
{
	struct buf *const parts[] = { &c->access_token, &c->refresh_token,
		&c->client_id, &c->client_secret, &c->start_url, &c->region,
		&c->registration };

	return parts[i];
}

static void
cache_free(struct sso_cache *c)
{
	free(c->path);
	for (size_t i = 0; i < EXPIRES; i++)
		text_wipe(part(c, i));
	*c = (struct sso_cache){ 0 };
}

static char *
path_of(const struct config *config, const char *key)
{
	const char *home = config_home(config);
	unsigned char digest[SHA1_BYTES];
	struct buf path = { 0 };

	if (home == NULL ||
	    EVP_Digest(key, strlen(key), digest, NULL, EVP_sha1(), NULL) != 1)
		return NULL;
	buf_addf(&path, "%s/.aws/sso/cache/", home);
	for (int i = 0; i < SHA1_BYTES; i++)
		buf_addf(&path, "%02x", digest[i]);
	buf_add_text(&path, ".json");
	return text_take(&path);
}

/* "2026-01-01T00:00:00Z"; old files end in UTC instead of Z. */
static bool
read_time(struct span text, int64_t *ms)
{
	bool zoned;

	if (text.n > 3 && memcmp(text.p + text.n - 3, "UTC", 3) == 0)
		text.n -= 3;
	return timestamp_parse(text, ms, &zoned, NULL) == 0;
}

/*
 * ~/.aws/sso/cache/SHA1.json, of the session's name, or of the start URL for
 * profiles of the old form.  -1: there is none that can be used.
 */
static int
cache_read(const struct config *config, const char *key, struct sso_cache *c)
{
	struct buf content = { 0 }, value[CACHED] = { { 0 } };
	int rc = -1;

	*c = (struct sso_cache){ .path = path_of(config, key) };
	if (c->path != NULL && file_read(c->path, CACHE_MAX, &content) == 0 &&
	    provider_read_json(buf_span(&content), cached, CACHED, value) ==
		0 &&
	    read_time(buf_span(&value[EXPIRES]), &c->expires_ms) &&
	    value[0].n > 0)
		rc = 0;
	for (size_t i = 0; i < EXPIRES; i++)
		*part(c, i) = value[i];
	text_wipe(&value[EXPIRES]);
	text_wipe(&content);
	return rc;
}

/* Is there all that a renewal needs, and is the client still registered? */
static bool
cache_can_renew(const struct sso_cache *c, int64_t now_ms)
{
	int64_t until_ms;

	return c->refresh_token.n > 0 && c->client_id.n > 0 &&
	       c->client_secret.n > 0 &&
	       (c->registration.n == 0 ||
		   (read_time(buf_span(&c->registration), &until_ms) &&
		       until_ms > now_ms));
}

static void
replace(struct buf *b, struct span text)
{
	text_wipe(b);
	*b = (struct buf){ 0 };
	buf_add_span(b, text);
}

/* Takes a new token; an empty refresh token leaves the old one. */
static void
cache_renew(struct sso_cache *c, struct span access_token, int64_t expires_ms,
    struct span refresh_token)
{
	replace(&c->access_token, access_token);
	c->expires_ms = expires_ms;
	if (refresh_token.n > 0)
		replace(&c->refresh_token, refresh_token);
}

/* Writes it back, beside and renamed, for the owner only.  -1 with errno. */
static int
cache_write(const struct sso_cache *c)
{
	struct buf text = { 0 }, beside = { 0 };
	struct sso_cache parts = *c; /* borrowed: part() wants one to change */
	int rc = -1;

	for (size_t i = 0; i < EXPIRES; i++) {
		if (part(&parts, i)->n == 0)
			continue;
		buf_addf(
		    &text, "%s\"%s\":", text.n == 0 ? "{" : ",", cached[i]);
		json_write_text(&text, buf_span(part(&parts, i)));
	}
	buf_addf(&text, ",\"%s\":\"", cached[EXPIRES]);
	timestamp_write(&text, c->expires_ms / 1000 * 1000, true);
	buf_add_text(&text, "\"}\n");
	buf_addf(&beside, "%s.%ld", c->path, (long)getpid());
	if (!text.failed && buf_text(&beside) != NULL)
		rc = file_replace(c->path, beside.p, 0600, buf_span(&text));
	text_wipe(&text);
	buf_free(&beside);
	return rc;
}

/* --- asking -------------------------------------------------------------- */

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
		.region = span_of(s->region) };

	return config_endpoint(p->config, setting, ask, e, NULL, p->why) == 0
	           ? CREDENTIALS_OK
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
		cache_renew(cache, buf_span(&value[0]),
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

	if (cache_read(p->config,
		s->session != NULL ? s->session : s->start_url, cache) == -1)
		return log_in(p, s, "there is no SSO session");
	left_ms = cache->expires_ms - provider_now_ms(p);
	if (left_ms > RENEW_MS ||
	    (left_ms > 0 && !cache_can_renew(cache, provider_now_ms(p))))
		return CREDENTIALS_OK;
	if (!cache_can_renew(cache, provider_now_ms(p)))
		return log_in(p, s, "the SSO session has expired");
	result = renew(p, s, cache);
	if (result == CREDENTIALS_OK) {
		/* Failing to save costs the next one a renewal, no more. */
		(void)cache_write(cache);
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
	cache_free(&cache);
	return result;
}
