#!/usr/bin/env bats
# window's --where: which rows count, and what is wrong with an expression.
# SPDX-License-Identifier: ISC

load helpers
load window

# where EXPR [FROM]: how many of the rows on stdin count.
where() {
  win --tumble 1h --event-time t --count=n --where "$1" --stats \
    ${2:+--from "t TIMESTAMP_LTZ(3), $2"}
}

# counts N EXPR [FROM]: as many of ./in.
counts() {
  where "${@:2}" <in
  assert_status 0
  assert_stats ".aggregated == $1 and .read == .aggregated + .filtered"
}

# refused EXPR LINE…: each is in stderr, nothing is read, status 2.
refused() {
  local line

  where "$1" "x INT, s STRING, d DECIMAL(6,2)" <in
  assert_status 2
  assert_no_output
  shift
  for line; do
    assert_stderr_has "$line"
  done
}

setup() {
  common_setup
  {
    row 1 '"x":1,"s":"a","d":0.5'
    row 2 '"x":2,"s":"b","d":1.25'
    row 3 '"x":null,"s":null,"d":null'
    row 4 '"x":-4,"s":"abc","d":-3'
  } >in
}

assert_no_output() { [[ -z $output ]]; }

@test "rows of which the expression is true count, the others are filtered" {
  counts 2 'x > 0' 'x INT'
  counts 1 'x > 0 AND d < 1' 'x INT, d DECIMAL(6,2)'
  counts 2 "s LIKE 'a%'" 's STRING'
  counts 3 'x IS NOT NULL' 'x INT'
  counts 2 'NOT x > 0 OR s IS NULL' 'x INT, s STRING'
  counts 4 'TRUE'
  counts 0 'x = NULL' 'x INT'
}

@test "what is joined by AND need not be a comparison of columns" {
  counts 0 'x > 0 AND FALSE' 'x INT'
  counts 0 'FALSE AND x > 0' 'x INT'
  counts 0 'x > 0 AND NULL' 'x INT'
  counts 2 'x > 0 AND TRUE AND x < 9' 'x INT'
  counts 1 "x > 0 AND z" "x INT, s STRING, z AS s = 'a'"
  counts 2 'x <> 5 AND x > 0 AND 3 > 2' 'x INT'
}

@test "a declared column is equal to itself, also where it is null, as in Flink" {
  counts 4 'x <= x' 'x INT'
  counts 2 'x = x AND x > 0' 'x INT'
  counts 0 's <> s' 's STRING'
  counts 4 's IN (s)' 's STRING'
  counts 3 'x = x'
  counts 3 'x + 1 = x + 1' 'x INT'
}

@test "undeclared values are compared by what they are" {
  counts 2 'x > 0'
  counts 1 'd = 1.250'
  counts 1 "s = 'abc'"
}

@test "comparing values of different kinds is unknown, and told once" {
  where 's > 1' <in
  assert_status 0
  assert_stats '.filtered == 4'
  assert_stderr_has 'warning: stdin:1: an expression compares values of different kinds'
  [[ $(grep -c 'different kinds' <<<"$stderr") == 1 ]]
}

@test "a filtered row moves the watermark" {
  {
    row 0 '"x":1'
    row 60 '"x":0'
    row 1 '"x":1'
  } >in
  win --tumble 10s --event-time t --count=n --where 'x = 1' --stats <in
  assert_status 0
  assert_stats '[.aggregated, .filtered, .late] == [1, 1, 1]'
}

@test "a row on which the expression fails is a bad line, with its field" {
  where '10 / x > 3' 'x INT' < <(row 1 '"x":1' && row 2 '"x":0' && row 3 '"x":2')
  assert_status 1
  assert_stderr_has 'stdin:2:33: bad line: field "x", INT, is '\''0'\'': division by zero, in --where at character 4'
  win --tumble 1h --event-time t --count=n --where '10 / x > 3' --stats \
    --from 't TIMESTAMP_LTZ(3), x INT' --rejects kept \
    < <(row 1 '"x":1' && row 2 '"x":0' && row 3 '"x":2')
  assert_status 1
  assert_stats '[.aggregated, .filtered, .rejected] == [2, 0, 1]'
  [[ $(wc -l <kept) == 1 ]]
}

@test "both readers filter the same rows" {
  datagen -n 20000 -r 0 --seed 3 --start-time 2026-01-01T00:00:00Z >in
  local query=(--tumble 1s --event-time measurement_time --delay 1s --key sensor_id
    --avg temperature --count=n --first temperature:f
    --from 'sensor_id INT, temperature DECIMAL(6,2), measurement_time TIMESTAMP(3)')

  for w in 'temperature > 50' 'temperature > 20 AND 15 >= sensor_id' \
    'MOD(sensor_id, 3) = 1 OR temperature BETWEEN 3 AND 4' 'FALSE'; do
    win "${query[@]}" --where "$w" <in
    assert_status 0
    fast=$output
    WINDOWPIPE_PLAIN=1 win "${query[@]}" --where "$w" <in
    assert_status 0
    [[ $output == "$fast" ]]
  done
  jq -c 'select(.temperature > 50)' in >kept
  win "${query[@]}" <kept
  fast=$output
  win "${query[@]}" --where 'temperature > 50' <in
  [[ $output == "$fast" ]]
}

@test "all that is wrong with an expression is told, each with a caret" {
  refused 'xx > UPER(s)' \
    "--where:1:1: there is no column 'xx'; did you mean 'x'?" \
    $'\n  xx > UPER(s)\n  ^' \
    "--where:1:6: there is no function 'UPER'; did you mean UPPER?" \
    $'\n  xx > UPER(s)\n       ^'
  refused "s = 'a" '--where:1:5: the text is not closed'
  refused 'x >' '--where:1:4: a value expected, but the text ends here'
  refused 's > x' 'STRING is not comparable with INT'
  refused 'x + 1' '--where:1:3: the condition takes a truth'
  refused '1 / 0 > x' 'division by zero, in a constant'
  refused 'x > 9999999999999999999999999999999999999999' 'at most 38 digits'
  refused "$(printf '(%.0s' {1..10000})x" 'nested deeper than 400'
  [[ $stderr != *expected* ]] # nothing that follows from that
}

@test "a pattern that explodes makes its row a bad line" {
  win --tumble 1h --event-time t --count=n --where "REGEXP(s, '^(a+)+\$')" \
    < <(row 1 "\"s\":\"$(printf 'a%.0s' {1..60})!\"")
  assert_status 1
  assert_stderr_has 'the pattern takes more than 2 million steps'
}

@test "a state is of one --where" {
  win --tumble 1h --event-time t --count=n --where 'x > 0' --state st <in
  assert_status 0
  win --tumble 1h --event-time t --count=n --where 'x > 1' --state st <in
  assert_status 2
  assert_stderr_has "it was made with --where 'x > 0', now it is --where 'x > 1'"
  win --tumble 1h --event-time t --count=n --where 'x > 0' --state st --stats \
    </dev/null
  assert_stats '[.read, .aggregated, .filtered] == [4, 2, 2]'
}

@test "the plan and Flink's SQL have the filter" {
  local query=(--tumble 1h --event-time t --count=n --where "s = 'a'"
    --from 't TIMESTAMP(3), s STRING')

  win "${query[@]}" --explain
  assert_status 0
  assert_output_has "where    s = 'a'"
  run --separate-stderr windowpipe sql -- "${query[@]}"
  assert_status 0
  assert_output_has "WHERE \`s\` = 'a'"
}
