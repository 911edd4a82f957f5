CREATE TABLE readings (k INT, a DECIMAL(18,10), b DECIMAL(38,10), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, fa FLOAT, fb FLOAT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, MAX(a), MAX(b), TUMBLE_END(ts, INTERVAL '10' SECOND)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k;
