#!/usr/bin/env bats
# Jobs on a real cluster of Apache Flink: the rows that windowpipe gives.
# SPDX-License-Identifier: ISC
# long
#
# It needs a JDK, Maven, and the jars of Flink that tests/flink/java fetches;
# FLINK_TESTS=must fetches them, and where that fails is no reason to skip.
# FLINK_VERSION=2.2.0 takes that Flink in place of 1.20.0.

load helpers

FLINK=$ROOT/tests/flink
JARS=$ROOT/build/flink${FLINK_VERSION:+-$FLINK_VERSION}

setup_file() {
  # Of a Kinesis on this machine, for all JVMs.
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  export FLINK_WHY='' CLUSTER=$BATS_FILE_TMPDIR/cluster CLASSES=$BATS_FILE_TMPDIR/classes

  [[ ${FLINK_TESTS-} == must ]] || export FLINK_FETCH=no
  if ! FLINK_WHY=$("$FLINK/java" 2>&1); then
    [[ ${FLINK_TESTS-} == must ]] || return 0
    printf '%s\n' "$FLINK_WHY" >&2
    return 1
  fi
  "$FLINK/cluster" start "$CLUSTER" $$ 3>&- >"$BATS_FILE_TMPDIR/rest" &
  javac --release 11 -d "$CLASSES" -cp "$JARS/lib/*" \
    "$ROOT/windowpipe/package/Job.java"
  wait $!
}

# connector: prints the jar of Flink's connector, which not every registry has.
connector() {
  local version=5.0.0-1.20 name=flink-sql-connector-aws-kinesis-streams

  [[ ${FLINK_VERSION-} != 2.* ]] || version=6.0.0-2.0
  [[ -z ${FLINK_KINESIS-} ]] || { echo "$FLINK_KINESIS" && return; }
  [[ ${FLINK_FETCH-} == no ]] ||
    mvn -q -B dependency:copy -Dartifact="org.apache.flink:$name:$version" \
      -DoutputDirectory="$JARS/kinesis" -Dtransitive=false >/dev/null 2>&1
  find "$JARS/kinesis" -name "$name*.jar" 2>/dev/null | grep .
}

teardown_file() { "$FLINK/cluster" stop "$CLUSTER"; }

setup() {
  common_setup
  [[ -z $FLINK_WHY ]] || skip "$FLINK_WHY"
}

@test "every example, packaged, gives the rows of windowpipe run" {
  "$FLINK/jobs.py" examples "$CLUSTER" "$CLASSES" >&2
}

# A sample of them: all take minutes, by hand as here.
@test "recorded queries, packaged, give the rows that were recorded" {
  local some
  some=("$VECTORS"/flink/{random-*,agg-avg-scales,agg-decimal-flink,agg-distinct-session,agg-double-hop,agg-first-last-string,agg-var-decimal-6-2,cumulate-offset-negative,field-nested-deep,hop-gaps,hop-tvf,into-timestamp,json-surrogate-pairs,key-two,large-session,sample-large-late-hop,session-tvf,time-ltz-sql,type-time-precision,zone-kolkata-day,zone-shanghai-week})
  "$FLINK/jobs.py" vectors "$CLUSTER" "$CLASSES" "${some[@]}" >&2
}

# More, by hand: jobs.py queries CLUSTER CLASSES SEED N.
@test "random queries, by windowpipe sql, give the rows of window" {
  "$FLINK/jobs.py" queries "$CLUSTER" "$CLASSES" "${SEED:-0}" "${CASES:-8}" >&2
}

@test "mvn package makes the jar and the zip of a package" {
  windowpipe package "$ROOT/examples/sensors.sql" d \
    --flink "$(cut -d . -f -2 <<<"${FLINK_VERSION:-1.20}")"
  mvn -q -B ${FLINK_FETCH:+-o} -f d/pom.xml package >log 2>&1 || {
    [[ ${FLINK_TESTS-} != must ]] || { cat log >&2 && return 1; }
    skip "Maven has not all that the package needs: $(grep -m 1 ERROR log)"
  }
  run python3 - <<'PY'
import zipfile
jar, whole = (zipfile.ZipFile(f'd/target/windowpipe-job.{kind}') for kind in ('jar', 'zip'))
print(*sorted(name for name in jar.namelist() if 'META-INF' not in name))
print(*sorted(whole.namelist()))
print(whole.read('job.sql') == jar.read('job.sql') == open('d/job.sql', 'rb').read(),
      whole.read('lib/pyflink-dependencies.jar') == open('d/target/windowpipe-job.jar', 'rb').read(),
      b'Main-Class: Job' in jar.read('META-INF/MANIFEST.MF'))
PY
  assert_output 'Job.class application_properties.json job.sql
application_properties.json job.sql lib/ lib/pyflink-dependencies.jar main.py
True True True'
}

@test "Job.java fills placeholders and parts statements as main.py does" {
  "$ROOT/tests/bats/package.py" "$CLASSES" >&2
}

@test "the sample's job puts the same records, with the same keys, into Kinesis" {
  local jar

  jar=$(connector) || skip "Flink's Kinesis connector is not to be had; FLINK_KINESIS names its jar"
  start_kinesis {ours,flink}-{1,3}
  # Its endpoint is in the job.
  unset AWS_ENDPOINT_URL_KINESIS
  run "$FLINK/jobs.py" kinesis "$CLUSTER" "$CLASSES" "$jar" "$KINESIS_URL"
  stop_kinesis
  assert_status 0
}

# kinesalite does not know a stream by its ARN alone.
@test "a stream, read by the cluster, gives the same records, with one subtask and two" {
  local jar

  jar=$(connector) || skip "Flink's Kinesis connector is not to be had; FLINK_KINESIS names its jar"
  KINESIS_SERVER=kinesis-local start_kinesis rows {ours,flink,both}-{1,3}
  unset AWS_ENDPOINT_URL_KINESIS
  run "$FLINK/jobs.py" source "$CLUSTER" "$CLASSES" "$jar" "$KINESIS_URL"
  stop_kinesis
  assert_status 0
}

@test "kill -9 of a TaskManager loses no row and doubles none" {
  "$FLINK/jobs.py" kill "$CLUSTER" "$CLASSES" >&2
}
