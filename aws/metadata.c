/* metadata - keys from the machine: the container's agent, or the
 * instance metadata service (IMDSv2, or v1 where v2 does not get through).
 * SPDX-License-Identifier: ISC */
#include "aws/metadata.h"

#include "aws/text.h"
#include "lib/diag.h"
#include "lib/take.h"
#include "lib/units.h"

/* Source: botocore utils.py and credentials.py, read 2026-11. */
enum {
	CONTAINER_TIMEOUT_MS = 2000,
	ATTEMPTS = 3, /* botocore asks IMDS once: too little while booting */
	PAUSE_MS = 1000,
	IMDS_TIMEOUT_S = 1,
};

enum { CODE = KEYS_MORE, MEMBERS };

/* The answer of both. */
static enum credentials_result
read_answer(
    struct provider *p, struct span body, const char *who, struct identity *id)
{
	static const char *const member[MEMBERS] = { "AccessKeyId",
		"SecretAccessKey", "Token", "Expiration", "Code" };
	struct buf value[MEMBERS] = { { 0 } };
	char code[DIAG_QUOTE_MAX];
	enum credentials_result result = CREDENTIALS_OK;
	const char *what = NULL;

	if (provider_read_json(body, member, MEMBERS, value) == -1)
		what = "no JSON object";
	else if (value[CODE].n > 0 &&
		 !span_is(buf_span(&value[CODE]), "Success"))
		result = provider_fail(p, CREDENTIALS_FAILED, "%s: %s", who,
		    diag_quote(code, buf_span(&value[CODE])));
	else
		what = provider_take_keys(value, id);
	if (what != NULL)
		result = provider_fail(
		    p, CREDENTIALS_FAILED, "%s: the answer has %s", who, what);
	provider_wipe(value, MEMBERS);
	return result;
}

/* --- container --- */

#define CONTAINER     "AWS_CONTAINER_CREDENTIALS_"
#define AUTHORIZATION "AWS_CONTAINER_AUTHORIZATION_TOKEN"

bool
container_is_configured(const struct config *c)
{
	return config_env(c, CONTAINER "RELATIVE_URI") != NULL ||
	       config_env(c, CONTAINER "FULL_URI") != NULL;
}

/* The host of an http URL, without port and brackets. */
static struct span
host_of(const char *url)
{
	struct span s = span_of(url + strlen("http://"));
	size_t n = strcspn(s.p, "/?#");
	const char *colon;

	if (s.n > 0 && s.p[0] == '[')
		return (struct span){ s.p + 1, strcspn(s.p + 1, "]/") };
	colon = n == 0 ? NULL : memchr(s.p, ':', n);
	return (struct span){ s.p, colon != NULL ? (size_t)(colon - s.p) : n };
}

static bool
is_loopback_v4(struct span h)
{
	bool good = h.n > 4 && memcmp(h.p, "127.", 4) == 0;

	for (size_t i = 0; good && i < h.n; i++)
		good = (h.p[i] >= '0' && h.p[i] <= '9') || h.p[i] == '.';
	return good;
}

/* Hosts that may be asked in clear: they are in this machine. */
static bool
is_near(struct span h)
{
	static const char *const near[] = { "169.254.170.2", "169.254.170.23",
		"fd00:ec2::23", "localhost", "::1" };

	for (size_t i = 0; i < sizeof near / sizeof *near; i++)
		if (text_same(h, near[i]))
			return true;
	return is_loopback_v4(h);
}

