# window --state: open windows over restarts.
# SPDX-License-Identifier: ISC

load helpers

# ask [OPTION…]: the query of most tests, with the account last on stderr.
ask() {
  run --separate-stderr window --tumble 10s --event-time ts --key k --sum x \
    --state held --stats "$@"
}

row() { printf '{"ts":%s,"k":%s,"x":%s}\n' "$@"; }

first() { row 1000 1 5 && row 11000 1 7; }
second() { row 12000 1 9 && row 31000 2 4; }

account() { grep '^{' <<<"$stderr" | tail -n 1 | jq -r "$1"; }

# refused TEXT…: the last run said each TEXT, and neither wrote nor read.
refused() {
  local text

  assert_status 2
  assert_output ''
  for text in "window: --state 'held': " "$@"; do
    assert_stderr_has "$text"
  done
}

@test "a state is made, and the next run goes on with it" {
  ask < <(first)
  assert_status 0
  assert_output '{"k":1,"sum_x":5,"window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:00:10Z"}'
  ask < <(second)
  assert_status 0
  assert_output '{"k":1,"sum_x":16,"window_start":"1970-01-01T00:00:10Z","window_end":"1970-01-01T00:00:20Z"}'
}

@test "stopping at any row of a recorded case and going on gives its bytes" {
  local lines case args n

  for case in sample-hop session-bridge-many cumulate-disorder; do
    mapfile -t args <"$VECTORS/flink/$case/window.args"
    head -n 60 "$VECTORS/flink/$case/input.ndjson" >input
    window "${args[@]}" <input >one
    lines=$(wc -l <input)
    for ((n = 0; n <= lines; n += 7)); do
      rm -f held
      head -n "$n" input | window "${args[@]}" --state held >many
      tail -n +"$((n + 1))" input |
        window "${args[@]}" --state held --at-eof emit >>many
      cmp one many
    done
  done
}

@test "random queries, cut anywhere, give the bytes of one run" {
  run --separate-stderr env CASES="${CASES-200}" "$ROOT/tests/property/state"
  assert_status 0
}

@test "the counts go on over the restart" {
  ask --rejects rejects < <(first && row 500 1 1 && echo '{')
  assert_status 1
  ask < <(second)
  assert_status 0
  [[ $(account '[.read, .aggregated, .late, .rejected, .output]|@csv') == \
    6,4,1,1,2 ]]
}

@test "the watermark goes on: what was late is late after the restart" {
  ask --late late < <(row 31000 1 1)
  ask --late late < <(row 9000 1 1)
  assert_status 0
  [[ $(account .late) == 1 ]]
  [[ $(<late) == "$(row 9000 1 1)" ]]
}

@test "with --state open windows are held; --at-eof emit writes them" {
  ask < <(first)
  [[ $(account .open_windows) == 1 ]]
  ask --at-eof emit </dev/null
  assert_status 0
  assert_output_has '"sum_x":7,'
  ask --at-eof emit </dev/null
  assert_status 0
  assert_output ''
}

@test "--at-eof discard empties the state, but time goes on" {
  ask --at-eof discard < <(first)
  assert_status 0
  ask --at-eof emit < <(row 100 1 1)
  assert_output ''
  [[ $(account '[.late, .open_windows]|@csv') == 1,0 ]]
}

@test "--at-eof hold without --state is status 2" {
  run --separate-stderr window --tumble 10s --event-time ts --count \
    --at-eof hold
  assert_status 2
  assert_stderr_has 'give --state FILE'
}

@test "SIGTERM saves, writes nothing more and kills; the next run goes on" {
  local pid

  mkfifo in
  window --tumble 10s --event-time ts --key k --sum x --state held \
    --at-eof emit <in >out &
  pid=$!
  exec 9>in
  first >&9
  wait_until 30 has_lines out 1
  kill "$pid"
  wait "$pid" && status=0 || status=$?
  exec 9>&-
  [[ $status -eq 143 ]]
  [[ $(wc -l <out) -eq 1 ]]
  ask --at-eof emit < <(second)
  assert_output_has '"sum_x":16,'
}

@test "SIGTERM leaves a file where the next run goes on reading" {
  query=(--tumble 1s --event-time t --count)
  seq -f '{"t":%.0f000,"pad":"0123456789012345678901234567890123456789"}' \
    40000 >rows
  window "${query[@]}" <rows >whole
  exec 6<rows
  mkfifo results
  window "${query[@]}" --state s <&6 >results 3>&- &
  WINDOW_PID=$!
  exec 5<results
  # It waits for us to take the rest of what the first block has caused.
  IFS= read -r first <&5
  kill -TERM "$WINDOW_PID"
  { printf '%s\n' "$first" && cat <&5; } >part1
  exec 5<&-
  status=0
  wait "$WINDOW_PID" 2>err || status=$?
  unset WINDOW_PID
  ((status == 143))
  run --separate-stderr window "${query[@]}" --state s --at-eof emit <&6
  exec 6<&-
  assert_status 0
  assert_stderr ''
  [[ -s part1 && -n $output ]]
  { cat part1 && printf '%s\n' "$output"; } | cmp - whole
}

