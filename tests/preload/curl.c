/* curl - a libcurl of which one call fails; to be preloaded.
 * SPDX-License-Identifier: ISC
 *
 * CURL_FAILS is "FUNCTION FROM TO": of the calls of that function those from
 * the FROM-th to the TO-th (from 1) fail without being made.  "result FROM TO
 * CODE": these transfers end with that code, whatever became of them.  "stuck
 * N N": the N-th transfer ends with CURLE_SEND_FAIL_REWIND, and so does each
 * later one of the same handle, as with libcurl 8.7 to 8.15.  The first call
 * that fails makes the file that CURL_FAILED names.
 */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/preload/real.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define TURN() is_turn(__func__)

static struct {
	char function[64];
	long from, to, code, calls;
} fails;

static CURL *stuck; /* the handle */

static void
hit(void)
{
	const char *file = getenv("CURL_FAILED");

	if (file != NULL)
		close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
}

static bool
is_turn(const char *function)
{
	const char *wanted = getenv("CURL_FAILS");

	if (fails.function[0] == '\0' && wanted != NULL)
		(void)sscanf(wanted, "%63s %ld %ld %ld", fails.function,
		    &fails.from, &fails.to, &fails.code);
	if (strcmp(function, fails.function) != 0)
		return false;
	fails.calls++;
	if (fails.calls < fails.from || fails.calls > fails.to)
		return false;
	hit();
	return true;
}

CURLcode
curl_global_init(long flags)
{
	REAL(curl_global_init);
	return TURN() ? CURLE_FAILED_INIT : real(flags);
}

struct curl_slist *
curl_slist_append(struct curl_slist *list, const char *text)
{
	REAL(curl_slist_append);
	return TURN() ? NULL : real(list, text);
}

CURL *
curl_easy_init(void)
{
	REAL(curl_easy_init);
	return TURN() ? NULL : real();
}

CURLcode
curl_easy_setopt(CURL *handle, CURLoption option, ...)
{
	va_list list;
	void *value;

	REAL(curl_easy_setopt);
	va_start(list, option);
	value = va_arg(list, void *);
	va_end(list);
	return TURN() ? CURLE_OUT_OF_MEMORY : real(handle, option, value);
}

CURLcode
curl_easy_getinfo(CURL *handle, CURLINFO info, ...)
{
	va_list list;
	void *value;

	REAL(curl_easy_getinfo);
	va_start(list, info);
	value = va_arg(list, void *);
	va_end(list);
	return TURN() ? CURLE_BAD_FUNCTION_ARGUMENT : real(handle, info, value);
}

void
curl_easy_cleanup(CURL *handle)
{
	REAL(curl_easy_cleanup);
	if (handle == stuck)
		stuck = NULL;
	real(handle);
}

CURLM *
curl_multi_init(void)
{
	REAL(curl_multi_init);
	return TURN() ? NULL : real();
}

CURLMcode
curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
	va_list list;
	void *value;

	REAL(curl_multi_setopt);
	va_start(list, option);
	value = va_arg(list, void *);
	va_end(list);
	return TURN() ? CURLM_OUT_OF_MEMORY : real(multi, option, value);
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *handle)
{
	REAL(curl_multi_add_handle);
	return TURN() ? CURLM_OUT_OF_MEMORY : real(multi, handle);
}

CURLMcode
curl_multi_remove_handle(CURLM *multi, CURL *handle)
{
	REAL(curl_multi_remove_handle);
	return TURN() ? CURLM_INTERNAL_ERROR : real(multi, handle);
}

CURLMcode
curl_multi_perform(CURLM *multi, int *running)
{
	REAL(curl_multi_perform);
	return TURN() ? CURLM_OUT_OF_MEMORY : real(multi, running);
}

CURLMcode
curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n,
    int timeout_ms, int *ready)
{
	REAL(curl_multi_poll);
	return TURN() ? CURLM_INTERNAL_ERROR
	              : real(multi, fds, n, timeout_ms, ready);
}

static void
spoil(CURLMsg *m)
{
	if (is_turn("result"))
		m->data.result = (CURLcode)fails.code;
	if (is_turn("stuck"))
		stuck = m->easy_handle;
	if (m->easy_handle == stuck)
		m->data.result = CURLE_SEND_FAIL_REWIND;
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
	CURLMsg *m;

	REAL(curl_multi_info_read);
	m = TURN() ? NULL : real(multi, left);
	if (m != NULL && m->msg == CURLMSG_DONE)
		spoil(m);
	return m;
}
