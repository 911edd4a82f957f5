/* catalog - the tables and views of a job, and the options of connectors.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/catalog.h"

#include <strings.h>

#include "lib/nearest.h"

/* --- options -------------------------------------------------------------- */

#define ALL 0xff

enum option_use {
	OPTION_READ,    /* the planner asks for it; text: what it becomes */
	OPTION_SOURCE,  /* the option `text` of the source's stage */
	OPTION_SINK,    /* of the sink's stage */
	OPTION_BOTH,    /* of either */
	OPTION_NOTE,    /* without a meaning here; text: why */
	OPTION_REFUSED, /* text: what to do */
};

/*
 * Names of fields are '#'; a '*' at the end stands for any rest.  Source:
 * Apache Flink 1.20, connectors datagen, filesystem, print, blackhole, formats
 * json and csv; flink-connector-aws 4.3 and 5.0; read 2026-11.
 */
#define WHO_DELIVERS "kinesis-put sees to that by itself"
#define WHO_READS    "kinesis-get sees to that by itself"
#define ONE_MACHINE  "there is one of each stage"
#define NO_FILES     "a sink is one file, which grows"
#define NO_SECRETS                                                             \
	"secrets do not belong into a job's text; give them by the"            \
	" environment or a profile, as aws configure makes one"

