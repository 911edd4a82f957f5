"""growth_cases - window as its load grows.

SPDX-License-Identifier: ISC
"""

from figures import measured, with_goal
from measure import paired
from pipe_cases import AT_ONCE, datagen
from window_cases import TUMBLE, runs_of, wc, window

GROWTH = "window, as its load grows"


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

    def point(name, rows, how="discard"):
        points[name] = (window(bench, ["--tumble", "1h"], "--at-eof", how,
                               source=rows), n)

    point("1 key in one window", bench.inputs.keys(n, 15, 15))
    point(base, bench.inputs.rows(n))
    most = None
    for count in (10**2, 10**4, 10**6, 10**7):
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
    """From datagen: the disk need not hold them."""
    for n in bench.size.growth:
        source = datagen(bench, n, *AT_ONCE)
        times = bench.size.times if n <= bench.size.rows else 1
        runs = paired(times, runs_of(bench, {
            "wc": [source, wc()],
            "window": [source, window(bench, TUMBLE)],
        }), bench.may_go_on)
        f = measured(GROWTH, f"{power(n)} rows from datagen", runs["window"],
                     "window", n, None, ("datagen | wc -l", runs["wc"]),
                     key=f"rows-{power(n)}")
        f.note = f"{short_ns(f)} a row"
        bench.add(f)


def more_columns(bench):
    for columns in (3, 10, 50, 200):
        # About as many bytes each.
        n = max(100, bench.size.rows * 82 // (82 + 14 * (columns - 3)))
        rows = (bench.inputs.rows(n) if columns == 3 else
                bench.inputs.wide(n, columns))
        nbytes = rows.stat().st_size
        runs = paired(bench.size.times, runs_of(bench, {
            "wc": [wc(rows)],
            "window": [window(bench, TUMBLE, source=rows)],
        }), bench.may_go_on)
        f = measured(GROWTH, f"{columns} columns, {nbytes / n:.0f} bytes a row",
                     runs["window"], "window", n, nbytes,
                     ("wc -l", runs["wc"]))
        f.note = f"{short_ns(f)} a row, {f.mb_per_s:.0f} MB/s"
        bench.add(f)
        if columns > 3:
            bench.inputs.drop_like(rows.name)
