#!/usr/bin/env bats
# kinesis-put: lines, records, keys, batches, options.
# SPDX-License-Identifier: ISC
# each emulator

load helpers
load faulty

keys() { jq -r .key stored.log; }

# --- lines -------------------------------------------------------------------

@test "a record is the line's bytes without its end" {
  start_faulty
  printf 'one\ntwo\r\n\n \t \nlast without newline' >rows.ndjson
  put
  assert_status 0
  [[ $(stored | od -An -c) == "$(printf 'one\ntwo\nlast without newline\n' | od -An -c)" ]]
  assert_stat read 3
  assert_stat bytes 26
}

@test "--newline ends each record by a newline" {
  start_faulty
  printf 'one\r\ntwo\n' >rows.ndjson
  put --newline
  assert_status 0
  [[ $(jq -r .data stored.log | base64 -d | od -An -c) == \
  "$(printf 'one\ntwo\n' | od -An -c)" ]]
}

@test "bytes of any kind are delivered as they are" {
  start_faulty
  head -c 100000 /dev/urandom | tr -d '\n\r \t' >rows.ndjson
  put
  assert_status 0
  jq -r .data stored.log | base64 -d | cmp - rows.ndjson
}

@test "a byte order mark is no data, and a line is a record whatever its first key" {
  start_faulty
  printf '\xef\xbb\xbf{"a":1}\n{"$control":"barrier","id":1}\n{"a":2}\n' >rows.ndjson
  put
  assert_status 0
  [[ $(stored) == $'{"a":1}\n{"$control":"barrier","id":1}\n{"a":2}' ]]
  assert_stat read 3
}

@test "no input at all is no request at all" {
  start_faulty
  : >rows.ndjson
  put
  assert_status 0
  assert_stat requests 0
}

@test "a line longer than --max-line is rejected whole" {
  start_faulty
  printf '%0100d\nshort\n' 7 >rows.ndjson
  put --max-line 99 --rejects bad
  assert_status 1
  assert_stderr_has 'stdin:1: line is longer than 99 bytes'
  [[ $(wc -c <bad) -eq 101 ]]
  [[ $(stored) == short ]]
  assert_account
}

@test "exactly --max-record is taken, a byte more is rejected" {
  start_faulty
  printf '{"k":"ab","d":"%0100d"}\n{"k":"abc","d":"%0100d"}\n' 1 1 >rows.ndjson
  put --partition-key k --max-record 119 --rejects bad
  assert_status 1
  assert_stderr_has 'stdin:2: record is 121 bytes with its key; the stream accepts 119'
  assert_stat delivered 1
  assert_stat rejected 1
}

@test "a record of more than 1 MiB with its key is rejected, unless --max-record allows it" {
  start_faulty
  { printf '{"k":"abc","d":"'; head -c 1048555 /dev/zero | tr '\0' x
    printf '"}\n'; } >rows.ndjson
  [[ $(wc -c <rows.ndjson) -eq $((1048576 - 3 + 1)) ]]
  sed 's/abc/abcd/' rows.ndjson >>longer
  cat longer >>rows.ndjson
  put --partition-key k --rejects bad
  assert_status 1
  assert_stderr_has 'stdin:2: record is 1048578 bytes with its key; the stream accepts 1048576'
  assert_stat delivered 1
  cmp bad longer
  run --separate-stderr kinesis-put s --dry-run -k k --max-record 2M <longer
  assert_status 0
  [[ $(jq .bytes <<<"$output") -eq 1048578 ]]
}

@test "a line of 100 MB is not held in memory" {
  start_faulty
  # Of addresses, where OpenSSL and libcurl are, too; sanitizers want more.
  (ulimit -v 90000 && kinesis-put --version) || skip 'memory has no limit here'
  { echo first; head -c 100000000 /dev/zero | tr '\0' x; echo; echo last; } |
    (ulimit -v 90000; exec kinesis-put s --stats --rejects bad 2>err) || status=$?
  stderr=$(<err)
  [[ ${status-0} -eq 1 ]]
  [[ $(stored) == $'first\nlast' ]]
  [[ $(wc -c <bad) -eq 100000001 ]]
  rm bad
}

@test "without memory it ends with status 3, says so once, and keeps what it had read" {
  (ulimit -v 60000 && kinesis-put --version) || skip 'memory has no limit here'
  export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  status=0
  (ulimit -v 60000; seq 1000000000 2000000000 |
    exec kinesis-put s --endpoint-url http://127.0.0.1:1 --buffer 1G \
      --stats --undelivered kept 2>err) || status=$?
  stderr=$(<err)
  assert_status 3
  [[ $(grep -c 'out of memory; a smaller --buffer needs less' err) == 1 ]]
  assert_account
  # In whatever order: there is no memory for sorting them.
  cmp <(sort -n kept) <(seq 1000000000 $((999999999 + $(stat_of undelivered))))
  rm kept
}

