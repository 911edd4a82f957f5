/* fuzz_aws - every parser of aws/ that reads foreign bytes.
 * Input: a byte that says which, then the text.
 * SPDX-License-Identifier: ISC */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "aws/endpoint.h"
#include "aws/errors.h"
#include "aws/ini.h"
#include "aws/skew.h"
#include "aws/sts.h"
#include "aws/text.h"
#include "aws/xml.h"

/* A file that is taken is taken again when written out plainly. */
static void
check_ini(struct span text, enum ini_flavour flavour)
{
	struct ini ini, again;
	struct fault why = { 0 };
	struct buf plain = { 0 };

	if (ini_parse(text, flavour, &ini, &why) == -1) {
		HOLDS(why.what != NULL && ini.n == 0);
		return;
	}
	for (size_t i = 0; i < ini.n; i++) {
		const struct ini_section *s = &ini.section[i];

		HOLDS(s->name[0] != '\0' || s->kind[0] != '\0');
		for (size_t j = 0; j < s->n; j++)
			HOLDS(ini_nested(s, s->setting[j].key,
				  s->setting[j].sub) == s->setting[j].value ||
			      s->setting[j].value[0] == '\0');
		buf_addf(&plain, "[%s]\na = %zu\n", "x", i);
	}
	HOLDS(ini_parse(buf_span(&plain), INI_CREDENTIALS, &again, &why) == 0);
	HOLDS(again.n == (ini.n > 0));
	ini_free(&again);
	ini_free(&ini);
	buf_free(&plain);
}

/* What a URL is resolved to resolves to itself. */
static void
check_url(struct span text)
{
	char *url = text_copy(text);
	struct endpoint_ask ask = {
		.service = "kinesis", .region = { "eu-west-1", 9 }, .url = url
	};
	struct endpoint e, again;
	struct buf why = { 0 };

	HOLDS(url != NULL);
	if (endpoint_resolve(&ask, &e, &why) == -1) {
		HOLDS(why.n > 0 && e.url == NULL);
	} else {
		HOLDS(strncmp(e.url, "https://", 8) == 0 ||
		      strncmp(e.url, "http://", 7) == 0);
		HOLDS(e.path[0] == '/' && e.host[0] != '\0');
		HOLDS(strpbrk(e.url, " \r\n\t?#") == NULL);
		HOLDS(strchr(e.host, '@') == NULL);
		ask.url = e.url;
		HOLDS(endpoint_resolve(&ask, &again, &why) == 0);
		HOLDS(strcmp(e.url, again.url) == 0);
		HOLDS(strcmp(e.host, again.host) == 0);
		endpoint_free(&again);
	}
	endpoint_free(&e);
	buf_free(&why);
	free(url);
}

static void
check_arn(struct span text)
{
	struct arn arn;
	struct fault why = { 0 };

	if (endpoint_parse_stream(text, &arn, &why) == 0) {
		HOLDS(arn.account.n == (arn.text.n > 0 ? 12 : 0));
		HOLDS(arn.stream.n > 0);
		HOLDS(arn.stream.p + arn.stream.n == text.p + text.n);
	} else {
		HOLDS(why.what != NULL && why.at <= text.n);
	}
}

static void
check_error(struct span body, struct span type)
{
	struct error_reply reply = {
		.status = 400, .type = type, .body = body
	};
	struct service_error e = { 0 };

	error_read(&reply, &e);
	HOLDS(e.code.n > 0 && e.kind != ERROR_NONE);
	HOLDS(e.kind <= ERROR_FATAL);
	HOLDS(!e.stale || e.kind == ERROR_CLOCK);
	error_free(&e);
}

/* Words that are written in quotes are read back. */
static void
check_words(struct span text)
{
	struct words w, again;
	struct buf quoted = { 0 };

	if (words_split(text, &w) == -1)
		return;
	HOLDS(w.n > 0 && w.argv[w.n] == NULL);
	for (size_t i = 0; i < w.n; i++) {
		buf_add_char(&quoted, '"');
		for (const char *p = w.argv[i]; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_add_char(&quoted, '\\');
			buf_add_char(&quoted, *p);
		}
		buf_add_text(&quoted, "\" ");
	}
	HOLDS(words_split(buf_span(&quoted), &again) == 0);
	HOLDS(again.n == w.n);
	for (size_t i = 0; i < w.n; i++)
		HOLDS(strcmp(w.argv[i], again.argv[i]) == 0);
	words_free(&again);
	words_free(&w);
	buf_free(&quoted);
}

static void
check_sts(struct span text)
{
	struct identity id = { 0 };
	struct buf a = { 0 };

	if (sts_read(text, &id) == 0)
		HOLDS(id.access_key_id != NULL && id.token != NULL);
	else
		HOLDS(id.secret == NULL);
	HOLDS(xml_find(text, "*", &a) <= 1);
	identity_free(&id);
	buf_free(&a);
}

static void
check_skew(struct span text)
{
	struct skew s = { 0 };
	struct span none = { 0 };
	int64_t ms;
	bool is_date = skew_parse_date(text, &ms);

	HOLDS(skew_learn(&s, text, none, 0) != SKEW_UNKNOWN || !is_date);
	HOLDS(!is_date || s.number == 0 || s.offset_ms == ms);
	(void)skew_learn(&s, none, text, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data + 1, size - 1 };
	struct span none = { 0 };

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'c':
		check_ini(text, INI_CONFIG);
		break;
	case 'k':
		check_ini(text, INI_CREDENTIALS);
		break;
	case 'u':
		if (memchr(text.p, '\0', text.n) == NULL)
			check_url(text);
		break;
	case 'a':
		check_arn(text);
		break;
	case 'e':
		check_error(text, none);
		check_error(none, text);
		break;
	case 'w':
		check_words(text);
		break;
	case 'x':
		check_sts(text);
		break;
	case 'd':
		check_skew(text);
		break;
	default:
		break;
	}
	return 0;
}
