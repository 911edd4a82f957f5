/* replace - a file made beside the one that it will replace.
 * SPDX-License-Identifier: ISC */
#include "lib/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
replace_open(const char *name, mode_t mode)
{
	if (unlink(name) == -1 && errno != ENOENT)
		return -1;
	return open(
	    name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

int
replace_write(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			s = (struct span){ s.p + n, s.n - (size_t)n };
	}
	return 0;
}
