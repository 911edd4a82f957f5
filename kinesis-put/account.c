/* account - what became of every line, and how long requests took.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/account.h"

/* Values below 16 have a bucket of their own. */
static unsigned
bucket_of(uint64_t ms)
{
	unsigned shift;

	if (ms > UINT32_MAX)
		ms = UINT32_MAX;
	if (ms < 16)
		return (unsigned)ms;
	shift = 60 - (unsigned)__builtin_clzll(ms);
	return 8 * shift + (unsigned)(ms >> shift);
}

/* The greatest value of a bucket. */
static int64_t
bucket_end(unsigned i)
{
	unsigned shift;

	if (i < 16)
		return i;
	shift = i / 8 - 1;
	return (int64_t)((((uint64_t)i % 8 + 9) << shift) - 1);
}

void
account_took(struct account *a, int64_t ms)
{
	a->took[bucket_of(ms < 0 ? 0 : (uint64_t)ms)]++;
	a->took_n++;
}

int64_t
account_quantile_ms(const struct account *a, double share)
{
	uint64_t want = (uint64_t)(share * (double)a->took_n + 0.5), seen = 0;

	if (a->took_n == 0)
		return 0;
	if (want == 0)
		want = 1;
	for (unsigned i = 0; i < ACCOUNT_BUCKETS; i++) {
		seen += a->took[i];
		if (seen >= want)
			return bucket_end(i);
	}
	return bucket_end(ACCOUNT_BUCKETS - 1);
}

void
account_undelivered(struct account *a, uint64_t line)
{
	a->undelivered++;
	if (line != 0 &&
	    (a->first_undelivered == 0 || line < a->first_undelivered))
		a->first_undelivered = line;
}
