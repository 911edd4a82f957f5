#!/usr/bin/env bats
# windowpipe status - the jobs that run, seen from outside.
# SPDX-License-Identifier: ISC

load helpers

setup() {
  common_setup
  export TMPDIR=$PWD/tmp
  mkdir tmp
  cat >job.sql <<'SQL'
CREATE TABLE t (k INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE o (k INT, s INT)
  WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO o SELECT k, SUM(v) FROM t GROUP BY k, TUMBLE(ts, INTERVAL '1' SECOND);
SQL
  mkfifo in
}

teardown() {
  exec 7>&-
  [[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || :
  wait
}

# shows READ OUTPUT LATE: so its window stands.
shows() {
  [[ $(windowpipe status --json 2>/dev/null |
    jq -c '.stages[0] | [.read, .output, .late]') == "[$1,$2,$3]" ]]
}

# finds JOB|DIR…: each of them is of this run.
finds() {
  local there

  for there; do
    run --separate-stderr windowpipe status "$there"
    assert_status 0 && assert_stderr '' || return
    [[ $output == *"process $PID,"* ]] || return
  done
}

@test "status shows the jobs of a user, of a file, of a folder, while they run" {
  windowpipe run job.sql --keep kept >/dev/null 2>err 3>&- &
  PID=$!
  exec 7>in
  # One window is written, and a row comes too late for it.
  printf '{"k":7,"v":41,"ts":"2024-06-10 06:13:1%s"}\n' 2 3 1 >&7
  wait_until 30 shows 3 1 1

  run --separate-stderr windowpipe status
  assert_status 0
  assert_stderr ''
  [[ ${lines[0]} =~ ^[0-9]+\ s\ \ $PWD/job.sql\ \ process\ $PID,\ since\ 20 ]]
  [[ ${lines[1]} == 'stage '*' in '*' late '* ]]
  [[ ${lines[2]} =~ ^o\ +3\ +1\ +[0-9]+\ +1\ +06:13:13\ +1\ +0$ ]]
  [[ ${lines[4]} =~ ^o\ +7\ +41 ]]
  [[ ${lines[5]} =~ ^\ +[0-9]+\ window\[o\]$ ]]
  [[ ${lines[6]} == "keeps $PWD/kept/run-"* ]]

  run --separate-stderr windowpipe status --json
  assert_status 0
  jq -e --arg here "$PWD" --argjson pid "$PID" '
    .job == $here + "/job.sql" and .pid == $pid and .started_in == $here and
    (.since | fromdate) <= now and (.keep | startswith($here + "/kept/run-")) and
    (.stages | length) == 1 and (.stages[0] | .stage == "window[o]" and
      .watermark == "2024-06-10T06:13:13Z" and .ended == false and
      (.last | fromjson) == {k: 7, s: 41}) and
    .restarts == 0 and .checkpoints == []' <<<"$output"
  kill -0 "$(jq '.stages[0].pid' <<<"$output")"

  finds job.sql . kept tmp tmp/windowpipe.*
  # Where TMPDIR is another it is found by its folder alone.
  TMPDIR=/ finds tmp
  cp job.sql other.sql
  run --separate-stderr windowpipe status other.sql
  assert_status 1
  assert_output ''
  assert_stderr "windowpipe: no job of 'other.sql' runs"

  # What a run that was killed has left is none that runs.
  cp -r tmp/windowpipe.* left
  exec 7>&-
  wait "$PID" || :
  unset PID
  mv left tmp/windowpipe.left
  run --separate-stderr windowpipe status
  assert_status 1
  assert_stderr 'windowpipe: no job of this user runs'
}

# checkpoint FILTER: so it stands with the checkpoints of the job's source.
checkpoint() {
  [[ $(windowpipe status --json 2>/dev/null |
    jq ".restarts as \$restarts | .checkpoints[0] | $1") == true ]]
}

@test "status shows the last checkpoint, who has not answered, and restarts" {
  sed "/CREATE TABLE t/,/WITH/c CREATE TABLE t (k INT, v INT, ts TIMESTAMP(3), \
    WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', \
    'rows-per-second' = '50');" job.sql >made.sql
  windowpipe run made.sql --checkpoint ck --checkpoint-every 50ms \
    >/dev/null 2>err 3>&- &
  PID=$!
  wait_until 30 checkpoint '.number > 0'
  # shellcheck disable=SC2016 # jq's
  checkpoint '.source == "t" and .folder == $ENV.PWD + "/ck/t" and
    .age_s < 9 and .bytes > 0 and .took_ms >= 0 and .finished == false and
    $restarts == 0'
  run --separate-stderr windowpipe status
  [[ $output =~ $'\n'checkpoint\ [0-9]+,\ [0-9]\ s\ ago,\ [0-9]+\ k?B\ in\ [0-9]+\ ms ]]
  [[ ${lines[-2]} == 'restarts 0' ]]

  window=$(windowpipe status --json |
    jq '.stages[] | select(.stage == "window[o]").pid')
  kill -STOP "$window"
  wait_until 30 checkpoint '.next.missing == ["o"] and .next.age_s > 0'
  checkpoint '.next.number > .number'
  kill -9 "$window"
  # shellcheck disable=SC2016
  wait_until 30 checkpoint '$restarts == 1 and .next.missing != ["o"]'
  kill "$PID"
  wait "$PID"
  unset PID
}

@test "status of a job that is not there is status 2, --json is status's alone" {
  run --separate-stderr windowpipe status none.sql
  assert_status 2
  assert_stderr "windowpipe: 'none.sql': No such file or directory; name a job's file, or a folder"
  run --separate-stderr windowpipe check job.sql --json
  assert_status 2
  assert_stderr 'windowpipe: --json goes with status only; leave it out'
}
