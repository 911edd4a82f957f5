#!/usr/bin/env bats
# window's ends: results leave at once, signals, readers that go, full disks,
# and the account of all that.
# SPDX-License-Identifier: ISC

load helpers
load window

teardown() { stop_window; }

COUNT=(--tumble 10s --event-time t --count)

# --- results leave at once ----------------------------------------------------------

@test "a result is written when its window fires, while input is open" {
  start_window "${COUNT[@]}"
  give "$(row 1)"
  give "$(row 11)"
  wait_until 30 has_lines out 1
  give "$(row 21)"
  wait_until 30 has_lines out 2
  end_window
  assert_status 0
  (($(wc -l <<<"$output") == 3))
}

@test "a late row and a bad line are written at once too" {
  start_window "${COUNT[@]}" --late late --rejects bad
  give "$(row 1)" "$(row 11)" "$(row 2)" '{'
  wait_until 30 has_lines out 1
  wait_until 30 has_lines late 1
  wait_until 30 has_lines bad 1
  end_window
  assert_status 1
}

@test "half a row counts when its other half has come" {
  start_window "${COUNT[@]}" --stats
  give "$(rows 1 11)"
  wait_until 30 has_lines out 1
  printf '%s' "$(row 21 | head -c 20)" >&7
  kill -USR1 "$WINDOW_PID"
  wait_until 30 file_has err '"read":2,'
  give "$(row 21 | tail -c +21)"
  wait_until 30 has_lines out 2
  end_window
  assert_status 0
  assert_account 3 3 0 0 0
}

# --- signals --------------------------------------------------------------------------

@test "SIGTERM is the end of input: open windows are written, the account told, then it dies by it" {
  start_window "${COUNT[@]}" --key k --stats
  give "$(rows 1 11 12)"
  wait_until 30 has_lines out 1
  kill -TERM "$WINDOW_PID"
  wait_window
  assert_status 143
  [[ $(jq -c .k <<<"$output" | tr -d '\n') == 123 ]]
  assert_account 3 3 0 0 0
}

@test "SIGINT is likewise" {
  RUN_BY='env --default-signal=INT' start_window "${COUNT[@]}" --stats
  give "$(rows 1 11)"
  wait_until 30 has_lines out 1
  kill -INT "$WINDOW_PID"
  wait_window
  assert_status 130
  (($(wc -l <<<"$output") == 2))
}

@test "SIGTERM with --at-eof discard writes no open window" {
  start_window "${COUNT[@]}" --at-eof discard
  give "$(rows 1 11)"
  wait_until 30 has_lines out 1
  kill -TERM "$WINDOW_PID"
  wait_window
  assert_status 143
  (($(wc -l <<<"$output") == 1))
}

@test "a second signal ends a firing that has no end" {
  # A hundred thousand million windows hold this row.
  OUT=/dev/null start_window --hop 100000d --slide 1ms --event-time t --count \
    "${WATCHED[@]}"
  give '{"t":1}'
  wait_until 30 has_read 1
  kill -TERM "$WINDOW_PID"
  wait_until 30 eval '{ kill -TERM $WINDOW_PID || :; } && file_has err second'
  wait_window
  assert_status 3
  assert_stderr_has 'window: stdout: cannot write: stopped by a second signal'
}

@test "SIGTERM after a bad line is still death by the signal, and the bad line is counted" {
  start_window "${COUNT[@]}" --rejects bad --stats
  give x "$(row 1)" "$(row 11)"
  wait_until 30 has_lines out 1
  kill -TERM "$WINDOW_PID"
  wait_window
  assert_status 143
  assert_account 3 2 0 0 1
}

@test "SIGUSR1 says what is waited for, and the account, asked for or not" {
  start_window "${COUNT[@]}" --delay 5s
  give "$(rows 1 18)"
  wait_until 30 has_lines out 1
  kill -USR1 "$WINDOW_PID"
  wait_until 30 file_has err '"program":"window"'
  # 06:13:40 - 1 ms + 5 s of delay.
  file_has err 'window: the next window closes at 2024-06-10T06:13:40Z with a row of 2024-06-10T06:13:44.999Z or later; the watermark is 2024-06-10T06:13:33Z'
  file_has err '"read":2,"aggregated":2,"late":0,"late_max_s":0,"outside":0,"rejected":0,"output":1,"open_windows":1,"watermark":"2024-06-10T06:13:33Z"'
  end_window
  assert_status 0
}

