/* config - what environment and shared files say: profile, region, endpoints,
 * and the settings that providers of credentials ask for.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H

#include <stdbool.h>

#include "aws/endpoint.h"
#include "aws/ini.h"
#include "lib/buf.h"

/* Reads a variable of the environment, as getenv(3) does. */
typedef const char *config_env_fn(const char *name);

/* What the command line said; NULL or false where it said nothing. */
struct config_options {
	const char *profile;
	const char *region;
	const char *endpoint_url; /* of Kinesis */
	config_env_fn *env;       /* NULL: getenv */
};

/*
 * All zero is empty.  Everything is read once, by config_load() and
 * config_reload_files(); the environment by config_env() alone.
 *
 * profile: the option, else AWS_DEFAULT_PROFILE, else AWS_PROFILE, else
 * "default".  profile_chosen: by the option (it then goes before environment
 * keys); profile_named: by anybody (it must exist then).
 * region: the option, else AWS_REGION, AWS_DEFAULT_REGION, the profile's;
 * NULL where none is known (an ARN may tell it; IMDS is not asked).
 */
struct config {
	config_env_fn *env;
	char *profile;
	bool profile_chosen;
	bool profile_named;
	char *region;
	char *endpoint_option;
	bool use_fips;
	bool use_dualstack;
	bool ignore_endpoints; /* configured ones; the option still holds */
	char *ca_bundle;       /* file, or NULL */
	int max_attempts;      /* of credential calls; the first one counts */
	char *config_path;
	char *credentials_path;
	struct ini config_file;
	struct ini credentials_file;
};

/*
 * -1: *why says what is wrong and what to do (status 2): a file that cannot be
 * read or parsed, a profile that was named and does not exist, a value that is
 * no boolean or number, a region that is no host label, a CA bundle that is
 * none.
 * Files that do not exist are empty.
 */
int
config_load(struct config *, const struct config_options *, struct buf *why);

/* Reads the two files anew, for a refresh; on -1 the old content stays. */
int config_reload_files(struct config *, struct buf *why);

/* Takes the region from elsewhere (an ARN).  0, or -1: memory. */
int config_set_region(struct config *, struct span region);

void config_free(struct config *);

/* The user's home directory, also where HOME is not set; NULL: there is none.
 */
const char *config_home(const struct config *);

/* A variable of the environment; empty is NULL. */
const char *config_env(const struct config *, const char *name);

/*
 * A setting of a profile: the credentials file goes before the config file.
 * NULL where it is missing or empty.
 */
const char *
config_get(const struct config *, const char *profile, const char *key);

/*
 * A variable of the environment, else the setting of the chosen profile.
 * *name, where not NULL, is set to the one that it came from, for messages.
 */
const char *config_setting(const struct config *, const char *variable,
    const char *key, const char **name);

bool config_has_profile(const struct config *, const char *profile);

/*
 * The custom endpoint of a service, or NULL.  service is the name in variables
 * and files: "kinesis", "sts", "sso", "sso_oidc".  In order: the option (of
 * kinesis only), AWS_ENDPOINT_URL_SERVICE, AWS_ENDPOINT_URL, the profile's
 * [services] section, the profile's endpoint_url; all but the option are left
 * out with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the profile's setting.
 * *source, where not NULL, is set to where it came from, for messages.
 */
const char *config_endpoint_url(
    const struct config *, const char *service, const char **source);

/*
 * Where a service answers: endpoint_resolve() of what is asked, with that URL
 * and with FIPS and dual stack as they are configured.
 */
int
config_endpoint(const struct config *, const char *service, struct endpoint_ask,
    struct endpoint *, const char **source, struct buf *why);

#endif
