"""rows - the sample's table from plain Python, as its own generator does it.

usage: rows.py N

SPDX-License-Identifier: ISC
"""

import json
import random
import sys
from datetime import datetime, timezone

for _ in range(int(sys.argv[1])):
    print(json.dumps({
        "sensor_id": random.randint(10, 20),
        "temperature": round(random.uniform(0, 100), 2),
        "measurement_time": datetime.now(timezone.utc).strftime(
            "%Y-%m-%dT%H:%M:%S.%f")[:-3],
    }))
