/* job - a file of Flink SQL becomes a plan.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/job.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/diag.h"

/* --- SET ------------------------------------------------------------------ */

enum set_use {
	SET_ZONE,
	SET_IDLE,
	SET_STEPS, /* of the watermark: a note, but such that it stands */
	SET_NAME,
	SET_EVERY,
	SET_NOTHING, /* true of windowpipe anyway */
	SET_ONE,     /* a note, where it is not 1 */
	SET_MODE,    /* streaming, or an error */
	SET_NOTE,
};

/* Source: Apache Flink 1.20, Configuration; read 2026-11. */
static const struct set_key {
	const char *key;
	enum set_use use;
	const char *text;
} set_keys[] = {
	{ "table.local-time-zone", SET_ZONE, NULL },
	{ "table.exec.source.idle-timeout", SET_IDLE, NULL },
	{ "pipeline.name", SET_NAME, NULL },
	{ "pipeline.auto-watermark-interval", SET_STEPS,
	    "the watermark follows each row" },
	{ "execution.checkpointing.interval", SET_EVERY,
	    "checkpoints are taken with run --checkpoint DIR" },
	{ "parallelism.default", SET_ONE, "there is one of each stage" },
	{ "execution.runtime-mode", SET_MODE, NULL },
	{ "sql-client.execution.result-mode", SET_NOTHING, NULL },
};

static void
wrong_value(struct script *s, const struct sql_option *o, const char *what)
{
	sql_errors_add(&s->errors, o->at, o->length, "%s", what);
}

static void
set_zone(struct job *j, const struct sql_option *o)
{
	const char *name = script_copy(&j->script, o->value), *what;
	struct zone *zone = NULL;

	/* Java's "GMT-03:00" is our "-03:00". */
	if ((strncmp(name, "GMT", 3) == 0 || strncmp(name, "UTC", 3) == 0) &&
	    (name[3] == '+' || name[3] == '-'))
		name += 3;
	if (zone_load(name, &zone, &what) == -1)
		sql_errors_add(&j->script.errors, o->at, o->length, "%s", what);
	else
		j->settings.timezone = zone == NULL ? NULL : name;
	zone_free(zone);
}

/* Whose values Flink does not print.  Source: GlobalConfiguration of 1.20, read
 * 2026-11; of its "token" only what is one, not security.delegation.tokens. */
static bool
is_secret(struct span key)
{
	static const char *const words[] = { "password", "secret", "apikey",
		"api-key", "access-key", "access.key", "account.key",
		"service-key", "session-token", "session.token", "auth-params",
		"basic-auth", "jaas.config" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(key.p, key.n, words[i], strlen(words[i])) != NULL)
			return true;
	return false;
}

/* Flink's watermark, which begins at 1970, takes no step as large as that. */
#define STANDS_MS (INT64_C(36500) * 86400000)

static void
set(struct job *j, const struct sql_option *o)
{
	const struct set_key *k = NULL;
	int64_t steps_ms;
	const char *text = "windowpipe has no such setting";

	for (size_t i = 0; i < sizeof set_keys / sizeof *set_keys; i++)
		if (span_is(o->key.text, set_keys[i].key))
			k = &set_keys[i];
	switch (k == NULL ? SET_NOTE : k->use) {
	case SET_ZONE:
		set_zone(j, o);
		return;
	case SET_IDLE:
		if (!connector_duration(o->value, &j->settings.idle_ms))
			wrong_value(
			    &j->script, o, "a duration is '10 s', '500 ms'");
		return;
	case SET_STEPS:
		if (connector_duration(o->value, &steps_ms) &&
		    steps_ms >= STANDS_MS) {
			j->settings.stands = true;
			return;
		}
		break;
	case SET_EVERY:
		if (!connector_duration(o->value, &j->every_ms) ||
		    j->every_ms == 0)
			wrong_value(
			    &j->script, o, "a duration is '10 s', '500 ms'");
		if (j->script.marks || j->script.elsewhere)
			return;
		break;
	case SET_NAME:
		j->name = script_copy(&j->script, o->value);
		return;
	case SET_MODE:
		if (o->value.n != 9 ||
		    strncasecmp(o->value.p, "streaming", 9) != 0)
			wrong_value(&j->script, o,
			    "a job runs as a stream: 'streaming'");
		return;
	case SET_NOTHING:
		return;
	case SET_ONE:
		if (span_is(o->value, "1"))
			return;
		break;
	case SET_NOTE:
		break;
	}
	if (j->script.elsewhere && is_secret(o->key.text)) {
		sql_errors_add(&j->script.errors, o->key.at, o->key.length,
		    "a package has no secrets; set this in the cluster's "
		    "configuration");
		return;
	}
	if (k != NULL)
		text = k->text;
	script_note(&j->script, o->key.at, "'%.*s' has no meaning here: %s",
	    (int)o->key.text.n, o->key.text.p, text);
}

