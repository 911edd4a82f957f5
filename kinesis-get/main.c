/* kinesis-get - the records of a Kinesis data stream as lines.
 * SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "kinesis-get/options.h"
#include "kinesis-get/reader.h"
#include "lib/diag.h"
#include "lib/signals.h"

int
main(int argc, char **argv)
{
	struct options opt;
	enum status status = STATUS_USAGE;
	int signal_number = 0;

	diag_init("kinesis-get");
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
