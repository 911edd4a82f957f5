#!/usr/bin/env bats
# window's late rows: judged by the rows before them, counted, kept, revised.
# SPDX-License-Identifier: ISC

load helpers
load window

@test "a row is late when its every window has fired, and the run goes on" {
  win --tumble 10s --event-time t --delay 5s --count --stats \
    < <(row 1 && row 15 && row 2 && row 16)
  assert_status 0
  assert_account 4 3 1 0 0
  [[ $(jq -c .count <<<"$output" | tr '\n' ' ') == '1 2 ' ]]
}

@test "a row behind the watermark is not late while a window of it is open" {
  win --tumble 10s --event-time t --count --stats < <(row 9.998 && row 1)
  assert_account 2 2 0 0 0
  [[ $(jq .count <<<"$output") == 2 ]]
}

@test "a row of HOP that is late for some windows counts in the others" {
  win --hop 10s --slide 2s --event-time t --sum x --stats < <(
    row 1 '"x":1'
    row 3 '"x":2'
    row 1 '"x":10'
  )
  assert_account 3 3 0 0 0
  [[ $(jq -c '[.window_end[17:19], .sum_x]' <<<"$output" | tr -d '\n') == \
    '["22",1]["24",13]["26",13]["28",13]["30",13]["32",2]' ]]
}

@test "a late row may join a session that is open, and move its start back" {
  win --session 5s --event-time t --count --stats \
    < <(row 10 && row 14 && row 7)
  assert_account 3 3 0 0 0
  [[ $(jq -c '[.count, .window_start[17:19], .window_end[17:19]]' \
    <<<"$output") == '[3,"27","39"]' ]]
  win --session 5s --event-time t --count --stats \
    < <(row 10 && row 14 && row 1)
  assert_account 3 2 1 0 0
}

@test "--late keeps late rows as they came, and appends" {
  echo before >late
  {
    row 1
    row 15
    printf '{ "t" : "2024-06-10T06:13:22Z" }\r\n'
    row 3
  } >in
  win --tumble 10s --event-time t --count --late late <in
  assert_status 0
  { echo before && sed -n '3,4p' in; } | cmp - late
  (($(wc -l <late) == 3))
}

@test "a row between the windows of HOP is outside, never late" {
  win --hop 2s --slide 10s --event-time t --count --late late --stats \
    < <(row 1 && row 5 && row 25 && row 7 && row 1)
  assert_status 0
  assert_account 5 1 1 3 0
  [[ $(<late) == "$(row 1)" ]]
}

@test "a row that is outside moves the watermark" {
  win --hop 2s --slide 10s --event-time t --count --at-eof discard --stats \
    < <(row 1 && row 5)
  [[ $(jq .count <<<"$output") == 1 ]]
  assert_stats '.watermark == "2024-06-10T06:13:25Z"'
}

@test "a rejected row does not move the watermark" {
  win --tumble 10s --event-time t --sum x --rejects bad --stats --at-eof discard \
    < <(row 1 '"x":1' && row 50 '"x":true')
  assert_status 1
  assert_output ''
  assert_stats '.watermark == "2024-06-10T06:13:21Z"'
}

# --- --allowed-lateness ---------------------------------------------------------------

revisions() {
  win --event-time t --sum x --allowed-lateness 10s --stats "$@"
  assert_status 0
  jq -c '[.k, .window_end[17:19], .sum_x, .revision]' <<<"$output" |
    tr -d '\n'
}

@test "a late row within --allowed-lateness writes its group again, with its revision" {
  [[ $(revisions --tumble 10s --key k < <(
    row 1 '"k":1,"x":1'
    row 2 '"k":2,"x":2'
    row 11 '"k":1,"x":4'
    row 3 '"k":1,"x":8'
    row 3 '"k":1,"x":16'
    row 19.998 '"k":3,"x":0'
    row 3 '"k":2,"x":32'
    row 19.999 '"k":3,"x":0'
    row 3 '"k":2,"x":64'
  )) == '[1,"30",1,0][2,"30",2,0][1,"30",9,1][1,"30",25,2][2,"30",34,1]'\
'[1,"40",4,0][3,"40",0,0]' ]]
}

