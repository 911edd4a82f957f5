#!/usr/bin/env bats
# sigv4.bats - our signatures against recorded ones, and against two signers
# that are none of ours.
# SPDX-License-Identifier: ISC

load helpers

setup() {
  common_setup
  local unit=${UNIT:-$ROOT/build/tests/unit}
  export SIGN=${unit%/unit}/tools/aws-sign
  [[ -x $SIGN ]] || skip "there is no $SIGN: make unit-tests"
}

@test "every stage of every recorded signature is ours, byte for byte" {
  local cases=0 folder stage
  for folder in "$VECTORS"/sigv4/*/; do
    "$SIGN" <"$folder/request.txt" >out.json
    for stage in canonical:canonical-request to_sign:string-to-sign \
      signature:signature authorization:authorization; do
      jq -j ".${stage%%:*}" out.json >ours
      cmp ours "$folder/${stage#*:}"
    done
    cases=$((cases + 1))
  done
  ((cases >= 20))
}

@test "one key cache serves requests of many days, regions and secrets" {
  cat "$VECTORS"/sigv4/*/request.txt >all
  "$SIGN" <all | jq -r .signature >ours
  for folder in "$VECTORS"/sigv4/*/; do
    cat "$folder/signature"
    echo
  done >theirs
  diff ours theirs
}

@test "botocore, aws4, OpenSSL's HMAC and we agree on 500 random requests" {
  /usr/bin/python3 -c 'import botocore' 2>/dev/null ||
    skip "no botocore: apt-get install python3-botocore"
  [[ -d $ROOT/tests/node_modules/aws4 ]] || skip "no aws4: scripts/setup"
  run --separate-stderr /usr/bin/python3 "$VECTORS/sigv4/make.py" random 500 \
    "${SEED:-$RANDOM}"
  assert_status 0
  assert_output "500 requests agree"
}
