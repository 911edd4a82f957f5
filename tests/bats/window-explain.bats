# window --explain: the plan.
# SPDX-License-Identifier: ISC

load helpers

SAMPLE=(--tumble 10s --event-time measurement_time --delay 5s --key sensor_id
  --avg temperature:avg_temp --from
  'sensor_id INT, temperature DECIMAL(6,2), measurement_time TIMESTAMP(3)'
  --into 'sensor_id INT, avg_temp DECIMAL(6,2), window_end')

explain() { run --separate-stderr window "$@" --explain; }

@test "--explain says windows, time, memory and result in a screen" {
  explain "${SAMPLE[@]}"
  assert_status 0
  assert_stderr ''
  assert_output_has 'windows  of 10s, one after the other, aligned to 1970-01-01T00:00:00'
  assert_output_has 'measurement_time, TIMESTAMP(3); the watermark is the latest less 5s'
  assert_output_has 'KB a window, 46 bytes a key; 460 MB for 10000000, then status 3'
  assert_output_has 'result   sensor_id INT, avg_temp DECIMAL(6,2), window_end TIMESTAMP_LTZ(3)'
  (($(wc -l <<<"$output") <= 12))
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

@test "--explain keeps to 80 columns, but for a name that is longer" {
  local long

  long=$(printf 'a long name %.0s' {1..10})
  explain --hop 1h --slide 7m --event-time t --key "\"$long\"" --count --sum x \
    --first "\"it's a\"" --timezone America/Argentina/Buenos_Aires \
    --late "$(printf 'late%.0s' {1..20})"
  assert_status 0
  [[ $(awk 'length > 80' <<<"$output" | grep -cv -e "$long" -e latelate) == 0 ]]
}

@test "Flink's SQL is windowpipe's to write" {
  run --separate-stderr window "${SAMPLE[@]}" --explain=flink
  assert_status 2
  assert_stderr_has 'try: windowpipe sql -- and the same options'
}

@test "--on-bad null is in the plan" {
  explain --tumble 10s --event-time t --count --on-bad null
  assert_output_has 'values that are bad are null'
}
