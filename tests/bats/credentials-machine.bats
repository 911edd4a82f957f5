#!/usr/bin/env bats
# credentials-machine.bats - container, IMDS, refresh, endpoints, TLS.
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own
# shellcheck disable=SC2034,SC2094,SC2154 # shared with credentials.bash

load credentials

# --- container -------------------------------------------------------------

@test "the container's agent is asked with its token, read anew from its file" {
  serve '{"authorization":"Basic abc"}'
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=$url/container
  export AWS_CONTAINER_AUTHORIZATION_TOKEN=wrong
  export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$PWD/auth
  echo 'Basic abc' >auth
  whoami
  assert_status 0
  assert_said provider container
  assert_said key ASIACONTAINER1
  echo 'Basic other' >auth
  whoami
  assert_status 3
  assert_stderr_has "no credentials from the container: 'AccessDenied': 'wrong token'"
  printf 'Basic abc\r\nX-Evil: 1' >auth
  whoami
  assert_status 2
  assert_stderr_has "line end"
}

@test "the container's agent in clear must be in this machine" {
  local bad
  for bad in http://example.com/ http://127.0.0.1.example.com/x ftp://127.0.0.1/ \
    http://10.0.0.1/ http://169.254.169.254/ \
    http://127.0.0.1:80@example.com/ http://[::1]@example.com/; do
    AWS_CONTAINER_CREDENTIALS_FULL_URI=$bad whoami
    assert_status 2
    assert_stderr_has "it must be https, or http to this machine"
  done
}

@test "an agent that fails is tried three times and then is an error, not the next provider" {
  serve '{"faults":[{"path":"/container","status":500,"times":9}]}'
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=$url/container
  export AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=$url
  whoami
  assert_status 3
  assert_stderr_has "no credentials from the container: 'HTTP 500'"
  [[ $(requests | sort | uniq -c | tr -s ' ') == ' 3 GET /container' ]]
}

# in_namespace ADDRESS COMMAND...: with that address on a loopback of its own.
in_namespace() {
  command -v unshare ip >/dev/null || skip "no unshare or ip"
  unshare -rn true 2>/dev/null || skip "no user namespaces here"
  # shellcheck disable=SC2016 # expanded inside
  run --separate-stderr unshare -rn bash -c '
    address=$1 options=$2 && shift 2
    ip link set lo up && ip address add "$address/32" dev lo || exit 99
    mkfifo port
    node "$ROOT/tests/kinesis/identity-server.js" log "$options" >port 3>&- &
    trap "kill $!" EXIT
    read -r port <port
    "$@"
  ' in_namespace "$1" "{\"host\":\"$1\",\"port\":80}" "${@:2}"
}

@test "a relative URI is asked of 169.254.170.2, by no proxy" {
  export AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/container
  unset no_proxy
  export http_proxy=http://127.0.0.1:1
  in_namespace 169.254.170.2 "$WHOAMI"
  assert_status 0
  assert_said provider container
  assert_said key ASIACONTAINER1
}

@test "IMDS is asked at 169.254.169.254" {
  export AWS_EC2_METADATA_DISABLED=false
  in_namespace 169.254.169.254 "$WHOAMI"
  assert_status 0
  assert_said provider IMDS
}

# --- IMDS ------------------------------------------------------------------

imds() {
  export AWS_EC2_METADATA_DISABLED=false
  export AWS_EC2_METADATA_SERVICE_ENDPOINT=${1:-$url}
}

@test "the instance's role is asked by IMDSv2, token first, by no proxy" {
  serve
  imds "$url/"
  unset no_proxy
  http_proxy=http://127.0.0.1:1 whoami
  assert_status 0
  assert_said provider IMDS
  assert_said key ASIAIMDS1
  [[ $(requests) == $'PUT /latest/api/token\nGET /latest/meta-data/iam/security-credentials/\nGET /latest/meta-data/iam/security-credentials/the-role' ]]
  [[ $(jq -r '.headers["x-aws-ec2-metadata-token-ttl-seconds"]' log | head -n 1) == 21600 ]]
}

@test "IMDS may be elsewhere by the profile, but the environment goes before it" {
  serve
  config <<CONFIG
[default]
ec2_metadata_service_endpoint = $url/
metadata_service_num_attempts = 2
CONFIG
  unset AWS_EC2_METADATA_DISABLED
  whoami
  assert_status 0
  assert_said provider IMDS
  AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1 whoami
  assert_status 3
}

