#!/usr/bin/env bats
# windowpipe rows --follow: files that grow, are rotated, and come anew.
# SPDX-License-Identifier: ISC

load helpers

setup() {
  common_setup
  pid=
}

teardown() { [[ -z $pid ]] || kill -KILL "$pid" 2>/dev/null || :; }

# follow NAME…: in the background; its lines are in out, what it says in err.
follow() {
  : >out
  windowpipe rows --follow --poll 20ms "$@" >out 2>err 3>&- &
  pid=$!
}

# comes LINE…: these are all lines so far, and there will be no more of them.
comes() {
  printf '%s\n' "$@" >want
  wait_until 10 cmp -s want out
}

# meanwhile COMMAND: what is done while nobody looks.
meanwhile() {
  kill -STOP "$pid"
  eval "$1"
  kill -CONT "$pid"
}

# ends STATUS [TEXT…]: on SIGTERM; the texts are all that it has said.
ends() {
  local status=0 text

  kill "$pid"
  wait "$pid" || status=$?
  pid=
  [[ $status == "$1" ]] || { cat err && return 1; }
  shift
  : >said
  for text; do
    printf 'windowpipe: %s\n' "$text" >>said
  done
  diff said err
}

asked() { file_has err "$1" || { kill -USR1 "$pid" && false; }; }

@test "a file is read on as it grows, whole lines alone" {
  printf 'a\nb\npar' >log
  follow log
  comes a b
  wait_until 10 asked "waits for 'log' to grow; 4 bytes of it have been read"
  echo t >>log
  comes a b part
  # A line that is longer than what is read at once.
  head -c 3000000 /dev/zero | tr '\0' x >>log
  printf '\nz\nrest' >>log
  wait_until 10 file_has out z
  { printf 'a\nb\npart\n' && sed '1,3d;$d' log; } | cmp - out
  : >err
  ends 0
}

@test "a file that is renamed is read to its end, and then the new one" {
  echo a >log
  follow log
  comes a
  mv log log.1
  echo b >>log.1
  comes a b
  echo d >log
  comes a b d
  # Twice, while nobody looks; and the last line of the first gets its newline.
  meanwhile 'printf "e\nf" >>log; mv log.1 log.3; mv log log.2; echo g >log
    mv log log.1; echo h >log'
  comes a b d e g h
  printf 'f\n' >>log.2
  comes a b d e g h ff
  # Gone to where nothing is told of it, which is looked at now and then.
  mkdir old
  mv log old/log
  echo i >>old/log
  comes a b d e g h ff i
  ends 0
}

@test "a file that is cut short is read from its start, behind the rest of its copy" {
  seq 3 >log
  follow log
  comes 1 2 3
  meanwhile 'echo 4 >>log; cp log log.1; echo 5 >log'
  comes 1 2 3 4 5
  meanwhile 'echo 6 >>log; gzip -c log >log.1.gz; rm log.1; seq 7 9 >log'
  comes {1..9}
  meanwhile 'echo lost >>log; seq 11 13 >log'
  comes {1..9} {11..13}
  ends 1 "warning: 'log' was cut short when 6 bytes of it had been read, and no \
copy of them is beside it: lines that came behind these may be missing; it is \
read from its start; rotate it by renaming, or keep the copy beside it"
}

@test "what is not there, or no file, is waited for, and a link is followed" {
  mkdir to
  ln -s to/a log
  follow log
  wait_until 10 file_has err "'log' is not there; waits for it"
  echo a >to/a
  comes a
  echo b >to/b
  ln -sf to/b log
  comes a b
  echo a >>to/a
  comes a b a
  rm log
  mkdir log
  wait_until 10 file_has err "'log' is a folder now; waits for a file"
  rmdir log
  # The same inode, perhaps, and other bytes.
  rm to/b
  echo c >log
  comes a b a c
  kill "$pid"
  wait "$pid"
  pid=
}

@test "of a folder new files are taken up, in their order, and read on" {
  mkdir d
  echo 1 >d/1.ndjson
  echo no >d/note.txt
  follow d
  comes 1
  meanwhile 'echo 3 >d/3.csv; echo 2 >d/2.json; echo 1 >>d/1.ndjson'
  comes 1 1 2 3
  # Renamed within it, and packed, it is the same file.
  meanwhile 'mv d/2.json d/4.json; echo 4 >>d/4.json; echo 2 >d/2.json'
  comes 1 1 2 3 2 4
  gzip d/4.json
  rm d/3.csv
  echo 5 >d/5.json
  comes 1 1 2 3 2 4 5
  # One that is being packed is read on when it is longer.
  seq 100000 | gzip >packed
  head -c 100000 packed >d/6.json.gz
  wait_until 10 file_has err "'d/6.json.gz' cannot be unpacked to its end"
  cp packed d/6.json.gz
  { cat want && seq 100000; } >all
  wait_until 10 cmp -s all out
  : >err
  ends 0
}

