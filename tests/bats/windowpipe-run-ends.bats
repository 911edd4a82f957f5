# windowpipe-run-ends - how a job ends, by itself, by signals, by deaths.
# SPDX-License-Identifier: ISC
# long

load helpers
load run

# --- ends ------------------------------------------------------------------

@test "--for ends the source alone; the rest finishes, with status 0" {
  local began_us=${EPOCHREALTIME/./} took_ms

  at_rate 500
  pipeline --for 1s
  took_ms=$(((${EPOCHREALTIME/./} - began_us) / 1000))
  assert_status 0
  [[ $stderr =~ datagen\[sensor_readings\]:\ ([0-9]+)\ rows ]]
  n=${BASH_REMATCH[1]}
  # Not before its time; and rows of no more time than all that it took.
  ((took_ms >= 1000 && n > 0 && n <= took_ms / 2))
  for label in tumbling_processing tumbling_event sliding_processing sliding_event; do
    assert_stderr_has "window[$label]: read $n = aggregated $n +"
  done
  no_stage_is_alive
}

# endless COMMAND…: while rows without end come from the FIFO feed.
endless() {
  mkfifo feed
  { while datagen -n 1000 -r 0 2>/dev/null; do :; done; } >feed 2>/dev/null 3>&- &
  feeder=$!
  "$@"
  kill "$feeder" 2>/dev/null || :
}

took_whole_lines() {
  assert_status 0
  [[ $stderr =~ tumbling_event\]:\ read\ ([0-9]+)\ =\ aggregated\ ([0-9]+)\ .*rejected\ 0 ]]
  ((BASH_REMATCH[1] > 0))
  no_stage_is_alive
}

interrupted() {
  input=feed begin --stdin sensor_readings
  wait_until 60 rows_flow
  kill -INT -- "-$run_pid"
  finish
}

@test "Ctrl-C ends an endless pipe after a whole line, drains, status 0" {
  endless interrupted
  assert_stderr_has 'ending the source'
  took_whole_lines
}

for_a_second() { pipeline --stdin sensor_readings --for 1s <feed; }

@test "--for ends an endless pipe after a whole line, too" {
  endless for_a_second
  took_whole_lines
}

@test "the first Ctrl-C stops the source and drains: status 0, all is delivered" {
  at_rate 1000
  begin
  wait_until 60 rows_flow
  kill -INT -- "-$run_pid"
  finish
  assert_status 0
  [[ $stderr =~ datagen\[sensor_readings\]:\ ([0-9]+)\ rows ]]
  assert_stderr_has "window[sliding_processing]: read ${BASH_REMATCH[1]} = aggregated ${BASH_REMATCH[1]} "
  no_stage_is_alive
  [[ -z $(ls tmp) ]]
}

@test "TERM does as Ctrl-C" {
  at_rate 1000
  begin
  wait_until 60 rows_flow
  kill -TERM "$run_pid"
  finish
  assert_status 0
  assert_stderr_has 'kinesis-put[sliding_event]: read '
  no_stage_is_alive
}

# begin_outage OPTION…: a run whose Kinesis is away, with results that wait.
begin_outage() {
  at_rate 1000 "s/INTERVAL '2' SECONDS/INTERVAL '1' SECOND/; s/ - INTERVAL '5' SECOND//"
  AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:1 begin --keep "$PWD/kept" "$@"
  wait_until 60 results_wait
}

