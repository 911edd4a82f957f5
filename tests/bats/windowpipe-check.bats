#!/usr/bin/env bats
# windowpipe check: what is wrong with a job, all of it, each at its place.
# SPDX-License-Identifier: ISC

load helpers

setup() {
  common_setup
  echo '{"a":1}' >in.ndjson
  cat >tables.sql <<'SQL'
CREATE TABLE r (a INT, b STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'filesystem', 'path' = 'in.ndjson', 'format' = 'json');
CREATE TABLE o (x INT, n BIGINT) WITH ('connector' = 'print');
SQL
}

@test "of a job all errors are told, with line, column and a caret" {
  {
    cat tables.sql
    cat <<'SQL'
INSERT INTO o SELECT aa, COUNT(*) FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY), aa;
INSERT INTO oo SELECT a, 1 FROM r;
CREATE TABLE bad (a INT, b MAP<INT, INT>)
  WITH ('connector' = 'print');
SELECT a, 'it FROM r;
SQL
  } >job.sql
  run --separate-stderr windowpipe check job.sql
  assert_status 2
  assert_output ''
  assert_stderr "windowpipe: job.sql:4:81: there is no column 'aa'; did you mean 'a'?
   aa, COUNT(*) FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY), aa;
                                                              ^
windowpipe: job.sql:5:13: there is no table 'oo'; did you mean 'o'?
  INSERT INTO oo SELECT a, 1 FROM r;
              ^
windowpipe: job.sql:6:28: columns of the type MAP: Flink runs this, windowpipe does not; as STRING it is the value's own text, of which JSON_VALUE takes parts
  CREATE TABLE bad (a INT, b MAP<INT, INT>)
                             ^
windowpipe: job.sql:8:11: the text is not closed: a ' is missing
  SELECT a, 'it FROM r;
            ^"
}

