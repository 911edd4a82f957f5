/* window_deque - a list of pointers against a naive one.
 * SPDX-License-Identifier: ISC */
#include "window/deque.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"

enum { MOST = 3000 };

static char place[MOST]; /* what the items point to */

static void
check(const struct deque *d, char **naive, size_t n)
{
	assert_int_equal(d->n, n);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(deque_at(d, i), naive[i]);
}

/* Where the next item goes, or the next one goes away. */
enum way { ANYWHERE, FRONT, BACK, IN_AT_BACK, WAYS };

static size_t
pick(enum way way, size_t n, bool in)
{
	switch (way) {
	case FRONT:
		return 0;
	case BACK:
		return n;
	case IN_AT_BACK:
		return in ? n : 0;
	default:
		return (size_t)random_from(0, (int64_t)n);
	}
}

static void
holds_what_a_naive_list_holds(void **state)
{
	(void)state;
	for (enum way way = ANYWHERE; way < WAYS; way++) {
		struct deque d = { 0 };
		char *naive[MOST];
		size_t n = 0;

		for (int i = 0; i < MOST; i++) {
			bool in =
			    n == 0 || random_from(0, 7) < (i < 2000 ? 5 : 2);
			size_t at = pick(way, n, in);

			if (in) {
				assert_true(deque_put(&d, at, place + i));
				memmove(naive + at + 1, naive + at,
				    (n - at) * sizeof *naive);
				naive[at] = place + i;
				n++;
			} else {
				at = at == n ? n - 1 : at;
				deque_remove(&d, at);
				n--;
				memmove(naive + at, naive + at + 1,
				    (n - at) * sizeof *naive);
			}
			check(&d, naive, n);
		}
		deque_free(&d);
		assert_int_equal(d.n, 0);
	}
}

/* What is taken out as fast as it comes in takes no more room. */
static void
does_not_grow_where_its_number_does_not(void **state)
{
	struct deque d = { 0 };
	size_t cap = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		assert_true(deque_put(&d, d.n, place));
		if (d.n > 10)
			deque_remove(&d, 0);
		if (i == 1000)
			cap = d.cap;
	}
	assert_int_equal(d.cap, cap);
	deque_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_a_naive_list_holds),
		cmocka_unit_test(does_not_grow_where_its_number_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
