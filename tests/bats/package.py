#!/usr/bin/env python3
# package.py - the statements that a package's main.py executes, beside those
# that windowpipe itself reads; with a folder that has Job.class, beside those of
# Job.java instead.
# SPDX-License-Identifier: ISC
import importlib.util
import json
import os
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
spec = importlib.util.spec_from_file_location(
    'package', os.path.join(ROOT, 'windowpipe/package/main.py'))
package = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(package)

PROPERTIES = {'G.a': 'plain', 'G.b': "it's", 'G.c': '', 'G.d': '7', 'G.e': 'é"`\\',
              'G.f.g': 'dotted', 'G.h': '${G.a}', 'G.i': ';', 'G.j': '-- no comment'}

# Each a text of SQL.
TEXTS = ["'${G.a}'", "'${G.b}'", "'${G.c}'", '${G.d}', "'${G.e}'", "'${G.f.g}'",
         "'${G.h}'", "'${G.i}'", "'${G.j}'", "'${G.a}${G.b}'", "'x${G.a}y'",
         "'${G.z:-default}'", "'${G.z:-}'", "'${G.a:-default}'", "'${G.z:-it''s}'",
         "'${Q.q:-a.b:-c}'", "'a;b'", "'--'", "'/*'", "'a''b'", "'$'", "'{}'",
         "'a' /* ${N.n} ; */", "'a' -- ${N.n} ;\n", '${G.d} + ${G.d}',
         "'\n'", "'é'", "'${G.z:-7}' || '${G.d}'", "'END'", '1 - -1']


def beside_java(classes, job):
    """Job.java's, by tests/flink/java: the same, byte for byte."""
    with open('values.json', 'w', encoding='utf-8') as file:
        json.dump(PROPERTIES, file)
    said = subprocess.run(
        [os.path.join(ROOT, 'tests/flink/java'), 'statements', classes, 'job.sql',
         'values.json'], check=True, capture_output=True, text=True).stdout
    java, python = said.split('\0')[:-1], list(package.statements(job, PROPERTIES))
    for a, b in zip(java, python):
        if a != b:
            print(f'Job.java {a!r}, main.py {b!r}')
    print(f'{len(java)} statements, {len(python)} of main.py')
    return java != python


def main():
    job = """BEGIN STATEMENT SET;
"""
    head = """CREATE TABLE r (`k;'` INT) WITH ('connector' = 'filesystem',
  'path' = '/dev/null', 'format' = 'json'); -- a comment; with 'quotes
"""
    body = ''
    for i, _ in enumerate(TEXTS):
        head += (f"CREATE TABLE o{i} (a STRING) WITH ('connector' = 'blackhole');\n")
    for i, text in enumerate(TEXTS):
        body += f'INSERT INTO o{i} SELECT CAST({text} AS STRING) AS a FROM r;\n'
    job = head + job + body + 'END;\n'
    with open('job.sql', 'w', encoding='utf-8') as file:
        file.write(job)
    with open('p.json', 'w', encoding='utf-8') as file:
        json.dump([{'PropertyGroupId': 'G', 'PropertyMap': {
            key[2:]: value for key, value in PROPERTIES.items()}}], file)
    if len(sys.argv) > 1:
        return beside_java(sys.argv[1], job)
    theirs = [statement for statement in package.statements(job, PROPERTIES)
              if statement.startswith('INSERT')]
    told = subprocess.run(['windowpipe', 'plan', 'job.sql', '--properties', 'p.json'],
                          check=True, capture_output=True, text=True).stdout
    words = shlex.split(told.replace('\\\n', ' '), comments=True)
    ours = [words[i + 1] for i, word in enumerate(words) if word == '--into']
    bad = 0 if len(theirs) == len(ours) == len(TEXTS) else 1
    for i, (text, a, b) in enumerate(zip(TEXTS, theirs, ours)):
        expected = ' '.join(a.split(' AS STRING) AS a')[0].split('CAST(')[1].split(' '))
        found = b.split(' AS STRING)')[0].split('CAST(')[-1]
        if ''.join(expected.split()) != ''.join(found.split()):
            bad += 1
            print(f'{i}: {text!r}: package {expected!r}, windowpipe {found!r}')
    print(f'{len(TEXTS)} texts, {bad} not equal')
    return bad != 0


sys.exit(main())
