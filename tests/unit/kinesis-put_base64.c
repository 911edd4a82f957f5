/* Tests of kinesis-put/base64.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
value_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = strchr(digits, c);

	return p == NULL || c == '\0' ? -1 : (int)(p - digits);
}

/* The plainest decoder there is. */
static size_t
decode(char *out, const char *in, size_t n)
{
	size_t bits = 0, have = 0, done = 0;

	for (size_t i = 0; i < n && in[i] != '='; i++) {
		assert_int_not_equal(value_of(in[i]), -1);
		bits = bits << 6 | (size_t)value_of(in[i]);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[done++] = (char)(bits >> have & 0xff);
		}
	}
	return done;
}

static void
the_vectors_of_the_standard(void **state)
{
	static const char *const vector[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	char out[16];

	(void)state;
	for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
		size_t n = strlen(vector[i][0]);

		assert_int_equal(base64_size(n), strlen(vector[i][1]));
		base64_encode(out, vector[i][0], n);
		assert_memory_equal(out, vector[i][1], base64_size(n));
	}
}

/* Exact heap blocks, so that a sanitizer sees a byte too many. */
static void
every_length_and_every_byte_comes_back(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (size_t n = 0; n < 400; n++) {
		char *in = malloc(n + 1), *out = malloc(base64_size(n) + 1);
		char *back = malloc(n + 1);

		for (size_t i = 0; i < n; i++) {
			seed =
			    seed * 6364136223846793005u + 1442695040888963407u;
			in[i] = (char)(seed >> 56);
		}
		in = realloc(in, n == 0 ? 1 : n);
		out = realloc(out, n == 0 ? 1 : base64_size(n));
		base64_encode(out, in, n);
		assert_int_equal(decode(back, out, base64_size(n)), n);
		if (n > 0)
			assert_memory_equal(back, in, n);
		free(in);
		free(out);
		free(back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_standard),
		cmocka_unit_test(every_length_and_every_byte_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
