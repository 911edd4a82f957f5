/* package - a job as a folder that Maven makes a jar and a zip of.
 *
 * job.sql is the job's text as it stands; main.py and Job.java run it, filling
 * its placeholders from application_properties.json.  These two, pom.xml and
 * zip.xml are files of windowpipe/package, in which @NAME@ is filled.
 *
 * SPDX-License-Identifier: ISC */
#include "windowpipe/package.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "windowpipe/job.h"
#include "windowpipe/package_text.h"
#include "windowpipe/place.h"

enum { TEMPLATE_MAX = 1 << 20 }; /* bytes; the longest has some thousand */

/* Connectors of Kinesis: of the sample, with 'stream', and those since, with
 * 'stream.arn'.  Source: the option tables of their releases, which are in
 * tests/flink/kinesis-options.tsv; read 2026-11. */
static const struct release {
	const char *flink;   /* --flink */
	const char *version; /* of its artifacts */
	const char *arn;     /* flink-sql-connector-aws-kinesis-streams */
	const char *name;    /* flink-sql-connector-kinesis, or NULL: none */
	const char *legacy;  /* the same, with a source 'kinesis-legacy' */
} releases[] = {
	{ "1.20", "1.20.0", "5.0.0-1.20", "4.3.0-1.19", "5.0.0-1.20" },
	{ "2.2", "2.2.0", "6.0.0-2.0", NULL, NULL },
};

/* What all that is written has begun with: whose folder it is. */
#define NOTES_HEAD "# A job of windowpipe for Apache Flink"

struct packing {
	const struct options *o;
	const struct release *release;
	struct job job;
	bool kinesis_source, kinesis_sink, file_source, file_sink, print;
	bool follows; /* such files */
	bool by_clock;
	bool keeps_zeros;       /* of a DECIMAL, where windowpipe does not */
	bool has_name, has_arn; /* tables with 'stream', with 'stream.arn' */
	bool has_legacy;        /* those of 'kinesis-legacy' */
	enum package_source source;
	struct buf notes; /* a list, a line each */
	size_t nnotes;
};

/* --- what the job uses ---------------------------------------------------- */

static bool
is(const struct table *t, enum connector c)
{
	return t != NULL && t->connector == c;
}

static bool
begins_with(struct span s, const char *prefix)
{
	return s.n > strlen(prefix) && memcmp(s.p, prefix, strlen(prefix)) == 0;
}

/* yyyy-MM-dd'T'HH:mm:ss.SSSXXX, or seconds since 1970. */
static bool
is_flinks_time(struct span s)
{
	static const char form[] = "0000-00-00T00:00:00.000";
	size_t n = sizeof form - 1;

	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';

		if (i == n)
			return s.n == n + 1 ? s.p[i] == 'Z' : s.n == n + 6;
		if (form[i] == '0' ? !digit : s.p[i] != form[i])
			break;
	}
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '.')
			return false;
	return true;
}

/* The options of a stream's connector; those of the other one it refuses. */
static void
check_options(struct packing *p, const struct table *t)
{
	static const struct {
		const char *name, *arn; /* with 'stream', with 'stream.arn' */
	} pairs[] = {
		{ "scan.stream.initpos", "source.init.position" },
		{ "scan.stream.initpos-timestamp", "source.init.timestamp" },
	};
	struct script *s = &p->job.script;
	bool arn = table_option(t, "stream.arn") != NULL;

	for (const struct sql_option *o = t->def->options; o != NULL;
	     o = o->next) {
		const char *other = NULL;

		if ((span_is(o->key.text, pairs[1].name) ||
			span_is(o->key.text, pairs[1].arn)) &&
		    !is_flinks_time(o->value))
			sql_errors_add(&s->errors, o->at, o->length,
			    "Flink reads the time as 2026-01-31T23:59:59.000Z");
		if (!begins_with(o->key.text, arn ? "scan." : "source.") ||
		    begins_with(o->key.text, "scan.watermark."))
			continue;
		for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
			if (span_is(o->key.text,
				arn ? pairs[i].name : pairs[i].arn))
				other = arn ? pairs[i].arn : pairs[i].name;
		sql_errors_add(&s->errors, o->key.at, o->key.length,
		    "Flink's connector with '%s' has no such option; %s%s",
		    arn ? "stream.arn" : "stream",
		    other == NULL ? "leave it out" : "there it is ",
		    other == NULL ? "" : other);
	}
}

