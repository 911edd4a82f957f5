/* credentials - the chain of providers: the first that is configured wins, and
 * is asked again before what it gave expires.
 * SPDX-License-Identifier: ISC */
#include "aws/credentials.h"

#include <stdlib.h>

#include "aws/metadata.h"
#include "aws/profile.h"
#include "aws/text.h"
#include "lib/clock.h"
#include "lib/diag.h"

enum {
	MINUTE_MS = 60 * 1000,
	/* IMDS in trouble: its last keys are used on, and it is asked again in
	 * 2 to 10 minutes.  Source: botocore utils.py, read 2026-11. */
	EXTEND_MIN_MS = 2 * MINUTE_MS,
	EXTEND_RANGE_MS = 8 * MINUTE_MS,
};

void
credentials_free(struct credentials *c)
{
	identity_free(&c->identity);
	free(c->name);
	*c = (struct credentials){ 0 };
}

/* When to ask again: 15 minutes before the end, but not in the first half of
 * a short life. */
static int64_t
due_ms(const struct identity *id, int64_t now_ms)
{
	int64_t early_ms, left_ms;

	if (id->expires_ms == IDENTITY_NEVER)
		return INT64_MAX;
	left_ms = id->expires_ms - now_ms;
	early_ms = left_ms / 2 < CREDENTIALS_ADVISORY_MS
	               ? left_ms / 2
	               : CREDENTIALS_ADVISORY_MS;
	return id->expires_ms - early_ms;
}

/* Keys of IMDS outlive what it says about them while it is in trouble; sets
 * when to ask again too.  False: not such keys, nothing was done. */
static bool
extend(struct credentials *c, int64_t now_ms)
{
	if (c->provider != imds_ask ||
	    c->identity.expires_ms - now_ms > CREDENTIALS_ADVISORY_MS)
		return false;
	c->due_ms = now_ms + EXTEND_MIN_MS +
	            (int64_t)(provider_random() % EXTEND_RANGE_MS);
	c->identity.expires_ms = c->due_ms + CREDENTIALS_ADVISORY_MS;
	return true;
}

/* When to ask again, by the clock of now_ms. */
static void
reckon(struct credentials *c, int64_t now_ms, bool again)
{
	c->clock = c->skew->number;
	if (extend(c, now_ms))
		return;
	c->due_ms = due_ms(&c->identity, now_ms);
	if (c->due_ms < now_ms + CREDENTIALS_AGAIN_MS && (again || c->unproven))
		c->due_ms = now_ms + CREDENTIALS_AGAIN_MS;
}

/*
 * told: somebody who has the service's clock handed them over just now.  If
 * they have expired then, it is our clock that is wrong, which the service will
 * tell when it is asked.
 */
static void
take(struct credentials *c, struct identity *fresh, bool told, int64_t now_ms)
{
	bool again = c->number > 0 && identity_same(&c->identity, fresh);

	identity_free(&c->identity);
	c->identity = *fresh;
	*fresh = (struct identity){ 0 };
	if (!again)
		c->number++;
	c->unproven = told && c->identity.expires_ms <= now_ms;
	reckon(c, now_ms, again);
}

static struct provider
begin(const struct credentials *c, int64_t now_ms, struct buf *why)
{
	return (struct provider){ .config = c->config,
		.transport = c->transport,
		.skew = c->skew,
		.stop = c->stop,
		.now_ms = now_ms,
		.mono_ms = clock_mono_ms(),
		.why = why };
}

/* An ambient identity goes before what somebody named, but not without a word.
 */
static enum credentials_result
ask_web_identity(struct credentials *c, struct provider *p, struct identity *id)
{
	static const char variable[] = "AWS_WEB_IDENTITY_TOKEN_FILE";
	enum credentials_result result =
	    (c->provider = web_identity_ask)(p, id);
	char quoted[DIAG_QUOTE_MAX];

	if (result == CREDENTIALS_OK && c->config->profile_named &&
	    config_env(c->config, variable) != NULL)
		buf_addf(p->why,
		    "%s takes precedence over profile %s, which assumes no "
		    "role; --profile takes precedence over both",
		    variable, diag_quote(quoted, span_of(c->config->profile)));
	return result;
}

/* The order of the chain, botocore's; with a profile that was chosen nothing
 * of the environment counts. */
static enum credentials_result
ask_chain(struct credentials *c, struct provider *p, struct identity *id)
{
	enum credentials_result result = CREDENTIALS_NONE;

	if (!c->config->profile_chosen) {
		if (environment_is_configured(c->config))
			return (c->provider = environment_ask)(p, id);
		if (profile_has_role(c->config, c->config->profile))
			return (c->provider = profile_ask)(p, id);
		if (web_identity_is_configured(c->config))
			return ask_web_identity(c, p, id);
	}
	result = (c->provider = profile_ask)(p, id);
	if (result != CREDENTIALS_NONE)
		return result;
	if (container_is_configured(c->config))
		return (c->provider = container_ask)(p, id);
	if (imds_is_configured(c->config))
		return (c->provider = imds_ask)(p, id);
	return CREDENTIALS_NONE;
}

static void
say_none(struct buf *why)
{
	char *detail = text_take(why);

	buf_add_text(why,
	    "no AWS credentials: none in the environment, in the profile, of "
	    "a container or of an instance");
	if (detail != NULL && detail[0] != '\0')
		buf_addf(why, " (%s)", detail);
	buf_add_text(why,
	    "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a "
	    "profile with --profile or AWS_PROFILE");
	free(detail);
}

