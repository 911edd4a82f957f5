#!/usr/bin/env bats
# datagen: faults to order, and --like.
# SPDX-License-Identifier: ISC

load helpers

start=2024-06-10T00:00:00Z
make=(datagen --seed 3 --start-time "$start" --stats)

@test "late rows lie back by at most the bound, and are counted" {
  run --separate-stderr "${make[@]}" -n 10000 --step 1s \
    --late '10% up-to 3s' 'i INT sequence 0..9999, t TIMESTAMP_LTZ(0)'
  assert_status 0
  late=$(jq -s --arg start "$start" '[.[] |
    ($start | fromdate) + .i - (.t | fromdate)] |
    if all(. >= 0 and . <= 3) then map(select(. > 0)) | length
    else "beyond" end' <<<"$output")
  ((late > 900 && late < 1100))
  (($(jq .late <<<"$stderr") == late))
}

@test "times that are numbers come late too, and window reads them" {
  run --separate-stderr "${make[@]}" -n 10000 --step 1ms \
    --late '10% up-to 3s' 'ts BIGINT epoch ms, v INT 1..1'
  assert_status 0
  late=$(jq .late <<<"$stderr")
  ((late > 900 && late < 1100))
  run --separate-stderr window --tumble 2s --event-time ts --delay 3s --sum v \
    --stats <<<"$output"
  assert_status 0
  jq -e '.aggregated == 10000 and .late == 0' <<<"$stderr"
}

@test "duplicates follow their rows at once and are counted" {
  run --separate-stderr "${make[@]}" -n 10000 --duplicate 5% \
    'i INT sequence 0..9999'
  assert_status 0
  twice=$(uniq -d <<<"$output" | wc -l)
  ((twice > 400 && twice < 600))
  jq -e --argjson twice "$twice" \
    '.duplicated == $twice and .output == 10000 + $twice' <<<"$stderr"
}

@test "bad lines are no JSON objects, and the log names each with its kind" {
  run --separate-stderr "${make[@]}" -n 5000 --bad 8% --bad-log bad.log
  assert_status 0
  printf '%s\n' "$output" >rows
  (($(jq .bad <<<"$stderr") == $(wc -l <bad.log)))
  [[ $(jq -r .kind bad.log | sort -u | xargs) == \
    'array control cut encoding prose trailing-comma two-rows' ]]
  jq -r .line bad.log >bad.lines
  # Every line that is not logged is a record, and no line that is.
  sed "$(sed 's/$/d/' bad.lines)" rows >good
  (($(wc -l <good) + $(wc -l <bad.log) == 5000))
  [[ $(jq -e 'type' good | sort -u) == '"object"' ]]
  while read -r number; do
    line=$(sed -n "${number}p" rows)
    if [[ $(jq -c 'type' <<<"$line" 2>/dev/null) == '"object"' ]]; then
      # jq lets through what RFC 8259 does not.
      ! iconv -f UTF-8 -t UTF-8 <<<"$line" >/dev/null 2>&1 ||
        [[ $line == *$'\x01'* ]]
    fi
  done < <(head -n 60 bad.lines)
}

@test "the log of bad lines is added to, never cut" {
  "${make[@]}" -n 100 --bad 100% --bad-log bad.log >/dev/null 2>&1
  "${make[@]}" -n 100 --bad 100% --bad-log bad.log >/dev/null 2>&1
  (($(wc -l <bad.log) == 200))
}

@test "a log of bad lines that cannot be written ends the run, status 3" {
  run --separate-stderr "${make[@]}" -n 100 --bad 50% --bad-log /dev/full
  assert_status 3
  assert_stderr_has '/dev/full: cannot write: No space left on device'
}

@test "a gap is a silence in event time" {
  run --separate-stderr "${make[@]}" -n 6 --step 1s --gap '2s for 1m' \
    't TIMESTAMP(0)'
  assert_status 0
  assert_output '{"t":"2024-06-10T00:00:00"}
{"t":"2024-06-10T00:00:01"}
{"t":"2024-06-10T00:01:02"}
{"t":"2024-06-10T00:01:03"}
{"t":"2024-06-10T00:02:04"}
{"t":"2024-06-10T00:02:05"}'
  jq -e '.gaps == 2' <<<"$stderr"
}

@test "a gap is a silence on the clock, paced or not" {
  run --separate-stderr datagen -n 301 -r 1000 --gap '100ms for 50ms' --stats
  assert_status 0
  jq -e '.gaps == 3 and .elapsed_s >= 0.449' <<<"$stderr"
  run --separate-stderr timeout 300 datagen -n 2000000 -r 0 \
    --gap '10ms for 20ms' --stats 'a INT 1..1'
  assert_status 0
  jq -e '.gaps >= 1 and .elapsed_s >= 0.02 * .gaps' <<<"$stderr"
}

@test "faults make the same bytes again from the same seed" {
  faults=(--late '5% up-to 10s' --duplicate 1% --bad 2% --gap '1s for 5s')
  "${make[@]}" -n 50000 "${faults[@]}" >one 2>/dev/null
  "${make[@]}" -n 50000 "${faults[@]}" >two 2>/dev/null
  cmp one two
}

refused() {
  run --separate-stderr datagen "${@:2}"
  assert_status 2
  assert_output ''
  assert_stderr_has "$1"
}

