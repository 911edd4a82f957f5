# run.bash - what the tests of windowpipe run share; loaded after helpers.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shares variables with those who load it

setup_file() {
  start_kinesis TumblingWindowProcessingTimeOutput \
    TumblingWindowEventTimeOutput SlidingWindowProcessingTimeOutput \
    SlidingWindowEventTimeOutput a0 a1 a2 a3
}
teardown_file() { stop_kinesis; }

setup() {
  common_setup
  run_pid=
  job=$ROOT/examples/windowing.sql
  export TMPDIR=$PWD/tmp XDG_STATE_HOME=$PWD/kept IS_LOCAL=true
  mkdir tmp
}

# Nothing may outlive its test, however that ended.
teardown() {
  [[ -z $run_pid ]] || is_gone "$run_pid" || kill -KILL "$run_pid" || :
  local pid

  for pid in $(stages_alive); do
    kill -KILL "$pid" 2>/dev/null || :
  done
  XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/state "$SCRIPTS/local-kinesis" stop \
    2>/dev/null || :
}

# Every process that names this test's folders on its command line.
stages_alive() { pgrep -f -- "$PWD/tmp/windowpipe"; }
no_stage_is_alive() { [[ -z $(stages_alive) ]]; }

# pipeline OPTION…: the sample's job, or $job.
pipeline() { run --separate-stderr windowpipe run "$job" "$@"; }

# at_rate N: $job is the sample's, its datagen at N rows a second; an expression
# for sed may follow.
at_rate() {
  job=$PWD/job.sql
  cp "$ROOT/application_properties.json" .
  sed -e "s/'connector' = 'datagen',/& 'rows-per-second' = '$1',/" \
    ${2:+-e "$2"} "$ROOT/examples/windowing.sql" >"$job"
}

# begin OPTION…: in the background, in a session of its own whose process group
# gets what a terminal would send; out and err are files, input is stdin.
begin() {
  setsid env --default-signal=INT,QUIT "${program:-windowpipe}" run "$job" "$@" \
    >out 2>err 3>&- \
    <"${input:-/dev/null}" &
  run_pid=$!
}

# Waits for it; sets status, output and stderr as run does.
finish() {
  status=0
  wait "$run_pid" || status=$?
  run_pid=
  output=$(<out)
  stderr=$(<err)
}

# stage PROGRAM NAME: its pid.
stage() { pgrep -f -- "^$1 .*$PWD/tmp/windowpipe.* --name=$2( |\$)"; }

# rows_flow: windows have read something.
rows_flow() {
  grep -qE '^windowpipe_window_read_total\{.*\} [1-9]' \
    tmp/windowpipe.*/*.prom 2>/dev/null
}

# n rows, a tenth of a second apart, of the sample's table.
rows() {
  datagen -n "$1" --step 100ms --seed 1 --start-time 2026-11-22T06:00:00Z
}

# mine FILE: properties with streams a0 to a3.
mine() {
  cat >"$1" <<'EOF'
[{"PropertyGroupId":"OutputStream0","PropertyMap":{"stream.name":"a0","aws.region":"us-east-1"}},
 {"PropertyGroupId":"OutputStream1","PropertyMap":{"stream.name":"a1","aws.region":"us-east-1"}},
 {"PropertyGroupId":"OutputStream2","PropertyMap":{"stream.name":"a2","aws.region":"us-east-1"}},
 {"PropertyGroupId":"OutputStream3","PropertyMap":{"stream.name":"a3","aws.region":"us-east-1"}},
 {"PropertyGroupId":"kinesis.analytics.flink.run.options","PropertyMap":{"python":"main.py"}}]
EOF
}
