#!/usr/bin/env bats
# windowpipe rows: files as the source of a pipeline, with checkpoints too.
# SPDX-License-Identifier: ISC

load helpers

setup() {
  common_setup
  datagen -n 3000 -r 0 -s 1 --start-time 2026-01-01T00:00:00Z >all
  head -n 1000 all >a
  sed -n '1001,2000p' all | gzip -1 >b.gz
  # The last line has no newline.
  printf '%s' "$(tail -n 1000 all)" >c
}

SOURCE=(windowpipe rows --checkpoint d --name rows --checkpoint-stages w
  --checkpoint-every 5ms)

counts() {
  window --tumble 20ms --event-time measurement_time --delay 5ms \
    --key sensor_id --count "$@"
}

# job FILE…: the stage appends to results; what the source says is in said, and
# its status in source.
job() {
  source=0
  {
    timeout 60 "${SOURCE[@]}" "$@" 2>said 3>&- || echo "$?" >source
  } | counts --checkpoint d --name w >>results 2>err || :
  [[ ! -s source ]] || source=$(<source)
  : >source
}

@test "files follow each other, packed ones too, and a last line gets its newline" {
  windowpipe rows a b.gz c | cmp all -
  windowpipe rows a b.gz c >got
  cmp all got
  # An empty one, one of one long line, and what is no gzip.
  : >empty
  head -c 3000000 /dev/zero | tr '\0' x >long
  windowpipe rows empty long a | cmp <(cat long && echo && cat a) -
  echo text >no.gz
  run --separate-stderr windowpipe rows no.gz a
  assert_status 3
  assert_output ''
  assert_stderr_has "windowpipe: cannot copy 'no.gz': gzip has failed"
}

@test "what is left of a row in a packed file that was cut is no row" {
  seq 200000 | gzip -1 | head -c 100000 >cut.gz
  run --separate-stderr windowpipe rows cut.gz
  assert_status 3
  assert_stderr_has "windowpipe: cannot copy 'cut.gz': gzip has failed"
  [[ ${lines[-1]} == "${#lines[@]}" ]]
}

# is_open PID FILE: by that process.
is_open() { readlink /proc/"$1"/fd/* | grep -q "/$2\$"; }

@test "a FIFO is waited for, and signals are answered" {
  mkfifo pipe
  windowpipe rows a pipe >got 2>said 3>&- &
  wait_until 10 is_open "$!" pipe
  kill -USR1 "$!"
  wait_until 10 file_has said 'windowpipe: '
  kill "$!"
  wait "$!"
  cmp a got
  seq 3 >pipe &
  windowpipe rows pipe a 3>&- | cmp <(seq 3 && cat a) -
}

@test "a job that is done goes on with what is new in its files, and with new files" {
  job a b.gz
  job a b.gz c
  # What was open at the end of the first was written then.
  cmp <(head -n 2000 all | counts && tail -n 1000 all | counts) results
  [[ $(<d/latest) == *' finished' ]]
  job a b.gz c
  [[ $source == 0 ]]
  grep -F 'all rows of these files were written before checkpoint' said
  # Files that are done with may go, and another may go on; its line was whole.
  rm a b.gz
  { echo && datagen -n 5 -r 0 --start-time 2026-01-02T00:00:00Z; } >>c
  job c
  [[ $source == 0 && $(jq -s 'map(.count) | add' results) == 3005 ]]
}

@test "a file that was renamed is not read again" {
  head -n 500 all >x.log
  job x.log
  # A log is rotated: more had come, and a new one has its name.
  sed -n '501,700p' all >>x.log
  mv x.log x.log.1
  sed -n '701,900p' all >x.log
  job x.log.1 x.log
  [[ $source == 0 ]]
  mv x.log.1 x.log.2
  mv x.log x.log.1
  sed -n '901,1000p' all >x.log
  job x.log.2 x.log.1 x.log
  [[ $source == 0 && $(jq -s 'map(.count) | add' results) == 1000 ]]
  # Without its predecessor it is another file, as it might be anything.
  mv x.log x.log.3
  cp all x.log
  job x.log
  [[ $source == 2 ]]
  grep -F "'x.log' is another file than the one that was read" said
}

# is_read PID FILE: in part at least, by that process.
is_read() {
  local fd

  for fd in /proc/"$1"/fd/*; do
    [[ $(readlink "$fd") == */"$2" ]] || continue
    grep -qE '^pos:.*[1-9]' "/proc/$1/fdinfo/${fd##*/}" && return
  done
  return 1
}

