#!/usr/bin/env bats
# kinesis-put at the end of bad lines: slow ones, and connections that die.
# SPDX-License-Identifier: ISC
# long

load helpers
load faulty

curl_so=${UNIT:-$ROOT/build/tests/unit}
curl_so=${curl_so%/unit}/preload/curl.so

# start_line HOW NUMBER: tests/kinesis/line.py.
start_line() {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  : >line.log
  start_server line.err /usr/bin/python3 "$ROOT/tests/kinesis/line.py" "$@"
  FAULTY_PID=$server_pid FAULTY_PORT=$server_port
  use_endpoint "http://127.0.0.1:$FAULTY_PORT"
}

teardown() { stop_faulty; }

# There is a line in place of an emulator.
setup_file() { :; }

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
    --batch-records 1 <<<$'one\ntwo\nthree\nfour'
  assert_status 0
  assert_stat delivered 4
  assert_stat requests 5
  assert_stat retried 1
  [[ $(paste -sd' ' line.log) == '1 1 1 1 1' ]]
  assert_account
}

@test "on eight slow connections all is delivered and nothing twice, in smaller requests" {
  # A request of 500 lines takes 9 s here, longer than an answer may.
  start_line slow 80000
  head -c 6000000 /dev/zero | tr '\0' x | fold -w 1000 >rows.ndjson
  run --separate-stderr timeout 300 kinesis-put s --stats \
    --request-timeout 3s <rows.ndjson
  assert_status 0
  assert_stat delivered 6000
  assert_stat retried 0
  [[ $(awk '{ n += $1 } END { print n }' line.log) == 6000 ]]
  [[ $(head -n 1 line.log) -gt 100 && $(tail -n 1 line.log) -lt 100 ]]
}

@test "an answer that comes slowly is not cut off" {
  start_line drip 8000
  seq 500 >rows.ndjson
  run --separate-stderr timeout 300 kinesis-put s --stats \
    --request-timeout 3s <rows.ndjson
  assert_status 0
  assert_stat requests 1
  (($(stat_of latency_p50_ms) > 3000))
}

@test "an outage is said again while it lasts, with its begin and its cause" {
  use_endpoint http://127.0.0.1:1
  kinesis-put s <<<row 2>err 3>&- 4>&- &
  wait_until 120 file_has err 'nothing has got through since'
  kill -KILL $!
  wait $! || :
  grep -qE '^kinesis-put: warning: cannot reach http://127.0.0.1:1/: .*; trying again$' err
  grep -qE '127\.0\.0\.1.*; nothing has got through since 2[-0-9]*T[:0-9]*Z, for [1-9][0-9]+ s; trying again$' err
}

@test "an answer of a proxy gets no advice about policies, and is no sign of a stream" {
  start_line proxy 403
  run --separate-stderr kinesis-put s <<<row
  assert_status 3
  assert_stderr_has "HTTP 403: '<html><title>Blocked by Example Ltd."
  assert_stderr_has 'check the proxy (https_proxy, no_proxy) and the endpoint'
  [[ $stderr != *policy* ]]
  run --separate-stderr kinesis-put s --check
  assert_status 3
}

# --- each call of libcurl fails in turn --------------------------------------

# run_failing FAILS [OPTION...]: two lines by two requests, and CURL_FAILS as
# tests/preload/curl.c has it.  Either all is delivered, or the status is 3 and
# a message says why; it never stands still.
run_failing() {
  rm -f failed
  run --separate-stderr env LD_PRELOAD="$curl_so" CURL_FAILS="$1" \
    CURL_FAILED=failed ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
    timeout -k 1 120 kinesis-put s --stats --backoff 1ms,1ms --in-flight 1 \
    --batch-records 1 "${@:2}" <<<$'one\ntwo'
  [[ -e failed ]] || return 0
  if ((status == 0)); then
    assert_stat delivered 2
  else
    assert_status 3 && assert_account
    grep -q '^kinesis-put: [^w]' <<<"$stderr" || { show; return 1; }
  fi
}

@test "whatever call of libcurl fails, once or from then on, it goes on or ends and says why" {
  [[ -e $curl_so ]] || skip "$curl_so was not built"
  start_line dead 0
  for call in global_init multi_init multi_setopt easy_init easy_setopt \
    slist_append multi_add_handle multi_perform multi_poll multi_info_read \
    easy_getinfo multi_remove_handle; do
    for ((n = 1; n == 1 || ${#failed}; n++)); do
      for to in $n 999999; do
        run_failing "curl_$call $n $to"
      done
      [[ -e failed ]] && failed=yes || failed=
    done
    ((n > 2)) || { echo "curl_$call was never called" >&2; return 1; }
  done
}

@test "however a request ends, it is made again, or it is said why not" {
  [[ -e $curl_so ]] || skip "$curl_so was not built"
  start_line dead 0
  for ((code = 1; code < 100; code++)); do
    run_failing "result 2 2 $code"
    [[ -e failed ]]
    # All but what no repetition cures: no memory, no such URL.
    [[ $status == 0 || ' 2 3 23 27 ' == *" $code "* ]] || { show; return 1; }
    ((status == 0)) || assert_stderr_has 'a request failed on this machine: '
  done
}

@test "a request that keeps failing is made on a new handle and a new connection" {
  [[ -e $curl_so ]] || skip "$curl_so was not built"
  start_line dead 0
  run_failing 'stuck 2 2'
  assert_status 0
  assert_stat requests 3
}
