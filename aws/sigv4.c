/* sigv4 - AWS Signature Version 4 of a request, in its header form.
 * SPDX-License-Identifier: ISC */
#include "aws/sigv4.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "aws/text.h"
#include "lib/timestamp.h"

#define ALGORITHM  "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"

enum { DIGEST = 32, DAY = 8 };

static void
hex(const unsigned char digest[DIGEST], char out[SIGV4_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < DIGEST; i++) {
		*out++ = digits[digest[i] >> 4];
		*out++ = digits[digest[i] & 15];
	}
	*out = '\0';
}

static int
sha256(struct span s, unsigned char digest[DIGEST])
{
	return EVP_Digest(s.n > 0 ? s.p : "", s.n, digest, NULL, EVP_sha256(),
		   NULL) == 1
	           ? 0
	           : -1;
}

static int
hmac(const unsigned char *key, size_t nkey, struct span s,
    unsigned char digest[DIGEST])
{
	unsigned n = DIGEST;

	return HMAC(EVP_sha256(), key, (int)nkey, (const unsigned char *)s.p,
		   s.n, digest, &n) == NULL
	           ? -1
	           : 0;
}

static int
hash(struct span s, char out[SIGV4_HEX + 1])
{
	unsigned char digest[DIGEST];

	if (sha256(s, digest) == -1)
		return -1;
	hex(digest, out);
	return 0;
}

void
sigv4_key_free(struct sigv4_key *k)
{
	OPENSSL_cleanse(k, sizeof *k);
}

void
sigv4_free(struct sigv4 *s)
{
	text_wipe(&s->canonical);
	text_wipe(&s->to_sign);
	text_wipe(&s->authorization);
	*s = (struct sigv4){ 0 };
}

/* 2026-11-23T13:30:00Z without what stands between. */
static void
write_date(int64_t now_ms, char out[SIGV4_DATE + 1])
{
	struct buf text = { 0 };
	size_t n = 0;

	timestamp_write(&text, now_ms / 1000 * 1000, true);
	for (size_t i = 0; i < text.n && n < SIGV4_DATE; i++)
		if (text.p[i] != '-' && text.p[i] != ':')
			out[n++] = text.p[i];
	out[n] = '\0';
	buf_free(&text);
}

/* --- canonical request --- */

/* Drops the last segment and its slash: "/a/b/" -> "/a/". */
static void
drop_segment(struct buf *out, size_t from)
{
	if (out->n > from + 1)
		out->n--;
	while (out->n > from + 1 && out->p[out->n - 1] != '/')
		out->n--;
}

/* RFC 3986, 5.2.4, without empty segments; each segment encoded once more. */
static void
add_path(struct buf *out, struct span path)
{
	size_t from = out->n, i = 0;

	buf_add_char(out, '/');
	while (i < path.n) {
		size_t end = i;

		while (end < path.n && path.p[end] != '/')
			end++;

		struct span segment = { path.p + i, end - i };

		if (span_is(segment, "..")) {
			drop_segment(out, from);
		} else if (segment.n > 0 && !span_is(segment, ".")) {
			text_add_encoded(out, segment);
			if (end < path.n)
				buf_add_char(out, '/');
		}
		i = end + 1;
	}
}

/* Value without blanks around it and with single ones inside. */
static void
add_squeezed(struct buf *out, struct span value)
{
	bool begun = false, blank = false;

	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			blank = true;
			continue;
		}
		if (blank && begun)
			buf_add_char(out, ' ');
		buf_add_char(out, c);
		begun = true;
		blank = false;
	}
}

struct headers {
	struct sigv4_header h[SIGV4_HEADERS_MAX + 2];
	size_t n;
};

static int
by_name(const void *a, const void *b)
{
	const struct sigv4_header *x = a, *y = b;

	return strcasecmp(x->name, y->name);
}

static int
collect(const struct sigv4_request *r, const struct identity *id,
    const char *date, struct headers *all)
{
	*all = (struct headers){ 0 };
	if (r->nheaders > SIGV4_HEADERS_MAX)
		return -1;
	for (size_t i = 0; i < r->nheaders; i++)
		all->h[all->n++] = r->headers[i];
	all->h[all->n++] = (struct sigv4_header){ "x-amz-date", span_of(date) };
	if (id->token != NULL)
		all->h[all->n++] =
		    (struct sigv4_header){ "x-amz-security-token",
			    span_of(id->token) };
	qsort(all->h, all->n, sizeof *all->h, by_name);
	return 0;
}

static void
add_lower(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		buf_add_char(out, (char)tolower((unsigned char)*name));
}

