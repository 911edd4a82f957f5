#!/usr/bin/env bats
# Checkpoints: what a kill costs a pipeline with --checkpoint, and what is said.
# tests/property/checkpoint by hand kills as often as one likes.
# SPDX-License-Identifier: ISC

load helpers

# source_rows OPTION…: rows of which the last window holds some at the end.
source_rows() {
  datagen -n 20000 -r 0 -s 1 --start-time 2026-01-01T00:00:00Z --step 100us "$@"
}

checkpointed() {
  source_rows --checkpoint c --name source --checkpoint-stages "$1" \
    --checkpoint-every 10ms "${@:2}"
}

counts() {
  window --tumble 300ms --event-time measurement_time --delay 50ms \
    --key sensor_id --count "$@"
}

@test "pipelines that are killed at any moment and started again give the bytes of one run" {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  run --separate-stderr timeout 200 "$ROOT/tests/property/checkpoint" \
    -n "${CASES-3}"
  assert_status 0
  assert_output_has ': 0 turns differ'
}

@test "so do those that read files, and standard input into a journal" {
  local source

  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  for source in rows journal; do
    run --separate-stderr timeout 100 "$ROOT/tests/property/checkpoint" \
      "--$source" -n "${CASES-1}" -r 100000
    assert_status 0
    assert_output_has ': 0 turns differ'
  done
}

@test "so do those that follow a log, which is rotated meanwhile" {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  run --separate-stderr timeout 100 "$ROOT/tests/property/checkpoint" \
    --follow -n "${CASES-1}" -r 50000 -k 4
  assert_status 0
  assert_output_has ': 0 turns differ'
}

@test "and so do those whose power is cut, with what was not synced" {
  local so=${UNIT:-$ROOT/build/tests/unit}

  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  [[ -e ${so%/unit}/preload/power.so ]] || skip 'power.so was not built'
  [[ $so != */san-* ]] || skip 'the sanitizers must be loaded first'
  run --separate-stderr timeout 100 "$ROOT/tests/property/checkpoint" \
    --journal --power -n "${CASES-1}" -r 30000 -k 4
  assert_status 0
  assert_output_has ': 0 turns differ'
}

@test "so do those whose disk is full now and then, and whose stages stop" {
  local so=${UNIT:-$ROOT/build/tests/unit}

  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  [[ -e ${so%/unit}/preload/full.so ]] || skip 'full.so was not built'
  [[ $so != */san-* ]] || skip 'the sanitizers must be loaded first'
  run --separate-stderr timeout 100 "$ROOT/tests/property/checkpoint" \
    --trouble -n "${CASES-1}" -r 30000 -k 4
  assert_status 0
  assert_output_has ': 0 turns differ'
}

@test "what goes on to a stream is there once, but for what was under way at a kill" {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  command -v node >/dev/null || skip 'node is missing'
  [[ -d $ROOT/tests/node_modules/aws4 ]] ||
    skip 'aws4 is not installed; run scripts/setup'
  run --separate-stderr timeout 100 "$ROOT/tests/property/checkpoint" \
    --stream -n 1 -r 30000 -k 4
  assert_status 0
  assert_output_has ': 0 turns differ'
  # Answers are lost, too, and all is there once.
  run --separate-stderr timeout 100 "$ROOT/tests/property/checkpoint" \
    --verify -n 1 -r 20000 -k 2
  assert_status 0
  assert_output_has ': 0 turns differ, 0 rows stored twice'
}

@test "nothing but what the last checkpoint covers is made again" {
  source_rows | counts >whole
  checkpointed w | counts --checkpoint c --name w >>results
  cmp whole results
  [[ $(<c/latest) == *' finished' ]]
  # A job that is done is done again from there: nothing comes twice.
  checkpointed w 2>messages | counts --checkpoint c --name w >>results
  cmp whole results
  grep -F 'all 20000 rows were written before checkpoint' messages
}

@test "marks go through fanout, and a second stage behind the first" {
  source_rows | counts >first
  second() { window --tumble 1s --event-time window_end --sum count "$@"; }
  second <first >whole
  mkfifo other
  counts --checkpoint c --name b <other >>b 3>&- &
  checkpointed a,b,z | fanout other | counts --checkpoint c --name a |
    second --checkpoint c --name z >>results
  wait $!
  cmp whole results
  cmp first b
  ls c/"$(cut -d' ' -f1 c/latest)" >parts
  printf '%s\n' a b finished source z | cmp - parts
}

@test "with --at-eof hold more rows are gone on with" {
  source_rows -n 30000 | counts >whole
  checkpointed w | counts --checkpoint c --name w --at-eof hold >>results
  checkpointed w -n 30000 | counts --checkpoint c --name w >>results
  cmp whole results
}

@test "a seed that was drawn is drawn once" {
  local i

  one() {
    datagen -n "$1" -r 0 --start-time 2026-01-01T00:00:00Z --stats \
      --checkpoint c --name source --checkpoint-stages w 2>>stats |
      window --tumble 1m --event-time measurement_time --first temperature \
        --sum temperature --checkpoint c --name w --at-eof "$2" >>results
  }
  one 10 hold
  one 5000 emit
  [[ $(jq -s 'map(.seed) | unique | length' <(grep '^{' stats)) == 1 ]]
  datagen -n 5000 -r 0 --start-time 2026-01-01T00:00:00Z \
    -s "$(grep -m 1 '^{' stats | jq .seed)" |
    window --tumble 1m --event-time measurement_time --first temperature \
      --sum temperature >whole
  cmp whole results
}

