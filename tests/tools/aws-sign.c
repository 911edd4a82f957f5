/* aws-sign - signs the requests that it reads, and prints every stage.
 * SPDX-License-Identifier: ISC
 *
 * usage: aws-sign < requests > stages
 *
 * A request is lines of "field value", ended by an empty line: access-key-id,
 * secret, token, region, service, time (ISO-8601), method, path, header
 * ("Name: value", any number), body or body-hex.  Each gives a line of JSON:
 * date, canonical, to_sign, signature, authorization.  One key cache serves
 * all, as in the programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4.h"
#include "aws/text.h"
#include "lib/buf.h"
#include "lib/json.h"
#include "lib/timestamp.h"

struct ask {
	char *key_id, *secret, *token, *region, *service, *time, *method;
	char *path;
	char *header[SIGV4_HEADERS_MAX];
	size_t nheaders;
	struct buf body;
};

static void
die(const char *what)
{
	fprintf(stderr, "aws-sign: %s\n", what);
	exit(2);
}

static void
set(char **field, const char *value)
{
	if (text_set(field, span_of(value)) == -1)
		die("out of memory");
}

static void
add_hex(struct buf *body, const char *hex)
{
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		buf_add_char(body, (char)byte);
}

static void
read_field(struct ask *a, const char *line)
{
	struct {
		const char *name;
		char **field;
	} known[] = { { "access-key-id", &a->key_id }, { "secret", &a->secret },
		{ "token", &a->token }, { "region", &a->region },
		{ "service", &a->service }, { "time", &a->time },
		{ "method", &a->method }, { "path", &a->path } };
	size_t n = strcspn(line, " ");
	const char *value = line[n] == ' ' ? line + n + 1 : line + n;
	struct span name = { line, n };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (span_is(name, known[i].name)) {
			set(known[i].field, value);
			return;
		}
	if (span_is(name, "header") && a->nheaders < SIGV4_HEADERS_MAX)
		set(&a->header[a->nheaders++], value);
	else if (span_is(name, "body"))
		buf_add_text(&a->body, value);
	else if (span_is(name, "body-hex"))
		add_hex(&a->body, value);
	else
		die("unknown field");
}

static void
print(const struct sigv4 *s)
{
	struct buf out = { 0 };
	struct {
		const char *name;
		struct span value;
	} part[] = { { "{\"date\":", span_of(s->date) },
		{ ",\"canonical\":", buf_span(&s->canonical) },
		{ ",\"to_sign\":", buf_span(&s->to_sign) },
		{ ",\"signature\":", span_of(s->signature) },
		{ ",\"authorization\":", buf_span(&s->authorization) } };

	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		buf_add_text(&out, part[i].name);
		json_write_text(&out, part[i].value);
	}
	buf_add_text(&out, "}\n");
	if (out.failed || fwrite(out.p, 1, out.n, stdout) != out.n)
		die("cannot write");
	buf_free(&out);
}

static void
sign(const struct ask *a, struct sigv4_key *key)
{
	struct sigv4_header h[SIGV4_HEADERS_MAX];
	struct sigv4_request r = { .method = a->method,
		.path = span_of(a->path == NULL ? "" : a->path),
		.headers = h,
		.body = buf_span(&a->body) };
	struct identity id = { 0 };
	struct sigv4_scope scope = { &id, a->region, a->service };
	struct sigv4 s = { 0 };
	struct span token = { 0 };
	int64_t ms;
	bool zoned;

	if (a->key_id == NULL || a->secret == NULL || a->region == NULL ||
	    a->service == NULL || a->method == NULL || a->time == NULL ||
	    timestamp_parse(span_of(a->time), &ms, &zoned, NULL) == -1)
		die("a field is missing");
	if (a->token != NULL)
		token = span_of(a->token);
	for (size_t i = 0; i < a->nheaders; i++) {
		char *colon = strchr(a->header[i], ':');

		if (colon == NULL)
			die("a header without colon");
		*colon = '\0';
		h[r.nheaders++] =
		    (struct sigv4_header){ a->header[i], span_of(colon + 1) };
	}
	if (identity_set(&id, span_of(a->key_id), span_of(a->secret), token,
		IDENTITY_NEVER) == -1 ||
	    sigv4_sign(&r, &scope, ms, key, &s) == -1)
		die("cannot sign");
	print(&s);
	sigv4_free(&s);
	identity_free(&id);
}

static void
forget(struct ask *a)
{
	char *text[] = { a->key_id, a->secret, a->token, a->region, a->service,
		a->time, a->method, a->path };

	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		free(text[i]);
	for (size_t i = 0; i < a->nheaders; i++)
		free(a->header[i]);
	buf_free(&a->body);
	*a = (struct ask){ 0 };
}

int
main(void)
{
	struct ask a = { 0 };
	struct sigv4_key key = { 0 };
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) != -1) {
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (line[0] != '\0') {
			read_field(&a, line);
			continue;
		}
		if (a.method != NULL)
			sign(&a, &key);
		forget(&a);
	}
	if (a.method != NULL)
		sign(&a, &key);
	forget(&a);
	free(line);
	sigv4_key_free(&key);
	return fflush(stdout) == 0 ? 0 : 3;
}
