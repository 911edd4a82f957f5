# scripts-setup - what is missing is installed, what is there is left alone.
# SPDX-License-Identifier: ISC
#
# In a tree and a PATH of its own: commands are links to the real ones, except
# apt-get, npm and sudo, which only write down how they were called.

load helpers

setup() {
  common_setup
  mkdir -p tree/scripts tree/tests/node_modules fake
  cp "$SCRIPTS/setup" tree/scripts
  echo '{}' | tee tree/tests/package-lock.json \
    >tree/tests/node_modules/.installed-from
  log=$PWD/log
  : >"$log"
  for name in bash env cat cp cmp test printf tail make gcc cc jq curl ps ss node \
    bats clang-format git openssl mandoc shellcheck setpriv mkdir chmod; do
    link "$name"
  done
  # pkg-config knows every library, except those in $PWD/lacking.
  stub pkg-config '! grep -qx "$2" '"$PWD/lacking"' 2>/dev/null'
  stub apt-get "echo \"apt-get \$*\" >>$log"
  stub npm "echo \"npm \$*\" >>$log; mkdir -p node_modules"
  link grep
  [[ -d /usr/lib/python3/dist-packages/botocore && -x /usr/bin/python3 ]] ||
    skip_botocore=1
}

link() {
  local path

  path=$(type -P "$1") || path=$(type -P true)
  ln -sf "$path" "fake/$1"
}

stub() {
  printf '#!/bin/bash\n%s\n' "$2" >"fake/$1"
  chmod +x "fake/$1"
}

setup_script() {
  run --separate-stderr "$@" "$(type -P env)" PATH="$PWD/fake" "$BASH" \
    tree/scripts/setup
}

as_nobody() {
  if ((EUID == 0)); then
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*
    chmod -R a+rwX "$BATS_TEST_TMPDIR"
    as=("$(type -P setpriv)" --reuid=65534 --clear-groups)
    "${as[@]}" test -r "$PWD/tree/scripts/setup" ||
      skip 'another user cannot read this folder'
  else
    as=()
  fi
}

@test "where nothing is missing setup says nothing and calls nothing" {
  [[ -z ${skip_botocore-} ]] || skip 'python3-botocore is missing here'
  setup_script
  assert_status 0
  assert_stderr ''
  assert_output ''
  [[ ! -s $log ]]
}

@test "setup names what is missing, installs it, and no more" {
  ((EUID == 0)) || skip 'needs root'
  [[ -z ${skip_botocore-} ]] || skip 'python3-botocore is missing here'
  rm fake/bats
  echo libcurl >lacking
  stub apt-get "echo \"apt-get \$*\" >>$log
    echo \"frontend \$DEBIAN_FRONTEND\" >>$log
    case \$* in *install*) cp fake/true fake/bats; : >lacking;; esac"
  link true
  setup_script
  assert_status 0
  assert_stderr_has 'setup: installing libcurl4-openssl-dev bats'
  grep 'install --no-install-recommends libcurl4-openssl-dev bats$' "$log"
  grep -x 'frontend noninteractive' "$log"
}

@test "setup fetches the lists of packages where an install fails, and tries again" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/jq
  stub apt-get "echo \"apt-get \$*\" >>$log
    case \$* in *update) : >updated;; *install*) [[ -e updated ]] && cp fake/cat fake/jq;; esac"
  setup_script
  assert_status 0
  grep 'update$' "$log"
}

@test "what the tests can do without does not stop setup" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/shellcheck
  stub apt-get 'exit 100'
  setup_script
  assert_status 0
  assert_stderr_has 'shellcheck is not to be had; some tests will be skipped'
}

@test "setup fails where something needed cannot be installed, and names it" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/bats
  stub apt-get 'exit 100'
  setup_script
  assert_status 1
  assert_stderr_has 'still missing: bats'
}

@test "npm is installed only where the command is missing" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/npm
  stub apt-get "echo \"apt-get \$*\" >>$log; case \$* in *install*) cp fake/cat fake/npm;; esac"
  setup_script
  grep -E 'install .* npm$|install .* npm ' "$log"
  run grep -w nodejs "$log"
  assert_status 1
}

@test "without root or sudo setup says exactly what to install, with status 1" {
  as_nobody
  rm fake/bats fake/jq
  setup_script "${as[@]}"
  assert_status 1
  assert_stderr_has 'apt-get install --no-install-recommends bats jq'
  [[ ! -s $log ]]
}

@test "with sudo that asks for no password setup installs by it" {
  as_nobody
  rm fake/jq
  stub sudo "[[ \$1 != -n ]] || shift; echo \"sudo \$*\" >>$log; \"\$@\""
  stub apt-get "echo \"apt-get \$*\" >>$log; cp fake/cat fake/jq"
  setup_script "${as[@]}"
  assert_status 0
  grep 'sudo env DEBIAN_FRONTEND=noninteractive apt-get .* jq' "$log"
}

@test "without apt-get setup names the Debian packages" {
  rm fake/apt-get fake/jq
  setup_script
  assert_status 1
  assert_stderr_has 'install the equivalents of these Debian packages: jq'
}

@test "npm packages are installed anew when the lock file has changed" {
  [[ -z ${skip_botocore-} ]] || skip 'python3-botocore is missing here'
  echo '{"other":1}' >tree/tests/package-lock.json
  setup_script
  assert_status 0
  grep 'npm ci --ignore-scripts' "$log"
  : >"$log"
  setup_script
  assert_status 0
  [[ ! -s $log ]]
}

@test "a failing npm is status 1" {
  echo '{"other":1}' >tree/tests/package-lock.json
  stub npm 'exit 7'
  setup_script
  assert_status 1
  assert_stderr_has 'npm failed'
}

@test "setup takes no arguments but --help" {
  run --separate-stderr "$SCRIPTS/setup" --help
  assert_status 0
  assert_output_has 'usage: scripts/setup'
  run --separate-stderr "$SCRIPTS/setup" now
  assert_status 2
}
