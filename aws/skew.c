/* skew - how far the service's clock is from ours.
 * SPDX-License-Identifier: ISC */
#include "aws/skew.h"

#include <curl/curl.h>
#include <stddef.h>
#include <string.h>

#include "aws/text.h"
#include "lib/timestamp.h"

bool
skew_parse_date(struct span text, int64_t *ms)
{
	char date[64]; /* the longest form has some 35 characters */
	time_t at;

	text = text_trim(text);
	if (text.n == 0 || text.n >= sizeof date)
		return false;
	memcpy(date, text.p, text.n);
	date[text.n] = '\0';
	at = curl_getdate(date, NULL);
	*ms = (int64_t)at * 1000;
	return at != -1;
}

/* The service's time is the one in parentheses: "(20260101T001000Z - 5 min.)"
 */
static bool
parse_message(struct span message, int64_t *ms)
{
	enum { COMPACT = sizeof "20260101T001000Z" - 1 };
	struct fault f;
	bool zoned;

	for (size_t i = 0; i + COMPACT < message.n; i++)
		if (message.p[i] == '(' &&
		    timestamp_parse((struct span){ message.p + i + 1, COMPACT },
			ms, &zoned, &f) == 0)
			return true;
	return false;
}

enum skew_learned
skew_learn(
    struct skew *s, struct span date, struct span message, int64_t local_ms)
{
	int64_t theirs_ms, off_ms;

	if (!skew_parse_date(date, &theirs_ms) &&
	    !parse_message(message, &theirs_ms))
		return SKEW_UNKNOWN;
	off_ms = theirs_ms - skew_now_ms(s, local_ms);
	if (off_ms < SKEW_NOTICE_MS && off_ms > -SKEW_NOTICE_MS)
		return SKEW_SAME;
	s->offset_ms = theirs_ms - local_ms;
	s->number++;
	return SKEW_CHANGED;
}