static enum credentials_result
container_url(struct provider *p, struct provider_ask *ask)
{
	const char *path = config_env(p->config, CONTAINER "RELATIVE_URI");
	const char *full = config_env(p->config, CONTAINER "FULL_URI");
	char quoted[DIAG_QUOTE_MAX];

	ask->direct = true;
	if (path != NULL) {
		buf_addf(&ask->url, "http://169.254.170.2%s%s",
		    path[0] == '/' ? "" : "/", path);
		return CREDENTIALS_OK;
	}
	buf_add_text(&ask->url, full);
	ask->direct = strncmp(full, "https://", 8) != 0;
	/* What looks like a host before an '@' is a user's name. */
	if (!ask->direct ||
	    (strncmp(full, "http://", 7) == 0 && strchr(full, '@') == NULL &&
		is_near(host_of(full))))
		return CREDENTIALS_OK;
	return provider_fail(p, CREDENTIALS_CONFIG,
	    CONTAINER "FULL_URI is %s: it must be https, or http to this "
		      "machine (loopback, 169.254.170.2, 169.254.170.23, "
		      "fd00:ec2::23)",
	    diag_quote(quoted, span_of(full)));
}

/* "Authorization: ..." or nothing.  Its file is read anew each time. */
static enum credentials_result
container_token(struct provider *p, struct buf *header)
{
	const char *path = config_env(p->config, AUTHORIZATION "_FILE");
	const char *said = config_env(p->config, AUTHORIZATION);
	struct buf token = { 0 };
	enum credentials_result result = CREDENTIALS_OK;

	if (path != NULL && provider_read_file(p, path, &token) == -1)
		result = CREDENTIALS_FAILED;
	else if (path == NULL && said != NULL)
		buf_add_text(&token, said);
	for (size_t i = 0; i < token.n; i++)
		if ((unsigned char)token.p[i] < ' ')
			result = provider_fail(p, CREDENTIALS_CONFIG,
			    "the container's authorization token holds a "
			    "line end or another control byte");
	if (token.n > 0) {
		buf_add_text(header, "Authorization: ");
		buf_add_span(header, buf_span(&token));
	}
	text_wipe(&token);
	return result;
}

enum credentials_result
container_ask(struct provider *p, struct identity *id)
{
	struct transport_response response = { 0 };
	struct provider_ask ask = { .who = "no credentials from the container",
		.method = "GET",
		.attempts = ATTEMPTS,
		.pause_ms = PAUSE_MS,
		.timeout_ms = CONTAINER_TIMEOUT_MS };
	enum credentials_result result;

	provider_name(p, "container");
	result = container_url(p, &ask);
	if (result == CREDENTIALS_OK)
		result = container_token(p, &ask.header);
	if (result == CREDENTIALS_OK)
		result = provider_http(p, &ask, &response);
	if (result == CREDENTIALS_OK)
		result = read_answer(p, buf_span(&response.body), ask.who, id);
	transport_response_free(&response);
	provider_ask_free(&ask);
	return result;
}

/* --- instance metadata --- */

#define IMDS  "AWS_EC2_METADATA_"
#define ROLES "/latest/meta-data/iam/security-credentials/"

bool
imds_is_configured(const struct config *c)
{
	const char *off = config_env(c, IMDS "DISABLED");

	return off == NULL || !text_same(span_of(off), "true");
}

static int
number(const struct config *c, const char *variable, const char *key, int usual)
{
	const char *text = config_setting(c, variable, key, NULL);
	int64_t n;

	if (text == NULL || units_integer(span_of(text), &n, NULL) == -1 ||
	    n < 1 || n > 3600)
		return usual;
	return (int)n;
}

static void
imds_base(const struct config *c, struct buf *url)
{
	const char *said = config_setting(
	    c, IMDS "SERVICE_ENDPOINT", "ec2_metadata_service_endpoint", NULL);
	const char *mode = config_setting(c, IMDS "SERVICE_ENDPOINT_MODE",
	    "ec2_metadata_service_endpoint_mode", NULL);
	size_t n;

	if (said == NULL)
		said = mode != NULL && text_same(span_of(mode), "ipv6")
		           ? "http://[fd00:ec2::254]"
		           : "http://169.254.169.254";
	n = strlen(said);
	while (n > 0 && said[n - 1] == '/')
		n--;
	buf_add(url, said, n);
}

/* What became of a question, beside its result. */
struct imds_answer {
	struct buf body;
	int status;  /* 0: none came */
	bool silent; /* somebody is there, and said nothing in time */
};