@test "the first row of a window that had fired without it is revision 0" {
  [[ $(revisions --tumble 10s < <(
    row 11 '"x":1'
    row 1 '"x":2'
    row 1 '"x":4'
  )) == '[null,"30",2,0][null,"30",6,1][null,"40",1,0]' ]]
}

@test "a late row of HOP revises the windows that have fired, and waits in the others" {
  [[ $(revisions --hop 10s --slide 5s < <(
    row 1 '"x":1'
    row 5 '"x":2'
    row 1 '"x":4'
  )) == '[null,"25",1,0][null,"25",5,1][null,"30",7,0][null,"35",2,0]' ]]
}

@test "revised rows are aggregated, and late ones still counted and kept" {
  win --tumble 10s --event-time t --count --allowed-lateness 10s --stats \
    --late late < <(row 1 && row 15 && row 2 && row 25 && row 3)
  assert_account 5 4 1 0 0
  [[ $(<late) == "$(row 3)" ]]
}

@test "a window that late rows revise comes to what it is with the rows in order" {
  for i in {1..300}; do row $((i / 5)).$((i % 5)) "\"x\":$((i % 7)).5"; done >in
  for i in 7 131 290 288 3; do row $i.0 "\"x\":$i"; done >>in
  for type in DOUBLE 'DECIMAL(9,2)' STRING; do
    for kind in '--hop 60s --slide 1s' '--cumulate 60s --step 1s' \
      '--hop 30s --slide 20s' '--tumble 10s'; do
      set -- $kind --event-time t --max x --from "x $type"
      [[ $type == STRING ]] || set -- "$@" --sum x
      win "$@" --delay 1h <in
      want=$(jq -c . <<<"$output")
      win "$@" --allowed-lateness 1h <in
      assert_status 0
      [[ $(jq -sc 'group_by(.window_end)[] | last | del(.revision)' \
        <<<"$output") == "$want" ]]
    done
  done
}

@test "a late row costs its windows' slices, not that times the windows" {
  awk 'BEGIN { for (i = 0; i < 7220; i++)
      printf "{\"t\":%d000}\n", i < 7200 ? i + 1 : 3600 }' >in
  timeout 60 window --hop 1h --slide 1s --event-time t --count \
    --allowed-lateness 1d <in >out
  [[ $(wc -l <out) == 82799 ]]
  [[ $(grep -c '"revision":20' out) == 3600 ]]
}

@test "fired windows that may be revised do not slow what comes" {
  awk 'BEGIN { for (i = 0; i < 300000; i++)
      printf "{\"t\":%d000}\n", 1 + (i < 200000 ? i : 7919 * i % 200000) }' >in
  timeout 60 window --tumble 1s --event-time t --count \
    --allowed-lateness 365d <in >out
  [[ $(wc -l <out) == 300000 ]]
}

# --- independence ---------------------------------------------------------------------

@test "within the delay the order of rows does not matter" {
  for s in 0 4 2 9 7 5 12 10 15 21 17 20; do row $s "\"x\":$s"; done >in
  win --hop 10s --slide 2s --event-time t --delay 6s --avg x --max x <in
  want=$output
  sort in >sorted
  win --hop 10s --slide 2s --event-time t --delay 6s --avg x --max x <sorted
  assert_output "$want"
}

@test "results do not depend on how the bytes come" {
  rows 1 2 9 15 3 30 44 >in
  win --hop 10s --slide 5s --event-time t --key k --count <in
  want=$output
  win --hop 10s --slide 5s --event-time t --key k --count \
    < <(dd if=in bs=7 status=none)
  assert_output "$want"
}

@test "rows that come in falling order of time cost what others do" {
  awk 'BEGIN { for (i = 800000; i > 0; i--)
      printf "{\"t\":%d000}\n", 3 * i }' >in
  timeout 60 window --session 1s --event-time t --delay 365d --count <in >out
  [[ $(wc -l <out) == 800000 ]]
  [[ $(tail -n 1 out) == '{"count":1,"window_start":"1970-01-28T18:40:00Z",'* ]]
}
