/* endpoint - where a service answers: region, partition, ARN, flags -> URL.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/*
 * Pure.  Source: the endpoint rule sets of kinesis and sts and partitions.json
 * in botocore 1.44, read 2026-11.
 */

/*
 * A stream: its name, or its ARN in parts, all borrowed from the text.  Of a
 * name alone only stream is set.
 */
struct arn {
	struct span text;      /* all of it */
	struct span partition; /* "aws", "aws-cn" */
	struct span service;   /* "kinesis" */
	struct span region;
	struct span account; /* 12 digits */
	struct span stream;  /* the name, [a-zA-Z0-9_.-]{1,128} */
};

/*
 * A name, or what begins with "arn:":
 * arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME, each part checked; the
 * partition must be that of the region.
 */
int endpoint_parse_stream(struct span, struct arn *, struct fault *);

/* A region is one host label: small letters, digits, '-'; 1..63 bytes. */
bool endpoint_is_region(struct span);

/* 0, or -1 with why, where it is none. */
int endpoint_check_region(struct span, struct buf *why);

/* The partition's name ("aws", "aws-cn", ...); "aws" for unknown regions. */
const char *endpoint_partition(struct span region);

/*
 * service: "kinesis", "sts", "portal.sso", "oidc": the host's first label.
 * account: with a stream's ARN and no custom URL the host is
 * ACCOUNT.data-kinesis (or control-kinesis, with control set); NULL else.
 * Not so in the iso partitions, which have no such hosts.
 * url: a custom endpoint, NULL for none; with fips or dualstack it is refused.
 */
struct endpoint_ask {
	const char *service;
	struct span region;
	struct span account;
	bool control;
	bool fips;
	bool dualstack;
	const char *url;
};

/* All zero is empty; the texts are owned. */
struct endpoint {
	char *
	    url; /* to connect to: "https://kinesis.eu-west-1.amazonaws.com/" */
	char *host;   /* Host header: with the port where it is not 443 or 80 */
	char *path;   /* of url, begins with '/': what is signed */
	char *region; /* to sign for */
};

/*
 * A custom URL is http:// or https://, a host name, an IPv4 or a bracketed
 * IPv6 address, perhaps a port, perhaps a path; no user, query or fragment.
 * -1: *why says what is wrong and what to do (status 2).
 */
int endpoint_resolve(
    const struct endpoint_ask *, struct endpoint *, struct buf *why);
void endpoint_free(struct endpoint *);

#endif
