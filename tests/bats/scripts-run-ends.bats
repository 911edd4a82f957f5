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

@test "the second Ctrl-C kills: 130; the second TERM: 143" {
  for signal in INT TERM; do
    # Nothing listens there: what is to be delivered waits.
    begin --rate 1000 --endpoint-url http://127.0.0.1:1
    wait_until 60 rows_flow
    kill -s "$signal" "$run_pid"
    wait_until 30 file_has err 'ending the source'
    wait_until 30 file_has err 'cannot reach http://127.0.0.1:1'
    kill -s "$signal" "$run_pid"
    finish
    assert_status $((128 + $(kill -l "$signal")))
    wait_until 30 no_stage_is_alive
    [[ -z $(ls tmp) ]]
  done
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
  dies '/kinesis-put TumblingWindowEventTimeOutput' 'kinesis-put[tumble-event]'
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

@test "if run itself is killed the stages end by themselves" {
  begin --rate 1000
  wait_until 60 rows_flow
  kill -KILL "$run_pid"
  finish
  wait_until 60 no_stage_is_alive
}
