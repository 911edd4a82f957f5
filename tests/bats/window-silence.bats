#!/usr/bin/env bats
# What window does not pass over in silence: rows that came too late, fields
# that are nowhere, values that do not fit.
# SPDX-License-Identifier: ISC

load helpers
load window

COUNT=(--tumble 10s --event-time t --count)

# --- late rows -------------------------------------------------------------------------

# late_says N OF SECONDS DELAY: the warning, alone on stderr.
late_says() {
  assert_status 0
  assert_stderr "window: warning: $1 of $2 rows came too late for their \
windows, by up to $3 s, and are not counted; --delay $4 would have kept all \
(for unsorted files: --delay all), --late FILE keeps such rows"
}

@test "late rows are said once, with the delay that keeps them" {
  rows 5 65 6 30 64 >in
  win "${COUNT[@]}" <in
  late_says 2 5 59 59s
  win "${COUNT[@]}" --delay 59s <in
  assert_stderr ''
  # So from a pipe; and where it is known, the lateness to the millisecond.
  win "${COUNT[@]}" < <(rows 5 65 35 4.488)
  late_says 2 4 60.512 61s
  # The last millisecond of a window needs one more.
  rows 9.999 75.999 5.999 15.999 >in
  win --tumble 10ms --event-time t --count <in
  late_says 2 4 70 71s
  win --tumble 10ms --event-time t --count --delay 70s <in
  late_says 1 4 70 71s
  win --tumble 10ms --event-time t --count --delay 71s <in
  assert_stderr ''
}

