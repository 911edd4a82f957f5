"""report - the table on the terminal, bench.json, and README's blocks.

SPDX-License-Identifier: ISC
"""

import json
import re
from pathlib import Path

import plot
from figures import (Figure, goal_text, note_text, rate_text, ratio_text,
                     seconds_text, short)

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
    head = (f"  {f.case:48} {seconds_text(f.seconds):>8} "
            f"{rate_text(f.rows_per_s):>10} {mb_text(f.peak_mb):>8}")
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
    for name, plotted, table in blocks(machine, by_key(figures)):
        (folder / f"{name}.svg").write_text(plotted)
        (folder / f"{name}.md").write_text(table)


def by_key(figures):
    return {f.key: f for f in figures if f.key}


def blocks(machine, known):
    """What README shows, as far as it was measured: the name of each block,
    its plot, and its text."""
    tables = {"bench": (plot.PANELS, "Rows a second, beside the limit of reading",
                        bench_table),
              "flink": (plot.FLINK_PANELS, "The sample's job, beside Flink",
                        flink_table)}
    for name, (panels, title, table) in tables.items():
        lines = list(table(machine, known))
        if lines:
            yield (name, plot.plot(panels, title, known), "\n".join(
                [f"![{title}]({plot_path(name)})", "", *lines, ""]))


def plot_path(name):
    """Where README finds it."""
    return f"tests/bench/{name}.svg"


def bench_table(machine, known):
    lines = [headline(known[key], name, known) for key, name in HEADLINES
             if key in known]
    lines += feed_table(known)
    lines += stage_table(known.get("whole-fanout"))
    if not lines:
        return
    yield from ["| what | time | rows/s | peak memory | ratio |",
                "| --- | ---: | ---: | ---: | --- |", *lines, "", about(machine)]


def headline(f, name, known):
    return (f"| {name} | {seconds_text(f.seconds)} | {rate_text(f.rows_per_s)} "
            f"| {mb_text(f.peak_mb)} | {comparison(f, known)} |")


def mb_text(mb):
    return f"{short(mb)} MB" if mb is not None else ""


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


# A column each, and the keys of its figures: at full speed, at 10,000 rows/s,
# from a kill on, and of a start.
FLINK_COLUMNS = [
    ("Flink, its first job",
     ("flink-cold", None, None, "flink-submit-cold")),
    ("Flink, warm", ("flink-1", "flink-rest", "flink-restart", "flink-submit")),
    ("Flink, warm, parallelism 2", ("flink-2", None, None, None)),
    ("`windowpipe run`", ("flink-ours", "flink-ours-rest",
                          "flink-ours-restart", "flink-ours-start")),
]
FLINK_ROWS = [
    ("time", 0, lambda f: seconds_text(f.seconds)),
    ("rows/s", 0, lambda f: rate_text(f.rows_per_s)),
    ("CPU s a million rows", 0, lambda f: short(f.cpu_s / f.rows * 1e6)),
    ("memory of all processes", 0, lambda f: mb_text(f.peak_mb)),
    ("CPU at 10,000 rows/s", 1, lambda f: f"{short(f.cpu_percent)} % of a core"),
    ("start of a job", 3, lambda f: seconds_text(f.seconds)),
    ("from kill -9 of a worker to the next checkpoint", 2,
     lambda f: seconds_text(f.seconds)),
]


def flink_table(machine, known):
    """The sample's job, on a cluster and here."""
    if "flink-1" not in known:
        return
    f = known["flink-1"]
    yield f"| {f.rows:,} rows | " + " | ".join(
        name for name, _ in FLINK_COLUMNS) + " |"
    yield "| --- |" + " ---: |" * len(FLINK_COLUMNS)
    for name, which, words in FLINK_ROWS:
        cells = [words(known[keys[which]]) if keys[which] in known else ""
                 for _, keys in FLINK_COLUMNS]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""
    yield (f"`make bench-flink` on {machine['date']}: {place(machine)}; "
           f"{f.group.split('beside ')[1]}, a JobManager and two TaskManagers, "
           f"which were up after {seconds_text(known['flink-start'].seconds)}; "
           "medians of runs in turn.")


def place(m):
    return f"{m['cpu']}, {m['cores']} cores, Linux {m['kernel']}"


def about(m):
    return (f"`make bench` on {m['date']}: {place(m)}; files of {m['rows']:,} "
            "rows, less for the slow ones; medians of paired runs, all in one "
            "go.")


def write_readme(folder, readme, root):
    """Puts the last run's tables between README's marks, and the plots beside;
    says why not."""
    try:
        data = json.loads((folder / "bench.json").read_text())
    except FileNotFoundError:
        return f"{folder}/bench.json is missing; run make bench first"
    if data["machine"]["is_busy"]:
        return "others used the machine during the last run; run it again"
    if data["machine"]["size"] != "full":
        return f"the last run was of SIZE={data['machine']['size']}"
    figures = by_key(Figure(**f) for f in data["figures"])
    made = list(blocks(data["machine"], figures))
    if not made:
        return "the last run measured nothing that README shows"
    text = readme.read_text()
    for name, _, table in made:
        first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
        text, n = re.subn(f"{first}\n.*?{last}", lambda _: f"{first}\n{table}{last}",
                          text, flags=re.S)
        if n == 0:
            return f"{readme} lacks the lines {first} and {last}"
    readme.write_text(text)
    for name, plotted, _ in made:
        to = Path(root) / plot_path(name)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(plotted)
    return None
