/* connector - the programs and files that a job's tables stand for.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/connector.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/path.h"
#include "lib/units.h"
#include "windowpipe/expression.h"

enum {
	FILES_MAX = 10000, /* of a folder; a command line has room for them */
	FOLLOW_POLL_MAX_MS = 24 * 60 * 60 * 1000, /* that of rows --poll */
};

static int
fail(struct script *s, const struct sql_option *o, const char *what)
{
	sql_errors_add(&s->errors, o->at, o->length, "%s", what);
	return -1;
}

static int
fail_table(struct script *s, const struct table *t, const char *what)
{
	sql_errors_add(
	    &s->errors, t->def->name.at, t->def->name.length, "%s", what);
	return -1;
}

static void
add_flag(void *ctx, const char *flag, const char *value)
{
	args_add_option(ctx, flag, value);
}

static const char *
value_of(struct script *s, const struct sql_option *o)
{
	return script_copy(s, o->value);
}

bool
connector_duration(struct span text, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{ "", 1 },
		{ "ms", 1 },
		{ "milli", 1 },
		{ "millis", 1 },
		{ "millisecond", 1 },
		{ "milliseconds", 1 },
		{ "s", 1000 },
		{ "sec", 1000 },
		{ "secs", 1000 },
		{ "second", 1000 },
		{ "seconds", 1000 },
		{ "m", 60000 },
		{ "min", 60000 },
		{ "minute", 60000 },
		{ "minutes", 60000 },
		{ "h", 3600000 },
		{ "hour", 3600000 },
		{ "hours", 3600000 },
		{ "d", 86400000 },
		{ "day", 86400000 },
		{ "days", 86400000 },
	};
	size_t digits = 0, blanks;
	struct span unit;

	while (digits < text.n && ascii_is_digit(text.p[digits]))
		digits++;
	for (blanks = digits; blanks < text.n && text.p[blanks] == ' ';)
		blanks++;
	unit = (struct span){ text.p + blanks, text.n - blanks };
	if (units_integer((struct span){ text.p, digits }, ms, NULL) == -1)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (unit.n == strlen(units[i].name) &&
		    strncasecmp(unit.p, units[i].name, unit.n) == 0)
			return !__builtin_mul_overflow(*ms, units[i].ms, ms);
	return false;
}

/* --- datagen -------------------------------------------------------------- */

/* 'fields.NAME.KEY' */
static const struct sql_option *
field_option(
    struct script *s, const struct table *t, struct span name, const char *key)
{
	return table_option(
	    t, script_print(s, "fields.%.*s.%s", (int)name.n, name.p, key));
}

/* MIN..MAX, of which one may be the type's own. */
static int
add_range(struct script *s, struct buf *b, struct type type,
    const struct sql_option *least, const struct sql_option *most)
{
	const struct sql_option *o = least != NULL ? least : most;
	bool is_integer = type_is_integer(type.kind);

	if (least == NULL && most == NULL)
		return 0;
	if (!type_is_number(type.kind))
		return fail(s, o, "MIN and MAX are of numbers");
	if (least != NULL)
		buf_addf(b, " %.*s", (int)least->value.n, least->value.p);
	else if (is_integer)
		buf_addf(
		    b, " %lld", -(long long)type_integer_max(type.kind) - 1);
	else
		return fail(s, o, "give this column's min, too");
	buf_add_text(b, "..");
	if (most != NULL)
		buf_add_span(b, most->value);
	else if (is_integer)
		buf_addf(b, "%lld", (long long)type_integer_max(type.kind));
	else
		return fail(s, o, "give this column's max, too");
	return 0;
}

static int
add_sequence(struct script *s, struct buf *b, const struct table *t,
    const struct sql_column *c, const struct sql_option *kind)
{
	const struct sql_option *a = field_option(s, t, c->name.text, "start");
	const struct sql_option *z = field_option(s, t, c->name.text, "end");

	if (a == NULL || z == NULL)
		return fail(s, kind, "a sequence has a start and an end");
	buf_addf(b, " sequence %.*s..%.*s", (int)a->value.n, a->value.p,
	    (int)z->value.n, z->value.p);
	return 0;
}

