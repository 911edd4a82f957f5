# chaos - the whole pipeline when something goes away: what is lost and what is
# doubled is what windowpipe(7) says.
# SPDX-License-Identifier: ISC
# long
#
# The rows come by a pipe, 2000 a second, 10 ms apart in event time, so that
# many windows close a second.  The same seed gives the same rows again: what a
# stream should hold is computed from as many of them as its window has read.

load helpers
load faulty

streams=(TumblingWindowProcessingTimeOutput TumblingWindowEventTimeOutput
  SlidingWindowProcessingTimeOutput SlidingWindowEventTimeOutput)
labels=(tumbling_processing tumbling_event sliding_processing sliding_event)

# Each test starts an emulator of its own.
setup_file() { :; }

setup() {
  common_setup
  run_pid='' small=''
  export TMPDIR=$PWD/tmp
  mkdir tmp
  with_counts job.sql
}

teardown() {
  local pid

  for pid in ${run_pid:-} $(stage .) $(cat feeder 2>/dev/null); do
    kill -KILL "$pid" 2>/dev/null || :
  done
  stop_faulty
  if [[ -n ${KINESIS_PID-} ]]; then
    kill -CONT "$KINESIS_PID" 2>/dev/null || :
    stop_kinesis
  fi
  [[ -z $small ]] || umount "$small"
}

# --- the rows, and what should become of them ------------------------------

feed=(datagen --seed 3 --step 10ms --start-time 2016-01-01T00:00:00Z)
feed() { "${feed[@]}" "$@"; }

# expected I N: what stream I should hold of the first N rows.
expected() {
  local kind=(--tumble 10s)

  (($1 != 3)) || kind=(--hop 10s --slide 2s)
  feed -r 0 -n "$2" | window "${kind[@]}" --event-time measurement_time \
    --delay 5s --key sensor_id --avg temperature:avg_temp --count=n \
    --from 'sensor_id INT, temperature DECIMAL(6,2)' --into "$into"
}
into='sensor_id INT, avg_temp DECIMAL(6,2), n BIGINT, window_end'

# --- the pipeline ----------------------------------------------------------

# begin [OPTION...]: in the background; out and err are files.  The rows have
# no end but end_rows.  Who is told to stop would be after a minute.
begin() {
  windowpipe run job.sql --properties "$ROOT/application_properties.json" \
    --stdin sensor_readings --keep kept --drain 1m "$@" \
    < <(
      echo "$BASHPID" >feeder
      exec 3>&- "${feed[@]}" -r 2000 --stats 2>fed
    ) >out 2>err 3>&- &
  run_pid=$!
}

# end_rows: in order, between two rows.
end_rows() { kill -TERM "$(<feeder)"; }

# all_rows_in: each window has read every row.
all_rows_in() {
  local i n

  n=$(jq .output fed)
  for i in 0 1 2 3; do
    [[ $(rows_of "$i") == "$n" ]]
  done
}

# Sets status, output and stderr as run does.
finish() {
  status=0
  wait "$run_pid" || status=$?
  run_pid=''
  output=$(<out)
  stderr=$(<err)
  [[ -z $(stage .) ]] || {
    echo 'a stage outlives windowpipe' >&2
    return 1
  }
}

# stage REGEX: the pids of stages by their command line; all name the folder.
stage() {
  comm -12 <(pgrep -f -- "$1" | sort) \
    <(pgrep -f -- "$PWD/tmp/windowpipe" | sort)
}

source_stage() { pgrep -P "$run_pid" -f '^windowpipe rows '; }

