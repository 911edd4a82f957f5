/* generations - the names that a log has had.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/generations.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/array.h"
#include "lib/ascii.h"
#include "lib/buf.h"
#include "lib/span.h"

/* Older kinds of names first. */
enum kind { KIND_NONE, KIND_TIME, KIND_NUMBER, KIND_ITSELF };

enum { NUMBER_DIGITS = 3 }; /* more is a date, as 2026 */

struct tail {
	enum kind kind;
	struct span text; /* of a time */
	int number;       /* of a number */
};

static bool
begins(struct span s, struct span with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

static bool
ends(struct span s, struct span with)
{
	return s.n >= with.n && memcmp(s.p + s.n - with.n, with.p, with.n) == 0;
}

/* What stands between the full stop or hyphen and the rest. */
static struct tail
read_tail(struct span s)
{
	static const char *const words[] = { "old", "bak", "prev", "save" };
	struct tail tail = { .kind = KIND_NUMBER, .text = s };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (span_is(s, words[i])) {
			tail.number = 1;
			return tail;
		}
	if (s.n == 0 || !ascii_is_digit(s.p[0]))
		return (struct tail){ 0 };
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_digit(s.p[i]))
			tail.kind = KIND_TIME;
		if (!ascii_is_digit(s.p[i]) &&
		    strchr("TZ._:+-", s.p[i]) == NULL)
			return (struct tail){ 0 };
	}
	if (s.n > NUMBER_DIGITS)
		tail.kind = KIND_TIME;
	for (size_t i = 0; i < s.n && tail.kind == KIND_NUMBER; i++)
		tail.number = tail.number * 10 + (s.p[i] - '0');
	return tail;
}

/* Of a name that is begin, full stop or hyphen, tail, end. */
static struct tail
between(struct span name, struct span begin, struct span end)
{
	if (!begins(name, begin) || name.n < begin.n + 1 + end.n ||
	    !ends(name, end) || strchr(".-", name.p[begin.n]) == NULL)
		return (struct tail){ 0 };
	return read_tail((struct span){
	    name.p + begin.n + 1, name.n - begin.n - 1 - end.n });
}

static struct tail
tail_of(const char *base, const char *text)
{
	struct span whole = span_of(base), name = span_of(text);
	struct span gz = span_of(".gz"), none = { "", 0 };
	const char *dot = strrchr(base, '.');
	struct tail tail;

	if (span_equal(name, whole))
		return (struct tail){ .kind = KIND_ITSELF };
	if (ends(name, gz))
		name.n -= gz.n;
	if (span_equal(name, whole))
		return (struct tail){ .kind = KIND_NUMBER };
	tail = between(name, whole, none);
	if (tail.kind == KIND_NONE && dot != NULL && dot != base)
		tail = between(name,
		    (struct span){ base, (size_t)(dot - base) }, span_of(dot));
	return tail;
}

bool
generations_is(const char *base, const char *name)
{
	return tail_of(base, name).kind != KIND_NONE;
}

int
generations_order(const char *base, const char *a, const char *b)
{
	struct tail x = tail_of(base, a), y = tail_of(base, b);

	if (x.kind != y.kind)
		return x.kind < y.kind ? -1 : 1;
	if (x.kind == KIND_NUMBER)
		return (x.number < y.number) - (x.number > y.number);
	return x.kind == KIND_TIME ? span_order(x.text, y.text) : 0;
}

/* --- those that are there ------------------------------------------------- */

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* One that has gone meanwhile is none. */
static int
add(struct generations *list, const char *path, const char *name)
{
	size_t above = (size_t)(base_of(path) - path);
	struct buf full = { 0 };
	struct stat st;

	buf_add(&full, path, above);
	buf_add_text(&full, name);
	if (buf_text(&full) == NULL ||
	    array_room(list->of, list->cap, list->n + 1) == -1) {
		buf_free(&full);
		errno = ENOMEM;
		return -1;
	}
	if (stat(full.p, &st) == -1 || !S_ISREG(st.st_mode)) {
		buf_free(&full);
		return 0;
	}
	list->of[list->n++] = (struct generation){
		.name = full.p,
		.dev = (uint64_t)st.st_dev,
		.inode = (uint64_t)st.st_ino,
		.size = (uint64_t)st.st_size,
		.changed_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 +
		              st.st_mtim.tv_nsec,
	};
	return 0;
}

