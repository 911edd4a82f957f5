CREATE TABLE readings (k INT, x FLOAT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, r_avg FLOAT, r_count_of BIGINT, r_distinct BIGINT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, AVG(x), COUNT(x), COUNT(DISTINCT x), SESSION_END(ts, INTERVAL '2' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '2' SECOND), k;
