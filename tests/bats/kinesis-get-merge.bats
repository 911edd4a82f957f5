#!/usr/bin/env bats
# kinesis-get: what several shards hold, in the order in which it arrived.
# tests/bench/source is the Kinesis: its shards are behind by as much as the
# service would say, and a row's ts is when it arrived.
# SPDX-License-Identifier: ISC

load helpers
load faulty
load get

setup_file() { :; }
teardown_file() { :; }

TOOLS=${UNIT:-$ROOT/build/tests/unit}
SOURCE=${TOOLS%/unit}/bench/source

setup() {
  common_setup
  [[ -x $SOURCE ]] || skip 'source is not built'
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
}

# start_source SHARDS RECORDS BYTES [SKEW]
start_source() {
  mkfifo to from
  "$SOURCE" "$@" <to >from 2>&1 3>&- 4>&- &
  exec {to}>to {from}<from
  read -r port <&"$from"
  export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:$port
}

# late RECORDS OPTION…: of so many rows, those that window calls late.
late() {
  timeout 60 kinesis-get s --from trim-horizon -n "$@" |
    window --tumble 10s --event-time ts --delay 5s --count=n --stats --quiet \
      2>&1 >/dev/null | jq -c '[.read, .late]'
}

@test "of shards of very different lengths nothing comes late, of one, two and sixteen" {
  # Of the first one an answer is minutes, of the last one all.
  start_source 16 2000 200 8
  [[ $(late 7966) == '[7966,0]' ]]
  one=shardId-000000000000
  [[ $(late 2000 --shards $one) == '[2000,0]' ]]
  [[ $(late 2015 --shards $one,shardId-000000000007) == '[2015,0]' ]]
  late 7966 --merge 0s | jq -e '.[0] == 7966 and .[1] > 1000'
}

@test "a shard that --rate keeps us from asking is waited for, longer than --merge" {
  start_source 2 1500 1000 2
  [[ $(late 2250 --rate 1M --merge 100ms) == '[2250,0]' ]]
}

@test "the account says how far each shard is, and whom the others wait for" {
  start_source 2 3000 1000 2
  begin_get --from trim-horizon --rate 100K --metrics metrics --metrics-every 20ms
  # Of the first one 1000 records, a third of it, and then nothing for 10 s.
  wait_until 30 catches_usr1 "$pid"
  wait_until 30 eval 'kill -USR1 $pid; file_has err "waits for shard"'
  stderr=$(<err)
  assert_stderr_has 'waits for shard shardId-000000000000, which is 2400 s behind the latest; --merge bounds that'
  lag=$(stat_of 'shard_lag_ms["shardId-000000000000"]')
  ((lag == 2400000 && lag == $(stat_of lag_ms)))
  [[ $(stat_of 'shard_sequence["shardId-000000000000"]') == *999 ]]
  wait_until 30 file_has metrics \
    "windowpipe_kinesis_get_shard_lag_ms{shard=\"shardId-000000000000\"} $lag"
  end_get
  assert_status 143
}

@test "memory holds an answer of each shard and the next of four, as bytes" {
  # Together 131 MB; two of each, as text, would be 240 MB.
  (ulimit -v 200000 && kinesis-get --version) || skip 'memory has no limit here'
  start_source 8 22000 1024
  status=0
  (ulimit -v 200000; exec kinesis-get s --from trim-horizon -n 176000 \
    --rate 1G 2>err) | tail -n 1 >last || status=$?
  [[ $(<err) == '' && $status == 0 && $(<last) == '{"ts":'* ]]
}
