CREATE TABLE readings (k INT, t TIME, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, min_t TIME, max_t TIME, d BIGINT, n BIGINT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, MIN(t), MAX(t), COUNT(DISTINCT t), COUNT(t), TUMBLE_END(ts, INTERVAL '10' SECOND)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k;
