# windowpipe-run - rows, settings, local Kinesis and display of a job that runs.
# SPDX-License-Identifier: ISC
# long

load helpers
load run

# --- rows ------------------------------------------------------------------

@test "--stdin takes the rows of a file into four streams, and the account adds up" {
  rows 300 >rows
  pipeline --stdin sensor_readings <rows
  assert_status 0
  assert_output ''
  assert_stderr_has 'window[tumbling_event]: read 300 = aggregated 300 + late 0 + outside 0 + rejected 0; output 33'
  assert_stderr_has 'kinesis-put[tumbling_event]: read 33 = delivered 33 + rejected 0 + undelivered 0; retried 0'
  [[ $stderr =~ TumblingWindowEventTimeOutput:\ 33\ records\ delivered$'\n    {"sensor_id":1' ]]
  [[ $(stream_count TumblingWindowEventTimeOutput) == 33 ]]
  [[ $(stream_records TumblingWindowEventTimeOutput |
    jq -c '[.key, (.data | fromjson | .sensor_id | tostring)] | unique | length' |
    sort -u) == 1 ]]
}

@test "--stdin takes rows from a pipe, the last one without its newline too" {
  printf '%s' "$(rows 25)" >rows
  run --separate-stderr bash -c 'cat rows | windowpipe run "$0" --stdin sensor_readings' "$job"
  assert_status 0
  assert_stderr_has 'window[sliding_event]: read 25 = aggregated 25'
}

@test "--stdin with no rows at all ends with status 0" {
  pipeline --stdin sensor_readings </dev/null
  assert_status 0
  assert_stderr_has 'window[sliding_event]: read 0 = aggregated 0'
  [[ -z $(ls tmp) && -z $(find kept -type f) ]]
}

@test "without --stdin standard input is left alone" {
  at_rate 100
  rows 5 >rows
  exec 8<rows
  pipeline --for 200ms <&8
  assert_status 0
  read -r line <&8
  exec 8<&-
  [[ $line == "$(head -n 1 rows)" ]]
}

@test "a bad line ends the job, with status 1; --rejects keeps it and goes on" {
  { rows 3 && echo 'no json' && rows 2; } >rows
  pipeline --stdin sensor_readings <rows
  assert_status 1
  assert_stderr_has 'stdin:4:1: '
  pipeline --stdin sensor_readings --rejects bad <rows
  assert_status 1
  assert_stderr_has 'window[tumbling_processing]: read 6 = aggregated 5 + late 0 + outside 0 + rejected 1'
  [[ $(sort -u bad) == 'no json' ]]
}

@test "files are read, and written, without a stream" {
  rows 300 >in.ndjson
  cat >job.sql <<'EOF'
CREATE TABLE r (sensor_id INT, measurement_time TIMESTAMP(3),
  WATERMARK FOR measurement_time AS measurement_time - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'in.ndjson', 'format' = 'json');
CREATE TABLE a (sensor_id INT, n BIGINT)
  WITH ('connector' = 'filesystem', 'path' = 'a', 'format' = 'json');
INSERT INTO a SELECT sensor_id, COUNT(*) FROM r
  GROUP BY TUMBLE(measurement_time, INTERVAL '10' SECOND), sensor_id;
SELECT sensor_id, COUNT(*) AS n FROM r
  GROUP BY TUMBLE(measurement_time, INTERVAL '1' HOUR), sensor_id;
EOF
  run --separate-stderr windowpipe run job.sql
  assert_status 0
  [[ $(jq -s 'map(.n) | add' a) == 300 && ${#lines[@]} == 11 ]]
  [[ $(jq -s 'map(.n) | add' <<<"$output") == 300 ]]
  assert_stderr_has 'a: 33 rows'
}

# calls FILE: its commands, an option and its values each, in any order; of the
# columns that are declared only those that are used are in a plan.
calls() {
  sed -E "s/ --from [^-]*/ /; s/ --region [^ ]*//; s/ --/\n--/g" "$1" |
    sed 's/ *$//' | sort
}

@test "scripts/run has the stages of the job's plan, and gives the same records" {
  mkdir own plan run
  rows 300 >rows
  for program in window kinesis-put datagen; do
    {
      echo '#!/bin/bash'
      [[ $program == datagen ]] || echo "echo \"$program \$*\" >>calls"
      case $program in
      window) echo "exec $BIN/window \"\$@\"" ;;
      datagen) echo 'exec cat ../rows' ;;
      *) echo 'exec cat >"$1"' ;;
      esac
    } >own/$program
    chmod +x own/$program
  done
  windowpipe plan "$job" >script
  (cd plan && PATH=$PWD/../own:$PATH bash ../script)
  (cd run && BIN=$PWD/../own PATH=$BIN:$PATH "$SCRIPTS/run")
  diff <(calls plan/calls) <(calls run/calls) >&2
  for stream in {Tumbling,Sliding}WindowEventTimeOutput; do
    [[ -s plan/$stream ]]
    cmp plan/$stream run/$stream
  done
}

# --- configuration ---------------------------------------------------------

@test "the properties name the streams" {
  mine p.json
  rows 20 >rows
  pipeline --stdin sensor_readings --properties p.json <rows
  assert_status 0
  assert_stderr_has 'a1: 8 records delivered'
  [[ $(stream_count a1) == 8 ]]
}

@test "what makes no sense is status 2, and nothing is started" {
  local arguments

  while read -r -a arguments; do
    pipeline "${arguments[@]}"
    assert_status 2
    [[ -n $stderr && -z $output ]]
  done <<'EOF'
--for 10
--drain 3x
--stdin no_such_table
--properties gone.json
--progress=sometimes
--speed 3
another.sql
EOF
  [[ -z $(ls tmp) && ! -e kept ]]
}