@test "SIGUSR1 says windows as results have them, and the silence of --idle-timeout" {
  start_window --tumble 1d --timezone America/New_York --event-time t --count \
    --delay 5s --idle-timeout 90s "${WATCHED[@]}"
  give "$(row 1)"
  wait_until 30 has_read 1
  kill -USR1 "$WINDOW_PID"
  wait_until 30 file_has err '"read":1,'
  end_window
  # 21:46:38.999 to go, and the 90 s.
  assert_stderr_has 'closes at 2024-06-11T04:00:00Z with a row of 2024-06-11T04:00:04.999Z or later, or after a silence of 78493999ms; the watermark is 2024-06-10T06:13:16Z'
  [[ $(jq -r .window_end <<<"$output") == 2024-06-11T04:00:00Z ]]
  rm metrics
  start_window --tumble 10s --event-time t --from 't TIMESTAMP(3)' --count \
    "${WATCHED[@]}"
  give '{"t":"2024-06-10 06:13:21"}'
  wait_until 30 has_read 1
  kill -USR1 "$WINDOW_PID"
  wait_until 30 file_has err '"read":1,'
  end_window
  assert_stderr_has 'closes at 2024-06-10T06:13:30 with a row of 2024-06-10T06:13:29.999 or later; the watermark is 2024-06-10T06:13:21'
}

# many_rows N MS: as many rows, so far apart, each with a k of its own, in ./many.
many_rows() {
  awk -v n="$1" -v step="$2" 'BEGIN { for (i = 0; i < n; i++)
    printf "{\"t\":%.0f,\"k\":%d}\n", 1718000000000 + i * step, i }' >many
}

# answers TEXT: to SIGUSR1, with that text.
answers() { kill -USR1 "$WINDOW_PID" && file_has err "$1"; }

@test "SIGUSR1 while the reader sleeps says who is waited for" {
  many_rows 10000 10000
  mkfifo results
  window "${COUNT[@]}" <many >results 2>err 3>&- &
  WINDOW_PID=$!
  exec 5<results
  wait_until 30 catches_usr1 "$WINDOW_PID"
  wait_until 30 answers 'window: waits for the reader of stdout'
  file_has err '"program":"window"'
  (($(wc -l <&5) == 10000))
  wait "$WINDOW_PID"
  unset WINDOW_PID
}

@test "SIGUSR1 does not kill a run that still waits for the reader of --late" {
  mkfifo late
  window "${COUNT[@]}" --late late < <(rows 1 11) >out 2>err 3>&- &
  WINDOW_PID=$!
  wait_until 30 catches_usr1 "$WINDOW_PID"
  wait_until 30 answers 'window: waits for a reader of late'
  exec 5<late
  wait_window
  exec 5<&-
  assert_status 0
  (($(wc -l <<<"$output") == 2))
}

@test "SIGUSR1 while a large state is saved is answered" {
  many_rows 400000 0
  start_window "${COUNT[@]}" --key k --state kept "${WATCHED[@]}"
  cat many >&7
  wait_until 60 has_read 400000
  exec 7>&-
  # Saving takes a moment only: it is asked all the time, until it has ended.
  while kill -USR1 "$WINDOW_PID" 2>/dev/null; do :; done
  wait_window
  assert_status 0
  file_has err 'window: saves the state in kept'
}

# has_written N: as many results, and more, by the metrics.
has_written() {
  awk -v n="$1" '/^windowpipe_window_output_total/ && $NF > n { more = 1 }
    END { exit !more }' metrics
} 2>/dev/null

