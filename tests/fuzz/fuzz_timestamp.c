/* fuzz_timestamp - what is read is written so that it reads the same.
 * SPDX-License-Identifier: ISC */
#include "lib/timestamp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static void
check_timestamp(struct span text)
{
	struct buf b = { 0 };
	struct fault f = { NULL, 0 };
	int64_t ms, again, first, end;
	bool zoned, zoned_again;

	if (timestamp_parse(text, &ms, &zoned, &f) == -1) {
		must(f.what != NULL && f.at <= text.n);
		return;
	}
	timestamp_write(&b, ms, zoned);
	must(!b.failed);
	/* An offset may lead out of the years that can be read. */
	first = timestamp_days(1, 1, 1) * 86400000;
	end = timestamp_days(10000, 1, 1) * 86400000;
	if (ms >= first && ms < end) {
		must(timestamp_parse(buf_span(&b), &again, &zoned_again, &f) ==
		     0);
		must(again == ms && zoned_again == zoned);
	} else
		must(zoned);
	/* The quick way and the slow way read the same: HH:MM:SS is all. */
	if (text.n == 19 && text.p[13] == ':' && text.p[16] == ':') {
		buf_clear(&b);
		buf_add_span(&b, text);
		buf_add_char(&b, '.');
		must(timestamp_parse(buf_span(&b), &again, &zoned_again, &f) ==
		     0);
		must(again == ms && !zoned_again);
	}
	/* Only a capital Z is read quickly. */
	if (text.p[text.n - 1] == 'Z') {
		buf_clear(&b);
		buf_add(&b, text.p, text.n - 1);
		buf_add_char(&b, 'z');
		must(timestamp_parse(buf_span(&b), &again, &zoned_again, &f) ==
		     0);
		must(again == ms && zoned_again);
	}
	buf_free(&b);
}

static void
check_parts(struct span text)
{
	struct buf b = { 0 };
	struct fault f = { NULL, 0 };
	int64_t v, again;

	if (timestamp_parse_date(text, &v, &f) == 0) {
		timestamp_write_date(&b, v);
		must(span_equal(buf_span(&b), text));
	} else
		must(f.what != NULL && f.at <= text.n);
	buf_clear(&b);
	if (timestamp_parse_time(text, &v, &f) == 0) {
		must(v >= 0 && v < 86400000);
		timestamp_write_time(&b, v);
		must(timestamp_parse_time(buf_span(&b), &again, &f) == 0);
		must(again == v);
	} else
		must(f.what != NULL && f.at <= text.n);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };

	check_timestamp(text);
	check_parts(text);
	return 0;
}
