#!/usr/bin/env bats
# kinesis-put over TLS: whom it trusts.  All else over TLS is in the files that
# run with each emulator.
# SPDX-License-Identifier: ISC

load helpers
SCHEME=https
load faulty

setup() {
  common_setup
  rows 100
}

# nothing_goes WHY: to whom we do not know.
nothing_goes() {
  put --retry-for 100ms --undelivered kept
  assert_status 1
  assert_stderr_has "$1"
  [[ ! -s stored.log ]]
  diff rows.ndjson <(sort -V kept)
  assert_account
}

@test "AWS_CA_BUNDLE names whom to trust" {
  start_faulty
  put
  assert_status 0
  assert_stored_once rows.ndjson
}

@test "the profile's ca_bundle names whom to trust, AWS_CA_BUNDLE goes before it" {
  start_faulty
  printf '[default]\nca_bundle = %s\n' "$AWS_CA_BUNDLE" >config
  export AWS_CONFIG_FILE=$PWD/config
  unset AWS_CA_BUNDLE
  put
  assert_status 0
  assert_stored_once rows.ndjson
  make_ca "$PWD" subjectAltName=IP:127.0.0.1
  AWS_CA_BUNDLE=$PWD/ca.pem put --retry-for 100ms
  assert_status 1
  assert_stored_once rows.ndjson
}

@test "who is signed by nobody that we know gets nothing" {
  start_faulty
  unset AWS_CA_BUNDLE
  nothing_goes certificate
}

@test "who has a certificate of another name gets nothing" {
  make_ca "$PWD" subjectAltName=DNS:kinesis.example
  own_faulty '[]' --tls "$PWD/server.pem"
  export AWS_CA_BUNDLE=$PWD/ca.pem
  nothing_goes name
}

@test "who has a certificate that has expired gets nothing" {
  make_ca "$PWD" subjectAltName=IP:127.0.0.1 -days 0
  own_faulty '[]' --tls "$PWD/server.pem"
  export AWS_CA_BUNDLE=$PWD/ca.pem
  nothing_goes expired
}

@test "HTTP/2 is not offered" {
  start_faulty
  # The server is one who would notice.
  run curl -q -sS --http2 --cacert "$AWS_CA_BUNDLE" "$AWS_ENDPOINT_URL_KINESIS"
  [[ $status -ne 0 ]] || skip 'this node takes HTTP/2 for none'
  put
  assert_status 0
  assert_stored_once rows.ndjson
}