static const struct option_def {
	unsigned connectors;
	const char *name;
	enum option_use use;
	const char *text;
	const char *suffix; /* of its value, for the stage */
} options[] = {
	/* clang-format off */
	{ ALL, "connector", OPTION_READ, "the programs of the table", NULL },
	{ ALL, "format", OPTION_READ, "json or csv", NULL },
	{ ALL, "sink.parallelism", OPTION_NOTE, ONE_MACHINE, NULL },
	{ ALL, "scan.parallelism", OPTION_NOTE, ONE_MACHINE, NULL },
	{ ALL, "scan.watermark.idle-timeout", OPTION_READ, "window --idle-timeout", NULL },
	{ ALL, "scan.watermark.*", OPTION_NOTE, "the watermark follows each row", NULL },

	{ CONNECTOR_DATAGEN, "rows-per-second", OPTION_SOURCE, "--rate", NULL },
	{ CONNECTOR_DATAGEN, "number-of-rows", OPTION_SOURCE, "--rows", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.kind", OPTION_READ, "random or sequence", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.min", OPTION_READ, "MIN..MAX of datagen", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.max", OPTION_READ, "MIN..MAX of datagen", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.start", OPTION_READ, "sequence A..B of datagen", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.end", OPTION_READ, "sequence A..B of datagen", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.length", OPTION_READ, "length of datagen", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.var-len", OPTION_READ, "length 1..N of datagen", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.max-past", OPTION_READ, "max-past of datagen", NULL },
	{ CONNECTOR_DATAGEN, "fields.#.null-rate", OPTION_READ, "null of datagen", NULL },

	{ CONNECTOR_FILESYSTEM, "path", OPTION_READ, "a file, or a folder's *.json *.ndjson *.csv", NULL },
	{ CONNECTOR_FILESYSTEM, "source.monitor-interval", OPTION_READ, "windowpipe rows --follow --poll", NULL },
	{ CONNECTOR_FILESYSTEM, "source.path.regex-pattern", OPTION_REFUSED, "name the file, or a folder of its own", NULL },
	{ CONNECTOR_FILESYSTEM, "sink.*", OPTION_NOTE, NO_FILES, NULL },
	{ CONNECTOR_FILESYSTEM, "auto-compaction", OPTION_NOTE, NO_FILES, NULL },
	{ CONNECTOR_FILESYSTEM, "compaction.*", OPTION_NOTE, NO_FILES, NULL },
	{ CONNECTOR_FILESYSTEM, "partition.*", OPTION_NOTE, NO_FILES, NULL },

	{ CONNECTOR_PRINT, "print-identifier", OPTION_NOTE, "rows are printed as JSON", NULL },
	{ CONNECTOR_PRINT, "standard-error", OPTION_NOTE, "rows go to standard output", NULL },

	{ CONNECTOR_KINESIS, "stream", OPTION_READ, "the stream's name", NULL },
	{ CONNECTOR_KINESIS, "stream.arn", OPTION_READ, "the stream's ARN", NULL },
	{ CONNECTOR_KINESIS, "aws.region", OPTION_BOTH, "--region", NULL },
	{ CONNECTOR_KINESIS, "aws.endpoint", OPTION_BOTH, "--endpoint-url", NULL },
	{ CONNECTOR_KINESIS, "aws.credentials.provider", OPTION_READ, "AUTO, ENV_VAR or PROFILE", NULL },
	{ CONNECTOR_KINESIS, "aws.credentials.profile.name", OPTION_BOTH, "--profile", NULL },
	{ CONNECTOR_KINESIS, "aws.credentials.basic.*", OPTION_REFUSED, NO_SECRETS, NULL },
	{ CONNECTOR_KINESIS, "aws.credentials.*", OPTION_REFUSED, "name a profile that takes the role, by aws.credentials.profile.name", NULL },
	{ CONNECTOR_KINESIS, "aws.trust.all.certificates", OPTION_REFUSED, "name the certificates to trust by AWS_CA_BUNDLE", NULL },
	{ CONNECTOR_KINESIS, "aws.http*", OPTION_NOTE, "it is HTTP/1.1", NULL },
	{ CONNECTOR_KINESIS, "scan.stream.initpos", OPTION_READ, "kinesis-get --from", NULL },
	{ CONNECTOR_KINESIS, "scan.stream.initpos-timestamp", OPTION_READ, "kinesis-get --from", NULL },
	{ CONNECTOR_KINESIS, "scan.stream.initpos-timestamp-format", OPTION_REFUSED, "write the time as 2026-01-31T23:59:59.000Z", NULL },
	{ CONNECTOR_KINESIS, "source.init.position", OPTION_READ, "kinesis-get --from", NULL },
	{ CONNECTOR_KINESIS, "source.init.timestamp", OPTION_READ, "kinesis-get --from", NULL },
	{ CONNECTOR_KINESIS, "source.init.timestamp.format", OPTION_REFUSED, "write the time as 2026-01-31T23:59:59.000Z", NULL },
	{ CONNECTOR_KINESIS, "scan.*", OPTION_NOTE, WHO_READS, NULL },
	{ CONNECTOR_KINESIS, "source.*", OPTION_NOTE, WHO_READS, NULL },
	{ CONNECTOR_KINESIS, "sink.partitioner", OPTION_READ, "kinesis-put --partition-key", NULL },
	{ CONNECTOR_KINESIS, "sink.partitioner-field-delimiter", OPTION_READ, "must be '|' of several fields", NULL },
	{ CONNECTOR_KINESIS, "sink.batch.max-size", OPTION_SINK, "--batch-records", NULL },
	{ CONNECTOR_KINESIS, "sink.flush-buffer.timeout", OPTION_SINK, "--linger", "ms" },
	{ CONNECTOR_KINESIS, "sink.requests.max-inflight", OPTION_SINK, "--in-flight", NULL },
	{ CONNECTOR_KINESIS, "sink.fail-on-error", OPTION_NOTE, "what cannot be delivered ends the run with status 3", NULL },
	{ CONNECTOR_KINESIS, "sink.*", OPTION_NOTE, WHO_DELIVERS, NULL },

	{ ALL, "json.timestamp-format.standard", OPTION_READ, "window --timestamps", NULL },
	{ ALL, "json.encode.decimal-as-plain-number", OPTION_READ, "window --decimal", NULL },
	{ ALL, "json.ignore-parse-errors", OPTION_READ, "window --on-bad null --rejects /dev/null", NULL },
	{ ALL, "json.fail-on-missing-field", OPTION_READ, "must be 'false'", NULL },
	{ ALL, "json.map-null-key.*", OPTION_NOTE, "there are no columns of type MAP", NULL },
	{ ALL, "json.encode.ignore-null-fields", OPTION_READ, "must be 'false'", NULL },
	{ ALL, "csv.field-delimiter", OPTION_READ, "window --delimiter, --output-delimiter", NULL },
	{ ALL, "csv.quote-character", OPTION_READ, "window --quote", NULL },
	{ ALL, "csv.disable-quote-character", OPTION_READ, "window --quote none", NULL },
	{ ALL, "csv.allow-comments", OPTION_READ, "window --comments", NULL },
	{ ALL, "csv.null-literal", OPTION_READ, "window --null", NULL },
	{ ALL, "csv.ignore-parse-errors", OPTION_READ, "window --on-bad null --rejects /dev/null", NULL },
	{ ALL, "csv.write-bigdecimal-in-scientific-notation", OPTION_READ, "window --decimal", NULL },
	{ ALL, "csv.escape-character", OPTION_REFUSED, "a quote within quotes is written twice", NULL },
	{ ALL, "csv.array-element-delimiter", OPTION_NOTE, "there are no columns of type ARRAY", NULL },
	{ ALL, "json.decode.*", OPTION_NOTE, "there is one reader of JSON", NULL },
	/* clang-format on */
};

