#!/usr/bin/env bats
# window's --format csv: rows that are records of CSV.
# SPDX-License-Identifier: ISC

load helpers
load window

# csv INPUT OPTION…: a window over all of INPUT, which printf reads.
csv() {
  # shellcheck disable=SC2059 # it is a format
  printf "$1" >in
  run --separate-stderr window --tumble 1d --event-time t --format csv \
    "${@:2}" <in
}

# says WANT: the results, without braces and bounds, a word each.
says() {
  local got

  got=$(jq -c 'del(.window_start, .window_end) | map(.)' <<<"$output" | xargs -0 printf %s)
  [[ $got == "$1"* && ${#got} -le $((${#1} + 1)) ]] || {
    printf 'not %s\nbut %s\n' "$1" "$got" >&2
    show
    return 1
  }
}

@test "the header names the columns, in any order, and others are skipped" {
  csv 't,k,x\n1,a,2\n2,b,3\n' --key k --sum x
  assert_status 0
  says $'["a",2]\n["b",3]'
  csv 'x,"more, and more",k,t\n2,z,a,1\n' --key k --sum x
  says '["a",2]'
  csv '\xef\xbb\xbft;k\r\n1;a\r\n' --key k --count --delimiter ';'
  says '["a",1]'
  csv 't,o.k\n1,a\n' --key o.k --count
  says '["a",1]'
}

@test "cells may be quoted, hold quotes, delimiters and newlines" {
  csv 't,k,x\n1,"a ""b"", c\nd",2\n\n"2",h"i,"3"' --key k --count
  assert_status 0
  assert_stderr ''
  says $'["a \\"b\\", c\\nd",1]\n["h\\"i",1]'
  csv "t\tk\n1\t'a\"\tb'\n" --key k --count --delimiter tab --quote "'"
  says '["a\"\tb",1]'
  csv 't,k\n1,"a\n2,b"\n' --key k --count --quote none
  says $'["\\"a",1]\n["b\\"",1]'
}

@test "without a header the columns are those of --from" {
  csv '1,a,2\n' --key k --sum x --header no \
    --from 't BIGINT, k STRING, x INT, y AS x + 1' --sum y
  assert_status 0
  says '["a",2,3]'
}

@test "comments are skipped if they may be" {
  csv '# names\nt,k\n#1,x\n1,#a\n' --key k --count --comments
  says '["#a",1]'
  csv 't,k\n#1,x\n' --key k --count
  assert_status 1
}

@test "undeclared cells are what JSON would read, quoted ones texts" {
  csv 't,k\n1,1.50\n1,"1.50"\n1,007\n1,true\n1,"true"\n1,null\n1,\n1,""\n' \
    --key k --count
  assert_status 0
  says '[true,1]
[1.5,1]
["",2]
["007",1]
["1.50",1]
["null",1]
["true",1]'
}

@test "an empty cell is the empty text, and null if it is told so" {
  csv 't,k,x\n1,,1\n2,"",\n' --key k --sum x --null=
  says '[null,1]'
  csv 't,k,x\n1,,\n' --key k --sum x --from 't BIGINT, k STRING, x INT'
  assert_status 1
  assert_stderr 'window: stdin:2:4: bad line: field "x", INT, is '\'\'': not a whole number; to read it as null: --null '\'\''; to keep bad lines and continue: --rejects FILE'
}

@test "bad records are rejected as they stand, one line of a broken one" {
  csv '1,a,1.5\n2,"b\n3,c,3\r\n4,"d"x,3\n5,e\n6,\xff,6\n7,"f\n\n",zz\n8,g,8' \
    --header no --from 't BIGINT, k STRING, x INT' --key k --sum x \
    --rejects bad --stats
  assert_status 1
  says $'["c",3]\n["g",8]'
  cmp bad - <<<$'1,a,1.5\n2,"b\n4,"d"x,3\n5,e\n6,\xff,6\n7,"f\n\n",zz'
  assert_account 8 2 0 0 6
  assert_stderr_has $'stdin:1:5: bad line: field "x", INT, is \'1.5\': not a whole number'
  assert_stderr_has 'stdin:2:3: bad line: a quote that is not closed'
  assert_stderr_has 'stdin:4:6: bad line: a cell that goes on behind its closing quote'
  assert_stderr_has 'stdin:5:1: bad line: 2 cells, where there are 3 columns'
  assert_stderr_has 'stdin:6:3: bad line: not UTF-8'
  assert_stderr_has $'stdin:9:3: bad line: field "x", INT, is \'zz\''
}

@test "--on-bad null: what a short record lacks is null, a long one is bad" {
  csv '1,a,1\n2,a\n\n3\n4,b,2,x\n5,b,3\n' --header no \
    --from 't BIGINT, k STRING, x INT' --key k --count --sum x --on-bad null \
    --rejects bad --stats
  assert_status 1
  says $'[null,1,null]\n["a",2,1]\n["b",1,3]'
  cmp bad - <<<4,b,2,x
  assert_stderr_has 'stdin:2:1: 2 cells, where there are 3 columns; made null by --on-bad; this is said once'
  jq -e '.nulled == 3' <<<"${stderr_lines[-1]}" >/dev/null
  csv '1,a,1\n2,a\n' --header no --from 't BIGINT, k STRING, x INT NOT NULL' \
    --sum x --on-bad null
  assert_status 1
}

@test "--on-bad null: a record too short for its event time is a bad line" {
  csv 'x,t\n1,2000\n5\n6,7000\n' --count --on-bad null --rejects bad
  assert_status 1
  says '[2]'
  cmp bad - <<<5
  assert_stderr_has 'the event time is missing'
}

@test "a text of blanks that is a record's only cell is no empty line" {
  printf '{"k":%s}\n' '""' '" \t"' '"a b"' |
    window --each --from 'k STRING' --output csv --output-header no >out
  cmp out - <<<$'""\n" \t"\na b'
  window --each --format csv --header no --from 'k STRING' <out |
    cmp - <<<$'{"k":""}\n{"k":" \\t"}\n{"k":"a b"}'
}

@test "late records are kept as they stand" {
  csv 't,k\n90000000,"a\nb"\n1,"c ""\n"\n2,d\n' --key k --count --late late
  assert_status 0
  cmp late - <<<$'1,"c ""\n"\n2,d'
}

@test "however the bytes come, the records are the same" {
  local text='t,k\r\n1,"a\r\nb"\r\n\r\n2,c\r\n'

  printf "$text" >in
  win --tumble 1d --event-time t --format csv --key k --count --stats \
    < <(while IFS= read -r -n 1 -d '' c; do printf %s "$c"; done <in)
  assert_status 0
  assert_account 2 2 0 0 0
  says $'["a\\r\\nb",1]\n["c",1]'
}

@test "records that are read many at once give what one by one gives" {
  local plain

  awk 'BEGIN {
    print "t,k,x,u"
    for (i = 0; i < 4000; i++)
      printf "%s,%s,%s,%s%s\n",
        (i % 9 ? "2024-06-10T06:13:" 10 + i % 50 "." 100 + i % 700 "Z" : "171800000" 1000 + i),
        (i % 7 ? i % 13 : i % 3 ? "\"a,\"\"b\"" : "\"c\nd\""),
        (i % 5 ? i / 100 : i "e-1"), (i % 11 ? "" : "h\"\303\251"),
        (i % 4 ? "" : "\r")
  }' >in
  for from in '' 't TIMESTAMP_LTZ(3), k STRING, x DECIMAL(6,2), u STRING'; do
    plain=$(WINDOWPIPE_PLAIN=1 window --tumble 1s --event-time t --delay 1d \
      --format csv --key k --sum x --max u ${from:+--from "$from"} <in)
    win --tumble 1s --event-time t --delay 1d --format csv --key k --sum x \
      --max u ${from:+--from "$from"} <in
    assert_status 0
    (($(wc -l <<<"$plain") > 500))
    assert_output "$plain"
  done
}

@test "a record, too, is no longer than --max-line" {
  csv 't,k\n1,"a\nbcdef"\n2,c\n' --key k --count --max-line 8 --rejects bad
  assert_status 1
  says '["c",1]'
  cmp bad - <<<$'1,"a\nbcdef"'
}

@test "a header that lacks a column, or names one twice, ends the run" {
  csv 't;k\n1;2\n' --key k --count
  assert_status 1
  assert_stderr "window: stdin:1: the header names no column 't': 't;k'; another delimiter: --delimiter"
  csv 't,x\n1,2\n' --key k --count
  assert_stderr "window: stdin:1: the header names no column 'k': 't,x'; without a header: --header no"
  csv 't,k,k\n1,2,3\n' --key k --count
  assert_stderr "window: stdin:1: the header names more than one column 'k': 't,k,k'; without a header: --header no"
  csv 't,"k\n' --key k --count
  assert_stderr "window: stdin:1: the header, at character 3: a quote that is not closed"
  csv '' --key k --count
  assert_status 0
}

@test "what makes no sense is refused" {
  local options want

  while IFS='|' read -r options want; do
    # shellcheck disable=SC2086 # options
    win --tumble 10s --event-time t --count $options </dev/null
    assert_status 2
    assert_stderr_has "$want"
  done <<'END'
--header no|--header, --delimiter, --quote and --comments go with --format csv only
--comments|go with --format csv only
--format csv --header no|--header no: nothing names the columns; declare them in their order: --from
--format csv --delimiter ;;|--delimiter ';;': not one character of ASCII
--format csv --quote none --delimiter "|--delimiter '"': not one character of ASCII
--format csv --quote ab|--quote 'ab': neither one character of ASCII nor none
--format csv --quote ,|--delimiter and --quote are the same
--format csv --checkpoint .|--checkpoint goes on within its input, where there is no header; give --header no
END
}

@test "a state of rows in JSON is not one of rows in CSV" {
  query=(--tumble 10s --event-time ts --key k --count --at-eof hold --state open)
  window "${query[@]}" <<<'{"k":1,"ts":"2026-01-01T00:00:00Z"}'
  run --separate-stderr window "${query[@]}" --format csv <<<'k,ts'
  assert_status 2
  assert_stderr_has "belongs to another query: --format 'csv' is given, but it was made without"
  window "${query[@]}" </dev/null
}
