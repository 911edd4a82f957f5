#!/usr/bin/env bats
# windowpipe plan: what a job becomes, and that it runs as it stands.
# SPDX-License-Identifier: ISC

load helpers

# A job of the rows in ./in, whose statements are read from standard input.
job() {
  {
    cat <<'SQL'
CREATE TABLE r (k INT, x INT, ts TIMESTAMP(3), p AS PROCTIME(), twice AS x * 2,
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
SQL
    cat
  } >job.sql
}

rows() {
  local i

  for i in {0..59}; do
    printf '{"k":%d,"x":%d,"ts":"2026-01-01 00:00:%02d"}\n' $((i % 2)) "$i" "$i"
  done >in
}

# planned: the plan's lines without its frame; runs: what the plan's run prints.
planned() {
  run --separate-stderr windowpipe plan job.sql
  assert_status 0
  assert_output_has "$(cat)"
}

runs() {
  windowpipe plan job.sql >plan.sh
  run --separate-stderr bash plan.sh
  assert_status 0
  assert_output "$(cat)"
}

@test "an INSERT becomes a window and its file, whose rows are Flink's" {
  rows
  job <<'SQL'
CREATE TABLE o (k INT, total BIGINT, n BIGINT, window_end TIMESTAMP_LTZ(3) NOT NULL)
  WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO o SELECT k, SUM(CAST(x AS BIGINT)), COUNT(*) FILTER (WHERE twice > 20), TUMBLE_END(ts, INTERVAL '30' SECOND)
FROM r WHERE x <> 3 GROUP BY TUMBLE(ts, INTERVAL '30' SECOND), k HAVING COUNT(*) > 1;
SQL
  planned <<'SH'
window \
    --tumble 30s \
    --event-time ts \
    --delay 1s \
    --from 'k INT, x INT, ts TIMESTAMP(3), twice AS x * 2, total AS CAST(x AS BIGINT)' \
    --where 'x <> 3' \
    --key k \
    --sum total:total \
    --count=n \
    --filter 'twice > 20' \
    --count=count \
    --having 'count > 1' \
    --into 'k INT, total BIGINT, n BIGINT, window_end TIMESTAMP_LTZ(3) NOT NULL' \
    --decimal flink \
    --timestamps sql <in >>out
SH
}

@test "INSERTs that read one table share its fanout" {
  rows
  job <<'SQL'
CREATE TABLE a (k INT, s INT, e TIMESTAMP(3)) WITH ('connector' = 'print');
CREATE TABLE b (n BIGINT, `order by` TIMESTAMP(3)) WITH ('connector' = 'print');
BEGIN STATEMENT SET;
INSERT INTO a SELECT k, SUM(x), window_end FROM TABLE(CUMULATE(TABLE r, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '60' SECOND))
  GROUP BY window_start, window_end, k;
INSERT INTO b SELECT COUNT(*), HOP_ROWTIME(ts, INTERVAL '20' SECOND, INTERVAL '40' SECOND) FROM r
  GROUP BY HOP(ts, INTERVAL '20' SECOND, INTERVAL '40' SECOND);
END;
SQL
  windowpipe plan job.sql >plan.sh
  [[ $(grep -c '^  fanout\|^  window' plan.sh) -eq 3 ]]
  run --separate-stderr bash -c 'bash plan.sh | sort'
  assert_status 0
  assert_output '{"k":0,"s":210,"e":"2026-01-01T00:00:30"}
{"k":0,"s":870,"e":"2026-01-01T00:01:00"}
{"k":1,"s":225,"e":"2026-01-01T00:00:30"}
{"k":1,"s":900,"e":"2026-01-01T00:01:00"}
{"n":20,"order by":"2026-01-01T00:00:19.999"}
{"n":20,"order by":"2026-01-01T00:01:19.999"}
{"n":40,"order by":"2026-01-01T00:00:39.999"}
{"n":40,"order by":"2026-01-01T00:00:59.999"}'
}

@test "a window over a window's results is a second window behind it" {
  rows
  job <<'SQL'
CREATE VIEW tens AS SELECT k, SUM(x) AS s, TUMBLE_ROWTIME(ts, INTERVAL '10' SECOND) AS t
  FROM r GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k;
SELECT MAX(s) - MIN(s) AS spread, COUNT(*) AS n FROM tens GROUP BY TUMBLE(t, INTERVAL '30' SECOND);
SQL
  runs <<'JSON'
{"spread":105,"n":6}
{"spread":105,"n":6}
JSON
  job <<'SQL'
WITH tens AS (SELECT k, SUM(x) AS s, window_start, window_end FROM
  TABLE(HOP(TABLE r, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '60' SECOND)) GROUP BY window_start, window_end, k)
SELECT window_start, window_end, SUM(s) AS s FROM tens WHERE s > 300 GROUP BY window_start, window_end;
SQL
  runs <<'JSON'
{"window_start":"2026-01-01T00:00:00","window_end":"2026-01-01T00:01:00","s":1770}
{"window_start":"2026-01-01T00:00:30","window_end":"2026-01-01T00:01:30","s":1335}
JSON
}

@test "the first of a window's results are its --top" {
  rows
  job <<'SQL'
SELECT k, s, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_end, window_start, k ORDER BY s DESC, tens) AS rn
  FROM (SELECT k, x / 10 AS tens, SUM(x) AS s, window_start, window_end
    FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k, x / 10))
