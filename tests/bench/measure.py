"""measure - runs commands in a pipe and says what each of them cost.

SPDX-License-Identifier: ISC
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path


class Failed(Exception):
    """A command failed, or answers differ: the case has no figure."""


@dataclass
class Stage:
    """One command; - is the pipe to its neighbour in the chain."""
    name: str
    argv: list
    stdin: str = "-"
    stdout: str = "-"


@dataclass
class Cost:
    name: str
    seconds: float
    user_s: float
    system_s: float
    peak_bytes: int

    @property
    def cpu_s(self):
        return self.user_s + self.system_s


@dataclass
class Run:
    """What one run of some chains cost; stages in the order given."""
    seconds: float
    stages: list
    extra: dict = field(default_factory=dict)

    @property
    def cpu_s(self):
        return sum(s.cpu_s for s in self.stages)

    def stage(self, name):
        return next(s for s in self.stages if s.name == name)


def clean_environment():
    """Without the user's settings that a program would heed."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AWS_", "WINDOWPIPE_", "MAKE", "MFLAGS"))
           and not k.lower().endswith("_proxy")}
    env.update(LC_ALL="C", TZ="UTC", AWS_EC2_METADATA_DISABLED="true",
               AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench")
    return env


def python_with(module, *more):
    """The first Python that has a module: this one, then more; or None."""
    return next((str(p) for p in (sys.executable, *more)
                 if os.access(p, os.X_OK) and subprocess.run(
                     [p, "-c", f"import {module}"],
                     stderr=subprocess.DEVNULL).returncode == 0), None)


class Runner:
    """Starts chains of stages, each below a meter."""

    def __init__(self, helpers, timeout_s):
        self.meter = str(helpers / "meter")
        self.helpers = helpers
        self.timeout_s = timeout_s
        self.env = clean_environment()

    def run(self, *chains, timeout_s=None):
        """Chains are lists of stages; all run at once, until the last ends."""
        with tempfile.TemporaryDirectory(prefix="windowpipe-bench.") as work:
            live = []
            try:
                for chain in chains:
                    self._start(chain, Path(work), live)
                deadline = time.monotonic() + (timeout_s or self.timeout_s)
                for stage, process, _ in live:
                    self._wait(stage, process, deadline)
            finally:
                for _, process, _ in live:
                    end_group(process)
            return self._account(live)

    def _start(self, chain, work, live):
        source = subprocess.DEVNULL
        for i, stage in enumerate(chain):
            report = work / str(len(live))
            last = i == len(chain) - 1
            out = stage.stdout
            if last and out == "-":
                out = "/dev/null"
            errors = open(f"{report}.err", "wb")
            process = subprocess.Popen(
                [self.meter, str(report), str(stage.stdin), str(out)] +
                [str(a) for a in stage.argv],
                stdin=source, stderr=errors, env=self.env,
                stdout=subprocess.DEVNULL if last else subprocess.PIPE,
                start_new_session=True)
            errors.close()
            if source is not subprocess.DEVNULL:
                source.close()
            source = process.stdout
            live.append((stage, process, report))

    def _wait(self, stage, process, deadline):
        try:
            status = process.wait(max(0.01, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Failed(f"{stage.name}: not done in time") from None
        if status != 0:
            raise Failed(f"{stage.name}: status {status}"
                         f"{self._last_words(process)}")

    @staticmethod
    def _last_words(process):
        path = Path(process.args[1] + ".err")
        lines = [x for x in path.read_text(errors="replace").splitlines()
                 if not x.startswith("{")]
        return ": " + lines[-1] if lines else ""

    @staticmethod
    def _account(live):
        start, end, stages = [], [], []
        for stage, process, report in live:
            v = [int(x) for x in report.read_text().split()]
            start.append(v[0])
            end.append(v[1])
            stages.append(Cost(stage.name, (v[1] - v[0]) / 1e9, v[2] / 1e6,
                               v[3] / 1e6, v[4] * 1024))
        return Run((max(end) - min(start)) / 1e9, stages)


def end_group(process):
    """Ends a stage that still runs, and what it started."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    if process.stdout:
        process.stdout.close()


class Server:
    """A Kinesis of tests/bench: sink or source; counts are there once it is
    closed."""

    def __init__(self, helpers, name, *args):
        self.process = subprocess.Popen(
            [str(helpers / name)] + [str(a) for a in args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"
        self.counts = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.counts = json.loads(self.process.stdout.readline() or "{}")
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


# --- repeated and paired ---------------------------------------------------

def paired(times, actions, may_go_on, warm=True):
    """Runs each of the actions in turn, A B A B ..., where warm after a first
    round that does not count; returns {name: [Run]}.  may_go_on() is asked
    before every round but the first that counts."""
    runs = {name: [] for name in actions}
    if warm and times > 1 and may_go_on():
        for action in actions.values():
            action()
    for i in range(times):
        if i > 0 and not may_go_on():
            break
        for name, action in actions.items():
            runs[name].append(action())
    return runs


def median_seconds(runs):
    return statistics.median(r.seconds for r in runs)


def median_ratio(ours, theirs, of=lambda run: run.seconds):
    """The median of the ratios of the pairs, not the ratio of the medians: what
    slows the machine down slows both of a pair."""
    return statistics.median(of(a) / of(b) for a, b in zip(ours, theirs))


def peak_bytes(runs, stage):
    return max(r.stage(stage).peak_bytes for r in runs)


def busy_cores():
    """CPU seconds that all of the machine has spent, for what others used."""
    with open("/proc/stat", encoding="ascii") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return (sum(v) - v[3] - v[4]) / os.sysconf("SC_CLK_TCK")


def own_cpu():
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system
