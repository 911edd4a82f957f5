"""window_cases - window beside wc, mawk and others, and rows of all shapes.

SPDX-License-Identifier: ISC
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from figures import measured, with_goal
from inputs import COLUMNS
from measure import Failed, Stage, paired, python_with

PEERS = Path(__file__).resolve().parent / "peers"
# Where get-duckdb puts it.
DUCKDB = PEERS.parents[2] / "build" / "duckdb" / "bin" / "python"
TUMBLE = ["--tumble", "10s"]
HOP = ["--hop", "10s", "--slide", "2s"]
INTO = "sensor_id INT, avg_temp DECIMAL(6,2), window_end"
READING = "window, the sample's queries"
OTHERS = "the tumble, beside what others do with the same file"


def window(bench, kind, *more, source="-", out="-", name="window"):
    """The sample's query over event time, of a kind."""
    return Stage(name, [bench.program("window"), *kind, "--event-time",
                        "measurement_time", "--delay", "5s", "--key",
                        "sensor_id", "--avg", "temperature:avg_temp", "--from",
                        COLUMNS, "--into", INTO, *more], source, out)


def wc(source="-", out="-"):
    return Stage("wc -l", ["wc", "-l"], source, out)


def cat(source):
    return Stage("cat", ["cat"], source)


def runs_of(bench, stages):
    """{name: chain} -> {name: action} for paired()."""
    return {name: (lambda chain=chain: bench.runner.run(chain))
            for name, chain in stages.items()}


# --- reading -----------------------------------------------------------------

def reading(bench):
    rows = bench.inputs.rows(bench.size.rows)
    n, nbytes = bench.size.rows, rows.stat().st_size
    out = {x: bench.work / x for x in ("tumble", "hop", "tumble-p", "hop-p")}

    def both(kind, runs, against, limit, where):
        bench.add(with_goal(measured(
            READING, f"{' '.join(KINDS[kind])}, {where}", runs[kind], "window",
            n, nbytes, (against, runs["wc"]), key=f"{kind}-{where}"),
            "ratio", limit))

    runs = paired(bench.size.times, runs_of(bench, {
        "wc": [wc(rows)],
        "tumble": [window(bench, TUMBLE, source=rows, out=out["tumble"])],
        "hop": [window(bench, HOP, source=rows, out=out["hop"])],
    }), bench.may_go_on)
    bench.add(measured(READING, "wc -l, from a file", runs["wc"], "wc -l", n,
                       nbytes, key="wc-from a file"))
    for kind in KINDS:
        both(kind, runs, "wc -l", 2.5, "from a file")

    runs = paired(bench.size.times, runs_of(bench, {
        "wc": [cat(rows), wc()],
        "tumble": [cat(rows), window(bench, TUMBLE, out=out["tumble-p"])],
        "hop": [cat(rows), window(bench, HOP, out=out["hop-p"])],
    }), bench.may_go_on)
    bench.add(measured(READING, "cat | wc -l", runs["wc"], "wc -l", n, nbytes,
                       key="wc-through a pipe"))
    for kind in KINDS:
        both(kind, runs, "cat | wc -l", 1.25, "through a pipe")
        same_bytes(out[kind], out[f"{kind}-p"])


KINDS = {"tumble": TUMBLE, "hop": HOP}


def same_bytes(a, b):
    if a.read_bytes() != b.read_bytes():
        raise Failed(f"{a.name} and {b.name} differ")


# --- others ------------------------------------------------------------------

def others(bench):
    """Each on a file that it can do in seconds, window on the same."""
    big, small = bench.size.rows, bench.size.slow_rows
    known = [
        ("mawk", awk("mawk", "columns"), big),
        ("mawk by places", awk("mawk", "places"), big),
        ("gawk", awk("gawk", "columns"), small),
        ("DuckDB", [python_with("duckdb", DUCKDB) or "", PEERS / "tumble_duckdb.py"], big),
        ("python3", [sys.executable, PEERS / "tumble.py"], small),
        ("mlr", ["mlr", "--ijson", "--ojsonl", "put", "-q", "-f",
                 PEERS / "tumble.mlr"], small),
        ("jq", ["jq", "-cnf", PEERS / "tumble.jq"], small),
    ]
    for name, argv, n in known:
        if is_there(bench, name, argv):
            beside(bench, name, argv, n)