enum { OPTIONS = sizeof options / sizeof *options };

/* Is key as the row's name says?  '#' is any field, '*' any rest. */
static bool
matches(struct span key, const char *name)
{
	const char *hash = strchr(name, '#'), *star = strchr(name, '*');
	size_t before;

	if (hash != NULL) {
		size_t after = strlen(hash + 1);

		before = (size_t)(hash - name);
		return key.n > before + after &&
		       memcmp(key.p, name, before) == 0 &&
		       memcmp(key.p + key.n - after, hash + 1, after) == 0;
	}
	before = star == NULL ? 0 : (size_t)(star - name);
	return star == NULL
	           ? span_is(key, name)
	           : key.n > before && memcmp(key.p, name, before) == 0;
}

/* The first row that knows it: the more special ones stand first. */
static const struct option_def *
find_option(enum connector connector, struct span key)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if ((options[i].connectors & connector) != 0 &&
		    matches(key, options[i].name))
			return &options[i];
	return NULL;
}

static void
unknown_option(
    struct script *s, enum connector connector, const struct sql_option *o)
{
	const char *nearest = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < OPTIONS; i++) {
		size_t edits =
		    nearest_edits(o->key.text, span_of(options[i].name));

		if ((options[i].connectors & connector) != 0 && edits < least &&
		    nearest_is_near(
			o->key.text, span_of(options[i].name), edits)) {
			nearest = options[i].name;
			least = edits;
		}
	}
	if (nearest != NULL)
		sql_errors_add(&s->errors, o->key.at, o->key.length,
		    "no option of this connector; did you mean '%s'?", nearest);
	else
		sql_errors_add(&s->errors, o->key.at, o->key.length,
		    "no option of this connector; windowpipe-sql(7) lists "
		    "them");
}

static bool
is_key(const struct table *t, struct span text, const char *key)
{
	static const char prefix[] = "value.";
	size_t n = sizeof prefix - 1;

	if (t->connector == CONNECTOR_OTHER && text.n > n &&
	    memcmp(text.p, prefix, n) == 0)
		text = (struct span){ text.p + n, text.n - n };
	return span_is(text, key);
}

const struct sql_option *
table_option(const struct table *t, const char *key)
{
	const struct sql_option *o = t->def->options;

	while (o != NULL && !is_key(t, o->key.text, key))
		o = o->next;
	return o;
}

