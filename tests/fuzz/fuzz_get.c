/* fuzz_get - answers about a stream, and packs of records: whatever comes, what
 * is read lies within it.
 * SPDX-License-Identifier: ISC */
#include "aws/reading.h"
#include "kinesis-get/gunzip.h"
#include "aws/pack.h"
#include "lib/utf8.h"
#include "tests/fuzz/fuzz.h"

static bool
within(struct span part, struct span whole)
{
	return part.n == 0 ||
	       (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void
records(struct span text)
{
	struct reading a = { 0 };
	struct fault f = { 0 };
	size_t bytes = 0;

	buf_add_span(&a.body, text);
	if (reading_read(&a, &f) == -1) {
		HOLDS(f.what != NULL && f.at <= text.n);
	} else {
		for (size_t i = 0; i < a.n; i++) {
			const struct reading_record *r = &a.records[i];

			HOLDS(within(r->data, buf_span(&a.body)));
			HOLDS(within(r->key.raw, buf_span(&a.body)));
			HOLDS(within(r->sequence, buf_span(&a.body)));
			HOLDS(r->sequence.n > 0);
			HOLDS(r->sequence.n <= SEQUENCE_MAX);
			HOLDS(utf8_is_valid(r->key.raw));
			bytes += r->data.n;
		}
		HOLDS(bytes == a.data_bytes && bytes <= text.n);
		HOLDS(within(a.next, buf_span(&a.body)));
	}
	reading_free(&a);
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
