# runner - tests/run counts truly: what fails in any way fails the run.
# SPDX-License-Identifier: ISC

load helpers

# tree: a copy of the runner with tests of its own around it.
setup() {
  common_setup
  unset JOBS EMULATOR SCHEME PATIENCE
  mkdir -p tests/bats tests/unit tests/fuzz/corpus unit scripts
  cp "$ROOT/tests/run" tests/run
  cp "$ROOT/scripts/shield.bash" scripts
  export UNIT=$PWD/unit
}

# bats would take a test inside this file for one of its own: "=test" it is.
bats_file() { sed 's/^=test/@test/' >"tests/bats/$1.bats"; }

unit_test() {
  : >"tests/unit/$1.c"
  { printf '#!/bin/sh\n' && cat; } >"unit/$1"
  chmod +x "unit/$1"
}

runner() { run --separate-stderr tests/run "$@"; }
last_line() { printf '%s\n' "${lines[-1]}"; }

@test "passed, failed and skipped tests are counted in the last line, and a failure is status 1" {
  bats_file mixed <<'EOF'
=test "is true" { true; }
=test "is false" { echo the cause; false; }
=test "is left out" { skip "no moon"; }
EOF
  runner
  assert_status 1
  [[ $(last_line) == '1 passed, 1 failed, 1 skipped' ]]
  assert_output_has 'not ok is false'
  assert_output_has 'the cause'
  assert_output_has 'is left out (no moon)'
}

@test "a run in which all pass has status 0" {
  bats_file good <<<'=test "is true" { true; }'
  unit_test lib_good <<<'echo "1..1"; echo "ok 1 - adds"'
  runner
  assert_status 0
  [[ $(last_line) == '2 passed, 0 failed, 0 skipped' ]]
}

@test "a file that hangs is ended, and that is what the report says" {
  bats_file hangs <<'EOF'
=test "is true" { true; }
=test "never ends" { sleep 1000 3>&-; }
EOF
  PATIENCE=2 runner
  assert_status 1
  [[ $(last_line) == '1 passed, 1 failed, 0 skipped' ]]
  assert_output_has 'not ok tests/bats/hangs.bats: did not end within 2 s'
}

@test "a test server that does not start says why in the report" {
  cp "$ROOT/tests/bats/helpers.bash" tests/bats
  bats_file server <<'EOF'
load helpers
=test "starts" { start_server log sh -c 'echo the port is taken >&2; exit 3'; }
EOF
  runner
  assert_status 1
  assert_output_has 'the port is taken'
}

@test "a run in which no test ran is a failure" {
  runner
  assert_status 1
  [[ $(last_line) == '0 passed, 0 failed, 0 skipped' ]]
}

@test "a bats file that cannot be read is a failure" {
  bats_file broken <<<'=test "has no end" { true; '
  runner
  assert_status 1
  [[ $(last_line) == *' 1 failed, '* ]]
}

@test "a setup_file that fails is a failure" {
  bats_file broken <<'EOF'
setup_file() { false; }
=test "is never run" { true; }
EOF
  runner
  assert_status 1
  [[ $(last_line) == '0 passed, '* ]]
}

@test "a failing unit test fails the run and its words are shown" {
  unit_test lib_bad <<<'echo "1..2"; echo "ok 1 - one"
echo "not ok 2 - two"; echo "# 3 != 4"; exit 1'
  runner
  assert_status 1
  [[ $(last_line) == '1 passed, 1 failed, 0 skipped' ]]
  assert_output_has 'not ok two'
  assert_output_has '3 != 4'
}

@test "a unit test that crashes half-way is a failure" {
  unit_test lib_crash <<<'echo "1..3"; echo "ok 1 - one"; kill -SEGV $$'
  runner
  assert_status 1
  [[ $(last_line) == '1 passed, 1 failed, 0 skipped' ]]
  assert_output_has 'ran 1 of 3 tests'
}

@test "a unit test whose cases pass but whose status is not 0 is a failure" {
  unit_test lib_leak <<<'echo "1..1"; echo "ok 1 - one"; echo LEAK >&2; exit 23'
  runner
  assert_status 1
  assert_output_has 'LEAK'
  [[ $(last_line) == '1 passed, 1 failed, 0 skipped' ]]
}

@test "a unit test that skips itself is skipped, by its name" {
  unit_test lib_skip <<<'echo "1..2"; echo "ok 1 - a"; echo "not ok 2 # SKIP b"'
  runner
  assert_status 0
  assert_output_has 'skipped: b (no reason)'
  [[ $(last_line) == '1 passed, 0 failed, 1 skipped' ]]
}

