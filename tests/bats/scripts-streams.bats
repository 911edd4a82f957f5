# scripts-streams - create-streams, view and iam-policy.
# SPDX-License-Identifier: ISC

load helpers

setup_file() { start_kinesis; }
teardown_file() { stop_kinesis; }

create() { run --separate-stderr "$SCRIPTS/create-streams" "$@"; }
view() { run --separate-stderr "$SCRIPTS/view" "$@"; }
policy() { run --separate-stderr "$SCRIPTS/iam-policy" "$@"; }

# put STREAM KEY TEXT
put() {
  kinesis_call PutRecord "$(jq -nc --arg stream "$1" --arg key "$2" \
    --arg text "$3" '{StreamName: $stream, PartitionKey: $key,
      Data: ($text | @base64)}')" >/dev/null
}

# fake_program: a kinesis-put that keeps its command line and its stdin, and
# answers what the files answer.1, answer.2… say; after the last of them with
# the last.
fake_program() {
  mkdir -p fake
  cat >fake/kinesis-put <<'EOF'
#!/bin/bash
printf '%s\n' "$*" >>arguments
while IFS= read -r line; do
  n=$(($(cat calls 2>/dev/null || echo 0) + 1))
  echo "$n" >calls
  printf '%s\n' "$line" >>input
  while [[ ! -e answer.$n ]]; do n=$((n - 1)); done
  cat "answer.$n"
done
EOF
  chmod +x fake/kinesis-put
  export BIN=$PWD/fake
}

# answer N LINE
answer() { printf '%s\n' "$2" >"answer.$1"; }

summary='{"StreamDescriptionSummary":{"StreamStatus":"ACTIVE","OpenShardCount":1}}'

# --- create-streams --------------------------------------------------------

