/* translate - window's queries as a job for Apache Flink.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/translate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "windowpipe/flink.h"

enum status
translate_query(const struct options *o)
{
	struct buf b = { 0 };
	enum status status = STATUS_USAGE;

	if (o->files.n == 0) {
		diag_error(NULL, "no query; give window's options: windowpipe "
				 "sql -- --tumble 10s --event-time ts --count");
		return STATUS_USAGE;
	}
	if (flink_write(&b, &o->files) == 0) {
		status = STATUS_OK;
		if (b.failed || file_write(STDOUT_FILENO, buf_span(&b)) == -1) {
			diag_error(NULL, "cannot write to standard output: %s",
			    strerror(b.failed ? ENOMEM : errno));
			status = STATUS_SYSTEM;
		}
	}
	buf_free(&b);
	return status;
}