@test "a CA bundle that cannot be read is status 2, from wherever it is named" {
  env_keys
  AWS_CA_BUNDLE=/nowhere whoami
  assert_status 2
  assert_stderr_has "AWS_CA_BUNDLE is '/nowhere': cannot read it: No such file"
  config <<<$'[default]\nca_bundle = /nowhere'
  whoami
  assert_status 2
  assert_stderr_has "ca_bundle is '/nowhere'"
}

@test "where nobody answers as IMDS there are no credentials, and soon" {
  imds http://127.0.0.1:1
  whoami
  assert_status 3
  assert_stderr_has "no AWS credentials"
  assert_stderr_has "set AWS_ACCESS_KEY_ID"
  assert_stderr_has "not connected"
}

@test "IMDS that is in trouble for a moment is asked three times" {
  serve '{"faults":[{"path":"/latest/api/token","status":503,"times":2}]}'
  imds
  whoami
  assert_status 0
  assert_said key ASIAIMDS1
  [[ $(requests | grep -c PUT) == 3 ]]
}

@test "where the token of IMDSv2 cannot be had, v1 is asked, unless that is ruled out" {
  export AWS_METADATA_SERVICE_NUM_ATTEMPTS=1
  for status in 403 404 405 0; do
    serve '{"v1":true,"faults":[{"path":"/latest/api/token","status":'$status'}]}'
    imds
    whoami
    assert_status 0
    assert_said key ASIAIMDS1
    AWS_EC2_METADATA_V1_DISABLED=true whoami
    kill "$SERVER"
    rm port
  done
  serve '{"faults":[{"path":"/latest/api/token","status":405,"times":9}]}'
  imds
  AWS_EC2_METADATA_V1_DISABLED=true whoami
  assert_status 3
  assert_stderr_has 'no AWS credentials'
  [[ $(tail -n 1 log | jq -r .method) == PUT ]]
  whoami # and an IMDS that insists on v2 has none
  assert_status 3
}

@test "an instance without a role has no credentials" {
  serve '{"faults":[{"path":"/latest/meta-data/iam/security-credentials/","status":404}]}'
  imds
  whoami
  assert_status 3
  assert_stderr_has "no AWS credentials"
  assert_stderr_has "this instance has no role attached"
}

@test "IMDS that answers 200 with another code than Success is an error" {
  serve '{"faults":[{"path":"/latest/meta-data/iam/security-credentials/the-role","status":200,"body":"{\"Code\":\"AssumeRoleUnauthorizedAccess\"}"}]}'
  imds
  whoami
  assert_status 3
  assert_stderr_has "no credentials from IMDS: 'AssumeRoleUnauthorizedAccess'"
}

@test "keys of IMDS that are near their end are used on, and asked for again within ten minutes" {
  serve '{"ttl":-60}'
  imds
  local now
  now=$(date +%s%3N)
  whoami --at "$now"
  assert_status 0
  (($(said expires) >= now + 17 * 60000 && $(said expires) <= now + 25 * 60000))
  (($(said due) >= now + 2 * 60000 && $(said due) <= now + 10 * 60000))
}

# --- refresh ---------------------------------------------------------------

@test "keys are renewed a quarter of an hour before they expire" {
  serve
  imds
  local now
  now=$(date +%s%3N)
  whoami --at "$now" --again $((now + 44 * 60000))
  assert_said key ASIAIMDS1
  whoami --at "$now" --again $((now + 46 * 60000))
  assert_said key ASIAIMDS3
  assert_said number 2
}

@test "a renewal that fails is a warning while the old keys are good" {
  serve '{"secrets":{"AKIABASE":"secret-of-base"}}'
  role_profile
  # The second asking finds the source profile's command gone.
  cat >once <<'SCRIPT'
#!/bin/sh
[ ! -e ran ] || exit 1
: >ran
echo '{"Version":1,"AccessKeyId":"AKIABASE","SecretAccessKey":"secret-of-base"}'
SCRIPT
  chmod +x once
  credentials <<<$'[base]\ncredential_process = ./once'
  local now
  now=$(date +%s%3N)
  whoami --at "$now" --again $((now + 50 * 60000))
  assert_status 0
  assert_said key ASIAROLE1
  assert_stderr_has "warning: credential_process './once' of profile 'base' ended with status 1; the old credentials are still valid and stay in use"
  rm ran
  whoami --at "$now" --again $((now + 61 * 60000))
  assert_status 3
  assert_stderr_has "ended with status 1"
}

