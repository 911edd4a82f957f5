/* provider - what every provider of credentials is given and needs; for
 * credentials*.c alone.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_PROVIDER_H
#define AWS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/errors.h"
#include "aws/identity.h"
#include "aws/skew.h"
#include "aws/transport.h"
#include "lib/buf.h"
#include "lib/span.h"

/*
 * One asking.  name: filled by the provider that answers, for people.
 * now_ms: the service's clock when the asking began, mono_ms ours then.
 */
struct provider {
	struct config *config;
	struct transport *transport;
	struct skew *skew;
	const struct pollfd *stop; /* or NULL */
	int64_t now_ms;
	int64_t mono_ms;
	struct buf name;
	bool told;       /* by somebody over the network, just now */
	struct buf *why; /* says why a result is not CREDENTIALS_OK */
};

/* The service's clock now. */
int64_t provider_now_ms(const struct provider *);

/* Appends to why; returns the result, so that it can be returned. */
enum credentials_result
provider_fail(struct provider *, enum credentials_result, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Starts name anew. */
void provider_name(struct provider *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Waits, while requests in flight go on.  -1: asked to stop. */
int provider_pause(struct provider *, int64_t ms);

/*
 * A small file, such as a token, less the blanks around it.  -1: why says so.
 */
int provider_read_file(struct provider *, const char *path, struct buf *);

/*
 * The wanted members of a JSON object, decoded texts and raw numbers, each
 * into its buf; null and missing ones are empty.  -1: no JSON object.
 */
int provider_read_json(
    struct span body, const char *const *member, size_t n, struct buf *value);
void provider_wipe(struct buf *value, size_t n);

/*
 * A plain request: up to attempts times, as long as nothing or nothing good
 * came (network, throttle, 5xx), with pauses of steps between.
 */
struct provider_ask {
	const char *who; /* for messages: "the container's credentials" */
	struct transport_request request;
	int attempts;
	int64_t pause_ms; /* 0: back-off with jitter */
};

/* OK: response has status 2xx.  Else why says what, response may be looked at;
 * it is the caller's to free in any case. */
enum credentials_result provider_http(struct provider *,
    const struct provider_ask *, struct transport_response *response);

/* The pause before try n + 1, n >= 1. */
int64_t
provider_backoff_ms(const struct service_error *, unsigned n, int64_t hint_ms);

/* "WHO: CODE: 'message'" into why; the result that the error's class means. */
enum credentials_result provider_refused(
    struct provider *, const char *who, const struct service_error *);

/* A whole random number. */
uint64_t provider_random(void);

/* --- the providers --- */

bool environment_is_configured(const struct config *);
enum credentials_result environment_ask(struct provider *, struct identity *);

/* By the environment; what it does not say the profile may. */
bool web_identity_is_configured(const struct config *);
enum credentials_result web_identity_ask(struct provider *, struct identity *);

/* A role by another identity, not by a web identity? */
bool profile_has_role(const struct config *, const char *profile);

/* CREDENTIALS_NONE where the profile has nothing about credentials. */
enum credentials_result profile_ask(struct provider *, struct identity *);

bool container_is_configured(const struct config *);
enum credentials_result container_ask(struct provider *, struct identity *);

bool imds_is_configured(const struct config *); /* not disabled */
/* CREDENTIALS_NONE where nobody answers or the machine has no role. */
enum credentials_result imds_ask(struct provider *, struct identity *);

/* --- what profiles are made of --- */

/* A role of a profile, taken on with the source's identity. */
struct role {
	const char *profile;
	const char *arn;
	const char *session_name; /* NULL: made up */
	const char *external_id;  /* or NULL */
	const char *token_file;   /* web identity: instead of a source */
	int duration_s;           /* 0: the default */
};
enum credentials_result role_assume(struct provider *, const struct role *,
    const struct identity *source, struct identity *);

enum credentials_result process_ask(struct provider *, const char *profile,
    const char *command, struct identity *);

enum credentials_result
sso_ask(struct provider *, const char *profile, struct identity *);

#endif
