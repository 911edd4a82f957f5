/* window_sort - the order of many, against the C library's sort.
 * SPDX-License-Identifier: ISC */
#include "window/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"

enum { MOST = 20000 };

/* What is sorted: where prefixes are alike the number decides. */
static uint32_t number[MOST];

static int
number_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
whole_order(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return number_order(x->what, y->what);
}

static void
sorts_as_the_library_does(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 64, 65, 300, MOST };
	static const uint64_t masks[] = { 0, 1, 0xff00, 0x0100000000000001,
		0xff000000000000ff, UINT64_MAX };
	static const size_t rooms[] = { MOST, 1000, 0 };
	static struct sort_item ours[MOST], theirs[MOST], room[MOST];

	(void)state;
	for (size_t r = 0; r < 3; r++)
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
			for (size_t m = 0; m < sizeof masks / sizeof *masks;
			     m++) {
				size_t n = sizes[s];

				for (size_t i = 0; i < n; i++) {
					uint64_t low =
					    (uint64_t)random_from(0, INT32_MAX);

					number[i] =
					    (uint32_t)random_from(0, INT32_MAX);
					ours[i].what = &number[i];
					ours[i].prefix =
					    ((uint64_t)random_from(0, INT32_MAX)
						    << 33 |
						low) &
					    masks[m];
				}
				memcpy(theirs, ours, n * sizeof *ours);
				sort_items(ours, n,
				    (struct sort_scratch){ room, rooms[r] },
				    number_order);
				qsort(theirs, n, sizeof *theirs, whole_order);
				for (size_t i = 0; i < n; i++)
					if (whole_order(&ours[i], &theirs[i]) !=
					    0)
						fail_msg("%zu items, mask %zu",
						    n, m);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_as_the_library_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
