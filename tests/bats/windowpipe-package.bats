#!/usr/bin/env bats
# windowpipe package: a job's folder for Apache Flink.
# SPDX-License-Identifier: ISC

load helpers

setup() { cd "$BATS_TEST_TMPDIR" || exit; }

package() { run --separate-stderr windowpipe package "$@"; }

# job WITH QUERY: a job of a table r with these options, which need not exist.
job() {
  printf '%s\n' "CREATE TABLE r (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    WITH ($1);" "CREATE TABLE o (k INT, n BIGINT) WITH ('connector' = 'filesystem',
    'path' = '/on/the/cluster', 'format' = 'json');" "$2" >job.sql
}
FILES="'connector' = 'filesystem', 'path' = '/elsewhere/in', 'format' = 'json'"
STREAM="'connector' = 'kinesis', 'format' = 'json'"
INSERT='INSERT INTO o SELECT k, COUNT(*) FROM r GROUP BY TUMBLE(ts, INTERVAL '"'1' DAY"'), k;'

@test "a package has the job, who runs it, and only the properties it names" {
  jq '.[0].PropertyMap.secret = "s3cret" | . + [{PropertyGroupId: "Other",
      PropertyMap: {key: "s3cret"}}]' "$ROOT/application_properties.json" >p.json
  package "$ROOT/examples/windowing.sql" d --properties p.json
  assert_status 0
  [[ -z $output && -z $stderr ]]
  cmp d/job.sql "$ROOT/examples/windowing.sql"
  [[ $(grep -rc s3cret d | grep -c ':0$') == 7 ]]
  [[ $(jq -r '.[1].PropertyMap["stream.name"]' d/application_properties.json) == \
    $(jq -r '.[] | select(.PropertyGroupId == "OutputStream0").PropertyMap["stream.name"]' p.json) ]]
  [[ $(jq -c '.[0]' d/application_properties.json) == \
    '{"PropertyGroupId":"kinesis.analytics.flink.run.options","PropertyMap":{"python":"main.py","jarfile":"lib/pyflink-dependencies.jar"}}' ]]
  grep -q '^- Processing time: windows that are open' d/NOTES.md
  python3 -m py_compile d/main.py
  grep -q '<artifactId>flink-sql-connector-kinesis</artifactId>' d/pom.xml
  grep -q '<version>4.3.0-1.19</version>' d/pom.xml
  # It is written again over itself, and over nothing else.
  package "$ROOT/examples/windowing.sql" d --properties p.json
  assert_status 0
  echo mine >x && mkdir e && mv x e
  package "$ROOT/examples/windowing.sql" e --properties p.json
  assert_status 2
  assert_stderr_has "'e' has files that are no package of a job"
  [[ $(ls -A e) == x ]]
}

@test "a job with a secret in its text is no package" {
  job "$STREAM, 'stream' = 's', 'aws.endpoint' = 'https://me:s3cret@host'" \
    "SET 's3.secret-key' = 's3cret'; $INSERT"
  package job.sql d
  assert_status 2
  assert_stderr_has "a package has no secrets; set this in the cluster's configuration"
  sed -i "s/SET 's3[^;]*;//" job.sql
  package job.sql d
  assert_status 2
  assert_stderr_has 'a package has no secrets; leave the user before @ out'
  [[ ! -e d ]]
}

