#!/usr/bin/env bats
# window's --each: no windows, each row that passes is a result.
# SPDX-License-Identifier: ISC

load helpers
load window

setup() {
  common_setup
  printf '%s\n' '{"t":"2024-06-10T06:13:21Z","x":1,"s":"a","d":0.5}' \
    '{"t":"2024-06-10T06:13:20Z","x":2,"s":"b","d":1.25}' \
    '{"t":null,"x":null,"s":null,"d":null}' >in
}

# each RESULTS OPTION…: of ./in these results are made.
each() {
  win --each "${@:2}" <in
  assert_status 0
  assert_output "$1"
}

# refused MESSAGE OPTION…
refused() {
  win --each "${@:2}" <in
  assert_status 2
  [[ -z $output ]]
  assert_stderr_has "$1"
}

TYPED='t TIMESTAMP(3), x INT, s STRING, d DECIMAL(6,2)'

@test "each row that passes is a result, of the columns that --into has" {
  each $'{"s":"a","y":1.5,"x2":1}\n{"s":"b","y":3.25,"x2":2}' --from "$TYPED" \
    --where 'x > 0' --into 's, y DECIMAL(6,2) AS d + x, x2 BIGINT AS x'
  # Without --into: what --from has, computed or not.
  each $'{"x":1,"y":2}\n{"x":2,"y":3}\n{"x":null,"y":null}' --from 'x INT, y AS x + 1'
  # Nothing is declared: values are what the rows say.
  each $'{"s":"a","y":0.5}\n{"s":"b","y":1}\n{"s":null,"y":null}' --into 's, y AS x / 2'
  each $'x,u\n1,A\n2,B\n,' --into 'x, u AS UPPER(s)' --output csv
  each $'   x  s\n   1  a\n   2  b\nnull  null' --into x,s --output table
}

@test "rows are read, filtered, written or rejected" {
  win --each --from "$TYPED" --where 'x > 0' --into 'y AS 2 / (x - 1)' \
    --rejects kept --stats < <(cat in && echo nothing)
  assert_status 1
  assert_output '{"y":2}'
  assert_stats '[.read, .filtered, .output, .rejected] == [4, 1, 1, 2] and
    (has("late") or has("aggregated") or has("watermark") | not)'
  assert_stderr_has "stdin:1:33: bad line: field \"x\", INT, is '1': division by zero, in column 'y' of --into at character 3"
  [[ $(wc -l <kept) == 2 ]]
  win --each --from "$TYPED" --into 'y INT NOT NULL AS x + 1' --stats <in
  assert_status 1
  assert_stats '[.read, .filtered, .output, .rejected] == [3, 0, 2, 1]'
  [[ $output == $'{"y":2}\n{"y":3}' ]]
  assert_stderr_has '"y" of line 3: null, but NOT NULL in --into'
}

@test "both readers give the same" {
  datagen -n 20000 -r 0 --seed 3 --start-time 2026-01-01T00:00:00Z >in
  local query=(--each --where 'f > 100 AND sensor_id <> 12'
    --from 'sensor_id INT, temperature DECIMAL(6,2), measurement_time TIMESTAMP(3), f AS temperature * 1.8 + 32'
    --into "sensor_id, f, day AS DATE_FORMAT(measurement_time, 'yyyy-MM-dd')")

  win "${query[@]}" <in
  assert_status 0
  [[ $(wc -l <<<"$output") -gt 5000 ]]
  fast=$output
  WINDOWPIPE_PLAIN=1 win "${query[@]}" <in
  [[ $output == "$fast" ]]
}

@test "a result is written at once" {
  start_window --each --from 'x INT'
  give '{"x":1}'
  wait_until 10 grep -q '{"x":1}' out
  give '{"x":2}'
  wait_until 10 grep -q '{"x":2}' out
  kill -USR1 "$WINDOW_PID"
  wait_until 10 grep -q 'waiting for rows' err
  end_window
  assert_status 0
}

@test "what belongs to windows is refused, and what is no column" {
  local message='each row a result, without windows, time, keys or aggregates; leave --'

  while read -r -a options; do
    refused "$message${options[0]#--} out" "${options[@]}" --into x
  done <<'END'
--tumble 10s
--event-time t
--processing-time
--delay 5s
--key x
--count
--p99 x
--top 1:x
END
  refused 'leave --having out' --having 'x > 1' --into x
  refused 'has no windows; leave --state out' --state st --into x
  refused 'has no windows; leave --late out' --late f --into x
  refused 'does not know what to write; give --into COLUMNS'
  refused "--from has no column 'y'; it has: x" --from 'x INT' --into y
  refused "--into:1:6: there is no column 'xx'; did you mean 'x'?" --from 'x INT' --into 'y AS xx'
  refused "'x' is INT and cannot be cast to STRING" --from 'x INT' --into 'x STRING'
}

@test "timestamps are written with a T, or as SQL has them" {
  local into='t, l TIMESTAMP_LTZ(3) AS t, e AS t + INTERVAL '"'0.5'"' SECOND, day DATE AS CAST(t AS DATE), t2 AS CAST(t AS STRING)'

  each '{"t":"2024-06-10T06:13:20","l":"2024-06-10T06:13:20Z","e":"2024-06-10T06:13:20.5","day":"2024-06-10","t2":"2024-06-10 06:13:20.000"}' \
    --from "$TYPED" --where 'x = 2' --into "$into"
  each '{"t":"2024-06-10 06:13:20","l":"2024-06-10 06:13:20Z","e":"2024-06-10 06:13:20.5","day":"2024-06-10","t2":"2024-06-10 06:13:20.000"}' \
    --from "$TYPED" --where 'x = 2' --into "$into" --timestamps sql
  # Both forms are read.
  win --each --from "t TIMESTAMP(3), l TIMESTAMP_LTZ(3)" <<<"$output"
  assert_output '{"t":"2024-06-10T06:13:20","l":"2024-06-10T06:13:20Z"}'
  each $'t\n2024-06-10 06:13:20' --from "$TYPED" --where 'x = 2' --into t --timestamps sql \
    --output csv
  win --tumble 10s --event-time t --count --into window_start,window_end --timestamps sql \
    < <(head -n 2 in)
  assert_output '{"window_start":"2024-06-10 06:13:20Z","window_end":"2024-06-10 06:13:30Z"}'
  each '' --from 't TIMESTAMP(3)' --where 'FALSE' --timestamps sql
}

@test "the plan says it" {
  win --each --from 'x INT, y AS x + 1' --where 'y > 1' \
    --into 'x, z DECIMAL(6,2) AS y * 2' --explain
  assert_status 0
  assert_output "computed y INT AS x + 1, of each row
where    y > 1
bad      lines: the first ends the run (--rejects FILE)
each     row that passes is a result, at once
result   x INT, z DECIMAL(6,2) AS y * 2"
}

@test "what makes no sense of forms and names makes none with --each" {
  local words message

  while IFS='|' read -r words message; do
    eval "words=($words)"
    run --separate-stderr window --each "${words[@]}" <<<'{"a":1}'
    assert_status 2
    assert_stderr_has "$message"
  done <<'CASES'
--into 'a, b AS a' --output-delimiter ';'|--output-delimiter goes with --output csv only
--output table --output-delimiter ';' --into a|--output-delimiter goes with --output csv only
--header yes --into a|go with --format csv only
--format csv --delimiter x --quote x --into a|--delimiter and --quote are the same
--from 'o.k INT, "o.k" INT'|two result columns are called
--into 'a.x AS a, "a.x" AS a'|two result columns are called 'a.x'
CASES
}
