CREATE TABLE readings (a TIMESTAMP(0), b TIMESTAMP(3), c TIMESTAMP(2), x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
CREATE TABLE results (a TIMESTAMP(0), b TIMESTAMP(3), c TIMESTAMP(2), n BIGINT, mx INT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT a, b, c, COUNT(*), MAX(x), SESSION_END(ts, INTERVAL '3' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '3' SECOND), a, b, c;
