#!/usr/bin/env bats
# window's --top: the first results of each window.
# SPDX-License-Identifier: ISC

load helpers
load window

setup() {
  common_setup
  # Host, region, latency; the last two windows are one row each.
  {
    row 1 '"h":"a","r":"eu","x":5'
    row 2 '"h":"b","r":"eu","x":9'
    row 3 '"h":"c","r":"us","x":null'
    row 4 '"h":"d","r":"us","x":7'
    row 5 '"h":"e","r":"us","x":9'
    row 11 '"h":"b","r":"eu","x":1'
    row 21 '"h":"a","r":"us","x":2'
  } >in
}

# top SPEC [OPTION…]: the results of ./in: host, rank and window, a word each.
top() {
  win --tumble 10s --event-time t --key h --key r --count=n --max x:m \
    --into 'h, rank, m, window_start' --top "$@" <in
  assert_status 0
  assert_stderr ''
  output=$(jq -r '"\(.h)\(.rank).\(.window_start[17:18])"' <<<"$output" | xargs)
}

# says WANT
says() {
  [[ $output == "$1" ]] || {
    echo "not $1 but $output" >&2
    return 1
  }
}

@test "the largest results of each window are written, by rank, nulls last" {
  top 2:m && says 'b1.2 e2.2 b1.3 a1.4'
  top 9:m && says 'b1.2 e2.2 d3.2 a4.2 c5.2 b1.3 a1.4'
}

@test "the smallest are written for -RESULT, nulls first" {
  top 3:-m && says 'c1.2 a2.2 d3.2 b1.3 a1.4'
}

@test "equal results go by the next RESULT, then by the keys" {
  top 2:n && says 'a1.2 b2.2 b1.3 a1.4'
  top 3:n,-m && says 'c1.2 a2.2 d3.2 b1.3 a1.4'
  top 2:h && says 'e1.2 d2.2 b1.3 a1.4'
}

@test "with KEY each of its groups has first results, in the order of KEY" {
  top 1:m:r && says 'b1.2 e1.2 b1.3 a1.4'
  top 2:-m:r && says 'a1.2 b2.2 c1.2 d2.2 b1.3 a1.4'
  top 1:m:r:h && says 'a1.2 b1.2 c1.2 d1.2 e1.2 b1.3 a1.4'
}

@test "ranks are given after --having" {
  top 2:m --having 'm < 9' && says 'd1.2 a2.2 b1.3 a1.4'
}

@test "the rank is no column unless --into names it" {
  win --tumble 1m --event-time t --key h --count=n --top 1:n <in
  assert_status 0
  assert_output '{"h":"a","n":2,"window_start":"2024-06-10T06:13:00Z","window_end":"2024-06-10T06:14:00Z"}'
  win --tumble 1m --event-time t --key h:rank --count=n --top 1:n \
    --into 'rank, n' <in
  assert_output '{"rank":"a","n":2}'
}

@test "only results that are written are counted as output" {
  win --tumble 1m --event-time t --key h --count=n --top 2:n --stats <in
  assert_status 0
  assert_stats '.output == 2 and .aggregated == 7'
}

@test "each span of sessions is a window of its own" {
  {
    row 0 '"k":1,"x":1' && row 0 '"k":2,"x":3' && row 0 '"k":3,"x":2'
    row 2 '"k":1,"x":9' && row 2 '"k":4,"x":1'
  } >in
  win --session 5s --event-time t --delay 1m --key k --max x:m --top 1:m \
    --into 'k, rank, window_start TIMESTAMP(3)' <in
  assert_status 0
  assert_output '{"k":2,"rank":1,"window_start":"2024-06-10T06:13:20"}
{"k":1,"rank":1,"window_start":"2024-06-10T06:13:20"}
{"k":4,"rank":1,"window_start":"2024-06-10T06:13:22"}'
}

@test "what makes no sense is refused before anything is read" {
  local spec want

  while IFS='|' read -r spec want; do
    # shellcheck disable=SC2086 # more options
    win --tumble 10s --event-time t --key k --count=n --top $spec </dev/null
    assert_status 2
    assert_stderr_has "$want"
  done <<'END'
ten:n|--top 'ten:n': expected N:RESULT; try --top 10:count
10|--top '10': expected N:RESULT
0:n|--top: N is 1 to 1000000000
99999999999999999999:n|--top: N is 1 to 1000000000
1:|--top: no result column is called ''; there are: k, n, window_start
1:x|--top: no result column is called 'x'; there are: k, n, window_start
1:n:x|--top: no result column is called 'x'
1:n:n|--top: 'n' is no key, and behind RESULT come keys
1:n --allowed-lateness 1m|--top cannot go with --allowed-lateness
1:n --overflow oldest|--top cannot go with --overflow oldest
END
}

@test "the plan has --top" {
  win --tumble 10s --event-time t --key k --count=n --top 3:-n:k --explain
  assert_status 0
  assert_output_has 'top      3:-n:k, of each window'
}
