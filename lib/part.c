/* part - the bytes of what one stage keeps of one checkpoint.
 * SPDX-License-Identifier: ISC */
#include "lib/part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/crc.h"
#include "lib/take.h"

static const char magic[] = "windowpipe checkpoint ";

enum {
	MAGIC_BYTES = sizeof magic - 1,
	/* "\nend ", length, blank, sum, newline; of it, up to the sum. */
	END_BYTES = 43,
	SUM_AT = 26,
};

/* --- writing -------------------------------------------------------------- */

int
part_add(void *ctx, struct span s)
{
	struct part_writer *w = ctx;

	w->length += s.n;
	w->sum = crc64_add(w->sum, s.p, s.n);
	return w->write(w->ctx, s);
}

int
part_add_text(part_add_fn *add, void *ctx, struct buf *b)
{
	int rc = -1;

	errno = ENOMEM;
	if (!b->failed)
		rc = add(ctx, buf_span(b));
	buf_free(b);
	return rc;
}

static void
add_line(struct buf *head, const char *word, struct span s)
{
	buf_add_text(head, word);
	buf_add_span(head, s);
	buf_add_char(head, '\n');
}

int
part_begin(struct part_writer *w, const struct part *p)
{
	struct buf head = { 0 };
	int rc = -1;

	buf_addf(
	    &head, "%s%d\nnumber %" PRIu64 "\n", magic, PART_FORMAT, p->number);
	add_line(&head, "program ", p->program);
	add_line(&head, "name ", p->name);
	buf_addf(&head, "query %zu\n", p->query.n);
	add_line(&head, "", p->query);
	for (size_t i = 0; i < p->nfiles; i++) {
		buf_add_text(&head, "file ");
		buf_add_span(&head, p->files[i].label);
		buf_addf(&head, " %" PRIu64 "\n", p->files[i].length);
	}
	buf_add_text(&head, "content\n");
	w->length = w->sum = 0;
	if (head.failed)
		errno = ENOMEM;
	else
		rc = part_add(w, buf_span(&head));
	buf_free(&head);
	return rc;
}

int
part_end(struct part_writer *w)
{
	char end[END_BYTES + 1];

	(void)snprintf(end, sizeof end, "\nend %020" PRIu64 " ", w->length);
	w->sum = crc64_add(w->sum, end, SUM_AT);
	(void)snprintf(
	    end + SUM_AT, sizeof end - SUM_AT, "%016" PRIx64 "\n", w->sum);
	return w->write(w->ctx, (struct span){ end, END_BYTES });
}

/* --- reading -------------------------------------------------------------- */

static int
refuse(struct buf *why, const char *what)
{
	buf_add_text(why, what);
	return -1;
}

static bool
take_count(struct span *in, const char *behind, uint64_t *number)
{
	return take_number(in, number) && take_text(in, behind);
}

/* What stands between format and end; its checksum is right. */
static bool
read_head(struct span in, struct part *p)
{
	uint64_t n;

	if (!take_text(&in, "number ") || !take_count(&in, "\n", &p->number) ||
	    !take_text(&in, "program ") || !take_part(&in, '\n', &p->program) ||
	    !take_text(&in, "name ") || !take_part(&in, '\n', &p->name) ||
	    !take_text(&in, "query ") || !take_count(&in, "\n", &n) ||
	    n >= in.n)
		return false;
	p->query = (struct span){ in.p, (size_t)n };
	in = span_from(in, (size_t)n);
	if (!take_text(&in, "\n"))
		return false;
	while (take_text(&in, "file ")) {
		struct part_file *f = &p->files[p->nfiles];

		if (p->nfiles == PART_FILES ||
		    !take_part(&in, ' ', &f->label) ||
		    !take_count(&in, "\n", &f->length))
			return false;
		p->nfiles++;
	}
	if (!take_text(&in, "content\n"))
		return false;
	p->content = in;
	return true;
}

/* The last line: 0, or -1. */
static int
check_end(struct span bytes, struct buf *why)
{
	struct span end = { bytes.p + bytes.n - END_BYTES, END_BYTES };
	char sum[END_BYTES - SUM_AT + 1];
	uint64_t length;

	if (!take_text(&end, "\nend ") || !take_count(&end, " ", &length) ||
	    length != bytes.n - END_BYTES)
		return refuse(why, "it is cut off");
	(void)snprintf(sum, sizeof sum, "%016" PRIx64 "\n",
	    crc64_add(0, bytes.p, bytes.n - (END_BYTES - SUM_AT)));
	if (!span_equal(end, span_of(sum)))
		return refuse(why,
		    "it is damaged: its checksum is not that of its bytes");
	return 0;
}

int
part_read(struct span bytes, struct part *p, struct buf *why)
{
	struct span in = bytes;
	uint64_t format;

	*p = (struct part){ 0 };
	if (bytes.n == 0)
		return refuse(why, "it is empty");
	if (!take_text(&in, magic))
		return refuse(
		    why, memcmp(bytes.p, magic,
			     bytes.n < MAGIC_BYTES ? bytes.n : MAGIC_BYTES) == 0
			     ? "it is cut off"
			     : "it is no part of a checkpoint");
	if (!take_count(&in, "\n", &format))
		return refuse(why, "it is cut off");
	p->format = format;
	if (format != PART_FORMAT) {
		buf_addf(why,
		    "its format is %" PRIu64 " and this program reads %d: it "
		    "is from another version",
		    format, PART_FORMAT);
		return -1;
	}
	if (in.n < END_BYTES)
		return refuse(why, "it is cut off");
	if (check_end(bytes, why) == -1)
		return -1;
	if (!read_head((struct span){ in.p, in.n - END_BYTES }, p))
		return refuse(why,
		    "its checksum is right, but its content is inconsistent");
	return 0;
}