/* --- statements ----------------------------------------------------------- */

static void
error(struct job *j, const struct sql_statement *s, const char *what)
{
	sql_errors_add(&j->script.errors, s->at, 1, "%s", what);
}

static void
add_branch(struct job *j, const struct sql_statement *s)
{
	struct branch **next = &j->branches;

	while (*next != NULL)
		next = &(*next)->next;
	if (!s->broken)
		*next = branch_of(&j->compiler, s, &j->settings);
}

static void
take(struct job *j, const struct sql_statement *s)
{
	struct catalog *catalog = &j->compiler.catalog;

	switch (s->kind) {
	case SQL_CREATE_TABLE:
		catalog_add_table(catalog, &j->script, s);
		if (!s->broken && catalog->first != NULL &&
		    catalog->first->def == &s->table)
			query_check_table(&j->compiler, catalog->first);
		break;
	case SQL_CREATE_VIEW:
		catalog_add_view(catalog, &j->script, &s->view, s->broken);
		if (!s->broken && catalog->first != NULL &&
		    catalog->first->view == &s->view)
			query_check_view(&j->compiler, catalog->first);
		break;
	case SQL_DROP:
		catalog_drop(catalog, &j->script, s);
		break;
	case SQL_INSERT:
	case SQL_SELECT:
		add_branch(j, s);
		break;
	case SQL_SET:
		if (s->option.key.text.p != NULL && !s->broken)
			set(j, &s->option);
		break;
	case SQL_BEGIN:
	case SQL_END_SET:
	case SQL_BROKEN:
		break;
	}
}

/* BEGIN and END of statement sets are in pairs, with INSERTs between. */
static void
check_sets(struct job *j, const struct sql_statement *s)
{
	const struct sql_statement *open = NULL;

	for (; s != NULL; s = s->next) {
		if (s->kind == SQL_BEGIN && open != NULL)
			error(j, s, "a statement set within another");
		if (s->kind == SQL_END_SET && open == NULL)
			error(j, s, "END, but no statement set has begun");
		if (open != NULL && s->kind != SQL_INSERT &&
		    s->kind != SQL_END_SET && s->kind != SQL_BEGIN &&
		    !s->broken)
			error(j, s, "a statement set has INSERTs alone");
		if (s->kind == SQL_BEGIN)
			open = s;
		if (s->kind == SQL_END_SET)
			open = NULL;
	}
	if (open != NULL)
		error(j, open,
		    "the statement set is not closed: END; is"
		    " missing");
}

/* --- what two branches must not share ------------------------------------- */

/* A file's folder, and its name there. */
static const char *
folder_of(struct script *s, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');

	*name = slash == NULL ? path : slash + 1;
	return slash == NULL   ? "."
	       : slash == path ? "/"
	                       : script_copy(s, (struct span){ path,
						    (size_t)(slash - path) });
}

