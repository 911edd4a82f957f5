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

# noted N: so many notes are with the system.
noted() { (($(stat -c %s c/put.notes/*) == 8 + 20 * $1)); } 2>/dev/null

# kill_at N [OPTION…]: kinesis-put, of 1200 rows, when it has noted N of them.
kill_at() {
  mkfifo rows
  rows_from 1200 >rows 2>said 3>&- 4>&- &
  source=$!
  kinesis-put "${OPTIONS[@]}" --in-flight 1 "${@:2}" <rows 2>err 3>&- 4>&- &
  pid=$!
  wait_until 30 noted "$1"
  wait_until 30 asks
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
  echo '{"id":1}' >rows.ndjson
  run --separate-stderr kinesis-put s --checkpoint c --name put <rows.ndjson
  assert_status 2
  assert_stderr_has 'the input does not begin with a mark of this folder'
}
