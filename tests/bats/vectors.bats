#!/usr/bin/env bats
# window gives Flink's answers: every recorded case, compared by its own rule.
# SPDX-License-Identifier: ISC

load helpers

FLINK=$VECTORS/flink

# cases PATTERN…: all of them hold, and there are some.  Those that were run
# are noted, for the last test.
cases() {
  local pattern found=()

  cd "$FLINK" || return
  for pattern in "$@"; do
    mapfile -t -O "${#found[@]}" found < <(compgen -G "$pattern/window.args")
  done
  ((${#found[@]} > 0)) || return
  found=("${found[@]%/window.args}")
  printf '%s\n' "${found[@]}" >>"$BATS_FILE_TMPDIR/run"
  ./check "$BIN/window" "${found[@]}" >"$BATS_TEST_TMPDIR/checked" && return
  grep -v '^ok ' "$BATS_TEST_TMPDIR/checked" >&2
  return 1
}

@test "TUMBLE gives Flink's rows" { cases 'tumble*'; }
@test "HOP gives Flink's rows, with any ratio and with gaps" { cases 'hop*'; }
@test "CUMULATE gives Flink's rows" { cases 'cumulate*'; }
@test "SESSION gives Flink's rows" { cases 'session*'; }
@test "the sample's four queries give Flink's rows" { cases 'sample*'; }
@test "large inputs give Flink's rows" { cases 'large*'; }
@test "windows in time zones give Flink's rows" { cases 'zone*'; }
@test "keys give Flink's groups" { cases 'key*'; }
@test "time text and epoch numbers are read as Flink does" { cases 'time*'; }
@test "aggregates of decimals give Flink's digits" { cases 'agg-decimal*'; }
@test "averages give Flink's digits" { cases 'agg-avg*'; }
@test "sums wrap and end as Flink's" { cases 'agg-sum*'; }
@test "aggregates of DOUBLE and FLOAT give Flink's bits" {
  cases 'agg-double*' 'agg-float*'
}
@test "variances and deviations give Flink's digits" { cases 'agg-var*'; }
@test "distinct counts give Flink's numbers" { cases 'agg-distinct*'; }
@test "aggregates of all other types give Flink's values" {
  cases 'agg-a[!v]*' 'agg-b*' 'agg-e*' 'agg-first*' 'agg-i*' 'agg-m*' \
    'agg-smallint' 'agg-st*' 'agg-t*'
}
@test "values of any JSON shape are read as Flink does" {
  cases 'json*' 'decimal*' 'int-*' 'type*'
}
@test "fields inside of objects are read as Flink's ROW" { cases 'field*'; }
@test "quantiles give the numbers of Flink 2.2" { cases 'percentile*'; }
@test "random queries give Flink's rows" { cases 'random*'; }
@test "--into casts as Flink's INSERT INTO does" { cases 'into*'; }

# --- where ours is meant to differ: our own answers, and the rejected lines --

@test "lines that Flink takes and JSON does not are rejected" {
  cases 'differs/input*' 'differs/surrogate*' 'differs/bytes*'
}
@test "values of the wrong type are rejected, by the same rows as Flink" {
  cases 'differs/decimal*' 'differs/int-*' 'differs/type*' 'differs/object*'
}
@test "time text that Flink refuses or bends is read by one rule" {
  cases 'differs/time*' 'differs/sql*'
}
@test "a missing event time is a bad line, not the end of the job" {
  cases 'differs/missing*' 'differs/null*'
}
@test "sums that Flink loses on the way are true where they fit" {
  cases 'differs/agg*' 'differs/avg*' 'differs/var*'
}
@test "rows that Flink's windows lose are in the results" {
  cases 'differs/tvf*' 'differs/zone*'
}
@test "watermarks begin at minus infinity and advance with every row" {
  cases 'differs/watermark*' 'differs/interval*' 'differs/allow*'
}
@test "quantiles have the digits of their values" { cases 'differs/percentile*'; }
@test "rows in the gaps of HOP are outside, not late" { cases 'differs/hop*'; }
@test "open windows of processing time are written at the end" {
  cases 'differs/processing*'
}

# --- the checker -----------------------------------------------------------------

@test "every recorded case is in one of the tests above" {
  # bats has no other word for "a filter was given".
  (($(grep -c . "$BATS_FILE_TMPDIR/run") > 300)) ||
    skip 'only some of the tests are run'
  cd "$FLINK"
  printf '%s\n' */window.args differs/*/window.args |
    sed 's,/window.args$,,' | sort >"$BATS_TEST_TMPDIR/all"
  sort "$BATS_FILE_TMPDIR/run" | diff - "$BATS_TEST_TMPDIR/all" >&2
}

# doctored CASE COMMAND…: a copy of the case, changed by the command in its
# folder, fails with the reason $want.
doctored() {
  mkdir -p differs
  rm -rf "./$1"
  cp -r "$FLINK/$1" "$1"
  (cd "$1" && "${@:2}")
  run "$FLINK/check" "$BIN/window" "$1"
  assert_status 1
  assert_output_has "not ok ${1##*/}: $want"
}

@test "the checker sees a row that is not Flink's" {
  want='other rows' doctored sample-tumble sed -i '1s/[1-9]/0/' expected.ndjson
}

@test "the checker sees a row too many and a row too few" {
  want='other rows' doctored agg-int sed -i 1d expected.ndjson
  want='other rows' doctored agg-int sed -i 1p expected.ndjson
}

@test "the checker sees a number that is off by its last bit" {
  want='other rows' doctored agg-double-hop sed -i \
    '1s/8.743707155950712E7/8.743707155950709E7/' expected.ndjson
}

@test "the checker sees another number of late rows" {
  want='late' doctored sample-large-late-hop sh -c 'echo 1 >late'
}

@test "the checker sees other rejected lines and another account" {
  want='other rejects' doctored differs/input-bom sh -c 'echo x >rejects'
  want='stats' doctored differs/hop-gaps-late sed -i 's/3/4/' stats
}

@test "the checker sees a window that ends with another status" {
  printf '#!/bin/sh\n"%s/window" "$@"\nexit 1\n' "$BIN" >window
  chmod +x window
  run "$FLINK/check" ./window "$FLINK/agg-int"
  assert_status 1
  assert_output 'not ok agg-int: status 1'
}
