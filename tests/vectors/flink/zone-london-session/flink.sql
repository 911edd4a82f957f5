SET 'table.local-time-zone' = 'Europe/London';
CREATE TABLE readings (k INT, x INT, ts TIMESTAMP_LTZ(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, sum_x INT, n BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, SUM(x), COUNT(*), SESSION_START(ts, INTERVAL '2' HOUR), SESSION_END(ts, INTERVAL '2' HOUR)
FROM readings GROUP BY SESSION(ts, INTERVAL '2' HOUR), k;
