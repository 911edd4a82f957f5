/* sso - keys by the token that `aws sso login` left behind.
 * SPDX-License-Identifier: ISC */
#include "aws/sso.h"

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

enum { SHA1_BYTES = 20, CACHE_MAX = 256 * 1024 };

/* What the file says, in the order in which it is written. */
enum {
	ACCESS_TOKEN,
	REFRESH_TOKEN,
	CLIENT_ID,
	CLIENT_SECRET,
	START_URL,
	REGION,
	REGISTRATION, /* when the client's id expires */
	EXPIRES,
	CACHED
};
static const char *const cached[CACHED] = { "accessToken", "refreshToken",
	"clientId", "clientSecret", "startUrl", "region",
	"registrationExpiresAt", "expiresAt" };

/* All zero is empty.  A value that the file lacks is empty. */
struct sso_cache {
	char *path;
	struct buf value[CACHED];
	int64_t expires_ms;
};

static void
cache_free(struct sso_cache *c)
{
	free(c->path);
	provider_wipe(c->value, CACHED);
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
	struct buf content = { 0 };
	int rc = -1;

	*c = (struct sso_cache){ .path = path_of(config, key) };
	if (c->path != NULL && file_read(c->path, CACHE_MAX, &content) == 0 &&
	    provider_read_json(buf_span(&content), cached, CACHED, c->value) ==
		0 &&
	    read_time(buf_span(&c->value[EXPIRES]), &c->expires_ms) &&
	    c->value[ACCESS_TOKEN].n > 0)
		rc = 0;
	text_wipe(&content);
	return rc;
}

/* Is there all that a renewal needs, and is the client still registered? */
static bool
cache_can_renew(const struct sso_cache *c, int64_t now_ms)
{
	const struct buf *v = c->value;
	int64_t until_ms;

	return v[REFRESH_TOKEN].n > 0 && v[CLIENT_ID].n > 0 &&
	       v[CLIENT_SECRET].n > 0 &&
	       (v[REGISTRATION].n == 0 ||
		   (read_time(buf_span(&v[REGISTRATION]), &until_ms) &&
		       until_ms > now_ms));
}

/* Takes a new token; an empty refresh token leaves the old one. */
static void
cache_renew(struct sso_cache *c, struct span access_token, int64_t expires_ms,
    struct span refresh_token)
{
	struct buf *v = c->value;

	c->expires_ms = expires_ms;
	text_wipe(&v[ACCESS_TOKEN]);
	buf_add_span(&v[ACCESS_TOKEN], access_token);
	text_wipe(&v[EXPIRES]);
	timestamp_write(&v[EXPIRES], expires_ms / 1000 * 1000, true);
	if (refresh_token.n > 0) {
		text_wipe(&v[REFRESH_TOKEN]);
		buf_add_span(&v[REFRESH_TOKEN], refresh_token);
	}
}

static void
add_member(struct buf *out, const char *name, const struct buf *value)
{
	buf_addf(out, "%s\"%s\":", out->n == 0 ? "{" : ",", name);
	json_write_text(out, buf_span(value));
}

/* Writes it back, beside and renamed, for the owner only. */
static void
cache_write(const struct sso_cache *c)
{
	struct buf text = { 0 }, beside = { 0 };

	for (size_t i = 0; i < CACHED; i++)
		if (c->value[i].n > 0)
			add_member(&text, cached[i], &c->value[i]);
	buf_add_text(&text, "}\n");
	buf_addf(&beside, "%s.%ld", c->path, (long)getpid());
	/* Failing to save costs the next one a renewal, no more. */
	if (!text.failed && buf_text(&beside) != NULL)
		(void)file_replace(c->path, beside.p, 0600, buf_span(&text));
	text_wipe(&text);
	buf_free(&beside);
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
read_settings(struct provider *p, struct sso *s)
{
	const struct config *c = p->config;
	const struct ini_section *section;
	char quoted[DIAG_QUOTE_MAX], named[DIAG_QUOTE_MAX];
	const struct {
		const char *key, *const *value;
	} wanted[] = { { "sso_account_id", &s->account },
		{ "sso_role_name", &s->role },
		{ "sso_start_url", &s->start_url },
		{ "sso_region", &s->region } };

	diag_quote(quoted, span_of(s->profile));
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
			    quoted, diag_quote(named, span_of(s->session)));
		s->start_url = ini_value(section, "sso_start_url");
		s->region = ini_value(section, "sso_region");
	}
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (*wanted[i].value == NULL)
			return provider_fail(p, CREDENTIALS_CONFIG,
			    "profile %s signs in by SSO but has no %s; run: "
			    "aws configure sso",
			    quoted, wanted[i].key);
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

