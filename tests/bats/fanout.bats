#!/usr/bin/env bats
# fanout: what it copies where, who goes away, who is waited for, how it ends.
# SPDX-License-Identifier: ISC

load helpers

setup() {
  common_setup
  datagen -n 60000 -r 0 --seed 1 --start-time 2026-11-22T06:13:20Z >in
}

# account FILTER: is it true of the account on stderr?
account() {
  grep '^{' <<<"$stderr" | tail -n 1 | jq -e "$1" >/dev/null && return
  printf 'not true of the account: %s\n' "$1" >&2
  show
  return 1
}

# asleep PID: it waits for something.
asleep() { [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) == S* ]]; }

@test "it copies standard input to standard output and to each file, as tee does" {
  local input

  printf 'no newline' >unended
  head -c 200001 /dev/urandom >binary
  : >empty
  for input in in unended binary empty; do
    echo 'what was there before' | tee a b c >d
    tee a b <"$input" >out
    fanout c d <"$input" >got
    cmp out got && cmp a c && cmp b d
    fanout c d <"$input" | cmp - "$input"
    cmp c "$input" && cmp d "$input"
    rm -f piped
    fanout c d < <(cat "$input") > >(cat >piped)
    cmp c "$input"
    wait_until 30 cmp -s piped "$input"
  done
}

@test "without a file it copies to standard output alone" {
  run --separate-stderr bash -c 'set -o pipefail; cat in | fanout | cmp - in'
  assert_status 0
  assert_output ''
  assert_stderr ''
}

@test "files are appended to with -a, in the file and in what it writes" {
  printf 'old\n' | tee a >b
  run --separate-stderr fanout -a a <<<new
  assert_status 0
  assert_output new
  [[ $(<a) == $'old\nnew' ]]
  cat in | fanout --append b | cmp - in
  cmp b <(echo old; cat in)
}

@test "a file called - is a file, and -- ends the options" {
  fanout - -- -a <in >/dev/null
  cmp ./- in
  cmp ./-a in
}

@test "bytes between pipes are not copied by it, from a pipe or from a file" {
  mkfifo p q
  for command in 'cat in | fanout --stats p q' 'fanout --stats p q <in'; do
    cat p >got.p &
    cat q >got.q &
    run --separate-stderr bash -c "set -o pipefail; $command | cmp - in"
    assert_status 0
    assert_output ''
    account '.copied_bytes == 0 and .lost == 0 and .bytes == '"$(wc -c <in)"
    account '.output_bytes == {stdout: .bytes, p: .bytes, q: .bytes}'
    wait
    cmp got.p in
    cmp got.q in
  done
}

@test "of a file among pipes the bytes are copied for that file alone" {
  run --separate-stderr bash -c 'set -o pipefail
    cat in | fanout --stats a | cmp - in'
  assert_status 0
  cmp a in
  account '.copied_bytes == .bytes'
}

@test "with WINDOWPIPE_PLAIN all goes by read and write, to the same end" {
  mkfifo p
  cat p >got &
  run --separate-stderr env WINDOWPIPE_PLAIN=1 bash -c 'set -o pipefail
    cat in | fanout --stats p a | cmp - in'
  assert_status 0
  account '.copied_bytes == 3 * .bytes'
  wait
  cmp got in
  cmp a in
}

@test "what splice cannot read is read" {
  local input

  for input in /proc/version /dev/null; do
    run --separate-stderr bash -c "fanout a <$input | cmp - $input"
    assert_status 0
    assert_stderr ''
    cmp a "$input"
  done
}

@test "it begins where the file stands, and leaves it at the end" {
  {
    read -r _
    fanout a | cat >got
    run cat
  } <in
  cmp got <(tail -n +2 in)
  cmp a got
  assert_output ''
}

@test "forty outputs get the same" {
  local i

  for i in {1..40}; do
    mkfifo "p$i"
    cksum <"p$i" >"sum$i" &
  done
  cat in | fanout p{1..40} | cksum >sum0
  wait
  [[ $(sort -u sum*) == "$(cksum <in)" ]]
}

@test "the examples of the property test hold: random readers, pipes and ends" {
  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  export SEED=1 CASES=${CASES:-80}
  run --separate-stderr "$ROOT/tests/property/fanout"
  assert_status 0
  assert_output_has ', 0 cases failed'
}

@test "the property test sees a byte that is lost and one that is doubled" {
  local change

  [[ -x /usr/bin/python3 ]] || skip 'python3 is missing'
  mkdir bin
  for change in 'head -c -1' 'sed "1{p;}"'; do
    printf '#!/bin/sh\n%s | "%s/fanout" "$@"\n' "$change" "$BIN" >bin/fanout
    chmod +x bin/fanout
    BIN=$PWD/bin SEED=1 CASES=6 run --separate-stderr \
      "$ROOT/tests/property/fanout"
    assert_status 1
  done
}

# --- readers that go away ---------------------------------------------------

