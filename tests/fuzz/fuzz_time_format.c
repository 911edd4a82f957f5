/* fuzz_time_format - a format, a newline and a text: what is read is a time,
 * and is read again from the same time written as ISO-8601.
 * SPDX-License-Identifier: ISC */
#include "lib/time_format.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/timestamp.h"
#include "tests/fuzz/fuzz.h"

static const int64_t now_ms = 1795899600000, day_ms = 86400000;

/* What the format made of the text, as ISO-8601 and by a format of that. */
static void
check_time(const struct time_format *f, int64_t ms, bool zoned)
{
	struct buf iso = { 0 };
	struct time_format *same = time_format_new(
	    ms % 1000 == 0 ? "%Y-%m-%dT%H:%M:%SZ" : "%FT%T.%fZ", NULL);
	int64_t first = timestamp_days(1, 1, 1) * day_ms;
	int64_t end = timestamp_days(10000, 1, 1) * day_ms, again;
	bool again_zoned;

	HOLDS(same != NULL);
	HOLDS(ms >= first - day_ms && ms < end + day_ms);
	HOLDS(!f->no_year || ms <= now_ms + 2 * day_ms);
	if (ms < first || ms >= end) {
		HOLDS(zoned);
	} else {
		timestamp_write(&iso, ms, true);
		HOLDS(time_format_read(same, buf_span(&iso), 0, &again,
			  &again_zoned, NULL) == 0);
		HOLDS(again == ms && !again_zoned);
	}
	buf_free(&iso);
	free(same);
}

static void
check(const char *format, struct span text)
{
	struct fault why = { NULL, 0 };
	struct time_format *f = time_format_new(format, &why), *again;
	int64_t ms;
	bool zoned;

	if (f == NULL) {
		HOLDS(why.what != NULL && why.at <= strlen(format));
		return;
	}
	/* What is read is a format of the same times. */
	again = time_format_new(f->text, &why);
	HOLDS(again != NULL && again->no_year == f->no_year);
	HOLDS(strcmp(again->text, f->text) == 0);
	if (time_format_read(f, text, now_ms, &ms, &zoned, &why) == 0)
		check_time(f, ms, zoned);
	else
		HOLDS(why.what != NULL && why.at <= text.n);
	free(f);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *end = size == 0 ? NULL : memchr(data, '\n', size);
	struct buf format = { 0 };
	size_t n;

	if (end == NULL)
		return 0;
	n = (size_t)(end - (const char *)data);
	buf_add(&format, data, n);
	if (buf_text(&format) != NULL)
		check(format.p, (struct span){ end + 1, size - n - 1 });
	buf_free(&format);
	return 0;
}
