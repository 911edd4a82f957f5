"""report - the table on the terminal, bench.json, and README's block.

SPDX-License-Identifier: ISC
"""

import json
import re
import shutil

from figures import (Figure, goal_text, note_text, rate_text, ratio_text,
                     seconds_text, short)
from plot import plot

OPEN, CLOSE = "<!-- bench -->", "<!-- /bench -->"
# Where README finds the plot.
PLOT = "tests/bench/bench.svg"

# README's table: what stands there, and under which name.
HEADLINES = [
    ("wc-from a file", "`wc -l` on the file: the limit of reading"),
    ("tumble-from a file", "`window --tumble 10s` from the file"),
    ("hop-from a file", "`window --hop 10s --slide 2s` from the file"),
    ("wc-through a pipe", "`cat \\| wc -l`"),
    ("tumble-through a pipe", "`cat \\| window --tumble 10s`"),
    ("hop-through a pipe", "`cat \\| window --hop 10s --slide 2s`"),
    ("other-DuckDB", "DuckDB doing the same tumble"),
    ("other-mawk", "mawk, with hard-coded column numbers"),
    ("other-mawk by places", "mawk, with hard-coded character positions"),
    ("other-python3", "Python"),
    ("other-mlr", "Miller"),
    ("other-jq", "jq"),
    ("datagen-null", "`datagen` into /dev/null"),
    ("datagen-wc", "`datagen \\| wc -l`"),
    ("four-tee-wc", "`tee` with four readers"),
    ("four-fanout-wc", "`fanout` with four readers"),
    ("windows-tee", "`datagen \\| tee \\| 4 × window`"),
    ("windows-fanout", "`datagen \\| fanout \\| 4 × window`"),
    ("whole-tee", "`datagen \\| tee \\| 4 × (window \\| kinesis-put)`"),
    ("whole-fanout", "`datagen \\| fanout \\| 4 × (window \\| kinesis-put)`"),
    ("rows-10^8", "`datagen \\| window --tumble 10s`, 10^8 rows"),
    ("growth-10^7 keys in one window", "`window`, 10^7 keys in one window"),
    ("growth-10^6 open sessions", "`window --session 1h`, 10^6 open sessions"),
    ("put-70", "`kinesis-put`, records of 70 bytes, into a null sink"),
    ("put-1024", "`kinesis-put`, records of 1 KiB, into a null sink"),
    ("through-flood", "kinesalite's own limit: one request, repeated"),
    ("through-botocore", "botocore through kinesalite, requests of 500"),
    ("through-put", "`kinesis-put` through kinesalite"),
    ("rest", "the whole pipeline at 10,000 rows/s"),
    ("steady", "`kinesis-put` at 10,000 records/s"),
    ("pace", "`datagen` at 10,000 rows/s: a row's lag, median"),
    ("latency-window", "at that rate, a row's birth to its window's result"),
    ("latency-sink", "and through `kinesis-put` to its record in the sink"),
]


# --- the terminal ------------------------------------------------------------

def heading(group):
    return (f"\n{group}\n  {'':48} {'time':>8} {'rows':>10} {'peak':>8}  "
            f"{'ratio':14}{'goal'}")


def line(f):
    peak = f"{short(f.peak_mb)} MB" if f.peak_mb is not None else ""
    head = (f"  {f.case:48} {seconds_text(f.seconds):>8} "
            f"{rate_text(f.rows_per_s):>10} {peak:>8}")
    verdict = {None: "", True: " met", False: " MISSED"}[f.met]
    tail = f"  {ratio_text(f):14}{goal_text(f) + verdict:18}"
    if f.against:
        tail += f" {'beside ' + f.against}"
    note = note_text(f)
    return (head + tail.rstrip() + (f"   {note}" if note else "")).rstrip()


def stage_lines(f):
    for name, s in f.details.get("stages", {}).items():
        many = f"{s['processes']} x " if s["processes"] > 1 else ""
        peak = (f", {short(s['peak_mb'])} MB" + (" each" if many else "")
                if "peak_mb" in s else "")
        yield (f"      {many + name:20} {short(s['cpu_s'])} CPU s a million "
               f"rows{peak}")


# --- files -------------------------------------------------------------------

def write_files(folder, machine, figures, left_out):
    data = {"machine": machine, "figures": [f.as_dict() for f in figures],
            "left_out": left_out}
    (folder / "bench.json").write_text(json.dumps(data, indent=1) + "\n")
    (folder / "bench.svg").write_text(plot(by_key(figures)))
    (folder / "bench.md").write_text(markdown(machine, figures))


def by_key(figures):
    return {f.key: f for f in figures if f.key}


def markdown(machine, figures):
    known = by_key(figures)
    lines = [f"![Rows a second, beside the limit of reading]({PLOT})", "",
             "| what | time | rows/s | peak memory | ratio |",
             "| --- | ---: | ---: | ---: | --- |"]
    for key, name in HEADLINES:
        f = known.get(key)
        if f is None:
            continue
        peak = f"{short(f.peak_mb)} MB" if f.peak_mb is not None else ""
        lines.append(f"| {name} | {seconds_text(f.seconds)} | "
                     f"{rate_text(f.rows_per_s)} | {peak} | "
                     f"{comparison(f, known)} |")
    lines += feed_table(known)
    lines += stage_table(known.get("whole-fanout"))
    lines += flink_table(known)
    lines += ["", about(machine)]
    return "\n".join(lines) + "\n"


