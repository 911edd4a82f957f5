#!/usr/bin/env bats
# datagen: the rows it writes, and their times.
# SPDX-License-Identifier: ISC

load helpers

start=2024-06-10T06:13:20Z

@test "the default table is the sample's sensor_readings" {
  run --separate-stderr datagen -n 1000 -r 0
  assert_status 0
  assert_stderr ''
  ((${#lines[@]} == 1000))
  jq -e 'keys_unsorted == ["sensor_id", "temperature", "measurement_time"]
    and (.sensor_id | . >= 10 and . <= 20 and . == floor)
    and .temperature >= 0 and .temperature <= 100
    and (.measurement_time |
      test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}$"))' \
    <<<"$output" >all
  [[ $(sort -u all) == true ]]
}

@test "temperatures have two decimals and no blanks stand in a row" {
  run --separate-stderr datagen -n 3 --seed 1 --start-time $start
  assert_status 0
  assert_output '{"sensor_id":17,"temperature":19.98,"measurement_time":"2024-06-10T06:13:20.000"}
{"sensor_id":15,"temperature":1.10,"measurement_time":"2024-06-10T06:13:20.000"}
{"sensor_id":16,"temperature":76.35,"measurement_time":"2024-06-10T06:13:20.000"}'
}

@test "the same seed, columns and start time give the same bytes" {
  datagen -n 100000 -s 5 --start-time $start >one
  datagen -n 100000 -s 5 --start-time $start -r 0 >two
  datagen -n 100000 -s 6 --start-time $start >three
  cmp one two
  run ! cmp -s one three
  # On any machine: these bytes are a promise.
  [[ $(md5sum <one) == 'f4603059aeeba97b7bf01dd19c75df26  -' ]]
}

@test "every type and fault gives the same bytes too" {
  run --separate-stderr bash -c 'datagen -n 100000 -s 5 "$@" | md5sum' _ \
    --start-time $start --late '5% up-to 1h' --bad 1% --duplicate 1% \
    'a INT null 5%, b DECIMAL(38,10), c DOUBLE -1..1e9, d FLOAT normal 1 0.1,
    e STRING length 1..50, f TIMESTAMP(3) max-past 9s, g DATE
    2020-01-01..2024-01-01, h BIGINT, n INT normal 10 3'
  assert_output '29d30ee03944c38d38d41e0c08e00b5f  -'
}

@test "without a seed each run differs, and --stats tells the seed" {
  run --separate-stderr datagen -n 50 --start-time $start --stats
  assert_status 0
  first=$output
  seed=$(jq -r .seed <<<"$stderr")
  run --separate-stderr datagen -n 50 --start-time $start
  [[ $output != "$first" ]]
  run --separate-stderr datagen -n 50 --start-time $start --seed "$seed"
  assert_output "$first"
}

@test "event time moves by 1 s / rate a row" {
  run --separate-stderr datagen -n 4 -r 1000000 --start-time $start \
    't TIMESTAMP(3)'
  assert_output_has '20.000'
  run --separate-stderr datagen -n 3 -r 100 --start-time $start 't TIMESTAMP(3)'
  assert_output '{"t":"2024-06-10T06:13:20.000"}
{"t":"2024-06-10T06:13:20.010"}
{"t":"2024-06-10T06:13:20.020"}'
}

@test "without a rate, or with rate 0, event time moves by 0.1 ms a row" {
  for rate in '' '-r0'; do
    run --separate-stderr datagen -n 11 $rate --start-time $start \
      't TIMESTAMP_LTZ(3)'
    [[ ${lines[9]} == '{"t":"2024-06-10T06:13:20.000Z"}' ]]
    [[ ${lines[10]} == '{"t":"2024-06-10T06:13:20.001Z"}' ]]
  done
}

@test "--step moves event time by itself, microseconds too" {
  run --separate-stderr datagen -n 3 --start-time 2024-12-31T23:59:59Z \
    --step 700ms 't TIMESTAMP(1)'
  assert_output '{"t":"2024-12-31T23:59:59.0"}
{"t":"2024-12-31T23:59:59.7"}
{"t":"2025-01-01T00:00:00.4"}'
  run --separate-stderr datagen -n 5 --start-time $start --step 333us \
    't TIMESTAMP(3)'
  [[ ${lines[3]} == *20.000* && ${lines[4]} == *20.001* ]]
}

@test "a start time with an offset is written in UTC" {
  run --separate-stderr datagen -n 1 --start-time 2024-06-10T01:00:00+02:00 \
    't TIMESTAMP(0), d DATE, c TIME'
  assert_output '{"t":"2024-06-09T23:00:00","d":"2024-06-09","c":"23:00:00"}'
}

@test "the clock's times never go back and lie within the run" {
  before=$(date -u +%FT%T.%3N)
  datagen -n 300000 -r 0 't TIMESTAMP(3)' | cut -d '"' -f 4 >times.txt
  after=$(date -u +%FT%T.%3N)
  sort -c times.txt
  [[ ! $(head -n 1 times.txt) < $before && ! $(tail -n 1 times.txt) > $after ]]
}

@test "rows keep their pace: 2000 at 10000 a second take 0.2 s at least" {
  run --separate-stderr datagen -n 2000 --stats
  assert_status 0
  jq -e '.output == 2000 and .elapsed_s >= 0.199' <<<"$stderr"
}

@test "a rate may be a fraction" {
  run --separate-stderr datagen -n 3 -r 12.5 --stats 'a INT'
  jq -e '.output == 3 and .elapsed_s >= 0.159' <<<"$stderr"
}

@test "each tick's rows are written at once, not when a block is full" {
  datagen -r 50 >out 3>&- &
  pid=$!
  wait_until 30 has_lines out 2
  kill "$pid"
  wait "$pid" || :
}

@test "no rows are asked for and none are written" {
  run --separate-stderr datagen -n 0 --stats
  assert_status 0
  assert_output ''
  jq -e '.output == 0' <<<"$stderr"
}

@test "a sequence ends the rows" {
  run --separate-stderr datagen -r 0 'a INT sequence 3..5, b INT 1..1'
  assert_status 0
  assert_output '{"a":3,"b":1}
{"a":4,"b":1}
{"a":5,"b":1}'
}

@test "columns come from a file with comments" {
  printf '%s\n' '-- one table' 'a INT 1..1, -- the first' 'b CHAR(3),' >t.columns
  run --separate-stderr datagen -n 1 @t.columns
  assert_status 0
  [[ $output =~ ^'{"a":1,"b":"'[0-9a-f]{3}'"}'$ ]]
}

@test "names with dots are objects that window reads back by the same names" {
  run --separate-stderr datagen -n 1 'o.a INT 1..1, x INT 2..2, o.b INT 3..3'
  assert_output '{"o":{"a":1,"b":3},"x":2}'
}

@test "--columns-help lists every type and generator" {
  run --separate-stderr datagen --columns-help
  assert_status 0
  assert_stderr ''
  for word in BOOLEAN TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL CHAR \
    VARCHAR STRING DATE TIME TIMESTAMP TIMESTAMP_LTZ \
    MIN..MAX sequence length null max-past epoch normal one-of; do
    assert_output_has "$word"
  done
}

@test "the metrics file counts the rows" {
  run --separate-stderr datagen -n 77 -r 0 --metrics m.prom --name gen
  assert_status 0
  file_has m.prom 'windowpipe_datagen_output_total{name="gen"} 77'
}

# --- ends --------------------------------------------------------------------

# stopped SIGNAL STATUS: an unpaced run that is stopped writes whole rows, and
# its account is what arrived.  No disk holds all that it may write until then.
stopped() {
  mkfifo pipe end
  datagen -r 0 --stats >pipe 2>err 3>&- &
  pid=$!
  tail -c 2 end >last 3>&- &
  readers=($!)
  { head -c 1 && : >runs && tee end; } <pipe 3>&- | wc -l >count 3>&- &
  readers+=($!)
  wait_until 30 test -e runs
  kill "-$1" "$pid"
  wait "$pid" && status=0 || status=$?
  assert_status "$2"
  wait "${readers[@]}"
  [[ $(od -An -c last) == *'}'*'\n' ]]
  (($(jq .output err) == $(<count)))
}

@test "SIGTERM stops it between rows, and it dies by the signal" {
  stopped TERM 143
}

@test "SIGINT stops it between rows, and it dies by the signal" {
  # A shell without job control starts its children with SIGINT ignored.
  set -m
  stopped INT 130
}

@test "SIGTERM ends a long wait at once" {
  datagen -r 0.001 --stats >out 2>err 3>&- &
  pid=$!
  wait_until 30 has_lines out 1
  kill -TERM "$pid"
  wait "$pid" && status=0 || status=$?
  assert_status 143
  jq -e '.output == 1 and .elapsed_s < 60' err
}

# A reader that does not read: the account asked for twice is the same.
has_stalled() {
  : >err
  kill -USR1 "$pid"
  wait_until 30 has_lines err 2
  kill -USR1 "$pid"
  wait_until 30 has_lines err 4
  file_has err 'datagen: waits for the reader of stdout'
  [[ $(grep '^{' err | jq -s '.[0].output == .[1].output') == true ]]
}

@test "it answers SIGUSR1 and ends with whole rows while its reader sleeps" {
  mkfifo pipe
  datagen -r 0 --stats >pipe 2>>err 3>&- &
  pid=$!
  exec 7<pipe
  read -r _ <&7 # it runs
  wait_until 30 has_stalled
  kill -TERM "$pid"
  cat <&7 >out
  exec 7<&-
  wait "$pid" && status=0 || status=$?
  assert_status 143
  [[ $(tail -c 2 out) == '}' ]]
  (($(tail -n 1 err | jq .output) == $(wc -l <out) + 1))
}

@test "asked by SIGUSR1 it says what it waits for" {
  mkfifo log
  datagen -r 1 --bad '1%' --bad-log log >/dev/null 2>err 3>&- &
  pid=$!
  wait_until 30 catches_usr1 "$pid"
  kill -USR1 "$pid"
  wait_until 30 file_has err 'datagen: waits for a reader of log'
  exec 7<log
  wait_until 30 waits_for_a_row
  file_has err '"program":"datagen"'
  kill "$pid"
  exec 7<&-
}

waits_for_a_row() {
  kill -USR1 "$pid"
  file_has err 'datagen: waits for the time of the next row'
}

@test "a second SIGTERM ends it though its reader never reads" {
  mkfifo pipe
  datagen -r 0 >pipe 2>>err 3>&- &
  pid=$!
  exec 7<pipe
  read -r _ <&7 # it runs
  wait_until 30 has_stalled
  kill -TERM "$pid"
  wait_until 30 kill_again "$pid"
  exec 7<&-
  wait "$pid" && status=0 || status=$?
  assert_status 143
}

kill_again() {
  kill -TERM "$1" 2>/dev/null || :
  is_gone "$1"
}

@test "a reader that leaves ends it quietly by SIGPIPE" {
  env --default-signal=PIPE datagen -r 0 2>err | head -n 1 >out
  status=${PIPESTATUS[0]}
  assert_status 141
  [[ ! -s err ]]
}

@test "where SIGPIPE is ignored a reader that leaves is said, status 3" {
  (
    trap '' PIPE
    datagen -r 0 2>err || echo $? >status
  ) | head -n 1 >out
  [[ $(<status) == 3 ]]
  [[ $(<err) == 'datagen: stdout: cannot write: the reader has gone away (broken pipe)' ]]
}

@test "a full disk is said, status 3, and the account is kept" {
  run --separate-stderr bash -c 'datagen -n 10 -r 0 --stats >/dev/full'
  assert_status 3
  assert_stderr_has 'datagen: stdout: cannot write: No space left on device'
  jq -e '.output == 0' <<<"${stderr_lines[1]}"
}

@test "a closed stdout is said, status 3" {
  run --separate-stderr bash -c 'datagen -n 10 -r 0 >&-'
  assert_status 3
  assert_stderr 'datagen: stdout: cannot write: it is closed'
}

# --- what is refused -----------------------------------------------------------

refused() {
  run --separate-stderr datagen "${@:2}"
  assert_status 2
  assert_output ''
  assert_stderr_has "$1"
}

@test "options that make no sense are refused with their remedy" {
  refused 'give 0 or more' -n -1
  refused "--rate '1/s': not a number of rows a second" -r 1/s
  refused 'as fast as possible' -r -5
  refused 'more than 1000000000 rows a second' -r 1000000001
  refused '--seed' -s x
  refused 'for example 2024-06-10T06:00:00Z' --start-time yesterday
  refused 'needs a unit' --start-time $start --step 5
  refused "--step '-5ms'" --start-time $start --step -5ms
  refused '--step without --start-time' --step 5ms
  refused 'COLUMNS are one operand' 'a INT' 'b INT'
  refused 'is beyond the year 9999' -n 1000 --start-time $start --step 100000d
}

@test "errors in columns name place, column, cause and an example" {
  refused "datagen: column 1 of the list, line 1, column 15: sensor_id INT: '10..' lacks its upper end; example: sensor_id INT 10..20" \
    'sensor_id INT 10..'
  refused "column 2 of the list, line 1, column 22: b STRING: 'uniform' is not a generator" \
    'a INT 1..2, b STRING uniform'
  printf '%s\n' 'a INT,' 'é.b INT 5..4' >t.columns
  refused "column 2 of 't.columns', line 2, column 9: é.b INT: '5..4' has its ends the wrong way round" \
    @t.columns
  refused "line 1, column 8: this key is both a value and an object" 'a INT, a.b INT'
  refused 'cannot read columns' @missing
  refused 'x has no type; example: x INT 10..20' 'x'
}