@test "SIGTERM takes a last checkpoint, and open windows stay in it" {
  source_rows -n 3000 | counts >whole
  mkfifo rows
  counts --checkpoint c --name w <rows >>results 3>&- &
  datagen -n 3000 -r 5000 -s 1 --start-time 2026-01-01T00:00:00Z --step 100us \
    --checkpoint c --name source --checkpoint-stages w >rows 3>&- &
  until [[ -s c/latest ]]; do sleep 0.01; done
  kill "$!"
  wait "$!" || status=$?
  assert_status 143
  wait %1
  [[ $(<c/latest) != *finished ]]
  source_rows -n 3000 --checkpoint c --name source --checkpoint-stages w |
    counts --checkpoint c --name w >>results
  cmp whole results
}

@test "a row that looks like a mark is a row" {
  local row='{"$control":"checkpoint","id":1,"token":"0123456789abcdef0123456789abcdef"}'

  datagen -n 1 --checkpoint c --name source --checkpoint-stages w >rows 3>&- &
  until [[ -s rows ]]; do sleep 0.01; done
  { head -n 1 rows && printf '%s\n' "$row" "$row"; } >input
  run --separate-stderr counts --checkpoint c --name w --rejects bad <input
  assert_stderr_has 'field "measurement_time": the event time is missing'
  [[ $(<bad) == "$row"$'\n'"$row" ]]
  # It waits for an answer to its last mark, which nobody reads.
  kill -9 $!
  wait $! || status=$?
  assert_status 137
}

@test "no mark is taken for a row where a row needs no field" {
  checkpointed w -n 300000 --stats 2>said |
    window --tumble 1h --processing-time --count --checkpoint c --name w \
      >>results
  [[ $(grep '^{' said | jq .checkpoint) -gt 2 ]]
  [[ $(jq -s 'map(.count) | add' results) == 300000 ]]
}

@test "without a mark at its start the input is refused" {
  source_rows | {
    run --separate-stderr counts --checkpoint c --name w
    assert_status 2
    assert_stderr_has \
      "--checkpoint 'c': the input does not begin with a mark of this folder"
  }
}

@test "another query is refused, and so is another job" {
  checkpointed w | counts --checkpoint c --name w >>results
  run --separate-stderr counts --sum temperature --checkpoint c --name w \
    </dev/null
  assert_status 2
  assert_stderr_has "part 'w': it belongs to another query: "
  run --separate-stderr checkpointed w,x
  assert_status 2
  assert_stderr_has "--checkpoint 'c': it belongs to another job, "
  run --separate-stderr checkpointed w -s 2
  assert_status 2
  assert_stderr_has 'columns, seed, times or faults are not those of before'
}

@test "a file that the shell has emptied is refused, not filled from the middle" {
  checkpointed w -n 20000 | counts --checkpoint c --name w >>results
  checkpointed w | counts --checkpoint c --name w >results 2>said ||
    [[ $? == 2 ]]
  grep -F "'stdout' is shorter than it was at checkpoint" said
}

@test "a run that cannot begin its first checkpoint writes no row" {
  checkpointed w | counts --checkpoint c --name w >>results
  cp results whole
  # As on a disk that is full: there is no room for the next number.
  printf '%.32s 0 18446744073709551615\n' "$(<c/token)" >token
  cp token c/token
  checkpointed w -n 30000 2>messages | counts --checkpoint c --name w \
    2>>messages >>results || status=${PIPESTATUS[*]}
  [[ $status == '3 3' ]]
  grep 'cannot begin checkpoint' messages
  cmp whole results
}

@test "a stage that does not answer is named" {
  run --separate-stderr datagen -n 10 --checkpoint c --name source \
    --checkpoint-stages w --checkpoint-timeout 50ms
  assert_status 3
  assert_stderr_has "the stage 'w' has not answered within --checkpoint-timeout"
  [[ ! -e c/latest ]]
  # And a stage whose source has gone before.
  run --separate-stderr counts --checkpoint d --name w </dev/null
  assert_status 3
  assert_stderr_has 'input ended before its first checkpoint; the next run begins anew'
}

@test "options of checkpoints that make no sense are refused" {
  are_refused <<'END'
--checkpoint without --checkpoint-stages|datagen -n 1 --checkpoint c --name s
--checkpoint-... without --checkpoint|datagen -n 1 --checkpoint-stages a
needs a --name of letters|datagen -n 1 --checkpoint c --checkpoint-stages a
names a stage twice|datagen -n 1 --checkpoint c --name s --checkpoint-stages a,a
names the source itself|datagen -n 1 --checkpoint c --name s --checkpoint-stages s
--state and --checkpoint both keep|window --tumble 1s --processing-time --count --checkpoint c --name w --state s
--max-line is shorter than the marks|window --tumble 1s --processing-time --count --checkpoint c --name w --max-line 50
END
}