static bool
is_one_place(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Do two paths mean one file, which need not be there yet? */
static bool
is_one_file(struct script *s, const char *a, const char *b)
{
	const char *p, *q;

	if (strcmp(a, b) == 0)
		return true;
	if (s->elsewhere)
		return false;
	return is_one_place(a, b) ||
	       (is_one_place(folder_of(s, a, &p), folder_of(s, b, &q)) &&
		   strcmp(p, q) == 0);
}

/* Is the file read: named so, or in the folder that is? */
static bool
is_read(struct script *s, const char *path, const char *file)
{
	const char *name;

	return is_one_file(s, path, file) ||
	       (!s->elsewhere && access(file, F_OK) == 0 &&
		   is_one_place(path, folder_of(s, file, &name)) &&
		   connector_is_rows(name));
}

/* Where a stream is, as far as the table says. */
struct stream {
	struct span name, region, endpoint;
};

static struct span
value_of(const struct table *t, const char *key)
{
	const struct sql_option *o = table_option(t, key);

	return o == NULL ? (struct span){ "", 0 } : o->value;
}

/* arn:aws:kinesis:REGION:ACCOUNT:stream/NAME */
static void
read_arn(struct span arn, struct stream *to)
{
	const char *slash = memrchr(arn.p, '/', arn.n), *colon;
	struct span rest = arn;

	for (int i = 0; i < 3; i++) {
		colon = memchr(rest.p, ':', rest.n);
		if (colon == NULL)
			return;
		rest.n -= (size_t)(colon + 1 - rest.p);
		rest.p = colon + 1;
	}
	colon = memchr(rest.p, ':', rest.n);
	if (colon == NULL || slash == NULL)
		return;
	to->region = (struct span){ rest.p, (size_t)(colon - rest.p) };
	to->name.p = slash + 1;
	to->name.n = (size_t)(arn.p + arn.n - to->name.p);
}

static struct stream
stream_of(const struct table *t)
{
	struct span arn = value_of(t, "stream.arn");
	struct stream stream = { .name = value_of(t, "stream"),
		.region = value_of(t, "aws.region"),
		.endpoint = value_of(t, "aws.endpoint") };

	if (arn.n > 0) {
		stream.name = arn;
		read_arn(arn, &stream);
	}
	return stream;
}

static bool
is_one_stream(const struct table *a, const struct table *b)
{
	struct stream x = stream_of(a), y = stream_of(b);

	return span_equal(x.name, y.name) && span_equal(x.region, y.region) &&
	       span_equal(x.endpoint, y.endpoint);
}

/* Would the two write to one place, of which each wants to be the writer? */
static bool
is_one_target(struct script *s, const struct branch *a, const struct branch *b)
{
	const char *file = a->sink.file;

	if (a->target == NULL || b->target == NULL)
		return false;
	if (a->target == b->target)
		return (a->target->connector &
			   (CONNECTOR_PRINT | CONNECTOR_BLACKHOLE)) == 0;
	if (a->sink.args.n > 0 && b->sink.args.n > 0)
		return is_one_stream(a->target, b->target);
	return file != NULL && b->sink.file != NULL && strcmp(file, "-") != 0 &&
	       strcmp(b->sink.file, "-") != 0 &&
	       is_one_file(s, file, b->sink.file);
}

/* Two writers of one file or stream, and a file that is read as well. */
static void
check_targets(struct job *j, const struct branch *b)
{
	const char *path, *stdin_table = j->settings.stdin_table;
	const struct branch *a = j->branches;

	while (a != b && !is_one_target(&j->script, a, b))
		a = a->next;
	if (a != b)
		error(j, b->statement,
		    "another INSERT writes to this file or stream; give each "
		    "its own");
	if (b->sink.file == NULL || strcmp(b->sink.file, "-") == 0)
		return;
	for (a = j->branches; a != NULL; a = a->next) {
		path = connector_path(&j->script, a->source);
		if (path == NULL ||
		    (stdin_table != NULL &&
			span_is(a->source->name, stdin_table)) ||
		    !is_read(&j->script, path, b->sink.file))
			continue;
		error(j, b->statement, "the job reads the file that it writes");
		return;
	}
}

/* --- the plan ------------------------------------------------------------- */

static char *
owned(struct job *j, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		j->script.errors.out_of_memory = true;
	return copy;
}

/* A name that no stage of the role has yet. */
static char *
stage_name(struct job *j, enum stage_role role, const char *wish)
{
	const char *name = wish;

	for (int i = 2;; i++) {
		bool taken = false;

		for (size_t k = 0; k < j->plan.nstages; k++)
			taken |= j->plan.stage[k].role == role &&
			         j->plan.stage[k].name != NULL &&
			         strcmp(j->plan.stage[k].name, name) == 0;
		if (!taken)
			return owned(j, name);
		name = script_print(&j->script, "%s-%d", wish, i);
	}
}

/* Takes over the arguments; returns the stage's index. */
static int
add_stage(struct job *j, enum stage_role role, const char *name,
    struct args *args, int from, const char *input)
{
	struct plan *p = &j->plan;
	struct stage *more = realloc(p->stage, (p->nstages + 1) * sizeof *more);

	if (more == NULL || args->failed) {
		j->script.errors.out_of_memory = true;
		if (more != NULL)
			p->stage = more;
		return STAGE_NONE;
	}
	p->stage = more;
	p->stage[p->nstages] = (struct stage){ .role = role,
		.name = stage_name(j, role, name),
		.argv = args->arg,
		.from = from,
		.input = from == STAGE_NONE ? input : NULL };
	*args = (struct args){ 0 };
	return (int)p->nstages++;
}

static void
add_chain(struct job *j, struct branch *b, int from, const char *input)
{
	for (size_t i = 0; i < b->nwindows; i++)
		from = add_stage(j, STAGE_WINDOW,
		    i + 1 == b->nwindows
			? b->name
			: script_print(&j->script, "%s.%zu", b->name, i + 1),
		    &b->windows[i], from, input);
	if (from == STAGE_NONE)
		return;
	if (b->sink.args.n > 0)
		add_stage(j, STAGE_SINK, b->name, &b->sink.args, from, NULL);
	else
		j->plan.stage[from].output = b->sink.file;
}

/* The table's rows, and all that hangs on them. */
static void
add_source(struct job *j, const struct table *t, struct branch *first)
{
	const char *name = script_copy(&j->script, t->name);
	struct endpoint e = { .file = "-" };
	struct args fanout = { 0 };
	int from = STAGE_NONE;
	size_t n = 0;

	bool is_stdin = j->settings.stdin_table != NULL &&
	                span_is(t->name, j->settings.stdin_table);

	if (!is_stdin)
		connector_source(&j->script, t, &e);
	else if (j->script.marks)
		args_add_option(&e.args, "windowpipe", "rows");
	for (struct branch *b = first; b != NULL; b = b->next)
		n += b->source == t;
	if (e.args.n > 0)
		from = add_stage(j, STAGE_SOURCE, name, &e.args, from,
		    is_stdin ? e.file : NULL);
	if (n > 1) {
		args_add(&fanout, "fanout");
		from = add_stage(j, STAGE_FANOUT, name, &fanout, from, e.file);
		args_free(&fanout);
	}
	for (struct branch *b = first; b != NULL; b = b->next)
		if (b->source == t)
			add_chain(j, b, from, e.file);
	args_free(&e.args);
}

static void
lay_out(struct job *j)
{
	for (const struct branch *b = j->branches; b != NULL; b = b->next)
		check_targets(j, b);
	for (struct branch *b = j->branches; b != NULL; b = b->next) {
		const struct branch *earlier = j->branches;

		while (earlier != b && earlier->source != b->source)
			earlier = earlier->next;
		if (earlier == b)
			add_source(j, b->source, b);
	}
}

/* A table that --stdin or --stdout names must be read, or written. */
static int
check_named(
    const struct job *j, const char *option, const char *name, bool reads)
{
	if (name == NULL)
		return 0;
	for (const struct branch *b = j->branches; b != NULL; b = b->next) {
		const struct table *t = reads ? b->source : b->target;

		if (t != NULL && span_is(t->name, name))
			return 0;
	}
	diag_error(NULL, "--%s %s: the job %s no table of this name", option,
	    name, reads ? "reads" : "writes to");
	return -1;
}

static int
check_whole(const struct job *j, const struct job_request *r)
{
	if (j->branches == NULL) {
		diag_error(NULL,
		    "the job %s does nothing: it has no INSERT and no SELECT",
		    r->path);
		return -1;
	}
	return check_named(j, "stdin", r->stdin_table, true) == -1 ||
	               check_named(j, "stdout", r->stdout_table, false) == -1
	           ? -1
	           : 0;
}

int
job_load(struct job *j, const struct job_request *r)
{
	const struct sql_errors *errors = &j->script.errors;
	struct sql_statement *first;

	*j = (struct job){ .settings = { .idle_ms = -1,
			       .rejects = r->rejects,
			       .stdin_table = r->stdin_table,
			       .stdout_table = r->stdout_table } };
	j->compiler.script = &j->script;
	if (script_load(&j->script, r->path, r->properties) == -1)
		return -1;
	j->script.elsewhere = r->elsewhere;
	j->script.marks = r->marks;
	first = sql_parse_statements(
	    j->script.text, &j->script.arena, &j->script.errors);
	check_sets(j, first);
	for (const struct sql_statement *s = first; s != NULL; s = s->next)
		take(j, s);
	if (errors->n == 0 && !errors->out_of_memory) {
		if (check_whole(j, r) == -1)
			return -1;
		lay_out(j);
	}
	if (errors->n == 0 && !errors->out_of_memory)
		return 0;
	script_tell_errors(&j->script);
	return -1;
}

void
job_free(struct job *j)
{
	for (struct branch *b = j->branches; b != NULL; b = b->next)
		branch_free(b);
	plan_free(&j->plan);
	script_free(&j->script);
	*j = (struct job){ 0 };
}

void
job_tell_notes(const struct job *j)
{
	script_tell_notes(&j->script);
}
