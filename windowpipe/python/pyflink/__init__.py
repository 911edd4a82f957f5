# pyflink - what `windowpipe run main.py` finds in place of Apache Flink's
# package: it runs nothing, it collects the SQL of a program.
# SPDX-License-Identifier: ISC
"""Stands in for PyFlink's Table API, as far as it takes SQL as text.

A program that builds its job from strings of SQL runs unchanged.  Each
statement that it executes is appended to the file $WINDOWPIPE_JOB, which
windowpipe(1) runs when the program has ended with status 0.  Whatever else
PyFlink has is refused where it is imported or called, by name and line.
"""
from pyflink import unsupported
from pyflink.version import __version__

unsupported.guard()
__getattr__ = unsupported.missing(__name__)
