#!/usr/bin/env bats
# credentials.bats - the chain of providers: who wins, and what is said when
# one fails.
# SPDX-License-Identifier: ISC

load helpers

setup() {
  common_setup
  local unit=${UNIT:-$ROOT/build/tests/unit}
  WHOAMI=${unit%/unit}/tools/aws-whoami
  [[ -x $WHOAMI ]] || skip "there is no $WHOAMI: make unit-tests"
  export AWS_REGION=eu-west-1 no_proxy='*'
  SERVER=
  mkdir -p "$HOME/.aws"
}

teardown() {
  [[ -z $SERVER ]] || kill "$SERVER"
}

# serve [OPTIONS]: starts the small STS, SSO, agent and IMDS; its URL is $url.
serve() {
  [[ -d $ROOT/tests/node_modules/aws4 ]] || skip "no aws4: scripts/setup"
  mkfifo port
  node "$ROOT/tests/kinesis/identity-server.js" log "${1-}" >port 3>&- &
  SERVER=$!
  read -r port <port
  url=http://127.0.0.1:$port
  : >>log
}

config() { cat >"$HOME/.aws/config"; }
credentials() { cat >"$HOME/.aws/credentials"; }
whoami() { run --separate-stderr "$WHOAMI" "$@"; }

# said NAME: the value of a line "NAME=..." of what was printed.
said() { sed -n "s/^$1=//p" <<<"$output" | tail -n 1; }

assert_said() {
  [[ $(said "$1") == "$2" ]] && return
  printf '%s is not %s\n' "$1" "$2" >&2
  show
  return 1
}

# The requests that came: METHOD URL each.
requests() { jq -r '.method + " " + .url' log; }
form() { jq -r .body log | tail -n 1 | tr '&' '\n'; }

# No word of the secret or the token may be seen anywhere.
assert_no_secret() {
  # Names of settings, aws_secret_access_key, may be.
  [[ ! "$output$stderr" =~ secret([^_]|$)|token-of ]] && return
  echo 'a secret is shown' >&2
  show
  return 1
}

env_keys() {
  export AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=secret-of-env
}

# --- environment -----------------------------------------------------------

@test "keys in the environment win over everything but --profile" {
  env_keys
  credentials <<<$'[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = secret1'
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/
  whoami
  assert_status 0
  assert_said provider environment
  assert_said key AKIAENV
  assert_said token no
  assert_said expires never
  assert_no_secret
  AWS_PROFILE=default whoami
  assert_said key AKIAENV
  whoami --profile default
  assert_status 0
  assert_said key AKIAFILE
  assert_said provider "profile 'default' (static keys)"
}

@test "a session token is taken, by its old name too" {
  env_keys
  AWS_SESSION_TOKEN=t whoami
  assert_said token yes
  AWS_SECURITY_TOKEN=t whoami
  assert_said token yes
}

@test "half of a pair of keys is status 2, not the next provider" {
  export AWS_ACCESS_KEY_ID=AKIAENV
  whoami
  assert_status 2
  assert_stderr "aws-whoami: AWS_ACCESS_KEY_ID is set, but not AWS_SECRET_ACCESS_KEY; set both or none"
  AWS_ACCESS_KEY_ID='' AWS_SECRET_ACCESS_KEY='' AWS_EC2_METADATA_DISABLED=true whoami
  assert_status 3
  assert_stderr_has "no AWS credentials"
}

@test "keys with a line end in them are refused and not shown" {
  export AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=$'secret\nsecret'
  whoami
  assert_status 2
  assert_stderr_has "hold a blank or a control byte"
  assert_no_secret
}

@test "environment keys that have expired are an error with status 3" {
  env_keys
  export AWS_CREDENTIAL_EXPIRATION=2026-01-01T00:00:00Z
  whoami --at 1767225599000
  assert_status 0
  assert_said expires 1767225600000
  whoami --at 1767225600000
  assert_status 3
  assert_stderr_has "the credentials of environment have expired"
}

@test "environment keys that the service refuses cannot be renewed" {
  env_keys
  whoami --expired
  assert_status 3
  assert_stderr_has "the service does not accept the credentials of environment"
}

