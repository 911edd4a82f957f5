CREATE TABLE readings (f DOUBLE, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (f DOUBLE, n INT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT f, SUM(x), SESSION_END(ts, INTERVAL '3' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '3' SECOND), f;
