"""feed_duckdb - a query of DuckDB, in one thread, on standard input's file.

usage: feed_duckdb.py QUERY FILE

Writes to FILE the seconds of CPU that the query took, without the start.

SPDX-License-Identifier: ISC
"""

import resource
import sys

import duckdb


def cpu_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


connection = duckdb.connect()
connection.execute("SET threads = 1")
start = cpu_s()
connection.execute(f"COPY ({sys.argv[1]}) TO '/dev/stdout' (FORMAT json)")
with open(sys.argv[2], "w", encoding="ascii") as f:
    print(cpu_s() - start, file=f)
