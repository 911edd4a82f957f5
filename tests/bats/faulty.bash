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
  [[ -d $ROOT/tests/node_modules/$EMULATOR ]] || return 0
  start_server "$BATS_FILE_TMPDIR/emulator.log" \
    node "$ROOT/tests/kinesis/$EMULATOR.js" --owner $$
  EMULATOR_PID=$server_pid EMULATOR_URL=http://127.0.0.1:$server_port
  export EMULATOR_PID EMULATOR_URL
  [[ $SCHEME == http ]] || make_ca "$BATS_FILE_TMPDIR" subjectAltName=IP:127.0.0.1
}

# Not by SIGTERM: kinesis-local may take its time.
teardown_file() { [[ -z ${EMULATOR_PID-} ]] || kill -KILL "$EMULATOR_PID"; }

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

# start_faulty [RULES] [OPTION…]: tests/kinesis/faulty.js with those rules (a
# JSON array).  What it stores is in ./stored.log, and in the emulator.  Exports
# what kinesis-put takes from the environment.
start_faulty() {
  local tls=()

  command -v node >/dev/null || skip 'node is missing'
  [[ -n ${EMULATOR_URL-} ]] ||
    skip "$EMULATOR is not installed; run scripts/setup"
  printf '%s\n' "${1:-[]}" >faults.json
  : >>stored.log
  [[ $SCHEME == http ]] || tls=(--tls "$BATS_FILE_TMPDIR/server.pem")
  start_server faulty.err node "$ROOT/tests/kinesis/faulty.js" --owner $$ \
    --script faults.json --log stored.log --upstream "$EMULATOR_URL" \
    --stream "test-$BATS_TEST_NUMBER" "${tls[@]}" "${@:2}"
  FAULTY_PID=$server_pid FAULTY_PORT=$server_port
  use_endpoint "$SCHEME://127.0.0.1:$FAULTY_PORT"
  [[ $SCHEME == http ]] || export AWS_CA_BUNDLE=$BATS_FILE_TMPDIR/ca.pem
}

use_endpoint() {
  export AWS_ENDPOINT_URL_KINESIS=$1 AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
}

# stop_faulty: and waits until what it was storing is in its log.
stop_faulty() {
  [[ -n ${FAULTY_PID-} ]] || return 0
  kill "$FAULTY_PID" 2>/dev/null || :
  wait_until 60 is_gone "$FAULTY_PID"
  unset FAULTY_PID
}

emulator_agrees() {
  stop_faulty
  node "$ROOT/tests/kinesis/readback.js" "$EMULATOR_URL" \
    "test-$BATS_TEST_NUMBER" <"$BATS_TEST_TMPDIR/stored.log"
}

# The data that were stored, a line each, in the order of storing.
stored() { jq -r '.data | @base64d' stored.log; }

# The last line of stderr that begins with {; "null" if there is none, so that
# whoever asks sees that it lacks everything.
stats() { grep '^{' <<<"${stderr-}" | tail -n 1 | grep . || echo null; }
stat_of() { stats | jq -r ".$1"; }

# assert_stat NAME VALUE
assert_stat() {
  [[ $(stat_of "$1") == "$2" ]] && return
  printf '%s is %s, not %s\n' "$1" "$(stat_of "$1")" "$2" >&2
  show
  return 1
}

# Every line that was read is delivered, rejected or undelivered.
assert_account() {
  stats | jq -e '.read != null and
    .read == .delivered + .rejected + .undelivered' \
    >/dev/null && return
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
