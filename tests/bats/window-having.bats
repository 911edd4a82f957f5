#!/usr/bin/env bats
# window's --having: which results are written.
# SPDX-License-Identifier: ISC

load helpers
load window

setup() {
  common_setup
  {
    row 1 '"k":"a","x":1'
    row 2 '"k":"a","x":3'
    row 3 '"k":"b","x":10'
    row 11 '"k":"b","x":null'
  } >in
}

# having EXPR OPTION…: the keys and starts of the results of ./in.
having() {
  win --tumble 10s --event-time t --key k --count=n --avg x:mean \
    --from 't TIMESTAMP_LTZ(3), k STRING, x INT' --having "$@" <in
  assert_status 0
  output=$(jq -r '"\(.k)\(.window_start[17:19])"' <<<"$output" | xargs)
}

# says WANT
says() {
  [[ $output == "$1" ]] || {
    echo "not $1 but $output" >&2
    return 1
  }
}

@test "results of which the expression is true are written" {
  having 'n > 1' && says 'a20'
  having 'n = 1' && says 'b20 b30'
  having "k = 'b' AND mean > 5" && says 'b20'
  having 'mean IS NULL' && says 'b30'
  having "window_start >= TIMESTAMP '2024-06-10 06:13:30'" && says 'b30'
  having 'FALSE' && says ''
}

@test "a result that --into leaves out may be asked for" {
  having 'mean > 5' --into 'k, window_start'
  says 'b20'
}

@test "only results that are written are counted as output" {
  win --tumble 10s --event-time t --key k --count=n --having 'n > 1' --stats <in
  assert_status 0
  assert_stats '.output == 1 and .aggregated == 4'
}

@test "undeclared results are compared by what they are" {
  win --tumble 10s --event-time t --key k --sum x:s --having 's > 3' <in
  assert_status 0
  [[ $(jq -c '[.k, .s]' <<<"$output" | xargs) == '[a,4] [b,10]' ]]
}

@test "a name that is no result is an error with the nearest one" {
  win --tumble 10s --event-time t --key k --count=n --avg x:mean --having \
    'maen > 1 AND x > 2' <in
  assert_status 2
  [[ -z $output ]]
  assert_stderr_has "--having:1:1: there is no column 'maen'; did you mean 'mean'?"
  assert_stderr_has "--having:1:14: there is no column 'x'; there are k, n, mean,"
}

@test "a failure on a result ends the run and names window, key and place" {
  win --tumble 10s --event-time t --key k --count=n --having '1 / (n - 1) > 0' \
    --from 't TIMESTAMP_LTZ(3), k STRING' <in
  assert_status 1
  [[ $(wc -l <<<"$output") == 1 ]]
  assert_stderr_has "--having, at character 3, of window '[2024-06-10T06:13:20, 2024-06-10T06:13:30) of k \"b\"': division by zero"
}

@test "the plan has --having, and so has Flink's SQL, around the query" {
  win --tumble 10s --event-time t --key k --count=n --having 'n > 1' --explain
  assert_status 0
  assert_output_has 'having   n > 1'
  run --separate-stderr windowpipe sql -- --tumble 10s --event-time t --key k \
    --count=n --having 'n > 1' --from 't TIMESTAMP(3), k STRING'
  assert_status 0
  assert_output_has 'WHERE `n` > 1;'
}

@test "a sum that wraps is told and counted where --having alone sees it" {
  run --separate-stderr window --tumble 1s --event-time ts --from 'ts BIGINT, x INT' \
    --sum x --count --having 'sum_x > 0' --into count --stats \
    < <(printf '{"ts":1,"x":2147483647}\n{"ts":2,"x":1}\n')
  assert_status 0
  assert_stderr_has '"sum_x"'
  assert_stderr_has 'the sum does not fit INT and wraps'
  assert_stderr_has '"unfit":1,'
}