@test "without --rejects the first bad line ends the run, what came before is delivered" {
  start_faulty
  printf '{"k":1}\nno JSON\n{"k":2}\n' >rows.ndjson
  put --partition-key k
  assert_status 1
  assert_stderr_has 'kinesis-put: stdin:2:1: not a JSON object'
  [[ $(stored) == '{"k":1}' ]]
  assert_stat read 2
  assert_stat rejected 1
  assert_account
}

@test "with --rejects the run goes on, and bad lines are kept as they came" {
  start_faulty
  printf '{"k":1}\nno JSON\r\n{"k":[1]}\n{"k":""}\n{"k":2}\n' >rows.ndjson
  put --partition-key k --rejects bad
  assert_status 1
  [[ $(od -An -c bad) == "$(printf 'no JSON\r\n{"k":[1]}\n{"k":""}\n' | od -An -c)" ]]
  [[ $(stored) == $'{"k":1}\n{"k":2}' ]]
  assert_stderr_has "stdin:3:6: bad key field 'k': an array cannot be a key; rejected"
  assert_account
}

@test "rejects are appended, never truncated" {
  start_faulty
  echo old >bad
  echo new >rows.ndjson
  put --partition-key k --rejects bad
  [[ $(<bad) == $'old\nnew' ]]
}

# --- keys --------------------------------------------------------------------

@test "keys are text decoded, numbers as written, true, false, null" {
  start_faulty
  printf '%s\n' '{"k":"a\u00e9"}' '{"k":1.50}' '{"k":true}' '{"k":null}' '{}' \
    >rows.ndjson
  put --partition-key k
  assert_status 0
  [[ $(keys) == $'aé\n1.50\ntrue\nnull\nnull' ]]
}

@test "several keys are joined by a bar" {
  start_faulty
  echo '{"a":1,"o":{"b":"x"}}' >rows.ndjson
  put --partition-key o.b -k a
  assert_status 0
  [[ $(keys) == 'x|1' ]]
}

@test "a long key is cut at 256 characters, which is said once" {
  start_faulty
  printf '{"k":"%0300d"}\n{"k":"%0300d"}\n' 1 1 >rows.ndjson
  put --partition-key k
  assert_status 0
  [[ $(keys | head -n 1 | wc -c) -eq 257 ]]
  [[ $(grep -c 'longer than 256' <<<"$stderr") -eq 1 ]]
}

@test "without a key each record has one of its own" {
  start_faulty
  rows 1000
  put
  [[ $(keys | sort -u | wc -l) -eq 1000 ]]
}

@test "--explicit-hash-key chooses the shard" {
  start_faulty '[]' --shards 2
  printf '%s\n' '{"h":0}' '{"h":"340282366920938463463374607431768211455"}' \
    >rows.ndjson
  put --explicit-hash-key h
  assert_status 0
  [[ $(jq -r .shard stored.log) == $'shardId-000000000000\nshardId-000000000001' ]]
}

@test "a bad hash key is a bad line" {
  start_faulty
  printf '{"h":%s}\n' -1 007e '"x"' null \
    340282366920938463463374607431768211456 >rows.ndjson
  put --explicit-hash-key h --rejects bad
  assert_status 1
  assert_stat rejected 5
  assert_stat delivered 0
}

# --- batches -----------------------------------------------------------------

batches() { jq -s 'group_by(.request) | map(length)' -c stored.log; }

@test "a batch has 500 records at the most" {
  start_faulty
  rows 1100
  put --in-flight 1
  [[ $(batches) == '[500,500,100]' ]]
}

@test "--batch-records bounds a batch" {
  start_faulty
  rows 10
  put --batch-records 4 --in-flight 1
  [[ $(batches) == '[4,4,2]' ]]
}

@test "--batch-bytes bounds a batch, with a margin kept clear" {
  start_faulty
  # Ten records of about 100 KiB: 1 MiB less 64 KiB takes nine.
  for i in {1..10}; do printf '%s%0102000d\n' "$i" 0; done >rows.ndjson
  put --batch-bytes 1M --in-flight 1
  assert_status 0
  [[ $(batches) == '[9,1]' ]]
}