# --- profiles --------------------------------------------------------------

@test "the credentials file goes before the config file" {
  credentials <<<$'[one]\naws_access_key_id = AKIAONE\naws_secret_access_key = secret1'
  config <<<$'[profile one]\naws_access_key_id = AKIATWO\naws_secret_access_key = secret2\nregion = us-west-2'
  unset AWS_REGION
  AWS_PROFILE=one whoami
  assert_status 0
  assert_said key AKIAONE
  assert_said region us-west-2
  rm "$HOME/.aws/credentials"
  AWS_DEFAULT_PROFILE=one whoami
  assert_said key AKIATWO
}

@test "a profile that does not exist is status 2" {
  whoami --profile nobody
  assert_status 2
  assert_stderr_has "there is no profile 'nobody'"
  AWS_PROFILE=nobody whoami
  assert_status 2
}

@test "half of a profile's keys is status 2" {
  credentials <<<$'[default]\naws_secret_access_key = secret1'
  whoami
  assert_status 2
  assert_stderr_has "profile 'default' has only one of aws_access_key_id and aws_secret_access_key"
  assert_no_secret
}

@test "keys that change in the file are seen when the service refuses the old" {
  credentials <<<$'[default]\ncredential_process = /bin/cat keys.json'
  echo '{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"secret1"}' >keys.json
  whoami --expired
  assert_status 3
  assert_said key AKIA1
  # Each run of this one prints another key.
  cat >next <<'SCRIPT'
#!/bin/sh
echo x >>count
printf '{"Version":1,"AccessKeyId":"AKIA%d","SecretAccessKey":"secret"}' "$(wc -l <count)"
SCRIPT
  chmod +x next
  credentials <<<$'[default]\ncredential_process = ./next'
  whoami --expired
  assert_status 0
  assert_said key AKIA2
  assert_said number 2
}

@test "a login_session is named, with a way around" {
  config <<<$'[profile me]\nlogin_session = arn:aws:iam::123456789012:user/me'
  AWS_PROFILE=me whoami
  assert_status 2
  assert_stderr_has 'export-credentials'
}

# --- credential_process ----------------------------------------------------

@test "a command's keys are taken, its words split without a shell" {
  cat >'my keys' <<'SCRIPT'
#!/bin/sh
[ "$1" = 'a b' ] && [ "$2" = '$HOME' ] && [ "$#" = 2 ] || exit 9
echo "for people" >&2
cat <<'JSON'
{
  "Version": 1, "AccessKeyId": "AKIAPROC", "SecretAccessKey": "secret",
  "SessionToken": "token-of-proc", "Expiration": "2030-01-01T00:00:00Z"
}
JSON
SCRIPT
  chmod +x 'my keys'
  config <<<$'[default]\ncredential_process = "./my keys" \'a b\' $HOME'
  whoami
  assert_status 0
  assert_said provider "profile 'default' (credential_process)"
  assert_said key AKIAPROC
  assert_said token yes
  assert_said expires 1893456000000
  assert_stderr "for people"
  assert_no_secret
}

@test "a command gets no descriptors, no pending signal mask, no stdin" {
  cat >look <<'SCRIPT'
#!/bin/bash
ls /proc/self/fd >fds
grep -E 'Sig(Blk|Ign)' /proc/self/status >signals
cat >stdin
echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}'
SCRIPT
  chmod +x look
  config <<<$'[default]\ncredential_process = ./look'
  run --separate-stderr bash -c "trap '' PIPE; exec '$WHOAMI' <<<input 7</dev/null"
  assert_status 0
  # 3 is the folder that ls itself reads.
  [[ $(tr '\n' ' ' <fds) == '0 1 2 3 ' ]]
  [[ $(grep -c '0000000000000000' signals) -eq 2 ]]
  [[ ! -s stdin ]]
}

