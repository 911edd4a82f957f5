"""flink_cases - the sample's four queries as a job: on a standalone cluster of
Apache Flink, by windowpipe run.

SPDX-License-Identifier: ISC
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from figures import Figure, measured
from measure import Cost, Failed, Run, paired
from pipe_cases import RATE

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "flink"
sys.path.insert(0, str(HERE))
import jobs  # noqa: E402

FLINK = f"the sample's four queries, beside Apache Flink {jobs.VERSION}"
LIB = ROOT / "build" / "-".join(filter(None, [
    "flink", os.environ.get("FLINK_VERSION")])) / "lib"
TICK = os.sysconf("SC_CLK_TCK")
# Those whose rows do not depend on the clock.
BY_EVENT_TIME = ("tumbling_event", "sliding_event")


def beside(bench):
    """A cluster of a JobManager and two TaskManagers; the client is not counted.
    Flink is warm, but for its first job."""
    why = missing(bench)
    if not bench.left_out_unless(not why, FLINK, "Flink", why):
        return
    with Cluster(bench) as cluster:
        bench.add(Figure(FLINK, "Flink: the cluster comes up", runs=1,
                         seconds=cluster.start_s, key="flink-start"))
        compare(bench, cluster)
        rest(bench, cluster)
        restart(bench, cluster)


def missing(bench):
    """Why Flink cannot be measured; None where it can."""
    if bench.size.flink_rows == 0:
        return "as too small"
    built = subprocess.run([HERE / "java"], stderr=subprocess.PIPE, text=True)
    return built.stderr.strip() if built.returncode else None


def compare(bench, cluster):
    n = bench.size.flink_rows
    rows = bench.inputs.rows(n)
    # Of one file one subtask has all; so each has its own.
    both = bench.work / "both"
    both.mkdir()
    subprocess.run(["split", "-n", "r/2", "--additional-suffix=.ndjson", rows,
                    both / "rows"], check=True)
    cold = cluster.run("cold", rows, 1)
    bench.add(told("Flink, its first job", [cold], n, "flink-cold"))
    bench.add(submitted("it is submitted", [cold], "flink-submit-cold"))
    cluster.run("warm", both, 2)
    runs = paired(bench.size.slow_times, {
        "1": lambda: cluster.run("one", rows, 1),
        "2": lambda: cluster.run("two", both, 2),
        "ours": lambda: ours(bench, rows)}, bench.may_go_on, warm=False)
    for ways in ("one", "two"):
        check_answers(bench, ways)
    for p in ("1", "2"):
        bench.add(told(f"Flink, parallelism {p}", runs[p], n, f"flink-{p}"))
    bench.add(submitted("a job is submitted", runs["1"] + runs["2"],
                        "flink-submit"))
    bench.add(told("windowpipe run", runs["ours"], n, "flink-ours",
                   against=("Flink, parallelism 1", runs["1"]),
                   ratio_of="speed"))


def told(case, runs, n, key, **more):
    f = measured(FLINK, case, runs, None, n, key=key,
                 peak_mb=max(peak_mb(run) for run in runs), **more)
    f.note = f"{f.cpu_s / n * 1e6:.2f} CPU s a million rows"
    return f


def submitted(case, runs, key):
    """By a client that is started for each job, as flink run is."""
    return Figure(FLINK, f"Flink: {case}", runs=len(runs), key=key,
                  seconds=statistics.median(r.extra["submit_s"] for r in runs),
                  cpu_s=statistics.median(r.extra["client_s"] for r in runs))


def rest(bench, cluster):
    """Between two moments of one job, so that neither start nor end counts."""
    for name, begin in (("flink-rest", lambda: cluster.begin("rest", None, 1)),
                        ("flink-ours-rest", lambda: Ours(bench, None))):
        with begin() as job:
            time.sleep(bench.size.paced_s)
            cpu, since = job.cpu_s(), time.monotonic()
            time.sleep(3 * bench.size.paced_s)
            cpu, seconds = job.cpu_s() - cpu, time.monotonic() - since
        who = "Flink" if name == "flink-rest" else "windowpipe run"
        bench.add(Figure(FLINK, f"{who}, 10,000 rows/s", runs=1, cpu_s=cpu,
                         cpu_percent=cpu / seconds * 100, key=name,
                         peak_mb=job.peak_bytes() / 1e6))


def restart(bench, cluster):
    """From kill -9 of the TaskManager that works until all goes on."""
    with cluster.begin("restart", None, 1, jobs.SURVIVING) as job:
        job.wait_until(lambda: job.checkpoints()["completed"] > 1)
        worker = jobs.worker(cluster.folder, job.id)
        bench.beside_cpu_s += cpu_of([worker])
        os.kill(worker, signal.SIGKILL)
        since = time.monotonic()
        done = job.checkpoints()["completed"]
        job.wait_until(lambda: job.checkpoints()["restored"] and
                       job.checkpoints()["completed"] > done)
        seconds = time.monotonic() - since
    bench.add(Figure(FLINK, "Flink: kill -9 of a worker to its next checkpoint",
                     runs=1, seconds=seconds, key="flink-restart"))
    bench.add(Figure(FLINK, "windowpipe run: kill -9 of a window, likewise",
                     runs=1, seconds=ours_restart(bench),
                     key="flink-ours-restart"))
    empty = bench.work / "empty.ndjson"
    empty.touch()
    runs = [ours(bench, empty) for _ in range(5)]
    bench.add(measured(FLINK, "windowpipe run, from start to end, no rows", runs,
                       key="flink-ours-start"))


# --- Flink's -------------------------------------------------------------------

class Cluster:
    """Three JVMs, and a jar's worth of Job.class."""

    def __init__(self, bench):
        self.bench = bench
        self.folder = bench.work / "cluster"
        self.classes = bench.work / "classes"

    def __enter__(self):
        subprocess.run(["javac", "--release", "11", "-d", self.classes, "-cp",
                        f"{LIB}/*", ROOT / "windowpipe" / "package" / "Job.java"],
                       check=True)
        since = time.monotonic()
        # The JIT's second stage is worth its time here.
        subprocess.run([HERE / "cluster", "start", self.folder, str(os.getpid())],
                       check=True, stdout=subprocess.DEVNULL,
                       env={**self.bench.runner.env, "FLINK_JVM": ""})
        self.start_s = time.monotonic() - since
        return self

    def __exit__(self, *_):
        # Nobody waits for them, so they are in nobody's account.
        self.bench.beside_cpu_s += cpu_of(self.pids())
        subprocess.run([HERE / "cluster", "stop", self.folder], check=True)

    def pids(self):
        lines = (self.folder / "pids").read_text().splitlines()
        return [int(line.split()[1]) for line in lines]

    def begin(self, name, rows, parallelism, settings=""):
        sql = written(self.bench, name, rows, settings)
        package = self.bench.work / f"{name}.package"
        subprocess.run([self.bench.program("windowpipe"), "package", sql, package,
                        "--flink", jobs.RELEASE, "--parallelism", str(parallelism), "--properties",
                        self.bench.work / "properties.json"], check=True)
        return Job(self, jobs.pack(str(package), str(self.classes)))

    def run(self, *what):
        """A job from its start to its end, as the JobManager tells it."""
        with self.begin(*what) as job:
            state = jobs.outcome(str(self.folder), job.id)
            if state != "FINISHED":
                raise Failed(f"Flink: {state}")
            told = jobs.ask(str(self.folder), f"/jobs/{job.id}")
        seconds = told["duration"] / 1e3
        return Run(seconds, [Cost("Flink", seconds, job.cpu_s(), 0,
                                  job.peak_bytes())],
                   {"submit_s": job.submit_s, "client_s": job.client_s})


