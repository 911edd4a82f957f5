/* Tests of lib/base64.
 * SPDX-License-Identifier: ISC */
#include "lib/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/random.h"

/* Source: RFC 4648, 10. */
static void
the_vectors_of_the_rfc(void **state)
{
	static const struct {
		const char *bytes, *text;
	} c[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct buf b = { 0 };
		char out[8];

		base64_encode(&b, span_of(c[i].bytes));
		assert_true(span_is(buf_span(&b), c[i].text));
		assert_int_equal(
		    base64_decode(span_of(c[i].text), out), strlen(c[i].bytes));
		assert_memory_equal(out, c[i].bytes, strlen(c[i].bytes));
		buf_free(&b);
	}
}

static void
what_is_no_base64_is_refused(void **state)
{
	static const char *const bad[] = {
		"Z",
		"Zg=",
		"Zg",
		"Zg==Zg==",
		"Z===",
		"====",
		"Zm9 ",
		"Zm9\n",
		"Zm-_",
		"\xc3\xa4qq",
		"Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9=YmFyZm9vYmFy",
		"Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYm.yZm9vYmFyZm9vYmFy",
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(base64_decode(span_of(bad[i]), out), -1);
}

/* All lengths, all bytes; in place; a byte behind the end stays. */
static void
any_bytes_come_back(void **state)
{
	char bytes[300];

	(void)state;
	for (size_t n = 0; n < sizeof bytes; n++) {
		struct buf b = { 0 };

		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)random_u64();
		base64_encode(&b, (struct span){ bytes, n });
		buf_add_char(&b, '"');
		assert_false(b.failed);
		assert_int_equal(
		    base64_decode((struct span){ b.p, b.n - 1 }, b.p), n);
		assert_memory_equal(b.p, bytes, n);
		assert_int_equal(b.p[b.n - 1], '"');
		buf_free(&b);
	}
}

/* Bit by bit, as the RFC has it. */
static ssize_t
decode_slowly(struct span s, char *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				      "nopqrstuvwxyz0123456789+/";
	size_t pads = 0, n = 0;
	uint64_t bits = 0;

	while (pads < 2 && pads < s.n && s.p[s.n - pads - 1] == '=')
		pads++;
	if (s.n % 4 != 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		const char *at = i < s.n - pads && s.p[i] != '\0'
		                     ? strchr(letters, s.p[i])
		                     : letters;

		if (at == NULL || (i < s.n - pads && s.p[i] == '\0'))
			return -1;
		bits = bits << 6 | (uint64_t)(at - letters);
		for (int k = 0; i % 4 == 3 && k < 3; k++)
			out[n++] = (char)(bits >> (16 - 8 * k));
	}
	return (ssize_t)(n - pads);
}

/* Texts with a wrong character somewhere, every other one. */
static void
it_agrees_with_a_slow_one(void **state)
{
	static const char near[] = "AZaz09+/@[`{/:*-,.=\x80\xff";
	char text[128], fast[128], plain[128];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = random_u64() % sizeof text;
		ssize_t got;

		for (size_t k = 0; k < n; k++)
			text[k] = "ABCabc019+/"[random_u64() % 11];
		if (n > 0 && i % 2 == 0)
			text[random_u64() % n] =
			    near[random_u64() % (sizeof near - 1)];
		memset(fast, '#', sizeof fast);
		got = base64_decode((struct span){ text, n }, fast);
		assert_int_equal(
		    got, decode_slowly((struct span){ text, n }, plain));
		if (got == -1)
			continue;
		assert_memory_equal(fast, plain, (size_t)got);
		assert_memory_equal(fast + got, "########", 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc),
		cmocka_unit_test(what_is_no_base64_is_refused),
		cmocka_unit_test(any_bytes_come_back),
		cmocka_unit_test(it_agrees_with_a_slow_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
