/* wal - the bytes of a record in a log on disk, with a checksum.
 * SPDX-License-Identifier: ISC */
#include "lib/wal.h"

#include <stdbool.h>

#include "lib/crc.h"
#include "lib/little.h"

static const char magic[8] = "wpspool1";

void
wal_write_head(struct buf *b, uint64_t first_seq)
{
	char number[8];

	little_put(number, first_seq, sizeof number);
	buf_add(b, magic, sizeof magic);
	buf_add(b, number, sizeof number);
}

int
wal_read_head(struct span s, uint64_t *first_seq)
{
	if (s.n < WAL_HEAD_BYTES || memcmp(s.p, magic, sizeof magic) != 0)
		return -1;
	*first_seq = little_get(s.p + sizeof magic, 8);
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
	little_put(p + 4, r->data.n, 4);
	little_put(p + 8, r->key.n, 2);
	little_put(p + 10, r->hash.n, 1);
	little_put(p + 11, r->flags, 1);
	little_put(p + 12, r->seq, 8);
	little_put(p + 20, r->line, 8);
	for (size_t i = 0; i < 3; i++) {
		if (parts[i]->n > 0)
			memcpy(to, parts[i]->p, parts[i]->n);
		to += parts[i]->n;
	}
	little_put(p, crc32c(p + 4, n - 4), 4);
	b->n += n;
}

/* Could a record have such a head?  Keeps a search from reading far. */
static bool
is_likely(const char *p, uint64_t last_seq)
{
	uint64_t seq = little_get(p + 12, 8);

	return little_get(p + 4, 4) <= 1024 * 1024 * 1024 &&
	       little_get(p + 8, 2) <= WAL_KEY_MAX &&
	       little_get(p + 10, 1) <= WAL_HASH_MAX &&
	       (little_get(p + 11, 1) & ~(uint64_t)WAL_FLAGS) == 0 &&
	       seq > last_seq && seq - last_seq <= UINT32_MAX;
}

enum wal_result
wal_read(struct span s, uint64_t last_seq, struct wal_record *r, size_t *used)
{
	size_t n;

	if (s.n < WAL_RECORD_BYTES)
		return WAL_MORE;
	if (!is_likely(s.p, last_seq))
		return WAL_BAD;
	r->data.n = little_get(s.p + 4, 4);
	r->key.n = little_get(s.p + 8, 2);
	r->hash.n = little_get(s.p + 10, 1);
	r->flags = (uint8_t)little_get(s.p + 11, 1);
	r->seq = little_get(s.p + 12, 8);
	r->line = little_get(s.p + 20, 8);
	n = WAL_RECORD_BYTES + r->key.n + r->hash.n + r->data.n;
	if (s.n < n)
		return WAL_MORE;
	if (crc32c(s.p + 4, n - 4) != little_get(s.p, 4))
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

	little_put(note, first, 4);
	little_put(note + 4, n, 4);
	little_put(note + 8, crc32c(note, 8), 4);
	buf_add(b, note, sizeof note);
}

int
wal_read_note(const char *p, uint32_t *first, uint32_t *n)
{
	if (crc32c(p, 8) != little_get(p + 8, 4))
		return -1;
	*first = (uint32_t)little_get(p, 4);
	*n = (uint32_t)little_get(p + 4, 4);
	return 0;
}