static void
look_at(struct packing *p, const struct table *t, bool is_sink)
{
	struct script *s = &p->job.script;
	const struct sql_option *connector, *arn, *endpoint;
	bool legacy;

	if (!is(t, CONNECTOR_KINESIS))
		return;
	connector = table_option(t, "connector");
	arn = table_option(t, "stream.arn");
	endpoint = table_option(t, "aws.endpoint");
	if (endpoint != NULL &&
	    memchr(endpoint->value.p, '@', endpoint->value.n) != NULL)
		sql_errors_add(&s->errors, endpoint->at, endpoint->length,
		    "a package has no secrets; leave the user before @ out");
	legacy = span_is(connector->value, "kinesis-legacy");
	p->has_arn |= arn != NULL;
	p->has_legacy |= legacy;
	p->has_name |= arn == NULL && !legacy;
	if (legacy && (is_sink || arn != NULL))
		sql_errors_add(&s->errors, connector->at, connector->length,
		    "Flink's 'kinesis-legacy' is a source with 'stream'; write "
		    "'kinesis' and 'stream.arn'");
	if (table_option(t, "aws.region") == NULL && (is_sink || arn != NULL))
		sql_errors_add(&s->errors, t->def->name.at, t->def->name.length,
		    "the table lacks 'aws.region', without which Flink's "
		    "connector takes no stream");
	check_options(p, t);
}

/* Has a query an option of window's? */
static bool
has_option(const struct packing *p, const char *option)
{
	const struct plan *plan = &p->job.plan;

	for (size_t i = 0; i < plan->nstages; i++) {
		char *const *arg = plan->stage[i].argv;

		if (plan->stage[i].role != STAGE_WINDOW)
			continue;
		for (; *arg != NULL; arg++)
			if (strcmp(*arg, option) == 0)
				return true;
	}
	return false;
}

/* 1.20 writes the plain number without its zeros, and both write CSV so. */
static bool
keeps_zeros_since_2(const struct table *t)
{
	if (t == NULL || t->format != FORMAT_JSON ||
	    !table_option_is_true(t, "json.encode.decimal-as-plain-number"))
		return false;
	for (const struct sql_column *c = t->def->columns; c != NULL;
	     c = c->next)
		if (c->type.kind == TYPE_DECIMAL && c->type.scale > 0)
			return true;
	return false;
}

/* With --source the rows come from elsewhere than in the job. */
static bool
is_replaced(const struct packing *p, const struct table *t)
{
	return p->o->is_source && t != NULL && package_is_source(&p->job, t);
}

/* A stream is named as the job names those that it writes. */
static void
choose_source(struct packing *p)
{
	if (!p->o->is_source)
		return;
	if (p->o->source == 1) {
		p->source = PACKAGE_SOURCE_FILES;
		p->file_source = true;
		return;
	}
	p->kinesis_source = true;
	p->source = p->has_name ? PACKAGE_SOURCE_NAME : PACKAGE_SOURCE_ARN;
	p->has_arn |= !p->has_name;
}

