"""pipe_cases - datagen, fanout, kinesis-put, and all of them in one pipeline.

SPDX-License-Identifier: ISC
"""

import os
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from figures import measured, short, with_goal
from inputs import COLUMNS, START
from measure import Failed, Server, Stage, paired, python_with
from window_cases import HOP, INTO, PEERS, TUMBLE, cat, runs_of, wc, window

GENERATING = "datagen, the sample's table"
FORKING = "four readers"
DELIVERING = "kinesis-put, into a sink that answers properly"
GETTING = "kinesis-get, from a source that answers properly"
PIPELINE = "the whole pipeline"
RATE = 10000 # rows a second, as the sample's


# --- datagen -----------------------------------------------------------------

def datagen(bench, n, *more):
    return Stage("datagen", [bench.program("datagen"), "-n", n, "--seed", "1",
                             *more, COLUMNS])


AT_ONCE = ("--start-time", START)


def generating(bench):
    n, slow = bench.size.rows, bench.size.slow_rows
    runs = paired(bench.size.times, runs_of(bench, {
        "null": [datagen(bench, n, *AT_ONCE)],
        "clock": [datagen(bench, n, "-r", "0")],
        "wc": [datagen(bench, n, *AT_ONCE), wc()],
    }), bench.may_go_on)
    nbytes = bench.inputs.rows(n).stat().st_size
    for name, case, goal in (
            ("null", "into /dev/null", 30e6),
            ("clock", "into /dev/null, times of the clock", None),
            ("wc", "| wc -l", 15e6)):
        f = measured(GENERATING, case, runs[name], "datagen", n, nbytes,
                     key=f"datagen-{name}")
        bench.add(with_goal(f, "rows_per_s", goal) if goal else f)
    runs = paired(bench.size.slow_times, runs_of(bench, {
        "python3": [Stage("python3", [sys.executable, PEERS / "rows.py",
                                      slow])],
        "datagen": [datagen(bench, slow, "-r", "0")],
    }), bench.may_go_on, warm=False)
    bench.add(measured(GENERATING, "python3", runs["python3"], "python3",
                       slow))
    bench.add(measured(GENERATING, f"datagen, the same {slow:,} rows",
                       runs["datagen"], "datagen", slow,
                       against=("python3", runs["python3"]),
                       ratio_of="speed"))


# --- fanout ------------------------------------------------------------------

@contextmanager
def fifos(bench, names):
    """FIFOs for the time of one run; left in no state that could block."""
    paths = [bench.work / name for name in names]
    try:
        for path in paths:
            os.mkfifo(path)
        yield paths
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def fork(bench, tool):
    """tee or fanout."""
    return bench.program("fanout") if tool == "fanout" else "tee"


def four_ways(bench, tool, source, readers):
    """source | tool, and four readers: chains whose first stage reads."""
    with fifos(bench, ["rows.1", "rows.2", "rows.3"]) as paths:
        split = Stage(tool, [fork(bench, tool), *paths])
        chains = [[source, split, *readers[0]]]
        for path, chain in zip(paths, readers[1:]):
            first = chain[0]
            chains.append([Stage(first.name, first.argv, path, first.stdout),
                           *chain[1:]])
        return bench.runner.run(*chains)


TOOLS = ("tee", "fanout")


def forking(bench):
    n = bench.size.rows
    rows = bench.inputs.rows(n)
    nbytes = rows.stat().st_size

    def counting(tool):
        out = [bench.work / f"{tool}.{i}" for i in range(4)]
        run = four_ways(bench, tool, cat(rows),
                        [[wc(out=path)] for path in out])
        if {int(path.read_text()) for path in out} != {n}:
            raise Failed(f"{tool}: a reader has not got all rows")
        return run

    def averaging(tool):
        return four_ways(bench, tool, cat(rows),
                         [[window(bench, TUMBLE)] for _ in range(4)])

    for what, action, key in (("cat | X | 4 x wc -l", counting, "wc"),
                              ("cat | X | 4 x window --tumble 10s",
                               averaging, "window")):
        runs = paired(bench.size.times, {t: (lambda t=t: action(t))
                                         for t in TOOLS}, bench.may_go_on)
        for tool in TOOLS:
            f = measured(FORKING, what.replace("X", tool), runs[tool],
                         tool, n, nbytes, key=f"four-{tool}-{key}",
                         against=("tee", runs["tee"]) if tool == "fanout"
                         else None, ratio_of="speed")
            bench.add(with_goal(f, "ratio", 2) if tool == "fanout" and
                      key == "wc" else f)


# --- kinesis-put -------------------------------------------------------------

def put(bench, stream, url, *more, source="-", name="kinesis-put"):
    return Stage(name, [bench.program("kinesis-put"), stream, "--region",
                        "us-east-1", "--endpoint-url", url, *more], source)


