/* agg_set - what keeps more than one value of a group: COUNT(DISTINCT),
 * its estimate, and quantiles.
 * SPDX-License-Identifier: ISC */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "window/agg.h"
#include "window/key.h"

/* --- COUNT(DISTINCT x), exact ------------------------------------------- */

/* The values as keys of a table of their own, which it owns. */
struct distinct {
	struct table *set;
};

static bool
distinct_put(struct distinct *a, struct span key)
{
	if (a->set == NULL) {
		a->set = malloc(sizeof *a->set);
		if (a->set == NULL)
			return false;
		table_init(a->set, 0);
	}
	return table_put(a->set, key, table_hash(key), NULL) != NULL;
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
		if (!distinct_put(acc, entry_key(table_at(b->set, i))))
			env->failed = true;
}

static void
distinct_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct distinct *a = acc;

	(void)call;
	(void)unfit;
	*out = (struct value){ .kind = VALUE_INT,
		.i = a->set == NULL ? 0 : (int64_t)a->set->n };
}

static void
distinct_release(void *acc)
{
	struct distinct *a = acc;

	if (a->set != NULL)
		table_free(a->set);
	free(a->set);
	a->set = NULL;
}

static void
distinct_save(const void *acc, struct buf *out)
{
	const struct distinct *a = acc;
	uint64_t n = a->set == NULL ? 0 : a->set->n;

	buf_add(out, &n, sizeof n);
	for (size_t i = 0; i < n; i++) {
		struct span key = entry_key(table_at(a->set, i));
		uint64_t key_n = key.n;

		buf_add(out, &key_n, sizeof key_n);
		buf_add_span(out, key);
	}
}

static const char *
distinct_load(void *acc, const char *p, const char *end, struct agg_env *env)
{
	uint64_t n, key_n;

	if ((size_t)(end - p) < sizeof n)
		return NULL;
	memcpy(&n, p, sizeof n);
	p += sizeof n;
	while (n-- > 0) {
		if ((size_t)(end - p) < sizeof key_n)
			return NULL;
		memcpy(&key_n, p, sizeof key_n);
		p += sizeof key_n;
		if (key_n > (size_t)(end - p))
			return NULL;
		if (!distinct_put(acc, (struct span){ p, key_n }))
			env->failed = true;
		p += key_n;
	}
	return p;
}

/* --- the estimate: HyperLogLog -------------------------------------------
 * Flajolet, Fusy, Gandouet, Meunier: HyperLogLog (AofA 2007), with 2^12
 * registers (standard error 1.04 / sqrt(4096) = 1.6 %) over a 64-bit hash, so
 * that no correction for large counts is needed; small counts by linear
 * counting, as there.  The hash has a fixed seed: estimates are the same in
 * every run and after a restart. */

enum { HLL_BITS = 12, HLL_REGISTERS = 1 << HLL_BITS };

struct hll {
	uint8_t *reg; /* HLL_REGISTERS of them in the table, NULL at first */
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
	a->reg = table_alloc(env->table, HLL_REGISTERS);
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