def awk(program, how):
    return [program, "-f", PEERS / "tumble.awk",
            "-f", PEERS / f"tumble_{how}.awk"]


def is_there(bench, name, argv):
    return bench.left_out_unless(argv[0] and shutil.which(argv[0]), OTHERS,
                                 name, "not installed")


def beside(bench, name, argv, n):
    rows = bench.inputs.rows(n)
    ours, theirs = bench.work / "window", bench.work / name
    runs = paired(bench.size.slow_times, runs_of(bench, {
        name: [Stage(name, argv, rows, theirs)],
        "window": [window(bench, TUMBLE, source=rows, out=ours)],
    }), bench.may_go_on, warm=False)
    if answers(ours) != answers(theirs):
        raise Failed(f"window and {name} have different answers")
    bench.add(measured(OTHERS, name, runs[name], name, n,
                       rows.stat().st_size, key=f"other-{name}"))
    f = measured(OTHERS, f"window on the same {n:,} rows", runs["window"],
                 "window", n, rows.stat().st_size, (name, runs[name]), "speed",
                 key=f"window-{name}")
    bench.add(with_goal(f, "ratio", 20) if name == "mawk" else f)


def answers(path):
    """What was found, whatever the order of lines and the form of numbers."""
    with open(path, encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return sorted((r["window_end"], int(r["sensor_id"]), float(r["avg_temp"]))
                  for r in found)


# --- shape -------------------------------------------------------------------

SHAPE = "window, rows of all shapes"
SIMDJSON = "simdjson On-Demand"


def shapes(bench):
    n, few = bench.size.odd_rows, max(100, bench.size.odd_rows // 5)
    peer = simdjson(bench)
    # The peer does not know all that these eight do: it takes the first of two
    # keys, and no text for a number.
    shape(bench, "eight layouts by turns", bench.inputs.irregular(n), n)
    for case, rows, n in (
            ("regular rows", bench.inputs.rows(n), n),
            ("no two alike in order, nesting, blanks, escapes",
             bench.inputs.unlike(n), n),
            ("hostile pretty rows of about 1 KiB",
             bench.inputs.hostile(few), few)):
        shape(bench, case, rows, n, peer)


def simdjson(bench):
    """The program that reads with it, where it can be compiled."""
    peer = bench.work / "tumble_simdjson"
    there = shutil.which("c++") and subprocess.run(
        ["c++", "-O2", "-std=c++17", "-o", peer, PEERS / "tumble_simdjson.cc",
         "-lsimdjson"], stderr=subprocess.DEVNULL).returncode == 0
    return bench.left_out_unless(there, SHAPE, SIMDJSON,
                                 "no c++ and libsimdjson-dev") and peer


def shape(bench, case, rows, n, peer=None):
    """The same values as regular rows, and therefore the same answers."""
    regular = bench.inputs.rows(n)
    out = {x: bench.work / x for x in ("odd", "regular", "peer")}
    chains = {
        "wc": [wc(rows)],
        "regular": [window(bench, TUMBLE, source=regular, out=out["regular"])],
        "odd": [window(bench, TUMBLE, source=rows, out=out["odd"])],
    }
    if peer:
        chains["peer"] = [Stage(SIMDJSON, [peer], rows, out["peer"])]
    runs = paired(bench.size.times, runs_of(bench, chains), bench.may_go_on)
    same_bytes(out["odd"], out["regular"])
    if peer and answers(out["odd"]) != answers(out["peer"]):
        raise Failed(f"window and {SIMDJSON} have different answers")
    nbytes = rows.stat().st_size
    for other, key in (("regular rows", "regular"), ("wc -l", "wc")):
        if case == other:
            continue
        f = measured(SHAPE, case, runs["odd"], "window", n, nbytes,
                     (other, runs[key]))
        f.note = f"{f.mb_per_s:.0f} MB/s"
        bench.add(f)
    if peer:
        bench.add(with_goal(measured(
            SHAPE, case, runs["odd"], "window", n, nbytes,
            (SIMDJSON, runs["peer"]), "speed"), "ratio", 1 / 3))