static int
add_nulls(struct script *s, struct buf *b, const struct sql_option *o)
{
	char *end;
	const char *text = value_of(s, o);
	double rate = strtod(text, &end);

	if (end == text || *end != '\0' || !(rate >= 0 && rate <= 1))
		return fail(s, o, "a rate is a number from 0 to 1");
	buf_addf(b, " null %.10g%%", rate * 100);
	return 0;
}

/* A column in datagen's notation. */
static int
add_column(struct script *s, struct buf *b, const struct table *t,
    const struct sql_column *c)
{
	struct span name = c->name.text;
	const struct sql_option *kind = field_option(s, t, name, "kind");
	const struct sql_option *length = field_option(s, t, name, "length");
	const struct sql_option *past = field_option(s, t, name, "max-past");
	const struct sql_option *nulls = field_option(s, t, name, "null-rate");
	struct type type = c->type;
	int64_t ms;

	type.not_null = false;
	buf_addf(b, "%s%s ", b->n > 0 ? ", " : "", expression_column(s, name));
	type_write(b, type);
	if (kind != NULL && span_is(kind->value, "sequence"))
		return add_sequence(s, b, t, c, kind);
	if (kind != NULL && !span_is(kind->value, "random"))
		return fail(s, kind, "a kind is 'random' or 'sequence'");
	if (add_range(s, b, c->type, field_option(s, t, name, "min"),
		field_option(s, t, name, "max")) == -1)
		return -1;
	if (length != NULL && type_is_text(c->type.kind)) {
		const struct sql_option *var =
		    field_option(s, t, name, "var-len");

		buf_addf(b, " length %s%.*s",
		    var != NULL && span_is(var->value, "true") ? "1.." : "",
		    (int)length->value.n, length->value.p);
	}
	if (past != NULL) {
		if (!connector_duration(past->value, &ms))
			return fail(s, past, "a duration is '5 s', '500 ms'");
		if (sql_type_is_instant(c->type.kind))
			buf_addf(b, " max-past %lldms", (long long)ms);
	}
	return nulls == NULL ? 0 : add_nulls(s, b, nulls);
}

/* Every 'fields.NAME.…' is of a column. */
static int
check_fields(struct script *s, const struct table *t)
{
	int rc = 0;

	for (const struct sql_option *o = t->def->options; o != NULL;
	     o = o->next) {
		struct span key = o->key.text;
		const struct sql_column *c = t->def->columns;
		const char *dot;

		if (key.n < 7 || memcmp(key.p, "fields.", 7) != 0)
			continue;
		dot = memrchr(key.p, '.', key.n);
		key.n = (size_t)(dot - key.p);
		key.p += 7;
		key.n = key.n < 7 ? 0 : key.n - 7;
		while (c != NULL && (c->kind != SQL_PHYSICAL ||
					!span_equal(c->name.text, key)))
			c = c->next;
		if (c == NULL) {
			sql_errors_add(&s->errors, o->key.at, o->key.length,
			    "the table has no column %s", script_quote(key));
			rc = -1;
		}
	}
	return rc;
}

static int
datagen(struct script *s, const struct table *t, struct endpoint *e)
{
	struct buf columns = { 0 };
	int rc = check_fields(s, t);

	args_add(&e->args, "datagen");
	table_each_flag(t, s, SIDE_SOURCE, add_flag, &e->args);
	for (const struct sql_column *c = t->def->columns; c != NULL;
	     c = c->next)
		if (c->kind == SQL_PHYSICAL &&
		    add_column(s, &columns, t, c) == -1)
			rc = -1;
	if (buf_text(&columns) == NULL)
		s->errors.out_of_memory = true;
	else
		args_add(&e->args, columns.p);
	buf_free(&columns);
	return rc;
}

/* --- kinesis -------------------------------------------------------------- */

