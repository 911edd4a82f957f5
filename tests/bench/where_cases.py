"""where_cases - rows filtered and computed, beside mawk, DuckDB, jq and mlr.

SPDX-License-Identifier: ISC
"""

import json
import shutil

from feeds import Feed, plain
from figures import measured, with_goal
from measure import Failed, Stage, paired, python_with
from window_cases import DUCKDB, PEERS, TUMBLE, runs_of

WHERE = "window, rows filtered and computed"
COLUMNS = ("sensor_id INT, temperature DECIMAL(6,2), "
           "measurement_time TIMESTAMP(3)")
LOG_COLUMNS = "ts BIGINT, path STRING"
PATHS = ("/", "/api/v1/users", "/api/v1/orders", "/static/app.js", "/login")

# Each answers with lines of w, the window's start as text or number, k, the
# key, and n, how many or how much.
AWK = r"""
BEGIN { FS = "[{}\":,]+" }
$5 > 50 { n[$7 ":" $8 ":" substr($9, 1, 1) "\",\"k\":" $3]++ }
END { for (w in n) printf "{\"w\":\"%s,\"n\":%d}\n", w, n[w] }
"""
JQ = """
reduce (inputs | select({where})) as $r ({{}};
  .[$r | {window} | tostring][$r | {key} | tostring] += 1)
| to_entries[] | .key as $w | .value | to_entries[]
| {{w: $w, k: .key, n: .value}}
"""
MLR = """
if ({where}) {{
  @n[{window}][{key}] += 1;
}}
end {{
  for ((w, k), n in @n) {{
    emit1 {{"w": w, "k": k, "n": n}};
  }}
}}
"""
DUCKDB_QUERY = """
SELECT {window} AS w, {key} AS k, {what} AS n
  FROM read_json('/dev/stdin', format = 'newline_delimited',
                 columns = {{{columns}}})
 WHERE {where} GROUP BY ALL
"""
SENSOR = {"window": "strftime(time_bucket(INTERVAL 10 SECOND, "
                    "measurement_time), '%Y-%m-%dT%H:%M:%S')",
          "key": "sensor_id", "columns": "sensor_id: 'INTEGER', "
          "temperature: 'DECIMAL(6,2)', measurement_time: 'TIMESTAMP'"}
LOG = {"window": "ts // 60000", "what": "count(*)",
       "columns": "ts: 'BIGINT', path: 'VARCHAR', host: 'VARCHAR'"}


def web(rng, ms):
    return plain(rng, ms) | {"path": rng.choice(PATHS)}


def where(bench):
    size = bench.size
    rows, few = bench.inputs.rows(size.rows), bench.inputs.rows(size.slow_rows)
    log = bench.inputs.feed(Feed("web", web), size.feed_rows)
    sensors = [*TUMBLE, "--event-time", "measurement_time", "--delay", "5s",
               "--key", "sensor_id:k"]
    minutes = ["--tumble", "1m", "--event-time", "ts", "--delay", "1s",
               "--count=n"]

    against_plain(bench, rows, "--where 'temperature > 50'", 1.5,
                  [*sensors, "--count=n", "--from", COLUMNS],
                  ["--where", "temperature > 50"])
    case(bench, log, size.feed_rows, "--where \"path LIKE '/api/%'\"", [
        *minutes, "--key", "host:k", "--where", "path LIKE '/api/%'"], {
        "DuckDB": DUCKDB_QUERY.format(
            **LOG, key="host", where="path LIKE '/api/%'"),
        "jq": JQ.format(where='.path | startswith("/api/")', key=".host",
                        window=".ts / 60000 | floor"),
        "mlr": MLR.format(where='$path =~ "^/api/"', key="$host",
                          window="$ts // 60000")}, {"DuckDB": 0.5})
    # Enough to see that it works.
    if size.rows < 10**5:
        return
    against_plain(bench, rows, "f AS temperature * 1.8 + 32", 1.7,
                  [*sensors, "--sum", "temperature:n", "--from", COLUMNS],
                  [*sensors, "--sum", "f:n", "--from",
                   f"{COLUMNS}, f AS temperature * 1.8 + 32"], instead=True)
    case(bench, few, size.slow_rows, "--where 'temperature > 50'", [
        *sensors, "--count=n", "--from", COLUMNS, "--where",
        "temperature > 50"], {
        "mawk": ["mawk", AWK],
        "DuckDB": DUCKDB_QUERY.format(
            **SENSOR, what="count(*)", where="temperature > 50"),
        "jq": JQ.format(where=".temperature > 50", key=".sensor_id",
                        window=".measurement_time[:18]"),
        "mlr": MLR.format(where="$temperature > 50", key="$sensor_id",
                          window="substr0($measurement_time, 0, 17)")})
    case(bench, few, size.slow_rows, "f AS temperature * 1.8 + 32", [
        *sensors, "--sum", "f:n", "--from",
        f"{COLUMNS}, f AS temperature * 1.8 + 32"], {
        "DuckDB": DUCKDB_QUERY.format(
            **SENSOR, what="sum(temperature * 1.8 + 32)", where="true")})
    case(bench, log, size.feed_rows, "k AS REGEXP_EXTRACT(path, ...)", [
        *minutes, "--key", "k", "--from", LOG_COLUMNS +
        ", k AS REGEXP_EXTRACT(path, '^/([a-z]+)', 1)"], {
        "DuckDB": DUCKDB_QUERY.format(
            **LOG, key="nullif(regexp_extract(path, '^/([a-z]+)', 1), '')",
            where="true"),
        "jq": JQ.format(where="true", window=".ts / 60000 | floor",
                        key='.path | capture("^/(?<k>[a-z]+)").k? // null')},
        {"DuckDB": 1})