results_wait() {
  (($(grep -hE '^windowpipe_kinesis_put_read_total\{.*\} [1-9]' \
    tmp/windowpipe.*/*.prom 2>/dev/null | wc -l) >= 2))
}

# What each hopping kinesis-put has read is in the account or in a file.
all_is_kept() {
  local label file n

  for label in sliding_processing sliding_event; do
    file=$(echo kept/run-*/$label.undelivered)
    n=$(wc -l <"$file")
    assert_stderr_has "kinesis-put[$label]: read $n = delivered 0 + rejected 0 + undelivered $n;"
    assert_stderr_has "  $PWD/$file"
  done
}

@test "TERM while Kinesis is away: after --drain the rest is kept and named, status 1" {
  begin_outage --drain 1s
  kill -TERM "$run_pid"
  finish
  assert_status 1
  [[ $stderr == *'windowpipe: ending the source; the other stages finish what they hold (again: '* ]]
  assert_stderr_has 'kinesis-put[sliding_event] still holds something; telling it to stop'
  all_is_kept
  no_stage_is_alive
  [[ -z $(ls tmp) ]]
}

@test "--for ends while Kinesis is away, too" {
  at_rate 1000
  AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:1 pipeline --keep "$PWD/kept" \
    --drain 1s --for 2s
  assert_status 1
  all_is_kept
}

@test "a second signal keeps what is held at once: 130 by Ctrl-C, 143 by TERM" {
  for signal in INT TERM; do
    rm -rf kept
    begin_outage --drain 1h
    kill -s "$signal" "$run_pid"
    wait_until 30 file_has err 'ending the source'
    sleep 0.06 # else it is the same one, said twice
    kill -s "$signal" "$run_pid"
    finish
    assert_status $((128 + $(kill -l "$signal")))
    all_is_kept
    no_stage_is_alive
    [[ -z $(ls tmp) ]]
  done
}

@test "a third signal kills" {
  begin_outage --drain 1h
  kill -TERM "$run_pid"
  wait_until 30 file_has err 'ending the source'
  sleep 0.06
  kill -TERM "$run_pid"
  kill -INT "$run_pid"
  finish
  [[ $status == 130 || $status == 143 ]]
  wait_until 30 no_stage_is_alive
  [[ -z $(ls tmp) ]]
}

@test "a reader of standard output that goes ends it quietly; a bad line, with status 1" {
  cat >job.sql <<'EOF'
CREATE TABLE r (a INT, t STRING) WITH ('connector' = 'datagen',
  'rows-per-second' = '1000', 'fields.t.length' = '3');
SELECT a, t FROM r;
EOF
  sed 's/SELECT a, t/SELECT a, CAST(t AS DATE)/' job.sql >bad.sql
  run --separate-stderr bash -c 'windowpipe run job.sql | head -n 1; exit ${PIPESTATUS[0]}'
  assert_status 141
  assert_stderr ''
  run --separate-stderr bash -c 'trap "" PIPE; windowpipe run job.sql | head -n 1; exit ${PIPESTATUS[0]}'
  assert_status 3
  assert_stderr 'windowpipe: stdout: cannot write: the reader has gone away (broken pipe)'
  run --separate-stderr windowpipe run bad.sql
  assert_status 1
  assert_stderr_has 'bad line: field "t"'
}

has_come() { [[ $(<"$1") == "$2" ]]; }

# half_row REST: what the feed makes of a row whose end is REST, if it comes.
half_row() {
  local rows

  mkfifo feed
  exec 4<>feed
  : >got
  windowpipe rows <feed >got 2>err 3>&- 4>&- &
  rows=$!
  printf 'a,100\nb,2' >&4
  wait_until 30 has_come got a,100
  kill -TERM "$rows"
  printf '%s' "$1" >&4
  wait "$rows"
  exec 4<&-
  rm feed
}

@test "a row of which a pipe has given half when it is stopped is no row" {
  half_row $'00\n1,1'
  [[ $(<got) == $'a,100\nb,200' ]]
  half_row ''
  [[ $(<got) == a,100 ]]
  grep -qx 'windowpipe: warning: stopped within a line: the 3 bytes of it that had been read are not used' err
}

@test "the reader of a file that goes away is a fault: status 3, named" {
  mkfifo sink
  cat >job.sql <<'EOF'
CREATE TABLE r (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');
CREATE TABLE o (a INT) WITH ('connector' = 'filesystem', 'path' = 'sink', 'format' = 'json');
INSERT INTO o SELECT a FROM r;
EOF
  head -n 1 sink >/dev/null 3>&- &
  run --separate-stderr windowpipe run job.sql
  assert_status 3
  assert_stderr_has "] died: the reader of 'sink' has gone away (broken pipe)"
}

@test "a packed file that is cut off is a fault, status 3; what follows it is not" {
  mkdir in
  seq -f '{"a":%g}' 5000 | gzip >whole
  cat >folder.sql <<'EOF'
CREATE TABLE r (a INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
SELECT a FROM r WHERE a > 4999;
EOF
  sed "s/'in'/'in\\/a.json.gz'/" folder.sql >file.sql
  head -c 9000 whole >in/a.json.gz
  echo '{"a":6000}' >in/b.json
  for job in folder file; do
    run --separate-stderr windowpipe run "$job.sql"
    assert_status 3
    assert_output ''
    assert_stderr_has 'unexpected end of file'
  done
  { cat whole && echo more; } >in/a.json.gz
  for job in file folder; do
    run --separate-stderr windowpipe run "$job.sql"
    assert_status 0
    assert_stderr_has 'trailing garbage ignored'
    [[ ${lines[0]} == '{"a":5000}' ]]
  done
  [[ ${lines[1]} == '{"a":6000}' ]]
}

@test "a job that waits for the other end of a FIFO ends by the signal, quietly" {
  mkfifo in
  cat >job.sql <<'EOF'
CREATE TABLE r (a INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
SELECT a FROM r;
EOF
  job=job.sql begin
  wait_until 30 compgen -G 'tmp/windowpipe.*'
  # The first may come before it waits.
  while ! is_gone "$run_pid"; do
    kill -TERM "$run_pid"
    sleep 0.05
  done
  finish
  assert_status 143
  assert_stderr ''
  [[ -z $(ls tmp) ]]
}

@test "what a job names sends nothing to the terminal" {
  echo '{"a":1}' >in
  printf "CREATE TABLE r (a INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
    CREATE TABLE \`o\033[2J\` (a INT) WITH ('connector' = 'filesystem', 'path' = 'o\033[2J', 'format' = 'json');
    INSERT INTO \`o\033[2J\` SELECT a FROM r;" >job.sql
  run --separate-stderr windowpipe run job.sql
  assert_status 0
  assert_stderr_has 'o?[2J: 1 row'
  [[ $stderr != *$'\033'* ]]
}

# --- deaths ----------------------------------------------------------------

# dies PROGRAM NAME: kills that stage and expects it named, the source stopped
# within a second, and everything gone.  A machine that stands still for a
# second is given two more tries.
dies() {
  local try

  for try in 1 2 3; do
    dies_once "$1" "$2"
    ((took_us >= 1000000)) || return 0
    echo "try $try: the source was stopped after $took_us us" >&2
  done
  return 1
}

# dies_once PROGRAM NAME: sets took_us, from the death to the source's end.
dies_once() {
  local source

  at_rate 1000
  begin
  wait_until 60 rows_flow
  source=$(stage datagen sensor_readings)
  took_us=${EPOCHREALTIME/./}
  kill -KILL "$(stage "$1" "$2")"
  wait_until 30 is_gone "$source"
  took_us=$((${EPOCHREALTIME/./} - took_us))
  finish
  assert_status 3
  assert_stderr_has "$1[$2] died: killed by SIGKILL"
  assert_stderr_has "ended because $1[$2] died"
  assert_stderr_has 'kinesis-put[tumbling_processing]: read '
  no_stage_is_alive
  [[ -z $(ls tmp) ]]
}

@test "the death of a kinesis-put stops all within a second and is named" {
  dies kinesis-put tumbling_event
}

@test "the death of a window stops all within a second and is named" {
  dies window sliding_processing
}

@test "the death of the splitter stops all within a second and is named" {
  dies fanout sensor_readings
}

@test "the death of datagen stops all within a second and is named" {
  dies datagen sensor_readings
}

@test "a death costs the other streams nothing of what they hold" {
  rows 300 >rows
  mine p.json
  sed -i 's/"a2"/"no-such-stream"/' p.json
  before=$(stream_count a1)
  pipeline --stdin sensor_readings --properties p.json <rows
  assert_status 3
  assert_stderr_has 'kinesis-put[sliding_processing] died: status 3'
  assert_stderr_has 'kinesis-put[tumbling_event]: read 33 = delivered 33'
  [[ $(stream_count a1) == $((before + 33)) ]]
}

is_empty() { [[ -z $(ls "$1") ]]; }

@test "if run itself is killed the stages end, and nothing is left" {
  at_rate 1000
  begin
  wait_until 60 rows_flow
  kill -KILL "$run_pid"
  finish
  wait_until 60 no_stage_is_alive
  wait_until 60 is_empty tmp
}

@test "if run is killed while Kinesis is away the rest is kept, and nothing runs on" {
  begin_outage --drain 1s
  kill -KILL "$run_pid"
  finish
  wait_until 60 no_stage_is_alive
  wait_until 60 is_empty tmp
  [[ -s $(echo kept/run-*/sliding_event.undelivered) ]]
  [[ $(ls kept/run-*) != *rejects* ]]
}

@test "if run is killed its local Kinesis ends" {
  unset AWS_ENDPOINT_URL_KINESIS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  at_rate 100
  begin --local
  wait_until 60 rows_flow
  local=$(pgrep -f -- "kinesalite.js --owner $run_pid")
  kill -KILL "$run_pid"
  finish
  wait_until 60 is_gone "$local"
  wait_until 60 no_stage_is_alive
}

@test "the death of the local Kinesis ends the run: status 3" {
  unset AWS_ENDPOINT_URL_KINESIS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  at_rate 1000
  begin --local --drain 1s --for 1h
  wait_until 60 rows_flow
  kill -KILL "$(pgrep -f -- "kinesalite.js --owner $run_pid")"
  finish
  assert_status 3
  assert_stderr_has 'windowpipe: the local Kinesis has died'
  assert_stderr_has 'windowpipe: SlidingWindowEventTimeOutput cannot be read back'
  assert_stderr_has 'kinesis-put[tumbling_processing]: read '
  no_stage_is_alive
}

# --- the account -----------------------------------------------------------

# instead PROGRAM: $program is windowpipe in a folder of programs in which
# PROGRAM is a script, from stdin, which finds the true one in $BIN.
instead() {
  mkdir other
  ln -s "$BIN"/* other
  rm "other/$1" other/windowpipe
  cp "$BIN/windowpipe" other
  { echo '#!/bin/bash' && cat; } >"other/$1"
  chmod +x "other/$1"
}

# With its metrics, which are older than its end, for an account.
@test "a stage that gave no account is said, with status 3" {
  instead kinesis-put <<<"[[ \$1 == --c* ]] || exec 2>/dev/null; exec $BIN/kinesis-put \"\$@\""
  rows 20 >rows
  run --separate-stderr other/windowpipe run "$job" --stdin sensor_readings <rows
  assert_status 3
  assert_stderr_has '  kinesis-put[sliding_processing]: no account'
}

@test "metrics that do not come make no other account" {
  instead window <<<"exec $BIN/window \"\${@/#--metrics=*/--metrics=$PWD/elsewhere}\""
  rows 300 >rows
  run --separate-stderr other/windowpipe run "$job" --stdin sensor_readings <rows
  assert_stderr_has 'window[tumbling_event]: read 300 = aggregated 300 + late 0 + outside 0 + rejected 0; output 33'
  assert_stderr_has 'kinesis-put[tumbling_event]: read 33 = delivered 33 + rejected 0 + undelivered 0; retried 0'
}
