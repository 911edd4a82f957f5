#!/usr/bin/env bats
# kinesis-put when the service has a bad day: what was read is stored, or kept,
# and said.  The rows of the error table are those of the man page.
# SPDX-License-Identifier: ISC
# each emulator

load helpers
load faulty

setup() {
  common_setup
  rows 1200
}

# --- records of an answer ----------------------------------------------------

@test "throttled records are sent again, they alone" {
  start_faulty '[{"do": "throttle", "data": "[37],", "times": 400}]'
  put
  assert_status 0
  assert_stored_once rows.ndjson
  assert_stat delivered 1200
  assert_stat throttled 400
  assert_stat retried 400
  assert_account
}

@test "records with an internal failure are sent again, they alone" {
  start_faulty '[{"do": "internal", "share": 0.3, "times": 200}]'
  put
  assert_status 0
  assert_stored_once rows.ndjson
  assert_stat retried 200
  assert_stat throttled 0
}

@test "a throttled record without a key of its own gets a new one" {
  # A key that was refused stays refused.
  start_faulty '[{"do": "throttle", "stubborn": true, "times": 300}]'
  put
  assert_status 0
  assert_stored_once rows.ndjson
  assert_stat retried 300
}

@test "a throttled record keeps the key that it was given" {
  start_faulty '[{"do": "throttle", "stubborn": true, "times": 3}]'
  put --partition-key id --retry-for 200ms --undelivered kept
  assert_status 1
  [[ $(wc -l <kept) -eq 3 ]]
  assert_account
}

@test "a shard that is throttled holds back no other" {
  # Every record of shard 0 is refused; all of shard 1 must get through.
  start_faulty '[{"do": "throttle", "shard": 0}]' --shards 2
  put --partition-key id --retry-for 300ms --undelivered kept
  assert_status 1
  [[ $(jq -r .shard stored.log | sort -u) == shardId-000000000001 ]]
  assert_account
  sort kept <(stored) | diff - <(sort rows.ndjson)
}

@test "a record that the service refuses for itself is rejected" {
  start_faulty '[{"do": "refuse", "data": "\"id\":77,"}]'
  put --rejects bad
  assert_status 1
  assert_stderr_has "stdin:77: the service refuses this record"
  [[ $(<bad) == '{"id":77,"name":"row"}' ]]
  assert_stat delivered 1199
  assert_stat rejected 1
  assert_account
}

@test "without --rejects a refused record stops reading, the rest is delivered" {
  start_faulty '[{"do": "refuse", "data": "\"id\":77,"}]'
  put
  assert_status 1
  assert_stderr_has '--rejects FILE keeps such lines'
  assert_stat rejected 1
  assert_account
}

@test "one bad record does not poison its batch: it is found by halving" {
  start_faulty '[{"do": "poison", "data": "\"id\":(77|600|601),"}]'
  put --rejects bad
  assert_status 1
  [[ $(jq .id bad | sort -n | paste -sd,) == 77,600,601 ]]
  assert_stat delivered 1197
  assert_stat rejected 3
  assert_stored_once <(grep -vE '"id":(77|600|601),' rows.ndjson)
  assert_account
}

@test "InvalidArgumentException: the bad record is found by halving" {
  start_faulty '[{"do": "poison", "data": "\"id\":77,",
    "type": "InvalidArgumentException"}]'
  put --rejects bad
  assert_status 1
  assert_stderr_has InvalidArgumentException
  assert_stored_once <(grep -v '"id":77,' rows.ndjson)
  assert_stat rejected 1
  assert_account
}

@test "status 413 means that halves may fit" {
  start_faulty '[{"do": "limit", "bytes": 9000}]'
  put
  assert_status 0
  assert_stored_once rows.ndjson
}

# --- whole requests ----------------------------------------------------------

each_code() {
  local code rules='' n=0

  for code in "$@"; do
    n=$((n + 1))
    rules+=",{\"do\":\"error\",\"status\":400,\"type\":\"$code\","
    rules+="\"message\":\"words\",\"times\":1}"
  done
  start_faulty "[${rules#,}]"
  put
  assert_status 0
  assert_stored_once rows.ndjson
  (($(stat_of requests) == 3 + n))
}

@test "each code of a throttle is waited out" {
  each_code ProvisionedThroughputExceededException LimitExceededException \
    ThrottlingException Throttling ThrottledException RequestThrottled \
    RequestThrottledException TooManyRequestsException RequestLimitExceeded \
    BandwidthLimitExceeded SlowDown PriorRequestNotComplete \
    EC2ThrottledException TransactionInProgressException \
    KMSThrottlingException
  (($(stat_of throttled) > 0))
}