# put_metric I NAME: of the kinesis-put of stream I; 0 where it is not there yet.
put_metric() {
  awk -v name="windowpipe_kinesis_put_$2_total{name=\"${labels[$1]}\"}" \
    '$1 == name { v = $NF } END { print v + 0 }' \
    tmp/windowpipe.*/*.prom 2>/dev/null || echo 0
}
delivers() { (($(put_metric "$1" delivered) >= $2)); }
flows() { delivers 1 22 && delivers 3 55; }
holds_back() {
  (($(put_metric "$1" read) >= $(put_metric "$1" delivered) + $2))
}

# rows_of I: the good rows that window I has read, as the account says.
rows_of() {
  [[ $stderr =~ window\[${labels[$1]}\]:\ read\ [0-9]+\ =\ aggregated\ ([0-9]+)\ \+\ late\ 0\ \+\ outside\ 0\ \+\ rejected\ ([0-9]+) ]] &&
    echo "${BASH_REMATCH[1]}"
}

# --- what is in the streams ------------------------------------------------

# whole I: all that its window had to write is stored, each result once.
whole() {
  local rows

  rows=$(rows_of "$1")
  ((rows > 0))
  stream_data "${streams[$1]}" | sort >stored
  [[ -z $(jq -c '[.sensor_id, .window_end]' stored | sort | uniq -d) ]]
  case $1 in
  0 | 2) [[ $(jq -n '[inputs.n] | add' stored) == \
    $((rows * ($1 == 0 ? 1 : 5))) ]] ;;
  *) diff <(expected "$1" "$rows" | sort) stored >&2 ;;
  esac || {
    echo "${streams[$1]} does not hold the results of $rows rows" >&2
    show
    return 1
  }
}

# part I: what is stored are results of the rows, no one twice, not all.
part() {
  local i rows=0 n

  for i in 0 1 2 3; do
    n=$(rows_of "$i" || echo 0)
    ((n <= rows)) || rows=$n
  done
  stream_data "${streams[$1]}" | sort >stored
  [[ -s stored ]]
  expected "$1" "$rows" >all
  [[ -z $(comm -13 <(sort all) stored) ]] || {
    echo "${streams[$1]} holds what it should not, or twice" >&2
    comm -13 <(sort all) stored >&2
    return 1
  }
  (($(wc -l <stored) < $(wc -l <all)))
}

# died TITLE: run says so, with its status; the rest ended by itself.
died() {
  assert_status 3
  assert_stderr_has "$1 died: killed by SIGKILL"
  assert_stderr_has "ended because $1 died: killed by SIGKILL"
  [[ $stderr != *'still holds something'* && -z $(ls tmp) ]] || {
    show
    return 1
  }
}

# --- places and services that fail -----------------------------------------

# small_disk: mounts one of 64 KiB at ./small.
small_disk() {
  mkdir small
  mount -t tmpfs -o size=64k none small 2>/dev/null ||
    skip 'mounting a small disk is not allowed here'
  small=$PWD/small
}

# begins_with FILE WHOLE: FILE is what WHOLE begins with, up to any byte, but
# not all of it.
begins_with() {
  (($(wc -c <"$1") > 60000))
  cmp <(head -c "$(wc -c <"$1")" "$2") "$1" >&2
  (($(wc -c <"$1") < $(wc -c <"$2")))
}

# The four streams, in a service that can go away and come back.
start_front() {
  EMULATOR_URL=$KINESIS_URL own_faulty "$1" --stream '' "${@:2}"
}
vanish() {
  kill -KILL "$FAULTY_PID"
  wait_until 30 is_gone "$FAULTY_PID"
}

# --- kill -9 ---------------------------------------------------------------

@test "the source is killed: all that it had written is stored, once" {
  start_kinesis "${streams[@]}"
  begin
  wait_until 60 flows
  kill -KILL "$(source_stage)"
  finish
  died 'rows[sensor_readings]'
  for i in 0 1 2 3; do
    whole "$i"
    [[ $(rows_of "$i") == "$(rows_of 0)" ]]
  done
}

@test "fanout is killed: each stream holds what its window had got, once" {
  start_kinesis "${streams[@]}"
  begin
  wait_until 60 flows
  kill -KILL "$(stage '^fanout ')"
  finish
  died 'fanout[sensor_readings]'
  for i in 0 1 2 3; do
    whole "$i"
  done
}

@test "a window of event time is killed: its open windows are lost, no more, nothing else" {
  start_kinesis "${streams[@]}"
  begin
  wait_until 60 flows
  kill -KILL "$(stage '^window .*--name=sliding_event ')"
  finish
  died 'window[sliding_event]'
  for i in 0 1 2; do
    whole "$i"
  done
  part 3
  # What it had written is stored to the last line: results are in order, and
  # none is missing before the last one that is there.
  head -n "$(wc -l <stored)" all | sort | diff - stored
}

@test "a window of processing time is killed: the other streams miss nothing" {
  start_kinesis "${streams[@]}"
  begin
  wait_until 60 flows
  kill -KILL "$(stage '^window .*--name=tumbling_processing ')"
  finish
  died 'window[tumbling_processing]'
  for i in 1 2 3; do
    whole "$i"
  done
  stream_data "${streams[0]}" >stored
  (($(jq -n '[inputs.n] | add // 0' stored) < $(rows_of 1)))
}

@test "a kinesis-put is killed: what it held is lost, what it had counted is stored, once" {
  start_kinesis "${streams[@]}"
  begin
  wait_until 60 flows
  # The service falls silent, so that there is something to hold.
  kill -STOP "$KINESIS_PID"
  wait_until 60 holds_back 3 100
  counted=$(put_metric 3 delivered)
  pid=$(stage '^kinesis-put .*--name=sliding_event ')
  kill -KILL "$pid"
  wait_until 30 is_gone "$pid"
  kill -CONT "$KINESIS_PID"
  finish
  died 'kinesis-put[sliding_event]'
  for i in 0 1 2; do
    whole "$i"
  done
  part 3
  (($(wc -l <stored) >= counted))
}

# --- a full disk -----------------------------------------------------------

@test "a full disk under --late: status 3, said; what is kept are the first late rows" {
  small_disk
  feed -r 0 -n 20000 --late '30% up-to 1h' >rows
  query=(window --tumble 1s --event-time measurement_time --count --stats)
  run --separate-stderr "${query[@]}" --late all <rows
  assert_status 0
  run --separate-stderr "${query[@]}" --late small/late <rows
  assert_status 3
  assert_stderr_has 'small/late: cannot write: No space left on device'
  begins_with small/late all
  stats | jq -e '.read == .aggregated + .late + .outside + .rejected'
  (($(stat_of late) >= $(wc -l <small/late)))
}

@test "a full disk under the results: status 3, said; they are whole up to its end" {
  small_disk
  feed -r 0 -n 100000 >rows
  query=(window --hop 10s --slide 2s --event-time measurement_time --stats
    --key sensor_id --count)
  "${query[@]}" <rows >all 2>err
  run --separate-stderr bash -c '"$@" <rows >small/results' - "${query[@]}"
  assert_status 3
  assert_stderr_has 'No space left on device'
  begins_with small/results all
  stats | jq -e '.read == .aggregated + .late + .outside + .rejected'
}

@test "a full disk under --undelivered: status 3, said; the account adds up" {
  small_disk
  use_endpoint http://127.0.0.1:1
  rows 5000
  put --retry-for 100ms --undelivered small/kept
  assert_status 3
  assert_stderr_has 'small/kept: cannot write: No space left on device'
  assert_account
  [[ $(stat_of delivered) == 0 ]]
  begins_with small/kept rows.ndjson
}

@test "a full disk under the metrics stops nothing, is said and counts: status 3" {
  small_disk
  head -c 65536 /dev/zero >small/full
  feed -r 0 -n 1000 >rows
  run --separate-stderr window --tumble 1s --event-time measurement_time \
    --count --metrics small/metrics <rows
  assert_status 3
  assert_stderr_has "small/metrics': cannot write: No space left on device"
  [[ $(jq -n '[inputs.count] | add' <<<"$output") == 1000 ]]
}

@test "a full disk under the rejects of the pipeline stops it, and the stage is named" {
  small_disk
  start_kinesis "${streams[@]}"
  { feed -r 0 -n 100 && seq -f 'no JSON %g' 20000; } >rows
  run --separate-stderr windowpipe run job.sql --stdin sensor_readings \
    --properties "$ROOT/application_properties.json" --rejects small/bad <rows
  assert_status 3
  assert_stderr_has 'cannot write: No space left on device'
  [[ $stderr =~ 'ended because window['[a-z_]+'] died: status 3' ]]
  [[ $stderr =~ read\ ([0-9]+)\ =\ aggregated\ 100\ \+\ late\ 0\ \+\ outside\ 0\ \+\ rejected\ ([0-9]+)\; ]]
  ((BASH_REMATCH[1] == 100 + BASH_REMATCH[2]))
}

# --- slow readers ----------------------------------------------------------

@test "a slow reader of a window gets the same bytes, and the window's memory does not grow" {
  feed -r 0 -n 400000 >rows
  query=(window --hop 10s --slide 2s --event-time measurement_time
    --key sensor_id --count)
  "${query[@]}" <rows >fast
  (($(wc -c <fast) > 1000000))
  mkfifo results
  # What was freed, ASan keeps, up to 256 MB; its own memory grows a little.
  export ASAN_OPTIONS=quarantine_size_mb=0
  spare=1024
  [[ $BIN != */san-* ]] || spare=4096
  "${query[@]}" <rows >results 3>&- &
  pid=$!
  exec 8<results
  head -c 65536 <&8 >slow
  # Its peak, the last time it is seen alive; in kB.
  peaks=()
  while head -c 65536 <&8 >part && [[ -s part ]]; do
    cat part >>slow
    peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || :
    [[ -z $peak ]] || peaks+=("$peak")
    sleep 0.01
  done
  exec 8<&-
  wait "$pid"
  cmp fast slow
  ((${#peaks[@]} > 5 && peaks[-1] <= peaks[0] + spare))
}

@test "a service that stands still holds the pipeline up, and costs nothing" {
  start_kinesis "${streams[@]}"
  begin
  wait_until 60 flows
  kill -STOP "$KINESIS_PID"
  wait_until 60 holds_back 3 300
  kill -CONT "$KINESIS_PID"
  end_rows
  finish
  assert_status 0
  # It says how it stands after ten seconds, and what there was at its end.
  run ! grep -vE '^(windowpipe: [0-9]+ s: |[A-Z][A-Za-z]*Output: |account| )' err
  all_rows_in
  for i in 0 1 2 3; do
    whole "$i"
  done
}

# --- a service that goes away ----------------------------------------------

# What stream I holds and what is kept, together, are all results; sets doubled
# to the number of those that are there more than once.
delivered_or_kept() {
  local kept=(kept/run-*/"${labels[$1]}".undelivered) rows

  rows=$(rows_of "$1")
  { stream_data "${streams[$1]}" && cat "${kept[@]}" 2>/dev/null; } |
    sort >there
  sort -u there >once
  doubled=$(($(wc -l <there) - $(wc -l <once)))
  case $1 in
  0 | 2) [[ $(jq -n '[inputs.n] | add' once) == \
    $((rows * ($1 == 0 ? 1 : 5))) ]] ;;
  *) diff <(expected "$1" "$rows" | sort) once >&2 ;;
  esac
}

