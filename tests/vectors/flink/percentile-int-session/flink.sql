CREATE TABLE readings (k INT, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, n BIGINT, lo DOUBLE, med DOUBLE, hi DOUBLE, pos DOUBLE, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, COUNT(x), PERCENTILE(x, 0), PERCENTILE(x, 0.5), PERCENTILE(x, 1), PERCENTILE(x, 0.5) FILTER (WHERE x > 0), SESSION_END(ts, INTERVAL '10' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '10' SECOND), k;