static int
add_stream(struct script *s, const struct table *t, struct args *a)
{
	const struct sql_option *name = table_option(t, "stream");
	const struct sql_option *arn = table_option(t, "stream.arn");

	if (name == NULL && arn == NULL)
		return fail_table(
		    s, t, "the table lacks its stream; add 'stream.arn' = …");
	name = arn != NULL ? arn : name;
	if (name->value.n == 0 || name->value.p[0] != '-')
		args_add(a, value_of(s, name));
	return 0;
}

/* A name that looks like an option stands behind all options. */
static void
add_dashed_stream(struct script *s, const struct table *t, struct args *a)
{
	const struct sql_option *name = table_option(t, "stream");

	if (table_option(t, "stream.arn") == NULL && name->value.n > 0 &&
	    name->value.p[0] == '-')
		args_add_option(a, "--", value_of(s, name));
}

/* METADATA columns are members of the rows, by their names. */
static void
add_metadata(struct script *s, const struct table *t, struct args *a)
{
	for (const struct sql_column *c = t->def->columns; c != NULL;
	     c = c->next) {
		struct buf b = { 0 };

		if (c->kind != SQL_METADATA)
			continue;
		buf_add_span(&b, c->key.text);
		if (!span_equal(c->key.text, c->name.text)) {
			buf_add_char(&b, ':');
			path_add_unquoted(&b, script_copy(s, c->name.text));
		}
		args_add_option(a, "--metadata", script_copy(s, buf_span(&b)));
		s->errors.out_of_memory |= b.failed;
		buf_free(&b);
	}
}

static int
kinesis_source(struct script *s, const struct table *t, struct endpoint *e)
{
	const struct sql_option *from = table_option(t, "source.init.position");
	const struct sql_option *time =
	    table_option(t, "source.init.timestamp");

	if (from == NULL)
		from = table_option(t, "scan.stream.initpos");
	if (time == NULL)
		time = table_option(t, "scan.stream.initpos-timestamp");
	args_add(&e->args, "kinesis-get");
	if (add_stream(s, t, &e->args) == -1)
		return -1;
	if (from != NULL && span_is(from->value, "TRIM_HORIZON")) {
		args_add_option(&e->args, "--from", "trim-horizon");
	} else if (from != NULL && span_is(from->value, "AT_TIMESTAMP")) {
		if (time == NULL)
			return fail(
			    s, from, "AT_TIMESTAMP needs the time, too");
		args_add_option(&e->args, "--from", value_of(s, time));
	} else if (from != NULL && !span_is(from->value, "LATEST")) {
		return fail(s, from,
		    "it is 'LATEST', 'TRIM_HORIZON' or 'AT_TIMESTAMP'");
	}
	add_metadata(s, t, &e->args);
	table_each_flag(t, s, SIDE_SOURCE, add_flag, &e->args);
	add_dashed_stream(s, t, &e->args);
	return 0;
}

static int
kinesis_sink(struct script *s, const struct table *t, struct endpoint *e)
{
	const struct sql_option *how = table_option(t, "sink.partitioner");

	args_add(&e->args, "kinesis-put");
	if (add_stream(s, t, &e->args) == -1)
		return -1;
	if (how != NULL && t->def->partitioned != NULL)
		return fail(s, how,
		    "PARTITIONED BY says by what records are partitioned");
	if (how != NULL && !span_is(how->value, "random"))
		script_note(s, how->key.at,
		    "records have random keys: name columns by PARTITIONED BY");
	for (const struct sql_name *n = t->def->partitioned; n != NULL;
	     n = n->next)
		args_add_option(
		    &e->args, "--partition-key", script_copy(s, n->text));
	table_each_flag(t, s, SIDE_SINK, add_flag, &e->args);
	add_dashed_stream(s, t, &e->args);
	return 0;
}

/* --- filesystem ----------------------------------------------------------- */

static bool
ends(const char *name, const char *with)
{
	size_t n = strlen(name), k = strlen(with);

	return n > k && strcmp(name + n - k, with) == 0;
}