@test "what cannot run is refused at its place, with what would do" {
  "$ROOT/tests/bats/jobs.py" errors tables.sql <<'SQL'
-- 1:41: GROUP BY without a window: Flink runs this, windowpipe does not; add TUMBLE(ts, INTERVAL '10' SECOND) to it
INSERT INTO o SELECT a, COUNT(*) FROM r GROUP BY a;
-- 1:15: an aggregate over all rows for ever: Flink runs this, windowpipe does not; add GROUP BY TUMBLE(ts, INTERVAL '10' SECOND)
INSERT INTO o SELECT 1, COUNT(*) FROM r;
-- 1:29: SUM takes a number, and this is STRING; CAST it
INSERT INTO o SELECT a, SUM(b) FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY), a;
-- 1:57: this column is no event time: it needs a WATERMARK, and a TIMESTAMP(3)
INSERT INTO o SELECT a, COUNT(*) FROM r GROUP BY TUMBLE(b, INTERVAL '1' DAY), a;
-- 1:22: this column is neither in GROUP BY nor in an aggregate
INSERT INTO o SELECT a, COUNT(*) FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY);
-- 1:18: GROUP BY has no HOP with these arguments
SELECT COUNT(*), HOP_END(ts, INTERVAL '1' DAY) FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY);
-- 1:18: the windows are of event time; take …_ROWTIME
SELECT COUNT(*), TUMBLE_PROCTIME(ts, INTERVAL '1' DAY) FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY);
-- 1:56: no metadata of this connector; did you mean 'shard-id'?
CREATE TABLE q (a INT, t STRING NOT NULL METADATA FROM 'shard_id' VIRTUAL) WITH ('format' = 'json', 'stream' = 's', 'connector' = 'kinesis'); SELECT a FROM q;
-- 1:24: no metadata of this connector: it has timestamp, shard-id, sequence-number and partition-key; add FROM 'timestamp'
CREATE TABLE q (a INT, t TIMESTAMP(3) METADATA) WITH ('format' = 'json', 'stream' = 's', 'connector' = 'kinesis'); SELECT a FROM q;
-- 1:24: timestamp is a TIMESTAMP_LTZ(3); declare it as that, and CAST it
CREATE TABLE q (a INT, t BIGINT METADATA FROM 'timestamp') WITH ('format' = 'json', 'stream' = 's', 'connector' = 'kinesis'); SELECT a FROM q;
-- 1:24: METADATA beside 'csv': Flink runs this, windowpipe does not; it adds it to rows of 'json'
CREATE TABLE q (a INT, t TIMESTAMP(3) METADATA FROM 'timestamp') WITH ('format' = 'csv', 'stream' = 's', 'connector' = 'kinesis'); SELECT a FROM q;
-- 1:24: this connector has no METADATA; leave the column out
CREATE TABLE q (a INT, t TIMESTAMP(3) METADATA FROM 'timestamp') WITH ('connector' = 'datagen'); SELECT a FROM q;
-- 1:24: METADATA of this connector: Flink runs this, windowpipe does not; leave the column out
CREATE TABLE q (a INT, t STRING METADATA FROM 'file.name') WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json'); SELECT a FROM q;
-- 1:24: METADATA of a stream is only read, and this table is written to; add VIRTUAL
CREATE TABLE q (a INT, t TIMESTAMP(3) METADATA FROM 'timestamp') WITH ('format' = 'json', 'stream' = 's', 'connector' = 'kinesis'); INSERT INTO q SELECT a, ts FROM r;
-- 1:86: it is how often files are looked at: '10 s', '500 ms', at most '1 d'
CREATE TABLE q (a INT) WITH ('connector' = 'filesystem', 'source.monitor-interval' = '0 s', 'path' = 'x', 'format' = 'json'); SELECT a FROM q;
-- 1:67: windowpipe has the files of this machine alone; --stdin TABLE and --stdout TABLE take its rows through a pipe
CREATE TABLE q (a INT) WITH ('connector' = 'filesystem', 'path' = 's3a://bucket/x', 'format' = 'json'); INSERT INTO q SELECT a FROM r;
-- 1:8: UUID: Flink runs this, windowpipe does not
SELECT UUID() FROM r;
-- 1:32: proctime: Flink runs this, windowpipe does not
SELECT a FROM r WHERE b > CAST(proctime() AS STRING);
-- 1:8: ARRAY[...]: Flink runs this, windowpipe does not
SELECT ARRAY[a, (2)] FROM r;
-- 1:14: JSON_QUERY: Flink runs this, windowpipe does not
SELECT UPPER(JSON_QUERY(b, '$.a' WITH CONDITIONAL ARRAY WRAPPER)) FROM r;
-- 1:8: there is no function 'UUIDS'; windowpipe-sql(7) lists them
SELECT UUIDS() FROM r;
-- 1:8: LISTAGG: Flink runs this, windowpipe does not
SELECT LISTAGG(b) FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY);
-- 1:8: SUM(DISTINCT …): Flink runs this, windowpipe does not; COUNT(DISTINCT …) can be had
SELECT SUM(DISTINCT a) FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY);
-- 1:23: an aggregate in WHERE; HAVING, behind GROUP BY, filters results
SELECT a FROM r WHERE COUNT(*) > 1;
-- 1:17: joins: Flink runs this, windowpipe does not
SELECT a FROM r LEFT JOIN o ON a = x;
-- 1:17: ORDER BY: Flink runs this, windowpipe does not
SELECT a FROM r ORDER BY a;
-- 1:29: queries in expressions: Flink runs this, windowpipe does not
SELECT a FROM r WHERE a IN (SELECT x FROM o);
-- 1:8: SELECT DISTINCT: Flink runs this, windowpipe does not; GROUP BY the columns and a window
SELECT DISTINCT a FROM r;
-- 1:8: OVER: Flink runs this, windowpipe does not, but ROW_NUMBER() of a window's results
SELECT SUM(a) OVER (PARTITION BY b ORDER BY ts) FROM r;
-- 1:29: WINDOW: Flink runs this, windowpipe does not
SELECT SUM(a) OVER w FROM r WINDOW w AS (PARTITION BY b ORDER BY ts);
-- 1:8: a window's rows one by one: Flink runs this, windowpipe does not; GROUP BY window_start, window_end
SELECT window_start FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' DAY));
-- 1:96: GROUP BY lacks window_start and window_end; name both
INSERT INTO o SELECT a, COUNT(*) FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_end, a;
-- 1:92: the size is no multiple of the step
SELECT COUNT(*) FROM TABLE(CUMULATE(TABLE r, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
-- 1:86: sessions are made by the columns of PARTITION BY, and grouped by others: Flink runs this, windowpipe does not; name the same in both
SELECT a, COUNT(*) FROM TABLE(SESSION(TABLE r, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, a;
-- 1:15: columns: 1 of the query, 2 of 'o'; name those that it fills: INSERT INTO t (a, b)
INSERT INTO o SELECT a FROM r;
-- 1:22: STRING cannot be written to the column 'x', which is INT; CAST it
INSERT INTO o SELECT b, 1 FROM r;
-- 1:16: the table has no column 'y'
INSERT INTO o (y) SELECT 1 FROM r;
-- 1:19: the column stands twice
INSERT INTO o (x, x) SELECT a, 1 FROM r;
-- 1:11: it is a table; write DROP TABLE
-- 1:59: it is a view; write DROP VIEW
DROP VIEW r; CREATE VIEW v AS SELECT a FROM r; DROP TABLE v;
-- 1:113: it is 'true' or 'false'
CREATE TABLE q (a INT) WITH ('connector' = 'kafka', 'value.format' = 'json', 'value.json.ignore-parse-errors' = 'yes');
-- 1:49: no option of this connector; did you mean 'path'?
CREATE TABLE q (a INT) WITH ('format' = 'json', 'pth' = 'x', 'connector' = 'filesystem'); INSERT INTO q SELECT a FROM r;
-- 1:58: it cannot be read: No such file or directory
CREATE TABLE q (a INT) WITH ('format' = 'json', 'path' = 'none', 'connector' = 'filesystem'); SELECT a FROM q;
-- 1:44: no connector of windowpipe's; it has datagen, kinesis, filesystem, print, blackhole; --stdin TABLE reads its rows from standard input
CREATE TABLE q (a INT) WITH ('connector' = 'kafka', 'topic' = 't'); SELECT a FROM q;
-- 1:55: the table has no column 'b'
CREATE TABLE q (a INT) WITH ('connector' = 'datagen', 'fields.b.min' = '1'); SELECT a FROM q;
-- 1:90: windowpipe has not this option; secrets do not belong into a job's text; give them by the environment or a profile, as aws configure makes one
CREATE TABLE q (a INT) WITH ('format' = 'json', 'stream' = 's', 'connector' = 'kinesis', 'aws.credentials.basic.secretkey' = 'x'); SELECT a FROM q;
-- 1:1: the statement set is not closed: END; is missing
BEGIN STATEMENT SET; INSERT INTO o SELECT a, 1 FROM r;
-- 1:1: END, but no statement set has begun
END;
-- 1:31: no such zone
SET 'table.local-time-zone' = 'Europe/Nowhere'; SELECT a FROM r;
-- 1:125: another INSERT writes to this file or stream; give each its own
CREATE TABLE q (a INT) WITH ('format' = 'json', 'path' = 'out', 'connector' = 'filesystem'); INSERT INTO q SELECT a FROM r; INSERT INTO q SELECT a FROM r;
-- 1:100: the job reads the file that it writes
CREATE TABLE q (a INT) WITH ('format' = 'json', 'path' = 'in.ndjson', 'connector' = 'filesystem'); INSERT INTO q SELECT a FROM r;
-- 1:102: the job reads the file that it writes
CREATE TABLE q (a INT) WITH ('format' = 'json', 'path' = './in.ndjson', 'connector' = 'filesystem'); INSERT INTO q SELECT a FROM r;
-- 1:192: the job reads the file that it writes
CREATE TABLE f (a INT) WITH ('format' = 'json', 'path' = './', 'connector' = 'filesystem'); CREATE TABLE q (a INT) WITH ('format' = 'json', 'path' = 'in.ndjson', 'connector' = 'filesystem'); INSERT INTO q SELECT a FROM f;
-- 1:220: another INSERT writes to this file or stream; give each its own
CREATE TABLE p (a INT) WITH ('format' = 'json', 'path' = 'new', 'connector' = 'filesystem'); CREATE TABLE q (a INT) WITH ('format' = 'json', 'path' = './new', 'connector' = 'filesystem'); INSERT INTO p SELECT a FROM r; INSERT INTO q SELECT a FROM r;
-- 1:122: another INSERT writes to this file or stream; give each its own
CREATE TABLE q (a INT) WITH ('format' = 'json', 'stream' = 's', 'connector' = 'kinesis'); INSERT INTO q SELECT a FROM r; INSERT INTO q SELECT a FROM r;
-- 1:428: another INSERT writes to this file or stream; give each its own
CREATE TABLE p (a INT) WITH ('format' = 'json', 'stream' = 's', 'aws.region' = 'eu-west-1', 'connector' = 'kinesis'); CREATE TABLE q (a INT) WITH ('format' = 'json', 'stream.arn' = 'arn:aws:kinesis:eu-west-1:1:stream/s', 'connector' = 'kinesis'); CREATE TABLE e (a INT) WITH ('format' = 'json', 'stream' = 's', 'aws.region' = 'us-east-1', 'connector' = 'kinesis'); INSERT INTO p SELECT a FROM r; INSERT INTO e SELECT a FROM r; INSERT INTO q SELECT a FROM r;
-- 1:210: the job reads the file that it writes
CREATE TABLE d (a INT) WITH ('connector' = 'datagen'); CREATE TABLE p (a INT) WITH ('connector' = 'print'); CREATE TABLE q (a INT) WITH ('format' = 'json', 'path' = './in.ndjson', 'connector' = 'filesystem'); INSERT INTO q SELECT a FROM d; INSERT INTO p SELECT a FROM r; INSERT INTO p SELECT a FROM d;
-- 1:92: windowpipe has this option for sources alone; a sink quotes by " and writes null as nothing
-- 1:121: windowpipe has this option for sources alone; a sink quotes by " and writes null as nothing
-- 1:159: windowpipe has this option for sources alone; a sink quotes by " and writes null as nothing
CREATE TABLE q (a INT) WITH ('connector' = 'print', 'format' = 'csv', 'csv.null-literal' = '-', 'csv.quote-character' = '''', 'csv.disable-quote-character' = 'true'); INSERT INTO q SELECT a FROM r;
-- 1:11: two columns are called 'a' here; give one another name, by AS
SELECT a, a FROM r;
-- 1:91: the offset must be less than the window's size
SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '-10' SECOND)) GROUP BY window_start, window_end;
-- 1:8: two columns are called 'a' here; give one another name, by AS
SELECT a FROM (SELECT a, b AS a FROM r);
-- 1:1: an INTERVAL, 'i', in what is read again: Flink runs this, windowpipe does not
SELECT MAX(i) FROM (SELECT COUNT(*) AS n, INTERVAL '1' DAY AS i, TUMBLE_ROWTIME(ts, INTERVAL '1' DAY) AS t FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY)) GROUP BY TUMBLE(t, INTERVAL '1' DAY);
SQL
}

@test "a file that is no job is told as that" {
  local message

  : >empty.sql
  echo '-- nothing; SELECT 1' >comment.sql
  for message in 'empty.sql: the job empty.sql does nothing: it has no INSERT and no SELECT' \
    'comment.sql: the job comment.sql does nothing: it has no INSERT and no SELECT' \
    'none.sql: cannot read the job none.sql: No such file or directory' \
    '.: cannot read the job .: Is a directory' \
    ': no job; name its file: windowpipe check job.sql'; do
    set --
    [[ $message == :* ]] || set -- "${message%%: *}"
    run --separate-stderr windowpipe check "$@"
    assert_status 2
    assert_stderr "windowpipe: ${message#*: }"
  done
}