@test "SIGTERM takes a last checkpoint between two lines, and the next run goes on there" {
  datagen -n 40000 -r 0 -s 1 --start-time 2026-01-01T00:00:00Z >big
  counts <big >whole
  mkfifo slow
  # The first mark, and the rest when the source has been told to end.
  {
    IFS= read -r line && printf '%s\n' "$line"
    until [[ -e told ]]; do sleep 0.01; done
    cat
  } <slow 3>&- | counts --checkpoint d --name w >>results 3>&- &
  "${SOURCE[@]}" big >slow 3>&- &
  wait_until 10 is_read "$!" big
  kill "$!"
  : >told
  wait "$!"
  wait %1
  [[ $(<d/latest) != *finished ]]
  job a
  [[ $source == 2 ]]
  grep -F "'big' was read in part, and is not among the files; name it" said
  job big
  cmp whole results
}

@test "a file that is not as it was read is refused" {
  local change undo said

  job a b.gz c
  cp -a d kept
  # Each is put right again, for the next.
  while IFS='#' read -r change undo said; do
    eval "$change"
    job a b.gz c
    [[ $source == 2 ]]
    grep -F "windowpipe[rows]: --checkpoint 'd': $said; put back the file" said
    eval "$undo"
    rm -r d
    cp -a kept d
  done <<'END'
ln a x; cp a y; mv y a#mv x a#'a' is another file than the one that was read
cp a x; truncate -s -1 a#cat x >a#'a' is shorter than what was read of it
cp a x; printf x | dd of=a bs=1 seek=$(($(stat -c %s a) - 9)) conv=notrunc status=none#cat x >a#'a' has other bytes than those that were read of it
cp b.gz x; seq 9 | gzip >b.gz#cat x >b.gz#'b.gz' has other bytes, once unpacked, than those that were read of it
cp c x; echo x >>c#cat x >c#'c' goes on within its last line, which had no newline when it was read as a row
END
  cp results before
  job a b.gz c
  [[ $source == 0 ]]
  cmp before results
}

@test "checkpoints of what has no position are refused" {
  mkfifo pipe
  are_refused <<'END'
standard input has no position to go on from; name files|windowpipe rows --checkpoint d --name r --checkpoint-stages w
'pipe' is no regular file, so it has no position|windowpipe rows pipe --checkpoint d --name r --checkpoint-stages w
cannot read 'none': No such file|windowpipe rows a none
cannot read 'none': No such file|windowpipe rows none --checkpoint d --name r --checkpoint-stages w
--checkpoint without --checkpoint-stages|windowpipe rows a --checkpoint d --name r
--checkpoint... goes with run and rows only|windowpipe check a --checkpoint d --name r --checkpoint-stages w
END
}

@test "an option that a command would not use is refused" {
  are_refused <<'END'
--stats, --metrics and --progress go with run only|windowpipe rows a --metrics m
--stats, --metrics and --progress go with run only|windowpipe rows a --stats
--stats, --metrics and --progress go with run only|windowpipe status --progress=always
--local, --for, --drain and --keep go with run only|windowpipe plan a --drain 1s
--flink and --strict go with package and sql only|windowpipe run a --flink 1.20
--guess, --times and --exact go with sql only|windowpipe check a --times iso
--rejects go with a job only|windowpipe rows a --rejects r
--rejects go with a job only|windowpipe status --stdin t
--rejects go with a job only|windowpipe sql --properties p -- --count
END
}