@test "a signal within a line says how much of it is lost" {
  local pid

  mkfifo in
  window --tumble 10s --event-time ts --key k --sum x --state held \
    <in >out 2>err &
  pid=$!
  exec 9>in
  # In one write, which is read as one.
  { first && printf '{"ts":1'; } >piece
  cat piece >&9
  wait_until 30 has_lines out 1
  kill "$pid"
  wait "$pid" || :
  exec 9>&-
  file_has err 'stdin:3: stopped within this line: the 7 bytes'
}

@test "a changed query is status 2 and names the option" {
  local option

  ask < <(first)
  cp held before
  while IFS='|' read -r option text; do
    run --separate-stderr bash -c "window $option --state held </dev/null"
    refused 'it belongs to another query: ' "$text"
    cmp held before
  done <<'EOF'
--tumble 20s --event-time ts --key k --sum x|--tumble '10s', now it is --tumble '20s'
--session 10s --event-time ts --key k --sum x|--tumble '10s', now it is --session '10s'
--tumble 10s --offset 1s --event-time ts --key k --sum x|--offset '1s' is given, but it was made without
--tumble 10s --timezone Asia/Kolkata --event-time ts --key k --sum x|--timezone 'Asia/Kolkata' is given
--tumble 10s --event-time t --key k --sum x|--event-time 'ts', now it is --event-time 't'
--tumble 10s --processing-time --key k --sum x|now it is --processing-time
--tumble 10s --event-time ts --time-unit s --key k --sum x|--time-unit 's' is given
--tumble 10s --event-time ts --allowed-lateness 1s --key k --sum x|--allowed-lateness '1s' is given
--tumble 10s --event-time ts --sum x|it was made with --key 'k:k', which is not given now
--tumble 10s --event-time ts --key k --key l --sum x|--key 'l:l' is given
--tumble 10s --event-time ts --key k --avg x|--sum 'x:sum_x', now it is --avg 'x:avg_x'
--tumble 10s --event-time ts --key k --sum x:y|--sum 'x:sum_x', now it is --sum 'x:y'
--tumble 10s --event-time ts --key k --sum x --count|--count 'count' is given
--tumble 10s --event-time ts --key k --sum x --from 'x INT'|--from 'x INT' is given
--tumble 10s --event-time ts --key k --sum x --into 'k, sum_x'|--into 'window_start TIMESTAMP_LTZ(3) NOT NULL', which is not given now
EOF
}

@test "the same query in other words goes on" {
  run window --tumble 60s --event-time ts --key k --p50 x --count \
    --state held < <(first)
  assert_status 0
  run window --tumble 1m --timezone Etc/UTC --event-time '"ts"' \
    --key k:k --quantile 0.50:x:p50_x --count=count --state held \
    --at-eof emit </dev/null
  assert_status 0
  assert_output_has '"count":2,'
}

@test "what does not change the state's meaning may change" {
  ask < <(first)
  ask --delay 5s --late late --rejects rejects --max-keys 5 --max-line 2K \
    --overflow oldest --decimal flink --unsorted --max-ahead 1d \
    --idle-timeout 1h --at-eof emit < <(row 12000 1 3)
  assert_status 0
  assert_output_has '"sum_x":1E+1,'
}

@test "a state that is cut off anywhere is refused, and left as it is" {
  local size n

  ask < <(first)
  mv held whole
  size=$(wc -c <whole)
  for ((n = 0; n < size; n += 1 + n / 20)); do
    head -c "$n" whole >held
    cp held before
    ask </dev/null
    refused 'remove it to start over'
    cmp held before
  done
}

@test "any changed byte of a state is found" {
  local size n byte

  ask < <(first)
  mv held whole
  size=$(wc -c <whole)
  for ((n = 0; n < size; n += 3)); do
    cp whole held
    # Its complement is another byte.
    byte=$(od -An -tu1 -j "$n" -N 1 whole)
    printf '%b' "\\x$(printf %02x $((0xff ^ byte)))" |
      dd of=held bs=1 seek="$n" conv=notrunc status=none
    ask </dev/null
    refused
  done
}

@test "bytes behind a state are found" {
  ask < <(first)
  echo >>held
  ask </dev/null
  refused 'it is cut off or damaged'
}

