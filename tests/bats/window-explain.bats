# window --explain: the plan, and the query as Flink's SQL.
# SPDX-License-Identifier: ISC

# shellcheck disable=SC2016 # backticks are SQL's

load helpers

SAMPLE=(--tumble 10s --event-time measurement_time --delay 5s --key sensor_id
  --avg temperature:avg_temp --from
  'sensor_id INT, temperature DECIMAL(6,2), measurement_time TIMESTAMP(3)'
  --into 'sensor_id INT, avg_temp DECIMAL(6,2), window_end')

explain() { run --separate-stderr window "$@" --explain; }
flink() { run --separate-stderr window "$@" --explain=flink; }

@test "--explain says windows, time, memory, result and Flink's SQL in a screen" {
  explain "${SAMPLE[@]}"
  assert_status 0
  assert_stderr ''
  assert_output_has 'windows  of 10s, one after the other, aligned to 1970-01-01T00:00:00'
  assert_output_has 'measurement_time, TIMESTAMP(3); the watermark is the latest less 5s'
  assert_output_has 'KB a window, 46 bytes a key; 460 MB for 10000000, then status 3'
  assert_output_has 'result   sensor_id INT, avg_temp DECIMAL(6,2), window_end TIMESTAMP_LTZ(3)'
  assert_output_has 'INSERT INTO results SELECT '
  (($(wc -l <<<"$output") <= 24))
  (($(wc -L <<<"$output") <= 80))
}

@test "--explain counts what a window or slice takes besides its keys" {
  local kib='memory   [12]\.[0-9] KB a'

  explain --tumble 1ms --event-time t --key k --count
  grep -E "^$kib window, [0-9]+ bytes a key; " <<<"$output"
  explain --hop 10s --slide 2s --event-time t --count
  grep -E "^$kib slice of 2s, [0-9]+ bytes a group; " <<<"$output"
  explain --session 1s --event-time t --key k --count
  grep -E '^memory   [0-9]+ bytes a key and open session; ' <<<"$output"
}

@test "--explain reads nothing, and makes no file" {
  mkfifo in
  exec 9<>in
  row='{"a":1}'
  echo "$row" >&9
  run --separate-stderr window "${SAMPLE[@]}" --late late --rejects rejects \
    --state held --metrics metrics --explain <in
  assert_status 0
  assert_output_has 'open windows are held in held; bad lines are kept in rejects'
  assert_output_has 'kept in late'
  read -r -t 5 line <&9
  exec 9>&-
  [[ $line == "$row" ]]
  [[ $(echo late* rejects* held* metrics*) == 'late* rejects* held* metrics*' ]]
}

@test "--explain shows the windows of now, and what the first one waits for" {
  local now window due

  now=$(date +%s)
  explain --tumble 1d --event-time t --delay 90s --count
  assert_status 0
  # Not over midnight.
  [[ $(date +%F) == "$(date -d "@$now" +%F)" ]] || skip 'a day has ended'
  window="[$(date -d "@$now" +%F)T00:00:00Z, $(date -d "@$((now + 86400))" +%F)T00:00:00Z)"
  due=$(date -d "@$((now + 86400))" +%F)T00:01:29.999Z
  assert_output_has "now, is in $window"
  assert_output_has "when a row of $due or later has come"
}

@test "--explain says the clock of a zone" {
  explain --tumble 1d --timezone Asia/Kolkata --event-time t --count
  assert_output_has $'aligned to 1970-01-01T00:00:00 in\n         Asia/Kolkata'
  assert_output_has 'T18:29:59.999Z or later'
}

@test "--explain of each kind names what is its own" {
  explain --hop 10s --slide 2s --event-time t --count
  assert_output_has 'of 10s, one every 2s'
  assert_output_has 'is in 5 of them: ['
  assert_output_has 'KB a slice of 2s, '
  explain --cumulate 1h --step 30m --processing-time --count
  assert_output_has 'that grow by 30m up to 1h'
  assert_output_has 'by the clock, with input or without'
  explain --session 30s --event-time t --key k --distinct x
  assert_output_has 'of rows no more than 30s apart'
  assert_output_has 'now, alone would be ['
  assert_output_has 'bytes for each distinct value'
  explain --hop 1s --slide 365000d --offset 2s --event-time t --count
  assert_output_has 'now, is in none of them'
}

@test "a query that makes no sense is not explained" {
  explain --tumble 10s --count
  assert_status 2
  assert_output ''
  run --separate-stderr window "${SAMPLE[@]}" --explain=sql
  assert_status 2
  assert_stderr_has '--explain'
  assert_stderr_has 'plan, flink'
}

@test "--explain to a full disk is status 3" {
  run --separate-stderr bash -c \
    'window --tumble 1s --event-time t --count --explain >/dev/full'
  assert_status 3
  assert_stderr_has 'stdout: cannot write: '
}

