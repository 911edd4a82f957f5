#!/usr/bin/env bats
# window by the clock: rows count when they are read, windows fire by
# themselves.
# SPDX-License-Identifier: ISC

load helpers
load window

teardown() { stop_window; }

@test "a window of processing time fires by the clock, with no further row" {
  start_window --tumble 1s --processing-time --key k --count --stats
  give '{"k":1}' '{"k":2}'
  wait_until 30 has_lines out 2
  now=$(date +%s)
  kill -USR1 "$WINDOW_PID"
  wait_until 30 file_has err '"open_windows":0,"watermark":null'
  end_window
  assert_status 0
  [[ $(jq -c '[.k, .count]' <<<"$output" | tr -d '\n') == '[1,1][2,1]' ]]
  # It fired after its end, and at once.
  end=$(date -d "$(jq -r .window_end <<<"$output" | head -n 1)" +%s)
  ((end <= now && now - end <= 8))
}

@test "rows count in the window in which they are read" {
  start_window --tumble 500ms --processing-time --count
  give '{}' '{}'
  wait_until 30 has_lines out 1
  give '{}'
  wait_until 30 has_lines out 2
  end_window
  assert_status 0
  [[ $(jq -s 'map(.count) | add' <<<"$output") == 3 ]]
  # As text 30.5Z would come before 30Z.
  jq -s -e '[.[].window_end | sub("(?<s>:[0-9]{2})Z$"; "\(.s).0Z")] |
    . == unique' <<<"$output"
}

@test "HOP of processing time fires every slide while a row is in it" {
  start_window --hop 600ms --slide 200ms --processing-time --count
  give '{}'
  wait_until 30 has_lines out 3
  end_window
  assert_status 0
  (($(wc -l <<<"$output") == 3))
  [[ $(jq -s 'map(.count) | unique == [1]' <<<"$output") == true ]]
}

@test "a session of processing time ends when its gap has gone by" {
  start_window --session 300ms --processing-time --count
  give '{}' '{}'
  wait_until 30 has_lines out 1
  end_window
  [[ $(jq .count <<<"$output") == 2 ]]
}

@test "at the end of input open windows are written, or discarded as Flink does" {
  win --tumble 1d --processing-time --count <<<'{}'
  assert_status 0
  [[ $(jq .count <<<"$output") == 1 ]]
  win --tumble 1d --processing-time --count --at-eof discard <<<'{}'
  assert_status 0
  assert_output ''
}

@test "nothing is late by the clock, and a row needs no time" {
  win --tumble 3650d --processing-time --sum x --stats \
    < <(row 1 '"x":1' && row -100 '"x":2')
  assert_status 0
  assert_account 2 2 0 0 0
  [[ $(jq .sum_x <<<"$output") == 3 ]]
}

@test "days are the days of --timezone" {
  win --tumble 1d --processing-time --count --timezone Asia/Kolkata \
    --into 'window_start TIMESTAMP_LTZ(3), window_end TIMESTAMP(3)' <<<'{}'
  [[ $(jq -r .window_start <<<"$output") == *T18:30:00Z ]]
  [[ $(jq -r .window_end <<<"$output") == *T00:00:00 ]]
}

@test "the four windows of the sample add up to every row" {
  datagen -n 3000 -r 0 --seed 1 --start-time 2024-06-10T06:13:20Z >rows ||
    skip 'datagen is not built'
  win --tumble 10s --processing-time --key sensor_id --count <rows
  [[ $(jq -s 'map(.count) | add' <<<"$output") == 3000 ]]
  win --hop 10s --slide 2s --processing-time --key sensor_id --count <rows
  [[ $(jq -s 'map(.count) | add' <<<"$output") == 15000 ]]
}
