/* counts - numbers, one after the other, in a part of a checkpoint.
 * SPDX-License-Identifier: ISC */
#include "lib/counts.h"

#include "lib/take.h"

void
counts_add(struct buf *b, const uint64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_u64(b, numbers[i]);
		buf_add_char(b, '\n');
	}
}

int
counts_take(struct span *in, uint64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!take_number(in, &numbers[i]) || !take_text(in, "\n"))
			return -1;
	return 0;
}
