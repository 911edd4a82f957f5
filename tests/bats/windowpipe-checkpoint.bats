#!/usr/bin/env bats
# windowpipe run --checkpoint: a job goes on, whatever ends it.
# tests/property/checkpoint --job kills as often as one likes.
# SPDX-License-Identifier: ISC

load helpers

# Rows with numbers of their own: that none is lost, and none doubled, is told by
# their sum.  They come slowly, so that no run ends by itself, or all at once.
N=2000
slowly=200
at_once=1000000
setup() {
  common_setup
  export TMPDIR=$PWD/tmp
  mkdir tmp
  job "$slowly" >job.sql
  run_pid=
}

teardown() {
  [[ -z $run_pid ]] || is_gone "$run_pid" || kill -KILL "$run_pid" || :
}

# job RATE [TARGET]: counts by windows of 100 ms, and rows as they are.
job() {
  cat <<END
CREATE TABLE r (i BIGINT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '0.1' SECOND) WITH (
  'connector' = 'datagen', 'rows-per-second' = '$1',
  'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '$N');
CREATE TABLE a (n BIGINT, s BIGINT)
  WITH ('connector' = 'filesystem', 'path' = '${2-a.ndjson}', 'format' = 'json');
CREATE TABLE b (i BIGINT)
  WITH ('connector' = 'filesystem', 'path' = 'b.ndjson', 'format' = 'json');
INSERT INTO a SELECT COUNT(*), SUM(i) FROM r
  GROUP BY TUMBLE(ts, INTERVAL '0.1' SECOND);
INSERT INTO b SELECT i FROM r;
END
}

begin() {
  windowpipe run job.sql --checkpoint "$PWD/ck" --checkpoint-every 20ms "$@" \
    >out 2>err 3>&- &
  run_pid=$!
}

# begin_rest [OPTION…]: the rows that are left, at once.
begin_rest() {
  job "$at_once" >job.sql
  begin "$@"
}

finish() {
  status=0
  wait "$run_pid" || status=$?
  run_pid=
  stderr=$(<err)
}

number() { cut -d' ' -f1 ck/r/latest 2>/dev/null || echo 0; }
# past N: a checkpoint behind that one is whole.
past() { (($(number) > $1)); }

# stage NAME: its pid, not that of what it has forked.
stage() {
  pgrep -o -f -- "--checkpoint=$PWD/ck/r --name=$1( |\$)"
}
all_are_gone() { [[ -z $(pgrep -f -- "--checkpoint=$PWD/ck") ]]; }

nothing_in() { [[ -z $(ls "$1") ]]; }

each_row_once() {
  jq -s -c '[(map(.n) | add), (map(.s) | add)]' a.ndjson
  [[ $(jq -s -c '[(map(.n) | add), (map(.s) | add)]' a.ndjson) == \
    "[$N,$((N * (N + 1) / 2))]" ]]
  seq 1 "$N" | sed 's/.*/{"i":&}/' | cmp - b.ndjson
}

@test "a stage that is killed costs a restart, and no row; and so do all of them" {
  begin --restart 1/1m
  wait_until 30 past 1
  kill -KILL "$(stage a)"
  wait_until 30 file_has err 'window[a] died: killed by SIGKILL; all stages start again from the last checkpoint, 1 of 1 times within 60 s'
  wait_until 30 past "$(number)"
  # Its guard is one of them; what a snapshot's process does ends with it.
  mapfile -t all < <(pgrep -P "$run_pid")
  kill -KILL "${all[@]}" "$run_pid"
  finish
  begin_rest
  finish
  assert_status 0
  assert_stderr_has 'r goes on from checkpoint '
  # The account is that of all runs.
  assert_stderr_has "datagen[r]: $N rows"
  assert_stderr_has "window[a]: read $N = aggregated $N "
  each_row_once
  # It is finished: no row is left, and nothing comes twice.
  begin
  finish
  assert_status 0
  assert_stderr_has ', which was its last'
  assert_stderr_has 'nothing is left to write'
  each_row_once
  [[ $(windowpipe checkpoints ck | tail -n 1) == *' 3  whole, finished' ]]
  all_are_gone
  # What the killed one had left is gone, too.
  [[ -z $(ls tmp) && ! -e ck/work ]]
}

@test "what a killed run leaves behind takes nothing from the next one" {
  begin
  wait_until 30 past 1
  kill -KILL "$run_pid"
  finish
  wait_until 30 all_are_gone
  wait_until 30 nothing_in tmp
  # The next run has it by then, with files that are open.
  [[ -d ck/kept ]]
}

@test "a job that is stopped before its first row ends well, whatever its tables are called" {
  begin --for 0s --verify
  finish
  assert_status 0
  assert_stderr_has 'the next run of r goes on from checkpoint 2'
  assert_stderr_has '--verify: the job writes no stream'
  # Folders are told apart by what these are called.
  for name in token 7; do
    job "$at_once" "$name.ndjson" |
      sed "s/TABLE r /TABLE \`$name\` /; s/FROM r/FROM \`$name\`/" >job.sql
    for turn in 1 2; do
      run --separate-stderr windowpipe run job.sql --checkpoint "ck$name"
      assert_status 0
    done
    assert_stderr_has "$name-2 is finished"
    [[ -z $(windowpipe checkpoints "ck$name" | grep '^-') ]]
  done
}

@test "TERM takes a last checkpoint; the older one can be gone back to" {
  local all

  begin
  wait_until 30 past 2
  # As timeout(1) does, and then systemd: to run, to all of it, and to each.
  mapfile -t all < <(pgrep -f -- "$PWD/ck")
  kill -TERM "$run_pid" "${all[@]}"
  finish
  assert_status 0
  [[ $stderr != *warning* ]]
  assert_stderr_has 'the next run of r goes on from checkpoint '
  mapfile -t numbers < <(windowpipe checkpoints ck | awk 'NR > 1 { print $2 }')
  [[ ${#numbers[@]} == 2 && ${numbers[1]} == "$(number)" ]]
  rm "ck/r/${numbers[1]}/b"
  run windowpipe checkpoints ck
  assert_output_has ' 2  not whole, the part is gone: b'
  begin_rest --from-checkpoint "${numbers[0]}"
  finish
  assert_status 0
  assert_stderr_has "r goes on from checkpoint ${numbers[0]}, "
  each_row_once
}

@test "a source whose output ends before it does is the one that died" {
  mkdir bin
  cp "$BIN/windowpipe" bin
  ln -s "$BIN/window" "$BIN/fanout" bin
  cat >bin/datagen <<END
#!/bin/sh
"$BIN/datagen" "\$@" &
while [ ! -e "$PWD/ck/r/latest" ]; do sleep 0.02; done
kill -KILL \$!
exec >&-
sleep 0.2
exit 3
END
  chmod +x bin/datagen
  PATH=$PWD/bin:$PATH begin --restart 0/1s
  finish
  assert_status 3
  assert_stderr_has 'ended because datagen[r] died: status 3'
}

@test "after so many restarts the status is 3, and the next run goes on" {
  begin --restart 1/1m
  wait_until 30 past 1
  kill -KILL "$(stage b)"
  wait_until 30 file_has err 'start again'
  wait_until 30 past "$(number)"
  kill -KILL "$(stage b)"
  finish
  assert_status 3
  assert_stderr_has 'started again 1 times within 60 s, as often as --restart allows'
  assert_stderr_has 'ended because window[b] died: killed by SIGKILL'
  all_are_gone
  begin_rest
  finish
  assert_status 0
  each_row_once
}

@test "what another run has, another job, and what cannot be cut are refused" {
  begin
  wait_until 30 past 1
  run --separate-stderr windowpipe run job.sql --checkpoint ck
  assert_status 2
  assert_stderr_has "--checkpoint 'ck': another run, process $run_pid, has it"
  # Each would cut what the other writes.
  run --separate-stderr windowpipe run job.sql --checkpoint ck2
  assert_status 2
  assert_stderr_has 'another process with --checkpoint writes to that file, too'
  kill -TERM "$run_pid"
  finish
  assert_status 0
  job "$slowly" other.ndjson >other.sql
  run --separate-stderr windowpipe run other.sql --checkpoint ck
  assert_status 2
  assert_stderr_has 'the job has changed since its last checkpoint: '
  [[ ! -e other.ndjson ]]
  # What a stage computes is compared by itself, and no restart cures that.
  sed 's/SUM(i)/MAX(i)/' job.sql >other.sql
  run --separate-stderr windowpipe run other.sql --checkpoint ck
  assert_status 2
  assert_stderr_has "part 'a': it belongs to another query"
  [[ $stderr != *'start again'* ]]
  echo torn >ck/r/latest
  run --separate-stderr windowpipe run job.sql --checkpoint ck
  assert_status 2
  [[ $stderr == *"'ck/r': its file 'latest' holds no number"* ]]
  ((${#stderr_lines[@]} == 1))
  echo "SELECT i FROM r;" >>job.sql
  run --separate-stderr windowpipe run job.sql --checkpoint new
  assert_status 2
  assert_stderr_has 'standard output is no file'
  [[ ! -e new ]]
  run --separate-stderr windowpipe run other.sql --checkpoint ck/r
  assert_status 2
  assert_stderr_has 'it belongs to one source, not to a job'
}

@test "a bad line ends the job with status 1, --rejects lets it go on" {
  seq 1 300 | sed '200s/.*/bad/; s/^[0-9].*/{"i":&}/' >in.ndjson
  cat >job.sql <<'END'
CREATE TABLE r (i BIGINT)
  WITH ('connector' = 'filesystem', 'path' = 'in.ndjson', 'format' = 'json');
CREATE TABLE b (i BIGINT)
  WITH ('connector' = 'filesystem', 'path' = 'b.ndjson', 'format' = 'json');
INSERT INTO b SELECT i FROM r;
END
  begin
  finish
  assert_status 1
  assert_stderr_has 'bad line'
  begin --rejects bad
  finish
  assert_status 1
  seq 1 300 | sed '200d; s/.*/{"i":&}/' | cmp - b.ndjson
  [[ $(<bad) == bad ]]
  # What would be cut to the length of another file is not touched.
  run --separate-stderr windowpipe run job.sql --checkpoint ck --rejects other
  assert_status 2
  assert_stderr_has "the job's --rejects is 'rejects b $PWD/other', and was 'rejects b $PWD/bad'"
  [[ ! -e other ]]
}

@test "rows of standard input are in the journal, whichever stage is killed" {
  job "$slowly" | sed "/^CREATE TABLE r/,/;/c\\
CREATE TABLE r (i BIGINT, ts AS TO_TIMESTAMP_LTZ(i, 3), WATERMARK FOR ts AS ts)\\
WITH ('connector' = 'kinesis', 'stream' = 'none', 'format' = 'json');" >job.sql
  mkfifo pipe
  windowpipe run job.sql --checkpoint "$PWD/ck" --checkpoint-every 20ms \
    --stdin r --journal journal <pipe >out 2>err 3>&- &
  run_pid=$!
  exec 4>pipe
  seq 1 1000 | sed 's/.*/{"i":&}/' >&4
  wait_until 30 past 2
  kill -KILL "$(stage b)"
  seq 1001 "$N" | sed 's/.*/{"i":&}/' >&4
  exec 4>&-
  finish
  assert_status 0
  assert_stderr_has 'window[b] died: killed by SIGKILL; all stages start again'
  each_row_once
}

@test "options that make no sense with checkpoints, or without, are refused" {
  are_refused <<'END'
go with run --checkpoint DIR only|windowpipe run job.sql --restart 3/10m
--verify goes with run --checkpoint DIR only|windowpipe run job.sql --verify
go with run --checkpoint DIR only|windowpipe run job.sql --from-checkpoint 3
write times/time|windowpipe run job.sql --checkpoint c --restart 3
without --checkpoint: nothing would be kept|windowpipe run job.sql --checkpoint-every 1s
keep them by --journal DIR|windowpipe run job.sql --checkpoint c --stdin r
that Kinesis ends with the run|windowpipe run job.sql --checkpoint c --local
the job says which stages|windowpipe run job.sql --checkpoint c --checkpoint-stages a
there is no whole checkpoint 7 of r|windowpipe run job.sql --checkpoint c --from-checkpoint 7
there is no checkpoint in 'none'|windowpipe checkpoints none
END
}

@test "jobs that are killed at any moment and started again write the bytes of one run" {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  run --separate-stderr timeout 100 "$ROOT/tests/property/checkpoint" --job \
    -n "${CASES-1}" -r 20000 -k 4
  assert_status 0
  assert_output_has ': 0 turns differ'
}

@test "with --verify answers that are lost double nothing in a stream" {
  command -v node >/dev/null || skip 'node is missing'
  [[ -d $ROOT/tests/node_modules/aws4 ]] ||
    skip 'aws4 is not installed; run scripts/setup'
  echo '[{"do": "reset-after", "request": [1, 3]}]' >rules
  start_server faulty.err node "$ROOT/tests/kinesis/faulty.js" --owner $$ \
    --script rules --log stored
  export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:$server_port
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  job "$at_once" | sed "/^CREATE TABLE a/,\$d" >job.sql
  cat >>job.sql <<'END'
CREATE TABLE b (i BIGINT) WITH ('connector' = 'kinesis', 'stream' = 's',
  'aws.region' = 'us-east-1', 'format' = 'json');
INSERT INTO b SELECT i FROM r;
END
  begin --verify
  finish
  assert_status 0
  jq -r '.data | @base64d' stored | sort | diff - \
    <(seq -f '{"i":%g}' "$N" | sort)
}

# some FROM TO: rows of numbers.
some() { seq -f '{"i":%g}' "$1" "$2"; }
has_rows() { [[ -e b.ndjson && $(wc -l <b.ndjson) == "$1" ]]; }

@test "a kill of what reads standard input costs no row, and cuts none" {
  cat >job.sql <<'END'
CREATE TABLE r (i BIGINT) WITH ('connector' = 'filesystem', 'path' = 'none',
  'format' = 'json');
CREATE TABLE b (i BIGINT)
  WITH ('connector' = 'filesystem', 'path' = 'b.ndjson', 'format' = 'json');
INSERT INTO b SELECT i FROM r;
END
  mkfifo in
  exec 5<>in
  windowpipe run job.sql --checkpoint "$PWD/ck" --checkpoint-every 20ms \
    --stdin r --journal journal <in >out 2>err 3>&- 5>&- &
  run_pid=$!
  { some 1 300 && printf '{"i":'; } >&5
  wait_until 20 has_rows 300
  kill -KILL "$(stage r)"
  # It is read on where it was: within the run nobody has closed it.
  { echo '301}' && some 302 600; } >&5
  exec 5>&-
  finish
  assert_status 0
  [[ $(jq .i b.ndjson | tr '\n' ' ') == "$(seq -s ' ' 600) " ]]
}
