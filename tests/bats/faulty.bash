# faulty.bash - the Kinesis that has bad days; `load faulty` after helpers.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr

# start_faulty [RULES] [OPTION…]: tests/kinesis/faulty.js with those rules (a
# JSON array).  What it stores is in ./stored.log.  Exports what kinesis-put
# takes from the environment.
start_faulty() {
  command -v node >/dev/null || skip 'node is missing'
  [[ -d $ROOT/tests/node_modules/aws4 ]] ||
    skip 'aws4 is not installed; run scripts/setup'
  printf '%s\n' "${1:-[]}" >faults.json
  : >>stored.log
  read -r FAULTY_PID FAULTY_PORT < <(
    exec 3>&- 4>&- node "$ROOT/tests/kinesis/faulty.js" --owner $$ \
      --script faults.json --log stored.log "${@:2}" \
      2>faulty.err </dev/null
  )
  [[ -n $FAULTY_PORT ]] || return
  use_endpoint "http://127.0.0.1:$FAULTY_PORT"
}

use_endpoint() {
  export AWS_ENDPOINT_URL_KINESIS=$1 AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
}

stop_faulty() {
  [[ -z ${FAULTY_PID-} ]] || kill "$FAULTY_PID" 2>/dev/null || :
  unset FAULTY_PID
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

# put [OPTION…]: kinesis-put with short waits, from rows.ndjson.
put() {
  run --separate-stderr kinesis-put s --stats --backoff 1ms,1ms "$@" \
    <rows.ndjson
}
