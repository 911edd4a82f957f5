/* fuzz_kinesis - answers of the service and bytes of a spool: whatever comes,
 * what is read lies within it, and what was written is read as it was.
 * SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "kinesis-put/key.h"
#include "kinesis-put/request.h"
#include "lib/wal.h"
#include "lib/json.h"
#include "tests/fuzz/fuzz.h"

enum { ENTRIES = 3 };

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static bool
within(struct span part, struct span whole)
{
	return part.n == 0 ||
	       (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void
answer(struct span text)
{
	struct reply_entry e[ENTRIES];
	struct fault f = { 0 };

	if (reply_read(text, e, ENTRIES, &f) == -1) {
		must(f.what != NULL && f.at <= text.n);
		return;
	}
	for (int i = 0; i < ENTRIES; i++) {
		must(within(e[i].shard, text));
		must(within(e[i].code, text));
		must(within(e[i].message, text));
		must(!e[i].stored || e[i].code.n == 0);
	}
}

static void
spool(struct span text)
{
	struct wal_record r, again;
	struct buf b = { 0 };
	uint32_t first, n;
	uint64_t seq;
	size_t used;

	(void)wal_read_head(text, &seq);
	if (text.n >= WAL_NOTE_BYTES)
		(void)wal_read_note(text.p, &first, &n);
	if (wal_read(text, 0, &r, &used) == WAL_RECORD) {
		must(used <= text.n);
		must(within(r.key, text) && within(r.hash, text) &&
		     within(r.data, text));
	}
	/* The text as data of a record of ours. */
	r = (struct wal_record){ .seq = 1, .data = text };
	wal_write(&b, &r);
	must(wal_read(buf_span(&b), 0, &again, &used) == WAL_RECORD);
	must(used == b.n && span_equal(again.data, text));
	buf_free(&b);
}

/* A line's key, cut or not, makes a body that is JSON. */
static void
record(struct span line)
{
	struct key_spec k = { 0 };
	struct buf scratch = { 0 }, body = { 0 };
	const char *field;
	struct key key;
	struct fault f;

	must(key_add_field(&k, "k", &f) == 0 &&
	     key_add_field(&k, "o.k", &f) == 0 &&
	     key_set_hash(&k, "h", &f) == 0);
	if (key_read(&k, line, &scratch, &key, &field, &f) == 0) {
		must(key.key.n > 0 && utf8_is_valid(key.key));
		must(key_is_hash(key.hash));
		request_begin(&body, &(struct arn){ .stream = span_of("s") });
		request_add(&body, key.key, key.hash, line);
		request_end(&body);
		must(json_check(buf_span(&body), &f) == 0);
	}
	buf_free(&scratch);
	buf_free(&body);
	key_free(&k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };

	answer(text);
	spool(text);
	record(text);
	return 0;
}