@test "a package sets what a cluster needs, and notes what it does otherwise" {
  job "$STREAM, 'stream.arn' = 'arn:aws:kinesis:eu-west-1:1:stream/s', 'aws.region' = 'eu-west-1'" "$INSERT"
  package job.sql d --parallelism 3 --flink 2.2
  assert_status 0
  [[ $(tail -n 2 d/job.sql) == "SET 'table.exec.source.idle-timeout' = '5 s';
SET 'parallelism.default' = '3';" ]]
  grep -q '<flink>2.2.0</flink>' d/pom.xml
  grep -A 1 'flink-sql-connector-aws-kinesis-streams' d/pom.xml | grep -q 6.0.0-2.0
  grep -q 'Kinesis as source: Flink has a watermark for each subtask' d/NOTES.md
  run ! grep -q 'Flink 2.2:' d/NOTES.md
  sed -i "s/o (k INT/o (k DECIMAL(9,2)/
    s/'json');\$/'json', 'json.encode.decimal-as-plain-number' = 'true');/" job.sql
  package job.sql e
  run ! grep -q 'Flink 2.2:' e/NOTES.md
  package job.sql e --flink 2.2
  grep -q "Flink 2.2: .*keeps a DECIMAL's zeros" e/NOTES.md
  job "$FILES" "$INSERT"
  package job.sql f
  assert_status 0
  cmp job.sql f/job.sql
  [[ $(grep -c FLINK-38400 f/NOTES.md) == 0 ]]
  sed -i 's/COUNT(\*)/CAST(VAR_POP(k) FILTER (WHERE k > 1) AS BIGINT)/' job.sql
  package job.sql f
  assert_status 0
  grep -q '^- FILTER of VAR_ .* squares all rows (FLINK-38400)' f/NOTES.md
  job "$FILES" "INSERT INTO o (n) SELECT COUNT(*) FILTER (WHERE k > 1) FROM TABLE(TUMBLE(
    TABLE r, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end;"
  package job.sql f
  [[ $(grep -c '^- FILTER in windows of a table function.* (FLINK-30687)' f/NOTES.md) == 1 ]]
  package job.sql f --strict
  assert_status 2
  [[ $(grep -c artifactId f/pom.xml) == 5 ]] # Flink's API, three plugins, itself
  [[ $(grep -c 'kinesis' f/pom.xml) == 0 ]]
  package job.sql g --strict
  assert_status 2
  assert_stderr_has '--strict: nothing is written'
  assert_stderr_has '- Files as sink: Flink makes a folder of part files'
  [[ ! -e g ]]
}

@test "what no cluster would run is no package" {
  job "$FILES" 'SELECT k FROM r;'
  package job.sql d
  assert_status 2
  assert_stderr_has 'job.sql:5:1: on a cluster nobody reads the rows of a SELECT'
  job "$STREAM, 'stream' = 's', 'aws.region' = 'eu-west-1'" "$INSERT"
  package job.sql d --flink 2.2
  assert_status 2
  assert_stderr_has "Flink 2.2 has no Kinesis connector with 'stream'"
  package job.sql
  assert_status 2
  assert_stderr_has 'windowpipe package job.sql DIR'
  package job.sql d --parallelism 0
  assert_status 2
  [[ ! -e d ]]
}

# job_of CLAUSES: a source and a sink with these options, each its own.
job_of() {
  printf '%s\n' "CREATE TABLE r (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    WITH ('format' = 'json', $1);" "CREATE TABLE o (k INT, n BIGINT)
    WITH ('format' = 'json', $2);" "$INSERT" >job.sql
}
NAMED="'connector' = 'kinesis', 'stream' = 's', 'aws.region' = 'eu-west-1'"
ARN="'connector' = 'kinesis', 'stream.arn' = 'arn:aws:kinesis:eu-west-1:1:stream/s'"

@test "each option of Flink's Kinesis connectors is taken, noted or refused" {
  "$ROOT/tests/flink/options.py" each
}

@test "a package has the options of its Kinesis connector, and those it must have" {
  options() {
    rm -rf d
    windowpipe package job.sql d --flink "$1" "${@:3}"
    grep -q "<version>$2-" d/pom.xml
    "$ROOT/tests/flink/options.py" job "$2" d
  }
  cp "$ROOT"/examples/{windowing.sql,application_properties.json} .
  mv windowing.sql job.sql
  IS_LOCAL=true options 1.20 4.3.0 --source kinesis
  sed -i "s/'stream' = '/'stream.arn' = 'arn:aws:kinesis:us-east-1:1:stream\//" job.sql
  IS_LOCAL=true options 1.20 5.0.0 --source kinesis
  IS_LOCAL=true options 2.2 6.0.0 --source kinesis
  run "$ROOT/tests/flink/options.py" job 4.3.0 d
  assert_status 1
  assert_output_has '21 options, 11 not of 4.3.0'
  job_of "$ARN, 'aws.region' = 'eu-west-1', 'source.init.position' = 'AT_TIMESTAMP',
    'source.init.timestamp' = '2026-01-31T23:59:59.000Z', 'source.reader.type' = 'EFO'" \
    "$ARN, 'aws.region' = 'eu-west-1', 'sink.batch.max-size' = '100'"
  options 1.20 5.0.0
  job_of "$NAMED, 'scan.stream.initpos' = 'LATEST'" "$NAMED"
  options 1.20 4.3.0
  job_of "${NAMED/kinesis/kinesis-legacy}" "$ARN, 'aws.region' = 'eu-west-1'"
  windowpipe package job.sql e
  grep -A 1 'flink-sql-connector-kinesis' e/pom.xml | grep -q 5.0.0-1.20
}

