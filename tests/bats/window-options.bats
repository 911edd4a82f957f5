#!/usr/bin/env bats
# window's command line: what is asked, and what makes no sense.
# SPDX-License-Identifier: ISC

load helpers
load window

TUMBLE=(--tumble 10s --event-time t)

# bounds OPTION…: the start and end seconds of each result of one row, which
# stands at 06:13:23.
bounds() {
  win "$@" --event-time t --count < <(row 3)
  assert_status 0
  jq -r '[.window_start, .window_end] |
    map(sub("^2024-06-10T06:"; "") | sub("Z$"; "")) | join(" ")' <<<"$output"
}

# --- kinds of windows ------------------------------------------------------------

@test "--tumble puts a row into one window" {
  [[ $(bounds --tumble 10s) == '13:20 13:30' ]]
}

@test "--hop puts a row into each window that holds it, the oldest first" {
  [[ $(bounds --hop 4s --slide 2s) == $'13:20 13:24\n13:22 13:26' ]]
}

@test "--hop takes any slide" {
  [[ $(bounds --hop 5s --slide 3s) == '13:21 13:26' ]]
  [[ $(bounds --hop 1s --slide 2s) == '' ]]
}

@test "--cumulate grows windows by a step from one start" {
  [[ $(bounds --cumulate 10s --step 5s) == $'13:20 13:25\n13:20 13:30' ]]
}

@test "--session ends a gap after its last row" {
  [[ $(bounds --session 5s) == '13:23 13:28' ]]
}

@test "--offset moves windows, forward and back" {
  [[ $(bounds --tumble 10s --offset 4s) == '13:14 13:24' ]]
  [[ $(bounds --tumble 10s --offset -4s) == '13:16 13:26' ]]
  [[ $(bounds --tumble 10s --offset=-4s) == '13:16 13:26' ]]
  [[ $(bounds --hop 4s --slide 2s --offset 7s) == \
    $'13:21 13:25\n13:23 13:27' ]]
}

@test "an option that is said twice holds as it was said last" {
  [[ $(bounds --tumble 10s --tumble 5s) == '13:20 13:25' ]]
}

# --- keys, aggregates and their names ----------------------------------------------

@test "results are named OPTION_FIELD, or as :NAME says" {
  win "${TUMBLE[@]}" --key k --key o.p --key '"a.b":q' --count --count=n \
    --count-of x --sum x --avg x:mean --min x --max x --first x --last x \
    --distinct x --approx-distinct x --var-pop x --stddev-samp x \
    --quantile 0.95:x --p50 x --p90 x --p95 x --p999 x --p99 'x:tail' \
    --median x --mean x \
    < <(row 1 '"k":1,"o":{"p":2},"a.b":3,"x":5')
  assert_status 0
  [[ $(jq -c 'keys_unsorted' <<<"$output") == \
'["k","o.p","q","count","n","count_of_x","sum_x","mean","min_x","max_x",'\
'"first_x","last_x","distinct_x","approx_distinct_x","var_pop_x",'\
'"stddev_samp_x","quantile_0.95_x","p50_x","p90_x","p95_x","p999_x","tail",'\
'"median_x","mean_x","window_start","window_end"]' ]]
}

@test "aggregates come in the order given, each with its value" {
  win "${TUMBLE[@]}" --avg x --sum x --count --count-of x --max x --min x \
    --first x --last x --distinct x --var-pop x --var-samp x --stddev-pop x \
    --stddev-samp x \
    < <(row 1 '"x":4' && row 2 '"x":null' && row 3 '"x":1' && row 3 '"x":4.0')
  assert_status 0
  assert_output '{"avg_x":3,"sum_x":9,"count":4,"count_of_x":3,"max_x":4,'\
'"min_x":1,"first_x":4,"last_x":4,"distinct_x":2,"var_pop_x":2,"var_samp_x":3,'\
'"stddev_pop_x":1.414214,"stddev_samp_x":1.732051,'\
'"window_start":"2024-06-10T06:13:20Z","window_end":"2024-06-10T06:13:30Z"}'
}

@test "a key alone gives its values, and no key at all one group" {
  win "${TUMBLE[@]}" --key k < <(rows 1 2)
  [[ $(jq -c '[.k]' <<<"$output") == $'[1]\n[2]' ]]
  win "${TUMBLE[@]}" --count < <(rows 1 2)
  [[ $(jq -c '[.count]' <<<"$output") == '[2]' ]]
}

