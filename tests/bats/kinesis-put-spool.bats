#!/usr/bin/env bats
# kinesis-put --spool: lines are on disk before they are sent.
# SPDX-License-Identifier: ISC
# each emulator

load helpers
load faulty

setup() {
  common_setup
  rows 1200
}

# read + resumed = delivered + rejected + undelivered + spooled
assert_spool_account() {
  stats | jq -e '.read != null and .read + .resumed ==
    .delivered + .rejected + .undelivered + .spooled' >/dev/null && return
  echo 'the account does not add up' >&2
  show
  return 1
}

no_service() { use_endpoint http://127.0.0.1:1; }

@test "what is delivered leaves nothing in the spool" {
  start_faulty
  put --spool spool
  assert_status 0
  assert_stored_once rows.ndjson
  assert_stat durable 1200
  assert_stat spooled 0
  [[ $(find spool -type f -printf '%f ' | tr ' ' '\n' | sort | paste -sd' ') == \
  *"lock stream" ]]
  assert_spool_account
}

@test "what cannot be delivered in time stays, and goes first the next time" {
  own_faulty
  port=$FAULTY_PORT
  stop_faulty
  put --spool spool --drain 100ms
  assert_status 1
  assert_stderr_has "1200 lines stay in the spool 'spool'"
  assert_stat spooled 1200
  assert_spool_account
  own_faulty '[]' --port "$port"
  mv rows.ndjson old
  echo '{"id":0}' >rows.ndjson
  put --spool spool --in-flight 1
  assert_status 0
  assert_stat resumed 1200
  assert_stat delivered 1201
  assert_spool_account
  diff <(stored) <(cat old rows.ndjson)
}

@test "kill -9 loses nothing that was said to be durable" {
  # It answers a few requests, slowly, and then none.
  own_faulty '[{"do": "silent", "request": [20, 9999]},
    {"do": "slow", "ms": 20}, {"do": "throttle", "share": 0.1}]'
  begin_put --spool spool --batch-records 20 --in-flight 2 \
    --metrics m --metrics-every 10ms
  durable() { awk '/^windowpipe_kinesis_put_durable_total/ { print $NF }' m; }
  on_disk() { [[ -s m && $(durable) == 1200 ]]; }
  wait_until 30 on_disk
  kill -9 "$pid"
  wait_put
  (($(wc -l <stored.log) < 1200))
  stop_faulty
  own_faulty '[]' --port "$FAULTY_PORT"
  put --spool spool </dev/null
  assert_stored_all rows.ndjson
}

@test "a kill -9 repeats only what was not yet noted" {
  own_faulty '[{"do": "silent", "request": [3, 99]}]'
  begin_put --spool spool --batch-records 100 --in-flight 1
  wait_until 30 has_lines stored.log 200
  asked() { [[ -s spool/00000000000000000001.done ]] &&
    (($(stat -c %s spool/00000000000000000001.done) >= 24)); }
  wait_until 30 asked
  kill -9 "$pid"
  wait_put
  stop_faulty
  own_faulty '[]' --port "$FAULTY_PORT"
  : >rows2
  run --separate-stderr kinesis-put s --spool spool --stats <rows2
  assert_status 0
  assert_stat resumed 1000
  assert_stored_once rows.ndjson
}

@test "SIGTERM leaves the rest in the spool, and dies by the signal" {
  start_faulty '[{"do": "silent"}]'
  begin_put --spool spool --drain 100ms --stats
  wait_until 30 asks
  wait_until 30 has_read 1200
  kill -TERM "$pid"
  wait_put
  assert_status 143
  assert_stat spooled 1200
  assert_spool_account
}

@test "a stream that takes nothing leaves all in the spool, status 3" {
  start_faulty '[{"do": "error", "status": 400,
    "type": "AccessDeniedException", "message": "no"}]'
  put --spool spool --undelivered kept
  assert_status 3
  assert_stat spooled 1200
  assert_stat undelivered 0
  [[ ! -s kept ]]
  assert_spool_account
}

@test "rejected and given up lines leave the spool" {
  start_faulty '[{"do": "poison", "data": "\"id\":5,"},
    {"do": "throttle", "data": "\"id\":6,"}]'
  put --spool spool --rejects bad --undelivered kept --retry-for 200ms
  assert_status 1
  [[ $(<bad) == *'"id":5,'* && $(<kept) == *'"id":6,'* ]]
  assert_stat delivered 1198
  assert_stat spooled 0
  assert_spool_account
}

