# bench-flink - Apache Flink is measured where there is one, and only there.
# SPDX-License-Identifier: ISC

load helpers

# Runs with a PATH of no more than these, which Java is not among.
without_java() {
  local command
  mkdir few
  for command in env sh dirname; do
    ln -s "$(command -v "$command")" few/
  done
  # Not a script that stands for Python: that would need more commands.
  ln -s "$(python3 -c 'import sys; print(sys.executable)')" few/python3
  run --separate-stderr env PATH="$PWD/few" "$@"
}

setup() {
  common_setup
  command -v python3 >/dev/null || skip 'python3 is missing'
}

@test "without Java make bench-flink says so and is no failure" {
  TOOLS=$(dirname "${UNIT:-$ROOT/build/tests/unit}")/bench \
    without_java "$ROOT/tests/bench/run" --size small --out out flink
  assert_status 0
  assert_stderr ''
  assert_output_has '  Flink: left out, no Flink: no java; try apt-get install default-jdk-headless'
}

@test "recording a case without Java says so and fails" {
  without_java "$ROOT/tests/flink/java" record case
  assert_status 4
  assert_stderr 'no Flink: no java; try apt-get install default-jdk-headless'
}