bool
connector_is_rows(const char *name)
{
	static const char *const ends_with[] = { ".json", ".ndjson", ".csv",
		".json.gz", ".ndjson.gz", ".csv.gz" };

	for (size_t i = 0; i < sizeof ends_with / sizeof *ends_with; i++)
		if (*name != '.' && *name != '_' && ends(name, ends_with[i]))
			return true;
	return false;
}

/* What of a folder is read: no other names, and none that are hidden. */
static int
is_rows(const struct dirent *d)
{
	return connector_is_rows(d->d_name);
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/*
 * A file's rows end with a newline before another's begin; blank lines count
 * for nothing.  gzip's status 2 is a warning: all that was packed has been
 * read.
 */
#define READ_FILES                                                             \
	"for f do "                                                            \
	"case $f in *.gz) gzip -cd -- \"$f\";; *) cat -- \"$f\";; esac; "      \
	"s=$?; "                                                               \
	"case $s in 0|2) echo || exit;; *) exit $s;; esac; done"

/* What can begin at any row again: the files follow. */
static void
add_rows(struct args *a)
{
	args_add_option(a, "windowpipe", "rows");
	args_add(a, "--");
}

static int
folder(struct script *s, const struct sql_option *o, const char *path,
    struct endpoint *e)
{
	struct dirent **names = NULL;
	int n = scandir(path, &names, is_rows, by_bytes), rc = -1;
	const char *slash = ends(path, "/") ? "" : "/";

	if (n == -1) {
		sql_errors_add(&s->errors, o->at, o->length,
		    "the folder cannot be read: %s", strerror(errno));
		return -1;
	}
	if (n == 0)
		fail(s, o, "the folder has no *.json, *.ndjson or *.csv");
	else if (n > FILES_MAX)
		fail(s, o, "the folder has more than 10000 files; join some");
	else
		rc = 0;
	if (n == 1 && !ends(names[0]->d_name, ".gz") && !s->marks) {
		e->file =
		    script_print(s, "%s%s%s", path, slash, names[0]->d_name);
	} else if (rc == 0) {
		if (s->marks) {
			add_rows(&e->args);
		} else {
			args_add_option(&e->args, "sh", "-c");
			args_add_option(&e->args, READ_FILES, "sh");
		}
		for (int i = 0; i < n; i++)
			args_add(&e->args, script_print(s, "%s%s%s", path,
					       slash, names[i]->d_name));
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc;
}

static const char *
without_scheme(const char *path)
{
	if (strncmp(path, "file:", 5) != 0)
		return path;
	path += 5;
	while (path[0] == '/' && path[1] == '/')
		path++;
	return path;
}

/* The path of the table's, without file://; NULL after an error. */
static const char *
path_of(struct script *s, const struct table *t, const struct sql_option **o)
{
	const char *path;

	*o = table_option(t, "path");
	if (*o == NULL || (*o)->value.n == 0) {
		fail_table(s, t, "the table lacks its path; add 'path' = …");
		return NULL;
	}
	path = without_scheme(value_of(s, *o));
	if (strstr(path, "://") != NULL) {
		fail(s, *o,
		    "windowpipe has the files of this machine alone; --stdin"
		    " TABLE and --stdout TABLE take its rows through a pipe");
		return NULL;
	}
	return path;
}

const char *
connector_path(struct script *s, const struct table *t)
{
	const struct sql_option *o = table_option(t, "path");

	return t->connector != CONNECTOR_FILESYSTEM || o == NULL
	           ? NULL
	           : without_scheme(value_of(s, o));
}

/* What comes anew, and what grows, is read; nothing need be there yet. */
static int
followed(struct script *s, const struct sql_option *interval, const char *path,
    struct endpoint *e)
{
	int64_t ms;

	if (!connector_duration(interval->value, &ms) || ms < 1 ||
	    ms > FOLLOW_POLL_MAX_MS)
		return fail(s, interval,
		    "it is how often files are looked at: '10 s', '500 ms', at "
		    "most '1 d'");
	args_add_option(&e->args, "windowpipe", "rows");
	args_add(&e->args, "--follow");
	args_add_option(
	    &e->args, "--poll", script_print(s, "%lldms", (long long)ms));
	args_add_option(&e->args, "--", path);
	return 0;
}

static int
file_source(struct script *s, const struct table *t, struct endpoint *e)
{
	const struct sql_option *interval =
	    table_option(t, "source.monitor-interval");
	const struct sql_option *o;
	const char *path = path_of(s, t, &o);
	struct stat st;

	if (path == NULL)
		return -1;
	if (interval != NULL && !s->elsewhere)
		return followed(s, interval, path, e);
	if (s->elsewhere) {
		e->file = path;
		return 0;
	}
	if (stat(path, &st) == -1 || access(path, R_OK) == -1) {
		sql_errors_add(&s->errors, o->at, o->length,
		    "it cannot be read: %s", strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return folder(s, o, path, e);
	if (s->marks) {
		add_rows(&e->args);
		args_add(&e->args, path);
	} else if (ends(path, ".gz")) {
		args_add_option(&e->args, "gzip", "-cd");
		args_add_option(&e->args, "--", path);
	} else {
		e->file = path;
	}
	return 0;
}

static int
file_sink(struct script *s, const struct table *t, struct endpoint *e)
{
	const struct sql_option *o;
	const char *path = path_of(s, t, &o), *slash;
	struct stat st;

	if (path == NULL)
		return -1;
	if (t->def->partitioned != NULL) {
		sql_errors_add(&s->errors, t->def->partitioned->at,
		    t->def->partitioned->length,
		    "PARTITIONED BY of files: Flink runs this, windowpipe does"
		    " not; the sink is one file");
		return -1;
	}
	e->file = path;
	if (s->elsewhere)
		return 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		e->file = script_print(s, "%s%s%.*s.%s", path,
		    ends(path, "/") ? "" : "/", (int)t->name.n, t->name.p,
		    t->format == FORMAT_CSV ? "csv" : "ndjson");
		return 0;
	}
	slash = strrchr(path, '/');
	if (slash != NULL && slash != path &&
	    stat(script_copy(s, (struct span){ path, (size_t)(slash - path) }),
		&st) == -1) {
		sql_errors_add(&s->errors, o->at, o->length,
		    "its folder cannot be reached: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* --- all ------------------------------------------------------------------ */

static int
unknown(struct script *s, const struct table *t, const char *remedy)
{
	const struct sql_option *o = table_option(t, "connector");

	sql_errors_add(&s->errors, o->at, o->length,
	    "no connector of windowpipe's; it has datagen, kinesis, filesystem,"
	    " print, blackhole; %s",
	    remedy);
	return -1;
}

int
connector_source(struct script *s, const struct table *t, struct endpoint *e)
{
	*e = (struct endpoint){ 0 };
	switch (t->connector) {
	case CONNECTOR_DATAGEN:
		return datagen(s, t, e);
	case CONNECTOR_KINESIS:
		return kinesis_source(s, t, e);
	case CONNECTOR_FILESYSTEM:
		return file_source(s, t, e);
	case CONNECTOR_PRINT:
	case CONNECTOR_BLACKHOLE:
		return fail(s, table_option(t, "connector"),
		    "nothing can be read from this connector");
	case CONNECTOR_OTHER:
		break;
	}
	return unknown(
	    s, t, "--stdin TABLE reads its rows from standard input");
}

int
connector_sink(struct script *s, const struct table *t, struct endpoint *e)
{
	*e = (struct endpoint){ 0 };
	switch (t->connector) {
	case CONNECTOR_KINESIS:
		return kinesis_sink(s, t, e);
	case CONNECTOR_FILESYSTEM:
		return file_sink(s, t, e);
	case CONNECTOR_PRINT:
		e->file = "-";
		return 0;
	case CONNECTOR_BLACKHOLE:
		return 0;
	case CONNECTOR_DATAGEN:
		return fail(s, table_option(t, "connector"),
		    "nothing can be written to this connector");
	case CONNECTOR_OTHER:
		break;
	}
	return unknown(
	    s, t, "--stdout TABLE writes its rows to standard output");
}
