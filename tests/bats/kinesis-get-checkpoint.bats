#!/usr/bin/env bats
# kinesis-get --checkpoint: a pipeline from a stream goes on after a kill.
# SPDX-License-Identifier: ISC

load helpers
load faulty
load get

setup() { common_setup; }

SOURCE=(kinesis-get s --from trim-horizon --checkpoint c --name stream
  --checkpoint-stages w --checkpoint-every 10ms --poll 10ms --stats)

# What a row costs: each is in one result.
counted() {
  window --tumble 5ms --event-time n --time-unit ms --delay all --key k \
    --count --max n "$@"
}

# job [OPTION…]: the stream, up to now.
job() {
  timeout 60 "${SOURCE[@]}" --until now "$@" 2>>said |
    counted --checkpoint c --name w >>results
  stderr=$(tail -n 1 said)
}

# begin_job: the stream, into results, until the job is killed.
begin_job() {
  [[ -e pipe ]] || mkfifo pipe
  counted --checkpoint c --name w <pipe >>results 2>err 3>&- 4>&- &
  window=$!
  "${SOURCE[@]}" --metrics m --metrics-every 10ms >pipe 2>>said 3>&- 4>&- &
  pid=$!
}

# kept N: so many records were written before a checkpoint that is whole.
written() { awk '/^windowpipe_kinesis_get_records_total/ { print $NF }' m; }
kept() {
  [[ -s m && $(written) == "$1" && -e c/latest ]] || return
  ((${behind:=$(<c/latest)} + 2 <= $(<c/latest)))
}

@test "a job that is killed goes on behind its last checkpoint" {
  begin_stream '[]' 2
  keyed 1000 >rows
  fill <(head -n 600 rows)
  begin_job
  wait_until 30 kept 600
  fill <(tail -n 400 rows)
  kill -9 "$pid" "$window"
  wait "$pid" "$window" || :
  job
  diff <(counted <rows) results
  assert_stat records 1000
  [[ $(<c/latest) == *' finished' ]]
}

@test "SIGTERM takes a last checkpoint, and a run behind it goes on, past splits" {
  begin_stream '[]' 2
  keyed 300 >rows
  fill <(head -n 100 rows)
  begin_job
  wait_until 30 kept 100
  kill "$pid"
  wait "$pid" || status=$?
  assert_status 143
  wait "$window"
  [[ ! -s results && $(<c/latest) != *finished ]]
  split_shard shardId-000000000000
  fill <(sed -n '101,200p' rows)
  job
  diff <(head -n 200 rows | counted) results
  # The end of a job that is bounded is not that of the stream.
  fill <(tail -n 100 rows)
  job
  diff <(head -n 200 rows | counted && tail -n 100 rows | counted) results
  assert_stat records 300
}

@test "--max-records counts all runs, and rejected records are kept once" {
  begin_stream
  put_data '{"k":1,"n":1}' '\xff' '{"k":1,"n":2}' '{"k":1,"n":3}'
  job --max-records 2 --rejects bad || :
  job --max-records 2 --rejects bad || :
  tail -n 2 said | grep -F 'all 3 records were written before checkpoint'
  [[ $(jq -s 'map(.count) | add' results) == 2 && $(wc -l <bad) == 1 ]]
}

@test "another stream, and options that make no sense, are refused" {
  begin_stream
  put_data '{"k":1,"n":1}'
  job
  while IFS='|' read -r options said; do
    # shellcheck disable=SC2086
    run --separate-stderr timeout 60 kinesis-get --name stream $options
    assert_status 2
    assert_stderr_has "$said"
  done <<'END'
s --checkpoint c|--checkpoint without --checkpoint-stages
s --checkpoint-every 1s|--checkpoint-... without --checkpoint
s --checkpoint c --checkpoint-stages w --envelope|'envelope 0', not 'envelope 1'; give the options of before
t --checkpoint c --checkpoint-stages w|'stream s', not 'stream t'
END
}