class Job:
    """A job that has been submitted; its CPU is the cluster's since then."""

    def __init__(self, cluster, jar):
        self.cluster = cluster
        self.pids = cluster.pids()
        self.before = cpu_of(self.pids)
        clock, client = time.monotonic(), os.times().children_user + \
            os.times().children_system
        self.id = jobs.submit(str(cluster.folder), [jar])[jar]
        self.submit_s = time.monotonic() - clock
        self.client_s = os.times().children_user + os.times().children_system - client
        if len(self.id) != 32:
            raise Failed(f"Flink: {self.id}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        url = f"/jobs/{self.id}?mode=cancel"
        if jobs.ask(str(self.cluster.folder), f"/jobs/{self.id}")["state"] == "RUNNING":
            jobs.ask(str(self.cluster.folder), url, "PATCH")
            self.wait_until(lambda: jobs.ask(
                str(self.cluster.folder), f"/jobs/{self.id}")["state"] == "CANCELED")

    def cpu_s(self):
        return cpu_of(self.pids) - self.before

    def peak_bytes(self):
        return sum(peak_of(pid) for pid in self.pids)

    def checkpoints(self):
        return jobs.checkpoints(str(self.cluster.folder), self.id)

    @staticmethod
    def wait_until(true):
        end = time.monotonic() + jobs.PATIENCE_S
        while not true():
            if time.monotonic() > end:
                raise Failed("Flink: not in time")
            time.sleep(0.02)


# --- ours ------------------------------------------------------------------------

class Ours:
    """windowpipe run and all that it starts; their CPU while they live."""

    def __init__(self, bench, rows, *more):
        sql = written(bench, "ours", rows)
        self.process = subprocess.Popen(
            [bench.program("windowpipe"), "run", sql, "--properties",
             bench.work / "properties.json", *more], env=bench.runner.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        self.peaks = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peak_bytes()
        self.process.terminate()
        self.process.wait(30)

    def tree(self):
        return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()
                and session_of(p) == self.process.pid]

    def cpu_s(self):
        return cpu_of(self.tree())

    def peak_bytes(self):
        for pid in self.tree():
            self.peaks[pid] = max(self.peaks.get(pid, 0), peak_of(pid))
        return sum(self.peaks.values())


def ours_restart(bench):
    folder = bench.work / "ours.checkpoints"

    def latest():
        """The number of the last whole one; 0 before the first."""
        try:
            return int((folder / "sensor_readings" / "latest").read_text())
        except FileNotFoundError:
            return 0

    with Ours(bench, None, "--checkpoint", folder, "--checkpoint-every",
              "200ms") as job:
        Job.wait_until(lambda: latest() > 1)
        os.kill(next(pid for pid in job.tree() if name_of(pid) == "window"),
                signal.SIGKILL)
        since, done = time.monotonic(), latest()
        Job.wait_until(lambda: latest() > done)
        return time.monotonic() - since


def ours(bench, rows):
    """CPU is that of what has been waited for, memory what was seen of it."""
    before, clock = os.times(), time.monotonic()
    job = Ours(bench, rows)
    done = threading.Event()

    def watch():
        while not done.wait(0.02):
            job.peak_bytes()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        status = job.process.wait(jobs.PATIENCE_S)
        seconds = time.monotonic() - clock
    finally:
        done.set()
        watcher.join()
    if status:
        raise Failed(f"windowpipe run: status {status}")
    after = os.times()
    return Run(seconds, [Cost(
        "windowpipe", seconds, after.children_user - before.children_user,
        after.children_system - before.children_system,
        sum(job.peaks.values()))])


# --- what both share ---------------------------------------------------------------

def written(bench, name, rows, settings=""):
    """The sample's job with files for its streams; rows: a file in place of its
    generator, None: at the sample's pace."""
    text, sinks = jobs.example((ROOT / "examples" / "windowing.sql").read_text(),
                               by_clock=True, generated=rows is None)
    out = bench.work / f"{name}.out"
    subprocess.run(["rm", "-rf", out], check=True)
    out.mkdir()
    (bench.work / "properties.json").write_text(json.dumps(
        [{"PropertyGroupId": "Rows", "PropertyMap": {"path": str(rows)}}]))
    sql = bench.work / f"{name}.sql"
    if len(sinks) != 4 or (rows is None and f"'{RATE}'" not in text):
        raise Failed("examples/windowing.sql is not the job that is expected")
    # Flink's own, where the cluster is set up for tests.
    settings += "SET 'pipeline.auto-watermark-interval' = '200 ms';\n"
    sql.write_text(settings + text.replace("@OUT@", str(out)))
    return sql


def check_answers(bench, name):
    for sink in BY_EVENT_TIME:
        theirs = jobs.rows(str(bench.work / f"{name}.out" / sink))
        mine = jobs.rows(str(bench.work / "ours.out" / sink))
        if theirs != mine or not mine:
            raise Failed(f"{sink}: windowpipe and Flink answer differently: "
                         f"{len(mine)} and {len(theirs)} rows")


def peak_mb(run):
    return run.stages[0].peak_bytes / 1e6


def session_of(folder):
    try:
        return int((folder / "stat").read_text().rsplit(")", 1)[1].split()[3])
    except (FileNotFoundError, ProcessLookupError):
        return None


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def cpu_of(pids):
    total = 0
    for pid in pids:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(stat[11]) + int(stat[12])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total / TICK


def peak_of(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0
