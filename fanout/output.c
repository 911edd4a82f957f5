/* output - one place that the input is copied to.
 * SPDX-License-Identifier: ISC */
#include "fanout/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/out.h"
#include "lib/signals.h"
#include "lib/utf8.h"

static enum output_kind
kind_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return OUTPUT_OTHER; /* writing will say what it is */
	if (S_ISFIFO(st.st_mode))
		return OUTPUT_PIPE;
	return S_ISREG(st.st_mode) ? OUTPUT_FILE : OUTPUT_OTHER;
}

/* Its name, made UTF-8; what comes again is numbered.  NULL: no memory. */
static char *
make_label(const struct output *outputs, size_t i)
{
	struct span name = span_of(outputs[i].name);
	char quoted[DIAG_QUOTE_MAX];
	struct buf b = { 0 };
	size_t same = 1;

	if (!utf8_is_valid(name))
		name = span_of(diag_quote(quoted, name));
	for (size_t j = 0; j < i; j++)
		same += strcmp(outputs[j].name, outputs[i].name) == 0;
	buf_add_span(&b, name);
	if (same > 1)
		buf_addf(&b, " (%zu)", same);
	if (buf_text(&b) == NULL)
		buf_free(&b);
	return b.p;
}

static int
open_output(struct output *outputs, size_t i, bool append)
{
	struct output *o = &outputs[i];
	struct diag_at at = { .source = o->name };
	int error;

	if (i > 0)
		o->fd = out_open_fd(o->name, append ? O_APPEND : O_TRUNC);
	if (o->fd == -1) {
		error = errno; /* EINTR: a signal asked to stop */
		if (error != EINTR)
			diag_error(&at, "cannot open: %s", strerror(error));
		return error;
	}
	o->kind = kind_of(o->fd);
	o->label = make_label(outputs, i);
	if (o->label != NULL)
		return 0;
	diag_error(NULL, "out of memory");
	return ENOMEM;
}

struct output *
outputs_open(const char *const *files, size_t n, bool append, int *error)
{
	struct output *outputs = calloc(n + 1, sizeof *outputs);

	*error = 0;
	if (outputs == NULL) {
		diag_error(NULL, "out of memory");
		*error = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i <= n; i++)
		outputs[i] = (struct output){
			.name = i == 0 ? "stdout" : files[i - 1],
			.fd = i == 0 ? STDOUT_FILENO : -1,
		};
	for (size_t i = 0; i <= n && *error == 0; i++)
		*error = open_output(outputs, i, append);
	if (*error == 0)
		return outputs;
	(void)outputs_close(outputs, n + 1); /* nothing was written */
	return NULL;
}

int
outputs_close(struct output *outputs, size_t n)
{
	int rc = 0;

	for (size_t i = 0; outputs != NULL && i < n; i++) {
		struct output *o = &outputs[i];
		struct diag_at at = { .source = o->name };

		if (i > 0 && o->fd != -1 && close(o->fd) == -1 &&
		    errno != EINTR && o->error == 0) {
			diag_error(&at, "cannot write: %s", strerror(errno));
			rc = -1;
		}
		free(o->label);
	}
	free(outputs);
	return rc;
}

ssize_t
output_write(struct output *o, const char *p, size_t n)
{
	struct pollfd ready = { .fd = o->fd, .events = POLLOUT };
	ssize_t wrote;

	if (o->kind != OUTPUT_FILE && poll(&ready, 1, 0) <= 0)
		return 0;
	/* So many bytes a pipe takes at once if it takes any. */
	if (o->kind == OUTPUT_PIPE && n > PIPE_BUF)
		n = PIPE_BUF;
	wrote = write(o->fd, p, n);
	if (wrote == -1)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	o->bytes += (uint64_t)wrote;
	return wrote;
}
