CREATE TABLE readings (k INT, ts TIMESTAMP(0),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, min_ts TIMESTAMP(0), max_ts TIMESTAMP(0), window_end TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, MIN(ts), MAX(ts), TUMBLE_END(ts, INTERVAL '1' SECOND)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '1' SECOND), k;
