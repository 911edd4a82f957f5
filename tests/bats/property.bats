#!/usr/bin/env bats
# window against a naive reference, on random queries over random rows.
# tests/property/run by hand runs as many as one likes.
# SPDX-License-Identifier: ISC
# long

load helpers

setup() {
  common_setup
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  /usr/bin/python3 -c 'import zoneinfo; zoneinfo.ZoneInfo("Asia/Kolkata")' ||
    skip 'python3 finds no time zones; install tzdata'
}

property() { run --separate-stderr "$ROOT/tests/property/run"; }

@test "window writes what the reference writes, in whatever pieces and order the rows come" {
  export CASES=${CASES:-300}
  property
  assert_status 0
  assert_output_has ', 0 cases failed'
}

@test "so does a window built for a machine without SSE2, that loads byte by byte" {
  local cpp='-U__SSE2__ -U__BYTE_ORDER__'

  run make -s -C "$ROOT" "OUT=$PWD/build" "BIN=$PWD/bin" "CPPFLAGS=$cpp" \
    "$PWD/bin/window"
  assert_status 0
  BIN=$PWD/bin CASES=${CASES:-100} property
  assert_status 0
  assert_output_has ', 0 cases failed'
}

@test "times are read in every spelling and by every format as the slow reading has it" {
  run --separate-stderr "$ROOT/tests/property/times"
  assert_status 0
  assert_output_has ', 0 cases failed'
}

@test "the plain evaluator of expressions answers as Flink did" {
  run --separate-stderr "$ROOT/tests/property/expressions" recorded
  assert_status 0
  assert_output_has ', 0 unequal'
}

@test "expressions have the types and values that Flink gave them" {
  TOOLS=$UNIT/../tools run --separate-stderr "$ROOT/tests/property/expressions" \
    sql
  assert_status 0
  assert_output_has ', 0 unequal'
}

@test "random expressions have the types and values that the plain evaluator gives" {
  # Always the same ones here: a change is judged, not luck.
  SEED=${SEED:-1} CASES=${CASES:-4000} run --separate-stderr \
    "$ROOT/tests/property/expressions" random
  assert_status 0
  assert_output_has ', 0 unequal'
}

@test "the comparison sees a time that is a millisecond off" {
  mkdir bin
  printf '#!/bin/sh\n"%s/window" "$@" | sed "%s"\n' "$BIN" \
    '/window_start/s/0}/1}/' >bin/window
  chmod +x bin/window
  BIN=$PWD/bin CASES=5 run --separate-stderr "$ROOT/tests/property/times"
  assert_status 1
  assert_output_has ' want '
}

@test "quantiles and estimates of random groups have the error that the manual states" {
  run --separate-stderr "$ROOT/tests/property/sketches"
  assert_status 0
  assert_output_has $'\n0 wrong'
}

@test "who we are, and where, is what botocore says of random files and environments" {
  /usr/bin/python3 -c 'import botocore' 2>/dev/null ||
    skip 'no botocore: apt-get install python3-botocore'
  UNIT=${UNIT:-$ROOT/build/tests/unit} CASES=${CASES:-250} \
    run --separate-stderr "$ROOT/tests/property/config"
  assert_status 0
  assert_output_has ', 0 failed'
}

@test "the comparison sees a variable that is not heeded" {
  /usr/bin/python3 -c 'import botocore' 2>/dev/null ||
    skip 'no botocore: apt-get install python3-botocore'
  local unit=${UNIT:-$ROOT/build/tests/unit}
  mkdir -p tools unit
  printf '#!/bin/sh\nunset AWS_DEFAULT_PROFILE\nexec "%s" "$@"\n' \
    "${unit%/unit}/tools/aws-whoami" >tools/aws-whoami
  chmod +x tools/aws-whoami
  UNIT=$PWD/unit SEED=120 CASES=1 run --separate-stderr "$ROOT/tests/property/config"
  assert_status 1
  assert_output_has 'SEED='
}

@test "the comparison sees a quantile that is half a per cent off" {
  mkdir bin
  printf '#!/bin/sh\n"%s/window" "$@" | %s\n' "$BIN" \
    "jq -c '.[\"q0.5\"] |= (tonumber * 1.005)'" >bin/window
  chmod +x bin/window
  BIN=$PWD/bin CASES=20 run --separate-stderr "$ROOT/tests/property/sketches"
  assert_status 1
  assert_output_has 'quantile 0.5 of '
}

# with_window SED: a window whose every line of output goes through sed.
with_window() {
  mkdir bin
  printf '#!/bin/sh\n"%s/window" "$@" | sed "%s"\n' "$BIN" "$1" >bin/window
  chmod +x bin/window
  BIN=$PWD/bin KEEP=$PWD/kept SEED=1 CASES=6 property
}

@test "the comparison sees a result that is missing" {
  with_window 1d
  assert_status 1
  assert_output_has ': results: line 1'
  assert_output_has 'want {'
  [[ -s kept/input.ndjson && -s kept/window.args ]]
}

@test "the comparison sees two results in the wrong order" {
  with_window '1{h;d};2{G}'
  assert_status 1
  assert_output_has 'results: line 1'
}