# retried I: records that were sent again, as the account says.
retried() {
  [[ $stderr =~ kinesis-put\[${labels[$1]}\]:\ [^\;]*\;\ retried\ ([0-9]+) ]] &&
    echo "${BASH_REMATCH[1]}"
}

@test "an endpoint that is killed and comes back: all is stored, doubled is only what was sent again" {
  start_kinesis "${streams[@]}"
  start_front '[]'
  begin
  wait_until 60 flows
  vanish
  wait_until 60 holds_back 3 200
  wait_until 60 file_has err 'cannot reach'
  start_front '[]' --port "$FAULTY_PORT"
  end_rows
  finish
  assert_status 0
  all_rows_in
  for i in 0 1 2 3; do
    delivered_or_kept "$i"
    ((doubled <= $(retried "$i")))
  done
  [[ ! -e kept || -z $(ls kept) ]]
}

@test "an endpoint that is gone for good, and a death: what is not stored is kept" {
  start_kinesis "${streams[@]}"
  start_front '[]'
  begin --drain 1s
  wait_until 60 flows
  vanish
  wait_until 60 holds_back 3 200
  kill -KILL "$(source_stage)"
  finish
  assert_status 3
  assert_stderr_has 'rows[sensor_readings] died: killed by SIGKILL'
  for i in 1 3; do
    assert_stderr_has "kinesis-put[${labels[i]}] still holds something; telling it to stop"
    [[ -s $(echo kept/run-*/"${labels[i]}".undelivered) ]]
  done
  for i in 0 1 2 3; do
    delivered_or_kept "$i"
    ((doubled <= $(retried "$i")))
  done
}
