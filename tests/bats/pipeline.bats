# pipeline - datagen | four windows | Kinesis, against what jq alone computes.
# SPDX-License-Identifier: ISC
#
# 30 seconds of saved rows go through windowpipe into kinesalite and are read
# back through the API.

load helpers

setup_file() {
  start_kinesis TumblingWindowProcessingTimeOutput \
    TumblingWindowEventTimeOutput SlidingWindowProcessingTimeOutput \
    SlidingWindowEventTimeOutput
  cd "$BATS_FILE_TMPDIR" || return
  datagen -n 3000 --step 10ms --seed 7 --start-time 2026-11-22T06:13:27Z >rows
  with_counts job.sql
  XDG_STATE_HOME=$PWD/kept windowpipe run job.sql --stdin sensor_readings \
    --properties "$ROOT/application_properties.json" <rows >talk 2>account 3>&-
  echo $? >status
  for stream in {Tumbling,Sliding}Window{Processing,Event}TimeOutput; do
    stream_records "$stream" >"$stream"
  done
}
teardown_file() { stop_kinesis; }

setup() {
  common_setup
  cd "$BATS_FILE_TMPDIR" || return
}

# expected SIZE SLIDE: the sample's query, in jq: windows that hold the row,
# the average rounded half up to six decimals and again to two.
expected() {
  jq -nc --argjson size "$1" --argjson slide "$2" '
    def half_up($n; $d): (2 * $n + $d) / (2 * $d) | floor;
    reduce (inputs
      | . as $row
      | ($row.measurement_time | .[0:10] + "T" + .[11:19] + "Z" | fromdate) as $t
      | range(($t / $slide | floor) * $slide; $t - $size; -$slide)
      | { end: (. + $size), key: $row.sensor_id,
          cents: ($row.temperature * 100 | round) }) as $r ({};
        "\($r.end) \($r.key)" as $k
        | .[$k].sum += $r.cents | .[$k].n += 1
        | .[$k].end = $r.end | .[$k].key = $r.key)
    | .[]
    | { sensor_id: .key,
        avg_temp: (half_up(half_up(.sum * 10000; .n); 10000) / 100),
        n, window_end: (.end | todate) }' rows | sort
}

payloads() { jq -r .data "$1"; }

# The rows of a stream as jq would write them, sorted.
multiset() { payloads "$1" | jq -c . | sort; }

@test "the run ends with status 0 and an account that adds up" {
  run cat status account talk
  [[ ${lines[0]} == 0 ]]
  for label in tumbling_processing tumbling_event sliding_processing sliding_event; do
    grep -q "window\[$label\]: read 3000 = aggregated 3000 + late 0 + outside 0 + rejected 0" account
    grep -qE "kinesis-put\[$label\]: read ([0-9]+) = delivered \1 \+ rejected 0 \+ undelivered 0" account
  done
}

@test "the tumbling event-time stream holds exactly the rows that jq computes" {
  expected 10 10 >expected.tumble
  [[ $(wc -l <expected.tumble) -gt 40 ]]
  diff expected.tumble <(multiset TumblingWindowEventTimeOutput)
}

@test "the sliding event-time stream holds exactly the rows that jq computes" {
  expected 10 2 >expected.slide
  [[ $(wc -l <expected.slide) -gt 200 ]]
  diff expected.slide <(multiset SlidingWindowEventTimeOutput)
}

@test "the tumbling processing-time stream adds up to every row read" {
  [[ $(payloads TumblingWindowProcessingTimeOutput | jq -s 'map(.n) | add') == 3000 ]]
}

@test "the sliding processing-time stream adds up to every row read, five times" {
  [[ $(payloads SlidingWindowProcessingTimeOutput | jq -s 'map(.n) | add') == 15000 ]]
}

@test "partition keys are the sensor ids" {
  for stream in *WindowEventTimeOutput *WindowProcessingTimeOutput; do
    [[ $(jq -s 'all(.key == (.data | fromjson | .sensor_id | tostring))' "$stream") == true ]]
  done
}

@test "window_end is ISO-8601 in UTC, and never goes back in a stream" {
  for stream in *WindowEventTimeOutput *WindowProcessingTimeOutput; do
    payloads "$stream" | jq -r .window_end >ends
    run ! grep -vE '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$' ends
    sort -c ends
  done
}

@test "decimals are plain, without trailing zeros" {
  payloads SlidingWindowEventTimeOutput >all
  run ! grep -vE '"avg_temp":[0-9]+(\.[0-9]*[1-9])?,' all
}
