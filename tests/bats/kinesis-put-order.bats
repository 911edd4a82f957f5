#!/usr/bin/env bats
# kinesis-put: order by key, packs, the pace of shards.
# SPDX-License-Identifier: ISC
# each emulator

load helpers
load faulty

# keyed N KEYS: rows that count up, by key.
keyed() {
  awk -v n="$1" -v k="$2" 'BEGIN { for (i = 1; i <= n; i++)
    printf "{\"k\":%d,\"i\":%d}\n", (i * 7919) % k, i }' >rows.ndjson
}

# The first time that each line was stored, in the order of each key.
assert_order_of_keys() {
  diff <(jq -c '[.k, .i]' rows.ndjson | sort -s -t, -k1,1) \
    <(${1:-stored} | jq -c '[.k, .i]' | awk '!seen[$0]++' |
      sort -s -t, -k1,1) >&2
}

unpacked() { node "$ROOT/tests/kinesis/unpack.js" <stored.log; }
unpacked_data() { unpacked | jq -r .data; }

@test "--ordered keeps the order of each key, whatever fails" {
  start_faulty '[{"do": "throttle", "share": 0.2, "times": 300},
    {"do": "internal", "share": 0.1, "times": 100},
    {"do": "error", "status": 500, "body": "", "share": 0.1, "times": 9},
    {"do": "reset-after", "share": 0.1, "times": 5},
    {"do": "length", "share": 0.1, "times": 5}]' --shards 3 --seed 7
  keyed 1000 100
  put --ordered --partition-key k
  assert_status 0
  assert_stored_all rows.ndjson
  assert_order_of_keys
  assert_account
}

@test "without --ordered a failure may change the order" {
  start_faulty '[{"do": "throttle", "data": "\"i\":1}", "times": 1}]'
  keyed 100 1
  put --partition-key k
  [[ $(stored | head -n 1 | jq .i) -eq 2 ]]
}

@test "--ordered has one record of a key under way at a time" {
  start_faulty
  keyed 50 5
  put --ordered --partition-key k
  assert_status 0
  # No request has two records of one key.
  [[ -z $(jq -c '[.request, .key]' stored.log | sort | uniq -d) ]]
}

@test "--ordered has one record of a partition key under way, whatever its hash keys" {
  start_faulty '[]' --shards 2
  awk 'BEGIN { for (i = 1; i <= 12; i++)
    printf "{\"k\":\"a\",\"i\":%d,\"h\":%s}\n", i,
      i % 2 ? "5" : "340282366920938463463374607431768211455" }' >rows.ndjson
  put --ordered --partition-key k --explicit-hash-key h
  assert_status 0
  assert_stat delivered 12
  assert_stat requests 12
}

@test "--ordered goes on when a record is given up or rejected" {
  start_faulty '[{"do": "throttle", "data": "\"i\":3}"},
    {"do": "refuse", "data": "\"i\":5}"}]'
  keyed 20 1
  put --ordered --partition-key k --retry-for 50ms --undelivered kept \
    --rejects bad
  assert_status 1
  [[ $(<kept) == *'"i":3}' && $(<bad) == *'"i":5}' ]]
  assert_stat delivered 18
  assert_order_of_keys2() { stored | jq .i | sort -nc; }
  assert_order_of_keys2
  assert_account
}

@test "--ordered without a key is refused" {
  export AWS_REGION=us-east-1
  run --separate-stderr kinesis-put s --ordered </dev/null
  assert_status 2
  assert_stderr_has '--partition-key'
}

@test "--aggregate packs lines, a library that is not ours unpacks them" {
  start_faulty
  rows 3000
  put --aggregate
  assert_status 0
  assert_stat delivered 3000
  diff <(unpacked_data) rows.ndjson
  (($(wc -l <stored.log) < 10))
  # 50 KiB at the most, and not far below.
  jq -e '.data | @base64d | utf8bytelength <= 51200' stored.log >/dev/null
  # Each pack has one key, and was sent by it.
  unpacked | jq -e 'select(.key != .outer)' && return 1
  (($(unpacked | jq -r .key | sort -u | wc -l) == $(wc -l <stored.log)))
}

@test "--aggregate packs by key, so that each record stays in its shard" {
  start_faulty '[]' --shards 4
  keyed 3000 20
  put --aggregate --partition-key k
  assert_status 0
  [[ $(jq -r .key stored.log | sort -n | paste -sd' ') == $(seq -s' ' 0 19) ]]
  unpacked | jq -e 'select(.key != .outer or
    .key != (.data | fromjson.k | tostring))' && return 1
  diff <(unpacked_data | sort) <(sort rows.ndjson)
}

@test "--aggregate keeps hash keys" {
  start_faulty '[]' --shards 2
  printf '{"k":"a","h":%s}\n' 5 5 340282366920938463463374607431768211455 \
    >rows.ndjson
  put --aggregate --partition-key k --explicit-hash-key h
  assert_status 0
  [[ $(unpacked | jq -rc '[.key, .hash]') == \
  $'["a","5"]\n["a","5"]\n["a","340282366920938463463374607431768211455"]' ]]
}

