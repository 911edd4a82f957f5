# faulty.bash - the Kinesis that has bad days; `load faulty` after helpers.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # stderr and status are as run leaves them

#
# The emulator behind it is the file's: EMULATOR=kinesalite or kinesis-local;
# with SCHEME=https the one before it speaks TLS, under a CA of its own.
# tests/run runs a file that says "# each emulator" with both.

EMULATOR=${EMULATOR:-kinesalite} SCHEME=${SCHEME:-http}

setup_file() {
  local tls=()

  [[ -d $ROOT/tests/node_modules/$EMULATOR ]] || return 0
  start_server "$BATS_FILE_TMPDIR/emulator.log" \
    node "$ROOT/tests/kinesis/$EMULATOR.js" --owner $$
  EMULATOR_PID=$server_pid EMULATOR_URL=http://127.0.0.1:$server_port
  export EMULATOR_PID EMULATOR_URL
  if [[ $SCHEME == https ]]; then
    make_ca "$BATS_FILE_TMPDIR" subjectAltName=IP:127.0.0.1
    tls=(--tls "$BATS_FILE_TMPDIR/server.pem")
  fi
  start_server "$BATS_FILE_TMPDIR/faulty.log" node \
    "$ROOT/tests/kinesis/faulty.js" --owner $$ --upstream "$EMULATOR_URL" \
    "${tls[@]}"
  PROXY_PID=$server_pid PROXY_PORT=$server_port
  export PROXY_PID PROXY_PORT
}

# Not by SIGTERM: kinesis-local may take its time.
teardown_file() {
  local pid

  for pid in ${EMULATOR_PID-} ${PROXY_PID-}; do
    kill -KILL "$pid"
  done
}

# After each test: is in the emulator what the log says, no more and no less?
teardown() {
  [[ -z ${FAULTY_PORT-} ]] || emulator_agrees
}

# make_ca FOLDER NAMES [OPTION…]: ca.pem, and server.pem with a key, signed by
# it for those names.
make_ca() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

  command -v openssl >/dev/null || skip 'openssl is missing'
  openssl req -x509 "${key[@]}" -subj /CN=windowpipe-tests -days 2 \
    -keyout "$1/ca.key" -out "$1/ca.pem" 2>"$1/openssl.log"
  openssl req "${key[@]}" -subj /CN=kinesis -keyout "$1/server.key" \
    -out "$1/server.csr" 2>>"$1/openssl.log"
  openssl x509 -req -in "$1/server.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" \
    -set_serial 1 "${@:3}" -extfile <(echo "$2") -out "$1/server.crt" \
    2>>"$1/openssl.log"
  cat "$1/server.key" "$1/server.crt" >"$1/server.pem"
}

