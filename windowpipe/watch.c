/* watch - changes in folders, by inotify.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/watch.h"

#include <limits.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#include "lib/buf.h"

#ifdef __linux__

enum {
	NAMES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
	        IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_Q_OVERFLOW,
	BYTES = IN_MODIFY | IN_ATTRIB,
};

void
watch_open(struct watch *w)
{
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

void
watch_folder(struct watch *w, const char *folder)
{
	if (w->fd != -1) /* where it fails, time alone wakes us */
		(void)inotify_add_watch(w->fd, folder, NAMES | BYTES);
}

void
watch_take(struct watch *w, bool *names,
    void (*each)(void *ctx, const char *name), void *ctx)
{
	alignas(struct inotify_event) char bytes[16 * 1024];
	const struct inotify_event *e, *before = NULL;
	ssize_t n;

	while (w->fd != -1 && (n = read(w->fd, bytes, sizeof bytes)) > 0) {
		before = NULL;
		for (ssize_t at = 0; at < n;) {
			e = (const void *)(bytes + at);
			at += (ssize_t)(sizeof *e + e->len);
			*names |= (e->mask & NAMES) != 0;
			/* Most are of one that is written to again and again.
			 */
			if (before == NULL || e->len == 0 || before->len == 0 ||
			    strcmp(e->name, before->name) != 0)
				each(ctx, e->len == 0 ? NULL : e->name);
			before = e;
		}
	}
}

#else

void
watch_open(struct watch *w)
{
	w->fd = -1;
}

void
watch_folder(struct watch *w, const char *folder)
{
	(void)w;
	(void)folder;
}

void
watch_take(struct watch *w, bool *names,
    void (*each)(void *ctx, const char *name), void *ctx)
{
	(void)w;
	(void)names;
	(void)each;
	(void)ctx;
}

#endif

void
watch_close(struct watch *w)
{
	if (w->fd != -1)
		(void)close(w->fd); /* nothing was written to it */
	w->fd = -1;
}

static void
watch_above(struct watch *w, const char *name)
{
	const char *slash = strrchr(name, '/');
	struct buf folder = { 0 };

	if (slash == NULL)
		buf_add_char(&folder, '.');
	else
		buf_add(&folder, name, (size_t)(slash - name) + 1);
	if (buf_text(&folder) != NULL)
		watch_folder(w, folder.p);
	buf_free(&folder);
}

void
watch_file(struct watch *w, const char *name)
{
	char *real = realpath(name, NULL);

	watch_above(w, name);
	if (real != NULL)
		watch_above(w, real);
	free(real);
}
