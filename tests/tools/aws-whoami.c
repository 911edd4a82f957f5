/* aws-whoami - asks the chain of credentials, and says who answered.
 * SPDX-License-Identifier: ISC
 *
 * usage: aws-whoami [--profile P] [--region R] [--endpoint-url U]
 *                   [--at MS] [--again MS]... [--expired]
 *
 * Prints provider, key id, whether there is a token, expiry, region and
 * endpoints, a "name=value" a line; the secret never.  --at: the service's
 * clock of the first asking; --again: asks once more at that time; --expired:
 * as if the service had refused what came.  The provider is printed also where
 * it failed.  Status: 0, or that of the programs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "lib/clock.h"
#include "lib/diag.h"
#include "lib/span.h"

enum { AGAIN_MAX = 16 };

struct ask {
	struct config_options options;
	int64_t at_ms;
	int64_t again_ms[AGAIN_MAX];
	int agains;
	bool expired;
};

static int
read_options(int argc, char **argv, struct ask *a)
{
	a->at_ms = clock_wall_ms();
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "--expired") == 0)
			a->expired = true;
		else if (more && strcmp(argv[i], "--profile") == 0)
			a->options.profile = argv[++i];
		else if (more && strcmp(argv[i], "--region") == 0)
			a->options.region = argv[++i];
		else if (more && strcmp(argv[i], "--endpoint-url") == 0)
			a->options.endpoint_url = argv[++i];
		else if (more && strcmp(argv[i], "--at") == 0)
			a->at_ms = atoll(argv[++i]);
		else if (more && strcmp(argv[i], "--again") == 0 &&
			 a->agains < AGAIN_MAX)
			a->again_ms[a->agains++] = atoll(argv[++i]);
		else
			return -1;
	}
	return 0;
}

static void
print_endpoint(const struct config *c, const char *service)
{
	struct endpoint_ask ask = { .service = service,
		.region = span_of(c->region) };
	struct endpoint e = { 0 };
	struct buf why = { 0 };
	const char *source;

	if (config_endpoint(c, service, ask, &e, &source, &why) == 0)
		printf("%s=%s\n%s_from=%s\n", service, e.url, service,
		    source == NULL ? "region" : source);
	else
		printf("%s=%s\n", service, buf_text(&why));
	endpoint_free(&e);
	buf_free(&why);
}

static int
status_of(enum credentials_result result)
{
	switch (result) {
	case CREDENTIALS_OK:
		return STATUS_OK;
	case CREDENTIALS_CONFIG:
		return STATUS_USAGE;
	case CREDENTIALS_NONE:
	case CREDENTIALS_FAILED:
	case CREDENTIALS_REFUSED:
		break;
	}
	return STATUS_SYSTEM;
}

static void
say(const char *kind, struct buf *why)
{
	if (why->n > 0)
		diag_error(NULL, "%s%s", kind, buf_text(why));
	buf_clear(why);
}

static int
print(struct credentials *c, int64_t now_ms)
{
	const struct identity *id;
	struct buf why = { 0 };
	enum credentials_result result = credentials_get(c, now_ms, &id, &why);

	say(result == CREDENTIALS_OK ? "warning: " : "", &why);
	buf_free(&why);
	if (result != CREDENTIALS_OK) {
		if (c->name != NULL)
			printf("provider=%s\n", c->name);
		return status_of(result);
	}
	printf("provider=%s\nkey=%s\ntoken=%s\nnumber=%u\n", c->name,
	    id->access_key_id, id->token == NULL ? "no" : "yes", c->number);
	if (id->expires_ms == IDENTITY_NEVER)
		printf("expires=never\n");
	else
		printf("expires=%" PRId64 "\ndue=%" PRId64 "\n", id->expires_ms,
		    c->due_ms);
	return STATUS_OK;
}

static int
refuse(struct credentials *c, int64_t now_ms)
{
	struct buf why = { 0 };
	enum credentials_result result = credentials_expired(c, now_ms, &why);

	say("", &why);
	buf_free(&why);
	return status_of(result);
}

int
main(int argc, char **argv)
{
	struct ask a = { 0 };
	struct config config = { 0 };
	struct transport_options options = { 0 };
	struct transport *t = NULL;
	struct credentials c = { 0 };
	struct skew skew = { 0 };
	struct buf why = { 0 };
	int status = STATUS_USAGE;

	diag_init("aws-whoami");
	if (read_options(argc, argv, &a) == -1 ||
	    config_load(&config, &a.options, &why) == -1)
		goto out;
	printf("profile=%s\nregion=%s\n", config.profile,
	    config.region == NULL ? "" : config.region);
	if (config.region != NULL) {
		print_endpoint(&config, "kinesis");
		print_endpoint(&config, "sts");
	}
	options.ca_bundle = config.ca_bundle;
	t = transport_new(&options, &why);
	c = (struct credentials){
		.config = &config, .transport = t, .skew = &skew
	};
	status = t == NULL ? STATUS_SYSTEM : print(&c, a.at_ms);
	if (status == STATUS_OK && a.expired) {
		status = refuse(&c, a.at_ms);
		if (status == STATUS_OK)
			status = print(&c, a.at_ms);
	}
	for (int i = 0; t != NULL && i < a.agains; i++)
		status = print(&c, a.again_ms[i]);
	if (skew.number > 0)
		printf("offset=%" PRId64 "\n", skew.offset_ms);
out:
	say("", &why);
	credentials_free(&c);
	transport_del(t);
	config_free(&config);
	buf_free(&why);
	return fflush(stdout) == 0 ? status : STATUS_SYSTEM;
}
