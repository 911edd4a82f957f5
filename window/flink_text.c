/* flink_text - names, types and intervals as Flink writes them.
 * SPDX-License-Identifier: ISC */
#include "window/flink_inner.h"

#include <inttypes.h>

void
flink_add_name(struct buf *out, const char *name)
{
	buf_add_char(out, '`');
	for (; *name != '\0'; name++) {
		if (*name == '`')
			buf_add_char(out, '`');
		buf_add_char(out, *name);
	}
	buf_add_char(out, '`');
}

void
flink_take_part(const char **path, struct buf *part)
{
	const char *p = *path;
	bool quoted = *p == '"';

	buf_clear(part);
	for (p += quoted; *p != '\0' && (quoted || *p != '.'); p++) {
		if (quoted && *p == '"' && *++p != '"')
			break;
		buf_add_char(part, *p);
	}
	*path = *p == '.' ? p + 1 : p;
}

void
flink_add_field(struct buf *out, const char *path)
{
	struct buf part = { 0 };

	for (bool first = true; *path != '\0'; first = false) {
		flink_take_part(&path, &part);
		if (!first)
			buf_add_char(out, '.');
		flink_add_name(out, buf_text(&part) == NULL ? "" : part.p);
	}
	buf_free(&part);
}

/* More than two digits must be asked for. */
void
flink_add_interval(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "DAY" }, { 3600000, "HOUR" },
		{ 60000, "MINUTE" }, { 1000, "SECOND" } };
	size_t i = 0;
	int64_t size = ms < 0 ? -ms : ms, whole;
	int digits = 1;

	while (i < 3 && ms % units[i].ms != 0)
		i++;
	whole = size / units[i].ms;
	buf_addf(out, "INTERVAL '%s%" PRId64, ms < 0 ? "-" : "", whole);
	if (ms % units[i].ms != 0)
		buf_addf(out, ".%03" PRId64, size % 1000);
	buf_addf(out, "' %s", units[i].name);
	for (; whole >= 10; whole /= 10)
		digits++;
	if (digits > 2)
		buf_addf(out, "(%d)", digits);
}

void
flink_add_type(struct buf *out, struct type type)
{
	if (type.kind == TYPE_TIMESTAMP || type.kind == TYPE_TIMESTAMP_LTZ ||
	    type.kind == TYPE_TIME)
		buf_addf(
		    out, "%s(%d)", type_kind_name(type.kind), type.precision);
	else
		type_write(out, (struct type){ type.kind, type.precision,
				    type.scale, false });
	if (type.not_null)
		buf_add_text(out, " NOT NULL");
}