static bool
is_word(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

bool
table_option_is_true(const struct table *t, const char *key)
{
	const struct sql_option *o = table_option(t, key);

	return o != NULL && is_word(o->value, "true");
}

void
table_each_flag(const struct table *t, struct script *s, enum table_side side,
    void (*add)(void *ctx, const char *flag, const char *value), void *ctx)
{
	for (const struct sql_option *o = t->def->options; o != NULL;
	     o = o->next) {
		const struct option_def *def =
		    find_option(t->connector, o->key.text);

		if (def == NULL ||
		    (def->use != OPTION_BOTH &&
			def->use != (side == SIDE_SOURCE ? OPTION_SOURCE
							 : OPTION_SINK)))
			continue;
		add(ctx, def->text,
		    script_print(s, "%.*s%s", (int)o->value.n, o->value.p,
			def->suffix == NULL ? "" : def->suffix));
	}
}

/* --- connectors ----------------------------------------------------------- */

static const struct {
	const char *name;
	enum connector connector;
} connectors[] = {
	{ "datagen", CONNECTOR_DATAGEN },
	{ "kinesis", CONNECTOR_KINESIS },
	{ "kinesis-legacy", CONNECTOR_KINESIS },
	{ "filesystem", CONNECTOR_FILESYSTEM },
	{ "print", CONNECTOR_PRINT },
	{ "blackhole", CONNECTOR_BLACKHOLE },
};

/* An option of a value that is not as it must be. */
static bool
wrong(struct script *s, const struct sql_option *o, const char *what)
{
	sql_errors_add(&s->errors, o->at, o->length, "%s", what);
	return false;
}

static bool
lacks(struct script *s, const struct table *t, const char *what)
{
	sql_errors_add(&s->errors, t->def->name.at, t->def->name.length,
	    "the table lacks %s", what);
	return false;
}

static bool
check_connector(struct script *s, struct table *t)
{
	const struct sql_option *o = table_option(t, "connector");

	if (o == NULL)
		return lacks(
		    s, t, "its connector; add WITH ('connector' = 'datagen')");
	t->connector = CONNECTOR_OTHER;
	for (size_t i = 0; i < sizeof connectors / sizeof *connectors; i++)
		if (span_is(o->value, connectors[i].name))
			t->connector = connectors[i].connector;
	return true;
}

static bool
check_format(struct script *s, struct table *t)
{
	const struct sql_option *o = table_option(t, "format");

	t->format = FORMAT_JSON;
	if (o == NULL)
		return (t->connector &
			   (CONNECTOR_KINESIS | CONNECTOR_FILESYSTEM)) == 0 ||
		       lacks(s, t, "its format; add 'format' = 'json'");
	if (span_is(o->value, "json"))
		return true;
	t->format = FORMAT_CSV;
	if (span_is(o->value, "csv"))
		return true;
	return wrong(s, o,
	    "a format that windowpipe has not; it has 'json' and"
	    " 'csv'");
}

/* Options whose other values Flink has, and we not. */
static bool
check_values(struct script *s, struct table *t)
{
	static const struct {
		const char *key;
		const char *words[4];
		const char *what;
	} values[] = {
		{ "json.timestamp-format.standard", { "SQL", "ISO-8601" },
		    "it is 'SQL' or 'ISO-8601'" },
		{ "json.encode.decimal-as-plain-number", { "true", "false" },
		    "it is 'true' or 'false'" },
		{ "json.ignore-parse-errors", { "true", "false" },
		    "it is 'true' or 'false'" },
		{ "csv.ignore-parse-errors", { "true", "false" },
		    "it is 'true' or 'false'" },
		{ "csv.allow-comments", { "true", "false" },
		    "it is 'true' or 'false'" },
		{ "csv.disable-quote-character", { "true", "false" },
		    "it is 'true' or 'false'" },
		{ "csv.write-bigdecimal-in-scientific-notation",
		    { "true", "false" }, "it is 'true' or 'false'" },
		{ "json.fail-on-missing-field", { "false" },
		    "a field that is missing is null here; declare the column"
		    " NOT NULL where that is bad" },
		{ "json.encode.ignore-null-fields", { "false" },
		    "fields that are null are written" },
		{ "aws.credentials.provider", { "AUTO", "ENV_VAR", "PROFILE" },
		    "it is 'AUTO', 'ENV_VAR' or 'PROFILE'; secrets do not"
		    " belong into a job's text" },
	};
	bool good = true;

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		const struct sql_option *o = table_option(t, values[i].key);
		bool found = o == NULL;

		for (size_t k = 0; k < 4 && values[i].words[k] != NULL; k++)
			found = found || is_word(o->value, values[i].words[k]);
		if (!found)
			good = wrong(s, o, values[i].what);
	}
	return good;
}

static bool
check_options(struct script *s, struct table *t)
{
	bool good = true;

	if (t->connector == CONNECTOR_OTHER)
		return check_values(s, t);
	for (const struct sql_option *o = t->def->options; o != NULL;
	     o = o->next) {
		const struct option_def *def =
		    find_option(t->connector, o->key.text);

		for (const struct sql_option *p = t->def->options; p != o;
		     p = p->next)
			if (span_equal(p->key.text, o->key.text)) {
				sql_errors_add(&s->errors, o->key.at,
				    o->key.length, "this option stands twice");
				good = false;
			}
		if (def == NULL) {
			unknown_option(s, t->connector, o);
			good = false;
		} else if (def->use == OPTION_REFUSED) {
			sql_errors_add(&s->errors, o->key.at, o->key.length,
			    "windowpipe has not this option; %s", def->text);
			good = false;
		} else if (def->use == OPTION_NOTE) {
			script_note(s, o->key.at,
			    "'%.*s' has no meaning here: %s",
			    (int)o->key.text.n, o->key.text.p, def->text);
		}
	}
	return check_values(s, t) && good;
}

