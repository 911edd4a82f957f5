"""figures - what was measured: one figure a case, and how it is told.

SPDX-License-Identifier: ISC
"""

import statistics
from dataclasses import asdict, dataclass, field

from measure import median_ratio, median_seconds, peak_bytes

# What a goal may be set on: its unit, and whether less is better.
GOALS = {
    "ratio": ("x", None),
    "rows_per_s": ("rows/s", False),
    "mb_per_s": ("MB/s", False),
    "peak_mb": ("MB", True),
    "cpu_percent": ("% of a core", True),
    "seconds": ("s", True),
}


@dataclass
class Figure:
    group: str
    case: str
    seconds: float = None
    spread: float = None        # (slowest - fastest) / median
    runs: int = 0
    cpu_s: float = None         # of all stages
    cpu_ratio: float = None     # which a busy machine changes less
    rows: int = None
    rows_per_s: float = None
    mb_per_s: float = None
    peak_mb: float = None
    cpu_percent: float = None
    against: str = None
    ratio: float = None
    ratio_of: str = None        # time, CPU: less is better; speed: more is
    goal_on: str = None
    goal: float = None
    met: bool = None
    note: str = None
    key: str = None             # the plot and README know it by this
    details: dict = field(default_factory=dict)

    def as_dict(self):
        return {k: v for k, v in asdict(self).items()
                if v is not None and v != {}}


def measured(group, case, runs, stage=None, rows=None, nbytes=None,
             against=None, ratio_of="time", **more):
    """A figure of repeated runs.  against: (name, their runs), of pairs."""
    seconds = median_seconds(runs)
    times = [r.seconds for r in runs]
    f = Figure(group, case, seconds=seconds, runs=len(runs), rows=rows,
               spread=(max(times) - min(times)) / seconds,
               cpu_s=statistics.median(r.cpu_s for r in runs), **more)
    if rows:
        f.rows_per_s = rows / seconds
    if nbytes:
        f.mb_per_s = nbytes / seconds / 1e6
    if stage:
        f.peak_mb = peak_bytes(runs, stage) / 1e6
    if against:
        f.against, theirs = against
        f.ratio_of = ratio_of
        f.ratio, f.cpu_ratio = (
            r if ratio_of == "time" else 1 / r
            for r in (median_ratio(runs, theirs),
                      median_ratio(runs, theirs, lambda r: r.cpu_s)))
    return f


def with_goal(figure, on, goal):
    figure.goal_on, figure.goal = on, goal
    figure.met = (getattr(figure, on) <= goal if less_is_better(figure, on)
                  else getattr(figure, on) >= goal)
    return figure


def less_is_better(figure, on):
    less = GOALS[on][1]
    return figure.ratio_of != "speed" if less is None else less


# --- in words ----------------------------------------------------------------

def short(x):
    """Three digits that matter: 0.0123, 1.23, 12.3, 123."""
    if x >= 100 or x == 0:
        return f"{x:.0f}"
    if x >= 1:
        return f"{x:.{2 if x < 10 else 1}f}"
    return f"{x:.3g}"


def seconds_text(s):
    if s is None:
        return ""
    return f"{short(s)} s" if s >= 1 else f"{short(s * 1000)} ms"


def rate_text(r):
    if r is None:
        return ""
    return f"{short(r / 1e6)} M/s" if r >= 1e5 else f"{short(r / 1e3)} k/s"


def ratio_text(f):
    return f"{short(f.ratio)} x {f.ratio_of}" if f.ratio is not None else ""


def goal_text(f):
    if f.goal is None:
        return ""
    sign = "<=" if less_is_better(f, f.goal_on) else ">="
    value = (f"{short(f.goal)} x" if f.goal_on == "ratio" else
             f"{short(f.goal / 1e6)} M/s" if f.goal_on == "rows_per_s" else
             f"{short(f.goal)} {GOALS[f.goal_on][0]}")
    return f"{sign} {value}"


def note_text(f):
    notes = []
    if f.mb_per_s and f.goal_on == "mb_per_s":
        notes.append(f"{short(f.mb_per_s)} MB/s")
    if f.cpu_percent is not None:
        notes.append(f"{short(f.cpu_percent)} % of a core")
    if f.note:
        notes.append(f.note)
    return ", ".join(notes)


def quantile(values, q):
    """The value below which the share q lies, of the values themselves."""
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def latency(group, case, seconds, **more):
    return Figure(group, case, seconds=statistics.median(seconds), runs=1,
                  note=f"p99 {seconds_text(quantile(seconds, 0.99))}",
                  details={"p99_s": quantile(seconds, 0.99),
                           "samples": len(seconds)}, **more)
