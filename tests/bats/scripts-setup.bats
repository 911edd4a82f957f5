# scripts-setup - what is missing is installed, what is there is left alone.
# SPDX-License-Identifier: ISC
#
# In a tree and a PATH of its own: commands are links to the real ones, except
# apt-get, npm and sudo, which only write down how they were called.

load helpers

setup() {
  common_setup
  unset FLINK_TESTS
  mkdir -p tree/scripts tree/tests/node_modules fake
  cp "$SCRIPTS/setup" tree/scripts
  echo '{}' | tee tree/tests/package-lock.json \
    >tree/tests/node_modules/.installed-from
  log=$PWD/log
  : >"$log"
  for name in bash env cat cp cmp test printf tail make gcc cc jq curl ps ss node \
    bats clang-format git openssl mandoc shellcheck setpriv mkdir chmod awk grep \
    bzip2 strace xz dirname mktemp rm sleep sed stat getent touch; do
    link "$name"
  done
  # pkg-config knows every library, except those in $PWD/lacking.
  stub pkg-config '! grep -qx "$2" '"$PWD/lacking"' 2>/dev/null'
  stub apt-get "echo \"apt-get \$*\" >>$log"
  stub npm "echo \"npm \$*\" >>$log; mkdir -p node_modules"
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
    tree/scripts/setup ${purpose-}
}

# apt [COMMANDS]: an apt-get that writes down how it is called, and does those
# where it installs.
apt() {
  stub apt-get "echo \"apt-get \$*\" >>$log
    echo \"frontend \$DEBIAN_FRONTEND\" >>$log
    case \$* in *--assume-no*)
      echo 'Need to get 80.5 MB/94.1 MB of archives.'
      echo 'After this operation, 1,430 MB of additional disk space will be used.' ;;
    *install*) ${1-:} ;; esac"
}

as_nobody() {
  export TMPDIR=$BATS_TEST_TMPDIR
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

@test "setup names what is missing and what it costs, installs it, and no more" {
  ((EUID == 0)) || skip 'needs root'
  [[ -z ${skip_botocore-} ]] || skip 'python3-botocore is missing here'
  rm fake/bats
  echo libcurl >lacking
  apt 'cp fake/test fake/bats; : >lacking'
  setup_script
  assert_status 0
  assert_stderr 'setup: installing libcurl4-openssl-dev bats
setup: 80 MB to fetch, 1430 MB on disk; takes about 3 min'
  grep 'install -y --no-install-recommends libcurl4-openssl-dev bats$' "$log"
  grep -x 'frontend noninteractive' "$log"
}

@test "for a run, setup installs nothing that the tests alone need" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/{bats,clang-format,shellcheck,mandoc,ps,jq}
  rm tree/tests/node_modules/.installed-from
  apt 'cp fake/test fake/jq'
  purpose=run setup_script
  assert_status 0
  assert_stderr_has 'setup: installing jq'
  grep 'install -y --no-install-recommends jq$' "$log"
  grep 'npm .* ci --omit=dev ' "$log"
  : >"$log"
  purpose=run setup_script
  assert_status 0
  assert_stderr ''
  [[ ! -s $log ]]
}

@test "setup installs what the tests with Flink need where these must run" {
  ((EUID == 0)) || skip 'needs root'
  [[ -z ${skip_botocore-} ]] || skip 'python3-botocore is missing here'
  apt 'cp fake/test fake/javac; cp fake/test fake/mvn'
  FLINK_TESTS=must setup_script
  assert_status 0
  grep 'install -y --no-install-recommends default-jdk-headless maven$' "$log"
}

@test "setup shows that it is alive while apt-get works" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/jq
  apt 'echo "Setting up libjq1:amd64 (1.6) ..."; sleep 12; cp fake/test fake/jq'
  purpose=run setup_script
  assert_status 0
  assert_stderr_has 'setup: 10 s, setting up libjq1'
}

@test "without a network setup says one line" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/{jq,curl}
  stub apt-get "echo \"apt-get \$*\" >>$log
    echo 'Err:1 http://archive.example/debian stable InRelease'
    echo \"E: Failed to fetch http://archive.example/  Temporary failure\" >&2
    echo \"E: Some index files failed to download.\" >&2
    exit 100"
  purpose=run setup_script
  assert_status 1
  assert_stderr 'setup: apt-get failed: Failed to fetch http://archive.example/  Temporary failure; still missing: jq curl'
  grep 'install .*--download-only -o Acquire::Retries=0 ' "$log"
}

@test "a list of packages that cannot be fetched does not stop setup where the rest suffices" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/jq
  stub apt-get "case \$* in *update*) exit 100;; *--download-only*) ;;
    *install*) cp fake/cat fake/jq;; esac"
  purpose=run setup_script
  assert_status 0
  assert_stderr 'setup: installing jq'
}

@test "what the tests can do without does not stop setup" {
  ((EUID == 0)) || skip 'needs root'
  rm fake/shellcheck
  stub apt-get 'echo "E: Unable to locate package shellcheck"; exit 100'
  setup_script
  assert_status 0
  assert_stderr_has 'Unable to locate package shellcheck; tests are skipped for lack of: shellcheck'
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
  apt 'cp fake/cat fake/npm'
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
  assert_stderr_has 'apt-get install --no-install-recommends jq bats'
  [[ ! -s $log ]]
}

@test "with sudo that asks for no password setup installs by it" {
  as_nobody
  rm fake/jq
  stub sudo "[[ \$1 != -n ]] || shift; echo \"sudo \$*\" >>$log; \"\$@\""
  link true
  apt 'cp fake/cat fake/jq'
  setup_script "${as[@]}"
  assert_status 0
  grep 'sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get .* jq' "$log"
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
  grep 'npm .* ci --ignore-scripts' "$log"
  : >"$log"
  setup_script
  assert_status 0
  [[ ! -s $log ]]
}

@test "a failing npm is status 1" {
  echo '{"other":1}' >tree/tests/package-lock.json
  stub npm 'echo "npm ERR! code ENOTFOUND"
    echo "npm ERR! request failed, reason: getaddrinfo ENOTFOUND r.example"; exit 7'
  setup_script
  assert_status 1
  [[ ${#stderr_lines[@]} -eq 2 ]]
  assert_stderr_has 'setup: npm failed: getaddrinfo ENOTFOUND r.example;'
}

@test "npm packages that root installs in somebody's tree are his" {
  ((EUID == 0)) || skip 'needs root'
  as_nobody
  rm tree/tests/node_modules/.installed-from
  chown -R 65534 tree
  chmod a+w "$log"
  stub npm 'touch tree/tests/node_modules/mine'
  purpose=run setup_script
  assert_status 0
  [[ $(stat -c %u tree/tests/node_modules/{mine,.installed-from-run}) == $'65534\n65534' ]]
}

@test "setup takes a purpose or --help, nothing else" {
  run --separate-stderr "$SCRIPTS/setup" --help
  assert_status 0
  assert_output_has 'usage: scripts/setup'
  run --separate-stderr "$SCRIPTS/setup" now
  assert_status 2
  assert_stderr "setup: unknown argument 'now'; try scripts/setup --help"
  run --separate-stderr "$SCRIPTS/setup" run now
  assert_status 2
}