/* Returns -1 after an error: what no cluster can run. */
static int
look(struct packing *p)
{
	struct script *s = &p->job.script;

	for (const struct branch *b = p->job.branches; b != NULL; b = b->next) {
		if (!is_replaced(p, b->source))
			look_at(p, b->source, false);
		look_at(p, b->target, true);
		p->kinesis_source |= !is_replaced(p, b->source) &&
		                     is(b->source, CONNECTOR_KINESIS);
		p->kinesis_sink |= is(b->target, CONNECTOR_KINESIS);
		p->file_source |= !is_replaced(p, b->source) &&
		                  is(b->source, CONNECTOR_FILESYSTEM);
		p->follows |=
		    !is_replaced(p, b->source) &&
		    is(b->source, CONNECTOR_FILESYSTEM) &&
		    table_option(b->source, "source.monitor-interval") != NULL;
		p->file_sink |= is(b->target, CONNECTOR_FILESYSTEM);
		p->print |= is(b->target, CONNECTOR_PRINT);
		p->keeps_zeros |=
		    p->o->flink > 0 && keeps_zeros_since_2(b->target);
		if (b->target == NULL)
			sql_errors_add(&s->errors, b->statement->at, 1,
			    "on a cluster nobody reads the rows of a SELECT: "
			    "write them to a table, INSERT INTO ...");
	}
	choose_source(p);
	p->by_clock = has_option(p, "--processing-time");
	if (p->o->flink == 0 && has_option(p, "--quantile")) {
		diag_error(NULL, "Flink 1.20 has no PERCENTILE; package the "
				 "job for --flink 2.2");
		return -1;
	}
	if (s->errors.n > 0) {
		script_tell_errors(s);
		return -1;
	}
	if (p->has_name && (p->has_arn || p->has_legacy)) {
		diag_error(NULL,
		    "the job's Kinesis tables have %s, "
		    "which are of two connectors; name all streams by "
		    "'stream.arn'",
		    p->has_arn
			? "'stream' and 'stream.arn'"
			: "'kinesis' with 'stream' and 'kinesis-legacy'");
		return -1;
	}
	if ((p->has_name && p->release->name == NULL) ||
	    (p->has_legacy && p->release->legacy == NULL)) {
		diag_error(NULL,
		    "Flink %s has no Kinesis connector with 'stream'; name the "
		    "streams by 'stream.arn'",
		    p->release->flink);
		return -1;
	}
	return 0;
}

/* --- notes ---------------------------------------------------------------- */

static void
note(struct packing *p, const char *text)
{
	buf_addf(&p->notes, "- %s\n", text);
	p->nnotes++;
}

/* True of every job, so nothing that --strict refuses. */
static const char always[] =
    "- Watermarks: windowpipe's follows each row, Flink's is moved every "
    "200 ms (`pipeline.auto-watermark-interval`), so Flink may take rows that "
    "windowpipe calls late.\n"
    "- Late rows: Flink drops them and counts them in the metric "
    "`numLateRecordsDropped` alone.\n"
    "- Bad lines: the first ends the job, unless the table says "
    "`'json.ignore-parse-errors' = 'true'`; Flink keeps none.\n"
    "- Sums of FLOAT and DOUBLE depend on the order of rows, and so on the "
    "parallelism.\n"
    "- Their text is the shortest of the value in windowpipe and, from Java 19 "
    "on, in Flink; Java 11 and 17 write a longer one of the same value at "
    "times, whatever the version of Flink.\n"
    "- Characters above U+FFFF: Flink writes two escapes, windowpipe the "
    "character.\n"
    "- Overflows: a sum of DECIMAL beyond 38 digits is null in windowpipe, in "
    "Flink it begins anew with the next row; the squares in a variance of "
    "BIGINT wrap in Flink.\n";

/* Those that windowpipe sql wrote into the job. */
static void
find_written_notes(struct packing *p)
{
	static const char head[] = "-- note: ";
	struct span file = buf_span(&p->job.script.file);
	size_t n = sizeof head - 1;

	while (file.n > 0) {
		const char *end = memchr(file.p, '\n', file.n);
		size_t line = end == NULL ? file.n : (size_t)(end - file.p);

		if (line > n && memcmp(file.p, head, n) == 0) {
			buf_addf(&p->notes, "- window %.*s\n", (int)(line - n),
			    file.p + n);
			p->nnotes++;
		}
		line += end != NULL;
		file = (struct span){ file.p + line, file.n - line };
	}
}