# Of two shards the first has the hashes whose first digit is below 8.  Who
# reads a pack drops all of it if one record belongs elsewhere.
assert_in_its_shard() {
  unpacked | jq -e 'select(.shard != if .place < "8"
    then "shardId-000000000000" else "shardId-000000000001" end)' && return 1
  (($(unpacked | jq -r .shard | sort -u | wc -l) == 2))
}

@test "--aggregate: no record of a pack belongs to another shard, with keys and with hash keys" {
  start_faulty '[]' --shards 2
  keyed 2000 37
  put --aggregate --partition-key k
  assert_status 0
  assert_in_its_shard
  # Hashes all over, and five for each key.
  awk 'BEGIN { for (i = 0; i < 1000; i++)
    printf "{\"k\":%d,\"i\":%d,\"h\":\"%d%035d\"}\n", i % 7, i,
      (i * 7919) % 5 * 850 + 1, i % 5 }' >rows.ndjson
  put --aggregate --partition-key k --explicit-hash-key h
  assert_status 0
  assert_in_its_shard
  unpacked | jq -e 'select(.hash != null and
    .hash != (.data | fromjson.h))' && return 1
  [[ $(unpacked | jq -r 'select(.hash != null) | .data' | sort) == \
  "$(sort rows.ndjson)" ]]
  # They are packs all the same.
  (($(jq -c 'select(.hash != null)' stored.log | wc -l) < 200))
}

@test "--aggregate --ordered with hash keys keeps the order of each key, in its shard" {
  start_faulty '[{"do": "throttle", "share": 0.3, "times": 60}]' --shards 2 \
    --seed 5
  awk 'BEGIN { for (i = 1; i <= 600; i++)
    printf "{\"k\":%d,\"i\":%d,\"h\":%d}\n", i % 9, i, i % 9 }' >rows.ndjson
  sed -i 's/"h":[5-8]}/"h":340282366920938463463374607431768211455}/' rows.ndjson
  put --aggregate --aggregate-bytes 300 --ordered --partition-key k \
    --explicit-hash-key h
  assert_status 0
  assert_order_of_keys unpacked_data
  assert_in_its_shard
}

@test "a line too large for a pack goes by itself, the others are packed" {
  start_faulty
  for i in {1..30}; do
    printf '{"i":%d,"pad":"%0*d"}\n' "$i" \
      $((i % 10 == 0 ? 60000 : i == 15 ? 1000000 : 4000)) 0
  done >rows.ndjson
  put --aggregate
  assert_status 0
  assert_stat delivered 30
  diff <(unpacked_data | sort) <(sort rows.ndjson)
  [[ $(unpacked | jq -r 'select(.packed | not) | .data | fromjson.i' |
    sort -n | paste -sd,) == 10,15,20,30 ]]
  # 50 KiB hold twelve of the others.
  (($(wc -l <stored.log) <= 8))
}

@test "a line by itself is not packed" {
  start_faulty
  rows 1
  put --aggregate
  [[ $(unpacked | jq .packed) == false ]]
}

@test "--aggregate-bytes bounds a pack" {
  start_faulty
  rows 1000
  put --aggregate-bytes 1000
  assert_status 0
  jq -r .data stored.log | while read -r data; do
    (($(base64 -d <<<"$data" | wc -c) <= 1000))
  done
  diff <(unpacked_data | sort) <(sort rows.ndjson)
}

@test "--aggregate counts lines, also those that are sent again" {
  start_faulty '[{"do": "throttle", "times": 2}]'
  rows 100
  put --aggregate
  assert_status 0
  assert_stat delivered 100
  assert_stat throttled 200
  assert_stat retried 200
  assert_account
}

@test "a refused pack is taken apart, its good lines are delivered" {
  start_faulty '[{"do": "poison", "data": "\"id\":7,"}]'
  rows 20
  put --aggregate --rejects bad
  assert_status 1
  [[ $(jq .id bad) -eq 7 ]]
  assert_stat delivered 19
  assert_account
}

@test "packs that go undelivered are kept line by line" {
  start_faulty '[{"do": "throttle"}]'
  rows 100
  put --aggregate --retry-for 50ms --undelivered kept
  assert_status 1
  diff rows.ndjson kept
  assert_account
}

@test "--ordered --aggregate keeps the order of each key" {
  start_faulty '[{"do": "throttle", "share": 0.3, "times": 100},
    {"do": "reset-after", "share": 0.2, "times": 5}]' --shards 3 --seed 3
  keyed 2000 10
  put --ordered --aggregate --aggregate-bytes 500 --partition-key k
  assert_status 0
  assert_order_of_keys unpacked_data
  assert_account
}

@test "a shard at its limit is sent to at its pace, and nothing is lost" {
  # 1000 records a second and shard, as the service has it.
  own_faulty '[]' --rate 1000
  keyed 2000 3
  put --partition-key k --backoff 50ms,1s
  assert_status 0
  assert_stored_once rows.ndjson
  # Without a pace each record would be throttled many times over.
  (($(stat_of throttled) < 3000))
}
