#!/usr/bin/env bats
# window's computed columns: name AS expression, in --from and in --into.
# SPDX-License-Identifier: ISC

load helpers
load window

setup() {
  common_setup
  {
    row 1 '"e":1767225601,"x":1,"s":"a","d":0.5'
    row 2 '"e":1767225602,"x":2,"s":"b","d":1.25'
    row 3 '"e":1767225603,"x":null,"s":null,"d":null'
    row 4 '"e":1767225604,"x":-4,"s":"abc","d":-3'
  } >in
}

# gives FROM RESULTS OPTION…: the results, one a line, are those of ./in.
gives() {
  win --tumble 1h "${@:3}" --from "$1" <in
  assert_status 0
  assert_output "$2"
}

# refused FROM LINE…: each is in stderr, nothing is read, status 2.
refused() {
  local line

  win --tumble 1h --event-time t --count --from "$1" <in
  assert_status 2
  [[ -z $output ]]
  shift
  for line; do
    assert_stderr_has "$line"
  done
}

TYPED='t TIMESTAMP(3), e BIGINT, x INT, s STRING, d DECIMAL(6,2)'

@test "a computed column is key, argument, condition and event time" {
  gives "$TYPED, y AS x + 1, z AS y * d" \
    $'{"y":null,"n":1,"z":null}\n{"y":-3,"n":1,"z":9}\n{"y":2,"n":1,"z":1}\n{"y":3,"n":1,"z":3.75}' \
    --event-time t --key y --count=n --sum z:z --into y,n,z
  gives "$TYPED, up AS UPPER(s), long AS CHAR_LENGTH(s) > 1" \
    '{"n":4,"long":1,"m":"B"}' --event-time t --count=n \
    --count=long --filter long --max up:m --into n,long,m
  gives "$TYPED, y AS x + 1" '{"n":2}' --event-time t --count=n --into n \
    --where 'y > 1'
  gives "$TYPED, ts AS TO_TIMESTAMP_LTZ(e, 0)" \
    '{"n":4,"window_start":"2026-01-01T00:00:00Z"}' \
    --event-time ts --count=n --into n,window_start
  gives "$TYPED, ts AS TIMESTAMPADD(DAY, 1, t)" \
    '{"n":4,"window_start":"2024-06-11T06:00:00Z"}' \
    --event-time ts --count=n --into n,window_start
}

@test "where nothing is declared it is computed of what the rows have" {
  gives 'y AS x / 2, z AS s IS NULL' \
    $'{"z":false,"y":-0.5}\n{"z":true,"y":null}' \
    --event-time t --key z --sum y:y --into z,y
}

@test "an expression may hold commas, in texts, parentheses and comments" {
  printf '%s\n' '-- of rows' 't TIMESTAMP(3), x INT 1..9, -- a number' \
    "y AS CASE WHEN x > 1 THEN 'a,b'" \
    '  /* , */ ELSE COALESCE(CAST(x AS STRING), '\'', --'\'') END' >columns
  gives @columns $'{"y":", --","n":1}\n{"y":"-4","n":1}\n{"y":"1","n":1}\n{"y":"a,b","n":1}' \
    --event-time t --key y --count=n --into y,n
  # The same file serves the generator.
  run --separate-stderr datagen -n 1 -r 0 @columns
  assert_status 0
  [[ $(jq -c keys <<<"$output") == '["t","x"]' ]]
}