@test "create-streams makes the four streams of the properties, then finds them" {
  create
  assert_status 0
  [[ ${#lines[@]} == 4 ]]
  [[ ${lines[0]} == 'TumblingWindowProcessingTimeOutput: created, ACTIVE, 1 shard' ]]
  create
  assert_status 0
  [[ ${lines[3]} == 'SlidingWindowEventTimeOutput: was there, ACTIVE, 1 shard' ]]
}

@test "create-streams takes names, and a number of shards" {
  create --shards 3 wide other
  assert_status 0
  assert_output 'wide: created, ACTIVE, 3 shards
other: created, ACTIVE, 3 shards'
}

@test "create-streams reads another properties file" {
  printf '[{"PropertyGroupId":"OutputStream0",
    "PropertyMap":{"stream.name":"mine","aws.region":"eu-west-1"}}]' >p.json
  create --properties p.json
  assert_output 'mine: created, ACTIVE, 1 shard'
}

@test "create-streams --on-demand asks for on-demand mode and no shards" {
  fake_program
  answer 1 '{}'
  answer 2 "$summary"
  create --on-demand s
  assert_status 0
  grep -F 'StreamModeDetails":{"StreamMode":"ON_DEMAND"' input
  run grep -c ShardCount input
  assert_output 0
}

@test "create-streams says what the service refused, with status 3" {
  fake_program
  answer 1 '{"error":"AccessDeniedException","message":"not you"}'
  create s
  assert_status 3
  assert_stderr 'create-streams: s: CreateStream: AccessDeniedException: not you'
}

@test "create-streams gives a stream up that stays CREATING" {
  fake_program
  answer 1 '{}'
  answer 2 '{"StreamDescriptionSummary":{"StreamStatus":"CREATING"}}'
  create --wait 0 s
  assert_status 3
  assert_stderr_has 's is still CREATING after 0 s'
}

@test "create-streams asks kinesis-put once for each region of the file" {
  fake_program
  answer 1 "$summary"
  jq -n '[["a", "eu-west-1"], ["b", "eu-west-1"], ["c", "cn-north-1"], ["d"]]
    | [to_entries[] | {PropertyGroupId: "OutputStream\(.key)", PropertyMap:
      ({"stream.name": .value[0]} + if .value[1] then
        {"aws.region": .value[1]} else {} end)}]' >p.json
  create --properties p.json
  assert_status 0
  [[ $(grep -c CreateStream input) == 4 ]]
  [[ $(sed -n 1,3p arguments) == '--call --retry-for 5s --region eu-west-1 -- a
--call --retry-for 5s --region cn-north-1 -- c
--call --retry-for 5s -- d' ]]
}

@test "a stream may be named by its ARN, and must exist then" {
  local arn=arn:aws:kinesis:eu-west-1:123456789012:stream/x
  fake_program
  answer 1 "$summary"
  create "$arn"
  assert_status 0
  assert_output "$arn: was there, ACTIVE, 1 shard"
  [[ $(<input) == "DescribeStreamSummary {\"StreamARN\":\"$arn\"}" ]]
  [[ $(<arguments) == "--call --retry-for 5s -- $arn" ]]
  unset BIN
  policy "$arn"
  [[ $(jq -r '.Statement[0].Resource[]' <<<"$output") == "$arn" ]]
}

@test "a stream is looked for in the file's region, whatever AWS_REGION says" {
  export AWS_REGION=ap-south-1
  fake_program
  answer 1 "$summary"
  create
  answer 2 '{"Shards":[]}'
  view SlidingWindowEventTimeOutput
  run sort -u arguments
  [[ $output != *ap-south-1* && $output == *'--region us-east-1'* ]]
  unset BIN
  policy
  assert_output_has arn:aws:kinesis:us-east-1:
  policy other
  assert_output_has arn:aws:kinesis:ap-south-1:
}

@test "create-streams and view end as kinesis-put does where it cannot call" {
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  create s
  assert_status 3
  assert_stderr_has 'no AWS credentials'
  view s
  assert_status 3
  assert_stderr_has 'no AWS credentials'
  export AWS_PROFILE=nobody
  view s
  assert_status 2
  assert_stderr_has "there is no profile 'nobody'"
}

@test "create-streams takes the credentials of a profile" {
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  mkdir "$HOME/.aws"
  printf '[metrics]\naws_access_key_id = a\naws_secret_access_key = b\n' \
    >"$HOME/.aws/credentials"
  export AWS_PROFILE=metrics
  create by-profile
  assert_status 0
  assert_output 'by-profile: created, ACTIVE, 1 shard'
}

@test "an endpoint that cannot be reached is said, with status 3" {
  create --endpoint-url http://127.0.0.1:1 s
  assert_status 3
  assert_stderr_has 'CreateStream: not connected: Failed to connect'
}

@test "--local without a local Kinesis says how to start one" {
  create --local s
  assert_status 3
  assert_stderr_has 'scripts/local-kinesis start'
}

# --- view ------------------------------------------------------------------

@test "view shows arrival, shard, key, sequence number and payload, newest last" {
  create_stream v1 3
  put v1 a '{"n":1}'
  put v1 b '{"n":2}'
  put v1 c '{"u":"é"}'
  view v1
  assert_status 0
  [[ ${#lines[@]} == 3 ]]
  [[ ${lines[0]} =~ ^20[0-9T:.-]+Z\ \ [012]\ \ a\ \ [0-9]{56}\ \ \{\"n\":1\}$ ]]
  [[ ${lines[2]} == *'  c  '*'  {"u":"é"}' ]]
}

@test "view -n shows the last records, all of them if asked" {
  create_stream v2
  for i in 1 2 3 4 5; do
    put v2 k "$i"
  done
  view --payload -n 2 v2
  assert_output $'4\n5'
  view --payload -n1 v2
  assert_output 5
  view --payload -n all v2
  assert_output $'1\n2\n3\n4\n5'
}

@test "a terminal gets no command and no mark of direction from a record" {
  script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
    skip 'there are no pseudo-terminals here'
  create_stream v9
  put v9 k $'a\u202eb\u2066\u00e9'
  put v9 k $'\u009b31m'
  view --payload -n 2 v9
  [[ ${lines[0]} == $'a\u202eb\u2066\u00e9' ]]
  run script -qec "'$SCRIPTS/view' --payload v9" /dev/null </dev/null
  [[ ${lines[0]} == $'a\\u202eb\\u2066\u00e9\r' ]]
  [[ ${lines[1]} == *'\u009b31m'* ]]
}

@test "view --json shows a line of JSON a record" {
  create_stream v3
  put v3 'k"1' 'a	b'
  view --json v3
  [[ $(jq -r '.key, .data, .shard' <<<"$output") == \
  $'k"1\na\tb\nshardId-000000000000' ]]
}

@test "view shows bytes that a terminal would obey as escapes" {
  create_stream v4
  put v4 k $'\e[2Jboo\a'
  view --payload v4
  assert_output '"\u001b[2Jboo\u0007"'
}

@test "view --since leaves out what came before" {
  create_stream v5
  put v5 k now
  view --since 1h --payload v5
  assert_output now
  view --since 1 v5
  assert_status 2
  assert_stderr_has 'for example 30s, 5m'
}

@test "view --follow goes on with what arrives" {
  create_stream v6
  put v6 k one
  "$SCRIPTS/view" --follow --payload v6 >out 3>&- &
  follower=$!
  wait_until 60 file_has out one
  put v6 k two
  wait_until 60 file_has out two
  put v6 k three
  wait_until 60 file_has out three
  kill "$follower"
  run cat out
  assert_output $'one\ntwo\nthree'
}

@test "view reads more than one answer's worth" {
  create_stream v7
  records=$(for _ in {1..500}; do
    printf '{"Data":"%s","PartitionKey":"k"},' "$(printf x | base64)"
  done)
  for _ in {1..21}; do
    kinesis_call PutRecords \
      "{\"StreamName\":\"v7\",\"Records\":[${records%,}]}" >/dev/null
  done
  run --separate-stderr bash -c '"$0" --payload -n all v7 | wc -l' \
    "$SCRIPTS/view"
  assert_output 10500
}

@test "view reads every page of a long list of shards" {
  fake_program
  answer 1 '{"Shards":[{"ShardId":"s0"}],"NextToken":"t/="}'
  answer 2 '{"ShardIterator":"i0"}'
  answer 3 '{"Shards":[{"ShardId":"s1"}]}'
  answer 4 '{"ShardIterator":"i1"}'
  answer 5 '{"Records":[{"ApproximateArrivalTimestamp":1.5,"Data":"eA==","PartitionKey":"k","SequenceNumber":"1"}],"MillisBehindLatest":0}'
  view --payload -n all v
  assert_status 0
  assert_output $'x\nx'
  [[ $(sed -n 3p input) == 'ListShards {"NextToken":"t/="}' ]]
}

# record N MS: an answer with one record, N its number, MS how far behind it is.
record() {
  jq -nc --arg n "$1" --argjson ms "$2" '{Records:
    [{ApproximateArrivalTimestamp: 1.5, Data: ($n | @base64), PartitionKey: "k",
      SequenceNumber: $n}], NextShardIterator: "i\($n)", MillisBehindLatest: $ms}'
}

@test "view goes on behind the last record when its iterator has expired" {
  fake_program
  answer 1 '{"Shards":[{"ShardId":"s0"}]}'
  answer 2 '{"ShardIterator":"i0"}'
  answer 3 '{"error":"ExpiredIteratorException","message":"too old"}'
  answer 4 '{"ShardIterator":"i0"}'
  answer 5 "$(record 7 100)"
  answer 6 '{"error":"ExpiredIteratorException","message":"too old"}'
  answer 7 '{"ShardIterator":"j7"}'
  answer 8 "$(record 8 0)"
  view --payload -n all v
  assert_status 0
  assert_output $'7\n8'
  [[ $(sed -n 4p input) == 'GetShardIterator {"StreamName":"v","ShardId":"s0","ShardIteratorType":"TRIM_HORIZON"}' ]]
  [[ $(sed -n 7p input) == 'GetShardIterator {"StreamName":"v","ShardId":"s0","ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"7"}' ]]
  [[ $(sed -n 8p input) == *'"j7"'* ]]
}

@test "view outlives throttles and broken connections, and follows for a day" {
  fake_program
  answer 1 '{"Shards":[]}'
  view -n all v
  timeout 3 "$SCRIPTS/view" -f v || :
  [[ $(cut -d ' ' -f 1-3 arguments) == \
  $'--call --retry-for 30s\n--call --retry-for 1d' ]]
}

@test "view reads from a minute ago, and farther back only for want of records" {
  fake_program
  answer 1 '{"Shards":[{"ShardId":"s0"}]}'
  answer 2 '{"ShardIterator":"i0"}'
  answer 3 "$(record 1 0)"
  view --payload -n 1 v
  assert_output 1
  [[ $(sed -n 2p input) =~ AT_TIMESTAMP.*Timestamp\":([0-9]+)\} ]]
  ((EPOCHSECONDS - BASH_REMATCH[1] >= 60 && EPOCHSECONDS - BASH_REMATCH[1] < 600))
  [[ $(wc -l <input) == 3 ]]
  # The service's clock is behind: then from the beginning.
  rm calls input answer.*
  for n in 1 3 5 7 9; do
    answer $n '{"Shards":[{"ShardId":"s0"}]}'
    answer $((n + 1)) '{"error":"InvalidArgumentException","message":"future"}'
  done
  answer 11 '{"Shards":[{"ShardId":"s0"}]}'
  answer 12 '{"ShardIterator":"i0"}'
  answer 13 "$(record 9 0)"
  view --payload -n 1 v
  assert_output 9
  [[ $(sed -n 12p input) == *TRIM_HORIZON* ]]
}

@test "view of an idle shard ends" {
  create_stream v8 2
  view --since 1m v8
  assert_status 0
  assert_output ''
}

@test "view shows what clients put in CBOR" {
  create_stream ve
  node -e '
    const cbor = require(process.argv[1] + "/cbor")
    process.stdout.write(cbor.encode({ StreamName: "ve", PartitionKey: "k",
      Data: Buffer.from("{\"n\":\"é\"}") }))' \
    "$ROOT/tests/node_modules" >put.cbor
  curl -q -sS --fail-with-body --http1.1 --aws-sigv4 aws:amz:us-east-1:kinesis \
    --user test:test -H 'Content-Type: application/x-amz-cbor-1.1' \
    -H 'X-Amz-Target: Kinesis_20131202.PutRecord' --data-binary @put.cbor \
    "$KINESIS_URL/" >/dev/null
  view --payload ve
  assert_status 0
  assert_output '{"n":"é"}'
}

@test "view --json gives bytes that are no text as base64" {
  create_stream va
  kinesis_call PutRecord '{"StreamName":"va","PartitionKey":"k","Data":"/wCA"}' \
    >/dev/null
  view --json va
  [[ $(jq -c '[.data, .data_base64]' <<<"$output") == '[null,"/wCA"]' ]]
}

@test "on a terminal view shows the payload first, under a heading" {
  script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
    skip 'there are no pseudo-terminals here'
  create_stream vc
  put vc key '{"n":1}'
  script -qec "'$SCRIPTS/view' vc" typescript </dev/null >/dev/null
  run sed 's/\r$//; /^Script /d' typescript
  [[ ${lines[0]} == 'data  arrival  shard  key' ]]
  [[ ${lines[1]} =~ ^\{\"n\":1\}\ \ 20[0-9T:.-]+Z\ \ 0\ \ key$ ]]
}

@test "what view cannot write is status 3; a reader that leaves is none of that" {
  create_stream vd
  put vd k one
  run --separate-stderr bash -c '"$0" vd >/dev/full' "$SCRIPTS/view"
  assert_status 3
  assert_stderr 'view: cannot write to standard output'
}

@test "view says that a stream does not exist" {
  view no-such
  assert_status 3
  assert_stderr_has 'ResourceNotFoundException: Stream no-such'
}

@test "a wrong command line of view or create-streams is status 2" {
  view
  assert_status 2
  assert_stderr_has 'no stream is given'
  view -n x s
  assert_status 2
  view --jsn s
  assert_status 2
  assert_stderr_has "unknown option '--jsn'"
  create --shards 0
  assert_status 2
  create --region
  assert_status 2
  assert_stderr_has '--region needs a value'
}

# --- iam-policy ------------------------------------------------------------

@test "iam-policy allows PutRecords on the four streams and nothing else" {
  policy --account 123456789012
  assert_status 0
  [[ $(jq -c '.Statement | map([.Effect, .Action])' <<<"$output") == \
  '[["Allow",["kinesis:PutRecords"]]]' ]]
  [[ $(jq -r '.Statement[0].Resource[]' <<<"$output") == \
  'arn:aws:kinesis:us-east-1:123456789012:stream/TumblingWindowProcessingTimeOutput
arn:aws:kinesis:us-east-1:123456789012:stream/TumblingWindowEventTimeOutput
arn:aws:kinesis:us-east-1:123456789012:stream/SlidingWindowProcessingTimeOutput
arn:aws:kinesis:us-east-1:123456789012:stream/SlidingWindowEventTimeOutput' ]]
}

@test "iam-policy adds what reading, creating, checking and a key need, if asked" {
  policy --read --create --check \
    --kms-key arn:aws:kms:eu-west-1:123456789012:key/k s
  [[ $(jq -c '[.Statement[].Action[]] | sort' <<<"$output") == \
  '["kinesis:CreateStream","kinesis:DescribeStreamSummary","kinesis:GetRecords","kinesis:GetShardIterator","kinesis:ListShards","kinesis:PutRecords","kms:Decrypt","kms:GenerateDataKey"]' ]]
}

@test "iam-policy knows the partitions, and the regions of each stream" {
  printf '[{"PropertyGroupId":"OutputStream0",
    "PropertyMap":{"stream.name":"a","aws.region":"eusc-de-east-1"}},
    {"PropertyGroupId":"OutputStream1",
    "PropertyMap":{"stream.name":"a","aws.region":"us-isob-east-1"}}]' >p.json
  policy --properties p.json
  [[ $(jq -c '.Statement[0].Resource' <<<"$output") == \
  '["arn:aws-eusc:kinesis:eusc-de-east-1:*:stream/a","arn:aws-iso-b:kinesis:us-isob-east-1:*:stream/a"]' ]]
  policy --region cn-north-1 s
  [[ $(jq -r '.Statement[0].Resource[0]' <<<"$output") == \
  'arn:aws-cn:kinesis:cn-north-1:*:stream/s' ]]
  policy --region us-gov-west-1 s
  assert_output_has 'arn:aws-us-gov:kinesis:us-gov-west-1:*:stream/s'
}

@test "iam-policy refuses what is no account, no stream or no key" {
  policy --account 1
  assert_status 2
  policy 'a b'
  assert_status 2
  policy --kms-key k
  assert_status 2
}

# --- what all scripts have -----------------------------------------------------

@test "each script has --help and --version, and knows what a mistyped option means" {
  for script in create-streams iam-policy local-kinesis run view; do
    run --separate-stderr "$SCRIPTS/$script" --help
    assert_status 0
    assert_output_has "usage: scripts/$script"
    run --separate-stderr "$SCRIPTS/$script" --version
    assert_output "$(window --version | sed "s/^window/$script/")"
    run --separate-stderr bash -c '"$0" --help >/dev/full' "$SCRIPTS/$script"
    assert_status 3
    run --separate-stderr "$SCRIPTS/$script" --nonsense
    assert_status 2
    assert_stderr "$script: unknown option '--nonsense'; try $SCRIPTS/$script --help"
  done
  view --paylod s
  assert_stderr "view: unknown option '--paylod'; did you mean --payload?"
  run --separate-stderr "$SCRIPTS/lint" --help
  assert_status 0
  assert_output_has 'usage: scripts/lint'
}

@test "what a script cannot write is status 3" {
  fake_program
  answer 1 "$summary"
  for command in 'create-streams s' 'local-kinesis start --streams='; do
    run --separate-stderr bash -c "'$SCRIPTS'/$command >/dev/full"
    assert_status 3
    assert_stderr "${command%% *}: cannot write to standard output"
  done
  unset BIN
  run --separate-stderr bash -c "'$SCRIPTS/iam-policy' s >/dev/full"
  assert_status 3
  "$SCRIPTS/local-kinesis" stop
}
