/* config - what environment and shared files say: profile, region, endpoints,
 * and the settings that providers of credentials ask for.
 * SPDX-License-Identifier: ISC */
#include "aws/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "aws/text.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/units.h"

enum { FILE_MAX_BYTES = 4 * 1024 * 1024, MAX_ATTEMPTS = 3 };

static const char *
environment(const char *name)
{
	return getenv(name);
}

const char *
config_env(const struct config *c, const char *name)
{
	const char *value = c->env(name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

/* --- files --- */

/* Daemons have no HOME: the system knows where root, or whoever it is, lives.
 */
const char *
config_home(const struct config *c)
{
	const char *home = config_env(c, "HOME");
	const struct passwd *user = home != NULL ? NULL : getpwuid(getuid());

	return user != NULL && user->pw_dir != NULL && user->pw_dir[0] == '/'
	           ? user->pw_dir
	           : home;
}

/* The variable's path or the one at home; "~/" is that.  NULL: none. */
static int
find_path(const struct config *c, const char *variable, const char *usual,
    char **path)
{
	const char *said = config_env(c, variable);
	const char *home = config_home(c);
	struct buf b = { 0 };

	*path = NULL;
	if (said == NULL)
		said = usual;
	if (said[0] == '~' && said[1] == '/') {
		if (home == NULL)
			return 0;
		buf_add_text(&b, home);
		said++;
	}
	buf_add_text(&b, said);
	*path = text_take(&b);
	return *path == NULL ? -1 : 0;
}

static int
complain(struct buf *why, const char *path, const char *what)
{
	char quoted[DIAG_QUOTE_MAX];

	buf_addf(
	    why, "cannot read %s: %s", diag_quote(quoted, span_of(path)), what);
	return -1;
}

/*
 * Opens; 1: there is none.  A file below a directory that we may not search is
 * none either, as for the SDKs: a daemon with root's HOME must not fail.
 */
static int
open_file(const char *path, int *fd, struct buf *why)
{
	struct stat st;
	int saved;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd != -1)
		return 0;
	saved = errno;
	if (saved == ENOENT || saved == ENOTDIR)
		return 1;
	if (saved == EACCES && stat(path, &st) == -1)
		return 1;
	return complain(why, path, strerror(saved));
}

static int
parse_file(const char *path, struct span content, enum ini_flavour flavour,
    struct ini *ini, struct buf *why)
{
	struct fault fault;
	char quoted[DIAG_QUOTE_MAX];

	if (ini_parse(content, flavour, ini, &fault) == 0)
		return 0;
	buf_addf(why, "bad line %zu of %s: %s", fault.at,
	    diag_quote(quoted, span_of(path)), fault.what);
	return -1;
}

static int
load_file(const char *path, enum ini_flavour flavour, struct ini *ini,
    struct buf *why)
{
	struct buf content = { 0 };
	int fd, rc;

	*ini = (struct ini){ 0 };
	if (path == NULL)
		return 0;
	rc = open_file(path, &fd, why);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	rc = file_read_fd(fd, FILE_MAX_BYTES, &content);
	if (rc == -1)
		complain(why, path,
		    errno == EFBIG ? "it has more than 4 MiB"
				   : strerror(errno));
	close(fd); /* nothing was written: nothing can be lost */
	if (rc == 0)
		rc = parse_file(path, buf_span(&content), flavour, ini, why);
	text_wipe(&content);
	return rc;
}

static int
load_files(const struct config *c, struct ini *config, struct ini *credentials,
    struct buf *why)
{
	if (load_file(c->config_path, INI_CONFIG, config, why) == -1)
		return -1;
	if (load_file(c->credentials_path, INI_CREDENTIALS, credentials, why) ==
	    -1) {
		ini_free(config);
		return -1;
	}
	return 0;
}

int
config_reload_files(struct config *c, struct buf *why)
{
	struct ini config, credentials;

	if (load_files(c, &config, &credentials, why) == -1)
		return -1;
	ini_free(&c->config_file);
	ini_free(&c->credentials_file);
	c->config_file = config;
	c->credentials_file = credentials;
	return 0;
}

/* --- settings --- */

const char *
config_get(const struct config *c, const char *profile, const char *key)
{
	const char *value = ini_value(
	    ini_section(&c->credentials_file, "profile", profile), key);

	return value != NULL
	           ? value
	           : ini_value(
			 ini_section(&c->config_file, "profile", profile), key);
}

bool
config_has_profile(const struct config *c, const char *profile)
{
	return ini_section(&c->credentials_file, "profile", profile) != NULL ||
	       ini_section(&c->config_file, "profile", profile) != NULL;
}

const char *
config_setting(const struct config *c, const char *variable, const char *key,
    const char **name)
{
	const char *value = config_env(c, variable);

	if (name != NULL)
		*name = value != NULL ? variable : key;
	return value != NULL ? value : config_get(c, c->profile, key);
}

static int
read_flag(const struct config *c, const char *variable, const char *key,
    bool *flag, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];
	const char *name, *value = config_setting(c, variable, key, &name);

	*flag = value != NULL && text_same(span_of(value), "true");
	if (value == NULL || *flag || text_same(span_of(value), "false"))
		return 0;
	buf_addf(why, "%s is %s: it must be true or false", name,
	    diag_quote(quoted, span_of(value)));
	return -1;
}

