CREATE TABLE readings (a INT, b STRING, c DECIMAL(4,1), x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (a INT, b STRING, c DECIMAL(4,1), n BIGINT, s INT, window_start TIMESTAMP_LTZ(3), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT a, b, c, COUNT(*), SUM(x), SESSION_START(ts, INTERVAL '1' SECOND), SESSION_END(ts, INTERVAL '1' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '1' SECOND), a, b, c;