# quantiles_of VALUE…: 0, 0.3, median, p95, p99, p999, 1 of these values.
quantiles_of() {
  win "${TUMBLE[@]}" --from "x ${TYPE-DOUBLE}" --quantile 0:x:q0 \
    --quantile 0.3:x:q3 --median x --p95 x --p99 x --p999 x --quantile 1:x:q1 \
    < <(printf '{"t":"2024-06-10T06:13:20Z","x":%s}\n' "$@")
  assert_status 0
  # By arithmetic, because jq 1.7 leaves a number as it was written.
  output=$(jq -r '.[] | if type == "number" then . + 0 else . end' \
    <<<"$output" | head -n 7 | paste -sd' ')
}

@test "quantiles of up to 256 values are interpolated exactly, without digits of their own" {
  quantiles_of 0.012 0
  assert_output '0 0.0036 0.006 0.0114 0.01188 0.011988 0.012'
  quantiles_of 1 2 100
  assert_output '1 1.6 2 90.2 98.04 99.804 100'
  quantiles_of 0 10 10
  assert_output '0 6 10 10 10 10 10'
  quantiles_of -1 1
  assert_output '-1 -0.4 0 0.9 0.98 0.998 1'
  quantiles_of 28
  assert_output '28 28 28 28 28 28 28'
  quantiles_of {256..1}
  assert_output '1 77.5 128.5 243.25 253.45 255.745 256'
  TYPE=FLOAT quantiles_of 0.1 0.2
  assert_output '0.1 0.13 0.15 0.195 0.199 0.1999 0.2'
  TYPE='DECIMAL(4,2)' quantiles_of null null
  assert_output 'null null null null null null null'
}

@test "few different values stay exact, however many rows there are" {
  # shellcheck disable=SC2046 # words
  quantiles_of $(printf '0.7 %.0s' {1..700}) $(printf '0.9 %.0s' {1..300})
  assert_output '0.7 0.7 0.7 0.9 0.9 0.9 0.9'
}

@test "quantiles of many values are within 0.4 %, of few digits, and between the extremes" {
  quantiles_of 0.9999 {2..1999} 2000.001
  assert_output '0.9999 601.4 1001 1900 1980 2000 2000.001'
  # shellcheck disable=SC2046 # words
  quantiles_of $(seq 100.01 0.01 103)
  assert_output '100.01 101 101.5 102.8 103 103 103'
  jq -en --arg q "$output" '[$q | split(" ")[] | tonumber] as $q |
    [$q[1] / 100.907, $q[2] / 101.505, $q[3] / 102.8505] |
    all(. > 0.996 and . < 1.004)'
}

@test "a quantile of the same values is the same whatever their order and slices" {
  seq 0.5 0.37 150 >up
  for order in cat tac 'shuf --random-source=up'; do
    $order up | awk '{ printf "{\"t\":%d,\"x\":%s}\n", NR % 10000, $1 }' >rows
    for kind in '--tumble 10s' '--hop 10s --slide 10ms' '--hop 10s --slide 5s'; do
      # shellcheck disable=SC2086 # words
      win $kind --event-time t --delay 10s --p50 x --p95 x --quantile 0:x --p999 x <rows
      assert_status 0
      grep -F '"window_end":"1970-01-01T00:00:10Z"' <<<"$output" >>answers
    done
    rm -f held
    for part in 1,100p 101,300p '301,$p'; do
      sed -n "$part" rows | window --tumble 10s --event-time t --delay 10s --p50 x \
        --p95 x --quantile 0:x --p999 x --state held --at-eof hold
    done
    window --tumble 10s --event-time t --delay 10s --p50 x --p95 x --quantile 0:x \
      --p999 x --state held --at-eof emit </dev/null >>answers
  done
  (($(wc -l <answers) == 12 && $(sort -u answers | wc -l) == 1))
}

@test "a file is no operand: it comes by standard input" {
  row 1 >rows.ndjson
  win "${TUMBLE[@]}" --count rows.ndjson
  assert_status 2
  assert_stderr "window: unexpected 'rows.ndjson': files are read from standard input; try < 'rows.ndjson'"
  win "${TUMBLE[@]}" --count none.ndjson
  assert_status 2
  assert_stderr "window: unexpected 'none.ndjson': options begin with --; try window --help"
}

@test "an option that window does not have is not taken for another aggregate" {
  for option in p98 p9 p9999 rate tap mix map; do
    win "${TUMBLE[@]}" "--$option" x < <(rows 1)
    assert_status 2
    assert_stderr "window: unknown option '--$option'; try window --help"
  done
}

@test "--approx-distinct is within 5 % and the same in every run" {
  for x in {1..20000}; do
    echo '{"t":"2024-06-10T06:13:20Z","x":"v'"$x"'"}'
  done >many
  win "${TUMBLE[@]}" --approx-distinct x --distinct x <many
  jq -e '.distinct_x == 20000 and .approx_distinct_x > 19000 and
    .approx_distinct_x < 21000' <<<"$output"
  first=$output
  win "${TUMBLE[@]}" --approx-distinct x --distinct x <many
  assert_output "$first"
}

