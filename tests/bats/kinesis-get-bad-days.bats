#!/usr/bin/env bats
# kinesis-get when reading fails: whatever happens, each record comes once.
# SPDX-License-Identifier: ISC
# each emulator

load helpers
load faulty
load get

# comes_through RULES [OPTION…]: 300 rows in 3 shards, under those rules.
comes_through() {
  begin_stream "$1" 3
  keyed 300 >rows
  fill rows
  get "${@:2}"
  assert_status 0
  assert_each_once rows <(echo "$output")
}

error() {
  printf '{"do": "error", "operation": "%s", "status": %s, "type": "%s", "times": %s}' "$@"
}

@test "what passes is asked again: errors of the service, in every operation" {
  comes_through "[$(error ListShards 500 InternalFailure 2),
    $(error GetShardIterator 503 ServiceUnavailable 3),
    $(error GetRecords 500 InternalFailure 5)]"
  assert_stat retried 10
}

@test "throttles are waited out, in every operation" {
  comes_through "[$(error ListShards 400 LimitExceededException 1),
    $(error GetShardIterator 400 ProvisionedThroughputExceededException 2),
    $(error GetRecords 400 ProvisionedThroughputExceededException 3)]"
  assert_stat throttled 6
}

@test "an expired iterator is replaced, behind the last record that was written" {
  comes_through "[$(error GetRecords 400 ExpiredIteratorException 6)]"
  assert_stat retried 6
}

@test "an iterator that is not taken is replaced, and not for ever" {
  comes_through "[$(error GetRecords 400 InvalidArgumentException 2)]"
  begin_stream "[$(error GetRecords 400 InvalidArgumentException 99)]"
  get
  assert_status 3
  assert_stderr_has "cannot read stream 's': InvalidArgumentException"
}

@test "a connection that breaks before the answer, within it, or behind it" {
  comes_through '[{"do": "reset-before", "operation": "GetRecords", "times": 2},
    {"do": "half", "operation": "GetRecords", "times": 2},
    {"do": "reset-after", "operation": "GetRecords", "times": 2},
    {"do": "reset-after", "operation": "ListShards", "times": 1},
    {"do": "half", "operation": "GetShardIterator", "times": 1}]'
}

@test "no answer is given up in time and asked again; a slow one is none of these" {
  comes_through '[{"do": "silent", "operation": "GetRecords", "times": 1},
    {"do": "slow", "ms": 300, "operation": "GetRecords", "times": 4}]' \
    --request-timeout 1s
}

@test "what is not answered in time is asked for in smaller parts" {
  begin_stream '[{"do": "silent", "operation": "GetRecords", "above": 300}]'
  keyed 100 >rows
  fill rows
  get --request-timeout 500ms
  assert_status 0
  assert_each_once rows <(printf '%s\n' "$output")
}

@test "status 200 with something else than an answer is asked again" {
  comes_through '[{"do": "garbage", "operation": "GetRecords", "times": 2},
    {"do": "garbage", "operation": "ListShards", "times": 1},
    {"do": "garbage", "body": "{}", "operation": "GetShardIterator", "times": 1}]'
}

@test "a record that is given twice is written once" {
  begin_stream '[{"do": "again", "operation": "GetRecords", "share": 0.4}]'
  keyed 300 >rows
  fill rows
  begin_get --from trim-horizon --poll 20ms
  wait_until 30 has_lines got 300
  keyed 100 301 >>rows
  fill <(tail -n 100 rows)
  wait_until 30 has_lines got 400
  end_get
  assert_each_once rows got
}

@test "answers with nothing in them, and MillisBehindLatest that lies, end nothing early" {
  comes_through '[{"do": "empty", "operation": "GetRecords", "times": 4},
    {"do": "behind", "ms": 60000, "operation": "GetRecords", "times": 8}]' \
    --poll 50ms
}

@test "empty answers that say nothing is behind are asked again after --poll" {
  begin_stream '[{"do": "empty", "ms": 0, "operation": "GetRecords", "times": 3}]'
  keyed 10 >rows
  fill rows
  begin_get --from trim-horizon --poll 20ms
  wait_until 30 has_lines got 10
  end_get
  assert_each_once rows got
}

@test "credentials that the service calls expired are asked for anew" {
  begin_stream "[$(error GetRecords 400 ExpiredTokenException 1)]"
  keyed 5 >rows
  fill rows
  get
  assert_status 3
  assert_stderr_has "cannot read stream 's': ExpiredTokenException; get new credentials"
  stop_faulty
  begin_stream "[$(error GetRecords 400 ExpiredTokenException 2)]"
  cat >keys <<'END'
#!/bin/sh
echo >>asked
echo '{"Version": 1, "AccessKeyId": "key'$(wc -l <asked)'", "SecretAccessKey": "test"}'
END
  chmod +x keys
  printf '[profile p]\ncredential_process = %s/keys\n' "$PWD" >config
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  AWS_CONFIG_FILE=$PWD/config get --profile p
  assert_status 0
  assert_each_once rows <(echo "$output")
  (($(wc -l <asked) == 3))
}

@test "a clock that is off by an hour, or by half a minute, is corrected" {
  begin_stream
  keyed 5 >rows
  fill rows
  for off in 3600000 30000 -30000 -3600000; do
    stop_faulty
    begin_stream '[]' 1 --ms-off "$off"
    run --separate-stderr timeout 30 kinesis-get s --from trim-horizon \
      --until now --poll 100ms
    assert_status 0
    # The rows' arrival is by another clock, that of the emulator.
    ((off < 0)) || assert_each_once rows <(echo "$output")
  done
}

