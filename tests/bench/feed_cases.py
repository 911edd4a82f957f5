"""feed_cases - window beside DuckDB, jq and mlr on rows of real programs.

SPDX-License-Identifier: ISC
"""

import json
import shutil
from datetime import datetime, timezone

from feeds import FEEDS
from figures import measured, with_goal
from measure import Failed, Stage, paired, python_with
from window_cases import DUCKDB, PEERS

FEED = "window, rows as real programs write them"

DUCKDB_QUERY = """
SELECT {minute} AS minute, {key} AS key, count(*) AS n, sum({total}) AS total,
       max({most}) AS most
  FROM read_json('/dev/stdin', format = 'newline_delimited',
                 columns = {{{columns}}}, maximum_object_size = 2000000)
 GROUP BY ALL
"""
JQ_QUERY = """
reduce inputs as $r ({{}};
  .[$r.{time} | {minute}][$r.{key}] |=
    [(.[0] // 0) + 1, (.[1] // 0) + ($r.{total} * 1000 | round),
     ([.[2] // 0, $r.{most}] | max)])
| to_entries[] | .key as $m | .value | to_entries[]
| {{minute: $m, key, n: .value[0], total: (.value[1] / 1000),
   most: .value[2]}}
"""
MLR_QUERY = """
m = {minute};
k = ${{{key}}};
@n[m][k] += 1;
@total[m][k] += roundm(${{{total}}} * 1000, 1);
@most[m][k] = max(@most[m][k], ${{{most}}});
end {{
  for ((m, k), n in @n) {{
    emit1 {{"minute": m, "key": k, "n": n, "total": @total[m][k] / 1000,
      "most": @most[m][k]}};
  }}
}}
"""


def feeds(bench):
    """Ratios are of CPU, without what DuckDB takes to start."""
    n = bench.size.feed_rows
    for feed in FEEDS if n >= 10**4 else FEEDS[::8]:
        beside_all(bench, feed, bench.inputs.feed(feed, n), n)
        bench.inputs.drop_like("feed-")


def columns_of(feed):
    """As DuckDB has them in braces: name: 'TYPE'."""
    parts, depth, begin = [], 0, 0
    for i, c in enumerate(feed.columns + ","):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(feed.columns[begin:i].strip())
            begin = i + 1
    return ", ".join("{0}: ''{1}''".replace("''", "'").format(
        *x.split(" ", 1)) for x in parts)


def commands(bench, feed):
    names = {"time": feed.time, "key": feed.key, "total": feed.total,
             "most": feed.most}
    python = python_with("duckdb", DUCKDB)
    return {
        "window": [bench.program("window"), "--tumble", "1m", "--event-time",
                   feed.time, "--delay", "1s", "--key", f"{feed.key}:key",
                   "--count=n", "--sum", f"{feed.total}:total", "--max",
                   f"{feed.most}:most"],
        "DuckDB": python and [
            python, PEERS / "feed_duckdb.py", DUCKDB_QUERY.format(
                **names, columns=columns_of(feed),
                minute=f"{feed.time} // 60000" if feed.in_ms else
                f"{feed.time}[1:16]"), bench.work / "cpu"],
        "jq": shutil.which("jq") and ["jq", "-cn", JQ_QUERY.format(
            **names, minute="./60000 | floor | tostring" if feed.in_ms else
            ".[:16]")],
        "mlr": shutil.which("mlr") and [
            "mlr", "--ijson", "--ojsonl", "flatten", "then", "put", "-q",
            MLR_QUERY.format(
                **names, minute=f"${{{feed.time}}} // 60000" if feed.in_ms else
                f"substr0(${{{feed.time}}}, 0, 15)")],
    }


def beside_all(bench, feed, rows, n):
    there = {name: argv for name, argv in commands(bench, feed).items()
             if bench.left_out_unless(argv, FEED, name, "not installed")}
    out = {name: bench.work / name for name in there}
    fast = [x for x in ("window", "DuckDB") if x in there]

    def once(name):
        done = bench.runner.run([Stage(name, there[name], rows, out[name])])
        if name == "DuckDB":
            done.stages[0].user_s = float((bench.work / "cpu").read_text())
            done.stages[0].system_s = 0
        return done

    def run(names, times):
        return paired(times, {name: lambda name=name: once(name)
                              for name in names}, bench.may_go_on, warm=False)

    runs = run(fast, bench.size.slow_times)
    runs.update(run([x for x in there if x not in fast], 1))
    found = answers(out["window"])
    for name in there:
        if answers(out[name]) != found:
            raise Failed(f"{feed.name}: window and {name} have different "
                         "answers")
    nbytes = rows.stat().st_size
    for name in there:
        if name == "window":
            continue
        f = measured(FEED, f"{feed.name}, {nbytes / n:.0f} bytes a row",
                     runs["window"], "window", n, nbytes, (name, runs[name]),
                     key=f"feed-{feed.name}-{name}")
        f.ratio, f.ratio_of = f.cpu_ratio, "CPU"
        f.note = f"{nbytes / f.cpu_s / 1e6:.0f} MB a second of CPU"
        bench.add(with_goal(f, "ratio", 0.5) if name == "DuckDB" else f)


def answers(path):
    """What was found, whatever the order of lines and the form of numbers."""
    with open(path, encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return sorted((minute_of(r), r["key"], int(r["n"]),
                   round(float(r["total"]), 3), int(r["most"]))
                  for r in found)


def minute_of(r):
    minute = str(r["minute"] if "minute" in r else r["window_start"])
    if minute.isdigit():
        minute = datetime.fromtimestamp(
            int(minute) * 60, timezone.utc).isoformat()
    return minute[:16]
