#!/usr/bin/env bats
# The jobs of examples/ do what they say.
# SPDX-License-Identifier: ISC

load helpers

# example NAME: its rows, by windowpipe and by the pipes that it becomes.
example() {
  local planned

  cd "$ROOT" || return
  windowpipe plan "examples/$1.sql" >"$BATS_TEST_TMPDIR/plan"
  planned=$(bash "$BATS_TEST_TMPDIR/plan" 2>"$BATS_TEST_TMPDIR/err")
  [[ ! -s $BATS_TEST_TMPDIR/err ]]
  run --separate-stderr windowpipe run "examples/$1.sql"
  assert_status 0
  [[ $(sort <<<"$output") == "$(sort <<<"$planned")" ]]
}

@test "tumbling and sliding: the lowest price of each stock" {
  # By jq, from the rows: what each window of each ticker has.
  lowest() {
    jq -sc --argjson slide "$1" '[.[] | . as $r
        | (.event_time + "Z" | fromdate) as $t | range(0; 10 / $slide)
        | (($t / $slide | floor) + . + 1) * $slide
        | select(. > $t and . - 10 <= $t)
        | {ticker: $r.ticker, price: $r.price, end: .}]
      | group_by(.end, .ticker)[] | min_by(.price)
      | {ticker, price, stream_time: (.end | strftime("%Y-%m-%d %H:%M:%S.000"))}' \
      "$ROOT/examples/data/ticks.ndjson"
  }
  example tumbling
  [[ $output == "$(lowest 10)" ]]
  example sliding
  [[ $output == "$(lowest 5)" ]]
}

@test "nginx: classes of status, and the slowest paths, also of .gz files" {
  example nginx
  local plain=$output
  assert_output_has '{"window_end":"2026-11-29T10:01:00Z","class":"2xx","requests":30,"slowest":1.235,"mean":0.154}'
  assert_output_has '{"window_end":"2026-11-29T10:01:00Z","place":1,"path":"/api/search","slowest":1.308}'
  [[ $(grep -c '"place":10,' <<<"$output") == 2 ]]
  [[ $output != *'"place":11'* ]]
  cp -r "$ROOT/examples/data/access" "$BATS_TEST_TMPDIR"
  gzip "$BATS_TEST_TMPDIR/access/2026-11-29T1000.ndjson"
  echo '[{"PropertyGroupId":"Access","PropertyMap":{"path":"'"$BATS_TEST_TMPDIR"'/access"}}]' \
    >"$BATS_TEST_TMPDIR/p.json"
  windowpipe plan "$ROOT/examples/nginx.sql" --properties "$BATS_TEST_TMPDIR/p.json" \
    >"$BATS_TEST_TMPDIR/plan"
  run bash "$BATS_TEST_TMPDIR/plan"
  [[ $(sort <<<"$output") == "$(sort <<<"$plain")" ]]
}

@test "sensors: rooms that were uncomfortable for most of ten minutes" {
  example sensors
  assert_output '{"room":"attic","from":"2026-11-29T10:00:00","feels":"cold","mean":17.63,"outside":9,"readings":9}
{"room":"kitchen","from":"2026-11-29T10:00:00","feels":"warm","mean":22.55,"outside":6,"readings":8}
{"room":"attic","from":"2026-11-29T10:10:00","feels":"cold","mean":17.74,"outside":9,"readings":10}
{"room":"kitchen","from":"2026-11-29T10:10:00","feels":"warm","mean":22.75,"outside":8,"readings":9}'
}

@test "clicks and peaks: sessions, and a window over a window" {
  example clicks
  [[ $(jq -s 'map(.clicks) | add' <<<"$output") == 35 ]]
  assert_output_has '{"person":"dan","began":"2026-11-29T11:10:00","ended":"2026-11-29T11:40:00","clicks":1,"pages":1}'
  example peaks
  # The same by jq: rows of a minute, the most of an hour.
  [[ $output == "$(jq -sc 'group_by(.at_time[:16]) | map({h: .[0].at_time[:13], n: length})
    | group_by(.h)[] | {hour_end: (.[0].h + ":00:00Z" | fromdate + 3600
        | strftime("%Y-%m-%dT%H:%M:%S")), busiest: (map(.n) | max), minutes: length}' \
    "$ROOT/examples/data/clicks.ndjson")" ]]
}

@test "the account of a job without windows adds up" {
  cat >"$BATS_TEST_TMPDIR/each.sql" <<SQL
CREATE TABLE r (room STRING, celsius DECIMAL(5, 2), ok BOOLEAN) WITH ('connector' =
  'filesystem', 'path' = '$ROOT/examples/data/readings.ndjson', 'format' = 'json');
SELECT room FROM r WHERE ok;
SQL
  run --separate-stderr windowpipe run "$BATS_TEST_TMPDIR/each.sql" --stats
  assert_status 0
  assert_stderr_has 'read 60 = output 53 + filtered 7 + rejected 0'
  [[ $(tail -n 1 <<<"$stderr" | jq -c '[.program, .stages, .rejected]') == \
    '["windowpipe",1,0]' ]]
  run --separate-stderr windowpipe run "$BATS_TEST_TMPDIR/each.sql" --stats \
    --stdin r --rejects "$BATS_TEST_TMPDIR/bad" <<<'no json'
  assert_status 1
  [[ $(tail -n 1 <<<"$stderr" | jq .rejected) == 1 ]]
}

@test "stream: from one stream to another, as README has it" {
  cd "$ROOT" || return
  # The first block of SQL that reads a stream.
  awk '/^```/ { if (sql && text ~ /initpos/) { printf "%s", text; exit }
      sql = /^```sql/; text = ""; next } sql { text = text $0 "\n" }' \
    README.md >"$BATS_TEST_TMPDIR/readme.sql"
  run --separate-stderr windowpipe plan examples/stream.sql
  assert_status 0
  assert_output_has 'kinesis-get readings '
  assert_output_has '--from trim-horizon'
  assert_output_has 'kinesis-put averages '
  windowpipe plan "$BATS_TEST_TMPDIR/readme.sql" | grep -v '^#' >"$BATS_TEST_TMPDIR/plan"
  [[ $(grep -v '^#' <<<"$output") == "$(<"$BATS_TEST_TMPDIR/plan")" ]]
}