@test "more than the buffer holds goes to disk, reading goes on" {
  no_service
  seq -f '{"id":%g,"pad":"some bytes to make the row longer"}' 20000 >rows.ndjson
  put --spool spool --buffer 100K --drain 0ms
  assert_status 1
  assert_stat read 20000
  assert_stat spooled 20000
}

@test "at --spool-max reading stops, which is said" {
  no_service
  seq -f '{"id":%g,"pad":"some bytes to make the row longer"}' 20000 >rows.ndjson
  mkfifo in
  cat rows.ndjson >in 2>/dev/null &
  kinesis-put s --spool spool --spool-max 200K --drain 0ms --stats <in 2>err 3>&- &
  pid=$!
  wait_until 30 file_has err 'the spool is full: --spool-max is reached'
  kill -TERM "$pid"
  wait_put
  (($(stat_of read) < 20000))
  [[ $(stat_of read) == "$(stat_of spooled)" ]]
}

@test "a full disk stops reading, and what it has no room for is kept elsewhere" {
  dir=$BATS_TEST_TMPDIR/small
  mkdir "$dir"
  mount -t tmpfs -o size=64k none "$dir" 2>/dev/null ||
    skip 'a small file system needs the right to mount'
  no_service
  seq -f '{"id":%g,"pad":"some bytes to make the row longer"}' 5000 >rows.ndjson
  begin_put --spool "$dir/spool" --undelivered kept --drain 0ms --stats
  wait_until 30 file_has err 'the spool is full: No space left on device' ||
    { umount "$dir"; false; }
  kill -TERM "$pid"
  wait_put
  umount "$dir"
  assert_spool_account
  (($(stat_of undelivered) > 0))
  (($(stat_of undelivered) == $(wc -l <kept)))
}

@test "a second process with the same spool is refused" {
  start_faulty
  mkfifo in
  kinesis-put s --spool spool <in 3>&- &
  pid=$!
  exec 5>in
  wait_until 30 test -e spool/stream
  put --spool spool
  assert_status 2
  assert_stderr_has 'another process uses the spool'
  exec 5>&-
  wait "$pid"
}

@test "the spool of another stream, region or endpoint is refused" {
  start_faulty
  put --spool spool
  assert_status 0
  run --separate-stderr kinesis-put t --spool spool </dev/null
  assert_status 2
  assert_stderr_has "the spool 'spool' is for 'stream s"
  AWS_REGION=eu-west-1 put --spool spool
  assert_status 2
  put --spool spool --endpoint-url http://127.0.0.1:1
  assert_status 2
}

@test "two spools in one directory are refused, and nothing of them is lost" {
  own_faulty
  port=$FAULTY_PORT
  stop_faulty
  put --spool one --drain 1ms
  assert_stat spooled 1200
  rows 100
  put --spool two --drain 1ms
  rows 50
  put --spool two --drain 1ms
  assert_stat spooled 150
  cp -r one both
  cp -n two/* both || :
  find both -type f -exec md5sum {} + >before
  own_faulty '[]' --port "$port"
  put --spool both
  assert_status 2
  assert_stderr_has 'hold records of the same numbers'
  find both -type f -exec md5sum {} + | diff before -
  : >rows.ndjson
  put --spool one
  put --spool two
  assert_status 0
  [[ $(wc -l <stored.log) == 1350 ]]
}

@test "--ordered keeps its order through a spool and a restart" {
  own_faulty '[{"do": "throttle", "share": 0.2, "times": 200},
    {"do": "silent", "request": [9, 999]}]'
  port=$FAULTY_PORT
  awk 'BEGIN { for (i = 1; i <= 900; i++)
    printf "{\"k\":%d,\"i\":%d}\n", i % 30, i }' >rows.ndjson
  put --spool spool --ordered --partition-key k --drain 500ms
  assert_status 1
  stop_faulty
  own_faulty '[]' --port "$port"
  cp rows.ndjson all
  : >rows.ndjson
  put --spool spool --ordered --partition-key k
  assert_status 0
  diff <(jq -c '[.k, .i]' all | sort -s -t, -k1,1) \
    <(stored | jq -c '[.k, .i]' | awk '!seen[$0]++' | sort -s -t, -k1,1)
}
