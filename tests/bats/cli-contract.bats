#!/usr/bin/env bats
# What every program promises on its command line and at its ends: the same
# test for each of those that are built.
# SPDX-License-Identifier: ISC

load helpers

make_rows() {
  for n in {1..9}; do
    printf '{"t":"2024-06-10T06:13:1%sZ","k":%s}\n' "$n" "$n"
  done >rows
}

# A job whose rows come from stdin, and go to stdout.
make_job() {
  cat >job.sql <<'EOF'
CREATE TABLE t (k INT) WITH ('connector' = 'filesystem', 'path' = 'rows',
  'format' = 'json');
CREATE TABLE o (k INT) WITH ('connector' = 'print');
INSERT INTO o SELECT k FROM t;
EOF
}

# kinesis-get reads these rows from a stream, where there can be one.
setup_file() {
  [[ -x $BIN/kinesis-get && -d $ROOT/tests/node_modules/kinesalite ]] || return 0
  command -v node >/dev/null || return 0
  cd "$BATS_FILE_TMPDIR"
  start_kinesis rows
  make_rows
  kinesis-put rows --in-flight 1 <rows
}

teardown_file() { stop_kinesis; }

setup() {
  common_setup
  make_rows
  make_job
}

teardown() {
  exec 7>&- 8<&-
  [[ -z ${PID-} ]] || kill "$PID" 2>/dev/null || :
}

programs() {
  local p

  for p in datagen window kinesis-put kinesis-get fanout windowpipe; do
    [[ $p != kinesis-get || -n ${KINESIS_PID-} ]] || continue
    [[ ! -x $BIN/$p ]] || printf '%s\n' "$p"
  done
}

# usual PROGRAM: sets args, a command line that writes to stdout as soon as
# there is something to write; who says what is wrong with that, and the status
# after a SIGTERM: windowpipe, whose programs have ended in order, is not killed.
usual() {
  who=$1 term=143
  case $1 in
  datagen) args=(-r 0) ;;
  window) args=(--hop 2ms --slide 1ms --event-time t --count) ;;
  kinesis-put) args=(readings --region us-east-1 --dry-run --linger 1ms) ;;
  kinesis-get) args=(rows --from trim-horizon --poll 100ms) ;;
  fanout) args=(/dev/null) ;;
  windowpipe) args=(run job.sql --stdin t) who='window[o]' term=0 ;;
  esac
}

# each COMMAND…: for every program p, with its args; says which one failed.
each() {
  local p args who term

  [[ -n $(programs) ]] || skip 'no program is built'
  for p in $(programs); do
    usual "$p"
    "$@" || {
      echo "it was $p" >&2
      return 1
    }
  done
}

# The program on those rows.
on_rows() { run --separate-stderr "$p" "$@" <rows; }

# Rows without end, each of which makes some output.
endless() {
  local n=0

  while printf '{"t":%s,"k":1}\n' $((n += 10)); do :; done 2>/dev/null
}

# --- help, version, what is wrong with a command line --------------------------------

