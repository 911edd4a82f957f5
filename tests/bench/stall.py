"""stall - copies standard input to standard output, and says how long the
reader has kept it waiting: usage: stall.py REPORT.  REPORT gets the longest
waits of a write of 64 KiB, in seconds, longest first.

SPDX-License-Identifier: ISC
"""

import heapq
import os
import sys
import time

longest = [0.0] * 9
while block := os.read(0, 1 << 16):
    while block:
        start = time.monotonic()
        block = block[os.write(1, block):]
        heapq.heappushpop(longest, time.monotonic() - start)
with open(sys.argv[1], "w", encoding="ascii") as f:
    print(*sorted(longest, reverse=True), file=f)
