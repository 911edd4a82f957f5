CREATE TABLE readings (k INT, x TINYINT, t INT, ts AS TO_TIMESTAMP_LTZ(t, 0),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, sum_x TINYINT, avg_x TINYINT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, SUM(x), AVG(x), SESSION_END(ts, INTERVAL '5' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '5' SECOND), k;
