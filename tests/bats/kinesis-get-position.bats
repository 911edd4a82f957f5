#!/usr/bin/env bats
# kinesis-get --position: a next run goes on behind the last one.
# SPDX-License-Identifier: ISC

load helpers
load faulty
load get

@test "a run with --from @FILE goes on behind what the last one wrote" {
  begin_stream '[]' 3
  keyed 200 >rows
  fill rows
  get --position at
  assert_status 0
  echo "$output" >got
  keyed 100 201 >more
  fill more
  get --from @at --position at
  assert_status 0
  echo "$output" >>got
  get --from @at --position at
  assert_status 0
  assert_output ''
  assert_each_once <(cat rows more) got
}

@test "--max-records ends within a shard, or within a pack, and the next run begins there" {
  begin_stream '[]' 2
  keyed 60 >rows
  kinesis-put s --partition-key k --aggregate --in-flight 1 --linger 1s <rows
  : >got
  from=(--from trim-horizon)
  for n in 1 7 20 5; do
    run --separate-stderr timeout 60 kinesis-get s "${from[@]}" -n $n --position at
    assert_status 0
    ((${#lines[@]} == n))
    echo "$output" >>got
    from=(--from @at)
  done
  get --from @at
  assert_status 0
  echo "$output" >>got
  assert_each_once rows got
}

@test "the position follows splits and merges between two runs" {
  begin_stream '[]' 2
  keyed 100 >rows
  fill rows
  get --position at
  echo "$output" >got
  split_shard shardId-000000000000
  keyed 100 101 >>rows
  fill <(tail -n 100 rows)
  merge_shards shardId-000000000003 shardId-000000000001
  keyed 100 201 >>rows
  fill <(tail -n 100 rows)
  get --from @at --position at
  assert_status 0
  echo "$output" >>got
  get --from @at --position at
  assert_output ''
  assert_each_once rows got
}

@test "with latest and without a record it begins at the start of the last run" {
  begin_stream '[]' 2
  keyed 10 >rows
  fill rows
  run --separate-stderr timeout 60 kinesis-get s --until now --poll 100ms \
    --position at
  assert_status 0
  assert_output ''
  keyed 10 11 >more
  fill more
  get --from @at
  assert_status 0
  assert_each_once more <(echo "$output")
}

@test "killed at any moment, nothing is lost, and only its last second comes again" {
  begin_stream '[]' 2
  keyed 400 >rows
  fill rows
  : >got
  from=(--from trim-horizon)
  for n in 1 2 3; do
    kinesis-get s "${from[@]}" --position at >part 2>err 3>&- 4>&- &
    pid=$!
    wait_until 30 test -s at
    kill -KILL "$pid"
    wait "$pid" || :
    cat part >>got
    from=(--from @at)
    keyed 50 $((351 + 50 * n)) >more
    fill more
    cat more >>rows
  done
  get --from @at
  assert_status 0
  echo "$output" >>got
  diff <(sort rows) <(sort -u got)
}

@test "a position is one object of JSON, replaced as a whole" {
  begin_stream '[]' 2
  keyed 50 >rows
  fill rows
  get --position at
  jq -e '.stream | startswith("arn:aws:kinesis:")' at
  [[ $(jq -c '.shards | keys' at) == '["shardId-000000000000","shardId-000000000001"]' ]]
  [[ $(jq -r '.shards["shardId-000000000000"].sequence' at) =~ ^[0-9]+$ ]]
  [[ ! -e at.new ]]
}

@test "the position of another stream, or of nothing, is status 2" {
  begin_stream
  get --position at
  assert_status 0
  sed 's/stream\/s/stream\/other/' at >other
  get --from @other
  assert_status 2
  assert_stderr_has "--from '@other' is the position of another stream, 'arn:aws:kinesis:us-east-1:000000000000:stream/other'"
  sed 's/"created":[0-9]*/"created":1/' at >older
  get --from @older
  assert_status 2
  assert_stderr_has ', deleted since'
  echo '{}' >none
  get --from @none
  assert_status 2
  assert_stderr_has 'is no position: it names no stream'
  get --from @missing
  assert_status 2
  assert_stderr_has 'cannot read: No such file or directory; a first run begins with'
}

@test "records that the stream no longer keeps are told, with the times between" {
  begin_stream
  keyed 3 >rows
  fill rows
  get -n 1 --position at
  jq '.shards[].arrival = 1000000000000' at >old
  get --from @old
  assert_status 0
  ((${#lines[@]} == 2))
  assert_stderr_has 'warning: shardId-000000000000: records that arrived between 2001-09-09T01:46:40Z and 20'
  assert_stderr_has 'may be missing: the stream keeps them for 24 h'
  jq '.shards["shardId-000000000077"] = {"from": null}' at >gone
  get --from @gone
  assert_status 0
  assert_stderr_has "shard 'shardId-000000000077' is gone"
}

@test "a position that cannot be written is status 2 at the start, 3 later" {
  begin_stream
  get --position no/where
  assert_status 2
  assert_stderr_has "--position 'no/where': cannot write: No such file or directory"
  # It would be renamed over, as would /dev/null.
  mkfifo pipe
  get --position pipe
  assert_status 2
  assert_stderr_has "--position 'pipe': cannot write: not a regular file"
  [[ -p pipe ]]
  mkdir there
  begin_get --from trim-horizon --position there/at --poll 20ms
  wait_until 30 test -s there/at
  rm -r there
  status=0
  wait "$pid" || status=$?
  stderr=$(<err)
  assert_status 3
  assert_stderr_has "--position 'there/at': cannot write: No such file or directory"
}