@test "faults that make no sense are refused with an example" {
  refused "for example '1% up-to 5s'" --late 5%
  refused 'its share is not 0% to 100%' --late '5 up-to 5s'
  refused 'needs a unit' --late '5% up-to 5'
  refused 'its bound is out of range' --late '5% up-to 0s'
  refused 'no column has the row'\''s time' --late '5% up-to 5s' 'a INT'
  refused 'for example 0.1%' --duplicate 5
  refused "'101%': not a share" --bad 101%
  refused "for example '60s for 10s'" --gap 60s
  refused 'needs a unit' --gap '60 for 10s'
  refused 'is out of range' --gap '0s for 10s'
  refused '--bad-log without --bad' --bad-log x
  refused "--bad-log: cannot open 'missing/x': No such file" --bad 1% \
    --bad-log missing/x
}

# --- --like --------------------------------------------------------------------

@test "--like writes the columns that its own rows came from" {
  datagen -n 3000 -r 0 --seed 1 \
    "id INT 10..20 null 5%, t DECIMAL(5,2) 0..100, d.ok BOOLEAN, d.state STRING
    one-of on|off|'not known', s STRING length 3..6, when TIMESTAMP_LTZ(3),
    n BIGINT sequence 1..9999, c TIME(1) 08:00..17:30" >rows
  run --separate-stderr datagen --like rows
  assert_status 0
  assert_stderr ''
  [[ ${lines[0]} == "-- like 3000 rows of 'rows'; use: datagen @THIS_FILE" ]]
  [[ ${lines[1]} =~ ^'id INT 10..20 null '[45]'.'[0-9]+'%,'$ ]]
  [[ ${lines[2]} =~ ^'t DECIMAL('[45]',2) 0.'[0-9]{2}'..'[0-9.]+,$ ]]
  [[ ${lines[3]} == 'd.ok BOOLEAN,' ]]
  [[ ${lines[4]} == "d.state STRING one-of "*"'not known'"* ]]
  [[ ${lines[5]} == 's STRING length 3..6,' ]]
  [[ ${lines[6]} == 'when TIMESTAMP_LTZ(3),' ]]
  [[ ${lines[7]} == 'n BIGINT sequence 1..9223372036854775807,' ]]
  [[ ${lines[8]} =~ ^'c TIME(1) 08:0'.*'..17:2'.*,$ ]]
  printf '%s\n' "$output" >like.columns
  run --separate-stderr datagen -n 1 @like.columns
  assert_status 0
  jq -e '.d.state and .when' <<<"$output"
}

@test "--like reads rows however their members are set apart" {
  printf '{ "a" : 1 ,\t"o": { "x": 2, "y" :[ ] } , "z":"t" }\r\n' >rows
  run --separate-stderr datagen --like rows
  assert_status 0
  assert_stderr ''
  assert_output "-- like 1 row of 'rows'; use: datagen @THIS_FILE
a INT 1..1,
o.x INT 2..2,
-- 'o.y' left out: an array
z STRING length 1,"
}

@test "--like reads a key that is a value and an object in one row" {
  echo '{"b":3,"b":{"c":"y"}}' >rows
  run --separate-stderr datagen --like rows
  assert_status 0
  printf '%s\n' "$output" >columns
  run --separate-stderr datagen -n 1 @columns
  assert_status 0
  jq -e '.b.c' <<<"$output"
}

@test "--like says what it cannot write and skips what is no row" {
  printf '%s\n' '{"a b":1,"l":[1],"o":{"x":2},"e":{},"m":null,"n":7}' 'oops' \
    '[1]' '{"a b":3,"o":5,"a\u0000b":1,"n":"x"}' '{"a\u0000b":1,"n":true}' >rows
  run --separate-stderr datagen --like - <rows
  assert_status 1
  assert_output "-- like 3 rows of 'stdin'; use: datagen @THIS_FILE
\"a b\" INT 1..3 null 33.3333%,
-- 'l' left out: an array
-- 'o' left out: sometimes an object, sometimes not
o.x INT 2..2 null 66.6666%,
-- 'e' left out: an empty object
m STRING null 100%, -- only null was seen
n STRING length 1, -- booleans, numbers and texts were seen
-- '\"a\\x00b\"' left out: a control character in its name"
  assert_stderr_has 'stdin:2:1: skipped: '
  assert_stderr_has 'stdin:3:1: skipped: not a JSON object'
}

@test "--like on nothing, on a missing file, beside other options" {
  run --separate-stderr datagen --like /dev/null
  assert_status 1
  assert_stderr 'datagen: /dev/null: no rows to imitate: rows are JSON objects, one per line'
  refused 'missing: cannot open: No such file' --like missing
  refused '--like writes columns and generates no rows' --like x 'a INT'
  refused '--like writes columns and generates no rows' --like x -n 5
}

@test "--like says how other JSON becomes rows" {
  echo '[{"a":1},{"a":2}]' >array
  echo '[{"a":1},{"a":2}]' | jq . >pretty
  echo '{"a":1}' | jq . >object
  for file in array pretty; do
    run --separate-stderr datagen --like $file
    assert_status 1
    assert_output ''
    assert_stderr_has "one per line; it is a JSON array: send it through jq -c '.[]'"
    run --separate-stderr datagen --like <(jq -c '.[]' $file)
    assert_status 0
    assert_output_has 'a INT 1..2,'
  done
  run --separate-stderr datagen --like object
  assert_status 1
  assert_stderr_has 'one per line; it is an object spread over several lines: send it through jq -c .'
  echo '{}' >empty
  run --separate-stderr datagen --like empty
  assert_status 1
  assert_stderr 'datagen: empty: its rows have no fields'
}

@test "what --like writes of odd rows is taken, and gives rows like them" {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  export SEED=1 CASES=${CASES:-60}
  run --separate-stderr "$ROOT/tests/property/like"
  assert_status 0
  assert_output_has ', 0 failed'
}