static int
read_attempts(struct config *c, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];
	const char *name, *value;
	int64_t n = MAX_ATTEMPTS;

	value = config_setting(c, "AWS_MAX_ATTEMPTS", "max_attempts", &name);
	if (value != NULL && (units_integer(span_of(value), &n, NULL) == -1 ||
				 n < 1 || n > 1000)) {
		buf_addf(why, "%s is %s: it must be a number from 1 to 1000",
		    name, diag_quote(quoted, span_of(value)));
		return -1;
	}
	c->max_attempts = (int)n;
	return 0;
}

static int
read_profile(struct config *c, const char *option)
{
	const char *name = option;

	c->profile_chosen = option != NULL;
	if (name == NULL)
		name = config_env(c, "AWS_DEFAULT_PROFILE");
	if (name == NULL)
		name = config_env(c, "AWS_PROFILE");
	c->profile_named = name != NULL;
	return text_set(&c->profile, span_of(name != NULL ? name : "default"));
}

static int
check_profile(const struct config *c, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX], place[DIAG_QUOTE_MAX];

	if (!c->profile_named || config_has_profile(c, c->profile))
		return 0;
	buf_addf(why, "there is no profile %s",
	    diag_quote(quoted, span_of(c->profile)));
	if (c->config_path != NULL)
		buf_addf(
		    why, " in %s", diag_quote(place, span_of(c->config_path)));
	if (c->credentials_path != NULL)
		buf_addf(why, " or %s",
		    diag_quote(place, span_of(c->credentials_path)));
	if (c->config_path == NULL && c->credentials_path == NULL)
		buf_add_text(why, ": HOME is not set and this user has no home "
				  "directory, so no file was read");
	buf_add_text(why, "; correct --profile or AWS_PROFILE");
	return -1;
}

static int
read_region(struct config *c, const char *option, struct buf *why)
{
	const char *region = option;

	if (region == NULL)
		region = config_env(c, "AWS_REGION");
	if (region == NULL)
		region = config_env(c, "AWS_DEFAULT_REGION");
	if (region == NULL)
		region = config_get(c, c->profile, "region");
	if (region == NULL)
		return 0;
	return endpoint_check_region(span_of(region), why) == -1
	           ? -1
	           : config_set_region(c, span_of(region));
}

int
config_set_region(struct config *c, struct span region)
{
	return text_set(&c->region, region);
}

/* What TLS would say later, for ever. */
static const char *
judge_ca_bundle(const char *file)
{
	X509_STORE *store;
	struct stat st;
	const char *what = NULL;

	if (access(file, R_OK) == -1)
		return strerror(errno);
	if (stat(file, &st) == -1)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return "it is a directory; name a file of certificates";
	if (!S_ISREG(st.st_mode)) /* which can perhaps be read only once */
		return NULL;
	store = X509_STORE_new();
	if (store == NULL || X509_STORE_load_locations(store, file, NULL) != 1)
		what = "it holds no certificates in PEM form";
	X509_STORE_free(store);
	ERR_clear_error();
	return what;
}

static int
read_ca_bundle(struct config *c, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];
	const char *name, *what;
	const char *file =
	    config_setting(c, "AWS_CA_BUNDLE", "ca_bundle", &name);

	if (file == NULL)
		return 0;
	what = judge_ca_bundle(file);
	if (what != NULL) {
		buf_addf(why, "%s is %s: cannot read it: %s", name,
		    diag_quote(quoted, span_of(file)), what);
		return -1;
	}
	return text_set(&c->ca_bundle, span_of(file));
}

