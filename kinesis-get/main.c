/* kinesis-get - the records of a Kinesis data stream as lines.
 * SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "kinesis-get/options.h"
#include "kinesis-get/reader.h"
#include "lib/diag.h"
#include "lib/signals.h"

enum {
	SPARE_BYTES = 16 * 1024 * 1024,
	GROW_BYTES = 1024 * 1024,
};

/* Answers come and go: the pages of those that were written are for the next
 * ones, and need not be cleared anew each time. */
static void
keep_spare_memory(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_TRIM_THRESHOLD, SPARE_BYTES);
	(void)mallopt(M_TOP_PAD, GROW_BYTES);
#endif
}

int
main(int argc, char **argv)
{
	struct options opt;
	enum status status = STATUS_USAGE;
	int signal_number = 0;

	diag_init("kinesis-get");
	keep_spare_memory();
	if (diag_open_std_fds() == -1)
		return STATUS_SYSTEM;
	if (options_parse(&opt, argc, argv) == 0)
		status = signals_open() == -1
		             ? STATUS_SYSTEM
		             : read_stream(&opt, &signal_number);
	diag_end();
	/* What could not be written is worse than having been stopped. */
	if (signal_number != 0 && status != STATUS_SYSTEM)
		signals_die(signal_number);
	return (int)status;
}