# job NAME…: the same with checkpoints; the rows of all runs are in results.
job() {
  rm -f source
  {
    exec 3>&-
    windowpipe rows --follow --poll 20ms --checkpoint d --name rows \
      --checkpoint-stages w --checkpoint-every 10ms "$@" 2>>err &
    printf '%s\n' "$!" >source
    wait "$!"
  } | window --each --from 'v BIGINT' --checkpoint d --name w >>results \
    2>>said 3>&- &
  wait_until 10 test -s source
  pid=$(<source)
}

# results N: so many rows, each once, in their order; and a checkpoint has them:
# the second that is whole from now on.
results() {
  rows 1 "$1" >want
  wait_until 10 cmp -s want results
  for _ in 1 2; do
    last=$(<d/latest)
    wait_until 10 is_another
  done
}

is_another() { [[ $(<d/latest) != "$last" ]]; }

# rows FROM TO
rows() { seq -f '{"v":%.0f}' "$1" "$2"; }

# dies SIGNAL COMMAND: what is done until it is started again.
dies() {
  kill "-$1" "$pid"
  wait
  eval "$2"
}

@test "a run goes on where files were, through what was done to them meanwhile" {
  rows 1 3 >log
  : >results
  job log
  results 3
  dies KILL 'rows 4 4 >>log; mv log log.1; rows 5 5 >log'
  job log
  results 5
  dies TERM 'rows 6 6 >>log; mv log.1 log.3; mv log log.2; gzip log.2 log.3
    rows 7 7 >log.1; rows 8 8 >log'
  job log
  results 8
  # Copied and cut; the copy packed; and again.
  dies KILL 'rows 9 9 >>log; gzip -c log >log-20260101.gz; rows 10 10 >log
    mkdir old; mv log.* old'
  job log
  results 10
  dies KILL 'rows 11 11 >>log; cp log log-20260102; rows 12 12 >log'
  job log
  results 12
  [[ ! -s err ]]
  dies KILL 'rm log*; rows 13 13 >log'
  job log
  results 13
  [[ $(<err) == "windowpipe[rows]: warning: the file of which 9 bytes had been \
read as 'log' is not there, nor a copy of it: lines that came behind these are \
missing; what has come since then is read; keep more generations beside it" ]]
  dies TERM :
  job other
  wait
  file_has err "'log' was followed, and is not among the files now; name it"
}

@test "numbers that rise with the times of their files are read as they rise" {
  rows 0 0 | tee log.1 >log.2
  touch -d '2 days ago' log.1
  touch -d '1 day ago' log.2
  rows 1 1 >log
  : >results
  job log
  results 1
  # Two of them come while nobody looks; one is packed while it is looked at.
  dies KILL 'mv log log.3; rows 2 2 >log.4; rows 3 3 >log.5; rows 4 4 >log'
  job log
  results 4
  gzip log.1 log.4
  mv log log.6
  rows 5 5 >log
  results 5
  gzip log.6
  mv log log.7
  rows 6 6 >log
  results 6
  dies TERM :
  [[ ! -s err ]]
}

@test "a run goes on in a folder whose files were renamed, packed and removed" {
  mkdir d1
  rows 1 1 >d1/a.json
  rows 2 2 >d1/b.json
  : >results
  job d1
  results 2
  dies KILL 'rows 3 3 >>d1/a.json; mv d1/a.json d1/c.json; rows 4 4 >>d1/b.json
    gzip d1/b.json; mv d1/c.json d1/a0.json; rows 5 5 >d1/c.json'
  job d1
  results 5
  dies TERM 'rm d1/a0.json d1/b.json.gz; rows 6 6 >>d1/c.json'
  job d1
  results 6
  dies TERM :
  cat err
  [[ ! -s err ]]
}

@test "a job follows a table with a monitor interval, through the end of the job" {
  cat >job.sql <<'SQL'
CREATE TABLE r (v BIGINT) WITH ('connector' = 'filesystem', 'path' = 'in',
  'format' = 'json', 'source.monitor-interval' = '100 ms');
CREATE TABLE o (v BIGINT) WITH ('connector' = 'filesystem', 'path' = 'results',
  'format' = 'json');
INSERT INTO o SELECT v FROM r WHERE v > 0;
SQL
  [[ $(windowpipe plan job.sql) == *"--poll 100ms -- in </dev/null"* ]]
  mkdir in d
  rows 1 2 >in/a.json
  run_job() {
    windowpipe run job.sql --checkpoint c --checkpoint-every 10ms \
      --progress=never 2>err 3>&- &
    pid=$!
  }
  run_job
  rows 3 4 >in/b.json
  rows 1 4 >want
  wait_until 10 cmp -s want results
  kill "$pid"
  wait "$pid"
  rows 5 5 >>in/b.json
  mv in/b.json in/c.json
  run_job
  rows 1 5 >want
  wait_until 10 cmp -s want results
  rows 6 6 >>in/c.json
  rows 1 6 >want
  wait_until 10 cmp -s want results
  kill "$pid"
  wait "$pid"
  pid=
  cmp want results
}

@test "an option that makes no sense with it is refused" {
  are_refused <<'END'
name files or folders|windowpipe rows --follow
--poll without --follow|windowpipe rows --poll 1s a
'source.monitor-interval'|windowpipe run job.sql --follow
END
}