@test "late rows are not said with --late or --quiet, but counted" {
  win "${COUNT[@]}" --late late --stats < <(rows 5 65 6)
  ((${#stderr_lines[@]} == 1))
  assert_stats '.late == 1 and .late_max_s == 59'
  win "${COUNT[@]}" --quiet --stats < <(rows 5 65 6)
  ((${#stderr_lines[@]} == 1))
  assert_stats '.late == 1 and .late_max_s == 59'
  # An error is no warning.
  win "${COUNT[@]}" -q <<<x
  assert_status 1
  assert_stderr_has 'window: stdin:1:1: bad line: '
}

@test "late rows are said while a stream goes on" {
  start_window "${COUNT[@]}"
  give "$(rows 5 65 6)"
  wait_until 30 file_has err 'warning: 1 of 3 rows came too late'
  # What has grown since is said at the end.
  give "$(rows 7 8)"
  end_window
  assert_status 0
  (($(wc -l <err) == 2))
  file_has err 'warning: 3 of 5 rows came too late'
}

@test "of late rows each run says its own" {
  rows 5 65 6 | window "${COUNT[@]}" --state kept 2>/dev/null
  win "${COUNT[@]}" --state kept --stats <<<"$(rows 75 7)"
  assert_stderr_has 'warning: 1 of 2 rows came too late'
  assert_stats '.late == 2 and .read == 5 and .late_max_s == 68'
  win "${COUNT[@]}" --state kept </dev/null
  assert_stderr ''
}

@test "lateness is that of the rows, whatever --delay the run before had" {
  rows 5 65 | window "${COUNT[@]}" --state kept
  win "${COUNT[@]}" --state kept --delay 1h --stats < <(rows 70 6)
  assert_stderr_has 'warning: 1 of 2 rows came too late for their windows, by up to 64 s, and are not counted; --delay 64s '
  assert_stats '.late_max_s == 64'
  # Where --overflow has moved event time on, as well.
  COUNT+=(--key t --max-keys 1 --overflow oldest)
  win "${COUNT[@]}" --delay 1h --stats < <(rows 1 2 4 3)
  assert_stats '.late == 3 and .late_max_s == 7.999'
  rm kept
  for t in 1 2 4 3; do
    win "${COUNT[@]}" --state kept --delay 1h --stats < <(rows "$t")
  done
  assert_stats '.late == 3 and .late_max_s == 7.999'
  COUNT=("${COUNT[@]:0:5}")
  # What --max-jump measures from, too.
  rm kept
  rows 5 65 | window "${COUNT[@]}" --state kept --delay 1h
  win "${COUNT[@]}" --state kept --max-jump 1m < <(rows 126)
  assert_status 1
  assert_stderr_has 'further ahead of earlier rows than --max-jump allows'
}

@test "an event time that --overflow has moved on knows no delay that helps" {
  win "${COUNT[@]}" --key k --max-keys 2 --overflow oldest < <(rows 1 2 3 4)
  assert_stderr_has 'rows came too late'
  [[ $stderr != *'--delay '* ]]
}

@test "--delay all takes rows in any order, and writes at the end of input" {
  win "${COUNT[@]}" --into count --stats --delay all < <(rows 65 5 15 6 64 90)
  assert_status 0 && assert_output $'{"count":2}\n{"count":1}\n{"count":2}\n{"count":1}'
  assert_account 6 6 0 0 0
  assert_stats '.watermark == null'
  start_window "${COUNT[@]}" --delay all --into count
  give "$(rows 65 5)"
  kill -USR1 "$WINDOW_PID"
  wait_until 30 file_has err '"program":"window"'
  file_has err 'window: the next window closes at the end of input: --delay all'
  end_window
  assert_output $'{"count":1}\n{"count":1}'
  win "${COUNT[@]}" --delay all --explain
  assert_output_has 'the watermark waits for the end of input'
  for kind in '--session 5s' '--hop 10s --slide 2s' '--cumulate 1m --step 10s'; do
    # shellcheck disable=SC2086 # words
    win $kind --event-time t --key k --sum k --delay all < <(rows 65 5 15 6)
    sorted=$output
    # shellcheck disable=SC2086
    win $kind --event-time t --key k --sum k --delay 1m < <(rows 65 5 15 6)
    assert_output "$sorted" && assert_stderr ''
  done
}

@test "--delay all with what cannot go with it is status 2" {
  win "${COUNT[@]}" --delay all --idle-timeout 1s </dev/null
  assert_status 2
  assert_stderr_has '--idle-timeout has no effect'
  win "${COUNT[@]}" --delay all --state kept </dev/null
  assert_status 2
  assert_stderr_has '--at-eof emit'
  COUNT+=(--into count)
  rows 65 5 | window "${COUNT[@]}" --delay all --state kept --at-eof hold
  win "${COUNT[@]}" --delay all --state kept --at-eof emit < <(rows 6)
  assert_output $'{"count":2}\n{"count":1}'
}

# --- fields ----------------------------------------------------------------------------

@test "a path finds a key that holds its dots, in rows that lack the path" {
  cat >rows <<'END'
{"t":1,"id.orig_h":"192.0.2.1","x":1}
{"t":2,"id.orig_h":"192.0.2.1","x":2}
{"t":3,"id":{"orig_h":"192.0.2.2"},"id.orig_h":"no","x":3}
{"t":4,"id":{"orig_h":null},"id.orig_h":"no","x":4}
{"t":5,"id":7,"id.orig_h":"192.0.2.1","x":5}
END
  want=$'{"id.orig_h":null,"sum_x":4}
{"id.orig_h":"192.0.2.1","sum_x":8}
{"id.orig_h":"192.0.2.2","sum_x":3}'
  ASK=(--tumble 1s --event-time t --key id.orig_h --sum x
    --into '"id.orig_h", sum_x')
  win "${ASK[@]}" <rows
  assert_status 0 && assert_stderr '' && assert_output "$want"
  WINDOWPIPE_PLAIN=1 win "${ASK[@]}" <rows
  assert_output "$want"
  for line in {1..5}; do
    sed -n "${line}p" rows | window "${ASK[@]}" --state kept
  done
  win "${ASK[@]}" --state kept --at-eof emit </dev/null
  assert_output "$want"
  # As the object of another path, and within one.
  win --tumble 1s --event-time t --max a.b.c:m --into m \
    <<<$'{"t":1,"a":{"b.c":5}}\n{"t":2,"a.b":{"c":6}}\n{"t":3,"a.b.c":4}'
  assert_output '{"m":6}'
}

# absent ROWS NAME WHAT: the warning on a field, and what it says behind it.
absent() { assert_stderr_has "window: warning: no row of $1 has the field '$2'; $3"; }

@test "a field that no row has is said, with the nearest name that rows have" {
  local row='{"t":1000,"host":"a","latency":1,"id":{"orig_h":1}}'

  win "${COUNT[@]}" --key hots --avg latncy --max orig_h --stats <<<"$row"
  assert_status 0
  absent 1 hots "did you mean 'host'?"
  absent 1 latncy "did you mean 'latency'?"
  absent 1 orig_h "did you mean 'id.orig_h'?"
  ((${#stderr_lines[@]} == 4))
  assert_stats '.absent_fields == 3'
  # Nothing is near: what there is.
  win "${COUNT[@]}" --key other <<<"$row"
  absent 1 other "the first has 't, host, latency, id'"
  # Also where that ended the run.
  win --tumble 1s --event-time T --count <<<"$row"
  assert_status 1
  absent 1 T "did you mean 't'?"
  win "${COUNT[@]}" --key hots -q <<<"$row"
  assert_stderr ''
}

@test "a field that only some rows have is not said, in either reader" {
  {
    for n in {1..100}; do echo "{\"t\":$n,\"a\":1}"; done
    echo '{"t":101,"a":1,"b":null}'
  } >in
  win "${COUNT[@]}" --key b --max a <in
  assert_status 0 && assert_stderr ''
  sed -i 's/"b"/"bb"/' in
  win "${COUNT[@]}" --key b --max a <in
  absent 101 b "the first has 't, a'"
  WINDOWPIPE_PLAIN=1 win "${COUNT[@]}" --key b --max a <in
  absent 101 b "the first has 't, a'"
  # Nor where an earlier run has seen it.
  echo '{"t":1,"b":1}' | window "${COUNT[@]}" --key b --state kept
  win "${COUNT[@]}" --key b --state kept <<<'{"t":2}'
  assert_status 0 && assert_stderr ''
}

@test "a field that no row has is said with the first results of a stream" {
  start_window "${COUNT[@]}" --key n
  give "$(rows 1 12)"
  wait_until 30 file_has err "warning: no row of 2 has the field 'n'"
  end_window
  assert_status 0
}

# --- values that do not fit ------------------------------------------------------------

@test "a value of a row that does not fit its type is null, and that is said" {
  {
    echo '{"t":0,"x":1.5}'
    for n in {1..50}; do echo "{\"t\":$n,\"x\":$n}"; done
    echo '{"t":51,"x":12345.67}'
    echo '{"t":52,"x":123456.78}'
    echo '{"t":53,"x":12345.67}'
    echo '{"t":54,"x":null}'
  } >in
  for reader in fast plain; do
    [[ $reader == fast ]] || export WINDOWPIPE_PLAIN=1
    win "${COUNT[@]}" --count-of x --from 'x DECIMAL(6,2)' --stats <in
    assert_status 0
    [[ $(jq .count_of_x <<<"$output") == 51 ]]
    [[ ${stderr_lines[0]} == "window: warning: stdin:52:13: field 'x': \
'12345.67' does not fit DECIMAL(6,2) and is null; the first of 3 such values" ]]
    ((${#stderr_lines[@]} == 2))
    assert_stats '.unfit == 3'
  done
  unset WINDOWPIPE_PLAIN
  win "${COUNT[@]}" --max x <<<'{"t":0,"x":3.402823e38}'
  assert_stderr "window: warning: stdin:1:12: field 'x': '3.402823e38' does \
not fit 38 digits and is null; DOUBLE in --from can hold it"
  win "${COUNT[@]}" --max x --from 'x DOUBLE' <<<'{"t":0,"x":3.402823e38}'
  assert_stderr ''
  win "${COUNT[@]}" --max x --quiet <<<'{"t":0,"x":3.402823e38}'
  assert_stderr ''
}

@test "a result that does not fit the type in --into is null, and that is said" {
  for n in {1..200}; do echo '{"t":0,"x":99.99}'; done >in
  win "${COUNT[@]}" --sum x --from 'x DECIMAL(6,2)' --into 'sum_x DECIMAL(6,2)' \
    --stats <in
  assert_output '{"sum_x":null}'
  [[ ${stderr_lines[0]} == "window: warning: \"sum_x\" of window \
'[1970-01-01T00:00:00, 1970-01-01T00:00:10)': '19998' does not fit DECIMAL(6,2) \
and is null" ]]
  assert_stats '.unfit == 1'
  for cast in 'x INT:3000000000' 'x TINYINT:128' 'x BOOLEAN:7' \
    'x DECIMAL(3,2):10'; do
    win "${COUNT[@]}" --max x:x --into "${cast%:*}" <<<"{\"t\":0,\"x\":${cast#*:}}"
    assert_output '{"x":null}'
    type=${cast%:*}
    assert_stderr_has "'${cast#*:}' does not fit ${type#x } and is null"
  done
  # Each column by itself.
  win "${COUNT[@]}" --max x:a --min x:b --into 'a INT, b TINYINT' \
    <<<'{"t":0,"x":3000000000}'
  ((${#stderr_lines[@]} == 2))
}

@test "what did not fit counts over all runs of a state, once" {
  for x in 12345.67 1 12345.67; do
    echo "{\"t\":0,\"x\":$x}" |
      window "${COUNT[@]}" --max x --from 'x DECIMAL(6,2)' --state kept -q
  done
  win "${COUNT[@]}" --max x --from 'x DECIMAL(6,2)' --state kept --stats </dev/null
  assert_stats '.unfit == 2'
  ((${#stderr_lines[@]} == 1))
}
