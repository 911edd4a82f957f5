CREATE TABLE readings (d DATE, x INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (d DATE, sum_x INT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT d, SUM(x), HOP_END(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND)
FROM readings GROUP BY HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), d;
