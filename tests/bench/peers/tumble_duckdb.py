"""tumble_duckdb - what window --tumble 10s does, in DuckDB, from stdin's file.

SPDX-License-Identifier: ISC
"""

import duckdb

QUERY = """
COPY (
  SELECT sensor_id,
         (((2 * cents * 10000 + n) // (2 * n) + 5000) // 10000) / 100
             AS avg_temp,
         strftime(start + INTERVAL 10 SECOND, '%Y-%m-%dT%H:%M:%SZ')
             AS window_end
    FROM (SELECT time_bucket(INTERVAL 10 SECOND, measurement_time) AS start,
                 sensor_id, count(*)::BIGINT AS n,
                 sum((temperature * 100)::INTEGER)::BIGINT AS cents
            FROM read_json('/dev/stdin', format = 'newline_delimited',
                           columns = {sensor_id: 'INTEGER',
                                      temperature: 'DECIMAL(6,2)',
                                      measurement_time: 'TIMESTAMP'})
           GROUP BY ALL)
   ORDER BY window_end, sensor_id
) TO '/dev/stdout' (FORMAT json)
"""

duckdb.execute(QUERY)