@test "a file of another kind is refused" {
  seq 1000 >held
  ask </dev/null
  refused 'it is not a state file of window; name another file'
  [[ $(head -n 1 held) == 1 ]]
}

@test "a folder, a device and a link are refused" {
  mkdir held
  ask </dev/null
  refused 'not a regular file'
  rmdir held
  : >target
  ln -s target held
  ask </dev/null
  refused 'not a regular file'
  run --separate-stderr window --tumble 1s --event-time t --count \
    --state /dev/null
  assert_status 2
  [[ -c /dev/null ]]
}

@test "a state of another format or another machine is refused" {
  ask < <(first)
  cp held whole
  printf '\x09' | dd of=held bs=1 seek=16 conv=notrunc status=none
  ask </dev/null
  refused 'its format is 9 and this window reads 4'
  cp whole held
  printf '\1\2\3\4' | dd of=held bs=1 seek=20 conv=notrunc status=none
  ask </dev/null
  refused 'it is from another kind of machine'
}

@test "a state without a name is status 2" {
  run --separate-stderr window --tumble 10s --event-time t --count --state ''
  assert_status 2
  assert_output ''
  assert_stderr "window: --state '': a file needs a name"
  [[ ! -e .lock && ! -e .new ]]
}

@test "a folder that is not there is status 2" {
  run --separate-stderr window --tumble 1s --event-time t --count \
    --state none/state
  assert_status 2
  assert_stderr_has "--state 'none/state': cannot make a lock"
  assert_stderr_has 'No such file or directory'
}

@test "a save that fails is status 3 and keeps the state of before" {
  ask < <(first)
  cp held before
  # A file may not grow beyond 1 KiB, as on a full disk.
  run --separate-stderr bash -c "trap '' XFSZ; ulimit -f 1
    seq 100 | sed 's/.*/{\"ts\":12000,\"k\":&,\"x\":1}/' |
    window --tumble 10s --event-time ts --key k --sum x --state held"
  assert_status 3
  assert_stderr_has "--state 'held': cannot save; the previous state is kept: "
  cmp held before
  [[ $(echo held*) == held ]]
}

@test "a signal does not hide that the save has failed" {
  run --separate-stderr bash -c "trap '' XFSZ; ulimit -f 1
    mkfifo in
    window --tumble 10s --event-time ts --key k --sum x --state held <in \
      >out & pid=\$!; exec 9>in
    echo '{\"ts\":1000,\"k\":1,\"x\":1}' >&9
    seq 100 | sed 's/.*/{\"ts\":12000,\"k\":&,\"x\":1}/' >&9
    until [[ -s out ]]; do sleep .02; done
    kill \$pid; wait \$pid"
  assert_status 3
  assert_stderr_has 'cannot save; there is no previous state: '
}

@test "while one window has the state another is refused with status 3" {
  local pid

  mkfifo in
  window --tumble 10s --event-time ts --count --state held <in 3>&- &
  pid=$!
  exec 9>in
  wait_until 30 test -s held.lock
  run --separate-stderr window --tumble 10s --event-time ts --count \
    --state held </dev/null
  assert_status 3
  assert_stderr "window: --state 'held': in use by another window (process $pid); stop that one, or name another file"
  # What is killed leaves a lock that holds nobody up.
  kill -9 "$pid"
  wait "$pid" || :
  exec 9>&-
  run --separate-stderr window --tumble 10s --event-time ts --count \
    --state held </dev/null
  assert_status 0
  [[ $(echo held*) == held ]]
}

@test "a run that a bad line ends leaves the state as it was" {
  ask < <(first)
  cp held before
  ask < <(second && echo '{')
  assert_status 1
  assert_stderr_has "--state 'held': not saved; the file is as it was before this run"
  cmp held before
}

# begin_reading OPTION: window in the background, its results to read from fd 8, its
# rows to write to fd 9.
begin_reading() {
  rm -f in out
  mkfifo in out
  env "$1" window --tumble 10s --event-time ts --key k \
    --sum x --state held --stats <in >out 2>err 3>&- &
  pid=$!
  exec 9>in 8<out
}

