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
  made=$BIN BIN=$PWD/fake
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
  BIN=$made
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
  BIN=$made
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
  view -n 3 v1
  assert_status 0
  [[ ${#lines[@]} == 3 ]]
  [[ ${lines[0]} =~ ^20[0-9T:.-]+Z\ \ [012]\ \ a\ \ [0-9]{56}\ \ \{\"n\":1\}$ ]]
  [[ ${lines[2]} == *'  c  '*'  {"u":"é"}' ]]
}

@test "view --follow goes on with what arrives" {
  create_stream v6
  put v6 k one
  "$SCRIPTS/view" -n 1 --follow --payload v6 >out 3>&- &
  follower=$!
  wait_until 60 file_has out one
  put v6 k two
  wait_until 60 file_has out two
  put v6 k three
  wait_until 60 file_has out three
  getter=$(pgrep -P "$follower" kinesis-get)
  kill "$follower"
  run cat out
  assert_output $'one\ntwo\nthree'
  wait_until 30 is_gone "$getter"
}

@test "view says that a stream does not exist" {
  view no-such
  assert_status 3
  assert_stderr_has 'ResourceNotFoundException: '
}

# fake_get LINE…: a kinesis-get that keeps its command line, a line a call, and
# prints those envelopes.
fake_get() {
  mkdir fake
  printf '%s\n' "$@" >envelopes
  printf '#!/bin/sh\necho "$*" >>arguments\ncat envelopes\n' >fake/kinesis-get
  printf '#!/bin/sh\n' >fake/kinesis-put
  chmod +x fake/*
  made=$BIN BIN=$PWD/fake
}

# envelope N DATA, in JSON
envelope() {
  printf '{"shard":"shardId-00000000000%s","sequence":"%s","arrival":"2026-11-29T12:00:00Z","key":"k","data":%s}\n' \
    "$1" "$1" "$2"
}

@test "view -n shows the last records, all of them if asked" {
  fake_get "$(for n in 1 2 3; do envelope $n "\"$n\""; done)"
  view --payload -n 2 v
  assert_output $'2\n3'
  view --payload -n1 v
  assert_output 3
  view --payload -n all v
  assert_output $'1\n2\n3'
}

@test "view reads from a minute ago, and farther back only for want of records" {
  fake_get "$(envelope 1 '"one"')"
  view --payload -n 1 v
  assert_output one
  (($(wc -l <arguments) == 1))
  from=$(sed -E 's/.*--from ([^ ]*) .*/\1/' arguments)
  ago=$((EPOCHSECONDS - $(date -d "$from" +%s)))
  ((ago >= 60 && ago < 600))
  : >arguments
  view -n 2 v
  (($(wc -l <arguments) == 3))
  grep -q -- '--from trim-horizon --until now --retry-for 30s -- v$' arguments
  : >arguments
  view --since 1h --payload v
  assert_output one
  (($(wc -l <arguments) == 1))
  view --since 1 v
  assert_status 2
  assert_stderr_has 'for example 30s, 5m'
}

@test "view --json gives what kinesis-get gave" {
  fake_get "$(envelope 1 '"a\tb"')" '{"shard":"s","data_base64":"/wCA"}'
  view --json -n all v
  assert_status 0
  assert_output "$(<envelopes)"
}

@test "view shows bytes that a terminal would obey as escapes" {
  fake_get "$(envelope 1 '"\u001b[2Jboo\u0007"')"
  view --payload -n all v
  assert_output '"\u001b[2Jboo\u0007"'
}

@test "on a terminal view shows the payload first, under a heading, and no commands" {
  script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
    skip 'there are no pseudo-terminals here'
  fake_get "$(envelope 7 '"{\"n\":1}"')" "$(envelope 1 $'"a\u202eb\u2066\u00e9"')" \
    "$(envelope 1 '"\u009b31m"')"
  view --payload -n all v
  [[ ${lines[1]} == $'a\u202eb\u2066\u00e9' ]]
  script -qec "'$SCRIPTS/view' -n all v" typescript </dev/null >/dev/null
  run sed 's/\r$//; /^Script /d' typescript
  [[ ${lines[0]} == 'data  arrival  shard  key' ]]
  [[ ${lines[1]} == '{"n":1}  2026-11-29T12:00:00Z  7  k' ]]
  [[ ${lines[2]} == $'a\\u202eb\\u2066\u00e9  '* ]]
  [[ ${lines[3]} == *'\u009b31m'* ]]
}

@test "what view cannot write is status 3" {
  fake_get "$(envelope 1 '"one"')"
  run --separate-stderr bash -c '"$0" -n all v >/dev/full' "$SCRIPTS/view"
  assert_status 3
  assert_stderr 'view: cannot write to standard output'
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

@test "iam-policy lets what was under way be looked up" {
  policy --region eu-west-1 --verify s
  [[ $(jq -c '.Statement[].Action' <<<"$output") == \
  '["kinesis:PutRecords","kinesis:ListShards","kinesis:GetShardIterator","kinesis:GetRecords"]' ]]
}

@test "iam-policy lets sources be read, and not be written" {
  policy --region eu-west-1 --source in --source=other \
    --kms-key arn:aws:kms:eu-west-1:123456789012:key/k out
  assert_status 0
  [[ $(jq -c '.Statement[] | [.Sid, (.Action | length), .Resource]' <<<"$output") == \
  '["WindowpipeStreams",1,["arn:aws:kinesis:eu-west-1:*:stream/out"]]
["WindowpipeSources",4,["arn:aws:kinesis:eu-west-1:*:stream/in","arn:aws:kinesis:eu-west-1:*:stream/other"]]
["WindowpipeKey",2,["arn:aws:kms:eu-west-1:123456789012:key/k"]]' ]]
}

@test "iam-policy --flink lets a job's role read the streams of InputStream0" {
  printf '[{"PropertyGroupId":"InputStream0", "PropertyMap":{"stream.arn":
    "arn:aws:kinesis:eu-west-1:123456789012:stream/in","aws.region":"eu-west-1"}},
    {"PropertyGroupId":"OutputStream0",
    "PropertyMap":{"stream.name":"out","aws.region":"eu-west-1"}}]' >p.json
  policy --flink --properties p.json
  assert_status 0
  [[ $(jq -c '.Statement[] | [(.Action | sort), .Resource]' <<<"$output") == \
  '[["kinesis:DescribeStreamSummary","kinesis:PutRecords"],["arn:aws:kinesis:eu-west-1:*:stream/out"]]
[["kinesis:DescribeStreamSummary","kinesis:GetRecords","kinesis:GetShardIterator","kinesis:ListShards"],["arn:aws:kinesis:eu-west-1:123456789012:stream/in"]]' ]]
  # Not a policy that lacks them.
  echo '{' >bad.json
  policy --flink --properties bad.json s
  assert_status 2
  assert_output ''
  assert_stderr_has 'cannot read the groups InputStream0 ... of bad.json'
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
  for script in create-streams iam-policy local-kinesis view; do
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
  # The pipes of the sample are no program: they have nothing to choose.
  run --separate-stderr "$SCRIPTS/run" --help
  assert_status 0
  assert_output_has 'windowpipe run examples/windowing.sql runs the same'
  run --separate-stderr "$SCRIPTS/run" --local
  assert_status 2
  assert_stderr "run: it takes no arguments; try $SCRIPTS/run --help"
}

@test "what a script cannot write is status 3" {
  fake_program
  answer 1 "$summary"
  for command in 'create-streams s' 'local-kinesis start --streams='; do
    run --separate-stderr bash -c "'$SCRIPTS'/$command >/dev/full"
    assert_status 3
    assert_stderr "${command%% *}: cannot write to standard output"
  done
  BIN=$made
  run --separate-stderr bash -c "'$SCRIPTS/iam-policy' s >/dev/full"
  assert_status 3
  "$SCRIPTS/local-kinesis" stop
}