@test "a unit test that was not built is a failure" {
  : >tests/unit/lib_gone.c
  runner
  assert_status 1
  assert_output_has 'tests/unit/lib_gone.c was not built'
}

@test "--only runs one file or one folder" {
  bats_file a <<<'=test "is a" { true; }'
  bats_file b <<<'=test "is b" { false; }'
  unit_test lib_u <<<'echo "1..1"; echo "ok 1 - one"'
  runner --only tests/bats/a.bats
  assert_status 0
  [[ $(last_line) == '1 passed, 0 failed, 0 skipped' ]]
  runner --only=tests/unit
  assert_status 0
  [[ $(last_line) == '1 passed, 0 failed, 0 skipped' ]]
  assert_output_has tests/unit/lib_u.c
  runner --only tests/unit --only tests/bats/a.bats
  assert_status 0
  [[ $(last_line) == '2 passed, 0 failed, 0 skipped' ]]
  runner --only tests/nothing
  assert_status 2
  assert_stderr_has 'there is no'
}

@test "--filter runs the tests of that name, in bats files and unit tests" {
  bats_file a <<<'=test "late rows are counted" { true; }
=test "other" { false; }'
  bats_file b <<<'=test "nothing here" { false; }'
  unit_test lib_u <<<'echo "1..2"; echo "ok 1 - late"; echo "not ok 2 - x"
exit 1'
  runner --filter late
  assert_status 0
  [[ $(last_line) == '2 passed, 0 failed, 0 skipped' ]]
  [[ $output != *b.bats* ]]
}

@test "a fuzz target that was built replays its corpus, and a crash fails the run" {
  mkdir -p fuzz tests/fuzz/corpus/json
  : >tests/fuzz/fuzz_json.c
  echo '{}' >tests/fuzz/corpus/json/a
  printf '#!/bin/sh\ngrep -q "{" "$@"\n' >fuzz/fuzz_json
  chmod +x fuzz/fuzz_json
  runner
  assert_status 0
  [[ $output =~ 'ok     tests/fuzz/fuzz_json  1 passed, '[0-9]+' s' ]]
  printf '#!/bin/sh\necho overflow; exit 77\n' >fuzz/fuzz_json
  runner
  assert_status 1
  assert_output_has overflow
}

@test "files marked alone run after the others, one at a time" {
  bats_file a <<'EOF'
# alone
=test "has the machine to itself" { [ -e "$TREE/seen.b" ]; }
EOF
  bats_file b <<<'=test "is one of many" { : >"$TREE/seen.b"; }'
  TREE=$PWD runner
  assert_status 0
}

@test "files marked long begin before the others" {
  bats_file a <<<'=test "is one of many" { [ -e "$TREE/seen.b" ]; }'
  bats_file b <<'EOF'
# long
=test "takes its time" { : >"$TREE/seen.b"; }
EOF
  TREE=$PWD JOBS=1 runner
  assert_status 0
}

@test "files marked for each emulator run with both, once over TLS, or with the one asked for" {
  bats_file a <<'EOF'
# each emulator
=test "is told which" { echo "$EMULATOR $SCHEME" >>"$TREE/seen"; }
EOF
  TREE=$PWD runner
  assert_status 0
  [[ $(last_line) == '2 passed, 0 failed, 0 skipped' ]]
  assert_output_has 'tests/bats/a.bats (kinesis-local, https)  1 passed'
  [[ $(sort seen) == $'kinesalite http\nkinesis-local https' ]]
  rm seen
  TREE=$PWD EMULATOR=kinesalite SCHEME=https runner
  assert_status 0
  [[ $(<seen) == 'kinesalite https' ]]
}

@test "an unknown option of the runner is status 2" {
  runner --fliter x
  assert_status 2
  assert_stderr "tests/run: unknown option '--fliter'; try tests/run --help"
}

@test "the tests see no AWS, proxy or certificate setting of the user's" {
  bats_file sees <<'EOT'
=test "sees none" {
  run env
  [[ $output != *nope* && $(cd tests && pwd) == "$PWD/tests" ]]
}
EOT
  unit_test lib_sees <<<'env | grep nope && exit 1; echo "1..1"; echo "ok 1 - sees none"'
  export AWS_PROFILE=nope AWS_CA_BUNDLE=/nope http_proxy=http://nope \
    ALL_PROXY=nope no_proxy=nope SSL_CERT_FILE=/nope NODE_OPTIONS=--nope CDPATH=.
  runner
  assert_status 0
  [[ $(last_line) == '2 passed, 0 failed, 0 skipped' ]]
}
