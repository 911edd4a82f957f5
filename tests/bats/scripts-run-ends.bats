# scripts-run-ends - how the pipeline ends, by itself, by signals, by deaths.
# SPDX-License-Identifier: ISC

load helpers
load run

# --- ends ------------------------------------------------------------------

@test "--for ends the source alone; the rest finishes, with status 0" {
  local began_us=${EPOCHREALTIME/./} took_ms

  pipeline --rate 500 --for 3s
  took_ms=$(((${EPOCHREALTIME/./} - began_us) / 1000))
  assert_status 0
  [[ $output =~ datagen:\ ([0-9]+)\ rows ]]
  n=${BASH_REMATCH[1]}
  # Not before its time; and rows of no more time than all that it took.
  ((took_ms >= 3000 && n > 0 && n <= took_ms / 2))
  for label in tumble-proc tumble-event slide-proc slide-event; do
    assert_output_has "window[$label]: read $n = aggregated $n +"
  done
  no_stage_is_alive
}

@test "--for ends a file after a whole line" {
  rows 200000 >rows
  # Slow readers, so that the file is not through before the time is.
  mkdir slow
  ln -s "$BIN/kinesis-put" slow
  cat >slow/window <<EOF
#!/bin/bash
part=\$(mktemp)
while head -c 70007 >"\$part" && [[ -s \$part ]]; do
  cat "\$part"
  sleep 0.1
done | exec $BIN/window "\$@"
EOF
  chmod +x slow/window
  BIN=$PWD/slow pipeline --stdin --for 2s <rows
  assert_status 0
  [[ $output =~ tumble-event\]:\ read\ ([0-9]+)\ = ]]
  ((BASH_REMATCH[1] > 0 && BASH_REMATCH[1] < 200000))
}

@test "Ctrl-C ends an endless pipe after a whole line, drains, status 0" {
  mkfifo feed
  bash -c 'while :; do cat; done' <<<'' >/dev/null 3>&- &
  other=$!
  { while datagen -n 1000 -r 0 2>/dev/null; do :; done; } >feed 2>/dev/null 3>&- &
  feeder=$!
  input=feed begin --stdin
  wait_until 60 rows_flow
  kill -INT -- "-$run_pid"
  finish
  kill "$feeder" "$other" 2>/dev/null || :
  assert_status 0
  assert_stderr_has 'ending the source'
  [[ $output =~ tumble-event\]:\ read\ ([0-9]+)\ =\ aggregated\ ([0-9]+)\ .*rejected\ 0 ]]
  no_stage_is_alive
}

@test "the first Ctrl-C stops the source and drains: status 0, all is delivered" {
  begin --rate 1000
  wait_until 60 rows_flow
  kill -INT -- "-$run_pid"
  finish
  assert_status 0
  [[ $output =~ datagen:\ ([0-9]+)\ rows ]]
  assert_output_has "window[slide-proc]: read ${BASH_REMATCH[1]} = aggregated ${BASH_REMATCH[1]} "
  no_stage_is_alive
  [[ -z $(ls tmp) ]]
}

@test "TERM does as Ctrl-C" {
  begin --rate 1000
  wait_until 60 rows_flow
  kill -TERM "$run_pid"
  finish
  assert_status 0
  assert_output_has 'kinesis-put[slide-event]: read '
  no_stage_is_alive
}

# begin_outage OPTION…: a run whose Kinesis is away, with results that wait.
begin_outage() {
  begin --rate 1000 --endpoint-url http://127.0.0.1:1 --keep "$PWD/kept" "$@"
  wait_until 60 results_wait
}

results_wait() {
  (($(grep -hE '^windowpipe_kinesis_put_read_total\{.*\} [1-9]' \
    tmp/windowpipe.*/put[23].prom 2>/dev/null | wc -l) == 2))
}

# What each hopping kinesis-put has read is in the account or in a file.
all_is_kept() {
  local label file n

  for label in slide-proc slide-event; do
    file=$(echo kept/run-*/kinesis-put-$label.undelivered)
    n=$(wc -l <"$file")
    assert_output_has "kinesis-put[$label]: read $n = delivered 0 + rejected 0 + undelivered $n;"
    assert_output_has "  $n lines in $PWD/$file"
  done
}

@test "TERM while Kinesis is away: after --drain the rest is kept and named, status 1" {
  begin_outage --drain 1s
  kill -TERM "$run_pid"
  finish
  assert_status 1
  [[ $stderr == *'run: ending the source; the other stages finish what they hold (again: '* ]]
  assert_stderr_has 'kinesis-put[slide-event] still holds something; telling it to stop'
  all_is_kept
  no_stage_is_alive
  [[ -z $(ls tmp) ]]
}

@test "--for ends while Kinesis is away, too" {
  pipeline --rate 1000 --endpoint-url http://127.0.0.1:1 --keep "$PWD/kept" \
    --drain 1s --for 3s
  assert_status 1
  all_is_kept
}

@test "a second signal keeps what is held at once: 130 by Ctrl-C, 143 by TERM" {
  for signal in INT TERM; do
    rm -rf kept
    begin_outage --drain 1h
    kill -s "$signal" "$run_pid"
    wait_until 30 file_has err 'ending the source'
    kill -s "$signal" "$run_pid"
    finish
    assert_status $((128 + $(kill -l "$signal")))
    all_is_kept
    # Nothing of bash's own.
    run ! grep -vE '^(run|kinesis-put\[[a-z-]+\]): ' err
    no_stage_is_alive
    [[ -z $(ls tmp) ]]
  done
}

