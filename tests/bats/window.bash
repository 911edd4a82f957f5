# window.bash - window over a pipe that the test holds; `load window`.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # stderr, status: as run sets them

# win OPTION…: window over the rows on stdin.
win() { run --separate-stderr window "$@"; }

# row SECONDS [MEMBERS]: a row that many seconds after 06:13:20; its time is
# the member t.
row() {
  printf '{"t":"%s"%s}\n' \
    "$(date -u -d "2024-06-10T06:13:20Z $1 seconds" +%FT%T.%3NZ |
      sed 's/\.\?0*Z$/Z/')" "${2:+,$2}"
}

# rows SECONDS…: a row for each, with k its number.
rows() {
  local n=0 s

  for s in "$@"; do
    row "$s" "\"k\":$((++n))"
  done
}

# The last line of stderr that begins with {.
stats() { grep '^{' <<<"${stderr-}" | tail -n 1; }

# assert_stats FILTER: jq says that it is true of the stats line.
assert_stats() {
  stats | jq -e "$1" >/dev/null && return
  printf 'not true of the account: %s\n' "$1" >&2
  show
  return 1
}

# assert_account READ AGGREGATED LATE OUTSIDE REJECTED
assert_account() {
  assert_stats "[.read, .aggregated, .late, .outside, .rejected] ==
    [$1, $2, $3, $4, $5]"
}

# --- a run that the test feeds ---------------------------------------------------

# start_window OPTION…: reads from fd 7, writes ./out and ./err.  Put words
# before it by RUN_BY, such as `env --ignore-signal=PIPE`.
start_window() {
  rm -f in
  mkfifo in
  # shellcheck disable=SC2086 # words of a command
  ${RUN_BY-} window "$@" <in >"${OUT-out}" 2>err 3>&- 4>&- &
  WINDOW_PID=$!
  exec 7>in
}

# Options by which has_read knows how many rows it has read.
WATCHED=(--metrics metrics --metrics-every 1ms)
has_read() { grep -q "^windowpipe_window_read_total.* $1$" metrics; } 2>/dev/null

# give LINE…: in one write, which is read as one; printf makes one of each line.
give() {
  local IFS=$'\n'

  cat <<<"$*" >&7
}

# give_bytes FORMAT: as printf does, but in one write too.
give_bytes() {
  # shellcheck disable=SC2059 # it is a format
  printf "$1" >piece
  cat piece >&7
}

# Its end: sets status, output and stderr as run does.
end_window() {
  exec 7>&-
  wait_window
}

wait_window() {
  status=0
  wait "$WINDOW_PID" || status=$?
  unset WINDOW_PID
  output=$(cat out 2>/dev/null) || :
  stderr=$(<err)
}

stop_window() {
  exec 7>&-
  [[ -z ${WINDOW_PID-} ]] || kill "$WINDOW_PID" 2>/dev/null || :
}
