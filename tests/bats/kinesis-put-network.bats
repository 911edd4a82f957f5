#!/usr/bin/env bats
# kinesis-put at the end of bad lines: slow ones, and connections that die.
# SPDX-License-Identifier: ISC

load helpers
load faulty

# start_line HOW NUMBER: tests/kinesis/line.py.
start_line() {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  : >line.log
  start_server line.err /usr/bin/python3 "$ROOT/tests/kinesis/line.py" "$@"
  FAULTY_PID=$server_pid FAULTY_PORT=$server_port
  use_endpoint "http://127.0.0.1:$FAULTY_PORT"
}

teardown() { stop_faulty; }

@test "a large request on a slow line gets through, though it takes longer than an answer may" {
  start_line slow 800000
  head -c 2400000 /dev/zero | tr '\0' x | fold -w 100000 >rows.ndjson
  run --separate-stderr timeout 300 kinesis-put s --stats --in-flight 1 \
    --request-timeout 3s <rows.ndjson
  assert_status 0
  assert_stderr_has '"requests":1,'
  assert_stat retried 0
  (($(stat_of latency_p50_ms) > 3000))
  [[ $(<line.log) == 24 ]]
}

@test "a request that is repeated on a dead connection is known to be" {
  # Both requests are on one connection; the second is taken whole, but never
  # answered.  It may have been stored, and is counted as sent again.
  start_line dead 2
  run --separate-stderr timeout 300 kinesis-put s --stats --in-flight 1 \
    --batch-records 1 <<<$'one\ntwo'
  assert_status 0
  assert_stat delivered 2
  assert_stat requests 3
  assert_stat retried 1
  [[ $(paste -sd' ' line.log) == '1 1 1' ]]
  assert_account
}