static void
find_notes(struct packing *p)
{
	find_written_notes(p);
	for (const struct script_note *n = p->job.script.notes; n != NULL;
	     n = n->next)
		note(p, n->of_flink ? n->text
				    : script_print(&p->job.script,
					  "windowpipe run: %s", n->text));
	if (p->by_clock)
		note(p, "Processing time: windows that are open when the input "
			"ends are not written by Flink.");
	if (has_option(p, "--quantile"))
		note(p, "PERCENTILE: Flink computes in DOUBLE, so last digits "
			"differ; windowpipe in decimal, and beyond 256 values "
			"of a group within 0.4 %.");
	if (p->kinesis_source)
		note(p, "Kinesis as source: Flink has a watermark for each "
			"subtask, not for each shard. Set the parallelism to "
			"the number of shards (`--parallelism`): with fewer "
			"subtasks rows of the slower shard are dropped as late "
			"while a backlog is read. job.sql sets "
			"`table.exec.source.idle-timeout`, without which a "
			"subtask that has no shard holds all windows back.");
	if (p->kinesis_sink)
		note(p, "Kinesis as sink: a record may be stored twice after a "
			"failure. Flink refuses PARTITIONED BY a DECIMAL or a "
			"time, and sends a batch with an empty key for ever.");
	if (p->file_source)
		note(p, "Files as source: Flink reads all files of a folder "
			"side by side, in no order, so rows may come later "
			"than in windowpipe, which reads *.json, *.ndjson and "
			"*.csv by their names.");
	if (p->follows)
		note(p,
		    "Files that are followed (`source.monitor-interval`): "
		    "Flink reads each file once, as it is when its name is "
		    "first seen. Lines that are added later are not read, and "
		    "a file that is renamed within the folder is read again; "
		    "windowpipe reads the lines, and the file once. Write "
		    "files elsewhere, and move them into the folder when they "
		    "are whole.");
	if (p->file_sink)
		note(p, "Files as sink: Flink makes a folder of part files, "
			"which are whole when a checkpoint is: without "
			"`execution.checkpointing.interval` only when a "
			"bounded job ends.");
	if (p->print)
		note(p,
		    "`print`: rows go to the TaskManagers' standard output, "
		    "not as JSON.");
	if (p->keeps_zeros)
		note(p,
		    "Flink 2.2: `json.encode.decimal-as-plain-number` keeps "
		    "a DECIMAL's zeros, `50.00` where windowpipe and 1.20 "
		    "write `50`.");
	if (p->has_arn && p->release->name != NULL)
		note(p, "`'stream.arn'`: connector 5; windowpipe takes the "
			"stream's name and region from it.");
}

/* --- files ---------------------------------------------------------------- */

static void
add_artifact(struct buf *b, const char *artifact, const char *version)
{
	buf_addf(b,
	    "    <dependency>\n"
	    "      <groupId>org.apache.flink</groupId>\n"
	    "      <artifactId>%s</artifactId>\n"
	    "      <version>%s</version>\n"
	    "    </dependency>\n",
	    artifact, version);
}

/* What stands for @NAME@ in a template. */
static void
add_value(struct packing *p, struct buf *b, struct span name)
{
	if (span_is(name, "FLINK"))
		buf_add_text(b, p->release->version);
	else if (p->has_name || p->has_legacy)
		add_artifact(b, "flink-sql-connector-kinesis",
		    p->has_name ? p->release->name : p->release->legacy);
	else if (p->has_arn)
		add_artifact(b, "flink-sql-connector-aws-kinesis-streams",
		    p->release->arn);
}

/* A template's text; @NAME@ are capitals. */
static void
add_filled(struct packing *p, struct buf *b, struct span text)
{
	const char *at = text.p, *end = text.p + text.n;

	while (at < end) {
		const char *open = memchr(at, '@', (size_t)(end - at));
		size_t n = 0;

		if (open == NULL)
			open = end;
		buf_add(b, at, (size_t)(open - at));
		at = open;
		while (at < end && at + 1 + n < end && at[1 + n] >= 'A' &&
		       at[1 + n] <= 'Z')
			n++;
		if (n > 0 && at + 1 + n < end && at[1 + n] == '@') {
			add_value(p, b, (struct span){ at + 1, n });
			at += n + 2;
		} else if (at < end) {
			buf_add_char(b, *at++);
		}
	}
}

static int
save(const struct packing *p, const char *name, const struct buf *bytes)
{
	struct buf path = { 0 }, beside = { 0 };
	const char *dir = p->o->files.text[1];
	int rc = -1;

	buf_addf(&path, "%s/%s", dir, name);
	buf_addf(&beside, "%s/.%s.new", dir, name);
	if (bytes->failed || buf_text(&path) == NULL ||
	    buf_text(&beside) == NULL)
		diag_error(NULL, "out of memory");
	else if (file_replace(path.p, beside.p, 0666, buf_span(bytes)) == -1)
		diag_error(
		    NULL, "cannot write %s: %s", path.p, strerror(errno));
	else
		rc = 0;
	buf_free(&path);
	buf_free(&beside);
	return rc;
}

