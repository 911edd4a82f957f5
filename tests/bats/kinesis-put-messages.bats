#!/usr/bin/env bats
# kinesis-put's messages: the service's own words, and readers that are gone.
# SPDX-License-Identifier: ISC

load helpers
load faulty

setup() {
  common_setup
  rows 1200
}

teardown() { stop_faulty; }

# As long as those of IAM are.
denied='User: arn:aws:iam::123456789012:user/producer is not authorized to'
denied+=' perform: kinesis:PutRecords on resource:'
denied+=' arn:aws:kinesis:us-east-1:123456789012:stream/s because no'
denied+=' identity-based policy allows the kinesis:PutRecords action'

@test "what the service says is shown in full, up to 500 bytes" {
  start_faulty "[{\"do\": \"error\", \"status\": 400,
    \"type\": \"AccessDeniedException\", \"message\": \"$denied\"}]"
  put --undelivered kept
  assert_status 3
  assert_stderr_has "stream 's' accepts no records: AccessDeniedException: '$denied'; the policy must allow kinesis:PutRecords"
  long=$(head -c 600 /dev/zero | tr '\0' x)
  stop_faulty
  start_faulty "[{\"do\": \"error\", \"status\": 400,
    \"type\": \"AccessDeniedException\", \"message\": \"$long\"}]"
  put --undelivered kept
  assert_stderr_has "AccessDeniedException: '${long:0:500}...';"
}

@test "what it says of one record is shown in full" {
  start_faulty "[{\"do\": \"refuse\", \"data\": \"\\\"id\\\":77,\", \"message\": \"$denied\"}]"
  put --rejects bad
  assert_status 1
  assert_stderr_has "stdin:77: the service refuses this record: InvalidArgumentException: '$denied'; rejected"
}

@test "input that is no rows where a key is asked for: what makes rows of it" {
  run --separate-stderr kinesis-put s --dry-run --partition-key k < <(gzip <<<'{"k":1}')
  assert_status 1
  assert_stderr 'kinesis-put: stdin:1:1: not a JSON object: expected an object in braces; it is gzip: send it through zcat'
  run --separate-stderr kinesis-put s --dry-run --partition-key k --max-record 1K \
    < <(printf '[{"k":1},%02000d' 0)
  assert_status 1
  assert_stderr_has "; it is a JSON array: send it through jq -c '.[]'"
}

@test "--check shows in full why the stream's state is not known" {
  start_faulty "[{\"do\": \"error\", \"operation\": \"DescribeStreamSummary\", \"status\": 400,
    \"type\": \"AccessDeniedException\", \"message\": \"$denied\"}]"
  run --separate-stderr kinesis-put s --check
  assert_status 0
  assert_output_has "stream: s: not known: AccessDeniedException: '$denied'"
}

@test "lines that were read outlive whoever read the messages" {
  # Its first message finds no reader; SIGPIPE is at its default.
  start_faulty '[{"do": "error", "status": 503, "body": "", "request": [1, 5]}]'
  mkfifo gone
  env --default-signal=PIPE kinesis-put s --stats --progress=always \
    --metrics metrics --backoff 1ms,1ms 2>gone <rows.ndjson &
  pid=$!
  : <gone
  wait "$pid"
  assert_stored_once rows.ndjson
  grep -qE '^windowpipe_kinesis_put_delivered_total(\{.*\})? 1200$' metrics
}
