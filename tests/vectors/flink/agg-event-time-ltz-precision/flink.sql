CREATE TABLE readings (k INT, ts TIMESTAMP_LTZ(0),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, min_ts TIMESTAMP_LTZ(0), max_ts TIMESTAMP_LTZ(0), d BIGINT, window_start TIMESTAMP_LTZ(3), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, MIN(ts), MAX(ts), COUNT(DISTINCT ts), SESSION_START(ts, INTERVAL '2' SECOND), SESSION_END(ts, INTERVAL '2' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '2' SECOND), k;
