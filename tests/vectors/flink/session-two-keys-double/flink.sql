CREATE TABLE readings (a INT, b STRING, x DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (a INT, b STRING, s DOUBLE, a_x DOUBLE, vs DOUBLE, sp DOUBLE, window_start TIMESTAMP_LTZ(3), window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT a, b, SUM(x), AVG(x), VAR_SAMP(x), STDDEV_POP(x), SESSION_START(ts, INTERVAL '3' SECOND), SESSION_END(ts, INTERVAL '3' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '3' SECOND), a, b;
