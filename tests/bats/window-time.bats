#!/usr/bin/env bats
# window's times: texts, numbers, zones, and when a window fires.
# SPDX-License-Identifier: ISC

load helpers
load window

# start_of TIME [OPTION…]: the instant that is read from the JSON value TIME,
# as the start of the 1 ms window that it falls into.
start_of() {
  win --tumble 1ms --event-time t --key k "${@:2}" <<<'{"k":1,"t":'"$1"'}'
  assert_status 0
  jq -r .window_start <<<"$output"
}

# is VALUE INSTANT [OPTION…]
is() { [[ $(start_of "$1" "${@:3}") == "$2" ]]; }

# bad VALUE [OPTION…]: it is no time.
bad() {
  win --tumble 1ms --event-time t --key k "${@:2}" <<<'{"k":1,"t":'"$1"'}'
  assert_status 1
  assert_output ''
  assert_stderr_has 'window: stdin:1:12: bad line: field "t"'
}

@test "time text is ISO-8601 or SQL, seconds and fraction may be left out" {
  is '"2024-06-10T06:13:20Z"' 2024-06-10T06:13:20Z
  is '"2024-06-10T06:13:20"' 2024-06-10T06:13:20Z
  is '"2024-06-10 06:13:20"' 2024-06-10T06:13:20Z
  is '"2024-06-10t06:13:20z"' 2024-06-10T06:13:20Z
  is '"2024-06-10T06:13Z"' 2024-06-10T06:13:00Z
  is '"2024-06-10T06:13:20.5Z"' 2024-06-10T06:13:20.5Z
  is '"2024-06-10T06:13:20.Z"' 2024-06-10T06:13:20Z
  is '"2024-06-10T06:13:20.123456789Z"' 2024-06-10T06:13:20.123Z
  is '"2024-06-10T06:13:20.1239Z"' 2024-06-10T06:13:20.123Z
  is '"\u0032024-06-10T06:13:20Z"' 2024-06-10T06:13:20Z
}

@test "an offset from 00:00 to 23:59 is taken off, with or without colon" {
  is '"2024-06-10T06:13:20+05:30"' 2024-06-10T00:43:20Z
  is '"2024-06-10T06:13:20-0530"' 2024-06-10T11:43:20Z
  is '"2024-06-10T06:13:20-00:00"' 2024-06-10T06:13:20Z
  is '"2024-06-10T06:13:20+23:59"' 2024-06-09T06:14:20Z
  bad '"2024-06-10T06:13:20+24:00"'
  bad '"2024-06-10T06:13:20+05:60"'
  bad '"2024-06-10T06:13:20+05"'
}

@test "years are 0001 to 9999 as they are written" {
  is '"0001-01-01T00:00:00Z"' 0001-01-01T00:00:00Z
  is '"9999-12-31T23:59:59.999Z"' 9999-12-31T23:59:59.999Z
  is '"0001-01-01T00:00:00+01:00"' 0000-12-31T23:00:00Z
  bad '"0000-01-01T00:00:00Z"'
  bad '"10000-01-01T00:00:00Z"'
}

@test "days, hours and seconds that do not exist are bad values" {
  for t in 2024-02-30T00:00:00 2023-02-29T00:00:00 2024-13-01T00:00:00 \
    2024-06-10T24:00:00 2024-06-10T23:60:00 2024-06-10T23:59:60 \
    '2024-06-10  06:13:20' ' 2024-06-10T06:13:20' 2024-06-10 \
    2024-06-10T06 2024-06-10T06:13:20.1234567890 \
    2024-6-10T06:13:20 06:13:20 now ''; do
    bad "\"$t\""
  done
  is '"2024-02-29T00:00:00Z"' 2024-02-29T00:00:00Z
  bad true
  bad '{}'
  bad null
}

@test "numbers are epoch milliseconds, or what --time-unit says" {
  is 1718000000123 2024-06-10T06:13:20.123Z
  is 0 1970-01-01T00:00:00Z
  is -1 1969-12-31T23:59:59.999Z
  is 1718000000 2024-06-10T06:13:20Z --time-unit s
  is 1718000000123 2024-06-10T06:13:20.123Z --time-unit ms
  is 1718000000123456 2024-06-10T06:13:20.123Z --time-unit us
  is 1718000000123456789 2024-06-10T06:13:20.123Z --time-unit ns
}

@test "numbers are cut toward the past" {
  is 1.9 1970-01-01T00:00:00.001Z
  is -0.1 1969-12-31T23:59:59.999Z
  is 1718000000.1239 2024-06-10T06:13:20.123Z --time-unit s
  is -0.0001 1969-12-31T23:59:59.999Z --time-unit s
  is -1 1969-12-31T23:59:59.999Z --time-unit ns
  is 1.718e9 2024-06-10T06:13:20Z --time-unit s
  bad 1e300
}