@test "no permission is status 3, and the message names the one that lacks" {
  for operation in ListShards GetShardIterator GetRecords; do
    begin_stream "[$(error $operation 400 AccessDeniedException 9)]"
    get
    assert_status 3
    assert_stderr_has "cannot read stream 's': AccessDeniedException; the policy must allow kinesis:$operation on it"
    stop_faulty
  done
}

@test "a stream that does not exist is status 3, unless it is waited for" {
  begin_stream "[$(error ListShards 400 ResourceNotFoundException 99)]"
  get
  assert_status 3
  assert_stderr_has "cannot read stream 's': ResourceNotFoundException; check name and region, or wait for it with --wait-stream 1m"
  stop_faulty
  begin_stream "[$(error ListShards 400 ResourceNotFoundException 1),
    $(error ListShards 400 ResourceInUseException 1)]"
  keyed 5 >rows
  fill rows
  get --wait-stream 1m
  assert_status 0
  assert_each_once rows <(echo "$output")
  assert_stderr_has "stream 's' does not exist yet; waiting"
}

# goes RULES OPTION…: five rows that are there; from the second GetRecords on the
# service knows nothing of the shard.
goes() {
  begin_stream "[{\"do\": \"error\", \"operation\": \"GetRecords\", \"request\": [2, 999],
    \"status\": 400, \"type\": \"ResourceNotFoundException\"}, $1]"
  keyed 5 >rows
  fill rows
  run --separate-stderr timeout 60 kinesis-get s --from trim-horizon \
    --poll 20ms "${@:2}"
  assert_each_once rows <(echo "$output")
}

@test "a stream that is deleted meanwhile is status 3" {
  goes '{"do": "error", "operation": "ListShards", "request": [2, 99],
    "status": 400, "type": "ResourceNotFoundException"}'
  assert_status 3
  assert_stderr_has 'it has been deleted'
}

made_again='{"do": "edit", "operation": "ListShards", "request": [2, 99],
  "find": "(StartingSequenceNumber\": *\")", "with": "$17"}'

@test "a stream that is deleted and made again is told, and not read on" {
  goes "$made_again" --position at
  assert_status 3
  assert_stderr_has "stream 's' has been deleted and made again: what it holds now follows nothing; begin anew"
  [[ $(jq -r '.shards[].sequence' at) =~ ^[0-9]+$ ]]
}

@test "so is one whose shards do not know their numbers any more" {
  begin_stream "[{\"do\": \"error\", \"operation\": \"GetRecords\", \"request\": [2, 999],
    \"status\": 400, \"type\": \"InvalidArgumentException\"},
    {\"do\": \"error\", \"operation\": \"GetShardIterator\", \"request\": [2, 999],
    \"status\": 400, \"type\": \"InvalidArgumentException\"}, $made_again]"
  keyed 5 >rows
  fill rows
  run --separate-stderr timeout 60 kinesis-get s --from trim-horizon --poll 20ms
  assert_status 3
  assert_each_once rows <(echo "$output")
  assert_stderr_has 'has been deleted and made again'
}

@test "a shard that is too old to be there any more is told, and left" {
  goes '{"do": "edit", "operation": "ListShards", "request": [2, 99],
    "find": "shardId-000000000000", "with": "shardId-000000000009"}' --until now
  assert_status 0
  assert_stderr_has 'shardId-000000000000: the shard is gone: what was in it behind what arrived at 20'
  assert_stderr_has ' is lost; the stream keeps records for 24 h'
}

@test "--retry-for ends what keeps failing" {
  begin_stream "[$(error GetRecords 500 InternalFailure 9999)]"
  get --retry-for 1s
  assert_status 3
  assert_stderr_has 'GetRecords has failed for 1 s, which is as long as --retry-for allows'
}

@test "an outage is said once, and its end" {
  comes_through "[$(error ListShards 503 ServiceUnavailable 6)]"
  (($(grep -c 'refuses for now: ServiceUnavailable; trying again' <<<"$stderr") == 1))
  (($(grep -c 'answers again' <<<"$stderr") == 1))
}

@test "nobody at the endpoint is said at once, and waited for" {
  use_endpoint http://127.0.0.1:1
  begin_get
  wait_until 30 file_has err 'cannot reach http://127.0.0.1:1/'
  end_get
  assert_status 143
}

@test "splits and merges under faults: each record once, in the order of its key" {
  begin_stream '[{"do": "error", "operation": "GetRecords", "status": 500,
      "type": "InternalFailure", "share": 0.1},
    {"do": "reset-after", "operation": "GetRecords", "share": 0.1},
    {"do": "half", "operation": "GetRecords", "share": 0.1},
    {"do": "error", "operation": "GetRecords", "status": 400,
      "type": "ExpiredIteratorException", "share": 0.1},
    {"do": "error", "operation": "GetRecords", "status": 400,
      "type": "ProvisionedThroughputExceededException", "share": 0.1},
    {"do": "empty", "operation": "GetRecords", "share": 0.1},
    {"do": "again", "operation": "GetRecords", "share": 0.1},
    {"do": "error", "operation": "GetShardIterator", "status": 500,
      "type": "InternalFailure", "share": 0.3}]' 2
  keyed 200 >rows
  fill rows
  begin_get --from trim-horizon --poll 20ms
  split_shard shardId-000000000001
  keyed 200 201 >>rows
  fill <(tail -n 200 rows)
  merge_shards shardId-000000000000 shardId-000000000002
  keyed 200 401 >>rows
  fill <(tail -n 200 rows)
  wait_until 120 has_lines got 600
  end_get
  assert_status 143
  assert_each_once rows got
}
