"""checkpoint_cases - what checkpoints cost, and how soon a job is back.

SPDX-License-Identifier: ISC
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from figures import Figure, measured, with_goal
from inputs import COLUMNS, START
from measure import Cost, Failed, Run, paired
from pipe_cases import BRANCHES, at_rate

COSTS = "datagen | window with checkpoints"
STALL = Path(__file__).resolve().parent / "stall.py"


class Job:
    """datagen | stall | window, of so many keys, to nowhere."""

    def __init__(self, bench, n, keys, every, kind=("--tumble", "1h")):
        self.folder = bench.work / "checkpoints"
        self.report = bench.work / "stalls"
        shutil.rmtree(self.folder, ignore_errors=True)
        source = [bench.program("datagen"), "-n", n, "--seed", "1",
                  "--start-time", START, "--step", "1us",
                  COLUMNS.replace("10..20", f"1..{keys}")]
        stage = [bench.program("window"), *kind, "--event-time",
                 "measurement_time", "--key", "sensor_id", "--avg",
                 "temperature", "--at-eof", "discard"]
        if every:
            source += ["--checkpoint", self.folder, "--name", "rows",
                       "--checkpoint-stages", "averages",
                       "--checkpoint-every", every]
            stage += ["--checkpoint", self.folder, "--name", "averages"]
        self.commands = [source, [sys.executable, STALL, self.report], stage]

    def start(self, out=subprocess.DEVNULL):
        self.began = time.monotonic()
        self.processes, feed = [], subprocess.DEVNULL
        for i, argv in enumerate(self.commands):
            p = subprocess.Popen(
                [str(a) for a in argv], stdin=feed,
                stdout=out if i == 2 else subprocess.PIPE)
            if feed is not subprocess.DEVNULL:
                feed.close()
            feed = p.stdout
            self.processes.append(p)
        return self

    def end(self):
        costs = []
        for argv, p in zip(self.commands, self.processes):
            _, status, use = os.wait4(p.pid, 0)
            p.returncode = os.waitstatus_to_exitcode(status)
            if p.returncode != 0:
                raise Failed(f"{argv[0]}: status {p.returncode}")
            costs.append(Cost(Path(argv[0]).name, 0, use.ru_utime,
                              use.ru_stime, use.ru_maxrss * 1024))
        seconds = time.monotonic() - self.began
        stalls = [float(x) for x in self.report.read_text().split()]
        return Run(seconds, costs, {"stalls": stalls})

    def kill(self):
        for p in self.processes:
            p.send_signal(signal.SIGKILL)
        for p in self.processes:
            p.wait()

    def snapshot_bytes(self):
        """Of the largest that is kept: behind the end there is no state."""
        return max(p.stat().st_size
                   for p in self.folder.glob("[0-9]*/averages"))


class Watch(threading.Thread):
    """What a process and those that it forks hold together, beyond what it
    holds by itself, and how long these live."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.added, self.lives = pid, 0, {}
        self.start()

    def run(self):
        try:
            while True:
                own = memory(self.pid)
                for child in Path(f"/proc/{self.pid}/task/{self.pid}/children"
                                  ).read_text().split():
                    self.look(child, own)
                time.sleep(0.02)
        except OSError:
            pass  # it has ended

    def look(self, child, own):
        """One that has ended is there until it is waited for."""
        try:
            its = memory(child)
        except OSError:
            return
        now = time.monotonic()
        self.lives.setdefault(child, [now, now])[1] = now
        self.added = max(self.added, own["Pss"] + its["Pss"] - own["Rss"])