@test "records of a megabyte go through, in requests of 5 MiB at the most" {
  start_faulty
  for i in {1..6}; do head -c 1048000 /dev/zero | tr '\0' "$i"; echo; done \
    >rows.ndjson
  put --in-flight 1 --request-timeout 1m
  assert_status 0
  assert_stat delivered 6
  [[ $(batches) == '[4,2]' ]]
}

@test "while no request is under way a record leaves at once, whatever --linger is" {
  start_faulty
  mkfifo in
  kinesis-put s --linger 1h --stats <in 2>err 3>&- &
  pid=$!
  exec 5>in
  echo one >&5
  wait_until 30 has_lines stored.log 1
  echo two >&5
  wait_until 30 has_lines stored.log 2
  exec 5>&-
  wait "$pid"
  [[ $(batches) == '[1,1]' ]]
}

# How many lines it says that it has read.
has_read() {
  kill -USR1 "$pid"
  [[ $(tail -n 1 err 2>/dev/null | jq .read 2>/dev/null) == "$1" ]]
}

# begin_unanswered LINGER: the first request is under way and stays so, and a
# second record has come.
begin_unanswered() {
  start_faulty '[{"do": "silent-after", "request": 1}]'
  mkfifo in
  kinesis-put s --linger "$1" --request-timeout 1h <in 2>err 3>&- &
  pid=$!
  exec 5>in
  echo one >&5
  wait_until 30 has_lines stored.log 1
  echo two >&5
}

@test "while a request is under way records wait for company, up to --linger" {
  begin_unanswered 1h
  wait_until 30 has_read 2
  echo three >&5
  wait_until 30 has_read 3
  exec 5>&-
  wait_until 30 has_lines stored.log 3
  [[ $(batches) == '[1,2]' ]]
  kill -KILL "$pid"
  wait "$pid" || :
}

@test "--linger ends that wait" {
  begin_unanswered 50ms
  wait_until 30 has_lines stored.log 2
  exec 5>&-
  kill -KILL "$pid"
  wait "$pid" || :
}

@test "at end of input nothing waits for company" {
  start_faulty
  echo one >rows.ndjson
  put --linger 1m
  assert_status 0
  [[ $(stats | jq '.elapsed_s < 60') == true ]]
}

# --- showing -----------------------------------------------------------------

@test "--dry-run shows records and batches, without network or credentials" {
  rows 3
  run --separate-stderr kinesis-put s --dry-run -k id --batch-records 2 \
    --stats <rows.ndjson
  assert_status 0
  assert_output '{"key":"1","hash_key":null,"bytes":22,"batch":1}
{"key":"2","hash_key":null,"bytes":22,"batch":1}
{"key":"3","hash_key":null,"bytes":22,"batch":2}'
}

@test "a field of the key that no line has is said, with the nearest name" {
  rows 3
  run --separate-stderr kinesis-put s --dry-run -k di -k id --stats <rows.ndjson
  assert_status 0
  assert_stderr_has "kinesis-put: warning: no row of 3 has the field 'di'; did you mean 'id'?"
  [[ $stderr == *'"absent_fields":1'* && $stderr != *"'id';"* ]]
  run --separate-stderr kinesis-put s --dry-run -k di --quiet <rows.ndjson
  assert_stderr ''
  # A key that holds a dot is found by its path.
  run --separate-stderr kinesis-put s --dry-run -k a.b <<<'{"a.b":7}'
  assert_output '{"key":"7","hash_key":null,"bytes":10,"batch":1}'
  assert_stderr ''
}

@test "a field of the key that no line has is said while a stream goes on" {
  mkfifo in
  kinesis-put s --dry-run -k di <in >/dev/null 2>err 3>&- 4>&- &
  PID=$!
  exec 7>in
  echo '{"id":1}' >&7
  wait_until 30 file_has err "no row of 1 has the field 'di'"
  exec 7>&-
  wait "$PID"
}

# says TEXT: asked by SIGUSR1.
says() {
  kill -USR1 "$PID"
  file_has err "kinesis-put: $1"
}

@test "asked by SIGUSR1 it says what it waits for" {
  mkfifo in lost
  AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b kinesis-put s \
    --region us-east-1 --endpoint-url http://127.0.0.1:1 --undelivered lost \
    --drain 1ms <in 2>err 3>&- &
  PID=$!
  exec 7>in
  wait_until 30 catches_usr1 "$PID"
  wait_until 30 says 'waits for a reader of lost'
  exec 8<>lost
  wait_until 30 says 'waits for input'
  file_has err '"program":"kinesis-put"'
  echo 1 >&7
  wait_until 30 says 'waits for input; http://127.0.0.1:1/ fails, and is tried again'
  exec 7>&-
  kill "$PID"
  wait "$PID" || :
  exec 8>&-
}

