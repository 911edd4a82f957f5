# unsupported - what PyFlink has and this stand-in has not is refused by its
# name, and by the program's line that asks for it.
# SPDX-License-Identifier: ISC
import importlib.abc
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


class Unsupported(Exception):
    """PyFlink has it, windowpipe has not."""


def refuse(what):
    """Raises Unsupported for `what`, at the line of the program."""
    frame = sys._getframe(1)
    while frame.f_back is not None and (
            frame.f_code.co_filename.startswith((_HERE, '<frozen'))
            or frame.f_globals.get('__name__', '').startswith('importlib')):
        frame = frame.f_back
    raise Unsupported(
        f'{frame.f_code.co_filename}:{frame.f_lineno}: PyFlink has {what}, '
        'windowpipe has not: it runs programs that give SQL as text to '
        'execute_sql(), sql_query() or add_insert_sql()')


def _has(name):
    """Is there a module of that name, pyflink.table or the like?"""
    place = os.path.join(_HERE, *name.split('.')[1:])
    return os.path.exists(place) or os.path.exists(place + '.py')


def missing(module):
    """The __getattr__ of a module."""
    def getter(name):
        # What Python itself looks for (__path__, __wrapped__ ...) is absent,
        # and a module that it would import next.
        if name.startswith('__') or _has(f'{module}.{name}'):
            raise AttributeError(name)
        refuse(f'{module}.{name}')
    return getter


class Partial:
    """A class of PyFlink of which some methods are here."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        refuse(f'{type(self).__name__}.{name}')


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname.startswith('pyflink.') and not _has(fullname):
            refuse(f'the module {fullname}')
        return None


def _report(kind, error, trace, then=sys.excepthook):
    """A refusal is one line; any other error is Python's to tell."""
    if issubclass(kind, Unsupported):
        print(error, file=sys.stderr)
    else:
        then(kind, error, trace)


def guard():
    """What is not here is refused from now on."""
    sys.meta_path.insert(0, _Finder())
    sys.excepthook = _report
