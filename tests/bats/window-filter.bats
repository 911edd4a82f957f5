#!/usr/bin/env bats
# window's --filter: what one aggregate takes.
# SPDX-License-Identifier: ISC

load helpers
load window

setup() {
  common_setup
  {
    row 1 '"k":"a","x":1,"s":200'
    row 2 '"k":"a","x":3,"s":500'
    row 3 '"k":"a","x":null,"s":503'
    row 4 '"k":"b","x":9,"s":200'
  } >in
}

FROM=(--from 't TIMESTAMP_LTZ(3), k STRING, x INT, s INT')

# aggregates OPTION…: the results of ./in, without window bounds.
aggregates() {
  win --tumble 10s --event-time t --key k "$@" <in
  assert_status 0
  output=$(sed 's/,"window_start".*/}/' <<<"$output" | xargs -d '\n')
}

says() {
  [[ $output == "$1" ]] || {
    echo "not $1 but $output" >&2
    return 1
  }
}

@test "an aggregate takes the rows of which its --filter is true" {
  aggregates "${FROM[@]}" --count=n --count=errors --filter 's >= 500' \
    --sum x --filter 's < 500' --max x
  says '{"k":"a","n":3,"errors":2,"sum_x":1,"max_x":3} {"k":"b","n":1,"errors":0,"sum_x":9,"max_x":9}'
}

@test "where no row passes an aggregate is null, a count 0" {
  aggregates "${FROM[@]}" --count=n --filter 'FALSE' --avg x:m --filter 's > 999' \
    --first x:f --filter 'x > 2'
  says '{"k":"a","n":0,"m":null,"f":3} {"k":"b","n":0,"m":null,"f":9}'
}

@test "--filter and --where go together, over undeclared values too" {
  aggregates --count=n --filter 'x > 1' --sum x --filter 's = 500' \
    --where "k = 'a'"
  says '{"k":"a","n":1,"sum_x":3}'
}

@test "both readers filter the same rows of an aggregate" {
  datagen -n 20000 -r 0 --seed 3 --start-time 2026-01-01T00:00:00Z >in
  local query=(--hop 2s --slide 1s --event-time measurement_time --delay 1s
    --key sensor_id --avg temperature --filter 'MOD(sensor_id, 2) = 0'
    --count=warm --filter 'temperature > 50' --count=n
    --where 'temperature < 99'
    --from 'sensor_id INT, temperature DECIMAL(6,2), measurement_time TIMESTAMP(3)')

  win "${query[@]}" <in
  assert_status 0
  fast=$output
  WINDOWPIPE_PLAIN=1 win "${query[@]}" <in
  [[ $output == "$fast" ]]
  win --session 1s "${query[@]:4}" <in
  assert_status 0
  want=$(jq -s 'map(select(.temperature > 50 and .temperature < 99)) | length' in)
  [[ $(jq -s 'map(.warm) | add' <<<"$output") == "$want" ]]
}

@test "a row on which --filter fails is a bad line, not one that --where leaves out" {
  win --tumble 10s --event-time t --count=n --filter '10 / (x - 1) > 0' \
    --where 'x > 1' --stats "${FROM[@]}" <in
  assert_status 0
  assert_stats '[.aggregated, .filtered, .rejected] == [2, 2, 0]'
  win --tumble 10s --event-time t --count=n --filter '10 / (x - 1) > 0' \
    "${FROM[@]}" <in
  assert_status 1
  assert_stderr_has 'bad line: field "x", INT, is '\''1'\'': division by zero, in --filter at character 4'
}

@test "--filter stands behind an aggregate, once, and its text is checked" {
  win --tumble 10s --event-time t --filter 'x > 1' --count <in
  assert_status 2
  assert_stderr_has '--filter goes behind the aggregate that it filters'
  win --tumble 10s --event-time t --count --filter 'x > 1' --filter 'x < 3' <in
  assert_status 2
  assert_stderr_has 'join them with AND'
  win --tumble 10s --event-time t --count --filter 'y > 1' "${FROM[@]}" <in
  assert_status 2
  assert_stderr_has "--filter:1:1: there is no column 'y'"
}

@test "a state is of one --filter" {
  win --tumble 1h --event-time t --count=n --filter 'x > 1' --state st <in
  assert_status 0
  win --tumble 1h --event-time t --count=n --filter 'x > 2' --state st <in
  assert_status 2
  assert_stderr_has "--filter 'n:x > 1', now it is --filter 'n:x > 2'"
}
