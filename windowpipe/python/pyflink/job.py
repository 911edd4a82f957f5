# job - the statements of a program, in the order of their execution.
# SPDX-License-Identifier: ISC
import os
import sys


def add(statement):
    """Appends one statement to the job."""
    name = os.environ.get('WINDOWPIPE_JOB')
    if not name:
        sys.exit('this pyflink only collects SQL; '
                 'start the program with: windowpipe run PROGRAM.py')
    text = statement.strip().rstrip(';').rstrip()
    with open(name, 'a', encoding='utf-8') as out:
        # A comment at the end must not take the semicolon with it.
        out.write(f'{text}\n;\n')


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def name_of(path):
    """A path of names as SQL: each part in backquotes."""
    return '.'.join('`' + part.strip('`').replace('`', '``') + '`'
                    for part in path.split('.'))