def comparison(f, known):
    """Beside what else there is; of latencies the slow ones."""
    ours = known.get(f.key.replace("other-", "window-"))
    if f.ratio is not None:
        against = f.against.replace("|", "\\|")
        return f"{short(f.ratio)} × the {f.ratio_of} of `{against}`"
    if ours is not None and ours is not f:
        return f"`window` is {short(ours.ratio)} × as fast"
    if f.cpu_percent is not None:
        return f"{short(f.cpu_percent)} % of a core"
    return f.note if "p99_s" in f.details else ""


def feed_table(known):
    """Rows of real programs: what share of others' CPU window takes."""
    peers = [x for x in ("DuckDB", "jq", "mlr") if any(
        key.startswith("feed-") and key.endswith(f"-{x}") for key in known)]
    names = list(dict.fromkeys(key.split("-")[1] for key in known
                               if key.startswith("feed-")))
    if not names:
        return
    heads = " | ".join(f"of {x}'s CPU" for x in peers)
    yield from ["", f"| rows as real programs write them | a row | {heads} |",
                "| --- | ---: |" + " ---: |" * len(peers)]
    for name in names:
        fs = [known.get(f"feed-{name}-{x}") for x in peers]
        shares = " | ".join(short(f.ratio) if f else "" for f in fs)
        size = next(f for f in fs if f).case.split(", ")[1]
        yield f"| {name} | {size.removesuffix(' a row')} | {shares} |"


def stage_table(f):
    """Where the time of the whole pipeline goes."""
    if f is None:
        return
    yield from ["", "| stage of the whole pipeline | CPU s a million rows | "
                "peak memory of each |", "| --- | ---: | ---: |"]
    for name, s in f.details["stages"].items():
        many = f"{s['processes']} × " if s["processes"] > 1 else ""
        peak = f"{short(s['peak_mb'])} MB" if "peak_mb" in s else ""
        # The sink is the bench's own, none of the programs.
        what = "the null sink" if name == "sink" else f"{many}`{name}`"
        yield f"| {what} | {short(s['cpu_s'])} | {peak} |"


FLINK_LINES = [
    ("flink-start", "Flink: a JobManager and two TaskManagers come up"),
    ("flink-cold", "Flink: its first job"),
    ("flink-1", "Flink, warm, parallelism 1"),
    ("flink-2", "Flink, warm, parallelism 2, two files"),
    ("flink-ours", "`windowpipe run`"),
    ("flink-ours-start", "`windowpipe run`, no rows: start to end"),
    ("flink-rest", "Flink, 10,000 rows/s"),
    ("flink-ours-rest", "`windowpipe run`, 10,000 rows/s"),
    ("flink-restart", "Flink: kill -9 of a TaskManager to the next checkpoint"),
    ("flink-ours-restart", "`windowpipe run`: kill -9 of a `window`, likewise"),
]


def flink_table(known):
    """The sample's job, on a cluster and here."""
    if "flink-1" not in known:
        return
    yield from ["", "| the sample's job, over files | time | rows/s | CPU s a million "
                "rows | memory of all |", "| --- | ---: | ---: | ---: | ---: |"]
    for key, name in FLINK_LINES:
        f = known.get(key)
        if f is None:
            continue
        cpu = (f"{short(f.cpu_percent)} % of a core" if f.cpu_percent is not None
               else short(f.cpu_s / f.rows * 1e6) if f.rows else "")
        peak = f"{short(f.peak_mb)} MB" if f.peak_mb is not None else ""
        yield (f"| {name} | {seconds_text(f.seconds)} | {rate_text(f.rows_per_s)} "
               f"| {cpu} | {peak} |")


def about(m):
    return (f"`make bench` on {m['date']}: {m['cpu']}, {m['cores']} cores, "
            f"Linux {m['kernel']}; files of {m['rows']:,} rows, less for the "
            "slow ones; medians of paired runs, all in one go.")


def write_readme(folder, readme, plot_copy):
    """Puts the last run's table between README's two marks; says why not."""
    try:
        data = json.loads((folder / "bench.json").read_text())
    except FileNotFoundError:
        return f"{folder}/bench.json is missing; run make bench first"
    if data["machine"]["is_busy"]:
        return "others used the machine during the last run; run it again"
    if data["machine"]["size"] != "full":
        return f"the last run was of SIZE={data['machine']['size']}"
    text = readme.read_text()
    block = re.compile(re.escape(OPEN) + r"\n.*?" + re.escape(CLOSE), re.S)
    if not block.search(text):
        return f"{readme} lacks the lines {OPEN} and {CLOSE}"
    figures = [Figure(**f) for f in data["figures"]]
    table = markdown(data["machine"], figures)
    readme.write_text(block.sub(lambda _: f"{OPEN}\n{table}{CLOSE}", text))
    shutil.copyfile(folder / "bench.svg", plot_copy)
    return None