def against_plain(bench, rows, name, most, before, more, instead=False):
    """Beside the query without it, in time."""
    program = bench.program("window")
    after = more if instead else [*before, *more]
    runs = paired(bench.size.times, runs_of(bench, {
        "without": [Stage("window", [program, *before], rows)],
        "with": [Stage("window", [program, *after], rows)],
    }), bench.may_go_on)
    bench.add(with_goal(measured(
        WHERE, f"{name}, from a file", runs["with"], "window", bench.size.rows,
        rows.stat().st_size, ("without", runs["without"]),
        key=f"where-{name}"), "ratio", most))


def commands(bench, args, others):
    python = python_with("duckdb", DUCKDB)
    how = {
        "DuckDB": lambda q: python and [python, PEERS / "feed_duckdb.py", q,
                                        bench.work / "cpu"],
        "jq": lambda q: ["jq", "-cn", q],
        "mlr": lambda q: ["mlr", "--ijson", "--ojsonl", "put", "-q", q],
        "mawk": list,
    }
    found = {"window": [bench.program("window"), *args]}
    for name, query in others.items():
        argv = how[name](query)
        if bench.left_out_unless(argv and shutil.which(argv[0]), WHERE, name,
                                 "not installed"):
            found[name] = argv
    return found


def case(bench, rows, n, name, args, others, goals=()):
    """Beside other programs, in CPU, without what DuckDB takes to start."""
    argv = commands(bench, args, others)
    out = {x: bench.work / x for x in argv}

    def once(x):
        done = bench.runner.run([Stage(x, argv[x], rows, out[x])])
        if x == "DuckDB":
            done.stages[0].user_s = float((bench.work / "cpu").read_text())
            done.stages[0].system_s = 0
        return done

    runs = paired(bench.size.slow_times, {x: lambda x=x: once(x) for x in argv},
                  bench.may_go_on, warm=False)
    found = answers(out["window"])
    for x in argv:
        if answers(out[x]) != found:
            raise Failed(f"{name}: window and {x} have different answers")
        if x == "window":
            continue
        f = measured(WHERE, name, runs["window"], "window", n,
                     rows.stat().st_size, (x, runs[x]),
                     key=f"where-{name}-{x}")
        f.ratio, f.ratio_of = f.cpu_ratio, "CPU"
        bench.add(with_goal(f, "ratio", goals[x]) if x in goals else f)


def answers(path):
    """What was found, whatever the order of lines and the form of numbers:
    every other program names windows in its own way, in the same order."""
    with open(path, encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    starts = [str(r["w"] if "w" in r else r["window_start"]) for r in found]
    place = {w: i for i, w in enumerate(sorted(set(starts)))}
    return sorted((place[w], no_key(r["k"]), round(float(r["n"]), 3))
                  for w, r in zip(starts, found))


def no_key(k):
    """Null is told in many ways."""
    return "" if k in (None, "null") else str(k)
