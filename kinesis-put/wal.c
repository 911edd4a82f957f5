/* wal - the bytes of a record in the spool, with a checksum.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/wal.h"

#include <stdbool.h>

#include "kinesis-put/request.h"
#include "kinesis-put/pool.h"
#include "lib/crc.h"

static const char magic[8] = "wpspool1";
enum { FLAGS = RECORD_CR | RECORD_RANDOM_KEY };

static uint64_t
get(const char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = bytes; i-- > 0;)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static void
put(char *p, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++, v >>= 8)
		p[i] = (char)(v & 0xff);
}

void
wal_write_head(struct buf *b, uint64_t first_seq)
{
	char number[8];

	put(number, first_seq, sizeof number);
	buf_add(b, magic, sizeof magic);
	buf_add(b, number, sizeof number);
}

int
wal_read_head(struct span s, uint64_t *first_seq)
{
	if (s.n < WAL_HEAD_BYTES || memcmp(s.p, magic, sizeof magic) != 0)
		return -1;
	*first_seq = get(s.p + sizeof magic, 8);
	return 0;
}

void
wal_write(struct buf *b, const struct wal_record *r)
{
	size_t n = WAL_RECORD_BYTES + r->key.n + r->hash.n + r->data.n;
	char *p = buf_room(b, n), *to = p + WAL_RECORD_BYTES;
	const struct span *parts[] = { &r->key, &r->hash, &r->data };

	if (p == NULL)
		return;
	put(p + 4, r->data.n, 4);
	put(p + 8, r->key.n, 2);
	put(p + 10, r->hash.n, 1);
	put(p + 11, r->flags, 1);
	put(p + 12, r->seq, 8);
	put(p + 20, r->line, 8);
	for (size_t i = 0; i < 3; i++) {
		if (parts[i]->n > 0)
			memcpy(to, parts[i]->p, parts[i]->n);
		to += parts[i]->n;
	}
	put(p, crc32c(p + 4, n - 4), 4);
	b->n += n;
}

/* Could a record have such a head?  Keeps a search from reading far. */
static bool
is_likely(const char *p, uint64_t last_seq)
{
	uint64_t seq = get(p + 12, 8);

	return get(p + 4, 4) <= 1024 * 1024 * 1024 &&
	       get(p + 8, 2) <= (size_t)4 * PUT_KEY_UNITS_MAX &&
	       get(p + 10, 1) <= PUT_HASH_DIGITS_MAX &&
	       (get(p + 11, 1) & ~(uint64_t)FLAGS) == 0 && seq > last_seq &&
	       seq - last_seq <= UINT32_MAX;
}

enum wal_result
wal_read(struct span s, uint64_t last_seq, struct wal_record *r, size_t *used)
{
	size_t n;

	if (s.n < WAL_RECORD_BYTES)
		return WAL_MORE;
	if (!is_likely(s.p, last_seq))
		return WAL_BAD;
	r->data.n = get(s.p + 4, 4);
	r->key.n = get(s.p + 8, 2);
	r->hash.n = get(s.p + 10, 1);
	r->flags = (uint8_t)get(s.p + 11, 1);
	r->seq = get(s.p + 12, 8);
	r->line = get(s.p + 20, 8);
	n = WAL_RECORD_BYTES + r->key.n + r->hash.n + r->data.n;
	if (s.n < n)
		return WAL_MORE;
	if (crc32c(s.p + 4, n - 4) != get(s.p, 4))
		return WAL_BAD;
	r->key.p = s.p + WAL_RECORD_BYTES;
	r->hash.p = r->key.p + r->key.n;
	r->data.p = r->hash.p + r->hash.n;
	*used = n;
	return WAL_RECORD;
}

/* --- notes --------------------------------------------------------------- */

void
wal_write_note(struct buf *b, uint32_t first, uint32_t n)
{
	char note[WAL_NOTE_BYTES];

	put(note, first, 4);
	put(note + 4, n, 4);
	put(note + 8, crc32c(note, 8), 4);
	buf_add(b, note, sizeof note);
}

int
wal_read_note(const char *p, uint32_t *first, uint32_t *n)
{
	if (crc32c(p, 8) != get(p + 8, 4))
		return -1;
	*first = (uint32_t)get(p, 4);
	*n = (uint32_t)get(p + 4, 4);
	return 0;
}