@test "a third signal kills" {
  begin_outage --drain 1h
  kill -TERM "$run_pid"
  wait_until 30 file_has err 'ending the source'
  kill -TERM "$run_pid"
  kill -INT "$run_pid"
  finish
  [[ $status == 130 || $status == 143 ]]
  wait_until 30 no_stage_is_alive
  [[ -z $(ls tmp) ]]
}

# --- deaths ----------------------------------------------------------------

# dies PATTERN NAME: kills that stage and expects it named, the source stopped
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

# dies_once PATTERN NAME: sets took_us, from the death to the source's end.
dies_once() {
  local source

  begin --rate 1000
  wait_until 60 rows_flow
  source=$(stage '/datagen ')
  took_us=${EPOCHREALTIME/./}
  kill -KILL "$(stage "$1")"
  wait_until 30 is_gone "$source"
  took_us=$((${EPOCHREALTIME/./} - took_us))
  finish
  assert_status 3
  assert_stderr_has "$2 died: status 137, killed by SIGKILL"
  assert_stderr_has "ended because $2 died"
  assert_output_has 'kinesis-put[tumble-proc]: read '
  no_stage_is_alive
  [[ -z $(ls tmp) ]]
}

@test "the death of a kinesis-put stops all within a second and is named" {
  dies '/kinesis-put --name tumble-event' 'kinesis-put[tumble-event]'
}

@test "the death of a window stops all within a second and is named" {
  dies '/window --name slide-proc' 'window[slide-proc]'
}

@test "the death of the splitter stops all within a second and is named" {
  if [[ -x $BIN/fanout ]]; then
    dies '/fanout ' fanout
  else
    dies 'tee ' tee
  fi
}

@test "the death of datagen stops all within a second and is named" {
  dies '/datagen ' datagen
}

@test "a death costs the other streams nothing of what they hold" {
  rows 300 >rows
  mine p.json
  sed -i 's/"a2"/"no-such-stream"/' p.json
  before=$(stream_count a1)
  pipeline --stdin --properties p.json <rows
  assert_status 3
  assert_stderr_has 'kinesis-put[slide-proc] died: status 3'
  assert_output_has 'kinesis-put[tumble-event]: read 33 = delivered 33'
  [[ $(stream_count a1) == $((before + 33)) ]]
}

is_empty() { [[ -z $(ls "$1") ]]; }

@test "if run itself is killed the stages end, and nothing is left" {
  begin --rate 1000
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
  [[ -s $(echo kept/run-*/kinesis-put-slide-event.undelivered) ]]
  [[ $(ls kept/run-*) != *rejects* ]]
}

@test "if run is killed its local Kinesis ends" {
  unset AWS_ENDPOINT_URL_KINESIS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  begin --local --rate 100
  wait_until 60 rows_flow
  local=$(pgrep -f -- "kinesalite.js --owner $run_pid")
  kill -KILL "$run_pid"
  finish
  wait_until 60 is_gone "$local"
  wait_until 60 no_stage_is_alive
}

@test "the death of the local Kinesis ends the run: status 3" {
  unset AWS_ENDPOINT_URL_KINESIS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  begin --local --rate 1000 --drain 1s --for 1h
  wait_until 60 rows_flow
  kill -KILL "$(pgrep -f -- "kinesalite.js --owner $run_pid")"
  finish
  assert_status 3
  assert_stderr_has 'run: the local Kinesis has died'
  assert_stderr_has 'run: SlidingWindowEventTimeOutput cannot be read back'
  assert_output_has 'kinesis-put[tumble-proc]: read '
  no_stage_is_alive
}

# --- the account -----------------------------------------------------------

# instead PROGRAM: a folder of the programs in which PROGRAM is a script, from
# stdin, which finds the true one in $BIN.
instead() {
  mkdir other
  ln -s "$BIN"/* other
  rm "other/$1"
  { echo '#!/bin/bash' && cat; } >"other/$1"
  chmod +x "other/$1"
}

@test "a stage that gave no account is said, with status 3" {
  instead kinesis-put <<<"exec $BIN/kinesis-put \"\$@\" 2>/dev/null"
  rows 20 >rows
  BIN=$PWD/other pipeline --stdin <rows
  assert_status 3
  assert_output_has '  kinesis-put[slide-proc]: no account'
}

@test "metrics that do not come make no other account" {
  instead window <<<"exec $BIN/window \"\${@/#*.prom/$PWD/elsewhere}\""
  rows 300 >rows
  BIN=$PWD/other pipeline --stdin <rows
  assert_output_has 'window[tumble-event]: read 300 = aggregated 300 + late 0 + outside 0 + rejected 0; output 33'
  assert_output_has 'kinesis-put[tumble-event]: read 33 = delivered 33 + rejected 0 + undelivered 0; retried 0'
}

@test "an account that cannot be written is status 3" {
  rows 20 >rows
  run --separate-stderr bash -c '"$0" --stdin <rows >/dev/full' "$run_script"
  assert_status 3
  assert_stderr 'run: cannot write to standard output'
}
