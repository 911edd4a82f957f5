#!/usr/bin/env bats
# windowpipe and PyFlink programs: their SQL runs, what else they ask is refused.
# SPDX-License-Identifier: ISC

load helpers

# program: a PyFlink program, whose end is read from standard input.
program() {
  {
    cat <<'PY'
from pyflink.table import EnvironmentSettings, TableEnvironment
env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
WITH = "('connector' = 'filesystem', 'path' = 'in', 'format' = 'json')"
env.execute_sql("""CREATE TABLE r (k INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH """ + WITH + ' -- rows')
PY
    cat
  } >main.py
}

check() { run --separate-stderr windowpipe check main.py; }

setup() {
  cd "$BATS_TEST_TMPDIR" || exit
  : >in
}

@test "what a PyFlink program executes is the job; what it prints is no row" {
  program <<'PY'
import os, pyflink
print(os.path.dirname(os.path.abspath(pyflink.__file__)), pyflink.__version__)
env.get_config().get_configuration().set_string('pipeline.jars', 'file:///x.jar')
env.get_config().set('table.local-time-zone', 'Europe/Berlin')
env.execute_sql("CREATE TABLE o (k INT, n BIGINT) WITH ('connector' = 'print');")
WINDOW = "GROUP BY TUMBLE(ts, INTERVAL '1' DAY), k"
inserts = env.create_statement_set()
inserts.add_insert_sql('INSERT INTO o SELECT k, COUNT(*) FROM r ' + WINDOW)
inserts.execute().wait()
env.create_statement_set().add_insert_sql('this is never executed')
env.create_temporary_view('v', env.sql_query('SELECT k, ts FROM r WHERE k > 1;'))
env.from_path('v').execute().print()
result = env.sql_query('SELECT k, COUNT(*) FROM v ' + WINDOW).execute_insert('o')
print(result.get_job_client().get_job_status().result())
PY
  check
  assert_status 0
  assert_stderr_has "windowpipe/python/pyflink 1.20.0"
  assert_stderr_has JobStatus.INITIALIZING
  [[ $(grep -c -- '--tumble 1d' <<<"$output") == 2 ]]
  [[ $(grep -c -- '--each' <<<"$output") == 1 ]]
  [[ $(grep -c -- '--where .k > 1' <<<"$output") == 2 ]]
  assert_output_has '--timezone Europe/Berlin'
  [[ $output != *pyflink* && $output != *jar* ]]
}

@test "what is wrong with the SQL of a program is told at its place" {
  program <<'PY'
env.execute_sql('SELECT nothing FROM r')
PY
  check
  assert_status 2
  assert_stderr_has "SQL of main.py:4:8: "
  assert_stderr_has '
  SELECT nothing FROM r
         ^'
}

@test "what PyFlink has beyond SQL is refused by its name and line" {
  local line case

  while IFS='|' read -r line case; do
    program <<<"$line"
    check
    assert_status 2
    assert_stderr_has "main.py:6: PyFlink has $case, windowpipe has not: it runs"
    assert_stderr_has "main.py' ended with status 1: nothing was run"
    [[ $stderr != *Traceback* ]]
  done <<'CASES'
from pyflink.table import DataTypes|pyflink.table.DataTypes
from pyflink.table.udf import udf|the module pyflink.table.udf
import pyflink.datastream.state|the module pyflink.datastream.state
env.create_temporary_function('f', 1)|TableEnvironment.create_temporary_function
env.from_path('r').where(1)|Table.where
EnvironmentSettings.in_batch_mode()|batch mode
CASES
}

@test "a program that fails, or that Python cannot run, runs nothing" {
  program <<<'1 / 0'
  check
  assert_status 2
  assert_stderr_has 'ZeroDivisionError'
  assert_stderr_has "'main.py' ended with status 1: nothing was run"
  program <<<'pass'
  check
  assert_status 2
  assert_stderr_has 'does nothing: it has no INSERT and no SELECT'
  run --separate-stderr env PATH=/nowhere "$(command -v windowpipe)" check main.py
  assert_status 2
  assert_stderr_has 'cannot run python3'
  # Without windowpipe the stand-in says how it is meant.
  run --separate-stderr env PYTHONPATH="$ROOT/windowpipe/python" python3 main.py
  assert_status 1
  assert_stderr_has 'start the program with: windowpipe run PROGRAM.py'
}

@test "who ends windowpipe ends the program, and leaves nothing of it" {
  mkdir tmp
  cat >-main.py <<'PY'
import os, time
open('pid', 'w').write(str(os.getpid()))
time.sleep(60)
PY
  TMPDIR=$PWD/tmp windowpipe check ./-main.py 3>&- 2>err &
  wait_until 30 test -s pid
  [[ -z $(ls tmp) ]]
  kill -KILL $!
  wait_until 10 is_gone "$(<pid)"
  program </dev/null
  mv main.py ./-main.py
  run --separate-stderr windowpipe check -- -main.py
  assert_stderr_has 'the job -main.py does nothing'
}