@test "results of a window are ordered by the keys: null, false, true, numbers, text" {
  win "${TUMBLE[@]}" --key k --key j < <(
    for k in '"b"' 10 2 true null '"a"' false -1.5 '""' '"ab"'; do
      row 1 "\"k\":$k,\"j\":2"
      row 1 "\"k\":$k,\"j\":1"
    done
  )
  [[ $(jq -c '[.k, .j]' <<<"$output" | tr -d '\n') == \
    '[null,1][null,2][false,1][false,2][true,1][true,2][-1.5,1][-1.5,2]'\
'[2,1][2,2][10,1][10,2]["",1]["",2]["a",1]["a",2]["ab",1]["ab",2]'\
'["b",1]["b",2]' ]]
}

@test "--unsorted writes the same groups" {
  rows {1..9} >in
  win "${TUMBLE[@]}" --key k --count <in
  sorted=$output
  win "${TUMBLE[@]}" --key k --count --unsorted <in
  assert_status 0
  [[ $(sort <<<"$output") == $(sort <<<"$sorted") ]]
}

@test "--decimal flink writes decimals as Flink does" {
  win "${TUMBLE[@]}" --max x --decimal flink < <(row 1 '"x":50')
  [[ $output == '{"max_x":5E+1,'* ]]
  win "${TUMBLE[@]}" --max x --decimal plain < <(row 1 '"x":50')
  [[ $output == '{"max_x":50,'* ]]
}

@test "options may stand in a file, in the place of --options" {
  cat >o <<'EOF'
# the sample's
tumble 10s

--event-time=t
key = k
  count
EOF
  win --options o --count=n < <(row 1 '"k":7')
  assert_status 0
  assert_output '{"k":7,"count":1,"n":1,"window_start":"2024-06-10T06:13:20Z",'\
'"window_end":"2024-06-10T06:13:30Z"}'
}

# --- what makes no sense ----------------------------------------------------------

# refused MESSAGE OPTION…: status 2, that message alone, and nothing is read.
refused() {
  win "${@:2}" < <(rows 1)
  assert_status 2
  assert_output ''
  assert_stderr "window: $1"
}

@test "no window, two windows and no time are refused" {
  refused 'no window is given; try --tumble 10s, --hop 10s --slide 2s, --session 30s or --cumulate 1h --step 5m, or --each for none: each row is a result' \
    --event-time t --count
  refused 'two kinds of window are given; give one of --tumble, --hop, --session, --cumulate' \
    --tumble 10s --session 5s --event-time t --count
  refused 'no time is given; try --event-time FIELD or --processing-time' \
    --tumble 10s --count
  refused 'both --event-time and --processing-time; give one' \
    --tumble 10s --event-time t --processing-time --count
  refused 'no key and no aggregate given; try --key FIELD or --count' \
    --tumble 10s --event-time t
}

@test "--slide and --step go with their window, which needs them" {
  refused '--hop needs a slide; try --slide 2s' --hop 10s --event-time t --count
  refused '--cumulate needs a step; try --step 5m' \
    --cumulate 10s --event-time t --count
  refused '--slide goes with --hop only; leave it out' \
    "${TUMBLE[@]}" --slide 2s --count
  refused '--step goes with --cumulate only; leave it out' \
    "${TUMBLE[@]}" --step 2s --count
  refused '--cumulate: the size is not a multiple of --step' \
    --cumulate 10s --step 3s --event-time t --count
}

@test "sizes of 0, delays below 0 and durations without a unit are refused" {
  refused '--tumble: a size of 0; give at least 1ms' \
    --tumble 0s --event-time t --count
  refused "--slide '0s': must be above 0; try 1s" \
    --hop 10s --slide 0s --event-time t --count
  refused "--delay '-5s': a duration must not be negative here; for example 10s" \
    "${TUMBLE[@]}" --delay -5s --count
  refused "--tumble '10': a duration needs a unit: ms, s, m, h or d; try 10s" \
    --tumble 10 --event-time t --count
}

@test "an offset below the window's size is asked for, and none with --session" {
  local no='--offset: must be less than the window'\''s size; give less'

  refused "$no" "${TUMBLE[@]}" --offset 10s --count
  refused "$no" "${TUMBLE[@]}" --offset -10s --count
  refused "$no" --cumulate 10s --step 5s --offset 10s --event-time t --count
  refused '--offset has no meaning with --session; leave it out' \
    --session 10s --offset 1s --event-time t --count
}