@test "SIGUSR1 while results without end are written is answered, and --metrics goes on" {
  # A hundred thousand million windows hold this row.
  OUT=/dev/null start_window --hop 100000d --slide 1ms --event-time t --count \
    "${WATCHED[@]}"
  give '{"t":1}'
  exec 7>&-
  wait_until 30 has_written 0
  wait_until 30 answers 'window: writes the results of windows that closed to stdout'
  output=$(grep '^{' err | tail -n 1 | jq .output)
  wait_until 30 has_written "$output"
  kill -TERM "$WINDOW_PID"
  wait_until 30 eval '{ kill -TERM $WINDOW_PID || :; } && file_has err second'
  wait_window
  assert_status 3
}

@test "SIGUSR1 while a large window is written costs none of it" {
  many_rows 100000 0
  mkfifo results
  window "${COUNT[@]}" --key k <many >results 2>err 3>&- &
  WINDOW_PID=$!
  exec 5<results
  head -c 65536 <&5 >out
  wait_until 30 answers '"program":"window"'
  cat <&5 >>out
  exec 5<&-
  wait "$WINDOW_PID"
  unset WINDOW_PID
  (($(wc -l <out) == 100000))
  [[ -z $(sed 's/,"window_start.*//' out | sort | uniq -d) ]]
}

@test "SIGUSR1 with no open window says so" {
  start_window --tumble 1s --processing-time --count
  give '{}'
  wait_until 30 has_lines out 1
  kill -USR1 "$WINDOW_PID"
  wait_until 30 file_has err 'window: no window is open; waiting for rows'
  end_window
  assert_status 0
}

# --- the account ------------------------------------------------------------------------

@test "--stats is one line of JSON with every member" {
  win "${COUNT[@]}" --name tumbling --stats < <(rows 1 11 2)
  assert_status 0
  [[ $(stats | jq -c keys_unsorted) == \
'["program","name","elapsed_s","read","aggregated","late","late_max_s","outside",'\
'"rejected","output","open_windows","watermark","unfit","absent_fields"]' ]]
  assert_stats '.program == "window" and .name == "tumbling" and .late == 1 and
    .late_max_s == 9 and .open_windows == 0 and .output == 2 and
    .watermark == "2024-06-10T06:13:31Z"'
  [[ ${stderr_lines[1]} == '{'* ]]
}

@test "without --stats and without trouble nothing is said" {
  win "${COUNT[@]}" < <(rows 1 11 12)
  assert_status 0
  assert_stderr ''
}