# Whether SIGPIPE kills or is ignored.
each_sigpipe() {
  local way

  for way in --default-signal=PIPE --ignore-signal=PIPE; do
    "$@" "$way"
  done
}

lost_reader() {
  run --separate-stderr env "$1" bash -c 'mkfifo p
    head -n 1 <p >first & cat in in in in in in 2>/dev/null | fanout p >got; s=$?
    rm p; exit $s'
  assert_status 1
  assert_stderr 'fanout: p: the reader has gone away (broken pipe); --keep-going serves the others'
  # What was read has been passed on.
  cmp -n "$(wc -c <got)" got <(cat in in in in in in)
}

@test "a reader that goes away is named and ends the run with status 1" {
  each_sigpipe lost_reader
}

lost_stdout() {
  run --separate-stderr env "$1" bash -c \
    'cat in in in in in in 2>/dev/null | fanout --stats a | head -n 1
    exit ${PIPESTATUS[1]}'
  assert_status 1
  assert_stderr_has 'fanout: stdout: the reader has gone away (broken pipe)'
  account '.lost == 1 and .output_bytes.a == .bytes'
}

@test "standard output is a reader like the others" { each_sigpipe lost_stdout; }

kept_going() {
  run --separate-stderr env "$1" bash -c 'mkfifo p
    head -n 1 <p >first & fanout --stats --keep-going p a <in | cmp - in
    s=${PIPESTATUS[*]}; rm p; [[ $s == "1 0" ]] && exit 1'
  assert_status 1
  assert_output ''
  assert_stderr_has 'fanout: p: the reader has gone away (broken pipe)'
  account '.lost == 1 and .bytes == .output_bytes.a'
  cmp a in
}

@test "with --keep-going it is dropped, the others get all, and the status is 1" {
  each_sigpipe kept_going
}

@test "the same holds without splice" {
  export WINDOWPIPE_PLAIN=1
  each_sigpipe lost_reader
  each_sigpipe lost_stdout
  each_sigpipe kept_going
}

@test "a reader's end is noticed while no input comes" {
  local plain

  mkfifo input p
  for plain in '' 1; do
    exec {hold}<>input
    sleep 600 <p 3>&- &
    sleeper=$!
    ${plain:+env WINDOWPIPE_PLAIN=1} fanout p <input >out 2>err 3>&- {hold}>&- &
    echo row >&"$hold"
    wait_until 30 file_has out row
    # TERM could meet the shell that is about to become sleep, and be lost.
    kill -KILL "$sleeper"
    wait_until 30 is_gone $!
    run wait $!
    [[ $(<err) == 'fanout: p: the reader has gone away (broken pipe);'* ]]
    exec {hold}>&-
  done
}

@test "when every reader has gone it ends, though more input would come" {
  run --separate-stderr bash -c 'yes 2>/dev/null | fanout -p |
    head -n 1'
  assert_output y
  assert_stderr 'fanout: stdout: the reader has gone away (broken pipe)'
}

# --- waiting -----------------------------------------------------------------

@test "a reader that does not read holds nobody back while its pipe has room" {
  mkfifo p
  exec {hold}<>p
  head -c 60000 in >some
  for plain in '' 1; do
    run --separate-stderr env ${plain:+WINDOWPIPE_PLAIN=1} \
      fanout --stats p a <some
    assert_status 0
    account '.held_ms.p == 0'
    cmp a some
    head -c 60000 <&"$hold" | cmp - some
  done
  exec {hold}>&-
}

# held: has the account, asked for now, a wait for p that another one felt?
held() {
  kill -USR1 "$1"
  grep -qE '"held_ms":\{"stdout":0,"p":[1-9]' err
}

@test "who holds the others back, and how long, is in the account" {
  local way

  mkfifo p
  for way in '' WINDOWPIPE_PLAIN=1; do
    exec {hold}<>p
    : >err
    # A file takes all at once, so that nobody but p is waited for.
    cat in in in | env $way fanout --stats p >out 2>err 3>&- {hold}>&- &
    pid=
    wait_until 30 find_fanout
    wait_until 30 held "$pid"
    (($(wc -c <out) < 3 * $(wc -c <in)))
    cat <p >got {hold}>&- &
    exec {hold}>&-
    wait
    cmp out <(cat in in in)
    cmp got out
    run --separate-stderr cat err
    tail -n 1 err | jq -e '.waited_ms.p >= .held_ms.p and .held_ms.p > 0
      and .held_ms.stdout < .held_ms.p'
  done
}

# Sets pid to the process of this test's fanout, once it answers to SIGUSR1.
find_fanout() {
  local p

  for p in $(pgrep -f -- "^fanout --stats p$"); do
    [[ $(readlink "/proc/$p/cwd") == "$PWD" ]] || continue
    ! catches_usr1 "$p" || pid=$p
  done
  [[ -n $pid ]]
}

# says TEXT: asked by SIGUSR1.
says() {
  kill -USR1 "$pid"
  file_has err "fanout: $1"
}

