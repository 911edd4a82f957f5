/* hash - of keys for hash tables, by a seed that nobody outside knows.
 * SPDX-License-Identifier: ISC */
#include "lib/hash.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/diag.h"

static uint64_t seed[2] = { 0x9e3779b97f4a7c15u, 0xd1b54a32d192ed03u };

void
hash_seed(uint64_t a, uint64_t b)
{
	/* A zero factor would make all hashes equal. */
	seed[0] = a;
	seed[1] = b | 1;
}

/* Both halves of a product folded: the mixing step of wyhash (Wang Yi). */
static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t
load64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* Up to eight bytes, zero behind them. */
static inline uint64_t
load_tail(const char *p, size_t n)
{
	uint64_t v = 0;

	/* The key of no columns is no bytes, which may be nowhere. */
	if (n > 0)
		memcpy(&v, p, n);
	return v;
}

uint64_t
hash_bytes(struct span key)
{
	const char *p = key.p;
	size_t n = key.n;
	uint64_t h = seed[0] ^ n;

	while (n > 16) {
		h = mix(load64(p) ^ seed[1], load64(p + 8) ^ h);
		p += 16;
		n -= 16;
	}
	if (n > 8)
		h = mix(load64(p) ^ seed[1], load_tail(p + 8, n - 8) ^ h);
	else
		h = mix(load_tail(p, n) ^ seed[1], h);
	return mix(h ^ seed[0], seed[1]);
}

uint64_t
hash_padded(const char *p, size_t n)
{
	uint64_t h = seed[0] ^ n, tail = 0;

	if (n > 8) {
		memcpy(&tail, p + 8, 7);
		h ^= tail;
	}
	h = mix(load64(p) ^ seed[1], h);
	return mix(h ^ seed[0], seed[1]);
}

int
hash_seed_draw(void)
{
	uint64_t drawn[2];

	if (getentropy(drawn, sizeof drawn) == -1) {
		diag_error(NULL, "cannot draw a seed from the system: %s",
		    strerror(errno));
		return -1;
	}
	hash_seed(drawn[0], drawn[1]);
	return 0;
}
