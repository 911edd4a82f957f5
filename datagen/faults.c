/* faults - rows that come late, twice or spoilt.
 * SPDX-License-Identifier: ISC */
#include "datagen/faults.h"

#include <stdlib.h>
#include <string.h>

#include "lib/counts.h"
#include "lib/array.h"

const char *const fault_name[FAULT_KINDS] = {
	[FAULT_LATE] = "late",
	[FAULT_DUPLICATE] = "duplicate",
	[FAULT_CUT] = "cut",
	[FAULT_CONTROL] = "control",
	[FAULT_ENCODING] = "encoding",
	[FAULT_TRAILING_COMMA] = "trailing-comma",
	[FAULT_TWO_ROWS] = "two-rows",
	[FAULT_ARRAY] = "array",
	[FAULT_PROSE] = "prose",
};

void
faults_init(struct faults *f, const struct faults_spec *spec, uint64_t seed)
{
	struct rng rng;

	*f = (struct faults){ .spec = *spec };
	rng_seed(&rng, seed);
	rng_leap(&rng);
	f->late = rng;
	rng_jump(&rng);
	f->duplicate = rng;
	rng_jump(&rng);
	f->bad = rng;
}

void
faults_free(struct faults *f)
{
	free(f->event);
}

/* Draws always, so that one row's fate does not move the next one's. */
static bool
happens(struct rng *r, struct share share)
{
	return share_is_set(share) &&
	       (rng_chance(r, share.below) || share.always);
}

static void
note(struct faults *f, uint64_t line, enum fault_kind kind)
{
	if (array_room(f->event, f->cap, f->n + 1) == -1)
		f->failed = true;
	else
		f->event[f->n++] = (struct fault_event){ line, kind };
}

/* Puts c before the byte at; returns the row's new end. */
static char *
insert(char *at, char *end, char c)
{
	memmove(at + 1, at, (size_t)(end - at));
	*at = c;
	return end + 1;
}

/* Spoils the row in row..end, of which the last byte is its newline. */
static char *
spoil(struct faults *f, char *row, char *end, enum fault_kind kind)
{
	static const char prose[] = "sensor restarted, 3 rows lost\n";
	size_t n = (size_t)(end - row) - 1;
	size_t at = 1 + (size_t)rng_below(&f->bad, n - 1);

	switch (kind) {
	case FAULT_CUT:
		row[at] = '\n';
		return row + at + 1;
	case FAULT_CONTROL:
		return insert(row + at, end, '\1');
	case FAULT_ENCODING:
		return insert(row + at, end, '\xFF');
	case FAULT_TRAILING_COMMA:
		return insert(row + n - 1, end, ',');
	case FAULT_TWO_ROWS:
		memcpy(row + n, row, n);
		row[2 * n] = '\n';
		return row + 2 * n + 1;
	case FAULT_ARRAY:
		end = insert(row, end, '[');
		return insert(end - 1, end, ']');
	case FAULT_PROSE:
		memcpy(row, prose, sizeof prose - 1);
		return row + sizeof prose - 1;
	case FAULT_LATE:
	case FAULT_DUPLICATE:
	case FAULT_KINDS:
		break;
	}
	return end;
}

static enum fault_kind
bad_kind(struct faults *f)
{
	uint64_t kinds = FAULT_KINDS - FAULT_CUT;

	return (enum fault_kind)(FAULT_CUT + rng_below(&f->bad, kinds));
}

static char *
fill_one(
    struct faults *f, struct row *row, int64_t ms, char *to, uint64_t *line)
{
	char *begin = to;
	enum fault_kind kind;

	++*line;
	if (happens(&f->late, f->spec.late)) {
		ms -=
		    1 + (int64_t)rng_below(&f->late, (uint64_t)f->spec.late_ms);
		note(f, *line, FAULT_LATE);
	}
	to = row_write(row, to, ms);
	if (happens(&f->bad, f->spec.bad)) {
		kind = bad_kind(f);
		note(f, *line, kind);
		return spoil(f, begin, to, kind);
	}
	if (happens(&f->duplicate, f->spec.duplicate)) {
		size_t n = (size_t)(to - begin);

		++*line;
		note(f, *line, FAULT_DUPLICATE);
		memcpy(to, begin, n);
		to += n;
	}
	return to;
}

char *
faults_fill(struct faults *f, struct row *row, struct rowtime *time, char *to,
    const char *limit, uint64_t *rows, uint64_t *line)
{
	uint64_t done = 0;

	while (done < *rows && to < limit) {
		to = fill_one(f, row, rowtime_next(time), to, line);
		done++;
	}
	*rows = done;
	return to;
}

void
faults_save(const struct faults *f, struct buf *b)
{
	counts_add(b, f->late.s, 4);
	counts_add(b, f->duplicate.s, 4);
	counts_add(b, f->bad.s, 4);
}

int
faults_load(struct faults *f, struct span *in)
{
	return counts_take(in, f->late.s, 4) == 0 &&
	               counts_take(in, f->duplicate.s, 4) == 0 &&
	               counts_take(in, f->bad.s, 4) == 0
	           ? 0
	           : -1;
}
