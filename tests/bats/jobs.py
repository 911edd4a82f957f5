#!/usr/bin/python3
"""jobs.py - many small jobs in one process, for the tests of windowpipe.

SPDX-License-Identifier: ISC

    jobs.py errors TABLES < CASES   each case is lines "-- LINE:COLUMN: MESSAGE"
                                    and the statements that give these errors,
                                    behind the file TABLES
    jobs.py vectors FOLDER          the SQL of each case there can be planned,
                                    and of each fourth the plan, run by bash,
                                    gives its rows
"""
import os
import re
import subprocess
import sys


def check_errors(tables):
    text = open(tables).read()
    lines, want, sql, n, bad = text.count("\n"), [], "", 0, 0
    for line in sys.stdin:
        if line.startswith("-- "):
            want.append(line[3:].rstrip("\n"))
            continue
        sql += line
        if not line.endswith(";\n"):
            continue
        with open("job.sql", "w") as job:
            job.write(text + sql)
        run = subprocess.run(["windowpipe", "check", "job.sql"],
                             capture_output=True, text=True, check=False)
        got = [f"{int(at) - lines}:{rest}" for at, rest in re.findall(
            r"^windowpipe: job\.sql:(\d+):(.*)$", run.stderr, re.M)]
        if got != want or run.returncode != 2 or run.stdout:
            print(f"{sql}status {run.returncode}, {got}, not {want}")
            bad += 1
        want, sql, n = [], "", n + 1
    return n, bad


def rows(path):
    with open(path, "rb") as file:
        return sorted(line for line in file.read().split(b"\n") if line)


def check_vectors(folder):
    n = bad = 0
    for case in sorted(os.listdir(folder)):
        case = f"{folder}/{case}"
        if not os.path.exists(case + "/flink.sql") or \
                os.path.exists(case + "/compare"):
            continue
        sql = open(case + "/flink.sql").read()
        with open("job.sql", "w") as job:
            job.write(sql.replace("${input}", case + "/input.ndjson")
                      .replace("${output}", "out"))
        open("out", "w").close()
        plan = subprocess.run(["windowpipe", "plan", "job.sql"],
                              capture_output=True, check=False)
        n += 1
        if plan.returncode:
            print(case, plan.stderr.decode())
            bad += 1
        if plan.returncode or n % 4:
            continue
        run = subprocess.run(["bash"], input=plan.stdout,
                             capture_output=True, check=False)
        if run.returncode or rows("out") != rows(case + "/expected.ndjson"):
            print(case, run.stderr.decode())
            bad += 1
    return n, bad


RUN, BAD = check_errors(sys.argv[2]) if sys.argv[1] == "errors" else \
    check_vectors(sys.argv[2])
print(f"{RUN} jobs, {BAD} not as they should be")
sys.exit(1 if BAD or not RUN else 0)
