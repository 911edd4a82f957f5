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

# bad VALUE [OPTION…]: it is not a time.
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
  bad '"2024-06-10T06:13:20+5"'
}

# SPELLING|INSTANT
spellings='
2019-01-18T07:33:46,139+0000|2019-01-18T07:33:46.139Z
2021-09-01 20:02:00,025|2021-09-01T20:02:00.025Z
2024/01/23 23:27:57.060|2024-01-23T23:27:57.06Z
2024/01/23|2024-01-23T00:00:00Z
2009-06-01|2009-06-01T00:00:00Z
2022-04-03 17:38:20 UTC|2022-04-03T17:38:20Z
2022-04-03 17:38:20.5 GMT|2022-04-03T17:38:20.5Z
2020-10-03 12:34:56 +0200|2020-10-03T10:34:56Z
2020-10-25 00:00:00+02|2020-10-24T22:00:00Z
2020-10-25 00:00:00 -02:30|2020-10-25T02:30:00Z
20201003T123456Z|2020-10-03T12:34:56Z
20201003T123456,5+02|2020-10-03T10:34:56.5Z
20201003T1234|2020-10-03T12:34:00Z
1700000000123|2023-11-14T22:13:20.123Z
-1|1969-12-31T23:59:59.999Z
+1.9|1970-01-01T00:00:00.001Z
'

@test "the spellings of logs, databases and clouds are read, declared or not" {
  local text instant declared

  while IFS='|' read -r text instant; do
    [[ $text ]] || continue
    is "\"$text\"" "$instant"
    for declared in 'TIMESTAMP(3)' 'TIMESTAMP_LTZ(3)' STRING; do
      is "\"$text\"" "$instant" --from "t $declared"
    done
  done <<<"$spellings"
  for text in 2024-06/10 '2024-06-10 UTC' '2024-06-10T06:13:20UTC' 1. .5 \
    '2024-06-10T06:13:20 utc' 20240610T06 1e3 ' 1' '1 ' + 1.2.3; do
    bad "\"$text\""
  done
}

