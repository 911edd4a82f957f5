/* calls - calls of Kinesis for those who cannot sign: scripts.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/calls.h"

#include <ctype.h>
#include <unistd.h>

#include "aws/text.h"
#include "aws/service.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/lines.h"
#include "lib/out.h"
#include "lib/report.h"
#include "lib/signals.h"

struct ask {
	int64_t retry_for_ms;
	struct service service;
	struct lines lines;
	struct out out;
	enum status status;
	bool ended; /* by a line that is no call */
};

/* The answer as one line; JSON has line ends between its tokens alone. */
static void
write_answer(struct buf *b, struct span body)
{
	body = text_trim(body);
	if (body.n == 0)
		body = span_of("{}");
	for (size_t i = 0; i < body.n; i++)
		buf_add_char(b, body.p[i] == '\n' ? ' ' : body.p[i]);
}

static void
write_refusal(struct buf *b, const struct service_error *e)
{
	buf_add_text(b, "{\"error\":");
	json_write_text(b, buf_span(&e->code));
	buf_add_text(b, ",\"message\":");
	json_write_text(b, buf_span(&e->message));
	buf_add_char(b, '}');
}

static void
call(struct ask *a, const char *operation, struct span body)
{
	int64_t for_ms = a->retry_for_ms, now_ms = clock_mono_ms();
	struct transport_response r = { 0 };
	struct service_error e = { 0 };
	enum service_posted posted = service_call(&a->service, operation, body,
	    for_ms > INT64_MAX - now_ms ? INT64_MAX : now_ms + for_ms, &r, &e);

	if (signals_stop() != 0) {
		a->status = STATUS_SYSTEM; /* nobody waits for this answer */
	} else if (posted != SERVICE_POSTED) {
		a->status = STATUS_SYSTEM; /* said */
	} else {
		if (e.kind == ERROR_NONE)
			write_answer(&a->out.line, buf_span(&r.body));
		else
			write_refusal(&a->out.line, &e);
		if (e.kind != ERROR_NONE)
			a->status = STATUS_DATA;
		(void)out_end_line(&a->out); /* a failure sticks */
		(void)out_flush(&a->out);
	}
	error_free(&e);
	transport_response_free(&r);
}

/* "ListShards {...}": the name's letters end at a blank. */
static void
take(struct ask *a, const struct line *l)
{
	struct buf operation = { 0 };
	struct span body;
	size_t n = 0;

	while (n < l->text.n && isalpha((unsigned char)l->text.p[n]))
		n++;
	buf_add(&operation, l->text.p, n);
	body = text_trim((struct span){ l->text.p + n, l->text.n - n });
	if (l->kind == LINE_LONG || n == 0 || body.n == 0 || body.p[0] != '{') {
		diag_error(&(struct diag_at){ "stdin", l->number, 0 },
		    "this is not a call; write OPERATION {JSON}, for example "
		    "ListShards {\"StreamName\":\"s\"}");
		a->status = STATUS_DATA;
		a->ended = true;
	} else if (buf_text(&operation) != NULL) {
		call(a, operation.p, body);
	}
	buf_free(&operation);
}

static void
loop(struct ask *a)
{
	enum lines_filled filled = LINES_MORE;
	struct line l;

	while (!a->ended && a->status != STATUS_SYSTEM && a->out.error == 0 &&
	       signals_stop() == 0 && filled != LINES_END) {
		if (lines_next(&a->lines, &l))
			take(a, &l);
		else
			filled = lines_fill(&a->lines, -1);
		if (signals_take_report())
			report_answer("waits for the next call");
		if (filled == LINES_ERROR) {
			a->status = lines_complain(&a->lines);
			return;
		}
	}
}

enum status
ask(const struct options *opt, int *signal)
{
	struct ask a = { .retry_for_ms = opt->retry_for_ms };

	out_init(&a.out, STDOUT_FILENO, "stdout");
	a.status = service_open(&a.service, &opt->service, signals_fd());
	if (a.status == STATUS_OK && lines_init(&a.lines, STDIN_FILENO, "stdin",
					 (size_t)opt->max_line) == -1) {
		diag_error(NULL, "out of memory");
		a.status = STATUS_SYSTEM;
	}
	if (a.status == STATUS_OK)
		loop(&a);
	if (out_close(&a.out) == -1)
		a.status = status_worse(a.status, out_complain(&a.out));
	*signal = signals_stop();
	lines_free(&a.lines);
	service_close(&a.service);
	return a.status;
}
