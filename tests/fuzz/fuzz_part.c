/* fuzz_part - whatever a part of a checkpoint holds, it is refused with a
 * reason or is, to the byte, what would be written of what was read.
 *
 * The first byte says whether the rest is a file, or what stands between its
 * first line and a last one with a checksum that is right.
 *
 * SPDX-License-Identifier: ISC */
#include "lib/part.h"

#include <inttypes.h>

#include "lib/checkpoint.h"
#include "lib/crc.h"
#include "tests/fuzz/fuzz.h"

static int
append(void *ctx, struct span s)
{
	buf_add_span(ctx, s);
	return 0;
}

static void
try_bytes(struct span bytes)
{
	struct buf again = { 0 }, why = { 0 };
	struct part_writer w = { .write = append, .ctx = &again };
	struct part p, q;

	if (part_read(bytes, &p, &why) == -1) {
		HOLDS(why.n > 0);
	} else {
		HOLDS(part_begin(&w, &p) == 0 && part_add(&w, p.content) == 0 &&
		      part_end(&w) == 0);
		/* Numbers may have been written with zeros before them. */
		HOLDS(again.n <= bytes.n);
		HOLDS(part_read(buf_span(&again), &q, &why) == 0);
		HOLDS(q.number == p.number && q.nfiles == p.nfiles);
		HOLDS(span_equal(q.query, p.query));
		HOLDS(span_equal(q.content, p.content));
	}
	buf_free(&again);
	buf_free(&why);
}

static void
try_mark(struct span line)
{
	static const char token[] = "0123456789abcdef0123456789abcdef";
	struct buf mark = { 0 };
	uint64_t id;

	if (checkpoint_mark_read(line, token, &id)) {
		checkpoint_mark_write(&mark, id, token);
		HOLDS(span_equal(buf_span(&mark), line));
	}
	buf_free(&mark);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = { (const char *)data + 1, size - 1 };
	struct buf file = { 0 };

	if (size == 0)
		return 0;
	if (data[0] % 2 == 0) {
		try_bytes(rest);
		try_mark(rest);
	} else {
		buf_add_text(&file, "windowpipe checkpoint 1\n");
		buf_add_span(&file, rest);
		buf_addf(&file, "\nend %020" PRIu64 " ", (uint64_t)file.n);
		buf_addf(
		    &file, "%016" PRIx64 "\n", crc64_add(0, file.p, file.n));
		try_bytes(buf_span(&file));
	}
	buf_free(&file);
	return 0;
}
