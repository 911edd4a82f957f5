SET 'table.local-time-zone' = 'GMT-03:00';
CREATE TABLE readings (k0 FLOAT, k1 TINYINT, v0 BIGINT, v1 TIMESTAMP_LTZ(6), v2 DECIMAL(6,4), v3 TIMESTAMP(1), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL');
CREATE TABLE results (k0 FLOAT, k1 TINYINT, a0 DECIMAL(6,4), a1 TIMESTAMP_LTZ(6), a2 DECIMAL(38,4), a3 TIMESTAMP_LTZ(6), a4 BIGINT, a5 FLOAT, a6 BIGINT, a7 TIMESTAMP(1), a8 DECIMAL(18,5), a9 DECIMAL(38,5), a10 FLOAT, a11 BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP_LTZ(0))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT k0, k1, MAX(v2), MAX(v1), SUM(v2), MAX(v3), COUNT(DISTINCT v0), COUNT(DISTINCT v3), AVG(v0), MIN(v3), COUNT(DISTINCT v2), COUNT(DISTINCT v1), COUNT(v1), COUNT(v3), SESSION_START(ts, INTERVAL '0.001' SECOND), SESSION_END(ts, INTERVAL '0.001' SECOND)
FROM readings GROUP BY SESSION(ts, INTERVAL '0.001' SECOND), k0, k1;
