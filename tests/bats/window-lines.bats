#!/usr/bin/env bats
# window's lines: bad ones, long ones, blank ones.
# SPDX-License-Identifier: ISC

load helpers
load window

teardown() { stop_window; }

COUNT=(--tumble 10s --event-time t --count)

# --- bad lines ---------------------------------------------------------------------

@test "a bad line's message says line, column, field, value, cause and remedy" {
  win "${COUNT[@]}" --sum x --from 'x INT' < <(row 1 '"x":1' && row 2 '"x":"a"')
  assert_status 1
  assert_stderr 'window: stdin:2:33: bad line: field "x", INT, '\
"is '\"a\"': not a whole number; to read such values as null: --on-bad null; "\
'to keep bad lines and continue: --rejects FILE'
}

@test "a line that is no JSON is bad where it stops to be" {
  while IFS=$'\t' read -r line at what; do
    win "${COUNT[@]}" <<<"$line"
    assert_status 1
    assert_output ''
    assert_stderr_has "window: stdin:1:$at: bad line: $what"
    # Not of the first line, where more may be known.
    win "${COUNT[@]}" < <(row 1 && echo "$line")
    assert_status 1
    [[ $line == [[\']* || $line == *NaN* || $line == "{'"* ]] ||
      assert_stderr_has '; to keep bad lines and continue: --rejects FILE'
  done <<'EOF'
{"t":1	7	
[1]	1	expected an object
"t"	1	expected an object
{"t":NaN}	6	expected a value
{"t":1,}	8	
{"t":1} x	9	
{'t':1}	2	
{"t":01}	6	a number that begins with 0
{"t":+1}	6	expected a value
EOF
}

@test "a missing, null or impossible event time is a bad line" {
  win "${COUNT[@]}" <<<'{"x":1}'
  assert_status 1
  assert_stderr "window: stdin:1:1: bad line: field \"t\": the event time is missing
window: warning: no row of 1 has the field 't'; the first has 'x'"
  win "${COUNT[@]}" < <(row 1 && echo '{"x":1}')
  assert_status 1
  assert_stderr_has 'the event time is missing; to keep bad lines and continue: --rejects FILE'
  win "${COUNT[@]}" <<<'{"x":1,"t":null}'
  assert_status 1
  assert_stderr_has "stdin:1:12: bad line: field \"t\" is 'null': an event time must not be null; "
  win "${COUNT[@]}" <<<'{"t":"2024-02-30"}'
  assert_status 1
  assert_stderr_has "stdin:1:6: bad line: field \"t\" is '\"2024-02-30\"': "
  win "${COUNT[@]}" <<<'{"t":[1]}'
  assert_status 1
  assert_stderr_has "is '[1]': neither a time nor a number; "
}

# cure BYTES CURE [OPTION…]: the message about that input, given to printf, ends so.
cure() {
  local cure=$2 options=("${@:3}")

  # shellcheck disable=SC2059 # it is a format
  printf "$1" >in
  win "${COUNT[@]}" "${options[@]}" <in
  assert_status 1
  [[ ${stderr%%$'\n'*} == *"; $cure" ]] || { show && echo "for $1" >&2 && return 1; }
}

@test "input that is no rows of JSON: the message says what makes rows of it" {
  row=$(row 1 '"x":1')
  for through in gzip:zcat bzip2:bzcat xz:xzcat \
    'iconv -t UTF-16:iconv -f UTF-16 -t UTF-8' \
    'iconv -t UTF-16LE:iconv -f UTF-16LE -t UTF-8'; do
    command -v "${through%%[ :]*}" >/dev/null ||
      skip "${through%%[ :]*} is missing"
    ${through%%:*} <<<"$row" >in
    win "${COUNT[@]}" <in
    assert_status 1
    [[ $stderr == *": send it through ${through#*:}" ]]
    # It is no idle word.
    ${through#*:} <in >cured
    assert_output_is_row cured
  done
  cure 't,x\n1,2\n' 'it is CSV: read it with --format csv'
  cure '"the time";x\n1;2\n' "it is CSV: read it with --format csv --delimiter ';'"
  cure 't\tx\n1\t2\n' 'it is TSV: read it with --format csv --delimiter tab --quote none'
  cure 't=1 x=2\n' "it is logfmt: send it through mlr --idkvp --ifs ' ' --ojsonl cat"
  cure "[$row,$row]" "it is a JSON array: send it through jq -c '.[]'"
  cure '[\n  {\n' "it is a JSON array: send it through jq -c '.[]'"
  cure '{\n  "t": 1\n}\n' 'it is an object spread over several lines: send it through jq -c .'
  cure "$row $row\n" 'it is more than one object on a line: send it through jq -c .'
  cure "$row,\n$row\n" "it is an element of an array: send it through sed 's/,\$//'"
  cure "data: $row\n" "it is text before an object: send it through sed 's/^[^{]*//'"
  cure '{"t":1,"x":NaN}\n' "it is not JSON, which has no NaN: send it through sed 's/\\bNaN\\b/null/g'"
  cure "{'t': 1}\n" "it is a Python dict: send it through python3 -c 'import ast, json, sys; "\
"[print(json.dumps(ast.literal_eval(l))) for l in sys.stdin]'"
  cure '{"t":1,"x":"\xe9"}\n' \
    'it is not UTF-8, perhaps Windows-1252: send it through iconv -f WINDOWS-1252 -t UTF-8'
  cure "{\"Records\": [$row]}\n" "its rows are in an array: send it through jq -c '.Records[]'"
  cure "{\"n\":1,\"a b\":[$row]}\n" "its rows are in an array: send it through jq -c '.\"a b\"[]'"
  # Not held to be pretty-printed where it is merely cut off.
  cure "$row\n{\"t\":" 'to keep bad lines and continue: --rejects FILE'
}

assert_output_is_row() {
  run cat "$1"
  assert_output "$row"
}

@test "an array on one long line is told by its beginning" {
  blanks=$(printf '%0300d' 0 | tr 0 ' ')
  cure "[{\"t\":1},$blanks{}]\n" "it is a JSON array: send it through jq -c '.[]'" --max-line 200
  cure "{\"Records\":[{\"t\":1},$blanks{}]}\n" \
    "its rows are in an array: send it through jq -c '.Records[]'" --max-line 200
  cure "{\"t\":1,$blanks\"x\":1}\n" \
    'for such lines: a larger --max-line; to keep bad lines and continue: --rejects FILE' --max-line 200
}

@test "a value that its column does not take: the remedy is that of its cause" {
  both='; to keep bad lines and continue: --rejects FILE'
  t='"t":"2024-06-10"'
  cure "{$t,\"x\":\"19\"}" "for such numbers: --from 'x DOUBLE'" --sum x
  cure "{$t,\"a.b\":\"0.011\"}" "for such numbers: --from '\"a.b\" DOUBLE'" --sum '"a.b"'
  cure "{$t,\"x\":3000000000}" "for such numbers: --from 'x BIGINT'" --sum x --from 'x INT'
  cure "{$t,\"x\":\"1.5\"}" "for such numbers: --from 'x DOUBLE'" --sum x --from 'x INT'
  cure "{$t,\"x\":1e300}" "for such numbers: --from 'x DOUBLE'" --sum x --from 'x FLOAT'
  cure "{$t,\"x\":\"-\"}" "to read it as null: --null '-'$both" --sum x
  cure "{$t,\"x\":\"\"}" "to read it as null: --null ''$both" --sum x --from 'x DOUBLE'
  cure "{$t,\"x\":\"N/A\"}" "to read it as null: --null 'N/A'$both" --sum x
  cure "{$t,\"x\":\"12 ms\"}" "to read such values as null: --on-bad null$both" --sum x
  cure '{"t":"10/Oct/2000:13:55:36 -0700"}' \
    "to read such times: --time-format '%d/%b/%Y:%T %z'$both"
  cure "{$t,\"x\":true}" "to read such values as null: --on-bad null$both" --sum x
  cure "{$t,\"x\":null}" "to accept such rows, leave out NOT NULL$both" --sum x --from 'x INT NOT NULL'
}

@test "a field's name with quotes of its own gets no others" {
  win "${COUNT[@]}" --sum '"a.b"' <<<'{"t":1,"a.b":"x"}'
  assert_stderr_has "bad line: field \"a.b\" is '\"x\"': not a number"
}

@test "with --rejects the remedy is said once" {
  win "${COUNT[@]}" --rejects bad < <(echo '[1]' && echo x && echo '[2]')
  assert_status 1
  (($(grep -c jq <<<"$stderr") == 1 && $(grep -c '; kept in bad$' <<<"$stderr") == 3))
}

@test "standard input at a terminal is said" {
  # shellcheck disable=SC2016 # python's
  at_terminal() {
    # A Ctrl-D now and then: a terminal full of them takes no more.
    /usr/bin/python3 -c 'import os, pty, sys, time
pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1000),
    lambda fd: time.sleep(0.1) or b"\x04")' "$@" </dev/null
  }
  run at_terminal "$BIN/window" "${COUNT[@]}"
  assert_output_has 'window: warning: reading from the terminal; for a file: < FILE; to end: Ctrl-D'
  run at_terminal "$BIN/window" "${COUNT[@]}" --quiet
  [[ $output != *terminal* ]]
  run at_terminal "$BIN/fanout" copy
  assert_output_has 'fanout: warning: reading from the terminal'
}

@test "each reader takes what JSONTestSuite calls JSON, and nothing else" {
  local cases=$VECTORS/json/cases way first=

  # Three times, for shapes; a newline in it is a CR, which is as blank.
  python3 -c 'import re, sys
lines = [line for line in sys.stdin if not line.startswith("#")]
for n, line in enumerate(lines):
    name, taken, times, text = line[:-1].split("\t")
    text = re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]), text.encode())
    text = (text * int(times)).replace(b"\n", b"\r")
    row = b"{\"n\":%d,\"v\":%s}\n" % (n, text)
    sys.stdout.buffer.write(row * 3)' <"$cases" >rows
  awk -F '\t' '!/^#/ { for (i = 0; $2 == "yes" && i < 3; i++) print n + 0; n++ }' \
    "$cases" >taken
  for way in PLAIN=1 SIMD={none,sse2,avx2,avx512,neon}; do
    run --separate-stderr env "WINDOWPIPE_$way" window --each \
      --from 'n INT, v STRING' --rejects kept <rows
    assert_status 1
    [[ $(jq .n <<<"$output") == "$(<taken)" ]]
    assert_output "${first:=$output}"
  done
}

# both_ways OPTION…: window over the rows on stdin, by either reader.
both_ways() {
  cat >rows
  WINDOWPIPE_PLAIN=1 win "$@" --stats <rows
  plain=$output
  win "$@" --stats <rows
  assert_output "$plain"
}

# Rows enough for the fast reader to have learned their layout.
placeholders() {
  for x in 1 2 '"-"' '""' '"n/a"' -999 3 '"\u002d"' '"-"' null 4; do
    row 1 "\"k\":\"a\",\"x\":$x"
  done
}

@test "--on-bad null: the value becomes null and the row stays, said once and counted" {
  both_ways "${COUNT[@]}" --key k --count-of x --sum x --on-bad null \
    < <(placeholders)
  assert_status 0
  [[ $(jq -c '[.count, .count_of_x, .sum_x]' <<<"$output") == '[11,5,-989]' ]]
  assert_stats '.nulled == 5 and .rejected == 0'
  assert_stderr_has "window: warning: stdin:3:41: field \"x\" is '\"-\"': "\
"not a number; made null by --on-bad; this is said once"
  (($(grep -c -- --on-bad <<<"$stderr") == 1))
  win "${COUNT[@]}" --sum x --on-bad reject --stats < <(placeholders)
  assert_status 1
  assert_stats 'has("nulled") | not'
}

@test "--on-bad null: what is no JSON, NOT NULL or the event time is bad all the same" {
  for line in '{' '{"t":"2024-06-10","x":"y"}' '{"t":"z","x":1}' '{"x":1}'; do
    win "${COUNT[@]}" --sum x --from 'x INT NOT NULL' --on-bad null <<<"$line"
    assert_status 1
    assert_stderr_has 'bad line: '
  done
}

@test "--null: a value written so is null, in quotes or as a number" {
  both_ways "${COUNT[@]}" --key k --count-of x --sum x --null - --null= \
    --null n/a --null -999 < <(placeholders)
  assert_status 0
  [[ $(jq -c '[.count, .count_of_x, .sum_x]' <<<"$output") == '[11,4,10]' ]]
  both_ways "${COUNT[@]}" --key x --from 'x STRING' --null - --null -999 \
    < <(placeholders)
  [[ $(jq -c '[.x, .count]' <<<"$output") == \
$'[null,5]\n["",1]\n["1",1]\n["2",1]\n["3",1]\n["4",1]\n["n/a",1]' ]]
  win "${COUNT[@]}" --null - <<<'{"t":"-"}'
  assert_status 1
  assert_stderr_has "is '\"-\"': an event time must not be null"
}

@test "without --rejects the first bad line ends the run: what had fired is written, open windows are not" {
  win "${COUNT[@]}" --stats < <(row 1 && row 11 && echo '{' && row 21)
  assert_status 1
  [[ $(jq -r .window_end <<<"$output") == 2024-06-10T06:13:30Z ]]
  assert_account 3 2 0 0 1
  assert_stats '.output == 1'
}

@test "with --rejects the run goes on, bad lines are kept as they came, status 1" {
  {
    row 1
    printf '{ "t" : "x" }\r\n'
    row 2
    printf '\xff\x00\n'
    printf '{"t":'
  } >in
  win "${COUNT[@]}" --rejects bad --stats <in
  assert_status 1
  [[ $(jq .count <<<"$output") == 2 ]]
  printf '{ "t" : "x" }\r\n\xff\x00\n{"t":\n' | cmp - bad
  assert_account 5 2 0 0 3
  assert_stderr_has 'window: warning: stdin:2:9: bad line: field "t"'
  assert_stderr_has '; kept in bad'
}

@test "--rejects appends" {
  for _ in 1 2; do win "${COUNT[@]}" --rejects bad <<<x; done
  [[ $(<bad) == $'x\nx' ]]
}

@test "after ten messages of one kind the others are counted" {
  win "${COUNT[@]}" --rejects bad < <(for _ in {1..14}; do echo '{"t":null}'; done)
  assert_status 1
  (($(wc -l <<<"$stderr") == 11))
  assert_stderr_has 'window: 4 more like: stdin:'
}

@test "a bad line's bytes are masked and cut in the message" {
  win "${COUNT[@]}" --sum x < <(
    row 1 "\"x\":\"$(printf 'a\x7f%.0s' {1..200})\""
  )
  assert_status 1
  assert_stderr_has 'a\x7fa\x7f'
  assert_stderr_has '...'
  ((${#stderr} < 500))
}

# --- JSON is RFC 8259's ---------------------------------------------------------------

@test "an object may nest 1000 deep, not 1001" {
  nested() { # DEPTH, the line's object counts
    row 1 "\"x\":$(printf '[%.0s' $(seq 2 "$1"))$(printf ']%.0s' $(seq 2 "$1"))"
  }
  win "${COUNT[@]}" < <(nested 1000)
  assert_status 0
  win "${COUNT[@]}" < <(nested 1001)
  assert_status 1
  assert_stderr_has 'bad line: '
}

@test "a doubled key is checked as JSON, its last value is used" {
  win "${COUNT[@]}" <<<'{"t":tru,"t":1}'
  assert_status 1
  win "${COUNT[@]}" <<<'{"t":true,"t":1}'
  assert_status 0
}

# --- line ends, blank lines, the mark ----------------------------------------------------

@test "lines end by LF or CR LF, the last one may lack its end" {
  {
    row 1
    row 2 | sed 's/$/\r/'
    row 3 | tr -d '\n'
  } >in
  win "${COUNT[@]}" --stats <in
  assert_status 0
  assert_account 3 3 0 0 0
}

@test "lines of blanks are skipped and not counted, but numbered" {
  win "${COUNT[@]}" --stats < <(printf '\n  \n\t\r\n' && row 1 && echo x)
  assert_status 1
  assert_stderr_has 'window: stdin:5:1: bad line: '
  assert_account 2 1 0 0 1
}

@test "a byte order mark is skipped at the very start, and bad elsewhere" {
  win "${COUNT[@]}" < <(printf '\xef\xbb\xbf' && row 1)
  assert_status 0
  win "${COUNT[@]}" --rejects bad < <(row 1 && printf '\xef\xbb\xbf' && row 1)
  assert_status 1
  assert_stderr_has 'stdin:2:1: bad line: '
  (($(wc -c <bad) == $(row 1 | wc -c) + 3))
}

@test "no input gives no output" {
  win "${COUNT[@]}" --stats </dev/null
  assert_status 0
  assert_output ''
  assert_stats '.read == 0 and .watermark == null and .open_windows == 0'
}

# --- long lines ------------------------------------------------------------------------

@test "exactly --max-line is taken, a byte more is rejected whole" {
  row 1 '"x":"0123456789"' >in
  n=$(($(wc -c <in) - 1))
  win "${COUNT[@]}" --max-line $n <in
  assert_status 0
  win "${COUNT[@]}" --max-line $n < <(sed 's/$/\r/' in)
  assert_status 0
  win "${COUNT[@]}" --max-line $((n - 1)) <in
  assert_status 1
  assert_output ''
  assert_stderr_has "window: stdin:1:$n: bad line: longer than --max-line allows; "
  win "${COUNT[@]}" --max-line $((n - 1)) --rejects bad --stats \
    < <(cat in && row 1)
  assert_status 1
  [[ $(jq .count <<<"$output") == 1 ]]
  cmp in bad
  assert_account 2 1 0 0 1
}

@test "a line of many megabytes is rejected whole, one count, and kept" {
  { printf '{"x":"' && head -c 5000000 /dev/zero | tr '\0' a && row 1; } >in
  row 2 >>in
  win "${COUNT[@]}" --rejects bad --stats <in
  assert_status 1
  assert_account 2 1 0 0 1
  head -n 1 in | cmp - bad
}

@test "a line of exactly a megabyte is taken" {
  { printf '{"t":1,"x":"' && head -c $((1048576 - 14)) /dev/zero | tr '\0' a &&
    echo '"}'; } >in
  win "${COUNT[@]}" --max x --stats <in
  assert_status 0
  assert_account 1 1 0 0 0
  ((${#output} > 1048500))
}

# --- lines that a signal cuts ------------------------------------------------------------

@test "a long line that a signal cuts is kept as far as it had come" {
  start_window "${COUNT[@]}" --max-line 20 --into count --rejects bad \
    "${WATCHED[@]}"
  give_bytes '{"t":1}\nabcdefghijklmnopqrstuvwxyz'
  wait_until 30 has_read 2
  kill -TERM "$WINDOW_PID"
  wait_window
  assert_status 143
  assert_output '{"count":1}'
  [[ $(<bad) == abcdefghijklmnopqrstuvwxyz ]]
  (($(wc -l <bad) == 1))
  assert_stderr_has 'warning: stdin:2: stopped within this line: the part that had been read is in bad'
}

@test "no row gets into the results as it came, whatever its first key" {
  printf '%s\n' '{"$control":"barrier","id":1}' '{"$control": not JSON' \
    '{"$control":0,"t":1,"k":"bank"}' >in
  win "${COUNT[@]}" --key k --into 'k, count' --rejects bad --stats <in
  assert_status 1
  assert_output '{"k":"bank","count":1}'
  head -n 2 in | diff - bad >&2
  assert_account 3 1 0 0 2
}

@test "a line that begins with \$control has the bound of every other" {
  { printf '{"t":1,"$control":"' && head -c 3000000 /dev/zero | tr '\0' c &&
    echo '"}'; } | sed 's/"t":1,"$control"/"$control"/' >in
  win "${COUNT[@]}" --max-line 100 --rejects bad <in
  assert_status 1
  assert_output ''
  cmp in bad
}
