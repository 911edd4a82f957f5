/* agg_set - what keeps more than one value of a group: COUNT(DISTINCT),
 * its estimate, and quantiles.
 * SPDX-License-Identifier: ISC */
#include "window/agg_set.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/floating.h"
#include "window/key.h"

/* --- COUNT(DISTINCT x), exact ------------------------------------------- */

/* The values as keys of a map of their own, which it owns. */
struct distinct {
	struct map *set;
};

static bool
distinct_put(struct distinct *a, struct span key)
{
	if (a->set == NULL) {
		a->set = malloc(sizeof *a->set);
		if (a->set == NULL)
			return false;
		map_init(a->set, 0);
	}
	return map_put(a->set, key, hash_bytes(key), NULL) != NULL;
}

static void
distinct_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct buf *key = env->scratch;

	buf_clear(key);
	key_encode(key, v, true);
	if (key->failed || !distinct_put(acc, buf_span(key)))
		env->failed = true;
}

static void
distinct_merge(void *acc, const void *other, struct agg_env *env)
{
	const struct distinct *b = other;

	for (size_t i = 0; b->set != NULL && i < b->set->n; i++)
		if (!distinct_put(acc, entry_key(map_at(b->set, i))))
			env->failed = true;
}

static void
distinct_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct distinct *a = acc;

	*out = (struct value){ .kind = VALUE_INT,
		.i = a->set == NULL ? 0 : (int64_t)a->set->n };
}

static void
distinct_release(void *acc)
{
	struct distinct *a = acc;

	if (a->set != NULL)
		map_free(a->set);
	free(a->set);
	a->set = NULL;
}

static void
distinct_transfer(void *acc, struct archive *bytes, struct agg_env *env)
{
	const struct distinct *a = acc;
	uint64_t n = archive_u64(bytes, a->set == NULL ? 0 : a->set->n);

	for (uint64_t i = 0; i < n && archive_is_sound(bytes); i++) {
		struct span key = archive_span(
		    bytes, bytes->loads ? (struct span){ 0 }
					: entry_key(map_at(a->set, i)));

		if (bytes->loads && !distinct_put(acc, key))
			env->failed = true;
	}
}

/* --- the estimate: HyperLogLog -------------------------------------------
 * Flajolet, Fusy, Gandouet, Meunier: HyperLogLog (AofA 2007), with 2^12
 * registers (standard error 1.04 / sqrt(4096) = 1.6 %) over a 64-bit hash, so
 * that no correction for large counts is needed; small counts by linear
 * counting, as there.  The hash has a fixed seed: estimates are the same in
 * every run and after a restart. */

enum { HLL_BITS = 12, HLL_REGISTERS = 1 << HLL_BITS };

struct hll {
	uint8_t *reg; /* HLL_REGISTERS of them in the map, NULL at first */
};

/* FNV-1a, then the finisher of MurmurHash3, to spread it over all bits. */
static uint64_t
hll_hash(struct span key)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3u;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

static bool
hll_ready(struct hll *a, struct agg_env *env)
{
	if (a->reg != NULL)
		return true;
	a->reg = map_alloc(env->map, HLL_REGISTERS);
	if (a->reg == NULL) {
		env->failed = true;
		return false;
	}
	memset(a->reg, 0, HLL_REGISTERS);
	return true;
}

static void
hll_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct hll *a = acc;
	struct buf *key = env->scratch;
	uint64_t h, rest;
	uint8_t rank;

	buf_clear(key);
	key_encode(key, v, true);
	h = hll_hash(buf_span(key));
	env->failed |= key->failed;
	if (!hll_ready(a, env))
		return;
	rest = h << HLL_BITS;
	rank = (uint8_t)(rest == 0 ? 64 - HLL_BITS + 1
				   : __builtin_clzll(rest) + 1);
	if (rank > a->reg[h >> (64 - HLL_BITS)])
		a->reg[h >> (64 - HLL_BITS)] = rank;
}

