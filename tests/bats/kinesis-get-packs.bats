#!/usr/bin/env bats
# kinesis-get: records that others have packed or compressed.
# SPDX-License-Identifier: ISC
# each emulator

load helpers
load faulty
load get

# put_base64 TEXT…: a record each.
put_base64() {
  local data

  for data in "$@"; do
    ask_kinesis PutRecord "{\"StreamName\":\"$STREAM\",\"Data\":\"$data\",\"PartitionKey\":\"outer\"}" >/dev/null
  done
}

# packed KEY=DATA…: by npm's aws-kinesis-agg, in base64.
packed() {
  jq -nc '$ARGS.positional[] | split("=") | {key: .[0], data: .[1]}' \
    --args "$@" | node "$ROOT/tests/kinesis/pack.js"
}

@test "a pack of another producer is taken apart, each record with its own key" {
  begin_stream
  put_base64 "$(packed a=one b=two 'a=three ä')" "$(base64 <<<plain)"
  get
  assert_status 0
  assert_output $'one\ntwo\nthree ä\nplain'
  assert_stat read 2
  assert_stat records 4
  get --envelope
  [[ $(jq -c '[.key, .sub, .data]' <<<"$output") == \
  $'["a",0,"one"]\n["b",1,"two"]\n["a",2,"three ä"]\n["outer",null,"plain\\n"]' ]]
}

@test "--metadata adds what the stream knows of a record to its rows" {
  begin_stream
  put_base64 "$(packed 'k={"a":1}' 'l={"shard-id":5}')" \
    "$(printf '{}\nno {object}\n' | base64)"
  get --metadata timestamp:arrival --metadata shard-id --metadata partition-key:k
  assert_status 0
  ((${#lines[@]} == 4)) && [[ ${lines[3]} == 'no {object}' ]]
  [[ $(head -n 3 <<<"$output" | jq -c '[.a, ."shard-id", .k]') == \
    $'[1,"shardId-000000000000","k"]\n[null,"shardId-000000000000","l"]\n[null,"shardId-000000000000","outer"]' ]]
  head -n 3 <<<"$output" |
    jq -e '.arrival | test("^20.*T.*Z$")' >/dev/null
  get --metadata time
  assert_status 2
  assert_stderr_has "--metadata 'time': unknown metadata; give timestamp, shard-id"
  get --metadata timestamp --envelope
  assert_status 2
}

@test "what kinesis-put --aggregate packs comes back as it was" {
  begin_stream '[]' 2
  keyed 300 >rows
  kinesis-put s --partition-key k --aggregate --in-flight 1 <rows
  get
  assert_status 0
  assert_each_once rows <(echo "$output")
  (($(stat_of read) < 100))
}

@test "--max-records may end within a pack" {
  begin_stream
  put_base64 "$(packed a=one a=two a=three)" "$(base64 <<<four)"
  get -n 2
  assert_status 0
  assert_output $'one\ntwo'
}

@test "a pack whose checksum is wrong is rejected whole" {
  begin_stream
  bad=$(packed a=one | base64 -d | sed 's/one/oen/' | base64)
  put_base64 "$bad" "$(base64 <<<next)"
  get
  assert_status 1
  assert_stderr_has 'its checksum is wrong; --rejects FILE keeps such records'
  get --rejects bad
  assert_status 1
  assert_output next
  [[ $(jq -r .data_base64 bad) == "$bad" ]]
}

@test "--gunzip opens gzip, of several members and within a pack too" {
  begin_stream
  two=$({ printf 'one\n' | gzip && printf 'two\nthree\n' | gzip; } | base64 -w 0)
  put_base64 "$two" "$(base64 <<<plain)"
  get --gunzip
  assert_status 0
  assert_output $'one\ntwo\nthree\nplain'
  get
  assert_status 1
  assert_stderr_has 'the data are gzip; --gunzip opens it'
}

@test "gzip that is cut off is rejected as it came" {
  begin_stream
  cut=$(seq 1000 | gzip | head -c 100 | base64 -w 0)
  put_base64 "$cut" "$(base64 <<<next)"
  get --gunzip --rejects bad
  assert_status 1
  assert_output next
  assert_stderr_has 'gzip data are cut off'
  [[ $(jq -r .data_base64 bad) == "$cut" ]]
}