@test "a declared event time is read by its type" {
  is 1718000000123 2024-06-10T06:13:20.123Z --from 't BIGINT'
  is 1718000000 2024-06-10T06:13:20Z --from 't INT' --time-unit s
  is '"1718000000123"' 2024-06-10T06:13:20.123Z --from 't BIGINT'
  is 1718000000.5 2024-06-10T06:13:20.5Z --from 't DECIMAL(20,3)' \
    --time-unit s
  is 1718000000.5 2024-06-10T06:13:20.5Z --from 't DOUBLE' --time-unit s
  is '"2024-06-10T06:13:20Z"' 2024-06-10T06:13:20Z --from 't STRING'
  is '"2024-06-10T06:13:20"' 2024-06-10T06:13:20Z --from 't TIMESTAMP(3)'
  is '"2024-06-10T06:13:20Z"' 2024-06-10T06:13:20Z --from 't TIMESTAMP_LTZ(3)'
  is 1718000000123 2024-06-10T06:13:20.123Z --from 't TIMESTAMP(3)'
  bad '"1718000000123"'
  bad '"2024-06-10T06:13:20Z"' --from 't BIGINT'
}

@test "text without a zone is read in --timezone" {
  is '"2024-06-10T06:13:20"' 2024-06-10T04:13:20Z --timezone Europe/Berlin
  is '"2024-06-10T06:13:20Z"' 2024-06-10T06:13:20Z --timezone Europe/Berlin
  is '"2024-06-10T06:13:20"' 2024-06-10T00:43:20Z --timezone +05:30
}

@test "a column declared TIMESTAMP holds the clock of --timezone" {
  win --tumble 1d --event-time t --key k --max t --from 't TIMESTAMP(3)' \
    --timezone America/New_York <<'EOF'
{"k":1,"t":"2024-06-09T22:00:00"}
{"k":1,"t":"2024-06-10T03:00:00Z"}
EOF
  assert_status 0
  assert_output '{"k":1,"max_t":"2024-06-09T23:00:00",'\
'"window_start":"2024-06-09T04:00:00Z","window_end":"2024-06-10T04:00:00Z"}'
}

@test "days are the zone's, and a day of 25 hours is one window" {
  win --tumble 1d --event-time t --count --timezone America/New_York <<'EOF'
{"t":"2024-11-03T03:59:59Z"}
{"t":"2024-11-03T04:00:00Z"}
{"t":"2024-11-04T04:59:59Z"}
{"t":"2024-11-04T05:00:00Z"}
EOF
  assert_status 0
  [[ $(jq -c '[.count, .window_start, .window_end]' <<<"$output") == \
'[1,"2024-11-02T04:00:00Z","2024-11-03T04:00:00Z"]
[2,"2024-11-03T04:00:00Z","2024-11-04T05:00:00Z"]
[1,"2024-11-04T05:00:00Z","2024-11-05T05:00:00Z"]' ]]
}

@test "an hour that comes twice is one window, which fires when it is over" {
  win --tumble 1h --event-time t --count --timezone America/New_York <<'EOF'
{"t":"2024-11-03T05:30:00Z"}
{"t":"2024-11-03T06:10:00Z"}
{"t":"2024-11-03T06:30:00Z"}
{"t":"2024-11-03T07:00:00Z"}
EOF
  [[ $(jq .count <<<"$output" | tr '\n' ' ') == '3 1 ' ]]
}

# --- when windows fire --------------------------------------------------------------

@test "a window fires when the watermark reaches its last millisecond" {
  # 30 - 1 ms - delay 5 s: at 34.999 it fires, at 34.998 it does not.
  win --tumble 10s --event-time t --delay 5s --count --at-eof discard \
    < <(row 1 && row 14.998)
  assert_output ''
  win --tumble 10s --event-time t --delay 5s --count --at-eof discard \
    < <(row 1 && row 14.999)
  assert_output '{"count":1,"window_start":"2024-06-10T06:13:20Z",'\
'"window_end":"2024-06-10T06:13:30Z"}'
}

@test "an empty window writes nothing" {
  win --tumble 10s --event-time t --count < <(row 1 && row 95)
  (($(wc -l <<<"$output") == 2))
}

@test "a row on the bound belongs to the window that begins there" {
  win --tumble 10s --event-time t --count < <(row 9.999 && row 10)
  [[ $(jq -r .window_end <<<"$output") == \
    $'2024-06-10T06:13:30Z\n2024-06-10T06:13:40Z' ]]
}

@test "times before 1970 fall into windows that begin before them" {
  win --tumble 10s --event-time t --count <<<'{"t":-1}'
  [[ $(jq -r .window_start <<<"$output") == 1969-12-31T23:59:50Z ]]
}

@test "a first time that is a thousand times off is warned of, and taken" {
  local count=(--tumble 1s --event-time t --count)

  win "${count[@]}" <<<'{"n":1,"t":1718000000}'
  assert_status 0
  [[ $output == *'"window_start":"1970-01-20T21:13:20Z"'* ]]
  assert_stderr "window: warning: stdin:1:12: the first event time, \
'1718000000', is taken for 1970-01-20T21:13:20; if that is not meant: \
--time-unit s, ms (default), us or ns"
  win "${count[@]}" --time-unit s <<<'{"t":1718000000000}'
  assert_status 0
  assert_stderr_has "is taken for +56411-04-03T06:13:20"
  win "${count[@]}" <<<'{"t":"1970-01-20T21:13:20Z"}'
  assert_stderr ''
  win "${count[@]}" <<<$'{"t":1718000000000}\n{"t":1718000000}'
  assert_stderr ''
}
