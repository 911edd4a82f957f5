#!/usr/bin/env bats
# window's bounds: memory, times ahead of the clock, silence, the end.
# SPDX-License-Identifier: ISC

load helpers
load window

teardown() { stop_window; }

COUNT=(--tumble 10s --event-time t --count)

# --- --max-bytes --------------------------------------------------------------------

# long N: rows of N keys, of 10,000 bytes each, in one window of 10 s.
long() {
  for ((i = 1; i <= $1; i++)); do
    printf '{"t":%s,"k":"%0.10000d"}\n' "$i" "$i"
  done
}

@test "at --max-bytes the run fails, and names the ways out" {
  win "${COUNT[@]}" --key k --max-bytes 1M --stats < <(long 400)
  assert_status 3
  assert_stderr_has 'window: open windows take more than the 1048576 bytes of --max-bytes; raise it, or write windows early: --overflow oldest'
  assert_stats '.read > 50 and .read < 200'
  win "${COUNT[@]}" --key k --max-bytes 5M < <(long 400)
  assert_status 0
}

@test "--max-bytes --overflow oldest bounds keys, texts, distinct values and quantiles" {
  local aggregate

  for aggregate in --key=k --distinct=k --last=k --quantile=0.5:v; do
    for kind in --tumble=10ms '--hop=10ms --slide=5ms' --session=2ms; do
      # shellcheck disable=SC2086 # two words
      win $kind --event-time t --key=t "$aggregate" --count --delay 1h \
        --max-bytes 1M --overflow oldest --stats \
        < <(long 400 | sed 's/}$/,"v":1}/' |
          if [[ $aggregate == --quantile* ]]; then seq 20000 |
            sed 's/.*/{"t":&,"v":&}/'; else cat; fi)
      assert_status 0
      assert_stats '.early > 0 and .late == 0'
      assert_stats '.aggregated == .read'
    done
  done
}

@test "--explain says what --max-bytes bounds" {
  win "${COUNT[@]}" --key k --explain
  assert_output_has 'long texts; no bound: --max-bytes'
  win "${COUNT[@]}" --key k --max-bytes 64M --explain
  assert_output_has 'all of that at 67 MB at the most, then the same'
}

# --- --max-keys ---------------------------------------------------------------------

@test "at --max-keys the run fails, and names the ways out" {
  win "${COUNT[@]}" --key k --max-keys 3 --stats < <(rows 1 2 11 12 13 14)
  assert_status 3
  [[ $(jq -c .k <<<"$output" | tr -d "\n") == 12 ]]
  assert_stderr_has 'window: more than 3 groups are open at once; raise --max-keys, or write windows early: --overflow oldest'
  assert_stats '.output == 2'
}

@test "--max-keys groups are allowed, and places that are free again count anew" {
  win "${COUNT[@]}" --key k --max-keys 3 < <(rows 1 2 11 12 21 22)
  assert_status 0
  (($(wc -l <<<"$output") == 6))
}

@test "--overflow oldest writes the oldest window early; its further rows are late" {
  win "${COUNT[@]}" --key k --delay 1m --max-keys 2 --overflow oldest --stats \
    < <(rows 1 2 11 3 12)
  assert_status 0
  [[ $(jq -c '[.k, .window_end[17:19]]' <<<"$output" | tr -d '\n') == \
    '[1,"30"][2,"30"][3,"40"][5,"40"]' ]]
  assert_account 5 4 1 0 0
  assert_stats '.early == 1'
  assert_stderr_has 'window: warning: '
}

@test "--overflow oldest holds for sessions too, and counts what it wrote early" {
  win --session 5s --event-time t --count --key k --delay 1m --max-keys 2 \
    --overflow oldest --stats < <(
    row 0 '"k":1'
    row 4 '"k":1'
    row 1 '"k":2'
    row 20 '"k":3'
  )
  assert_status 0
  [[ $(jq -c '[.k, .count]' <<<"$output" | tr -d '\n') == '[2,1][1,2][3,1]' ]]
  assert_stats '.early == 1'
}

# --- --max-ahead ----------------------------------------------------------------------

