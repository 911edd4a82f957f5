/* dead_letter - the lines that did not get there, in the files the user named.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/dead_letter.h"

#include <errno.h>
#include <unistd.h>

int
dead_letter_open(struct dead_letter *k, const char *option, const char *name)
{
	*k = (struct dead_letter){ 0 };
	if (name == NULL)
		return 0;
	if (out_open_option(&k->out, option, name) == -1)
		return -1;
	k->open = true;
	return 0;
}

void
dead_letter_add(struct dead_letter *k, struct span line, bool cr)
{
	if (!k->open)
		return;
	buf_add_span(&k->out.line, line);
	if (cr)
		buf_add_char(&k->out.line, '\r');
	(void)out_end_line(
	    &k->out); /* a failure sticks: dead_letter_failed() */
}

void
dead_letter_add_piece(struct dead_letter *k, struct span piece, bool last)
{
	if (!k->open)
		return;
	buf_add_span(&k->out.line, piece);
	if (last)
		(void)out_end_line(&k->out);
	else
		(void)out_spill(&k->out);
}

void
dead_letter_flush(struct dead_letter *k)
{
	if (k->open && k->out.whole > 0)
		(void)out_flush(&k->out);
}

void
dead_letter_sync(struct dead_letter *k)
{
	dead_letter_flush(k);
	/* A pipe has no disk. */
	if (k->open && !dead_letter_failed(k) && fdatasync(k->out.fd) == -1 &&
	    errno != EINVAL && errno != EROFS)
		k->out.error = errno;
}

enum status
dead_letter_close(struct dead_letter *k)
{
	if (!k->open)
		return STATUS_OK;
	k->open = false;
	return out_close(&k->out) == 0 ? STATUS_OK : out_complain(&k->out);
}