static void
hll_merge(void *acc, const void *other, struct agg_env *env)
{
	struct hll *a = acc;
	const struct hll *b = other;

	if (b->reg == NULL || !hll_ready(a, env))
		return;
	for (size_t i = 0; i < HLL_REGISTERS; i++)
		if (b->reg[i] > a->reg[i])
			a->reg[i] = b->reg[i];
}

static void
hll_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct hll *a = acc;
	const double m = HLL_REGISTERS, alpha = 0.7213 / (1 + 1.079 / m);
	double inverse = 0, estimate;
	int zeros = 0;

	*out = (struct value){ .kind = VALUE_INT, .i = 0 };
	if (a->reg == NULL)
		return;
	for (size_t i = 0; i < HLL_REGISTERS; i++) {
		inverse += ldexp(1, -a->reg[i]);
		zeros += a->reg[i] == 0;
	}
	estimate = alpha * m * m / inverse;
	if (estimate <= 2.5 * m && zeros > 0)
		estimate = m * log(m / zeros);
	out->i = (int64_t)(estimate + 0.5);
}

static void
hll_transfer(void *acc, struct archive *bytes, struct agg_env *env)
{
	struct hll *a = acc;

	if (archive_bool(bytes, a->reg != NULL) && hll_ready(a, env))
		archive_bytes(bytes, a->reg, HLL_REGISTERS);
}

/* --- quantiles --------------------------------------------------------------
 * Different values are kept with their counts, EXACT_MAX of them as they are.
 * If there are more, all are rounded to nine binary digits, which makes them
 * the buckets of DDSketch (Masson, Rim, Lee: PVLDB 12(12), 2019) with its
 * linearly interpolated mapping, 256 between two powers of two.  So what a
 * group holds follows from its values alone: not from their order, nor from how
 * parts were merged. */

enum { EXACT_MAX = 256, QUANTILE_DIGITS = 4 };

struct counted {
	double at;
	uint64_t n;
};

struct quantile {
	struct counted *item; /* by at; owned */
	size_t n, cap;
	double least, greatest; /* of all values */
	uint64_t rounded;       /* 1: items are buckets, by their middles */
};

static double
bucket_middle(double d)
{
	double up = fabs(d) < DBL_MIN ? 0x1p54 : 1;
	uint64_t bits;

	d *= up;
	memcpy(&bits, &d, sizeof bits);
	bits = (bits + ((uint64_t)1 << 43)) & ~(((uint64_t)1 << 44) - 1);
	memcpy(&d, &bits, sizeof d);
	return isinf(d) ? copysign(DBL_MAX, d) : d / up;
}

static void
round_items(struct quantile *a)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < a->n; i++) {
		struct counted item = a->item[i];

		item.at = bucket_middle(item.at);
		if (n > 0 && a->item[n - 1].at == item.at)
			a->item[n - 1].n += item.n;
		else
			a->item[n++] = item;
	}
	a->n = n;
	a->rounded = 1;
}

/* The first item that is not below at, without branches to guess. */
static size_t
find_item(const struct quantile *a, double at)
{
	const struct counted *item = a->item;

	for (size_t n = a->n; n > 0;) {
		size_t half = n / 2;

		item += item[half].at < at ? n - half : 0;
		n = half;
	}
	return (size_t)(item - a->item);
}

static bool
make_room(struct quantile *a, size_t cap)
{
	struct counted *grown = realloc(a->item, cap * sizeof *grown);

	if (grown == NULL)
		return false;
	map_memory_add((cap - a->cap) * sizeof *grown);
	a->item = grown;
	a->cap = cap;
	return true;
}

static bool
insert_item(struct quantile *a, size_t i, struct counted item)
{
	if (a->n == a->cap && !make_room(a, a->cap == 0 ? 4 : 2 * a->cap))
		return false;
	memmove(a->item + i + 1, a->item + i, (a->n - i) * sizeof item);
	a->item[i] = item;
	a->n++;
	return true;
}

