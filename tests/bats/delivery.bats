#!/usr/bin/env bats
# delivery - nothing is ever lost, on random bad days.  tests/property/delivery
# and reading by hand run as many as one likes, and one that failed again.
# SPDX-License-Identifier: ISC
# long

load helpers

setup() {
  common_setup
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  command -v node >/dev/null || skip 'node is missing'
  [[ -d $ROOT/tests/node_modules/aws4 ]] || skip 'run scripts/setup'
}

delivery() {
  KEEP=$PWD/failed run --separate-stderr "$ROOT/tests/property/delivery"
}

@test "never lost: on 200 random bad days each line that was read is accounted for" {
  CASES=${CASES:-200} delivery
  assert_status 0
  assert_output_has ', 0 failed'
}

@test "never lost: nor before kinesis-local" {
  EMULATOR=kinesis-local CASES=10 delivery
  assert_status 0
  assert_output_has '10 cases, 0 failed'
}

@test "what is put is read once, in order, child after parent, on random bad days" {
  CASES=${CASES:-8} KEEP=$PWD/failed run --separate-stderr \
    "$ROOT/tests/property/reading"
  assert_status 0
  assert_output_has ', 0 failed'
}