@test "both readers give the same" {
  datagen -n 20000 -r 0 --seed 3 --start-time 2026-01-01T00:00:00Z >in
  local query=(--tumble 1s --event-time at --delay 1s --key parity --avg f
    --where 'g > 50' --count=n --filter 'f > 100' --max label
    --from "sensor_id INT, temperature DECIMAL(6,2), measurement_time TIMESTAMP(3),
      f AS temperature * 1.8 + 32, g AS f - temperature, parity AS MOD(sensor_id, 2),
      label AS CONCAT('s', CAST(sensor_id AS STRING)),
      at AS TIMESTAMPADD(SECOND, -1, measurement_time)")

  win "${query[@]}" <in
  assert_status 0
  [[ $(wc -l <<<"$output") -gt 3 ]]
  fast=$output
  WINDOWPIPE_PLAIN=1 win "${query[@]}" <in
  assert_output "$fast"
}

@test "where it fails the row is a bad line, if --where takes it" {
  local from="$TYPED, y AS 10 / (x - 1)"

  win --tumble 1h --event-time t --sum y --from "$from" <in
  assert_status 1
  assert_stderr_has "stdin:1:48: bad line: field \"x\", INT, is '1': division by zero, in column 'y' of --from at character 4"
  gives "$from" '{"s":8}' --event-time t --sum y:s --into s --where 'x > 1 OR x < 0'
  # What nobody uses is not computed.
  gives "$from" '{"n":4}' --event-time t --count=n --into n
  win --tumble 1h --event-time t --sum y --from 'y AS s' --rejects kept --stats <in
  assert_status 1
  assert_stderr_has "not a number, in column 'y' of --from"
  assert_stats '[.read, .aggregated, .rejected] == [4, 1, 3]'
  [[ $(wc -l <kept) == 3 ]]
  win --tumble 1h --event-time ts --count --from "$TYPED, ts AS TO_TIMESTAMP_LTZ(x, 0)" \
    --rejects kept --stats <in
  assert_stderr_has "an event time must not be null, in column 'ts' of --from"
  assert_stats '[.read, .aggregated, .late, .rejected] == [4, 2, 1, 1]'
}

@test "what is wrong with a computed column is told at its place" {
  refused "$TYPED, y AS xx + 1" \
    "--from:1:65: there is no column 'xx'; did you mean 'x'?"
  refused 'a AS b, b AS x' \
    "--from:1:6: 'b': a column is computed of declared ones and of those computed before it"
  refused 'a AS a + 1' "'a': a column is computed of declared ones"
  refused 'a AS' 'an expression is missing behind AS'
  refused 'a INT AS 1' 'a is computed and has the type of its expression'
  refused "a AS 'x" 'the quote is not closed'
  refused 'a AS 1 /* x' 'the comment is not closed'
  refused 'a AS 1)' "--from:1:7: an operator or the end expected, not ')'"
  refused 'a AS NULL' 'no column can have the type NULL; CAST(NULL AS INT) has one'
  refused 'a AS 1, a AS 2' "there is already a column 'a'"
  printf 'x INT,\ny AS x +\n  zz\n' >columns
  refused @columns "columns:3:3: there is no column 'zz'"
  win --tumble 1h --event-time y --count --from 'x INT, y AS x + 1' <in
  assert_status 2
  assert_stderr_has 'a computed event time must be of type TIMESTAMP(3) or TIMESTAMP_LTZ(3)'
}

@test "the plan and the state have the computed columns" {
  win --tumble 1h --event-time t --sum y --where 'z > 1' --explain --from \
    'x INT, t TIMESTAMP(3), z AS x + 1, y AS z * 2, unused AS x'
  assert_status 0
  grep -A 2 '^computed z INT AS x + 1, of each row$' <<<"$output" >plan
  [[ $(<plan) == *$'\nwhere    z > 1\ncomputed y INT AS z * 2, of the rows that pass' ]]
  win --tumble 1h --event-time t --sum y --from 't TIMESTAMP(3), x INT, y AS x' \
    --state st <in
  assert_status 0
  win --tumble 1h --event-time t --sum y --from 't TIMESTAMP(3), x INT, y AS x + 1' \
    --state st <in
  assert_status 2
  assert_stderr_has "it was made with --from 'y AS x', now it is --from 'y AS x + 1'"
}

# into COLUMNS OPTION…: the results of ./in by x, with n and sum_d.
into() {
  win --tumble 1h --event-time t --key x --sum d:sum_d --count=n --from "$TYPED" \
    --into "$@" <in
}

@test "a result may be computed of keys, aggregates and bounds" {
  into 'x, y DECIMAL(8,3) AS sum_d * 2, z AS CAST(n AS STRING) || '"'!'"', e TIMESTAMP(3) AS window_end + INTERVAL '"'1'"' SECOND' \
    --having 'x > 0 AND sum_d > 0'
  assert_output '{"x":1,"y":1,"z":"1!","e":"2024-06-10T07:00:01"}
{"x":2,"y":2.5,"z":"1!","e":"2024-06-10T07:00:01"}'
  # A name alone is the result, as it is without an expression.
  into 'at AS window_end, s BIGINT AS window_start, n2 AS n' --having 'x = 1'
  assert_output '{"at":"2024-06-10T07:00:00Z","s":1717999200000,"n2":1}'
  into 'r AS rank + 1, y AS sum_d / 0.5' --top 1:sum_d
  assert_output '{"r":2,"y":2.5}'
}

@test "a computed result that fails, or is null against its word, ends the run" {
  into 'y AS 10 / (x - 1)'
  assert_status 1
  [[ $output == $'{"y":null}\n{"y":-2}' ]]
  assert_stderr_has "--into, column 'y', at character 4, of window '[2024-06-10T06:00:00, 2024-06-10T07:00:00) of x 1': division by zero"
  into 'y INT NOT NULL AS x + 1'
  assert_status 1
  assert_stderr_has '"y" of window '"'[2024-06-10T06:00:00, 2024-06-10T07:00:00) of x null'"': null, but NOT NULL'
  into 'y DECIMAL(3,2) AS sum_d * 10'
  assert_status 0
  assert_stderr_has "\"y\" of window '[2024-06-10T06:00:00, 2024-06-10T07:00:00) of x -4': '-30' does not fit DECIMAL(3,2) and is null"
  into 'y STRING AS x + 1'
  assert_status 2
  assert_stderr_has "'y' is INT and cannot be cast to STRING; give INT, or no type"
  into 'x, y AS xx'
  assert_status 2
  assert_stderr_has "--into:1:9: there is no column 'xx'; did you mean 'x'?"
}

@test "CURRENT_TIMESTAMP is the clock, of rows and of results" {
  local now='EXTRACT(YEAR FROM CURRENT_TIMESTAMP)'

  run --separate-stderr window --each --where "$now >= 2026" \
    --from "x INT, a AS $now >= 2026" --into "a, b AS $now >= 2026" <<<'{"x":1}'
  assert_status 0
  assert_output '{"a":true,"b":true}'
}