@test "an outage of a provider is said once, once more when nothing is left, and its end" {
  serve '{"faults":[{"path":"/container","status":503,"after":1,"times":15}]}'
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=$url/container no_proxy=127.0.0.1
  local now minute=60000
  now=$(date +%s%3N)
  whoami --at "$now" --again $((now + 46 * minute)) \
    --again $((now + 48 * minute)) --again $((now + 61 * minute)) \
    --again $((now + 62 * minute)) --again $((now + 63 * minute)) \
    --again $((now + 50 * minute))
  [[ $(grep -c '503' <<<"$stderr") == 2 ]]
  [[ $(grep -c 'stay in use' <<<"$stderr") == 1 ]]
  [[ $(tail -n 1 <<<"$stderr") == \
  'aws-whoami: warning: container gives credentials again' ]]
  assert_said key ASIACONTAINER2
}

@test "a file that is half written when keys are renewed is read again later" {
  credentials <<<$'[base]\naws_access_key_id = A'
  cat >keys <<SCRIPT
#!/bin/sh
printf '[app]\naws_access_key_id = half\n' >"$HOME/.aws/credentials"
echo '{"Version":1,"AccessKeyId":"AKIAX","SecretAccessKey":"secret-x",
  "Expiration":"$(date -u -d '+1 hour' +%FT%TZ)"}'
SCRIPT
  chmod +x keys
  config <<<"[profile app]"$'\n'"credential_process = $PWD/keys"
  whoami --profile app --again $(($(date +%s%3N) + 50 * 60000))
  assert_status 0
  assert_said key AKIAX
  assert_stderr_has 'warning: profile '"'app'"' has only one of'
}

# --- endpoints -------------------------------------------------------------

@test "endpoints follow region, flags and the settings of the SDKs" {
  env_keys
  whoami
  assert_said kinesis https://kinesis.eu-west-1.amazonaws.com/
  AWS_USE_FIPS_ENDPOINT=true whoami
  assert_said kinesis https://kinesis-fips.eu-west-1.amazonaws.com/
  assert_said sts https://sts-fips.eu-west-1.amazonaws.com/
  AWS_USE_DUALSTACK_ENDPOINT=true whoami --region cn-north-1
  assert_said kinesis https://kinesis.cn-north-1.api.amazonwebservices.com.cn/
  AWS_ENDPOINT_URL=http://localhost:1 AWS_ENDPOINT_URL_KINESIS=http://localhost:2 whoami
  assert_said kinesis http://localhost:2/
  assert_said sts http://localhost:1/
  AWS_ENDPOINT_URL=http://localhost:1 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true \
    whoami --endpoint-url http://localhost:3
  assert_said kinesis http://localhost:3/
  assert_said sts https://sts.eu-west-1.amazonaws.com/
  AWS_ENDPOINT_URL=http://localhost:1 AWS_USE_FIPS_ENDPOINT=true whoami
  [[ $(said kinesis) == *"FIPS and dual-stack are for Amazon's own endpoints"* ]]
}

@test "TLS is checked against AWS_CA_BUNDLE" {
  command -v openssl >/dev/null || skip "no openssl"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>openssl.log
  mkfifo port
  node -e '
    const fs = require("fs")
    require("https").createServer({ key: fs.readFileSync("key.pem"), cert: fs.readFileSync("cert.pem") },
      (q, r) => { const b = JSON.stringify({ AccessKeyId: "ASIATLS", SecretAccessKey: "s", Token: "t" })
        r.writeHead(200, { "Content-Length": b.length }); r.end(b) })
      .listen(0, "127.0.0.1", function () { console.log(this.address().port) })' >port 3>&- &
  SERVER=$!
  read -r port <port
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=https://localhost:$port/
  AWS_CA_BUNDLE=$PWD/cert.pem whoami
  assert_status 0
  assert_said key ASIATLS
  whoami
  assert_status 3
  assert_stderr_has "'TLS failed'"
}
