/* ranking - what --top asks for.
 * SPDX-License-Identifier: ISC */
#include "window/ranking.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "window/query.h"

#define EXAMPLE "try --top 10:count, or 10:-latency:host"

/* The text up to one of the stops that is in no quotes; *text behind it. */
static char *
take_part(const char **text, const char *stops)
{
	bool quoted = false;
	const char *p = *text;
	char *part;

	for (; *p != '\0' && (quoted || strchr(stops, *p) == NULL); p++)
		quoted ^= *p == '"';
	part = strndup(*text, (size_t)(p - *text));
	*text = p;
	if (part == NULL)
		diag_error(NULL, "out of memory");
	return part;
}

static int
take_number(struct ranking *r, const char **text)
{
	char quoted[DIAG_QUOTE_MAX];
	const char *whole = *text;
	char *end;
	uintmax_t n = strtoumax(whole, &end, 10);

	if (*whole < '0' || *whole > '9' || *end != ':') {
		diag_error(NULL, "--top %s: expected N:RESULT; " EXAMPLE,
		    diag_quote(quoted, span_of(whole)));
		return -1;
	}
	if (n == 0 || n > RANKING_MOST) {
		diag_error(NULL, "--top: N is 1 to %d; " EXAMPLE, RANKING_MOST);
		return -1;
	}
	r->most = (size_t)n;
	*text = end;
	return 0;
}

static int
add_by(
    struct ranking *r, const char *name, const struct out_column *all, size_t n)
{
	bool smallest = *name == '-';
	const struct out_column *out =
	    query_find_result(all, n, "top", name + smallest);

	if (out == NULL)
		return -1;
	r->by[r->nby++] = (struct ranking_by){ (int)(out - all), smallest };
	return 0;
}

static int
add_key(
    struct ranking *r, const char *name, const struct out_column *all, size_t n)
{
	const struct out_column *out = query_find_result(all, n, "top", name);
	char quoted[DIAG_QUOTE_MAX];

	if (out == NULL)
		return -1;
	if (out->source != OUT_KEY) {
		diag_error(NULL,
		    "--top: %s is no key, and behind RESULT come keys; results "
		    "are parted by commas",
		    diag_quote(quoted, span_of(name)));
		return -1;
	}
	r->keys[r->nkeys++] = out->index;
	return 0;
}

int
ranking_init(
    struct ranking *r, const char *text, const struct out_column *all, size_t n)
{
	size_t room = strlen(text) + 1;
	bool keys = false;

	*r = (struct ranking){ 0 };
	r->by = calloc(room, sizeof *r->by);
	r->keys = calloc(room, sizeof *r->keys);
	if (r->by == NULL || r->keys == NULL) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	if (take_number(r, &text) == -1)
		return -1;
	while (*text != '\0') {
		char *name;
		int rc;

		keys |= *text == ':' && r->nby > 0;
		text++;
		name = take_part(&text, ":,");
		rc = name == NULL ? -1
		                  : (keys ? add_key : add_by)(r, name, all, n);
		free(name);
		if (rc == -1)
			return -1;
	}
	return 0;
}

void
ranking_free(struct ranking *r)
{
	free(r->by);
	free(r->keys);
	*r = (struct ranking){ 0 };
}