def into_sink(bench, make_chains, records, log=None):
    """Runs chains made for a sink's address; its CPU goes to the account."""
    with Server(bench.helpers, "sink", *filter(None, [log])) as sink:
        run = make_chains(sink.url)
    if records is not None and sink.counts.get("records") != records:
        raise Failed(f"the sink has {sink.counts.get('records')} records, "
                     f"not {records}")
    run.extra = sink.counts
    return run


def delivering(bench):
    for length, n, goal in ((70, bench.size.records, ("rows_per_s", 1e6)),
                            (1024, bench.size.records // 8,
                             ("mb_per_s", 400))):
        lines = bench.inputs.lines(n, length)

        def ours(n=n, lines=lines):
            return into_sink(bench, lambda url: bench.runner.run(
                [put(bench, "bench", url, source=lines)]), n)

        runs = paired(bench.size.times, {"put": ours}, bench.may_go_on)
        f = measured(DELIVERING, f"records of {length} bytes", runs["put"],
                     "kinesis-put", n, n * length, key=f"put-{length}")
        f.note = cpu_note(runs["put"], n)
        bench.add(with_goal(f, *goal))
    beside_botocore(bench)
    steady(bench)


def cpu_note(runs, n):
    ours = min(r.stage("kinesis-put").cpu_s for r in runs) / n * 1e6
    sink = min(r.extra["cpu_s"] for r in runs) / n * 1e6
    return f"CPU s a million: {short(ours)}, sink {short(sink)}"


def beside_botocore(bench):
    # Debian's own Python has it, where another one comes first in PATH.
    python = python_with("botocore", "/usr/bin/python3")
    if not bench.left_out_unless(python, DELIVERING, "botocore",
                                 "no Python module botocore"):
        return
    n = bench.size.records // 20
    lines = bench.inputs.lines(n, 70)
    stages = {
        "botocore": lambda url: Stage(
            "botocore", [python, PEERS / "put.py", "bench", url], lines),
        "put": lambda url: put(bench, "bench", url, source=lines),
    }
    runs = paired(bench.size.slow_times, {
        name: (lambda make=make: into_sink(
            bench, lambda url: bench.runner.run([make(url)]), n))
        for name, make in stages.items()}, bench.may_go_on, warm=False)
    bench.add(measured(DELIVERING, "python3 with botocore, 70 bytes",
                       runs["botocore"], "botocore", n))
    bench.add(measured(DELIVERING, f"kinesis-put, the same {n:,} records",
                       runs["put"], "kinesis-put", n,
                       against=("botocore", runs["botocore"]),
                       ratio_of="speed"))


def steady(bench):
    n = RATE * bench.size.paced_s
    run = into_sink(bench, lambda url: bench.runner.run(
        [datagen(bench, n, "-r", str(RATE)), put(bench, "bench", url)]), n)
    cost = run.stage("kinesis-put")
    f = measured(DELIVERING, "10,000 records/s", [run], "kinesis-put", n,
                 key="steady", cpu_percent=cost.cpu_s / run.seconds * 100)
    f.note = (f"{run.extra['requests'] / run.seconds:.0f} requests/s, sink "
              f"{short(run.extra['cpu_s'] / run.seconds * 100)} %")
    bench.add(with_goal(f, "cpu_percent", 3))


# --- kinesis-get -------------------------------------------------------------

def get(bench, stream, url, *more):
    return Stage("kinesis-get", [
        bench.program("kinesis-get"), stream, "--region", "us-east-1",
        "--endpoint-url", url, "--from", "trim-horizon", *more])


def from_source(bench, shards, records, length, make_chain):
    """Runs a chain made for a source's address; its CPU goes to the account."""
    with Server(bench.helpers, "source", shards, records, length) as source:
        run = bench.runner.run(make_chain(source.url))
    run.extra = source.counts
    return run


def getting(bench):
    """Of many shards, for each is asked but four times a second; CPU counts,
    not the time that passes."""
    shards = 64
    for length, n, goal in ((100, bench.size.records, ("rows_per_s", 1e6)),
                            (1024, bench.size.records // 8,
                             ("mb_per_s", 400))):
        each = n // shards
        total = each * shards

        def ours(total=total, each=each, length=length):
            return from_source(bench, shards, each, length, lambda url: [get(
                bench, "bench", url, "-n", total, "--rate", "1024G")])

        runs = paired(bench.size.times, {"get": ours}, bench.may_go_on)
        cpu_s = min(r.cpu_s for r in runs["get"])
        f = measured(GETTING, f"records of {length} bytes", runs["get"],
                     "kinesis-get", total, total * length, key=f"get-{length}")
        f.rows_per_s, f.mb_per_s = total / cpu_s, total * length / 1e6 / cpu_s
        f.note = ("per CPU s; of the source "
                  f"{short(min(r.extra['cpu_s'] for r in runs['get']))} s")
        bench.add(with_goal(f, *goal))
    idle(bench)


