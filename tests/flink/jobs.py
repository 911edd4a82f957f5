#!/usr/bin/env python3
# jobs.py - jobs, packaged, on a cluster beside windowpipe run: the same rows.
# SPDX-License-Identifier: ISC
#
#   jobs.py examples CLUSTER CLASSES      every job of examples/, parallelism 1
#                                         and 2
#   jobs.py vectors CLUSTER CLASSES CASE...  the SQL of recorded queries
#   jobs.py queries CLUSTER CLASSES SEED N  as many random queries, by windowpipe
#                                         sql
#   jobs.py kill CLUSTER CLASSES          a TaskManager is killed at work
#   jobs.py kinesis CLUSTER CLASSES CONNECTOR URL  the sample's job, into streams
#                                         ours-N and flink-N of that Kinesis
#   jobs.py source CLUSTER CLASSES CONNECTOR URL   the same, from a stream rows of
#                                         one shard, by one subtask and by two
#
# CLUSTER is a folder of tests/flink/cluster, CLASSES has the Job.class of a
# package.  It works in the current directory, and says what it compared; status
# 1 where rows differ.  With FLINK_VERSION=2.2.0, which cluster and java take, too,
# the jobs are of that Flink.  All recorded queries, in an empty folder, $t being
# the tree:
#
#   $t/tests/flink/java && $t/tests/flink/cluster start c $$
#   javac -d k -cp "$t/build/flink/lib/*" $t/windowpipe/package/Job.java
#   PATH=$t/bin:$PATH PATIENCE_S=1500 TZ=UTC $t/tests/flink/jobs.py vectors c k \
#       $(find $t/tests/vectors/flink/* -maxdepth 0 -type d ! -name differs)
#   $t/tests/flink/cluster stop c
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile

sys.dont_write_bytecode = True
from queries import query

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EXAMPLES = os.path.join(ROOT, 'examples')
# A cluster does not take this long by design; all recorded queries may.
PATIENCE_S = int(os.environ.get('PATIENCE_S', 300))
VERSION = os.environ.get('FLINK_VERSION') or '1.20.0'
RELEASE = '.'.join(VERSION.split('.')[:2])
# Of what an endless job writes; a subtask without a shard is idle after 5 s.
ARRIVAL_S = int(os.environ.get('ARRIVAL_S', 60))
FILE = ("'connector' = 'filesystem', 'path' = '%s', 'format' = 'json', "
        "'json.timestamp-format.standard' = 'ISO-8601'")
# Which 2.2 writes otherwise.
FILE += ", 'json.encode.decimal-as-plain-number' = 'true'" * (RELEASE == '1.20')
# It lives for seconds.
CLIENT_JVM = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=off'
KILLED_ROWS = '800000'
SURVIVING = """SET 'execution.checkpointing.interval' = '200 ms';
SET 'restart-strategy.type' = 'fixed-delay';
SET 'restart-strategy.fixed-delay.delay' = '100 ms';
"""


class Failed(Exception):
    pass


# --- the cluster -------------------------------------------------------------

def configured(cluster, key):
    return re.search(f'^{key}: (.*)', read(f'{cluster}/conf/config.yaml'), re.M)[1]


