/* fuzz_get - answers about a stream, and packs of records: whatever comes, what
 * is read lies within it.
 * SPDX-License-Identifier: ISC */
#include "aws/answer.h"
#include "aws/members.h"
#include "aws/pack.h"
#include "aws/reading.h"
#include "kinesis-get/gunzip.h"
#include "lib/utf8.h"
#include "tests/fuzz/fuzz.h"

static bool
within(struct span part, struct span whole)
{
	return part.n == 0 ||
	       (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* The first records of both. */
static void
compare(const struct answer *a, const struct answer *b)
{
	struct answer_record r = answer_first(a), p = answer_first(b);

	HOLDS(span_equal(r.data, p.data));
	HOLDS(span_equal(r.key.raw, p.key.raw));
	HOLDS(span_equal(r.sequence, p.sequence));
	HOLDS(r.arrival_ms == p.arrival_ms);
	HOLDS(r.sequence.n > 0 && r.sequence.n <= SEQUENCE_MAX);
	HOLDS(utf8_is_valid(r.key.raw));
}

/* As a whole, and with a look at every byte that comes. */
static void
records(struct span text)
{
	struct answer a = { 0 }, b = { 0 };
	struct fault f = { 0 }, g = { 0 };
	size_t bytes = 0;
	int rc;

	HOLDS(answer_add(&a, text));
	for (size_t i = 0; i < text.n; i++) {
		b.try_bytes = 0;
		HOLDS(answer_add(&b, (struct span){ text.p + i, 1 }));
	}
	rc = answer_end(&a, &f);
	HOLDS(answer_end(&b, &g) == rc);
	if (rc == -1) {
		HOLDS(f.what != NULL && f.at <= text.n && g.at <= text.n);
	} else {
		HOLDS(a.n == b.n && a.behind_ms == b.behind_ms);
		HOLDS(a.data_bytes <= text.n && a.data_bytes == b.data_bytes);
		HOLDS(span_equal(buf_span(&a.iterator), buf_span(&b.iterator)));
		for (; a.n > 0; answer_drop(&a), answer_drop(&b)) {
			compare(&a, &b);
			bytes += answer_first(&a).data.n;
		}
		HOLDS(bytes == a.data_bytes);
	}
	answer_free(&a);
	answer_free(&b);
}

static void
shards(struct span text)
{
	struct page p = { 0 };
	struct fault f = { 0 };
	struct span iterator;

	if (page_read(&p, text, &f) == 0) {
		for (size_t i = 0; i < p.n; i++) {
			HOLDS(p.shards[i].id.n > 0);
			HOLDS(within(p.shards[i].id, text));
			HOLDS(within(p.shards[i].parents[0], text));
			HOLDS(within(p.shards[i].parents[1], text));
			HOLDS(within(p.shards[i].first, text));
		}
		HOLDS(within(p.token, text));
	}
	page_free(&p);
	if (reading_iterator(text, &iterator, &f) == 0)
		HOLDS(iterator.n > 0 && within(iterator, text));
}

static void
pack(struct span text)
{
	struct pack p = { 0 };
	struct fault f = { 0 };
	struct span key, data;
	size_t n = 0;

	switch (pack_open(&p, text, &f)) {
	case PACK_NONE:
		break;
	case PACK_BAD:
		HOLDS(f.what != NULL);
		break;
	case PACK_GOOD:
		for (; pack_next(&p, &key, &data); n++)
			HOLDS(within(key, text) && within(data, text) &&
			      utf8_is_valid(key));
		HOLDS(n <= text.n);
		break;
	}
	pack_free(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span text = { (const char *)p, n };
	struct buf opened = { 0 };
	struct fault f = { 0 };

	records(text);
	shards(text);
	pack(text);
	if (gunzip_is(text) && gunzip(text, &opened, &f) == -1)
		HOLDS(f.what != NULL);
	buf_free(&opened);
	return 0;
}
