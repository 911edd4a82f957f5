CREATE TABLE readings (k0 BIGINT, v0 TIMESTAMP(9), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '3.500' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (k0 BIGINT, a0 TIMESTAMP(9), a1 DECIMAL(18,18), a2 TIMESTAMP(9), a3 DECIMAL(1,1), window_end TIMESTAMP_LTZ(2))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601', 'json.encode.decimal-as-plain-number' = 'true');
INSERT INTO results SELECT k0, MAX(v0), COUNT(v0), MIN(v0), COUNT(DISTINCT v0), SESSION_END(ts, INTERVAL '0.100' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '0.100' SECOND), k0;
