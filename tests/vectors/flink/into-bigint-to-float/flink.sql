CREATE TABLE readings (k INT, b BIGINT, i INT, s SMALLINT, t TINYINT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k INT, bf FLOAT, if_ FLOAT, bdec DECIMAL(10,5), idec DECIMAL(12,2), sf FLOAT, sl BIGINT, td DECIMAL(3,1), ti SMALLINT, window_end TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k, MAX(b), MAX(i), MIN(b), MIN(i), MAX(s), MAX(s), MAX(t), MAX(t), TUMBLE_END(ts, INTERVAL '10' SECOND)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k;