static int
save_template(struct packing *p, const char *folder, const char *name)
{
	struct buf path = { 0 }, text = { 0 }, filled = { 0 };
	int rc = -1;

	buf_addf(&path, "%s/%s", folder, name);
	if (buf_text(&path) == NULL ||
	    file_read(path.p, TEMPLATE_MAX, &text) == -1) {
		diag_error(NULL, "cannot read %s: %s", name, strerror(errno));
	} else {
		add_filled(p, &filled, buf_span(&text));
		rc = save(p, name, &filled);
	}
	buf_free(&path);
	buf_free(&text);
	buf_free(&filled);
	return rc;
}

/* job.sql: the job's text, and what the cluster needs besides. */
static int
save_sql(struct packing *p)
{
	struct buf b = { 0 };
	bool idle = p->kinesis_source && p->job.settings.idle_ms < 0;
	int rc;

	package_text_add(&b, &p->job, p->source);
	if (idle || p->o->parallelism > 0)
		buf_add_text(&b, "\n-- Added by windowpipe package.\n;\n");
	if (idle)
		buf_add_text(
		    &b, "SET 'table.exec.source.idle-timeout' = '5 s';\n");
	if (p->o->parallelism > 0)
		buf_addf(&b, "SET 'parallelism.default' = '%lld';\n",
		    (long long)p->o->parallelism);
	rc = save(p, "job.sql", &b);
	buf_free(&b);
	return rc;
}

static void
add_json_text(struct buf *b, struct span text)
{
	static const char hex[] = "0123456789abcdef";

	buf_add_char(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x20) {
			buf_add_text(b, "\\u00");
			buf_add_char(b, hex[c >> 4]);
			buf_add_char(b, hex[c & 15]);
			continue;
		}
		if (c == '"' || c == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, (char)c);
	}
	buf_add_char(b, '"');
}

static struct span
group_of(struct span name)
{
	const char *dot = memchr(name.p, '.', name.n);

	return (struct span){ name.p,
		dot == NULL ? name.n : (size_t)(dot - name.p) };
}

/* Those that the job names, and no others: the rest may be secrets. */
static bool
is_used(const struct packing *p, const struct property *property)
{
	const struct script *s = &p->job.script;

	if (package_text_uses(p->source, property->name))
		return true;
	for (size_t i = 0; i < s->npieces; i++) {
		struct span name = { s->file.p + s->piece[i].file_at + 2,
			property->name.n };

		if (s->piece[i].file_length >= name.n + 3 &&
		    span_equal(name, property->name) &&
		    (name.p[name.n] == '}' || name.p[name.n] == ':'))
			return true;
	}
	return false;
}

static void
add_group(struct buf *b, const struct packing *p, const struct property *first)
{
	struct span group = group_of(first->name);
	bool more = false;

	buf_add_text(b, ",\n  {\n    \"PropertyGroupId\": ");
	add_json_text(b, group);
	buf_add_text(b, ",\n    \"PropertyMap\": {");
	for (const struct property *q = first; q != NULL; q = q->next) {
		if (!span_equal(group_of(q->name), group) || !is_used(p, q))
			continue;
		buf_add_text(b, more ? ",\n      " : "\n      ");
		more = true;
		add_json_text(b, (struct span){ q->name.p + group.n + 1,
				     q->name.n - group.n - 1 });
		buf_add_text(b, ": ");
		add_json_text(b, q->value);
	}
	buf_add_text(b, "\n    }\n  }");
}

static int
save_properties(struct packing *p)
{
	const struct script *s = &p->job.script;
	struct buf b = { 0 };
	int rc;

	buf_add_text(&b, "[\n  {\n"
			 "    \"PropertyGroupId\": "
			 "\"kinesis.analytics.flink.run.options\",\n"
			 "    \"PropertyMap\": {\n"
			 "      \"python\": \"main.py\",\n"
			 "      \"jarfile\": \"lib/pyflink-dependencies.jar\"\n"
			 "    }\n  }");
	for (const struct property *q = s->properties.first; q != NULL;
	     q = q->next) {
		const struct property *before = s->properties.first;

		while (before != q && (!span_equal(group_of(before->name),
					   group_of(q->name)) ||
					  !is_used(p, before)))
			before = before->next;
		if (before == q && is_used(p, q))
			add_group(&b, p, q);
	}
	package_text_add_groups(&b, &p->job, p->source);
	buf_add_text(&b, "\n]\n");
	rc = save(p, "application_properties.json", &b);
	buf_free(&b);
	return rc;
}

