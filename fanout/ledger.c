/* ledger - how far each output is, and what it may take next.
 * SPDX-License-Identifier: ISC */
#include "fanout/ledger.h"

#include <stdlib.h>

int
ledger_init(struct ledger *l, size_t n)
{
	*l = (struct ledger){ .marks = calloc(n, sizeof *l->marks), .n = n };
	if (l->marks == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		l->marks[i].is_live = true;
	return 0;
}

void
ledger_free(struct ledger *l)
{
	free(l->marks);
	*l = (struct ledger){ 0 };
}

void
ledger_filled(struct ledger *l, uint64_t bytes)
{
	l->end += bytes;
}

/* Where the hindmost live output but i is; the end where there is none. */
static uint64_t
hindmost_but(const struct ledger *l, size_t i)
{
	uint64_t at = l->end;

	for (size_t j = 0; j < l->n; j++) {
		if (j != i && l->marks[j].is_live && l->marks[j].at < at)
			at = l->marks[j].at;
	}
	return at;
}

enum ledger_way
ledger_next(const struct ledger *l, size_t i, uint64_t *bytes)
{
	const struct ledger_mark *m = &l->marks[i];
	uint64_t others;

	*bytes = 0;
	if (!m->is_live || m->at != l->front || l->front == l->end)
		return LEDGER_WAIT;
	others = hindmost_but(l, i);
	if (others == l->front) {
		*bytes = l->end - l->front;
		return LEDGER_COPY;
	}
	*bytes = others - l->front;
	return LEDGER_MOVE;
}

void
ledger_took(struct ledger *l, size_t i, enum ledger_way way, uint64_t bytes)
{
	l->marks[i].at += bytes;
	if (way == LEDGER_MOVE)
		l->front += bytes;
}

uint64_t
ledger_drop(struct ledger *l, size_t i)
{
	uint64_t surplus;

	l->marks[i].is_live = false;
	surplus = hindmost_but(l, i) - l->front;
	l->front += surplus;
	return surplus;
}

uint64_t
ledger_lack(const struct ledger *l, size_t i)
{
	return l->marks[i].is_live ? l->end - l->marks[i].at : 0;
}

bool
ledger_is_even(const struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (ledger_lack(l, i) > 0)
			return false;
	}
	return true;
}

bool
ledger_has_live(const struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->marks[i].is_live)
			return true;
	}
	return false;
}

bool
ledger_holds_back(const struct ledger *l, size_t i, bool is_full)
{
	if (ledger_lack(l, i) == 0)
		return false;
	for (size_t j = 0; j < l->n; j++) {
		const struct ledger_mark *m = &l->marks[j];

		if (m->is_live && m->at > l->marks[i].at &&
		    (m->at < l->end || is_full))
			return true;
	}
	return false;
}
