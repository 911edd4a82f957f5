#!/usr/bin/env bats
# credentials.bats - the chain of providers: environment, shared files,
# commands; who wins, and what is said when one fails.
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own
# shellcheck disable=SC2034,SC2094,SC2154 # shared with credentials.bash

load credentials

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
  assert_stderr_has "contain a blank or a control byte"
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

@test "without HOME the system says where the files are" {
  home=$(getent passwd "$(id -u)" | cut -d: -f6)
  [[ -n $home ]] || skip 'nobody knows this user'
  run --separate-stderr env -u HOME "$WHOAMI" --profile no-such-profile
  assert_status 2
  assert_stderr "aws-whoami: there is no profile 'no-such-profile' in \
'$home/.aws/config' or '$home/.aws/credentials'; correct --profile or AWS_PROFILE"
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
  # SIGPIPE is back; what else the caller ignores is not ours to change.
  grep -q 'SigBlk:[[:space:]]*0000000000000000' signals
  (((16#$(sed -n 's/^SigIgn:[[:space:]]*//p' signals) & 0x1000) == 0))
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