# plain: SQL without quotes, blanks in a row, NOT NULL of a sink, and the
# settings that the recorded runs had from elsewhere.
plain() { tr '\n' ' ' | plain_lines; }
plain_lines() {
  sed -E "s/SET 'parallelism[^;]*; //
    s/SET 'pipeline.auto-watermark-interval' = '0 ms'; //
    s/SET 'table.local-time-zone' = 'UTC'; //
    s/\`//g; s/ NOT NULL//g; s/TIME\(0\)/TIME/g; s/ +/ /g; s/ $//"
}

@test "--explain keeps to 80 columns, but for a name that is longer, and is the same SQL" {
  local long query

  long=$(printf 'a long name %.0s' {1..10})
  query=(--hop 1h --slide 7m --event-time t --key "\"$long\"" --count --sum x
    --first "\"it's a\"" --timezone America/Argentina/Buenos_Aires
    --late "$(printf 'late%.0s' {1..20})")
  explain "${query[@]}"
  assert_status 0
  [[ $(awk 'length > 80' <<<"$output" | grep -cv -e "$long" -e latelate) == 0 ]]
  (($(awk 'length > 80' <<<"$output" | wc -l) >= 3))
  tail -n +2 <(sed -n '/^-- the same/,$p' <<<"$output") |
    sed ':a; /^--/ { N; s/\n--   / /; ta; P; D }' | plain >screen
  flink "${query[@]}"
  plain <<<"$output" | cmp - screen
}

@test "a fixed offset is written as Flink takes it" {
  local zone
  for zone in +05:30=GMT+05:30 +0530=GMT+05:30 -03=GMT-03:00 Z=UTC \
    Asia/Kolkata=Asia/Kolkata; do
    flink --tumble 1d --event-time t --count --timezone "${zone%%=*}"
    assert_status 0
    assert_output_has "SET 'table.local-time-zone' = '${zone#*=}';"
  done
}

@test "the SQL is that which Flink ran for the recorded cases" {
  local case args lines recorded

  # A line of a file is a case: one sed takes them all.
  for case in "$VECTORS"/flink/*/ "$VECTORS"/flink/differs/*/; do
    [[ -e $case/window.args && $case != */random-* ]] || continue
    mapfile -t lines <"$case/flink.sql"
    printf '%s\n' "${lines[*]}"
  done | plain_lines >recorded
  for case in "$VECTORS"/flink/*/ "$VECTORS"/flink/differs/*/; do
    [[ -e $case/window.args && $case != */random-* ]] || continue
    IFS= read -r recorded
    mapfile -t args <"$case/window.args"
    # Not ours: time text with a blank, table functions where group windows do,
    # other names, other settings, rows.
    case $recorded in
    *"'SQL')"* | *' AS TO_TIMESTAMP'* | *' AS PROCTIME('* | *'ROW<'* | \
      "SET 'table.exec.emit"* | "SET 'pipeline."*) continue ;;
    *'FROM TABLE('*) [[ ${args[*]} == *--cumulate* || \
      ${args[*]} == *--offset* ]] || continue ;;
    esac
    window "${args[@]}" --explain=flink >sql </dev/null
    mapfile -t lines <sql
    printf '%s\n' "${lines[*]}" >>ours
    printf '%s\n' "$recorded" >>theirs
  done <recorded
  plain_lines <ours | diff theirs - >&2
  (($(wc -l <ours) >= 270))
}

@test "undeclared columns are noted, with a guess of their type" {
  flink --tumble 10s --event-time ts --key k --sum x
  assert_output_has '-- `ts` is not declared in --from; TIMESTAMP_LTZ(3) is a guess'
  assert_output_has '-- `k` is not declared in --from; STRING is a guess'
  assert_output_has '-- `x` is not declared in --from; DECIMAL(38,6) is a guess'
  assert_output_has '(`k` STRING, `sum_x` DECIMAL(38,6), '
}

@test "nested fields are rows, and odd names are quoted" {
  flink --tumble 10s --event-time o.t --key '"a`.b"' --max o.d.x \
    --from 'o.t TIMESTAMP(3), "a`.b" INT, o.d.x INT'
  assert_output_has '(`o` ROW<`t` TIMESTAMP(3), `d` ROW<`x` INT>>, `a``.b` INT, `row_time` AS `o`.`t`,'
  assert_output_has 'MAX(`o`.`d`.`x`)'
  assert_output_has 'GROUP BY TUMBLE(`row_time`, INTERVAL '"'10' SECOND), "'`a``.b`'
}

@test "epoch and processing time have a column of their own" {
  flink --tumble 10s --event-time e --time-unit us --count --from 'e BIGINT'
  assert_output_has '`row_time` AS TO_TIMESTAMP_LTZ(`e` / 1000, 3)'
  assert_output_has 'WATERMARK FOR `row_time` AS `row_time`)'
  for unit in s ms us ns; do
    flink --tumble 10s --event-time e --time-unit "$unit" --count
    assert_output_has '-- `e` is not declared in --from; BIGINT is a guess'
    assert_output_has '(`e` BIGINT, `row_time` AS TO_TIMESTAMP_LTZ(`e`'
  done
  flink --tumble 10s --event-time e --time-unit s --count \
    --from 'e DECIMAL(20,6)'
  assert_output_has '`row_time` AS TO_TIMESTAMP_LTZ(`e` * 1000, 3)'
  flink --session 100s --processing-time --count
  assert_output_has '(`proc_time` AS PROCTIME())'
  assert_output_has "SESSION(\`proc_time\`, INTERVAL '100' SECOND(3))"
}

@test "that column's name is none of the input's" {
  flink --tumble 10s --event-time e --key row_time --count \
    --from 'e BIGINT, row_time INT, row_time_.x INT'
  assert_output_has '`row_time__` AS TO_TIMESTAMP_LTZ(`e`, 3)'
  assert_output_has 'WATERMARK FOR `row_time__` AS `row_time__`)'
  assert_output_has 'GROUP BY TUMBLE(`row_time__`, INTERVAL '"'10' SECOND), "'`row_time`'
  flink --tumble 10s --processing-time --key proc_time --count \
    --from 'proc_time INT'
  assert_output_has '(`proc_time` INT, `proc_time_` AS PROCTIME())'
}

@test "--on-bad null is what Flink calls ignore-parse-errors" {
  run --separate-stderr window --tumble 10s --event-time t --count \
    --on-bad null --explain
  assert_output_has 'values that are bad are null'
  flink --tumble 10s --event-time t --count --on-bad null
  assert_output_has "'ISO-8601', 'json.ignore-parse-errors' = 'true');"
  flink --tumble 10s --event-time t --count
  [[ $output != *ignore-parse* ]]
}

@test "a decimal is written plain there as here" {
  flink "${SAMPLE[@]}"
  assert_output_has "'json.encode.decimal-as-plain-number' = 'true'"
  flink "${SAMPLE[@]}" --decimal flink
  [[ $output != *plain-number* ]]
}

@test "what Flink has not is said" {
  flink --hop 10s --slide 5s --event-time t --first x --p99 y \
    --approx-distinct z --allowed-lateness 1s --max-ahead 1m --max-jump 1m --null - \
    --idle-timeout 5s --at-eof discard
  assert_output_has '-- --first: Flink has FIRST_VALUE only in TUMBLE'
  assert_output_has '-- PERCENTILE is in Flink from 2.0 on; here a quantile of more than 256 values is within 0.4%'
  assert_output_has 'PERCENTILE(`y`, 0.99)'
  assert_output_has '-- --approx-distinct is counted exactly here'
  assert_output_has '-- --allowed-lateness and revision have no counterpart'
  for option in max-ahead max-jump null idle-timeout 'at-eof discard'; do
    assert_output_has "-- --$option has no counterpart"
  done
}

# sql WANT… -- OPTION…: the job in Flink's SQL has each WANT.
sql() {
  local want=()

  while [[ $1 != -- ]]; do want+=("$1"); shift; done
  flink --tumble 10s --event-time t --count "${@:2}"
  for one in "${want[@]}"; do assert_output_has "$one"; done
}

@test "a time by --time-format is Flink's TO_TIMESTAMP with a pattern, and what that lacks is noted" {
  sql '`t` STRING, `row_time` AS TO_TIMESTAMP(`t`, '"'dd.MM.yyyy HH:mm:ss')" \
    -- --time-format '%d.%m.%Y %T'
  [[ $output != *'-- --time-format'* ]]
  sql "'EEE, dd MMM yyyy''T''hh:mm a ''[''')" \
    -- --time-format '%a, %d %b %YT%I:%M %p ['
  sql "'dd/MMM/yyyy:HH:mm:ss.SSS XX')" \
    '-- --time-format: TO_TIMESTAMP leaves the zone of the text out' \
    '-- --time-format: %f has three digits here' \
    -- --time-format '%d/%b/%Y:%T.%f %z' --from 't TIMESTAMP(3)'
  sql '-- --time-format: TO_TIMESTAMP takes 1970 where there is no year' \
    -- --time-format '%b %e %T'
  sql 'TO_TIMESTAMP_LTZ(CAST(`t` AS DECIMAL(20, 6)) * 1000, 3)' \
    -- --time-format %s.%f
}

@test "seconds keep their fraction in Flink's SQL, and another unit means a number" {
  sql '`t` DECIMAL(20,6), `row_time` AS TO_TIMESTAMP_LTZ(`t` * 1000, 3)' \
    -- --time-unit s --from 't DECIMAL(20,6)'
  sql 'BIGINT is a guess' 'TO_TIMESTAMP_LTZ(`t` / 1000, 3)' -- --time-unit us
  sql 'TO_TIMESTAMP_LTZ(`t`, 0)' -- --time-unit s --from 't DOUBLE'
  sql '`row_time` AS CAST(`t` AS TIMESTAMP(3))' -- --from 't DATE'
}

@test "a bound as BIGINT is UNIX_TIMESTAMP in Flink's SQL" {
  sql '`window_end` BIGINT' "SELECT UNIX_TIMESTAMP(DATE_FORMAT(\
TUMBLE_END(\`row_time\`, INTERVAL '10' SECOND), 'yyyy-MM-dd HH:mm:ss'))" \
    -- --time-unit s --into 'window_end BIGINT'
  sql '* 1000 + EXTRACT(MILLISECOND FROM ' -- --into 'window_end BIGINT'
}