@test "a command that fails is said, and what it printed is not" {
  cat >bad <<'SCRIPT'
#!/bin/sh
echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"secret"}'
exit 4
SCRIPT
  chmod +x bad
  config <<<$'[default]\ncredential_process = ./bad --password secret'
  whoami
  assert_status 3
  assert_stderr "aws-whoami: credential_process './bad' of profile 'default' ended with status 4"
  config <<<$'[default]\ncredential_process = /no/such/thing'
  whoami
  assert_status 3
  assert_stderr_has "was not found"
  config <<<$'[default]\ncredential_process = "/bin/true'
  whoami
  assert_status 2
  assert_stderr_has "open quote"
}

@test "what is not Version 1 JSON from a command is refused, unseen" {
  local bad
  for bad in 'secret' '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"secret"}' \
    '{"Version":1,"AccessKeyId":"A"}' '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"secret","Expiration":"soon"}' \
    '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"secret\n"}'; do
    printf '%s' "$bad" >out
    config <<<$'[default]\ncredential_process = cat out'
    whoami
    assert_status 3
    assert_stderr_has "credential_process 'cat' of profile 'default' printed"
    assert_no_secret
  done
}

# --- roles -----------------------------------------------------------------

role_profile() {
  export AWS_ENDPOINT_URL_STS=$url
  credentials <<<$'[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = secret-of-base'
  config <<'CONFIG'
[profile app]
role_arn = arn:aws:iam::123456789012:role/app
source_profile = base
role_session_name = nightly
external_id = x&y
duration_seconds = 900
CONFIG
  export AWS_PROFILE=app
}

@test "a role is assumed by its source profile, with a signature that holds" {
  serve '{"secrets":{"AKIABASE":"secret-of-base"}}'
  role_profile
  whoami
  assert_status 0
  assert_said provider "profile 'app' (role 'arn:aws:iam::123456789012:role/app' by source profile 'base')"
  assert_said key ASIAROLE1
  assert_said token yes
  assert_no_secret
  [[ $(form) == *"RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fapp"* ]]
  [[ $(form) == *"RoleSessionName=nightly"* ]]
  [[ $(form) == *"ExternalId=x%26y"* ]]
  [[ $(form) == *"DurationSeconds=900"* ]]
}

@test "a role of a role of a command is assumed step by step" {
  serve '{"secrets":{"AKIABASE":"secret-of-base"}}'
  role_profile
  config <<'CONFIG'
[profile app]
role_arn = arn:aws:iam::1:role/outer
source_profile = middle
[profile middle]
role_arn = arn:aws:iam::1:role/inner
source_profile = command
[profile command]
credential_process = cat keys
CONFIG
  echo '{"Version":1,"AccessKeyId":"AKIABASE","SecretAccessKey":"secret-of-base"}' >keys
  whoami
  assert_status 0
  assert_said key ASIAROLE2
  [[ $(requests | wc -l) -eq 2 ]]
  # The outer role is asked for with the inner one's token.
  [[ $(jq -r '.headers["x-amz-security-token"]' log | tail -n 1) == token-of-role-1 ]]
}

@test "a role may be assumed by the environment's keys" {
  serve '{"secrets":{"AKIAENV":"secret-of-env"}}'
  role_profile
  env_keys
  config <<<$'[profile app]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Environment'
  whoami --profile app
  assert_status 0
  assert_said key ASIAROLE1
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  whoami --profile app
  assert_status 2
  assert_stderr_has "credential_source Environment, which has no credentials here"
}

@test "a role's profile that makes no sense is status 2 and says why" {
  credentials <<<$'[base]\naws_access_key_id = A\naws_secret_access_key = s'
  local rest=$'[profile app]\nrole_arn = arn:aws:iam::1:role/r\n' line
  export AWS_PROFILE=app
  while IFS='|' read -r line why; do
    config <<<"$rest${line//;/$'\n'}"
    whoami
    assert_status 2
    assert_stderr_has "$why"
  done <<'TABLE'
|neither source_profile nor credential_source
source_profile = base;credential_source = Environment|both source_profile and credential_source
source_profile = nobody|has source_profile 'nobody', which does not exist
source_profile = app|leads back to 'app'
source_profile = two;[profile two];role_arn = r;source_profile = app|leads back to 'app'
source_profile = two;[profile two];region = x|has source_profile 'two', which has no credentials
credential_source = Moon|credential_source 'Moon'
source_profile = base;mfa_serial = arn:m|wants an MFA code
source_profile = base;duration_seconds = 60|duration_seconds '60'; it must be 900 to 43200
TABLE
}

