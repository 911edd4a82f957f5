#!/usr/bin/env python3
# options.py - what windowpipe says of each option of Flink's connectors for
# Kinesis, and whether a package has only those of its connector.
# SPDX-License-Identifier: ISC
import fnmatch
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = ('4.3.0', '5.0.0', '6.0.0')
VALUE = {'boolean': 'true', 'int': '3', 'long': '200', 'double': '1.5',
         'duration': '5 s', 'date': '2026-01-31T23:59:59.000Z', 'string': 'x',
         'aws.region': 'eu-west-1', 'sink.partitioner': 'random',
         'sink.partitioner-field-delimiter': '|',
         'aws.endpoint': 'http://127.0.0.1:4567',
         'aws.credentials.provider': 'AUTO'}
SHAPE = {'boolean': 'true|false', 'int': r'\d+', 'long': r'\d+', 'string': '.+',
         'double': r'\d+(\.\d+)?', 'duration': r'\d+ ?(ms|s|min|h)',
         'date': r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[-+]\d\d:\d\d)'}


def table():
    """{option: (type, what windowpipe does, {version: sides})}"""
    options = {}
    with open(os.path.join(HERE, 'kinesis-options.tsv'), encoding='utf-8') as file:
        for line in file:
            if not line.startswith('#'):
                name, kind, here, *sides = line.rstrip('\n').split('\t')
                options[name] = kind, here, dict(zip(VERSIONS, sides))
    return options


def check_catalog(options):
    """windowpipe's own table names no option that no connector has."""
    with open(os.path.join(HERE, '../../windowpipe/catalog.c'), encoding='utf-8') as file:
        names = re.findall(r'CONNECTOR_KINESIS, "([^"]*)"', file.read())
    strange = [name for name in names if not fnmatch.filter(options, name)]
    print(f'{len(names)} names in catalog.c, of no connector: {strange}')
    return bool(strange) or not names


def value(name, kind):
    return VALUE.get(name) or VALUE.get(kind) or kind.split('|')[0]


def create(number, side, version, more):
    """A line of SQL: a table of this side, and what reads or writes it."""
    options = {'connector': 'kinesis', 'format': 'json', 'aws.region': 'eu-west-1'}
    if version == '4.3.0':
        options['stream'] = f's{number}'
    else:
        options['stream.arn'] = f'arn:aws:kinesis:eu-west-1:1:stream/s{number}'
    if more[0].endswith('timestamp'):
        position = more[0].replace('.timestamp', '.position').replace('-timestamp', '')
        options[position] = 'AT_TIMESTAMP'
    options[more[0]] = more[1]
    text = ', '.join(f"'{key}' = '{what}'" for key, what in options.items())
    made = f'CREATE TABLE t{number} (k INT) WITH ({text}); '
    return made + (f'INSERT INTO o SELECT k FROM t{number};' if side == 'source'
                   else f'INSERT INTO t{number} SELECT k FROM r;')


def said(lines):
    """{number of a line: what windowpipe check says of it}"""
    with open('job.sql', 'w', encoding='utf-8') as file:
        file.write("CREATE TABLE r (k INT) WITH ('connector' = 'datagen'); "
                   "CREATE TABLE o (k INT) WITH ('connector' = 'blackhole');\n"
                   + '\n'.join(lines) + '\n')
    check = subprocess.run(['windowpipe', 'check', 'job.sql'], capture_output=True,
                           text=True, check=False)
    found = {}
    for number, message in re.findall(r'^windowpipe: job\.sql:(\d+):\d+: (.*)',
                                      check.stderr, re.M):
        found.setdefault(int(number) - 2, message)
    if check.returncode and not found:
        sys.exit(check.stderr)
    return found


def verdict(message):
    if message is None:
        return 'taken'
    return 'note' if message.startswith('note: ') else \
        'refused' if re.match("windowpipe has not this option; ", message) else message


def check_each(options):
    """Each option, on each side, in each dialect; few a job, for a job tells
    twenty errors, and no notes beside errors."""
    asked = {(name, side, 'stream' if version == '4.3.0' else 'arn'):
             (name, side, version)
             for name, (_, _, sides) in options.items()
             for version in VERSIONS
             for side in ('source', 'sink') if side in sides[version]
             and name not in ('connector', 'format', 'stream', 'stream.arn')}
    alike = {}
    for one in asked.values():
        alike.setdefault(options[one[0]][1] == 'refused', []).append(one)
    bad = 0
    for some in (group[i:i + 20] for group in alike.values()
                 for i in range(0, len(group), 20)):
        found = said([create(i, side, version, (name, value(name, options[name][0])))
                      for i, (name, side, version) in enumerate(some)])
        for i, (name, side, version) in enumerate(some):
            is_ = verdict(found.get(i))
            if is_ != options[name][1]:
                bad += 1
                print(f'{name} of a {side} of {version}: {is_}, not {options[name][1]}')
    print(f'{len(asked)} options, {bad} not as expected')
    return bad


def check_job(options, version, folder):
    """The Kinesis tables of a package are what that connector takes."""
    sys.path.insert(0, folder)
    import main as package  # the package's own
    with open(f'{folder}/application_properties.json', encoding='utf-8') as file:
        properties = {f"{group['PropertyGroupId']}.{key}": str(one)
                      for group in json.load(file)
                      for key, one in group['PropertyMap'].items()}
    with open(f'{folder}/job.sql', encoding='utf-8') as file:
        statements = list(package.statements(file.read(), properties))
    written = set(re.findall(r'^INSERT INTO (\w+)', '\n'.join(statements), re.M))
    seen = bad = 0
    for statement in statements:
        found = re.fullmatch(r'CREATE TABLE (\w+) .*WITH \((.*)\)', statement, re.S)
        if not found or "'kinesis" not in statement:
            continue
        side = 'sink' if found[1] in written else 'source'
        given = dict(re.findall(r"'([^']*)' = '([^']*)'", found[2]))
        for name, (kind, _, sides) in options.items():
            if f'{side}!' in sides[version] and name not in given:
                bad += 1
                print(f'{found[1]}: no {name}, which {version} needs')
        for name, what in given.items():
            if name.startswith('json.'):
                continue
            kind, _, sides = options.get(name, ('', '', {version: ''}))
            seen += 1
            if side not in sides[version] or \
                    not re.fullmatch(SHAPE.get(kind, kind), what):
                bad += 1
                print(f"{found[1]}: {version} does not take '{name}' = '{what}'")
    print(f'{seen} options, {bad} not of {version}')
    return bad or not seen


def main():
    options = table()
    if sys.argv[1] == 'each':
        return check_each(options) + check_catalog(options)
    return check_job(options, *sys.argv[2:])


sys.dont_write_bytecode = True
sys.exit(bool(main()))
