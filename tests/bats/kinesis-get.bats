#!/usr/bin/env bats
# kinesis-get: records to lines, where it begins and ends, splits and merges.
# SPDX-License-Identifier: ISC
# each emulator

load helpers
load faulty
load get

# --- all of a stream ---------------------------------------------------------

@test "each record of each shard is a line, in the order of its key" {
  begin_stream '[]' 3
  keyed 500 >rows
  fill rows
  get
  assert_status 0
  assert_each_once rows <(echo "$output")
  assert_stat read 500
  assert_stat output 500
  assert_stat rejected 0
  # Where each shard ended.
  get --envelope
  [[ $(stats | jq -Sc .shard_sequence) == "$(jq -nSc \
    'reduce inputs as $r ({}; .[$r.shard] = $r.sequence)' <<<"$output")" ]]
}

@test "what was written by kinesis-put comes back byte for byte" {
  begin_stream
  printf '{"k":"a","text":"\xe2\x82\xac\xf0\x9f\x98\x80 \\u0000 \\"}"}\nplain text\n  {"k" : 1}  \n' >rows
  kinesis-put s --in-flight 1 <rows
  get
  assert_status 0
  [[ $(sort <<<"$output") == "$(sort rows)" ]]
}

@test "a stream without a record gives nothing and ends" {
  begin_stream '[]' 2
  get
  assert_status 0
  assert_output ''
  assert_stat records 0
}

@test "it follows the stream, and dies by SIGTERM between two records" {
  begin_stream '[]' 2
  begin_get --from trim-horizon --poll 50ms
  keyed 100 >rows
  fill rows
  wait_until 30 has_lines got 100
  keyed 50 101 >more
  fill more
  wait_until 30 has_lines got 150
  end_get
  assert_status 143
  assert_each_once <(cat rows more) got
}

# --- where it begins -----------------------------------------------------------

@test "latest begins with what is put from now on" {
  begin_stream
  keyed 10 >rows
  fill rows
  begin_get --poll 50ms
  wait_until 30 catches_usr1 "$pid"
  wait_until 30 eval 'kill -USR1 $pid; file_has err "\"shards\":1"'
  wait_until 30 eval 'kill -USR1 $pid; grep -qE "\"calls\":([3-9]|[1-9][0-9])" err'
  keyed 10 11 >more
  fill more
  wait_until 30 has_lines got 10
  end_get
  assert_each_once more got
}

@test "--from a time begins with the records that arrived since" {
  begin_stream
  keyed 5 >rows
  fill rows
  sleep 0.1
  since=$(date -u +%FT%T.%3NZ)
  keyed 5 6 >more
  fill more
  get --from "$since"
  assert_status 0
  assert_each_once more <(echo "$output")
}

@test "--from SHARD:SEQUENCE begins behind that record, in its shard alone" {
  begin_stream '[]' 2
  keyed 100 >rows
  fill rows
  get --envelope
  assert_status 0
  one=$(jq -c 'select(.shard == "shardId-000000000001")' <<<"$output")
  place=$(sed -n 3p <<<"$one" | jq -r '.shard + ":" + .sequence')
  get --from "$place" --envelope
  assert_status 0
  [[ $output == "$(tail -n +4 <<<"$one")" ]]
}

@test "--shards reads those alone" {
  begin_stream '[]' 3
  keyed 100 >rows
  fill rows
  get --envelope
  all=$output
  get --envelope --shards shardId-000000000002,shardId-000000000000
  assert_status 0
  [[ $(sort <<<"$output") == \
  "$(grep -v '^{"shard":"shardId-000000000001"' <<<"$all" | sort)" ]]
}

@test "a shard that is not there is status 2, and those that are are named" {
  begin_stream '[]' 2
  get --shards shardId-000000000001,shardId-000000000009
  assert_status 2
  assert_stderr_has "stream 's' has no shard 'shardId-000000000009'; it has shardId-000000000000 to shardId-000000000001"
  get --from shardId-000000000009:123
  assert_status 2
  assert_stderr_has "has no shard 'shardId-000000000009'"
}

@test "a sequence number of another shard is status 2" {
  [[ $EMULATOR == kinesalite ]] || skip 'kinesis-local says 500 to it'
  begin_stream '[]' 2
  keyed 100 >rows
  fill rows
  get --envelope
  other=$(jq -rs 'map(select(.shard == "shardId-000000000001"))[0].sequence' \
    <<<"$output")
  get --from "shardId-000000000000:$other"
  assert_status 2
  assert_stderr_has "the sequence number is not one of this shard"
}

# --- where it ends -------------------------------------------------------------

@test "--until a time ends before the first record that arrived at it or later" {
  begin_stream '[]' 2
  keyed 50 >rows
  fill rows
  sleep 0.1
  until=$(date -u +%FT%T.%3NZ)
  keyed 50 51 >more
  fill more
  run --separate-stderr timeout 60 kinesis-get s --from trim-horizon \
    --until "$until"
  assert_status 0
  assert_each_once rows <(echo "$output")
}