@test "--check says who we are, where we write, how the stream is" {
  start_faulty '[]' --shards 3
  run --separate-stderr kinesis-put s --check
  assert_status 0
  assert_output_has 'credentials: environment'
  assert_output_has 'region: us-east-1'
  assert_output_has "endpoint: $SCHEME://127.0.0.1:$FAULTY_PORT/"
  assert_output_has 'stream: s: ACTIVE, PROVISIONED, open shards: 3'
  assert_output_has 'PutRecords: not known'
  [[ ! -s stored.log ]]
}

@test "--check=write puts one record and says so" {
  start_faulty
  run --separate-stderr kinesis-put s --check=write
  assert_status 0
  assert_output_has 'PutRecords: allowed: one record was put, its key is windowpipe-check'
  [[ $(keys) == windowpipe-check ]]
}

@test "--check where looking is denied says 'not known'" {
  start_faulty '[{"do": "error", "operation": "DescribeStreamSummary",
    "status": 400, "type": "AccessDeniedException", "message": "no"}]'
  run --separate-stderr kinesis-put s --check
  assert_status 0
  assert_output_has 'stream: s: not known: AccessDeniedException'
}

@test "--check of a stream that is not there ends with status 3" {
  start_faulty '[{"do": "error", "operation": "DescribeStreamSummary",
    "status": 400, "type": "ResourceNotFoundException", "message": "no"}]'
  run --separate-stderr kinesis-put s --check
  assert_status 3
  assert_output_has ResourceNotFoundException
}

@test "--check=config says region, endpoint and ARN, and asks nobody" {
  run --separate-stderr kinesis-put s --check=config --region cn-north-1
  assert_status 0
  assert_output 'region: cn-north-1
endpoint: https://kinesis.cn-north-1.amazonaws.com.cn/
stream: arn:aws-cn:kinesis:cn-north-1:*:stream/s'
  arn=arn:aws:kinesis:eu-west-1:123456789012:stream/x
  run --separate-stderr kinesis-put "$arn" --check=config \
    --endpoint-url http://127.0.0.1:1
  assert_status 0
  assert_output "region: eu-west-1
endpoint: http://127.0.0.1:1/ (from --endpoint-url)
stream: $arn"
}

# --- calls of scripts --------------------------------------------------------

call() { run --separate-stderr kinesis-put s --call --backoff 1ms,1ms "$@"; }

summary='DescribeStreamSummary {"StreamName":"s"}'
status_of() { jq -r '.StreamDescriptionSummary.StreamStatus' <<<"$1"; }

@test "--call makes the calls of its lines and prints each answer as a line" {
  start_faulty
  call < <(printf '%s\n' "$summary" 'PutRecords {"StreamName":"s","Records":
    [{"PartitionKey":"k","Data":"eA=="}]}' | paste -sd '\n ')
  assert_status 0
  [[ ${#lines[@]} == 2 && $(status_of "${lines[0]}") == ACTIVE ]]
  [[ $(jq -r .FailedRecordCount <<<"${lines[1]}") == 0 && $(stored) == x ]]
}

@test "--call tries again what is throttled or fails, and goes on after a refusal" {
  start_faulty '[{"do": "error", "operation": "DescribeStreamSummary",
      "status": 400, "type": "LimitExceededException", "message": "slow",
      "times": 3},
    {"do": "error", "operation": "DescribeStreamSummary", "status": 500,
      "times": 2},
    {"do": "error", "operation": "DescribeStreamSummary", "status": 400,
      "type": "AccessDeniedException", "message": "not \"you\"", "times": 1}]'
  call < <(printf '%s\n' "$summary" "$summary")
  assert_status 1
  [[ ${lines[0]} == \
  '{"error":"AccessDeniedException","message":"not \"you\""}' ]]
  [[ $(status_of "${lines[1]}") == ACTIVE ]]
  assert_stderr "kinesis-put: warning: $AWS_ENDPOINT_URL_KINESIS/ refuses for now: \
LimitExceededException: 'slow'; trying again
kinesis-put: warning: $AWS_ENDPOINT_URL_KINESIS/ answers again"
}

@test "--call gives up after --retry-for" {
  start_faulty '[{"do": "error", "operation": "DescribeStreamSummary",
    "status": 500}]'
  call --retry-for 10ms <<<"$summary"
  assert_status 1
  [[ $output == '{"error":"'*'"}' ]]
}

@test "--call corrects the clock" {
  start_faulty '[]' --ms-off 3600000
  call <<<"$summary"
  assert_status 0
  [[ $(status_of "$output") == ACTIVE ]]
}

