/* take - words off the beginning of a text.
 * SPDX-License-Identifier: ISC */
#include "lib/take.h"

#include "lib/ascii.h"

bool
take_text(struct span *in, const char *text)
{
	size_t n = strlen(text);

	if (in->n < n || memcmp(in->p, text, n) != 0)
		return false;
	*in = span_from(*in, n);
	return true;
}

bool
take_number(struct span *in, uint64_t *number)
{
	size_t i = 0;

	*number = 0;
	for (; i < in->n && ascii_is_digit(in->p[i]); i++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(
			*number, (uint64_t)(in->p[i] - '0'), number))
			return false;
	*in = span_from(*in, i);
	return i > 0;
}

bool
take_part(struct span *in, char end, struct span *part)
{
	const char *at = in->n == 0 ? NULL : memchr(in->p, end, in->n);
	bool is_there = in->n > 0;

	*part = *in;
	if (at != NULL)
		part->n = (size_t)(at - in->p);
	*in = span_from(*in, part->n + (at != NULL));
	return is_there;
}
