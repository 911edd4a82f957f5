CREATE TABLE readings (k INT, x FLOAT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, s FLOAT, vp FLOAT, k_avg INT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, SUM(x), VAR_POP(x), AVG(k), HOP_END(ts, INTERVAL '2.945' SECOND, INTERVAL '7.237' SECOND)
FROM readings GROUP BY HOP(ts, INTERVAL '2.945' SECOND, INTERVAL '7.237' SECOND), k;
