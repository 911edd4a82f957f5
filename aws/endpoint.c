/* endpoint - where a service answers: region, partition, ARN, flags -> URL.
 * SPDX-License-Identifier: ISC */
#include "aws/endpoint.h"

#include <ctype.h>
#include <stdlib.h>

#include "aws/text.h"
#include "lib/diag.h"
#include "lib/take.h"

enum { HOST_LABEL_MAX = 63, STREAM_MAX = 128, ACCOUNT_DIGITS = 12 };

/*
 * A region belongs to the first partition whose prefix it has; the longer ones
 * stand first.  fips_plain: FIPS hosts have the plain name.  Source:
 * partitions.json and endpoints.json of botocore 1.44, read 2026-11.
 */
static const struct partition {
	const char *prefix;
	const char *name;
	const char *suffix;
	const char *dual_suffix;
	bool fips_plain;
	bool isolated; /* no hosts of accounts */
} partitions[] = {
	{ "us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", true, false },
	{ "us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", false,
	    true },
	{ "us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov",
	    false, true },
	{ "us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", false, true },
	{ "eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk",
	    false, true },
	{ "eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu",
	    false, false },
	{ "cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn",
	    false, false },
	{ "", "aws", "amazonaws.com", "api.aws", false, false },
};

static const struct partition *
partition_of(struct span region)
{
	const struct partition *p = partitions;

	while (region.n < strlen(p->prefix) ||
	       memcmp(region.p, p->prefix, strlen(p->prefix)) != 0)
		p++;
	return p;
}

const char *
endpoint_partition(struct span region)
{
	return partition_of(region)->name;
}

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

bool
endpoint_is_region(struct span s)
{
	if (s.n < 1 || s.n > HOST_LABEL_MAX || s.p[0] == '-' ||
	    s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') &&
		    (s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '-')
			return false;
	return true;
}

int
endpoint_check_region(struct span region, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX];

	if (endpoint_is_region(region))
		return 0;
	buf_addf(why,
	    "bad region %s: lowercase letters, digits and '-' only, as in "
	    "eu-west-1",
	    diag_quote(quoted, region));
	return -1;
}

static int
check_stream(struct span s, struct fault *why)
{
	if (s.n == 0)
		return fault_set(why, 0, "the stream's name is empty");
	if (s.n > STREAM_MAX)
		return fault_set(why, STREAM_MAX,
		    "the stream's name has more than 128 characters");
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter_or_digit(s.p[i]) &&
		    (s.p[i] == '\0' || strchr("_.-", s.p[i]) == NULL))
			return fault_set(why, i,
			    "a stream's name has letters, digits, '_', '.' "
			    "and '-' only");
	return 0;
}

static bool
is_account(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isdigit((unsigned char)s.p[i]))
			return false;
	return s.n == ACCOUNT_DIGITS;
}

int
endpoint_parse_stream(struct span text, struct arn *arn, struct fault *why)
{
	struct span left = text;

	*arn = (struct arn){ .stream = text };
	if (!take_text(&left, "arn:"))
		return check_stream(text, why);
	arn->text = text;
	if (!take_part(&left, ':', &arn->partition) ||
	    !take_part(&left, ':', &arn->service) ||
	    !take_part(&left, ':', &arn->region) ||
	    !take_part(&left, ':', &arn->account) || left.n == 0)
		return fault_set(why, 0,
		    "an ARN is arn:PARTITION:kinesis:REGION:ACCOUNT:"
		    "stream/NAME");
	if (!span_is(arn->service, "kinesis"))
		return fault_set(why, (size_t)(arn->service.p - text.p),
		    "the ARN is not of Kinesis Data Streams");
	if (!endpoint_is_region(arn->region))
		return fault_set(why, (size_t)(arn->region.p - text.p),
		    "the ARN has no valid region");
	if (!span_is(arn->partition, endpoint_partition(arn->region)))
		return fault_set(why, (size_t)(arn->partition.p - text.p),
		    "the ARN's partition is not that of its region");
	if (!is_account(arn->account))
		return fault_set(why, (size_t)(arn->account.p - text.p),
		    "the ARN's account is not 12 digits");
	if (!take_text(&left, "stream/"))
		return fault_set(why, (size_t)(left.p - text.p),
		    "the ARN does not end in stream/NAME");
	arn->stream = left;
	return check_stream(arn->stream, why);
}

/* --- custom URLs --- */

struct url {
	bool tls;
	struct span host; /* with brackets, without port */
	struct span port; /* digits, or empty */
	struct span path; /* begins with '/', or empty */
};

static bool
take_prefix(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n || !text_same((struct span){ s->p, n }, prefix))
		return false;
	*s = (struct span){ s->p + n, s->n - n };
	return true;
}

static bool
is_host(struct span h)
{
	bool bracketed = h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']';

	if (bracketed)
		h = (struct span){ h.p + 1, h.n - 2 };
	for (size_t i = 0; i < h.n; i++) {
		char c = h.p[i];

		if (bracketed
			? !isxdigit((unsigned char)c) && c != ':' && c != '.'
			: !is_letter_or_digit(c) && c != '.' && c != '-' &&
			      c != '_')
			return false;
	}
	return h.n > 0;
}