/* One question of the three. */
static enum credentials_result
imds_get(struct provider *p, const char *method, struct span path,
    struct span header, struct imds_answer *answer)
{
	struct transport_response response = { 0 };
	struct provider_ask ask = { .who = "no credentials from IMDS",
		.method = method,
		.attempts =
		    number(p->config, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
			"metadata_service_num_attempts", ATTEMPTS),
		.pause_ms = PAUSE_MS,
		.timeout_ms =
		    1000 * number(p->config, "AWS_METADATA_SERVICE_TIMEOUT",
			       "metadata_service_timeout", IMDS_TIMEOUT_S),
		.direct = true };
	enum credentials_result result;

	imds_base(p->config, &ask.url);
	buf_add_span(&ask.url, path);
	buf_add_span(&ask.header, header);
	result = provider_http(p, &ask, &response);
	answer->status = response.status;
	answer->silent = response.result == TRANSPORT_TIMEOUT;
	buf_add_span(&answer->body, text_trim(buf_span(&response.body)));
	transport_response_free(&response);
	provider_ask_free(&ask);
	return result;
}

/* The first line of the list is the role; path is that of its keys. */
static enum credentials_result
imds_role(struct provider *p, struct span header, struct buf *path)
{
	struct imds_answer list = { 0 };
	enum credentials_result result;
	struct span left, name;

	buf_add_text(path, ROLES);
	result = imds_get(p, "GET", buf_span(path), header, &list);
	left = buf_span(&list.body);
	if (result == CREDENTIALS_OK && take_part(&left, '\n', &name))
		buf_add_span(path, text_trim(name));
	if (list.status == 404 ||
	    (result == CREDENTIALS_OK && list.body.n == 0)) {
		buf_clear(p->why);
		result = provider_fail(
		    p, CREDENTIALS_NONE, "this instance has no role attached");
	}
	buf_free(&list.body);
	return result;
}

/*
 * The token of IMDSv2, as a header.  In a container one hop away its answer may
 * get lost, and old stand-ins do not know it: then v1, without a header, is
 * asked, unless it was ruled out.
 */
static enum credentials_result
imds_token(struct provider *p, struct buf *header)
{
	const char *v1_off = config_setting(
	    p->config, IMDS "V1_DISABLED", "ec2_metadata_v1_disabled", NULL);
	struct imds_answer answer = { 0 };
	enum credentials_result result = imds_get(p, "PUT",
	    span_of("/latest/api/token"),
	    span_of("x-aws-ec2-metadata-token-ttl-seconds: 21600"), &answer);

	if (result == CREDENTIALS_OK) {
		buf_add_text(header, "x-aws-ec2-metadata-token: ");
		buf_add_span(header, buf_span(&answer.body));
	} else if ((answer.silent || answer.status == 403 ||
		       answer.status == 404 || answer.status == 405) &&
		   (v1_off == NULL || !text_same(span_of(v1_off), "true"))) {
		buf_clear(p->why);
		result = CREDENTIALS_OK;
	} else if (answer.status / 100 != 5 && answer.status != 429) {
		result = CREDENTIALS_NONE; /* not an instance of AWS */
	}
	text_wipe(&answer.body);
	return result;
}

enum credentials_result
imds_ask(struct provider *p, struct identity *id)
{
	struct imds_answer answer = { 0 };
	struct buf header = { 0 }, path = { 0 };
	enum credentials_result result;

	provider_name(p, "IMDS");
	result = imds_token(p, &header);
	if (result == CREDENTIALS_OK) {
		result = imds_role(p, buf_span(&header), &path);
		/* Without a token: who refuses this is not an instance. */
		if (result == CREDENTIALS_REFUSED && header.n == 0)
			result = CREDENTIALS_NONE;
	}
	if (result == CREDENTIALS_OK)
		result = imds_get(
		    p, "GET", buf_span(&path), buf_span(&header), &answer);
	if (result == CREDENTIALS_OK)
		result = read_answer(
		    p, buf_span(&answer.body), "no credentials from IMDS", id);
	text_wipe(&answer.body);
	text_wipe(&header);
	buf_free(&path);
	return result;
}
