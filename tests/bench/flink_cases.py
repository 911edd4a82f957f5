"""flink_cases - the sample's four queries: Apache Flink beside four windows.

SPDX-License-Identifier: ISC
"""

import os
import subprocess
from pathlib import Path

from figures import measured
from measure import Failed, Stage, paired
from pipe_cases import BRANCHES, RATE, branch, four_ways
from window_cases import cat

HERE = Path(__file__).resolve().parent.parent / "flink"
JAVA = str(HERE / "java")
FLINK = "the sample's four queries, beside Apache Flink 1.20.0"
# Compiling takes a minute, the first time.
TIMEOUT_S = 600
# Those of BRANCHES that do not depend on the clock.
BY_EVENT_TIME = [i for i, (_, event, _) in enumerate(BRANCHES) if event]
# In place of the file that sample.sql reads: rows at the sample's own pace.
FILE = "'connector' = 'filesystem', 'path' = '${input}', 'format' = 'json',\n" \
       "  'json.timestamp-format.standard' = 'ISO-8601'"
PACED = """'connector' = 'datagen', 'rows-per-second' = '%d',
  'number-of-rows' = '%d', 'fields.sensor_id.min' = '10',
  'fields.sensor_id.max' = '20', 'fields.temperature.min' = '0',
  'fields.temperature.max' = '100'"""


def beside(bench):
    """Flink in one process that uses all processors; ours reads as it does,
    through cat."""
    why = missing(bench)
    if not bench.left_out_unless(not why, FLINK, "Flink", why):
        return
    n = bench.size.flink_rows
    rows = bench.inputs.rows(n)
    runs = paired(bench.size.slow_times,
                  {"Flink": lambda: by_flink(bench, rows),
                   "window": lambda: by_windows(bench, rows)},
                  bench.may_go_on, warm=False)
    check_answers(bench)
    bench.add(measured(FLINK, "Flink, with its start", runs["Flink"], "Flink",
                       n, key="flink-started"))
    for run in runs["Flink"]:
        run.seconds = run.extra["job_s"]
    bench.add(measured(FLINK, "Flink, the job alone", runs["Flink"], "Flink",
                       n, key="flink-job"))
    f = measured(FLINK, "cat | fanout | 4 x window", runs["window"], None, n,
                 against=("Flink, the job alone", runs["Flink"]),
                 ratio_of="speed", key="flink-windows")
    f.peak_mb = max(sum(s.peak_bytes for s in run.stages) / 1e6
                    for run in runs["window"])
    bench.add(f)
    resting(bench)


def missing(bench):
    """Why Flink cannot be measured; None where it can."""
    if bench.size.flink_rows == 0:
        return "as too small"
    built = subprocess.run([JAVA], stderr=subprocess.PIPE, text=True)
    return built.stderr.strip() if built.returncode else None


def by_flink(bench, rows, text=None):
    """extra["job_s"]: without the start of Java and of the cluster."""
    out, said = bench.work / "flink", bench.work / "seconds"
    sql = bench.work / "queries.sql"
    subprocess.run(["rm", "-rf", out], check=True)
    sql.write_text(text or sample())
    run = bench.runner.run([Stage("Flink", [JAVA, "bench", sql, rows, out],
                                  os.devnull, said)], timeout_s=TIMEOUT_S)
    run.extra["job_s"] = float(said.read_text())
    return run


def sample():
    return (HERE / "sample.sql").read_text()


def by_windows(bench, rows):
    readers = []
    for i, (kind, event, _) in enumerate(BRANCHES):
        stage = branch(bench, kind, event)
        readers.append([Stage(stage.name, stage.argv, "-",
                              bench.work / f"window.{i}")])
    return four_ways(bench, "fanout", cat(rows), readers)


def check_answers(bench):
    for i in BY_EVENT_TIME:
        parts = (bench.work / "flink" / str(i)).rglob("part-*")
        theirs = sorted(x for p in parts for x in p.read_text().splitlines())
        ours = sorted((bench.work / f"window.{i}").read_text().splitlines())
        if ours != theirs or not ours:
            raise Failed(f"query {i}: window and Flink answer differently: "
                         f"{len(ours)} and {len(theirs)} rows")


def resting(bench):
    """A long run less a short one: what is compiled while it runs does not
    count, nor the start."""
    def of_seconds(s):
        text = sample().replace(FILE, PACED % (RATE, RATE * s))
        if "datagen" not in text:
            raise Failed("sample.sql reads its rows otherwise than expected")
        return by_flink(bench, os.devnull, text)

    short_run = of_seconds(2 * bench.size.paced_s)
    run = of_seconds(5 * bench.size.paced_s)
    bench.add(measured(FLINK, "Flink at 10,000 rows/s", [run], "Flink",
                       key="flink-rest",
                       cpu_percent=(run.cpu_s - short_run.cpu_s) /
                       (run.seconds - short_run.seconds) * 100))
