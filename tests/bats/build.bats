# build - what make says and leaves behind.
# SPDX-License-Identifier: ISC

load helpers

# A tree of its own, as small as one program.
setup() {
  common_setup
  mkdir tree
  cp -r "$ROOT"/{lib,fanout,scripts,Makefile} tree
  cd tree || return
}

# Not with the flags of the make that runs the tests, such as SAN.
build() { run --separate-stderr env -u MAKEFLAGS -u SAN make CFLAGS=-O0 "$@"; }

@test "make says a line for each program, and V=1 the commands" {
  build bin/fanout
  assert_status 0
  assert_output '  bin/fanout'
  rm bin/fanout
  build -s bin/fanout
  assert_output ''
  rm bin/fanout
  build V=1 bin/fanout
  assert_status 0
  assert_output_has ' -o bin/fanout '
}

@test "make without a compiler names the remedy" {
  build CC=no-such-cc bin/fanout
  assert_status 2
  assert_stderr_has 'no C compiler that works is called no-such-cc; scripts/setup run installs what the build needs'
}

@test "root's make in somebody's tree leaves nothing that he cannot write" {
  ((EUID == 0)) || skip 'needs root'
  chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* "$BATS_TEST_TMPDIR"
  chown -R 65534 .
  setpriv --reuid=65534 --clear-groups test -w . ||
    skip 'another user cannot write this folder'
  build bin/fanout
  assert_status 0
  [[ -x bin/fanout ]]
  [[ -z $(find . ! -uid 65534) ]]
}

@test "make help lists every target that has a word of help" {
  run --separate-stderr make help
  assert_status 0
  [[ ${#lines[@]} -eq $(grep -c '^[a-z-]*:.* ## ' "$ROOT/Makefile") ]]
  assert_output_has '  bench-flink  '
  assert_output_has '  clean-room   '
}

@test "clean-room says what it takes, and takes nothing else" {
  run --separate-stderr "$SCRIPTS/clean-room" --help
  assert_status 0
  assert_output_has 'usage: scripts/clean-room [RELEASE...]'
  run --separate-stderr "$SCRIPTS/clean-room" --quick
  assert_status 2
  assert_stderr "clean-room: unknown option '--quick'; try scripts/clean-room --help"
}