/* The URL of a path of one of the services of SSO: config_endpoint(). */
static enum credentials_result
find_url(struct provider *p, const struct sso *s, const char *label,
    const char *setting, const char *path, struct buf *url)
{
	struct endpoint_ask ask = { .service = label,
		.region = span_of(s->region) };
	struct endpoint e;
	size_t n;

	if (config_endpoint(p->config, setting, ask, &e, NULL, p->why) == -1)
		return CREDENTIALS_CONFIG;
	n = strlen(e.url);
	buf_add(url, e.url, e.url[n - 1] == '/' ? n - 1 : n);
	buf_add_text(url, path);
	endpoint_free(&e);
	return CREDENTIALS_OK;
}

/* OIDC's CreateToken by the refresh token. */
static enum credentials_result
renew(struct provider *p, const struct sso *s, struct sso_cache *cache)
{
	static const char *const member[] = { "accessToken", "expiresIn",
		"refreshToken" };
	struct buf value[3] = { { 0 } }, body = { 0 };
	struct transport_response response = { 0 };
	struct provider_ask ask = { .who = "the SSO session is not renewed",
		.method = "POST",
		.attempts = p->config->max_attempts,
		.timeout_ms = SSO_TIMEOUT_MS };
	enum credentials_result result;
	int64_t seconds;

	add_member(&body, "clientId", &cache->value[CLIENT_ID]);
	add_member(&body, "clientSecret", &cache->value[CLIENT_SECRET]);
	add_member(&body, "refreshToken", &cache->value[REFRESH_TOKEN]);
	buf_add_text(&body, ",\"grantType\":\"refresh_token\"}");
	buf_add_text(&ask.header, "Content-Type: application/json");
	ask.header.failed |= body.failed;
	ask.body = buf_span(&body);
	result = find_url(p, s, "oidc", "sso_oidc", "/token", &ask.url);
	if (result == CREDENTIALS_OK)
		result = provider_http(p, &ask, &response);
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
	provider_ask_free(&ask);
	transport_response_free(&response);
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
		cache_write(cache);
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
	struct transport_response response = { 0 };
	struct provider_ask ask = { .who = "no credentials from SSO",
		.method = "GET",
		.attempts = p->config->max_attempts,
		.timeout_ms = SSO_TIMEOUT_MS };
	enum credentials_result result = find_url(
	    p, s, "portal.sso", "sso", "/federation/credentials?", &ask.url);

	if (result == CREDENTIALS_OK) {
		add_query(&ask.url, "role_name", s->role);
		add_query(&ask.url, "&account_id", s->account);
		buf_add_text(&ask.header, "x-amz-sso_bearer_token: ");
		buf_add_span(
		    &ask.header, buf_span(&cache->value[ACCESS_TOKEN]));
		result = provider_http(p, &ask, &response);
	}
	if (result == CREDENTIALS_OK)
		result = read_answer(p, buf_span(&response.body), ask.who, id);
	else if (response.status == 401)
		provider_fail(p, result, "; run: aws sso login --profile NAME");
	provider_ask_free(&ask);
	transport_response_free(&response);
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