@test "a profile may assume its role with keys of its own" {
  serve '{"secrets":{"AKIAAPP":"secret-of-app"}}'
  role_profile
  credentials <<<$'[app]\naws_access_key_id = AKIAAPP\naws_secret_access_key = secret-of-app'
  config <<<$'[profile app]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = app'
  whoami
  assert_status 0
  assert_said key ASIAROLE1
}

@test "a refusal by STS is said in its words, with status 3, and nobody else is asked" {
  serve '{"secrets":{}}'
  role_profile
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=$url/container
  whoami
  assert_status 3
  assert_stderr_has "no credentials for role 'arn:aws:iam::123456789012:role/app' from 127.0.0.1:$port: 'InvalidClientTokenId': 'The security token included in the request is invalid'"
  [[ $(requests) == 'POST /' ]]
  assert_no_secret
}

@test "STS in trouble is asked AWS_MAX_ATTEMPTS times" {
  serve '{"secrets":{"AKIABASE":"secret-of-base"},"faults":[{"path":"/","status":503,"times":2}]}'
  role_profile
  whoami
  assert_status 0
  [[ $(requests | wc -l) -eq 3 ]]
  kill "$SERVER"
  rm -f port log
  serve '{"faults":[{"path":"/","status":503,"times":9}]}'
  export AWS_ENDPOINT_URL_STS=$url AWS_MAX_ATTEMPTS=2
  whoami
  assert_status 3
  assert_stderr_has "'HTTP 503'"
  [[ $(requests | wc -l) -eq 2 ]]
}

@test "a clock that is an hour behind is corrected by what STS answers" {
  serve '{"secrets":{"AKIABASE":"secret-of-base"},"skew":3600}'
  role_profile
  whoami
  assert_status 0
  assert_said key ASIAROLE1
  (($(said offset) > 3590000 && $(said offset) < 3610000))
  [[ $(requests | wc -l) -eq 2 ]]
}

@test "an answer of STS without credentials is an error" {
  serve '{"faults":[{"path":"/","status":200,"body":"<html>login</html>"}]}'
  role_profile
  whoami
  assert_status 3
  assert_stderr_has "its answer holds no credentials"
}

# --- web identity ----------------------------------------------------------

@test "a web identity is exchanged unsigned, its token read anew each time" {
  serve '{"ttl":900}'
  export AWS_ENDPOINT_URL_STS=$url AWS_ROLE_ARN=arn:aws:iam::1:role/pod
  export AWS_WEB_IDENTITY_TOKEN_FILE=$PWD/jwt AWS_ROLE_SESSION_NAME=pod-1
  echo eyJ.first.x >jwt
  whoami --again $(($(date +%s%3N) + 600000))
  assert_status 0
  assert_said provider "web identity (role 'arn:aws:iam::1:role/pod')"
  assert_said key ASIAWEB2
  [[ $(jq -r '.headers.authorization' log | sort -u) == null ]]
  [[ $(form) == *"WebIdentityToken=eyJ.first.x"* ]]
  [[ $(form) == *"RoleSessionName=pod-1"* ]]
  unset AWS_ROLE_ARN
  whoami
  assert_status 2
  assert_stderr_has "AWS_ROLE_ARN"
}

@test "a profile may name a web identity; a missing or empty token file is said" {
  serve
  export AWS_ENDPOINT_URL_STS=$url AWS_PROFILE=pod
  config <<<$'[profile pod]\nrole_arn = arn:aws:iam::1:role/pod\nweb_identity_token_file = jwt'
  whoami
  assert_status 3
  assert_stderr_has "cannot read 'jwt': No such file or directory"
  : >jwt
  whoami
  assert_status 3
  assert_stderr_has "the token file 'jwt' is empty"
  echo token >jwt
  whoami
  assert_status 0
  assert_said provider "profile 'pod' (web identity, role 'arn:aws:iam::1:role/pod')"
}

# --- SSO -------------------------------------------------------------------