@test "--max-records ends after so many" {
  begin_stream '[]' 2
  keyed 50 >rows
  fill rows
  run --separate-stderr timeout 60 kinesis-get s --from trim-horizon -n 7 --stats
  assert_status 0
  ((${#lines[@]} == 7))
  assert_stat records 7
}

@test "--follow takes back an --until before it" {
  begin_stream
  begin_get --from trim-horizon --until now --follow --poll 50ms
  keyed 5 >rows
  fill rows
  wait_until 30 has_lines got 5
  end_get
  assert_status 143
}

# --- splits and merges -----------------------------------------------------------

@test "children are read after their parents, each record once, in order" {
  begin_stream '[]' 2
  keyed 200 >rows
  fill rows
  begin_get --from trim-horizon --poll 50ms
  split_shard shardId-000000000000
  keyed 200 201 >>rows
  fill <(tail -n 200 rows)
  merge_shards shardId-000000000002 shardId-000000000003
  keyed 200 401 >>rows
  fill <(tail -n 200 rows)
  wait_until 60 has_lines got 600
  end_get
  assert_each_once rows got
  # And from the beginning, when all of that has happened.
  get
  assert_status 0
  assert_each_once rows <(echo "$output")
}

@test "--until reads the children of a shard that closed before it" {
  begin_stream '[{"do": "empty", "operation": "GetRecords", "request": [2, 12]}]'
  : >rows
  for shard in 0 1 3; do
    keyed 20 $((20 * shard + 1)) >more
    fill more
    cat more >>rows
    split_shard "shardId-00000000000$shard"
  done
  get --poll 100ms
  assert_status 0
  assert_each_once rows <(echo "$output")
}

@test "latest reads the children of a shard that is split right after" {
  begin_stream
  keyed 20 >rows
  fill rows
  begin_get --poll 50ms
  wait_until 30 catches_usr1 "$pid"
  wait_until 30 eval 'kill -USR1 $pid; grep -qE "\"calls\":([3-9]|[1-9][0-9])" err'
  split_shard shardId-000000000000
  keyed 100 21 >more
  fill more
  wait_until 30 has_lines got 100
  end_get
  assert_each_once more got
}

# --- lines --------------------------------------------------------------------------

@test "a record of several lines is several, empty ones are none" {
  begin_stream
  put_data 'one\ntwo\n\n\r\nthree\r\n' ''
  get
  assert_status 0
  [[ $(od -An -c <<<"$output") == "$(printf 'one\ntwo\nthree\r\n' | od -An -c)" ]]
  assert_stat records 2
  assert_stat output 3
}

@test "--envelope says shard, sequence, arrival, key and data" {
  begin_stream
  put_data 'a "line"\nand \xe2\x82\xac' '\xff\x00'
  get --envelope
  assert_status 0
  [[ $(jq -r .shard <<<"${lines[0]}") == shardId-000000000000 ]]
  [[ $(jq -r .sequence <<<"${lines[0]}") =~ ^[0-9]+$ ]]
  [[ $(jq -r .arrival <<<"${lines[0]}") =~ ^20..-..-..T..:..:.*Z$ ]]
  [[ $(jq -r .key <<<"${lines[0]}") == 'k "1"' ]]
  [[ $(jq -r .data <<<"${lines[0]}") == $'a "line"\nand \xe2\x82\xac' ]]
  [[ $(jq -c '.data, .data_base64' <<<"${lines[1]}") == $'null\n"/wA="' ]]
}

@test "a record that is no text ends the run, or goes to --rejects in its envelope" {
  begin_stream
  put_data one '\xff\x00' three
  get
  assert_status 1
  assert_output one
  assert_stderr_has 'kinesis-get: shardId-000000000000: record '
  assert_stderr_has ': the data are not UTF-8 text; --rejects FILE keeps such records, and --envelope writes them'
  get --rejects bad
  assert_status 1
  assert_output $'one\nthree'
  assert_stat rejected 1
  assert_stat records 3
  [[ $(jq -r .data_base64 bad) == /wA= ]]
}

# --- what makes no sense ---------------------------------------------------------------

@test "what makes no sense is status 2 before anything is asked" {
  use_endpoint http://127.0.0.1:1
  refuses() {
    run --separate-stderr kinesis-get "${@:2}"
    assert_status 2 && assert_output '' && assert_stderr_has "$1"
  }
  refuses "no stream is given; try 'kinesis-get --help'"
  refuses 'one stream only' s t
  refuses "bad stream 's/t'" s/t
  refuses "--from 'yesterday': unknown place; give latest, trim-horizon" s --from yesterday
  refuses "--from '2026-13-01': month out of range" s --from 2026-13-01
  refuses "--from 'shardId-1': not SHARD:SEQUENCE" s --from shardId-1
  refuses '--until is not after --from' s --from 2026-01-02 --until 2026-01-01
  refuses '--from is in the future' s --from 2999-01-01
  refuses "--until 'later': not a time" s --until later
  refuses "--max-records '0': nothing would be read" s -n 0
}
