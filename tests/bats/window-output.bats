#!/usr/bin/env bats
# window's --output: results as CSV, TSV and tables.
# SPDX-License-Identifier: ISC

load helpers
load window

setup() {
  common_setup
  TUMBLE=(--tumble 10s --event-time t --into 'k, n, window_end BIGINT')
  # Texts that each form must treat, a number, null, the empty text.
  {
    printf '{"t":%d,"k":%s}\n' 1 null 1 -2.5 2 '""' 2 '"a,b"' 3 '"a\"b;é"' \
      4 '"a\tb\\"' 5 '"a\r\nb"' 6 '"a\u0007"' 7 '"a\u0007"'
  } >in
}

# written FORM OPTION…: the results of ./in.
written() {
  run --separate-stderr --keep-empty-lines window "${TUMBLE[@]}" --key k \
    --count=n --output "$@" <in
  assert_status 0
  assert_stderr ''
}

@test "csv has quotes where they are needed, and null is no text" {
  written csv
  assert_output $'k,n,window_end\n,1,10000\n-2.5,1,10000\n"",1,10000\na\a,2,10000\na\tb\\,1,10000\n"a\r\nb",1,10000\n"a""b;é",1,10000\n"a,b",1,10000\n'
}

@test "Python reads the csv as it was meant" {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  written csv
  window "${TUMBLE[@]}" --key k --count=n --output csv <in >out
  run /usr/bin/python3 -c '
import csv
print([r[0] for r in csv.reader(open("out", newline=""), strict=True)])'
  assert_output "['k', '', '-2.5', '', 'a\\x07', 'a\\tb\\\\', 'a\\r\\nb', 'a\"b;é', 'a,b']"
}

@test "tsv has escapes instead of quotes" {
  written tsv
  assert_output $'k\tn\twindow_end\n\t1\t10000\n-2.5\t1\t10000\n\t1\t10000\na\a\t2\t10000\na\\tb\\\\\t1\t10000\na\\r\\nb\t1\t10000\na"b;é\t1\t10000\na,b\t1\t10000\n'
}

@test "a table is aligned, numbers to the right, and safe for a terminal" {
  written table
  assert_output 'k      n  window_end
null   1       10000
 -2.5  1       10000
       1       10000
a?     2       10000
a?b\   1       10000
a??b   1       10000
a"b;é  1       10000
a,b    1       10000
'
}

@test "a table repeats its names where a column becomes wider" {
  { row 1 '"k":1' && row 11 '"k":12' && row 21 '"k":"abcd"'; } >in
  written table --into 'k, n'
  assert_output $'k  n\n1  1\n\n k  n\n12  1\n\nk     n\nabcd  1\n'
}

@test "the names may be left out, and the delimiter of csv be another" {
  { row 1 '"k":"a;b"' && row 2 '"k":"a,b"'; } >in
  written csv --output-delimiter ';' --into 'k, n'
  assert_output $'k;n\na,b;1\n"a;b";1\n'
  written csv --output-delimiter tab --output-header no --into 'k, n'
  assert_output $'a,b\t1\na;b\t1\n'
  written csv --output-delimiter 0 --output-header no --into 'k, n DOUBLE'
  assert_output $'a,b0"1.0"\na;b0"1.0"\n'
  written tsv --output-header no --into 'k, n'
  assert_output $'a,b\t1\na;b\t1\n'
}

@test "a name that needs quotes has them" {
  written csv --into '"a,b", n' --key 'k:a,b'
  [[ ${lines[0]} == '"a,b",n' ]]
}

@test "the runs of a state write the names once" {
  for t in 1 11 21; do
    row "$t" | window "${TUMBLE[@]}" --count=n --into n --state s \
      --output csv >>out
  done
  [[ $(<out) == $'n\n1\n1' ]]
}

@test "rows of a window that a NOT NULL ends are written, up to that row" {
  for form in csv table; do
    win "${TUMBLE[@]}" --key k --max x:m --into 'k, m INT NOT NULL' \
      --from 't BIGINT, k STRING, x INT' --output "$form" \
      <<<'{"t":1,"k":"a","x":1}
{"t":1,"k":"b"}'
    assert_status 1
    [[ ${lines[*]: -1} == a*1 ]]
  done
}

@test "what makes no sense is refused" {
  local options want

  while IFS='|' read -r options want; do
    # shellcheck disable=SC2086 # options
    win --tumble 10s --event-time t --count $options </dev/null
    assert_status 2
    assert_stderr_has "$want"
  done <<'END'
--output xml|--output 'xml': unknown word; json, csv, tsv, table
--output-delimiter ;|--output-delimiter goes with --output csv only
--output tsv --output-delimiter ;|--output-delimiter goes with --output csv only
--output csv --output-delimiter ""|--output-delimiter '""': not one character of ASCII
--output csv --output-delimiter "|--output-delimiter '"': not one character of ASCII
--output csv --output-delimiter é|--output-delimiter 'é': not one character of ASCII
--output table --output-header no|--output-header goes with --output csv or tsv only
END
}

@test "the header is written with the first result, in one run of all only" {
  query=(--tumble 1s --event-time ts --count --having 'count > 1' --output csv
    --state open)
  printf '{"ts":1}\n{"ts":1500}\n' | window "${query[@]}" >o
  [[ ! -s o ]]
  printf '{"ts":3000}\n{"ts":3001}\n{"ts":9000}\n' | window "${query[@]}" >>o
  printf '{"ts":9001}\n{"ts":20000}\n' | window "${query[@]}" >>o
  [[ $(grep -c count o) == 1 && $(wc -l <o) == 3 ]]
}
