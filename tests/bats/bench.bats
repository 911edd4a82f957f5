# bench - make bench works: small files, figures that nobody is to believe.
# SPDX-License-Identifier: ISC

load helpers

TOOLS=${UNIT:-$ROOT/build/tests/unit}
export TOOLS=${TOOLS%/unit}/bench

setup() {
  common_setup
  command -v python3 >/dev/null || skip 'python3 is missing'
  [[ -x $TOOLS/meter && -x $TOOLS/source ]] || skip 'meter and source are not built'
}

bench() {
  run --separate-stderr env PATH="${FEW-$PATH}" \
    "$ROOT/tests/bench/run" --size tiny --out out "$@"
}

# A folder for PATH with Python and these commands in it.
only_these() {
  local name

  mkdir few
  ln -s "$(python3 -c 'import sys; print(sys.executable)')" few/python3
  for name in "$@"; do
    ln -s "$(command -v "$name")" few
  done
}

@test "every case is measured, and answers agree with those of other tools" {
  bench
  assert_status 0
  assert_stderr ''
  assert_output_has "window, the sample's queries"
  assert_output_has 'beside cat | wc -l'
  assert_output_has 'CPU s a million rows'
  assert_output_has '10^4 rows from datagen'
  assert_output_has "-r 10000: a row's lag behind its time"
  assert_output_has "row's birth to its record"
  [[ -z $(ls -d out/work.* 2>/dev/null) ]]
  jq -e '.machine.size == "tiny" and (.figures | length > 40)
    and all(.figures[]; .seconds == null or .seconds > 0)
    and all(.figures[]; (.against == null) == (.ratio == null))
    and all(.figures[]; (.goal == null) == (.met == null))' out/bench.json
  # README's block: the figures, then the stages of the whole pipeline.
  grep -q '^| and through `kinesis-put` to .* | p99 .* |$' out/bench.md
  [[ $(sed -n 's/^| \(.*`\) | [0-9.]* | .*/\1/p' out/bench.md) == \
  $'`datagen`\n`fanout`\n4 × `window`\n4 × `kinesis-put`' ]]
  grep -q '^| the null sink | [0-9.]* | ' out/bench.md
  [[ $(jq '.figures | map(select(.key != null) | .key) | length -
    (unique | length)' out/bench.json) == 0 ]]
}

@test "the plot is well-formed, has a bar a figure, and marks the limit" {
  bench reading datagen
  assert_status 0
  python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' \
    out/bench.svg
  [[ $(grep -c '<rect' out/bench.svg) == 5 ]]
  [[ $(grep -c 'class="limit"' out/bench.svg) == 2 ]]
  grep -q 'prefers-color-scheme: dark' out/bench.svg
}

@test "a tool that is not installed is left out, by name" {
  only_these mawk
  FEW=$PWD/few bench others
  assert_status 0
  assert_output_has 'jq: left out, not installed'
  assert_output_has 'beside mawk'
  [[ $(jq -r '.left_out[] | select(.case == "mlr") | .why' out/bench.json) == \
  'not installed' ]]
}

@test "where DuckDB cannot be had that is said, and is no failure" {
  mkdir few
  printf '#!/bin/sh\necho "no network" >&2\nexit 1\n' >few/python3
  chmod +x few/python3
  PATH=$PWD/few:$PATH run --separate-stderr "$ROOT/tests/bench/get-duckdb" env
  assert_status 0
  assert_output ''
  assert_stderr 'bench: no DuckDB: no network'
  [[ ! -e env ]]
}

@test "a tool with other answers is a failure" {
  only_these
  printf '#!/bin/sh\n%s\n' \
    'echo "{\"sensor_id\":1,\"avg_temp\":2,\"window_end\":\"x\"}"' >few/jq
  chmod +x few/jq
  FEW=$PWD/few bench others
  assert_status 1
  assert_stderr \
    'tests/bench/run: others: window and jq have different answers'
}

@test "a command that fails is a failure, and is named with its last words" {
  mkdir bin
  ln -s "$BIN/datagen" bin
  printf '#!/bin/sh\necho "window: no" >&2\nexit 3\n' >bin/window
  chmod +x bin/window
  BIN=bin bench reading
  assert_status 1
  assert_stderr 'tests/bench/run: reading: window: status 3: window: no'
}

@test "an interrupt ends it and all that it has started" {
  mkdir bin
  ln -s "$BIN/datagen" bin
  printf '#!/bin/sh\necho $$ >>pids\nexec sleep 100\n' >bin/window
  chmod +x bin/window
  # A shell without job control starts its children with SIGINT ignored.
  set -m
  BIN=bin "$ROOT/tests/bench/run" --size tiny --out out reading \
    >/dev/null 2>err 3>&- &
  set +m
  wait_until 60 file_has pids ''
  kill -INT $!
  wait $! && status=0 || status=$?
  assert_status 130
  [[ $(<err) == 'tests/bench/run: interrupted; nothing was written' ]]
  wait_until 30 is_gone "$(<pids)"
  [[ -z $(ls out) ]]
}

@test "an unknown group is status 2 and nothing is measured" {
  bench no-such
  assert_status 2
  assert_output ''
  assert_stderr_has "there is no group 'no-such'"
  [[ ! -e out ]]
}

@test "--readme writes the last run's table between the two marks" {
  bench reading
  assert_status 0
  jq '.machine.size = "full" | .machine.is_busy = false' out/bench.json >new
  mv new out/bench.json
  printf '%s\n' before '<!-- bench -->' old '<!-- /bench -->' after >README.md
  bench --readme=README.md
  assert_status 0
  assert_output ''
  assert_stderr ''
  [[ $(head -n 2 README.md) == $'before\n<!-- bench -->' ]]
  [[ $(tail -n 2 README.md) == $'<!-- /bench -->\nafter' ]]
  grep -q '^| `window --tumble 10s` from the file | .* × the time of `wc -l` |$' \
    README.md
  run ! grep -q '^old$' README.md
  [[ -s $(sed -n 's/^!\[.*](\(.*\))$/\1/p' README.md) ]]
  # Twice is as once.
  cp README.md once
  bench --readme=README.md
  assert_status 0
  cmp once README.md
}

@test "--readme writes of a run beside Flink its block and its plot alone" {
  local name

  printf '%s\n' '<!-- bench -->' old '<!-- /bench -->' '<!-- flink -->' old \
    '<!-- /flink -->' >README.md
  mkdir out
  for name in start:5.4 submit:1.25 submit-cold:3 cold:20 1:10 2:12.5 ours:0.32 \
    ours-start:0.012 restart:2.9 ours-restart:0.2 rest:0 ours-rest:0; do
    printf '%s\n' "$name"
  done | jq -R 'split(":") | { key: "flink-\(.[0])", seconds: (.[1] | tonumber),
      case: "", group: "the job, beside Apache Flink 1.20.0", rows: 4000000,
      rows_per_s: (4e6 / ((.[1] | tonumber) + 1e-9)), peak_mb: 921,
      cpu_s: 20, cpu_percent: 11.5 }' |
    jq -s '{ machine: { date: "2026-11-29", cpu: "C", cores: 2, kernel: "K",
      size: "full", rows: 10, is_busy: false }, figures: . }' >out/bench.json
  bench --readme=README.md
  assert_status 0
  assert_output ''
  assert_stderr ''
  [[ $(<README.md) == '<!-- bench -->
old
<!-- /bench -->
<!-- flink -->
![The sample'"'"'s job, beside Flink](tests/bench/flink.svg)

| 4,000,000 rows | Flink, its first job | Flink, warm | Flink, warm, parallelism 2 | `windowpipe run` |
| --- | ---: | ---: | ---: | ---: |
| time | 20.0 s | 10.0 s | 12.5 s | 320 ms |
| rows/s | 0.2 M/s | 0.4 M/s | 0.32 M/s | 12.5 M/s |
| CPU s a million rows | 5.00 | 5.00 | 5.00 | 5.00 |
| memory of all processes | 921 MB | 921 MB | 921 MB | 921 MB |
| CPU at 10,000 rows/s |  | 11.5 % of a core |  | 11.5 % of a core |
| start of a job | 3.00 s | 1.25 s |  | 12.0 ms |
| from kill -9 of a worker to the next checkpoint |  | 2.90 s |  | 200 ms |

`make bench-flink` on 2026-11-29: C, 2 cores, Linux K; Apache Flink 1.20.0, a JobManager and two TaskManagers, which were up after 5.40 s; medians of runs in turn.
<!-- /flink -->' ]]
  python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' \
    tests/bench/flink.svg
  [[ $(grep -c '<rect' tests/bench/flink.svg) == 16 ]]
  [[ ! -e tests/bench/bench.svg ]]
  echo '<!-- bench -->' >README.md
  bench --readme=README.md
  assert_status 1
  assert_stderr 'tests/bench/run: README.md lacks the lines <!-- flink --> and <!-- /flink -->'
  jq '.figures = []' out/bench.json >new
  mv new out/bench.json
  bench --readme=README.md
  assert_status 1
  assert_stderr 'tests/bench/run: the last run measured nothing that README shows'
}

@test "--readme refuses figures of a small run, and of a busy machine" {
  bench reading
  printf '%s\n' '<!-- bench -->' '<!-- /bench -->' >README.md
  cp README.md before
  jq '.machine.is_busy = false' out/bench.json >new
  mv new out/bench.json
  bench --readme=README.md
  assert_status 1
  assert_stderr 'tests/bench/run: the last run was of SIZE=tiny'
  jq '.machine.size = "full" | .machine.is_busy = true' out/bench.json >new
  mv new out/bench.json
  bench --readme=README.md
  assert_status 1
  assert_stderr_has 'others used the machine'
  cmp before README.md
}

# --- the sink ----------------------------------------------------------------

# By FIFOs: bash closes its ends of a coproc as soon as that has ended.
start_sink() {
  mkfifo to from
  "$TOOLS/sink" log <to >from 2>&1 3>&- 4>&- &
  exec {to}>to {from}<from
  read -r port <&"$from"
}

# post TARGET BODY: the answer, and its status in a line.
post() {
  run --separate-stderr curl -q -sS --max-time 10 -w '\n%{http_code}\n' \
    -H "X-Amz-Target: Kinesis_20131202.$1" --data-raw "$2" \
    "http://127.0.0.1:$port/"
}

@test "the sink answers with an entry a record, numbered on, and counts them" {
  start_sink
  post PutRecords '{"StreamName":"s","Records":[{"Data":"YQ==",
    "PartitionKey":"\"PartitionKey\":"},{"Data":"Yg==","PartitionKey":"}"}]}'
  [[ ${lines[-1]} == 200 ]]
  jq -e '.FailedRecordCount == 0 and (.Records | length == 2)
    and all(.Records[]; .ShardId == "shardId-000000000000")
    and .Records[0].SequenceNumber < .Records[1].SequenceNumber' <<<"${lines[0]}"
  post PutRecords "{\"Records\":[$(printf '{"Data":"","PartitionKey":"k"},%.0s' \
    {1..501} | sed 's/,$//')]}"
  [[ ${lines[-1]} == 400 ]]
  post ListStreams '{}'
  [[ ${lines[-1]} == 400 ]]
  exec {to}>&-
  read -r counts <&"$from"
  [[ $(jq -c '[.requests, .records]' <<<"$counts") == '[1,2]' ]]
  exec {from}<&-
  file_has log '"YQ=="'
}