@test "what a sink would refuse is said once, before anything is started" {
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  pipeline
  assert_status 3
  [[ $stderr == 'kinesis-put[tumbling_processing]: no AWS credentials'* ]]
  ((${#stderr_lines[@]} == 1))
  [[ -z $(ls tmp) && -z $(ls kept/windowpipe) ]]
}

@test "a program that was not built is said" {
  mkdir bare
  cp "$BIN/windowpipe" bare
  run --separate-stderr bare/windowpipe run "$job"
  assert_status 3
  assert_stderr_has 'make'
}

@test "a stream's name may begin with a dash" {
  create_stream -x
  mine p.json
  sed -i 's/"a3"/"-x"/' p.json
  rows 20 >rows
  pipeline --stdin sensor_readings --properties p.json <rows
  assert_status 0
  assert_stderr_has '-x: '
  (($(stream_count -x) > 0))
}

# --- local Kinesis ---------------------------------------------------------

@test "--local starts a Kinesis of this run, reads it back, and stops it" {
  unset AWS_ENDPOINT_URL_KINESIS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  rows 300 >rows
  pipeline --local --stdin sensor_readings <rows
  assert_status 0
  assert_stderr_has 'TumblingWindowEventTimeOutput: 33 records in it, 33 of this run'
  [[ $stderr =~ SlidingWindowEventTimeOutput:\ ([0-9]+)\ records\ in\ it,\ ([0-9]+)\ of ]]
  ((BASH_REMATCH[1] > 100 && BASH_REMATCH[1] == BASH_REMATCH[2]))
  [[ $stderr =~ 'the local Kinesis of this run: http://127.0.0.1:'([0-9]+) ]]
  run ! curl -q -s "http://127.0.0.1:${BASH_REMATCH[1]}"
}

@test "--local touches no other local Kinesis, and none of the user's AWS and network settings" {
  "$SCRIPTS/local-kinesis" start 3>&-
  mkdir -p "$HOME/.aws"
  printf '[default]\nuse_fips_endpoint = true\nca_bundle = /nope\nx\n' \
    >"$HOME/.aws/config"
  export AWS_CREDENTIAL_EXPIRATION=2020-01-01T00:00:00Z AWS_USE_FIPS_ENDPOINT=true \
    AWS_DEFAULT_PROFILE=nope AWS_CA_BUNDLE=/nope AWS_SESSION_TOKEN=old \
    AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_REGION=nowhere \
    http_proxy=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9 \
    ALL_PROXY=http://127.0.0.1:9 no_proxy=localhost SSL_CERT_FILE=/nope \
    NODE_OPTIONS=--require=/nope CDPATH=.:..
  rows 10 >rows
  pipeline --local --stdin sensor_readings <rows
  assert_status 0
  assert_stderr_has 'TumblingWindowEventTimeOutput: 7 records in it, 7 of this run'
  [[ -z $("$SCRIPTS/view" --local --payload TumblingWindowEventTimeOutput) ]]
}

# --- what it shows ---------------------------------------------------------

# on_terminal COLUMNS ROWS [OPTION…]: the job on a terminal of that size, its
# rows from ./rows; what was shown, in typescript.  TERM may be dumb, or missing.
on_terminal() {
  script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
    skip 'there are no pseudo-terminals here'
  TERM=xterm script -qec "stty cols $1 rows $2; windowpipe run '$job' --stdin \
    sensor_readings ${*:3} <rows; echo status \$?" typescript </dev/null >/dev/null
}

@test "on a terminal there is a table of every stage and its results, and messages above it" {
  { rows 300 && echo 'no json'; } >rows
  on_terminal 80 24 --rejects bad
  run sed 's/\r$//; s/\x1b\[[0-9]*m//g' typescript
  for word in stage in out rows/s open event-t. late rej. deliv. retr \
    'window\[tumbling_processing\]: ' '^tumbling_processing *301 ' \
    '^sliding_event *10  *[0-9.]* [▁▂▃▄▅▆▇█]*$' 'status 1'; do
    grep -E -- "$word" <<<"$output" >/dev/null ||
      { printf "lacks: %s\n" "$word" && show && false; }
  done
  # Each table is taken away before the next is drawn.
  grep -qE $'\r\e\[[0-9]+A\e\[J' typescript
  # What is not as it should be has a colour.
  grep -q $'\e\[31m *1\e\[m' typescript
}

@test "NO_COLOR is obeyed, and on a terminal that is too low there are lines instead" {
  rows 20 >rows
  NO_COLOR=1 on_terminal 100 24
  grep -q 'watermark' typescript
  run ! grep -q $'\e\[[0-9]*m' typescript
  on_terminal 80 9
  run ! grep -e $'\e\[' -e 'rows/s open' typescript
}

@test "on a narrow terminal no line of the table is longer than it" {
  rows 300 >rows
  on_terminal 45 24
  longest=$(sed 's/\r//g; s/\x1b\[[0-9]*[A-Z]//g; /: /d; /{/d; 1d; $d' typescript |
    awk 'length > n { n = length } END { print n }')
  ((longest > 40 && longest < 45))
}

@test "without a terminal there is a line every ten seconds" {
  at_rate 100
  pipeline --for 10500ms
  assert_status 0
  # There are more than one where the end took that long.
  next=10
  while IFS= read -r line; do
    [[ $line =~ ^windowpipe:\ ([0-9]+)\ s:\ datagen\[sensor_readings\]\ output\ [0-9]+\;\ kinesis-put\[tumbling_processing\]\ read ]] ||
      continue
    ((BASH_REMATCH[1] >= next))
    next=$((BASH_REMATCH[1] + 10))
  done <<<"$stderr"
  ((next > 10))
}
