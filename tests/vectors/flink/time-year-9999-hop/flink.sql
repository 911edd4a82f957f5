CREATE TABLE readings (k INT, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, s INT, n BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, SUM(x), COUNT(*), HOP_START(ts, INTERVAL '1' DAY, INTERVAL '7' DAY), HOP_END(ts, INTERVAL '1' DAY, INTERVAL '7' DAY)
FROM readings GROUP BY HOP(ts, INTERVAL '1' DAY, INTERVAL '7' DAY), k;