static bool
is_port(struct span p)
{
	long value = 0;

	for (size_t i = 0; i < p.n && value <= 65535; i++) {
		if (!isdigit((unsigned char)p.p[i]))
			return false;
		value = value * 10 + (p.p[i] - '0');
	}
	return p.n > 0 && value >= 1 && value <= 65535;
}

static bool
is_path(struct span p)
{
	for (size_t i = 0; i < p.n; i++)
		if ((unsigned char)p.p[i] <= ' ' || p.p[i] == '?' ||
		    p.p[i] == '#' || p.p[i] == '\\' ||
		    (unsigned char)p.p[i] >= 0x7f)
			return false;
	return true;
}

static const char *
split_url(struct span s, struct url *u)
{
	size_t n = 0, host;

	u->tls = take_prefix(&s, "https://");
	if (!u->tls && !take_prefix(&s, "http://"))
		return "it begins with neither http:// nor https://";
	while (n < s.n && s.p[n] != '/')
		n++;
	u->path = (struct span){ s.p + n, s.n - n };
	host = n;
	while (host > 0 && s.p[host - 1] != ':' && s.p[host - 1] != ']')
		host--;
	if (host == 0 || s.p[host - 1] == ']') {
		u->host = (struct span){ s.p, n };
		u->port = (struct span){ s.p + n, 0 };
	} else {
		u->host = (struct span){ s.p, host - 1 };
		u->port = (struct span){ s.p + host, n - host };
		if (!is_port(u->port))
			return "its port is not a number from 1 to 65535";
	}
	if (!is_host(u->host))
		return "it has no valid host name, or it contains a user or "
		       "password";
	return is_path(u->path)
	           ? NULL
	           : "it must not contain blanks, a query or a fragment";
}

static int
custom(const struct endpoint_ask *ask, const char **scheme, struct buf *host,
    struct span *path, struct buf *why)
{
	struct url u;
	char quoted[DIAG_QUOTE_MAX];
	const char *what = split_url(span_of(ask->url), &u);

	if (what == NULL && (ask->fips || ask->dualstack))
		what = "FIPS and dual-stack are for Amazon's own endpoints; "
		       "unset AWS_USE_FIPS_ENDPOINT and "
		       "AWS_USE_DUALSTACK_ENDPOINT";
	if (what != NULL) {
		buf_addf(why, "bad endpoint URL %s: %s",
		    diag_quote(quoted, span_of(ask->url)), what);
		return -1;
	}
	buf_add_span(host, u.host);
	if (u.port.n > 0 && !span_is(u.port, u.tls ? "443" : "80")) {
		buf_add_char(host, ':');
		buf_add_span(host, u.port);
	}
	*path = u.path.n > 0 ? u.path : span_of("/");
	*scheme = u.tls ? "https" : "http";
	return 0;
}

/* --- Amazon's own --- */

static void
own(const struct endpoint_ask *ask, struct buf *host)
{
	const struct partition *p = partition_of(ask->region);
	bool plain = p->fips_plain && !ask->dualstack;

	if (ask->account.n > 0 && !p->isolated) {
		buf_add_span(host, ask->account);
		buf_addf(host, ".%s-%s", ask->control ? "control" : "data",
		    ask->service);
		/* The hosts of accounts are named alike in all partitions. */
		plain = false;
	} else {
		buf_add_text(host, ask->service);
	}
	if (ask->fips && !plain)
		buf_add_text(host, "-fips");
	buf_add_char(host, '.');
	buf_add_span(host, ask->region);
	buf_addf(host, ".%s", ask->dualstack ? p->dual_suffix : p->suffix);
}

int
endpoint_resolve(
    const struct endpoint_ask *ask, struct endpoint *e, struct buf *why)
{
	struct buf host = { 0 }, url = { 0 };
	const char *scheme = "https";
	struct span path = span_of("/");

	*e = (struct endpoint){ 0 };
	if (endpoint_check_region(ask->region, why) == -1)
		return -1;
	if (ask->url == NULL)
		own(ask, &host);
	else if (custom(ask, &scheme, &host, &path, why) == -1)
		return -1;
	buf_addf(&url, "%s://", scheme);
	buf_add_span(&url, buf_span(&host));
	buf_add_span(&url, path);
	e->region = text_copy(ask->region);
	e->path = text_copy(path);
	e->host = text_take(&host);
	e->url = text_take(&url);
	if (e->region != NULL && e->path != NULL && e->host != NULL &&
	    e->url != NULL)
		return 0;
	buf_add_text(why, "out of memory");
	endpoint_free(e);
	return -1;
}

void
endpoint_free(struct endpoint *e)
{
	free(e->url);
	free(e->host);
	free(e->path);
	free(e->region);
	*e = (struct endpoint){ 0 };
}
