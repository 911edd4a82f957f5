# queries.py - random queries of window's, and rows for them.
# SPDX-License-Identifier: ISC
#
# query(seed) gives the options and the lines.  What Flink cannot do the same way
# and windowpipe sql notes (first in HOP, sums of DOUBLE in CUMULATE) is left out.
import datetime
import json
import random
import re

ZONES = [None, None, 'Asia/Kolkata', '+05:30', '-03:00', 'Europe/Berlin', 'Asia/Shanghai']
TIMES = ['TIMESTAMP(3)', 'TIMESTAMP(6)', 'TIMESTAMP_LTZ(3)', 'BIGINT', 'STRING', 'FORMAT']
COLUMNS = 'k STRING, i INT, m DECIMAL(6,2), d DOUBLE, b BOOLEAN, o.c STRING, "count" INT, dt DATE'
COMPUTED = ", e AS i * 2 + \"count\", g AS UPPER(o.c) || '-' || k"
CONDITIONS = ['i > 5', '"count" = 1 OR k IS NULL', "o.c <> 'x' AND b", 'm BETWEEN 0 AND 50']


def iso(ms):
    text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)).isoformat()
    return text[:23]


def time(r, kind, unit, spelling, ms):
    if kind == 'BIGINT':
        return {'s': ms // 1000, 'ms': ms, 'us': ms * 1000 + r.randrange(1000)}[unit]
    if kind == 'FORMAT':
        return re.sub(r'(....)-(..)-(..)T(.{8}).*', r'\3.\2.\1 \4', iso(ms))
    return {'STRING': spelling(iso(ms)), 'TIMESTAMP_LTZ(3)': iso(ms) + 'Z'}.get(kind, iso(ms))


def lines(r, kind, unit, spelling, size):
    ms = 1782000000000 + r.randrange(86400000)
    made = []
    for _ in range(60):
        ms += r.randrange(size // 8)
        row = {'ts': time(r, kind, unit, spelling, ms - r.choice([0, 0, r.randrange(size)])),
               'k': r.choice(['a', 'b', 'ü', None]), 'i': r.choice([None, r.randrange(-5, 50)]),
               'm': r.choice([None, r.randrange(-9999, 9999) / 100]), 'd': r.random() * 100,
               'b': r.choice([True, False]), 'o': {'c': r.choice(['x', 'y', 'zz'])},
               'count': r.randrange(5), 'dt': f'2026-06-{r.randrange(1, 30):02d}'}
        made.append(json.dumps(row, ensure_ascii=False))
    return made


def windows(r, kind, size):
    ms = {'hop': f'--slide={r.choice([size, size // 2, size // 5])}ms',
          'cumulate': f'--step={size // r.choice([1, 2, 5])}ms'}
    made = [f'--{kind}={size // (10 if kind == "session" else 1)}ms']
    made += [ms[kind]] if kind in ms else []
    if kind != 'session' and r.random() < .5:
        made.append(f'--offset={r.choice([1000, -2000, 250, size // 4])}ms')
    return made


def aggregates(r, kind, computed):
    """Options, and the names of their results."""
    pool = ['sum=i', 'sum=m', 'avg=m', 'avg=i', 'min=b', 'max=k', 'max=dt', 'count-of=k',
            'distinct=k', 'var-pop=m', 'stddev-samp=m']
    pool += ['sum=e', 'max=g'] if computed else []
    pool += ['first=k', 'last=i', 'sum=d', 'stddev-pop=d'] if kind == 'tumble' else []
    made, names = ['--count=n'], ['n']
    for one in r.sample(pool, r.randrange(1, 5)):
        names.append(re.sub('[-=]', '_', one))
        made.append(f'--{one}:{names[-1]}')
        made += ['--filter', r.choice(CONDITIONS)] if r.random() < .3 else []
    return made, names


def query(seed):
    r = random.Random(seed)
    kind = r.choice(['tumble', 'tumble', 'hop', 'session', 'cumulate', 'each'])
    of, unit = r.choice(TIMES), r.choice(['s', 'ms', 'us'])
    size = r.choice([10, 60, 3600]) * 1000
    spelling = r.choice([lambda t: t, lambda t: t.replace('T', ' '), lambda t: t + 'Z',
                         lambda t: t + r.choice(['Z', '+01:00', '-0330'])])
    computed = r.random() < .4
    declared = {'FORMAT': 'STRING'}.get(of, of)
    options = ['--from', f'ts {declared}, {COLUMNS}' + (COMPUTED if computed else '')]
    options += ['--where', r.choice(CONDITIONS)] if r.random() < .3 else []
    rows = lines(r, of, unit, spelling, size)
    if kind == 'each':
        columns = ['k', 'm', 'o.c', 'dt', 'x AS i + 1', "y AS COALESCE(k, 'none')",
                   'z DECIMAL(8,1) AS m * 2']
        return options + ['--each', '--into', ', '.join(r.sample(columns, 4))], rows
    options += windows(r, kind, size) + ['--event-time=ts', f'--delay={r.choice([0, size])}ms']
    options += ['--time-format=%d.%m.%Y %H:%M:%S'] if of == 'FORMAT' else []
    options += [f'--time-unit={unit}'] if of == 'BIGINT' else []
    zone = r.choice(ZONES)
    options += [f'--timezone={zone}'] if zone and of != 'STRING' else []
    keys = r.sample(['k', 'o.c:c', 'b', '"count":c2', 'dt'], r.randrange(3))
    options += [f'--key={key}' for key in keys]
    more, names = aggregates(r, kind, computed)
    options += more
    options += ['--having', r.choice(['n > 1', 'n * 2 > 3 AND window_end IS NOT NULL'])] \
        if r.random() < .3 else []
    options += ['--top', r.choice(['2:n', '3:-n'])] \
        if kind in ('tumble', 'hop') and r.random() < .3 else []
    if r.random() < .5:
        into = [key.split(':')[-1] for key in keys] + names
        into += [r.choice(['window_start', 'window_end TIMESTAMP(3)', 'window_end BIGINT'])]
        into = [r.choice(['c', 'c CHAR(4)']) if name == 'c' else name for name in into]
        options += ['--into', ', '.join(into + ['made AS n * 3 + 1'])]
    return options, rows
