"""plot - bars, of rows a second with the limit of reading marked, as SVG.

The colours are of middle lightness or change with the reader's theme, and there
is no background, so that it can be read on white and on black.

SPDX-License-Identifier: ISC
"""

from html import escape

from figures import short

LEFT, BARS, RIGHT = 250, 420, 70
ROW, BAR, HEAD = 22, 14, 44

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .small { font-size: 11px }
  .ours { fill: #2f81d6 }
  .others { fill: #8b949e }
  .limit { stroke: #d1662b; stroke-width: 1.5; stroke-dasharray: 4 3 }
  .axis { stroke: #8b949e; stroke-width: 1 }
  text.mark { fill: #b8531d }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    text.mark { fill: #f0883e }
  }
"""


def rate(figure):
    return figure.rows_per_s / 1e6


def cpu(figure):
    return figure.cpu_s / figure.rows * 1e6


# title, value of a figure, what marks the limit, and [(key, name, is ours)].
PANELS = [
    ("From a file, million rows/s", rate, ("wc-from a file", "wc -l"), [
        ("tumble-from a file", "window --tumble 10s", True),
        ("hop-from a file", "window --hop 10s --slide 2s", True),
        ("other-DuckDB", "DuckDB, the tumble", False),
        ("other-mawk by places", "mawk, characters by place", False),
        ("other-mawk", "mawk, columns", False),
        ("other-python3", "Python, the tumble", False),
        ("other-mlr", "Miller, the tumble", False),
        ("other-jq", "jq, the tumble", False),
    ]),
    ("Through a pipe, million rows/s", rate, ("datagen-wc", "datagen | wc -l"), [
        ("tumble-through a pipe", "cat | window --tumble 10s", True),
        ("hop-through a pipe", "cat | window --hop 10s --slide 2s", True),
        # In a pipe of the usual size: wc does not enlarge it.
        ("wc-through a pipe", "cat | wc -l", False),
    ]),
    ("To four readers, on all cores, million rows/s", rate,
     ("datagen-wc", "datagen | wc -l"), [
         ("four-tee-wc", "tee | 4 × wc -l", False),
         ("four-fanout-wc", "fanout | 4 × wc -l", True),
         ("windows-tee", "datagen | tee | 4 × window", False),
         ("windows-fanout", "datagen | fanout | 4 × window", True),
         ("whole-tee", "… by tee, | 4 × kinesis-put", False),
         ("whole-fanout", "… by fanout, | 4 × kinesis-put", True),
     ]),
]
FLINK = [("flink-1", "Flink, parallelism 1", False),
         ("flink-2", "Flink, parallelism 2", False),
         ("flink-ours", "windowpipe run", True)]
FLINK_PANELS = [
    ("Million rows/s", rate, None, FLINK),
    ("CPU seconds a million rows", cpu, None, FLINK),
    ("Memory of all processes, MB", lambda f: f.peak_mb, None, FLINK),
    ("At 10,000 rows/s, % of a core", lambda f: f.cpu_percent, None, [
        ("flink-rest", "Flink, parallelism 1", False),
        ("flink-ours-rest", "windowpipe run", True)]),
    ("Start of a job, and from a kill to the next checkpoint, seconds",
     lambda f: f.seconds, None, [
         ("flink-start", "Flink: the cluster's start", False),
         ("flink-submit", "Flink: a job's start", False),
         ("flink-ours-start", "windowpipe run: start to end", True),
         ("flink-restart", "Flink: from a kill on", False),
         ("flink-ours-restart", "windowpipe run: from a kill on", True)]),
]


def plot(panels, label, figures):
    """figures: {key: Figure}.  What was not measured is left out."""
    parts, y = [], 8
    for title, value, limit, bars in panels:
        there = [(value(figures[k]), name, ours) for k, name, ours in bars
                 if k in figures]
        if there:
            mark = (value(figures[limit[0]]), limit[1]) \
                if limit and limit[0] in figures else None
            parts += panel(y, title, mark, there)
            y += HEAD + ROW * len(there) + 16
    width = LEFT + BARS + RIGHT
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
            f'height="{y}" viewBox="0 0 {width} {y}" role="img" '
            f'aria-label="{escape(label)}">\n'
            f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n")


def panel(y, title, mark, bars):
    """Bars begin at 0 and share one scale; the widest one fills it."""
    most = max([v for v, _, _ in bars] + ([mark[0]] if mark else []))
    top, bottom = y + HEAD, y + HEAD + ROW * len(bars)

    def x(value):
        return LEFT + BARS * value / most

    yield text(8, y + 16, title, "title")
    yield (f'<line class="axis" x1="{LEFT}" y1="{top - 2}" x2="{LEFT}" '
           f'y2="{bottom}"/>')
    for i, (value, name, is_ours) in enumerate(bars):
        at = top + ROW * i
        yield text(LEFT - 8, at + 12, name, "", "end")
        yield (f'<rect class="{"ours" if is_ours else "others"}" x="{LEFT}" '
               f'y="{at}" width="{max(1, x(value) - LEFT):.1f}" '
               f'height="{BAR}"/>')
        yield text(LEFT + BARS + 12, at + 12, short(value), "")
    if mark:
        at = x(mark[0])
        yield (f'<line class="limit" x1="{at:.1f}" y1="{top - 6}" '
               f'x2="{at:.1f}" y2="{bottom}"/>')
        yield text(at, top - 10, f"{mark[1]}, the limit of reading: "
                   f"{short(mark[0])}", "small mark",
                   "end" if mark[0] > most / 2 else "start")


def text(x, y, words, style, anchor="start"):
    return (f'<text x="{x:.1f}" y="{y}" class="{style}" '
            f'text-anchor="{anchor}">{escape(words)}</text>')
