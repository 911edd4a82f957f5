CREATE TABLE readings (k INT, a TIMESTAMP(3), b TIMESTAMP_LTZ(3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, a0 TIMESTAMP(0), a1 TIMESTAMP(1), b2 TIMESTAMP_LTZ(2), b6 TIMESTAMP(6), a9 TIMESTAMP_LTZ(9), window_start TIMESTAMP(1), window_end TIMESTAMP_LTZ(2))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, MIN(a), MAX(a), MIN(b), MAX(b), MAX(a), HOP_START(ts, INTERVAL '0.750' SECOND, INTERVAL '1.500' SECOND), HOP_END(ts, INTERVAL '0.750' SECOND, INTERVAL '1.500' SECOND)
FROM readings GROUP BY HOP(ts, INTERVAL '0.750' SECOND, INTERVAL '1.500' SECOND), k;
