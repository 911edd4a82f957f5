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

# fake_curl: a curl that keeps its command line and its stdin, and answers what
# the files answer.1, answer.2… say; after the last of them with the last.
fake_curl() {
  mkdir -p fake
  cat >fake/curl <<'EOF'
#!/bin/bash
n=$(($(cat calls 2>/dev/null || echo 0) + 1))
echo "$n" >calls
printf '%s\n' "$*" >>arguments
cat >>input
while [[ ! -e answer.$n ]]; do n=$((n - 1)); done
cat "answer.$n"
EOF
  chmod +x fake/curl
  PATH=$PWD/fake:$PATH
}

# answer N HTTP-STATUS BODY
answer() { printf '%s\n%s' "$3" "$2" >"answer.$1"; }

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
  fake_curl
  answer 1 200 ''
  answer 2 200 "$summary"
  create --on-demand s
  assert_status 0
  grep -F 'StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"' input
  run grep -c ShardCount input
  assert_output 0
}

@test "create-streams tries again where the service says that it is too much" {
  fake_curl
  answer 1 400 '{"__type":"LimitExceededException","message":"slow"}'
  answer 2 500 '<html>'
  answer 3 200 ''
  answer 4 200 "$summary"
  create s
  assert_status 0
  [[ $(<calls) == 4 ]]
}

@test "create-streams says what the service refused, with status 3" {
  fake_curl
  answer 1 400 '{"__type":"com.amazon.coral#AccessDeniedException","Message":"not you"}'
  create s
  assert_status 3
  assert_stderr 'create-streams: s: CreateStream: HTTP 400 AccessDeniedException: not you'
}

@test "create-streams gives a stream up that stays CREATING" {
  fake_curl
  answer 1 200 ''
  answer 2 200 '{"StreamDescriptionSummary":{"StreamStatus":"CREATING"}}'
  create --wait 0 s
  assert_status 3
  assert_stderr_has 's is still CREATING after 0 s'
}

@test "secrets go to curl by its standard input, never by its command line, and no Expect" {
  fake_curl
  answer 1 200 ''
  answer 2 200 "$summary"
  export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY='wJal"r\XU' \
    AWS_SESSION_TOKEN=tokentoken
  create s
  assert_status 0
  run cat arguments
  [[ $output != *AKID* && $output != *wJal* && $output != *token* ]]
  assert_output_has '-K -'
  [[ $output == -q* ]]
  grep -F 'user = "AKIDEXAMPLE:wJal\"r\\XU"' input
  grep -F 'header = "X-Amz-Security-Token: tokentoken"' input
  run grep -ciE 'expect' input
  assert_output 0
}

@test "without credentials create-streams and view say how to get them, with status 3" {
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  create s
  assert_status 3
  assert_stderr_has 'eval "$(aws configure export-credentials --format env)"'
  view s
  assert_status 3
  assert_stderr_has 'eval "$(aws configure export-credentials --format env)"'
}

@test "an endpoint that cannot be reached is said, with status 3" {
  create --endpoint-url http://127.0.0.1:1 s
  assert_status 3
  assert_stderr_has 'cannot reach http://127.0.0.1:1: (7) Failed to connect'
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
  fake_curl
  answer 1 200 '{"Shards":[{"ShardId":"s0"}],"NextToken":"t/="}'
  answer 2 200 '{"ShardIterator":"i0"}'
  answer 3 200 '{"Shards":[{"ShardId":"s1"}]}'
  answer 4 200 '{"ShardIterator":"i1"}'
  answer 5 200 '{"Records":[{"ApproximateArrivalTimestamp":1.5,"Data":"eA==","PartitionKey":"k","SequenceNumber":"1"}],"MillisBehindLatest":0}'
  view --payload v
  assert_status 0
  assert_output $'x\nx'
  run grep data-raw input
  [[ ${lines[2]} == 'data-raw = "{\"NextToken\":\"t/=\"}"' ]]
}

@test "view says that a stream does not exist" {
  view no-such
  assert_status 3
  assert_stderr_has 'ResourceNotFoundException: Stream no-such'
}

@test "a wrong command line of view or create-streams is status 2" {
  view
  assert_status 2
  assert_stderr_has 'which stream?'
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

@test "iam-policy knows the partitions of China and GovCloud" {
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
