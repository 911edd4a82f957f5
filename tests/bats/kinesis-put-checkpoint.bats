#!/usr/bin/env bats
# kinesis-put --checkpoint: what a kill costs where the rows are made again.
# SPDX-License-Identifier: ISC

load helpers
load faulty

setup() { common_setup; }

OPTIONS=(s --checkpoint c --name put --stats --backoff '1ms,1ms'
  --request-timeout 2m --batch-records 100)

all_rows() { datagen 'id INT sequence 1..1000000' -n "$1" -r 0 "${@:2}"; }

# rows_from N [OPTION…]: the same, as the source of a job.
rows_from() {
  all_rows "$1" --checkpoint c --name rows --checkpoint-stages put \
    --checkpoint-every 1h "${@:2}"
}

# noted N: so many are delivered, as kinesis-put says, which notes them first.
noted() { kill -USR1 "$pid" && file_has err "\"delivered\":$1,"; }

# under_way N: so many are stored, of which it knows or not.
under_way() { (($(wc -l <stored.log) == $1)); }

# kill_at N [OPTION…]: kinesis-put, of 1200 rows, when it has noted N of them (or
# is ${as} N).
kill_at() {
  mkfifo rows
  rows_from 1200 >rows 2>said 3>&- 4>&- &
  source=$!
  kinesis-put "${OPTIONS[@]}" --in-flight 1 "${@:2}" <rows 2>err 3>&- 4>&- &
  pid=$!
  wait_until 30 asks
  wait_until 30 "${as-noted}" "$1"
  kill -9 "$pid"
  wait "$pid" "$source" || :
}

# go_on [OPTION…]: good days again, and the job again.
go_on() {
  start_faulty "${refuse-[]}"
  status=0
  rows_from 1200 2>said | kinesis-put "${OPTIONS[@]}" "$@" 2>err || status=$?
  stderr=$(<err)
}

@test "a job that is done is stored once, whatever it is started again" {
  start_faulty '[{"do": "throttle", "share": 0.1, "times": 100}]'
  rows_from 2000 --checkpoint-every 5ms | kinesis-put "${OPTIONS[@]}" 2>err
  [[ $(<c/latest) == *' finished' ]]
  stderr=$(<err)
  assert_stat delivered 2000
  assert_account
  rows_from 2000 2>said | kinesis-put "${OPTIONS[@]}" 2>err
  stderr=$(<err)
  assert_stat delivered 2000
  assert_stat requests 0
  assert_stored_once <(all_rows 2000)
}

@test "what was noted before a kill is not sent again" {
  start_faulty '[{"do": "silent", "request": [5, 99]}]'
  kill_at 400
  go_on
  assert_stat stored_before 400
  assert_stat delivered 1200
  assert_account
  assert_stored_once <(all_rows 1200)
}

@test "only what was under way at a kill may be stored twice" {
  start_faulty '[{"do": "silent-after", "request": [3, 99]}]'
  kill_at 200
  go_on
  assert_stat stored_before 200
  diff <(stored | sort | uniq -d) <(all_rows 300 | tail -n 100 | sort)
}

unpacked() { node "$ROOT/tests/kinesis/unpack.js" <stored.log | jq -r .data; }

@test "with --verify what was under way at a kill is found in the stream" {
  start_faulty '[{"do": "silent-after", "request": [3, 99]}]'
  as=under_way kill_at 300 --verify --partition-key id
  go_on --verify --partition-key id
  assert_stat stored_before 300
  assert_stat found_in_stream 100
  assert_stat in_doubt 0
  assert_account
  assert_stored_once <(all_rows 1200)
}

@test "with --verify a lost answer is looked up before it is sent again" {
  start_faulty '[{"do": "reset-after", "request": 2},
    {"do": "stored-error", "request": 3, "type": "InternalFailure"},
    {"do": "half", "request": 4}, {"do": "reset-before", "request": 5},
    {"operation": "GetRecords", "do": "error", "status": 503, "request": [1, 6]},
    {"operation": "ListShards", "do": "garbage", "times": 1},
    {"do": "throttle", "share": 0.1, "times": 100}]' --shards 2
  rows_from 1200 2>said |
    kinesis-put "${OPTIONS[@]}" --verify --aggregate --aggregate-bytes 1K \
      --batch-records 4 2>err
  stderr=$(<err)
  (($(stat_of found_in_stream) > 0))
  assert_stderr_has 'until then what was under way is held back'
  assert_stderr_has 'answers again'
  assert_account
  diff <(unpacked | sort) <(all_rows 1200 | sort)
}

# looks: kinesis-put says, to SIGUSR1, that it looks up 100 lines.
looks() { kill -USR1 "$pid" && file_has err 'looks up in the stream 100 lines'; }