static bool
quantile_count(struct quantile *a, double d, uint64_t n)
{
	size_t i;

	if (a->n == 0 || d < a->least)
		a->least = d;
	if (a->n == 0 || d > a->greatest)
		a->greatest = d;
	if (a->rounded)
		d = bucket_middle(d);
	i = find_item(a, d);
	if (i < a->n && a->item[i].at == d) {
		a->item[i].n += n;
		return true;
	}
	if (!a->rounded && a->n == EXACT_MAX) {
		round_items(a);
		return quantile_count(a, d, n);
	}
	return insert_item(a, i, (struct counted){ d, n });
}

static void
quantile_add(void *acc, const struct value *v, struct agg_env *env)
{
	double d;

	switch (v->kind) {
	case VALUE_DECIMAL:
		d = decimal_to_double(value_decimal(v));
		break;
	case VALUE_DOUBLE:
		d = v->d + 0.0; /* no -0.0 */
		break;
	default:
		d = (double)v->i;
		break;
	}
	env->failed |= !quantile_count(acc, d, 1);
}

static void
quantile_merge(void *acc, const void *other, struct agg_env *env)
{
	struct quantile *a = acc;
	const struct quantile *b = other;
	double least = b->least, greatest = b->greatest;

	if (b->n == 0)
		return;
	if (a->n > 0) {
		least = fmin(least, a->least);
		greatest = fmax(greatest, a->greatest);
	}
	if (b->rounded && !a->rounded)
		round_items(a);
	for (size_t i = 0; i < b->n; i++)
		env->failed |= !quantile_count(a, b->item[i].at, b->item[i].n);
	/* A bucket's middle may lie beyond them. */
	a->least = least;
	a->greatest = greatest;
}

static double
with_digits(double d, int digits)
{
	char text[32];

	snprintf(text, sizeof text, "%.*e", digits - 1, d);
	return strtod(text, NULL);
}

/*
 * What a bucket stands for: the number of fewest digits within 3/8 of its width
 * from its middle, so that the buckets' order is theirs.
 */
static double
fewest_digits(double middle)
{
	for (int digits = 1; digits <= QUANTILE_DIGITS; digits++) {
		double d = with_digits(middle, digits);

		if (fabs(d - middle) <= fabs(middle) * (3 / 4096.0))
			return d;
	}
	return middle;
}

/* As a FLOAT has it: 0.1, not 0.10000000149011612. */
static double
float_as_written(double d)
{
	double shorter = d;

	for (int digits = 6; digits <= 9; digits++) {
		shorter = with_digits(d, digits);
		if ((float)shorter == (float)d)
			break;
	}
	return shorter;
}

static double
held_to(double d, double least, double greatest)
{
	return d < least ? least : d > greatest ? greatest : d;
}

/* The value at a rank of rows values. */
static double
value_at(const struct quantile *a, uint64_t rank, uint64_t rows)
{
	uint64_t seen = 0;
	size_t i = 0;

	if (rank == 0)
		return a->least;
	if (rank >= rows - 1)
		return a->greatest;
	while (i + 1 < a->n && (seen += a->item[i].n) <= rank)
		i++;
	if (!a->rounded)
		return a->item[i].at;
	return held_to(fewest_digits(a->item[i].at), a->least, a->greatest);
}

static bool
exact_decimal(double d, struct decimal *out)
{
	return floating_to_decimal(
		   d, DECIMAL_DIGITS_MAX, DECIMAL_DIGITS_MAX / 2, out) &&
	       decimal_to_double(*out) == d;
}

/*
 * low + (high - low) * share, computed in decimal where both are such: 0.1 and
 * 0.2 have 0.15 between them.
 */
