/* identity - who we are to AWS: one consistent set of key, secret and token.
 * SPDX-License-Identifier: ISC */
#include "aws/identity.h"

#include <stdlib.h>

#include "aws/text.h"

void
identity_free(struct identity *id)
{
	text_free(id->access_key_id);
	text_free(id->secret);
	text_free(id->token);
	*id = (struct identity){ 0 };
}

/* What may stand in a header and in a form: no control bytes, no blanks. */
static bool
is_clean(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

int
identity_set(struct identity *id, struct span access_key_id, struct span secret,
    struct span token, int64_t expires_ms)
{
	struct identity fresh = { .expires_ms = expires_ms };
	bool good = is_clean(access_key_id) && is_clean(secret) &&
	            is_clean(token) && access_key_id.n > 0 && secret.n > 0;

	good = good && text_set(&fresh.access_key_id, access_key_id) == 0 &&
	       text_set(&fresh.secret, secret) == 0 &&
	       (token.n == 0 || text_set(&fresh.token, token) == 0);
	if (!good)
		identity_free(&fresh);
	identity_free(id);
	*id = fresh;
	return good ? 0 : -1;
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
identity_same(const struct identity *a, const struct identity *b)
{
	return same_text(a->access_key_id, b->access_key_id) &&
	       same_text(a->secret, b->secret) && same_text(a->token, b->token);
}
