"""tumble - what window --tumble 10s does, in plain Python, from stdin.

SPDX-License-Identifier: ISC
"""

import json
import sys
from datetime import datetime, timedelta


def write_window(name, sums):
    end = datetime.fromisoformat(name + "0") + timedelta(seconds=10)
    for sensor in sorted(sums):
        cents, n = sums[sensor]
        # 6 decimals, then 2, half up, as window does it.
        mean = (2 * cents * 10000 + n) // (2 * n)
        mean = (mean + 5000) // 10000 / 100
        print(f'{{"sensor_id":{sensor},"avg_temp":{mean},'
              f'"window_end":"{end.isoformat()}Z"}}')


def main():
    window, sums = "", {}
    for line in sys.stdin:
        row = json.loads(line)
        now = row["measurement_time"][:18]
        if now != window:
            if window:
                write_window(window, sums)
            window, sums = now, {}
        sensor = sums.setdefault(row["sensor_id"], [0, 0])
        sensor[0] += round(row["temperature"] * 100)
        sensor[1] += 1
    if window:
        write_window(window, sums)


main()