static double
between(double low, double high, struct decimal share)
{
	struct decimal a, b, d;
	struct wide sum, part, units = wide_of(share.units);
	double s = decimal_to_double(share);
	int scale;

	if (!exact_decimal(low, &a) || !exact_decimal(high, &b))
		return held_to((1 - s) * low + s * high, low, high);
	sum = wide_of(a.units);
	part = wide_of(b.units);
	wide_sub(&part, &sum);
	part = wide_mul(&part, &units);
	wide_scale_up(&sum, share.scale);
	wide_add(&sum, &part);
	scale = a.scale + share.scale;
	for (int to = scale;
	     !decimal_of_wide(&sum, scale, DECIMAL_DIGITS_MAX, to, &d);)
		to--;
	return decimal_to_double(d);
}

/*
 * Interpolated at rank Q * (rows - 1), as PERCENTILE of Apache Flink 2 and
 * SQL's PERCENTILE_CONT have it.
 */
static void
quantile_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct quantile *a = acc;
	struct decimal share = call->quantile;
	int128 one = decimal_pow10(share.scale);
	uint64_t rows = 0, rank;
	double low, high, d;

	for (size_t i = 0; i < a->n; i++)
		rows += a->item[i].n;
	if (rows == 0)
		return;
	share.units *= (int128)(rows - 1);
	rank = (uint64_t)(share.units / one);
	share.units %= one;
	low = value_at(a, rank, rows);
	high = share.units == 0 ? low : value_at(a, rank + 1, rows);
	if (call->in.kind == TYPE_FLOAT) {
		low = float_as_written(low);
		high = float_as_written(high);
	}
	d = low == high ? low : between(low, high, share);
	if (a->rounded && low != high)
		d = held_to(with_digits(d, QUANTILE_DIGITS), low, high);
	*out = (struct value){ .kind = VALUE_DOUBLE, .d = d };
}

static void
quantile_release(void *acc)
{
	struct quantile *a = acc;

	free(a->item);
	map_memory_add(-a->cap * sizeof *a->item);
	*a = (struct quantile){ 0 };
}

/* What was read is what quantile_count() would have made. */
static bool
is_sound(const struct quantile *a)
{
	uint64_t rows = 0;

	if (a->n == 0)
		return a->rounded == 0 && a->least == 0 && a->greatest == 0;
	if (a->rounded > 1 || (!a->rounded && a->n > EXACT_MAX) ||
	    !isfinite(a->least) || !isfinite(a->greatest))
		return false;
	for (uint64_t i = 0; i < a->n; i++) {
		const struct counted *item = &a->item[i];

		if (!isfinite(item->at) || item->n == 0 ||
		    item->n > UINT64_MAX - rows ||
		    (i > 0 && item->at <= item[-1].at) ||
		    (a->rounded && bucket_middle(item->at) != item->at))
			return false;
		rows += item->n;
	}
	return true;
}

static void
quantile_transfer(void *acc, struct archive *bytes, struct agg_env *env)
{
	struct quantile *a = acc;
	uint64_t n = archive_u64(bytes, a->n);

	archive(bytes, a->least);
	archive(bytes, a->greatest);
	archive(bytes, a->rounded);
	if (bytes->loads) {
		if (n > (size_t)(bytes->end - bytes->p) / sizeof *a->item)
			archive_refuse(bytes);
		if (!archive_is_sound(bytes) || n == 0)
			return;
		if (!make_room(a, n)) {
			env->failed = true;
			return;
		}
		a->n = n;
	}
	archive_bytes(bytes, a->item, n * sizeof *a->item);
	if (bytes->loads && !is_sound(a))
		archive_refuse(bytes);
}

const struct agg_ops agg_distinct_ops = { sizeof(struct distinct), true,
	distinct_add, distinct_merge, distinct_result, distinct_release,
	distinct_transfer };
const struct agg_ops agg_approx_distinct_ops = { sizeof(struct hll), true,
	hll_add, hll_merge, hll_result, NULL, hll_transfer };
const struct agg_ops agg_quantile_ops = { sizeof(struct quantile), true,
	quantile_add, quantile_merge, quantile_result, quantile_release,
	quantile_transfer };