/* Two columns of one name, names that are no column's. */
static bool
check_columns(struct script *s, const struct sql_table *def)
{
	bool good = true;

	for (const struct sql_column *c = def->columns; c != NULL;
	     c = c->next) {
		for (const struct sql_column *p = def->columns; p != c;
		     p = p->next)
			if (span_equal(p->name.text, c->name.text)) {
				sql_errors_add(&s->errors, c->name.at,
				    c->name.length,
				    "a second column of this name");
				good = false;
			}
	}
	for (const struct sql_name *n = def->partitioned; n != NULL;
	     n = n->next) {
		const struct sql_column *c = def->columns;

		while (c != NULL && !span_equal(c->name.text, n->text))
			c = c->next;
		if (c == NULL) {
			sql_errors_add(&s->errors, n->at, n->length,
			    "the table has no column of this name");
			good = false;
		}
	}
	return good;
}

/* --- METADATA ------------------------------------------------------------- */

/* Source: RowMetadata of Flink's connectors of Kinesis, 4.3 and 5.0, read
 * 2026-11-29; partition-key is ours. */
static const char *const metadata_keys[] = { "timestamp", "shard-id",
	"sequence-number", "partition-key" };

enum {
	METADATA_KEYS = sizeof metadata_keys / sizeof *metadata_keys,
	METADATA_TEXT = 128, /* characters: the VARCHAR of Flink's */
};

static bool
bad_metadata(struct script *s, const struct sql_name *at, const char *what)
{
	sql_errors_add(&s->errors, at->at, at->length, "%s", what);
	return false;
}

static bool
check_metadata_type(struct script *s, const struct sql_column *c)
{
	struct type t = c->type;

	if (span_is(c->key.text, "timestamp"))
		return sql_type_is_instant(t.kind) ||
		       bad_metadata(s, &c->name,
			   "timestamp is a TIMESTAMP_LTZ(3); declare it as"
			   " that, and CAST it");
	return t.kind == TYPE_STRING ||
	       (t.kind == TYPE_VARCHAR && t.precision >= METADATA_TEXT) ||
	       bad_metadata(s, &c->name,
		   "this is a VARCHAR(128); declare it as that, and CAST it");
}

static bool
check_metadata_key(struct script *s, const struct sql_column *c)
{
	const char *nearest = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < METADATA_KEYS; i++) {
		struct span key = span_of(metadata_keys[i]);
		size_t edits = nearest_edits(c->key.text, key);

		if (edits < least) {
			nearest = metadata_keys[i];
			least = edits;
		}
	}
	if (least == 0)
		return true;
	if (nearest_is_near(c->key.text, span_of(nearest), least))
		sql_errors_add(&s->errors, c->key.at, c->key.length,
		    "no metadata of this connector; did you mean '%s'?",
		    nearest);
	else
		sql_errors_add(&s->errors, c->key.at, c->key.length,
		    "no metadata of this connector: it has timestamp, shard-id,"
		    " sequence-number and partition-key; add FROM 'timestamp'");
	return false;
}

static bool
check_metadata(struct script *s, const struct table *t)
{
	bool good = true;

	for (const struct sql_column *c = t->def->columns; c != NULL;
	     c = c->next) {
		if (c->kind != SQL_METADATA)
			continue;
		if ((t->connector & (CONNECTOR_FILESYSTEM | CONNECTOR_OTHER)) !=
		    0)
			good = bad_metadata(s, &c->name,
			    "METADATA of this connector: Flink runs this,"
			    " windowpipe does not; leave the column out");
		else if (t->connector != CONNECTOR_KINESIS)
			good = bad_metadata(s, &c->name,
			    "this connector has no METADATA; leave the column"
			    " out");
		else if (t->format != FORMAT_JSON)
			good = bad_metadata(s, &c->name,
			    "METADATA beside 'csv': Flink runs this, windowpipe"
			    " does not; it adds it to rows of 'json'");
		else if (!check_metadata_key(s, c) ||
			 !check_metadata_type(s, c))
			good = false;
		else if (span_is(c->key.text, "partition-key"))
			script_note(s, c->key.at,
			    "'partition-key' is windowpipe's: Flink's connector"
			    " has no such METADATA");
	}
	return good;
}

