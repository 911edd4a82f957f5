#!/usr/bin/env bats
# credentials-roles.bats - roles by STS, web identities, SSO.
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own
# shellcheck disable=SC2034,SC2094,SC2154 # shared with credentials.bash

load credentials

# --- roles -----------------------------------------------------------------

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

@test "a role may be assumed by the instance's or the container's keys" {
  serve
  export AWS_ENDPOINT_URL_STS=$url AWS_PROFILE=app
  export AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=$url
  config <<<$'[profile app]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Ec2InstanceMetadata'
  whoami
  assert_status 0
  # The server has checked that STS was asked with the keys that it had given.
  [[ $(requests | tail -n 2) == *$'/the-role\nPOST /' ]]
  assert_said key ASIAROLE2
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=$url/container
  config <<<$'[profile app]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = EcsContainer'
  whoami
  assert_status 0
  [[ $(requests | tail -n 2) == $'GET /container\nPOST /' ]]
  assert_said key ASIAROLE4
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
source_profile = base;mfa_serial = arn:m|needs an MFA code
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

@test "keys of a role have not expired because our clock is two hours ahead" {
  serve '{"secrets":{"AKIABASE":"secret-of-base"},"skew":-7200}'
  role_profile
  whoami
  assert_status 0
  assert_said key ASIAROLE1
  (($(said due) < $(said expires)))
  # Nobody signed: the service of the keys will tell the time.
  unset AWS_PROFILE
  export AWS_ROLE_ARN=arn:aws:iam::1:role/pod
  export AWS_WEB_IDENTITY_TOKEN_FILE=$PWD/jwt
  echo eyJ.x >jwt
  whoami
  assert_status 0
  assert_said key ASIAWEB2
}

@test "STS is asked through the proxy of the environment" {
  serve '{"secrets":{"AKIABASE":"secret-of-base"}}'
  role_profile
  unset no_proxy
  export http_proxy=$url AWS_ENDPOINT_URL_STS=http://sts.example
  whoami
  assert_status 0
  assert_said key ASIAROLE1
  [[ $(requests) == 'POST http://sts.example/' ]]
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

@test "a profile that assumes a role goes before a pod's identity, any other after it with a word" {
  serve '{"secrets":{"AKIABASE":"secret-of-base"}}'
  role_profile
  export AWS_ROLE_ARN=arn:aws:iam::1:role/pod
  export AWS_WEB_IDENTITY_TOKEN_FILE=$PWD/jwt
  echo eyJ.x >jwt
  whoami
  assert_status 0
  assert_said provider "profile 'app' (role 'arn:aws:iam::123456789012:role/app' by source profile 'base')"
  AWS_PROFILE=base whoami
  assert_status 0
  assert_said provider "web identity (role 'arn:aws:iam::1:role/pod')"
  assert_stderr "aws-whoami: warning: AWS_WEB_IDENTITY_TOKEN_FILE takes precedence over profile 'base', which assumes no role; --profile takes precedence over both"
  whoami --profile base
  assert_said provider "profile 'base' (static keys)"
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
