/* window - group timed records into windows.
 * SPDX-License-Identifier: ISC */
#include "window/run.h"

#include "lib/signals.h"
#include "window/explain.h"

int
main(int argc, char **argv)
{
	struct options options;
	enum status status = STATUS_USAGE;

	diag_init("window");
	if (diag_open_std_fds() == -1)
		return STATUS_SYSTEM;
	if (options_parse(&options, argc, argv) == 0)
		status = options.explain == EXPLAIN_NOT ? run(&options)
		                                        : explain(&options);
	options_free(&options);
	diag_end();
	/* A state that could not be saved is worse than having been stopped. */
	if (signals_stop() != 0 && status != STATUS_SYSTEM)
		signals_die(signals_stop());
	return (int)status;
}
