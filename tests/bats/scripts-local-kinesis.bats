# scripts-local-kinesis - the stand-in for Kinesis starts, is found, and ends.
# SPDX-License-Identifier: ISC

load helpers

setup() {
  common_setup
  command -v node >/dev/null || skip 'node is missing'
  [[ -d $ROOT/tests/node_modules/kinesalite ]] ||
    skip 'kinesalite is not installed; run scripts/setup'
}

teardown() { "$SCRIPTS/local-kinesis" stop 2>/dev/null || :; }

local_kinesis() { run --separate-stderr "$SCRIPTS/local-kinesis" "$@"; }

# The file in which it is noted.
note() {
  printf '%s/kinesis-%.16s' "$XDG_RUNTIME_DIR/windowpipe-$UID" \
    "$(printf %s "$ROOT" | sha256sum)"
}

# Sets pid, of the one that runs.
find_it() {
  read -r pid _ <"$(note)"
}

@test "start prints the endpoint and creates the streams of the properties" {
  local_kinesis start
  assert_status 0
  [[ $output =~ ^http://127\.0\.0\.1:[0-9]+$ ]]
  KINESIS_URL=$output
  for stream in TumblingWindowProcessingTimeOutput \
    TumblingWindowEventTimeOutput SlidingWindowProcessingTimeOutput \
    SlidingWindowEventTimeOutput; do
    assert_stderr_has "$stream: created, ACTIVE, 1 shard"
    stream_is_active "$stream"
  done
}

@test "it listens on the loopback interface alone" {
  local_kinesis start --streams ''
  port=${output##*:}
  printf -v hex '%04X' "$port"
  # 0A is a socket that listens; 0100007F is 127.0.0.1.
  run awk -v port=":$hex" '$4 == "0A" && index($2, port) { print $2 }' \
    /proc/net/tcp /proc/net/tcp6
  assert_output "0100007F:$hex"
}

@test "a second start prints the same endpoint and adds the streams it names" {
  local_kinesis start --streams a
  first=$output
  find_it
  before=$pid
  local_kinesis start --streams=a,b
  assert_status 0
  assert_output "$first"
  assert_stderr_has 'a: was there'
  assert_stderr_has 'b: created'
  find_it
  [[ $pid == "$before" ]]
}

@test "several starts at once start one" {
  for i in 1 2 3; do
    "$SCRIPTS/local-kinesis" start --streams '' >"out.$i" 3>&- &
  done
  wait
  [[ $(sort -u out.? | wc -l) == 1 ]]
}

@test "status says endpoint, pid and streams, or that none runs with status 1" {
  local_kinesis status
  assert_status 1
  assert_stderr 'local-kinesis: none is running'
  local_kinesis start --streams one
  endpoint=$output
  find_it
  local_kinesis status
  assert_status 0
  assert_output "$endpoint
pid $pid, streams: one"
}

@test "stop ends it, and a second stop finds nothing to do" {
  local_kinesis start --streams ''
  find_it
  local_kinesis stop
  assert_status 0
  is_gone "$pid"
  local_kinesis stop
  assert_status 0
  assert_stderr 'local-kinesis: none is running'
}

@test "stop kills no other process that has come by the same number" {
  sleep 300 3>&- &
  other=$!
  mkdir -p -m 700 "$XDG_RUNTIME_DIR/windowpipe-$UID"
  echo "$other 4567 1" >"$(note)"
  local_kinesis stop
  assert_stderr 'local-kinesis: none is running'
  kill -0 "$other"
  kill "$other"
}

@test "a state folder of somebody else is not used" {
  mkdir elsewhere
  ln -s "$PWD/elsewhere" "$XDG_RUNTIME_DIR/windowpipe-$UID"
  local_kinesis start
  assert_status 3
  assert_stderr_has 'is not a directory that you own'
}

@test "another folder of sources has one of its own, and stops no other" {
  mkdir -p other/tests
  cp -r "$SCRIPTS" "$ROOT/application_properties.json" other
  ln -s "$ROOT/tests/kinesis" "$ROOT/tests/node_modules" other/tests
  local_kinesis start --streams ''
  find_it
  run --separate-stderr other/scripts/local-kinesis stop
  assert_stderr 'local-kinesis: none is running'
  run --separate-stderr other/scripts/local-kinesis start --streams ''
  assert_status 0
  other/scripts/local-kinesis stop
  local_kinesis status
  assert_status 0
  kill -0 "$pid"
}

@test "without a runtime folder of the user's own, /tmp has it" {
  export XDG_RUNTIME_DIR=$PWD/gone
  local_kinesis status
  assert_status 1
  assert_stderr 'local-kinesis: none is running'
  [[ ! -e gone && -O /tmp/windowpipe-$UID ]]
}

@test "it starts whatever AWS, proxy and node are set to" {
  printf '[default]\nregion = nowhere\nmax_attempts = lots\nnonsense\n' >config
  export AWS_CONFIG_FILE=$PWD/config AWS_PROFILE=nope AWS_CA_BUNDLE=/nope \
    AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_SESSION_TOKEN=old \
    http_proxy=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9 \
    NODE_OPTIONS=--require=/nope SSL_CERT_FILE=/nope CDPATH=.
  local_kinesis start --streams one
  assert_status 0
  assert_stderr_has 'one: created'
}

@test "a script that is called by a link finds its folder" {
  ln -s "$SCRIPTS/local-kinesis" link
  run --separate-stderr ./link status
  assert_status 1
  assert_stderr 'link: none is running'
}

@test "--port takes that port, and says so where another one runs" {
  local_kinesis start --streams ''
  port=${output##*:}
  local_kinesis stop
  local_kinesis start --streams '' --port "$port"
  assert_output "http://127.0.0.1:$port"
  local_kinesis start --streams '' --port $((port - 1))
  assert_status 1
  assert_stderr_has "one is already running at http://127.0.0.1:$port; stop it first"
}

@test "a port that is taken is said, with status 3" {
  start_kinesis
  local_kinesis start --port "$KINESIS_PORT"
  assert_status 3
  assert_stderr_has 'EADDRINUSE'
  stop_kinesis
}

@test "an unknown option or command of local-kinesis is status 2" {
  local_kinesis start --prot 1
  assert_status 2
  assert_stderr_has "unknown option '--prot'"
  local_kinesis begin
  assert_status 2
  assert_stderr_has "unknown command 'begin'"
  local_kinesis
  assert_status 2
  assert_stderr_has 'usage: scripts/local-kinesis'
  local_kinesis --help
  assert_status 0
  assert_output_has 'usage: scripts/local-kinesis'
}