static int
save_notes(struct packing *p)
{
	struct buf b = { 0 };
	int rc;

	buf_addf(&b,
	    NOTES_HEAD " %s\n\n"
		       "`mvn package` makes of this folder\n\n"
		       "- `target/windowpipe-job.jar`, for any cluster: `flink "
		       "run target/windowpipe-job.jar`;\n"
		       "- `target/windowpipe-job.zip`, for Managed Service for "
		       "Apache Flink, whose run options are the first\n"
		       "  group of `application_properties.json`.\n\n"
		       "Both fill the placeholders of `job.sql` from "
		       "`/etc/flink/application_properties.json`, where that\n"
		       "is, else from the one that was packaged. There are no "
		       "credentials in this folder.\n\n"
		       "## Where Flink differs from windowpipe\n\n",
	    p->release->flink);
	buf_add_text(&b, always);
	buf_add_span(&b, buf_span(&p->notes));
	rc = p->notes.failed ? -1 : save(p, "NOTES.md", &b);
	buf_free(&b);
	return rc;
}

/* --- the folder ----------------------------------------------------------- */

/* Is it one that an earlier package wrote? */
static bool
is_ours(const char *dir)
{
	static const char head[] = NOTES_HEAD;
	struct buf path = { 0 }, text = { 0 };
	bool ours;

	buf_addf(&path, "%s/NOTES.md", dir);
	ours = buf_text(&path) != NULL &&
	       file_read(path.p, TEMPLATE_MAX, &text) == 0 &&
	       text.n >= sizeof head - 1 &&
	       memcmp(text.p, head, sizeof head - 1) == 0;
	buf_free(&path);
	buf_free(&text);
	return ours;
}

/* 1: nothing is in it, 0: something is, -1: errno. */
static int
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int empty = 1;

	if (d == NULL)
		return -1;
	while (errno = 0, (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			empty = 0;
	if (errno != 0)
		empty = -1;
	closedir(d);
	return empty;
}

static enum status
make_folder(const char *dir)
{
	char quoted[DIAG_QUOTE_MAX];
	int empty;

	diag_quote(quoted, span_of(dir));
	if (mkdir(dir, 0777) == 0)
		return STATUS_OK;
	empty = errno == EEXIST ? is_empty(dir) : -1;
	if (empty == -1) {
		diag_error(NULL, "cannot make the folder %s: %s", quoted,
		    strerror(errno));
		return STATUS_SYSTEM;
	}
	if (empty == 1 || is_ours(dir))
		return STATUS_OK;
	diag_error(NULL,
	    "the folder %s has files that are no package of a job; name one "
	    "that is empty, or new",
	    quoted);
	return STATUS_USAGE;
}

static enum status
write_all(struct packing *p)
{
	static const char *const templates[] = { "main.py", "Job.java",
		"pom.xml", "zip.xml" };
	enum status status = make_folder(p->o->files.text[1]);
	struct buf folder = { 0 };

	if (status != STATUS_OK)
		return status;
	status = STATUS_SYSTEM;
	if (place_find(&folder, "windowpipe/package", "package") == 0 &&
	    save_notes(p) == 0 && save_sql(p) == 0 && save_properties(p) == 0) {
		status = STATUS_OK;
		for (size_t i = 0; i < sizeof templates / sizeof *templates;
		     i++)
			if (save_template(p, folder.p, templates[i]) == -1)
				status = STATUS_SYSTEM;
	}
	buf_free(&folder);
	return status;
}

enum status
package_job(const struct options *o)
{
	const struct job_request request = {
		.path = o->job, .properties = o->properties, .elsewhere = true
	};
	struct packing p = { .o = o, .release = &releases[o->flink] };
	enum status status = STATUS_USAGE;

	if (o->files.n != 2) {
		diag_error(NULL, "a package is of a job, into a folder: "
				 "windowpipe package job.sql DIR");
		return STATUS_USAGE;
	}
	if (job_load(&p.job, &request) == 0 && look(&p) == 0) {
		find_notes(&p);
		if (o->strict && p.nnotes > 0) {
			diag_error(NULL,
			    "--strict: nothing is written, for Flink differs "
			    "from windowpipe");
			diag_bytes(buf_span(&p.notes));
		} else {
			status = write_all(&p);
		}
	}
	buf_free(&p.notes);
	job_free(&p.job);
	return status;
}