@test "--call refuses what is no call, with status 1" {
  start_faulty
  call <<<'{"StreamName":"s"}'
  assert_status 1
  assert_stderr_has 'stdin:1: this is not a call; write OPERATION {JSON}'
  [[ $output == '' ]]
}

@test "--call ends when nobody reads its answers, though it would try for ever" {
  export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b
  run -141 timeout -s KILL 60 bash -c 'set -o pipefail
    echo "ListShards {}" | kinesis-put s --endpoint-url http://127.0.0.1:1 \
      --call --backoff 1h,1h | sleep 0'
}

@test "--stats has every member" {
  start_faulty
  rows 10
  put
  [[ $(stats | jq -r 'keys_unsorted | join(" ")') == \
  "program name elapsed_s read delivered rejected undelivered retried throttled requests bytes"* ]]
  for name in durable spooled resumed in_flight oldest_s latency_p50_ms \
    latency_p99_ms; do
    [[ $(stat_of "$name") =~ ^[0-9.]+$ ]]
  done
  [[ $(stat_of 'shards["shardId-000000000000"]') -eq 10 ]]
}

@test "--metrics has the same counts and --recent the lines" {
  start_faulty
  rows 10
  put --metrics file.prom --recent last
  sort last | cmp - <(sort rows.ndjson)
  grep -q '^windowpipe_kinesis_put_delivered_total.* 10$' file.prom
  grep -q '^windowpipe_kinesis_put_shards_total{.*shard="shardId-000000000000".* 10$' \
    file.prom
}

# --- the command line --------------------------------------------------------

refuses() {
  run --separate-stderr kinesis-put "$@" </dev/null
  assert_status 2
  [[ $stderr == kinesis-put:* ]]
}

@test "what makes no sense is refused before anything is read" {
  export AWS_REGION=us-east-1
  refuses
  refuses 'a stream'
  refuses s t
  refuses s --batch-records 0
  refuses s --batch-records 501
  refuses s --batch-bytes 11M
  refuses s --batch-bytes 0
  refuses s --linger 5
  refuses s --in-flight 0
  refuses s --backoff 50ms
  refuses s --backoff 0ms,1s
  refuses s --max-record 11M
  refuses s --request-timeout 0s
  refuses s --partition-key 'a..b'
  refuses s --check=maybe
  refuses s --check --dry-run
  refuses s --check=config --call
  refuses s --call --spool spool
  refuses s --rejects /nonexistent/file
  refuses s --nosuch
  refuses arn:aws:kinesis:eu-west-1:123:stream/x
  refuses arn:aws:kinesis:eu-west-1:123456789012:stream/x --region us-east-1
  refuses s --endpoint-url ftp://x
  refuses s --profile nobody
}

@test "without a region it ends with status 2 and says how to give one" {
  refuses s
  assert_stderr_has '--region'
}

@test "an ARN tells name and region" {
  start_faulty
  unset AWS_REGION
  rows 1
  run --separate-stderr kinesis-put \
    arn:aws:kinesis:eu-west-1:123456789012:stream/s <rows.ndjson
  assert_status 0
  assert_stored_once rows.ndjson
}

@test "a closed stdin ends with status 3" {
  start_faulty
  # Closed in a shell of its own: run's pipe must not land on descriptor 0.
  run --separate-stderr bash -c 'exec kinesis-put s <&-'
  assert_status 3
  assert_stderr_has 'cannot read'
}

# --- the emulator itself -----------------------------------------------------

# What kinesalite, or kinesis-local, gives to whom asks for its records.
held() { KINESIS_URL=$EMULATOR_URL stream_records "test-$BATS_TEST_NUMBER"; }

@test "the emulator holds each line once, by its key" {
  start_faulty '[]' --shards 2
  rows 1234
  put --partition-key id
  assert_status 0
  held >records
  [[ $(wc -l <records) -eq 1234 ]]
  jq -e 'select(.key != (.data | fromjson.id | tostring))' records && return 1
  jq -r .data records | sort | diff - <(sort rows.ndjson)
}

@test "behind bad days the emulator holds each line, doubled where no answer came" {
  start_faulty '[{"do": "throttle", "share": 0.3, "times": 300},
    {"do": "reset-before", "request": 2}, {"do": "half", "request": 3}]'
  rows 1234
  put --in-flight 2
  assert_status 0
  held | jq -r .data | sort >data
  diff <(uniq data) <(sort rows.ndjson)
  # Those of the third request, and no others, are there twice.
  [[ $(uniq -d data) == "$(jq -r 'select(.request == 3) | .data | @base64d' \
    stored.log | sort)" ]]
}
