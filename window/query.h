/* query - what is asked: the columns read, the windows, the aggregates, the
 * columns written, all resolved and checked.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_QUERY_H
#define WINDOW_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/columns.h"
#include "lib/csv.h"
#include "lib/json.h"
#include "lib/opt.h"
#include "lib/timestamp.h"
#include "lib/type.h"
#include "lib/zone.h"
#include "sql/program.h"
#include "window/agg.h"
#include "window/field.h"
#include "window/form.h"
#include "window/grid.h"
#include "window/ranking.h"

enum at_eof { AT_EOF_EMIT, AT_EOF_DISCARD, AT_EOF_HOLD };
/* What is done with a value that its column does not take. */
enum on_bad { ON_BAD_REJECT, ON_BAD_NULL };
enum overflow { OVERFLOW_FAIL, OVERFLOW_OLDEST };

/* As --delay: later than any row. */
#define QUERY_DELAY_ALL ((int64_t)1 << 61)

struct key_column {
	int field;  /* among fields */
	char *name; /* of the result column */
};

enum out_source {
	OUT_KEY,
	OUT_AGG,
	OUT_START,
	OUT_END,
	OUT_REVISION,
	OUT_RANK,  /* of --top */
	OUT_MADE,  /* computed of results */
	OUT_FIELD, /* of --each */
};
struct out_column {
	enum out_source source;
	int index; /* of the key, the aggregate, what is made, the field */
	struct type from;
	struct type to;
	char *name;
	char *label; /* name as JSON and a colon: "\"name\":" */
};

/* window_start, window_end: as BIGINT they count as --time-unit says. */
static inline bool
query_is_bound(const struct out_column *c)
{
	return c->source == OUT_START || c->source == OUT_END;
}

/* Whose expression is computed of a row. */
enum computed_by { BY_FROM, BY_FILTER, BY_INTO };

/* Of what the rows are. */
struct input {
	enum input_kind { INPUT_JSON, INPUT_CSV } kind;
	struct csv csv;
	enum form_header header;
};

struct query {
	struct input input;
	bool each; /* no windows: each row is a result */
	struct grid grid;
	bool processing_time;
	int time_field;   /* among fields; -1: processing time, or each */
	bool by_rows;     /* the watermark follows the rows, by */
	int64_t delay_ms; /* QUERY_DELAY_ALL: it waits for the end of input */
	int64_t idle_ms;  /* -1: off */
	int64_t lateness_ms; /* -1: off */
	int64_t ahead_ms;    /* -1: off */
	int64_t jump_ms;     /* -1: off */
	const char *zone_name;
	struct zone *zone;
	enum time_unit unit;
	bool unit_given;                 /* so times are numbers */
	struct time_format *time_format; /* of the event time, or NULL */

	struct columns from;  /* as declared */
	bool declares;        /* from has a column that is not computed */
	size_t nknown;        /* of from, while the query is resolved */
	struct field *fields; /* those read, then those computed */
	size_t nfields;       /* read */
	size_t nall, field_cap;
	struct json_paths *paths;
	struct sql_program *where; /* over fields; NULL: all rows */
	const char *where_text;
	/*
	 * The k-th is the value of fields[nfields + k], and depends on those
	 * before it alone.  The first nearly are what --where and the event
	 * time need; the rest is computed of rows that pass --where.
	 */
	struct computed {
		struct sql_program *program;
		struct span text; /* of the expression */
		enum computed_by by;
		const char *column; /* of --from or --into; borrowed */
		/* BY_FILTER, what an aggregate takes: where the program is true
		 * the value of that field (-1: the truth), else null. */
		int of;
		int field; /* of this one, while the query is resolved */
	} * computed;
	size_t ncomputed, nearly;
	struct sql_env env; /* of expressions */
	enum on_bad on_bad;
	const char *const *null; /* borrowed from the words */
	size_t nnull;

	struct key_column *keys;
	size_t nkeys;
	struct agg_call *calls;
	size_t ncalls;
	size_t data_bytes; /* of all accumulators of a group */

	struct out_column *out;
	size_t nout;
	/* All columns that a result may have: what --having, --top and the
	 * computed columns of --into name. */
	struct result_column {
		enum out_source source;
		int index; /* of the key or aggregate */
	} * results;
	size_t nresults;
	struct made {
		struct sql_program *program; /* over results */
		struct span text;            /* of the expression */
	} * made;
	size_t nmade;
	struct columns into;        /* as it was given */
	struct sql_program *having; /* NULL: all results */
	const char *having_text;
	struct ranking ranking;
	const char *ranking_text;
	struct form form;
	bool unsorted;

	enum at_eof at_eof;
	uint64_t max_keys;
	uint64_t max_bytes; /* UINT64_MAX: no bound */
	enum overflow overflow;
	size_t max_line;
};

/*
 * The words of the command line, before they are resolved.  Texts are
 * borrowed.  A field's text is FIELD or FIELD:NAME.
 */
struct query_words {
	bool each;
	enum window_kind kind;
	int64_t size_ms;
	int64_t slide_ms; /* --slide, 0: not given */
	int64_t step_ms;  /* --step, 0: not given */
	int64_t offset_ms;
	bool offset_given;
	bool processing_time;
	const char *event_time;
	int64_t delay_ms;    /* -1: not given */
	int64_t idle_ms;     /* -1: off */
	int64_t lateness_ms; /* -1: off */
	int64_t ahead_ms;    /* -1: off */
	int64_t jump_ms;     /* -1: off */
	const char *timezone;
	enum time_unit unit;
	bool unit_given;
	const char *time_format;

	struct opt_texts keys;
	struct input input;
	bool csv_given; /* an option that goes with CSV alone */
	const char *where;
	const char *having;
	const char *top;
	struct query_agg {
		const struct agg *agg;
		const char *option;   /* as it was written: "p50", "mean" */
		const char *argument; /* FIELD[:NAME]; of count NAME or NULL */
		const char *filter;   /* of --filter, or NULL */
		struct decimal quantile;
		struct span quantile_text; /* of --quantile */
	} * aggs;
	size_t naggs;
	const char *from;
	enum on_bad on_bad;
	struct opt_texts null; /* values that stand for null */
	const char *into;
	struct form form; /* delimiter 0: that of its kind */
	bool unsorted;
	enum at_eof at_eof;
	uint64_t max_keys;
	uint64_t max_bytes; /* UINT64_MAX: no bound */
	enum overflow overflow;
	uint64_t max_line;
};

/*
 * Resolves and checks.  0, or -1 after an error that says what makes no sense
 * and what would (status 2).
 */
int query_init(struct query *, const struct query_words *);
void query_free(struct query *);

static inline bool
query_reads_time(const struct query *q)
{
	return q->time_field >= 0 && q->time_field < (int)q->nfields;
}

/* Whether the event time is computed. */
static inline bool
query_computes_time(const struct query *q)
{
	return q->time_field >= (int)q->nfields;
}

/* The expression of which a column is made, empty where it is not. */
struct span query_expression(const struct query *, const struct out_column *);

/* The field read on which that one's value depends first, or -1. */
int query_read_field(const struct query *, int field);

/* What reading a field depends on. */
static inline struct field_env
query_field_env(const struct query *q, struct buf *scratch)
{
	return (struct field_env){ .zone = q->zone,
		.unit = q->unit,
		.format = q->time_format,
		.null = q->null,
		.nnull = q->nnull,
		.scratch = scratch };
}

/* The result of that name; NULL after an error, which names the option. */
const struct out_column *query_find_result(const struct out_column *all,
    size_t n, const char *option, const char *name);

#endif