@test "each code of a passing failure is waited out" {
  each_code InternalFailure InternalFailureException ServiceUnavailable \
    ServiceUnavailableException RequestTimeout RequestTimeoutException \
    'com.amazonaws.kinesis#InternalFailure' \
    'InternalFailure:http://internal.amazon.com/coral/'
  assert_stat throttled 0
}

@test "statuses 429, 500, 502, 503 and 504 are waited out, bodies of any kind" {
  start_faulty '[
    {"do": "error", "status": 429, "body": "", "times": 1},
    {"do": "error", "status": 500, "body": "", "times": 1},
    {"do": "error", "status": 502, "body": "<html>Bad Gateway</html>", "times": 1},
    {"do": "error", "status": 503, "body": "{\"half\":", "times": 1},
    {"do": "error", "status": 504, "body": "\u0000\u0001", "times": 1}]'
  put
  assert_status 0
  assert_stored_once rows.ndjson
}

@test "AWS_MAX_ATTEMPTS does not rule delivery" {
  start_faulty '[{"do": "error", "status": 503, "body": "", "times": 5},
    {"do": "reset-before", "times": 3},
    {"do": "throttle", "data": "\"id\":7,", "times": 9}]'
  AWS_MAX_ATTEMPTS=1 AWS_RETRY_MODE=standard put
  assert_status 0
  assert_stored_once rows.ndjson
}

@test "each attempt is signed anew, at its own time" {
  start_faulty '[{"do": "stored-error", "status": 503, "body": "", "times": 1,
    "headers": {"x-amz-retry-after": "1100"}}]'
  rows 1
  put
  assert_status 0
  [[ $(jq -r .date stored.log | sort -u | wc -l) -eq 2 ]]
}

@test "the server's own hint is heeded" {
  start_faulty '[{"do": "error", "status": 503, "body": "", "times": 1,
    "headers": {"x-amz-retry-after": "400"}}]'
  put --in-flight 1
  assert_status 0
  [[ $(stats | jq '.elapsed_s >= 0.4') == true ]]
}

@test "an outage is said once, and its end" {
  start_faulty '[{"do": "error", "status": 503, "body": "", "times": 6}]'
  put --in-flight 1
  assert_status 0
  [[ $(grep -c 'refuses for now: HTTP 503; trying again' <<<"$stderr") -eq 1 ]]
  [[ $(grep -c 'answers again' <<<"$stderr") -eq 1 ]]
}

@test "an error after storing doubles, it does not lose" {
  start_faulty '[{"do": "stored-error", "status": 500, "body": "", "times": 1}]'
  put --in-flight 1
  assert_status 0
  assert_stored_all rows.ndjson
  (($(wc -l <stored.log) == 1700))
  assert_account
}

@test "a request without an answer is given up in time and repeated" {
  start_faulty '[{"do": "silent", "request": 1}]'
  # Few, and some time, lest a slow emulator seems silent too.
  rows 30
  put --request-timeout 4s
  assert_status 0
  assert_stored_once rows.ndjson
  assert_account
}

@test "a slow answer is no failure" {
  start_faulty '[{"do": "slow", "ms": 300, "times": 2}]'
  put
  assert_status 0
  assert_stored_once rows.ndjson
  assert_stat retried 0
}

@test "half an answer counts as none" {
  start_faulty '[{"do": "half", "request": [1, 2]}]'
  put --in-flight 1
  assert_status 0
  assert_stored_all rows.ndjson
  (($(stat_of retried) > 0))
  assert_account
}

@test "a connection reset before storing costs nothing" {
  start_faulty '[{"do": "reset-before", "request": [1, 3]}]'
  put --in-flight 1
  assert_status 0
  assert_stored_once rows.ndjson
}

@test "a connection reset after storing doubles, it does not lose" {
  start_faulty '[{"do": "reset-after", "request": 2}]'
  put --in-flight 1
  assert_status 0
  assert_stored_all rows.ndjson
  (($(wc -l <stored.log) == 1700))
}

@test "an answer of another length pairs with nothing and is repeated" {
  start_faulty '[{"do": "length", "request": 1}]'
  put --in-flight 1
  assert_status 0
  assert_stored_all rows.ndjson
  assert_stat retried 500
}

@test "status 200 with something else than an answer is repeated" {
  start_faulty '[{"do": "garbage", "request": [1, 4]}]'
  put --in-flight 1
  assert_status 0
  assert_stored_all rows.ndjson
  assert_stderr_has 'unreadable answer'
}