def memory(pid):
    """Bytes, by what they are; OSError: there is no such process."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        found = {x.split(":")[0]: int(x.split()[1]) * 1024
                 for x in f if x.endswith(" kB\n")}
    if "Pss" not in found:
        raise ProcessLookupError
    return found


def checkpointing(bench):
    throughput(bench)
    at_rest(bench)
    many_keys(bench)
    back_at_work(bench)


def throughput(bench):
    """The same job with and without, in turn."""
    n, keys = 20 * bench.size.rows, max(100, bench.size.rows // 10)
    every = f"{max(1, n // 20000)}ms"  # some three of them
    with_them = Job(bench, n, keys, every)
    without = Job(bench, n, keys, None)
    sizes = []

    def run(job):
        shutil.rmtree(job.folder, ignore_errors=True)
        done = job.start().end()
        if job is with_them:
            sizes.append(job.snapshot_bytes())
        return done

    runs = paired(bench.size.slow_times, {
        "without": lambda: run(without), "with": lambda: run(with_them)},
        bench.may_go_on, warm=False)
    f = measured(COSTS, f"{keys:,} keys, one every {every}", runs["with"],
                 "window", n, None, ("the same without", runs["without"]),
                 "speed", key="checkpoint-speed")
    f.note = f"a snapshot is {sizes[-1] / 1e6:.0f} MB"
    bench.add(with_goal(f, "ratio", 0.95))
    worst = {k: max(r.extra["stalls"][0] for r in v) for k, v in runs.items()}
    f = Figure(COSTS, "the longest wait of a row", seconds=worst["with"],
               runs=len(runs["with"]), key="checkpoint-wait")
    f.note = f"without: {worst['without'] * 1000:.1f} ms"
    bench.add(with_goal(f, "seconds", 0.05))


def at_rest(bench):
    """What the sample's pipeline takes more, of which one checkpoint falls into
    the time that counts: at full size the default, one in ten seconds."""
    folder, seconds = bench.work / "checkpoints", bench.size.paced_s
    stages = [x for _, _, s in BRANCHES for x in (f"window-{s}", s)]

    def options(name):
        if name == "rows":
            shutil.rmtree(folder, ignore_errors=True)
        return ["--checkpoint", folder, "--name", name,
                *(["--checkpoint-stages", ",".join(stages),
                   "--checkpoint-every", f"{seconds}s"]
                  if name == "rows" else [])]

    _, without = at_rate(bench, seconds)
    run, percent = at_rate(bench, seconds, options)
    if not has_checkpoint(folder, 2):
        raise Failed("the sample's pipeline: no checkpoint in between")
    f = Figure(COSTS, "the sample's pipeline at 10,000 rows/s: what they add",
               runs=1, cpu_percent=percent - without, key="checkpoint-rest")
    f.note = f"without: {without:.2f} %"
    bench.add(with_goal(f, "cpu_percent", 0.2))


def many_keys(bench):
    """As many keys as rows, nearly."""
    n = bench.size.rows
    job = Job(bench, n, 2**31 - 1, f"{max(10, n // 12500)}ms")
    watch = Watch(job.start().processes[2].pid)
    run = job.end()
    watch.join(1)
    f = Figure(COSTS, f"{n:,} keys: a snapshot is written", runs=1,
               seconds=max((b - a for a, b in watch.lives.values()),
                           default=0) or None,  # too short to be seen
               peak_mb=watch.added / 1e6, key="checkpoint-keys")
    f.note = (f"{job.snapshot_bytes() / 1e6:.0f} MB; peak: what the fork adds; "
              f"longest wait of a row "
              f"{run.extra['stalls'][0] * 1000:.0f} ms")
    bench.add(f)


# Windows of 100,000 rows that stay open to late ones, so that the state grows.
GROWING = ("--tumble", "100ms", "--allowed-lateness", "1h")


def back_at_work(bench):
    """From the start after a kill -9 of all to the first result that comes."""
    every = f"{max(20, bench.size.rows // 20000)}ms"
    for keys in (11, max(100, bench.size.rows // 100)):
        found = [restarted(Job(bench, 10**10, keys, every, GROWING))
                 for _ in range(bench.size.slow_times)]
        f = Figure(COSTS, f"{keys:,} keys: back at work after a kill -9",
                   seconds=statistics.median(x for x, _ in found),
                   runs=len(found), key=f"checkpoint-back-{keys}")
        f.note = f"with a state of {max(x for _, x in found) / 1e6:.0f} MB"
        bench.add(with_goal(f, "seconds", 1))


def restarted(job):
    """Seconds, and bytes of the snapshot."""
    job.start()
    try:
        wait_for(lambda: has_checkpoint(job.folder, 2))
    finally:
        job.kill()
    size = job.snapshot_bytes()
    job.start(subprocess.PIPE)
    try:
        for line in job.processes[2].stdout:
            if not line.startswith(b'{"$control"'):
                return time.monotonic() - job.began, size
        raise Failed("window: no result after a kill")
    finally:
        job.kill()
        job.processes[2].stdout.close()


def has_checkpoint(folder, number):
    latest = folder / "latest"
    return latest.exists() and int(latest.read_text().split()[0]) > number


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed("no checkpoint has come about")
        time.sleep(0.01)