help_fits() {
  local line

  run --separate-stderr "$p" --help
  assert_status 0 && assert_stderr '' || return
  [[ $output == "usage: $p "* ]] || return
  ((${#lines[@]} <= 50)) || { echo "${#lines[@]} lines" && return 1; }
  while IFS= read -r line; do
    ((${#line} <= 80)) || { echo "too wide: $line" && return 1; }
  done <<<"$output"
  # The example is a command line of this program.
  [[ $output == *$'\nexample:\n  '*"$p "* ]] || return
  run --separate-stderr "$p" -h --nonsense
  assert_status 0
}

@test "--help fits a terminal and ends with an example" { each help_fits; }

help_reads_nothing() {
  run --separate-stderr bash -c '"$1" --help <&-' - "$p"
  assert_status 0
}

@test "--help needs no stdin" { each help_reads_nothing; }

tells_version() {
  run --separate-stderr "$p" --version
  assert_status 0 && assert_stderr '' || return
  [[ $output =~ ^$p\ [0-9]+\.[0-9]+\.[0-9]+\ \(windowpipe\)$ ]] || return
  [[ $("$p" -V) == "$output" ]]
}

@test "--version is a line with the program's name" { each tells_version; }

names_the_nearest() {
  on_rows "${args[@]}" --metrix
  assert_status 2 && assert_output '' || return
  assert_stderr "$p: unknown option '--metrix'; did you mean --metrics?" || return
  on_rows "${args[@]}" --zzzzzzzz
  assert_status 2 || return
  assert_stderr "$p: unknown option '--zzzzzzzz'; try $p --help"
}

@test "an unknown option is status 2, the nearest one is named" {
  each names_the_nearest
}

no_abbreviation() {
  on_rows "${args[@]}" --stat
  assert_status 2
}

@test "options are not abbreviated" { each no_abbreviation; }

wants_a_value() {
  on_rows "${args[@]}" --name
  assert_status 2 && assert_output '' && assert_stderr_has "$p: --name" ||
    return
  on_rows "${args[@]}" --stats=yes
  assert_status 2 && assert_stderr_has "$p: --stats"
}

@test "a value that is missing, or one too many, is status 2" {
  each wants_a_value
}

wants_a_unit() {
  on_rows "${args[@]}" --metrics-every 5
  assert_status 2 && assert_output '' || return
  assert_stderr "$p: --metrics-every '5': a duration needs a unit: ms, s, m, h or d; try 5s"
}

@test "a duration without a unit is status 2, and the units are named" {
  each wants_a_unit
}

masks() {
  on_rows "${args[@]}" $'--\e[31mred\a'
  assert_status 2 || return
  assert_stderr_has '\x1b[31mred\x07' || return
  [[ $stderr != *$'\e'* && $stderr != *$'\a'* ]] || return
  on_rows "${args[@]}" --metrics-every $'5\n\xff'
  assert_status 2 || return
  assert_stderr_has '\x0a\xff' || return
  ((${#stderr_lines[@]} == 1))
}

@test "control bytes in messages are masked" { each masks; }

options_of_a_file() {
  printf '# comment\n\n  name = from a file \n--progress=never\n' >o
  on_rows --options o --unknown
  assert_status 2 || return
  assert_stderr "$p[from a file]: unknown option '--unknown'; try $p --help" ||
    return
  printf 'name x\nmetrix\n' >o
  on_rows --options o
  assert_status 2 && assert_stderr_has 'o:2: ' || return
  assert_stderr_has 'did you mean --metrics?' || return
  on_rows --options ./none
  assert_status 2 && assert_stderr_has "'./none'"
}

@test "--options reads options from a file; errors name its line" {
  each options_of_a_file
}

loops() {
  echo 'options o' >o
  on_rows --options o
  assert_status 2
}

@test "a file of options that names itself is status 2" { each loops; }

metrics_nowhere() {
  on_rows "${args[@]}" --metrics ./no/where
  assert_status 2 && assert_output '' || return
  assert_stderr "$p: --metrics './no/where': cannot write: No such file or directory"
}

@test "a metrics file that cannot be written is status 2, before anything is read" {
  each metrics_nowhere
}

# completes WORD…: what bash offers for the last of them, a line each.
completes() {
  bash -c 'source /dev/stdin <<<"$("$1" --completion bash)"
    complete -p "$1" >/dev/null || exit
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    "_$1"
    ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' - "$p" "$@"
}

completes_in_bash() {
  local option

  # Each option that the shell would offer is one of the program.
  completes -- >options
  while IFS= read -r option; do
    [[ $("$p" "$option=1" --no-such-option 2>&1 </dev/null) != \
      *"unknown option '$option"* ]] || return
  done <options
  (($(wc -l <options) >= 10)) || return
  [[ $(completes --metrics-e) == --metrics-every ]] || return
  [[ $(completes --progress = a) == $'auto\nalways' ]] || return
  [[ $(completes --completion z) == zsh ]] || return
  [[ $(completes --metrics row) == rows ]] || return
  [[ $(completes --metrics = row) == rows ]] || return
  [[ $(completes --name x) == '' ]] || return
  case $p in
  window)
    [[ $(completes --tumble 10s --at-eof d) == discard ]] || return
    [[ $(completes --p9) == $'--p90\n--p95\n--p99\n--p999' ]]
    ;;
  fanout) [[ $(completes row) == rows ]] ;;
  kinesis-put)
    mkdir spool
    [[ $(completes --spool sp) == spool ]]
    ;;
  esac
}

@test "--completion bash offers options, words and files" {
  each completes_in_bash
}

completes_elsewhere() {
  local shell

  run --separate-stderr "$p" --completion
  assert_status 2 || return
  for shell in zsh fish; do
    "$p" --completion "$shell" >script || return
    grep -q -e --metrics-every -e '-l metrics-every' script || return
    ! command -v "$shell" >/dev/null || "$shell" -n script || return
  done
}

@test "--completion zsh and fish are scripts of these shells" {
  each completes_elsewhere
}

# --- stdin and stdout that are not there ------------------------------------------------

full() {
  local others=(--help --version)

  [[ $p != windowpipe ]] || others+=('check job.sql' 'plan job.sql')
  run --separate-stderr bash -c '"$@" <rows >/dev/full' - "$p" "${args[@]}"
  assert_status 3 || return
  assert_stderr_has "$who: stdout: cannot write: No space left on device" ||
    return
  # What has not arrived is not told as written.
  case $p in
  window | kinesis-get)
    run --separate-stderr bash -c '"$@" --stats <rows >/dev/full' - "$p" "${args[@]}"
    [[ $stderr == *'"output":0,'* ]] || return
    ;;
  esac
  for other in "${others[@]}"; do
    # shellcheck disable=SC2086 # it is words
    run --separate-stderr bash -c '"$@" >/dev/full' - "$p" $other
    assert_status 3 || return
    assert_stderr "$p: stdout: cannot write: No space left on device" || return
  done
}

@test "a full disk behind stdout is said, status 3" { each full; }

closed_stdout() {
  run --separate-stderr bash -c '"$@" <rows >&-' - "$p" "${args[@]}"
  assert_status 3 || return
  assert_stderr_has "$who: stdout: cannot write: it is closed" || return
  run --separate-stderr bash -c '"$@" >&-' - "$p" --help
  assert_status 3
}

@test "a closed stdout is said, status 3" { each closed_stdout; }

closed_stdin() {
  [[ $p != datagen && $p != kinesis-get ]] || return 0 # they read nothing
  run --separate-stderr bash -c '"$@" <&-' - "$p" "${args[@]}"
  assert_status 3 && assert_output '' || return
  assert_stderr_has "$who: stdin: cannot read: it is closed"
}

@test "a closed stdin is said, status 3" { each closed_stdin; }

closed_stderr() {
  run bash -c '"$@" --stats <rows 2>&- | head -n 1' - "$p" "${args[@]}"
  [[ $output == '{'* && $output != *program* ]]
}

@test "where stderr is closed no message strays into the output" {
  each closed_stderr
}

# start COMMAND…: on a pipe of rows without end, writing into a pipe whose
# reader is fd 8; one line of it has been read.
start() {
  rm -f in pipe
  mkfifo in pipe
  endless >in 3>&- &
  "$@" <in >pipe 2>err 3>&- 4>&- &
  PID=$!
  exec 8<pipe
  IFS= read -r _ <&8
}

# ended: sets status and stderr.
ended() {
  exec 8<&-
  status=0
  wait "$PID" || status=$?
  unset PID
  wait
  stderr=$(<err)
}

quiet_death() {
  start env --default-signal=PIPE "$p" "${args[@]}"
  ended
  if [[ $p == fanout ]]; then
    assert_status 1
  else
    assert_status 141 && assert_stderr ''
  fi
}

@test "a reader that leaves ends it by SIGPIPE, quietly" { each quiet_death; }

told_death() {
  start env --ignore-signal=PIPE "$p" "${args[@]}"
  ended
  if [[ $p == fanout ]]; then
    assert_status 1
  else
    assert_status 3 || return
    assert_stderr_has "$p: stdout: cannot write: the reader has gone away (broken pipe)"
  fi
}

@test "where SIGPIPE is ignored a reader that leaves is said, status 3" {
  each told_death
}

lost_messages() {
  rm -f gone
  mkfifo gone
  [[ $p != datagen ]] || args+=(-n 9)
  [[ $p != kinesis-get ]] || args+=(--until now)
  "$p" "${args[@]}" <rows >want
  env --default-signal=PIPE "$p" "${args[@]}" --stats --progress=always \
    <rows >out 2>gone 3>&- &
  PID=$!
  : <gone
  status=0
  wait "$PID" || status=$?
  unset PID
  assert_status 0 || return
  # Random rows and keys are not the same again.
  (($(wc -l <want) == $(wc -l <out)))
}

@test "where the reader of the messages has gone, messages are lost, no row" {
  each lost_messages
}

lost_metrics() {
  rm -rf m gone
  mkdir m
  [[ $p != datagen ]] || args+=(-n 100 -r 100)
  [[ $p != kinesis-get ]] || args+=(--until now)
  { cat rows && until [[ -s m/file ]]; do sleep .01; done && mv m gone; } | "$p" "${args[@]}" --metrics m/file --metrics-every 1ms \
    >out 2>err || status=$?
  assert_status 3 || return
  file_has err "$p: --metrics 'm/file': cannot write: No such file"
}

@test "metrics that cannot be written at the end are status 3" {
  each lost_metrics
}

# --- signals and the account ------------------------------------------------------------

dies_by_it() {
  start "$p" "${args[@]}" --stats
  kill -TERM "$PID"
  cat <&8 >rest
  ended
  assert_status "$term" || return
  # Lines are whole.
  [[ ! -s rest || $(tail -c 1 rest) == '' ]] || return
  jq -e --arg p "$p" '.program == $p' <<<"$(grep '^{' err | tail -n 1)" \
    >/dev/null
}

@test "SIGTERM ends it with whole lines and its account; a filter dies by the signal" {
  each dies_by_it
}

says_how_it_stands() {
  start "$p" "${args[@]}" --name me
  kill -USR1 "$PID"
  wait_until 30 grep -q '^{.*}$' err || return
  jq -e --arg p "$p" '.program == $p and .name == "me"' \
    <<<"$(grep '^{' err | head -n 1)" >/dev/null || return
  kill -TERM "$PID"
  cat <&8 >rest
  ended
  assert_status "$term"
}

@test "SIGUSR1 prints the account while it runs, also without --stats" {
  each says_how_it_stands
}

account_is_last() {
  [[ $p != datagen ]] || args=(-n 9 -r 0)
  [[ $p != kinesis-get ]] || args+=(--until now)
  on_rows "${args[@]}" --stats --name me
  assert_status 0 || return
  # A run ends with the account of its programs.
  [[ $p != windowpipe ]] || stderr=${stderr_lines[-1]} stderr_lines=("$stderr")
  ((${#stderr_lines[@]} == 1)) || return
  jq -e --arg p "$p" '.program == $p and .name == "me" and .elapsed_s >= 0 and
    (.read == 9 or .output == 9 or .bytes == $bytes)' \
    --argjson bytes "$(wc -c <rows)" <<<"$stderr" >/dev/null || return
  [[ $stderr == "{\"program\":\"$p\",\"name\":\"me\",\"elapsed_s\":"* ]]
}

@test "--stats is one line of JSON on stderr, alone" { each account_is_last; }

metrics_agree() {
  [[ $p != datagen ]] || args=(-n 9 -r 0)
  [[ $p != kinesis-get ]] || args+=(--until now)
  on_rows "${args[@]}" --metrics m.prom --name me
  assert_status 0 || return
  [[ $p == windowpipe ]] || assert_stderr '' || return
  grep -qE "^windowpipe_${p//-/_}_((read|output)_total\{name=\"me\"\} 9|bytes_total\{name=\"me\"\} $(wc -c <rows))$" \
    m.prom
}

@test "--metrics holds the same counts under the program's name" {
  each metrics_agree
}