static void
add_names(struct buf *out, const struct headers *all)
{
	for (size_t i = 0; i < all->n; i++) {
		if (i > 0)
			buf_add_char(out, ';');
		add_lower(out, all->h[i].name);
	}
}

static void
write_canonical(const struct sigv4_request *r, const struct headers *all,
    const char *body_hash, struct buf *out)
{
	buf_add_text(out, r->method);
	buf_add_char(out, '\n');
	add_path(out, r->path);
	buf_add_text(out, "\n\n"); /* the query is empty */
	for (size_t i = 0; i < all->n; i++) {
		add_lower(out, all->h[i].name);
		buf_add_char(out, ':');
		add_squeezed(out, all->h[i].value);
		buf_add_char(out, '\n');
	}
	buf_add_char(out, '\n');
	add_names(out, all);
	buf_add_char(out, '\n');
	buf_add_text(out, body_hash);
}

/* --- string to sign, signature --- */

static void
add_scope(struct buf *out, const struct sigv4_scope *scope, const char *date)
{
	buf_add(out, date, DAY);
	buf_addf(out, "/%s/%s/" TERMINATOR, scope->region, scope->service);
}

static int
write_to_sign(const struct sigv4_scope *scope, struct sigv4 *s)
{
	char canonical[SIGV4_HEX + 1];

	if (s->canonical.failed ||
	    hash(buf_span(&s->canonical), canonical) == -1)
		return -1;
	buf_addf(&s->to_sign, ALGORITHM "\n%s\n", s->date);
	add_scope(&s->to_sign, scope, s->date);
	buf_addf(&s->to_sign, "\n%s", canonical);
	return s->to_sign.failed ? -1 : 0;
}

static int
derive(const struct sigv4_scope *scope, const char *date,
    unsigned char key[DIGEST])
{
	struct buf secret = { 0 };
	int rc = -1;

	buf_add_text(&secret, "AWS4");
	buf_add_text(&secret, scope->identity->secret);
	if (!secret.failed &&
	    hmac((const unsigned char *)secret.p, secret.n,
		(struct span){ date, DAY }, key) == 0 &&
	    hmac(key, DIGEST, span_of(scope->region), key) == 0 &&
	    hmac(key, DIGEST, span_of(scope->service), key) == 0 &&
	    hmac(key, DIGEST, span_of(TERMINATOR), key) == 0)
		rc = 0;
	text_wipe(&secret);
	return rc;
}

/* The key of the day: made anew only where one of its four parts changed. */
static int
renew_key(
    const struct sigv4_scope *scope, const char *date, struct sigv4_key *k)
{
	unsigned char of[DIGEST];
	struct buf parts = { 0 };
	int rc;

	add_scope(&parts, scope, date);
	buf_add_char(&parts, '\n');
	buf_add_text(&parts, scope->identity->secret);
	rc = parts.failed ? -1 : sha256(buf_span(&parts), of);
	text_wipe(&parts);
	if (rc == -1)
		return -1;
	if (k->made && CRYPTO_memcmp(k->of, of, sizeof of) == 0)
		return 0;
	k->made = derive(scope, date, k->key) == 0;
	memcpy(k->of, of, sizeof of);
	return k->made ? 0 : -1;
}

static void
start(struct sigv4 *s, int64_t now_ms)
{
	buf_clear(&s->canonical);
	buf_clear(&s->to_sign);
	buf_clear(&s->authorization);
	write_date(now_ms, s->date);
}

int
sigv4_sign(const struct sigv4_request *r, const struct sigv4_scope *scope,
    int64_t now_ms, struct sigv4_key *k, struct sigv4 *s)
{
	unsigned char digest[DIGEST];
	char body_hash[SIGV4_HEX + 1];
	struct headers all;

	start(s, now_ms);
	if (collect(r, scope->identity, s->date, &all) == -1 ||
	    hash(r->body, body_hash) == -1)
		return -1;
	write_canonical(r, &all, body_hash, &s->canonical);
	if (write_to_sign(scope, s) == -1 ||
	    renew_key(scope, s->date, k) == -1 ||
	    hmac(k->key, DIGEST, buf_span(&s->to_sign), digest) == -1)
		return -1;
	hex(digest, s->signature);
	buf_addf(&s->authorization, ALGORITHM " Credential=%s/",
	    scope->identity->access_key_id);
	add_scope(&s->authorization, scope, s->date);
	buf_add_text(&s->authorization, ", SignedHeaders=");
	add_names(&s->authorization, &all);
	buf_addf(&s->authorization, ", Signature=%s", s->signature);
	return s->authorization.failed ? -1 : 0;
}
