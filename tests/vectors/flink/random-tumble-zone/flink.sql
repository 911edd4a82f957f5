SET 'table.local-time-zone' = 'GMT-03:00';
CREATE TABLE readings (v0 DOUBLE, v1 DOUBLE, v2 BOOLEAN, v3 TINYINT, ts TIMESTAMP(0), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (a0 DECIMAL(30,0), a1 DECIMAL(20,0), a2 DOUBLE, a3 BOOLEAN, a4 BIGINT, a5 BIGINT, a6 BIGINT, a7 FLOAT, a8 BOOLEAN, a9 DECIMAL(3,1), window_start TIMESTAMP(6), window_end TIMESTAMP(6))
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT VAR_POP(v1), VAR_SAMP(v1), SUM(v0), LAST_VALUE(v2), COUNT(v3), COUNT(*), COUNT(v2), LAST_VALUE(v3), MAX(v2), COUNT(DISTINCT v2), TUMBLE_START(ts, INTERVAL '7' DAY), TUMBLE_END(ts, INTERVAL '7' DAY)
FROM readings GROUP BY TUMBLE(ts, INTERVAL '7' DAY);
