# pipeline-late - 30 seconds of rows, some late, into four streams and back.
# SPDX-License-Identifier: ISC
#
# What the event-time streams must hold is computed by jq alone, pipeline.jq,
# from the same file, 2000 rows a second.  A row in twenty comes up to 20 s late:
# within the delay, too late for a few of its windows, or for all.

load helpers

rows_in_all=60000

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return
  datagen -n $rows_in_all -r 0 --seed 7 --step 500us --late '5% up-to 20s' \
    --start-time 2026-11-22T06:13:20Z >rows
  expect 10000 >tumble
  expect 2000 >slide
}

# expect SLIDE_MS: what a window of 10 s and that slide is to write.
expect() {
  jq -rn -f "$BATS_TEST_DIRNAME/pipeline.jq" --argjson size 10000 \
    --argjson slide "$1" --argjson delay 5000 <rows
}

setup() {
  common_setup
  rows=$BATS_FILE_TMPDIR/rows
  export TMPDIR=$PWD/tmp XDG_STATE_HOME=$PWD/kept
  mkdir tmp
  start_kinesis "${streams[@]}"
}

teardown() { stop_kinesis; }

streams=(TumblingWindowProcessingTimeOutput TumblingWindowEventTimeOutput
  SlidingWindowProcessingTimeOutput SlidingWindowEventTimeOutput)

# run_job JOB: over those rows.
run_job() {
  run --separate-stderr windowpipe run "$1" --stdin sensor_readings \
    --properties "$ROOT/application_properties.json" <"$rows"
}

# fetch: stream.0 to stream.3 are what the four hold, as stream_records has it.
fetch() {
  local i

  for i in 0 1 2 3; do
    stream_records "${streams[i]}" >"stream.$i"
    [[ -s stream.$i ]] || {
      echo "${streams[i]} is empty" >&2
      return 1
    }
  done
}

# holds I FILE: stream I has the results of FILE, each once, and no other.
holds() {
  diff <(grep -v late "$2" | sort) <(jq -r .data "stream.$1" | sort) >&2
}

late_of() { jq -n 'inputs | .late // empty' "$1"; }

# all_records CONDITION: it is true of each record of the four streams.
all_records() {
  local i

  for i in 0 1 2 3; do
    jq -es "map(select($1 | not)) | .[:3][], length == 0" "stream.$i" \
      >wrong || {
      printf '%s: not so: %s\n' "${streams[i]}" "$1" >&2
      cat wrong >&2
      return 1
    }
  done
}

@test "30 s of rows, some late: the event-time streams hold what jq computes from the file" {
  run_job "$ROOT/examples/windowing.sql"
  assert_status 0
  [[ $(grep -c 'came too late' <<<"$stderr") == 2 ]]
  fetch
  for i in tumble slide; do
    sed 's/"n":[0-9]*,//' "$BATS_FILE_TMPDIR/$i" >"$i"
  done
  holds 1 tumble
  holds 3 slide

  # The account has the rows that jq found to be too late for all windows.
  late=$(late_of tumble)
  ((late > 100))
  assert_stderr_has "window[tumbling_event]: read $rows_in_all = aggregated $((rows_in_all - late)) + late $late + outside 0 + rejected 0; output $(wc -l <stream.1)"
  late=$(late_of slide)
  ((late > 100))
  assert_stderr_has "window[sliding_event]: read $rows_in_all = aggregated $((rows_in_all - late)) + late $late + outside 0 + rejected 0; output $(wc -l <stream.3)"

  # Each record is the sample's: its columns, its key, its time.
  all_records '.data | contains("\n") | not'
  all_records '.data | fromjson | keys_unsorted ==
    ["sensor_id", "avg_temp", "window_end"]'
  all_records '.key == (.data | fromjson | .sensor_id | tostring)'
  all_records '.data | fromjson | .window_end |
    test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")'
  for i in 0 1 2 3; do
    [[ $(jq -r .key "stream.$i" | sort -un | tr '\n' ' ') == \
    '10 11 12 13 14 15 16 17 18 19 20 ' ]]
  done
}

@test "30 s of rows, some late: the counts of the processing-time streams add up to every row" {
  with_counts job.sql
  run_job job.sql
  assert_status 0
  [[ $(grep -c 'came too late' <<<"$stderr") == 2 ]]
  fetch
  holds 1 "$BATS_FILE_TMPDIR/tumble"
  holds 3 "$BATS_FILE_TMPDIR/slide"
  # A row is in one tumbling window, and in five that slide.
  [[ $(jq -n '[inputs.data | fromjson.n] | add' stream.0) == "$rows_in_all" ]]
  [[ $(jq -n '[inputs.data | fromjson.n] | add' stream.2) == \
  $((5 * rows_in_all)) ]]
  # By sensor too.
  for i in 0 2; do
    jq -c '.data | fromjson' "stream.$i" |
      jq -sc 'group_by(.sensor_id) | map([.[0].sensor_id, (map(.n) | add)])' \
        >"by_sensor.$i"
  done
  jq -sc 'group_by(.sensor_id) | map([.[0].sensor_id, length])' "$rows" |
    diff - by_sensor.0 >&2
  jq -sc 'group_by(.sensor_id) | map([.[0].sensor_id, 5 * length])' "$rows" |
    diff - by_sensor.2 >&2
}
