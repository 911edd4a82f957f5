# helpers.bash - what the bats files share; `load helpers` in each.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # much is used only by those who load this file
#
# Each test runs in a folder of its own, with no AWS setting of the user's, and
# with the programs of $BIN first in PATH.  Assertions read $output, $stderr
# and $status of `run --separate-stderr`.

bats_require_minimum_version 1.5.0

# The user's settings are not ours; those of make would reach a make in a test.
. "${BASH_SOURCE[0]%/*}/../../scripts/shield.bash"
shield
unset "${!WINDOWPIPE_@}" MAKEFLAGS MAKELEVEL MFLAGS
ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BIN=${BIN:-$ROOT/bin}
[[ $BIN == /* ]] || BIN=$ROOT/$BIN
SCRIPTS=$ROOT/scripts
VECTORS=$ROOT/tests/vectors
PATH=$BIN:$PATH
export ROOT BIN PATH

export LC_ALL=C.UTF-8 TZ=UTC

# What the programs are to know of the emulator of this test.
use_kinesis() {
  export AWS_ENDPOINT_URL_KINESIS=$KINESIS_URL AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
}
# Each test reads this file anew; the emulator may be that of setup_file.
[[ -z ${KINESIS_PID-} ]] || use_kinesis

# A file with a setup() of its own calls this first.
common_setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$BATS_TEST_TMPDIR/home XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/state
  mkdir -p "$HOME" "$XDG_RUNTIME_DIR"
}

setup() { common_setup; }

# show: what the last run said; for the moment when an assertion fails.
show() {
  printf 'status: %s\nstdout:\n%s\nstderr:\n%s\n' \
    "${status-}" "${output-}" "${stderr-}" >&2
}

# --- assertions that say what they saw -------------------------------------

assert_status() {
  [[ $status -eq $1 ]] && return
  printf 'status %s, not %s\n' "$status" "$1" >&2
  show
  return 1
}

assert_output() {
  [[ $output == "$1" ]] && return
  printf 'not the expected stdout:\n%s\n' "$1" >&2
  show
  return 1
}

# A part of it, as it stands.
assert_output_has() {
  [[ $output == *"$1"* ]] && return
  printf 'stdout lacks: %s\n' "$1" >&2
  show
  return 1
}

assert_stderr() {
  [[ ${stderr-} == "$1" ]] && return
  printf 'not the expected stderr:\n%s\n' "$1" >&2
  show
  return 1
}

assert_stderr_has() {
  [[ ${stderr-} == *"$1"* ]] && return
  printf 'stderr lacks: %s\n' "$1" >&2
  show
  return 1
}

# are_refused: lines of what is said, |, and a command, on standard input: each
# has status 2.
are_refused() {
  local said args

  while IFS='|' read -r said args; do
    # shellcheck disable=SC2086
    run --separate-stderr $args </dev/null
    assert_status 2
    assert_stderr_has "$said"
  done
}

# with_counts FILE: the sample's job, whose results have a count n, too.
with_counts() {
  sed -e 's/avg_temp *NUMERIC(6, 2),/& n BIGINT,/' \
    -e 's/AVG(temperature),/& COUNT(*),/' "$ROOT/examples/windowing.sql" >"$1"
}

# --- waiting ---------------------------------------------------------------

# wait_until SECONDS COMMAND…: until it succeeds.  The bound is for a broken
# program; no test takes that long by design.  What does not come at once is asked
# for less often: the asking, too, takes a processor.
wait_until() {
  local end=$((SECONDS + $1)) pause=10 pause_s

  until "${@:2}"; do
    if ((SECONDS >= end)); then
      printf 'waited %s s in vain for: %s\n' "$1" "${*:2}" >&2
      return 1
    fi
    printf -v pause_s '0.%03d' "$pause"
    sleep "$pause_s"
    ((pause = pause < 80 ? pause * 3 / 2 : pause))
  done
}

# A process that is gone, or that only waits to be waited for.
is_gone() {
  local state

  state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 0
  [[ $state == Z* ]]
}

# catches_usr1 PID: is it the program by now, with its handlers?  Before that
# SIGUSR1 would kill it.
catches_usr1() {
  local caught

  [[ ! /proc/$1/exe -ef $BASH ]] || return
  caught=$(sed -n 's/^SigCgt:[[:blank:]]*//p' "/proc/$1/status" 2>/dev/null)
  ((0x0$caught >> ($(kill -l USR1) - 1) & 1))
}

has_lines() { (($(wc -l <"$1") >= $2)); } 2>/dev/null
file_has() { grep -qF -- "$2" "$1" 2>/dev/null; }

# --- servers ---------------------------------------------------------------

# start_server LOG COMMAND...: a server that prints "PID PORT" when it listens;
# sets server_pid and server_port.  Why one does not start is in the report.
start_server() {
  local log=$1

  shift
  server_pid='' server_port=''
  read -r server_pid server_port < <(
    exec 3>&- 4>&- "$@" 2>>"$log" </dev/null
  ) || :
  [[ -z $server_port ]] || return 0
  printf 'did not start: %s\n' "$*" >&2
  tail -n 20 "$log" >&2
  return 1
}

# --- the local Kinesis -----------------------------------------------------

# start_kinesis [STREAM…]: an emulator of this test (or of this file, called in
# setup_file) on a port of its own, with those streams, one shard each.  Sets
# and exports KINESIS_URL, and what the programs take from the environment.
# KINESIS_SERVER=kinesis-local: the other emulator.
start_kinesis() {
  local stream

  command -v node >/dev/null || skip 'node is missing'
  [[ -d $ROOT/tests/node_modules/kinesalite ]] ||
    skip 'kinesalite is not installed; run scripts/setup'
  start_server "$BATS_FILE_TMPDIR/kinesalite.log" \
    node "$ROOT/tests/kinesis/${KINESIS_SERVER-kinesalite}.js" --owner $$
  KINESIS_PID=$server_pid KINESIS_PORT=$server_port
  KINESIS_URL=http://127.0.0.1:$KINESIS_PORT
  export KINESIS_PID KINESIS_PORT KINESIS_URL
  use_kinesis
  for stream in "$@"; do
    create_stream "$stream"
  done
}

stop_kinesis() {
  [[ -z ${KINESIS_PID-} ]] || kill "$KINESIS_PID" 2>/dev/null || :
  unset KINESIS_PID
}

# kinesis_call ACTION JSON: the answer; fails where it was refused.
kinesis_call() {
  curl -q -sS --fail-with-body --max-time 30 --http1.1 \
    --aws-sigv4 aws:amz:us-east-1:kinesis --user test:test \
    -H 'Content-Type: application/x-amz-json-1.1' \
    -H "X-Amz-Target: Kinesis_20131202.$1" --data-raw "$2" "$KINESIS_URL/"
}

# create_stream NAME [SHARDS]: and waits until it is active.
create_stream() {
  kinesis_call CreateStream \
    "{\"StreamName\":\"$1\",\"ShardCount\":${2-1}}" >/dev/null
  wait_until 30 stream_is_active "$1"
}

stream_is_active() {
  [[ $(kinesis_call DescribeStreamSummary "{\"StreamName\":\"$1\"}") == \
  *'"ACTIVE"'* ]]
}

# stream_records STREAM: every record, a line of JSON each with shard,
# key, sequence, arrival and data (decoded), oldest first in each shard.
stream_records() {
  local shard iterator answer

  for shard in $(kinesis_call ListShards "{\"StreamName\":\"$1\"}" |
    jq -r '.Shards[].ShardId'); do
    iterator=$(kinesis_call GetShardIterator "{\"StreamName\":\"$1\",
      \"ShardId\":\"$shard\",\"ShardIteratorType\":\"TRIM_HORIZON\"}" |
      jq -r .ShardIterator)
    while :; do
      answer=$(kinesis_call GetRecords "{\"ShardIterator\":\"$iterator\"}")
      jq -c --arg shard "$shard" '.Records[] | {shard: $shard,
        key: .PartitionKey, sequence: .SequenceNumber,
        arrival: .ApproximateArrivalTimestamp, data: (.Data | @base64d)}' \
        <<<"$answer"
      iterator=$(jq -r 'if .Records == [] then "" else
        .NextShardIterator // "" end' <<<"$answer")
      [[ -n $iterator ]] || break
    done
  done
}

# stream_data STREAM: the payloads alone, a line each.
stream_data() { stream_records "$1" | jq -r .data; }

stream_count() { stream_records "$1" | wc -l; }