/* Nobody wants Amazon's own endpoint for a section's name that was mistyped. */
static int
check_services(const struct config *c, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX], place[DIAG_QUOTE_MAX];
	const char *section = config_get(c, c->profile, "services");

	if (section == NULL || c->ignore_endpoints ||
	    ini_section(&c->config_file, "services", section) != NULL)
		return 0;
	buf_addf(why,
	    "profile %s names the services section %s, which does not exist; "
	    "correct the profile's \"services\"",
	    diag_quote(place, span_of(c->profile)),
	    diag_quote(quoted, span_of(section)));
	return -1;
}

static int
read_rest(struct config *c, const struct config_options *o, struct buf *why)
{
	if (read_region(c, o->region, why) == -1 ||
	    read_flag(c, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint",
		&c->use_fips, why) == -1 ||
	    read_flag(c, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint",
		&c->use_dualstack, why) == -1 ||
	    read_flag(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		"ignore_configured_endpoint_urls", &c->ignore_endpoints,
		why) == -1 ||
	    check_services(c, why) == -1 || read_attempts(c, why) == -1)
		return -1;
	if (read_ca_bundle(c, why) == -1)
		return -1;
	if (o->endpoint_url != NULL &&
	    text_set(&c->endpoint_option, span_of(o->endpoint_url)) == -1)
		return -1;
	return 0;
}

int
config_load(struct config *c, const struct config_options *o, struct buf *why)
{
	size_t said = why->n;

	*c = (struct config){ .env = o->env != NULL ? o->env : environment };
	if (find_path(c, "AWS_CONFIG_FILE", "~/.aws/config", &c->config_path) ==
		0 &&
	    find_path(c, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials",
		&c->credentials_path) == 0 &&
	    read_profile(c, o->profile) == 0 &&
	    load_files(c, &c->config_file, &c->credentials_file, why) == 0 &&
	    check_profile(c, why) == 0 && read_rest(c, o, why) == 0)
		return 0;
	if (why->n == said)
		buf_add_text(why, "out of memory");
	config_free(c);
	return -1;
}

void
config_free(struct config *c)
{
	free(c->profile);
	free(c->region);
	free(c->endpoint_option);
	free(c->ca_bundle);
	free(c->config_path);
	free(c->credentials_path);
	ini_free(&c->config_file);
	ini_free(&c->credentials_file);
	*c = (struct config){ .env = c->env };
}

/* --- endpoints --- */

/* AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL_SSO_OIDC. */
static const char *
endpoint_variable(
    const struct config *c, const char *service, char *name, size_t size)
{
	size_t n = strlen("AWS_ENDPOINT_URL_");

	memcpy(name, "AWS_ENDPOINT_URL_", n + 1);
	for (; *service != '\0' && n + 1 < size; service++)
		name[n++] = (char)toupper((unsigned char)*service);
	name[n] = '\0';
	return config_env(c, name);
}

static const char *
services_section(const struct config *c, const char *service)
{
	const char *section = config_get(c, c->profile, "services");

	if (section == NULL)
		return NULL;
	return ini_nested(ini_section(&c->config_file, "services", section),
	    service, "endpoint_url");
}

const char *
config_endpoint_url(
    const struct config *c, const char *service, const char **source)
{
	char name[64];
	const char *url, *from;

	if (c->endpoint_option != NULL && strcmp(service, "kinesis") == 0) {
		from = "--endpoint-url";
		url = c->endpoint_option;
	} else if (c->ignore_endpoints) {
		from = NULL;
		url = NULL;
	} else if ((url = endpoint_variable(c, service, name, sizeof name)) !=
		   NULL) {
		from = "AWS_ENDPOINT_URL of the service";
	} else if ((url = config_env(c, "AWS_ENDPOINT_URL")) != NULL) {
		from = "AWS_ENDPOINT_URL";
	} else if ((url = services_section(c, service)) != NULL) {
		from = "the [services] section";
	} else {
		from = "the profile's endpoint_url";
		url = config_get(c, c->profile, "endpoint_url");
	}
	if (source != NULL)
		*source = url == NULL ? NULL : from;
	return url;
}

int
config_endpoint(const struct config *c, const char *service,
    struct endpoint_ask ask, struct endpoint *e, const char **source,
    struct buf *why)
{
	ask.fips = c->use_fips;
	ask.dualstack = c->use_dualstack;
	ask.url = config_endpoint_url(c, service, source);
	return endpoint_resolve(&ask, e, why);
}