/* --- names ---------------------------------------------------------------- */

/* The names that a catalog begins with in Flink may be written or not. */
static struct span
short_name(struct span name)
{
	static const char *const prefixes[] = {
		"default_catalog.default_database.", "default_database."
	};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t n = strlen(prefixes[i]);

		if (name.n > n && memcmp(name.p, prefixes[i], n) == 0)
			return (struct span){ name.p + n, name.n - n };
	}
	return name;
}

static struct table *
find(const struct catalog *c, struct span name)
{
	struct table *t = c->first;

	name = short_name(name);
	while (t != NULL && !span_equal(t->name, name))
		t = t->next;
	return t;
}

/* NULL: it is there already, which is an error where it must not be. */
static struct table *
add(struct catalog *c, struct script *s, const struct sql_name *name,
    bool if_not_exists)
{
	struct table *t;

	if (name->text.p == NULL)
		return NULL;
	if (find(c, name->text) != NULL) {
		if (!if_not_exists)
			sql_errors_add(&s->errors, name->at, name->length,
			    "there is a table or view %s already",
			    script_quote(name->text));
		return NULL;
	}
	t = script_make(s, sizeof *t);
	if (t == NULL)
		return NULL;
	t->name = short_name(name->text);
	t->next = c->first;
	c->first = t;
	return t;
}

void
catalog_add_table(
    struct catalog *c, struct script *s, const struct sql_statement *st)
{
	const struct sql_table *def = &st->table;
	struct table *t = add(c, s, &def->name, def->if_not_exists);

	if (t == NULL)
		return;
	t->def = def;
	t->broken = st->broken;
	if (t->broken)
		return;
	if (def->primary_key.text.p != NULL)
		script_note(s, def->primary_key.at,
		    "PRIMARY KEY has no meaning here: rows are only added");
	t->broken = !check_columns(s, def);
	if (!check_connector(s, t) || !check_options(s, t) ||
	    !check_format(s, t) || !check_metadata(s, t))
		t->broken = true;
}

void
catalog_add_view(struct catalog *c, struct script *s,
    const struct sql_view *view, bool broken)
{
	struct table *t = add(c, s, &view->name, view->if_not_exists);

	if (t == NULL)
		return;
	t->view = view;
	t->broken = broken;
}

void
catalog_drop(
    struct catalog *c, struct script *s, const struct sql_statement *st)
{
	struct table *t;

	if (st->name.text.p == NULL)
		return;
	t = find(c, st->name.text);
	if (st->if_exists && (t == NULL || (t->view != NULL) != st->is_view))
		return;
	t = catalog_find(c, s, &st->name);
	if (t != NULL && (t->view != NULL) != st->is_view) {
		sql_errors_add(&s->errors, st->name.at, st->name.length,
		    "it is a %s; write DROP %s", st->is_view ? "table" : "view",
		    st->is_view ? "TABLE" : "VIEW");
		return;
	}
	for (struct table **p = &c->first; *p != NULL; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			return;
		}
}

struct table *
catalog_find(
    const struct catalog *c, struct script *s, const struct sql_name *name)
{
	struct table *t = find(c, name->text);
	struct span nearest = { NULL, 0 };
	size_t least = SIZE_MAX;

	if (t != NULL)
		return t;
	for (t = c->first; t != NULL; t = t->next) {
		size_t edits = nearest_edits(name->text, t->name);

		if (edits < least &&
		    nearest_is_near(name->text, t->name, edits)) {
			nearest = t->name;
			least = edits;
		}
	}
	if (nearest.p != NULL)
		sql_errors_add(&s->errors, name->at, name->length,
		    "there is no table %s; did you mean %s?",
		    script_quote(name->text), script_quote(nearest));
	else
		sql_errors_add(&s->errors, name->at, name->length,
		    "there is no table %s; create it above",
		    script_quote(name->text));
	return NULL;
}