@test "an ErrorCode of null is a success" {
  start_faulty '[{"do": "null"}]'
  put
  assert_status 0
  assert_stored_once rows.ndjson
  assert_stat retried 0
}

@test "a wrong FailedRecordCount misleads nobody" {
  start_faulty '[{"do": "lie"}, {"do": "throttle", "share": 0.2, "times": 99}]'
  put
  assert_status 0
  assert_stored_once rows.ndjson
  assert_stat retried 99
}

# --- ends --------------------------------------------------------------------

@test "a refused connection at the start is said once, and retried" {
  own_faulty
  stop_faulty
  kinesis-put s --stats --backoff 20ms,1s <rows.ndjson 2>err 3>&- &
  pid=$!
  wait_until 30 file_has err 'cannot reach'
  own_faulty '[]' --port "$FAULTY_PORT"
  wait "$pid"
  [[ $(grep -c 'cannot reach' err) -eq 1 ]]
  assert_stored_once rows.ndjson
  # shellcheck disable=SC2034
  stderr=$(<err)
  assert_account
}

@test "--retry-for gives up in time and keeps the lines" {
  use_endpoint http://127.0.0.1:1
  put --retry-for 200ms --undelivered kept
  assert_status 1
  # In the order in which they were given up.
  diff rows.ndjson <(sort -V kept)
  assert_stat undelivered 1200
  assert_account
}

@test "--retry-for gives up single records too" {
  start_faulty '[{"do": "throttle", "data": "\"id\":(5|6),"}]'
  put --retry-for 100ms --undelivered kept
  assert_status 1
  [[ $(jq .id kept | paste -sd,) == 5,6 ]]
  assert_stored_once <(grep -vE '"id":(5|6),' rows.ndjson)
  assert_account
}

@test "without --undelivered giving up stops reading, and names the line" {
  start_faulty '[{"do": "throttle", "data": "\"id\":5,"}]'
  put --retry-for 100ms
  assert_status 1
  assert_stderr_has '1 line is not delivered, the first is line 5'
  assert_account
}

@test "SIGTERM in mid-stream: what was read is delivered, then it dies by it" {
  start_faulty
  begin_put --stats
  wait_until 30 has_lines stored.log 1200
  head -n 10 rows.ndjson >&5
  kill -TERM "$pid"
  wait_put
  assert_status 143
  assert_account
  assert_stat undelivered 0
  (($(stat_of delivered) >= 1200))
}

@test "after SIGTERM --drain bounds the time, and the rest is kept" {
  start_faulty '[{"do": "silent"}]'
  begin_put --stats --drain 200ms --undelivered kept
  wait_until 30 asks
  wait_until 30 has_read 1200
  kill -TERM "$pid"
  wait_put
  assert_status 143
  assert_stat read 1200
  assert_stat undelivered 1200
  diff rows.ndjson kept
  assert_stderr_has 'still arrive'
}

@test "a second SIGTERM ends at once, and the rest is kept" {
  start_faulty '[{"do": "silent"}]'
  kinesis-put s --stats --undelivered kept --drain 1h <rows.ndjson 2>err 3>&- &
  pid=$!
  wait_until 30 asks
  # Two that come at once are one; --drain alone would take an hour.
  again() { kill -TERM "$pid" 2>/dev/null; is_gone "$pid"; }
  wait_until 30 again
  wait_put
  assert_status 143
  diff rows.ndjson kept
}

@test "a full disk under --rejects ends with status 3" {
  start_faulty
  printf 'no JSON\n{"id":1}\n' >rows.ndjson
  put --partition-key id --rejects /dev/full
  assert_status 3
  assert_stderr_has 'No space left on device'
  assert_account
}

@test "a full disk under --undelivered ends with status 3" {
  start_faulty '[{"do": "throttle"}]'
  put --retry-for 50ms --undelivered /dev/full
  assert_status 3
  assert_stderr_has 'No space left on device'
  assert_account
}

@test "reading stops at --buffer while nothing gets through" {
  start_faulty '[{"do": "silent"}]'
  yes '{"id":1,"name":"a row of some sixty bytes, all of them alike"}' |
    head -c 20000000 >rows.ndjson
  mkfifo in
  cat rows.ndjson >in 2>/dev/null &
  kinesis-put s --buffer 1M --drain 0ms <in 2>err 3>&- &
  pid=$!
  wait_until 30 asks
  kill -USR1 "$pid"
  wait_until 30 file_has err '"read"'
  kill -TERM "$pid"
  wait "$pid" || :
  # 1 MiB of records at 60 bytes and their book-keeping each.
  read=$(grep '^{' err | jq .read)
  ((read < 12000))
}
