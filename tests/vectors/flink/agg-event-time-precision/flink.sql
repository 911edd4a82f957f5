CREATE TABLE readings (k INT, ts TIMESTAMP(1),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, min_ts TIMESTAMP(1), max_ts TIMESTAMP(1), n BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, MIN(ts), MAX(ts), COUNT(*), SESSION_START(ts, INTERVAL '2' SECOND), SESSION_END(ts, INTERVAL '2' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '2' SECOND), k;
