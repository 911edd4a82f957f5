/* kinesis-put - deliver lines to a Kinesis data stream.
 * SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "kinesis-put/calls.h"
#include "kinesis-put/delivery.h"
#include "kinesis-put/dryrun.h"
#include "kinesis-put/options.h"
#include "lib/diag.h"
#include "lib/hash.h"
#include "lib/signals.h"

/* What was asked for; stdout is written to by all but the last. */
static enum status
run(struct options *opt, int *signal_number)
{
	if (opt->dry_run)
		return dryrun(opt, signal_number);
	if (opt->check != CHECK_NO)
		return check(opt);
	if (opt->call)
		return ask(opt, signal_number);
	return deliver(opt, signal_number);
}

int
main(int argc, char **argv)
{
	struct options opt;
	enum status status = STATUS_USAGE;
	int signal_number = 0;

	diag_init("kinesis-put");
	if (diag_open_std_fds() == -1)
		return STATUS_SYSTEM;
	if (options_parse(&opt, argc, argv) == 0)
		status = signals_open() == -1 || hash_seed_draw() == -1
		             ? STATUS_SYSTEM
		             : run(&opt, &signal_number);
	options_free(&opt);
	diag_end();
	/* A line that could not be kept is worse than having been stopped. */
	if (signal_number != 0 && status != STATUS_SYSTEM)
		signals_die(signal_number);
	return (int)status;
}