	(void)call;
	(void)unfit;
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
hll_save(const void *acc, struct buf *out)
{
	const struct hll *a = acc;

	buf_add_char(out, a->reg != NULL);
	if (a->reg != NULL)
		buf_add(out, a->reg, HLL_REGISTERS);
}

static const char *
hll_load(void *acc, const char *p, const char *end, struct agg_env *env)
{
	struct hll *a = acc;

	if (p == end)
		return NULL;
	if (*p++ == 0)
		return p;
	if (end - p < HLL_REGISTERS || !hll_ready(a, env))
		return NULL;
	memcpy(a->reg, p, HLL_REGISTERS);
	return p + HLL_REGISTERS;
}

/* --- quantiles: DDSketch ---------------------------------------------------
 * Masson, Rim, Lee: DDSketch (PVLDB 12(12), 2019), with the buckets of its
 * linearly interpolated mapping: 128 of equal width between two powers of two,
 * so a bucket's middle is within 1/256 (0.4 %) of any value in it, and sketches
 * merge by adding counts.  Buckets are kept sparse, sorted by value. */

enum { SKETCH_STEPS = 128 };

struct bucket {
	int32_t at; /* 0 for 0.0; negative values below, mirrored */
	uint64_t n;
};

struct sketch {
	struct bucket *bucket; /* owned */
	uint64_t n, cap;       /* buckets */
	uint64_t rows;
};

static int32_t
bucket_of(double d)
{
	int exponent;
	double m;
	int32_t at;

	if (d == 0)
		return 0;
	m = frexp(fabs(d), &exponent); /* in [0.5, 1) */
	at = (exponent + 1100) * SKETCH_STEPS +
	     (int32_t)((m - 0.5) * 2 * SKETCH_STEPS) + 1;
	return d < 0 ? -at : at;
}

static double
bucket_middle(int32_t at)
{
	int32_t i = at < 0 ? -at : at;
	double m;

	if (at == 0)
		return 0;
	i--;
	m = 0.5 + (i % SKETCH_STEPS + 0.5) / (2.0 * SKETCH_STEPS);
	m = ldexp(m, i / SKETCH_STEPS - 1100);
	return at < 0 ? -m : m;
}

static bool
sketch_count(struct sketch *a, int32_t at, uint64_t n)
{
	size_t low = 0, high = a->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (a->bucket[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	a->rows += n;
	if (low < a->n && a->bucket[low].at == at) {
		a->bucket[low].n += n;
		return true;
	}
	if (a->n == a->cap) {
		uint64_t cap = a->cap == 0 ? 4 : 2 * a->cap;
		struct bucket *grown = realloc(a->bucket, cap * sizeof *grown);

		if (grown == NULL)
			return false;
		a->bucket = grown;
		a->cap = cap;
	}
	memmove(a->bucket + low + 1, a->bucket + low,
	    (a->n - low) * sizeof *a->bucket);
	a->bucket[low] = (struct bucket){ at, n };
	a->n++;
	return true;
}

static void
sketch_add(void *acc, const struct value *v, struct agg_env *env)
{
	double d;

	switch (v->kind) {
	case VALUE_DECIMAL:
		d = decimal_to_double(value_decimal(v));
		break;
	case VALUE_DOUBLE:
		d = v->d;
		break;
	default:
		d = (double)v->i;
		break;
	}
	env->failed |= !sketch_count(acc, bucket_of(d), 1);
}

static void
sketch_merge(void *acc, const void *other, struct agg_env *env)
{
	const struct sketch *b = other;

	for (size_t i = 0; i < b->n; i++)
		env->failed |=
		    !sketch_count(acc, b->bucket[i].at, b->bucket[i].n);
}

/* The value at rank floor(q * (rows - 1)), as the paper has it. */
static void
sketch_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sketch *a = acc;
	uint64_t rank, seen = 0;

	(void)unfit;
	*out = (struct value){ .kind = VALUE_NULL };
	if (a->rows == 0)
		return;
	rank = (uint64_t)(call->quantile * (double)(a->rows - 1));
	for (size_t i = 0; i < a->n; i++) {
		seen += a->bucket[i].n;
		if (seen > rank) {
			out->kind = VALUE_DOUBLE;
			out->d = bucket_middle(a->bucket[i].at);
			return;
		}
	}
}

static void
sketch_release(void *acc)
{
	struct sketch *a = acc;

	free(a->bucket);
	*a = (struct sketch){ 0 };
}

static void
sketch_save(const void *acc, struct buf *out)
{
	const struct sketch *a = acc;

	buf_add(out, &a->n, sizeof a->n);
	for (size_t i = 0; i < a->n; i++) {
		buf_add(out, &a->bucket[i].at, sizeof a->bucket[i].at);
		buf_add(out, &a->bucket[i].n, sizeof a->bucket[i].n);
	}
}

static const char *
sketch_load(void *acc, const char *p, const char *end, struct agg_env *env)
{
	const int32_t at_max = bucket_of(DBL_MAX);
	struct bucket b = { -at_max - 1, 0 };
	const size_t each = sizeof b.at + sizeof b.n;
	int32_t last;
	uint64_t n;

	if ((size_t)(end - p) < sizeof n)
		return NULL;
	memcpy(&n, p, sizeof n);
	p += sizeof n;
	if (n > (size_t)(end - p) / each)
		return NULL;
	for (; n > 0; n--, p += each) {
		last = b.at;
		memcpy(&b.at, p, sizeof b.at);
		memcpy(&b.n, p + sizeof b.at, sizeof b.n);
		if (b.at <= last || b.at > at_max)
			return NULL;
		if (!sketch_count(acc, b.at, b.n)) {
			env->failed = true;
			return NULL;
		}
	}
	return p;
}

/* --- binding ------------------------------------------------------------- */

static const struct agg_ops distinct_ops = { sizeof(struct distinct), true,
	distinct_add, distinct_merge, distinct_result, distinct_release,
	distinct_save, distinct_load };
static const struct agg_ops hll_ops = { sizeof(struct hll), true, hll_add,
	hll_merge, hll_result, NULL, hll_save, hll_load };
static const struct agg_ops sketch_ops = { sizeof(struct sketch), true,
	sketch_add, sketch_merge, sketch_result, sketch_release, sketch_save,
	sketch_load };

bool
agg_bind_distinct(struct agg_call *call)
{
	call->ops = &distinct_ops;
	call->out = (struct type){ .kind = TYPE_BIGINT, .not_null = true };
	return true;
}

bool
agg_bind_approx_distinct(struct agg_call *call)
{
	call->ops = &hll_ops;
	call->out = (struct type){ .kind = TYPE_BIGINT, .not_null = true };
	return true;
}

bool
agg_bind_quantile(struct agg_call *call)
{
	call->ops = &sketch_ops;
	call->out = (struct type){ .kind = TYPE_DOUBLE };
	return call->in.kind == TYPE_ANY || type_is_number(call->in.kind);
}