def idle(bench):
    """Four shards in which nothing arrives."""
    until = datetime.now(timezone.utc) + timedelta(seconds=bench.size.paced_s)
    run = from_source(bench, 4, 0, 100, lambda url: [get(
        bench, "bench", url, "--until", f"{until:%FT%TZ}")])
    f = measured(GETTING, "an idle stream of 4 shards", [run], key="get-idle",
                 cpu_percent=run.cpu_s / run.seconds * 100)
    bench.add(with_goal(f, "cpu_percent", 0.5))


# --- the whole ---------------------------------------------------------------

# As the sample: kind of window, kind of time, stream.
BRANCHES = [
    (TUMBLE, False, "TumblingWindowProcessingTimeOutput"),
    (TUMBLE, True, "TumblingWindowEventTimeOutput"),
    (HOP, False, "SlidingWindowProcessingTimeOutput"),
    (HOP, True, "SlidingWindowEventTimeOutput"),
]


def branch(bench, kind, is_event_time):
    if is_event_time:
        return window(bench, kind)
    return Stage("window", [bench.program("window"), *kind,
                            "--processing-time", "--key", "sensor_id", "--avg",
                            "temperature:avg_temp", "--from", COLUMNS,
                            "--into", INTO])


def whole(bench):
    n = bench.size.rows

    def windows(tool):
        return four_ways(bench, tool, datagen(bench, n, *AT_ONCE),
                         [[branch(bench, kind, event)]
                          for kind, event, _ in BRANCHES])

    def all_of_it(tool):
        return into_sink(bench, lambda url: four_ways(
            bench, tool, datagen(bench, n, *AT_ONCE),
            [[branch(bench, kind, event),
              put(bench, stream, url, "--partition-key", "sensor_id")]
             for kind, event, stream in BRANCHES]), None)

    for what, action, key in (
            ("datagen | X | 4 x window", windows, "windows"),
            ("datagen | X | 4 x (window | kinesis-put)", all_of_it, "whole")):
        runs = paired(bench.size.times, {t: (lambda t=t: action(t))
                                         for t in TOOLS}, bench.may_go_on)
        for tool in TOOLS:
            f = measured(PIPELINE, what.replace("X", tool), runs[tool],
                         rows=n, key=f"{key}-{tool}",
                         against=("tee", runs["tee"]) if tool == "fanout"
                         else None, ratio_of="speed")
            f.details["stages"] = by_stage(runs[tool], n)
            goal = tool == "fanout" and key == "windows"
            bench.add(with_goal(f, "rows_per_s", 8e6) if goal else f)


def at_rate(bench, seconds, options=lambda name: []):
    """The whole at the sample's own rate: its CPU, in percent of a core.  A
    long run less a short one, so that beginning and end do not count."""
    def of_seconds(s):
        def chains(url):
            return [[with_options(branch(bench, kind, event),
                                  options(f"window-{stream}")),
                     put(bench, stream, url, "--partition-key", "sensor_id",
                         *options(stream))]
                    for kind, event, stream in BRANCHES]
        return into_sink(bench, lambda url: four_ways(
            bench, "fanout", datagen(bench, int(RATE * s), "-r", str(RATE),
                                     *options("rows")), chains(url)), None)

    short_run = of_seconds(bench.size.paced_s / 10)
    run = of_seconds(bench.size.paced_s / 10 + seconds)
    return run, ((run.cpu_s - short_run.cpu_s) /
                 (run.seconds - short_run.seconds) * 100)


def with_options(stage, options):
    return Stage(stage.name, [*stage.argv, *options], stage.stdin,
                 stage.stdout)


def resting(bench):
    run, percent = at_rate(bench, 2 * bench.size.paced_s)
    f = measured(PIPELINE, "at 10,000 rows/s", [run], key="rest",
                 cpu_percent=percent)
    bench.add(with_goal(f, "cpu_percent", 1))


def by_stage(runs, n):
    """CPU seconds a million rows and the largest one's peak memory; the run of
    the median.  Stages of one name count together."""
    run = sorted(runs, key=lambda r: r.seconds)[len(runs) // 2]
    stages = {}
    for cost in run.stages:
        s = stages.setdefault(cost.name, {"processes": 0, "cpu_s": 0,
                                          "peak_mb": 0})
        s["processes"] += 1
        s["cpu_s"] += cost.cpu_s / n * 1e6
        s["peak_mb"] = max(s["peak_mb"], cost.peak_bytes / 1e6)
    if "cpu_s" in run.extra:
        stages["sink"] = {"processes": 1,
                          "cpu_s": run.extra["cpu_s"] / n * 1e6}
    return stages
