"""kinesis_cases - through the local Kinesis, beside what it allows.

SPDX-License-Identifier: ISC
"""

import http.client
import json
import os
import subprocess
import time
from pathlib import Path

from figures import measured, short, with_goal
from measure import Failed, Stage, paired
from pipe_cases import get, put, python_with
from window_cases import PEERS

THROUGH = "kinesis-put, through kinesalite"
BACK = "kinesis-get, out of kinesalite"
LAUNCHER = Path(__file__).resolve().parents[1] / "kinesis" / "kinesalite.js"
MODULES = LAUNCHER.parents[1] / "node_modules" / "kinesalite"
# It wants to see these, and does not check them.
UNCHECKED = {
    "Content-Type": "application/x-amz-json-1.1",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"
                     "kinesis/aws4_request, SignedHeaders=host, Signature=0",
    "X-Amz-Date": "20260101T000000Z",
}


class Kinesalite:
    """One of its own for each run: it keeps all that it was given."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["node", str(LAUNCHER), "--owner", str(os.getpid())],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.call("CreateStream", StreamName="bench", ShardCount=1)
        while self.call("DescribeStreamSummary", StreamName="bench")[
                "StreamDescriptionSummary"]["StreamStatus"] != "ACTIVE":
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def call(self, operation, **body):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        c.request("POST", "/", json.dumps(body), {
            **UNCHECKED, "X-Amz-Target": f"Kinesis_20131202.{operation}"})
        answer = c.getresponse()
        text = answer.read()
        c.close()
        if answer.status != 200:
            raise Failed(f"kinesalite: {operation}: {text.decode()}")
        return json.loads(text or "{}")

    def count(self):
        """How many records its shard has."""
        iterator = self.call(
            "GetShardIterator", StreamName="bench",
            ShardId="shardId-000000000000",
            ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        n = 0
        while answer := self.call("GetRecords", ShardIterator=iterator):
            if not answer["Records"]:
                return n
            n += len(answer["Records"])
            iterator = answer["NextShardIterator"]

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            v = f.read().rpartition(")")[2].split()
        return (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")


def through(bench, make_stage, n):
    """One run of a stage made for kinesalite's address."""
    with Kinesalite() as kinesis:
        run = bench.runner.run([make_stage(kinesis.url)])
        run.extra = {"cpu_s": kinesis.cpu_s()}
        held = kinesis.count()
    if held != n:
        raise Failed(f"kinesalite has {held} records, not {n}")
    return run


def through_kinesalite(bench):
    """kinesis-put, a loop of botocore, and one body sent over and over, which
    is as much as kinesalite allows: each in requests of 500 records."""
    python = python_with("botocore", "/usr/bin/python3")
    if not bench.left_out_unless(python, THROUGH, "botocore",
                                 "no Python module botocore") or \
            not bench.left_out_unless(MODULES.exists(), THROUGH, "kinesalite",
                                      "not installed"):
        return
    n = max(1000, bench.size.records // 40)
    lines = bench.inputs.lines(n, 70)
    stages = {
        "botocore": lambda url: Stage(
            "botocore", [python, PEERS / "put.py", "bench", url], lines),
        "one body": lambda url: Stage(
            "one body", [python, PEERS / "flood.py", "bench", url, n], lines),
        "kinesis-put": lambda url: put(bench, "bench", url, source=lines),
    }
    runs = paired(bench.size.slow_times, {
        name: (lambda make=make: through(bench, make, n))
        for name, make in stages.items()}, bench.may_go_on, warm=False)
    for key, name, case, against, goal in (
            ("through-botocore", "botocore", "python3 with botocore", None,
             None),
            ("through-flood", "one body",
             "as much as it allows: one body over and over", None, None),
            ("through-put", "kinesis-put",
             f"kinesis-put, the same {n:,} records", "botocore", 1),
            (None, "kinesis-put", "kinesis-put, beside what is allowed",
             "one body", None)):
        f = measured(THROUGH, case, runs[name], name, n, key=key,
                     against=(against, runs[against]) if against else None,
                     ratio_of="speed")
        f.note = f"kinesalite's CPU s: {short(kinesalite_cpu_s(runs[name]))}"
        bench.add(with_goal(f, "ratio", goal) if goal else f)


def kinesalite_cpu_s(runs):
    return min(r.extra["cpu_s"] for r in runs)


def out_of_kinesalite(bench):
    """kinesis-get, a loop of botocore, and aws-kinesis-consumer.  These are not
    held alike to the five calls a second of a shard: so CPU is compared."""
    python = python_with("botocore", "/usr/bin/python3")
    if not bench.left_out_unless(python, BACK, "botocore",
                                 "no Python module botocore") or \
            not bench.left_out_unless(MODULES.exists(), BACK, "kinesalite",
                                      "not installed"):
        return
    consumer = python_with("aws_kinesis_consumer")
    bench.left_out_unless(consumer, BACK, "aws-kinesis-consumer",
                          "no Python module aws_kinesis_consumer")
    n = max(1000, bench.size.records // 40)
    lines = bench.inputs.lines(n, 70)
    with Kinesalite() as kinesis:
        bench.runner.run([put(bench, "bench", kinesis.url, source=lines)])
        stages = {
            "botocore": lambda: Stage("botocore", [
                python, PEERS / "get.py", "bench", kinesis.url, n]),
            "kinesis-get": lambda: get(bench, "bench", kinesis.url, "-n", n),
        }
        if consumer:
            stages["consumer"] = lambda: Stage("consumer", [
                consumer, PEERS / "consumer.py", "bench", kinesis.url, n])
        runs = paired(bench.size.slow_times, {
            name: (lambda make=make: bench.runner.run([make()]))
            for name, make in stages.items()}, bench.may_go_on, warm=False)
    bench.add(measured(BACK, "python3 with botocore", runs["botocore"],
                       "botocore", n))
    if consumer:
        bench.add(measured(BACK, "aws-kinesis-consumer", runs["consumer"],
                           "consumer", n))
    for name, case, key in (
            ("botocore", f"kinesis-get, the same {n:,} records", "back-get"),
            ("consumer", "kinesis-get, beside aws-kinesis-consumer", None)):
        if name not in runs:
            continue
        f = measured(BACK, case, runs["kinesis-get"], "kinesis-get", n,
                     key=key, against=(name, runs[name]), ratio_of="speed")
        f.note = f"{short(f.cpu_ratio)} times less CPU"
        bench.add(f)
