SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
CREATE TABLE readings (k0 TIME, v0 TIME, v1 TIME, v2 TINYINT, v3 TIMESTAMP(1), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${input}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE results (a9 BIGINT, a5 BIGINT, a3 BIGINT, a0 TIME, a6 BIGINT, a2 TIMESTAMP(1), a8 TIMESTAMP(1), a7 TIME, a10 BIGINT, window_end TIMESTAMP_LTZ(2), k0 TIME, a1 BIGINT, a4 TIME)
WITH ('connector' = 'filesystem', 'path' = '${output}', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
INSERT INTO results SELECT COUNT(v2), COUNT(v1), COUNT(DISTINCT v1), MAX(v0), COUNT(DISTINCT v3), MIN(v3), MAX(v3), MAX(v1), COUNT(*), window_end, k0, COUNT(v3), MIN(v1)
FROM TABLE(SESSION(TABLE readings PARTITION BY k0, DESCRIPTOR(ts), INTERVAL '0.005' SECOND)) GROUP BY window_start, window_end, k0;