static bool
is_wanted(const char *path, const char *name, bool (*skips)(const char *name))
{
	const char *base = base_of(path);
	size_t n = strlen(base);

	if (!generations_is(base, name))
		return false;
	return skips == NULL || !skips(name) ||
	       (strncmp(name, base, n) == 0 &&
		   (name[n] == '\0' || strcmp(name + n, ".gz") == 0));
}

struct age {
	const char *base;
	bool rising; /* of numbers the larger is the newer */
};

static int
by_age(const void *a, const void *b, void *age)
{
	const struct generation *x = a, *y = b;
	const struct age *of = age;
	const char *p = base_of(x->name), *q = base_of(y->name);
	int order = generations_order(of->base, p, q);

	if (of->rising && tail_of(of->base, p).kind == KIND_NUMBER &&
	    tail_of(of->base, q).kind == KIND_NUMBER)
		order = -order;
	return order != 0 ? order : strcmp(p, q);
}

/* Whether no number was changed before a smaller one, and one was after it; the
 * largest is the first. */
static bool
is_rising(const struct generations *list, const char *base)
{
	const struct generation *before = NULL;
	bool later = false;

	for (size_t i = 0; i < list->n; i++) {
		const struct generation *g = &list->of[i];

		if (tail_of(base, base_of(g->name)).kind != KIND_NUMBER)
			continue;
		if (before != NULL &&
		    generations_order(
			base, base_of(before->name), base_of(g->name)) != 0) {
			if (before->changed_ns < g->changed_ns)
				return false;
			later |= before->changed_ns > g->changed_ns;
		}
		before = g;
	}
	return later;
}

static void
sort(struct generations *list, const char *path)
{
	struct age age = { .base = base_of(path) };

	if (list->n == 0)
		return;
	qsort_r(list->of, list->n, sizeof *list->of, by_age, &age);
	age.rising = is_rising(list, age.base);
	if (age.rising)
		qsort_r(list->of, list->n, sizeof *list->of, by_age, &age);
	for (size_t i = 1; i < list->n; i++)
		list->of[i].rank =
		    list->of[i - 1].rank +
		    (generations_order(age.base, base_of(list->of[i - 1].name),
			 base_of(list->of[i].name)) != 0);
}

int
generations_list(
    struct generations *list, const char *path, bool (*skips)(const char *name))
{
	size_t above = (size_t)(base_of(path) - path);
	struct buf folder = { 0 };
	const struct dirent *entry;
	DIR *dir = NULL;
	int rc = 0;

	*list = (struct generations){ 0 };
	if (above == 0)
		buf_add_char(&folder, '.');
	buf_add(&folder, path, above);
	if (buf_text(&folder) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	dir = opendir(folder.p);
	buf_free(&folder);
	if (dir == NULL)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		if (is_wanted(path, entry->d_name, skips))
			rc = add(list, path, entry->d_name);
	(void)closedir(dir); /* it was only read */
	sort(list, path);
	return rc;
}

void
generations_free(struct generations *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->of[i].name);
	free(list->of);
	*list = (struct generations){ 0 };
}

bool
generations_equal(const struct generations *a, const struct generations *b)
{
	bool equal = a->n == b->n;

	for (size_t i = 0; i < a->n && equal; i++)
		equal = a->of[i].inode == b->of[i].inode &&
		        a->of[i].dev == b->of[i].dev &&
		        strcmp(a->of[i].name, b->of[i].name) == 0;
	return equal;
}
