/* fuzz_state - whatever a state file holds, it is refused or can be gone on
 * with, and what is then saved reads back as the same bytes.
 *
 * The first byte chooses a query, the second whether the rest is a file, or
 * what stands in a whole one behind the query: with a checksum that is right,
 * so that the reader of the content is reached.
 *
 * SPDX-License-Identifier: ISC */
#include "window/state.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/crc.h"
#include "tests/fuzz/fuzz.h"
#include "window/describe.h"
#include "window/emit.h"

#define ALL(field)                                                             \
	"sum " field "|avg " field "|min " field "|max " field "|first " field \
	"|last " field "|var-pop " field "|stddev-samp " field                 \
	"|distinct " field "|approx-distinct " field "|quantile " field        \
	"|count-of " field

/* Kind, size, slide or step, lateness; keys; aggregates; columns; zone. */
static const struct question {
	enum window_kind kind;
	int64_t size_ms, slide_ms, lateness_ms;
	const char *keys[3];
	const char *aggs;
	const char *from;
	const char *zone;
} questions[] = {
	{ KIND_TUMBLE, 10000, 0, -1, { "k" }, ALL("x"), NULL, NULL },
	{ KIND_HOP, 10000, 2000, -1, { "k", "s" }, ALL("x"),
	    "k INT, s STRING, x DECIMAL(6,2)", NULL },
	{ KIND_SESSION, 5000, 0, -1, { "s", "b" },
	    "min s|max d|first e|last s|count-of x|sum x",
	    "s STRING, b BOOLEAN, d DATE, e TIME, x DECIMAL(38,9)", NULL },
	{ KIND_TUMBLE, 10000, 0, 30000, { "k" }, "sum x|last k",
	    "k BIGINT, x INT", NULL },
	{ KIND_CUMULATE, 86400000, 3600000, -1, { "k", "d", "t" }, ALL("x"),
	    "k DOUBLE, d DECIMAL(9,3), t TIMESTAMP(3), x FLOAT",
	    "Europe/Berlin" },
	{ KIND_SESSION, 1, 0, -1, { NULL }, ALL("x"), "x DOUBLE", NULL },
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static void
ask(struct query *q, const struct question *a)
{
	static const char *keys[3];
	static struct query_agg aggs[16];
	static char text[1024];
	struct query_words w = { .kind = a->kind,
		.size_ms = a->size_ms,
		.slide_ms = a->kind == KIND_HOP ? a->slide_ms : 0,
		.step_ms = a->kind == KIND_CUMULATE ? a->slide_ms : 0,
		.event_time = "ts",
		.delay_ms = -1,
		.idle_ms = -1,
		.lateness_ms = a->lateness_ms,
		.ahead_ms = -1,
		.jump_ms = -1,
		.timezone = a->zone,
		.unit = TIME_MS,
		.keys.text = keys,
		.aggs = aggs,
		.from = a->from,
		.max_keys = 1000000,
		.max_bytes = UINT64_MAX,
		.max_line = 1024 };

	for (; w.keys.n < 3 && a->keys[w.keys.n] != NULL; w.keys.n++)
		keys[w.keys.n] = a->keys[w.keys.n];
	strcpy(text, a->aggs);
	for (char *word = strtok(text, "|"); word != NULL;
	     word = strtok(NULL, "|")) {
		char *field = strchr(word, ' ');

		*field++ = '\0';
		aggs[w.naggs++] = (struct query_agg){ .agg = agg_find(word),
			.option = word,
			.argument = field,
			.quantile = { 9, 1 },
			.quantile_text = span_of("0.9") };
	}
	HOLDS(query_init(q, &w) == 0);
}

static int
append(void *ctx, struct span s)
{
	buf_add_span(ctx, s);
	return 0;
}

/* An engine whose results go nowhere, but are written. */
struct goer {
	struct out out;
	struct emit emit;
	struct engine engine;
	struct state state;
};

static void
goer_init(struct goer *g, const struct query *q)
{
	*g = (struct goer){ 0 };
	out_init(&g->out, open("/dev/null", O_WRONLY | O_CLOEXEC), "null");
	g->emit = (struct emit){ .q = q, .out = &g->out };
	engine_init(&g->engine, q, emit_result, &g->emit);
	g->state.engine = &g->engine;
	g->state.elsewhere = "start over";
}

static void
goer_free(struct goer *g)
{
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		buf_free(&g->state.held[i]);
	engine_free(&g->engine);
	emit_free(&g->emit);
	(void)out_close(&g->out);
}

static void
take(struct goer *g, int64_t t)
{
	struct value v[8] = { 0 };
	struct rows rows = { .n = 1, .values = v, .stride = 8, .t_ms = { t } };
	enum engine_verdict verdict;

	HOLDS(engine_take(&g->engine, &rows, 0, INT64_MAX, &verdict) == 1);
	HOLDS(verdict != ENGINE_STOP);
}

/* Rows before, in and behind what may be open; then the end. */
static void
go_on(struct goer *g)
{
	for (int64_t t = -20000; t < 100000; t += 7000)
		take(g, t);
	take(g, g->engine.watermark_ms);
	HOLDS(engine_finish(&g->engine) == 0);
}

static void
try_bytes(const struct query *q, struct span file)
{
	struct buf first = { 0 }, second = { 0 }, why = { 0 };
	struct goer one, two;

	goer_init(&one, q);
	switch (state_read(&one.state, file, &why)) {
	case STATE_REFUSED:
		HOLDS(why.n > 0);
		break;
	case STATE_NO_MEMORY:
		break;
	case STATE_READ:
		HOLDS(state_write(&one.state, append, &first) == 0);
		goer_init(&two, q);
		HOLDS(state_read(&two.state, buf_span(&first), &why) ==
		      STATE_READ);
		HOLDS(state_write(&two.state, append, &second) == 0);
		HOLDS(span_equal(buf_span(&first), buf_span(&second)));
		go_on(&two);
		goer_free(&two);
		break;
	}
	goer_free(&one);
	buf_free(&first);
	buf_free(&second);
	buf_free(&why);
}

/* A whole file of this query around the content. */
static void
wrap(const struct query *q, struct span content, struct buf *file)
{
	struct buf text = { 0 };
	struct goer none;
	uint64_t n, sum;

	goer_init(&none, q);
	HOLDS(state_write(&none.state, append, file) == 0);
	goer_free(&none);
	describe_query(q, &text);
	file->n = 32 + sizeof n + text.n;
	buf_free(&text);
	buf_add_span(file, content);
	n = file->n;
	buf_add(file, &n, sizeof n);
	sum = crc64_add(0, file->p, file->n);
	buf_add(file, &sum, sizeof sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct query asked[QUESTIONS];
	struct span rest = { (const char *)data + 2, size - 2 };
	struct buf file = { 0 };
	const struct query *q;

	if (size < 2)
		return 0;
	q = &asked[data[0] % QUESTIONS];
	if (q->fields == NULL)
		ask(&asked[data[0] % QUESTIONS],
		    &questions[data[0] % QUESTIONS]);
	if (data[1] % 2 == 0) {
		try_bytes(q, rest);
	} else {
		wrap(q, rest, &file);
		try_bytes(q, buf_span(&file));
	}
	buf_free(&file);
	return 0;
}