@test "what the Kinesis connector of a package would refuse is refused" {
  refused() {
    run --separate-stderr windowpipe package job.sql d "${@:2}"
    assert_status 2
    assert_stderr_has "$1"
    [[ ! -e d ]]
  }
  job_of "$ARN, 'scan.stream.initpos' = 'LATEST', 'scan.shard.idle.interval' = '1'" "$ARN"
  refused "no such option; there it is source.init.position"
  assert_stderr_has "no such option; leave it out"
  assert_stderr_has "job.sql:1:14: the table lacks 'aws.region'"
  assert_stderr_has "job.sql:3:14: the table lacks 'aws.region'"
  job_of "$NAMED, 'source.init.position' = 'LATEST'" "${NAMED/kinesis/kinesis-legacy}"
  refused "no such option; there it is scan.stream.initpos"
  assert_stderr_has "Flink's 'kinesis-legacy' is a source with 'stream'"
  job_of "${NAMED/kinesis/kinesis-legacy}" "$NAMED"
  refused "have 'kinesis' with 'stream' and 'kinesis-legacy'"
  job_of "${NAMED/kinesis/kinesis-legacy}" "$ARN, 'aws.region' = 'eu-west-1'"
  refused "Flink 2.2 has no Kinesis connector with 'stream'" --flink 2.2
  # A time without milliseconds is none for Flink.
  job_of "$NAMED, 'scan.stream.initpos' = 'AT_TIMESTAMP',
    'scan.stream.initpos-timestamp' = '2026-01-31T23:59:59Z'" "$NAMED"
  refused 'Flink reads the time as 2026-01-31T23:59:59.000Z'
}

@test "an option of another command is refused" {
  job "$FILES" "$INSERT"
  while read -r words; do
    eval "run --separate-stderr windowpipe $words"
    assert_status 2
    assert_stderr_has '; leave them out'
  done <<'CASES'
check job.sql --strict
run job.sql --parallelism 2
plan job.sql --flink 2.2
check job.sql --local
plan job.sql --for 1s
package job.sql d --keep k
package job.sql d --stdin r
CASES
  [[ ! -e d ]]
}

@test "main.py fills placeholders and parts statements as windowpipe does" {
  "$ROOT/tests/bats/package.py"
}

@test "--source has the rows come from a stream or files, whatever the job reads" {
  package "$ROOT/examples/windowing.sql" s --source kinesis \
    --properties "$ROOT/application_properties.json"
  assert_status 0
  grep -q "'stream' = '\${InputStream0.stream.name}'" s/job.sql
  grep -q "'scan.stream.initpos' = 'LATEST'" s/job.sql
  [[ $(grep -c datagen s/job.sql) == 0 ]]
  # All else is the job's.
  [[ $(diff "$ROOT/examples/windowing.sql" s/job.sql | grep -c '^<') == 5 ]]
  [[ $(jq -c '.[-1]' s/application_properties.json) == \
    '{"PropertyGroupId":"InputStream0","PropertyMap":{"stream.name":"NAME","aws.region":"REGION"}}' ]]
  grep -q 'Kinesis as source' s/NOTES.md
  job "$FILES, 'json.timestamp-format.standard' = 'SQL'" "$INSERT"
  echo '[{"PropertyGroupId":"InputStream0",
    "PropertyMap":{"stream.arn":"arn","secret":"s3cret"}}]' >p.json
  package job.sql k --source kinesis --properties p.json
  assert_status 0
  grep -q "'stream.arn' = '\${InputStream0.stream.arn}'" k/job.sql
  grep -q "'json.timestamp-format.standard' = 'SQL'" k/job.sql
  grep -q 5.0.0-1.20 k/pom.xml
  [[ $(jq -c '.[-1].PropertyMap' k/application_properties.json) == '{"stream.arn":"arn"}' ]]
  job "'connector' = 'datagen'" "$INSERT"
  package job.sql f --source filesystem
  assert_status 0
  grep -q "'path' = '\${InputFile0.path}'" f/job.sql
  grep -q 'Files as source' f/NOTES.md
  [[ $(grep -c 'Files that are followed' f/NOTES.md) == 0 ]]
  job "$FILES, 'source.monitor-interval' = '10 s'" "$INSERT"
  package job.sql g
  grep -q '^- Files that are followed .* Lines that are added' g/NOTES.md
  [[ $(grep -c kinesis f/pom.xml) == 0 ]]
}