@test "the reader of the results goes while rows are waited for: nothing is lost" {
  local pid line status=0

  begin_reading --default-signal=PIPE
  # Two results, of which it reads one; and a row in an open window.
  { row 1000 1 5 && row 2000 2 6 && row 11000 1 7; } >&9
  IFS= read -r line <&8
  [[ $line == '{"k":1,"sum_x":5,'* ]]
  exec 8<&-
  wait "$pid" || status=$?
  exec 9>&-
  ((status == 141))
  stderr=$(<err)
  ((${#stderr} > 0 && $(wc -l <err) == 1))
  [[ $(account '[.read, .output, .open_windows] | @csv') == 3,2,1 ]]
  ask --at-eof emit < <(row 12000 1 9)
  assert_status 0
  [[ $(jq -r '[.k, .sum_x] | @csv' <<<"$output") == $'2,6\n1,16' ]]
  [[ $(account '[.read, .output] | @csv') == 4,3 ]]
  ask </dev/null
  assert_output ''
}

@test "where SIGPIPE is ignored a reader that goes is said, and the state saved" {
  local pid status=0

  begin_reading --ignore-signal=PIPE
  { row 1000 1 5 && row 2000 2 6 && row 11000 1 7; } >&9
  IFS= read -r _ <&8
  exec 8<&-
  wait "$pid" || status=$?
  exec 9>&-
  ((status == 3))
  file_has err 'window: stdout: cannot write: the reader has gone away (broken pipe)'
  file_has err "window: --state 'held' keeps 92 bytes for stdout; the next run writes them first"
  ask --at-eof emit </dev/null
  [[ $(jq -r '[.k, .sum_x] | @csv' <<<"$output") == $'2,6\n1,7' ]]
}

@test "results that a full disk did not take are kept, and the next run writes them" {
  ask < <(first)
  run --separate-stderr bash -c 'window --tumble 10s --event-time ts --key k \
    --sum x --state held >/dev/full' < <(second)
  assert_status 3
  assert_stderr_has 'window: stdout: cannot write: No space left on device'
  assert_stderr_has 'keeps 93 bytes for stdout'
  ask --at-eof emit </dev/null
  assert_status 0
  [[ $(jq -r '[.k, .sum_x] | @csv' <<<"$output") == $'1,16\n2,4' ]]
}

@test "results go on within the line at which a file could not grow" {
  for n in {1..36}; do row $((n * 10000)) "$n" 1; done >rows
  window --tumble 10s --event-time ts --key k --sum x <rows >whole
  run --separate-stderr bash -c "trap '' XFSZ; ulimit -f 2
    window --tumble 10s --event-time ts --key k --sum x --state /dev/shm/\$\$ \
      <rows >results; mv /dev/shm/\$\$ held"
  (($(wc -c <results) == 2048))
  window --tumble 10s --event-time ts --key k --sum x --state held \
    --at-eof emit </dev/null >>results
  cmp whole results
}

@test "late rows whose reader has gone are kept too, also by a run without --late" {
  local pid status=0

  mkfifo in late
  env --ignore-signal=PIPE window --tumble 10s --event-time ts --key k \
    --sum x --state held --late late <in >out 2>err 3>&- &
  pid=$!
  exec 9>in 8<late
  exec 8<&-
  { first && row 0 1 2; } >&9
  wait "$pid" || status=$?
  exec 9>&-
  rm late
  ((status == 3))
  file_has err 'window: late: cannot write: the reader has gone away (broken pipe)'
  ask </dev/null
  assert_status 0
  ask --late late </dev/null
  assert_status 0
  [[ $(<late) == "$(row 0 1 2)" ]]
}

@test "the state's permissions stay" {
  ask < <(first)
  chmod 600 held
  ask < <(second)
  [[ $(stat -c %a held) == 600 ]]
}

@test "processing time: a window is filled by two runs and fires once" {
  local n

  for n in 1 2; do
    run window --tumble 3650d --processing-time --count --state held \
      <<<"{\"a\":$n}"
    assert_status 0
    assert_output ''
  done
  run window --tumble 3650d --processing-time --count --state held \
    --at-eof emit </dev/null
  assert_output_has '{"count":2,'
}

# put_clock MS: the clock's last reading in the state, and the checksum anew.
put_clock() {
  /usr/bin/python3 - "$1" <<'EOF'
import struct, sys
def crc64(data):
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0xc96c5795d7870f42 if i & 1 else 0)
        table.append(i)
    crc = (1 << 64) - 1
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ (1 << 64) - 1
data = open("held", "rb").read()
assert crc64(data[:-8]) == struct.unpack("=Q", data[-8:])[0]
at = 32 + 8 + struct.unpack("=Q", data[32:40])[0] + 25
data = data[:at] + struct.pack("=q", int(sys.argv[1])) + data[at + 8:-8]
open("held", "wb").write(data + struct.pack("=Q", crc64(data)))
EOF
}

@test "processing time does not go back where the clock has, over a restart" {
  run window --tumble 1d --processing-time --count --state held </dev/null
  put_clock 4102488000000 # 2100-01-01T12:00:00Z
  run --separate-stderr window --tumble 1d --processing-time --count \
    --state held --at-eof emit <<<'{}'
  assert_status 0
  assert_output '{"count":1,"window_start":"2100-01-01T00:00:00Z","window_end":"2100-01-02T00:00:00Z"}'
  assert_stderr_has 'window: warning: the clock was set back by '
}
