#!/usr/bin/env bats
# windowpipe rows --journal: standard input is kept until a checkpoint has it.
# tests/property/checkpoint --journal kills it as often as one likes.
# SPDX-License-Identifier: ISC

load helpers

setup() { common_setup; }

teardown() { [[ -z ${small-} ]] || umount "$small"; }

SOURCE=(windowpipe rows --checkpoint d --name rows --checkpoint-stages w)

counts() {
  window --tumble 20ms --event-time measurement_time --delay 5ms \
    --key sensor_id --count "$@"
}

rows() { datagen -n "$1" -r 0 -s 1 --start-time 2026-01-01T00:00:00Z; }

# job OPTION…: its status is that of the source, whose messages are in said.
job() {
  source=0
  {
    timeout 60 "${SOURCE[@]}" --journal j "$@" 2>said 3>&- ||
      echo "$?" >source
  } | counts --checkpoint d --name w >>results 2>err || :
  [[ ! -s source ]] || source=$(<source)
  : >source
}

kept() { (($(cat j/*.seg 2>/dev/null | wc -l) >= $1)); }

# Two checkpoints more than there were when the rows were on disk.
covered() { (($(<d/latest) >= latest + 2)); }

# killed_job [EVERY]: all of it is killed when the first 1000 of 3000 rows are on
# disk, in two parts, and in checkpoints if there are any.
killed_job() {
  local window latest

  rows 3000 >all
  counts <all >whole
  mkfifo in out
  counts --checkpoint d --name w <out >>results 2>err 3>&- &
  window=$!
  "${SOURCE[@]}" --journal j --checkpoint-every "${1-5ms}" <in >out 2>said 3>&- &
  exec 5>in
  head -n 500 all >&5
  wait_until 10 kept 500
  sed -n '501,1000p' all >&5
  wait_until 10 kept 1000
  latest=$(<d/latest)
  [[ -n ${1-} ]] || wait_until 10 covered
  kill -9 "$!" "$window"
  wait "$!" "$window" || :
  exec 5>&-
}

@test "a run behind a kill says which lines it has, and gives them out again" {
  killed_job
  job < <(tail -n +1001 all)
  [[ $source == 0 ]]
  grep -F 'the journal has had 1000 lines of standard input' said
  cmp whole results
  # What the last checkpoints have goes, but for what the one before lacks.
  job </dev/null
  grep -F 'the journal has had 3000 lines of standard input' said
  job </dev/null
  grep -F 'the journal has had 3000 lines of standard input' said
  [[ -z $(find j -name '*.seg') ]]
  cmp whole results
}

@test "a torn end is cut, and a journal of another folder is refused" {
  local change want said

  killed_job
  cp -a . ../state
  while IFS='#' read -r change want said; do
    rm -r d j results
    cp -a ../state/{d,j,results} .
    eval "$change"
    job < <(tail -n +1001 all)
    [[ $source == "$want" ]]
    grep -F "windowpipe[rows]: $said" said
    [[ $want != 0 ]] || cmp whole results
  done <<'END'
printf torn >>j/*.seg#0#warning: the journal 'j': 4 bytes at the end of a segment are not a whole line and are cut
rm -r j#2#the journal 'j' ends before what the checkpoint has of it; give the one that belongs
rm -r d results#2#the journal 'j' has rows that no checkpoint knows of
echo other >j/stream#2#the journal 'j' is for 'other\x0a'; give another directory
END
}

@test "what is damaged is said, and costs the status" {
  killed_job 1h
  printf X | dd of="$(echo j/*.seg)" bs=1 seek=9000 conv=notrunc status=none
  job < <(tail -n +1001 all)
  [[ $source == 1 ]]
  grep "journal 'j': [0-9]* bytes within a segment are damaged" said
  [[ $(jq -s 'map(.count) | add' results) == 2500 ]]
}

@test "a journal that is full takes a checkpoint, and reads on when it has room" {
  rows 300000 >all
  counts <all >whole
  job --journal-max 8M --checkpoint-every 1h <all
  [[ $source == 0 ]]
  grep -F 'journal is full: --journal-max is reached; reading stops until' said
  cmp whole results
  (($(cat j/*.seg | wc -c) < 9 << 20))
}

@test "so does a disk that is full" {
  mkdir small
  mount -t tmpfs -o size=4M none small 2>/dev/null ||
    skip 'a small file system needs the right to mount'
  small=$PWD/small
  mkdir small/j
  ln -s small/j j
  rows 100000 >all
  counts <all >whole
  job --checkpoint-every 1h <all
  [[ $source == 0 ]]
  grep -F 'journal is full: No space left on device; reading stops until' said
  cmp whole results
}

numbers() {
  window --each --from 'n BIGINT' --format csv --header no --into n \
    --rejects bad --checkpoint d --name w >>results 2>err 3>&-
}

@test "a line beyond all limits holds up none behind it, and no stop" {
  local n

  mkfifo in out
  numbers <out &
  "${SOURCE[@]}" --journal j <in >out 2>said 3>&- &
  exec 5>in
  # It comes in parts that are read one by one.
  for n in 300000 300000 300000 200000; do
    head -c "$n" /dev/zero | tr '\0' x >&5
    sleep 0.1
  done
  printf '\n2\n' >&5
  wait_until 10 file_has results '{"n":2}'
  head -c 1500000 /dev/zero | tr '\0' y >&5
  kill "$!"
  wait "$!"
  exec 5>&-
  wait
  echo 3 | "${SOURCE[@]}" --journal j 2>said 3>&- | numbers || :
  [[ $(<results) == $'{"n":2}\n{"n":3}' && $(wc -l <bad) == 2 ]]
  # The line that was cut is its writer's still.
  "${SOURCE[@]}" --journal j </dev/null 2>said 3>&- | numbers || :
  grep -F 'the journal has had 3 lines of standard input' said
}

@test "a journal that would do nothing is refused" {
  are_refused <<'END'
--journal without --checkpoint: nothing would leave it|windowpipe rows --journal j
--journal-max without --journal|windowpipe rows --journal-max 1G
--journal keeps standard input, and files need none|windowpipe rows --journal j a --checkpoint d --checkpoint-stages w --name r
'1M': is too small; at least 8M|windowpipe rows --journal-max 1M
name files, or keep it by --journal DIR|windowpipe rows --checkpoint d --checkpoint-stages w --name r
END
}
