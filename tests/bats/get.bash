# get.bash - what the tests of kinesis-get share; `load get` after faulty.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # err is read by those who load this file

# begin_stream [RULES [SHARDS [OPTION…]]]: a stream behind the proxy.
begin_stream() {
  start_faulty "${1:-[]}" --shards "${2:-1}" "${@:3}"
  KINESIS_URL=$AWS_ENDPOINT_URL_KINESIS
  STREAM=test-$BATS_TEST_NUMBER
}

# fill LINES: puts a file, keyed by k, in order.
fill() {
  kinesis-put s --partition-key k --in-flight 1 --linger 1ms <"$1"
}

# get [OPTION…]: all that is there, up to now.
get() {
  run --separate-stderr timeout 60 kinesis-get s --from trim-horizon \
    --until now --poll 100ms --stats "$@"
}

# begin_get [OPTION…]: in the background, $pid, into ./got and ./err.
begin_get() {
  kinesis-get s "$@" >got 2>err 3>&- 4>&- &
  pid=$!
}

# end_get: by SIGTERM; $status and $stderr are then its.
end_get() {
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  stderr=$(<err)
}

# ask_kinesis OPERATION JSON: an answer of the proxy, by kinesis-put.
ask_kinesis() {
  kinesis-put s --call <<<"$1 $2"
}

open_shards() {
  ask_kinesis ListShards "{\"StreamName\":\"$STREAM\"}" |
    jq -r '.Shards[] | select(.SequenceNumberRange.EndingSequenceNumber | not) |
      .ShardId'
}

is_active() {
  [[ $(ask_kinesis DescribeStreamSummary "{\"StreamName\":\"$STREAM\"}") == \
  *'"ACTIVE"'* ]]
}

# split_shard ID, merge_shards ID ID: and waits until that is done, and until the
# second has passed by which the emulator dates the records of new shards ahead:
# --until now would end before them.
await_shards() {
  wait_until 30 is_active
  sleep 1.1
}

split_shard() {
  local middle

  middle=$(ask_kinesis ListShards "{\"StreamName\":\"$STREAM\"}" |
    jq -r --arg id "$1" '.Shards[] | select(.ShardId == $id).HashKeyRange |
      .StartingHashKey + " " + .EndingHashKey' |
    /usr/bin/python3 -c 'a, b = map(int, input().split()); print((a + b) // 2)')
  ask_kinesis SplitShard "{\"StreamName\":\"$STREAM\",\"ShardToSplit\":\"$1\",\"NewStartingHashKey\":\"$middle\"}" >/dev/null
  await_shards
}

merge_shards() {
  ask_kinesis MergeShards "{\"StreamName\":\"$STREAM\",\"ShardToMerge\":\"$1\",\"AdjacentShardToMerge\":\"$2\"}" >/dev/null
  await_shards
}

# keyed N [FROM]: rows {"k":…,"n":…} from FROM on, of 17 keys.
keyed() {
  seq -f '%.0f' "${2-1}" $((${2-1} + $1 - 1)) |
    jq -c '{k: "k\(. % 17)", n: .}'
}

# assert_each_once FILE GOT: the same lines, each key's in order.
assert_each_once() {
  diff <(sort "$1") <(sort "$2") >&2 || return
  jq -n 'reduce inputs as $r ({}; if (.[$r.k] // 0) > $r.n
    then error("\($r.k) \($r.n) comes late") else .[$r.k] = $r.n end)' \
    "$2" >/dev/null
}

# put_data DATA…: a record each, of any bytes (as printf's %b has them), with
# the key 'k "1"'.
put_data() {
  local data

  for data in "$@"; do
    ask_kinesis PutRecord "$(jq -nc --arg s "$STREAM" \
      --arg d "$(printf '%b' "$data" | base64 -w 0)" \
      '{StreamName: $s, Data: $d, PartitionKey: "k \"1\""}')" >/dev/null
  done
}