static int
keep_name(struct credentials *c, struct buf *name)
{
	free(c->name);
	c->name = text_take(name);
	return c->name == NULL ? -1 : 0;
}

/*
 * Asks the chain, or the provider that won.  A provider that failed at first
 * has not won yet: the configuration may be mended.
 */
static enum credentials_result
ask(struct credentials *c, int64_t now_ms, struct identity *fresh, bool *told,
    struct buf *why)
{
	struct provider p = begin(c, now_ms, why);
	bool first = c->provider == NULL;
	enum credentials_result result;

	if (first)
		result = ask_chain(c, &p, fresh);
	else
		result = c->provider(&p, fresh);
	if (result == CREDENTIALS_NONE && first)
		say_none(why);
	else if (result == CREDENTIALS_NONE)
		result = CREDENTIALS_FAILED; /* it was there before */
	if (result != CREDENTIALS_OK && first)
		c->provider = NULL;
	*told = p.told;
	if (p.name.n == 0 || result == CREDENTIALS_NONE)
		buf_free(&p.name);
	else if (keep_name(c, &p.name) == -1)
		result = CREDENTIALS_FAILED;
	return result;
}

/* A refresh that failed: what we hold serves until it expires, and beyond for
 * IMDS. */
static enum credentials_result
make_do(struct credentials *c, int64_t now_ms, enum credentials_result result,
    struct buf *why)
{
	if (c->number == 0)
		return result;
	if (!extend(c, now_ms)) {
		if (c->identity.expires_ms <= now_ms)
			return result;
		c->due_ms = now_ms + CREDENTIALS_AGAIN_MS;
		if (c->due_ms > c->identity.expires_ms)
			c->due_ms = c->identity.expires_ms;
	}
	buf_add_text(
	    why, "; the old credentials are still valid and stay in use");
	return CREDENTIALS_OK;
}

static bool
has_expired(const struct credentials *c, int64_t now_ms)
{
	return c->identity.expires_ms <= now_ms && !c->unproven;
}

static enum credentials_result
say_expired(const struct credentials *c, struct buf *why)
{
	buf_addf(why,
	    "the credentials of %s have expired, and there are no newer ones; "
	    "renew them",
	    c->name);
	return CREDENTIALS_REFUSED;
}

/*
 * Reads files and provider anew.  A file that makes no sense now, and did, is
 * being written: what cannot be had just now.
 */
static enum credentials_result
refresh(struct credentials *c, int64_t *now_ms, struct buf *why)
{
	int64_t offset_ms = c->skew->offset_ms;
	struct identity fresh = { 0 };
	enum credentials_result result = CREDENTIALS_OK;
	bool told;

	if (c->number > 0 && config_reload_files(c->config, why) == -1)
		result = CREDENTIALS_FAILED;
	if (result == CREDENTIALS_OK)
		result = ask(c, *now_ms, &fresh, &told, why);
	*now_ms += c->skew->offset_ms - offset_ms; /* STS may have told it */
	if (result == CREDENTIALS_OK)
		take(c, &fresh, told, *now_ms);
	if (result == CREDENTIALS_CONFIG && c->number > 0)
		result = CREDENTIALS_FAILED;
	identity_free(&fresh);
	return result;
}

/* An outage of the provider is said once, once more when nothing is left to
 * make do with, and its end. */
static void
say_once(struct credentials *c, enum credentials_result result, bool well,
    struct buf *why)
{
	bool said = c->trouble != WELL;

	if (well) {
		c->trouble = WELL;
		if (said)
			buf_addf(why, "%s gives credentials again", c->name);
	} else if (result == CREDENTIALS_OK || result == CREDENTIALS_FAILED) {
		if (c->trouble >=
		    (result == CREDENTIALS_OK ? MAKING_DO : IN_VAIN))
			buf_clear(why);
		else
			c->trouble =
			    result == CREDENTIALS_OK ? MAKING_DO : IN_VAIN;
	}
}

enum credentials_result
credentials_get(struct credentials *c, int64_t now_ms,
    const struct identity **identity, struct buf *why)
{
	enum credentials_result result = CREDENTIALS_OK;

	if (c->number > 0 && c->clock != c->skew->number) {
		c->unproven = false;
		reckon(c, now_ms, false);
	}
	if (c->number == 0 || now_ms >= c->due_ms) {
		bool well;

		result = refresh(c, &now_ms, why);
		well = result == CREDENTIALS_OK;
		if (!well)
			result = make_do(c, now_ms, result, why);
		say_once(c, result, well, why);
	}
	if (result == CREDENTIALS_OK && has_expired(c, now_ms))
		result = say_expired(c, why);
	*identity = result == CREDENTIALS_OK ? &c->identity : NULL;
	return result;
}

enum credentials_result
credentials_expired(struct credentials *c, int64_t now_ms, struct buf *why)
{
	unsigned before = c->number;
	enum credentials_result result = refresh(c, &now_ms, why);

	say_once(c, result, result == CREDENTIALS_OK, why);
	if (result != CREDENTIALS_OK)
		return result;
	if (c->number != before)
		return CREDENTIALS_OK;
	buf_clear(why);
	buf_addf(why,
	    "the service does not accept the credentials of %s, and the "
	    "provider has no others; renew them",
	    c->name);
	return CREDENTIALS_REFUSED;
}