# sso_profile TOKEN EXPIRES [MORE MEMBERS]
sso_profile() {
  export AWS_ENDPOINT_URL_SSO=$url AWS_ENDPOINT_URL_SSO_OIDC=$url AWS_PROFILE=dev
  config <<'CONFIG'
[profile dev]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev Ops
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-central-1
CONFIG
  cache=$HOME/.aws/sso/cache/$(printf corp | sha1sum | cut -d ' ' -f 1).json
  mkdir -p "${cache%/*}"
  printf '{"accessToken":"%s","expiresAt":"%s"%s}' "$1" "$2" "${3-}" >"$cache"
}

@test "the token of aws sso login is exchanged for a role's keys" {
  serve
  sso_profile good-token 2099-01-01T00:00:00Z
  whoami
  assert_status 0
  assert_said provider "profile 'dev' (SSO)"
  assert_said key ASIASSO1
  assert_said token yes
  assert_no_secret
  [[ $(requests) == 'GET /federation/credentials?role_name=Dev%20Ops&account_id=123456789012' ]]
  [[ $(jq -r '.headers["x-amz-sso_bearer_token"]' log) == good-token ]]
}

@test "an SSO session of the old form is found by its start URL" {
  serve
  sso_profile good-token 2099-01-01T00:00:00UTC
  config <<'CONFIG'
[profile dev]
sso_account_id = 123456789012
sso_role_name = r
sso_start_url = https://old.awsapps.com/start
sso_region = eu-central-1
CONFIG
  mv "$cache" "${cache%/*}/$(printf https://old.awsapps.com/start | sha1sum | cut -d ' ' -f 1).json"
  whoami
  assert_status 0
  assert_said key ASIASSO1
}

@test "without a good SSO session the message says to log in" {
  serve
  sso_profile good-token 2020-01-01T00:00:00Z
  whoami
  assert_status 3
  assert_stderr_has "the SSO session has expired for profile 'dev'; run: aws sso login"
  sso_profile bad-token 2099-01-01T00:00:00Z
  whoami
  assert_status 3
  assert_stderr_has "run: aws sso login"
  rm "$cache"
  whoami
  assert_status 3
  assert_stderr_has "there is no SSO session for profile 'dev'; run: aws sso login"
  config <<<$'[profile dev]\nsso_account_id = 1'
  whoami
  assert_status 2
  assert_stderr_has "has no sso_role_name"
}

@test "an expired SSO session is renewed, and the cache keeps the new token" {
  serve
  sso_profile old 2020-01-01T00:00:00Z ',"refreshToken":"r","clientId":"c","clientSecret":"secret","registrationExpiresAt":"2099-01-01T00:00:00Z","region":"eu-central-1","startUrl":"https://corp.awsapps.com/start"'
  whoami
  assert_status 0
  assert_said key ASIASSO1
  assert_no_secret
  [[ $(requests | head -n 1) == 'POST /token' ]]
  [[ $(jq -c 'select(.url=="/token").body | fromjson | [.clientId,.clientSecret,.refreshToken,.grantType]' log) == '["c","secret","r","refresh_token"]' ]]
  [[ $(jq -r '.accessToken + " " + .refreshToken + " " + .startUrl' "$cache") == 'good-renewed next https://corp.awsapps.com/start' ]]
  [[ $(stat -c %a "$cache") == 600 ]]
  # The next one finds it.
  whoami
  [[ $(requests | grep -c /token) -eq 1 ]]
}

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
    http://10.0.0.1/ http://169.254.169.254/; do
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

@test "where nobody answers as IMDS there are no credentials, and soon" {
  imds http://127.0.0.1:1
  whoami
  assert_status 3
  assert_stderr_has "no AWS credentials"
  assert_stderr_has "set AWS_ACCESS_KEY_ID"
  assert_stderr_has "not connected"
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
  assert_stderr_has "warning: credential_process './once' of profile 'base' ended with status 1; the old credentials are still good and used on"
  rm ran
  whoami --at "$now" --again $((now + 61 * 60000))
  assert_status 3
  assert_stderr_has "ended with status 1"
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
