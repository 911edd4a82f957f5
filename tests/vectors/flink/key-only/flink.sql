CREATE TABLE readings (k STRING, j TINYINT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k STRING, j TINYINT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, j, HOP_END(ts, INTERVAL '4' SECOND, INTERVAL '8' SECOND)
FROM readings GROUP BY HOP(ts, INTERVAL '4' SECOND, INTERVAL '8' SECOND), k, j;
