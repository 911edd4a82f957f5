#!/usr/bin/env bats
# window's columns: what --from reads and --into writes.
# SPDX-License-Identifier: ISC

load helpers
load window

# value TYPE JSON: what --max of the value is, read as TYPE; "bad" for a bad
# line.  TYPE may be "": undeclared.
value() {
  local from=()

  [[ -z $1 ]] || from=(--from "x $1")
  win --tumble 10s --event-time t --max x "${from[@]}" < <(row 1 "\"x\":$2")
  case $status in
  0) sed 's/^{"max_x":\(.*\),"window_start.*/\1/' <<<"$output" ;;
  1)
    [[ -z $output && $stderr == *'bad line: field "x"'* ]]
    echo bad
    ;;
  *) show && return 1 ;;
  esac
}

# values TYPE JSON WANT…
values() {
  local type=$1 got

  shift
  while (($# > 0)); do
    got=$(value "$type" "$1")
    [[ $got == "$2" ]] || {
      echo "$1 read as '$type' is $got, not $2" >&2
      return 1
    }
    shift 2
  done
}

# cast FROM TO JSON: the value of x read as FROM and written as TO.
cast() {
  local from=()

  [[ -z $1 ]] || from=(--from "x $1")
  win --tumble 10s --event-time t --max x:y "${from[@]}" --into "y $2" \
    "${@:4}" < <(row 1 "\"x\":$3")
  assert_status 0
  sed 's/^{"y":\(.*\)}$/\1/' <<<"$output"
}

# --- reading ---------------------------------------------------------------------

@test "integers are whole numbers, floats cut toward zero, and their text" {
  values INT 7 7 -7 -7 -0 0 '" 7 "' 7 '"+7"' 7 1.9 1 -1.9 -1 1e2 100 \
    2147483647 2147483647 2147483648 bad 1e10 bad '"1.5"' bad '""' bad \
    '"0x1"' bad true bad '{}' bad null null
  values TINYINT -128 -128 128 bad 127.9 bad
  values SMALLINT 32767 32767 32768 bad
  values BIGINT -9223372036854775808 -9223372036854775808 \
    9223372036854775807 9223372036854775807 9223372036854775808 bad \
    9223372036854775807.0 bad
}

@test "decimals are rounded to their scale, and null where they have no room" {
  values 'DECIMAL(6,2)' 1.005 1.01 -1.005 -1.01 1.004 1 9999.99 9999.99 \
    9999.995 null 10000 null '"1.5"' 1.5 '".5"' 0.5 '"5."' 5 '" 1e2 "' 100 \
    '"0x1"' bad '"1d"' bad '"NaN"' bad '""' bad true bad '[1]' bad -0 0 \
    1e-400 0 1e400 null
}

@test "doubles and floats are the nearest to the text, and written as Java does" {
  values DOUBLE 0.1 0.1 100 100.0 1e7 1.0E7 1e-4 1.0E-4 -0 -0.0 \
    123456789 1.23456789E8 1e400 bad '"NaN"' bad '"Infinity"' bad \
    '" 2.5 "' 2.5 1e-400 0.0 true bad
  values FLOAT 0.1 0.1 16777217 1.6777216E7 1e39 bad
}

@test "text takes every value: scalars as they stand, objects without blanks" {
  values STRING '"a"' '"a"' 1.50 '"1.50"' true '"true"' null null \
    '{ "a" : [ 1.0 , "\u0062 c" ] }' '"{\"a\":[1.0,\"b c\"]}"' \
    '"\ud83d\ude00"' '"😀"' '"\u001f\u007f\/"' $'"\\u001F\x7f/"' \
    '"\b\f\n\r\t\"\\"' '"\b\f\n\r\t\"\\"'
}

@test "booleans are true where their text is true in any case" {
  values BOOLEAN true true false false '"TRUE"' true '" true "' true \
    '"yes"' false 1 false '""' false '{}' bad '[]' bad null null
}

@test "dates, times and timestamps are read and written" {
  values DATE '"2024-06-10"' '"2024-06-10"' '"2024-02-30"' bad 1 bad
  values TIME '"06:13"' '"06:13:00"' '"06:13:20.50"' '"06:13:20"' \
    '"24:00"' bad
  values 'TIMESTAMP(3)' '"2024-06-10 06:13"' '"2024-06-10T06:13:00"' \
    1718000000500 '"2024-06-10T06:13:20.5"'
  values 'TIMESTAMP_LTZ(3)' '"2024-06-10T06:13:20+01:00"' \
    '"2024-06-10T05:13:20Z"' 1718000000500 '"2024-06-10T06:13:20.5Z"'
}

@test "undeclared numbers are exact to 38 digits" {
  values '' 0.1 0.1 1.50 1.5 1e2 100 -0 0 1E-38 \
    0.00000000000000000000000000000000000001 1e-39 0 1e37 \
    10000000000000000000000000000000000000 1e38 null \
    0.123456789012345678901234567890123456785 \
    0.12345678901234567890123456789012345679 \
    '"1"' '"1"' true true '{"b": 1}' '"{\"b\":1}"' null null
}

@test "MIN and MAX of an undeclared column put boolean below number below text" {
  for x in '"a"' 3 true; do row 1 "\"x\":$x"; done >in
  win --tumble 10s --event-time t --min x --max x <in
  [[ $output == '{"min_x":true,"max_x":"a",'* ]]
}

@test "all but numbers are bad in an undeclared column that is summed" {
  for option in sum avg var-pop stddev-samp p50; do
    for x in '"1"' true '{}'; do
      win --tumble 10s --event-time t --$option x < <(row 1 "\"x\":$x")
      assert_status 1
      assert_stderr_has "bad line: field \"x\" is '$x': not a number"
    done
  done
}

@test "undeclared sums keep the largest scale, averages have 6 decimals at least" {
  {
    row 1 '"x":0.1'
    row 1 '"x":0.25'
    row 1 '"x":1'
  } >in
  win --tumble 10s --event-time t --sum x --avg x <in
  [[ $output == '{"sum_x":1.35,"avg_x":0.45,'* ]]
  win --tumble 10s --event-time t --avg x \
    < <(row 1 '"x":1' && row 1 '"x":0' && row 1 '"x":0')
  [[ $output == '{"avg_x":0.333333,'* ]]
}

@test "results have the types of Flink: AVG of INT is INT, of DECIMAL has 6 decimals" {
  {
    row 1 '"x":1'
    row 1 '"x":2'
    row 1 '"x":2'
  } >in
  for type in INT:1 'DECIMAL(6,2):1.666667' 'DECIMAL(10,8):1.66666667' \
    'DOUBLE:1.6666666666666667' 'FLOAT:1.6666666'; do
    win --tumble 10s --event-time t --avg x --from "x ${type%:*}" <in
    [[ $output == "{\"avg_x\":${type#*:},"* ]] || { show && return 1; }
  done
}

@test "a sum that does not fit wraps or is null, and that is said once" {
  for k in 1 2; do
    row 1 "\"k\":$k,\"x\":2147483647"
    row 1 "\"k\":$k,\"x\":1"
  done >in
  win --tumble 10s --event-time t --key k --sum x --from 'x INT' <in
  assert_status 0
  [[ $(jq .sum_x <<<"$output") == $'-2147483648\n-2147483648' ]]
  assert_stderr 'window: warning: "sum_x" of window '\
"'[2024-06-10T06:13:20, 2024-06-10T06:13:30) of k 1': "\
'the sum does not fit INT and wraps; the first of 2 such values'
  for k in 1 2; do
    row 1 "\"k\":$k,\"x\":$(printf '9%.0s' {1..38})"
    row 1 "\"k\":$k,\"x\":1"
  done >in
  win --tumble 10s --event-time t --key k --sum x --from 'x DECIMAL(38,0)' <in
  assert_status 0
  [[ $(jq .sum_x <<<"$output") == $'null\nnull' ]]
  assert_stderr_has 'the value does not fit DECIMAL(38,0) and is null; the first of 2 such values'
  (($(wc -l <<<"$stderr") == 1))
}

@test "a field is named by its path, a key with a dot in quotes" {
  row 1 '"o":{"k":1,"p":{"q":2}},"o.k":3,"s":"x"' >in
  win --tumble 10s --event-time t --max o.k:a --max o.p.q:b --max '"o.k":c' \
    --max s.k:d --max o:e --from '"o.k" INT, o.p.q BIGINT' <in
  assert_status 0
  [[ $output == '{"a":1,"b":2,"c":3,"d":null,"e":"{\"k\":1,\"p\":{\"q\":2}}",'* ]]
}

@test "a key that comes twice counts as it came last" {
  win --tumble 10s --event-time t --sum x \
    <<<'{"t":"x","x":"a","t":"2024-06-10T06:13:20Z","x":2}'
  assert_status 0
  [[ $output == '{"sum_x":2,'* ]]
}

@test "an object and its text are one key" {
  win --tumble 10s --event-time t --key k --count \
    < <(row 1 '"k":{"a": 1}' && row 1 '"k":"{\"a\":1}"')
  [[ $(jq .count <<<"$output") == 2 ]]
}

@test "equal numbers are one key, a null or missing one has its own" {
  win --tumble 10s --event-time t --key k --count \
    < <(for k in 1 1.0 10e-1 null '"1"'; do row 1 "\"k\":$k"; done && row 1)
  [[ $(jq -c '[.k, .count]' <<<"$output" | tr -d '\n') == \
    '[null,2][1,3]["1",1]' ]]
}

@test "only the fields that are used are checked for their type" {
  win --tumble 10s --event-time t --count --from 'x INT, y INT NOT NULL' \
    < <(row 1 '"x":"abc"')
  assert_status 0
  win --tumble 10s --event-time t --count --sum x --from 'x INT' \
    --into 'count' < <(row 1 '"x":"abc"')
  assert_status 1
}

@test "columns come from a file with comments and generators" {
  cat >readings.columns <<'EOF'
-- the sample's
sensor_id INT 10..20,
temperature NUMERIC(6,2) 0..100, -- degrees
t TIMESTAMP(3),
EOF
  win --tumble 10s --event-time t --key sensor_id --avg temperature:avg_temp \
    --from @readings.columns \
    --into 'sensor_id INT, avg_temp DECIMAL(6,2), window_end' \
    < <(row 1 '"sensor_id":17,"temperature":49.731')
  assert_status 0
  assert_output \
    '{"sensor_id":17,"avg_temp":49.73,"window_end":"2024-06-10T06:13:30Z"}'
}

@test "errors in columns say place, cause and an example" {
  win --tumble 10s --event-time t --count --from 'a INT, x FOO' </dev/null
  assert_status 2
  assert_stderr_has "--from: column 2 of the list, line 1, column 10: unknown type 'FOO'"
  assert_stderr_has 'example: '
  win --tumble 10s --event-time t --count --into 'a INT, A' </dev/null
  assert_status 2
}

# --- NOT NULL ---------------------------------------------------------------------

@test "a column of --from has a type, and one that begins with @ quotes" {
  for name in csv sensor_id; do
    win --tumble 10s --event-time t --count --from "$name" <<<'{"t":1}'
    assert_status 2
    assert_stderr "window: --from: $name has no type; example: $name INT"
  done
  win --tumble 10s --event-time t --count --from '@timestamp TIMESTAMP(3)' <<<'{"t":1}'
  assert_status 2
  assert_stderr_has 'put a name that begins with @ in double quotes'
  win --tumble 10s --event-time '"@timestamp"' --count --from '"@timestamp" TIMESTAMP(3)' \
    <<<'{"@timestamp":"2024-06-10T06:13:20Z"}'
  assert_status 0
}

@test "NOT NULL in --from makes a null, written or arisen, a bad line" {
  for x in null 100000 ''; do
    win --tumble 10s --event-time t --sum x --from 'x DECIMAL(6,2) NOT NULL' \
      < <(row 1 ${x:+"\"x\":$x"})
    assert_status 1
    assert_output ''
    assert_stderr_has 'NOT NULL'
  done
}

@test "NOT NULL in --into ends the run at a null, and says window, key and column" {
  {
    row 1 '"k":1,"x":1'
    row 2 '"k":2,"x":null'
    row 3 '"k":3,"x":3'
  } >in
  win --tumble 10s --event-time t --key k --max x --from 'x INT' \
    --into 'k, max_x INT NOT NULL' <in
  assert_status 1
  assert_output '{"k":1,"max_x":1}'
  assert_stderr 'window: "max_x" of window '\
"'[2024-06-10T06:13:20, 2024-06-10T06:13:30) of k 2': null, but NOT NULL in "\
'--into; leave NOT NULL out, or give a wider type'
}

# --- writing ----------------------------------------------------------------------

@test "--into picks and orders columns; without a type they are as they were" {
  win --tumble 10s --event-time t --key k --count --sum x \
    --into 'sum_x, window_end TIMESTAMP(3), k' < <(row 1 '"k":"a","x":1.5')
  assert_output '{"sum_x":1.5,"window_end":"2024-06-10T06:13:30","k":"a"}'
}

@test "--into takes nested keys by both their names" {
  for name in o.k '"o.k"'; do
    win --tumble 10s --event-time t --key o.k --into "$name" \
      < <(row 1 '"o":{"k":1}')
    assert_status 0
    assert_output '{"o.k":1}'
  done
}

@test "--into knows result columns alone, and names them" {
  win --tumble 10s --event-time t --count --into 'nope INT' </dev/null
  assert_status 2
  assert_stderr "window: --into: no result column is called 'nope'; "\
'there are: count, window_start, window_end'
}

@test "implicit casts are SQL's: wider integers, decimals, floating numbers" {
  [[ $(cast INT BIGINT 7) == 7 ]]
  [[ $(cast TINYINT SMALLINT -7) == -7 ]]
  [[ $(cast INT 'DECIMAL(6,2)' 7) == 7 ]]
  [[ $(cast INT 'DECIMAL(6,2)' 10000) == null ]]
  [[ $(cast INT DOUBLE 7) == 7.0 ]]
  [[ $(cast BIGINT FLOAT 16777217) == 1.6777216E7 ]]
  [[ $(cast 'DECIMAL(6,2)' DOUBLE 0.1) == 0.1 ]]
  [[ $(cast 'DECIMAL(6,2)' 'DECIMAL(6,1)' 0.25) == 0.3 ]]
  [[ $(cast 'DECIMAL(6,2)' 'DECIMAL(3,1)' 99.95) == null ]]
  [[ $(cast FLOAT DOUBLE 0.1) == 0.10000000149011612 ]]
  [[ $(cast DOUBLE 'DECIMAL(6,2)' 1.005) == 1.01 ]]
  [[ $(cast FLOAT 'DECIMAL(6,2)' 1.005) == 1 ]]
}

@test "texts are cut to VARCHAR, cut or padded to CHAR, by characters" {
  [[ $(cast STRING 'VARCHAR(2)' '"äöü"') == '"äö"' ]]
  [[ $(cast STRING 'CHAR(4)' '"ä"') == '"ä   "' ]]
  [[ $(cast STRING 'CHAR(1)' '"äö"') == '"ä"' ]]
  [[ $(cast 'VARCHAR(3)' STRING '"abcdef"') == '"abcdef"' ]]
  [[ $(cast 'VARCHAR(2)' 'VARCHAR(2)' '"abc"') == '"abc"' ]]
}

@test "timestamps are cast both ways by the zone, their fraction cut" {
  [[ $(cast 'TIMESTAMP(3)' 'TIMESTAMP_LTZ(3)' '"2024-06-10T06:13:20.555"' \
    --timezone Europe/Berlin) == '"2024-06-10T04:13:20.555Z"' ]]
  [[ $(cast 'TIMESTAMP_LTZ(3)' 'TIMESTAMP(3)' '"2024-06-10T06:13:20.555Z"' \
    --timezone Europe/Berlin) == '"2024-06-10T08:13:20.555"' ]]
  [[ $(cast 'TIMESTAMP(3)' 'TIMESTAMP(1)' '"2024-06-10T06:13:20.555"') == \
    '"2024-06-10T06:13:20.5"' ]]
  [[ $(cast 'TIMESTAMP(3)' 'TIMESTAMP(0)' '"1969-12-31T23:59:59.5"') == \
    '"1970-01-01T00:00:00"' ]]
}

@test "any other cast is refused before anything is read" {
  while read -r from to; do
    win --tumble 10s --event-time t --max x --from "x $from" \
      --into "max_x $to" < <(row 1)
    assert_status 2
    assert_stderr_has "--into: 'max_x' is $from and cannot be cast to $to; give $from, or no type"
  done <<'EOF'
BIGINT INT
DECIMAL(6,2) INT
DOUBLE FLOAT
DOUBLE INT
INT STRING
STRING INT
BOOLEAN STRING
BOOLEAN INT
DATE STRING
DATE TIMESTAMP(3)
TIME(0) TIMESTAMP(3)
TIMESTAMP(3) STRING
EOF
}

@test "an undeclared value is cast by what it is" {
  [[ $(cast '' INT 7.9) == 7 ]]
  [[ $(cast '' INT -7.9) == -7 ]]
  [[ $(cast '' INT 2147483648) == null ]]
  [[ $(cast '' 'DECIMAL(6,2)' 1.005) == 1.01 ]]
  [[ $(cast '' DOUBLE 100) == 100.0 ]]
  [[ $(cast '' STRING 1.50) == '"1.5"' ]]
  [[ $(cast '' STRING true) == '"true"' ]]
  [[ $(cast '' 'VARCHAR(2)' '"abc"') == '"ab"' ]]
  [[ $(cast '' BOOLEAN true) == true ]]
}

@test "an undeclared value that is none of the type is null, with one warning" {
  for x in '"a"' '"b"'; do row 1 "\"k\":$x,\"x\":$x"; done >in
  win --tumble 10s --event-time t --key k --max x --into 'max_x INT' <in
  assert_status 0
  assert_output $'{"max_x":null}\n{"max_x":null}'
  (($(wc -l <<<"$stderr") == 1))
  assert_stderr_has '"max_x" of window '
  assert_stderr_has "'a' does not fit INT and is null; the first of 2 such values"
}

@test "a name with a hyphen needs no quotes, in --from and --into as in --key" {
  win --tumble 10s --event-time t --key router-id --max a.b-c \
    --from 'router-id INT, a.b-c INT--a comment' --into 'router-id, max_a.b-c' \
    <<<'{"t":1,"router-id":"5","a":{"b-c":"7"}}'
  assert_status 0
  assert_output '{"router-id":5,"max_a.b-c":7}'
}

@test "a decimal key is one group, whichever way its rows are looked up" {
  win --tumble 1s --event-time t --key a --count \
    --from 'a DECIMAL(38,10), t BIGINT' --into 'a DECIMAL(38,10), count BIGINT' \
    < <(for i in {1..9}; do echo "{\"a\":10,\"t\":$i}"; done)
  assert_status 0
  assert_output '{"a":10,"count":9}'
}