@test "asked by SIGUSR1 it says whom it waits for, before it has begun too" {
  mkfifo f input p
  exec {hold}<>input {never}<>p
  fanout f p <input >/dev/null 2>err 3>&- {hold}>&- {never}>&- &
  pid=$!
  wait_until 30 catches_usr1 "$pid"
  wait_until 30 says 'waits for a reader of f'
  cat f >got 3>&- {hold}>&- {never}>&- &
  wait_until 30 says 'waits for input'
  file_has err '"program":"fanout"'
  cat in >&"$hold" 3>&- {never}>&- &
  feeder=$!
  wait_until 30 says 'waits for the reader of p'
  wait_until 30 stops_again
  kill "$feeder"
  exec {hold}>&- {never}>&-
  wait
}

# --- ends and errors -----------------------------------------------------------

@test "on SIGTERM it passes on what it has read and dies by the signal" {
  local way

  mkfifo input
  for way in '' WINDOWPIPE_PLAIN=1; do
    exec {hold}<>input
    env $way fanout a b <input >out 2>err 3>&- {hold}>&- &
    pid=$!
    cat in >&"$hold"
    wait_until 30 cmp -s b in
    kill -TERM "$pid"
    wait "$pid" && status=0 || status=$?
    ((status == 143))
    [[ ! -s err ]]
    cmp a in && cmp out in
    exec {hold}>&-
  done
}

stops_again() {
  kill -TERM "$pid" 2>/dev/null || :
  is_gone "$pid"
}

@test "a second SIGTERM ends it though a reader never reads" {
  mkfifo p
  exec {hold}<>p
  yes 2>/dev/null 3>&- {hold}>&- |
    fanout --stats p 2>err >/dev/null 3>&- {hold}>&- &
  pid=
  wait_until 30 find_fanout
  wait_until 30 held "$pid"
  kill -TERM "$pid"
  # Two that come at once are one.
  wait_until 30 stops_again
  exec {hold}>&-
}

@test "it waits for the reader of a FIFO, and a signal ends that" {
  mkfifo p
  fanout p <in >out 2>err 3>&- &
  wait_until 30 asleep $!
  kill -TERM $!
  run wait $!
  [[ ! -s err && ! -s out ]]
}

@test "with -i SIGINT does nothing" {
  mkfifo input
  exec {hold}<>input
  env --default-signal=INT fanout -i a <input >out 3>&- {hold}>&- &
  echo one >&"$hold"
  wait_until 30 file_has a one
  kill -INT $!
  echo two >&"$hold"
  exec {hold}>&-
  wait $!
  cmp a <(printf 'one\ntwo\n')
}

@test "a full disk is said, status 3; with --keep-going the others go on" {
  run --separate-stderr fanout /dev/full <in
  assert_status 3
  assert_stderr 'fanout: /dev/full: cannot write: No space left on device'
  run --separate-stderr bash -c 'cat in | fanout -p /dev/full a | cmp - in
    exit ${PIPESTATUS[1]}'
  assert_status 3
  assert_output ''
  cmp a in
}

@test "a closed standard output or input is said, status 3" {
  run --separate-stderr bash -c 'fanout a <in >&-'
  assert_status 3
  assert_stderr 'fanout: stdout: cannot write: it is closed'
  run --separate-stderr bash -c 'fanout a <&- | cat; exit ${PIPESTATUS[0]}'
  assert_status 3
  assert_stderr 'fanout: stdin: cannot read: it is closed'
  run --separate-stderr bash -c 'fanout </ | cat; exit ${PIPESTATUS[0]}'
  assert_status 3
  assert_stderr 'fanout: stdin: cannot read: Is a directory'
}

@test "a file that cannot be opened is status 2, and nothing is read" {
  mkdir folder
  {
    run --separate-stderr fanout a folder
    assert_status 2
    assert_output ''
    assert_stderr 'fanout: folder: cannot open: Is a directory'
    cmp - in
  } <in
  run --separate-stderr fanout no/such/file </dev/null
  assert_status 2
  assert_stderr 'fanout: no/such/file: cannot open: No such file or directory'
  run --separate-stderr fanout '' </dev/null
  assert_status 2
  assert_stderr 'fanout: FILE is empty; give the name of a file'
  run --separate-stderr fanout --apend </dev/null
  assert_status 2
  assert_stderr "fanout: unknown option '--apend'; did you mean --append?"
}

@test "names in the account are UTF-8 and differ" {
  run --separate-stderr fanout --stats --name x a a $'b\xff' stdout </dev/null
  assert_status 0
  account '.program == "fanout" and .name == "x" and
    (.output_bytes | keys) ==
    ["'"'b\\\\xff'"'", "a", "a (2)", "stdout", "stdout (2)"]'
}

@test "metrics have a label for the output" {
  fanout --metrics m a <in >/dev/null
  grep -qxF "windowpipe_fanout_output_bytes_total{output=\"a\"} $(wc -c <in)" m
  grep -qxF 'windowpipe_fanout_held_ms_total{output="stdout"} 0' m
  grep -qxF "windowpipe_fanout_bytes_total $(wc -c <in)" m
}