def ask(cluster, path, method='GET'):
    request = urllib.request.Request(
        f'http://127.0.0.1:{configured(cluster, "rest.port")}{path}', method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as reply:
        return json.load(reply)


def pack(folder, classes, connector=None):
    """What mvn package makes of a package, without connectors or with one."""
    jar = f'{folder}/job.jar'
    with zipfile.ZipFile(jar, 'w') as made:
        if connector:
            with zipfile.ZipFile(connector) as theirs:
                for name in theirs.namelist():
                    if name != 'META-INF/MANIFEST.MF':
                        made.writestr(name, theirs.read(name))
        made.writestr('META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\nMain-Class: Job\n')
        made.write(f'{classes}/Job.class', 'Job.class')
        for name in ('job.sql', 'application_properties.json'):
            made.write(f'{folder}/{name}', name)
    return os.path.abspath(jar)


def submit(cluster, jars):
    """{jar: number of its job, or why there is none}; by one client."""
    client = subprocess.run([f'{HERE}/java', 'run', f'{cluster}/conf'], text=True,
                            input=''.join(f'{jar}\n' for jar in jars),
                            env={**os.environ, 'JAVA_OPTS': CLIENT_JVM},
                            capture_output=True, check=False, timeout=PATIENCE_S)
    ids = {}
    for said, form in ((client.stderr, r'Caused by: (.*)'),
                       (client.stdout, r'JobID ([0-9a-f]{32})')):
        for part in said.split('jar ')[1:]:
            found = re.findall(form, part)
            if found:
                ids[part.split('\n')[0]] = found[-1]
    missing = [jar for jar in jars if jar not in ids]
    if missing:
        raise Failed(f'the client said nothing of {missing}: {client.stderr[-2000:]}')
    return ids


def outcome(cluster, job):
    """FINISHED, or why it is not."""
    if not re.fullmatch('[0-9a-f]{32}', job):
        return f'not taken: {job}'
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        state = ask(cluster, f'/jobs/{job}')['state']
        if state in ('FAILED', 'CANCELED'):
            why = ask(cluster, f'/jobs/{job}/exceptions').get('root-exception') or ''
            return f'{state}: ' + ' | '.join(re.findall('Caused by: (.*)', why)[-2:])
        if state == 'FINISHED':
            return state
        time.sleep(0.2)
    return f'still {state}'


# --- rows --------------------------------------------------------------------

def rows(path):
    """The lines of a file, or of a folder's files that are whole."""
    lines = []
    for folder, _, names in os.walk(path) if os.path.isdir(path) else \
            [(os.path.dirname(path), [], [os.path.basename(path)])]:
        for name in names:
            if not name.startswith('.') and os.path.exists(f'{folder}/{name}'):
                lines += read(f'{folder}/{name}').split('\n')
    return sorted(line for line in lines if line)


def compare(name, ours, theirs, bad):
    if ours and ours == theirs:
        print(f'{name}: {len(ours)} rows, equal')
        return
    only = [f'    ours {row}' for row in set(ours) - set(theirs)][:3] + \
           [f'    Flink {row}' for row in set(theirs) - set(ours)][:3]
    print('\n'.join([f'{name}: {len(ours)} rows, {len(theirs)} by Flink, not equal'] + only))
    bad.append(name)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def windowpipe(*arguments):
    done = subprocess.run(['windowpipe', *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=PATIENCE_S)
    if done.returncode:
        raise Failed(f'windowpipe {" ".join(arguments)}: {done.stderr[-2000:]}')
    return done.stdout


def beside(cluster, classes, jobs, parallelism):
    """jobs: {name: (text with @OUT@, its sinks)}; returns the names of those
    that are not equal."""
    jars, bad = {}, []
    for name, (text, _) in jobs.items():
        for way in ('ours', *parallelism):
            out = os.path.abspath(f'{name}/{way}.out')
            os.makedirs(out if way == 'ours' else f'{name}', exist_ok=True)
            write(f'{name}/{way}.sql', text.replace('@OUT@', out))
            if way == 'ours':
                continue
            windowpipe('package', f'{name}/{way}.sql', f'{name}/{way}',
                       '--flink', RELEASE, '--parallelism', str(way), '--properties', 'properties.json')
            jars[name, way] = pack(f'{name}/{way}', classes)
    ids = submit(cluster, jars.values())
    for name in jobs:
        windowpipe('run', f'{name}/ours.sql', '--properties', 'properties.json')
    for (name, way), jar in jars.items():
        state = outcome(cluster, ids[jar])
        if state != 'FINISHED':
            print(f'{name}, parallelism {way}: {state}')
            bad.append(name)
            continue
        for sink in jobs[name][1]:
            compare(f'{name} {sink}, parallelism {way}', rows(f'{name}/ours.out/{sink}'),
                    rows(f'{name}/{way}.out/{sink}'), bad)
    return bad


# --- the examples ------------------------------------------------------------

def example(text, by_clock=False, generated=False, streams=False):
    """The job with files in place of its terminal and, unless it has these, of its
    streams and of its generator; without what goes by the clock, unless by_clock.
    Returns it and the names of its sinks."""
    text = re.sub('^ *--.*', '', text, flags=re.M)
    if not by_clock:
        text = re.sub(r'(CREATE TABLE|INSERT INTO) \w+_processing[^;]*;', '', text)
    parts = text.split(';')
    sinks = re.findall(r'INSERT INTO (\w+)', text)
    for i, part in enumerate(parts):
        made = re.match(r'\s*CREATE TABLE (\w+)', part)
        if made and made[1] in sinks and streams:
            continue
        if made and made[1] in sinks:
            part = re.sub('PARTITIONED BY [^W]*', '', part)
            path = f'@OUT@/{made[1]}'
        elif made and ("'kinesis'" in part or
                       ("'datagen'" in part and not generated)):
            path = '${Rows.path}'
        else:
            parts[i] = part.replace("'datagen'", "'datagen', 'rows-per-second' = '10000'")
            continue
        parts[i] = re.sub(r'\) WITH \(.*', f') WITH ({FILE % path})', part, flags=re.S)
    return ';'.join(parts), sinks


def make_rows(count, step, **data):
    """rows.ndjson, some of it late, but within the delay; and properties.json with
    its path and those of examples/data."""
    with open('rows.ndjson', 'wb') as file:
        subprocess.run(['datagen', '-n', count, '-r', '0', '-s', '5', '--start-time',
                        '2026-01-01T00:00:00Z', '--step', step, '--late', '2% up-to 3s'],
                       stdout=file, check=True)
    paths = {group: f'{EXAMPLES}/data/{path}' for group, path in data.items()}
    paths['Rows'] = os.path.abspath('rows.ndjson')
    write('properties.json', json.dumps([
        {'PropertyGroupId': group, 'PropertyMap': {'path': path}}
        for group, path in paths.items()]))


def examples(cluster, classes):
    jobs = {}
    for name in sorted(os.listdir(EXAMPLES)):
        if name.endswith('.sql'):
            text, sinks = example(read(f'{EXAMPLES}/{name}'))
            # Of several files Flink reads any first: no row is late if time
            # stands still until the end.
            if '/access}' in text:
                text = "SET 'pipeline.auto-watermark-interval' = '1 h';" + text
            jobs[name[:-4]] = text, sinks
    make_rows('20000', '10ms', Ticks='ticks.ndjson', Access='access',
              Clicks='clicks.ndjson', Readings='readings.ndjson')
    bad = beside(cluster, classes, jobs, (1, 2))
    print(f'{len(jobs)} jobs, {len(bad)} differences')
    return bool(bad) or len(jobs) < 8


# --- the recorded queries ----------------------------------------------------

def comparable(case, lines):
    """By the case's rule; tests/vectors/flink/README.md describes it."""
    rule = read(f'{case}/compare').strip() if os.path.exists(f'{case}/compare') else ''
    if rule == 'json':
        lines = [json.dumps(json.loads(line)) for line in lines]
    elif rule == 'numeric':
        single = 'FLOAT' in read(f'{case}/flink.sql')
        lines = [json.dumps(json.loads(line, parse_float=lambda text: struct.pack(
            'f' if single else 'd', float(text)).hex())) for line in lines]
    return sorted(lines)


def packaged(case, folder):
    """The case's own SQL, as windowpipe package has it; what it refuses raises.
    Returns the notes of this Flink alone."""
    name = os.path.dirname(folder)
    for way in ('ours', 'flink'):
        write(f'{name}/{way}.sql', placed(case, read(f'{case}/flink.sql'),
                                          f'{name}/{way}.out'))
    windowpipe('package', f'{name}/flink.sql', folder, '--flink', RELEASE,
               '--properties', 'properties.json')
    windowpipe('run', f'{name}/ours.sql', '--properties', 'properties.json')
    return re.findall(f'^- (Flink {RELEASE}: .*)', read(f'{folder}/NOTES.md'), re.M)


def written(case, folder):
    """What windowpipe sql makes of window's options; returns its notes."""
    iso = "'json.timestamp-format.standard' = 'ISO-8601'"
    # How times are written window's options do not say.
    times = 'iso' if iso in read(f'{case}/flink.sql').split(';\nCREATE TABLE results')[0] \
        else 'sql'
    return translated(read(f'{case}/window.args').split('\n')[:-1], times,
                      f'{case}/input.ndjson', folder)


def translated(options, times, rows_of, folder):
    """The same, as a folder that pack() takes."""
    text = windowpipe('sql', '--flink', RELEASE, '--exact', '--times', times, '--', *options)
    os.makedirs(folder)
    write(f'{folder}/job.sql', text)
    write(f'{folder}/application_properties.json', json.dumps([
        {'PropertyGroupId': group, 'PropertyMap': {'path': os.path.abspath(path)}}
        for group, path in (('readings', rows_of),
                            ('results', f'{os.path.dirname(folder)}/sql.out'))]))
    return re.findall('^-- note: (.*)', text, re.M)


def recorded_by(case):
    """The release of Flink without which there is no answer."""
    name = f'{case}/version'
    return '.'.join(read(name).split('.')[:2]) if os.path.exists(name) else '1.20'


def placed(case, text, out):
    return text.replace('${input}', os.path.abspath(f'{case}/input.ndjson')) \
               .replace('${output}', os.path.abspath(out))


def vectors(cluster, classes, *cases):
    """The rows that were recorded: of the SQL by which they were, packaged, and
    by windowpipe run; and of the SQL that is made of window's options, where
    another answer must be noted."""
    jars, bad, refused, noted = {}, [], [], []
    write('properties.json', '[]')
    cases = [case for case in cases if RELEASE >= recorded_by(case)]
    for case in cases:
        name = os.path.basename(case)
        os.makedirs(name)
        for way, make in (('flink', packaged), ('sql', written)):
            try:
                notes = make(case, f'{name}/{way}')
                jars[case, way] = pack(f'{name}/{way}', classes), notes
            except Failed as why:
                refused.append(f'{name}, {way}: {why}')
    ids = submit(cluster, [jar for jar, _ in jars.values()])
    for (case, way), (jar, notes) in jars.items():
        name = os.path.basename(case)
        state = outcome(cluster, ids[jar])
        want = comparable(case, rows(f'{case}/expected.ndjson'))
        for out in ('ours', 'flink') if way == 'flink' else ('sql',):
            got = comparable(case, rows(f'{name}/{out}.out'))
            if got == want and state == 'FINISHED':
                continue
            is_noted = notes and state == 'FINISHED' and out != 'ours'
            (noted if is_noted else bad).append(name)
            print(f'{name}, {out}: {len(got)} rows, {len(want)} were recorded; {state}',
                  *notes, *sorted(set(got) ^ set(want))[:4], sep='\n    ')
    print(*refused, sep='\n')
    print(f'{len(cases)} queries, {len(jars)} jobs, {len(bad)} silent differences, '
          f'{len(noted)} noted, {len(refused)} refused')
    return bool(bad) or not jars


# --- random queries ----------------------------------------------------------

def read_back(lines):
    """Java's text of a DOUBLE is not always the shortest."""
    return sorted(json.dumps({key: struct.pack('f', value).hex() if isinstance(value, float)
                              else value for key, value in json.loads(line).items()})
                  for line in lines)


def queries(cluster, classes, seed, number):
    """window, and the SQL of its options on the cluster."""
    jars, bad, noted = {}, [], []
    for n in range(int(seed), int(seed) + int(number)):
        options, lines = query(n)
        name = f'query-{n}'
        os.makedirs(name)
        write(f'{name}/rows', ''.join(f'{line}\n' for line in lines))
        with open(f'{name}/rows', 'rb') as file:
            ours = subprocess.run(['window', *options], stdin=file, check=True, text=True,
                                  capture_output=True).stdout.splitlines()
        notes = translated(options, 'iso', f'{name}/rows', f'{name}/sql')
        jars[name] = pack(f'{name}/sql', classes), options, notes, ours
    ids = submit(cluster, [jar for jar, *_ in jars.values()])
    for name, (jar, options, notes, ours) in jars.items():
        state = outcome(cluster, ids[jar])
        want, got = read_back(ours), read_back(rows(f'{name}/sql.out'))
        if state != 'FINISHED' or want != got:
            (noted if notes and state == 'FINISHED' else bad).append(name)
            print(f'{name}: {len(want)} rows, {len(got)} by Flink; {state}', options, *notes,
                  *sorted(set(want) ^ set(got))[:4], sep='\n    ')
    print(f'{number} queries from {seed} on, {len(bad)} silent differences, {len(noted)} noted')
    return bool(bad)


# --- a TaskManager is killed -------------------------------------------------

def kill(cluster, classes):
    """While it runs, behind a checkpoint; the other one goes on from that."""
    make_rows(KILLED_ROWS, '1ms')
    text, sinks = example(read(f'{EXAMPLES}/windowing.sql'))
    for way in ('ours', 'flink'):
        os.makedirs(f'{way}.out')
        write(f'{way}.sql', SURVIVING + text.replace('@OUT@', os.path.abspath(f'{way}.out')))
    windowpipe('run', 'ours.sql', '--properties', 'properties.json')
    windowpipe('package', 'flink.sql', 'package', '--flink', RELEASE, '--properties',
               'properties.json')
    jar = pack('package', classes)
    job = submit(cluster, [jar])[jar]
    while checkpoints(cluster, job)['completed'] < 2:
        if ask(cluster, f'/jobs/{job}')['state'] == 'FINISHED':
            raise Failed('the job has ended before its second checkpoint')
        time.sleep(0.05)
    where = worker(cluster, job)
    os.kill(where, signal.SIGKILL)
    state = outcome(cluster, job)
    counts, bad = checkpoints(cluster, job), []
    print(f'{state}, {counts["completed"]} checkpoints, {counts["restored"]} restored')
    for sink in sinks:
        compare(sink, rows(f'ours.out/{sink}'), rows(f'flink.out/{sink}'), bad)
    return bool(bad) or state != 'FINISHED' or not counts['restored']


# --- Kinesis -----------------------------------------------------------------

def to_streams(text, way, url):
    """The job's sinks are streams of this way."""
    return re.sub(
        r"'stream' = '\$\{OutputStream(\d)[^']*',\s*'aws.region' = '[^']*'",
        rf"'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/{way}-\1', "
        rf"'aws.region' = 'us-east-1', 'aws.endpoint' = '{url}', "
        # The emulators speak no HTTP/2, and cut a longer answer.
        r"'sink.http-client.protocol.version' = 'HTTP1_1', "
        r"'sink.batch.max-size' = '100'", text)


def kinesis(cluster, classes, connector, url):
    """Records and their keys, of what goes by event time."""
    make_rows('20000', '10ms')
    text, sinks = example(read(f'{EXAMPLES}/windowing.sql'), streams=True)
    for way in ('ours', 'flink'):
        write(f'{way}.sql', to_streams(text, way, url))
    windowpipe('package', 'flink.sql', 'package', '--flink', RELEASE, '--properties',
               'properties.json')
    jar = pack('package', classes, connector)
    job = submit(cluster, [jar])[jar]
    windowpipe('run', 'ours.sql', '--properties', 'properties.json')
    state, bad = outcome(cluster, job), []
    for i, sink in zip((1, 3), sinks):
        compare(f'{sink} ({state})', records(f'ours-{i}', url), records(f'flink-{i}', url), bad)
    return bool(bad) or state != 'FINISHED'


def source(cluster, classes, connector, url):
    """A row of an hour later ends all windows but its own, of sensor 0, which only
    an end of input would write."""
    make_rows('2000', '100ms')
    with open('rows.ndjson', 'a', encoding='utf-8') as file:
        file.write('{"sensor_id":0,"temperature":1.00,'
                   '"measurement_time":"2026-01-01T01:00:00.000"}\n')
    properties = json.loads(read('properties.json'))
    properties.append({'PropertyGroupId': 'InputStream0', 'PropertyMap': {
        'stream.arn': 'arn:aws:kinesis:us-east-1:000000000000:stream/rows',
        'aws.region': 'us-east-1'}})
    write('properties.json', json.dumps(properties))
    text, sinks = example(read(f'{EXAMPLES}/windowing.sql'), streams=True)
    write('ours.sql', to_streams(text, 'ours', url))
    windowpipe('run', 'ours.sql', '--properties', 'properties.json')
    jars = {}
    for way, subtasks in (('flink', '1'), ('both', '2')):
        write(f'{way}.sql', to_streams(text, way, url))
        windowpipe('package', f'{way}.sql', way, '--flink', RELEASE, '--properties',
                   'properties.json', '--source', 'kinesis', '--parallelism', subtasks)
        write(f'{way}/job.sql', read(f'{way}/job.sql').replace(
            "'LATEST'", f"'TRIM_HORIZON', 'aws.endpoint' = '{url}'"))
        jars[way] = pack(way, classes, connector)
    with open('rows.ndjson', 'rb') as file:
        subprocess.run(['kinesis-put', 'rows', '--endpoint-url', url, '--region', 'us-east-1',
                        '--in-flight', '1', '--batch-records', '100', '--request-timeout',
                        '2m'], stdin=file, check=True)
    ids, bad = submit(cluster, jars.values()), []
    for way, jar in jars.items():
        for i, sink in zip((1, 3), sinks):
            want = [one for one in records(f'ours-{i}', url) if not one.startswith('0 ')]
            compare(f'{sink} {way}', want, arrived(f'{way}-{i}', url, len(want)), bad)
        if re.fullmatch('[0-9a-f]{32}', ids[jar]):
            print(way, ask(cluster, f'/jobs/{ids[jar]}')['state'])
            ask(cluster, f'/jobs/{ids[jar]}?mode=cancel', 'PATCH')
        else:
            print(f'{way} not taken: {ids[jar]}')
    return bool(bad)


def arrived(stream, url, number):
    """As many records, or those that are there when nobody waits any longer."""
    end = time.monotonic() + ARRIVAL_S
    while len(got := records(stream, url)) < number and time.monotonic() < end:
        time.sleep(1)
    return got


def records(stream, url):
    """Key and data of each record."""
    got = subprocess.run(['kinesis-get', stream, '--endpoint-url', url, '--region',
                          'us-east-1', '--from', 'trim-horizon', '--until', 'now', '-e'],
                         capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    return sorted(f'{one["key"]} {one["data"]}'
                  for one in map(json.loads, got.stdout.splitlines()))


def checkpoints(cluster, job):
    try:
        return ask(cluster, f'/jobs/{job}/checkpoints')['counts']
    except urllib.error.HTTPError:  # the job is not known yet
        return {'completed': 0, 'restored': 0}


def worker(cluster, job):
    """The pid of the TaskManager that runs it: its log has its name."""
    vertex = ask(cluster, f'/jobs/{job}')['vertices'][0]['id']
    name = ask(cluster, f'/jobs/{job}/vertices/{vertex}')['subtasks'][0]['taskmanager-id']
    for line in read(f'{cluster}/pids').splitlines():
        log, pid = line.split()
        if log != 'jobmanager' and name in read(f'{cluster}/{log}'):
            return int(pid)
    raise Failed(f'no TaskManager is {name}')


def main():
    verbs = {'examples': examples, 'vectors': vectors, 'queries': queries, 'kill': kill,
             'kinesis': kinesis, 'source': source}
    try:
        return verbs[sys.argv[1]](*sys.argv[2:])
    except Failed as why:
        print(why)
        return 1


if __name__ == '__main__':
    sys.exit(main())
