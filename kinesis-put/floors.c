/* floors - behind which record of each shard anything in doubt must be.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/floors.h"

#include <stdlib.h>
#include <string.h>

#include "aws/reading.h"
#include "lib/array.h"
#include "lib/ascii.h"

int
floors_init(struct floors *f)
{
	return shards_init(&f->names);
}

void
floors_free(struct floors *f)
{
	shards_free(&f->names);
	free(f->floor);
	*f = (struct floors){ 0 };
}

/* That of the shard, made if need be; NULL: there can be none. */
static struct floor *
floor_of(struct floors *f, struct span shard)
{
	size_t had = f->cap;
	uint32_t i = shards_named(&f->names, shard);

	if (i == SHARD_UNKNOWN ||
	    array_room(f->floor, f->cap, (size_t)i + 1) == -1)
		return NULL;
	if (f->cap > had)
		memset(f->floor + had, 0, (f->cap - had) * sizeof *f->floor);
	return &f->floor[i];
}

static void
raise(char *to, struct span sequence)
{
	if (sequence.n == 0 || sequence.n > FLOOR_DIGITS ||
	    sequence_order(sequence, span_of(to)) <= 0)
		return;
	for (size_t i = 0; i < sequence.n; i++)
		if (!ascii_is_digit(sequence.p[i]))
			return;
	memcpy(to, sequence.p, sequence.n);
	to[sequence.n] = '\0';
}

void
floors_see(struct floors *f, struct span shard, struct span sequence)
{
	struct floor *one = floor_of(f, shard);

	if (one == NULL)
		return;
	raise(one->last, sequence);
	one->is_new = true;
}

void
floors_raise(struct floors *f)
{
	for (uint32_t i = 1; i < f->names.n && i < f->cap; i++)
		memcpy(f->floor[i].floor, f->floor[i].last,
		    sizeof f->floor[i].floor);
}

bool
floors_cover(struct floors *f, struct span shard, struct span sequence)
{
	const struct floor *one = floor_of(f, shard);

	return one != NULL && one->floor[0] != '\0' &&
	       sequence_order(sequence, span_of(one->floor)) <= 0;
}

/* --- as text -------------------------------------------------------------- */

static void
write_line(
    const struct floors *f, uint32_t i, const char *sequence, struct buf *b)
{
	const struct shard *s = &f->names.list[i];

	if (sequence[0] != '\0')
		buf_addf(b, "%.*s %s\n", s->name_n, s->name, sequence);
}

void
floors_write(const struct floors *f, struct buf *b)
{
	for (uint32_t i = 1; i < f->names.n && i < f->cap; i++)
		write_line(f, i, f->floor[i].floor, b);
}

void
floors_take_new(struct floors *f, struct buf *b)
{
	for (uint32_t i = 1; i < f->names.n && i < f->cap; i++) {
		if (f->floor[i].is_new)
			write_line(f, i, f->floor[i].last, b);
		f->floor[i].is_new = false;
	}
}

static bool
read_line(struct floors *f, struct span line, bool as_floor)
{
	const char *blank = memchr(line.p, ' ', line.n);
	struct span name, sequence;
	struct floor *one;

	if (blank == NULL)
		return false;
	name = (struct span){ line.p, (size_t)(blank - line.p) };
	sequence = (struct span){ blank + 1, line.n - name.n - 1 };
	one = floor_of(f, name);
	if (one == NULL)
		return true;
	raise(one->last, sequence);
	if (as_floor)
		raise(one->floor, sequence);
	return true;
}

bool
floors_read(struct floors *f, struct span s, bool as_floors)
{
	while (s.n > 0) {
		const char *end = memchr(s.p, '\n', s.n);
		struct span line;

		if (end == NULL)
			return false;
		line = (struct span){ s.p, (size_t)(end - s.p) };
		s = (struct span){ end + 1, s.n - line.n - 1 };
		if (!read_line(f, line, as_floors))
			return false;
	}
	return true;
}