@test "while it looks up what was under way it says so" {
  start_faulty '[{"do": "reset-after", "request": 1},
    {"operation": "ListShards", "do": "silent", "request": [1, 99]}]'
  as=looks kill_at 0 --verify
}

@test "who may not read has the notes alone, which is said once" {
  start_faulty '[{"do": "reset-after", "request": [2, 3]},
    {"operation": "ListShards", "do": "error", "status": 400,
    "type": "AccessDeniedException", "message": "no"}]'
  rows_from 1200 2>said |
    kinesis-put "${OPTIONS[@]}" --in-flight 1 --verify 2>err
  stderr=$(<err)
  assert_stat found_in_stream 0
  [[ $(grep -c "warning: --verify: ListShards on stream 's' fails:\
 AccessDeniedException: 'no'; what was under way is sent again, and may be\
 stored twice; the policy must allow kinesis:ListShards" err) == 1 ]]
  [[ $(stored | sort | uniq -d | wc -l) == 100 ]]
}

@test "with --verify nothing is sent that cannot be noted" {
  start_faulty '[]'
  mkfifo rows
  kinesis-put "${OPTIONS[@]}" --verify <rows 2>err 3>&- 4>&- &
  pid=$!
  exec 5>rows
  wait_until 30 test -d c/put.notes
  wait_until 30 noted 0
  # As on a disk that is full.
  rmdir c/put.notes
  rows_from 1200 >&5 2>said 3>&- 4>&- 5>&- &
  wait_until 30 file_has err 'cannot note what has been stored'
  sleep 0.2
  [[ ! -s stored.log ]]
  mkdir c/put.notes
  exec 5>&-
  wait "$pid"
  assert_stored_once <(all_rows 1200)
}

@test "what cannot be looked up within --retry-for is told, and sent" {
  start_faulty '[{"do": "silent-after", "request": [2, 99]}]'
  as=under_way kill_at 200 --verify
  refuse='[{"operation": "ListShards", "do": "error", "status": 400,
    "type": "LimitExceededException", "message": "not now"}]'
  go_on --verify --retry-for 100ms
  assert_stat found_in_stream 0
  assert_stat delivered 1200
  [[ $(grep -c "warning: --verify: stream 's' could not be read to its end\
 within --retry-for" err) == 1 ]]
  [[ $(stored | sort | uniq -d | wc -l) == 100 ]]
}

@test "packs, keys and newlines are known again" {
  start_faulty '[{"do": "silent", "request": [3, 99]}]'
  kill_at 200 --newline --partition-key id --aggregate --aggregate-bytes 1K \
    --ordered
  go_on --newline --partition-key id --aggregate --aggregate-bytes 1K --ordered
  assert_stat stored_before 200
  assert_stored_once <(all_rows 1200 | sed G)
}

@test "rows that are others than before are sent, which is said once" {
  start_faulty '[{"do": "silent", "request": [5, 99]}]'
  kill_at 400
  datagen() { command datagen "$@" | sed -u '/control/!s/:1/:01/'; }
  go_on
  assert_stat stored_before 289
  assert_stat delivered 1200
  [[ $(grep -c 'is not the one that was stored' err) == 1 ]]
}

@test "rejected rows are in their file once" {
  start_faulty '[{"do": "silent", "request": [3, 99]},
    {"do": "refuse", "data": ":7}"}]'
  kill_at 199 --rejects bad
  [[ $(<bad) == '{"id":7}' ]]
  refuse='[{"do": "refuse", "data": ":7}"}]'
  go_on --rejects bad
  assert_status 1
  assert_stat rejected 1
  assert_stat delivered 1199
  [[ $(<bad) == '{"id":7}' ]]
}

@test "what makes no sense with --checkpoint is refused" {
  start_faulty
  rows_from 10 2>said | kinesis-put "${OPTIONS[@]}" 2>err
  while IFS='|' read -r options said; do
    # shellcheck disable=SC2086
    run --separate-stderr kinesis-put --checkpoint c --name put $options </dev/null
    assert_status 2
    assert_stderr_has "$said"
  done <<'END'
s --spool d|--spool and --checkpoint both keep lines
s --dry-run|--checkpoint is for deliveries
s --max-line 90|--max-line is shorter than the marks of --checkpoint
t|it belongs to another query: 'stream s', not 'stream t'; give the options of before
s --newline|'newline 0', not 'newline 1'
s --partition-key id|'partition key', not 'partition key id'
END
  run --separate-stderr kinesis-put s --verify </dev/null
  assert_status 2
  assert_stderr_has '--verify is for --checkpoint'
  echo '{"id":1}' >rows.ndjson
  run --separate-stderr kinesis-put s --checkpoint c --name put <rows.ndjson
  assert_status 2
  assert_stderr_has 'the input does not begin with a mark of this folder'
}
