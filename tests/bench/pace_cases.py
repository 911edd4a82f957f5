"""pace_cases - datagen's pace, and how long a row is under way.

SPDX-License-Identifier: ISC
"""

import base64
import json
import os
import subprocess
import time
from datetime import datetime, timezone

from figures import latency, measured, short
from measure import Failed, paired
from pipe_cases import RATE, datagen, four_ways, into_sink, put
from window_cases import runs_of, window

PACE = "datagen's pace"
LATENCY = "10,000 rows/s, with times of the clock"
FAST = 5000000


# --- pace --------------------------------------------------------------------

def pacing(bench):
    """How evenly rows come, and whether a high rate is kept."""
    bench.add(latency(PACE, "-r 10000: a row's lag behind its time",
                      lags(bench, RATE * bench.size.paced_s), key="pace"))
    n = FAST * bench.size.paced_s // 4
    runs = paired(1, runs_of(bench, {
        "datagen": [datagen(bench, n, "-r", str(FAST))]}), bench.may_go_on)
    f = measured(PACE, "-r 5000000, into /dev/null", runs["datagen"],
                 "datagen", n, key="pace-fast")
    f.note = f"{short(f.rows_per_s / FAST * 100)} % of the rate"
    bench.add(f)


def lags(bench, n):
    """Of each read's last row; 0 is where the first one is in time."""
    source = datagen(bench, n, "-r", str(RATE))
    rows, found = 0, []
    with subprocess.Popen([str(a) for a in source.argv],
                          stdout=subprocess.PIPE) as process:
        while block := os.read(process.stdout.fileno(), 1 << 16):
            now = time.monotonic()
            rows += block.count(b"\n")
            found.append(now - (rows - 1) / RATE)
    if process.returncode or rows != n:
        raise Failed(f"datagen: {rows} rows, status {process.returncode}")
    # The first row is due when datagen is ready: nobody else knows when.
    start = min(found)
    return [x - start for x in found]


# --- latency -----------------------------------------------------------------

# Windows short enough that there are many in seconds.  A row at the window's
# end plus the delay completes it; rows are 0.1 ms apart.
LATENCY_QUERY = ["--tumble", "100ms"]


def latencies(bench):
    """From the birth of the row that completes a window to its record."""
    n = RATE * bench.size.paced_s
    bench.add(latency(LATENCY, "row's birth to its window's result",
                      result_delays(bench, n), key="latency-window"))
    log = bench.work / "sink.log"
    stage = [window(bench, LATENCY_QUERY, "--delay", "1ms")]
    into_sink(bench, lambda url: four_ways(
        bench, "fanout", datagen(bench, n, "-r", str(RATE)),
        [stage + [put(bench, f"stream{i}", url)] for i in range(4)]),
        None, log)
    bench.add(latency(LATENCY, "row's birth to its record",
                      record_delays(log), key="latency-sink"))


def completed_at(result):
    """When the row that completes the window was born, s since the epoch."""
    day, _, fraction = result["window_end"].rstrip("Z").partition(".")
    end = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
    return end.timestamp() + float(f"0.{fraction or 0}")


def delays_of(arrivals):
    """arrivals: [(seconds, result)], in order.  The last windows are those
    that the end of input completed, and no row."""
    if not arrivals:
        raise Failed("no result has come")
    last = max(completed_at(r) for _, r in arrivals)
    delays = [at - completed_at(r) for at, r in arrivals
              if completed_at(r) < last - 0.2]
    if not delays:
        raise Failed("too few results for a latency")
    return delays


def result_delays(bench, n):
    source = datagen(bench, n, "-r", str(RATE))
    query = window(bench, LATENCY_QUERY, "--delay", "1ms")
    arrivals = []
    with subprocess.Popen([str(a) for a in source.argv],
                          stdout=subprocess.PIPE) as rows, \
            subprocess.Popen([str(a) for a in query.argv], stdin=rows.stdout,
                             stdout=subprocess.PIPE) as results:
        rows.stdout.close()
        while block := os.read(results.stdout.fileno(), 1 << 16):
            now = time.time()
            arrivals += [(now, json.loads(x)) for x in block.splitlines()]
    if rows.returncode or results.returncode:
        raise Failed("datagen or window failed")
    return delays_of(arrivals)


def record_delays(log):
    arrivals = []
    with open(log, encoding="ascii") as lines:
        for line in lines:
            at, body = line.split(" ", 1)
            arrivals += [(int(at) / 1e9,
                          json.loads(base64.b64decode(r["Data"])))
                         for r in json.loads(body)["Records"]]
    return delays_of(arrivals)