# start_faulty [RULES [--shards N] [--seed N] [--ms-off N]]: the file's proxy,
# tests/kinesis/faulty.js, begins anew with those rules (a JSON array).  What it
# stores is in ./stored.log, and in the emulator.  Exports what kinesis-put takes
# from the environment.
start_faulty() {
  local name json="\"rules\": ${1:-[]}"
  local -A number=([shards]=1 [seed]=1 [ms-off]=0)

  needs_faulty
  while (($# > 2)); do
    [[ -n ${number[${2#--}]-} ]] || {
      echo "start_faulty has no $2; own_faulty may have" >&2
      return 1
    }
    number[${2#--}]=$3
    shift 2
  done
  for name in "${!number[@]}"; do
    json+=", \"$name\": ${number[$name]}"
  done
  ask_proxy faults "{$json, \"log\": \"$PWD/stored.log\",
    \"stream\": \"test-$BATS_TEST_NUMBER\"}"
  FAULTY_PID='' FAULTY_PORT=$PROXY_PORT
  use_faulty
}

# own_faulty [RULES [OPTION…]]: the same, by a proxy of the test's own, which may
# be stopped, and has options.
own_faulty() {
  local tls=()

  needs_faulty
  printf '%s\n' "${1:-[]}" >faults.json
  [[ $SCHEME == http ]] || tls=(--tls "$BATS_FILE_TMPDIR/server.pem")
  start_server faulty.err node "$ROOT/tests/kinesis/faulty.js" --owner $$ \
    --script faults.json --log stored.log --upstream "$EMULATOR_URL" \
    --stream "test-$BATS_TEST_NUMBER" "${tls[@]}" "${@:2}"
  FAULTY_PID=$server_pid FAULTY_PORT=$server_port
  use_faulty
}

needs_faulty() {
  command -v node >/dev/null || skip 'node is missing'
  [[ -n ${EMULATOR_URL-} ]] ||
    skip "$EMULATOR is not installed; run scripts/setup"
  : >>stored.log
}

use_faulty() {
  use_endpoint "$SCHEME://127.0.0.1:$FAULTY_PORT"
  [[ $SCHEME == http ]] || export AWS_CA_BUNDLE=$BATS_FILE_TMPDIR/ca.pem
}

# ask_proxy WHAT JSON: of the file's proxy.
ask_proxy() {
  curl -q -sS --fail-with-body --http1.1 --cacert "$BATS_FILE_TMPDIR/ca.pem" \
    --max-time 60 -o proxy.said -X PUT --data-raw "$2" \
    "$SCHEME://127.0.0.1:$PROXY_PORT/$1" && return
  cat proxy.said >&2
  return 1
}

use_endpoint() {
  export AWS_ENDPOINT_URL_KINESIS=$1 AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
}

# stop_faulty: ends the test's own proxy, and waits until what it was storing is
# in its log.
stop_faulty() {
  [[ -n ${FAULTY_PID-} ]] || return 0
  kill "$FAULTY_PID" 2>/dev/null || :
  wait_until 60 is_gone "$FAULTY_PID"
  unset FAULTY_PID
}

emulator_agrees() {
  stop_faulty
  ask_proxy agrees "{\"stream\": \"test-$BATS_TEST_NUMBER\",
    \"log\": \"$BATS_TEST_TMPDIR/stored.log\"}"
}

# The data that were stored, a line each, in the order of storing.
stored() { jq -r '.data | @base64d' stored.log; }

# The last line of stderr that begins with {; "null" if there is none, so that
# whoever asks sees that it lacks everything.
stats() { grep '^{' <<<"${stderr-}" | tail -n 1 | grep . || echo null; }

# stat_of NAME: a number is found without jq, which is asked for all else.
stat_of() {
  local line=$'\n'${stderr-}

  line=${line##*$'\n{'}
  if [[ $1 != *[!a-z0-9_]* && \
  ${line%%$'\n'*} =~ \"$1\":([0-9.]+)[,\}] ]]; then
    printf '%s\n' "${BASH_REMATCH[1]}"
  else
    stats | jq -r ".$1"
  fi
}

# assert_stat NAME VALUE
assert_stat() {
  [[ $(stat_of "$1") == "$2" ]] && return
  printf '%s is %s, not %s\n' "$1" "$(stat_of "$1")" "$2" >&2
  show
  return 1
}

# Every line that was read is delivered, rejected or undelivered.
assert_account() {
  local name n sum=0

  for name in delivered rejected undelivered; do
    n=$(stat_of "$name")
    sum=$((sum + n))
  done
  [[ $(stat_of read) == "$sum" ]] && return
  echo 'the account does not add up' >&2
  show
  return 1
}

# assert_stored_once FILE: exactly the lines of FILE, in any order.
assert_stored_once() {
  diff <(sort "$1") <(stored | sort) >&2 && return
  echo 'what is stored is not what was sent, each once' >&2
  show
  return 1
}

# assert_stored_all FILE: each line of FILE at least once, nothing else.
assert_stored_all() {
  diff <(sort -u "$1") <(stored | sort -u) >&2 && return
  echo 'what is stored is not what was sent' >&2
  show
  return 1
}

# rows N: as many rows, all different, in rows.ndjson.
rows() {
  seq -f '{"id":%g,"name":"row"}' "$1" >rows.ndjson
}

# put [OPTION…]: kinesis-put with short waits, from rows.ndjson.  An emulator on
# a busy machine may need more than the usual 10 s for its first request, which
# would be sent again, and stored twice.
put() {
  run --separate-stderr kinesis-put s --stats --backoff 1ms,1ms \
    --request-timeout 2m "$@" <rows.ndjson
}

# begin_put [OPTION…]: kinesis-put in the background, $pid, which gets
# rows.ndjson and then waits for more on file descriptor 5.
begin_put() {
  mkfifo in
  kinesis-put s --request-timeout 2m "$@" <in 2>err 3>&- 4>&- &
  pid=$!
  exec 5>in
  cat rows.ndjson >&5
}

# wait_put: for the end of $pid, whose $status and $stderr there are then.
wait_put() {
  status=0
  wait "$pid" || status=$?
  exec 5>&-
  stderr=$(<err)
}

# has_read N: kinesis-put, which asks by now, has read so many lines.
has_read() { kill -USR1 "$pid" && file_has err "\"read\":$1,"; }

# asks: kinesis-put is connected.
asks() { [[ -n $(ss -Htn state established "dport = :$FAULTY_PORT") ]]; }