WHERE rn < 3 AND s > 220;
SQL
  runs <<'JSON'
{"k":0,"s":270,"rn":1}
{"k":1,"s":275,"rn":1}
{"k":1,"s":225,"rn":2}
JSON
  grep -q -- '--top 2:s,-tens:k' plan.sh
  job <<'SQL'
SELECT k, s, rn FROM (SELECT k, -s AS s, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY s DESC) AS rn
  FROM (SELECT k, SUM(x) AS s, window_start, window_end FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end, k)) WHERE rn <= 1;
SQL
  runs <<'JSON'
{"k":1,"s":-900,"rn":1}
JSON
}

@test "an expression is what was written: signs, parentheses, NULL" {
  rows
  job <<'SQL'
SELECT (k + 1) AS m, - -COUNT(*) AS n, -(MAX(x)) AS x FROM r GROUP BY k + 1, TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT COUNT(*) AS n, COUNT(x) AS x FROM (SELECT COUNT(*) AS n, NULL AS x, TUMBLE_ROWTIME(ts, INTERVAL '30' SECOND) AS t
  FROM r GROUP BY TUMBLE(ts, INTERVAL '30' SECOND)) GROUP BY TUMBLE(t, INTERVAL '1' MINUTE);
SQL
  windowpipe plan job.sql >plan.sh
  run --separate-stderr bash -c 'bash plan.sh | sort'
  assert_status 0
  assert_output '{"m":1,"n":30,"x":-58}
{"m":2,"n":30,"x":-59}
{"n":2,"x":0}'
}

@test "a source is datagen, a stream, or the files of a folder" {
  mkdir in
  printf '{"x":1}' >in/b.json
  printf '{"x":2}' | gzip >in/a.ndjson.gz
  echo no >in/README
  cat >job.sql <<'SQL'
CREATE TABLE f (x INT) WITH ('connector' = 'filesystem', 'path' = 'file:///proc/self/cwd/in', 'format' = 'json');
CREATE TABLE d (a INT, `b c` STRING, z TIMESTAMP(3), w AS a + 1) WITH ('connector' = 'datagen', 'rows-per-second' = '5',
  'number-of-rows' = '9', 'fields.a.min' = '1', 'fields.a.max' = '3', 'fields.b c.length' = '4', 'fields.b c.null-rate' = '0.25',
  'fields.z.max-past' = '5 s');
CREATE TABLE g (a BIGINT, `at` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, `shard-id` STRING METADATA) WITH ('connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:eu-west-1:1:stream/in', 'format' = 'json',
  'aws.region' = 'eu-west-1', 'source.init.position' = 'TRIM_HORIZON', 'json.ignore-parse-errors' = 'true');
CREATE TABLE p (a BIGINT) PARTITIONED BY (a) WITH ('connector' = 'kinesis', 'stream' = 'out', 'format' = 'json',
  'aws.region' = 'eu-west-1', 'sink.batch.max-size' = '100', 'sink.flush-buffer.timeout' = '50');
INSERT INTO p SELECT a FROM g WHERE a > 1 AND `at` IS NOT NULL;
SELECT `b c` || 'x' AS y FROM d;
SELECT x FROM f;
SQL
  planned <<'SH'
{
  kinesis-get arn:aws:kinesis:eu-west-1:1:stream/in \
    --from trim-horizon \
    --metadata timestamp:at \
    --metadata shard-id \
    --region eu-west-1 </dev/null |
  window \
    --each \
    --from 'a BIGINT, at TIMESTAMP_LTZ(3)' \
    --where '(a > 1) AND (at IS NOT NULL)' \
    --into 'a BIGINT' \
    --on-bad null \
    --rejects /dev/null \
    --decimal flink \
    --timestamps sql |
  kinesis-put out \
    --partition-key a \
    --region eu-west-1 \
    --batch-records 100 \
    --linger 50ms
} &
SH
  assert_output_has "datagen \\
    --rate 5 \\
    --rows 9 'a INT 1..3, \"b c\" STRING length 4 null 25%, z TIMESTAMP(3) max-past 5000ms'"
  sed -n '/^SELECT x/p; /TABLE f/p' job.sql >files.sql
  windowpipe plan files.sql | grep -v window | sed -n '/sh -c/,/ndjson/p' >sh
  grep -q 'in/a.ndjson.gz /proc/self/cwd/in/b.json' sh
}

