"""window_cases - window beside wc, mawk and others, and as its load grows.

SPDX-License-Identifier: ISC
"""

import json
import shutil
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
GROWTH = "window, as its load grows"


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
        ("mawk", ["mawk", "-f", PEERS / "tumble.awk"], big),
        ("gawk", ["gawk", "-f", PEERS / "tumble.awk"], small),
        ("DuckDB", [python_with("duckdb", DUCKDB) or "", PEERS / "tumble_duckdb.py"], big),
        ("python3", [sys.executable, PEERS / "tumble.py"], small),
        ("mlr", ["mlr", "--ijson", "--ojsonl", "put", "-q", "-f",
                 PEERS / "tumble.mlr"], small),
        ("jq", ["jq", "-cnf", PEERS / "tumble.jq"], small),
    ]
    for name, argv, n in known:
        if is_there(bench, name, argv):
            beside(bench, name, argv, n)


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


# --- growth ------------------------------------------------------------------

def curve(bench, points, base, goals=(), is_slow=False):
    """points: {name: (stage, rows)}.  All in turn; base is the one beside
    which the others are told."""
    runs = paired(
        bench.size.slow_times if is_slow else bench.size.times,
        runs_of(bench, {name: [stage] for name, (stage, _) in points.items()}),
        bench.may_go_on, warm=not is_slow)
    for name, (stage, n) in points.items():
        f = measured(GROWTH, name, runs[name], "window", n,
                     against=None if name == base else
                     (base.split(":")[0], runs[base]),
                     key=f"growth-{name}")
        f.note = f"{short_ns(f)} a row"
        for goal in goals:
            if goal[0] == name:
                with_goal(f, *goal[1:])
        bench.add(f)


def short_ns(f):
    return f"{f.seconds / f.rows * 1e9:.0f} ns"


def hop_ratios(bench):
    """Slide, rows and the windows that fire are the same for all; those open
    at the end are not written, since there are more of them in larger hops."""
    n = bench.size.rows
    rows = bench.inputs.rows(n, step="1ms")
    points = {f"size/slide {k}: --hop {2 * k}s":
              (window(bench, ["--hop", f"{2 * k}s", "--slide", "2s"],
                      "--at-eof", "discard", source=rows), n)
              for k in (1, 5, 60, 3600)}
    names = list(points)
    curve(bench, points, names[1], goals=[(names[3], "ratio", 1.3)])


def short_windows(bench):
    n = bench.size.rows
    rows = bench.inputs.rows(n, step="1ms")
    points = {f"--tumble {size}: {per} of these rows each":
              (window(bench, ["--tumble", size], source=rows), n)
              for size, per in (("10s", 10000), ("1s", 1000), ("100ms", 100),
                                ("10ms", 10), ("1ms", 1))}
    curve(bench, points, next(iter(points)), is_slow=True)


def keys(bench):
    """All rows in one window, not written at the end; then also written."""
    n = bench.size.rows
    base = "11 keys in one window"
    points = {}

    def point(name, rows, kind=("--tumble", "1h"), how="discard"):
        points[name] = (window(bench, kind, "--at-eof", how, source=rows), n)

    point(base, bench.inputs.rows(n))
    most = None
    for count in (10**4, 10**6, 10**7):
        if count > n:
            continue
        # For a key a row, draw from so many that few come twice.
        rows = (bench.inputs.keys(n, count, count * 2 - 1) if count < n else
                bench.inputs.keys(n, 0, 2**31 - 1))
        most = f"{power(count)} keys in one window"
        point(most, rows)
    goals = []
    if n >= 10**7:
        goals = [(most, "ratio", 12)]
        point(f"{most}, written", rows, how="emit")
    curve(bench, points, base, goals, is_slow=True)
    if goals:
        with_memory_goal(bench, most)


def with_memory_goal(bench, case):
    """The goal on memory is a line of its own beside that on time."""
    f = next(f for f in bench.figures if f.case == case)
    more = type(f)(GROWTH, f"{case}, peak memory", peak_mb=f.peak_mb,
                   runs=f.runs)
    bench.add(with_goal(more, "peak_mb", 1500))


def sessions(bench):
    """One open session a key, never closed: --session 1h over minutes."""
    n = bench.size.rows
    points = {}
    for count in (11, 10**4, 10**6):
        if count <= n // 10:
            rows = (bench.inputs.rows(n) if count == 11 else
                    bench.inputs.keys(n, count, count * 2 - 1))
            points[f"{power(count)} open sessions"] = (window(
                bench, ["--session", "1h"], "--at-eof", "discard",
                source=rows), n)
    curve(bench, points, "11 open sessions", is_slow=True)
    bench.inputs.drop_like("keys-")


def power(n):
    return f"10^{len(str(n)) - 1}" if str(n).strip("0") == "1" else str(n)


def more_rows(bench):
    for n in bench.size.growth:
        rows = bench.inputs.rows(n)
        against_wc(bench, f"{power(n)} rows", rows, n)
        if n > bench.size.rows:
            bench.inputs.drop_like(rows.name)


def more_columns(bench):
    for columns in (3, 10, 50, 200):
        # About as many bytes each.
        n = max(100, bench.size.rows * 82 // (82 + 14 * (columns - 3)))
        rows = (bench.inputs.rows(n) if columns == 3 else
                bench.inputs.wide(n, columns))
        against_wc(bench, f"{columns} columns, {rows.stat().st_size / n:.0f} "
                   "bytes a row", rows, n)
        if columns > 3:
            bench.inputs.drop_like(rows.name)


def against_wc(bench, case, rows, n):
    runs = paired(bench.size.times, runs_of(bench, {
        "wc": [wc(rows)],
        "window": [window(bench, TUMBLE, source=rows)],
    }), bench.may_go_on)
    f = measured(GROWTH, case, runs["window"], "window", n,
                 rows.stat().st_size, ("wc -l", runs["wc"]))
    f.note = f"{short_ns(f)} a row, {f.mb_per_s:.0f} MB/s"
    bench.add(f)


# --- shape -------------------------------------------------------------------

SHAPE = "window, rows of all shapes"


def shapes(bench):
    irregular(bench, "changing order, nested, blanks, escapes",
              bench.inputs.irregular, bench.size.odd_rows)
    irregular(bench, "hostile pretty rows of about 1 KiB",
              bench.inputs.hostile, max(100, bench.size.odd_rows // 5))


def irregular(bench, case, make, n):
    """The same values as regular rows, and therefore the same answers."""
    rows, regular = make(n), bench.inputs.rows(n)
    out = {x: bench.work / x for x in ("odd", "regular")}
    runs = paired(bench.size.times, runs_of(bench, {
        "wc": [wc(rows)],
        "regular": [window(bench, TUMBLE, source=regular, out=out["regular"])],
        "odd": [window(bench, TUMBLE, source=rows, out=out["odd"])],
    }), bench.may_go_on)
    same_bytes(out["odd"], out["regular"])
    nbytes = rows.stat().st_size
    f = measured(SHAPE, case, runs["odd"], "window", n, nbytes,
                 ("regular rows", runs["regular"]))
    f.note = f"{f.mb_per_s:.0f} MB/s"
    bench.add(f)
    f = measured(SHAPE, case, runs["odd"], "window", n, nbytes,
                 ("wc -l", runs["wc"]))
    bench.add(f)
