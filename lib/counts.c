/* counts - numbers, one after the other, in a part of a checkpoint.
 * SPDX-License-Identifier: ISC */
#include "lib/counts.h"

void
counts_add(struct buf *b, const uint64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_u64(b, numbers[i]);
		buf_add_char(b, '\n');
	}
}

static int
take_one(struct span *in, uint64_t *number)
{
	size_t i = 0;

	*number = 0;
	for (; i < in->n && in->p[i] >= '0' && in->p[i] <= '9'; i++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(
			*number, (uint64_t)(in->p[i] - '0'), number))
			return -1;
	if (i == 0 || i == in->n || in->p[i] != '\n')
		return -1;
	*in = (struct span){ in->p + i + 1, in->n - i - 1 };
	return 0;
}

int
counts_take(struct span *in, uint64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (take_one(in, &numbers[i]) == -1)
			return -1;
	return 0;
}
