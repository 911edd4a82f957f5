/* sts - temporary credentials for a role, from the Security Token Service.
 * SPDX-License-Identifier: ISC */
#include "aws/sts.h"

#include "aws/text.h"
#include "aws/xml.h"
#include "lib/timestamp.h"

static void
add_form(struct buf *out, const char *name, struct span value)
{
	if (value.n == 0)
		return;
	buf_addf(out, "&%s=", name);
	text_add_encoded(out, value);
}

void
sts_write(const struct sts_ask *ask, struct buf *form)
{
	buf_addf(form, "Action=%s&Version=2011-06-15",
	    ask->identity_token.n > 0 ? "AssumeRoleWithWebIdentity"
				      : "AssumeRole");
	add_form(form, "RoleArn", span_maybe(ask->role_arn));
	add_form(form, "RoleSessionName", span_maybe(ask->session_name));
	add_form(form, "ExternalId", span_maybe(ask->external_id));
	if (ask->duration_s > 0)
		buf_addf(form, "&DurationSeconds=%d", ask->duration_s);
	add_form(form, "WebIdentityToken", ask->identity_token);
}

/* The credentials' members, in the order of struct identity. */
enum { KEY_ID, SECRET, TOKEN, EXPIRATION, MEMBERS };

static const char *const member_path[MEMBERS] = {
	[KEY_ID] = "*/*/Credentials/AccessKeyId",
	[SECRET] = "*/*/Credentials/SecretAccessKey",
	[TOKEN] = "*/*/Credentials/SessionToken",
	[EXPIRATION] = "*/*/Credentials/Expiration",
};

int
sts_read(struct span body, struct identity *id)
{
	struct buf member[MEMBERS] = { { 0 } };
	struct span token;
	int64_t expires_ms;
	bool zoned;
	int rc = 0;

	for (int i = 0; i < MEMBERS && rc == 0; i++)
		rc = xml_find(body, member_path[i], &member[i]) == 1 ? 0 : -1;
	if (rc == 0)
		rc = timestamp_parse(
		    buf_span(&member[EXPIRATION]), &expires_ms, &zoned, NULL);
	token = text_trim(buf_span(&member[TOKEN]));
	if (rc == 0 && token.n > 0)
		rc = identity_set(id, text_trim(buf_span(&member[KEY_ID])),
		    text_trim(buf_span(&member[SECRET])), token, expires_ms);
	else
		rc = -1;
	for (int i = 0; i < MEMBERS; i++)
		text_wipe(&member[i]);
	return rc;
}
