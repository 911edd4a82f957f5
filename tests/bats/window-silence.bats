#!/usr/bin/env bats
# What window does not pass over in silence: rows that came too late, fields
# that are nowhere, values that do not fit.
# SPDX-License-Identifier: ISC

load helpers
load window

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