@test "a table's format may be csv, without a header" {
  printf "1;'a;b';2.50\n# no\n2;-;x\n3;c;10\n" >in
  cat >job.sql <<'SQL'
CREATE TABLE r (k INT, s STRING, d DECIMAL(6,2)) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv',
  'csv.field-delimiter' = ';', 'csv.quote-character' = '''', 'csv.allow-comments' = 'true', 'csv.null-literal' = '-',
  'csv.ignore-parse-errors' = 'true');
CREATE TABLE o (s STRING, d DECIMAL(6,2), t TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv', 'csv.field-delimiter' = '\t');
INSERT INTO o SELECT s, d * 2, TIMESTAMP '2026-01-01 00:00:00' FROM r;
SQL
  windowpipe plan job.sql >plan.sh
  run --separate-stderr bash plan.sh
  assert_status 0
  [[ $(<out) == $'a;b\t5\t2026-01-01 00:00:00\n\t\t2026-01-01 00:00:00\nc\t2E+1\t2026-01-01 00:00:00' ]]
}

@test "placeholders are filled from properties, or by what stands behind :-" {
  echo '[{"PropertyGroupId":"G","PropertyMap":{"x":"it'"'"'s","n":"7"}}]' >p.json
  echo "SELECT '\${G.x}' AS a, \${G.n} AS b, '\${H.y:-none}' AS c FROM r; -- \${Q.q}" >s
  rows
  job <s
  run --separate-stderr windowpipe check job.sql --properties p.json
  assert_status 0
  assert_output_has "--into 'a AS '\\''it'\\'''\\''s'\\'', b AS 7, c AS '\\''none'\\'''"
  echo "SELECT '\${G.x}' AS a, '\${G.z}' AS b FROM r;" >s
  job <s
  cp p.json application_properties.json
  IS_LOCAL=true run --separate-stderr windowpipe check job.sql
  assert_status 2
  assert_stderr "windowpipe: job.sql:4:24: no property 'G.z' in application_properties.json; add it there, or write \${G.z:-VALUE}
  SELECT '\${G.x}' AS a, '\${G.z}' AS b FROM r;
                         ^"
  echo '[{"PropertyGroupId":1}]' >p.json
  run --separate-stderr windowpipe check job.sql --properties p.json
  assert_status 2
  assert_stderr_has 'p.json:1:22: PropertyGroupId is a text in quotes; it is as [{'
}

@test "what Flink would do and windowpipe not is told in notes" {
  rows
  job <<'SQL'
SET 'parallelism.default' = '4';
SET 'table.local-time-zone' = 'Europe/Berlin';
SELECT COUNT(*) AS n FROM r GROUP BY TUMBLE(ts, INTERVAL '1' DAY);
SQL
  run --separate-stderr windowpipe check job.sql
  assert_status 0
  assert_stderr "windowpipe: job.sql:4:5: note: 'parallelism.default' has no meaning here: there is one of each stage"
  assert_output "window output, of in, to standard output
    window
        --tumble 1d
        --event-time ts
        --delay 1s
        --timezone Europe/Berlin
        --from 'ts TIMESTAMP(3)'
        --count=n
        --into n"
}