@test "--metrics is Prometheus text, complete at the end and never half" {
  win "${COUNT[@]}" --key k --name 'a"b' --metrics m.prom --recent last \
    < <(rows 1 11 2)
  assert_status 0
  [[ ${#lines[@]} == 2 && $(<last) == "$output" ]]
  while read -r name value; do
    grep -qF "windowpipe_window_$name{name=\"a\\\"b\"} $value" m.prom ||
      { cat m.prom >&2 && return 1; }
  done <<'EOF'
read_total 3
aggregated_total 2
late_total 1
outside_total 0
rejected_total 0
output_total 2
open_windows 0
watermark 1718000011
EOF
  [[ $(ls) == *m.prom* && $(ls | grep -c m.prom) == 1 ]]
}

@test "--metrics is written anew while it runs" {
  start_window "${COUNT[@]}" --metrics m.prom --metrics-every 50ms
  give "$(rows 1 11)"
  wait_until 30 file_has m.prom 'windowpipe_window_read_total 2'
  give "$(rows 12)"
  wait_until 30 file_has m.prom 'windowpipe_window_read_total 3'
  end_window
  assert_status 0
}

@test "--name is in every message" {
  win "${COUNT[@]}" --name tumbling <<<x
  assert_stderr_has 'window[tumbling]: stdin:1:1: bad line: '
}

@test "--progress is shown where it is asked for, and not where stderr is no terminal" {
  win "${COUNT[@]}" --progress < <(rows 1 11)
  assert_stderr ''
  win "${COUNT[@]}" --progress=always < <(rows 1 11)
  assert_status 0
  (($(wc -l <<<"$output") == 2))
}

# on_terminal COLUMNS COMMAND: what a terminal of that width is sent.
on_terminal() {
  run script -qec "stty cols $1; $2" /dev/null </dev/null
}

@test "on a terminal --progress makes way for results, and for messages" {
  rows 1 11 >two
  on_terminal 80 "cat two | window ${COUNT[*]} --progress"
  assert_output_has $'0 open\e[K\r\e[K{'
  on_terminal 80 "echo x | window ${COUNT[*]} --progress"
  assert_output_has $'0 open\e[K\r\e[Kwindow: stdin:1:1: '
}

@test "on a narrow terminal --progress of a file keeps per cent and time left" {
  rows 1 11 >two
  on_terminal 80 "window ${COUNT[*]} --progress <two"
  [[ $output == *$'\r0 rows 0:00:0'[0-9]' [0 rows/s] [>   '* ]]
  on_terminal 20 "window ${COUNT[*]} --progress <two"
  assert_output_has $'\r[0 rows/s] 0%\e[K'
  on_terminal 8 "window ${COUNT[*]} --progress <two"
  assert_output_has $'\r0%\e[K'
}

# --- output that fails --------------------------------------------------------------------

@test "a full disk is said, status 3, and the account is told" {
  OUT=/dev/full start_window "${COUNT[@]}" --stats
  give "$(rows 1 11)"
  wait_window # it ends though input is open
  assert_status 3
  assert_stderr_has 'window: stdout: cannot write: No space left on device'
  assert_stats '.read == 2'
}

@test "a full disk behind --late and --rejects is said, status 3" {
  win "${COUNT[@]}" --late /dev/full < <(rows 1 11 2)
  assert_status 3
  assert_stderr_has 'window: /dev/full: cannot write: No space left on device'
  win "${COUNT[@]}" --rejects /dev/full <<<x
  assert_status 3
  assert_stderr_has 'window: /dev/full: cannot write: No space left on device'
}

@test "a closed stdout is said, status 3" {
  run --separate-stderr bash -c 'window "$@" >&-' - "${COUNT[@]}" < <(rows 1)
  assert_status 3
  assert_stderr 'window: stdout: cannot write: it is closed'
}

@test "a closed stdout is no --late file" {
  run --separate-stderr bash -c 'window "$@" >&-' - "${COUNT[@]}" \
    --late late < <(rows 1 11 2)
  assert_status 3
  [[ ! -s late || $(<late) == "$(rows 0 0 2 | tail -n 1)" ]]
}

@test "a closed stdin is said, status 3" {
  run --separate-stderr bash -c 'window "$@" <&-' - "${COUNT[@]}"
  assert_status 3
  assert_stderr 'window: stdin: cannot read: it is closed'
}

@test "a folder as stdin is said, status 3, and what had come is not made up" {
  run --separate-stderr bash -c 'window "$@" <.' - "${COUNT[@]}"
  assert_status 3
  assert_output ''
  assert_stderr 'window: stdin: cannot read: Is a directory'
}

# lost_reader RUN_BY: the reader has gone before the first row.
lost_reader() {
  mkfifo pipe
  RUN_BY=$1 OUT=pipe start_window "${COUNT[@]}" --stats
  exec 8<pipe
  exec 8<&-
  wait_window
}

@test "a reader that leaves ends it at once, while it waits for rows, quietly by SIGPIPE" {
  lost_reader 'env --default-signal=PIPE'
  assert_status 141
  assert_stderr ''
}

@test "where SIGPIPE is ignored a reader that leaves is said, status 3" {
  lost_reader 'env --ignore-signal=PIPE'
  assert_status 3
  assert_stderr_has 'window: stdout: cannot write: the reader has gone away (broken pipe)'
  assert_stats '.read == 0'
}

# It has filled the pipe, and waits.
is_asleep() { grep -q '^State:.S' "/proc/$WINDOW_PID/status"; }

@test "a reader that sleeps loses nothing" {
  for t in {0..2999}; do echo "{\"t\":$t}"; done >many
  window --tumble 1ms --event-time t --count <many >want
  mkfifo pipe
  window --tumble 1ms --event-time t --count <many >pipe 2>err 3>&- &
  WINDOW_PID=$!
  exec 8<pipe
  wait_until 30 is_asleep
  cat <&8 >got
  exec 8<&-
  wait_window
  assert_status 0
  (($(wc -c <want) > 70000))
  cmp want got
}
