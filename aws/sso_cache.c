/* sso_cache - the file in which `aws sso login` keeps its token.
 * SPDX-License-Identifier: ISC */
#include "aws/sso_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "aws/provider.h"
#include "aws/text.h"
#include "lib/json.h"
#include "lib/timestamp.h"

enum { SHA1_BYTES = 20, CACHE_MAX = 256 * 1024, MEMBERS = 8, EXPIRES = 7 };

static const char *const member[MEMBERS] = { "accessToken", "refreshToken",
	"clientId", "clientSecret", "startUrl", "region",
	"registrationExpiresAt", "expiresAt" };

/* The bufs, in the order of their members; expiresAt has none. */
static struct buf *
part(struct sso_cache *c, size_t i)
{
	struct buf *const parts[] = { &c->access_token, &c->refresh_token,
		&c->client_id, &c->client_secret, &c->start_url, &c->region,
		&c->registration };

	return parts[i];
}

void
sso_cache_free(struct sso_cache *c)
{
	free(c->path);
	for (size_t i = 0; i < EXPIRES; i++)
		text_wipe(part(c, i));
	*c = (struct sso_cache){ 0 };
}

static char *
path_of(const struct config *config, const char *key)
{
	const char *home = config_home(config);
	unsigned char digest[SHA1_BYTES];
	struct buf path = { 0 };

	if (home == NULL ||
	    EVP_Digest(key, strlen(key), digest, NULL, EVP_sha1(), NULL) != 1)
		return NULL;
	buf_addf(&path, "%s/.aws/sso/cache/", home);
	for (int i = 0; i < SHA1_BYTES; i++)
		buf_addf(&path, "%02x", digest[i]);
	buf_add_text(&path, ".json");
	return text_take(&path);
}

static int
read_file(const char *path, struct buf *content)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc = fd == -1 ? -1 : text_read(fd, CACHE_MAX, content);

	if (fd != -1)
		close(fd); /* nothing was written: nothing can be lost */
	return rc;
}

/* "2026-01-01T00:00:00Z"; old files end in UTC instead of Z. */
static bool
read_time(struct span text, int64_t *ms)
{
	bool zoned;

	if (text.n > 3 && memcmp(text.p + text.n - 3, "UTC", 3) == 0)
		text.n -= 3;
	return timestamp_parse(text, ms, &zoned, NULL) == 0;
}

int
sso_cache_read(
    const struct config *config, const char *key, struct sso_cache *c)
{
	struct buf content = { 0 }, value[MEMBERS] = { { 0 } };
	int rc = -1;

	*c = (struct sso_cache){ .path = path_of(config, key) };
	if (c->path != NULL && read_file(c->path, &content) == 0 &&
	    provider_read_json(buf_span(&content), member, MEMBERS, value) ==
		0 &&
	    read_time(buf_span(&value[EXPIRES]), &c->expires_ms) &&
	    value[0].n > 0)
		rc = 0;
	for (size_t i = 0; i < EXPIRES; i++)
		*part(c, i) = value[i];
	text_wipe(&value[EXPIRES]);
	text_wipe(&content);
	return rc;
}

bool
sso_cache_can_renew(const struct sso_cache *c, int64_t now_ms)
{
	int64_t until_ms;

	return c->refresh_token.n > 0 && c->client_id.n > 0 &&
	       c->client_secret.n > 0 &&
	       (c->registration.n == 0 ||
		   (read_time(buf_span(&c->registration), &until_ms) &&
		       until_ms > now_ms));
}

static void
replace(struct buf *b, struct span text)
{
	text_wipe(b);
	*b = (struct buf){ 0 };
	buf_add_span(b, text);
}

void
sso_cache_renew(struct sso_cache *c, struct span access_token,
    int64_t expires_ms, struct span refresh_token)
{
	replace(&c->access_token, access_token);
	c->expires_ms = expires_ms;
	if (refresh_token.n > 0)
		replace(&c->refresh_token, refresh_token);
}

static int
write_file(const char *path, struct span content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = fd == -1 ? -1 : 0;

	while (rc == 0 && content.n > 0) {
		ssize_t n = write(fd, content.p, content.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			rc = -1;
		else
			content = (struct span){ content.p + n,
				content.n - (size_t)n };
	}
	if (fd != -1 && close(fd) == -1)
		rc = -1;
	return rc;
}

int
sso_cache_write(const struct sso_cache *c)
{
	struct buf text = { 0 }, beside = { 0 };
	struct sso_cache parts = *c; /* borrowed: part() wants one to change */
	int rc = -1;

	for (size_t i = 0; i < EXPIRES; i++) {
		if (part(&parts, i)->n == 0)
			continue;
		buf_addf(
		    &text, "%s\"%s\":", text.n == 0 ? "{" : ",", member[i]);
		json_write_text(&text, buf_span(part(&parts, i)));
	}
	buf_addf(&text, ",\"%s\":\"", member[EXPIRES]);
	timestamp_write(&text, c->expires_ms / 1000 * 1000, true);
	buf_add_text(&text, "\"}\n");
	buf_addf(&beside, "%s.%ld", c->path, (long)getpid());
	if (!text.failed && buf_text(&beside) != NULL &&
	    write_file(beside.p, buf_span(&text)) == 0)
		rc = rename(beside.p, c->path);
	if (rc == -1 && !beside.failed)
		(void)unlink(beside.p);
	text_wipe(&text);
	buf_free(&beside);
	return rc;
}