@test "options of event time are refused with --processing-time" {
  for option in --delay --idle-timeout --allowed-lateness --max-ahead; do
    refused "$option goes with --event-time only; leave it out" \
      --tumble 10s --processing-time --count "$option" 5s
  done
}

@test "--allowed-lateness is refused with --session" {
  win --session 5s --event-time t --count --allowed-lateness 1s </dev/null
  assert_status 2
  assert_stderr_has '--allowed-lateness cannot go with --session'
}

@test "a sum of what is declared as no number is refused" {
  for option in sum avg var-pop var-samp stddev-pop stddev-samp p50; do
    win "${TUMBLE[@]}" --$option x --from 'x STRING' < <(rows 1)
    assert_status 2
    assert_stderr_has "--$option x: the column is declared STRING, which is not a number; declare a number type in --from"
  done
}

@test "an event time declared BOOLEAN or TIME is refused" {
  for type in BOOLEAN TIME; do
    refused "--event-time t: a $type cannot be an event time; declare TIMESTAMP(3), DATE or a number type" \
      "${TUMBLE[@]}" --count --from "t $type"
  done
}

@test "two result columns of one name are refused" {
  refused "two result columns are called 'window_end'; name one of them: FIELD:NAME" \
    "${TUMBLE[@]}" --key window_end
  refused "two result columns are called 'n'; name one of them: FIELD:NAME" \
    "${TUMBLE[@]}" --count=n --sum x:n
  win "${TUMBLE[@]}" --key window_end:e < <(row 1 '"window_end":1')
  assert_status 0
}

@test "an unknown zone is refused" {
  win "${TUMBLE[@]}" --count --timezone Mars/Olympus < <(rows 1)
  assert_status 2
  assert_stderr_has "--timezone 'Mars/Olympus': no such zone; "
}

@test "a system without zone data is refused, and the package is named" {
  TZDIR=$PWD/none win "${TUMBLE[@]}" --count --timezone Europe/Berlin \
    < <(rows 1)
  assert_status 2
  assert_stderr_has 'tzdata'
}

@test "a file that cannot be opened is refused" {
  for option in late rejects; do
    refused "--$option: cannot open './no/file': No such file or directory" \
      "${TUMBLE[@]}" --count --$option ./no/file
    refused "--$option: '-' is not a file; name one, for example /dev/stderr" \
      "${TUMBLE[@]}" --count --$option -
  done
  win "${TUMBLE[@]}" --count --metrics ./no/file < <(rows 1)
  assert_status 2
  assert_stderr_has "--metrics './no/file': cannot write: No such file"
  win "${TUMBLE[@]}" --count --from @no/file < <(rows 1)
  assert_status 2
  assert_stderr_has "cannot read columns from 'no/file': No such file"
  win --options ./no/file < <(rows 1)
  assert_status 2
  assert_stderr_has "'./no/file'"
}

@test "words and numbers out of range are refused, and the right ones named" {
  refused "--decimal 'x': unknown word; plain, flink" \
    "${TUMBLE[@]}" --count --decimal x
  refused "--overflow 'x': unknown word; fail, oldest" \
    "${TUMBLE[@]}" --count --overflow x
  refused "--time-unit 'x': unknown word; s, ms, us, ns" \
    "${TUMBLE[@]}" --count --time-unit x
  refused "--max-line '0': out of range; 1 to 1G" \
    "${TUMBLE[@]}" --count --max-line 0
  win "${TUMBLE[@]}" --count --at-eof x < <(rows 1)
  assert_status 2
  assert_stderr_has "--at-eof 'x': unknown word; emit, discard"
  win "${TUMBLE[@]}" --count --max-keys 0 < <(rows 1)
  assert_status 2
  assert_stderr_has "--max-keys '0'"
  for q in x 2:x -1:x :x 0.5x:x nan:x 1e-1:x; do
    win "${TUMBLE[@]}" --quantile "$q" < <(rows 1)
    assert_status 2
    assert_stderr_has "--quantile '$q'"
    assert_stderr_has 'try 0.95:latency'
  done
  win "${TUMBLE[@]}" --quantile 0.1234567890123456789:x < <(rows 1)
  assert_status 2
  assert_stderr_has 'Q has more than 18 decimals'
}

@test "a field's path that is none is refused" {
  for path in '' a..b .a a. '"a' '"a"b'; do
    win "${TUMBLE[@]}" --key "$path" < <(rows 1)
    assert_status 2
    assert_stderr_has 'window: --key '
  done
}

@test "an operand is refused" {
  refused "unexpected 'rows.ndjson': options begin with --; try window --help" \
    "${TUMBLE[@]}" --count rows.ndjson
}
