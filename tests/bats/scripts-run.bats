# scripts-run - rows, settings, local Kinesis and display of the pipeline.
# SPDX-License-Identifier: ISC

load helpers
load run

# --- rows ------------------------------------------------------------------

@test "--stdin takes the rows of a file into four streams, and the account adds up" {
  rows 300 >rows
  pipeline --stdin <rows
  assert_status 0
  assert_output_has 'window[tumble-event]: read 300 = aggregated 300 + late 0 + outside 0 + rejected 0; output 33'
  assert_output_has 'kinesis-put[tumble-event]: read 33 = delivered 33 + rejected 0 + undelivered 0; retried 0'
  assert_output_has 'TumblingWindowEventTimeOutput: 33 records delivered
  {"sensor_id":18,'
  [[ $(stream_count TumblingWindowEventTimeOutput) == 33 ]]
  [[ $(stream_records TumblingWindowEventTimeOutput |
    jq -c '[.key, (.data | fromjson | .sensor_id | tostring)] | unique | length' |
    sort -u) == 1 ]]
}

@test "--stdin takes rows from a pipe, the last one without its newline too" {
  printf '%s' "$(rows 25)" >rows
  run --separate-stderr bash -c 'cat rows | "$0" --stdin' "$run_script"
  assert_status 0
  assert_output_has 'window[slide-event]: read 25 = aggregated 25'
}

@test "--stdin with no rows at all ends with status 0" {
  pipeline --stdin </dev/null
  assert_status 0
  assert_output_has 'window[slide-event]: read 0 = aggregated 0'
  run --separate-stderr bash -c '"$0" --stdin <&-' "$run_script"
  assert_status 0
}

@test "without --stdin standard input is left alone" {
  rows 5 >rows
  exec 8<rows
  pipeline --rate 100 --for 200ms <&8
  assert_status 0
  read -r line <&8
  exec 8<&-
  [[ $line == "$(head -n 1 rows)" ]]
}

@test "bad lines are kept where the account says, with status 1" {
  { rows 3 && echo 'no json' && rows 2; } >rows
  pipeline --stdin <rows
  assert_status 1
  assert_output_has 'window[tumble-proc]: read 6 = aggregated 5 + late 0 + outside 0 + rejected 1'
  assert_output_has 'kept, as they came'
  file=$(sed -n 's/^  1 line in //p' <<<"$output" | head -n 1)
  [[ $file == "$PWD"/kept/windowpipe/run-*/window-*.rejects ]]
  [[ $(<"$file") == 'no json' ]]
}

@test "--keep names the folder of the kept lines, and nothing is left where none were" {
  echo 'no json' >rows
  pipeline --stdin --keep "$PWD/here" <rows
  assert_status 1
  [[ $(cat here/run-*/window-slide-event.rejects) == 'no json' ]]
  rows 3 >rows
  pipeline --stdin --keep "$PWD/there" <rows
  assert_status 0
  [[ -z $(ls there) ]]
}

# --- configuration ---------------------------------------------------------

@test "the properties name the streams; their group windowpipe sets, an option wins" {
  mine p.json '{"key":"host","columns":"host STRING, ms BIGINT, at TIMESTAMP(3)","event.time":"at","aggregate":"max ms:worst, count=n","into":"","delay":"0s","partition.key":"n"}'
  printf '{"host":"h%s","ms":%s,"at":"2026-01-01T00:00:0%s"}\n' \
    1 5 1 1 7 2 2 9 3 >rows
  pipeline --stdin --properties p.json --partition-key host <rows
  assert_status 0
  [[ $(stream_records a1 | jq -r '"\(.key) \(.data)"') == \
  'h1 {"host":"h1","worst":7,"n":2,"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:00:10Z"}
h2 {"host":"h2","worst":9,"n":1,"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:00:10Z"}' ]]
}

@test "the partition key is the key of the windows unless said" {
  mine p.json
  echo '{"o":{"k":"x"},"temperature":1,"measurement_time":"2026-01-01 00:00:01"}' >rows
  before=$(stream_count a3)
  pipeline --stdin --properties p.json --columns '' --into '' --key o.k:name \
    --aggregate count <rows
  assert_status 0
  [[ $(stream_records a3 | tail -n "+$((before + 1))" | jq -r .key | sort -u) == x ]]
}

@test "bad properties and options are status 2 before anything is started" {
  echo '{}' >p.json
  pipeline --properties p.json
  assert_status 2
  assert_stderr_has 'not an array'
  echo '[' >p.json
  pipeline --properties p.json
  assert_status 2
  echo '[{"PropertyGroupId":"OutputStream0","PropertyMap":{"stream.name":"s"}}]' >p.json
  pipeline --properties p.json
  assert_status 2
  assert_stderr_has 'no group OutputStream1 with a stream.name'
  mine p.json '{"speed":"1"}'
  pipeline --properties p.json
  assert_status 2
  assert_stderr_has "no key 'speed'"
  pipeline --properties gone.json
  assert_status 2
  pipeline --for 10
  assert_status 2
  assert_stderr_has '--for 10: not a duration'
  pipeline --stdin --rate 5
  assert_status 2
  pipeline --local --endpoint-url http://127.0.0.1:1
  assert_status 2
  pipeline --speed 3
  assert_status 2
  assert_stderr_has "unknown option '--speed'"
  pipeline --live sometimes
  assert_status 2
  pipeline rows.ndjson
  assert_status 2
  assert_stderr "run: unexpected 'rows.ndjson'; try $run_script --help"
  no_stage_is_alive
  [[ -z $(ls tmp) && ! -e kept ]]
}

@test "a program that was not built is said" {
  mkdir empty
  BIN=$PWD/empty pipeline
  assert_status 3
  assert_stderr_has 'run make'
}

@test "what a stage would refuse is said once, with status 2, and nothing is started" {
  pipeline --rate many
  assert_status 2
  [[ $stderr == 'datagen: --rate '*many* && ${#stderr_lines[@]} == 1 ]]
  pipeline --delay 5
  assert_status 2
  [[ $stderr == 'window[tumble-event]: --delay '* && ${#stderr_lines[@]} == 1 ]]
  pipeline --region 'eu west'
  assert_status 2
  ((${#stderr_lines[@]} == 1))
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  pipeline
  assert_status 3
  [[ $stderr == 'kinesis-put[tumble-proc]: no AWS credentials'* && -z $output ]]
  ((${#stderr_lines[@]} == 1))
  [[ -z $(ls tmp) && ! -e kept ]]
}

@test "names and regions of the properties that are none are status 2, with --local too" {
  for bad in 's/"a0"/"a b"/' 's/"a0"/"a\\n"/' 's/"us-east-1"/"US East"/' \
    's/"us-east-1"/"us-east-1\\n"/'; do
    mine p.json
    sed -i "1$bad" p.json
    pipeline --local --properties p.json
    assert_status 2
    [[ $stderr == 'run: p.json: "'*'" is not a '* ]]
  done
  pipeline --properties .
  assert_status 2
  assert_stderr_has 'cannot read .: not a readable file'
}

@test "a stream's name may begin with a dash" {
  create_stream -x
  mine p.json
  sed -i 's/"a3"/"-x"/' p.json
  rows 20 >rows
  pipeline --stdin --properties p.json <rows
  assert_status 0
  assert_output_has '-x: '
  run --separate-stderr "$SCRIPTS/view" --payload -- -x
  [[ ${#lines[@]} == $(stream_count -x) ]]
}

@test "--key and --aggregate may be given more than once, or hold a list" {
  mine p.json
  rows 20 >rows
  for keys in '--key sensor_id --key temperature' '--key sensor_id,temperature'; do
    # shellcheck disable=SC2086 # two words
    pipeline --stdin --properties p.json $keys --aggregate count \
      --aggregate 'max temperature' --into '' <rows
    assert_status 0
    stream_data a1 | tail -n 1 |
      jq -e 'keys_unsorted[:4] == ["sensor_id", "temperature", "count", "max_temperature"]'
  done
}

@test "--state keeps the open windows for the next run" {
  mine p.json
  rows 300 >rows
  before=$(stream_count a1)
  for part in 1,130p 131,210p 211,300p; do
    sed -n "$part" rows >part
    pipeline --stdin --properties p.json --state "$PWD/state" <part
    assert_status 0
  done
  window --tumble 10s --event-time measurement_time --delay 5s --key sensor_id \
    --avg temperature:avg_temp --into 'sensor_id INT, avg_temp DECIMAL(6,2), window_end' \
    --from 'sensor_id INT, temperature DECIMAL(6,2), measurement_time TIMESTAMP(3)' \
    --at-eof hold --state whole <rows | sort >whole.out
  [[ -s whole.out ]]
  stream_data a1 | tail -n "+$((before + 1))" | sort | diff whole.out - >&2
}

# --- local Kinesis ---------------------------------------------------------

@test "--local starts a Kinesis of this run, reads it back, and stops it" {
  unset AWS_ENDPOINT_URL_KINESIS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  rows 300 >rows
  pipeline --local --stdin <rows
  assert_status 0
  assert_output_has 'TumblingWindowEventTimeOutput: 33 records in it, 33 of this run'
  [[ $output =~ SlidingWindowEventTimeOutput:\ ([0-9]+)\ records\ in\ it,\ ([0-9]+)\ of ]]
  ((BASH_REMATCH[1] > 100 && BASH_REMATCH[1] == BASH_REMATCH[2]))
  [[ $stderr =~ 'the local Kinesis of this run: http://127.0.0.1:'([0-9]+) ]]
  run ! curl -q -s "http://127.0.0.1:${BASH_REMATCH[1]}"
}

@test "--local touches no other local Kinesis, and two runs at once do not meet" {
  unset AWS_ENDPOINT_URL_KINESIS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  "$SCRIPTS/local-kinesis" start 3>&-
  rows 10 >rows
  "$run_script" --stdin --local <rows >other.out 2>&1 3>&- &
  pipeline --stdin --local <rows
  wait $!
  assert_status 0
  for output in "$output" "$(<other.out)"; do
    assert_output_has 'TumblingWindowEventTimeOutput: 7 records in it, 7 of this run'
  done
  use_local=$("$SCRIPTS/view" --local --payload TumblingWindowEventTimeOutput)
  [[ -z $use_local ]]
}

@test "--local is shielded from the user's AWS and network settings" {
  mkdir -p "$HOME/.aws"
  printf '[default]\nuse_fips_endpoint = true\nca_bundle = /nope\nx\n' \
    >"$HOME/.aws/config"
  export AWS_CREDENTIAL_EXPIRATION=2020-01-01T00:00:00Z AWS_USE_FIPS_ENDPOINT=true \
    AWS_DEFAULT_PROFILE=nope AWS_CA_BUNDLE=/nope AWS_SESSION_TOKEN=old \
    AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_REGION=nowhere \
    http_proxy=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9 \
    ALL_PROXY=http://127.0.0.1:9 no_proxy=localhost SSL_CERT_FILE=/nope \
    NODE_OPTIONS=--require=/nope CDPATH=.:.. XDG_RUNTIME_DIR=/nope
  rows 10 >rows
  pipeline --local --stdin <rows
  assert_status 0
  assert_output_has 'SlidingWindowProcessingTimeOutput: '
  assert_output_has 'kinesis-put[tumble-event]: read 7 = delivered 7 '
}

# --- what it shows ---------------------------------------------------------

need_terminal() {
  script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
    skip 'there are no pseudo-terminals here'
}

@test "on a terminal there is a table of every stage, and messages above it" {
  need_terminal
  { rows 300 && echo 'no json'; } >rows
  script -qec "stty cols 110; '$run_script' --stdin --tee <rows >out; echo status \$?" \
    typescript </dev/null >/dev/null
  run sed 's/\r$//' typescript
  for word in stage in out rows/s open watermark late rejected delivered \
    retried 'window\[tumble-proc\]: ' ' tumble-proc ' ' slide-event  *301' tee; do
    grep -E -- "$word" <<<"$output" >/dev/null ||
      { printf "lacks: %s\n" "$word" && show && false; }
  done
  grep -q 'status 1' <<<"$output"
  # Each table is taken away before the next is drawn.
  grep -q $'\r\e\[14A\e\[J' typescript
}

@test "on a terminal that is too low for the table there are lines instead" {
  need_terminal
  rows 20 >rows
  script -qec "stty rows 14 cols 80; '$run_script' --stdin <rows >out" typescript \
    </dev/null >/dev/null
  run ! grep -e $'\e\[' -e 'rows/s open' typescript
}

@test "on a narrow terminal no line of the table is longer than it" {
  need_terminal
  rows 300 >rows
  script -qec "stty cols 45; '$run_script' --stdin <rows >out" typescript \
    </dev/null >/dev/null
  longest=$(sed 's/\r//g; s/\x1b\[[0-9]*[A-Z]//g; 1d; $d' typescript |
    awk 'length > n { n = length } END { print n }')
  ((longest > 40 && longest < 45))
}

@test "without a terminal there is a line every ten seconds" {
  pipeline --rate 100 --for 10500ms
  assert_status 0
  # There are more than one where the end took that long.
  next=10
  while IFS= read -r line; do
    [[ $line =~ ^run:\ ([0-9]+)\ s:\ [0-9]+\ rows\ in,\ [0-9]+/s\;\ delivered:\ tumble-proc ]]
    ((BASH_REMATCH[1] >= next))
    next=$((BASH_REMATCH[1] + 10))
  done <<<"$stderr"
}

@test "it works with tee where fanout is there too" {
  rows 20 >rows
  pipeline --stdin --tee <rows
  assert_status 0
  assert_output_has 'window[tumble-event]: read 20 = aggregated 20'
}