@test "names take no part in the script, and the worst status is its own" {
  rows
  mkdir own
  # shellcheck disable=SC2016
  echo '[[ $* == *7* ]] && exit 3; exit 1' >own/window
  chmod +x own/window
  job <<'SQL'
CREATE TABLE `a/b` (k INT) WITH ('connector' = 'filesystem', 'path' = 'o1', 'format' = 'json');
CREATE TABLE `.` (k INT) WITH ('connector' = 'filesystem', 'path' = 'o2', 'format' = 'json');
CREATE TABLE q (y INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
INSERT INTO `a/b` SELECT x FROM r WHERE x = 7;
INSERT INTO `.` SELECT x FROM r WHERE x = 8;
SQL
  cp job.sql $'j\ntouch wrong #.sql'
  windowpipe plan $'j\ntouch wrong #.sql' >plan.sh
  run --separate-stderr bash plan.sh
  assert_status 0
  [[ ! -e wrong && $(cat o1 o2) == $'{"k":7}\n{"k":8}' ]]
  sed -i '/^INSERT INTO `\.`/s/FROM.*/FROM (SELECT y AS x FROM q);/' job.sql
  windowpipe plan job.sql >plan.sh
  PATH=$PWD/own:$PATH run bash plan.sh
  assert_status 3
}

@test "--stdin and --stdout put the run's own in a table's place" {
  rows
  job <<'SQL'
CREATE TABLE q (k INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE z (k INT, n BIGINT) WITH ('connector' = 'jdbc');
INSERT INTO z SELECT k, 1 FROM q;
SQL
  run --separate-stderr windowpipe check job.sql --stdin q --stdout z
  assert_status 0
  assert_output_has 'window z, of standard input, to standard output'
  job <<'SQL'
CREATE TABLE q (k INT) WITH ('connector' = 'kafka', 'topic' = 't', 'value.format' = 'csv', 'value.csv.field-delimiter' = ';');
CREATE TABLE z (k INT, n BIGINT) WITH ('connector' = 'upsert-kafka', 'key.format' = 'csv', 'value.format' = 'json',
  'value.json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO z SELECT k, 1 FROM q;
SQL
  run --separate-stderr windowpipe plan job.sql --stdin q --stdout z
  assert_status 0
  assert_output_has "--delimiter ';'"
  assert_output_has '--decimal flink'
  [[ $output != *--timestamps* ]]
  run --separate-stderr windowpipe check job.sql --stdin qq --stdout z
  assert_status 2
  assert_stderr_has '--stdin qq: the job reads no table of this name'
}

@test "the SQL of the vectors can be planned, and gives Flink's rows" {
  "$ROOT/tests/bats/jobs.py" vectors "$VECTORS/flink"
}

@test "names and texts of a job send nothing to the terminal, and stay what they are" {
  printf '{"a":"\\u001b[2Jx"}\n{"a":1}\n' >in
  cat >job.sql <<'SQL'
CREATE TABLE `i_[31m` (a STRING) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE `o_[31m` (b STRING) WITH ('connector' = 'filesystem', 'path' = 'o_', 'format' = 'json');
INSERT INTO `o_[31m` SELECT a || '''\' AS b FROM `i_[31m` WHERE a = '_[2Jx';
SQL
  sed -i $'s/_/\e/g' job.sql
  run --separate-stderr windowpipe check job.sql
  assert_status 0
  [[ $output != *$'\e'* && $output == *'window o?[31m, of in, to o?'* ]]
  windowpipe plan job.sql >script
  ! grep -q $'\e' script
  bash script
  [[ $(<$'o\e') == '{"b":"\u001B[2Jx'"'"'\\"}' ]]
}

@test "a third window goes by the time of the second's, a NULL parts no rows" {
  printf '{"a":%s,"ts":"2024-06-10 06:13:1%s"}\n' 1 0 2 1 3 5 4 9 >in
  cat >job.sql <<'SQL'
CREATE TABLE r (a INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE o (x INT, n BIGINT, e TIMESTAMP(3)) WITH ('connector' = 'print');
CREATE VIEW w1 AS SELECT window_start, window_end, window_time, a, COUNT(*) AS n
  FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' SECOND))
  GROUP BY window_start, window_end, window_time, a;
CREATE VIEW w2 AS SELECT window_time AS rt, SUM(n) AS n FROM w1
  GROUP BY window_start, window_end, window_time;
INSERT INTO o SELECT x, SUM(n) + COUNT(x), window_end
  FROM TABLE(TUMBLE((SELECT rt, n, NULL AS x FROM w2), DESCRIPTOR(rt), INTERVAL '4' SECOND))
  GROUP BY window_start, window_end, x;
SQL
  run --separate-stderr windowpipe run job.sql
  assert_status 0
  assert_output '{"x":null,"n":2,"e":"2024-06-10T06:13:12"}
{"x":null,"n":1,"e":"2024-06-10T06:13:16"}
{"x":null,"n":1,"e":"2024-06-10T06:13:20"}'
}