@test "an event time further ahead of the clock than --max-ahead allows is a bad line" {
  far=$(date -u -d '+2 hours' +%FT%TZ)
  near=$(date -u -d '+10 minutes' +%FT%TZ)
  win "${COUNT[@]}" --max-ahead 1h <<<"{\"t\":\"$near\"}"
  assert_status 0
  win "${COUNT[@]}" --max-ahead 1h <<<"{\"t\":\"$far\"}"
  assert_status 1
  assert_output ''
  assert_stderr_has 'stdin:1:6: bad line: field "t" is '
  assert_stderr_has 'further ahead of the clock than --max-ahead allows'
  win "${COUNT[@]}" <<<"{\"t\":\"$far\"}"
  assert_status 0
}

@test "--max-ahead knows the clock of a TIMESTAMP column" {
  now=$(TZ=Asia/Kolkata date +%FT%T)
  win "${COUNT[@]}" --max-ahead 1h --from 't TIMESTAMP(3)' \
    --timezone Asia/Kolkata <<<"{\"t\":\"$now\"}"
  assert_status 0
}

# --- --max-jump -----------------------------------------------------------------------

@test "a row that is --max-jump beyond all rows before is a bad line" {
  for plain in '' 1; do
    # shellcheck disable=SC2030 # of this run
    export ${plain:+WINDOWPIPE_PLAIN=1}
    # The rows in between are later than any limit that held at the first.
    win "${COUNT[@]}" --max-jump 10s --rejects bad --stats \
      < <(row 0 && row 10 && row 21 && row 15 && row 20 && row 86400 &&
        row 30 && row 41)
    assert_status 1
    [[ $(jq -c .count <<<"$output") == $'1\n2\n1\n1' ]]
    assert_stderr_has 'stdin:3:6: bad line: field "t" is '
    assert_stderr_has 'further ahead of earlier rows than --max-jump allows'
    [[ $(<bad) == "$(row 21 && row 86400 && row 41)" ]]
    assert_account 8 5 0 0 3
    rm bad
  done
}

@test "the first row is no jump, nor a row within it of those that --state knows" {
  state=(--tumble 10s --event-time t --delay 5s --count --max-jump 10s --state held)
  win "${state[@]}" < <(row 86400)
  assert_status 0
  win "${state[@]}" < <(row 86411)
  assert_status 1
  win "${state[@]}" < <(row 86410)
  assert_status 0
  win --tumble 10s --processing-time --count --max-jump 10s < <(row 0)
  assert_status 2
  assert_stderr_has '--max-jump goes with --event-time only'
  win "${COUNT[@]}" --max-jump 0s < <(row 0)
  assert_status 2
}

# --- --idle-timeout -----------------------------------------------------------------

@test "with --idle-timeout a window fires though no row comes any more" {
  start_window --tumble 200ms --event-time t --count --idle-timeout 100ms \
    --stats
  give "$(row 0)"
  wait_until 30 has_lines out 1
  # Its window has been written, so this one is late.
  give "$(row 0.1)" "$(row 3600)"
  end_window
  assert_status 0
  [[ $(jq -c '[.count, .window_end[11:]]' <<<"$output" | tr -d '\n') == \
    '[1,"06:13:20.2Z"][1,"07:13:20.2Z"]' ]]
  assert_account 3 2 1 0 0
}

@test "without it an open window waits" {
  start_window --tumble 200ms --event-time t --count --stats
  give "$(row 0)" "$(row 0.2)" "$(row 0.3)"
  wait_until 30 has_lines out 1
  kill -USR1 "$WINDOW_PID"
  wait_until 30 file_has err '"open_windows":1'
  (($(wc -l <out) == 1))
  end_window
}

# --- the end of input -----------------------------------------------------------------

@test "at the end open windows are written, in their order" {
  win "${COUNT[@]}" --delay 1m --key k < <(rows 21 11 1)
  assert_status 0
  [[ $(jq -c .k <<<"$output" | tr -d '\n') == 321 ]]
  win "${COUNT[@]}" --delay 1m --key k --at-eof emit < <(rows 21 11 1)
  [[ $(jq -c .k <<<"$output" | tr -d '\n') == 321 ]]
}

@test "--at-eof discard drops open windows" {
  win "${COUNT[@]}" --at-eof discard < <(rows 1 11 21)
  assert_status 0
  (($(wc -l <<<"$output") == 2))
}