@test "a time column that is not the event time takes the same spellings" {
  win --tumble 1d --event-time n --first a --first b \
    --from 'a TIMESTAMP(3), b TIMESTAMP_LTZ(3)' --timezone +02:00 <<'EOF'
{"n":0,"a":"2024/01/23 23:27:57,06","b":"20240123T2327"}
{"n":86400000,"a":"1700000000123","b":"1700000000123"}
EOF
  assert_status 0
  [[ $(jq -c '[.first_a, .first_b]' <<<"$output") == \
'["2024-01-23T23:27:57.06","2024-01-23T21:27:00Z"]
["2023-11-15T00:13:20.123","2023-11-14T22:13:20.123Z"]' ]]
}

@test "a text of digits counts --time-unit, and is doubted as a number is" {
  is '"1700000000.5"' 2023-11-14T22:13:20.5Z --time-unit s
  is '"1700000000123456"' 2023-11-14T22:13:20.123Z --time-unit us
  is '"1700000000.1"' 2023-11-14T22:13:20.1Z --time-unit s --from 't STRING'
  win --tumble 1s --event-time t --count <<<'{"t":"1718000000"}'
  assert_stderr_has "'1718000000', is read as 1970-01-20T21:13:20"
}

@test "a DATE is its midnight on the clock of --timezone" {
  local days=(--tumble 1d --event-time d --count --from 'd DATE')

  win "${days[@]}" <<<$'{"d":"2009-06-01"}\n{"d":"2009-06-02"}'
  assert_status 0
  [[ $(jq -r .window_start <<<"$output") == \
    $'2009-06-01T00:00:00Z\n2009-06-02T00:00:00Z' ]]
  win "${days[@]}" --timezone Europe/Berlin <<<'{"d":"2009-06-01"}'
  [[ $(jq -r .window_start <<<"$output") == 2009-05-31T22:00:00Z ]]
  win "${days[@]}" <<<'{"d":"2009-06-31"}'
  assert_status 1
}

# --- --time-format ------------------------------------------------------------------

@test "--time-format reads what nginx, HTTP, mail and others write" {
  local at=2026-11-28T21:00:00Z

  is '"28/Nov/2026:22:00:00 +0100"' $at --time-format '%d/%b/%Y:%T %z'
  is '"28/nov/2026:22:00:00 +01:00"' $at --time-format '%d/%b/%Y:%T %z'
  is '"28\/Nov\/2026:22:00:00 +01"' $at --time-format '%d/%b/%Y:%T %z'
  is '"Sat, 28 Nov 2026 21:00:00 GMT"' $at --time-format '%a, %d %b %Y %T %Z'
  is '"Sat Nov 28 21:00:00 +0000 2026"' $at --time-format '%a %b %d %T %z %Y'
  is '"Sat Nov 28 21:00:00 2026"' $at --time-format %c
  is '"28.11.2026, 21:00:00,117"' 2026-11-28T21:00:00.117Z \
    --time-format '%d.%m.%Y, %H:%M:%S,%f'
  is '"11/28/26 9:00:00 PM"' $at --time-format '%D %r'
  is '"1795899600.117"' 2026-11-28T21:00:00.117Z --time-format %s.%f
  is '"[28/Nov/2026:21:00:00]"' $at --time-format '[%d/%b/%Y:%T]'
  is 20261128 2026-11-28T00:00:00Z --time-format %Y%m%d
  is 20261128 2026-11-28T00:00:00Z --time-format %Y%m%d --from 't STRING'
}

@test "names are English in every locale" {
  local locale

  locale=$(locale -a | grep -m 1 -E '^(de|fr|ja|ru)_') || locale=de_DE.UTF-8
  LC_ALL=$locale is '"28/May/2026:22:00:00 Z"' 2026-05-28T22:00:00Z \
    --time-format '%d/%b/%Y:%T %z'
}

@test "a time by its format without a zone is --timezone's" {
  local format=(--time-format '%d/%b/%Y:%T' --timezone Europe/Berlin)
  local zoned=(--time-format '%d/%b/%Y:%T %z' --timezone Europe/Berlin)

  is '"28/Nov/2026:22:00:00"' 2026-11-28T21:00:00Z "${format[@]}"
  is '"28/Nov/2026:22:00:00"' 2026-11-28T21:00:00Z "${format[@]}" \
    --from 't TIMESTAMP(3)'
  is '"28/Nov/2026:22:00:00 +0000"' 2026-11-28T22:00:00Z "${zoned[@]}"
  is '"28/Nov/2026:22:00:00 +0000"' 2026-11-28T22:00:00Z "${zoned[@]}" \
    --from 't TIMESTAMP(3)'
}

@test "--time-format is of the event time alone, and of that the only spelling" {
  bad '"2026-11-28T22:00:00Z"' --time-format '%d/%b/%Y:%T %z'
  win --tumble 1d --event-time t --first u --from 'u TIMESTAMP(3)' \
    --time-format '%Y-%d-%mT%H:%M:%S' <<'EOF'
{"u":"2026-11-10T22:00:00","t":"2026-11-10T22:00:00"}
{"u":"2026-12-10T22:00:00","t":"2026-12-10T22:00:00"}
{"u":"2026-12-10T22:00:00","t":"2026-13-10T22:00:00"}
EOF
  assert_status 0
  [[ $(jq -c '[.first_u, .window_start]' <<<"$output") == \
'["2026-11-10T22:00:00","2026-10-11T00:00:00Z"]
["2026-12-10T22:00:00","2026-10-12T00:00:00Z"]
["2026-12-10T22:00:00","2026-10-13T00:00:00Z"]' ]]
}

@test "a format reads numbers, row after row" {
  win --tumble 1d --event-time t --count --time-format %Y%m%d \
    < <(printf '{"t":%d}\n' 20261128 20261128 20261129 20261130 20261201)
  assert_status 0
  [[ $(jq -r '.window_start[:10]' <<<"$output") == \
    $'2026-11-28\n2026-11-29\n2026-11-30\n2026-12-01' ]]
}

@test "a text that the format does not fit is bad, and where is said" {
  local format=(--time-format '%d/%b/%Y:%T %z')

  bad '"28/Noz/2026:22:00:00 +0100"' "${format[@]}"
  assert_stderr_has \
    "expected a month's English name, at character 4 of it; "
  bad '"28/Nov/2026 22:00:00 +0100"' "${format[@]}"
  assert_stderr_has 'the text differs from the format here, at character 12'
  bad '"31/Nov/2026:22:00:00 +0100"' "${format[@]}"
  assert_stderr_has 'there is no such day'
  bad '"2026-11-28T22:61:00"'
  assert_stderr_has 'minute out of range, at character 15 of it'
}

@test "a text that a known format reads is refused with that format" {
  bad '"28/Nov/2026:22:00:00 +0100"'
  assert_stderr_has "; to read such times: --time-format '%d/%b/%Y:%T %z'; "
  bad '"Nov  8 22:00:00"'
  assert_stderr_has "--time-format '%b %e %T'; "
  bad '"Sat, 28 Nov 2026 21:00:00 GMT"'
  assert_stderr_has "--time-format '%a, %d %b %Y %T %Z'; "
  bad '"28-11-26"'
  assert_stderr_has '; times in another form: --time-format, such as '
  bad '"1700000000123456"'
  [[ $stderr != *'--time-format'* ]]
  bad '"2026-11-28T25:00"'
  [[ $stderr != *'--time-format'* ]]
}

@test "a format that is none is refused with its column and the letters" {
  local count=(--tumble 1s --event-time t --count)

  win "${count[@]}" --time-format '%d/%q/%Y'
  assert_status 2
  assert_stderr "window: --time-format '%d/%q/%Y', column 4: unknown letter; \
letters are %a %A %b %B %c %d %D %e %f %F %h %H %I %j %k %l %m %M %n %p %r %R \
%s %S %t %T %u %w %x %X %y %Y %z %Z %%"
  win "${count[@]}" --time-format %H:%M
  assert_status 2
  assert_stderr_has "'%H:%M', column 6: a date is missing"
  win "${count[@]}" --time-format %s --from 't BIGINT'
  assert_status 2
  assert_stderr "window: --time-format reads text, and t is declared BIGINT; \
declare TIMESTAMP(3) or STRING"
  win --tumble 1s --processing-time --count --time-format %s
  assert_status 2
  assert_stderr_has '--time-format goes with --event-time only'
}

# syslog TEXT: the year that a time without one gets, and no more on stderr.
syslog() {
  win --tumble 1s --event-time t --count --time-format '%b %e %T' \
    --into window_start <<<'{"t":"'"$1"'"}'
  assert_status 0
  assert_stderr_has "window: warning: stdin:1:7: --time-format has no year: \
it is the clock's, or the one before; the first event time, '$1', is read as "
  jq -r '.window_start[:4]' <<<"$output"
}

@test "a time without a year is at most a day ahead of the clock, which is said once" {
  local now today week

  # Not across midnight of New Year's Eve.
  now=$(LC_ALL=C date -u "+%b %e %T") today=$(date -u +%Y)
  week=$(LC_ALL=C date -u -d '7 days' '+%b %e %T')
  [[ $(syslog "$now") == "$today" || $(date -u +%Y) != "$today" ]]
  [[ $(syslog "$week") == $(($(date -u -d '7 days' +%Y) - 1)) ]]
  win --tumble 1d --event-time t --count --time-format '%b %e %T' \
    < <(yes '{"t":"Jan  1 00:00:00"}' | head -n 1000)
  assert_status 0
  (($(wc -l <<<"$stderr") == 1))
  [[ $(jq .count <<<"$output") == 1000 ]]
}

@test "a state knows the format of its event time" {
  local count=(--tumble 1h --event-time t --count --state s)

  win "${count[@]}" --time-format '%d/%b/%Y:%H:%M:%S %z' \
    <<<'{"t":"28/Nov/2026:22:00:00 +0000"}'
  assert_status 0
  win "${count[@]}" --time-format '%d/%m/%Y:%T %z' </dev/null
  assert_status 2
  assert_stderr_has "made with --time-format '%d/%b/%Y:%H:%M:%S %z'"
  win "${count[@]}" --time-format '%d/%b/%Y:%T %z' </dev/null
  assert_status 0
}

# --- numbers ------------------------------------------------------------------------

@test "years are 0001 to 9999 as they are written" {
  is '"0001-01-01T00:00:00Z"' 0001-01-01T00:00:00Z
  is '"9999-12-31T23:59:59.999Z"' 9999-12-31T23:59:59.999Z
  is '"0001-01-01T00:00:00+01:00"' 0000-12-31T23:00:00Z
  bad '"0000-01-01T00:00:00Z"'
  bad '"10000-01-01T00:00:00Z"'
}

@test "numbers beyond the years 0001 to 9999 are bad, and the unit is named" {
  local type

  for type in 'k INT' 't BIGINT' 't DOUBLE' 't DECIMAL(38,0)' 't TIMESTAMP(3)' \
    't TIMESTAMP_LTZ(3)'; do
    bad 253402300800000 --from "$type"
    assert_stderr_has \
      'beyond the year 9999 in milliseconds; try --time-unit us or ns'
    is 253402300799999 9999-12-31T23:59:59.999Z --from "$type"
    bad -62135596800001 --from "$type"
    assert_stderr_has 'before the year 0001'
    is -62135596800000 0001-01-01T00:00:00Z --from "$type"
  done
  bad '"253402300800000"'
  bad 253402300800 --time-unit s
  assert_stderr_has 'beyond the year 9999 in seconds'
  bad 1e400
  assert_stderr_has 'a time out of range'
}

@test "days, hours and seconds that do not exist are bad values" {
  for t in 2024-02-30T00:00:00 2023-02-29T00:00:00 2024-13-01T00:00:00 \
    2024-06-10T24:00:00 2024-06-10T23:60:00 2024-06-10T23:59:60 \
    '2024-06-10  06:13:20' ' 2024-06-10T06:13:20' \
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
  is 1718000000.1 2024-06-10T06:13:20.1Z --from 't DOUBLE' --time-unit s
  is 1718.1 1970-01-01T00:28:38.1Z --from 't FLOAT' --time-unit s
  is -0.0001 1969-12-31T23:59:59.999Z --from 't DECIMAL(9,6)' --time-unit s
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
'1718000000', is read as 1970-01-20T21:13:20; if that is not meant: \
--time-unit s, ms (default), us or ns"
  win "${count[@]}" <<<'{"t":"1970-01-20T21:13:20Z"}'
  assert_stderr ''
  win "${count[@]}" --late late <<<$'{"t":1718000000000}\n{"t":1718000000}'
  assert_stderr ''
}

@test "the bounds of a window as BIGINT count as --time-unit says" {
  local into=(--into 'window_start BIGINT, window_end BIGINT NOT NULL')

  bounds() { # WANT SIZE TIME [OPTION…]
    win --tumble "$2" --event-time t --count "${into[@]}" "${@:4}" \
      <<<'{"t":"'"$3"'"}'
    assert_status 0
    assert_output '{"window_start":'"${1% *}"',"window_end":'"${1#* }"'}'
  }
  bounds '1718000000000 1718000010000' 10s 2024-06-10T06:13:20Z
  bounds '1718000000 1718000010' 10s 2024-06-10T06:13:20Z --time-unit s
  bounds '1718000000000000 1718000010000000' 10s 2024-06-10T06:13:20Z \
    --time-unit us
  bounds '1718000000000000000 1718000010000000000' 10s 2024-06-10T06:13:20Z \
    --time-unit ns
  bounds '-1 0' 500ms 1969-12-31T23:59:59.9Z --time-unit s
  bounds '1717970400000 1718056800000' 1d 2024-06-10 --timezone Europe/Berlin
  bounds '1717970400000 1718056800000' 1d 2024-06-10 \
    --timezone Europe/Berlin --from 't TIMESTAMP(3)'
  win --tumble 1s --event-time t --count --time-unit ns "${into[@]}" \
    <<<'{"t":"2300-01-01"}'
  assert_status 1
  assert_stderr_has '"window_end" of window '
  assert_stderr_has ': null, but NOT NULL in --into'
  win --tumble 1s --event-time t --count --into 'window_end INT'
  assert_status 2
  assert_stderr_has "cannot be cast to INT; give TIMESTAMP(3), BIGINT, or no type"
}
