# credentials.bash - what the files about credentials share; loads helpers.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2094 # set by bats, read by those who load this

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

# A profile whose role is assumed by the static keys of another.
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
