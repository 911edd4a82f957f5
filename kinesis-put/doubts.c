/* doubts - rows of which nobody knows whether they are stored.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/doubts.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "aws/reading.h"
#include "kinesis-put/notes.h"
#include "lib/array.h"

void
doubts_free(struct doubts *d)
{
	free(d->hash);
	free(d->place);
	free(d->known.at);
	free(d->seen.at);
	*d = (struct doubts){ 0 };
}

uint64_t
doubts_record(struct span shard, struct span sequence)
{
	return note_hash(shard, sequence);
}

/* --- where they are ------------------------------------------------------- */

bool
doubts_place(struct span key, struct span hash_key, uint64_t *place)
{
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (hash_key.n > 0) {
		*place = reading_place(hash_key);
		return true;
	}
	if (key.n == 0 ||
	    EVP_Digest(key.p, key.n, md5, &n, EVP_md5(), NULL) != 1 || n < 8)
		return false;
	*place = 0;
	for (int i = 0; i < 8; i++)
		*place = *place << 8 | md5[i];
	return true;
}

/* --- the rows ------------------------------------------------------------- */

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void
doubts_add(struct doubts *d, uint64_t hash)
{
	if (array_room(d->hash, d->cap, d->n + 1) == -1)
		d->failed = true;
	else
		d->hash[d->n++] = hash;
	d->sorted = false;
}

void
doubts_add_place(struct doubts *d, uint64_t place)
{
	if (array_room(d->place, d->place_cap, d->nplace + 1) == -1)
		d->failed = true;
	else
		d->place[d->nplace++] = place;
	d->sorted = false;
}

static void
sort_rows(struct doubts *d)
{
	if (d->sorted)
		return;
	if (d->n > 0)
		qsort(d->hash, d->n, sizeof *d->hash, by_value);
	if (d->nplace > 0)
		qsort(d->place, d->nplace, sizeof *d->place, by_value);
	d->sorted = true;
}

static bool
is_in_doubt(struct doubts *d, uint64_t hash)
{
	sort_rows(d);
	return d->n > 0 &&
	       bsearch(&hash, d->hash, d->n, sizeof *d->hash, by_value) != NULL;
}

bool
doubts_may_be(struct doubts *d, uint64_t first_place, uint64_t last_place)
{
	size_t low = 0, high = d->nplace;

	if (d->anywhere)
		return d->n > 0;
	sort_rows(d);
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (d->place[mid] < first_place)
			low = mid + 1;
		else
			high = mid;
	}
	return low < d->nplace && d->place[low] <= last_place;
}

/* --- the records ---------------------------------------------------------- */

static void
add(struct doubts *d, struct doubts_list *l, uint64_t hash, uint64_t record)
{
	if (!is_in_doubt(d, hash))
		return;
	if (array_room(l->at, l->cap, l->n + 1) == -1)
		d->failed = true;
	else
		l->at[l->n++] =
		    (struct doubts_seen){ .hash = hash, .record = record };
}

void
doubts_know(struct doubts *d, uint64_t hash, uint64_t record)
{
	add(d, &d->known, hash, record);
}

void
doubts_see(struct doubts *d, uint64_t hash, uint64_t record)
{
	add(d, &d->seen, hash, record);
}

static int
by_record(const void *a, const void *b)
{
	const struct doubts_seen *x = a, *y = b;

	if (x->hash != y->hash)
		return (x->hash > y->hash) - (x->hash < y->hash);
	return (x->record > y->record) - (x->record < y->record);
}

static void
sort_list(struct doubts_list *l)
{
	if (l->n > 0)
		qsort(l->at, l->n, sizeof *l->at, by_record);
}

/* A record may have been read twice, where an iterator was lost. */
void
doubts_settle(struct doubts *d)
{
	struct doubts_list *seen = &d->seen;
	size_t n = 0;

	sort_list(&d->known);
	sort_list(seen);
	for (size_t i = 0; i < seen->n; i++) {
		const struct doubts_seen *one = &seen->at[i];

		if (n > 0 && by_record(one, &seen->at[n - 1]) == 0)
			continue;
		if (d->known.n > 0 && bsearch(one, d->known.at, d->known.n,
					  sizeof *one, by_record) != NULL)
			continue;
		seen->at[n++] = *one;
	}
	seen->n = n;
}

bool
doubts_take(struct doubts *d, uint64_t hash, uint64_t *record)
{
	struct doubts_list *seen = &d->seen;
	size_t low = 0, high = seen->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (seen->at[mid].hash < hash)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < seen->n && seen->at[low].hash == hash; low++) {
		if (seen->at[low].taken)
			continue;
		seen->at[low].taken = true;
		*record = seen->at[low].record;
		return true;
	}
	return false;
}
